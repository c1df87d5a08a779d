//! What is wrong with what the certificates came in.

/// Why the certificates of a registration, if there are any, prove nothing. Each says it in a few words.
///
/// ```
/// use wardkey_core::attestation::verdict::{
///     AssuranceLevel, Demand, Evidence, Fault, Outcome, Policy, Roots, judge,
/// };
///
/// let self_attested = Evidence {
///     certificates: &[],
///     challenge: Some(&[0x5a; 32]),
///     fault: Some(Fault::NoHardware("its attestation is “packed”")),
///     revocation: None,
///     roots: &Roots::google(),
///     now: 1_795_000_000,
/// };
/// assert_eq!(judge(&self_attested, &Policy::aal3()).outcome, Outcome::Refuse);
///
/// let trial = Policy { test: true, attestation: Demand::Warn, ..Policy::aal3() };
/// let verdict = judge(&self_attested, &trial);
/// assert_eq!(verdict.outcome, Outcome::AcceptWithWarnings);
/// assert_eq!(verdict.assurance, Some(AssuranceLevel::Aal2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault<'a> {
    /// It is no sound registration.
    Unsound(&'a str),
    /// It is sound, and of a kind in which no hardware says anything of the key: without attestation, or with
    /// one that the key made of itself.
    NoHardware(&'a str),
}
