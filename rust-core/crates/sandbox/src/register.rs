//! Registering a passkey (WebAuthn §7.1).

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};
use wardkey_core::attestation::verdict;
use wardkey_register::{
    Authenticator, DatabaseError, Moment, Names, NewAuthenticator, NewPerson, PersonId,
};
use webauthn_rs_core::{
    error::WebauthnError,
    proto::{
        AttestationConveyancePreference, AuthenticatorTransport, COSEAlgorithm, Credential,
        PublicKeyCredentialHints, RegisterPublicKeyCredential, RequestRegistrationExtensions,
    },
};

use crate::{
    attestation::{self, Decoded, Fault, Verified, Verifier},
    proof,
    refusal::Refusal,
    relying_party::RelyingParty,
    report::Report,
    requests::{Conveyance, Options, RegisterOptions, RegisterVerify},
    store::{Passkey, Registration, User, take},
};

/// The kind of ceremony a tester registers with.
const KIND: &str = "registration";

const LONGEST_NAME: usize = 64;

pub(crate) async fn options(
    party: &RelyingParty,
    request: &RegisterOptions,
    now: Moment,
) -> Result<Options, Refusal> {
    let name = checked_name(&request.user_name)?;
    let display_name = request.display_name.as_deref().map_or(Ok(name), checked_name)?;
    let user = tester(party, name, display_name).await?;
    let excluded = if request.exclude { passkeys_of(party, &user).await? } else { Vec::new() };
    let (registration, public_key) = challenge(party, user, excluded, request)?;
    let session = party.offer(KIND, &registration, now).await?;
    Ok(Options { session, public_key })
}

/// The account of that name, or a new one that is kept once it has a passkey.
async fn tester(party: &RelyingParty, name: &str, display_name: &str) -> Result<User, Refusal> {
    let id = match party.database.person_by_name(name).await? {
        Some(person) if person.managed => return Err(Refusal::Managed(name.to_owned())),
        Some(person) => person.id,
        None => PersonId::generate()?,
    };
    let (name, display_name) = (name.to_owned(), display_name.to_owned());
    Ok(User { id: id.to_bytes(), name, display_name })
}

/// The credential ids of a person's passkeys that are in use.
pub(crate) async fn passkeys_of(
    party: &RelyingParty,
    user: &User,
) -> Result<Vec<Vec<u8>>, Refusal> {
    let all = party.database.authenticators_of(&PersonId::from_bytes(&user.id)).await?;
    let active = all.into_iter().filter(Authenticator::is_active);
    Ok(active.map(|authenticator| authenticator.made.credential_id).collect())
}

/// What to remember of a registration, and its `PublicKeyCredentialCreationOptionsJSON`.
pub(crate) fn challenge(
    party: &RelyingParty,
    user: User,
    excluded: Vec<Vec<u8>>,
    request: &RegisterOptions,
) -> Result<(Registration, Value), Refusal> {
    let builder = party
        .webauthn
        .new_challenge_register_builder(&user.id, &user.name, &user.display_name)?
        .user_verification_policy(request.user_verification.into())
        .attestation(offered(request.attestation))
        .credential_algorithms(vec![COSEAlgorithm::ES256, COSEAlgorithm::RS256])
        .exclude_credentials(Some(excluded.clone()))
        .extensions(Some(credential_properties()))
        .hints(request.hybrid.then(|| vec![PublicKeyCredentialHints::Hybrid]));
    let (challenge, state) = party.webauthn.generate_challenge_register(builder)?;
    let public_key = with_switches(&challenge.public_key, request)?;
    Ok((Registration { user, state, conveyance: request.attestation, excluded }, public_key))
}

pub(crate) async fn verify(
    party: &RelyingParty,
    request: &RegisterVerify,
    now: Moment,
) -> Result<Report, Refusal> {
    let mut act = party.database.act().await?;
    let taken = take::<Registration>(&mut act, &request.session, KIND, now).await;
    // Whatever comes of the answer, the challenge is spent.
    act.commit().await?;
    let registration = taken?;
    let credential = &request.credential;
    let decoded = attestation::decode(&credential.response.attestation_object)?;
    let made = check(party, &registration, credential, decoded, attestation::verify, now).await?;
    let (conveyance, roots) = (registration.conveyance, &party.trusted_roots);
    let attestation = attestation::judge(&made.credential, &made.decoded, conveyance, roots)?;
    keep(party, &registration, &made, now).await?;
    let passkey = Passkey {
        user: registration.user,
        credential: made.credential,
        transports: made.transports,
    };
    Ok(Report::registration(&passkey, &made.decoded.data, attestation))
}

