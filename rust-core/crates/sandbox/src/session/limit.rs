//! How often one address may try.

use std::time::Duration;

use wardkey_register::Moment;

use crate::{proxies::ClientAddress, refusal::Refusal, relying_party::RelyingParty};

const WINDOW: Duration = Duration::from_mins(1);

/// Far more than people do, far less than guessing needs.
const MOST: u64 = 120;

/// Counts one more attempt at `act` by an address, in all processes together, and refuses the one that
/// is too many.
pub(crate) async fn limited(
    party: &RelyingParty,
    act: &str,
    client: ClientAddress,
    now: Moment,
) -> Result<(), Refusal> {
    let mut counting = party.database.act().await?;
    let count = counting.attempt(act, &client.counted_as(), WINDOW, now).await?;
    counting.commit().await?;
    if count <= MOST { Ok(()) } else { Err(Refusal::TooOften) }
}
