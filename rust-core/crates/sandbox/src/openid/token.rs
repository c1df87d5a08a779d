//! The token endpoint: codes and refresh tokens in, tokens out.

use std::time::Duration;

use axum::{
    Json,
    extract::{Request, State},
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, PRAGMA},
    },
    response::{IntoResponse as _, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use openidconnect::{
    AccessToken, EmptyExtraTokenFields, IdToken, IdTokenClaims, IdTokenFields, IssuerUrl,
    RefreshToken, Scope as ScopeName, StandardTokenResponse,
    core::{
        CoreErrorResponseType, CoreGenderClaim, CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm, CoreTokenType,
    },
};
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;
use wardkey_register::{Act, Grant, Liveness, Moment, Redeemed, TokenKind};

use super::{
    authentication::authenticate,
    authorize::Party,
    claims::{self, NhsClaims},
    client::Client,
    facts::{CodeBinding, Facts},
    scope::{ScopeError, Scopes},
    signer::{ID_TOKEN, Signer},
    token_error::TokenError,
};
use crate::{
    about::{self, Subject},
    api::now,
    parameters::Parameters,
    proxies::ClientAddress,
    relying_party::RelyingParty,
    session::{IDLE, Tried, limited},
};

const ACCESS_LIFE: Duration = Duration::from_mins(10);

/// Its session ends before that, and takes it along.
const REFRESH_LIFE: Duration = Duration::from_hours(12);

type SignedIdToken =
    IdToken<NhsClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;
type Fields = IdTokenFields<
    NhsClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;

pub(super) async fn endpoint(
    State(party): Party,
    client: ClientAddress,
    request: Request,
) -> Response {
    let now = now();
    let asked = async {
        limited(&party, Tried::Token, client, now).await?;
        given(&party, request, now).await
    };
    let mut response = match asked.await {
        Ok(tokens) => Json(tokens).into_response(),
        Err(error) => {
            if error.is_news() {
                party.note(None, "access_token", &error.to_string(), now).await;
            }
            error.into_response()
        }
    };
    // RFC 6749 §5.1, as old caches need it too.
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

async fn given(party: &RelyingParty, request: Request, now: Moment) -> Result<Tokens, TokenError> {
    let headers = request.headers().clone();
    let form = Parameters::of_form(request).await?;
    if let Some(repeated) = form.first_repeated() {
        return Err(repeated.into());
    }
    let client = authenticate(party, &headers, &form, now).await?;
    about::subject(Subject::application(&client.id));
    // Before any act: the first time, the key is made in one of its own.
    let signer = party.signer().await?;
    match form.required("grant_type")? {
        "authorization_code" => by_code(party, signer, client, &form, now).await,
        "refresh_token" => by_refresh(party, signer, client, &form, now).await,
        other => Err(TokenError::new(
            CoreErrorResponseType::UnsupportedGrantType,
            format!("grant_type must be authorization_code or refresh_token, not “{other}”"),
        )),
    }
}

async fn by_code(
    party: &RelyingParty,
    signer: &Signer,
    client: &Client,
    form: &Parameters,
    now: Moment,
) -> Result<Tokens, TokenError> {
    let code = form.required("code")?;
    let mut act = party.database.act().await?;
    let redeemed = act.redeem(TokenKind::Code, code, &client.id, now).await?;
    let answer = match good(redeemed, "code") {
        Ok(token) => match checked(&token, form) {
            Ok(facts) => {
                issue(&party.openid.issuer, signer, &mut act, &token.grant, &facts, now).await
            }
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    // Whatever came of it, the code is used up, and one used twice has taken its tokens along.
    act.commit().await?;
    answer
}

async fn by_refresh(
    party: &RelyingParty,
    signer: &Signer,
    client: &Client,
    form: &Parameters,
    now: Moment,
) -> Result<Tokens, TokenError> {
    let token = form.required("refresh_token")?;
    // Read before the token is used up: a scope that is no scope costs nothing.
    let narrower = form.get("scope")?.map(str::parse::<Scopes>).transpose();
    let narrower = narrower.map_err(|error: ScopeError| {
        TokenError::new(CoreErrorResponseType::InvalidScope, error.to_string())
    })?;
    let mut act = party.database.act().await?;
    let redeemed = act.redeem(TokenKind::Refresh, token, &client.id, now).await?;
    let answer = match good(redeemed, "refresh_token") {
        Ok(token) => {
            // An error here undoes the act: asking for too much does not use the token up.
            // The nonce is of the first ID token alone (OpenID Connect Core §12.2).
            let facts = Facts { nonce: None, ..narrowed(facts(&token.grant)?, narrower)? };
            issue(&party.openid.issuer, signer, &mut act, &token.grant, &facts, now).await
        }
        Err(error) => Err(error),
    };
    act.commit().await?;
    answer
}

fn good(redeemed: Redeemed, what: &str) -> Result<wardkey_register::Token, TokenError> {
    match redeemed {
        Redeemed::Good(token) => Ok(token),
        Redeemed::Reused(_) => Err(TokenError::grant(format!(
            "this {what} was used before: everything that came of it is revoked"
        ))),
        Redeemed::Unknown => Err(TokenError::grant(format!(
            "there is no such {what} for this client, it is too old, or its session has ended"
        ))),
    }
}

/// What the tokens of a grant say.
fn facts(grant: &Grant) -> Result<Facts, TokenError> {
    serde_json::from_str(&grant.facts)
        .map_err(|_| TokenError::grant("the grant was made by another version"))
}

/// The same for the scopes that a refresh asks for, which are among those granted (RFC 6749 §6).
fn narrowed(facts: Facts, narrower: Option<Scopes>) -> Result<Facts, TokenError> {
    match narrower {
        None => Ok(facts),
        Some(scopes) if scopes.within(&facts.scopes) => Ok(Facts { scopes, ..facts }),
        Some(_) => {
            let told = "a refresh gives no more scopes than were granted";
            Err(TokenError::new(CoreErrorResponseType::InvalidScope, told))
        }
    }
}

/// What the tokens for a code say, if who brings it is who asked for it.
fn checked(token: &wardkey_register::Token, form: &Parameters) -> Result<Facts, TokenError> {
    check_binding(&token.bound_to, form)?;
    facts(&token.grant)
}

/// Whether who brings the code is who asked for it (RFC 6749 §4.1.3, RFC 7636 §4.6).
fn check_binding(bound_to: &str, form: &Parameters) -> Result<(), TokenError> {
    let bound: CodeBinding = serde_json::from_str(bound_to)
        .map_err(|_| TokenError::grant("the code was made by another version"))?;
    if form.required("redirect_uri")? != bound.redirect_uri {
        return Err(TokenError::grant("redirect_uri is not the one of the request"));
    }
    let Some(challenge) = bound.code_challenge else {
        // Somebody may have taken the challenge out of the request (RFC 9700 §2.1.1).
        let told = "code_verifier is there, and the request had no code_challenge";
        return form.get("code_verifier")?.map_or(Ok(()), |_| Err(TokenError::grant(told)));
    };
    let verifier = form.required("code_verifier")?;
    if !is_verifier(verifier) {
        return Err(TokenError::grant("code_verifier must be 43 to 128 of A-Z a-z 0-9 - . _ ~"));
    }
    let hash = Base64UrlUnpadded::encode_string(digest(&SHA256, verifier.as_bytes()).as_ref());
    let same: bool = hash.as_bytes().ct_eq(challenge.0.as_bytes()).into();
    if same { Ok(()) } else { Err(TokenError::grant("code_verifier is not that of the request")) }
}

/// RFC 7636 §4.1.
fn is_verifier(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    (43..=128).contains(&text.len()) && text.chars().all(allowed)
}

/// New tokens for a grant, as long as its session lives.
async fn issue(
    issuer: &IssuerUrl,
    signer: &Signer,
    act: &mut Act<'_>,
    grant: &Grant,
    facts: &Facts,
    now: Moment,
) -> Result<Tokens, TokenError> {
    // It is not the user who asks: an application that refreshes by itself must not keep their session.
    if !act.session_lives(&grant.session, Liveness { now, idle: IDLE }).await? {
        return Err(TokenError::grant("the session has ended"));
    }
    let person = act.person(&facts.person()).await?.filter(|person| person.managed);
    let person = person.ok_or_else(|| TokenError::grant("the user is not on the register"))?;
    let bound_to = facts.scopes.to_string();
    let access = act.issue(TokenKind::Access, &grant.id, &bound_to, now, ACCESS_LIFE).await?;
    let refresh = act.issue(TokenKind::Refresh, &grant.id, "", now, REFRESH_LIFE).await?;
    let token = claims::Token { issuer, client: &grant.client, session: &grant.session, now };
    let id_token = signed(signer, &claims::id_token(&token, &person, facts))?;
    let mut tokens = Tokens::new(
        AccessToken::new(access.as_str().to_owned()),
        CoreTokenType::Bearer,
        Fields::new(Some(id_token), EmptyExtraTokenFields {}),
    );
    tokens.set_expires_in(Some(&ACCESS_LIFE));
    tokens.set_refresh_token(Some(RefreshToken::new(refresh.as_str().to_owned())));
    let names = bound_to.split(' ').map(|name| ScopeName::new(name.to_owned()));
    tokens.set_scopes(Some(names.collect()));
    Ok(tokens)
}

fn signed(
    signer: &Signer,
    claims: &IdTokenClaims<NhsClaims, CoreGenderClaim>,
) -> Result<SignedIdToken, TokenError> {
    let unsigned = |error: String| {
        tracing::error!(error, "an ID token could not be signed");
        TokenError::new(
            CoreErrorResponseType::Extension("server_error".to_owned()),
            "the ID token could not be signed",
        )
    };
    let token = signer.sign(ID_TOKEN, claims).map_err(|error| unsigned(error.to_string()))?;
    token.parse().map_err(|error: serde_json::Error| unsigned(error.to_string()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::is_verifier;

    proptest! {
        #[test]
        fn verifiers_are_those_of_the_specification(text in "[A-Za-z0-9._~-]{0,140}") {
            prop_assert_eq!(is_verifier(&text), (43..=128).contains(&text.len()));
        }

        #[test]
        fn nothing_else_is_one(text in "[A-Za-z0-9]{43}[^A-Za-z0-9._~-]") {
            prop_assert!(!is_verifier(&text));
        }
    }
}
