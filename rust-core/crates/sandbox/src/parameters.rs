//! The parameters of a request, as a query or a form carries them.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    extract::Request,
    http::{HeaderMap, Method, header::CONTENT_TYPE},
};
use url::form_urlencoded;

use crate::{api::whole, refusal::Refusal};

/// Parameters by name, each at most once (RFC 6749 §3.1).
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters {
    values: BTreeMap<String, String>,
    repeated: BTreeSet<String>,
}

/// Why a parameter cannot be used, before anyone asks what it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParameterError {
    #[error("{0} is there more than once")]
    Repeated(String),
    #[error("{0} is not UTF-8, or holds a NUL")]
    NotText(String),
    #[error("{0} is missing")]
    Missing(&'static str),
}

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`. Every text can be read; what is wrong with a
    /// parameter is said when it is asked for.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(encoded) {
            if read.values.contains_key(name.as_ref()) {
                read.repeated.insert(name.into_owned());
            } else {
                read.values.insert(name.into_owned(), value.into_owned());
            }
        }
        read
    }

    /// Reads what a request asks, in its body if it is a form that was posted, in its address otherwise
    /// (OpenID Connect Core §3.1.2.1).
    pub(crate) async fn of(request: Request) -> Result<Self, Refusal> {
        if request.method() == Method::POST {
            return Self::of_form(request).await;
        }
        Ok(Self::parse(request.uri().query().unwrap_or_default().as_bytes()))
    }

    /// Reads the body of a request, if it is a form.
    pub(crate) async fn of_form(request: Request) -> Result<Self, Refusal> {
        if !is_form(request.headers()) {
            return Err(Refusal::NotAForm);
        }
        Ok(Self::parse(&whole(request, Refusal::Parameter).await?))
    }

    /// What a parameter says. One without a value counts as omitted (RFC 6749 §3.1).
    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>, ParameterError> {
        if self.repeated.contains(name) {
            return Err(ParameterError::Repeated(name.to_owned()));
        }
        match self.values.get(name) {
            // What the decoder writes for bytes that are no text: the value could not be given
            // back as it came. PostgreSQL takes no NUL in a text.
            Some(value) if value.contains([char::REPLACEMENT_CHARACTER, '\0']) => {
                Err(ParameterError::NotText(name.to_owned()))
            }
            value => Ok(value.map(String::as_str).filter(|value| !value.is_empty())),
        }
    }

    /// What a parameter says that has to be there.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, ParameterError> {
        self.get(name)?.ok_or(ParameterError::Missing(name))
    }

    /// The first parameter that is there more than once, whatever its name.
    pub(crate) fn first_repeated(&self) -> Option<ParameterError> {
        self.repeated.first().cloned().map(ParameterError::Repeated)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

impl From<ParameterError> for Refusal {
    fn from(error: ParameterError) -> Self {
        Self::Parameter(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::form_urlencoded;

    use super::{ParameterError, Parameters};

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes: Vec<u8>, name: String) {
            let _ = Parameters::parse(&bytes).get(&name);
        }

        #[test]
        fn what_was_sent_is_what_is_read(value in "[^\u{fffd}\u{0}]+") {
            let sent = form_urlencoded::Serializer::new(String::new())
                .append_pair("state", &value)
                .finish();
            let read = Parameters::parse(sent.as_bytes());
            prop_assert_eq!(read.get("state"), Ok(Some(value.as_str())));
        }
    }

    #[test]
    fn repeated_empty_and_unreadable_ones_are_told_apart() {
        let read = Parameters::parse(b"a=1&a=1&b=&c=%ff&d=x&f=a%00");
        assert_eq!(read.get("a"), Err(ParameterError::Repeated("a".to_owned())));
        assert_eq!(read.first_repeated(), Some(ParameterError::Repeated("a".to_owned())));
        assert_eq!(read.get("b"), Ok(None));
        assert_eq!(read.get("c"), Err(ParameterError::NotText("c".to_owned())));
        assert_eq!(read.get("f"), Err(ParameterError::NotText("f".to_owned())));
        assert_eq!(read.required("d"), Ok("x"));
        assert_eq!(read.required("e"), Err(ParameterError::Missing("e")));
    }
}
