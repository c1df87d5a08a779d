//! The session's cookie.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

/// The prefix makes browsers insist on `Secure`, this host alone, and the whole of it (RFC 6265bis).
const NAME: &str = "__Host-wardkey-session";

/// What the browser holds. A secret, so nothing prints it.
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

/// Without an age: it goes when the browser is closed. Lax: it comes along when an application sends
/// the user here, and not with what other sites' pages fetch or post.
pub(super) fn set(secret: &str) -> Option<HeaderValue> {
    let mut value =
        HeaderValue::try_from(format!("{NAME}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax"))
            .ok()?;
    value.set_sensitive(true);
    Some(value)
}

pub(super) fn clear() -> HeaderValue {
    HeaderValue::from_static(
        "__Host-wardkey-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
    )
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
    use proptest::prelude::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(super::of(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("a=b; wardkey-session=no"));
        assert_eq!(super::of(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("c=d;__Host-wardkey-session=yes; e=f"));
        assert_eq!(super::of(&headers), Some("yes"));
        assert!(super::clear().to_str().unwrap().starts_with(super::NAME));
        assert!(format!("{:?}", super::set("secret").unwrap()).contains("Sensitive"));
    }

    proptest! {
        #[test]
        fn any_header_can_be_read(bytes: Vec<u8>) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.append(COOKIE, value);
                let _ = super::of(&headers);
            }
        }
    }
}
