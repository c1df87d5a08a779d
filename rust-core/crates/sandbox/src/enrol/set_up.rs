//! Links of the service itself, for registration authorities who have no passkey yet.

use std::{fmt, time::Duration};

use wardkey_register::{DatabaseError, Moment, registrations::NewRegistration};

use crate::relying_party::RelyingParty;

/// Time enough to read the terminal, fetch a phone and begin.
const LIFE: Duration = Duration::from_hours(1);

/// A registration link for somebody who is to issue them.
///
/// ```
/// use wardkey_sandbox::{Sandbox, SetUpLink, Settings};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let identity = wardkey_local_tls::Authority::generate()?.issue(&["localhost"])?;
/// let sandbox = Sandbox::bind(([127, 0, 0, 1], 0).into(), &identity, Settings::default()).await?;
/// let links: Vec<SetUpLink> = sandbox.set_up_links().await?;
/// for link in &links {
///     println!("{}: {}", link.name, link.url);
/// }
/// assert_eq!(links[0].name, "desk.a@example.org");
/// assert!(!format!("{:?}", links[0]).contains(&links[0].url), "a log does not give it away");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SetUpLink {
    /// The name of the account.
    pub name: String,
    /// The link: whoever has it can register a passkey that issues others.
    pub url: String,
}

impl fmt::Debug for SetUpLink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SetUpLink").field("name", &self.name).finish_non_exhaustive()
    }
}

/// One for every registration authority who cannot sign in. Those that were made for them before are good no
/// longer.
pub(crate) async fn set_up_links(
    party: &RelyingParty,
    now: Moment,
) -> Result<Vec<SetUpLink>, DatabaseError> {
    let mut links = Vec::new();
    for person in party.database.people().await?.into_iter().filter(|it| it.issues_authenticators) {
        let mut act = party.database.act().await?;
        if act.can_sign_in(&person.id).await? {
            continue;
        }
        let new = NewRegistration { person: person.id, authority: None, ends: now + LIFE };
        let (_, token) = act.issue_registration(&new, now).await?;
        act.commit().await?;
        links.push(SetUpLink { name: person.name, url: party.link(&token) });
    }
    Ok(links)
}
