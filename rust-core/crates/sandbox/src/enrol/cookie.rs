//! The cookie of the browser that opened a link.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use wardkey_register::registrations::{BrowserToken, Registration};

use crate::{api::now, denied::Denied, refusal::Refusal, relying_party::RelyingParty};

/// The prefix makes browsers insist on `Secure`, this host alone, and the whole of it (RFC 6265bis).
const NAME: &str = "__Host-wardkey-enrol";

pub(super) fn of(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == NAME)
        .map(|(_, value)| value)
}

/// Lax: it has to come along when the person opens the link again from their mail.
pub(super) fn set(browser: &BrowserToken) -> Option<HeaderValue> {
    let text = format!("{NAME}={}; Path=/; Secure; HttpOnly; SameSite=Lax", browser.as_str());
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The registration of a link, for the browser that opened it.
pub(super) async fn own(
    party: &Arc<RelyingParty>,
    headers: &HeaderMap,
    token: &str,
) -> Result<Registration, Refusal> {
    let found = party
        .database
        .registration_by_link(token)
        .await?
        .ok_or(Refusal::Denied(Denied::NoSuchLink))?;
    if !of(headers).is_some_and(|browser| found.is_of(browser)) {
        return Err(Refusal::Denied(Denied::LinkOfAnother));
    }
    if !found.is_due(now()) {
        return Ok(found);
    }
    let mut act = party.database.act().await?;
    act.expire_registrations(now()).await?;
    act.commit().await?;
    party.database.registration(&found.id).await?.ok_or(Refusal::Denied(Denied::NoSuchLink))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_header_can_be_read(bytes: Vec<u8>) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.append(COOKIE, value);
                let _ = super::of(&headers);
            }
        }

        #[test]
        fn the_cookie_is_found_among_others(value in "[A-Za-z0-9_-]{1,43}", before in "[a-z]{1,9}") {
            let mut headers = HeaderMap::new();
            let text = format!("{before}=1; {}={value};after=2", super::NAME);
            headers.append(COOKIE, HeaderValue::from_str(&text).unwrap());
            prop_assert_eq!(super::of(&headers), Some(value.as_str()));
        }
    }
}
