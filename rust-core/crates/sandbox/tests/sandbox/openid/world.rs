//! A sandbox with applications, and a user's way through it.

use std::collections::BTreeMap;

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};
use wardkey_register::{Database, testing::Fresh};
use wardkey_sandbox::{Clients, Settings};

use crate::{
    authenticator::Phone,
    browser::{Browser, Signer, passkey_of},
    common::{Answer, Running, start},
    databases::Begin,
};

pub(crate) const BASE: &str = "/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare";
pub(crate) const BACK: &str = "https://ward.example.org/back";
pub(crate) const SECRET: &str = "a secret of the ward: & + %";
/// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) struct World {
    pub(crate) running: Running,
    pub(crate) database: Database,
    /// Signs the assertions of the client `keys`.
    pub(crate) key: EcdsaKeyPair,
    pub(crate) settings: Settings,
}

/// Where a user's way ended.
pub(crate) enum End {
    /// At the application, with these parameters.
    Away(BTreeMap<String, String>),
    /// At a page.
    Here(Answer),
}

impl End {
    pub(crate) fn away(self) -> BTreeMap<String, String> {
        match self {
            Self::Away(parameters) => parameters,
            Self::Here(answer) => panic!("a page: {}", answer.body),
        }
    }

    pub(crate) fn code(self) -> String {
        let parameters = self.away();
        parameters.get("code").unwrap_or_else(|| panic!("no code: {parameters:?}")).clone()
    }

    pub(crate) fn error(self) -> String {
        let parameters = self.away();
        parameters.get("error").unwrap_or_else(|| panic!("no error: {parameters:?}")).clone()
    }

    pub(crate) fn page(self) -> Answer {
        match self {
            Self::Here(answer) => answer,
            Self::Away(parameters) => panic!("away: {parameters:?}"),
        }
    }
}

impl Begin for World {
    async fn on(fresh: &Fresh) -> Self {
        Self::telling(fresh, "https://ward.example.org/logout").await
    }
}

impl World {
    /// The application `ward` hears of logouts at this address.
    pub(crate) async fn telling(fresh: &Fresh, address: &str) -> Self {
        let random = SystemRandom::new();
        let alg = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(alg, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(alg, pkcs8.as_ref(), &random).unwrap();
        let point = key.public_key().as_ref();
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "kid": "1",
            "x": Base64UrlUnpadded::encode_string(&point[1..33]),
            "y": Base64UrlUnpadded::encode_string(&point[33..]),
        });
        let clients = json!({ "clients": [
            { "client_id": "ward", "client_name": "Ward round", "client_secret": SECRET,
              "redirect_uris": [BACK], "backchannel_logout_uri": address,
              "post_logout_redirect_uris": ["https://ward.example.org/bye"] },
            { "client_id": "older", "client_secret": SECRET, "redirect_uris": [BACK],
              "require_pkce": false },
            { "client_id": "post", "client_secret": SECRET, "redirect_uris": [BACK],
              "token_endpoint_auth_method": "client_secret_post" },
            { "client_id": "keys", "jwks": { "keys": [jwk] }, "redirect_uris": [BACK],
              "token_endpoint_auth_method": "private_key_jwt" },
        ] });
        let database = fresh.open().await;
        let settings = Settings {
            database: Some(database.clone()),
            clients: Clients::from_json(clients.to_string().as_bytes()).unwrap(),
            ..Settings::default()
        };
        Self { running: start(settings.clone()).await, database, key, settings }
    }

    /// A phone of somebody on the register, whose sign-ins reach this level.
    pub(crate) async fn phone(&self, name: &str, assurance: u8) -> Phone {
        passkey_of(&self.database, name, assurance).await.at(&self.running)
    }

    /// Basic authentication of `ward`, and the form.
    pub(crate) async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.token_as(&basic("ward", SECRET), fields).await
    }

    pub(crate) async fn token_as(&self, head: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let head = format!("{head}Content-Type: application/x-www-form-urlencoded\r\n");
        let path = format!("{BASE}/access_token");
        Browser::new(&self.running).request("POST", &path, &head, &body).await
    }

    pub(crate) async fn redeem(&self, code: &str) -> Answer {
        self.token(&redemption(code)).await
    }

    /// Follows a user's way to the application, which redeems its code.
    pub(crate) async fn tokens(
        &self,
        browser: &mut Browser<'_>,
        phone: &mut Phone,
        path: &str,
    ) -> Value {
        let code = follow(browser, phone, path).await.code();
        self.redeem(&code).await.ok()
    }

    pub(crate) async fn user_info(&self, token: &str) -> Answer {
        let head = format!("Authorization: Bearer {token}\r\n");
        let path = format!("{BASE}/userinfo");
        Browser::new(&self.running).request("GET", &path, &head, "").await
    }
}

pub(crate) fn redemption(code: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ]
}

pub(crate) fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(id), encode(secret));
    format!("Authorization: Basic {}\r\n", Base64::encode_string(pair.as_bytes()))
}

/// The path of a request with these changes; an empty value leaves the parameter out.
pub(crate) fn request(changes: &[(&str, &str)]) -> String {
    let mut parameters = BTreeMap::from([
        ("client_id", "ward"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid"),
        ("state", "xyz"),
        ("nonce", "n-0S6"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    parameters.extend(changes.iter().copied());
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{BASE}/authorize?{query}")
}

/// Follows a user's way, who signs in wherever it is asked, until a page or the application.
pub(crate) async fn follow(browser: &mut Browser<'_>, phone: &mut impl Signer, path: &str) -> End {
    let mut path = path.to_owned();
    for _ in 0..9 {
        let answer = browser.get(&path).await;
        match lead(&answer) {
            None => return End::Here(answer),
            Some(Lead::Away(parameters)) => return End::Away(parameters),
            Some(Lead::Login(back)) => path = browser.sign_in(phone, &back).await,
            Some(Lead::Here(next)) => path = next,
        }
    }
    panic!("a circle: {path}")
}

enum Lead {
    Away(BTreeMap<String, String>),
    Login(String),
    Here(String),
}

fn lead(answer: &Answer) -> Option<Lead> {
    let location = answer.headers("location").pop()?;
    assert_eq!(answer.status, 303);
    let here = Url::parse("https://sandbox.invalid/").unwrap();
    let url = here.join(&location).unwrap();
    let parameters: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    Some(if url.origin() != here.origin() {
        assert!(location.starts_with(BACK), "{location}");
        Lead::Away(parameters)
    } else if url.path() == "/login" {
        Lead::Login(parameters["return"].clone())
    } else {
        Lead::Here(location)
    })
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(payload).unwrap()).unwrap()
}

/// The header of a token.
pub(crate) fn header(token: &Value) -> Value {
    let header = token.as_str().unwrap().split('.').next().unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(header).unwrap()).unwrap()
}
