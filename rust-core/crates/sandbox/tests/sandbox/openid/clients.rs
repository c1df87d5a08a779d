//! How an application proves that it is itself, and what does not prove it.

use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use wardkey_register::testing::Fresh;

use super::world::{BASE, SECRET, World, basic, follow, redemption, request};
use crate::{
    browser::Browser,
    databases::{Begin as _, on_both},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// An assertion of `keys`, with these changes to header and claims.
fn assertion(world: &World, header: &Value, changes: &Value) -> String {
    let mut head = json!({ "alg": "ES256", "kid": "1", "typ": "JWT" });
    head.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
    let mut claims = json!({
        "iss": "keys", "sub": "keys", "jti": format!("{}", uuid::Uuid::new_v4()),
        "aud": format!("{}{BASE}", world.running.origin), "iat": now(), "exp": now() + 60,
    });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    let encode = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
    let signed = format!("{}.{}", encode(&head), encode(&claims));
    let signature = world.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", Base64UrlUnpadded::encode_string(signature.as_ref()))
}

async fn error(world: &World, head: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let fields = [&redemption("made up")[..], fields].concat();
    let answer = world.token_as(head, &fields).await;
    (answer.status, answer.json()["error"].as_str().unwrap().to_owned())
}

on_both!(
    secrets_prove_a_client_where_it_registered_them,
    an_assertion_proves_a_client_once,
    an_assertion_that_is_not_sound_proves_nothing,
);

async fn secrets_prove_a_client_where_it_registered_them(world: World) {
    let known = (400, "invalid_grant".to_owned());
    let unknown = (401, "invalid_client".to_owned());
    let post = |id, secret| [("client_id", id), ("client_secret", secret)];
    assert_eq!(error(&world, &basic("ward", SECRET), &[]).await, known);
    assert_eq!(error(&world, "", &post("post", SECRET)).await, known);
    for head in [
        basic("ward", "another secret"),
        basic("theatre", SECRET),
        basic("post", SECRET),
        basic("keys", SECRET),
        "Authorization: Basic ???\r\n".to_owned(),
        "Authorization: Bearer x\r\n".to_owned(),
    ] {
        assert_eq!(error(&world, &head, &[]).await, unknown, "{head}");
    }
    for fields in [post("post", "another secret"), post("ward", SECRET), post("keys", SECRET)] {
        assert_eq!(error(&world, "", &fields).await, unknown, "{fields:?}");
    }
    assert_eq!(error(&world, "", &[("client_id", "ward")]).await, unknown);
    let both = error(&world, &basic("ward", SECRET), &post("post", SECRET)).await;
    assert_eq!(both, (400, "invalid_request".to_owned()));
    let answer = world.token_as(&basic("ward", "wrong"), &redemption("x")).await;
    assert_eq!(answer.headers("www-authenticate"), ["Basic realm=\"wardkey\""]);
}

async fn an_assertion_proves_a_client_once(world: World) {
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let way = request(&[("client_id", "keys")]);
    let code = follow(&mut browser, &mut phone, &way).await.code();
    let proof = assertion(&world, &json!({}), &json!({}));
    let proven = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", proof.as_str())];
    let fields = [&redemption(&code)[..], &proven].concat();
    world.token_as("", &fields).await.ok();
    let again = world.token_as("", &fields).await;
    assert_eq!((again.status, again.json()["error"].as_str()), (401, Some("invalid_client")));
    assert!(again.body.contains("used before"), "{}", again.body);
}

async fn an_assertion_that_is_not_sound_proves_nothing(world: World) {
    let elsewhere = Fresh::sqlite();
    let stranger = World::on(&elsewhere).await;
    let tell = async |proof: String, kind: &str| {
        let fields = [("client_assertion_type", kind), ("client_assertion", proof.as_str())];
        error(&world, "", &fields).await.1
    };
    let endpoint = format!("{}{BASE}/access_token", world.running.origin);
    for good in [json!({}), json!({ "aud": endpoint }), json!({ "aud": [endpoint, "x"] })] {
        let proof = assertion(&world, &json!({}), &good);
        assert_eq!(tell(proof, ASSERTION_TYPE).await, "invalid_grant", "{good}");
    }
    for bad in [
        json!({ "aud": "https://elsewhere.example.org" }),
        json!({ "aud": null }),
        json!({ "iss": "ward" }),
        json!({ "sub": "ward" }),
        json!({ "iss": "ward", "sub": "ward" }),
        json!({ "iss": "theatre", "sub": "theatre" }),
        json!({ "jti": null }),
        json!({ "jti": "" }),
        json!({ "exp": null }),
        json!({ "exp": now() - 120 }),
        json!({ "exp": now() + 100_000 }),
        json!({ "exp": u64::MAX }),
        json!({ "nbf": now() + 600 }),
    ] {
        let proof = assertion(&world, &json!({}), &bad);
        assert_eq!(tell(proof, ASSERTION_TYPE).await, "invalid_client", "{bad}");
    }
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS256" }),
        json!({ "kid": "2" }),
    ] {
        let proof = assertion(&world, &header, &json!({}));
        assert_eq!(tell(proof, ASSERTION_TYPE).await, "invalid_client", "{header}");
    }
    let aud = json!({ "aud": format!("{}{BASE}", world.running.origin) });
    let forged = assertion(&stranger, &json!({}), &aud);
    assert_eq!(tell(forged, ASSERTION_TYPE).await, "invalid_client");
    let sound = assertion(&world, &json!({}), &json!({}));
    let (signed, _) = sound.rsplit_once('.').unwrap();
    for proof in [format!("{signed}."), signed.to_owned(), String::from("x"), sound[1..].to_owned()]
    {
        assert_eq!(tell(proof, ASSERTION_TYPE).await, "invalid_client");
    }
    assert_eq!(tell(sound, "urn:example:other").await, "invalid_client");
}
