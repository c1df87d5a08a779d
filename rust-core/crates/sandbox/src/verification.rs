//! What the verifier's library finds, in our own words: its texts are for whoever writes programs.

use webauthn_rs_core::error::WebauthnError;

/// Whether an answer belongs elsewhere: to another page, relying party, ceremony or challenge. Whatever it
/// holds says nothing about the phone of whom it was asked for.
pub(crate) const fn is_foreign(error: &WebauthnError) -> bool {
    use WebauthnError as E;

    matches!(
        error,
        E::MismatchedChallenge
            | E::InvalidRPOrigin
            | E::InvalidRPIDHash
            | E::InvalidClientDataType
            | E::CredentialCrossOrigin
            | E::ParseJSONFailure(_)
    )
}

/// What was found, for people; the subject is the answer.
pub(crate) const fn words(error: &WebauthnError) -> &'static str {
    use WebauthnError as E;

    match error {
        E::MismatchedChallenge | E::ChallengeNotFound => "it answers another challenge",
        E::InvalidRPOrigin => "it was made on another page",
        E::InvalidRPIDHash => "it is for another relying party",
        E::InvalidClientDataType => "it is of another kind of ceremony",
        E::CredentialCrossOrigin => "it was made inside a page of another site",
        E::ParseJSONFailure(_) => "its client data cannot be read",
        E::UserNotPresent => "nobody confirmed it",
        E::UserNotVerified | E::InconsistentUserVerificationPolicy => "its user was not verified",
        E::AuthenticationFailure | E::SignatureInvalid => "it is not signed by the passkey's key",
        E::CredentialPossibleCompromise => "its signature counter did not grow",
        E::CredentialBackupEligibilityInconsistent | E::CredentialMayNotBeHardwareBound => {
            "its backup flags changed or contradict each other"
        }
        E::CredentialAlteredAlgFromRequest => "its key is of a kind that was not asked for",
        E::MissingAttestationCredentialData => "it holds no passkey",
        E::InvalidExtensions | E::AuthenticatorDataMissingExtension => {
            "its extensions are not those that were asked for"
        }
        E::ParseBase64Failure(_)
        | E::ParseCBORFailure(_)
        | E::ParseNOMFailure
        | E::ParseInsufficientBytesAvailable => "it cannot be decoded",
        E::COSEKeyInvalidCBORValue
        | E::COSEKeyInvalidType
        | E::COSEKeyEDUnsupported
        | E::COSEKeyECDSAXYInvalid
        | E::COSEKeyRSANEInvalid
        | E::COSEKeyECDSAInvalidCurve
        | E::COSEKeyEDDSAXInvalid
        | E::COSEKeyEDDSAInvalidCurve
        | E::COSEKeyInvalidAlgorithm
        | E::ECDSACurveInvalidNid
        | E::EcdsaPointInvalid
        | E::RsaParametersInvalid => "its public key cannot be read or used",
        other => statement(other),
    }
}

/// The same for its attestation.
const fn statement(error: &WebauthnError) -> &'static str {
    use WebauthnError as E;

    match error {
        E::AttestationStatementMapInvalid => "its attestation is malformed",
        E::AttestationStatementSigMissing => "its attestation has no signature",
        E::AttestationStatementSigInvalid => "its attestation is not signed by the certified key",
        E::AttestationStatementAlgMissing | E::AttestationStatementAlgInvalid => {
            "its attestation names no known algorithm"
        }
        E::AttestationStatementAlgMismatch => {
            "its attestation names another algorithm than that of the passkey"
        }
        E::AttestationStatementX5CMissing | E::AttestationLeafCertMissing => {
            "its attestation has no certificate"
        }
        E::AttestationStatementX5CInvalid
        | E::X509DerInvalid
        | E::CertificatePublicKeyInvalid
        | E::AttestationCertificateRequirementsNotMet => {
            "a certificate of its attestation cannot be read or used"
        }
        E::AttestationStatementMissingExtension => "its certificate does not describe the key",
        E::AttestationCertificateNonceMismatch => {
            "its attestation was made for another registration"
        }
        E::AttestationCredentialSubjectKeyMismatch | E::CertificatePublicKeyAlgorthimMismatch => {
            "its certificate is of another key"
        }
        E::AttestationNotSupported => "the kind of its attestation is not known here",
        _ => "it does not hold what it has to",
    }
}

/// A stable name for programs, and the remedy for testers.
pub(crate) fn told(error: &WebauthnError) -> (&'static str, &'static str) {
    use WebauthnError as E;

    match error {
        E::MismatchedChallenge => {
            ("challenge", "The answer belongs to another challenge: start the ceremony again.")
        }
        E::InvalidRPOrigin => (
            "origin",
            "Open the sandbox at exactly its own address; a native client must send this origin.",
        ),
        E::InvalidRPIDHash => (
            "rp_id",
            "The authenticator signed for another relying party: look at the rpId it was given.",
        ),
        E::InvalidClientDataType => {
            ("client_data_type", "The client data says another ceremony: look at its type.")
        }
        E::CredentialCrossOrigin => {
            ("cross_origin", "Do not run the ceremony inside a frame of another site.")
        }
        E::UserNotPresent => {
            ("user_not_present", "The authenticator must ask the user before it signs.")
        }
        E::UserNotVerified => (
            "user_not_verified",
            "Confirm with fingerprint, face or PIN. A passkey registered with verification required always needs it.",
        ),
        E::AuthenticationFailure => (
            "signature",
            "The signature was made with another key or over other bytes: look at the authenticator.",
        ),
        E::AttestationStatementSigInvalid => (
            "attestation_signature",
            "The attestation was signed with another key or over other bytes: look at the authenticator.",
        ),
        E::CredentialPossibleCompromise => (
            "counter",
            "The signature counter did not grow. A copy of this passkey may be in use: remove it and register again.",
        ),
        E::CredentialBackupEligibilityInconsistent | E::CredentialMayNotBeHardwareBound => (
            "backup",
            "The backup flags changed or contradict each other: look at the authenticator data.",
        ),
        E::CredentialAlteredAlgFromRequest => {
            ("algorithm", "The authenticator used an algorithm that was not offered.")
        }
        E::AttestationCertificateNonceMismatch => (
            "attestation_challenge",
            "The attestation was made for another request: the attestation challenge must be the client data hash.",
        ),
        E::AttestationStatementX5CInvalid | E::AttestationStatementMissingExtension => (
            "attestation_certificate",
            "The attestation certificate cannot be used: look at its key description (security level, purpose, origin, all applications).",
        ),
        E::AttestationCredentialSubjectKeyMismatch => {
            ("attestation_key", "The attestation certificate belongs to another key.")
        }
        E::AttestationNotSupported => (
            "attestation_format",
            "The sandbox does not know this attestation format. Ask for no attestation.",
        ),
        E::ParseBase64Failure(_)
        | E::ParseCBORFailure(_)
        | E::ParseJSONFailure(_)
        | E::ParseNOMFailure
        | E::ParseInsufficientBytesAvailable => {
            ("unreadable", "The response cannot be decoded: look at what the client sent.")
        }
        _ => ("verification", "Look at what the authenticator sent."),
    }
}
