//! The phone's part of a demonstrated ceremony.

use tokio_util::sync::CancellationToken;
use wardkey_core::hybrid::{qr::QrCode, session::PhoneConfig};
use wardkey_driver::{Phone, PhonePorts, radio::Advertiser};

use super::world::{Owner, World};
use crate::{
    failure::Failure,
    phone::{Done, Wallet},
    progress::Progress,
};

/// Answers a scanned code with a phone of the demo. Gives what was done.
pub(super) async fn answer(
    world: &World,
    progress: Progress,
    owner: Owner,
    code: QrCode,
    radio: &mut dyn Advertiser,
    cancel: &CancellationToken,
) -> Result<Done, Failure> {
    let progress = progress.of("phone");
    let mut wallet = Wallet::new(world.phone(owner).await?);
    let config = PhoneConfig::new(wallet.phone.info());
    let session = Phone::new(code, config).map_err(|error| {
        Failure::new("preparing the ceremony", error, "restart the machine if it repeats")
    })?;
    let ports = PhonePorts {
        access: &world.access()?,
        radio,
        handler: &mut wallet,
        cancel,
        on_stage: &mut |stage| progress.stage(stage),
    };
    session.run(ports).await?;
    wallet.verdict()
}

/// The code to compare that the phone shows after it made a passkey.
pub(super) fn code(done: Done) -> Result<String, Failure> {
    match done {
        Done::Created { code: Some(code) } => Ok(code.to_string()),
        _ => Err(Failure::new("making the passkey", "the phone shows no code", "report this")),
    }
}
