//! Which application asks at the token endpoint, and its proof (OpenID Connect Core §9).

use std::time::Duration;

use axum::http::{HeaderMap, header::AUTHORIZATION};
use base64ct::{Base64, Encoding as _};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use openidconnect::core::CoreErrorResponseType;
use serde::Deserialize;
use url::form_urlencoded;
use wardkey_register::Moment;

use super::{
    client::{Client, ClientAuthentication, ClientKeys},
    discovery::TOKEN,
    token_error::TokenError,
};
use crate::{parameters::Parameters, relying_party::RelyingParty};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far an assertion's end may lie ahead: it is remembered so long against a second use.
const LONGEST_ASSERTION: Duration = Duration::from_hours(1);

/// How far clocks may differ.
const LEEWAY: Duration = Duration::from_secs(30);

/// The claims of an assertion (RFC 7523 §3). `aud` is checked by the library.
#[derive(Deserialize)]
struct Assertion {
    iss: String,
    sub: String,
    jti: String,
    exp: u64,
    nbf: Option<u64>,
}

/// The client, if its proof is good. One proof, of the registered kind.
pub(super) async fn authenticate<'a>(
    party: &'a RelyingParty,
    headers: &HeaderMap,
    form: &Parameters,
    now: Moment,
) -> Result<&'a Client, TokenError> {
    let basic = basic(headers)?;
    let secret = form.get("client_secret")?;
    let assertion = form.get("client_assertion")?;
    match (basic, secret, assertion) {
        (Some((id, secret)), None, None) => by_secret(party, &id, &secret, true)
            .map_err(|description| TokenError::Client { description, basic: true }),
        (None, Some(secret), None) => {
            by_secret(party, form.required("client_id")?, secret, false).map_err(TokenError::client)
        }
        (None, None, Some(assertion)) => by_assertion(party, form, assertion, now).await,
        (None, None, None) => Err(TokenError::client("the client does not say how it is itself")),
        _ => Err(TokenError::new(
            CoreErrorResponseType::InvalidRequest,
            "more than one kind of client authentication",
        )),
    }
}

/// Both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, TokenError> {
    let Some(header) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let malformed = || TokenError::Client {
        description: "the Authorization header is malformed".to_owned(),
        basic: true,
    };
    let text = header.to_str().map_err(|_| malformed())?;
    let (scheme, encoded) = text.split_once(' ').ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed());
    }
    let pair = Base64::decode_vec(encoded.trim()).map_err(|_| malformed())?;
    let pair = String::from_utf8(pair).map_err(|_| malformed())?;
    let (id, secret) = pair.split_once(':').ok_or_else(malformed)?;
    Ok(Some((form_decoded(id), form_decoded(secret))))
}

/// One value as a form has it. Applications that do not encode theirs are understood where that is possible:
/// `&` and `=` stand for themselves.
fn form_decoded(text: &str) -> String {
    let apart = text.replace('&', "%26").replace('=', "%3D");
    let mut read = form_urlencoded::parse(apart.as_bytes());
    read.next().map_or_else(String::new, |(name, _)| name.into())
}

/// One answer for an unknown client and a wrong secret: nobody learns which ids there are.
fn by_secret<'a>(
    party: &'a RelyingParty,
    id: &str,
    secret: &str,
    basic: bool,
) -> Result<&'a Client, String> {
    let wrong = || "there is no such client, or its secret is another".to_owned();
    let client = party.openid.clients.find(id).ok_or_else(wrong)?;
    match (&client.authentication, basic) {
        (ClientAuthentication::SecretBasic(hash), true)
        | (ClientAuthentication::SecretPost(hash), false)
            if hash.is_of(secret) =>
        {
            Ok(client)
        }
        (ClientAuthentication::SecretBasic(hash), false) if hash.is_of(secret) => {
            Err("this client is registered for client_secret_basic".to_owned())
        }
        (ClientAuthentication::SecretPost(hash), true) if hash.is_of(secret) => {
            Err("this client is registered for client_secret_post".to_owned())
        }
        _ => Err(wrong()),
    }
}

