//! Signatures, names and dates of a chain.

use alloc::vec::Vec;
use core::time::Duration;

use der::{Decode, Encode, asn1::ObjectIdentifier, oid::AssociatedOid};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use thiserror::Error;
use x509_cert::{
    Certificate,
    ext::pkix::{BasicConstraints, KeyUsage},
    spki::SubjectPublicKeyInfoOwned,
};

use super::roots::{Root, Roots};
use crate::keystore::key_description;

/// The longest chain that is read; those of phones have three to five.
const MAX_CERTIFICATES: usize = 10;

/// Why a chain proves nothing. Certificates are counted from 1, the key's own.
///
/// ```
/// use wardkey_core::attestation::verdict::ChainProblem;
///
/// assert_eq!(
///     ChainProblem::Signature { certificate: 1 }.to_string(),
///     "certificate 1 is not signed by the one that follows"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChainProblem {
    /// Nothing there.
    #[error("there is no certificate")]
    Empty,
    /// More than any phone has.
    #[error("there are more than 10 certificates")]
    TooLong,
    /// Not DER of an X.509 certificate.
    #[error("certificate {certificate} cannot be read")]
    Malformed {
        /// Which.
        certificate: usize,
    },
    /// The names do not fit.
    #[error("certificate {certificate} was issued by somebody else than the one that follows")]
    Name {
        /// Which.
        certificate: usize,
    },
    /// The signature does not verify, or is of an unknown kind.
    #[error("certificate {certificate} is not signed by the one that follows")]
    Signature {
        /// Which.
        certificate: usize,
    },
    /// A certificate that is none of an authority has signed another.
    #[error("certificate {certificate} may not vouch for others")]
    NotAnAuthority {
        /// Which.
        certificate: usize,
    },
    /// More authorities stand between it and the key than it allows (RFC 5280 §4.2.1.9).
    #[error("certificate {certificate} may not vouch for so many others in a row")]
    PathLength {
        /// Which.
        certificate: usize,
    },
    /// The key that was attested vouches for another: an old way to pretend.
    #[error(
        "certificate {certificate} is itself of an attested key, so what it vouches for proves nothing"
    )]
    Extended {
        /// Which.
        certificate: usize,
    },
    /// The last issuer is nobody who is believed.
    #[error("it does not end at a root that is trusted")]
    Untrusted,
}

/// Certificates that could be read.
pub(super) struct Chain(Vec<Certificate>);

impl Chain {
    pub(super) fn read(certificates: &[Vec<u8>]) -> Result<Self, ChainProblem> {
        match certificates.len() {
            0 => Err(ChainProblem::Empty),
            1..=MAX_CERTIFICATES => {
                let read = |(index, der): (usize, &Vec<u8>)| {
                    Certificate::from_der(der)
                        .map_err(|_| ChainProblem::Malformed { certificate: index + 1 })
                };
                certificates.iter().enumerate().map(read).collect::<Result<_, _>>().map(Self)
            }
            _ => Err(ChainProblem::TooLong),
        }
    }

    pub(super) fn certificates(&self) -> &[Certificate] {
        &self.0
    }

    /// The root the chain ends at, if every step up to it holds.
    pub(super) fn verify<'a>(&self, roots: &'a Roots) -> Result<&'a Root, ChainProblem> {
        let steps = self.0.iter().zip(self.0.iter().skip(1)).enumerate();
        // Authorities so far that another name vouches for.
        let mut below = 0;
        for (index, (subject, issuer)) in steps {
            check_step(index + 1, subject, issuer)?;
            if !is_root(issuer, roots) && path_length(issuer).is_some_and(|most| most < below) {
                return Err(ChainProblem::PathLength { certificate: index + 2 });
            }
            let issuer = issuer.tbs_certificate();
            below += usize::from(issuer.issuer() != issuer.subject());
        }
        self.0.last().and_then(|last| find_root(last, roots)).ok_or(ChainProblem::Untrusted)
    }

    /// The first certificate, counted from 1, that is not valid at `now`. The trusted root itself is believed
    /// for its key and not for its dates (RFC 5280 §6.1.1): phones go on sending the copy they were made with
    /// when a newer one of the same key is in force.
    pub(super) fn out_of_date(&self, now: u64, roots: &Roots) -> Option<usize> {
        let now = Duration::from_secs(now);
        let dated = match self.0.split_last() {
            Some((last, others)) if is_root(last, roots) => others,
            _ => &self.0,
        };
        let is_valid = |certificate: &Certificate| {
            let validity = certificate.tbs_certificate().validity();
            validity.not_before.to_unix_duration() <= now
                && now <= validity.not_after.to_unix_duration()
        };
        dated.iter().position(|certificate| !is_valid(certificate)).map(|index| index + 1)
    }
}

