//! What the parts of a driver tell the session, with the detail a session has no use for.

use tokio::sync::mpsc;
use wardkey_core::hybrid::session::Input;

use crate::radio::RadioError;
use crate::tunnel::TunnelError;

/// Events that may wait; who reports more waits as well.
const CAPACITY: usize = 16;

/// The whole story behind a failure that a session knows only the kind of.
///
/// A [`DriveError`](crate::DriveError) may carry it.
///
/// ```
/// use wardkey_driver::{Detail, radio::RadioError};
///
/// let detail = Detail::from(RadioError::BluetoothOff);
/// assert_eq!(detail.to_string(), "Bluetooth is off on this machine");
/// let remedy = match &detail {
///     Detail::Radio(error) => error.remedy(),
///     _ => "",
/// };
/// assert!(remedy.contains("bluetoothctl power on"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Detail {
    /// The tunnel could not be opened.
    #[error(transparent)]
    Tunnel(#[from] TunnelError),
    /// The radio failed.
    #[error(transparent)]
    Radio(#[from] RadioError),
}

/// Something that happened, and the story behind it.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) input: Input,
    pub(crate) detail: Option<Detail>,
}

impl From<Input> for Event {
    fn from(input: Input) -> Self {
        Self { input, detail: None }
    }
}

/// The way to the session.
#[derive(Clone, Debug)]
pub(crate) struct Events(mpsc::Sender<Event>);

impl Events {
    pub(crate) fn channel() -> (Self, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (Self(sender), receiver)
    }

    pub(crate) async fn report(&self, input: Input) {
        self.send(input.into()).await;
    }

    pub(crate) async fn report_detailed(&self, input: Input, detail: Detail) {
        self.send(Event { input, detail: Some(detail) }).await;
    }

    async fn send(&self, event: Event) {
        // An error means that the session has finished.
        let _ = self.0.send(event).await;
    }
}
