//! Codes, tokens and claims: single use, bound, rotated, and gone with their session.

use std::time::{Duration, SystemTime};

use serde_json::json;
use wardkey_register::{Moment, testing::at};

use super::world::{BASE, SECRET, World, basic, claims, follow, header, redemption, request};
use crate::{browser::Browser, databases::on_both};

async fn code(world: &World, changes: &[(&str, &str)]) -> String {
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    follow(&mut browser, &mut phone, &request(changes)).await.code()
}

on_both!(
    tokens_say_who_it_is,
    a_code_used_twice_takes_its_tokens_along,
    a_code_is_bound_to_what_asked_for_it,
    a_refresh_token_is_used_once,
    a_malformed_request_has_its_error,
    userinfo_needs_an_access_token,
    a_refresh_is_no_use_of_the_session,
);

async fn tokens_say_who_it_is(world: World) {
    let scope = "openid profile email nhsperson nationalrbacaccess associatedorgs";
    let code = code(&world, &[("scope", scope)]).await;
    let answer = world.redeem(&code).await;
    assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    let tokens = answer.ok();
    assert_eq!(
        (tokens["token_type"].as_str(), tokens["expires_in"].as_u64()),
        (Some("bearer"), Some(600))
    );
    assert_eq!(header(&tokens["id_token"])["alg"], "RS256");
    let keys = world.running.get(&format!("{BASE}/connect/jwk_uri")).await.ok();
    assert_eq!(header(&tokens["id_token"])["kid"], keys["keys"][0]["kid"]);

    let person = world.database.person_by_name("ward.one@example.org").await.unwrap().unwrap();
    let told = claims(&tokens["id_token"]);
    assert_eq!(told["iss"], format!("{}{BASE}", world.running.origin));
    assert_eq!(
        (told["sub"].as_str(), told["nonce"].as_str()),
        (Some(person.uid.as_str()), Some("n-0S6"))
    );
    assert_eq!((&told["aud"], &told["azp"]), (&json!(["ward"]), &json!("ward")));

    let info = world.user_info(tokens["access_token"].as_str().unwrap()).await.ok();
    assert_eq!(info["sub"], told["sub"]);
    assert_eq!(info["name"], "Clinician with one role");
    assert_eq!(info["email"], "ward.one@example.org");
    assert_eq!(info["nhsid_useruid"], person.uid);
    let role = &info["nhsid_nrbac_roles"][0];
    assert_eq!(role["person_roleid"], "600000000001");
    assert_eq!(role["activity_codes"], json!(["B0264"]));
    assert_eq!(info["nhsid_user_orgs"][0]["org_code"], role["org_code"]);
}

async fn a_code_used_twice_takes_its_tokens_along(world: World) {
    let code = code(&world, &[]).await;
    let tokens = world.redeem(&code).await.ok();
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(world.user_info(access).await.status, 200);
    let again = world.redeem(&code).await;
    assert_eq!((again.status, again.json()["error"].as_str()), (400, Some("invalid_grant")));
    assert_eq!(world.user_info(access).await.status, 401);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let answer = world.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
}

async fn a_code_is_bound_to_what_asked_for_it(world: World) {
    let post = [("client_id", "post"), ("client_secret", SECRET)];
    let other = "x".repeat(43);
    for (name, value) in [
        ("redirect_uri", "https://ward.example.org/other"),
        ("code_verifier", other.as_str()),
        ("code_verifier", "short"),
    ] {
        let code = code(&world, &[]).await;
        let mut fields = redemption(&code);
        fields.iter_mut().find(|(n, _)| *n == name).unwrap().1 = value;
        let answer = world.token(&fields).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_grant")));
        // A wrong try uses the code up.
        assert_eq!(world.redeem(&code).await.json()["error"], "invalid_grant");
    }
    let code = code(&world, &[]).await;
    let stolen = [&redemption(&code)[..], &post].concat();
    assert_eq!(world.token_as("", &stolen).await.json()["error"], "invalid_grant");
    // The thief's try does not take it from its owner.
    world.redeem(&code).await.ok();
}

