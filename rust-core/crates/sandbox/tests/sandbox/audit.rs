//! The audit says who did what to which: at the desk, behind its links, and on the way into an application.

use serde_json::json;
use wardkey_register::{AuditLine, Database};

use crate::{
    browser::{Browser, field},
    databases::on_both,
    enrolment::{A, CLINICIAN, Visitor, World},
    openid::world::{BASE, World as Ward, follow, request},
};

async fn lines(database: &Database) -> Vec<AuditLine> {
    database.audit_lines(200).await.unwrap()
}

/// Whether there is a line of that act and detail, by that person, about that.
async fn said(
    database: &Database,
    act: &str,
    detail: &str,
    who: Option<&str>,
    about: Option<&str>,
) {
    let person = match who {
        Some(name) => Some(database.person_by_name(name).await.unwrap().unwrap().id),
        None => None,
    };
    let lines = lines(database).await;
    let found = lines.iter().any(|line| {
        line.act == act
            && line.detail.starts_with(detail)
            && line.person == person
            && line.subject.as_deref() == about
    });
    assert!(found, "{act} {detail} by {who:?} about {about:?}: {lines:#?}");
}

on_both!(
    every_act_of_the_desk_names_its_authority_and_what_it_is_about,
    what_is_refused_behind_a_link_names_its_registration,
    what_is_handed_in_behind_a_link_and_does_not_belong_there_is_told,
    what_is_refused_on_the_way_to_an_application_names_both,
    a_sign_in_that_is_refused_names_the_passkey_that_was_tried,
);

async fn every_act_of_the_desk_names_its_authority_and_what_it_is_about(mut world: World) {
    let database = world.database.clone();
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let own = world.authenticators_of(A).await[0].made.credential_id.clone();
    let own = Some(format!("authenticator {}", name_of(&own)));
    said(&database, "login", "level 3", Some(A), own.as_deref()).await;

    for (word, act) in [("revoke", "revoked"), ("differ", "differed"), ("confirm", "confirmed")] {
        let (link, id) = desk.issue(CLINICIAN).await;
        let about = Some(format!("registration {id}"));
        said(&database, "desk/issued", &id, Some(A), about.as_deref()).await;
        if word != "revoke" {
            Visitor::new(&world.running, &link).register(&mut phone).await;
        }
        assert_eq!(desk.say(&id, word).await.status, 303);
        said(&database, &format!("desk/{act}"), &id, Some(A), about.as_deref()).await;
    }

    let active = world.authenticators_of(CLINICIAN).await;
    let active = active.iter().find(|one| one.is_active()).unwrap();
    let credential = name_of(&active.made.credential_id);
    let person = world.person_id(CLINICIAN).await;
    let path = format!("/desk/people/{person}/authenticators/{credential}/remove");
    let csrf = field(&desk.browser.get(&path).await.body, "csrf");
    let fields = [("csrf", csrf.as_str()), ("reason", "the phone was lost")];
    assert_eq!(desk.browser.form(&path, &fields).await.status, 303);
    let about = Some(format!("authenticator {credential}"));
    said(&database, "desk/removed", &credential, Some(A), about.as_deref()).await;
    desk.browser.form(&path, &fields).await;
    said(&database, "desk/authenticators/remove", "not_active", Some(A), about.as_deref()).await;

    let page = desk.browser.get("/session").await.body;
    let csrf = field(&page, "csrf");
    desk.browser.form("/logout", &[("csrf", "guessed")]).await;
    said(&database, "logout", "csrf", Some(A), None).await;
    desk.browser.form("/logout", &[("csrf", csrf.as_str())]).await;
    said(&database, "logout", "signed out", Some(A), None).await;
}