async fn by_assertion<'a>(
    party: &'a RelyingParty,
    form: &Parameters,
    assertion: &str,
    now: Moment,
) -> Result<&'a Client, TokenError> {
    if form.required("client_assertion_type")? != ASSERTION_TYPE {
        return Err(TokenError::client(format!("client_assertion_type must be {ASSERTION_TYPE}")));
    }
    let claimed = claimed(assertion)
        .ok_or_else(|| TokenError::client("the client_assertion cannot be read"))?;
    if form.get("client_id")?.is_some_and(|id| id != claimed.sub) {
        return Err(TokenError::client("client_id and the assertion name different clients"));
    }
    let unknown = || TokenError::client("there is no client that signs so");
    let client = party.openid.clients.find(&claimed.sub).ok_or_else(unknown)?;
    let ClientAuthentication::PrivateKey(keys) = &client.authentication else {
        return Err(unknown());
    };
    let issuer = party.openid.issuer.as_str();
    let verified = verified(keys, assertion, issuer).ok_or_else(|| {
        TokenError::client("the client_assertion's signature or audience is wrong")
    })?;
    let ends = timely(&verified, &client.id, now).map_err(TokenError::client)?;
    let mut act = party.database.act().await?;
    let first = act.use_assertion(&client.id, &verified.jti, ends).await?;
    act.commit().await?;
    if first {
        Ok(client)
    } else {
        Err(TokenError::client("this client_assertion was used before"))
    }
}

/// What an assertion says, before anything of it is believed: only to find the keys it has to be of.
fn claimed(assertion: &str) -> Option<Assertion> {
    let mut validation = Validation::default();
    validation.insecure_disable_signature_validation();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.algorithms = ClientKeys::ALGORITHMS.to_vec();
    validation.required_spec_claims.clear();
    decode(assertion, &DecodingKey::from_secret(&[]), &validation).ok().map(|token| token.claims)
}

/// What it says if one of the client's keys signed it for this provider.
fn verified(keys: &ClientKeys, assertion: &str, issuer: &str) -> Option<Assertion> {
    let header = decode_header(assertion).ok()?;
    if !ClientKeys::ALGORITHMS.contains(&header.alg) {
        return None;
    }
    let mut validation = Validation::new(header.alg);
    // Its end is measured against this request's own time.
    validation.validate_exp = false;
    validation.set_audience(&[issuer, &format!("{issuer}{TOKEN}")]);
    validation.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
    keys.candidates(header.kid.as_deref())
        .find_map(|key| decode(assertion, key, &validation).ok())
        .map(|token| token.claims)
}

/// Until when it could be used, if it can be now.
fn timely(assertion: &Assertion, client: &str, now: Moment) -> Result<Moment, &'static str> {
    let at = |seconds: u64| {
        Moment::from_millis(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX))
    };
    let ends = at(assertion.exp) + LEEWAY;
    if assertion.iss != client {
        Err("iss and sub of the client_assertion differ")
    } else if assertion.jti.is_empty() {
        Err("the client_assertion has an empty jti")
    } else if assertion.jti.contains('\0') {
        // PostgreSQL takes none in a text.
        Err("the client_assertion has a NUL in its jti")
    } else if ends <= now {
        Err("the client_assertion has expired")
    } else if ends > now + LONGEST_ASSERTION + LEEWAY + LEEWAY {
        Err("the client_assertion lasts longer than an hour")
    } else if assertion.nbf.is_some_and(|nbf| at(nbf) > now + LEEWAY) {
        Err("the client_assertion is not valid yet")
    } else {
        Ok(ends)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::form_urlencoded::byte_serialize;

    use super::form_decoded;

    #[test]
    fn what_stands_for_itself_is_not_cut_off() {
        for (sent, read) in [("a=b&c==", "a=b&c=="), ("=", "="), ("a+b%20c%3d", "a b c="), ("", "")]
        {
            assert_eq!(form_decoded(sent), read, "{sent}");
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_read(text: String) {
            let sent: String = byte_serialize(text.as_bytes()).collect();
            prop_assert_eq!(form_decoded(&sent), text);
        }
    }
}
