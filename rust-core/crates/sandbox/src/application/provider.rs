//! The provider as the application is told of it, and whether the two know each other.

use std::{error::Error, io};

use openidconnect::{
    AuthenticationFlow, CsrfToken, Nonce, PkceCodeChallenge, RequestTokenError,
    core::{CoreAuthPrompt, CoreErrorResponseType, CoreResponseType},
};
use url::Url;

use super::{
    flow::{self, Discovered},
    site::{Failed, Site, said},
};

/// Where the application signs its users in, and what it demands.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_local_tls::Authority;
/// # use wardkey_sandbox::{Application, ApplicationClient};
/// use wardkey_sandbox::{ApplicationProvider, DemandedLevel};
///
/// # let authority = Authority::generate()?;
/// # let identity = authority.issue(&["localhost"])?;
/// # let bound = || {
/// #     let client = ApplicationClient::with_new_secret("ward-list");
/// #     Application::bind(([127, 0, 0, 1], 0).into(), &identity, client)
/// # };
/// let provider = ApplicationProvider {
///     issuer: "https://sign-in.example.org".into(),
///     roots: authority.certificate_pem().into(),
///     level: DemandedLevel::TwoOrThree,
/// };
/// assert!(bound()?.at(&provider).is_ok());
/// let unknown = ApplicationProvider { roots: b"no certificate".to_vec(), ..provider };
/// assert!(bound()?.at(&unknown).is_err());
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct ApplicationProvider {
    /// The issuer, as the provider names itself.
    pub issuer: String,
    /// Who vouches for its server (PEM).
    pub roots: Vec<u8>,
    /// What a sign-in has to prove.
    pub level: DemandedLevel,
}

/// Which authenticator assurance level an application demands.
///
/// ```
/// use wardkey_sandbox::DemandedLevel;
///
/// assert_eq!(DemandedLevel::default().acr_value(), "AAL3_ANY");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DemandedLevel {
    /// Level 3 alone.
    #[default]
    Three,
    /// Level 2 or 3.
    TwoOrThree,
    /// Level 2; who reaches 3 may enter as well.
    Two,
}

impl DemandedLevel {
    /// The value of `acr_values` that says so.
    pub const fn acr_value(self) -> &'static str {
        match self {
            Self::Three => "AAL3_ANY",
            Self::TwoOrThree => "AAL2_OR_AAL3_ANY",
            Self::Two => "AAL2_ANY",
        }
    }

    /// Whether a sign-in of this class proves as much. The class is the provider's word in a signed token: it
    /// may name what was demanded, or the one method that met it.
    pub(super) fn is_met_by(self, acr: &str) -> bool {
        let three = acr.starts_with("AAL3_");
        match self {
            Self::Three => three,
            Self::TwoOrThree | Self::Two => three || acr.starts_with("AAL2_"),
        }
    }

    /// As the application's page says it.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Three => "assurance level 3",
            Self::TwoOrThree => "assurance level 2 or 3",
            Self::Two => "assurance level 2 or more",
        }
    }
}

/// Why an application cannot sign anybody in at a provider.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_local_tls::Authority;
/// # use wardkey_sandbox::{Application, ApplicationClient, ApplicationProvider, DemandedLevel};
/// use wardkey_sandbox::{ApplicationError, IntroductionError};
///
/// # let authority = Authority::generate()?;
/// # let identity = authority.issue(&["localhost"])?;
/// # let client = ApplicationClient::with_new_secret("ward-list");
/// # let application = Application::bind("127.0.0.1:0".parse()?, &identity, client)?;
/// let provider = ApplicationProvider {
///     // Codes and secrets would go there.
///     issuer: "http://sign-in.example.org".to_owned(),
///     roots: authority.certificate_pem().into(),
///     level: DemandedLevel::Three,
/// };
/// let error = application.at(&provider).unwrap_err();
/// let ApplicationError::Introduction(IntroductionError::Issuer { issuer }) = error else {
///     panic!("{error}")
/// };
/// assert_eq!(issuer, provider.issuer);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntroductionError {
    /// The issuer is no address.
    #[error("the issuer “{issuer}” is no https address")]
    Issuer {
        /// As it was given.
        issuer: String,
    },
    /// Nobody answers there.
    #[error("{issuer} cannot be reached: {reason}")]
    Unreachable {
        /// As it was given.
        issuer: String,
        /// Why.
        reason: String,
    },
    /// Somebody answers whom none of the authorities given vouches for.
    #[error("{issuer} is not trusted: {reason}")]
    Certificate {
        /// As it was given.
        issuer: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// Somebody answers who is no such provider.
    #[error("{issuer} is no OpenID Connect provider of that name: {reason}")]
    NoProvider {
        /// As it was given.
        issuer: String,
        /// Why.
        reason: String,
    },
    /// The provider knows no such application, or not with this address to come back to.
    #[error("the provider knows no application “{client}” that is at {redirect_uri}")]
    Unknown {
        /// The client id.
        client: String,
        /// Where users would have come back to.
        redirect_uri: String,
    },
    /// The provider answers requests of this kind with an error.
    #[error("the provider does not sign users in for “{client}”: {reason}")]
    Refused {
        /// The client id.
        client: String,
        /// The provider's error.
        reason: String,
    },
    /// The provider knows the application by another secret or key.
    #[error("the provider does not take the proof of “{client}”: {reason}")]
    Proof {
        /// The client id.
        client: String,
        /// The provider's words.
        reason: String,
    },
}

