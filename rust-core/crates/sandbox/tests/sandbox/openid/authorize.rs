//! The authorization endpoint: sign-in, level, age, silence, and who is turned away with which error.

use serde_json::json;
use wardkey_register::testing::Fresh;

use super::world::{BACK, BASE, World, claims, follow, request};
use crate::{
    browser::Browser,
    databases::{Begin as _, on_both},
};

on_both!(
    discovery_has_the_paths_of_the_real_service,
    a_user_signs_in_and_the_application_gets_a_code,
    an_address_that_is_not_certain_gets_a_page,
    faults_are_told_to_the_application,
    a_form_is_as_good_as_a_query,
    a_passkey_that_proved_less_is_refused_where_more_is_demanded,
    who_registered_themselves_enters_no_application,
    step_up_asks_once_more_and_keeps_the_session,
    prompt_and_max_age_ask_for_a_new_sign_in,
    a_hint_names_who_is_expected,
    a_hint_that_names_nobody_is_an_invalid_request,
    a_request_is_answered_once,
);

async fn discovery_has_the_paths_of_the_real_service(world: World) {
    let issuer = format!("{}{BASE}", world.running.origin);
    let found = world.running.get(&format!("{BASE}/.well-known/openid-configuration")).await.ok();
    for (name, path) in [
        ("issuer", ""),
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/access_token"),
        ("userinfo_endpoint", "/userinfo"),
        ("jwks_uri", "/connect/jwk_uri"),
        ("end_session_endpoint", "/connect/endSession"),
    ] {
        assert_eq!(found[name], format!("{issuer}{path}"), "{name}");
    }
    assert_eq!(found["response_types_supported"], json!(["code"]));
    assert_eq!(found["id_token_signing_alg_values_supported"], json!(["RS256"]));
    assert_eq!(found["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(
        found["acr_values_supported"],
        json!(["AAL3_ANY", "AAL2_OR_AAL3_ANY", "AAL2_ANY", "AAL3_FIDO2"])
    );
    assert_eq!(found["backchannel_logout_session_supported"], true);
    let keys = world.running.get(&format!("{BASE}/connect/jwk_uri")).await.ok();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    assert_eq!(keys["keys"][0]["kty"], "RSA");
    assert!(keys["keys"][0].get("d").is_none());
}

async fn a_user_signs_in_and_the_application_gets_a_code(world: World) {
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let back = follow(&mut browser, &mut phone, &request(&[])).await.away();
    assert_eq!(back["state"], "xyz");
    assert_eq!(back["iss"], format!("{}{BASE}", world.running.origin));
    assert_eq!(back["code"].len(), 43);

    // Signed in already, so another application is entered without a word.
    let answer = browser.get(&request(&[("client_id", "post"), ("prompt", "none")])).await;
    let location = &answer.headers("location")[0];
    assert!(location.starts_with(BACK) && location.contains("code="), "{location}");
}

async fn an_address_that_is_not_certain_gets_a_page(world: World) {
    for (changes, named) in [
        ([("client_id", "theatre")], "theatre"),
        ([("client_id", "")], "client_id is missing"),
        ([("redirect_uri", "https://evil.example.org/")], "is not registered"),
        ([("redirect_uri", "")], "redirect_uri is missing"),
    ] {
        let answer = world.running.get(&request(&changes)).await;
        assert_eq!(answer.status, 400);
        assert!(answer.headers("location").is_empty());
        assert!(answer.body.contains(named), "“{named}” expected: {}", answer.body);
    }
}

async fn faults_are_told_to_the_application(world: World) {
    let mut browser = Browser::new(&world.running);
    let mut phone = world.running.phone();
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "profile", "invalid_scope"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("max_age", "x", "invalid_request"),
        ("acr_values", "AAL3_SMARTCARD", "unmet_authentication_requirements"),
        ("request", "e30.", "request_not_supported"),
        ("prompt", "none", "login_required"),
    ] {
        let back = follow(&mut browser, &mut phone, &request(&[(name, value)])).await.away();
        assert_eq!((back["error"].as_str(), back["state"].as_str()), (error, "xyz"), "{name}");
        assert!(back["error_description"].len() > 5);
    }
}

