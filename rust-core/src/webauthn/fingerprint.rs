//! Certificate digests as Android's JSON files write them.

use super::{calling_app::CertificateDigest, json::InvalidJson};

/// Reads `AA:BB:…`, 32 bytes in hexadecimal of either case.
pub(super) fn parse(
    member: alloc::string::String,
    text: &str,
) -> Result<CertificateDigest, InvalidJson> {
    let problem = "is not a SHA-256 digest like AA:BB:CC…";
    let invalid = || InvalidJson::Value { member: member.clone(), problem };
    let mut digest = [0; 32];
    let mut pairs = text.split(':');
    for byte in &mut digest {
        let pair = pairs.next().filter(|pair| pair.len() == 2 && !pair.starts_with('+'));
        *byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).ok_or_else(invalid)?;
    }
    if pairs.next().is_none() { Ok(digest) } else { Err(invalid()) }
}
