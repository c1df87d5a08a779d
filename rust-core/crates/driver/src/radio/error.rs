//! What is wrong with a radio, and the remedy.

use std::io;

use wardkey_core::hybrid::RadioFailure;

/// Why a radio cannot do its part. The text names the remedy.
///
/// ```
/// use wardkey_core::hybrid::RadioFailure;
/// use wardkey_driver::radio::RadioError;
///
/// let error = RadioError::BluetoothOff;
/// assert_eq!(error.failure(), RadioFailure::Off);
/// assert!(error.to_string().contains("bluetoothctl power on"));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum RadioError {
    /// The adapter is switched off.
    #[error("Bluetooth is off: switch it on, for example with `bluetoothctl power on`")]
    BluetoothOff,
    /// rfkill holds the adapter off.
    #[error(
        "Bluetooth is blocked by rfkill: end flight mode, use the switch on the machine, \
         or run `rfkill unblock bluetooth`"
    )]
    BluetoothBlocked,
    /// The machine has no adapter.
    #[error("no Bluetooth adapter: plug one in, or use another radio")]
    NoAdapter,
    /// `bluetoothd` is not running.
    #[error(
        "the Bluetooth service is not running: install BlueZ, or run `systemctl start bluetooth`"
    )]
    NoService,
    /// `bluetoothd` runs and does not answer.
    #[error("the Bluetooth service does not answer: run `systemctl restart bluetooth`")]
    NoAnswer,
    /// The D-Bus system bus cannot be reached, or broke.
    #[error("no connection to the D-Bus system bus ({reason}): is dbus-daemon running?")]
    NoBus {
        /// What D-Bus says.
        reason: String,
    },
    /// The D-Bus policy keeps this user from the Bluetooth service.
    #[error("the system refuses access to Bluetooth: add this user to the group `bluetooth`")]
    AccessDenied,
    /// Every advertising slot of the adapter is in use.
    #[error("no free advertising slot: end another program which advertises over Bluetooth")]
    NoFreeSlot,
    /// The Bluetooth service refused for a reason of its own.
    #[error("the Bluetooth service refused to {action}: {reason}")]
    Refused {
        /// What was asked: `advertise` or `scan`.
        action: &'static str,
        /// What the service says.
        reason: String,
    },
    /// The text input ended before the advert that was waited for.
    #[error("the input ended before an advert came: is the phone's output connected to it?")]
    InputEnded,
    /// A line of the text input is neither an advert nor the end of one.
    #[error("not a radio line, expected `ADVERT` and 40 hexadecimal digits, or `STOP`: {line:?}")]
    BadLine {
        /// The line, cut if it is long.
        line: String,
    },
    /// The text input could not be read.
    #[error("cannot read adverts: {0}")]
    Input(#[source] io::Error),
    /// The text output could not be written.
    #[error("cannot write the advert: {0}")]
    Output(#[source] io::Error),
}

impl RadioError {
    /// The kind of failure, as a session wants to know it.
    pub fn failure(&self) -> RadioFailure {
        match self {
            Self::BluetoothOff | Self::BluetoothBlocked => RadioFailure::Off,
            Self::NoAdapter | Self::NoService | Self::NoBus { .. } => RadioFailure::Unavailable,
            Self::AccessDenied => RadioFailure::PermissionDenied,
            _ => RadioFailure::Failed,
        }
    }
}
