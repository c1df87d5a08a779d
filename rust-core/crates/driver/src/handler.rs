//! The authenticator's part, beside the phone's session.

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use wardkey_core::hybrid::session::Input;

use crate::events::Events;

/// Answers CTAP commands: an authenticator and the person in front of it.
///
/// The future is dropped when nobody waits for the answer any more: whatever it began must then
/// be undone.
///
/// ```
/// use std::future::ready;
/// use futures_util::future::{BoxFuture, FutureExt};
/// use wardkey_driver::CtapHandler;
///
/// /// An authenticator that knows no credential.
/// struct Empty;
///
/// impl CtapHandler for Empty {
///     fn handle(&mut self, command: Vec<u8>) -> BoxFuture<'_, Vec<u8>> {
///         let status = if command.starts_with(&[0x02]) { 0x2e } else { 0x01 };
///         ready(vec![status]).boxed()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// assert_eq!(Empty.handle(vec![0x02, 0xa0]).await, [0x2e]);
/// assert_eq!(Empty.handle(Vec::new()).await, [0x01]);
/// # Ok(())
/// # }
/// ```
pub trait CtapHandler: Send {
    /// Answers one command (command byte, then CBOR) with a status byte and the response's CBOR.
    /// A malformed command is answered with the status for it.
    fn handle(&mut self, command: Vec<u8>) -> BoxFuture<'_, Vec<u8>>;
}

/// What the session wants of the authenticator.
#[derive(Debug)]
pub(crate) enum HandlerOrder {
    Handle(Vec<u8>),
    Cancel,
}

/// Hands each command on and reports the answer, one at a time.
pub(crate) async fn answer(
    handler: &mut dyn CtapHandler,
    mut orders: mpsc::UnboundedReceiver<HandlerOrder>,
    events: Events,
) {
    let mut order = orders.recv().await;
    while let Some(current) = order {
        order = match current {
            HandlerOrder::Cancel => orders.recv().await,
            HandlerOrder::Handle(command) => tokio::select! {
                biased;
                // The next command comes only after the answer: this is a cancellation or the end.
                order = orders.recv() => order,
                response = handler.handle(command) => {
                    events.report(Input::Response(response)).await;
                    orders.recv().await
                }
            },
        };
    }
}
