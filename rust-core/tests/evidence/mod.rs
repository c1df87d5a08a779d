//! What a verdict is about, with nothing to it but a chain.

use wardkey_core::attestation::verdict::{Evidence, Roots};

/// A chain as somebody who knows these roots sees it at this time.
pub(crate) fn of_chain<'a>(
    certificates: &'a [Vec<u8>],
    roots: &'a Roots,
    now: u64,
) -> Evidence<'a> {
    Evidence { certificates, challenge: None, fault: None, revocation: None, roots, now }
}
