//! `wardkey phone ctap`: CTAP2 on standard input and output, for conformance suites.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Mutex, watch},
};
use tokio_util::codec::{FramedRead, FramedWrite};
use wardkey_core::ctap::status::Status;

use super::{
    HostPhone, PhoneFolder,
    frames::{Answer, FrameCodec, FrameError, Request},
    keepalives::Keepalives,
};
use crate::{
    failure::Failure,
    moment,
    user::{Behaviour, HostUser},
};

/// Serves until `input` ends.
pub(crate) async fn serve(
    folder: &PhoneFolder,
    behaviour: Behaviour,
    patience: Duration,
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
) -> Result<(), Failure> {
    let behaviour = watch::Sender::new(behaviour);
    let user = HostUser::new(behaviour.subscribe(), patience);
    let mut connection = Connection {
        requests: FramedRead::new(input, FrameCodec::new()),
        answers: Arc::new(Mutex::new(FramedWrite::new(output, FrameCodec::new()))),
        waiting: VecDeque::new(),
        behaviour,
        user: user.clone(),
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
    /// Shared with the keepalives of a command.
    answers: Arc<Mutex<W>>,
    /// What came while a command was being processed.
    waiting: VecDeque<Request>,
    behaviour: watch::Sender<Behaviour>,
    user: HostUser,
}

impl<R, W> Connection<R, W>
where
    R: Stream<Item = Result<Request, FrameError>> + Unpin,
    W: Sink<Answer, Error = FrameError> + Unpin + Send + 'static,
{
    async fn next(&mut self) -> Result<Option<Request>, Failure> {
        match self.waiting.pop_front() {
            Some(request) => Ok(Some(request)),
            None => self.requests.next().await.transpose().map_err(not_frames),
        }
    }

    async fn answer(&mut self, answer: Answer) -> Result<(), Failure> {
        self.answers.lock().await.send(answer).await.map_err(not_frames)
    }

    async fn set_user(&mut self, behaviour: Behaviour) -> Result<(), Failure> {
        self.behaviour.send_replace(behaviour);
        self.answer(Answer::UserSet).await
    }

    /// Answers one command, with keepalives until then. A power cycle or the end of the input ends it
    /// without an answer.
    async fn process(&mut self, phone: &mut HostPhone, message: &[u8]) -> Result<(), Failure> {
        let now = moment::now()?;
        let mut keepalives = Keepalives::start(self.answers.clone(), self.user.awaited());
        let response = {
            let ceremony = phone.handle(now, message);
            tokio::pin!(ceremony);
            let response = loop {
                tokio::select! {
                    biased;
                    response = &mut ceremony => break Some(response),
                    request = self.requests.next() => match request.transpose().map_err(not_frames)? {
                        None => break None,
                        Some(Request::Cancel) => break Some(vec![Status::KeepaliveCancel.code()]),
                        Some(Request::User(behaviour)) => self.set_user(behaviour).await?,
                        Some(Request::PowerCycle) => {
                            self.waiting.push_back(Request::PowerCycle);
                            break None;
                        }
                        Some(message) => self.waiting.push_back(message),
                    },
                    error = keepalives.failed() => return Err(not_frames(error)),
                }
            };
            // None follows the answer, nor the end of the ceremony.
            keepalives.stop().await;
            response
        };
        match response {
            Some(response) => self.answer(Answer::Response(response)).await,
            None => Ok(()),
        }
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