/// Asks the provider for what every sign-in will need, without a user: its document, a sign-in that may
/// not ask anybody anything, and a code that nobody has.
pub(super) async fn introduce(site: &Site) -> Result<(), IntroductionError> {
    reach(site).await?;
    ask(site).await?;
    prove(site).await
}

async fn reach(site: &Site) -> Result<(), IntroductionError> {
    let issuer = site.issuer.as_str().to_owned();
    let document = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    if let Err(error) = site.http.get(document).send().await {
        // The address is in the sentence around it already.
        let error = error.without_url();
        let reason = said(&error);
        return Err(if is_about_a_certificate(&error) {
            IntroductionError::Certificate { issuer, reason }
        } else {
            IntroductionError::Unreachable { issuer, reason }
        });
    }
    match flow::discovered(site).await {
        Ok(_) => Ok(()),
        Err(Failed(reason)) => Err(IntroductionError::NoProvider { issuer, reason }),
    }
}

/// A request for a user who is signed in already. Nobody is, which the provider says at the application's
/// own address, if it knows that.
async fn ask(site: &Site) -> Result<(), IntroductionError> {
    let id = site.client.id().to_owned();
    let refused = |reason: String| IntroductionError::Refused { client: id.clone(), reason };
    let client = discovered(site).await.map_err(refused)?;
    let (challenge, _) = PkceCodeChallenge::new_random_sha256();
    let request = client.authorize_url(
        AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
        CsrfToken::new_random,
        Nonce::new_random,
    );
    let (url, ..) = flow::demands(site, request)
        .add_prompt(CoreAuthPrompt::None)
        .set_pkce_challenge(challenge)
        .url();
    let answer = site.http.get(url).send().await.map_err(|error| refused(said(&error)))?;
    let redirect_uri = site.redirect_uri();
    let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
    let Some(location) = location.filter(|location| location.starts_with(&redirect_uri)) else {
        return Err(IntroductionError::Unknown { client: id, redirect_uri });
    };
    let error = Url::parse(location).ok().and_then(|back| {
        back.query_pairs().find(|(name, _)| name == "error").map(|(_, error)| error.into_owned())
    });
    match error.as_deref() {
        // OpenID Connect Core §3.1.2.6: a user would have to do something.
        Some("login_required" | "interaction_required" | "consent_required") | None => Ok(()),
        Some(other) => Err(refused(other.to_owned())),
    }
}

/// A code that was never given: who is not the application hears of that first (RFC 6749 §5.2).
async fn prove(site: &Site) -> Result<(), IntroductionError> {
    let proof =
        |reason: String| IntroductionError::Proof { client: site.client.id().to_owned(), reason };
    let (_, verifier) = PkceCodeChallenge::new_random_sha256();
    let client = discovered(site).await.map_err(proof)?;
    match flow::exchanged(site, &client, "none", verifier).await {
        Err(flow::NotExchanged::Provider(RequestTokenError::ServerResponse(told)))
            if *told.error() != CoreErrorResponseType::InvalidClient =>
        {
            Ok(())
        }
        Err(error) => Err(proof(error.to_string())),
        Ok(_) => Err(proof("it gave tokens for a code that nobody has".to_owned())),
    }
}

async fn discovered(site: &Site) -> Result<Discovered, String> {
    let client = async { flow::client(site, flow::discovered(site).await?) };
    client.await.map_err(|Failed(reason)| reason)
}

fn is_about_a_certificate(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |cause| beneath(*cause));
    causes
        .filter_map(|cause| cause.downcast_ref::<rustls::Error>())
        .any(|error| matches!(error, rustls::Error::InvalidCertificate(_)))
}

/// The next cause. What an I/O error carries is not its source.
fn beneath<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => Some(carried),
        None => error.source(),
    }
}
