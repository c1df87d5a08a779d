//! Signing in with a passkey (WebAuthn §7.2).

use std::time::Instant;

use serde_json::{Value, json};
use webauthn_rs_core::{
    error::WebauthnError,
    internals::AuthenticatorData,
    proto::{Authentication, PublicKeyCredentialHints},
};

use crate::{
    refusal::Refusal,
    register::check_envelope,
    relying_party::RelyingParty,
    report::Report,
    requests::{Options, SigninOptions, SigninVerify},
    store::{Ceremony, Passkey, Signin},
};

pub(crate) fn options(
    party: &RelyingParty,
    request: &SigninOptions,
    now: Instant,
) -> Result<Options, Refusal> {
    let mut store = party.store();
    let allowed: Vec<Passkey> = if request.allow_list {
        let name = request.user_name.as_deref().unwrap_or_default().trim();
        if name.is_empty() {
            return Err(Refusal::UserName("is needed to make the list of allowed passkeys"));
        }
        let passkeys: Vec<_> = store.passkeys_of(name).cloned().collect();
        if passkeys.is_empty() {
            return Err(Refusal::NoPasskeys(name.to_owned()));
        }
        passkeys
    } else {
        Vec::new()
    };
    let builder = party
        .webauthn
        .new_challenge_authenticate_builder(Vec::new(), Some(request.user_verification.into()))?
        .hints(request.hybrid.then(|| vec![PublicKeyCredentialHints::Hybrid]));
    let (challenge, state) = party.webauthn.generate_challenge_authenticate(builder)?;
    let public_key = with_allow_list(&challenge.public_key, &allowed)?;
    let allowed = allowed.into_iter().map(|passkey| passkey.credential.cred_id).collect();
    let session = store.offer(
        Ceremony::Signin(Box::new(Signin { state, allowed })),
        now,
        party.challenge_life,
    )?;
    Ok(Options { session, public_key })
}

pub(crate) fn verify(
    party: &RelyingParty,
    request: &SigninVerify,
    now: Instant,
) -> Result<Report, Refusal> {
    // Held to the end: two answers at once must not both be measured against the same counter.
    let mut store = party.store();
    let Ceremony::Signin(signin) = store.take(&request.session, now)? else {
        return Err(Refusal::WrongCeremony);
    };
    let credential = &request.credential;
    check_envelope(&credential.type_, &credential.id, &credential.raw_id)?;
    let passkey = store.find(&credential.raw_id).ok_or(Refusal::UnknownCredential)?.clone();
    if !signin.allowed.is_empty() && !signin.allowed.contains(&credential.raw_id) {
        return Err(Refusal::NotAllowed);
    }
    match &credential.response.user_handle {
        Some(handle) if *handle != passkey.user.id => return Err(Refusal::UserHandleMismatch),
        // WebAuthn §7.2 step 6: nobody was named before, so the response must name the user.
        None if signin.allowed.is_empty() => return Err(Refusal::UserHandleMissing),
        _ => {}
    }
    let result = party.webauthn.authenticate_single_credential(
        credential,
        &signin.state,
        &passkey.credential,
    )?;
    let data = AuthenticatorData::<Authentication>::try_from(
        credential.response.authenticator_data.as_slice(),
    )?;
    store.update(&credential.raw_id, result.counter(), result.backup_state());
    Ok(Report::signin(&passkey, &data, passkey.credential.counter))
}

/// The options as JSON, with the passkeys and how each can be reached.
fn with_allow_list(options: &impl serde::Serialize, allowed: &[Passkey]) -> Result<Value, Refusal> {
    use base64ct::{Base64UrlUnpadded, Encoding as _};

    let mut value = serde_json::to_value(options).map_err(WebauthnError::from)?;
    let list: Vec<_> = allowed
        .iter()
        .map(|passkey| {
            let id = Base64UrlUnpadded::encode_string(&passkey.credential.cred_id);
            if passkey.transports.is_empty() {
                json!({ "type": "public-key", "id": id })
            } else {
                json!({ "type": "public-key", "id": id, "transports": passkey.transports })
            }
        })
        .collect();
    if let Some(members) = value.as_object_mut() {
        members.insert("allowCredentials".to_owned(), json!(list));
    }
    Ok(value)
}
