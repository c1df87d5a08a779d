//! The state of one machine's BlueZ, and what happens to it other than calls.

use crate::adapter::{self, Power};
use crate::advertiser::{AdvertKey, Advertiser};
use crate::air::{Advert, Air, MachineId, Packet};
use crate::events::{Activity, Event, Reporter};
use crate::faults::Faults;
use crate::objects::Objects;
use crate::scanner::{self, Scanners};

/// One machine's BlueZ. It sends nothing itself: see [`Objects`].
pub(crate) struct Bluez {
    pub(crate) objects: Objects,
    pub(crate) scanners: Scanners,
    pub(crate) advertiser: Advertiser,
    pub(crate) faults: Faults,
    pub(crate) reporter: Reporter,
    pub(crate) air: Air,
    pub(crate) id: MachineId,
}

impl Bluez {
    /// A daemon with one adapter which is on.
    pub(crate) fn new(air: Air, id: MachineId, reporter: Reporter) -> zbus::Result<Self> {
        let mut objects = Objects::default();
        objects.add("/org/bluez", adapter::daemon_interfaces())?;
        objects.add(adapter::PATH, adapter::interfaces(Power::On))?;
        // Nobody is there yet to hear these announcements.
        objects.take_outbox();
        Ok(Self {
            objects,
            scanners: Scanners::default(),
            advertiser: Advertiser::default(),
            faults: Faults::default(),
            reporter,
            air,
            id,
        })
    }

    /// The radio hears a packet, its own excepted.
    pub(crate) fn hear(&mut self, packet: &Packet) -> zbus::Result<()> {
        if packet.origin == Some(self.id) || self.faults.mute {
            return Ok(());
        }
        self.scanners.hear(&mut self.objects, &packet.advert)
    }

    /// Plays these faults from now on, in place of earlier ones.
    pub(crate) fn set_faults(&mut self, faults: Faults) -> zbus::Result<()> {
        self.faults = faults;
        if faults.radio_blocked {
            return self.set_power(Power::Blocked);
        }
        Ok(())
    }

    /// Changes the adapter's power; off ends scans and adverts.
    pub(crate) fn set_power(&mut self, power: Power) -> zbus::Result<()> {
        if power != Power::On {
            self.silence()?;
        }
        adapter::set_power(&mut self.objects, power)
    }

    /// Plugs the adapter in or out.
    pub(crate) fn set_present(&mut self, present: bool) -> zbus::Result<()> {
        if present == adapter::is_present(&self.objects) {
            return Ok(());
        }
        if present {
            return self.objects.add(adapter::PATH, adapter::interfaces(Power::On));
        }
        self.silence()?;
        self.objects.remove(adapter::PATH)
    }

    /// A client left the bus: its scans and adverts end.
    pub(crate) fn client_left(&mut self, client: &str) -> zbus::Result<()> {
        if self.scanners.stop(client) {
            self.reporter.event(Event::ScanEnded);
            self.announce_scanning()?;
        }
        let ended = self.advertiser.stop_client(client);
        if ended.is_empty() {
            return Ok(());
        }
        self.report_ended(ended);
        self.announce_slots()
    }

    /// Puts an advert on the air.
    pub(crate) fn advertise(&mut self, key: AdvertKey, advert: Advert) -> zbus::Result<()> {
        self.advertiser.start(key, advert.clone(), self.air.clone(), self.id);
        self.reporter.event(Event::AdvertStarted(advert));
        self.announce_slots()
    }

    /// Tells clients how many slots are used.
    pub(crate) fn announce_slots(&mut self) -> zbus::Result<()> {
        adapter::set_used_slots(&mut self.objects, self.advertiser.used_slots())
    }

    /// Tells clients whether anyone scans.
    pub(crate) fn announce_scanning(&mut self) -> zbus::Result<()> {
        adapter::set_discovering(&mut self.objects, self.scanners.active() > 0)
    }

    /// Publishes what the radio does now to tests.
    pub(crate) fn report_activity(&self) {
        self.reporter.activity(Activity {
            scanners: self.scanners.active(),
            adverts: self.advertiser.adverts(),
        });
    }

    fn silence(&mut self) -> zbus::Result<()> {
        for _ in 0..self.scanners.active() {
            self.reporter.event(Event::ScanEnded);
        }
        self.scanners.clear();
        let ended = self.advertiser.stop_all();
        self.report_ended(ended);
        scanner::forget_devices(&mut self.objects)?;
        self.announce_scanning()?;
        self.announce_slots()
    }

    fn report_ended(&self, adverts: Vec<Advert>) {
        for advert in adverts {
            self.reporter.event(Event::AdvertEnded(advert));
        }
    }
}
