//! The register is away: who asked for a page is told in one, and a program in JSON.

use serde_json::json;
use wardkey_register::testing::lose;

use crate::{
    browser::field,
    databases::on_both,
    enrolment::{A, CLINICIAN, Visitor, World},
    openid::world::{BASE, request},
};

on_both!(pages_say_in_a_page_that_the_register_is_away);

async fn pages_say_in_a_page_that_the_register_is_away(world: World) {
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let person = world.person_id(CLINICIAN).await;
    let csrf = field(&desk.page(&id).await, "csrf");
    let mut visitor = Visitor::prepared(&world.running, &link).await;
    lose(&world.database).await;

    let away = |what: &str, answer: crate::common::Answer| {
        assert_eq!(answer.status, 503, "{what}: {}", answer.body);
        let kind = answer.headers("content-type").concat();
        assert!(kind.starts_with("text/html"), "{what}: {kind}");
        assert!(answer.body.contains("The register cannot be used at present"), "{what}");
    };
    for page in [
        "/",
        "/session",
        "/desk",
        "/desk?q=ward",
        &format!("/desk/people/{person}"),
        &format!("/desk/people/{person}/issue/passkey"),
        &format!("/desk/registrations/{id}"),
        &format!("{BASE}/continue?request=any"),
        &request(&[]),
    ] {
        away(page, desk.browser.get(page).await);
    }
    away(&link, visitor.browser.get(&link).await);
    for form in [
        "/logout",
        "/desk/export",
        &format!("/desk/registrations/{id}/confirm"),
        &format!("/desk/people/{person}/registrations"),
        link.as_str(),
    ] {
        away(form, desk.browser.form(form, &[("csrf", &csrf)]).await);
    }
    let program = visitor.post("options", &json!({})).await;
    assert_eq!(program.refused(), (503, "database".to_owned()));
}
