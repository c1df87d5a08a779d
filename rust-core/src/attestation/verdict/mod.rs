//! The verdict on an `android-key` chain: what the hardware proved, and whether that is enough.
//!
//! Each property is one [`Line`]: what was looked at, the value seen, whether it passes, and why, in words
//! for somebody who is no engineer. A [`Policy`] says what has to hold; the whole is accepted, accepted
//! with warnings, or refused. Whatever cannot be read or is missing counts against the key.
//!
//! ```
//! use wardkey_core::attestation::verdict::{Evidence, Outcome, Policy, RevocationList, Roots, judge};
//!
//! let evidence = Evidence {
//!     certificates: &[b"no certificate".to_vec()],
//!     challenge: Some(&[0x5a; 32]),
//!     fault: None,
//!     revocation: Some(&RevocationList::parse(r#"{"entries": {}}"#)?),
//!     roots: &Roots::google(),
//!     now: 1_795_000_000,
//! };
//! let verdict = judge(&evidence, &Policy::aal3());
//! assert_eq!(verdict.outcome, Outcome::Refuse);
//! assert!(verdict.key_description.is_none());
//! # Ok::<(), wardkey_core::attestation::verdict::InvalidRevocationList>(())
//! ```

mod assurance;
mod chain;
mod checks;
mod date;
mod fault;
mod finding;
mod json;
mod policy;
mod revocation;
mod roots;
mod sent;
mod words;

use alloc::{string::String, vec::Vec};

use crate::keystore::key_description::KeyDescription;

pub use assurance::AssuranceLevel;
pub use chain::ChainProblem;
pub use fault::Fault;
pub use json::key_description;
pub use policy::{AllowedApp, Demand, InvalidPolicy, Policy};
pub use revocation::{InvalidRevocationList, RevocationList, Status};
pub use roots::{GOOGLE_ROOTS_DATE, InvalidRoot, Roots};

/// What there is to judge.
///
/// ```
/// use wardkey_core::attestation::verdict::{Check, Evidence, Grade, Policy, Roots, judge};
///
/// let chain = [b"no certificate".to_vec()];
/// let roots = Roots::google();
/// let bare = Evidence {
///     certificates: &chain,
///     challenge: None,
///     fault: None,
///     revocation: None,
///     roots: &roots,
///     now: 1_795_000_000,
/// };
/// // Without the list nobody knows whether the certificates are still good.
/// let verdict = judge(&bare, &Policy::aal3());
/// let line = verdict.lines.iter().find(|line| line.check == Check::Revocation);
/// assert!(line.is_some_and(|line| line.grade != Grade::Pass));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// DER certificates, the key's own first.
    pub certificates: &'a [Vec<u8>],
    /// What the key had to be made for: the client data hash. `None` for a bare chain, of which that
    /// cannot be said.
    pub challenge: Option<&'a [u8; 32]>,
    /// What is wrong with the registration the certificates came in: whoever received it verifies everything
    /// around them. `None` if nothing is, and for a bare chain.
    pub fault: Option<Fault<'a>>,
    /// Google's list of revoked certificates, if there is one at hand.
    pub revocation: Option<&'a RevocationList>,
    /// Whom to believe.
    pub roots: &'a Roots,
    /// Seconds since 1970.
    pub now: u64,
}

/// The judgement on one key.
///
/// ```
/// use wardkey_core::attestation::verdict::{Check, Grade, Verdict};
/// # use wardkey_core::attestation::verdict::{Evidence, Policy, Roots, judge};
/// # let (certificates, challenge) = ([b"no certificate".to_vec()], Some(&[0x5a; 32]));
/// # let (revocation, roots) = (None, &Roots::google());
/// # let evidence =
/// #     Evidence { certificates: &certificates, challenge, revocation, roots, now: 1_795_000_000, fault: None };
///
/// let verdict: Verdict = judge(&evidence, &Policy::aal3());
/// let failed = verdict.lines.iter().filter(|line| line.grade == Grade::Fail);
/// for line in failed.clone() {
///     println!("{}: {} ({})", line.check.title(), line.value, line.reason);
/// }
/// assert!(failed.clone().any(|line| line.check == Check::Chain));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The whole.
    pub outcome: Outcome,
    /// The name of the policy that was applied.
    pub policy: String,
    /// Whether that policy is for tests.
    pub test: bool,
    /// Everything that was looked at, in a fixed order.
    pub lines: Vec<Line>,
    /// What the key's certificate says, if it could be read; to be believed only if the line
    /// [`Check::Chain`] passes.
    pub key_description: Option<KeyDescription>,
    /// What signing in with the key is worth. `None` if it is refused, and for a bare chain, which is no
    /// passkey. What a [`test`](Self::test) policy accepts may be level 3 by the word of a test root alone.
    pub assurance: Option<AssuranceLevel>,
}

/// The whole of a verdict.
///
/// ```
/// use wardkey_core::attestation::verdict::Outcome;
///
/// assert!(Outcome::AcceptWithWarnings < Outcome::Refuse);
/// assert_eq!(Outcome::AcceptWithWarnings.as_str(), "accept-with-warnings");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything passes.
    Accept,
    /// Nothing fails, and something deserves a look.
    AcceptWithWarnings,
    /// Something fails.
    Refuse,
}

impl Outcome {
    /// As programs read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::AcceptWithWarnings => "accept-with-warnings",
            Self::Refuse => "refuse",
        }
    }
}