async fn what_is_refused_behind_a_link_names_its_registration(world: World) {
    let (link, id) = world.authority(A).await.issue(CLINICIAN).await;
    let about = Some(format!("registration {id}"));
    assert_eq!(Visitor::new(&world.running, &link).open().await.status, 303);
    let mut other = Visitor::new(&world.running, &link);
    assert_eq!(other.open().await.status, 409);
    let database = &world.database;
    said(database, "enrol/open", "link_taken", None, about.as_deref()).await;
    assert_eq!(other.post("options", &json!({})).await.status, 403);
    said(database, "enrol/options", "link_of_another", None, about.as_deref()).await;
    Visitor::new(&world.running, "/enrol/unknown").open().await;
    said(database, "enrol/open", "no_such_link", None, None).await;
}

/// Another link's answer, one that was given before, and one that is too long.
async fn what_is_handed_in_behind_a_link_and_does_not_belong_there_is_told(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (mine, id) = desk.issue(CLINICIAN).await;
    let (theirs, _) = desk.issue("ward.three@example.org").await;
    let about = Some(format!("registration {id}"));
    let mut visitor = Visitor::prepared(&world.running, &mine).await;
    let mut other = Visitor::prepared(&world.running, &theirs).await;
    let (foreign, _) = other.make(&mut phone).await;
    assert_eq!(visitor.post("verify", &foreign).await.status, 409);
    let (answer, _) = visitor.make(&mut phone).await;
    assert_eq!(visitor.post("verify", &answer).await.status, 200);
    assert_eq!(visitor.post("verify", &answer).await.status, 410);
    let long = json!({ "name": "x".repeat(300_000) });
    assert_eq!(visitor.post("problem", &long).await.status, 413);
    for (act, detail) in [
        ("enrol/verify", "wrong_ceremony"),
        ("enrol/verify", "session"),
        ("enrol/problem", "too_long"),
    ] {
        said(&world.database, act, detail, None, about.as_deref()).await;
    }
}

async fn what_is_refused_on_the_way_to_an_application_names_both(ward: Ward) {
    let (name, about) = ("ward.three@example.org", Some("application ward"));
    let mut phone = ward.phone(name, 2).await;
    let mut browser = Browser::new(&ward.running);
    let demanding = request(&[("acr_values", "AAL3_ANY")]);
    let error = follow(&mut browser, &mut phone, &demanding).await.error();
    assert_eq!(error, "unmet_authentication_requirements");
    let database = &ward.database;
    said(database, "authorize", "ward: unmet", Some(name), about).await;
    let wrong = request(&[("response_type", "token")]);
    follow(&mut browser, &mut phone, &wrong).await.error();
    said(database, "authorize", "unsupported_response_type", Some(name), about).await;

    let way = request(&[("scope", "openid selectedrole"), ("acr_values", "AAL2_ANY")]);
    let page = follow(&mut browser, &mut phone, &way).await.page().body;
    let (csrf, waiting) = (field(&page, "csrf"), field(&page, "request"));
    let fields = [("csrf", csrf.as_str()), ("request", waiting.as_str()), ("role", "1")];
    assert_eq!(browser.form(&format!("{BASE}/role"), &fields).await.status, 400);
    said(database, "authorize/role", "parameter", Some(name), about).await;

    ward.redeem("no code").await;
    said(database, "access_token", "there is no such code", None, about).await;
}

async fn a_sign_in_that_is_refused_names_the_passkey_that_was_tried(ward: Ward) {
    let mut phone = ward.phone("ward.one@example.org", 3).await;
    let about = format!("authenticator {}", name_of(&phone.credential_id));
    let mut browser = Browser::new(&ward.running);
    let user = phone.user_id.replace(vec![9; 32]);
    assert_eq!(browser.try_sign_in(&mut phone, &json!({})).await.status, 422);
    said(&ward.database, "login/verify", "user_handle_mismatch", None, Some(&about)).await;
    (phone.user_id, phone.flags) = (user, crate::authenticator::UP);
    assert_eq!(browser.try_sign_in(&mut phone, &json!({})).await.status, 422);
    said(&ward.database, "login/verify", "user_not_verified", None, Some(&about)).await;
}

fn name_of(credential_id: &[u8]) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding as _};

    Base64UrlUnpadded::encode_string(credential_id)
}
