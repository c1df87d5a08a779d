//! The structured values of an authorization list.

use alloc::vec::Vec;
use core::fmt;

use der::{Decode, Encode, Reader, SliceReader, Tag};

use super::field::{
    Field, encode_enumerated, encode_set, read_enumerated, read_octets, read_set, tlv,
};

/// `KeyOrigin`: how the key came to be.
///
/// ```
/// use wardkey_core::keystore::key_description::{AuthorizationList, KeyOrigin};
///
/// /// Whether nobody can have a copy of the key.
/// fn never_left(enforced: &AuthorizationList) -> bool {
///     enforced.origin == Some(KeyOrigin::Generated)
/// }
///
/// let of = |origin| AuthorizationList { origin, ..AuthorizationList::default() };
/// assert!(never_left(&of(Some(KeyOrigin::Generated))));
/// assert!(!never_left(&of(Some(KeyOrigin::SecurelyImported))));
/// assert!(!never_left(&of(None)), "nothing said is nothing proved");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// Made inside the secure environment.
    Generated,
    /// Derived inside it.
    Derived,
    /// Brought in from outside.
    Imported,
    /// Brought in encrypted.
    SecurelyImported,
    /// 3, "unknown", or a value of a later version.
    Unknown(u64),
}

/// The device's boot state.
///
/// ```
/// use wardkey_core::keystore::key_description::{RootOfTrust, VerifiedBootState};
///
/// /// Whether the device runs what its manufacturer made.
/// fn is_genuine(root: &RootOfTrust) -> bool {
///     root.device_locked && root.verified_boot_state == VerifiedBootState::Verified
/// }
///
/// let mut root = RootOfTrust {
///     verified_boot_key: vec![0x5a; 32],
///     device_locked: true,
///     verified_boot_state: VerifiedBootState::Verified,
///     verified_boot_hash: None,
/// };
/// assert!(is_genuine(&root));
/// root.verified_boot_state = VerifiedBootState::SelfSigned;
/// assert!(!is_genuine(&root));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootOfTrust {
    /// Digest of the key that verified the operating system.
    pub verified_boot_key: Vec<u8>,
    /// Whether the boot loader is locked.
    pub device_locked: bool,
    /// The verdict of verified boot.
    pub verified_boot_state: VerifiedBootState,
    /// Digest of all that verified boot covers. Left out before Keymaster 4.
    pub verified_boot_hash: Option<Vec<u8>>,
}

/// `VerifiedBootState`.
///
/// ```
/// use wardkey_core::keystore::key_description::VerifiedBootState;
///
/// /// What to tell somebody about their phone.
/// fn words(state: VerifiedBootState) -> &'static str {
///     match state {
///         VerifiedBootState::Verified => "runs what its maker made",
///         VerifiedBootState::SelfSigned => "runs a system of its owner's",
///         VerifiedBootState::Unverified | VerifiedBootState::Failed => "may run anything",
///     }
/// }
///
/// assert_eq!(words(VerifiedBootState::Failed), "may run anything");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifiedBootState {
    /// The manufacturer's operating system.
    Verified,
    /// An operating system of the owner's.
    SelfSigned,
    /// Nothing was verified.
    Unverified,
    /// Verification failed.
    Failed,
}

/// `AttestationApplicationId`: the applications that share the key's user id.
///
/// ```
/// use wardkey_core::keystore::key_description::{ApplicationId, Package};
///
/// /// Whether the key is that application's alone.
/// fn is_of(id: &ApplicationId, package: &[u8], certificate: &[u8; 32]) -> bool {
///     matches!(&id.packages[..], [only] if only.name == package)
///         && id.signature_digests == [certificate]
/// }
///
/// let mut id = ApplicationId {
///     packages: vec![Package { name: b"org.example.app".to_vec(), version: 1 }],
///     signature_digests: vec![vec![0x5a; 32]],
/// };
/// assert!(is_of(&id, b"org.example.app", &[0x5a; 32]));
/// id.packages.push(Package { name: b"org.example.other".to_vec(), version: 1 });
/// assert!(!is_of(&id, b"org.example.app", &[0x5a; 32]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationId {
    /// Their packages.
    pub packages: Vec<Package>,
    /// SHA-256 digests of their signing certificates.
    pub signature_digests: Vec<Vec<u8>>,
}

/// `AttestationPackageInfo`.
///
/// ```
/// use wardkey_core::keystore::key_description::{ApplicationId, Package};
///
/// let package = Package { name: b"org.example.app".to_vec(), version: 12 };
/// let id = ApplicationId { packages: vec![package], ..ApplicationId::default() };
/// // Two applications that share a user id share their keys, so only one will do.
/// let [Package { name, .. }] = &id.packages[..] else { panic!("several could use the key") };
/// assert_eq!(name, b"org.example.app");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The application's name, UTF-8 by convention.
    pub name: Vec<u8>,
    /// Its version code.
    pub version: u64,
}

