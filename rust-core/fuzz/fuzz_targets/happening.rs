//! What a fuzzer may let happen to a session.

use arbitrary::Arbitrary;
use core::time::Duration;
use wardkey_core::hybrid::crypter::Crypter;
use wardkey_core::hybrid::eid::Advert;
use wardkey_core::hybrid::session::{Input, Output, Session, TunnelViolation};
use wardkey_core::hybrid::tunnel::RoutingId;
use wardkey_core::hybrid::{RadioFailure, TunnelFailure};

#[derive(Arbitrary, Debug)]
pub enum Happening {
    /// A message that decrypts, once there are keys.
    Sealed(Vec<u8>),
    Message(Vec<u8>),
    Response(Vec<u8>),
    Opened(Option<[u8; 3]>),
    Failed(u16),
    Closed,
    Text,
    Advert([u8; 20]),
    Radio,
    Cancel,
    Wait(u16),
}

/// Lets everything happen, then time run out; checks that the session ends, and just once.
pub fn run(session: &mut dyn Session, mut crypter: Option<Crypter>, happenings: Vec<Happening>) {
    let mut now = Duration::ZERO;
    let mut ended = drain(session);
    for happening in happenings {
        let input = match happening {
            Happening::Sealed(plaintext) => {
                match crypter.as_mut().map(|end| end.seal(&plaintext)) {
                    Some(Ok(message)) => Input::TunnelMessage(message),
                    _ => continue,
                }
            }
            Happening::Message(message) => Input::TunnelMessage(message),
            Happening::Response(response) => Input::Response(response),
            Happening::Opened(id) => Input::TunnelOpened { routing_id: id.map(RoutingId) },
            Happening::Failed(status) => Input::TunnelFailed(TunnelFailure::HttpStatus(status)),
            Happening::Closed => Input::TunnelClosed,
            Happening::Text => Input::TunnelViolation(TunnelViolation::Text),
            Happening::Advert(bytes) => Input::AdvertSeen(Advert(bytes)),
            Happening::Radio => Input::RadioFailed(RadioFailure::Failed),
            Happening::Cancel => Input::Cancel,
            Happening::Wait(milliseconds) => {
                now += Duration::from_millis(milliseconds.into());
                Input::Timeout
            }
        };
        session.handle(now, input);
        ended |= drain(session);
        assert_eq!(ended, session.poll_timeout().is_none());
    }
    if let Some(deadline) = session.poll_timeout() {
        session.handle(deadline, Input::Timeout);
        assert!(drain(session), "the deadline passed and the session goes on");
    }
}

/// Whether the session has finished; nothing may follow that.
fn drain(session: &mut dyn Session) -> bool {
    let mut ended = false;
    while let Some(output) = session.poll_output() {
        assert!(!ended, "{output:?} after the end");
        ended = matches!(output, Output::Finished(_));
    }
    ended
}
