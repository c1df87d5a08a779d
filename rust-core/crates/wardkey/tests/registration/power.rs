//! The power fails: the sandbox is killed at every step of a registration, in front of both pages.

use std::time::Duration;

use tokio::time::{interval, timeout};
use wardkey_register::{AuthenticatorState as Passkey, registrations::RegistrationState as State};

use crate::{
    clinic::{CLINICIANS, Clinic},
    desk,
    pages::{arrive, go, press, push_button, read, text, until},
    person::{Person, witness},
    room::PATIENCE,
};

const SILENT: &str = "The service does not answer";

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_killed_at_any_step_leaves_two_pages_that_go_on_and_nothing_half_registered() {
    let mut clinic = Clinic::open().await;
    let mut person = before_the_link_is_opened(&mut clinic).await;
    before_a_passkey_is_made(&mut clinic, &mut person).await;
    before_the_passkey_arrives(&mut clinic, &mut person).await;
    let code = when_the_passkey_has_arrived(&mut clinic, &mut person).await;
    before_the_codes_are_compared(&mut clinic, &mut person, &code).await;
    while_they_are_confirmed(&mut clinic, &mut person).await;
    after_the_end(&mut clinic, &mut person).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_killed_while_a_link_is_opened_leaves_a_link_that_works_or_says_why_not() {
    let mut clinic = Clinic::open().await;
    let link = desk::issue(&mut clinic).await;
    let mut person = clinic.person(&link).await;
    tokio::join!(press(&mut person.window, "Continue"), clinic.sandbox.kill());
    clinic.sandbox.start_again().await;
    go(&mut person.window, &link).await;
    arrive(&mut person.window, "main h1").await;
    let heading = text(&mut person.window, "main h1").await;
    match clinic.registration().await {
        // Nobody had opened it: it can be opened still.
        State::Issued => person.goes_on().await,
        State::Opened | State::Checked if heading != "Register your passkey" => {
            person.can_make_a_passkey().await;
        }
        // It was opened, and the browser was not told so.
        State::Opened => {
            press(&mut person.window, "Continue").await;
            let taken = "This link was opened already, in another browser";
            person.is_turned_away(taken, "tell your registration authority").await;
            desk::hears(&mut clinic, "Another browser tried the same link").await;
        }
        other => panic!("{other:?}: {heading}"),
    }
    assert_eq!(clinic.passkeys().await, []);
}

/// Waits until both pages say that nobody answers, while the sandbox is away.
async fn both_notice(clinic: &mut Clinic, person: &mut Person) {
    person.is_told(SILENT, "Check the network").await;
    until(&mut clinic.browser, "!document.getElementById('connection').hidden").await;
    read(&mut clinic.browser, "#connection", "decide nothing until then").await;
}

/// Waits until both pages have the sandbox back, without being loaded again.
async fn both_go_on(clinic: &mut Clinic, person: &mut Person) {
    until(&mut person.window, "document.getElementById('problem').hidden").await;
    until(&mut clinic.browser, "document.getElementById('connection').hidden").await;
}

async fn before_the_link_is_opened(clinic: &mut Clinic) -> Person {
    let link = desk::issue(clinic).await;
    clinic.sandbox.kill_and_start_again().await;
    assert_eq!(clinic.registration().await, State::Issued);
    let mut person = clinic.person(&link).await;
    person.goes_on().await;
    desk::sees(clinic, "Waiting for the passkey", "Ask the person to make the passkey").await;
    person
}

async fn before_a_passkey_is_made(clinic: &mut Clinic, person: &mut Person) {
    clinic.sandbox.kill().await;
    both_notice(clinic, person).await;
    clinic.sandbox.start_again().await;
    both_go_on(clinic, person).await;
    person.can_make_a_passkey().await;
    assert_eq!(clinic.registration().await, State::Checked);
    assert_eq!(clinic.passkeys().await, []);
}

/// The phone has made one, and the page cannot hand it in.
async fn before_the_passkey_arrives(clinic: &mut Clinic, person: &mut Person) {
    let code = person.asks_for_a_passkey(clinic).await;
    clinic.sandbox.kill().await;
    let (made, said) = clinic.scan(&code, CLINICIANS, &[]).await;
    assert!(made, "{said}");
    // What failed here is the page's own doing, so it says so until it is tried again. Before, it may have said
    // that it goes on by itself.
    read(&mut person.window, "#problem", "then try again").await;
    person.is_told(SILENT, "then try again").await;
    clinic.sandbox.start_again().await;
    until(&mut clinic.browser, "document.getElementById('connection').hidden").await;
    assert_eq!(clinic.registration().await, State::Checked);
    assert_eq!(clinic.passkeys().await, []);
}

/// The passkey is on the register, whether the page was told so or not.
async fn when_the_passkey_has_arrived(clinic: &mut Clinic, person: &mut Person) -> String {
    let code = person.asks_for_a_passkey(clinic).await;
    let ((made, said), ()) = tokio::join!(clinic.scan(&code, CLINICIANS, &[]), is_made(clinic));
    assert!(made, "{said}");
    clinic.sandbox.kill_and_start_again().await;
    person.sees("Read the code to your registration authority", "from the phone").await;
    until(&mut person.window, "document.getElementById('problem').hidden").await;
    assert_eq!(clinic.passkeys().await, [Passkey::Pending]);
    witness(&said)
}

/// Looks at the register until it has the passkey.
async fn is_made(clinic: &Clinic) {
    let look = async {
        let mut looks = interval(Duration::from_millis(5));
        while clinic.registration().await != State::Made {
            looks.tick().await;
        }
    };
    timeout(PATIENCE, look).await.expect("a passkey on the register");
}

async fn before_the_codes_are_compared(clinic: &mut Clinic, person: &mut Person, phones: &str) {
    assert_eq!(desk::code(clinic).await, phones);
    clinic.sandbox.kill().await;
    both_notice(clinic, person).await;
    clinic.sandbox.start_again().await;
    both_go_on(clinic, person).await;
    assert_eq!(desk::code(clinic).await, phones);
    assert_eq!(clinic.passkeys().await, [Passkey::Pending]);
}

/// The answer to the authority's word may be lost, and the word with it. The page that is loaded again says
/// whether it counts.
async fn while_they_are_confirmed(clinic: &mut Clinic, person: &mut Person) {
    let desk = &mut clinic.browser;
    let address = desk.evaluate("location.href").await.unwrap().as_str().unwrap().to_owned();
    tokio::join!(press(desk, "They match"), clinic.sandbox.kill());
    clinic.sandbox.start_again().await;
    go(&mut clinic.browser, &address).await;
    arrive(&mut clinic.browser, "#state-heading").await;
    let confirmed = clinic.registration().await == State::Active;
    let wanted = if confirmed { Passkey::Active } else { Passkey::Pending };
    assert_eq!(clinic.passkeys().await, [wanted]);
    if !confirmed {
        desk::says(clinic, "They match").await;
    }
    desk::sees(clinic, "The authenticator is active", "The person can sign in").await;
    person.sees("Your passkey is ready", "You can sign in").await;
}

async fn after_the_end(clinic: &mut Clinic, person: &mut Person) {
    clinic.sandbox.kill_and_start_again().await;
    assert_eq!(clinic.passkeys().await, [Passkey::Active]);
    person.sees("Your passkey is ready", "You can sign in").await;
    let mut ward = clinic.window("/login").await;
    arrive(&mut ward, "#login").await;
    push_button(&mut ward, "Sign in with a passkey").await;
    clinic.sign_in(CLINICIANS).await;
    read(&mut ward, "main", "Clinician with one role").await;
}
