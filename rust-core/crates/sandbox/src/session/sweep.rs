//! Sessions that nobody ended end too: unused, too old, or with their passkey removed.

use wardkey_register::{DatabaseError, Liveness, Moment};

use super::IDLE;
use crate::relying_party::RelyingParty;

/// As many as one sweep ends; the next one takes the others.
const MOST: u32 = 100;

/// Ends the sessions that are over, so that their applications hear of it. Several processes may do it
/// at once: a session ends once.
pub(crate) async fn sweep(party: &RelyingParty, now: Moment) -> Result<(), DatabaseError> {
    for id in party.database.lapsed_sessions(Liveness { now, idle: IDLE }, MOST).await? {
        let mut act = party.database.act().await?;
        act.end_session(&id, "unused, too old, or its passkey was removed", now).await?;
        act.commit().await?;
    }
    Ok(())
}
