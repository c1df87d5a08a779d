//! One register, first under a test policy, then under one in earnest.

use serde_json::json;
use wardkey_core::attestation::verdict::Policy;
use wardkey_register::AuditLine;
use wardkey_sandbox::Settings;

use crate::{
    browser::{Browser, passkey_of},
    common::{Answer, Running, start_with_links},
    core_phone::CorePhone,
    databases::on_both,
    enrolment::{A, Visitor, World},
};

fn path(running: &Running, name: &str) -> String {
    let link = running.links.iter().find(|link| link.name == name);
    let url = &link.unwrap_or_else(|| panic!("no set-up link for {name}")).url;
    format!("/enrol/{}", url.rsplit('/').next().unwrap())
}

/// Registers with the set-up link, all by themselves.
async fn set_up(running: &Running, phone: &mut CorePhone) {
    let mut visitor = Visitor::new(running, &path(running, A));
    visitor.register(phone).await;
    let told = visitor.post("compared", &json!({ "same": true })).await.ok();
    assert_eq!(told["state"], "active");
}

async fn sign_in(browser: &mut Browser<'_>, origin: &str, phone: &mut CorePhone) -> Answer {
    let offered = browser.json("/login/options", &json!({})).await.ok();
    let credential = phone.get(origin, &offered["publicKey"]).await;
    let body = json!({ "session": offered["session"], "credential": credential });
    browser.json("/login/verify", &body).await
}

/// A sandbox under a test policy with a registration authority whose phone is made of software, and the settings of
/// the same one in earnest.
async fn tested(world: &mut World) -> (Running, CorePhone, Settings) {
    let mut phone = world.phone.take().unwrap();
    let running = start_with_links(world.settings.clone()).await;
    set_up(&running, &mut phone).await;
    (running, phone, Settings { policy: Policy::aal3(), ..world.settings.clone() })
}

on_both!(
    what_a_test_policy_accepted_opens_no_desk_in_earnest,
    a_register_of_trials_alone_is_set_up_anew,
    a_desk_is_for_level_3,
);

async fn what_a_test_policy_accepted_opens_no_desk_in_earnest(mut world: World) {
    let (trial, mut phone, in_earnest) = tested(&mut world).await;
    let mut before = Browser::new(&trial);
    sign_in(&mut before, &trial.origin, &mut phone).await.ok();
    assert!(before.get("/session").await.body.contains(">3<"));
    assert_eq!(before.get("/desk").await.status, 200);
    let cookies = before.cookies.clone();
    trial.stop().await;

    let earnest = start_with_links(in_earnest).await;
    let mut browser = Browser::new(&earnest);
    browser.cookies = cookies;
    assert_eq!(browser.get("/session").await.status, 303, "the session of the trial is over");

    let mut browser = Browser::new(&earnest);
    sign_in(&mut browser, &earnest.origin, &mut phone).await.ok();
    let page = browser.get("/session").await.body;
    assert!(page.contains(">2<") && page.contains("accepted under a test policy"), "{page}");
    for way in ["/desk", "/desk/people/anybody"] {
        let refused = browser.get(way).await;
        assert_eq!(refused.status, 403, "{way}");
        assert!(refused.body.contains("accepted under a test policy"), "{}", refused.body);
    }
    let refused = browser.form("/desk/export", &[("format", "csv")]).await;
    assert_eq!(refused.status, 403);

    let person = world.database.person_by_name(A).await.unwrap().unwrap().id;
    let audit = world.database.audit_lines(20).await.unwrap();
    let told = |act: &str, detail: &str| {
        let line = |line: &&AuditLine| line.act == act && line.detail.ends_with(detail);
        let line = audit.iter().find(line).unwrap_or_else(|| panic!("{act}: {audit:?}"));
        assert_eq!(line.person.as_ref(), Some(&person), "{line:?}");
    };
    told("login", "level 2: accepted under a test policy");
    told("login", "level 3");
    told("GET /desk", "trial");
}

async fn a_register_of_trials_alone_is_set_up_anew(mut world: World) {
    let (trial, _phone, in_earnest) = tested(&mut world).await;
    trial.stop().await;
    let again = start_with_links(world.settings.clone()).await;
    assert!(
        again.links.iter().all(|link| link.name != A),
        "under the test policy they can sign in"
    );
    again.stop().await;

    let earnest = start_with_links(in_earnest).await;
    let mut visitor = Visitor::new(&earnest, &path(&earnest, A));
    assert_eq!(visitor.open().await.status, 303);
}

async fn a_desk_is_for_level_3(world: World) {
    let mut phone = passkey_of(&world.database, A, 2).await.at(&world.running);
    let mut browser = Browser::new(&world.running);
    browser.sign_in(&mut phone, "/desk").await;
    let refused = browser.get("/desk").await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("at assurance level 2"), "{}", refused.body);
    assert!(world.audit().await.contains(&"GET /desk level".to_owned()));
}
