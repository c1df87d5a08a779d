//! The registration desk: the whole flow, both outcomes, and everything that can come in between.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use wardkey_register::{AuthenticatorState as State, Moment, testing::at};

use crate::{
    browser::{Browser, field},
    databases::on_both,
    enrolment::{A, B, CLINICIAN, Visitor, World, between},
};

on_both!(
    codes_match_and_the_person_signs_in,
    codes_differ_and_nothing_can_sign_in,
    a_pending_passkey_cannot_sign_in,
    another_authority_can_only_say_no,
    nobody_issues_an_authenticator_to_themselves,
    an_authority_cancels_in_the_middle,
    the_page_follows_by_events_and_resumes,
    a_page_that_follows_does_not_keep_the_session,
    authenticators_are_removed_with_a_reason,
    somebody_with_an_older_passkey_is_given_this_one_too,
    everybody_registered_can_be_exported,
    nobody_else_gets_in,
    addresses_that_name_nothing_are_pages_that_say_so,
);

async fn codes_match_and_the_person_signs_in(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    // The link says nothing about anybody, and is kept nowhere.
    assert!(!link.contains("ward") && !desk.page(&id).await.contains(&link));
    assert!(desk.page(&id).await.contains("Waiting for the link to be opened"));

    let mut visitor = Visitor::new(&world.running, &link);
    let begin = visitor.browser.get(&link).await;
    assert!(begin.body.contains("Continue") && !begin.body.contains("Clinician"), "{}", begin.body);
    let code = visitor.register(&mut phone).await;
    assert_eq!(visitor.status().await["state"], "made");
    // The person reads the code from the phone, so no page shows it to them.
    assert!(visitor.status().await.get("witness").is_none());
    assert!(!visitor.browser.get(&link).await.body.contains(&code));
    let made = &world.authenticators_of(CLINICIAN).await[0];
    assert_eq!(made.state, State::Pending);

    assert_eq!(desk.code(&id).await, code);
    let page = desk.page(&id).await;
    for told in ["They match", "They differ", "test policy", "data-grade=\"pass\"", "Accept"] {
        assert!(page.contains(told), "“{told}” expected: {page}");
    }
    let confirmed = desk.say(&id, "confirm").await;
    assert_eq!(confirmed.headers("location"), [format!("/desk/registrations/{id}")]);
    assert!(desk.page(&id).await.contains("The authenticator is active"));
    assert_eq!(visitor.status().await["state"], "active");
    assert_eq!(world.evidence().await, ["link-issued", "link-opened", "registered", "confirmed"]);

    let audit = world.audit().await;
    for act in ["desk/issued", "desk/confirmed"] {
        assert!(audit.contains(&format!("{act} {id}")), "{act}: {audit:?}");
    }
    let token = link.strip_prefix("/enrol/").unwrap();
    let cookies = desk.browser.cookies.values().chain(visitor.browser.cookies.values());
    for secret in cookies.map(String::as_str).chain([token, &code]) {
        assert!(audit.iter().all(|line| !line.contains(secret)), "“{secret}”: {audit:?}");
    }

    let mut browser = Browser::new(&world.running);
    let offered = browser.json("/login/options", &json!({})).await.ok();
    let credential = phone.get(&world.running.origin, &offered["publicKey"]).await;
    let body = json!({ "session": offered["session"], "credential": credential });
    assert_eq!(browser.json("/login/verify", &body).await.status, 200);
    assert!(browser.get("/session").await.body.contains("Clinician with one role"));
}

async fn codes_differ_and_nothing_can_sign_in(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::new(&world.running, &link);
    visitor.register(&mut phone).await;
    desk.say(&id, "differ").await;
    assert!(desk.page(&id).await.contains("The codes differed"));
    assert_eq!(visitor.status().await["state"], "differed");
    let destroyed = &world.authenticators_of(CLINICIAN).await[0];
    assert_eq!(destroyed.state, State::Destroyed);
    // Who presses the other button too late changes nothing.
    desk.say(&id, "confirm").await;
    assert_eq!(world.authenticators_of(CLINICIAN).await[0].state, State::Destroyed);
    assert!(world.audit().await.contains(&"desk/registrations/too-late differed".to_owned()));

    let mut browser = Browser::new(&world.running);
    let offered = browser.json("/login/options", &json!({})).await.ok();
    let credential = phone.get(&world.running.origin, &offered["publicKey"]).await;
    let body = json!({ "session": offered["session"], "credential": credential });
    assert_ne!(browser.json("/login/verify", &body).await.status, 200);
}

