//! What the certificates of worse phones say, for relying parties under test.

use alloc::{vec, vec::Vec};

use time::{Duration, OffsetDateTime};

use super::leaf::{digest, month};
use crate::keystore::{
    SecurityLevel,
    key_description::{ApplicationId, KeyDescription, KeyOrigin, RootOfTrust, VerifiedBootState},
};

macro_rules! claims {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $meaning:literal;)*) => {
        /// Something that the certificates of test keys can be made to say, and those of a sound phone do
        /// not.
        ///
        /// A sound phone is what a test attestation claims unasked. Only a relying party that trusts its
        /// root, and so trusts software keys, is told anything by any of this.
        ///
        /// ```
        /// use wardkey_core::keystore::software::{Claim, TestAttestation};
        ///
        /// let claim = Claim::parse("unlocked-bootloader").ok_or("unknown")?;
        /// assert_eq!(claim, Claim::UnlockedBootloader);
        /// assert_eq!(claim.meaning(), "the boot loader is open");
        ///
        /// let attestation = TestAttestation::generate(1_767_225_600)?;
        /// let worse = attestation.claiming([claim, Claim::OldUpdates]);
        /// # Ok::<(), Box<dyn core::error::Error>>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Claim {
            $($(#[$doc])* $name,)*
        }

        impl Claim {
            /// Every claim.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As programs read it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// As people read it.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }
        }
    };
}

claims! {
    /// Somebody else's root, of the same name.
    OtherRoot = "other-root", "the chain ends at a root that nobody trusts";
    /// An intermediate that did not issue the key's certificate.
    WrongIssuer = "wrong-issuer", "the certificate was issued by another than the one that follows";
    /// The issuer's name, and not its signature.
    ForgedSignature = "forged-signature", "the certificate is not signed by its issuer";
    /// A key that was attested vouches for another: any application can do that.
    VouchedByKey = "vouched-by-key", "another attested key vouches for this one";
    /// The certificate's time is over.
    ExpiredCertificate = "expired-certificate", "the certificate has expired";
    /// The certificate is on the list `fixtures/attestation/revoked.json`.
    RevokedCertificate = "revoked-certificate", "the certificate has serial number 7e57dead, revoked in fixtures/attestation/revoked.json";
    /// The same, for now.
    SuspendedCertificate = "suspended-certificate", "the certificate has serial number 7e57d0b7, suspended in fixtures/attestation/revoked.json";
    /// No word about the key.
    NoDescription = "no-description", "the certificate does not describe the key";
    /// A proof that was made for something else.
    OtherChallenge = "other-challenge", "the proof was made for another registration";
    /// Nothing but software vouches.
    SoftwareAttestation = "software-attestation", "the proof was made in software";
    /// Nothing but software keeps the key.
    SoftwareKey = "software-key", "the key is in software";
    /// An operating system of the owner's.
    OwnSystem = "own-system", "the operating system is one of the owner's";
    /// Nothing was verified.
    UnverifiedSystem = "unverified-system", "the operating system was not verified";
    /// The phone itself found its system changed.
    ChangedSystem = "changed-system", "the operating system was found changed";
    /// Neither system nor boot loader.
    UnknownSystem = "unknown-system", "nothing is said of operating system and boot loader";
    /// Whoever holds the phone can put another system on it.
    UnlockedBootloader = "unlocked-bootloader", "the boot loader is open";
    /// Android 13.
    OldAndroid = "old-android", "Android 13";
    /// No version.
    UnknownAndroid = "unknown-android", "nothing is said of the version of Android";
    /// Half a year without updates.
    LateUpdates = "late-updates", "security updates of half a year ago";
    /// Two years without updates.
    OldUpdates = "old-updates", "security updates of two years ago";
    /// No date of updates.
    UnknownUpdates = "unknown-updates", "nothing is said of security updates";
    /// A key that also decrypts.
    OtherPurpose = "other-purpose", "the key also decrypts";
    /// P-384.
    OtherAlgorithm = "other-algorithm", "the key is on the curve P-384";
    /// There may be copies.
    ImportedKey = "imported-key", "the key was brought in from outside";
    /// Nobody says where the key was made.
    UnknownOrigin = "unknown-origin", "nothing is said of where the key was made";
    /// Whoever holds the phone can sign.
    NoUserAuthentication = "no-user-authentication", "the key signs without fingerprint or PIN";
    /// One authentication is good for many signatures.
    LastingAuthentication = "lasting-authentication", "one fingerprint is good for five minutes";
    /// Nobody says who is verified.
    UnknownAuthentication = "unknown-authentication", "nothing is said of fingerprint or PIN";
    /// The key signs behind the lock screen.
    WorksLocked = "works-locked", "the key also works while the phone is locked";
    /// Any application can use the key.
    AllApplications = "all-applications", "every application can use the key";
    /// Another package.
    OtherApplication = "other-application", "the key is of another application";
    /// The right package, signed by somebody else.
    ChangedApplication = "changed-application", "the key is of a changed copy of the application";
    /// No package.
    UnknownApplication = "unknown-application", "nothing is said of the application";
}

