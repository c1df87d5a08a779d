//! Two sandboxes behind one address, of which one ends in the middle of what somebody does: the other goes on.

use wardkey_register::{Database, testing::Fresh};
use wardkey_sandbox::Settings;

use crate::{
    browser::{Browser, field},
    common::{Running, start},
    databases::{Begin as _, on_both},
    enrolment::{CLINICIAN, Visitor, World},
    openid::world::{self, BASE, SECRET, basic, claims, follow, redemption, request},
};

on_both!(
    a_supervised_registration_goes_on_where_one_was_killed,
    a_person_goes_on_where_one_was_killed,
    a_sign_in_to_an_application_goes_on_where_one_was_killed,
);

/// Another sandbox behind the address of the first, with connections of its own to the database.
async fn beside(first: &Running, database: Database, settings: &Settings) -> Running {
    let origin = Some(first.origin.parse().unwrap());
    start(Settings { origin, database: Some(database), ..settings.clone() }).await
}

async fn a_supervised_registration_goes_on_where_one_was_killed(fresh: Fresh) {
    let mut world = World::on(&fresh).await;
    let mut phone = world.phone.take().unwrap();
    let second = beside(&world.running, fresh.open().await, &world.settings).await;
    let mut desk = world.authority("desk.a@example.org").await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let code = Visitor::new(&second, &link).register(&mut phone).await;
    let page = desk.page(&id).await;
    assert!(page.contains("Compare the codes") && page.contains(&code), "{page}");

    world.running.kill().await;
    let mut desk = desk.led_to(&second);
    assert_eq!(desk.code(&id).await, code);
    assert_eq!(desk.say(&id, "confirm").await.status, 303);
    assert!(desk.page(&id).await.contains("The authenticator is active"));
    let passkeys = world.authenticators_of(CLINICIAN).await;
    assert!(matches!(passkeys.as_slice(), [one] if one.is_active()));
    let told = ["link-issued", "link-opened", "registered", "confirmed"];
    assert_eq!(world.evidence().await, told);
}

async fn a_person_goes_on_where_one_was_killed(fresh: Fresh) {
    let mut world = World::on(&fresh).await;
    let mut phone = world.phone.take().unwrap();
    let second = beside(&world.running, fresh.open().await, &world.settings).await;
    let mut desk = world.authority("desk.a@example.org").await;
    let (link, id) = desk.issue(CLINICIAN).await;
    let mut visitor = Visitor::new(&world.running, &link);
    visitor.prepare().await;
    // The challenge is of the first, the answer for the second.
    let (answer, code) = visitor.make(&mut phone).await;
    let (mut there, mut desk) = (Visitor::new(&second, &link), desk.led_to(&second));
    there.browser = visitor.browser.led_to(&second);
    world.running.kill().await;
    assert_eq!(there.post("verify", &answer).await.ok()["state"], "made");
    assert_eq!(desk.code(&id).await, code);
    desk.say(&id, "differ").await;
    assert_eq!(there.status().await["state"], "differed");
}

async fn a_sign_in_to_an_application_goes_on_where_one_was_killed(fresh: Fresh) {
    let world = world::World::on(&fresh).await;
    let second = beside(&world.running, fresh.open().await, &world.settings).await;
    let mut phone = world.phone("ward.three@example.org", 3).await;
    let mut browser = Browser::new(&world.running);
    let scopes = ("scope", "openid selectedrole nationalrbacaccess");
    let way = request(&[scopes]);
    let page = follow(&mut browser, &mut phone, &way).await.page().body;
    let role = page.split("name=\"role\" type=\"radio\" value=\"").nth(2).unwrap();
    let role = role.split('"').next().unwrap();
    let fields = [("csrf", field(&page, "csrf")), ("request", field(&page, "request"))];
    let mut fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fields.push(("role", role));
    // The role is for the second, the code of the first, and what it is worth of the second again.
    let mut there = browser.led_to(&second);
    let on = there.form(&format!("{BASE}/role"), &fields).await;
    let next = on.headers("location").pop().unwrap();
    let code = follow(&mut browser, &mut phone, &next).await.code();
    world.running.kill().await;

    let body: Vec<_> = redemption(&code)
        .iter()
        .map(|(name, value)| {
            format!(
                "{name}={}",
                url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>()
            )
        })
        .collect();
    let head = basic("ward", SECRET) + "Content-Type: application/x-www-form-urlencoded\r\n";
    let path = format!("{BASE}/access_token");
    let mut application = Browser::new(&second);
    let tokens = application.request("POST", &path, &head, &body.join("&")).await.ok();
    assert_eq!(claims(&tokens["id_token"])["selected_roleid"], role);
    let head = format!("Authorization: Bearer {}\r\n", tokens["access_token"].as_str().unwrap());
    let told = application.request("GET", &format!("{BASE}/userinfo"), &head, "").await.ok();
    assert_eq!(told["selected_roleid"], role);
    // The session is there as well.
    follow(&mut there, &mut phone, &request(&[scopes, ("prompt", "none")])).await.code();
}
