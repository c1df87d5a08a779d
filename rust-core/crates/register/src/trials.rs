//! Authenticators of trials: what a test policy accepted proves little once a policy is in earnest.

use serde::Deserialize;

use crate::Database;

/// What the register reads of a verdict.
#[derive(Deserialize)]
struct Judged {
    /// Whether the policy was one for tests.
    test: bool,
}

impl Database {
    /// The same database, for a service whose policy is one for tests, or is not.
    ///
    /// Under a test policy an authenticator that such a policy accepted counts for what it was accepted as.
    /// Under one in earnest, which is how a database is opened, it reaches level 2 at most, and sessions that
    /// began at level 3 with it are over.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use wardkey_register::{Database, NewAuthenticator};
    ///
    /// # use wardkey_register::testing::{NOW as now, with_passkey};
    /// let database = Database::temporary().await?;
    /// # let (_, passkey) = with_passkey(&database, "ward.one@example.org").await;
    /// # let clinician = database.person_by_name("ward.none@example.org").await?.ok_or("seeded")?;
    /// let software_phone = NewAuthenticator {
    ///     credential_id: vec![0x5a; 32],
    ///     person: clinician.id.clone(),
    ///     verdict: Some(r#"{"verdict":"accept","test":true}"#.into()),
    ///     ..passkey.made
    /// };
    /// let mut act = database.act().await?;
    /// act.add_authenticator(&software_phone, true, now).await?;
    /// assert!(!act.can_sign_in(&clinician.id).await?);
    /// act.commit().await?;
    ///
    /// let tests = database.counting_trials(true);
    /// assert!(tests.act().await?.can_sign_in(&clinician.id).await?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn counting_trials(mut self, counted: bool) -> Self {
        self.trials_count = counted;
        self
    }
}

/// Whether that verdict (JSON) was a test policy's; one that does not say is believed to be. An authenticator that
/// nobody judged was not accepted by one.
pub(crate) fn is_trial(verdict: Option<&str>) -> bool {
    let in_earnest = |verdict| serde_json::from_str::<Judged>(verdict).is_ok_and(|it| !it.test);
    verdict.is_some_and(|verdict| !in_earnest(verdict))
}

#[cfg(test)]
mod tests {
    use super::is_trial;
    use crate::{
        NewAuthenticator,
        testing::{NOW, each, with_passkey},
    };

    /// A register of before has the verdicts, and no word on which were of trials.
    #[tokio::test]
    async fn registers_of_before_learn_of_their_trials() {
        let migration = include_str!("../migrations/0006_trials.sql");
        let update = &migration[migration.find("UPDATE").unwrap()..];
        each(|fresh| async move {
            let database = fresh.open().await;
            let (_, earnest) = with_passkey(&database, "ward.one@example.org").await;
            let trial = NewAuthenticator {
                credential_id: vec![7; 16],
                verdict: Some(serde_json::json!({ "test": true, "verdict": "accept" }).to_string()),
                ..earnest.made.clone()
            };
            let named = NewAuthenticator {
                credential_id: vec![8; 16],
                verdict: Some(
                    serde_json::json!({ "policy": "\"test\":true", "test": false }).to_string(),
                ),
                ..earnest.made.clone()
            };
            let mut act = database.act().await.unwrap();
            for made in [&trial, &named] {
                act.add_authenticator(made, true, NOW).await.unwrap();
            }
            let forget = sqlx::query("UPDATE authenticators SET trial = 0");
            forget.execute(act.connection()).await.unwrap();
            sqlx::query(update).execute(act.connection()).await.unwrap();
            for (made, expected) in [(&trial, true), (&named, false), (&earnest.made, false)] {
                let found = act.authenticator(&made.credential_id).await.unwrap().unwrap();
                assert_eq!(found.trial, expected, "{:?}", made.verdict);
            }
        })
        .await;
    }

    #[test]
    fn a_test_policys_verdict_is_known_by_its_member() {
        let named = r#"{"policy":"\"test\":true","test":false}"#;
        for (verdict, expected) in [
            (None, false),
            (Some(r#"{"verdict":"accept","test":true}"#), true),
            (Some(named), false),
        ] {
            assert_eq!(is_trial(verdict), expected, "{verdict:?}");
        }
        assert!(is_trial(Some("{}")) && is_trial(Some("")));
    }
}
