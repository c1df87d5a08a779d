//! The link's pages: opened once, in time, by one browser, for one passkey.

use std::time::Duration;

use serde_json::{Value, json};
use wardkey_register::Database;
use wardkey_sandbox::Settings;

use crate::{
    browser::Browser,
    common::{start, start_with_links},
    core_phone::CorePhone,
    databases::on_both,
    enrolment::{A, CLINICIAN, Visitor, World},
};

/// A text as it stands in a page.
fn escaped(text: &str) -> String {
    [("&", "&amp;"), ("'", "&#x27;"), ("\"", "&quot;"), ("/", "&#x2f;")]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

on_both!(
    looking_at_a_link_does_not_use_it_up,
    a_link_is_for_one_browser,
    a_used_link_is_over,
    a_link_ends_in_time,
    unknown_links_say_so,
    what_is_no_passkey_for_this_link_ends_it,
    what_a_phone_says_is_repeated_to_nobody,
    an_answer_is_for_its_own_link,
    every_step_refuses_what_it_cannot_read,
    problems_are_told_to_the_authority_in_known_words_only,
    a_phone_that_proves_too_little_is_refused_with_the_reason,
    a_phone_that_proves_nothing_is_refused_and_the_desk_says_why,
    the_first_authority_compares_alone,
    of_two_set_up_links_the_newer_is_good_until_its_authority_can_sign_in,
);

async fn looking_at_a_link_does_not_use_it_up(world: World) {
    let (link, id) = world.authority(A).await.issue(CLINICIAN).await;
    let mut previewer = Browser::new(&world.running);
    for _ in 0..3 {
        assert_eq!(previewer.get(&link).await.status, 200);
    }
    assert!(previewer.cookies.is_empty());
    assert_eq!(previewer.request("HEAD", &link, "", "").await.status, 200);
    let mut desk = world.authority("desk.b@example.org").await;
    assert!(desk.page(&id).await.contains("Waiting for the link to be opened"));
    assert_eq!(Visitor::new(&world.running, &link).open().await.status, 303);
}

async fn a_link_is_for_one_browser(world: World) {
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let (mut first, mut second) =
        (Visitor::new(&world.running, &link), Visitor::new(&world.running, &link));
    let (a, b) = tokio::join!(first.open(), second.open());
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
    let (winner, loser) =
        if a.status == 303 { (&mut first, &mut second) } else { (&mut second, &mut first) };
    let taken = loser.open().await;
    assert!(taken.body.contains("opened already, in another browser"), "{}", taken.body);
    for step in ["checks", "options", "verify", "problem", "compared"] {
        let refused = loser.post(step, &json!({ "webauthn": true })).await;
        assert_eq!(refused.refused(), (403, "link_of_another".to_owned()), "{step}");
    }
    assert!(desk.page(&id).await.contains("Another browser tried the same link"));
    // The first goes on, also after going back.
    assert_eq!(winner.open().await.status, 303);
    assert_eq!(winner.browser.get(&link).await.status, 200);
    assert!(!winner.status().await["over"].as_bool().unwrap());
}

async fn a_used_link_is_over(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::prepared(&world.running, &link).await;
    let (answer, _) = visitor.make(&mut phone).await;
    assert_eq!(visitor.post("verify", &answer).await.status, 200);
    // The same response again, and a second passkey.
    assert_eq!(visitor.post("verify", &answer).await.refused(), (410, "session".to_owned()));
    assert_eq!(visitor.post("options", &json!({})).await.refused(), (409, "not_now".to_owned()));
    desk.say(&id, "confirm").await;
    assert_eq!(visitor.post("options", &json!({})).await.refused().1, "link_over");
    let mut late = Visitor::new(&world.running, &link);
    assert_eq!(late.open().await.status, 410);
    assert_eq!(late.browser.get(&link).await.status, 410);
    assert_eq!(world.authenticators_of(CLINICIAN).await.len(), 1);
}

async fn a_link_ends_in_time(world: World) {
    let settings = Settings { link_life: Duration::from_millis(1), ..world.settings.clone() };
    let hasty = start(settings).await;
    let person = world.database.person_by_name(CLINICIAN).await.unwrap().unwrap();
    let mut authority = crate::browser::passkey_of(&world.database, A, 3).await.at(&hasty);
    let mut browser = Browser::new(&hasty);
    browser.sign_in(&mut authority, "/desk").await;
    let page = browser.get(&format!("/desk/people/{}/issue/passkey", person.id)).await.body;
    let csrf = crate::browser::field(&page, "csrf");
    let path = format!("/desk/people/{}/registrations", person.id);
    let issued = browser.form(&path, &[("csrf", &csrf)]).await.body;
    let link = crate::enrolment::between(&issued, "&#x2f;enrol&#x2f;", "\"");
    let link = format!("/enrol/{link}");
    let mut late = Visitor::new(&hasty, &link);
    let over = late.open().await;
    assert_eq!(over.status, 410, "{}", over.body);
    assert!(over.body.contains("its time is over"), "{}", over.body);
    assert_eq!(late.browser.get(&link).await.status, 410);
    assert_eq!(world.evidence().await, ["link-issued", "link-expired"]);
}

async fn unknown_links_say_so(world: World) {
    let mut browser = Browser::new(&world.running);
    for link in ["/enrol/AAAA", "/enrol/%00", "/enrol/%2e%2e", "/enrol/x%22%3E%3Cscript%3E"] {
        let page = browser.get(link).await;
        assert_eq!(page.status, 404, "{link}");
        assert!(page.body.contains("no such registration link"), "{}", page.body);
        assert_eq!(browser.form(link, &[]).await.status, 404, "{link}");
        let json = browser.json(&format!("{link}/options"), &json!({})).await;
        assert_eq!(json.refused(), (404, "no_such_link".to_owned()), "{link}");
    }
    let audit = world.audit().await;
    assert!(audit.contains(&"enrol/open no_such_link".to_owned()), "{audit:?}");
    // What was tried as a link is not kept: it may be one, mistyped.
    assert!(audit.iter().all(|line| !line.contains("AAAA")), "{audit:?}");
}

async fn what_is_no_passkey_for_this_link_ends_it(mut world: World) {
    let origins = |made: &mut Value, origin: &str| {
        let data = json!({ "type": "webauthn.create", "challenge": "AA", "origin": origin });
        let text = <base64ct::Base64UrlUnpadded as base64ct::Encoding>::encode_string(
            data.to_string().as_bytes(),
        );
        made["credential"]["response"]["clientDataJSON"] = json!(text);
    };
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    for case in ["foreign origin", "another challenge", "signature", "type"] {
        let (link, id) = desk.issue(CLINICIAN).await;
        let mut visitor = Visitor::prepared(&world.running, &link).await;
        let (mut made, _) = visitor.make(&mut phone).await;
        match case {
            "foreign origin" => {
                let offered = visitor.post("options", &json!({})).await.ok();
                let mut options = offered["publicKey"].clone();
                options["user"]["id"] = json!("b3RoZXI");
                let (credential, _) = phone.create("https://localhost:1", &options).await;
                made = json!({ "session": offered["session"], "credential": credential });
            }
            "another challenge" => origins(&mut made, &world.running.origin),
            "signature" => {
                let object = made["credential"]["response"]["attestationObject"].as_str().unwrap();
                let cut = object.replacen('A', "B", 3);
                made["credential"]["response"]["attestationObject"] = json!(cut);
            }
            _ => made["credential"]["type"] = json!("password"),
        }
        let refused = visitor.post("verify", &made).await;
        assert!((400..500).contains(&refused.status), "{case}: {}", refused.body);
        refused.refused();
        let page = desk.page(&id).await;
        // What is malformed is judged, and refused with a verdict.
        let (heading, point, state) = match case {
            "signature" => ("The phone was refused", "When the passkey was judged", "refused"),
            _ => ("The registration failed", "When the passkey was made", "failed"),
        };
        assert!(page.contains(heading), "{case}: {page}");
        assert!(page.contains(point), "{case}: {page}");
        assert_eq!(visitor.status().await["state"], state, "{case}");
    }
    assert!(world.authenticators_of(CLINICIAN).await.is_empty());
    assert!(world.audit().await.iter().any(|line| line.starts_with("enrol/verify ")));
}

/// Whoever has a link decides neither what others read nor whether the evidence can be verified.
async fn what_a_phone_says_is_repeated_to_nobody(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::prepared(&world.running, &link).await;
    let (mut made, _) = visitor.make(&mut phone).await;
    made["credential"]["type"] = json!("All is well. ".repeat(8000));
    let refused = visitor.post("verify", &made).await;
    assert_eq!(refused.refused(), (422, "type".to_owned()));
    assert_eq!(visitor.status().await["state"], "failed");
    let page = desk.page(&id).await;
    assert!(page.contains("not “public-key”") && !page.contains("All is well"), "{page}");
    let lines = world.database.evidence_after(0).await.unwrap();
    let log = lines.join("\n") + "\n";
    assert!(!log.contains("All is well"));
    let summary = wardkey_evidence::verify(log.as_bytes(), None).unwrap();
    assert_eq!(summary.records, lines.len() as u64);
}

async fn an_answer_is_for_its_own_link(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (mine, id) = desk.issue(CLINICIAN).await;
    let (theirs, _) = desk.issue("ward.three@example.org").await;
    let mut visitor = Visitor::new(&world.running, &mine);
    let mut other = Visitor::new(&world.running, &theirs);
    visitor.prepare().await;
    other.prepare().await;
    let (made, _) = other.make(&mut phone).await;
    let refused = visitor.post("verify", &made).await;
    assert_eq!(refused.refused(), (409, "wrong_ceremony".to_owned()));
    // Nor does a tester's ceremony answer a link.
    let (session, options) = world.running.offer_registration(json!({})).await;
    let (credential, _) = phone.create(&world.running.origin, &options).await;
    let body = json!({ "session": session, "credential": credential });
    assert_eq!(visitor.post("verify", &body).await.refused().1, "wrong_ceremony");
    assert!(world.authenticators_of(CLINICIAN).await.is_empty());
    assert!(world.authenticators_of("ward.three@example.org").await.is_empty());
    assert!(desk.page(&id).await.contains("Waiting for the passkey"));
}

async fn every_step_refuses_what_it_cannot_read(world: World) {
    let (link, _) = world.authority(A).await.issue(CLINICIAN).await;
    let mut visitor = Visitor::prepared(&world.running, &link).await;
    let before = world.evidence().await;
    for step in ["checks", "options", "verify", "problem", "compared"] {
        for body in [json!([1]), json!("x"), json!({ "more": 1 }), json!(null)] {
            let refused = visitor.post(step, &body).await;
            assert_eq!(refused.refused(), (400, "malformed".to_owned()), "{step} {body}");
        }
        let form = visitor.browser.form(&format!("{link}/{step}"), &[("a", "b")]).await;
        assert_eq!(form.refused().1, "content_type", "{step}");
        let long = json!({ "name": "x".repeat(300_000) });
        assert_eq!(visitor.post(step, &long).await.refused().1, "too_long", "{step}");
    }
    assert_eq!(visitor.status().await["state"], "checked");
    assert_eq!(world.evidence().await, before);
}

async fn problems_are_told_to_the_authority_in_known_words_only(world: World) {
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::new(&world.running, &link);
    visitor.open().await;
    assert_eq!(visitor.post("checks", &json!({ "webauthn": false })).await.ok()["ready"], false);
    assert!(desk.page(&id).await.contains("this browser cannot make passkeys"));
    visitor.post("checks", &json!({ "webauthn": true })).await.ok();
    for name in ["NotAllowedError", "InvalidStateError", "<b>They match</b>"] {
        assert_eq!(visitor.post("problem", &json!({ "name": name })).await.status, 204);
    }
    let page = desk.page(&id).await;
    assert!(page.contains("cancelled, refused, or too late"), "{page}");
    assert!(page.contains("has a passkey for this account already"), "{page}");
    assert!(!page.contains("They match"), "{page}");
    assert_eq!(visitor.status().await["state"], "checked");
}

/// Each shortcoming of the phone, with the line of the verdict that must say so.
async fn a_phone_that_proves_too_little_is_refused_with_the_reason(database: Database) {
    let other = json!([{ "package": "org.example.other", "certificates": ["00".repeat(32)] }]);
    for (changes, check) in [
        (json!({ "minimumLevel": "STRONG_BOX" }), "key-level"),
        (json!({ "minimumLevel": "STRONG_BOX" }), "attestation-level"),
        (json!({ "minimumOsVersion": 990_000 }), "os-version"),
        (json!({ "revocation": "require" }), "revocation"),
        (json!({ "applications": other }), "application"),
        (json!({ "applications": [] }), "application"),
        (json!({ "test": false, "minimumLevel": "TRUSTED_ENVIRONMENT" }), "chain"),
    ] {
        let mut world = World::with(database.clone(), &changes).await;
        let mut phone = world.phone.take().unwrap();
        let mut desk = world.authority(A).await;
        let (link, id) = desk.issue(CLINICIAN).await;
        let mut visitor = Visitor::prepared(&world.running, &link).await;
        let (made, _) = visitor.make(&mut phone).await;
        let refused = visitor.post("verify", &made).await;
        assert_eq!(refused.status, 422, "{check}: {}", refused.body);
        assert_eq!(refused.refused().1, "verdict", "{check}");
        let page = desk.page(&id).await;
        let failed = format!("data-check=\"{check}\" data-grade=\"fail\"");
        assert!(page.contains(&failed), "{check}: {page}");
        assert!(page.contains("Do not accept this phone"), "{check}: {page}");
        assert!(!page.contains("id=\"confirm\""), "{check}: {page}");
        let status = visitor.status().await;
        assert_eq!(status["state"], "refused");
        // The page says the same when it is loaded again.
        assert_eq!(status["problem"], refused.json(), "{check}");
        let told = [&status["problem"]["error"], &status["problem"]["what_to_do"]];
        let page = visitor.browser.get(&link).await.body;
        for text in told.map(|text| text.as_str().unwrap()) {
            assert!(page.contains(&escaped(text)), "{check}: “{text}” expected: {page}");
        }
        assert!(page.contains("<div id=\"problem\">"), "{check}: {page}");
        assert!(world.authenticators_of(CLINICIAN).await.is_empty(), "{check}");
        assert_eq!(world.evidence().await.last().unwrap(), "registration-refused");
    }
}

async fn a_phone_that_proves_nothing_is_refused_and_the_desk_says_why(world: World) {
    use wardkey_core::authenticator::AttestationFormat as Format;
    // The last one's chain ends at a root that nobody here trusts.
    for format in [Format::None, Format::PackedSelf, Format::AndroidKey] {
        let (mut phone, _) = CorePhone::new(format).await;
        let mut desk = world.authority(A).await;
        let (link, id) = desk.issue(CLINICIAN).await;
        let mut visitor = Visitor::prepared(&world.running, &link).await;
        let (made, _) = visitor.make(&mut phone).await;
        let refused = visitor.post("verify", &made).await;
        assert_eq!(refused.refused().1, "verdict");
        let page = desk.page(&id).await;
        assert!(page.contains("data-check=\"chain\" data-grade=\"fail\""), "{page}");
        assert!(world.authenticators_of(CLINICIAN).await.is_empty());
    }
}

async fn the_first_authority_compares_alone(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let running = start_with_links(world.settings.clone()).await;
    let links = &running.links;
    assert_eq!(links.len(), 2);
    for (same, state) in [(false, "differed"), (true, "active")] {
        let link = &links[usize::from(same)];
        let path = link.url.strip_prefix(&running.origin).unwrap();
        let mut visitor = Visitor::new(&running, path);
        let code = visitor.register(&mut phone).await;
        assert_eq!(visitor.status().await["witness"], code);
        let told = visitor.post("compared", &json!({ "same": same })).await.ok();
        assert_eq!(told["state"], state);
        let active = world.authenticators_of(&link.name).await;
        assert_eq!(active.iter().filter(|one| one.is_active()).count(), usize::from(same));
    }
    // Nobody else's link lets its person confirm.
    let (link, id) = world.authority(A).await.issue(CLINICIAN).await;
    let mut visitor = Visitor::new(&world.running, &link);
    visitor.register(&mut phone).await;
    let refused = visitor.post("compared", &json!({ "same": true })).await;
    assert_eq!(refused.refused(), (403, "not_yours".to_owned()));
    assert!(world.authority(A).await.page(&id).await.contains("Compare the codes"));
}

async fn of_two_set_up_links_the_newer_is_good_until_its_authority_can_sign_in(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let first = start_with_links(world.settings.clone()).await;
    let second = start_with_links(world.settings.clone()).await;
    let path = |url: &str| format!("/enrol/{}", url.rsplit('/').next().unwrap());
    let [older, newer] = [&first, &second].map(|running| path(&running.links[0].url));
    let unused = path(&second.links[1].url);
    let over = Visitor::new(&second, &older).open().await;
    assert_eq!(over.status, 410, "{}", over.body);
    let mut visitor = Visitor::new(&second, &newer);
    visitor.register(&mut phone).await;
    let told = visitor.post("compared", &json!({ "same": true })).await.ok();
    assert_eq!(told["state"], "active");

    // Who was given a passkey by another authority needs no link of the service.
    crate::browser::passkey_of(&world.database, &second.links[1].name, 3).await;
    assert_eq!(Visitor::new(&second, &unused).open().await.status, 410);
}
