//! How often one address, or one person, may try: every route that costs something has a limit.

use std::time::{Duration, SystemTime};

use serde_json::json;
use wardkey_register::{Database, Moment, testing::Fresh};
use wardkey_sandbox::Settings;

use crate::{
    browser::{Browser, field},
    common::{Answer, start},
    databases::on_both,
    enrolment::{CLINICIAN, Visitor, World},
    openid::world::{BASE, World as Ward, request},
};

pub(crate) const ADDRESS: &str = "127.0.0.1";
const MINUTE: Duration = Duration::from_mins(1);

/// So many attempts and no more, in this minute and in the next, which may begin at any time: to be said again
/// after each attempt that counts.
pub(crate) async fn tried(database: &Database, act: &str, who: &str, times: u32) {
    let now = Moment::from(SystemTime::now());
    let mut trying = database.act().await.unwrap();
    // Counting in a minute forgets those before, so the latest comes first.
    for (at, times) in [(now + 2 * MINUTE, 1), (now + MINUTE, times), (now, times)] {
        for _ in 0..times {
            trying.attempt(act, who, MINUTE, at).await.unwrap();
        }
    }
    trying.commit().await.unwrap();
}

fn minute() -> u64 {
    Moment::from(SystemTime::now()).seconds() / MINUTE.as_secs()
}

/// The answer says that it was too often, and for how long.
fn too_often(answer: &Answer) {
    assert_eq!(answer.status, 429, "{}", answer.body);
    let [seconds] = answer.headers("retry-after").try_into().unwrap();
    assert!((1..=60).contains(&seconds.parse::<u32>().unwrap()), "{seconds}");
}

on_both!(
    testers_have_a_limit,
    applications_and_their_users_have_limits,
    an_authority_has_a_limit_of_their_own,
    opening_links_has_a_limit,
    strangers_fill_no_audit,
);

async fn testers_have_a_limit(fresh: Fresh) {
    let database = fresh.open().await;
    let settings = Settings { database: Some(database.clone()), ..Settings::default() };
    let running = start(settings).await;
    for act in ["register", "signin"] {
        tried(&database, act, ADDRESS, 1_199).await;
        let mut browser = Browser::new(&running);
        let asked = json!({ "userName": "clinician@example.org" });
        browser.json(&format!("/{act}/options"), &asked).await.ok();
        tried(&database, act, ADDRESS, 1_200).await;
        let began = minute();
        for step in ["options", "verify"] {
            let refused = browser.json(&format!("/{act}/{step}"), &json!({})).await;
            too_often(&refused);
            assert_eq!(refused.refused(), (429, "too_often".to_owned()));
        }
        // One line a minute for all of them: who goes on trying does not push out others.
        let lines = database.audit_lines(50).await.unwrap();
        let told = lines.iter().filter(|line| line.act.starts_with(act));
        let told = told.filter(|line| line.detail == "too_often").count() as u64;
        assert!((1..=1 + minute() - began).contains(&told), "{lines:?}");
    }
}

async fn applications_and_their_users_have_limits(ward: Ward) {
    let mut browser = Browser::new(&ward.running);
    tried(&ward.database, "authorize", ADDRESS, 1_199).await;
    assert_eq!(browser.get(&request(&[])).await.status, 303);
    tried(&ward.database, "authorize", ADDRESS, 1_200).await;
    let refused = browser.get(&request(&[])).await;
    too_often(&refused);
    assert!(refused.body.contains("Too many attempts"), "{}", refused.body);

    tried(&ward.database, "access_token", ADDRESS, 5_999).await;
    assert_eq!(ward.redeem("no code").await.status, 400);
    tried(&ward.database, "access_token", ADDRESS, 6_000).await;
    let refused = ward.redeem("no code").await;
    too_often(&refused);
    assert_eq!(refused.json()["error"], "temporarily_unavailable");
    assert_eq!(refused.headers("pragma"), ["no-cache"]);
}

async fn an_authority_has_a_limit_of_their_own(world: World) {
    let mut desk = world.authority("desk.a@example.org").await;
    let mut other = world.authority("desk.b@example.org").await;
    let person = world.person_id("desk.a@example.org").await;
    tried(&world.database, "desk", &person, 119).await;
    let (_, id) = desk.issue(CLINICIAN).await;
    tried(&world.database, "desk", &person, 120).await;
    for word in ["confirm", "differ", "revoke"] {
        too_often(&desk.say(&id, word).await);
    }
    let csrf = field(&desk.browser.get("/desk").await.body, "csrf");
    for path in
        ["/desk/export", "/desk/people/x/registrations", "/desk/people/x/authenticators/y/remove"]
    {
        too_often(&desk.browser.form(path, &[("csrf", &csrf)]).await);
    }
    // At the same address.
    assert_eq!(other.say(&id, "revoke").await.status, 303);
}

async fn opening_links_has_a_limit(world: World) {
    let (link, _) = world.authority("desk.a@example.org").await.issue(CLINICIAN).await;
    tried(&world.database, "enrol", ADDRESS, 119).await;
    let mut visitor = Visitor::new(&world.running, &link);
    assert_eq!(visitor.open().await.status, 303);
    tried(&world.database, "enrol", ADDRESS, 120).await;
    // Nobody guesses on.
    too_often(&Visitor::new(&world.running, "/enrol/a-guess").open().await);
}

async fn strangers_fill_no_audit(ward: Ward) {
    let mut browser = Browser::new(&ward.running);
    let path = format!("{BASE}/userinfo");
    let mut ask = async || browser.request("GET", &path, "Authorization: Bearer x\r\n", "").await;
    let lines = async || {
        let lines = ward.database.audit_lines(50).await.unwrap();
        let told = lines.into_iter().filter(|line| line.act == "userinfo");
        told.map(|line| line.detail).collect::<Vec<_>>()
    };
    tried(&ward.database, "audit", ADDRESS, 1_199).await;
    ask().await;
    assert_eq!(lines().await, ["invalid_token"]);
    tried(&ward.database, "audit", ADDRESS, 1_200).await;
    let began = minute();
    for _ in 0..5 {
        assert_eq!(ask().await.status, 401);
    }
    // One a minute says why there are no more.
    let told = lines().await;
    let last = told.iter().filter(|line| line.starts_with("too many lines")).count() as u64;
    assert!((1..=1 + minute() - began).contains(&last), "{told:?}");
    assert_eq!(told.len() as u64, 1 + last, "{told:?}");
}
