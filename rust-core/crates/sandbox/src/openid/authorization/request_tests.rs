//! Every fault of a request has its own answer, and arbitrary requests have one at all.

use openidconnect::core::CoreAuthErrorResponseType as Code;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;
use url::form_urlencoded;

use super::{AuthorizationRequest, Refused, Unanswerable};
use crate::{
    openid::{authorization::answer::ReturnAddress, client::Clients, scope::Scope},
    parameters::Parameters,
};

const BACK: &str = "https://ward.example.org/back?tenant=1";
/// Of the verifier in RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn clients() -> Clients {
    let file = json!({ "clients": [{
        "client_id": "ward",
        "client_secret": "0123456789abcdef",
        "redirect_uris": [BACK],
    }, {
        "client_id": "older",
        "client_secret": "0123456789abcdef",
        "redirect_uris": [BACK],
        "require_pkce": false,
    }] });
    Clients::from_json(file.to_string().as_bytes()).unwrap()
}

fn sound() -> Vec<(&'static str, &'static str)> {
    vec![
        ("client_id", "ward"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "openid profile selectedrole"),
        ("state", "af0ifjsldkj"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]
}

/// The sound request with one parameter set to this, left out, or added.
fn with(name: &'static str, value: Option<&'static str>) -> Vec<(&'static str, &'static str)> {
    let mut pairs: Vec<_> = sound().into_iter().filter(|(other, _)| *other != name).collect();
    pairs.extend(value.map(|value| (name, value)));
    pairs
}

fn parse(pairs: &[(&str, &str)]) -> Result<AuthorizationRequest, Refused> {
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    AuthorizationRequest::parse(&Parameters::parse(encoded.as_bytes()), &clients())
}

fn told(pairs: &[(&str, &str)]) -> (String, String) {
    match parse(pairs) {
        Err(Refused::There(to, error)) => {
            assert_eq!(to.redirect_uri, BACK);
            (error.code.as_ref().to_owned(), error.description)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_sound_request_is_read_whole() {
    let mut pairs = sound();
    pairs.extend([("prompt", "login"), ("max_age", "300"), ("acr_values", "AAL2_ANY")]);
    pairs.extend([("login_hint", "somebody"), ("display", "page"), ("ui_locales", "cy")]);
    let request = parse(&pairs).unwrap();
    assert_eq!(request.client_id, "ward");
    let back =
        ReturnAddress { redirect_uri: BACK.to_owned(), state: Some("af0ifjsldkj".to_owned()) };
    assert_eq!(request.return_to, back);
    assert_eq!(request.nonce.as_deref(), Some("n-0S6_WzA2Mj"));
    assert!(request.scopes.has(Scope::SelectedRole) && !request.scopes.has(Scope::Email));
    assert_eq!(request.code_challenge.as_ref().unwrap().0, CHALLENGE);
    assert!(request.prompt.login && !request.prompt.silent);
    assert_eq!(request.max_age, Some(300));
    let kept = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<AuthorizationRequest>(&kept).unwrap(), request);
}

/// OpenID Connect Core §3.1.2.1: scopes that a provider does not understand should be ignored.
#[test]
fn what_nobody_knows_is_no_scope() {
    let request = parse(&with("scope", Some("openid everything email"))).unwrap();
    assert_eq!(request.scopes.to_string(), "openid email");
}

#[test]
fn an_application_that_cannot_send_a_challenge_need_not() {
    let mut pairs = with("code_challenge", None);
    pairs.retain(|(name, _)| *name != "code_challenge_method");
    assert_eq!(told(&pairs).1, "code_challenge is missing");
    let of = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(name, value)| match *name {
            "client_id" => ("client_id", "older"),
            _ => (*name, *value),
        });
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        AuthorizationRequest::parse(&Parameters::parse(encoded.as_bytes()), &clients())
    };
    assert_eq!(of(&pairs).unwrap().code_challenge, None);
    // One that was sent is kept, and has to be sound.
    assert_eq!(of(&sound()).unwrap().code_challenge.unwrap().0, CHALLENGE);
    for unsound in [
        with("code_challenge", Some("short")),
        with("code_challenge", None),
        with("code_challenge_method", Some("plain")),
        with("code_challenge_method", None),
    ] {
        assert!(matches!(of(&unsound), Err(Refused::There(..))), "{unsound:?}");
    }
}

#[test]
fn nobody_is_sent_to_an_address_that_is_not_certain() {
    for (pairs, named) in [
        (with("client_id", None), "client_id is missing"),
        (with("client_id", Some("theatre")), "“theatre”"),
        (with("redirect_uri", None), "redirect_uri is missing"),
        (with("redirect_uri", Some("https://ward.example.org/back")), "is not registered"),
        (with("redirect_uri", Some("https://evil.example.org/")), "is not registered"),
    ] {
        let Err(Refused::Here(fault)) = parse(&pairs) else { panic!("{pairs:?}") };
        assert!(fault.to_string().contains(named), "{fault}");
    }
    for twice in ["client_id", "redirect_uri"] {
        let mut pairs = sound();
        pairs.push((twice, "https://evil.example.org/"));
        let Err(Refused::Here(Unanswerable::Parameter(fault))) = parse(&pairs) else {
            panic!("{pairs:?}")
        };
        assert_eq!(fault.to_string(), format!("{twice} is there more than once"));
    }
}

#[test]
fn each_fault_has_its_own_error() {
    let unmet = "unmet_authentication_requirements";
    for (name, value, code, named) in [
        ("response_type", None, "invalid_request", "response_type is missing"),
        ("response_type", Some("token"), "unsupported_response_type", "“token”"),
        ("response_type", Some("code id_token"), "unsupported_response_type", "“code id_token”"),
        ("response_mode", Some("fragment"), "invalid_request", "“fragment”"),
        ("scope", None, "invalid_request", "scope is missing"),
        ("scope", Some("profile"), "invalid_scope", "openid is missing"),
        ("code_challenge", None, "invalid_request", "code_challenge is missing"),
        ("code_challenge", Some("short"), "invalid_request", "SHA-256"),
        ("code_challenge_method", None, "invalid_request", "“plain”"),
        ("code_challenge_method", Some("plain"), "invalid_request", "“plain”"),
        ("prompt", Some("none login"), "invalid_request", "stands alone"),
        ("prompt", Some("create"), "invalid_request", "“create”"),
        ("max_age", Some("-1"), "invalid_request", "“-1”"),
        ("max_age", Some("soon"), "invalid_request", "“soon”"),
        ("acr_values", Some("AAL3_SMARTCARD"), unmet, "AAL3_SMARTCARD"),
        ("acr_values", Some("AAL1_USERPASS AAL2_TOTP"), unmet, "no passkey"),
        ("acr_values", Some("gold"), unmet, "gold"),
        ("request", Some("e30."), "request_not_supported", "request"),
        ("request_uri", Some("https://x"), "request_uri_not_supported", "request_uri"),
        ("registration", Some("{}"), "registration_not_supported", "registration"),
    ] {
        let (told, description) = told(&with(name, value));
        assert_eq!(told, code, "{name} {value:?}");
        assert!(description.contains(named), "“{named}” expected: {description}");
    }
    let mut twice = sound();
    twice.push(("scope", "openid"));
    assert_eq!(told(&twice).1, "scope is there more than once");
    twice = sound();
    twice.push(("state", "other"));
    assert_eq!(told(&twice).1, "state is there more than once");
}

#[test]
fn parameters_without_a_value_are_as_if_left_out() {
    let request = parse(&with("nonce", Some(""))).unwrap();
    assert_eq!(request.nonce, None);
    assert_eq!(told(&with("scope", Some(""))).1, "scope is missing");
}

proptest! {
    /// Whatever is asked, an answer goes to a registered address or stays here.
    #[test]
    fn any_request_is_answered_where_it_belongs(
        changes in vec(
            (select(sound()), any::<bool>(), "[ -~]{0,40}|openid|none|login|S256"),
            0..6,
        ),
    ) {
        let mut pairs: Vec<(String, String)> =
            sound().into_iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        for ((name, _), replaces, value) in changes {
            if replaces {
                pairs.retain(|(other, _)| other != name);
            }
            pairs.push((name.to_owned(), value));
        }
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let parsed = AuthorizationRequest::parse(&Parameters::parse(encoded.as_bytes()), &clients());
        let mut state = pairs.iter().filter(|(name, _)| name == "state").map(|(_, value)| value);
        match parsed {
            Ok(request) => {
                prop_assert_eq!(request.return_to.redirect_uri.as_str(), BACK);
                prop_assert!(request.scopes.has(Scope::OpenId));
                let challenge = request.code_challenge.as_ref();
                prop_assert!(challenge.is_some_and(|challenge| challenge.0.len() == 43));
                let sent = state.find(|state| !state.is_empty()).cloned();
                prop_assert_eq!(request.return_to.state, sent);
            }
            Err(Refused::There(to, error)) => {
                prop_assert_eq!(to.redirect_uri.as_str(), BACK);
                prop_assert_ne!(error.code, Code::ServerError);
            }
            Err(Refused::Here(_)) => {}
        }
    }
}
