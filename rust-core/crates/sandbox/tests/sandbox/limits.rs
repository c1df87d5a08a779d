//! How often one address, or one person, may try: every route that costs something has a limit.

use std::time::{Duration, SystemTime};

use serde_json::json;
use wardkey_register::{Database, Moment, testing::Fresh};
use wardkey_sandbox::Settings;

use crate::{
    browser::{Browser, field},
    common::{Answer, start},
    databases::on_both,
    enrolment::{CLINICIAN, World},
    openid::world::{World as Ward, request},
};

pub(crate) const ADDRESS: &str = "127.0.0.1";
const MINUTE: Duration = Duration::from_mins(1);

/// Tries so often already, in this minute and in the next, which may begin at any time.
pub(crate) async fn tried(database: &Database, act: &str, who: &str, times: u32) {
    let now = Moment::from(SystemTime::now());
    let mut trying = database.act().await.unwrap();
    // Counting in a minute forgets those before.
    for at in [now + MINUTE, now] {
        for _ in 0..times {
            trying.attempt(act, who, MINUTE, at).await.unwrap();
        }
    }
    trying.commit().await.unwrap();
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
        for step in ["options", "verify"] {
            let refused = browser.json(&format!("/{act}/{step}"), &json!({})).await;
            too_often(&refused);
            assert_eq!(refused.refused(), (429, "too_often".to_owned()));
        }
        // One line for all of them: who goes on trying does not push out others.
        let lines = database.audit_lines(50).await.unwrap();
        let told = lines.iter().filter(|line| line.act.starts_with(act));
        assert_eq!(told.filter(|line| line.detail == "too_often").count(), 1, "{lines:?}");
    }
}

async fn applications_and_their_users_have_limits(ward: Ward) {
    let mut browser = Browser::new(&ward.running);
    tried(&ward.database, "authorize", ADDRESS, 1_199).await;
    assert_eq!(browser.get(&request(&[])).await.status, 303);
    let refused = browser.get(&request(&[])).await;
    too_often(&refused);
    assert!(refused.body.contains("Too many attempts"), "{}", refused.body);

    tried(&ward.database, "access_token", ADDRESS, 5_999).await;
    assert_eq!(ward.redeem("no code").await.status, 400);
    let refused = ward.redeem("no code").await;
    too_often(&refused);
    assert_eq!(refused.json()["error"], "temporarily_unavailable");
    assert_eq!(refused.headers("pragma"), ["no-cache"]);
}

async fn an_authority_has_a_limit_of_their_own(world: World) {
    let mut desk = world.authority("desk.a@example.org").await;
    let mut other = world.authority("desk.b@example.org").await;
    tried(&world.database, "desk", &world.person_id("desk.a@example.org").await, 119).await;
    let (_, id) = desk.issue(CLINICIAN).await;
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
