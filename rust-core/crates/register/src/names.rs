use serde::{Deserialize, Serialize};

/// The parts of a person's name, each if it is known. Nobody can tell them from the whole.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wardkey_register::{Database, Names};
///
/// # let now = wardkey_register::testing::NOW;
/// let database = Database::temporary().await?;
/// database.seed_people(now).await?;
/// let clinician = database.person_by_name("ward.one@example.org").await?.ok_or("seeded")?;
/// let names: Names = clinician.names;
/// assert!(names.given_name.is_some() && names.initials.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// Such as `Dr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The name the person is called by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// All those in the middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle_names: Option<String>,
    /// The name of the family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// Of the given and middle names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initials: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::Names;
    use crate::testing::{NOW, each};

    #[tokio::test]
    async fn people_of_before_are_given_the_parts_of_their_names_once() {
        each(|fresh| async move {
            let database = fresh.open().await;
            database.seed_people(NOW).await.unwrap();
            let seeded = database.people().await.unwrap();
            assert!(seeded.iter().all(|person| person.names != Names::default()));
            let kept = r#"{"title":"Prof"}"#;
            for (name, names) in [("ward.one@example.org", "{}"), ("ward.three@example.org", kept)]
            {
                sqlx::query("UPDATE people SET names = $2 WHERE name = $1")
                    .bind(name)
                    .bind(names)
                    .execute(&database.pool)
                    .await
                    .unwrap();
            }
            database.seed_people(NOW).await.unwrap();
            let of = async |name: &str| database.person_by_name(name).await.unwrap().unwrap().names;
            assert_eq!(of("ward.one@example.org").await.given_name.as_deref(), Some("Test"));
            let title = Names { title: Some("Prof".to_owned()), ..Names::default() };
            assert_eq!(of("ward.three@example.org").await, title);
        })
        .await;
    }
}
