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
/// ```
/// use wardkey_driver::radio::{Advert, Advertiser, RadioError, loopback::Loopback};
///
/// /// On the air for as long as `meeting` takes, unless the radio fails first.
/// async fn announce(
///     radio: &mut dyn Advertiser,
///     advert: Advert,
///     meeting: impl Future<Output = ()>,
/// ) -> Result<(), RadioError> {
///     radio.advertise(advert).await?;
///     let met = tokio::select! {
///         () = meeting => Ok(()),
///         failure = radio.failure() => Err(failure),
///     };
///     radio.stop().await?;
///     met
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let air = Loopback::new();
/// let meeting = async { assert_eq!(air.adverts(), [Advert([7; 20])]) };
/// announce(&mut air.advertiser(), Advert([7; 20]), meeting).await?;
/// assert!(air.adverts().is_empty());
/// # Ok(())
/// # }
/// ```
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
/// ```
/// use wardkey_driver::radio::{Advert, Advertiser, RadioError, Scanner, loopback::Loopback};
///
/// /// The first advert that is meant for us.
/// async fn find(
///     radio: &mut dyn Scanner,
///     ours: impl Fn(&Advert) -> bool,
/// ) -> Result<Advert, RadioError> {
///     loop {
///         let advert = radio.next_advert().await?;
///         if ours(&advert) {
///             radio.stop().await?;
///             return Ok(advert);
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let air = Loopback::new();
/// let (mut stranger, mut phone) = (air.advertiser(), air.advertiser());
/// stranger.advertise(Advert([1; 20])).await?;
/// phone.advertise(Advert([2; 20])).await?;
/// let found = find(&mut air.scanner(), |advert| advert.0[0] == 2).await?;
/// assert_eq!(found, Advert([2; 20]));
/// # Ok(())
/// # }
/// ```
pub trait Scanner: Send {
    /// The next advert heard, from whatever phone; starts to scan if it does not yet.
    ///
    /// The same advert may be returned any number of times.
    fn next_advert(&mut self) -> BoxFuture<'_, Result<Advert, RadioError>>;

    /// Stops to scan, if it does.
    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>>;
}