async fn a_form_is_as_good_as_a_query(world: World) {
    let mut browser = Browser::new(&world.running);
    let url = url::Url::parse("https://x").unwrap().join(&request(&[("prompt", "none")])).unwrap();
    let fields: Vec<_> = url.query_pairs().into_owned().collect();
    let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let answer = browser.form(&format!("{BASE}/authorize"), &fields).await;
    assert!(answer.headers("location")[0].starts_with(BACK), "{}", answer.head);
    let answer = browser.json(&format!("{BASE}/authorize"), &json!({})).await;
    assert_eq!(answer.status, 415);
}

async fn a_passkey_that_proved_less_is_refused_where_more_is_demanded(world: World) {
    let mut phone = world.phone("ward.one@example.org", 2).await;
    let mut browser = Browser::new(&world.running);
    let unmet = "unmet_authentication_requirements";
    let plain = follow(&mut browser, &mut phone, &request(&[])).await;
    assert_eq!(plain.error(), unmet);
    for (demanded, acr) in [
        ("AAL2_ANY", "AAL2_ANY"),
        ("AAL2_OR_AAL3_ANY", "AAL2_OR_AAL3_ANY"),
        ("AAL3_ANY AAL2_ANY", "AAL2_ANY"),
    ] {
        let way = request(&[("acr_values", demanded)]);
        let code = follow(&mut browser, &mut phone, &way).await.code();
        let claims = claims(&world.redeem(&code).await.ok()["id_token"]);
        assert_eq!((claims["acr"].as_str(), claims["amr"][0].as_str()), (Some(acr), Some("FIDO2")));
        assert_eq!(claims["authentication_assurance_level"], "2");
    }
    let silent = request(&[("acr_values", "AAL3_ANY"), ("prompt", "none")]);
    assert_eq!(follow(&mut browser, &mut phone, &silent).await.error(), "login_required");
}

/// Nobody has checked who they are, so no application is told that somebody has.
async fn who_registered_themselves_enters_no_application(world: World) {
    let mut phone = world.running.phone();
    world.running.register(&mut phone, json!({})).await.ok();
    let mut browser = Browser::new(&world.running);
    let way = request(&[("acr_values", "AAL2_ANY")]);
    let back = follow(&mut browser, &mut phone, &way).await.away();
    assert_eq!(back["error"], "access_denied");
    assert!(back["error_description"].contains("not on the register"), "{back:?}");
    // Somebody else can sign in at the same browser.
    let mut phone = world.phone("ward.one@example.org", 2).await;
    follow(&mut browser, &mut phone, &way).await.code();
}

async fn step_up_asks_once_more_and_keeps_the_session(world: World) {
    let mut weak = world.phone("ward.one@example.org", 2).await;
    let mut strong = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let way = request(&[("acr_values", "AAL2_ANY")]);
    let code = follow(&mut browser, &mut weak, &way).await.code();
    let first = claims(&world.redeem(&code).await.ok()["id_token"]);

    let way = request(&[("acr_values", "AAL3_ANY")]);
    let code = follow(&mut browser, &mut strong, &way).await.code();
    let second = claims(&world.redeem(&code).await.ok()["id_token"]);
    assert_eq!(first["sid"], second["sid"]);
    assert_eq!(second["authentication_assurance_level"], "3");
    assert_eq!(second["acr"], "AAL3_ANY");
}

