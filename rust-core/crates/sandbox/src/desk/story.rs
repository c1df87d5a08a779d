//! What happened in a registration, in words: each event, at which stage something went wrong, why, and what
//! to tell the person.

use minijinja::{Value, context};
use serde::Deserialize;
use wardkey_register::registrations::{EventKind, Hindrance, RegistrationEvent};

use super::view::when;

/// Something that did not work and can be tried again.
pub(super) struct Trouble {
    stage: &'static str,
    why: String,
    tell: String,
}

impl Trouble {
    fn read(detail: &str) -> Option<Self> {
        let Hindrance { stage, why, tell } = serde_json::from_str(detail).ok()?;
        let stage = match stage.as_str() {
            "checks" => "When the browser was checked",
            _ => "When the passkey was made",
        };
        Some(Self { stage, why, tell })
    }

    pub(super) fn context(&self) -> Value {
        let Self { stage, why, tell } = self;
        context! { stage => *stage, why => why.as_str(), tell => tell.as_str() }
    }

    pub(super) fn words(&self) -> String {
        let Self { stage, why, tell } = self;
        if tell.is_empty() { format!("{stage}: {why}") } else { format!("{stage}: {why}. {tell}") }
    }
}

/// The trouble that a registration is in: nothing happened since.
pub(super) fn trouble(events: &[RegistrationEvent]) -> Option<Trouble> {
    let last = events.iter().rev().find(|event| event.kind != EventKind::Reopened)?;
    if last.kind == EventKind::Problem { Trouble::read(&last.detail) } else { None }
}

/// Everything that happened, oldest first.
pub(super) fn lines(events: &[RegistrationEvent]) -> Vec<Value> {
    let before = |index: usize| {
        let earlier = events.iter().take(index).rev();
        let mut steps = earlier.map(|event| event.kind).filter(|kind| is_step(*kind));
        steps.next().unwrap_or(EventKind::Issued)
    };
    events.iter().enumerate().map(|(index, event)| line(event, before(index))).collect()
}

const fn is_step(kind: EventKind) -> bool {
    !matches!(kind, EventKind::Problem | EventKind::Reopened)
}

/// One thing that happened, after this step.
fn line(event: &RegistrationEvent, after: EventKind) -> Value {
    let (words, grade) = match event.kind {
        EventKind::Issued => ("Link made", "done"),
        EventKind::Opened => ("Link opened, by one browser", "done"),
        EventKind::Reopened => (
            "Another browser tried the same link and was turned away. Ask the person whether that was them",
            "warn",
        ),
        EventKind::Checked if Abilities::read(event).can_do_nothing() => {
            ("The browser may be unable to make a passkey", "warn")
        }
        EventKind::Checked => ("The browser can make a passkey", "done"),
        EventKind::Problem => ("Something did not work, and can be tried again", "warn"),
        EventKind::Made => ("Passkey made, and its hardware judged", "done"),
        EventKind::Confirmed => ("The codes are the same", "done"),
        EventKind::Differed => ("The codes differ: the passkey was destroyed", "fail"),
        EventKind::Revoked => ("Taken back", "fail"),
        EventKind::Refused => ("The phone was refused", "fail"),
        EventKind::Failed => ("Ended without a passkey", "fail"),
        EventKind::Expired => ("The time was over", "fail"),
    };
    context! {
        words, grade,
        at => event.at.to_string(),
        when => when(event.at),
        more => more(event, after),
    }
}

/// More of what happened, in words.
fn more(event: &RegistrationEvent, after: EventKind) -> Option<String> {
    match event.kind {
        EventKind::Problem | EventKind::Failed => {
            Trouble::read(&event.detail).map(|trouble| trouble.words())
        }
        EventKind::Checked => Some(Abilities::read(event).words()),
        EventKind::Refused => Some(
            "When the passkey was judged: the check that failed and its reason are below"
                .to_owned(),
        ),
        EventKind::Expired | EventKind::Revoked => Some(stage(after).to_owned()),
        _ => None,
    }
}

