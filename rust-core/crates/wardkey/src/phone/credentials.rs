//! `wardkey phone list`, `show` and `delete`.

use std::path::Path;

use serde_json::{Value, json};
use tokio::sync::watch;
use wardkey_core::{
    keystore::SecurityLevel,
    store::{Credential, KeyState},
};

use super::{HostPhone, PhoneFolder};
use crate::{
    failure::Failure,
    output::{Output, date, printable},
    user::{Behaviour, HostUser, PATIENCE},
};

const STAGE: &str = "looking for the passkey";

/// Shortest beginning of a credential id that is taken for it, in hex digits.
const SHORTEST_PREFIX: usize = 4;

pub(crate) async fn list(state: &Path, output: Output) -> Result<(), Failure> {
    let phone = switch_on(state).await?;
    let credentials = phone.credentials();
    output.print(&json!(credentials.iter().map(as_json).collect::<Vec<_>>()), || {
        if credentials.is_empty() {
            return "There is no passkey on this phone.".into();
        }
        credentials.iter().map(summary).collect::<Vec<_>>().join("\n")
    })
}

pub(crate) async fn show(state: &Path, id: &str, output: Output) -> Result<(), Failure> {
    let phone = switch_on(state).await?;
    let credential = find(&phone, id)?;
    output.print(&as_json(credential), || details(credential))
}

pub(crate) async fn delete(state: &Path, id: &str, output: Output) -> Result<(), Failure> {
    let mut phone = switch_on(state).await?;
    let credential = find(&phone, id)?.clone();
    phone.remove(&credential.id).await.map_err(|error| {
        Failure::new("deleting the passkey", error, "check the state folder and try again")
    })?;
    output.print(&json!({"deleted": hex::encode(&credential.id)}), || {
        format!(
            "Deleted: {}\nRemove it at {} as well, where it is still listed.",
            summary(&credential),
            printable(&credential.rp.id)
        )
    })
}

/// Nobody is asked anything here.
async fn switch_on(state: &Path) -> Result<HostPhone, Failure> {
    let (_, nobody) = watch::channel(Behaviour::Deny);
    PhoneFolder::open(state)?.phone(HostUser::new(nobody, PATIENCE)).await
}

fn find<'a>(phone: &'a HostPhone, id: &str) -> Result<&'a Credential, Failure> {
    let wanted = id.to_lowercase();
    if wanted.len() < SHORTEST_PREFIX || !wanted.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(Failure::new(
            STAGE,
            format!("“{}” is not a credential id", printable(id)),
            format!(
                "give at least {SHORTEST_PREFIX} hex digits, as `wardkey phone list` shows them"
            ),
        ));
    }
    let matches = |credential: &&Credential| hex::encode(&credential.id).starts_with(&wanted);
    let mut found = phone.credentials().iter().filter(matches);
    match (found.next(), found.next()) {
        (Some(credential), None) => Ok(credential),
        (None, _) => Err(Failure::new(
            STAGE,
            format!("no passkey on this phone begins with {wanted}"),
            "see `wardkey phone list`",
        )),
        (Some(_), Some(_)) => Err(Failure::new(
            STAGE,
            format!("more than one passkey begins with {wanted}"),
            "give more digits of its id",
        )),
    }
}

fn summary(credential: &Credential) -> String {
    let id = hex::encode(&credential.id);
    let account = credential.user.label();
    let lost = match credential.state {
        KeyState::Usable => "",
        KeyState::Invalidated => "  (no longer works)",
    };
    format!(
        "{}  {}  {}  {}{lost}",
        id.get(..16).unwrap_or(&id),
        printable(&credential.rp.id),
        printable(account),
        date(credential.created),
    )
}

fn details(credential: &Credential) -> String {
    let user = &credential.user;
    let rows = [
        ("Credential id", hex::encode(&credential.id)),
        ("Site", printable(&credential.rp.id)),
        ("Account", printable(user.name.as_deref().unwrap_or("–"))),
        ("Name", printable(user.display_name.as_deref().unwrap_or("–"))),
        ("Created", date(credential.created)),
        ("Last used", credential.last_used.map_or("never".into(), date)),
        ("Signatures", credential.counter.to_string()),
        ("Found without being named", yes_no(credential.discoverable)),
        ("Key kept in", level(credential.security_level).into()),
        ("Works", yes_no(credential.state == KeyState::Usable)),
        ("Code to compare", credential.witness.map_or("–".into(), |code| code.to_string())),
    ];
    rows.map(|(name, value)| format!("{name:<26} {value}")).join("\n")
}

fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.into()
}

const fn level(level: SecurityLevel) -> &'static str {
    match level {
        SecurityLevel::Software => "software (for tests only)",
        SecurityLevel::TrustedEnvironment => "trusted execution environment",
        SecurityLevel::StrongBox => "StrongBox",
    }
}

fn as_json(credential: &Credential) -> Value {
    json!({
        "id": hex::encode(&credential.id),
        "rpId": credential.rp.id,
        "rpName": credential.rp.name,
        "userName": credential.user.name,
        "userDisplayName": credential.user.display_name,
        "created": credential.created,
        "lastUsed": credential.last_used,
        "signatureCounter": credential.counter,
        "discoverable": credential.discoverable,
        "usable": credential.state == KeyState::Usable,
        "code": credential.witness.map(|code| code.to_string()),
    })
}
