//! What nobody ended ends too: sessions that are unused, too old, or without their passkey, registrations that
//! took too long, and what is kept no longer.

use wardkey_register::{DatabaseError, Liveness, Moment};

use super::IDLE;
use crate::relying_party::RelyingParty;

/// As many as one sweep ends; the next one takes the others.
const MOST: u32 = 100;

/// Ends what is over. Several processes may do it at once: everything ends once.
pub(crate) async fn sweep(party: &RelyingParty, now: Moment) -> Result<(), DatabaseError> {
    let lapsed = party.database.lapsed_sessions(Liveness { now, idle: IDLE }, MOST).await?;
    for id in &lapsed {
        let mut act = party.database.act().await?;
        act.end_session(id, "unused, too old, or its passkey was removed", now).await?;
        act.commit().await?;
    }
    if !lapsed.is_empty() {
        party.logouts.notify_one();
    }
    // A passkey whose codes nobody compared is destroyed, whether anybody looks or not.
    for (id, error) in party.database.expire_registrations(now).await?.broken {
        tracing::error!(%id, %error, "a registration whose time is over cannot be ended");
    }
    let mut act = party.database.act().await?;
    act.forget(&party.kept, now).await?;
    act.commit().await
}