/// A serial number, IMEI or the like. `Debug` hides it: it names a person's device.
///
/// ```
/// use wardkey_core::keystore::key_description::DeviceIdentifier;
///
/// let serial = DeviceIdentifier::new(*b"0123456789");
/// assert_eq!(serial.as_bytes(), b"0123456789");
/// assert_eq!(format!("{serial:?}"), "DeviceIdentifier(…)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceIdentifier(Vec<u8>);

impl DeviceIdentifier {
    /// Takes the bytes of an identifier.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes, UTF-8 by convention.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for DeviceIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceIdentifier(…)")
    }
}

impl Field for Option<DeviceIdentifier> {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        Ok(Some(DeviceIdentifier(read_octets(reader)?)))
    }

    fn encode(&self) -> der::Result<Option<Vec<u8>>> {
        self.as_ref().map(|id| tlv(Tag::OctetString, &id.0)).transpose()
    }
}

impl Field for Option<KeyOrigin> {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        Ok(Some(match u64::decode(reader)? {
            0 => KeyOrigin::Generated,
            1 => KeyOrigin::Derived,
            2 => KeyOrigin::Imported,
            4 => KeyOrigin::SecurelyImported,
            other => KeyOrigin::Unknown(other),
        }))
    }

    fn encode(&self) -> der::Result<Option<Vec<u8>>> {
        let number = |origin: &KeyOrigin| match origin {
            KeyOrigin::Generated => 0,
            KeyOrigin::Derived => 1,
            KeyOrigin::Imported => 2,
            KeyOrigin::SecurelyImported => 4,
            KeyOrigin::Unknown(other) => *other,
        };
        self.as_ref().map(|origin| number(origin).to_der()).transpose()
    }
}

impl Field for Option<RootOfTrust> {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        reader.sequence(|reader| {
            Ok(Some(RootOfTrust {
                verified_boot_key: read_octets(reader)?,
                device_locked: bool::decode(reader)?,
                verified_boot_state: VerifiedBootState::read(reader)?,
                verified_boot_hash: if reader.is_finished() {
                    None
                } else {
                    Some(read_octets(reader)?)
                },
            }))
        })
    }

    fn encode(&self) -> der::Result<Option<Vec<u8>>> {
        let Some(root) = self else { return Ok(None) };
        let mut content = tlv(Tag::OctetString, &root.verified_boot_key)?;
        content.extend(root.device_locked.to_der()?);
        content.extend(encode_enumerated(root.verified_boot_state.number())?);
        if let Some(hash) = &root.verified_boot_hash {
            content.extend(tlv(Tag::OctetString, hash)?);
        }
        tlv(Tag::Sequence, &content).map(Some)
    }
}

impl VerifiedBootState {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        match read_enumerated(reader)? {
            0 => Ok(Self::Verified),
            1 => Ok(Self::SelfSigned),
            2 => Ok(Self::Unverified),
            3 => Ok(Self::Failed),
            _ => Err(reader.error(Tag::Enumerated.value_error())),
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::Verified => 0,
            Self::SelfSigned => 1,
            Self::Unverified => 2,
            Self::Failed => 3,
        }
    }
}

impl Field for Option<ApplicationId> {
    /// The DER of the application id stands inside an OCTET STRING.
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        let bytes = read_octets(reader)?;
        let mut inner = SliceReader::new(&bytes)?;
        let id = inner.sequence(|reader| {
            Ok::<_, der::Error>(ApplicationId {
                packages: read_set(reader, Package::read)?,
                signature_digests: read_set(reader, read_octets)?,
            })
        })?;
        inner.finish()?;
        Ok(Some(id))
    }

    fn encode(&self) -> der::Result<Option<Vec<u8>>> {
        let Some(id) = self else { return Ok(None) };
        let mut content = encode_set(id.packages.iter().map(Package::encode))?;
        let digests = id.signature_digests.iter();
        content.extend(encode_set(digests.map(|digest| tlv(Tag::OctetString, digest)))?);
        tlv(Tag::OctetString, &tlv(Tag::Sequence, &content)?).map(Some)
    }
}

impl Package {
    fn read(reader: &mut SliceReader<'_>) -> der::Result<Self> {
        reader.sequence(|reader| {
            Ok(Self { name: read_octets(reader)?, version: u64::decode(reader)? })
        })
    }

    fn encode(&self) -> der::Result<Vec<u8>> {
        let mut content = tlv(Tag::OctetString, &self.name)?;
        content.extend(self.version.to_der()?);
        tlv(Tag::Sequence, &content)
    }
}