/// What [`Claim::RevokedCertificate`] and [`Claim::SuspendedCertificate`] are listed by.
const REVOKED: u64 = 0x7e57_dead;
const SUSPENDED: u64 = 0x7e57_d0b7;

/// Five minutes, in seconds.
const LASTING: u64 = 300;

/// `EC_CURVE` value: P-384.
const EC_CURVE_P_384: u64 = 2;
/// `PURPOSE` value: the key decrypts.
const PURPOSE_DECRYPT: u64 = 1;

impl Claim {
    /// The claim of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|claim| claim.as_str() == name)
    }

    /// The certificate's serial number, if the claim is about that.
    pub(super) const fn serial(self) -> Option<u64> {
        match self {
            Self::RevokedCertificate => Some(REVOKED),
            Self::SuspendedCertificate => Some(SUSPENDED),
            _ => None,
        }
    }

    /// Makes the description of a key made at `now` say it, if the claim is about that.
    pub(super) fn write(self, key: &mut KeyDescription, now: OffsetDateTime) {
        match self {
            Self::OtherChallenge => key.attestation_challenge = digest("another registration"),
            Self::SoftwareAttestation => key.attestation_security_level = SecurityLevel::Software,
            Self::SoftwareKey => key.key_mint_security_level = SecurityLevel::Software,
            Self::OldAndroid => key.hardware_enforced.os_version = Some(130_000),
            Self::UnknownAndroid => key.hardware_enforced.os_version = None,
            Self::OtherPurpose => key.hardware_enforced.purposes.insert(0, PURPOSE_DECRYPT),
            Self::OtherAlgorithm => {
                key.hardware_enforced.ec_curve = Some(EC_CURVE_P_384);
                key.hardware_enforced.key_size = Some(384);
            }
            Self::ImportedKey => key.hardware_enforced.origin = Some(KeyOrigin::Imported),
            Self::UnknownOrigin => key.hardware_enforced.origin = None,
            Self::WorksLocked => key.software_enforced.unlocked_device_required = false,
            Self::AllApplications => key.software_enforced.all_applications = true,
            other => {
                other.write_system(&mut key.hardware_enforced.root_of_trust);
                other.write_updates(key, now);
                other.write_user(key);
                other.write_application(&mut key.software_enforced.attestation_application_id);
            }
        }
    }

    fn write_system(self, said: &mut Option<RootOfTrust>) {
        let Some(root) = said else { return };
        match self {
            Self::OwnSystem => root.verified_boot_state = VerifiedBootState::SelfSigned,
            Self::UnverifiedSystem => root.verified_boot_state = VerifiedBootState::Unverified,
            Self::ChangedSystem => root.verified_boot_state = VerifiedBootState::Failed,
            Self::UnlockedBootloader => root.device_locked = false,
            Self::UnknownSystem => *said = None,
            _ => {}
        }
    }

    fn write_updates(self, key: &mut KeyDescription, now: OffsetDateTime) {
        let level = match self {
            Self::LateUpdates => Some(month(now - Duration::days(183))),
            Self::OldUpdates => Some(month(now - Duration::days(2 * 365))),
            Self::UnknownUpdates => None,
            _ => return,
        };
        key.hardware_enforced.os_patch_level = level;
    }

    fn write_user(self, key: &mut KeyDescription) {
        let enforced = &mut key.hardware_enforced;
        match self {
            Self::NoUserAuthentication => {
                enforced.no_auth_required = true;
                enforced.user_auth_type = None;
            }
            Self::LastingAuthentication => enforced.auth_timeout = Some(LASTING),
            Self::UnknownAuthentication => enforced.user_auth_type = None,
            _ => {}
        }
    }

    fn write_application(self, said: &mut Option<ApplicationId>) {
        let Some(id) = said else { return };
        match self {
            Self::OtherApplication => {
                for package in &mut id.packages {
                    package.name = b"wardkey.test.other".to_vec();
                }
            }
            Self::ChangedApplication => {
                id.signature_digests = vec![digest("another signing certificate")];
            }
            Self::UnknownApplication => *said = None,
            _ => {}
        }
    }
}

/// What is claimed, in the order in which it is written: of two claims that contradict each other the
/// later holds.
#[derive(Clone, Default)]
pub(super) struct Claims(Vec<Claim>);

impl Claims {
    pub(super) fn new(claims: impl IntoIterator<Item = Claim>) -> Self {
        Self(claims.into_iter().collect())
    }

    pub(super) fn has(&self, claim: Claim) -> bool {
        self.0.contains(&claim)
    }

    /// All but one.
    pub(super) fn without(&self, claim: Claim) -> Self {
        Self(self.0.iter().copied().filter(|other| *other != claim).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Claim> {
        self.0.iter().copied()
    }
}
