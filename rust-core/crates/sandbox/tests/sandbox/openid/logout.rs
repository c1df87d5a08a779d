//! A session's end reaches its applications, and whoever may end one.

use std::time::{Duration, SystemTime};

use axum::{Router, extract::State, http::StatusCode, routing::post};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::mpsc,
    time::timeout,
};
use wardkey_register::{AuthenticatorState, End, Liveness, Moment, SessionId, testing::Fresh};

use super::world::{BASE, World, claims, follow, header, request};
use crate::{
    browser::{Browser, field},
    databases::on_both,
};

/// An application's address for logout tokens. It fails as often as told before it answers well.
struct Application {
    address: String,
    tokens: mpsc::UnboundedReceiver<Value>,
}

#[derive(Clone)]
struct Ear {
    failures: std::sync::Arc<std::sync::atomic::AtomicU32>,
    tokens: mpsc::UnboundedSender<Value>,
}

async fn hear(State(ear): State<Ear>, body: String) -> StatusCode {
    use std::sync::atomic::Ordering::SeqCst;

    let (name, token) = body.split_once('=').unwrap();
    assert_eq!(name, "logout_token");
    ear.tokens.send(json!(token)).unwrap();
    let left = ear.failures.load(SeqCst);
    if left == 0 {
        return StatusCode::OK;
    }
    ear.failures.store(left - 1, SeqCst);
    StatusCode::SERVICE_UNAVAILABLE
}

impl Application {
    async fn start(failures: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/logout", listener.local_addr().unwrap());
        let (sender, tokens) = mpsc::unbounded_channel();
        let ear = Ear { failures: std::sync::Arc::new(failures.into()), tokens: sender };
        let router = Router::new().route("/logout", post(hear)).with_state(ear);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, tokens }
    }

    async fn next(&mut self) -> Value {
        timeout(Duration::from_secs(20), self.tokens.recv()).await.expect("in time").unwrap()
    }
}

/// Waits until the application of a session is told, or what it was told did not arrive.
async fn outcome(world: &World, session: &str) -> (String, Option<String>) {
    let session = SessionId::from_text(session);
    let wait = async {
        loop {
            let logouts = world.database.logouts_of(&session).await.unwrap();
            match logouts.first() {
                Some((_, state, detail)) if state == "told" || detail.is_some() => {
                    return (state.clone(), detail.clone());
                }
                _ => tokio::task::yield_now().await,
            }
        }
    };
    timeout(Duration::from_secs(30), wait).await.expect("in time")
}

on_both!(
    the_application_is_told_when_its_user_signs_out,
    an_application_that_cannot_be_told_is_reported,
    an_application_that_fails_for_a_while_is_told_in_the_end,
    an_application_that_does_not_answer_delays_nobody,
    an_application_may_end_the_session_it_was_given,
    a_hint_of_another_session_ends_none_without_the_user,
    a_logout_token_is_no_hint,
);

async fn the_application_is_told_when_its_user_signs_out(fresh: Fresh) {
    let mut application = Application::start(2).await;
    let world = World::telling(&fresh, &application.address).await;
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let tokens = world.tokens(&mut browser, &mut phone, &request(&[])).await;
    let told = claims(&tokens["id_token"]);
    let page = browser.get("/session").await.body;
    browser.form("/logout", &[("csrf", &field(&page, "csrf"))]).await;

    let mut seen = Vec::new();
    // Twice it failed, so it is tried a third time.
    for _ in 0..3 {
        let token = application.next().await;
        let head = header(&token);
        assert_eq!(
            (head["typ"].as_str(), head["alg"].as_str()),
            (Some("logout+jwt"), Some("RS256"))
        );
        let logout = claims(&token);
        for name in ["iss", "sub", "sid"] {
            assert_eq!(logout[name], told[name], "{name}");
        }
        assert_eq!(logout["aud"], "ward");
        let events = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
        assert_eq!(logout["events"], events);
        assert!(logout.get("nonce").is_none());
        seen.push(logout["jti"].clone());
    }
    seen.dedup();
    assert_eq!(seen.len(), 3);
    let state = outcome(&world, told["sid"].as_str().unwrap()).await;
    assert_eq!(state, ("told".to_owned(), None));
    // What it was given is worth nothing any more.
    assert_eq!(world.user_info(tokens["access_token"].as_str().unwrap()).await.status, 401);
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let answer = world.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
    assert_eq!(answer.json()["error"], "invalid_grant");
}

