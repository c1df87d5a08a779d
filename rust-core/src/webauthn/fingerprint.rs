//! Certificate digests as Android's JSON files write them.

use alloc::borrow::ToOwned;

use super::{calling_app::CertificateDigest, json::InvalidJson};

/// Reads `AA:BB:…`, 32 bytes in hexadecimal of either case; `member` is where they stand.
pub(super) fn parse(member: &str, text: &str) -> Result<CertificateDigest, InvalidJson> {
    let problem = "is not a SHA-256 digest like AA:BB:CC…";
    digest(text).ok_or_else(|| InvalidJson::Value { member: member.to_owned(), problem })
}

fn digest(text: &str) -> Option<CertificateDigest> {
    let mut digest = [0; 32];
    let mut pairs = text.split(':');
    for byte in &mut digest {
        let is_hex = |pair: &&str| pair.len() == 2 && pair.bytes().all(|b| b.is_ascii_hexdigit());
        *byte = u8::from_str_radix(pairs.next().filter(is_hex)?, 16).ok()?;
    }
    pairs.next().is_none().then_some(digest)
}
