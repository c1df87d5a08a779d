//! Bodies of requests, for as long as they may take.

use std::{
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// The body of a request did not arrive in time: what readers of one get as an error, or as the cause of one.
///
/// ```
/// use wardkey_local_tls::BodyTooSlow;
///
/// let error: Box<dyn std::error::Error + Send + Sync> = Box::new(BodyTooSlow);
/// assert!(BodyTooSlow::caused(&*error));
/// assert!(!BodyTooSlow::caused(&std::fmt::Error));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyTooSlow;

impl BodyTooSlow {
    /// Whether an error is this one, or comes of it.
    pub fn caused(error: &(dyn Error + 'static)) -> bool {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if error.is::<Self>() {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl fmt::Display for BodyTooSlow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the body of the request did not arrive in time")
    }
}

impl Error for BodyTooSlow {}

/// The same body, of which everything has to be there after `limit`.
pub(crate) fn timed(body: Body, limit: Duration) -> Body {
    // Most requests have none, and need no clock.
    if body.is_end_stream() {
        return body;
    }
    Body::new(Timed { body, end: Box::pin(sleep(limit)) })
}

struct Timed {
    body: Body,
    end: Pin<Box<Sleep>>,
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        // What is there already is not late, however long this process took to ask for it.
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(BodyTooSlow.into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