/// Where a registration was when it ended early.
const fn stage(after: EventKind) -> &'static str {
    match after {
        EventKind::Opened => "When the browser was checked: the page was not loaded to its end",
        EventKind::Checked => "When the passkey was made: none had come",
        EventKind::Made => "When the codes were compared: nobody had said that they match",
        _ => "Before the link was opened",
    }
}

/// What a browser said that it can do. It need not say.
#[derive(Default, Deserialize)]
struct Abilities {
    platform: Option<bool>,
    hybrid: Option<bool>,
    browser: Option<String>,
}

impl Abilities {
    fn read(event: &RegistrationEvent) -> Self {
        serde_json::from_str(&event.detail).unwrap_or_default()
    }

    fn can_do_nothing(&self) -> bool {
        self.platform == Some(false) && self.hybrid == Some(false)
    }

    fn words(&self) -> String {
        let itself = match self.platform {
            Some(true) => "It can verify its user by itself, with fingerprint, face or PIN",
            Some(false) => "It has no fingerprint, face or PIN of its own for passkeys",
            None => "It does not say whether it can verify its user by itself",
        };
        let other = match self.hybrid {
            Some(true) => "it can use a phone by QR code",
            Some(false) => "it cannot use a phone by QR code",
            None => "it does not say whether it can use a phone by QR code",
        };
        let advice = if self.can_do_nothing() {
            ". If no passkey comes, issue a new link and ask the person to open it in Chrome on the phone that has Wardkey"
        } else {
            ""
        };
        let device = device(self.browser.as_deref().unwrap_or_default());
        format!("{device}. {itself}; {other}{advice}")
    }
}

/// What a browser calls itself, for people: the version of Android, if it says one.
fn device(agent: &str) -> String {
    let Some((_, rest)) = agent.split_once("Android ") else {
        let words = if agent.contains("Wardkey") {
            "On a phone of the Wardkey command"
        } else {
            "Not on the phone itself: the phone is used by QR code"
        };
        return words.to_owned();
    };
    let major = rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
    match major.parse::<u32>() {
        // Browsers of today say “10” whatever the phone has.
        Ok(10) | Err(_) => "On an Android phone".to_owned(),
        Ok(major) if major < 14 => {
            format!("On Android {major}, as the browser says. Wardkey needs Android 14 or newer")
        }
        Ok(major) => format!("On Android {major}, as the browser says"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Abilities, Trouble, device};

    #[test]
    fn what_a_browser_can_do_has_words() {
        let words = |platform, hybrid| Abilities { platform, hybrid, browser: None }.words();
        assert!(words(Some(true), None).contains("It can verify its user by itself"));
        assert!(words(None, Some(true)).contains("it can use a phone by QR code"));
        assert!(words(None, None).contains("does not say whether it can use a phone"));
        let neither = words(Some(false), Some(false));
        assert!(
            neither.contains("cannot use a phone") && neither.contains("a new link"),
            "{neither}"
        );
        assert!(!words(Some(false), Some(true)).contains("a new link"));
    }

    /// Events of older registrations have nothing to tell.
    #[test]
    fn an_old_problem_is_told_without_a_remedy() {
        let old = Trouble::read(r#"{"stage":"passkey","why":"cancelled"}"#).unwrap();
        assert_eq!(old.words(), "When the passkey was made: cancelled");
    }

    #[test]
    fn what_a_browser_says_of_its_phone() {
        let chrome =
            |version: &str| format!("Mozilla/5.0 (Linux; Android {version}; K) Chrome/131");
        assert_eq!(device(&chrome("10")), "On an Android phone");
        assert_eq!(device(&chrome("15")), "On Android 15, as the browser says");
        assert!(device(&chrome("13.1")).ends_with("Wardkey needs Android 14 or newer"));
        assert_eq!(device(&chrome("")), "On an Android phone");
        assert!(device("Mozilla/5.0 (X11; Linux x86_64)").starts_with("Not on the phone"));
    }
}
