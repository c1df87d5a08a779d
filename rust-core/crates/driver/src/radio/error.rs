//! What is wrong with a radio, and the remedy.

use std::io;

use wardkey_core::hybrid::RadioFailure;

/// Why a radio cannot do its part. The text says what is wrong, [`remedy`](Self::remedy) what to do.
///
/// ```
/// use wardkey_core::hybrid::RadioFailure;
/// use wardkey_driver::radio::RadioError;
///
/// let error = RadioError::BluetoothOff;
/// assert_eq!(error.failure(), RadioFailure::Off);
/// assert_eq!(error.to_string(), "Bluetooth is off on this machine");
/// assert!(error.remedy().contains("bluetoothctl power on"));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum RadioError {
    /// The adapter is switched off.
    #[error("Bluetooth is off on this machine")]
    BluetoothOff,
    /// rfkill holds the adapter off.
    #[error("Bluetooth is blocked by rfkill on this machine")]
    BluetoothBlocked,
    /// The machine has no adapter.
    #[error("no Bluetooth adapter on this machine")]
    NoAdapter,
    /// `bluetoothd` is not running.
    #[error("the Bluetooth service is not running on this machine")]
    NoService,
    /// `bluetoothd` runs and does not answer.
    #[error("the Bluetooth service does not answer on this machine")]
    NoAnswer,
    /// The D-Bus system bus cannot be reached, or broke.
    #[error("no connection to the D-Bus system bus ({reason})")]
    NoBus {
        /// What D-Bus says.
        reason: String,
    },
    /// The D-Bus policy keeps this user from the Bluetooth service.
    #[error("this machine refuses access to Bluetooth")]
    AccessDenied,
    /// Every advertising slot of the adapter is in use.
    #[error("no free advertising slot on this machine's Bluetooth adapter")]
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
    #[error("the input ended before an advert came")]
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

    /// What a person can do about it, as the end of a sentence.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::BluetoothOff => "switch it on, for example with `bluetoothctl power on`",
            Self::BluetoothBlocked => {
                "end flight mode, use the switch on the machine, or run `rfkill unblock bluetooth`"
            }
            Self::NoAdapter => "plug one in, or use another radio",
            Self::NoService => "install BlueZ, or run `systemctl start bluetooth`",
            Self::NoAnswer => "run `systemctl restart bluetooth`",
            Self::NoBus { .. } => {
                "check that dbus-daemon is running, through which Bluetooth is reached"
            }
            Self::AccessDenied => {
                "add this user to the group `bluetooth` with `usermod -aG bluetooth NAME` and log in anew"
            }
            Self::NoFreeSlot => "end another program which advertises over Bluetooth",
            Self::Refused { .. } => {
                "run `systemctl restart bluetooth`; if that does not help, look into its log"
            }
            Self::InputEnded => "connect the phone's output to this input",
            Self::BadLine { .. } => "connect the phone's output, and nothing else, to this input",
            Self::Input(_) => "check what the input is connected to",
            Self::Output(_) => "check what the output is connected to",
        }
    }
}
