//! The checks of what the phone sent, whatever its key is said to be: the registration and the certificates.

use alloc::{format, string::ToString, vec::Vec};

use super::{
    ChainProblem, Check, Evidence, Fault, Line,
    chain::Chain,
    date,
    finding::Finding,
    policy::Policy,
    revocation::{RevocationList, Status},
};

/// The lines on a key of which no hardware says anything, if the policy takes one.
pub(super) fn unattested(evidence: &Evidence<'_>, policy: &Policy) -> Option<Vec<Line>> {
    let Some(Fault::NoHardware(kind)) = evidence.fault else { return None };
    if !policy.takes_unattested() || !evidence.certificates.is_empty() {
        return None;
    }
    let line = |check: &Check| match check {
        Check::Registration => Finding::warn(
            kind,
            "No hardware says anything of this key: any program may have it. It reaches level 2, never level 3.",
        ),
        _ => Finding::warn("not proved", "No hardware says anything of this key."),
    };
    Some(Check::ALL.iter().map(|check| line(check).line(*check)).collect())
}

pub(super) fn registration(evidence: &Evidence<'_>) -> Finding {
    match (evidence.fault, evidence.challenge) {
        (Some(Fault::Unsound(fault)), _) => Finding::fail(
            fault,
            "What came is no sound registration, so whatever its certificates say counts for nothing.",
        ),
        (Some(Fault::NoHardware(kind)), _) => Finding::fail(
            kind,
            "No hardware says anything of this key: any program may have it, so nothing is proved.",
        ),
        (None, Some(_)) => Finding::pass(
            "whole, and signed by its key",
            "The phone has signed this registration with the key that it registers.",
        ),
        (None, None) => {
            Finding::pass("certificates alone", "There is no registration around them to look at.")
        }
    }
}

pub(super) fn chain_lines(
    chain: &Result<Chain, ChainProblem>,
    evidence: &Evidence<'_>,
    policy: &Policy,
) -> Vec<Line> {
    let chain = match chain {
        Ok(chain) => chain,
        Err(problem) => {
            let reason = "The certificates cannot be read, so nothing is proved.";
            let unread = |check| Finding::fail(problem.to_string(), reason).line(check);
            return Vec::from([Check::Chain, Check::Validity, Check::Revocation].map(unread));
        }
    };
    Vec::from([
        signatures(chain, evidence, policy).line(Check::Chain),
        validity(chain, evidence).line(Check::Validity),
        revocation(chain, evidence, policy).line(Check::Revocation),
    ])
}

fn signatures(chain: &Chain, evidence: &Evidence<'_>, policy: &Policy) -> Finding {
    match chain.verify(evidence.roots) {
        Ok(root) if root.test && policy.test => Finding::warn(
            "a TEST root",
            "The chain ends at a test root, which vouches for no hardware at all.",
        ),
        Ok(root) if root.test => Finding::fail(
            "a TEST root",
            "The chain ends at a test root, and this policy believes none.",
        ),
        Ok(_) => Finding::pass(
            format!("{} certificates up to a trusted root", chain.certificates().len()),
            "The maker of the phone vouches for this key.",
        ),
        Err(problem) => Finding::fail(
            problem.to_string(),
            "Nobody who is trusted vouches for this key: it may be made by any program.",
        ),
    }
}

fn validity(chain: &Chain, evidence: &Evidence<'_>) -> Finding {
    match chain.out_of_date(evidence.now, evidence.roots) {
        None => Finding::pass(
            "in force",
            "Every certificate up to the trusted root is within its dates.",
        ),
        Some(number) => Finding::fail(
            format!("certificate {number} is not in force"),
            "A certificate is too old or not valid yet. Check the date of this computer too.",
        ),
    }
}

fn revocation(chain: &Chain, evidence: &Evidence<'_>, policy: &Policy) -> Finding {
    let Some(list) = evidence.revocation else {
        let reason =
            "There is no revocation list to look at, so a stolen key would not be noticed.";
        return Finding::short(policy.revocation, "no list", reason);
    };
    let status = chain.certificates().iter().find_map(|certificate| {
        list.status(certificate.tbs_certificate().serial_number().as_bytes())
    });
    match status {
        None => not_listed(list, evidence.now, policy),
        Some(Status::Revoked) => Finding::fail(
            "revoked",
            "A key of this phone was stolen or misused: use another phone.",
        ),
        Some(Status::Suspended) => {
            Finding::fail("suspended", "Doubts about a key of this phone are being looked into.")
        }
    }
}

/// A list counts as long as it is young enough: one that is too old misses what was revoked since.
fn not_listed(list: &RevocationList, now: u64, policy: &Policy) -> Finding {
    let Some((days, day)) = list.days_old(now).zip(list.date().and_then(date::day_of)) else {
        let reason = "Nobody knows how old the revocation list is, so a key stolen of late would not be noticed.";
        return Finding::short(policy.revocation, "a list of unknown date", reason);
    };
    if days > policy.revocation_days {
        let reason = "The revocation list is older than the policy allows: a key stolen since would not be noticed.";
        return Finding::short(
            policy.revocation,
            format!("a list of {day}, {days} days old"),
            reason,
        );
    }
    Finding::pass(format!("not on the list of {day}"), "None of the certificates was revoked.")
}
