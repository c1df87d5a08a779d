//! Sessions over HTTP: how one begins, what it opens, how it ends, and what does not begin one.

use std::time::SystemTime;

use serde_json::json;
use wardkey_register::{AuthenticatorState, Database, End, Moment, testing::Fresh};
use wardkey_sandbox::Settings;

use crate::{
    authenticator::{Phone, UP},
    browser::{Browser, field, passkey_of},
    common::{Running, start},
    databases::on_both,
    limits::{ADDRESS, tried},
};

const COOKIE: &str = "__Host-wardkey-session";

/// Whether one more try is let through that claims to come from there.
async fn may_try(running: &Running, forwarded: &str) -> bool {
    let head = format!("Content-Type: application/json\r\nX-Forwarded-For: {forwarded}\r\n");
    let answer = Browser::new(running).request("POST", "/login/options", &head, "{}").await;
    assert!(matches!(answer.status, 200 | 429), "{}", answer.body);
    answer.status == 200
}

/// Tries until it is too often.
async fn exhaust(running: &Running, forwarded: impl Fn(u32) -> String) {
    // One minute may begin in between.
    for number in 0..300 {
        if !may_try(running, &forwarded(number)).await {
            return;
        }
    }
    panic!("no limit");
}

async fn with_passkey(fresh: &Fresh, name: &str) -> (Running, Database, Phone) {
    let database = fresh.open().await;
    let phone = passkey_of(&database, name, 3).await;
    let settings = Settings { database: Some(database.clone()), ..Settings::default() };
    let running = start(settings).await;
    let phone = phone.at(&running);
    (running, database, phone)
}

on_both!(
    a_passkey_begins_a_session_and_signing_out_ends_it,
    the_cookie_is_for_this_host_and_for_no_script,
    only_this_sessions_own_pages_can_end_it,
    nobody_is_sent_elsewhere_after_signing_in,
    what_is_no_sign_in_begins_no_session,
    a_session_ends_with_its_passkey,
    somebody_else_at_the_same_browser_starts_afresh,
    trying_has_a_limit,
    a_forged_header_is_no_way_around_the_limit,
);

async fn a_passkey_begins_a_session_and_signing_out_ends_it(fresh: Fresh) {
    let (running, _, mut phone) = with_passkey(&fresh, "ward.three@example.org").await;
    let mut browser = Browser::new(&running);
    let away = browser.get("/session").await;
    assert_eq!(away.status, 303);
    assert_eq!(away.headers("location"), ["/login?return=%2Fsession"]);
    let page = browser.get("/login?return=%2Fsession").await;
    assert!(page.body.contains("data-return=\"&#x2f;session\""), "{}", page.body);

    assert_eq!(browser.sign_in(&mut phone, "/session?x=1").await, "/session?x=1");
    let page = browser.get("/session").await.body;
    for told in ["Clinician with three roles", "ward.three@example.org", ">3<"] {
        assert!(page.contains(told), "“{told}” expected: {page}");
    }
    assert!(!page.contains("/desk"), "{page}");

    let cookie = browser.cookies.clone();
    let out = browser.form("/logout", &[("csrf", &field(&page, "csrf"))]).await;
    assert_eq!((out.status, out.headers("location")), (303, vec!["/login".to_owned()]));
    assert!(browser.cookies.is_empty());
    // Who kept the cookie has nothing.
    browser.cookies = cookie;
    assert_eq!(browser.get("/session").await.status, 303);
}

async fn the_cookie_is_for_this_host_and_for_no_script(fresh: Fresh) {
    let (running, _, mut phone) = with_passkey(&fresh, "ward.one@example.org").await;
    let mut browser = Browser::new(&running);
    let answer = browser.try_sign_in(&mut phone, &json!({})).await;
    assert_eq!(answer.ok()["next"], "/session");
    let [set] = answer.headers("set-cookie").try_into().unwrap();
    assert!(set.starts_with(COOKIE), "{set}");
    for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(set.contains(attribute), "{attribute}: {set}");
    }
    assert!(!set.contains("Domain") && browser.cookies[COOKIE].len() == 43, "{set}");
}

async fn only_this_sessions_own_pages_can_end_it(fresh: Fresh) {
    let (running, database, mut phone) = with_passkey(&fresh, "ward.one@example.org").await;
    let mut browser = Browser::new(&running);
    browser.sign_in(&mut phone, "/").await;
    for fields in [&[][..], &[("csrf", "")], &[("csrf", "guessed")]] {
        let answer = browser.form("/logout", fields).await;
        assert_eq!(answer.status, 403, "{}", answer.body);
        assert!(answer.body.contains("not sent from a page of yours"), "{}", answer.body);
    }
    let json = browser.json("/logout", &json!({ "csrf": "x" })).await;
    assert_eq!(json.status, 415);
    // Another session's token is no better.
    let mut other = Browser::new(&running);
    let mut second = passkey_of(&database, "ward.three@example.org", 3).await.at(&running);
    other.sign_in(&mut second, "/").await;
    let token = field(&other.get("/session").await.body, "csrf");
    assert_eq!(browser.form("/logout", &[("csrf", &token)]).await.status, 403);
    assert_eq!(browser.get("/session").await.status, 200);
}

