//! Registrations that end early, late, twice or well.

use wardkey_register::AuthenticatorState as Passkey;

use crate::{
    clinic::{CLINICIANS, Clinic},
    desk,
    pages::{arrive, go, press, push_button, read, text, until},
    person::Person,
};

const NEW_LINK: &str = "Ask your registration authority for a new link";
const OVER: &str = "This link has been used, was taken back, or its time is over";

#[tokio::test(flavor = "multi_thread")]
async fn links_that_expired_were_used_or_are_opened_twice() {
    let mut clinic = Clinic::open().await;
    nobody_opens_it_in_time(&mut clinic).await;
    no_passkey_is_made_in_time(&mut clinic).await;
    nobody_compares_the_codes_in_time(&mut clinic).await;
    two_browsers_open_it_at_once(&mut clinic).await;
    it_was_used_already(&mut clinic).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_can_end_a_registration_at_any_point() {
    let mut clinic = Clinic::open().await;
    the_authority_takes_it_back(&mut clinic).await;
    the_authority_takes_it_back_while_the_phone_is_asked(&mut clinic).await;
    the_authority_takes_a_passkey_back(&mut clinic).await;
    the_codes_differ(&mut clinic).await;
}

async fn nobody_opens_it_in_time(clinic: &mut Clinic) {
    let link = desk::issue(clinic).await;
    desk::sees(clinic, "Waiting for the link to be opened", "Give the link to the person").await;
    clinic.let_time_pass().await;
    desk::sees(clinic, "The time is over", "Nothing can sign in").await;
    desk::hears(clinic, "The time was over").await;
    clinic.person(&link).await.is_turned_away(OVER, NEW_LINK).await;
    assert_eq!(clinic.last_event().await, "link-expired");
    assert_eq!(clinic.passkeys().await, []);
}

async fn no_passkey_is_made_in_time(clinic: &mut Clinic) {
    let link = desk::issue(clinic).await;
    let mut person = clinic.person(&link).await;
    person.goes_on().await;
    desk::sees(clinic, "Waiting for the passkey", "Ask the person to make the passkey").await;
    clinic.let_time_pass().await;
    desk::sees(clinic, "The time is over", "issue a new link").await;
    person.sees("The time is over", NEW_LINK).await;
    until(&mut person.window, "document.getElementById('make').hidden").await;
    assert_eq!(clinic.passkeys().await, []);
}

async fn nobody_compares_the_codes_in_time(clinic: &mut Clinic) {
    let link = desk::issue(clinic).await;
    let mut person = clinic.person(&link).await;
    person.goes_on().await;
    let on_the_phone = person.makes_a_passkey(clinic).await;
    assert_eq!(desk::code(clinic).await, on_the_phone);
    person.sees("Read the code to your registration authority", "from the phone, slowly").await;
    clinic.let_time_pass().await;
    desk::sees(clinic, "The time is over", "delete the passkey from Wardkey").await;
    person.sees("The time is over", NEW_LINK).await;
    assert_eq!(clinic.passkeys().await, [Passkey::Destroyed]);
}

async fn two_browsers_open_it_at_once(clinic: &mut Clinic) {
    let link = desk::issue(clinic).await;
    let (mut one, mut other) = tokio::join!(clinic.person(&link), clinic.person(&link));
    tokio::join!(press(&mut one.window, "Continue"), press(&mut other.window, "Continue"));
    let (first, second) = tokio::join!(goes_on(&mut one), goes_on(&mut other));
    assert!(first != second, "one of two: {first} {second}");
    let (mut person, mut stranger) = if first { (one, other) } else { (other, one) };
    let problem = "This link was opened already, in another browser";
    stranger.is_turned_away(problem, "tell your registration authority at once").await;
    desk::hears(clinic, "Another browser tried the same link and was turned away").await;
    // The one who came first goes on, also when the page is loaded again.
    person.can_make_a_passkey().await;
    go(&mut person.window, &link).await;
    person.can_make_a_passkey().await;
    desk::says(clinic, "Take the registration back").await;
    person.sees("The registration was taken back", "why, and for a new link").await;
    clinic.nothing_can_sign_in().await;
}

/// Whether the link was opened for this browser.
async fn goes_on(person: &mut Person) -> bool {
    arrive(&mut person.window, "#enrol, main h1").await;
    let opened = "document.getElementById('enrol') !== null";
    person.window.evaluate(opened).await.unwrap() == true
}

async fn it_was_used_already(clinic: &mut Clinic) {
    let link = desk::issue(clinic).await;
    let mut person = clinic.person(&link).await;
    person.goes_on().await;
    let on_the_phone = person.makes_a_passkey(clinic).await;
    assert_eq!(desk::code(clinic).await, on_the_phone);
    desk::says(clinic, "They match").await;
    desk::sees(clinic, "The authenticator is active", "The person can sign in").await;
    person.sees("Your passkey is ready", "You can sign in").await;

    clinic.person(&link).await.is_turned_away(OVER, NEW_LINK).await;
    // Whoever used it sees what became of it, also after going back to it.
    go(&mut person.window, &clinic.address("/")).await;
    arrive(&mut person.window, "main").await;
    person.window.evaluate("globalThis.leaving = true; history.back()").await.unwrap();
    arrive(&mut person.window, "#enrol[data-state=active]").await;
    person.sees("Your passkey is ready", "You can sign in").await;
    assert!(clinic.passkeys().await.contains(&Passkey::Active));

    let mut ward = clinic.window("/login").await;
    arrive(&mut ward, "#login").await;
    push_button(&mut ward, "Sign in with a passkey").await;
    clinic.sign_in(CLINICIANS).await;
    read(&mut ward, "main", "Clinician with one role").await;
}

async fn the_authority_takes_it_back(clinic: &mut Clinic) {
    let link = desk::issue(clinic).await;
    desk::says(clinic, "Take the registration back").await;
    desk::sees(clinic, "Taken back", "Nothing can sign in").await;
    clinic.person(&link).await.is_turned_away(OVER, NEW_LINK).await;

    let link = desk::issue(clinic).await;
    let mut person = clinic.person(&link).await;
    person.goes_on().await;
    desk::sees(clinic, "Waiting for the passkey", "Ask the person to make the passkey").await;
    desk::says(clinic, "Take the registration back").await;
    desk::sees(clinic, "Taken back", "delete the passkey from Wardkey").await;
    person.sees("The registration was taken back", "why, and for a new link").await;
    assert_eq!(clinic.last_event().await, "link-revoked");
    assert_eq!(clinic.passkeys().await, []);
}

async fn the_authority_takes_it_back_while_the_phone_is_asked(clinic: &mut Clinic) {
    let link = desk::issue(clinic).await;
    let mut person = clinic.person(&link).await;
    person.goes_on().await;
    let code = person.asks_for_a_passkey(clinic).await;
    desk::says(clinic, "Take the registration back").await;
    let (made, said) = clinic.scan(&code, CLINICIANS, &[]).await;
    assert!(made, "the phone cannot know: {said}");
    person.is_told(OVER, NEW_LINK).await;
    person.sees("The registration was taken back", "why, and for a new link").await;
    desk::sees(clinic, "Taken back", "delete the passkey from Wardkey").await;
    assert_eq!(clinic.passkeys().await, []);
}

async fn the_authority_takes_a_passkey_back(clinic: &mut Clinic) {
    let link = desk::issue(clinic).await;
    let mut person = clinic.person(&link).await;
    person.goes_on().await;
    person.makes_a_passkey(clinic).await;
    desk::code(clinic).await;
    desk::says(clinic, "Take the registration back").await;
    desk::sees(clinic, "Taken back", "delete the passkey from Wardkey").await;
    person.sees("The registration was taken back", "why, and for a new link").await;
    assert_eq!(clinic.passkeys().await, [Passkey::Destroyed]);
}

async fn the_codes_differ(clinic: &mut Clinic) {
    let link = desk::issue(clinic).await;
    let mut person = clinic.person(&link).await;
    person.goes_on().await;
    person.makes_a_passkey(clinic).await;
    desk::code(clinic).await;
    desk::says(clinic, "They differ").await;
    desk::sees(clinic, "The codes differed", "Ask how they got the link, report it").await;
    person.sees("The codes were different", "Delete the new passkey in Wardkey").await;
    assert_eq!(clinic.last_event().await, "codes-differed");
    assert_eq!(clinic.passkeys().await, [Passkey::Destroyed; 2]);
    assert_eq!(
        text(&mut clinic.browser, "#happened li:last-child .desk-words").await,
        "The codes differ: the passkey was destroyed."
    );
}
