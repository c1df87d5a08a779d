//! How the browser goes back to the application: with a code, or with an error it can read.

use openidconnect::core::CoreAuthErrorResponseType;
use serde::{Deserialize, Serialize};
use url::Url;

/// Where an answer goes, once it is certain that it belongs there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReturnAddress {
    /// One of those registered for the client.
    pub(crate) redirect_uri: String,
    /// The application's own mark, given back as it came.
    pub(crate) state: Option<String>,
}

/// Why an application does not get what it asked for (RFC 6749 §4.1.2.1, OpenID Connect Core
/// §3.1.2.6).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_ref())]
pub(crate) struct AuthorizationError {
    pub(crate) code: CoreAuthErrorResponseType,
    pub(crate) description: String,
}

impl AuthorizationError {
    pub(crate) fn new(code: CoreAuthErrorResponseType, description: impl Into<String>) -> Self {
        Self { code, description: description.into() }
    }

    /// The sign-in that happened, or any that could, is not what the application demands (OpenID
    /// Connect Core Error Code `unmet_authentication_requirements` 1.0).
    pub(crate) fn unmet(description: impl Into<String>) -> Self {
        let code =
            CoreAuthErrorResponseType::Extension("unmet_authentication_requirements".to_owned());
        Self::new(code, description)
    }
}

impl ReturnAddress {
    pub(crate) fn with_code(&self, issuer: &str, code: &str) -> String {
        self.with(issuer, &[("code", code)])
    }

    pub(crate) fn with_error(&self, issuer: &str, error: &AuthorizationError) -> String {
        let description = described(&error.description);
        self.with(issuer, &[("error", error.code.as_ref()), ("error_description", &description)])
    }

    /// `iss` tells the application which provider answers (RFC 9207).
    fn with(&self, issuer: &str, parameters: &[(&str, &str)]) -> String {
        let Ok(mut url) = Url::parse(&self.redirect_uri) else {
            // Registered addresses are URLs; see client.rs.
            return self.redirect_uri.clone();
        };
        url.query_pairs_mut()
            .extend_pairs(parameters)
            .extend_pairs(self.state.iter().map(|state| ("state", state)))
            .append_pair("iss", issuer);
        url.into()
    }
}

/// The characters an `error_description` may have (RFC 6749 §4.1.2.1).
pub(crate) fn described(text: &str) -> String {
    let allowed = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
    text.chars()
        .map(|c| match c {
            '“' | '”' => '\'',
            c if allowed(c) => c,
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use openidconnect::core::CoreAuthErrorResponseType as Code;
    use proptest::prelude::*;
    use url::Url;

    use super::{AuthorizationError, ReturnAddress};

    fn pairs(url: &str) -> BTreeMap<String, String> {
        Url::parse(url).unwrap().query_pairs().into_owned().collect()
    }

    proptest! {
        #[test]
        fn the_application_reads_what_was_meant(
            state in proptest::option::of(any::<String>()),
            code in "[A-Za-z0-9_-]{43}",
            description: String,
        ) {
            let address = ReturnAddress {
                redirect_uri: "https://ward.example.org/back?tenant=1".to_owned(),
                state: state.clone(),
            };
            let back = address.with_code("https://op.example.org/x", &code);
            prop_assert!(back.starts_with("https://ward.example.org/back?tenant=1&code="));
            let read = pairs(&back);
            prop_assert_eq!(&read["code"], &code);
            prop_assert_eq!(read.get("state"), state.as_ref());
            prop_assert_eq!(&read["iss"], "https://op.example.org/x");

            let error = AuthorizationError::new(Code::LoginRequired, description);
            let read = pairs(&address.with_error("https://op.example.org/x", &error));
            prop_assert_eq!(&read["error"], "login_required");
            prop_assert!(read["error_description"].bytes().all(
                |b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)
            ));
            prop_assert_eq!(read.get("state"), state.as_ref());
        }
    }
}
