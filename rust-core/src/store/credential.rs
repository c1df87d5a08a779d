//! One credential as it is remembered.

use alloc::vec::Vec;
use core::fmt;

use crate::{
    attestation::WitnessCode,
    ctap::{
        cbor::{Map, Value},
        cose::PublicKey,
        request::{RelyingParty, RequestError, User},
    },
    keystore::{KeyAlias, SecurityLevel},
};

/// Everything about a credential except its private key.
///
/// `Debug` hides whose it is.
///
/// ```
/// use wardkey_core::{keystore::SecurityLevel, store::{Credential, KeyState}};
/// # use wardkey_core::ctap::{cose::PublicKey, request::{RelyingParty, User}};
/// # let key = wardkey_core::hybrid::point::PrivateKey::from_bytes([1; 32])?.public_key();
/// # let public_key = PublicKey::from_sec1(&key.to_uncompressed())?;
///
/// let first = Credential {
///     id: vec![0x5a; 32],
///     rp: RelyingParty { id: "example.org".into(), name: None },
///     user: User { id: vec![1], name: None, display_name: Some("Test clinician".into()) },
///     public_key,
///     security_level: SecurityLevel::StrongBox,
///     counter: 0,
///     discoverable: true,
///     state: KeyState::Usable,
///     created: 1_767_225_600,
///     last_used: None,
///     witness: None,
/// };
/// let newer = Credential { id: vec![0x5b; 32], ..first.clone() };
/// assert!(newer.replaces(&first), "one passkey for each account");
/// assert_ne!(newer.key_alias(), first.key_alias());
/// assert!(!format!("{newer:?}").contains("clinician"), "whose it is stays out of logs");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// Credential id.
    pub id: Vec<u8>,
    /// Where it may be used.
    pub rp: RelyingParty,
    /// Whose it is.
    pub user: User,
    /// Its public key.
    pub public_key: PublicKey,
    /// Where its private key lives.
    pub security_level: SecurityLevel,
    /// The signature counter of the last assertion.
    pub counter: u32,
    /// Whether it is found without an allow list.
    pub discoverable: bool,
    /// Whether the key still works.
    pub state: KeyState,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When it last signed somebody in, in seconds since 1970.
    pub last_used: Option<u64>,
    /// The code its owner compared, or can still compare, with the registration authority; `None` for
    /// one made by a version of this crate that had none.
    pub witness: Option<WitnessCode>,
}

/// Whether the key behind a credential can still sign.
///
/// ```
/// use wardkey_core::store::KeyState;
///
/// /// What a list of passkeys says about each.
/// fn remark(state: KeyState) -> Option<&'static str> {
///     match state {
///         KeyState::Usable => None,
///         KeyState::Invalidated => Some("no longer works: register it again"),
///     }
/// }
///
/// assert_eq!(remark(KeyState::Usable), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It can.
    Usable,
    /// The hardware destroyed it; the credential is kept to tell its owner why and what to do.
    Invalidated,
}

impl Credential {
    /// The name of its key in the key store.
    pub fn key_alias(&self) -> KeyAlias {
        KeyAlias::for_credential(&self.id)
    }

    /// Whether `other` is for the same account of the same relying party, and both are discoverable:
    /// then only one of them can be kept.
    pub fn replaces(&self, other: &Self) -> bool {
        self.discoverable
            && other.discoverable
            && self.rp.id == other.rp.id
            && self.user.id == other.user.id
    }

    pub(super) fn encode(&self) -> Value {
        let mut map = Map::from_iter([
            (member::ID, Value::from(self.id.as_slice())),
            (member::RP, self.rp.encode().into()),
            (member::USER, self.user.encode().into()),
            (member::PUBLIC_KEY, Value::from(self.public_key.cose())),
            (member::SECURITY_LEVEL, level_code(self.security_level).into()),
            (member::COUNTER, u64::from(self.counter).into()),
            (member::DISCOVERABLE, self.discoverable.into()),
            (member::INVALIDATED, (self.state == KeyState::Invalidated).into()),
            (member::CREATED, self.created.into()),
        ]);
        map.insert_some(member::LAST_USED, self.last_used);
        map.insert_some(member::WITNESS, self.witness.map(WitnessCode::number));
        map.into()
    }

    pub(super) fn decode(item: Value) -> Result<Self, RequestError> {
        let mut map: Map = item.into_type()?;
        let public_key: Vec<u8> = map.required(member::PUBLIC_KEY)?;
        let public_key = PublicKey::from_cose(&public_key);
        let level = level_from_code(map.required(member::SECURITY_LEVEL)?);
        let counter: u64 = map.required(member::COUNTER)?;
        let witness: Option<u64> = map.optional(member::WITNESS)?;
        let invalidated = map.required(member::INVALIDATED)?;
        Ok(Self {
            id: map.required(member::ID)?,
            rp: RelyingParty::decode(map.required(member::RP)?)?,
            user: User::decode(map.required(member::USER)?)?,
            public_key: public_key.map_err(|_| wrong(member::PUBLIC_KEY))?,
            security_level: level.ok_or(wrong(member::SECURITY_LEVEL))?,
            counter: u32::try_from(counter).map_err(|_| wrong(member::COUNTER))?,
            discoverable: map.required(member::DISCOVERABLE)?,
            state: if invalidated { KeyState::Invalidated } else { KeyState::Usable },
            created: map.required(member::CREATED)?,
            last_used: map.optional(member::LAST_USED)?,
            witness: witness.map(witness_from_number).transpose()?,
        })
    }
}

/// Keys of the credential map. A number once given keeps its meaning for ever.
mod member {
    pub(super) const ID: u64 = 1;
    pub(super) const RP: u64 = 2;
    pub(super) const USER: u64 = 3;
    pub(super) const PUBLIC_KEY: u64 = 4;
    pub(super) const SECURITY_LEVEL: u64 = 5;
    pub(super) const COUNTER: u64 = 6;
    pub(super) const DISCOVERABLE: u64 = 7;
    pub(super) const INVALIDATED: u64 = 8;
    pub(super) const CREATED: u64 = 9;
    pub(super) const LAST_USED: u64 = 10;
    pub(super) const WITNESS: u64 = 11;
}

fn wrong(member: u64) -> RequestError {
    RequestError::Value(member.into())
}

fn witness_from_number(number: u64) -> Result<WitnessCode, RequestError> {
    WitnessCode::from_number(number).ok_or(wrong(member::WITNESS))
}

/// The numbers of Android's `SecurityLevel`.
const fn level_code(level: SecurityLevel) -> u64 {
    match level {
        SecurityLevel::Software => 0,
        SecurityLevel::TrustedEnvironment => 1,
        SecurityLevel::StrongBox => 2,
    }
}

const fn level_from_code(code: u64) -> Option<SecurityLevel> {
    match code {
        0 => Some(SecurityLevel::Software),
        1 => Some(SecurityLevel::TrustedEnvironment),
        2 => Some(SecurityLevel::StrongBox),
        _ => None,
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("rp_id", &self.rp.id)
            .field("security_level", &self.security_level)
            .field("counter", &self.counter)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
