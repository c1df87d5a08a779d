//! What the desk says of trouble: at which stage, why, and what to tell the person.

use serde_json::json;

use crate::{
    browser::Browser,
    databases::on_both,
    enrolment::{A, CLINICIAN, Visitor, World, between},
};

on_both!(
    trouble_that_passes_is_told_with_what_to_do,
    an_end_says_at_which_stage_it_came,
    a_foreign_answer_is_told_with_what_to_do,
    what_the_browser_can_do_is_shown_in_words,
);

async fn trouble_that_passes_is_told_with_what_to_do(world: World) {
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::new(&world.running, &link);
    visitor.open().await;
    visitor.post("checks", &json!({ "webauthn": false })).await.ok();
    let trouble = between(&desk.page(&id).await, "<p id=\"trouble\">", "</p>");
    for part in ["When the browser was checked", "cannot make passkeys", "open it in Chrome"] {
        assert!(trouble.contains(part), "{part}: {trouble}");
    }
    visitor.post("checks", &json!({ "webauthn": true })).await.ok();
    assert!(!desk.page(&id).await.contains("id=\"trouble\""), "it is over");
    for (name, why, tell) in [
        ("NotAllowedError", "cancelled, refused, or too late", "what their phone shows"),
        ("InvalidStateError", "a passkey for this account already", "remove the old one"),
        ("SecurityError", "does not accept the address", "open the link as you gave it"),
        ("NotSupportedError", "no suitable passkeys", "Android 14 or newer"),
        ("ConstraintError", "no screen lock", "set a screen lock"),
        ("AbortError", "the browser stopped", "load the page again"),
        ("<b>They match</b>", "does not explain", "press the button again"),
    ] {
        assert_eq!(visitor.post("problem", &json!({ "name": name })).await.status, 204);
        let page = desk.page(&id).await;
        let trouble = between(&page, "<p id=\"trouble\">", "</p>");
        for part in ["When the passkey was made", why, tell] {
            assert!(trouble.contains(part), "{name}: {part}: {trouble}");
        }
        // It stays in the story of what happened.
        assert!(page.matches(tell).count() > 1, "{name}: {page}");
        assert!(!page.contains("They match</b>"), "{page}");
    }
}

async fn an_end_says_at_which_stage_it_came(world: World) {
    let mut desk = world.authority(A).await;
    for (steps, stage) in [
        (0, "Before the link was opened"),
        (1, "When the browser was checked"),
        (2, "When the passkey was made: none had come"),
    ] {
        let (link, id) = desk.issue(CLINICIAN).await;
        let mut visitor = Visitor::new(&world.running, &link);
        match steps {
            0 => {}
            1 => drop(visitor.open().await),
            _ => visitor.prepare().await,
        }
        assert_eq!(desk.say(&id, "revoke").await.status, 303);
        let page = desk.page(&id).await;
        assert!(page.contains("Taken back") && page.contains(stage), "{stage}: {page}");
        assert!(page.contains("Tell the person to delete the passkey"), "{page}");
    }
}

async fn a_foreign_answer_is_told_with_what_to_do(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::new(&world.running, &link);
    visitor.prepare().await;
    let offered = visitor.post("options", &json!({})).await.ok();
    let mut options = offered["publicKey"].clone();
    options["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    let (credential, _) = phone.create(&world.running.origin, &options).await;
    let answer = json!({ "session": offered["session"], "credential": credential });
    assert_eq!(visitor.post("verify", &answer).await.refused().1, "challenge");
    let page = desk.page(&id).await;
    let told = "When the passkey was made: what arrived cannot be used: it answers another challenge. Ask which page they are on";
    assert!(page.contains(told), "{page}");
}

async fn what_the_browser_can_do_is_shown_in_words(world: World) {
    let mut desk = world.authority(A).await;
    for (platform, hybrid, words) in [
        (
            json!(true),
            json!(null),
            ["can verify its user by itself", "does not say whether it can use"],
        ),
        (json!(false), json!(true), ["has no fingerprint", "can use a phone by QR code"]),
        (json!(false), json!(false), ["may be unable to make a passkey", "issue a new link"]),
    ] {
        let (link, id) = desk.issue(CLINICIAN).await;
        let mut visitor = Visitor::new(&world.running, &link);
        visitor.open().await;
        let answers = json!({ "webauthn": true, "platform": platform, "hybrid": hybrid });
        visitor.post("checks", &answers).await.ok();
        let page = desk.page(&id).await;
        let happened = between(&page, "id=\"happened\"", "</ol>");
        for part in words {
            assert!(happened.contains(part), "{part}: {happened}");
        }
    }
    // Nobody who is not signed in sees any of it.
    let mut stranger = Browser::new(&world.running);
    assert_eq!(stranger.get("/desk").await.status, 303);
}
