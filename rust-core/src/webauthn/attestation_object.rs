//! The attestation object, WebAuthn Level 3 §6.5.4.

use alloc::{string::String, vec::Vec};

use crate::ctap::{
    cbor::{self, Map, Value},
    make_credential,
    request::RequestError,
};

/// Attestation statement format identifier of no attestation, §8.7.
///
/// ```
/// use wardkey_core::webauthn::{self, AttestationObject};
/// # use wardkey_core::attestation::packed;
/// # let object = AttestationObject {
/// #     format: packed::FORMAT.into(),
/// #     statement: packed::self_statement(b"signature"),
/// #     auth_data: vec![0; 37],
/// # };
///
/// let anonymous: AttestationObject = object.without_attestation();
/// assert_eq!(anonymous.format, webauthn::NONE);
/// assert!(anonymous.statement.is_empty());
/// ```
pub const NONE: &str = "none";

/// `{fmt, attStmt, authData}`: what CTAP calls 1, 3 and 2.
///
/// ```
/// use wardkey_core::{attestation::packed, webauthn::AttestationObject};
///
/// let object = AttestationObject {
///     format: packed::FORMAT.into(),
///     statement: packed::self_statement(b"signature"),
///     auth_data: vec![0; 37],
/// };
/// assert_eq!(AttestationObject::decode(&object.encode())?, object);
/// assert_eq!(object.without_attestation().format, "none");
/// # Ok::<(), wardkey_core::ctap::request::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestationObject {
    /// Attestation statement format identifier.
    pub format: String,
    /// Attestation statement.
    pub statement: Map,
    /// Authenticator data, as it was signed.
    pub auth_data: Vec<u8>,
}

impl AttestationObject {
    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        let map = Map::from_iter([
            ("fmt", Value::from(self.format.as_str())),
            ("attStmt", Value::from(self.statement.clone())),
            ("authData", Value::from(self.auth_data.as_slice())),
        ]);
        Value::from(map).encode()
    }

    /// Reads an attestation object.
    pub fn decode(bytes: &[u8]) -> Result<Self, RequestError> {
        let mut map: Map = cbor::decode(bytes)?.into_type()?;
        Ok(Self {
            format: map.required("fmt")?,
            statement: map.required("attStmt")?,
            auth_data: map.required("authData")?,
        })
    }

    /// The same credential without evidence for where it came from, for relying parties that want none.
    #[must_use]
    pub fn without_attestation(self) -> Self {
        Self { format: NONE.into(), statement: Map::new(), ..self }
    }
}

impl From<make_credential::Response> for AttestationObject {
    fn from(response: make_credential::Response) -> Self {
        let make_credential::Response { format, auth_data, statement } = response;
        Self { format, statement, auth_data }
    }
}
