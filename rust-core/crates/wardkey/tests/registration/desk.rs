//! What the registration authority does and sees at the desk.

use wardkey_chromium::Window;

use crate::{
    clinic::{CLINICIAN, Clinic},
    pages::{all, arrive, go, press, read, text},
};

/// Goes from the search to the link, and stays on the page that follows the registration.
pub async fn issue(clinic: &mut Clinic) -> String {
    let search = clinic.address(&format!("/desk?q={CLINICIAN}"));
    let desk: &mut Window = &mut clinic.browser;
    go(desk, &search).await;
    arrive(desk, ".desk-list a").await;
    press(desk, "Clinician with one role").await;
    arrive(desk, "a[href$='/issue']").await;
    press(desk, "Issue other authenticator").await;
    arrive(desk, "a[href$='/issue/passkey']").await;
    press(desk, "Passkey").await;
    arrive(desk, "form button").await;
    read(desk, "main li", "It works once, for 10 minutes").await;
    press(desk, "Generate link").await;
    arrive(desk, "#link-text").await;
    let link = desk.evaluate("document.getElementById('link-text').value").await.unwrap();
    link.as_str().unwrap().to_owned()
}

/// Waits until the live page says where the registration is, and what to do.
pub async fn sees(clinic: &mut Clinic, heading: &str, advice: &str) {
    read(&mut clinic.browser, "#state-heading", heading).await;
    let shown = all(&mut clinic.browser, ".desk-state p").await.join(" ");
    assert!(shown.contains(advice), "“{advice}” expected: {shown}");
}

/// Waits until the live page tells that this happened.
pub async fn hears(clinic: &mut Clinic, words: &str) {
    read(&mut clinic.browser, "#happened li", words).await;
}

/// Presses one of the buttons that end the registration.
pub async fn says(clinic: &mut Clinic, words: &str) {
    press(&mut clinic.browser, words).await;
    arrive(&mut clinic.browser, "#state-heading").await;
}

/// The code to compare with the phone's.
pub async fn code(clinic: &mut Clinic) -> String {
    sees(clinic, "Compare the codes", "Press “They match” only if you hear all twelve digits")
        .await;
    text(&mut clinic.browser, "#code").await
}
