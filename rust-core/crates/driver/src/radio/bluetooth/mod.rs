//! Bluetooth Low Energy on Linux, through BlueZ: bluer advertises, btleplug scans.
//!
//! Neither library notices when the adapter, the daemon or the bus goes away: streams fall silent
//! and handles stay valid. So both halves look at BlueZ themselves at intervals
//! ([`BluetoothSettings::check_every`]) and begin again what an interruption ended. Nothing waits
//! without limit, because a daemon that hangs would hold btleplug for 30 s and bluer for 120 s.
//!
//! Bluetooth that is off stays off: that decision belongs to the person, who is told instead.
//!
//! ```no_run
//! # async fn example() -> Result<(), wardkey_driver::radio::RadioError> {
//! use wardkey_driver::radio::bluetooth::{BluetoothScanner, BluetoothSettings};
//! use wardkey_driver::radio::Scanner;
//!
//! let mut radio = BluetoothScanner::new(BluetoothSettings::default());
//! println!("heard {}", radio.next_advert().await?);
//! # Ok(()) }
//! ```
//!
//! libdbus reads `DBUS_SYSTEM_BUS_ADDRESS` once in the life of a process.

mod advertiser;
mod daemon;
mod scanner;

pub use advertiser::BluetoothAdvertiser;
pub use scanner::BluetoothScanner;

use std::time::Duration;

use uuid::Uuid;
use wardkey_core::hybrid::eid::{LEGACY_SERVICE_UUID, SERVICE_UUID};

use super::RadioError;

/// How patient to be with the Bluetooth service.
///
/// ```
/// use std::time::Duration;
/// use wardkey_driver::radio::bluetooth::BluetoothSettings;
///
/// let patient = BluetoothSettings { recover_within: Duration::from_mins(1), ..Default::default() };
/// assert!(patient.answer_within < patient.recover_within);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BluetoothSettings {
    /// How long the service may take to answer a call, 5 s.
    pub answer_within: Duration,
    /// How often to look whether adapter and service are still there, 500 ms.
    pub check_every: Duration,
    /// How long an interruption may last before it counts as a failure, 10 s.
    pub recover_within: Duration,
}

impl Default for BluetoothSettings {
    fn default() -> Self {
        Self {
            answer_within: Duration::from_secs(5),
            check_every: Duration::from_millis(500),
            recover_within: Duration::from_secs(10),
        }
    }
}

/// The UUID base of Bluetooth, whose bits 32 to 63 hold a 16-bit UUID.
const BASE_UUID: u128 = 0x0000_0000_0000_1000_8000_0080_5f9b_34fb;

const fn full_uuid(short: u16) -> Uuid {
    Uuid::from_u128(BASE_UUID | (short as u128) << 96)
}

/// What the phone advertises under.
const SERVICE: Uuid = full_uuid(SERVICE_UUID);
/// What older phones advertise under.
const LEGACY_SERVICE: Uuid = full_uuid(LEGACY_SERVICE_UUID);

/// Why an errand ended early.
#[derive(Debug)]
enum Trouble {
    /// The adapter or the service went away or came back: what was running no longer is.
    Interrupted,
    /// Something is wrong.
    Failed(RadioError),
}

impl From<RadioError> for Trouble {
    fn from(error: RadioError) -> Self {
        Self::Failed(error)
    }
}