async fn a_refresh_token_is_used_once(world: World) {
    let code = code(&world, &[("scope", "openid email")]).await;
    let first = world.redeem(&code).await.ok();
    let refresh = async |token: &serde_json::Value, more: &[(&str, &str)]| {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())];
        world.token(&[&fields[..], more].concat()).await
    };
    let wider = refresh(&first["refresh_token"], &[("scope", "openid nothing")]).await;
    assert_eq!(wider.json()["error"], "invalid_scope");
    // Nor does a scope that there is and that was not granted cost the token.
    let wider = refresh(&first["refresh_token"], &[("scope", "openid profile")]).await;
    assert_eq!(wider.json()["error"], "invalid_scope");
    let second = refresh(&first["refresh_token"], &[("scope", "openid")]).await.ok();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(second["scope"], "openid");
    let (before, after) = (claims(&first["id_token"]), claims(&second["id_token"]));
    assert_eq!((&before["auth_time"], &before["sid"]), (&after["auth_time"], &after["sid"]));
    let info = world.user_info(second["access_token"].as_str().unwrap()).await.ok();
    assert!(info.get("email").is_none(), "{info}");

    // Whoever has a copy of the old one stops everybody.
    assert_eq!(refresh(&first["refresh_token"], &[]).await.json()["error"], "invalid_grant");
    assert_eq!(refresh(&second["refresh_token"], &[]).await.json()["error"], "invalid_grant");
    assert_eq!(world.user_info(second["access_token"].as_str().unwrap()).await.status, 401);
}

async fn a_malformed_request_has_its_error(world: World) {
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[], "invalid_request"),
        (&[("grant_type", "password")], "unsupported_grant_type"),
        (&[("grant_type", "authorization_code")], "invalid_request"),
        (&[("grant_type", "authorization_code"), ("code", "made up")], "invalid_grant"),
        (&[("grant_type", "refresh_token")], "invalid_request"),
        (&[("grant_type", "refresh_token"), ("grant_type", "refresh_token")], "invalid_request"),
    ];
    for (fields, error) in cases {
        let answer = world.token(fields).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (400, Some(error)),
            "{fields:?}"
        );
        assert!(answer.json()["error_description"].as_str().unwrap().len() > 5);
    }
    let mut browser = Browser::new(&world.running);
    let json = browser.json(&format!("{BASE}/access_token"), &json!({})).await;
    assert_eq!(json.json()["error"], "invalid_request");
    let long = "x".repeat(100_000);
    let answer = world.token(&[("grant_type", &long)]).await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_request")));
    assert_eq!(browser.get(&format!("{BASE}/access_token")).await.status, 405);
}

async fn userinfo_needs_an_access_token(world: World) {
    let code = code(&world, &[]).await;
    let tokens = world.redeem(&code).await.ok();
    let mut browser = Browser::new(&world.running);
    let path = format!("{BASE}/userinfo");
    let bare = browser.get(&path).await;
    assert_eq!(
        (bare.status, bare.headers("www-authenticate")),
        (401, vec!["Bearer realm=\"wardkey\"".to_owned()])
    );
    for wrong in
        ["made-up", tokens["refresh_token"].as_str().unwrap(), tokens["id_token"].as_str().unwrap()]
    {
        let answer = world.user_info(wrong).await;
        assert_eq!(answer.status, 401);
        assert!(answer.headers("www-authenticate")[0].contains("invalid_token"));
    }
    let head = basic("ward", SECRET);
    assert_eq!(browser.request("GET", &path, &head, "").await.status, 401);
    let info = world.user_info(tokens["access_token"].as_str().unwrap()).await.ok();
    let told: Vec<_> = info.as_object().unwrap().keys().collect();
    let levels = ["authentication_assurance_level", "id_assurance_level"];
    assert_eq!(told, [levels[0], levels[1], "sub"], "openid alone is the subject and the levels");
}

/// A session is used by its user: an application that goes on by itself does not keep it.
async fn a_refresh_is_no_use_of_the_session(world: World) {
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let tokens = world.tokens(&mut browser, &mut phone, &request(&[])).await;
    let cookie = &browser.cookies["__Host-wardkey-session"];
    let now = Moment::from(SystemTime::now());
    let session = world.database.session(cookie, at(now)).await.unwrap().unwrap();
    // As if the user had gone ten minutes ago.
    let gone = now - Duration::from_mins(10);
    let mut act = world.database.act().await.unwrap();
    assert!(act.saw_session(&session.id, at(gone)).await.unwrap());
    act.commit().await.unwrap();

    let refresh = tokens["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    world.token(&fields).await.ok();
    let found = world.database.session(cookie, at(now)).await.unwrap().unwrap();
    assert_eq!(found.seen_at, gone);
    let later = at(now + Duration::from_mins(6));
    assert_eq!(world.database.session(cookie, later).await.unwrap(), None);
}
