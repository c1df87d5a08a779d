//! What the desk's pages show and which headers the pages of desk, link and sign-in have.

use serde_json::json;
use wardkey_register::Moment;

use crate::{
    browser::Browser,
    databases::on_both,
    enrolment::{A, CLINICIAN, Visitor, World, between},
};

on_both!(
    the_picture_is_the_link,
    a_second_link_takes_the_first_back,
    the_profile_says_when_a_passkey_was_made_and_used,
    the_cookie_of_a_link_is_for_this_host_and_for_no_script,
    every_page_has_a_strict_policy,
    a_browser_asks_whether_its_scripts_are_still_good,
);

/// The dark squares of the picture on a page, by column and row.
fn squares(page: &str) -> Vec<(usize, usize)> {
    let path = between(page, "<path d=\"", "\"");
    let squares = path.split('M').skip(1).map(|square| {
        let (place, form) = square.split_once('h').unwrap();
        assert_eq!(form, "1v1h-1z");
        let (column, row) = place.split_once(' ').unwrap();
        (column.parse().unwrap(), row.parse().unwrap())
    });
    squares.collect()
}

async fn the_picture_is_the_link(world: World) {
    const BORDER: usize = 4;
    let mut desk = world.authority(A).await;
    let person = world.person_id(CLINICIAN).await;
    let page = desk.browser.get(&format!("/desk/people/{person}/issue/passkey")).await.body;
    assert!(page.contains("It works once, for 15 minutes"), "{page}");
    let csrf = crate::browser::field(&page, "csrf");
    let path = format!("/desk/people/{person}/registrations");
    let issued = desk.browser.form(&path, &[("csrf", &csrf)]).await.body;
    let link = between(&issued, "id=\"link-text\" type=\"text\" readonly value=\"", "\"");
    let link = link.replace("&#x2f;", "/");
    assert!(link.starts_with(&format!("{}/enrol/", world.running.origin)), "{link}");
    // A scanner reads what these squares say, and one text has one picture.
    let code = wardkey_qr_picture::modules(&link).unwrap();
    let width = code.width();
    let colors = code.to_colors().into_iter().enumerate();
    let dark = colors.filter(|(_, color)| *color == qrcode::Color::Dark);
    let expected: Vec<_> =
        dark.map(|(index, _)| (index % width + BORDER, index / width + BORDER)).collect();
    assert_eq!(squares(&issued), expected);
    let size = width + 2 * BORDER;
    assert!(issued.contains(&format!("viewBox=\"0 0 {size} {size}\"")), "the border is there");
}

async fn a_second_link_takes_the_first_back(world: World) {
    let mut desk = world.authority(A).await;
    let (first, id) = desk.issue(CLINICIAN).await;
    let (second, _) = desk.issue(CLINICIAN).await;
    let late = Visitor::new(&world.running, &first).open().await;
    assert_eq!(late.status, 410, "{}", late.body);
    assert!(desk.page(&id).await.contains("Taken back"));
    assert_eq!(Visitor::new(&world.running, &second).open().await.status, 303);
}

async fn the_profile_says_when_a_passkey_was_made_and_used(mut world: World) {
    let mut phone = world.phone.take().unwrap();
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    Visitor::new(&world.running, &link).register(&mut phone).await;
    desk.say(&id, "confirm").await;
    let path = format!("/desk/people/{}", world.person_id(CLINICIAN).await);
    let row = |page: &str, title: &str| {
        between(page, &format!("{title}</dt><dd class=\"nhsuk-summary-list__value\">"), "</dd>")
    };
    let shown = |moment: Moment| {
        let text = moment.to_string().replace('T', " ");
        format!("{} UTC", text.split('.').next().unwrap())
    };
    let made = world.authenticators_of(CLINICIAN).await.remove(0);
    let profile = desk.browser.get(&path).await.body;
    assert_eq!(row(&profile, "Registered"), shown(made.registered_at));
    assert_eq!(row(&profile, "Last used"), "Never");

    let mut clinician = Browser::new(&world.running);
    let offered = clinician.json("/login/options", &json!({})).await.ok();
    let credential = phone.get(&world.running.origin, &offered["publicKey"]).await;
    let answer = json!({ "session": offered["session"], "credential": credential });
    clinician.json("/login/verify", &answer).await.ok();
    let used = world.authenticators_of(CLINICIAN).await.remove(0).last_used_at.unwrap();
    let profile = desk.browser.get(&path).await.body;
    assert_eq!(row(&profile, "Last used"), shown(used));
}

async fn the_cookie_of_a_link_is_for_this_host_and_for_no_script(world: World) {
    let (link, _) = world.authority(A).await.issue(CLINICIAN).await;
    let opened = Visitor::new(&world.running, &link).open().await;
    let set = opened.headers("set-cookie");
    let [cookie] = set.as_slice() else { panic!("one cookie expected: {set:?}") };
    assert!(cookie.starts_with("__Host-wardkey-enrol="), "{cookie}");
    let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
    for attribute in ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"] {
        assert!(attributes.contains(&attribute), "{attribute}: {attributes:?}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

async fn every_page_has_a_strict_policy(world: World) {
    let mut desk = world.authority(A).await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let person = world.person_id(CLINICIAN).await;
    let mut visitor = Visitor::new(&world.running, &link);
    let mut answers = vec![visitor.browser.get(&link).await];
    visitor.prepare().await;
    answers.push(visitor.browser.get(&link).await);
    answers.push(Browser::new(&world.running).get("/login").await);
    for path in [
        "/desk".to_owned(),
        format!("/desk/people/{person}"),
        format!("/desk/people/{person}/issue"),
        format!("/desk/people/{person}/issue/passkey"),
        format!("/desk/registrations/{id}"),
        "/desk/people/nobody".to_owned(),
        "/session".to_owned(),
    ] {
        answers.push(desk.browser.get(&path).await);
    }
    for answer in answers {
        let policies = answer.headers("content-security-policy");
        let [policy] = policies.as_slice() else { panic!("one policy expected: {}", answer.head) };
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{part}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        // Each says that this is a trial.
        assert!(answer.body.contains("Test policy “"), "{}", answer.body);
        assert_eq!(answer.headers("x-content-type-options"), ["nosniff"]);
        assert_eq!(answer.headers("referrer-policy"), ["no-referrer"]);
    }
}

/// A page of one program with the script of another would not work.
async fn a_browser_asks_whether_its_scripts_are_still_good(world: World) {
    for name in ["desk.js", "enrol.js", "sandbox.css"] {
        let path = format!("/assets/{name}");
        let mut browser = Browser::new(&world.running);
        let fetched = browser.get(&path).await;
        assert_eq!(fetched.headers("cache-control"), ["no-cache"]);
        let tag = fetched.headers("etag").pop().unwrap();
        let head = format!("If-None-Match: {tag}\r\n");
        let again = browser.request("GET", &path, &head, "").await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{name}");
        let other = browser.request("GET", &path, "If-None-Match: \"other\"\r\n", "").await;
        assert_eq!((other.status, other.body), (200, fetched.body), "{name}");
    }
}
