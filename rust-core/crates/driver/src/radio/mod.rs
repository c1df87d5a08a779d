//! Proximity: the phone advertises an [`Advert`], the workstation hears it.
//!
//! Two traits, one for each role, because no machine needs both halves of a radio:
//! [`Advertiser`] for the phone and [`Scanner`] for the workstation. Three implementations:
//!
//! | | phone | workstation |
//! |---|---|---|
//! | Bluetooth (feature `bluetooth`) | `bluetooth::BluetoothAdvertiser` | `bluetooth::BluetoothScanner` |
//! | text on stdio | [`lines::LinesAdvertiser`] | [`lines::LinesScanner`] |
//! | in this process | [`loopback::LoopbackAdvertiser`] | [`loopback::LoopbackScanner`] |

#[cfg(all(feature = "bluetooth", target_os = "linux"))]
pub mod bluetooth;
mod error;
pub mod lines;
pub mod loopback;

pub use error::RadioError;

use futures_util::future::BoxFuture;
pub use wardkey_core::hybrid::eid::Advert;

/// The phone's half: puts adverts on the air.
///
/// At most one advert is on the air. Every future may be dropped at any point; the advertiser
/// stays usable, and [`stop`](Self::stop) puts it in a known state. Dropping the advertiser takes
/// its advert off the air as well, without waiting until that is done.
///
/// [`LoopbackAdvertiser`](loopback::LoopbackAdvertiser) is one; the [crate's example](crate) shows it at work.
pub trait Advertiser: Send {
    /// Puts `advert` on the air, in place of an earlier one.
    fn advertise(&mut self, advert: Advert) -> BoxFuture<'_, Result<(), RadioError>>;

    /// Takes the advert off the air, if there is one.
    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>>;

    /// Waits until the advert cannot be kept on the air, and says why.
    ///
    /// Interruptions that can be repaired are repaired and not reported. Never ends while
    /// nothing is on the air.
    fn failure(&mut self) -> BoxFuture<'_, RadioError>;
}

/// The workstation's half: hears adverts.
///
/// Every future may be dropped at any point without losing an advert. Dropping the scanner ends
/// the scan as well, without waiting until that is done.
///
/// [`LoopbackScanner`](loopback::LoopbackScanner) is one; the [crate's example](crate) shows it at work.
pub trait Scanner: Send {
    /// The next advert heard, from whatever phone; starts to scan if it does not yet.
    ///
    /// The same advert may be returned any number of times.
    fn next_advert(&mut self) -> BoxFuture<'_, Result<Advert, RadioError>>;

    /// Stops to scan, if it does.
    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>>;
}
