use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ClientAuthentication, Clients, proof::SecretHash};

fn entry(changes: &Value) -> Value {
    let mut entry = json!({
        "client_id": "ward",
        "client_secret": "0123456789abcdef",
        "redirect_uris": ["https://ward.example.org/back"],
    });
    let members = entry.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    entry
}

fn read(changes: &Value) -> Result<Clients, String> {
    let file = json!({ "clients": [entry(changes)] }).to_string();
    Clients::from_json(file.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn a_client_is_read() {
    let clients = read(&json!({ "client_name": "Ward round" })).unwrap();
    let ward = clients.find("ward").unwrap();
    assert_eq!(ward.name, "Ward round");
    assert!(ward.may_return_to("https://ward.example.org/back"));
    for other in [
        "https://ward.example.org/back/",
        "https://ward.example.org/back?x=1",
        "https://ward.example.org:443/back",
        "https://ward.example.org/BACK",
        "http://ward.example.org/back",
    ] {
        assert!(!ward.may_return_to(other), "{other}");
    }
    let ClientAuthentication::SecretBasic(secret) = &ward.authentication else {
        panic!("{ward:?}")
    };
    assert!(secret.is_of("0123456789abcdef") && !secret.is_of("0123456789abcdeF"));
    assert!(!format!("{clients:?}").contains("0123456789abcdef"));
}

#[test]
fn what_is_wrong_with_a_client_is_named() {
    let rsa = json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "1" }] });
    let shared = json!({ "keys": [{ "kty": "oct", "k": "AQAB" }] });
    for (changes, named) in [
        (json!({ "client_id": "" }), "client_id"),
        (json!({ "client_id": "two words" }), "client_id"),
        (json!({ "client_secret": null }), "needs client_secret"),
        (json!({ "client_secret": "short" }), "16 characters"),
        (json!({ "redirect_uris": [] }), "redirect_uris"),
        (json!({ "redirect_uris": null }), "redirect_uris"),
        (json!({ "redirect_uris": ["/back"] }), "/back"),
        (json!({ "redirect_uris": ["http://ward.example.org/"] }), "must be https"),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "must be https"),
        (json!({ "redirect_uris": ["https://ward.example.org/#x"] }), "fragment"),
        (json!({ "backchannel_logout_uri": "ftp://ward.example.org" }), "must be https"),
        (json!({ "token_endpoint_auth_method": "none" }), "none"),
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), "needs jwks"),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt", "client_secret": null,
                    "jwks": { "keys": [] } }),
            "no key",
        ),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt", "client_secret": null,
                    "jwks": shared }),
            "neither RSA nor EC",
        ),
        (json!({ "jwks": rsa }), "takes no jwks"),
        (json!({ "secret": "0123456789abcdef" }), "unknown field"),
    ] {
        let told = read(&changes).unwrap_err();
        assert!(told.contains(named), "“{named}” expected: {told}");
    }
    let twice = json!({ "clients": [entry(&json!({})), entry(&json!({}))] }).to_string();
    assert!(Clients::from_json(twice.as_bytes()).unwrap_err().to_string().contains("twice"));
}

#[test]
fn this_machine_may_be_reached_without_encryption() {
    for inside in ["http://localhost:9/", "http://127.0.0.1:9/", "http://[::1]:9/"] {
        read(&json!({ "redirect_uris": [inside] })).unwrap();
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = Clients::from_json(&bytes);
    }

    #[test]
    fn only_the_secret_itself_matches(secret: String, other: String) {
        prop_assert_eq!(SecretHash::of(&secret).is_of(&other), secret == other);
    }
}
