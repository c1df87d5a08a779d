//! The sign of life while a command is processed (CTAP 2.3 §11.2.9.1.6).

use std::{future::pending, io, sync::Arc, time::Duration};

use futures_util::{Sink, SinkExt};
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::frames::{Answer, FrameError, Keepalive};

/// One at least this often, and whenever the status changes.
const INTERVAL: Duration = Duration::from_millis(100);

/// Keepalives to a suite, until stopped or dropped.
///
/// In a task of their own: a phone that makes a key or writes to a slow disk holds up the task it runs in.
#[derive(Debug)]
pub(super) struct Keepalives {
    task: JoinHandle<Result<(), FrameError>>,
    until: DropGuard,
}

impl Keepalives {
    /// Begins, for a user who is `awaited` from time to time.
    pub(super) fn start<W>(answers: Arc<Mutex<W>>, awaited: watch::Receiver<bool>) -> Self
    where
        W: Sink<Answer, Error = FrameError> + Unpin + Send + 'static,
    {
        let stop = CancellationToken::new();
        let until = stop.clone().drop_guard();
        Self { task: tokio::spawn(send(answers, awaited, stop)), until }
    }

    /// Pends until one could not be sent.
    pub(super) async fn failed(&mut self) -> FrameError {
        match (&mut self.task).await {
            Ok(Err(error)) => error,
            Err(error) => io::Error::other(error).into(),
            Ok(Ok(())) => pending().await,
        }
    }

    /// Ends them; none is sent from now on.
    pub(super) async fn stop(self) {
        drop(self.until);
        // One that failed now says no more than the answer that follows it.
        let _ = self.task.await;
    }
}

async fn send<W>(
    answers: Arc<Mutex<W>>,
    mut awaited: watch::Receiver<bool>,
    stop: CancellationToken,
) -> Result<(), FrameError>
where
    W: Sink<Answer, Error = FrameError> + Unpin,
{
    let mut interval = interval(INTERVAL);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick of an interval is immediate, and most commands are answered before it is due.
    interval.reset();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            Ok(()) = awaited.changed() => {}
            _ = interval.tick() => {}
        }
        let status = if *awaited.borrow_and_update() {
            Keepalive::UserPresenceNeeded
        } else {
            Keepalive::Processing
        };
        // Whole frames only: whoever stops this waits for the one that is being sent.
        answers.lock().await.send(Answer::Keepalive(status)).await?;
    }
}
