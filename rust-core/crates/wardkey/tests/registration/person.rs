//! What the person whose passkey it is to be does and sees behind a link.

use wardkey_chromium::Window;

use crate::{
    clinic::{CLINICIANS, Clinic},
    pages::{arrive, press, push_button, read, text, until},
};

pub struct Person {
    pub window: Window,
}

impl Person {
    /// Presses Continue, and waits until the browser was checked.
    pub async fn goes_on(&mut self) {
        press(&mut self.window, "Continue").await;
        self.can_make_a_passkey().await;
    }

    pub async fn can_make_a_passkey(&mut self) {
        arrive(&mut self.window, "#enrol[data-state=checked]").await;
        until(&mut self.window, "!document.getElementById('make').hidden").await;
    }

    /// Asks for a passkey. Gives the code that the browser shows.
    pub async fn asks_for_a_passkey(&mut self, clinic: &Clinic) -> String {
        self.window.bring_to_front().await.unwrap();
        push_button(&mut self.window, "Make the passkey").await;
        clinic.room.code().await
    }

    /// Makes a passkey with a phone that claims nothing wrong. Gives the code that the phone shows.
    pub async fn makes_a_passkey(&mut self, clinic: &Clinic) -> String {
        let code = self.asks_for_a_passkey(clinic).await;
        let (made, said) = clinic.scan(&code, CLINICIANS, &[]).await;
        assert!(made, "{said}");
        witness(&said)
    }

    pub async fn loads_again(&mut self) {
        let again = "globalThis.leaving = true; location.reload()";
        self.window.evaluate(again).await.unwrap();
        arrive(&mut self.window, "#enrol[data-state]").await;
    }

    /// Waits until the page says what became of the registration, and what to do.
    pub async fn sees(&mut self, heading: &str, words: &str) {
        read(&mut self.window, "#heading", heading).await;
        let shown = text(&mut self.window, "#words").await;
        assert!(shown.contains(words), "“{words}” expected: {shown}");
    }

    /// Waits until the page says that there is a problem, and what to do. Gives all of it.
    pub async fn is_told(&mut self, problem: &str, remedy: &str) -> String {
        read(&mut self.window, "#problem", problem).await;
        let shown = text(&mut self.window, "#problem").await;
        assert!(shown.contains(remedy), "“{remedy}” expected: {shown}");
        shown
    }

    /// Waits until the link is refused with a page of its own.
    pub async fn is_turned_away(&mut self, problem: &str, remedy: &str) {
        read(&mut self.window, "main", problem).await;
        let shown = text(&mut self.window, "main").await;
        assert!(shown.contains(remedy), "“{remedy}” expected: {shown}");
    }
}

/// The code that a phone tells its user.
pub fn witness(said: &str) -> String {
    let (_, code) = said.split_once("registration authority: ").expect(said);
    code.lines().next().unwrap().to_owned()
}