/// `number` is the subject's, counted from 1.
fn check_step(
    number: usize,
    subject: &Certificate,
    issuer: &Certificate,
) -> Result<(), ChainProblem> {
    let authority = issuer.tbs_certificate();
    if subject.tbs_certificate().issuer() != authority.subject() {
        return Err(ChainProblem::Name { certificate: number });
    }
    if !is_authority(issuer) {
        return Err(ChainProblem::NotAnAuthority { certificate: number + 1 });
    }
    if has_extension(issuer, key_description::OID) {
        return Err(ChainProblem::Extended { certificate: number + 1 });
    }
    if is_signed_by(subject, authority.subject_public_key_info()) {
        Ok(())
    } else {
        Err(ChainProblem::Signature { certificate: number })
    }
}

/// A root that is the last certificate, by its key, or has signed it.
fn find_root<'a>(last: &Certificate, roots: &'a Roots) -> Option<&'a Root> {
    let signer = |root: &&Root| {
        root.subject == *last.tbs_certificate().issuer()
            && SubjectPublicKeyInfoOwned::from_der(&root.key)
                .is_ok_and(|key| is_signed_by(last, &key))
    };
    let itself = roots.0.iter().find(|root| is_of(root, last));
    itself.or_else(|| roots.0.iter().find(signer))
}

fn is_root(certificate: &Certificate, roots: &Roots) -> bool {
    roots.0.iter().any(|root| is_of(root, certificate))
}

/// Whether a certificate is one of this root's key and name.
fn is_of(root: &Root, certificate: &Certificate) -> bool {
    let certificate = certificate.tbs_certificate();
    root.subject == *certificate.subject()
        && certificate.subject_public_key_info().to_der().is_ok_and(|key| key == root.key)
}

/// RFC 5280 §4.2.1.9 and §4.2.1.3.
fn is_authority(certificate: &Certificate) -> bool {
    let constraints = extension::<BasicConstraints>(certificate);
    let usage = extension::<KeyUsage>(certificate);
    constraints.is_some_and(|constraints| constraints.ca)
        && (usage.is_some_and(|usage| usage.key_cert_sign())
            || !has_extension(certificate, KeyUsage::OID))
}

/// How many authorities may stand between this one and the key, if it says so.
fn path_length(certificate: &Certificate) -> Option<usize> {
    extension::<BasicConstraints>(certificate)?.path_len_constraint.map(usize::from)
}

fn extension<'a, T: Decode<'a> + AssociatedOid>(certificate: &'a Certificate) -> Option<T> {
    let extensions = certificate.tbs_certificate().extensions()?;
    let extension = extensions.iter().find(|extension| extension.extn_id == T::OID)?;
    T::from_der(extension.extn_value.as_bytes()).ok()
}

fn has_extension(certificate: &Certificate, oid: ObjectIdentifier) -> bool {
    let extensions = certificate.tbs_certificate().extensions();
    extensions.into_iter().flatten().any(|extension| extension.extn_id == oid)
}

fn is_signed_by(certificate: &Certificate, key: &SubjectPublicKeyInfoOwned) -> bool {
    let Some(algorithm) = algorithm(certificate.signature_algorithm().oid, key) else {
        return false;
    };
    // The algorithm is named twice, and only one of them is signed: RFC 5280 §4.1.1.2.
    if certificate.signature_algorithm() != certificate.tbs_certificate().signature() {
        return false;
    }
    let Ok(message) = certificate.tbs_certificate().to_der() else { return false };
    let Some(signature) = certificate.signature().as_bytes() else { return false };
    let key = UnparsedPublicKey::new(algorithm, key.subject_public_key.raw_bytes());
    key.verify(&message, signature).is_ok()
}

/// The verification for a signature algorithm, if the issuer's key is of its kind.
fn algorithm(
    signature: ObjectIdentifier,
    key: &SubjectPublicKeyInfoOwned,
) -> Option<&'static dyn VerificationAlgorithm> {
    const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
    const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
    const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
    const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
    const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
    Some(match (signature, kind(key)?) {
        (ECDSA_SHA256, Kind::P256) => &ECDSA_P256_SHA256_ASN1,
        (ECDSA_SHA384, Kind::P256) => &ECDSA_P256_SHA384_ASN1,
        (ECDSA_SHA256, Kind::P384) => &ECDSA_P384_SHA256_ASN1,
        (ECDSA_SHA384, Kind::P384) => &ECDSA_P384_SHA384_ASN1,
        (RSA_SHA256, Kind::Rsa) => &RSA_PKCS1_2048_8192_SHA256,
        (RSA_SHA384, Kind::Rsa) => &RSA_PKCS1_2048_8192_SHA384,
        (RSA_SHA512, Kind::Rsa) => &RSA_PKCS1_2048_8192_SHA512,
        _ => return None,
    })
}

enum Kind {
    P256,
    P384,
    Rsa,
}

fn kind(key: &SubjectPublicKeyInfoOwned) -> Option<Kind> {
    const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
    const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
    const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
    const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
    match key.algorithm.oid {
        RSA => Some(Kind::Rsa),
        EC => match key.algorithm.parameters.as_ref()?.decode_as().ok()? {
            P256 => Some(Kind::P256),
            P384 => Some(Kind::P384),
            _ => None,
        },
        _ => None,
    }
}