async fn prompt_and_max_age_ask_for_a_new_sign_in(world: World) {
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    follow(&mut browser, &mut phone, &request(&[])).await.code();
    let cookie = browser.cookies.clone();
    follow(&mut browser, &mut phone, &request(&[("prompt", "none")])).await.code();
    assert_eq!(browser.cookies, cookie, "nobody was asked");
    for changes in [[("prompt", "login")], [("max_age", "0")]] {
        let cookie = browser.cookies.clone();
        follow(&mut browser, &mut phone, &request(&changes)).await.code();
        assert_ne!(browser.cookies, cookie, "{changes:?}");
    }
    follow(&mut browser, &mut phone, &request(&[("max_age", "600"), ("prompt", "none")]))
        .await
        .code();
}

async fn a_hint_names_who_is_expected(world: World) {
    let mut one = world.phone("ward.one@example.org", 3).await;
    let mut other = world.phone("ward.three@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let code = follow(&mut browser, &mut one, &request(&[])).await.code();
    let tokens = world.redeem(&code).await.ok();
    let hint = tokens["id_token"].as_str().unwrap();
    let silent = request(&[("id_token_hint", hint), ("prompt", "none")]);
    follow(&mut browser, &mut one, &silent).await.code();

    let mut stranger = Browser::new(&world.running);
    follow(&mut stranger, &mut other, &request(&[])).await.code();
    assert_eq!(follow(&mut stranger, &mut other, &silent).await.error(), "login_required");
    let way = request(&[("id_token_hint", hint)]);
    assert_eq!(follow(&mut stranger, &mut other, &way).await.error(), "login_required");
}

/// OpenID Connect Core §3.1.2.6 with RFC 6749 §4.1.2.1: nobody signs in for a request that cannot be met.
async fn a_hint_that_names_nobody_is_an_invalid_request(world: World) {
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let tokens = world.tokens(&mut browser, &mut phone, &request(&[])).await;
    let (own, access) =
        (tokens["id_token"].as_str().unwrap(), tokens["access_token"].as_str().unwrap());

    let elsewhere = Fresh::sqlite();
    let stranger = World::on(&elsewhere).await;
    let mut abroad = stranger.phone("ward.one@example.org", 3).await;
    let code = follow(&mut Browser::new(&stranger.running), &mut abroad, &request(&[])).await;
    let foreign = stranger.redeem(&code.code()).await.ok()["id_token"].clone();
    let (signed, signature) = own.rsplit_once('.').unwrap();
    let unsigned = format!("{signed}.");
    let forged = format!("{signed}.{}", signature.chars().rev().collect::<String>());

    for hint in ["e30.e30.e30", "made up", access, foreign.as_str().unwrap(), &unsigned, &forged] {
        for prompt in ["", "none", "login"] {
            let way = request(&[("id_token_hint", hint), ("prompt", prompt)]);
            for mut browser in [browser.clone(), Browser::new(&world.running)] {
                let answer = browser.get(&way).await;
                let back = answer.headers("location").pop().unwrap();
                assert!(back.starts_with(BACK), "nobody is asked to sign in: {back}");
                assert!(back.contains("error=invalid_request"), "{hint} {prompt}: {back}");
                assert!(back.contains("state=xyz"), "{back}");
            }
        }
    }
}

async fn a_request_is_answered_once(world: World) {
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let answer = browser.get(&request(&[])).await;
    let login = answer.headers("location").pop().unwrap();
    let (_, back) = login.split_once("return=").unwrap();
    let (back, _) = url::form_urlencoded::parse(back.as_bytes()).next().unwrap();
    browser.sign_in(&mut phone, &back).await;
    follow(&mut browser, &mut phone, &back).await.code();
    let again = follow(&mut browser, &mut phone, &back).await.page();
    assert_eq!(again.status, 410);
    assert!(again.body.contains("This request of an application is over"), "{}", again.body);
    for path in ["/continue", "/continue?request=none", "/continue?request=a&request=b"] {
        let answer = browser.get(&format!("{BASE}{path}")).await;
        assert!(matches!(answer.status, 400 | 410), "{path} {}", answer.status);
    }
}
