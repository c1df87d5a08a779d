use serde::{Deserialize, Serialize};

/// What a registration is bound to, so that a register that was changed later shows: each is SHA-256 in
/// hexadecimal.
///
/// ```
/// use wardkey_evidence::Binding;
///
/// let digest = "5a".repeat(32);
/// let binding = Binding { form: Binding::FORM, verdict: None, policy: None, key: digest };
/// let json = serde_json::to_string(&binding)?;
/// assert!(json.starts_with(r#"{"form":1,"key":"5a5a"#), "{json}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// What the others are made of: [`Binding::FORM`] is what this describes.
    pub form: u8,
    /// Over the verdict as the register keeps it: JSON, UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// Over the policy that was applied: JSON without spaces, every member in the order in which they are
    /// documented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Over the public key: a `COSE_Key` in CTAP2's canonical CBOR.
    pub key: String,
}

impl Binding {
    /// The form that is written today.
    pub const FORM: u8 = 1;
}
