//! What a person is told of the verdict on their phone.

use serde_json::Value;

use crate::{denied::Denied, refusal::Refusal};

/// The refusal of a phone of this verdict, as it is stored.
pub(super) fn refusal(verdict: &Value) -> Refusal {
    let checks = verdict.get("checks").and_then(Value::as_array);
    let failed = checks.into_iter().flatten().filter(|check| text(check, "grade") == "fail");
    let mut reasons: Vec<_> = failed.map(|check| text(check, "reason")).collect();
    // What cannot be read fails all that is said in it, for the same reason.
    reasons.dedup();
    Refusal::Denied(Denied::Verdict(reasons.join(" ")))
}

fn text<'a>(check: &'a Value, member: &str) -> &'a str {
    check.get(member).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::refusal;

    #[test]
    fn what_failed_is_told_and_nothing_else() {
        let line = |grade: &str, reason: &str| json!({ "grade": grade, "reason": reason });
        let checks = [
            line("pass", "This is well."),
            line("fail", "This is not."),
            line("warn", "Look at this."),
            line("fail", "Nor is that."),
        ];
        let told = refusal(&json!({ "checks": checks })).to_string();
        assert_eq!(told, "The phone cannot be used: This is not. Nor is that.");
    }
}