async fn nobody_is_sent_elsewhere_after_signing_in(fresh: Fresh) {
    let (running, _, mut phone) = with_passkey(&fresh, "ward.one@example.org").await;
    let mut browser = Browser::new(&running);
    for elsewhere in ["https://evil.example.org/", "//evil.example.org", "/\\evil.example.org"] {
        let query: String = url::form_urlencoded::byte_serialize(elsewhere.as_bytes()).collect();
        let page = browser.get(&format!("/login?return={query}")).await;
        assert_eq!(page.status, 400);
        assert!(page.body.contains("is not a path on this site"), "{}", page.body);
        let answer = browser.try_sign_in(&mut phone, &json!({ "return": elsewhere })).await;
        assert_eq!(answer.refused(), (400, "malformed".to_owned()));
        assert!(browser.cookies.is_empty());
    }
    assert_eq!(browser.get("/login?return=/a&return=/b").await.status, 400);
}

async fn what_is_no_sign_in_begins_no_session(fresh: Fresh) {
    let (running, _, mut phone) = with_passkey(&fresh, "ward.one@example.org").await;
    let mut browser = Browser::new(&running);
    phone.flags = UP;
    let answer = browser.try_sign_in(&mut phone, &json!({})).await;
    assert_eq!(answer.refused(), (422, "user_not_verified".to_owned()));
    phone.flags |= crate::authenticator::UV;

    // A tester's challenge, which asks for less, does not open the door.
    let (session, options) =
        running.offer_signin(json!({ "userVerification": "discouraged" })).await;
    let body = json!({ "session": session, "credential": phone.get(&options) });
    let answer = browser.json("/login/verify", &body).await;
    assert_eq!(answer.refused(), (409, "wrong_ceremony".to_owned()));

    let offered = browser.json("/login/options", &json!({})).await.ok();
    let body = json!({
        "session": offered["session"], "credential": phone.get(&offered["publicKey"]),
    });
    assert_eq!(browser.json("/login/verify", &body).await.status, 200);
    browser.cookies.clear();
    let answer = browser.json("/login/verify", &body).await;
    assert_eq!(answer.refused(), (410, "session".to_owned()));
    for (path, body) in
        [("/login/options", json!({ "userName": "x" })), ("/login/verify", json!({}))]
    {
        assert_eq!(browser.json(path, &body).await.refused(), (400, "malformed".to_owned()));
    }
    let answer = browser.form("/login/verify", &[]).await;
    assert_eq!(answer.refused(), (415, "content_type".to_owned()));
    assert!(browser.cookies.is_empty());
}

async fn a_session_ends_with_its_passkey(fresh: Fresh) {
    let (running, database, mut phone) = with_passkey(&fresh, "ward.one@example.org").await;
    let mut browser = Browser::new(&running);
    browser.sign_in(&mut phone, "/").await;
    assert_eq!(browser.get("/session").await.status, 200);
    let mut act = database.act().await.unwrap();
    let now = Moment::from(SystemTime::now());
    let end = End { at: now, by: None, reason: "lost".to_owned() };
    act.end_authenticator(&phone.credential_id, AuthenticatorState::Removed, &end).await.unwrap();
    act.commit().await.unwrap();
    assert_eq!(browser.get("/session").await.status, 303);
}

async fn somebody_else_at_the_same_browser_starts_afresh(fresh: Fresh) {
    let (running, database, mut first) = with_passkey(&fresh, "ward.one@example.org").await;
    let mut second = passkey_of(&database, "desk.a@example.org", 3).await.at(&running);
    let mut browser = Browser::new(&running);
    browser.sign_in(&mut first, "/").await;
    let before = browser.cookies.clone();
    browser.sign_in(&mut second, "/").await;
    let page = browser.get("/session").await.body;
    assert!(page.contains("Registration authority A") && page.contains("/desk"), "{page}");
    browser.cookies = before;
    assert_eq!(browser.get("/session").await.status, 303);
    // The sign-in of a registration authority is evidence.
    let records = database.evidence_after(0).await.unwrap();
    assert!(records.iter().any(|line| line.contains("\"signed-in\"")), "{records:?}");
}

async fn trying_has_a_limit(fresh: Fresh) {
    let (running, database, _) = with_passkey(&fresh, "ward.one@example.org").await;
    let mut browser = Browser::new(&running);
    assert_eq!(browser.json("/login/options", &json!({})).await.status, 200);
    tried(&database, "login", ADDRESS, 1_200).await;
    let refused = browser.json("/login/options", &json!({})).await.refused();
    assert_eq!(refused, (429, "too_often".to_owned()));
}

/// Who writes another address into each request is one and the same all the same.
async fn a_forged_header_is_no_way_around_the_limit(database: Database) {
    let settings = Settings { database: Some(database.clone()), ..Settings::default() };
    let alone = start(settings.clone()).await;
    tried(&database, "login", ADDRESS, 1_150).await;
    exhaust(&alone, |number| format!("192.0.2.{}", number % 250)).await;
    // Another minute may have begun since.
    tried(&database, "login", ADDRESS, 1_200).await;
    assert!(!may_try(&alone, "198.51.100.1").await);
    alone.stop().await;

    // Behind a proxy the proxy's word counts, which is the last.
    let proxy = "127.0.0.1".parse().unwrap();
    let behind = start(Settings { trusted_proxies: vec![proxy], ..settings }).await;
    tried(&database, "login", "198.51.100.1", 1_150).await;
    exhaust(&behind, |number| format!("192.0.2.{}, 198.51.100.1", number % 250)).await;
    tried(&database, "login", "198.51.100.1", 1_200).await;
    assert!(!may_try(&behind, "198.51.100.1").await);
    assert!(may_try(&behind, "198.51.100.1, 198.51.100.2").await, "somebody else");
}
