//! What signing in with a key is worth.

/// An authenticator assurance level of NIST SP 800-63B, as far as a passkey of a verified user goes.
///
/// ```
/// use wardkey_core::attestation::verdict::AssuranceLevel;
///
/// assert!(AssuranceLevel::Aal2 < AssuranceLevel::Aal3);
/// assert_eq!(AssuranceLevel::Aal3.number(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AssuranceLevel {
    /// Two factors; where the key lives is not known.
    Aal2,
    /// Two factors, and hardware that keeps the key.
    Aal3,
}

impl AssuranceLevel {
    /// 2 or 3.
    pub const fn number(self) -> u8 {
        match self {
            Self::Aal2 => 2,
            Self::Aal3 => 3,
        }
    }
}