async fn a_pending_passkey_cannot_sign_in(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (link, _) = desk.issue(CLINICIAN).await;
    Visitor::new(&world.running, &link).register(&mut phone).await;
    let mut browser = Browser::new(&world.running);
    for (options, verify) in
        [("/login/options", "/login/verify"), ("/signin/options", "/signin/verify")]
    {
        let offered = browser.json(options, &json!({})).await.ok();
        let credential = phone.get(&world.running.origin, &offered["publicKey"]).await;
        let body = json!({ "session": offered["session"], "credential": credential });
        assert_ne!(browser.json(verify, &body).await.status, 200, "{verify}");
    }
}

async fn another_authority_can_only_say_no(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let mut other = world.authority(B).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    Visitor::new(&world.running, &link).register(&mut phone).await;
    let page = other.page(&id).await;
    assert!(!page.contains("id=\"confirm\"") && page.contains("You did not issue it"), "{page}");
    let refused = other.say(&id, "confirm").await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("Only the registration authority that issued"));
    assert_eq!(world.authenticators_of(CLINICIAN).await[0].state, State::Pending);
    other.say(&id, "differ").await;
    assert_eq!(world.authenticators_of(CLINICIAN).await[0].state, State::Destroyed);
}

async fn nobody_issues_an_authenticator_to_themselves(world: World) {
    let mut desk = world.authority(A).await;
    let (own, other) = (world.person_id(A).await, world.person_id(B).await);
    let before = (world.evidence().await, world.authenticators_of(A).await.len());
    let person = world.database.person_by_name(A).await.unwrap().unwrap();
    let links = world.database.registrations_of(&person.id).await.unwrap().len();

    let profile = desk.browser.get(&format!("/desk/people/{own}")).await.body;
    assert!(profile.contains("your own profile"), "{profile}");
    assert!(!profile.contains("Issue other authenticator"), "{profile}");
    for step in ["issue", "issue/passkey"] {
        let page = desk.browser.get(&format!("/desk/people/{own}/{step}")).await;
        assert_eq!(page.status, 403, "{step}");
        assert!(page.body.contains("Nobody issues an authenticator to themselves"));
    }
    // A form of another person's page, sent to the own one.
    let page = desk.browser.get(&format!("/desk/people/{other}/issue/passkey")).await;
    let csrf = field(&page.body, "csrf");
    let path = format!("/desk/people/{own}/registrations");
    let refused = desk.browser.form(&path, &[("csrf", &csrf)]).await;
    assert_eq!(refused.status, 403);
    for told in ["Nobody issues an authenticator to themselves", "another registration authority"] {
        assert!(refused.body.contains(told), "“{told}” expected: {}", refused.body);
    }

    let audit = world.audit().await;
    for act in ["desk/issue", "desk/issue/passkey", "desk/registrations"] {
        assert!(audit.contains(&format!("{act} yourself")), "{act}: {audit:?}");
    }
    assert_eq!((world.evidence().await, world.authenticators_of(A).await.len()), before);
    let after = world.database.registrations_of(&person.id).await.unwrap().len();
    assert_eq!(after, links, "nothing is stored");

    // Another authority may.
    world.authority(B).await.issue(A).await;
}

async fn an_authority_cancels_in_the_middle(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    for stage in ["issued", "opened", "made"] {
        let (link, id) = desk.issue(CLINICIAN).await;
        let mut visitor = Visitor::new(&world.running, &link);
        match stage {
            "issued" => {}
            "opened" => visitor.prepare().await,
            _ => drop(visitor.register(&mut phone).await),
        }
        desk.say(&id, "revoke").await;
        assert!(desk.page(&id).await.contains("Taken back"), "{stage}");
        let late = visitor.post("options", &json!({})).await;
        let code = if stage == "issued" { "link_of_another" } else { "link_over" };
        assert_eq!(late.refused().1, code, "{stage}");
        assert!(world.authenticators_of(CLINICIAN).await.iter().all(|one| !one.is_active()));
    }
}

