//! The session's cookie.

use axum::http::{HeaderMap, HeaderValue};

use crate::cookies::{cookie, set_cookie};

const NAME: &str = "__Host-wardkey-session";

/// What the browser holds. A secret, so nothing prints it.
pub(super) fn of(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, NAME)
}

/// It comes along when an application sends the user here.
pub(super) fn set(secret: &str) -> Option<HeaderValue> {
    set_cookie(NAME, secret)
}

pub(super) fn clear() -> HeaderValue {
    HeaderValue::from_static(
        "__Host-wardkey-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_cleared_is_what_was_set() {
        let cleared = super::clear();
        assert!(cleared.to_str().unwrap().starts_with(&format!("{}=;", super::NAME)));
    }
}
