//! What the desk says of the revocation list.

use minijinja::{Value, context};
use wardkey_core::attestation::verdict::Demand;
use wardkey_register::Moment;

use super::view::when;
use crate::relying_party::RelyingParty;

/// Which list is in use (`words`), and what is wrong with it (`alarm`), if anything is.
pub(super) fn note(party: &RelyingParty, now: Moment) -> Value {
    let demand = party.policy.revocation;
    let Some(revocations) = &party.revocation else {
        let words = "No revocation list is in use.";
        return context! { words, alarm => stops(demand).then(|| with_consequence(words, demand)) };
    };
    let (list, fault) = revocations.with_fault();
    let words = match list.date() {
        None => "A revocation list of unknown date is in use.".to_owned(),
        Some(date) => format!("Revocation list of {}.", time(date)),
    };
    let most = party.policy.revocation_days;
    let missed = match list.days_old(now.seconds()) {
        None => stops(demand).then(|| with_consequence(&words, demand)),
        Some(days) if days > most => {
            let old = format!(
                "The revocation list is {days} days old, and the policy believes one of {most} at most."
            );
            Some(with_consequence(&old, demand))
        }
        Some(_) => None,
    };
    let alarms: Vec<String> = fault.map(|why| kept(&why)).into_iter().chain(missed).collect();
    context! { words, alarm => (!alarms.is_empty()).then(|| alarms.join(" ")) }
}

/// A time in seconds since 1970, for people.
fn time(seconds: u64) -> String {
    when(Moment::from_millis(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)))
}

/// Whether nobody can register without a list.
fn stops(demand: Demand) -> bool {
    demand == Demand::Require
}

fn with_consequence(what: &str, demand: Demand) -> String {
    let means = match demand {
        Demand::Require => "Every phone is refused",
        Demand::Warn => "Every phone is accepted with a warning at best",
        Demand::Ignore => "Revoked phones may be accepted",
    };
    format!("{what} {means} until a newer list is there.")
}

fn kept(why: &str) -> String {
    format!("The file of the revocation list cannot be used, so the list of before is: {why}.")
}
