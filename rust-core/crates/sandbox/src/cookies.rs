//! Cookies that hold a secret, as all of this site's and of the application's do.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};

/// What the browser holds under that name.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(other, _)| *other == name)
        .map(|(_, value)| value)
}

/// A cookie for this host alone and for no script. Names begin with `__Host-`, which makes browsers insist
/// on that (RFC 6265bis). Without an age: it goes when the browser is closed. Lax: it comes along when a
/// link leads here, and not with what other sites' pages fetch or post.
pub(crate) fn set_cookie(name: &str, secret: &str) -> Option<HeaderValue> {
    let text = format!("{name}={secret}; Path=/; Secure; HttpOnly; SameSite=Lax");
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
    use proptest::prelude::*;

    use super::{cookie, set_cookie};

    const NAME: &str = "__Host-wardkey-session";

    #[test]
    fn no_other_cookie_is_taken_for_it() {
        let mut headers = HeaderMap::new();
        assert_eq!(cookie(&headers, NAME), None);
        headers.append(COOKIE, HeaderValue::from_static("a=b; wardkey-session=no"));
        assert_eq!(cookie(&headers, NAME), None);
        headers.append(COOKIE, HeaderValue::from_static("c=d;__Host-wardkey-session=yes; e=f"));
        assert_eq!(cookie(&headers, NAME), Some("yes"));
    }

    #[test]
    fn a_cookie_is_not_printed() {
        assert!(format!("{:?}", set_cookie(NAME, "secret").unwrap()).contains("Sensitive"));
        assert!(set_cookie(NAME, "two\nlines").is_none());
    }

    proptest! {
        #[test]
        fn any_header_can_be_read(bytes: Vec<u8>) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.append(COOKIE, value);
                let _ = cookie(&headers, NAME);
            }
        }

        #[test]
        fn what_was_set_is_found_among_others(value in "[A-Za-z0-9_-]{1,43}", before in "[a-z]{1,9}") {
            let set = set_cookie(NAME, &value).unwrap();
            let (pair, _) = set.to_str().unwrap().split_once(';').unwrap();
            let mut headers = HeaderMap::new();
            let text = format!("{before}=1; {pair};after=2");
            headers.append(COOKIE, HeaderValue::from_str(&text).unwrap());
            prop_assert_eq!(cookie(&headers, NAME), Some(value.as_str()));
        }
    }
}
