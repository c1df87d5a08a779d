//! What the pages of the desk show, in words.

use std::fmt::Write as _;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use minijinja::{Value, context};
use wardkey_register::{
    Authenticator, AuthenticatorState, Moment,
    registrations::{Registration, RegistrationEvent, RegistrationState as State},
};

use super::story;

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

/// One line of the list of authenticators. `reached`: the level that signing in with it reaches here.
pub(super) fn authenticator(authenticator: &Authenticator, by: &str, reached: u8) -> Value {
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
        assurance => level(authenticator, reached),
        registered_at => when(authenticator.registered_at),
        last_used_at => authenticator.last_used_at.map(when),
        ended_at => end.map(|end| when(end.at)),
        reason => end.map(|end| end.reason.clone()),
    }
}

/// The level that signing in with an authenticator reaches, in words.
fn level(authenticator: &Authenticator, reached: u8) -> String {
    match (authenticator.trial, authenticator.made.assurance) {
        (false, _) => reached.to_string(),
        (true, accepted) if accepted > reached => format!(
            "{reached}. A trial: a test policy accepted it for level {accepted}, and is not believed here"
        ),
        (true, 3) => {
            "3. A trial: accepted under a test policy, and at level 2 under a policy in earnest"
                .to_owned()
        }
        (true, _) => format!("{reached}. A trial: accepted under a test policy"),
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
        reaches => reaches(&json),
        policy => text("policy"),
        test => is_trial(&json),
        checks,
    })
}

/// Whether a test policy judged.
fn is_trial(verdict: &serde_json::Value) -> bool {
    verdict.get("test").and_then(serde_json::Value::as_bool).unwrap_or_default()
}

/// The level that a verdict is worth, in words; verdicts of before do not say.
fn reaches(verdict: &serde_json::Value) -> Option<&'static str> {
    match verdict.get("assuranceLevel").and_then(serde_json::Value::as_u64) {
        Some(3) if is_trial(verdict) => Some(
            "Reaches level 3: its certificates say that hardware keeps the key, and a test policy believes them.",
        ),
        Some(3) => Some(
            "Reaches level 3: hardware proves where the key lives and that it verifies its user.",
        ),
        Some(2) => Some(
            "Reaches level 2: no hardware says anything of the key. It opens no desk, and no application that demands level 3.",
        ),
        _ => None,
    }
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
    let trouble = story::trouble(events);
    context! {
        state => state.as_str(),
        heading => heading(registration),
        advice => if state == State::Made && !mine { WATCHING } else { advice(state) },
        trouble => trouble.as_ref().map(story::Trouble::context),
        tone => tone(state),
        over => state.is_over(),
        can_decide => state == State::Made && mine,
        can_only_refuse => state == State::Made && !mine,
        witness => made.and_then(|made| made.witness.clone()),
        verdict => made.and_then(|made| verdict(Some(&made.verdict))),
        lines => story::lines(events),
    }
}

/// The trouble that the last of these events is, for a screen reader.
pub(super) fn trouble(events: &[RegistrationEvent]) -> Option<String> {
    story::trouble(events).map(|trouble| trouble.words())
}

const fn tone(state: State) -> &'static str {
    match state {
        State::Active => "good",
        State::Expired | State::Revoked | State::Refused | State::Differed | State::Failed => "bad",
        _ => "open",
    }
}

#[cfg(test)]
mod tests {
    use wardkey_register::Moment;

    use super::when;

    #[test]
    fn times_are_read_by_people() {
        let moment = Moment::from_millis(1_795_000_000_123);
        assert_eq!(when(moment), "2026-11-18 11:06:40 UTC");
    }
}