async fn an_application_that_cannot_be_told_is_reported(fresh: Fresh) {
    // As long as this socket is there, the system gives its port to nobody else.
    let nobody = TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = nobody.local_addr().unwrap();
    let world = World::telling(&fresh, &format!("http://{closed}/logout")).await;
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let code = follow(&mut browser, &mut phone, &request(&[])).await.code();
    let tokens = world.redeem(&code).await.ok();
    let page = browser.get("/session").await.body;
    browser.form("/logout", &[("csrf", &field(&page, "csrf"))]).await;
    let sid = claims(&tokens["id_token"])["sid"].clone();
    let (state, detail) = outcome(&world, sid.as_str().unwrap()).await;
    assert_eq!(state, "due", "it is told later");
    assert!(detail.unwrap().contains(&closed.to_string()));
    let audited = world.database.audit_lines(10).await.unwrap();
    assert!(audited.iter().any(|line| line.act == "back-channel logout"), "{audited:?}");
}

/// Signs somebody in, with an application that is given a code; gives the session's name.
async fn enter<'a>(world: &'a World, name: &str, client: &str) -> (Browser<'a>, String) {
    let mut phone = world.phone(name, 3).await;
    let mut browser = Browser::new(&world.running);
    let way = request(&[("client_id", client)]);
    follow(&mut browser, &mut phone, &way).await.code();
    let cookie = &browser.cookies["__Host-wardkey-session"];
    let liveness = Liveness { now: SystemTime::now().into(), idle: Duration::from_mins(15) };
    let session = world.database.session(cookie, liveness).await.unwrap().unwrap();
    (browser, session.id.to_string())
}

async fn sign_out(browser: &mut Browser<'_>) {
    let page = browser.get("/session").await.body;
    browser.form("/logout", &[("csrf", &field(&page, "csrf"))]).await;
}

/// Longer than the tries of one turn.
async fn an_application_that_fails_for_a_while_is_told_in_the_end(fresh: Fresh) {
    let mut application = Application::start(5).await;
    let world = World::telling(&fresh, &application.address).await;
    let (mut browser, session) = enter(&world, "ward.one@example.org", "ward").await;
    sign_out(&mut browser).await;
    for _ in 0..6 {
        assert_eq!(claims(&application.next().await)["sid"], session.as_str());
    }
    let told = async {
        let session = SessionId::from_text(&session);
        while world.database.logouts_of(&session).await.unwrap()[0].1 != "told" {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), told).await.expect("in time");
}

/// It takes the connection, and answers nobody.
async fn an_application_that_does_not_answer_delays_nobody(fresh: Fresh) {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/logout", silent.local_addr().unwrap());
    let world = World::telling(&fresh, &address).await;
    let (mut first, dead) = enter(&world, "ward.one@example.org", "ward").await;
    let (second, session) = enter(&world, "ward.three@example.org", "post").await;
    sign_out(&mut first).await;
    // Being told, from now on and for long.
    let _held = timeout(Duration::from_secs(20), silent.accept()).await.expect("in time");
    // Another session ends by itself, and its application hears of that.
    let cookie = &second.cookies["__Host-wardkey-session"];
    let now = Moment::from(SystemTime::now());
    let liveness = Liveness { now, idle: Duration::from_mins(15) };
    let found = world.database.session(cookie, liveness).await.unwrap().unwrap();
    let end = End { at: now, by: None, reason: "lost".to_owned() };
    let mut act = world.database.act().await.unwrap();
    act.end_authenticator(&found.credential_id, AuthenticatorState::Removed, &end).await.unwrap();
    act.commit().await.unwrap();
    // `post` wants to hear of nothing, so it is content at once.
    assert_eq!(outcome(&world, &session).await, ("told".to_owned(), None));
    let silent = world.database.logouts_of(&SessionId::from_text(&dead)).await.unwrap();
    assert_eq!((silent[0].1.as_str(), &silent[0].2), ("sending", &None));
}

