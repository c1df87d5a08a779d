//! Where a user goes after signing in: on this site, or nowhere.

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use url::Url;

/// A path (and query) of this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocalPath(String);

/// Not a path of this site, so nobody is sent there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a path on this site")]
pub(crate) struct NotLocal(String);

impl LocalPath {
    pub(crate) fn parse(text: &str) -> Result<Self, NotLocal> {
        let refused = || NotLocal(text.to_owned());
        // Read as a browser reads it: `//host`, `/\host` and `/<tab>/host` lead away, and look local.
        let base = Url::parse("https://sandbox.invalid/").map_err(|_| refused())?;
        let url = base.join(text).map_err(|_| refused())?;
        let stays = url.origin() == base.origin() && url.username().is_empty();
        if !text.starts_with('/') || !stays || url.password().is_some() {
            return Err(refused());
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", url.path());
        // Normalizing may have made it another one: `/.//host`.
        if path.starts_with("//") { Err(refused()) } else { Ok(Self(path)) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for LocalPath {
    /// The page that says who is signed in.
    fn default() -> Self {
        Self("/session".to_owned())
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for LocalPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::LocalPath;

    #[test]
    fn paths_of_this_site_are_kept() {
        for path in ["/", "/desk", "/openid/continue?request=x&y=%2F", "/a%20b"] {
            assert_eq!(LocalPath::parse(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn nobody_is_sent_away() {
        for path in [
            "",
            "desk",
            "//example.org",
            "///example.org",
            "/\\example.org",
            "\\\\example.org",
            "/\t/example.org",
            "/\n/example.org",
            "/.//example.org",
            "/..//example.org",
            "https://example.org/",
            "javascript:alert(1)",
            "/\u{0}//example.org/..//x",
        ] {
            if let Ok(local) = LocalPath::parse(path) {
                let site = Url::parse("https://desk.example.net/").unwrap();
                assert_eq!(site.join(local.as_str()).unwrap().origin(), site.origin(), "{path:?}");
                assert!(path.starts_with("/\u{0}"), "{path:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_kept_stays_here(path in "[/\\\\.a-z\t\n:@?#%0-9]{0,20}") {
            if let Ok(local) = LocalPath::parse(&path) {
                let site = Url::parse("https://desk.example.net/").unwrap();
                prop_assert_eq!(site.join(local.as_str()).unwrap().origin(), site.origin());
                prop_assert!(local.as_str().is_ascii() && !local.as_str().contains('\n'));
                prop_assert_eq!(LocalPath::parse(local.as_str()), Ok(local));
            }
        }
    }
}
