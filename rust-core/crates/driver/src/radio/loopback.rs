//! A radio in this process: any number of phones and workstations share one air.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), wardkey_driver::radio::RadioError> {
//! use wardkey_driver::radio::{Advert, Advertiser, Scanner, loopback::Loopback};
//!
//! let air = Loopback::new();
//! let mut phone = air.advertiser();
//! let mut workstation = air.scanner();
//! phone.advertise(Advert([7; 20])).await?;
//! assert_eq!(workstation.next_advert().await?, Advert([7; 20]));
//! phone.stop().await?;
//! assert_eq!(air.adverts(), Vec::<Advert>::new());
//! # Ok(()) }
//! ```

use std::collections::BTreeMap;
use std::future::{pending, ready};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::{Advert, Advertiser, RadioError, Scanner};

/// What is on the air, in the order it came there.
#[derive(Clone, Debug, Default)]
struct Air {
    adverts: BTreeMap<u64, Advert>,
    next: u64,
}

/// An air without distance or loss. Clones are the same air.
///
/// ```
/// use wardkey_driver::radio::{Advert, Advertiser, loopback::Loopback};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let air = Loopback::new();
/// let same = air.clone();
/// same.advertiser().advertise(Advert([7; 20])).await?;
/// air.wait_for_adverts(0).await; // that advertiser is dropped
/// let mut phone = same.advertiser();
/// phone.advertise(Advert([8; 20])).await?;
/// assert_eq!(air.adverts(), [Advert([8; 20])]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Loopback {
    air: watch::Sender<Air>,
}

impl Loopback {
    /// An empty air.
    pub fn new() -> Self {
        Self::default()
    }

    /// A phone's radio in this air.
    pub fn advertiser(&self) -> LoopbackAdvertiser {
        LoopbackAdvertiser { air: self.clone(), on_air: None }
    }

    /// A workstation's radio in this air.
    pub fn scanner(&self) -> LoopbackScanner {
        LoopbackScanner { air: self.air.subscribe(), heard: None }
    }

    /// What is on the air now.
    pub fn adverts(&self) -> Vec<Advert> {
        self.air.borrow().adverts.values().copied().collect()
    }

    /// Waits until exactly `count` adverts are on the air.
    pub async fn wait_for_adverts(&self, count: usize) {
        let mut air = self.air.subscribe();
        // The sender lives in `self`, so this cannot fail.
        let _ = air.wait_for(|air| air.adverts.len() == count).await;
    }

    fn add(&self, advert: Advert) -> u64 {
        let mut id = 0;
        self.air.send_modify(|air| {
            id = air.next;
            air.next += 1;
            air.adverts.insert(id, advert);
        });
        id
    }

    fn remove(&self, id: u64) {
        self.air.send_modify(|air| {
            air.adverts.remove(&id);
        });
    }
}

/// A phone in a [`Loopback`] air.
///
/// ```
/// use wardkey_driver::radio::{Advert, Advertiser};
/// use wardkey_driver::radio::loopback::{Loopback, LoopbackAdvertiser};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let air = Loopback::new();
/// let mut phone: LoopbackAdvertiser = air.advertiser();
/// phone.advertise(Advert([1; 20])).await?;
/// phone.advertise(Advert([2; 20])).await?;
/// assert_eq!(air.adverts(), [Advert([2; 20])], "one takes the place of the other");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LoopbackAdvertiser {
    air: Loopback,
    on_air: Option<u64>,
}

impl LoopbackAdvertiser {
    fn take_off_air(&mut self) {
        if let Some(id) = self.on_air.take() {
            self.air.remove(id);
        }
    }
}

impl Advertiser for LoopbackAdvertiser {
    fn advertise(&mut self, advert: Advert) -> BoxFuture<'_, Result<(), RadioError>> {
        async move {
            self.take_off_air();
            self.on_air = Some(self.air.add(advert));
            Ok(())
        }
        .boxed()
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>> {
        self.take_off_air();
        ready(Ok(())).boxed()
    }

    fn failure(&mut self) -> BoxFuture<'_, RadioError> {
        pending().boxed()
    }
}

impl Drop for LoopbackAdvertiser {
    fn drop(&mut self) {
        self.take_off_air();
    }
}

/// A workstation in a [`Loopback`] air.
///
/// ```
/// use wardkey_driver::radio::{Advert, Advertiser, Scanner};
/// use wardkey_driver::radio::loopback::{Loopback, LoopbackScanner};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let air = Loopback::new();
/// let (mut one, mut other) = (air.advertiser(), air.advertiser());
/// let mut workstation: LoopbackScanner = air.scanner();
/// one.advertise(Advert([1; 20])).await?;
/// other.advertise(Advert([2; 20])).await?;
/// assert_eq!(workstation.next_advert().await?, Advert([1; 20]));
/// assert_eq!(workstation.next_advert().await?, Advert([2; 20]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LoopbackScanner {
    air: watch::Receiver<Air>,
    /// The newest advert returned in this scan.
    heard: Option<u64>,
}

impl LoopbackScanner {
    fn unheard(&mut self) -> Option<Advert> {
        let air = self.air.borrow_and_update();
        let first = self.heard.map_or(0, |heard| heard + 1);
        let (&id, &advert) = air.adverts.range(first..).next()?;
        self.heard = Some(id);
        Some(advert)
    }
}

impl Scanner for LoopbackScanner {
    fn next_advert(&mut self) -> BoxFuture<'_, Result<Advert, RadioError>> {
        async move {
            loop {
                if let Some(advert) = self.unheard() {
                    return Ok(advert);
                }
                if self.air.changed().await.is_err() {
                    // Nobody is left who could ever advertise: an empty air is silent.
                    pending::<()>().await;
                }
            }
        }
        .boxed()
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>> {
        self.heard = None;
        ready(Ok(())).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_scan_hears_each_advert_on_the_air_once() {
        let air = Loopback::new();
        let (mut one, mut other) = (air.advertiser(), air.advertiser());
        let mut scanner = air.scanner();
        one.advertise(Advert([1; 20])).await.unwrap();
        other.advertise(Advert([2; 20])).await.unwrap();
        assert_eq!(scanner.next_advert().await.unwrap(), Advert([1; 20]));
        assert_eq!(scanner.next_advert().await.unwrap(), Advert([2; 20]));
        assert!(scanner.next_advert().now_or_never().is_none());
        one.advertise(Advert([3; 20])).await.unwrap();
        assert_eq!(scanner.next_advert().await.unwrap(), Advert([3; 20]));
        scanner.stop().await.unwrap();
        assert_eq!(scanner.next_advert().await.unwrap(), Advert([2; 20]));
    }

    #[tokio::test]
    async fn a_waiting_scanner_wakes() {
        let air = Loopback::new();
        let mut phone = air.advertiser();
        let mut scanner = air.scanner();
        let (heard, sent) = tokio::join!(scanner.next_advert(), phone.advertise(Advert([7; 20])));
        sent.unwrap();
        assert_eq!(heard.unwrap(), Advert([7; 20]));
    }

    #[tokio::test]
    async fn a_dropped_advertiser_is_silent() {
        let air = Loopback::new();
        let mut phone = air.advertiser();
        phone.advertise(Advert([7; 20])).await.unwrap();
        assert_eq!(air.adverts(), [Advert([7; 20])]);
        drop(phone);
        air.wait_for_adverts(0).await;
    }
}
