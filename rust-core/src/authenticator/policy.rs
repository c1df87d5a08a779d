//! Decisions, as pure functions: what is asked, what is there, what follows.

use alloc::{string::String, vec::Vec};

use thiserror::Error;

use super::Error;
use crate::{
    ctap::{
        cose::ES256,
        request::{CredentialDescriptor, Options, PinUvAuth, RequestError},
    },
    keystore::{GeneratedKey, SecurityLevel},
    store::{Credential, KeyState},
};

/// How much a host vouches for.
///
/// ```
/// use wardkey_core::authenticator::{Assurance, AttestationFormat, Settings};
/// use wardkey_core::keystore::SecurityLevel;
///
/// let minimum = SecurityLevel::StrongBox;
/// assert_eq!(Settings::release(minimum).assurance, Assurance::Release { minimum });
/// // Only this one takes software keys.
/// assert_eq!(Settings::test(AttestationFormat::None).assurance, Assurance::Test);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assurance {
    /// AAL3: keys in hardware that attests them, nothing less, and no silent step down.
    Release {
        /// The lowest level a key may live at. [`SecurityLevel::Software`] is refused all the same.
        minimum: SecurityLevel,
    },
    /// Hosts and tests: software keys and any attestation format.
    Test,
}

/// How a new credential is vouched for.
///
/// ```
/// use wardkey_core::authenticator::AttestationFormat;
///
/// assert_eq!(AttestationFormat::AndroidKey.identifier(), "android-key");
/// assert_eq!(AttestationFormat::PackedSelf.identifier(), "packed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttestationFormat {
    /// `android-key`, WebAuthn Level 3 §8.4: the hardware's own certificate chain.
    AndroidKey,
    /// `packed` self attestation, §8.2: the credential signs for itself.
    PackedSelf,
    /// `none`, §8.7.
    None,
}

/// Whom an authenticator serves.
///
/// ```
/// use wardkey_core::authenticator::RelyingParties;
///
/// let ours = RelyingParties::Only(vec!["example.org".into()]);
/// assert!(ours.include("example.org"));
/// // Not its subdomains: each relying party id is one of its own.
/// assert!(!ours.include("login.example.org"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RelyingParties {
    /// Everybody.
    #[default]
    Any,
    /// Those with these relying party ids; nobody if the list is empty.
    Only(Vec<String>),
}

impl RelyingParties {
    /// Whether this relying party id is served.
    pub fn include(&self, rp_id: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(rp_ids) => rp_ids.iter().any(|allowed| allowed == rp_id),
        }
    }

    pub(super) fn admit(&self, rp_id: &str) -> Result<(), Refusal> {
        if self.include(rp_id) { Ok(()) } else { Err(Refusal::RelyingParty) }
    }
}

/// What the policy forbids.
///
/// ```
/// use wardkey_core::{authenticator::{Error, Refusal}, ctap::status::Status};
///
/// let error = Error::from(Refusal::KeyLevel);
/// assert_eq!(error.status(), Status::NotAllowed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The key does not live where it must.
    #[error("the key would not be kept in secure hardware of the required level")]
    KeyLevel,
    /// The key store gave no certificate chain.
    #[error("the secure hardware did not vouch for the key")]
    NoAttestation,
    /// The host asked for a format that proves nothing.
    #[error("only hardware attestation is allowed")]
    AttestationFormat,
    /// The relying party is not among those this authenticator serves.
    #[error("this device may not be used with this site")]
    RelyingParty,
}

/// CTAP 2.3 §6.1.2 step 3: the first algorithm of the list that this authenticator has.
pub(super) fn supported_algorithm(algorithms: &[i64]) -> Result<i64, Error> {
    algorithms.iter().copied().find(|id| *id == ES256).ok_or(Error::UnsupportedAlgorithm)
}

/// Whether a PIN parameter ends the command.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PinDecision {
    /// None was given.
    Continue,
    /// A platform asks for a touch, to find out which authenticator the user means: CTAP 2.3 §6.1.2
    /// step 1.
    AfterInteraction,
}

/// `protocol_member` is the key of `pinUvAuthProtocol` in the command.
pub(super) fn pin_uv_auth(
    pin_uv_auth: Option<&PinUvAuth>,
    protocol_member: u64,
) -> Result<PinDecision, Error> {
    match pin_uv_auth {
        None => Ok(PinDecision::Continue),
        Some(PinUvAuth { is_empty: true, .. }) => Ok(PinDecision::AfterInteraction),
        Some(PinUvAuth { protocol: None, .. }) => {
            let missing = crate::ctap::cbor::FieldError::Missing(protocol_member.into());
            Err(Error::Request(missing.into()))
        }
        // Both protocols of the specification check against a PIN, and there is none.
        Some(PinUvAuth { protocol: Some(1 | 2), .. }) => Err(Error::PinNotSet),
        Some(PinUvAuth { protocol: Some(_), .. }) => {
            Err(Error::Request(RequestError::Value(protocol_member.into())))
        }
    }
}

