//! Registering a passkey (WebAuthn §7.1).

use std::time::Instant;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};
use webauthn_rs_core::{
    error::WebauthnError,
    proto::{
        AttestationConveyancePreference, AuthenticatorTransport, COSEAlgorithm,
        PublicKeyCredentialHints, RequestRegistrationExtensions,
    },
};

use crate::{
    attestation,
    refusal::Refusal,
    relying_party::RelyingParty,
    report::Report,
    requests::{Conveyance, Options, RegisterOptions, RegisterVerify},
    store::{Ceremony, Passkey, Registration},
};

const LONGEST_NAME: usize = 64;

pub(crate) fn options(
    party: &RelyingParty,
    request: &RegisterOptions,
    now: Instant,
) -> Result<Options, Refusal> {
    let name = checked_name(&request.user_name)?;
    let display_name = request.display_name.as_deref().map_or(Ok(name), checked_name)?;
    let mut store = party.store();
    let user = store.user(name, display_name)?;
    let excluded: Vec<Vec<u8>> = if request.exclude {
        store.passkeys_of(name).map(|passkey| passkey.credential.cred_id.clone()).collect()
    } else {
        Vec::new()
    };
    let builder = party
        .webauthn
        .new_challenge_register_builder(&user.id, name, display_name)?
        .user_verification_policy(request.user_verification.into())
        .attestation(offered(request.attestation))
        .credential_algorithms(vec![COSEAlgorithm::ES256, COSEAlgorithm::RS256])
        .exclude_credentials(Some(excluded.clone()))
        .extensions(Some(credential_properties()))
        .hints(request.hybrid.then(|| vec![PublicKeyCredentialHints::Hybrid]));
    let (challenge, state) = party.webauthn.generate_challenge_register(builder)?;
    let public_key = with_switches(&challenge.public_key, request)?;
    let registration = Registration { user, state, conveyance: request.attestation, excluded };
    let session =
        store.offer(Ceremony::Registration(Box::new(registration)), now, party.challenge_life)?;
    Ok(Options { session, public_key })
}

pub(crate) fn verify(
    party: &RelyingParty,
    request: &RegisterVerify,
    now: Instant,
) -> Result<Report, Refusal> {
    let mut store = party.store();
    let Ceremony::Registration(registration) = store.take(&request.session, now)? else {
        return Err(Refusal::WrongCeremony);
    };
    let credential = &request.credential;
    check_envelope(&credential.type_, &credential.id, &credential.raw_id)?;
    // Looked at first: the verifier reports it as a wrong algorithm.
    if registration.excluded.contains(&credential.raw_id) {
        return Err(Refusal::Excluded);
    }
    let decoded = attestation::decode(&credential.response.attestation_object)?;
    let verified = attestation::verify(&party.webauthn, credential, &registration.state, &decoded)?;
    if verified.cred_id != credential.raw_id {
        return Err(Refusal::CredentialId);
    }
    if store.find(&verified.cred_id).is_some() {
        return Err(Refusal::Duplicate);
    }
    let verdict =
        attestation::judge(&verified, &decoded, registration.conveyance, &party.trusted_roots)?;
    let passkey = Passkey {
        user: registration.user,
        credential: verified,
        transports: transports(credential.response.transports.as_deref()),
    };
    let report = Report::registration(&passkey, &decoded.data, verdict);
    store.add(passkey)?;
    Ok(report)
}

/// The members around the signed ones must agree with each other.
pub(crate) fn check_envelope(kind: &str, id: &str, raw_id: &[u8]) -> Result<(), Refusal> {
    if kind != "public-key" {
        return Err(Refusal::Type(kind.to_owned()));
    }
    if id != Base64UrlUnpadded::encode_string(raw_id) {
        return Err(Refusal::CredentialId);
    }
    Ok(())
}

fn checked_name(name: &str) -> Result<&str, Refusal> {
    let name = name.trim();
    match name.chars().count() {
        0 => Err(Refusal::UserName("is empty")),
        1..=LONGEST_NAME if name.chars().any(char::is_control) => {
            Err(Refusal::UserName("holds control characters"))
        }
        1..=LONGEST_NAME => Ok(name),
        _ => Err(Refusal::UserName("is longer than 64 characters")),
    }
}

/// Asks the client whether the passkey can be found by its own account (WebAuthn §10.1.3).
fn credential_properties() -> RequestRegistrationExtensions {
    RequestRegistrationExtensions {
        cred_protect: None,
        uvm: None,
        cred_props: Some(true),
        min_pin_length: None,
        hmac_create_secret: None,
    }
}

/// The verifier's library does not know `enterprise`; [`with_switches`] writes it.
fn offered(conveyance: Conveyance) -> AttestationConveyancePreference {
    match conveyance {
        Conveyance::None => AttestationConveyancePreference::None,
        Conveyance::Indirect => AttestationConveyancePreference::Indirect,
        Conveyance::Direct | Conveyance::Enterprise => AttestationConveyancePreference::Direct,
    }
}

/// The options as JSON, with the switches that the library decides by itself set as asked.
fn with_switches(
    options: &impl serde::Serialize,
    request: &RegisterOptions,
) -> Result<Value, Refusal> {
    let mut value = serde_json::to_value(options).map_err(WebauthnError::from)?;
    if let Some(members) = value.as_object_mut() {
        members.insert("attestation".to_owned(), json!(request.attestation));
        members.insert(
            "authenticatorSelection".to_owned(),
            json!({
                "residentKey": request.resident_key,
                "requireResidentKey": request.resident_key == crate::requests::Requirement::Required,
                "userVerification": request.user_verification,
            }),
        );
    }
    Ok(value)
}

fn transports(stated: Option<&[AuthenticatorTransport]>) -> Vec<String> {
    stated
        .unwrap_or_default()
        .iter()
        .filter(|transport| {
            !matches!(transport, AuthenticatorTransport::Unknown | AuthenticatorTransport::Test)
        })
        .map(ToString::to_string)
        .collect()
}
