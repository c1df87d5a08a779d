//! A session that is over while its registration authority watches a page: the way back leads to that page.

use crate::{
    browser::{Browser, field, passkey_of},
    databases::on_both,
    enrolment::{A, CLINICIAN, World},
};

on_both!(a_press_that_comes_too_late_leads_back_to_its_page, who_is_away_is_told_in_time);

async fn a_press_that_comes_too_late_leads_back_to_its_page(world: World) {
    let mut desk = world.authority(A).await;
    let (_, id) = desk.issue(CLINICIAN).await;
    let person = world.person_id(CLINICIAN).await;
    let csrf = field(&desk.page(&id).await, "csrf");
    let mut late = Browser::new(&world.running);
    let registration = format!("/desk/registrations/{id}");
    let profile = format!("/desk/people/{person}");
    for (form, page) in [
        (format!("{registration}/confirm"), registration.as_str()),
        (format!("{registration}/differ"), &registration),
        (format!("{registration}/revoke"), &registration),
        (format!("{profile}/registrations"), &profile),
        (format!("{profile}/authenticators/AAAA/remove"), &profile),
        ("/desk/export".to_owned(), "/desk"),
    ] {
        let away = late.form(&form, &[("csrf", &csrf)]).await;
        let page: String = url::form_urlencoded::byte_serialize(page.as_bytes()).collect();
        assert_eq!(away.headers("location"), [format!("/login?return={page}")], "{form}");
    }
    // Nothing was done, and after the sign-in it can be.
    let mut phone = passkey_of(&world.database, A, 3).await.at(&world.running);
    assert_eq!(late.sign_in(&mut phone, &registration).await, registration);
    let page = late.get(&registration).await;
    assert!(page.body.contains("Waiting for the link to be opened"), "{}", page.body);
}

/// The page says how long its session lasts unused, and what keeps it.
async fn who_is_away_is_told_in_time(world: World) {
    let mut desk = world.authority(A).await;
    let (_, id) = desk.issue(CLINICIAN).await;
    let page = desk.page(&id).await;
    assert!(page.contains("data-seconds=\"900\"") && page.contains("Stay signed in"), "{page}");
    let head = "Accept: application/json\r\n";
    assert_eq!(desk.browser.request("GET", "/session", head, "").await.status, 200);
    desk.browser.cookies.clear();
    assert_eq!(desk.browser.request("GET", "/session", head, "").await.status, 401);
}