/// `uv` needs no decision: the user is verified whatever it says.
pub(super) fn make_credential_options(options: Options) -> Result<(), Error> {
    if options.user_presence == Some(false) { Err(Error::InvalidOption) } else { Ok(()) }
}

/// Enterprise attestation is not offered: CTAP 2.3 §6.1.2 step 9.
pub(super) fn enterprise_attestation(requested: Option<u64>) -> Result<(), Error> {
    match requested {
        Some(_) => Err(Error::Request(RequestError::Value(0x0a.into()))),
        None => Ok(()),
    }
}

/// CTAP 2.3 §6.2.2: `rk` has no meaning here; a silent assertion is never given.
pub(super) fn get_assertion_options(options: Options) -> Result<(), Error> {
    match options {
        Options { discoverable: Some(_), .. } => Err(Error::UnsupportedOption),
        Options { user_presence: Some(false), .. } => Err(Error::InvalidOption),
        _ => Ok(()),
    }
}

/// The credentials of the list that are here. One whose key the hardware destroyed does not count: its
/// owner has to be able to register again.
pub(super) fn excluded<'a>(
    credentials: &'a [Credential],
    rp_id: &str,
    exclude_list: &[CredentialDescriptor],
) -> impl Iterator<Item = &'a Credential> {
    let usable = credentials.iter().filter(|credential| credential.state == KeyState::Usable);
    usable
        .filter(move |credential| credential.rp.id == rp_id)
        .filter(|credential| exclude_list.iter().any(|excluded| excluded.id == credential.id))
}

/// CTAP 2.3 §6.2.2 step 7: the credentials that may answer, most recently made first.
///
/// ```
/// # use wardkey_core::{
/// #     ctap::{cose::PublicKey, request::{RelyingParty, User}},
/// #     hybrid::point::PrivateKey,
/// #     keystore::SecurityLevel,
/// #     store::KeyState,
/// # };
/// use wardkey_core::{
///     authenticator::applicable, ctap::request::CredentialDescriptor, store::Credential,
/// };
///
/// # let point = PrivateKey::from_bytes([1; 32])?.public_key().to_uncompressed();
/// # let credential = Credential {
/// #     id: b"first".to_vec(),
/// #     rp: RelyingParty { id: "example.org".into(), name: None },
/// #     user: User { id: vec![1], name: None, display_name: None },
/// #     public_key: PublicKey::from_sec1(&point)?,
/// #     security_level: SecurityLevel::StrongBox,
/// #     counter: 0,
/// #     discoverable: true,
/// #     state: KeyState::Usable,
/// #     created: 1_767_225_600,
/// #     last_used: None,
/// #     witness: None,
/// # };
/// let hidden = Credential { id: b"second".to_vec(), discoverable: false, ..credential.clone() };
/// let newest = Credential { id: b"third".to_vec(), ..credential.clone() };
/// let all = [credential, hidden, newest];
/// let ids = |rp_id, allowed| {
///     applicable(&all, rp_id, allowed).map(|found| found.id.as_slice()).collect::<Vec<_>>()
/// };
/// assert_eq!(ids("example.org", None), [&b"third"[..], b"first"]);
/// // A site that knows its passkey finds it, discoverable or not.
/// let known = [CredentialDescriptor::new(*b"second")];
/// assert_eq!(ids("example.org", Some(&known)), [b"second"]);
/// assert!(ids("example.com", Some(&known)).is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn applicable<'a>(
    credentials: &'a [Credential],
    rp_id: &str,
    allow_list: Option<&[CredentialDescriptor]>,
) -> impl Iterator<Item = &'a Credential> {
    credentials.iter().rev().filter(move |credential| credential.rp.id == rp_id).filter(
        move |credential| match allow_list {
            Some(list) => list.iter().any(|allowed| allowed.id == credential.id),
            None => credential.discoverable,
        },
    )
}

impl AttestationFormat {
    /// The format's identifier in the IANA registry.
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::AndroidKey => "android-key",
            Self::PackedSelf => "packed",
            Self::None => "none",
        }
    }
}

/// Whether the key may become a credential with this attestation.
pub(super) fn accept_key(
    assurance: Assurance,
    format: AttestationFormat,
    key: &GeneratedKey,
) -> Result<(), Refusal> {
    let attested = !key.certificate_chain.is_empty();
    match assurance {
        Assurance::Release { .. } if format != AttestationFormat::AndroidKey => {
            Err(Refusal::AttestationFormat)
        }
        Assurance::Release { minimum }
            if key.security_level < minimum || key.security_level == SecurityLevel::Software =>
        {
            Err(Refusal::KeyLevel)
        }
        _ if format == AttestationFormat::AndroidKey && !attested => Err(Refusal::NoAttestation),
        _ => Ok(()),
    }
}
