//! `wardkey phone ctap`: CTAP2 on standard input and output, for conformance suites.

use std::{collections::VecDeque, time::Duration};

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::codec::{FramedRead, FramedWrite};
use wardkey_core::ctap::status::Status;

use super::{
    HostPhone, PhoneFolder,
    frames::{Answer, FrameCodec, FrameError, Keepalive, Request},
};
use crate::{
    failure::Failure,
    moment,
    user::{Behaviour, HostUser},
};

/// CTAP 2.3 §11.2.9.1.6: a keepalive at least this often while a command is processed.
const KEEPALIVE_INTERVAL: Duration = Duration::from_millis(100);

/// Serves until `input` ends.
pub(crate) async fn serve(
    folder: &PhoneFolder,
    behaviour: Behaviour,
    patience: Duration,
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin,
) -> Result<(), Failure> {
    let behaviour = watch::Sender::new(behaviour);
    let user = HostUser::new(behaviour.subscribe(), patience);
    let mut connection = Connection {
        requests: FramedRead::new(input, FrameCodec::new()),
        answers: FramedWrite::new(output, FrameCodec::new()),
        waiting: VecDeque::new(),
        behaviour,
        awaited: user.awaited(),
    };
    let mut phone = folder.phone(user.clone()).await?;
    while let Some(request) = connection.next().await? {
        match request {
            Request::Message(message) => {
                connection.process(&mut phone, &message).await?;
            }
            // There is nothing to cancel.
            Request::Cancel => {}
            Request::PowerCycle => {
                phone = folder.phone(user.clone()).await?;
                connection.answer(Answer::PowerCycled).await?;
            }
            Request::User(behaviour) => connection.set_user(behaviour).await?,
        }
    }
    Ok(())
}

struct Connection<R, W> {
    requests: R,
    answers: W,
    /// What came while a command was being processed.
    waiting: VecDeque<Request>,
    behaviour: watch::Sender<Behaviour>,
    awaited: watch::Receiver<bool>,
}

impl<R, W> Connection<R, W>
where
    R: Stream<Item = Result<Request, FrameError>> + Unpin,
    W: Sink<Answer, Error = FrameError> + Unpin,
{
    async fn next(&mut self) -> Result<Option<Request>, Failure> {
        match self.waiting.pop_front() {
            Some(request) => Ok(Some(request)),
            None => self.requests.next().await.transpose().map_err(not_frames),
        }
    }

    async fn answer(&mut self, answer: Answer) -> Result<(), Failure> {
        self.answers.send(answer).await.map_err(not_frames)
    }

    async fn set_user(&mut self, behaviour: Behaviour) -> Result<(), Failure> {
        self.behaviour.send_replace(behaviour);
        self.answer(Answer::UserSet).await
    }

    /// Answers one command, with keepalives until then. A power cycle or the end of the input ends it
    /// without an answer.
    async fn process(&mut self, phone: &mut HostPhone, message: &[u8]) -> Result<(), Failure> {
        let ceremony = phone.handle(moment::now()?, message);
        tokio::pin!(ceremony);
        let mut keepalive = interval(KEEPALIVE_INTERVAL);
        keepalive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick of an interval is immediate, and most commands are answered before it is due.
        keepalive.reset();
        loop {
            tokio::select! {
                biased;
                response = &mut ceremony => return self.answer(Answer::Response(response)).await,
                request = self.requests.next() => match request.transpose().map_err(not_frames)? {
                    None => return Ok(()),
                    Some(Request::Cancel) => {
                        let cancelled = vec![Status::KeepaliveCancel.code()];
                        return self.answer(Answer::Response(cancelled)).await;
                    }
                    Some(Request::User(behaviour)) => self.set_user(behaviour).await?,
                    Some(Request::PowerCycle) => {
                        self.waiting.push_back(Request::PowerCycle);
                        return Ok(());
                    }
                    Some(message) => self.waiting.push_back(message),
                },
                _ = keepalive.tick() => self.keepalive().await?,
                Ok(()) = self.awaited.changed() => self.keepalive().await?,
            }
        }
    }

    async fn keepalive(&mut self) -> Result<(), Failure> {
        let awaited = *self.awaited.borrow_and_update();
        let status = if awaited { Keepalive::UserPresenceNeeded } else { Keepalive::Processing };
        self.answer(Answer::Keepalive(status)).await
    }
}

fn not_frames(error: FrameError) -> Failure {
    Failure::new(
        "reading frames from standard input",
        error,
        "send frames of a big-endian u32 length, one type byte and a payload, as `wardkey phone ctap \
         --help` describes",
    )
}
