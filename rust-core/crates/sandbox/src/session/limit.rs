//! How often one address, or one person, may try.

use std::time::Duration;

use wardkey_register::{Moment, PersonId};

use crate::{proxies::ClientAddress, refusal::Refusal, relying_party::RelyingParty};

const WINDOW: Duration = Duration::from_mins(1);

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// Beginning a session.
    Login,
    /// Opening a registration link.
    Link,
    /// Registering as a tester.
    Register,
    /// Signing in as a tester.
    Signin,
    /// Sending a user from an application.
    Authorize,
    /// Changing codes and refresh tokens into tokens.
    Token,
    /// What a registration authority does, who is counted and not their address.
    Desk,
    /// Leaving a line in the audit without being signed in.
    Line,
}

impl Tried {
    const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Link => "enrol",
            Self::Register => "register",
            Self::Signin => "signin",
            Self::Authorize => "authorize",
            Self::Token => "access_token",
            Self::Desk => "desk",
            Self::Line => "audit",
        }
    }

    /// As often in a minute: far more than people do, far less than guessing needs.
    const fn most(self) -> u64 {
        match self {
            Self::Link | Self::Desk => 120,
            // At the start of a shift all of a hospital may come from one address,
            Self::Login | Self::Register | Self::Signin | Self::Authorize | Self::Line => 1_200,
            // as all of an application's users come from its server's.
            Self::Token => 6_000,
        }
    }
}

/// Counts one more attempt of an address, in all processes together, and refuses the one that is too many.
pub(crate) async fn limited(
    party: &RelyingParty,
    tried: Tried,
    client: ClientAddress,
    now: Moment,
) -> Result<(), Refusal> {
    count(party, tried, &client.counted_as(), now).await
}

/// The same for somebody who is signed in.
pub(crate) async fn limited_to_person(
    party: &RelyingParty,
    tried: Tried,
    person: &PersonId,
    now: Moment,
) -> Result<(), Refusal> {
    count(party, tried, person.as_str(), now).await
}

async fn count(party: &RelyingParty, tried: Tried, who: &str, now: Moment) -> Result<(), Refusal> {
    let before = party.database.attempts(tried.name(), who, WINDOW, now).await?;
    // Who goes on all the same writes nothing any more: neither a count nor a line of the audit.
    if before > tried.most() {
        return Err(Refusal::TooOften { seconds: rest(now), again: true });
    }
    let mut act = party.database.act().await?;
    let count = act.attempt(tried.name(), who, WINDOW, now).await?;
    act.commit().await?;
    if count <= tried.most() {
        Ok(())
    } else {
        Err(Refusal::TooOften { seconds: rest(now), again: false })
    }
}

/// How long this window lasts yet, in seconds.
fn rest(now: Moment) -> u64 {
    let (length, at) = (WINDOW.as_secs(), now.seconds());
    length - at % length
}
