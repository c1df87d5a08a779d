//! What the pages of the desk show, in words.

use std::fmt::Write as _;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use minijinja::{Value, context};
use wardkey_register::{
    Authenticator, AuthenticatorState, Moment,
    registrations::{
        EventKind, Hindrance, Registration, RegistrationEvent, RegistrationState as State,
    },
};

/// The modules of a QR code as an SVG path, with the border scanners need.
pub(super) fn picture(text: &str) -> Option<Value> {
    const BORDER: usize = 4;

    let code = wardkey_qr_picture::modules(text)?;
    let width = code.width();
    let mut path = String::new();
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == qrcode::Color::Dark {
            let (x, y) = (index % width + BORDER, index / width + BORDER);
            // A String takes everything.
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    Some(context! { path, size => width + 2 * BORDER })
}

/// A time for people, to the second, in UTC.
pub(super) fn when(moment: Moment) -> String {
    let text = moment.to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    format!("{} UTC", seconds.replace('T', " "))
}

/// One line of the list of authenticators.
pub(super) fn authenticator(authenticator: &Authenticator, by: &str) -> Value {
    let made = &authenticator.made;
    let state = match authenticator.state {
        AuthenticatorState::Pending => "Waiting for the comparison of the codes",
        AuthenticatorState::Active => "Active",
        AuthenticatorState::Removed => "Removed",
        AuthenticatorState::Destroyed => "Destroyed",
    };
    let verdict = verdict(made.verdict.as_deref());
    let end = authenticator.end.as_ref();
    context! {
        credential => Base64UrlUnpadded::encode_string(&made.credential_id),
        state, verdict, by,
        active => authenticator.state == AuthenticatorState::Active,
        assurance => made.assurance,
        registered_at => when(authenticator.registered_at),
        last_used_at => authenticator.last_used_at.map(when),
        ended_at => end.map(|end| when(end.at)),
        reason => end.map(|end| end.reason.clone()),
    }
}

/// One line of the list of registrations.
pub(super) fn registration_line(registration: &Registration, by: &str) -> Value {
    context! {
        id => registration.id.as_str(),
        issued_at => when(registration.issued_at),
        state => heading(registration),
        by,
    }
}

/// A stored verdict, for the pages.
fn verdict(json: Option<&str>) -> Option<Value> {
    let json: serde_json::Value = serde_json::from_str(json?).ok()?;
    let text = |name: &str| json.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let outcome = text("verdict");
    let (words, advice) = match outcome {
        "accept" => ("Accept", "The phone's hardware proves everything that the policy demands."),
        "accept-with-warnings" => (
            "Accept with warnings",
            "Nothing that the policy demands is missing. Read the warnings below before you go on.",
        ),
        "refuse" => {
            ("Refuse", "Something that the policy demands is not proved. The reasons are below.")
        }
        _ => return None,
    };
    let checks = json.get("checks").and_then(serde_json::Value::as_array);
    let checks: Vec<Value> = checks.into_iter().flatten().map(check).collect();
    Some(context! {
        outcome, words, advice,
        policy => text("policy"),
        test => json.get("test").and_then(serde_json::Value::as_bool).unwrap_or_default(),
        checks,
    })
}

/// One line of a stored verdict.
fn check(json: &serde_json::Value) -> Value {
    let text = |name: &str| json.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    context! {
        check => text("check"),
        title => text("title"),
        grade => text("grade"),
        value => text("value"),
        reason => text("reason"),
    }
}

/// Where a registration is, as a heading.
pub(super) const fn heading(registration: &Registration) -> &'static str {
    match registration.state {
        State::Issued => "Waiting for the link to be opened",
        State::Opened => "The link was opened",
        State::Checked => "Waiting for the passkey",
        State::Made => "Compare the codes",
        State::Active => "The authenticator is active",
        State::Expired => "The time is over",
        State::Revoked => "Taken back",
        State::Refused => "The phone was refused",
        State::Differed => "The codes differed",
        State::Failed => "The registration failed",
    }
}

/// For an authority who did not issue the link.
const WATCHING: &str = "The authority who issued the link is comparing the codes with the person. Do not read the code to anybody.";

