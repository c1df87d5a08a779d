//! What the evidence says of each authenticator, beside what the register has.

use std::{collections::BTreeMap, fmt};

use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use wardkey_core::webauthn::base64url;
use wardkey_evidence::{Binding, Event};
use wardkey_register::{Authenticator, Database, DatabaseError};
use wardkey_sandbox::key_of_credential;

/// The authenticators of a log, by credential id.
#[derive(Default)]
pub(super) struct Ledger(BTreeMap<String, Entry>);

/// What a log says of an authenticator.
struct Entry {
    person: String,
    assurance: u8,
    binding: Option<Binding>,
    /// Whether somebody had to compare its code.
    is_supervised: bool,
    is_confirmed: bool,
    is_over: bool,
}

/// An authenticator that is not as it was recorded.
pub(super) struct Deviation {
    credential: String,
    problem: &'static str,
}

/// What came of the comparison.
pub(super) struct Compared {
    /// Authenticators that can sign in.
    active: u64,
    /// Those of them that were recorded before records were bound to what was proved.
    unbound: u64,
    pub(super) deviations: Vec<Deviation>,
}

impl Ledger {
    pub(super) fn take(&mut self, event: &Event) {
        match event {
            Event::Registered { registration, person, credential, assurance, binding, .. } => {
                let entry = Entry {
                    person: person.clone(),
                    assurance: *assurance,
                    binding: binding.clone(),
                    is_supervised: registration.is_some(),
                    is_confirmed: false,
                    is_over: false,
                };
                self.0.insert(credential.clone(), entry);
            }
            Event::Confirmed { credential, .. } => {
                self.change(credential, |entry| entry.is_confirmed = true);
            }
            Event::Differed { credential, .. } | Event::Removed { credential, .. } => {
                self.change(credential, |entry| entry.is_over = true);
            }
            _ => {}
        }
    }

    fn change(&mut self, credential: &str, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.0.get_mut(credential) {
            change(entry);
        }
    }

    /// Looks up every authenticator that can sign in, and every one that should be able to.
    pub(super) async fn compare(mut self, database: &Database) -> Result<Compared, DatabaseError> {
        let mut compared = Compared { active: 0, unbound: 0, deviations: Vec::new() };
        for person in database.people().await? {
            let all = database.authenticators_of(&person.id).await?;
            for authenticator in all.iter().filter(|one| one.is_active()) {
                let credential = base64url::encode(&authenticator.made.credential_id);
                let entry = self.0.remove(&credential);
                compared.active += 1;
                compared.unbound +=
                    u64::from(entry.as_ref().is_some_and(|entry| entry.binding.is_none()));
                if let Some(problem) = entry.map_or(Some(UNKNOWN), |it| it.problem(authenticator)) {
                    compared.deviations.push(Deviation { credential, problem });
                }
            }
        }
        // A tester's account may go with all that it had; what an authority confirmed may not.
        let gone = self.0.into_iter().filter(|(_, entry)| entry.is_confirmed && !entry.is_over);
        let problem = "was confirmed and never removed, and cannot sign in";
        compared.deviations.extend(gone.map(|(credential, _)| Deviation { credential, problem }));
        Ok(compared)
    }
}

const UNKNOWN: &str = "can sign in, and the evidence knows nothing of it";

impl Entry {
    fn problem(&self, found: &Authenticator) -> Option<&'static str> {
        let made = &found.made;
        if self.is_over {
            return Some("can sign in, and the evidence says that it was removed or destroyed");
        }
        if self.is_supervised && !self.is_confirmed {
            return Some("can sign in, and nobody said that its code was the same");
        }
        if self.person != made.person.as_str() {
            return Some("is of another person than it was registered for");
        }
        if self.assurance != made.assurance {
            return Some("reaches another level than was recorded");
        }
        let binding = self.binding.as_ref()?;
        let verdict =
            made.verdict.as_deref().map(|text| hex::encode(digest(&SHA256, text.as_bytes())));
        if binding.verdict != verdict {
            return Some("has another verdict than was recorded");
        }
        if key_of_credential(&made.credential).as_ref() != Some(&binding.key) {
            return Some("has another public key than was recorded");
        }
        None
    }
}

impl Compared {
    pub(super) fn to_json(&self) -> Value {
        let deviation =
            |it: &Deviation| json!({"credential": it.credential, "problem": it.problem});
        json!({
            "active": self.active,
            "unbound": self.unbound,
            "deviations": self.deviations.iter().map(deviation).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { active, unbound, deviations } = self;
        write!(formatter, "{active} authenticators can sign in")?;
        if *unbound > 0 {
            write!(formatter, ", {unbound} of them from before verdict and key were recorded")?;
        }
        if deviations.is_empty() {
            return formatter.write_str(". Each is as it was recorded.");
        }
        formatter.write_str(".")?;
        for Deviation { credential, problem } in deviations {
            write!(formatter, "\nThe authenticator {credential} {problem}.")?;
        }
        Ok(())
    }
}
