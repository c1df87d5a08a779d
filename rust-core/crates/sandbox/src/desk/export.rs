//! Everybody on the register, to take away.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{
        HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use wardkey_evidence::{Actor, Event};
use wardkey_register::{Authenticator, AuthenticatorState, Moment, Person};

use super::form::{DeskForm, shown};
use crate::{api::now, proof, refusal::Refusal, relying_party::RelyingParty, session::Session};

/// One person with what can sign them in.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    name: String,
    display_name: String,
    uid: String,
    /// Authenticators that can sign in.
    authenticators: usize,
    /// The highest level any of them reaches here.
    assurance: Option<u8>,
    last_registered_at: Option<Moment>,
    last_used_at: Option<Moment>,
    /// How many of them a test policy accepted.
    trials: usize,
}

#[derive(Clone, Copy)]
enum Format {
    Csv,
    Json,
}

impl Format {
    fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            Some("csv") => Some(Self::Csv),
            Some("json") => Some(Self::Json),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

pub(super) async fn export(
    State(party): State<Arc<RelyingParty>>,
    DeskForm { session, fields }: DeskForm,
) -> Response {
    let exported = match Format::parse(fields.get("format").ok().flatten()) {
        Some(format) => exported(&party, &session, format).await,
        None => Err(Refusal::Parameter("the format is “csv” or “json”".to_owned())),
    };
    shown(&party, &session.person.id, "desk/export", exported).await
}

async fn exported(
    party: &RelyingParty,
    session: &Session,
    format: Format,
) -> Result<Response, Refusal> {
    let mut lines = Vec::new();
    for person in party.database.people().await? {
        let authenticators = party.database.authenticators_of(&person.id).await?;
        lines.extend(line(party, &person, &authenticators));
    }
    let mut act = party.database.act().await?;
    let event = Event::Exported {
        authority: Actor::Person(session.person.id.to_string()),
        format: format.name().to_owned(),
        people: lines.len() as u64,
    };
    act.record(&event, now()).await?;
    act.commit().await?;
    party.note(Some(&session.person.id), "desk/exported", format.name(), now()).await;
    let (kind, body) = match format {
        Format::Csv => ("text/csv; charset=utf-8", csv(&lines)),
        Format::Json => {
            let unreadable = |error: serde_json::Error| Refusal::Json(error.to_string());
            ("application/json", serde_json::to_string_pretty(&lines).map_err(unreadable)?)
        }
    };
    let disposition = match format {
        Format::Csv => HeaderValue::from_static("attachment; filename=\"registered.csv\""),
        Format::Json => HeaderValue::from_static("attachment; filename=\"registered.json\""),
    };
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, body).into_response())
}

/// Somebody without an authenticator is not registered.
fn line(party: &RelyingParty, person: &Person, authenticators: &[Authenticator]) -> Option<Line> {
    let active: Vec<_> = authenticators
        .iter()
        .filter(|authenticator| authenticator.state == AuthenticatorState::Active)
        .collect();
    if active.is_empty() {
        return None;
    }
    let latest = |moments: Vec<Moment>| moments.into_iter().max_by_key(|moment| moment.millis());
    Some(Line {
        name: person.name.clone(),
        display_name: person.display_name.clone(),
        uid: person.uid.clone(),
        authenticators: active.len(),
        assurance: active.iter().map(|one| proof::reached(party, one)).max(),
        last_registered_at: latest(active.iter().map(|one| one.registered_at).collect()),
        last_used_at: latest(active.iter().filter_map(|one| one.last_used_at).collect()),
        trials: active.iter().filter(|one| one.trial).count(),
    })
}

const HEADINGS: &str =
    "name,displayName,uid,authenticators,assurance,lastRegisteredAt,lastUsedAt,trials";

/// RFC 4180.
fn csv(lines: &[Line]) -> String {
    let moment = |moment: Option<Moment>| moment.map_or(String::new(), |at| at.to_string());
    let mut text = format!("{HEADINGS}\r\n");
    for line in lines {
        let cells = [
            cell(&line.name),
            cell(&line.display_name),
            cell(&line.uid),
            cell(&line.authenticators.to_string()),
            cell(&line.assurance.map_or(String::new(), |level| level.to_string())),
            cell(&moment(line.last_registered_at)),
            cell(&moment(line.last_used_at)),
            cell(&line.trials.to_string()),
        ];
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// Always in quotation marks. A spreadsheet takes what begins with one of these for a formula, and a
/// name is whatever somebody entered; an apostrophe in front makes it text.
fn cell(text: &str) -> String {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@'])
        || text.starts_with(['\t', '\r', '\n'])
        || text.trim_start().starts_with(['＝', '＋', '－', '＠']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::cell;

    #[test]
    fn formulas_become_text() {
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("  @SUM(A1)"), "\"'  @SUM(A1)\"");
        assert_eq!(cell("\t-2"), "\"'\t-2\"");
        assert_eq!(cell("Clinician, \"one\" role"), "\"Clinician, \"\"one\"\" role\"");
    }

    proptest! {
        #[test]
        fn a_cell_stays_one_cell_and_no_formula(text in "[=+@,\"\r\n\ta-z -]{0,12}") {
            let cell = cell(&text);
            let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap();
            // Between the outer marks every mark is doubled.
            prop_assert!(!inner.replace("\"\"", "").contains('"'));
            let first = inner.trim_start().chars().next();
            prop_assert!(!matches!(first, Some('=' | '+' | '-' | '@')), "{}", cell);
            prop_assert!(!inner.starts_with(['\t', '\r', '\n']));
            let read = inner.replace("\"\"", "\"");
            prop_assert_eq!(read.strip_prefix('\'').unwrap_or(&read), text.as_str());
        }
    }
}