/// Whether to accept, and what to do and to tell the person now.
const fn advice(state: State) -> &'static str {
    match state {
        State::Issued => {
            "Give the link to the person on the call, and to nobody else. Stay on the call until the end."
        }
        State::Opened => {
            "The person's browser is being checked. If nothing happens, ask them to press Continue."
        }
        State::Checked => {
            "Ask the person to make the passkey on their phone, with fingerprint, face or PIN."
        }
        State::Made => {
            "Ask the person to read the code from the Wardkey app on their phone. You read along and do not say the code yourself. Press “They match” only if you hear all twelve digits as below, from the person whose identity you have checked."
        }
        State::Active => "The person can sign in with this phone. You can end the call.",
        State::Expired => {
            "Nothing can sign in. Tell the person to delete the passkey from Wardkey if there is one, and issue a new link."
        }
        State::Revoked => {
            "Nothing can sign in. Tell the person to delete the passkey from Wardkey if there is one."
        }
        State::Refused => {
            "Do not accept this phone: nothing was registered. Read the reasons below to the person. A new link helps only if they can be mended, or with another phone."
        }
        State::Differed => {
            "The passkey was destroyed: somebody other than this person may have used the link. Tell the person to delete the passkey from Wardkey. Ask how they got the link, report it, and give a new one over another way."
        }
        State::Failed => {
            "Nothing was registered. The reason is below. Tell the person to delete the passkey from Wardkey, and issue a new link."
        }
    }
}

/// The live part of a registration's page. `mine`: this authority issued the link.
pub(super) fn progress(
    registration: &Registration,
    events: &[RegistrationEvent],
    mine: bool,
) -> Value {
    let state = registration.state;
    let made = registration.passkey.as_ref();
    let lines: Vec<Value> = events.iter().map(line).collect();
    context! {
        state => state.as_str(),
        heading => heading(registration),
        advice => if state == State::Made && !mine { WATCHING } else { advice(state) },
        tone => tone(state),
        over => state.is_over(),
        can_decide => state == State::Made && mine,
        can_only_refuse => state == State::Made && !mine,
        witness => made.and_then(|made| made.witness.clone()),
        verdict => made.and_then(|made| verdict(Some(&made.verdict))),
        lines,
    }
}

const fn tone(state: State) -> &'static str {
    match state {
        State::Active => "good",
        State::Expired | State::Revoked | State::Refused | State::Differed | State::Failed => "bad",
        _ => "open",
    }
}

/// One thing that happened.
fn line(event: &RegistrationEvent) -> Value {
    let (words, grade) = match event.kind {
        EventKind::Issued => ("Link made", "done"),
        EventKind::Opened => ("Link opened, by one browser", "done"),
        EventKind::Reopened => (
            "Another browser tried the same link and was turned away. Ask the person whether that was them",
            "warn",
        ),
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
        more => more(event),
    }
}

/// More of what happened, in words.
fn more(event: &RegistrationEvent) -> Option<String> {
    match event.kind {
        EventKind::Problem | EventKind::Failed => {
            let hindrance: Hindrance = serde_json::from_str(&event.detail).ok()?;
            let stage = match hindrance.stage.as_str() {
                "checks" => "When the browser was checked",
                _ => "When the passkey was made",
            };
            Some(format!("{stage}: {}", hindrance.why))
        }
        EventKind::Checked => {
            let detail: serde_json::Value = serde_json::from_str(&event.detail).ok()?;
            detail.get("browser").and_then(serde_json::Value::as_str).map(device)
        }
        _ => None,
    }
}

/// What a browser calls itself, for people: the version of Android, if it says one.
fn device(agent: &str) -> String {
    let version = agent.split("Android ").nth(1).map(|rest| {
        rest.chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect()
    });
    match version {
        Some(version) => {
            let version: String = version;
            match version.split('.').next().and_then(|major| major.parse::<u32>().ok()) {
                // Browsers of today say “10” whatever the phone has.
                Some(10) | None => "On an Android phone".to_owned(),
                Some(major) if major < 14 => {
                    format!(
                        "On Android {major}, as the browser says. Wardkey needs Android 14 or newer"
                    )
                }
                Some(major) => format!("On Android {major}, as the browser says"),
            }
        }
        None if agent.contains("Wardkey") => "On a phone of the Wardkey command".to_owned(),
        None => "Not on the phone itself: the phone is used by QR code".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use wardkey_register::Moment;

    use super::{device, when};

    #[test]
    fn times_are_read_by_people() {
        let moment = Moment::from_millis(1_795_000_000_123);
        assert_eq!(when(moment), "2026-11-18 11:06:40 UTC");
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