/// One property that was looked at.
///
/// ```
/// use wardkey_core::attestation::verdict::{Check, Grade, Line};
///
/// /// What is worth reading out.
/// fn remarks(lines: &[Line]) -> impl Iterator<Item = String> {
///     let remarkable = lines.iter().filter(|line| line.grade != Grade::Pass);
///     remarkable.map(|line| format!("{}: {}", line.check.title(), line.reason))
/// }
///
/// let line = Line {
///     check: Check::Bootloader,
///     grade: Grade::Fail,
///     value: "open".into(),
///     reason: "Anybody could have changed the system.".into(),
/// };
/// assert_eq!(
///     remarks(&[line]).next().as_deref(),
///     Some("Bootloader: Anybody could have changed the system.")
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub check: Check,
    /// How it came out.
    pub grade: Grade,
    /// The value seen.
    pub value: String,
    /// Why, in words.
    pub reason: String,
}

/// How a check came out.
///
/// ```
/// use wardkey_core::attestation::verdict::Grade;
///
/// let grades = [Grade::Pass, Grade::Warn, Grade::Pass];
/// let worst = grades.into_iter().max();
/// assert_eq!(worst.map(Grade::as_str), Some("warn"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be.
    Pass,
    /// Deserves a look.
    Warn,
    /// Must not be.
    Fail,
}

impl Grade {
    /// As programs read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $title:literal;)*) => {
        /// What a verdict looks at.
        ///
        /// ```
        /// use wardkey_core::attestation::verdict::Check;
        ///
        /// assert_eq!(Check::Bootloader.as_str(), "bootloader");
        /// assert_eq!(Check::Bootloader.title(), "Bootloader");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check {
            $($(#[$doc])* $name,)*
        }

        impl Check {
            /// Every check, in the order of the lines.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// As programs read it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// As people read it.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

checks! {
    /// Everything around the certificates.
    Registration = "registration", "What the phone sent";
    /// The signatures, up to a trusted root.
    Chain = "chain", "Certificate chain";
    /// The dates of the certificates.
    Validity = "validity", "Certificate dates";
    /// Google's revocation list.
    Revocation = "revocation", "Revocation";
    /// The key was made for this registration.
    Challenge = "challenge", "Made for this registration";
    /// Where the attestation was made.
    AttestationLevel = "attestation-level", "Who vouches";
    /// Where the key lives.
    KeyLevel = "key-level", "Where the key lives";
    /// The operating system is the manufacturer's.
    VerifiedBoot = "verified-boot", "Operating system";
    /// The boot loader is locked.
    Bootloader = "bootloader", "Bootloader";
    /// The operating system's version.
    OsVersion = "os-version", "Android version";
    /// The age of the security patches.
    PatchLevel = "patch-level", "Security updates";
    /// The key only signs.
    Purpose = "purpose", "Use of the key";
    /// ECDSA on P-256 with SHA-256.
    Algorithm = "algorithm", "Kind of key";
    /// The key was made inside the hardware.
    Origin = "origin", "Origin of the key";
    /// The user is verified for every signature.
    UserAuthentication = "user-authentication", "Fingerprint or PIN";
    /// The key is usable only while the device is unlocked.
    UnlockedDevice = "unlocked-device", "Screen lock";
    /// The key belongs to one application.
    AllApplications = "all-applications", "Owner of the key";
    /// Which application.
    Application = "application", "Application";
}

/// Judges a chain under a policy. Never fails: what cannot be read is refused, with the reason.
///
/// ```
/// use wardkey_core::attestation::verdict::{
///     Evidence, Grade, Outcome, Policy, RevocationList, Roots, judge,
/// };
///
/// let evidence = Evidence {
///     certificates: &[],
///     challenge: Some(&[0x5a; 32]),
///     fault: None,
///     revocation: Some(&RevocationList::parse(r#"{"entries": {}}"#)?),
///     roots: &Roots::google(),
///     now: 1_795_000_000,
/// };
/// // A key that comes without a chain has proved nothing.
/// let verdict = judge(&evidence, &Policy::aal3());
/// assert_eq!(verdict.outcome, Outcome::Refuse);
/// assert!(verdict.lines.iter().any(|line| line.grade == Grade::Fail));
/// # Ok::<(), wardkey_core::attestation::verdict::InvalidRevocationList>(())
/// ```
pub fn judge(evidence: &Evidence<'_>, policy: &Policy) -> Verdict {
    let (lines, key_description) = checks::run(evidence, policy);
    let worst = lines.iter().map(|line| line.grade).max().unwrap_or(Grade::Fail);
    let outcome = match worst {
        Grade::Pass => Outcome::Accept,
        Grade::Warn => Outcome::AcceptWithWarnings,
        Grade::Fail => Outcome::Refuse,
    };
    let assurance = assurance(outcome, evidence, key_description.as_ref());
    Verdict {
        outcome,
        policy: policy.name.clone(),
        test: policy.test,
        lines,
        key_description,
        assurance,
    }
}

/// Level 3 is for a key of this very registration that certificates describe, as far as the policy believes
/// them.
fn assurance(
    outcome: Outcome,
    evidence: &Evidence<'_>,
    description: Option<&KeyDescription>,
) -> Option<AssuranceLevel> {
    match (outcome, evidence.challenge, evidence.fault, description) {
        (Outcome::Refuse, ..) | (_, None, ..) => None,
        (_, Some(_), None, Some(_)) => Some(AssuranceLevel::Aal3),
        (_, Some(_), ..) => Some(AssuranceLevel::Aal2),
    }
}
