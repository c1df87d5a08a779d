//! The demo's own workstation: a page without a browser.

use std::time::Instant;

use serde_json::json;
use tokio_util::sync::CancellationToken;
use wardkey_core::hybrid::qr::QrCode;
use wardkey_driver::{PhoneAnswer, Workstation, WorkstationPorts};

use super::{ACCOUNT, Played, client::Page, phone, world::World};
use crate::{
    failure::Failure, interrupt::cancelled_by_interrupt, picture, progress::Progress,
    workstation::Ceremony,
};

/// A page of the sandbox, and the client behind it.
pub(super) struct WindowDemo<'a> {
    world: &'a World,
    page: Page,
    progress: Progress,
}

impl<'a> WindowDemo<'a> {
    pub(super) fn new(world: &'a World, progress: Progress) -> Result<Self, Failure> {
        Ok(Self { world, page: Page::open(&world.origin, &world.authority)?, progress })
    }

    /// Plays one ceremony (`register` or `signin`) from the page's request to the sandbox's verdict.
    pub(super) async fn play(&self, what: &str) -> Result<Played, Failure> {
        let started = Instant::now();
        let sandbox = self.progress.of("sandbox");
        let registers = what == "register";
        let asked = if registers {
            json!({"userName": ACCOUNT, "attestation": "direct", "hybrid": true})
        } else {
            json!({"hybrid": true})
        };
        let challenge = self.page.options(what, &asked).await?;
        sandbox.step(format!("{what}: challenge sent to the page"));

        let ceremony = if registers { Ceremony::create } else { Ceremony::get };
        let response = self.meet(ceremony(&challenge.options, &self.world.origin)?).await?;
        let verdict = self.page.verify(what, challenge, &response).await?;
        sandbox.step(format!("{what}: verified"));
        Ok(Played { verdict, took: started.elapsed() })
    }

    /// The workstation shows its code, the phone scans it, and they do the ceremony.
    async fn meet(&self, ceremony: Ceremony) -> Result<String, Failure> {
        let session = ceremony.begin()?;
        let code = scan(&session.qr().to_text())?;
        self.progress.of("phone").step("code scanned from a picture of the workstation's screen");
        let cancel = cancelled_by_interrupt();
        let mut radio = self.world.air.advertiser();
        let at_phone = phone::answer(self.world, self.progress, code, &mut radio, &cancel);
        let (answer, phone) = tokio::join!(self.at_workstation(session, &cancel), at_phone);
        phone?;
        ceremony.finish(&answer?.response)
    }

    async fn at_workstation(
        &self,
        session: Workstation,
        cancel: &CancellationToken,
    ) -> Result<PhoneAnswer, Failure> {
        let progress = self.progress.of("workstation");
        let ports = WorkstationPorts {
            access: &self.world.access()?,
            radio: &mut self.world.air.scanner(),
            cancel,
            on_stage: &mut |stage| progress.stage(stage),
        };
        Ok(session.run(ports).await?)
    }
}

/// Draws the code as a screen would and reads it back as a camera would.
fn scan(text: &str) -> Result<QrCode, Failure> {
    picture::read_code(&picture::draw(text)?)
}
