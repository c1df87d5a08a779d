//! A real Chromium at a workstation, told what to do by the words on its pages.
//!
//! It finds Bluetooth on a private bus with a stand-in for BlueZ, so the phone needs no radio.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use reqwest::Url;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use wardkey_bluez_standin::{Advert as Packet, Air, Machine};
use wardkey_chromium::{Browser, Screen, Settings};
use wardkey_core::hybrid::eid::{Advert, SERVICE_UUID};
use wardkey_driver::radio::{Advertiser, RadioError};

use super::{
    handset::{Handset, OpenLink},
    page::Page,
    phone,
    workstation::Workstation,
    world::{Owner, World},
};
use crate::{failure::Failure, phone::Done, picture, progress::Progress};

/// How long a browser may take for a page, or for its code.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whether nothing was pressed on this page yet: one that was is on its way out, and may look like the next.
const FRESH: &str = "globalThis.leaving === undefined";

/// How often a page that changes is loaded again.
const LOOK: Duration = Duration::from_millis(100);

/// Where pictures go, numbered in the order of the story.
pub(super) struct Pictures<'a> {
    folder: &'a Path,
    taken: Cell<u32>,
}

impl<'a> Pictures<'a> {
    pub(super) fn in_folder(folder: &'a Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|error| {
            let problem = format!("{}: {error}", folder.display());
            Failure::new("saving screenshots", problem, "give another folder after --screenshots")
        })?;
        Ok(Self { folder, taken: Cell::new(0) })
    }

    fn next(&self, name: &str) -> PathBuf {
        self.taken.set(self.taken.get() + 1);
        self.folder.join(format!("{:02}-{name}.png", self.taken.get()))
    }
}

/// What every browser of the story has.
#[derive(Clone, Copy)]
pub(super) struct Chromium<'a> {
    pub(super) world: &'a World,
    pub(super) progress: Progress,
    pub(super) pictures: &'a Pictures<'a>,
}

impl<'a> Chromium<'a> {
    /// Opens a page in a browser of its own.
    pub(super) async fn open(self, address: &Url) -> Result<Window<'a>, Failure> {
        let Self { world, progress, pictures } = self;
        let air = Air::new();
        let machine = Machine::start(&air).await.map_err(no_browser)?;
        let screen = Screen::start().await.map_err(no_browser)?;
        let settings = Settings {
            bus_address: machine.bus_address().to_owned(),
            tunnel: world.tunnel_address,
            trusted_keys: world.trusted_keys.clone(),
            page: "about:blank".into(),
        };
        let mut browser = Browser::start(&screen, &settings).await.map_err(no_browser)?;
        progress.of("chromium").step("up");
        let go = format!("location.assign({})", json!(address.as_str()));
        browser.evaluate(&go).await.map_err(no_browser)?;
        Ok(Window { world, progress, pictures, browser, screen, machine, air })
    }
}

/// A workstation with a browser, and the air between it and phones.
pub(super) struct Window<'a> {
    world: &'a World,
    progress: Progress,
    pictures: &'a Pictures<'a>,
    browser: Browser,
    screen: Screen,
    machine: Machine,
    air: Air,
}

impl Window<'_> {
    async fn wait_until(&mut self, condition: &str) -> Result<(), Failure> {
        let waited = self.browser.wait_until(condition, PATIENCE).await;
        if waited.is_err() {
            self.save_screen("not-as-expected")?;
        }
        waited.map_err(no_browser)
    }

    /// Waits for a page on which `condition` holds, takes a picture of it and reads it.
    async fn read(&mut self, condition: &str, name: &str) -> Result<Page, Failure> {
        let there = format!("{FRESH} && document.readyState === 'complete' && {condition}");
        self.wait_until(&there).await?;
        let path = self.next_picture(name);
        self.browser.save_page(&path).await.map_err(no_browser)?;
        let address = self.text("location.href").await?;
        let html = self.text("document.documentElement.outerHTML").await?;
        Ok(Page::new(address.parse().map_err(no_browser)?, html))
    }

    async fn text(&mut self, expression: &str) -> Result<String, Failure> {
        Ok(self.evaluate(expression).await?.as_str().unwrap_or_default().to_owned())
    }

    async fn evaluate(&mut self, expression: &str) -> Result<Value, Failure> {
        self.browser.evaluate(expression).await.map_err(no_browser)
    }

    /// Presses the link or button that says `words`.
    async fn click(&mut self, words: &str) -> Result<(), Failure> {
        let click = format!(
            "(() => {{
               const words = (element) => element.textContent.trim().replace(/\\s+/g, ' ');
               const all = [...document.querySelectorAll('main a, main button')];
               const found = all.find((element) => element.checkVisibility() && words(element) === {});
               found?.click();
               return Boolean(found);
             }})()",
            json!(words)
        );
        if self.evaluate(&click).await? == Value::Bool(true) {
            return Ok(());
        }
        Err(no_browser(format!("the page has nothing to press that says “{words}”")))
    }

    /// The browser shows its QR code, and the phone does the ceremony, until the page is `gone` on.
    async fn scan(&mut self, owner: Owner, name: &str, gone: &str) -> Result<Done, Failure> {
        let is_code = |text: &str| picture::parse(text).is_ok();
        let found = self.screen.wait_for_code(PATIENCE, is_code).await;
        let what = if found.is_ok() { "code" } else { "without-code" };
        self.save_screen(&format!("{name}-{what}"))?;
        let code = picture::parse(&found.map_err(no_browser)?)?;
        self.progress.of("chromium").step("QR code on the screen");
        // Chromium hears only adverts that come while it listens.
        let mut activity = self.machine.activity();
        activity.wait_for(|now| now.scanners > 0).await.map_err(no_browser)?;

        let mut radio = AirAdvertiser(self.air.clone());
        let cancel = CancellationToken::new();
        let (world, progress) = (self.world, self.progress);
        let at_phone = phone::answer(world, progress, owner, code, &mut radio, &cancel);
        let (phone, page) = tokio::join!(at_phone, self.browser.wait_until(gone, PATIENCE));
        let done = phone?;
        page.map_err(no_browser)?;
        Ok(done)
    }

    /// A picture of the whole screen, with what the browser itself draws.
    fn save_screen(&self, name: &str) -> Result<(), Failure> {
        self.screen.save_picture(&self.next_picture(name)).map_err(no_browser)
    }

    fn next_picture(&self, name: &str) -> PathBuf {
        let path = self.pictures.next(name);
        self.progress.of("screenshot").step(path.display());
        path
    }
}