async fn the_page_follows_by_events_and_resumes(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::new(&world.running, &link);
    let code = visitor.register(&mut phone).await;
    desk.say(&id, "confirm").await;
    let path = format!("/desk/registrations/{id}/events?after=1");
    // The registration is over, so the stream ends with what the page had not seen.
    let all = desk.browser.get(&path).await;
    assert_eq!(all.headers("content-type"), ["text/event-stream"]);
    let data: Value = serde_json::from_str(&between(&all.body, "data: ", "\n")).unwrap();
    assert_eq!((&data["state"], &data["over"]), (&json!("active"), &json!(true)));
    assert_eq!(data["witness"], code);
    assert!(data["html"].as_str().unwrap().contains("The authenticator is active"));
    let last = between(&all.body, "id: ", "\n");
    assert_eq!(last, "5");
    // Who has seen the last is told not to come back.
    let head = format!("Last-Event-ID: {last}\r\n");
    let done = desk.browser.request("GET", &path, &head, "").await;
    assert_eq!(done.status, 204);
    let head = "Last-Event-ID: 4\r\n";
    let one = desk.browser.request("GET", &path, head, "").await;
    assert!(one.body.contains("id: 5"), "{}", one.body);
    for wrong in ["Last-Event-ID: x\r\n", "Last-Event-ID: -1\r\n"] {
        assert_eq!(desk.browser.request("GET", &path, wrong, "").await.status, 200);
    }
}

/// It asks by itself, whether anybody looks at it or not.
async fn a_page_that_follows_does_not_keep_the_session(world: World) {
    let mut desk = world.authority(A).await;
    let (_, id) = desk.issue(CLINICIAN).await;
    desk.say(&id, "revoke").await;
    let cookie = desk.browser.cookies["__Host-wardkey-session"].clone();
    let now = Moment::from(SystemTime::now());
    let session = world.database.session(&cookie, at(now)).await.unwrap().unwrap();
    let gone = now - Duration::from_mins(10);
    let mut act = world.database.act().await.unwrap();
    assert!(act.saw_session(&session.id, at(gone)).await.unwrap());
    act.commit().await.unwrap();
    let seen_at = async || {
        world.database.session(&cookie, at(now)).await.unwrap().map(|session| session.seen_at)
    };

    let path = format!("/desk/registrations/{id}/events?after=1");
    assert_eq!(desk.browser.get(&path).await.status, 200);
    assert_eq!(seen_at().await, Some(gone));
    // To load the page is a use of it.
    desk.page(&id).await;
    assert!(seen_at().await.unwrap() >= now);
}

async fn authenticators_are_removed_with_a_reason(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    Visitor::new(&world.running, &link).register(&mut phone).await;
    desk.say(&id, "confirm").await;
    let person = world.person_id(CLINICIAN).await;
    let profile = desk.browser.get(&format!("/desk/people/{person}")).await.body;
    for told in ["Registration authority A", "Accept", "Never", "Active"] {
        assert!(profile.to_lowercase().contains(&told.to_lowercase()), "“{told}”: {profile}");
    }
    let path = between(&profile, &format!("href=\"/desk/people/{person}/authenticators/"), "\"");
    let path = format!("/desk/people/{person}/authenticators/{path}");
    let asked = desk.browser.get(&path).await.body;
    let csrf = field(&asked, "csrf");
    let long = "x".repeat(201);
    for reason in ["", "  ", "two\nlines", &long] {
        let refused = desk.browser.form(&path, &[("csrf", &csrf), ("reason", reason)]).await;
        assert_eq!(refused.status, 400, "{reason:?}");
        assert!(refused.body.contains("There is a problem"));
    }
    let removed = desk.browser.form(&path, &[("csrf", &csrf), ("reason", "phone <lost>")]).await;
    assert_eq!(removed.status, 303, "{}", removed.body);
    let profile = desk.browser.get(&format!("/desk/people/{person}")).await.body;
    assert!(profile.contains("phone &lt;lost&gt;"), "{profile}");
    let again = desk.browser.form(&path, &[("csrf", &csrf), ("reason", "again")]).await;
    assert_eq!(again.status, 409);
    assert_eq!(world.evidence().await.last().unwrap(), "removed");
    // Another person's page does not lead to it.
    let stranger = world.person_id("ward.three@example.org").await;
    let wrong = path.replace(&person, &stranger);
    assert_eq!(desk.browser.get(&wrong).await.status, 404);
}

async fn somebody_with_an_older_passkey_is_given_this_one_too(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    crate::browser::passkey_of(&world.database, CLINICIAN, 2).await;
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    Visitor::new(&world.running, &link).register(&mut phone).await;
    desk.say(&id, "confirm").await;
    let active: Vec<_> = world.authenticators_of(CLINICIAN).await;
    assert_eq!(active.len(), 2);
    assert!(active.iter().all(wardkey_register::Authenticator::is_active));
}