/// A passkey that was made as asked, and what is known about it.
pub(crate) struct Made {
    pub(crate) credential: Credential,
    pub(crate) decoded: Decoded,
    /// What the core thinks of its attestation, under the policy in use.
    pub(crate) verdict: verdict::Verdict,
    pub(crate) transports: Vec<String>,
}

/// Verifies a registration response against what was offered. Whether its attestation is enough is for the
/// caller to say.
pub(crate) async fn check(
    party: &RelyingParty,
    registration: &Registration,
    credential: &RegisterPublicKeyCredential,
    decoded: Decoded,
    verify: Verifier,
    now: Moment,
) -> Result<Made, Refusal> {
    check_envelope(&credential.type_, &credential.id, &credential.raw_id)?;
    // Looked at first: the verifier reports it as a wrong algorithm.
    if registration.excluded.contains(&credential.raw_id) {
        return Err(Refusal::Excluded);
    }
    let Verified { credential: verified, fault } =
        verify(&party.webauthn, credential, &registration.state, &decoded)?;
    if verified.cred_id != credential.raw_id {
        return Err(Refusal::CredentialId);
    }
    if party.database.authenticator(&verified.cred_id).await?.is_some() {
        return Err(Refusal::Duplicate);
    }
    let client_data = &credential.response.client_data_json;
    let fault = fault.as_ref().map(Fault::as_core);
    let verdict = proof::verdict(party, &decoded.certificates, client_data, fault, now);
    let transports = transports(credential.response.transports.as_deref());
    Ok(Made { credential: verified, decoded, verdict, transports })
}

/// Puts a tester's passkey into the register, with the account if it is new.
async fn keep(
    party: &RelyingParty,
    registration: &Registration,
    made: &Made,
    now: Moment,
) -> Result<(), Refusal> {
    let user = &registration.user;
    let offered = PersonId::from_bytes(&user.id);
    let account = NewPerson {
        name: user.name.clone(),
        display_name: user.display_name.clone(),
        names: Names::default(),
        managed: false,
        issues_authenticators: false,
        roles: Vec::new(),
    };
    let mut act = party.database.act().await?;
    let person = act.add_person_as(&offered, &account, now).await?;
    if person != offered {
        // Somebody else was faster with this name, and the passkey is for a handle that is nobody's.
        return Err(Refusal::Session);
    }
    let authenticator = new_authenticator(made, person, None)?;
    act.add_authenticator(&authenticator, true, now).await.map_err(duplicate)?;
    act.record(&proof::registered(None, &authenticator, made, &party.policy)?, now).await?;
    Ok(act.commit().await?)
}

/// A passkey for the register.
pub(crate) fn new_authenticator(
    made: &Made,
    person: PersonId,
    issued_by: Option<PersonId>,
) -> Result<NewAuthenticator, Refusal> {
    Ok(NewAuthenticator {
        credential_id: made.credential.cred_id.clone(),
        person,
        credential: serde_json::to_string(&made.credential).map_err(WebauthnError::from)?,
        transports: made.transports.clone(),
        sign_count: made.credential.counter,
        assurance: proof::assurance(made),
        verdict: Some(made.verdict.to_json().to_string()),
        issued_by,
    })
}

/// Two answers with the same credential id at once: the second finds out when it is kept.
pub(crate) fn duplicate(error: DatabaseError) -> Refusal {
    if error.is_duplicate() { Refusal::Duplicate } else { error.into() }
}

/// The members around the signed ones must agree with each other.
pub(crate) fn check_envelope(kind: &str, id: &str, raw_id: &[u8]) -> Result<(), Refusal> {
    if kind != "public-key" {
        return Err(Refusal::Type);
    }
    if id != Base64UrlUnpadded::encode_string(raw_id) {
        return Err(Refusal::CredentialId);
    }
    Ok(())
}

/// A name as accounts have them.
pub(crate) fn checked_name(name: &str) -> Result<&str, Refusal> {
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
