//! Our own workstation and a phone meet over a QR code.

use tokio_util::sync::CancellationToken;
use wardkey_core::hybrid::qr::QrCode;
use wardkey_driver::{PhoneAnswer, Workstation, WorkstationPorts};

use super::{
    phone,
    world::{Owner, World},
};
use crate::{
    failure::Failure, interrupt::cancelled_by_interrupt, phone::Done, picture, progress::Progress,
    workstation::Ceremony,
};

/// The workstation shows its code, the phone scans it, and they do the ceremony. Gives what the page gets,
/// and what the phone did.
pub(super) async fn meet(
    world: &World,
    progress: Progress,
    ceremony: Ceremony,
    owner: Owner,
) -> Result<(String, Done), Failure> {
    let session = ceremony.begin()?;
    let code = scan(&session.qr().to_text())?;
    progress.of("phone").step("code scanned from a picture of the workstation's screen");
    let cancel = cancelled_by_interrupt();
    let mut radio = world.air.advertiser();
    let at_phone = phone::answer(world, progress, owner, code, &mut radio, &cancel);
    let at_workstation = listen(world, progress, session, &cancel);
    let (answer, phone) = tokio::join!(at_workstation, at_phone);
    let done = phone?;
    Ok((ceremony.finish(&answer?.response)?, done))
}

async fn listen(
    world: &World,
    progress: Progress,
    session: Workstation,
    cancel: &CancellationToken,
) -> Result<PhoneAnswer, Failure> {
    let progress = progress.of("workstation");
    let ports = WorkstationPorts {
        access: &world.access()?,
        radio: &mut world.air.scanner(),
        cancel,
        on_stage: &mut |stage| progress.stage(stage),
    };
    Ok(session.run(ports).await?)
}

/// Draws the code as a screen would and reads it back as a camera would.
fn scan(text: &str) -> Result<QrCode, Failure> {
    picture::read_code(&picture::draw(text)?)
}
