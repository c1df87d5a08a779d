//! Numbers of key descriptions in words (Android's `KeyPurpose`, `Algorithm`, `EcCurve` and `Digest`).

use alloc::{
    borrow::Cow,
    format,
    string::{String, ToString},
    vec::Vec,
};

use crate::keystore::key_description::AuthorizationList;

/// What a key may be used for.
pub(super) fn purpose(number: u64) -> Cow<'static, str> {
    let word = match number {
        0 => "encrypts",
        1 => "decrypts",
        2 => "signs",
        3 => "verifies signatures",
        5 => "wraps other keys",
        6 => "agrees on keys",
        7 => "attests other keys",
        _ => return format!("something unknown ({number})").into(),
    };
    word.into()
}

/// Algorithm, size or curve, and digests; `not said` for what is missing.
pub(super) fn kind_of_key(list: &AuthorizationList) -> String {
    let size = match (list.ec_curve, list.key_size) {
        (Some(curve), _) => curve_name(curve),
        (None, Some(bits)) => format!("{bits} bits").into(),
        (None, None) => "size not said".into(),
    };
    let digests: Vec<_> = list.digests.iter().map(|number| digest(*number)).collect();
    let digests = if digests.is_empty() { "no digest".to_string() } else { digests.join(", ") };
    let algorithm = list.algorithm.map_or("algorithm not said".into(), algorithm);
    format!("{algorithm}, {size}, {digests}")
}

fn algorithm(number: u64) -> Cow<'static, str> {
    match number {
        1 => "RSA".into(),
        3 => "elliptic curve".into(),
        32 => "AES".into(),
        33 => "Triple DES".into(),
        128 => "HMAC".into(),
        _ => format!("unknown algorithm ({number})").into(),
    }
}

fn curve_name(number: u64) -> Cow<'static, str> {
    match number {
        0 => "P-224".into(),
        1 => "P-256".into(),
        2 => "P-384".into(),
        3 => "P-521".into(),
        4 => "Curve25519".into(),
        _ => format!("unknown curve ({number})").into(),
    }
}

fn digest(number: u64) -> Cow<'static, str> {
    match number {
        0 => "any digest".into(),
        1 => "MD5".into(),
        2 => "SHA-1".into(),
        3 => "SHA-224".into(),
        4 => "SHA-256".into(),
        5 => "SHA-384".into(),
        6 => "SHA-512".into(),
        _ => format!("unknown digest ({number})").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{kind_of_key, purpose};
    use crate::keystore::key_description::AuthorizationList;

    #[test]
    fn each_kind_of_key_has_words() {
        let rsa = AuthorizationList {
            algorithm: Some(1),
            key_size: Some(2048),
            digests: [0, 4].into(),
            ..AuthorizationList::default()
        };
        assert_eq!(kind_of_key(&rsa), "RSA, 2048 bits, any digest, SHA-256");
        let curve = AuthorizationList {
            algorithm: Some(3),
            key_size: Some(384),
            ec_curve: Some(2),
            digests: [9].into(),
            ..AuthorizationList::default()
        };
        assert_eq!(kind_of_key(&curve), "elliptic curve, P-384, unknown digest (9)");
        let nothing = kind_of_key(&AuthorizationList::default());
        assert_eq!(nothing, "algorithm not said, size not said, no digest");
        assert_eq!(purpose(7), "attests other keys");
        assert_eq!(purpose(4), "something unknown (4)");
    }
}