impl Workstation for Window<'_> {
    async fn arrive(&mut self, heading: &str, name: &str) -> Result<Page, Failure> {
        let heading = json!(heading);
        let there = format!("document.querySelector('h1')?.textContent.includes({heading})");
        self.read(&there, name).await
    }

    async fn fill(&mut self, field: &str, value: &str) -> Result<(), Failure> {
        let (field, value) = (json!(format!("[name={field}]")), json!(value));
        self.evaluate(&format!("document.querySelector({field}).value = {value}")).await.map(drop)
    }

    async fn choose(&mut self, field: &str) -> Result<(), Failure> {
        let field = json!(format!("input[type=radio][name={field}]"));
        self.evaluate(&format!("document.querySelector({field}).click()")).await.map(drop)
    }

    async fn press(&mut self, words: &str) -> Result<(), Failure> {
        self.evaluate("globalThis.leaving = true").await?;
        self.click(words).await
    }

    async fn wait_for(&mut self, selector: &str, name: &str) -> Result<Page, Failure> {
        let there = format!("document.querySelector({}) !== null", json!(selector));
        self.read(&there, name).await
    }

    async fn go(&mut self, address: &Url) -> Result<(), Failure> {
        let go = format!("globalThis.leaving = true; location.assign({})", json!(address.as_str()));
        self.evaluate(&go).await.map(drop)
    }

    async fn open_until(
        &mut self,
        address: &Url,
        heading: &str,
        name: &str,
    ) -> Result<(), Failure> {
        let there =
            format!("document.querySelector('h1')?.textContent.includes({})", json!(heading));
        let look = async {
            loop {
                self.browser.open(address.as_str()).await.map_err(no_browser)?;
                if self.browser.evaluate(&there).await.map_err(no_browser)? == Value::Bool(true) {
                    return Ok(());
                }
                sleep(LOOK).await;
            }
        };
        let never = |_| Err(no_browser(format!("{address} never showed “{heading}”")));
        timeout(PATIENCE, look).await.unwrap_or_else(never)?;
        self.arrive(heading, name).await.map(drop)
    }

    async fn create(&mut self, owner: Owner, name: &str) -> Result<String, Failure> {
        self.wait_for("#make:not([hidden])", &format!("{name}-make")).await?;
        self.click("Make the passkey").await?;
        let gone = "document.getElementById('enrol').dataset.state !== 'checked' \
                    || !document.getElementById('problem').hidden";
        let done = self.scan(owner, name, gone).await?;
        self.progress.of("chromium").step("registered");
        phone::code(done)
    }

    /// The page stays.
    async fn agree(&mut self) -> Result<(), Failure> {
        self.click("They match").await
    }

    async fn sign_in(&mut self, owner: Owner, name: &str) -> Result<(), Failure> {
        self.arrive("Sign in", &format!("{name}-sign-in")).await?;
        self.press("Sign in with a passkey").await?;
        let gone = "location.pathname !== '/login' || !document.getElementById('problem').hidden";
        self.scan(owner, name, gone).await?;
        self.progress.of("chromium").step("signed in");
        Ok(())
    }
}

/// The clinician opens the link in a browser whose code the phone scans.
impl Handset for Chromium<'_> {
    async fn open(self, link: &str) -> Result<impl OpenLink, Failure> {
        let mut window = Chromium::open(self, &link.parse().map_err(no_browser)?).await?;
        window.arrive("Register your passkey", "clinician-link").await?;
        window.press("Continue").await?;
        Ok(window)
    }
}

impl OpenLink for Window<'_> {
    async fn make(&mut self) -> Result<String, Failure> {
        let code = self.create(Owner::Clinician, "clinician").await?;
        self.wait_for("#enrol[data-state=made]", "clinician-made").await?;
        Ok(code)
    }

    /// The page does not have the code: it is the phone's.
    async fn wait(&mut self, _: &str) -> Result<(), Failure> {
        self.wait_for("#enrol[data-state=active]", "clinician-active").await.map(drop)
    }
}

fn no_browser(error: impl std::fmt::Display) -> Failure {
    Failure::new(
        "the browser",
        error,
        "run scripts/needs browser, and see the screenshots that were saved",
    )
}

/// Puts a phone's adverts on the air that Chromium listens to.
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
