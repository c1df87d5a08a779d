//! What the desk says of the revocation list.

use minijinja::{Value, context};
use wardkey_core::attestation::verdict::Demand;
use wardkey_register::Moment;

use super::view::when;
use crate::relying_party::RelyingParty;

const DAY: u64 = 86_400;

/// Which list is in use (`words`), and what is wrong with it (`alarm`), if anything is.
pub(super) fn note(party: &RelyingParty, now: Moment) -> Value {
    let Some(revocations) = &party.revocation else {
        return context! { words => "No revocation list is in use.", alarm => () };
    };
    let (list, fault) = revocations.with_fault();
    let Some(date) = list.date() else {
        return context! {
            words => "A revocation list of unknown date is in use.",
            alarm => fault.map(|why| kept(&why)),
        };
    };
    let at =
        when(Moment::from_millis(i64::try_from(date).unwrap_or(i64::MAX).saturating_mul(1000)));
    let days = now.seconds().saturating_sub(date) / DAY;
    let most = party.policy.revocation_days;
    let old = (days > most).then(|| {
        let means = match party.policy.revocation {
            Demand::Require => "Every phone is refused",
            Demand::Warn => "Every phone is accepted with a warning at best",
            Demand::Ignore => "Revoked phones may be accepted",
        };
        format!(
            "The revocation list is {days} days old, and the policy believes one of {most} at most. {means} until a newer one is there."
        )
    });
    let alarms: Vec<String> = fault.map(|why| kept(&why)).into_iter().chain(old).collect();
    context! {
        words => format!("Revocation list of {at}."),
        alarm => (!alarms.is_empty()).then(|| alarms.join(" ")),
    }
}

fn kept(why: &str) -> String {
    format!("The file of the revocation list cannot be used, so the list of before is: {why}.")
}
