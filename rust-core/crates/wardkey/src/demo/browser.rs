//! `wardkey demo --browser`: the workstation is a real Chromium.
//!
//! It finds Bluetooth on a private bus with a stand-in for BlueZ, so the phone needs no radio.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures_util::{FutureExt, future::BoxFuture};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wardkey_bluez_standin::{Advert as Packet, Air, Machine};
use wardkey_chromium::{Browser, Screen, Settings};
use wardkey_core::hybrid::eid::{Advert, SERVICE_UUID};
use wardkey_driver::radio::{Advertiser, RadioError};

use super::{ACCOUNT, Played, phone, world::World};
use crate::{failure::Failure, picture, progress::Progress};

/// How long Chromium may take to draw its code.
const PATIENCE: Duration = Duration::from_mins(1);

/// A workstation with a browser, and the air between it and the phone.
pub(super) struct BrowserDemo<'a> {
    world: &'a World,
    progress: Progress,
    screenshots: &'a Path,
    browser: Browser,
    screen: Screen,
    machine: Machine,
    air: Air,
    pictures: u32,
}

impl<'a> BrowserDemo<'a> {
    pub(super) async fn start(
        world: &'a World,
        progress: Progress,
        screenshots: &'a Path,
    ) -> Result<Self, Failure> {
        std::fs::create_dir_all(screenshots).map_err(|error| {
            let problem = format!("{}: {error}", screenshots.display());
            Failure::new("saving screenshots", problem, "give another folder after --screenshots")
        })?;
        let air = Air::new();
        let machine = Machine::start(&air).await.map_err(no_browser)?;
        let screen = Screen::start().await.map_err(no_browser)?;
        let settings = Settings {
            bus_address: machine.bus_address().to_owned(),
            tunnel: world.tunnel_address,
            trusted_keys: world.trusted_keys.clone(),
            page: world.origin.clone(),
        };
        let browser = Browser::start(&screen, &settings).await.map_err(no_browser)?;
        progress.step("Chromium is up");
        Ok(Self { world, progress, screenshots, browser, screen, machine, air, pictures: 0 })
    }

    /// Plays one ceremony (`register` or `signin`) on its page.
    pub(super) async fn play(&mut self, what: &str) -> Result<Played, Failure> {
        let started = Instant::now();
        let chromium = self.progress.of("chromium");
        let page = format!("{}/{what}", self.world.origin);
        self.browser.open(&page).await.map_err(no_browser)?;
        self.save_picture(&format!("{what}-page"))?;
        self.browser.evaluate(&send_the_form()).await.map_err(no_browser)?;

        let is_code = |text: &str| picture::parse(text).is_ok();
        let found = self.screen.wait_for_code(PATIENCE, is_code).await;
        if found.is_err() {
            self.save_picture(&format!("{what}-without-code"))?;
        }
        let text = found.map_err(no_browser)?;
        chromium.step(format!("{what}: QR code on the screen"));
        self.save_picture(&format!("{what}-code"))?;
        // Chromium hears only adverts that come while it listens.
        let mut activity = self.machine.activity();
        activity.wait_for(|now| now.scanners > 0).await.map_err(no_browser)?;

        let code = picture::parse(&text)?;
        let mut radio = AirAdvertiser(self.air.clone());
        let cancel = CancellationToken::new();
        let at_phone = phone::answer(self.world, self.progress, code, &mut radio, &cancel);
        let at_browser = self.browser.evaluate(THE_OUTCOME);
        let (phone_ended, outcome) = tokio::join!(at_phone, at_browser);
        let outcome = outcome.map_err(no_browser)?;
        phone_ended?;
        let verdict = verdict(outcome)?;
        chromium.step(format!("{what}: verified"));
        self.save_page(&format!("{what}-done")).await?;
        Ok(Played { verdict, took: started.elapsed() })
    }

    /// The whole screen, with what the browser itself draws.
    fn save_picture(&mut self, name: &str) -> Result<(), Failure> {
        let path = self.next_path(name);
        self.screen.save_picture(&path).map_err(no_browser)
    }

    /// The whole page, which at the end is longer than the screen and still half covered.
    async fn save_page(&mut self, name: &str) -> Result<(), Failure> {
        let path = self.next_path(name);
        self.browser.save_page(&path).await.map_err(no_browser)
    }

    fn next_path(&mut self, name: &str) -> PathBuf {
        self.pictures += 1;
        let path = self.screenshots.join(format!("{}-{name}.png", self.pictures));
        self.progress.of("screenshot").step(path.display());
        path
    }
}

fn send_the_form() -> String {
    format!(
        "(() => {{
          const form = document.getElementById('ceremony');
          form.elements.userName.value = '{ACCOUNT}';
          form.requestSubmit();
        }})()"
    )
}

const THE_OUTCOME: &str = "new Promise(resolve => {
  const byId = (id) => document.getElementById(id);
  const look = () => {
    if (!byId('result').hidden) resolve({result: JSON.parse(byId('result-json').textContent)});
    if (!byId('problem').hidden) resolve({problem: byId('problem').textContent});
  };
  new MutationObserver(look).observe(document.body, {subtree: true, attributes: true});
  look();
})";

fn verdict(mut outcome: Value) -> Result<Value, Failure> {
    match outcome.get_mut("result") {
        Some(result) => Ok(result.take()),
        None => Err(Failure::new(
            "the sandbox's page",
            outcome.get("problem").and_then(Value::as_str).unwrap_or("it shows no result").trim(),
            "look at the last screenshot",
        )),
    }
}

fn no_browser(error: impl std::fmt::Display) -> Failure {
    Failure::new(
        "the browser",
        error,
        "run scripts/needs browser, and see the screenshots that were saved",
    )
}

/// Puts the phone's adverts on the air that Chromium listens to.
struct AirAdvertiser(Air);

impl Advertiser for AirAdvertiser {
    fn advertise(&mut self, advert: Advert) -> BoxFuture<'_, Result<(), RadioError>> {
        // Any address will do: hybrid transport does not look at it.
        let packet = Packet::of_service("5A:00:00:00:00:01", SERVICE_UUID, &advert.0);
        self.0.transmit(packet);
        std::future::ready(Ok(())).boxed()
    }

    fn stop(&mut self) -> BoxFuture<'_, Result<(), RadioError>> {
        std::future::ready(Ok(())).boxed()
    }

    fn failure(&mut self) -> BoxFuture<'_, RadioError> {
        std::future::pending().boxed()
    }
}