async fn everybody_registered_can_be_exported(world: World) {
    let mut desk = world.authority(A).await;
    let csrf = field(&desk.browser.get("/desk").await.body, "csrf");
    let csv = desk.browser.form("/desk/export", &[("csrf", &csrf), ("format", "csv")]).await;
    assert_eq!(csv.headers("content-type"), ["text/csv; charset=utf-8"]);
    let lines: Vec<_> = csv.body.lines().collect();
    assert_eq!(lines.len(), 2, "{}", csv.body);
    assert!(lines[1].starts_with("\"desk.a@example.org\",\"Registration authority A\","));
    let json = desk.browser.form("/desk/export", &[("csrf", &csrf), ("format", "json")]).await;
    assert_eq!(json.ok()[0]["assurance"], 3);
    let wrong = desk.browser.form("/desk/export", &[("csrf", &csrf), ("format", "xml")]).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(world.evidence().await, ["exported", "exported"]);
    assert!(world.audit().await.contains(&"desk/exported csv".to_owned()));
}

async fn nobody_else_gets_in(world: World) {
    let mut desk = world.authority(A).await;
    let (_, id) = desk.issue(CLINICIAN).await;
    let person = world.person_id(CLINICIAN).await;
    let pages = [
        "/desk".to_owned(),
        format!("/desk/people/{person}"),
        format!("/desk/people/{person}/issue/passkey"),
        format!("/desk/registrations/{id}"),
        format!("/desk/registrations/{id}/events"),
    ];
    let forms = [
        format!("/desk/people/{person}/registrations"),
        format!("/desk/registrations/{id}/confirm"),
        format!("/desk/registrations/{id}/revoke"),
        "/desk/export".to_owned(),
    ];
    let mut nobody = Browser::new(&world.running);
    let mut phone = crate::browser::passkey_of(&world.database, "ward.three@example.org", 3)
        .await
        .at(&world.running);
    let mut clinician = Browser::new(&world.running);
    clinician.sign_in(&mut phone, "/").await;
    let token = field(&clinician.get("/session").await.body, "csrf");
    for page in &pages {
        assert_eq!(nobody.get(page).await.status, 303, "{page}");
        assert_eq!(clinician.get(page).await.status, 403, "{page}");
    }
    for form in &forms {
        assert_eq!(nobody.form(form, &[]).await.status, 303, "{form}");
        assert_eq!(clinician.form(form, &[("csrf", &token)]).await.status, 403, "{form}");
        // Neither does a page of somebody else act for the authority.
        for fields in [&[][..], &[("csrf", "")], &[("csrf", token.as_str())]] {
            assert_eq!(desk.browser.form(form, fields).await.status, 403, "{form}");
        }
        assert_eq!(desk.browser.json(form, &json!({})).await.status, 415, "{form}");
    }
    assert_eq!(world.evidence().await, ["link-issued"]);
    assert!(world.audit().await.iter().any(|line| line.ends_with(" not_authority")));
    assert!(world.audit().await.iter().any(|line| line.ends_with(" csrf")));
}

async fn addresses_that_name_nothing_are_pages_that_say_so(world: World) {
    let mut desk = world.authority(A).await;
    let csrf = field(&desk.browser.get("/desk").await.body, "csrf");
    let person = world.person_id(CLINICIAN).await;
    for path in [
        "/desk/people/nobody".to_owned(),
        "/desk/people/%00".to_owned(),
        "/desk/people/%F0%9F%98%80".to_owned(),
        "/desk/people/AAAA/issue".to_owned(),
        "/desk/registrations/nothing".to_owned(),
        format!("/desk/people/{person}/authenticators/AAAA/remove"),
        format!("/desk/people/{person}/authenticators/%2e%2e/remove"),
    ] {
        let page = desk.browser.get(&path).await;
        assert_eq!(page.status, 404, "{path}: {}", page.body);
        assert!(page.body.contains("There is a problem"), "{path}: {}", page.body);
    }
    for path in ["/desk/registrations/nothing/confirm", "/desk/people/AAAA/registrations"] {
        let page = desk.browser.form(path, &[("csrf", &csrf)]).await;
        assert_eq!(page.status, 404, "{path}");
    }
    let long = "x".repeat(20_000);
    let page = desk.browser.form("/desk/export", &[("csrf", &csrf), ("format", &long)]).await;
    assert_eq!(page.status, 413);
    for query in ["%", "%25", "'", "%3Cscript%3E", "_", "\\"] {
        let page = desk.browser.get(&format!("/desk?q={query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert!(!page.body.contains("<script>"), "{query}");
    }
}