async fn an_application_may_end_the_session_it_was_given(fresh: Fresh) {
    let mut application = Application::start(0).await;
    let world = World::telling(&fresh, &application.address).await;
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let tokens = world.tokens(&mut browser, &mut phone, &request(&[])).await;
    let end = |fields: &[(&str, &str)]| {
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        format!("{BASE}/connect/endSession?{query}")
    };
    let hint = tokens["id_token"].as_str().unwrap();
    let bye = ("post_logout_redirect_uri", "https://ward.example.org/bye");
    for fields in [
        &[("id_token_hint", "made up")][..],
        &[("id_token_hint", hint), ("client_id", "post")],
        &[("id_token_hint", hint), ("post_logout_redirect_uri", "https://evil.example.org/")],
        &[bye],
        &[("client_id", "theatre"), bye],
        &[("id_token_hint", hint), ("id_token_hint", hint)],
    ] {
        let answer = browser.get(&end(fields)).await;
        assert_eq!(answer.status, 400, "{fields:?}");
        assert_eq!(browser.get("/session").await.status, 200, "nothing has ended");
    }
    // Without a token of the session the user decides.
    let asked = browser.get(&end(&[("client_id", "ward"), bye])).await;
    assert!(asked.status == 200 && asked.body.contains("Do you want to sign out?"));

    let answer = browser.get(&end(&[("id_token_hint", hint), bye, ("state", "s1")])).await;
    assert_eq!(answer.headers("location"), ["https://ward.example.org/bye?state=s1"]);
    assert!(browser.cookies.is_empty());
    assert_eq!(claims(&application.next().await)["sid"], claims(&tokens["id_token"])["sid"]);
    // A logout token is no hint, and an ended session ends quietly.
    let answer = browser.get(&end(&[("id_token_hint", hint)])).await;
    assert!(answer.status == 200 && answer.body.contains("You are signed out"));
}

/// OpenID Connect RP-Initiated Logout §2: a hint of another session than the browser's is suspect.
async fn a_hint_of_another_session_ends_none_without_the_user(world: World) {
    let mut hints = Vec::new();
    let mut browsers = Vec::new();
    for name in ["ward.one@example.org", "ward.three@example.org"] {
        let mut phone = world.phone(name, 3).await;
        let mut browser = Browser::new(&world.running);
        let code = follow(&mut browser, &mut phone, &request(&[])).await.code();
        hints.push(world.redeem(&code).await.ok()["id_token"].as_str().unwrap().to_owned());
        browsers.push(browser);
    }
    let path = format!("{BASE}/connect/endSession?id_token_hint={}", hints[0]);
    let asked = browsers[1].get(&path).await;
    assert!(asked.body.contains("Do you want to sign out?"), "{}", asked.body);
    for browser in &mut browsers {
        assert_eq!(browser.get("/session").await.status, 200, "nothing has ended");
    }
    // The browser of that session needs no word of its user.
    let ended = browsers[0].get(&path).await;
    assert!(ended.body.contains("You are signed out"), "{}", ended.body);
    assert_eq!(browsers[0].get("/session").await.status, 303);
    assert_eq!(browsers[1].get("/session").await.status, 200);
}

async fn a_logout_token_is_no_hint(fresh: Fresh) {
    let mut application = Application::start(0).await;
    let world = World::telling(&fresh, &application.address).await;
    let mut phone = world.phone("ward.one@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    follow(&mut browser, &mut phone, &request(&[])).await.code();
    let page = browser.get("/session").await.body;
    browser.form("/logout", &[("csrf", &field(&page, "csrf"))]).await;
    let token = application.next().await;
    let path = format!("{BASE}/connect/endSession?id_token_hint={}", token.as_str().unwrap());
    assert_eq!(browser.get(&path).await.status, 400);
}
