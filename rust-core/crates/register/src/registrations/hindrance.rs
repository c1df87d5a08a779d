use serde::{Deserialize, Serialize};

use crate::DatabaseError;

/// As many characters of a reason as are kept.
const LONGEST_REASON: usize = 500;

/// What did not work.
///
/// ```
/// use wardkey_register::registrations::{Hindrance, RegistrationState};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use wardkey_register::{Database, testing::{NOW as now, link}};
/// # let database = Database::temporary().await?;
/// # let (id, token) = link(&database).await;
/// # let mut act = database.act().await?;
/// # act.open_registration(token.as_str(), None, now).await?;
/// let prompt = Hindrance {
///     stage: "prompt".into(),
///     why: "the prompt was closed".into(),
///     tell: "try again".into(),
/// };
/// act.hinder_registration(&id, &prompt, now).await?;
/// let answer = Hindrance { stage: "answer".into(), why: "no attestation".into(), tell: String::new() };
/// act.fail_registration(&id, &answer, now).await?;
/// act.commit().await?;
///
/// let history = database.registration_history(&id).await?.ok_or("it was issued")?;
/// let events = history.after(2);
/// assert_eq!(serde_json::from_str::<Hindrance>(&events[0].detail)?, prompt);
/// assert_eq!(serde_json::from_str::<Hindrance>(&events[1].detail)?, answer);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hindrance {
    /// At which stage, a word.
    pub stage: String,
    /// Why, in words.
    pub why: String,
    /// What the authority may tell the person about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tell: String,
}

impl Hindrance {
    /// As much of it as is kept: whoever has the link must not decide how long a record is.
    pub(super) fn short(&self) -> Self {
        let short = |text: &str| text.chars().take(LONGEST_REASON).collect();
        Self { stage: short(&self.stage), why: short(&self.why), tell: short(&self.tell) }
    }

    pub(super) fn json(&self) -> Result<String, DatabaseError> {
        serde_json::to_string(self).map_err(|_| DatabaseError::Unreadable("hindrance"))
    }
}
