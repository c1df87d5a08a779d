//! Signing in with a passkey (WebAuthn §7.2).

use serde_json::{Value, json};
use wardkey_register::{Act, Authenticator, Moment, NewAuthenticator, Person};
use webauthn_rs_core::{
    error::WebauthnError,
    internals::AuthenticatorData,
    proto::{Authentication, PublicKeyCredential, PublicKeyCredentialHints},
};

use crate::{
    refusal::Refusal,
    register::{check_envelope, checked_name},
    relying_party::RelyingParty,
    report::Report,
    requests::{Options, SigninOptions, SigninVerify},
    store::{Passkey, Signin, take},
};

/// The kind of ceremony a tester signs in with.
const KIND: &str = "signin";

pub(crate) async fn options(
    party: &RelyingParty,
    request: &SigninOptions,
    now: Moment,
) -> Result<Options, Refusal> {
    let allowed = if request.allow_list { allowed(party, request).await? } else { Vec::new() };
    let (signin, public_key) = challenge(party, &allowed, request)?;
    let session = party.offer(KIND, &signin, now).await?;
    Ok(Options { session, public_key })
}

/// The passkeys of the tester named, at least one.
async fn allowed(
    party: &RelyingParty,
    request: &SigninOptions,
) -> Result<Vec<NewAuthenticator>, Refusal> {
    let name = request.user_name.as_deref().unwrap_or_default().trim();
    if name.is_empty() {
        return Err(Refusal::UserName("is needed to make the list of allowed passkeys"));
    }
    let name = checked_name(name)?;
    let none = || Refusal::NoPasskeys(name.to_owned());
    // Who is on the register, and with what, is not told to anybody who asks: they sign in without a list.
    let person = party.database.person_by_name(name).await?.filter(|person| !person.managed);
    let person = person.ok_or_else(none)?;
    let all = party.database.authenticators_of(&person.id).await?.into_iter();
    let passkeys: Vec<_> = all.filter(Authenticator::is_active).map(|one| one.made).collect();
    if passkeys.is_empty() { Err(none()) } else { Ok(passkeys) }
}

/// What to remember of a sign-in, and its `PublicKeyCredentialRequestOptionsJSON`.
pub(crate) fn challenge(
    party: &RelyingParty,
    allowed: &[NewAuthenticator],
    request: &SigninOptions,
) -> Result<(Signin, Value), Refusal> {
    let builder = party
        .webauthn
        .new_challenge_authenticate_builder(Vec::new(), Some(request.user_verification.into()))?
        .hints(request.hybrid.then(|| vec![PublicKeyCredentialHints::Hybrid]));
    let (challenge, state) = party.webauthn.generate_challenge_authenticate(builder)?;
    let public_key = with_allow_list(&challenge.public_key, allowed)?;
    let allowed = allowed.iter().map(|passkey| passkey.credential_id.clone()).collect();
    Ok((Signin { state, allowed }, public_key))
}

pub(crate) async fn verify(
    party: &RelyingParty,
    request: &SigninVerify,
    now: Moment,
) -> Result<Report, Refusal> {
    // One act to the end: two answers at once must not both be measured against the same counter.
    let mut act = party.database.act().await?;
    let answer = match take::<Signin>(&mut act, &request.session, KIND, now).await {
        Ok(signin) => check(party, &mut act, &signin, &request.credential, now).await,
        Err(refusal) => Err(refusal),
    };
    // Whatever came of the answer, the challenge is spent.
    act.commit().await?;
    let SignedIn { passkey, data, counter_before, .. } = answer?;
    Ok(Report::signin(&passkey, &data, counter_before))
}

/// Somebody who proved to hold a passkey.
pub(crate) struct SignedIn {
    pub(crate) person: Person,
    pub(crate) authenticator: Authenticator,
    pub(crate) passkey: Passkey,
    pub(crate) data: AuthenticatorData<Authentication>,
    /// The signature counter of the sign-in before.
    pub(crate) counter_before: u32,
}

/// Verifies an authentication response against what was offered, and notes the use of the passkey.
pub(crate) async fn check(
    party: &RelyingParty,
    act: &mut Act<'_>,
    signin: &Signin,
    credential: &PublicKeyCredential,
    now: Moment,
) -> Result<SignedIn, Refusal> {
    check_envelope(&credential.type_, &credential.id, &credential.raw_id)?;
    let found = act.authenticator(&credential.raw_id).await?;
    let authenticator = found.filter(Authenticator::is_active).ok_or(Refusal::UnknownCredential)?;
    let person = act.person(&authenticator.made.person).await?;
    let person = person.ok_or(Refusal::UnknownCredential)?;
    let mut passkey = Passkey::read(&authenticator, &person)?;
    check_user(signin, credential, &passkey)?;
    let result = party.webauthn.authenticate_single_credential(
        credential,
        &signin.state,
        &passkey.credential,
    )?;
    let data = AuthenticatorData::<Authentication>::try_from(
        credential.response.authenticator_data.as_slice(),
    )?;
    let counter_before = passkey.credential.counter;
    passkey.credential.counter = result.counter();
    passkey.credential.backup_state = result.backup_state();
    let state = serde_json::to_string(&passkey.credential).map_err(WebauthnError::from)?;
    act.used_authenticator(&credential.raw_id, &state, result.counter(), now).await?;
    Ok(SignedIn { person, authenticator, passkey, data, counter_before })
}

/// Whether the passkey is one that was asked for, and of the user it says.
fn check_user(
    signin: &Signin,
    credential: &PublicKeyCredential,
    passkey: &Passkey,
) -> Result<(), Refusal> {
    if !signin.allowed.is_empty() && !signin.allowed.contains(&credential.raw_id) {
        return Err(Refusal::NotAllowed);
    }
    match &credential.response.user_handle {
        Some(handle) if *handle != passkey.user.id => Err(Refusal::UserHandleMismatch),
        // WebAuthn §7.2 step 6: nobody was named before, so the response must name the user.
        None if signin.allowed.is_empty() => Err(Refusal::UserHandleMissing),
        _ => Ok(()),
    }
}

/// The options as JSON, with the passkeys and how each can be reached.
fn with_allow_list(
    options: &impl serde::Serialize,
    allowed: &[NewAuthenticator],
) -> Result<Value, Refusal> {
    use base64ct::{Base64UrlUnpadded, Encoding as _};

    let mut value = serde_json::to_value(options).map_err(WebauthnError::from)?;
    let list: Vec<_> = allowed
        .iter()
        .map(|passkey| {
            let id = Base64UrlUnpadded::encode_string(&passkey.credential_id);
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
