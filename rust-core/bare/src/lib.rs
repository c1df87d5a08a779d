//! Runs the core where there is no operating system.
//!
//! [`ceremony`] takes a QR code through the phone's session up to its advert and a registration and a
//! sign-in through the authenticator. The linked module must import nothing: whatever asked for the
//! time, a socket or a random number, even in a dependency, would stand in its import list.
#![no_std]

extern crate alloc;

use alloc::{vec, vec::Vec};
use core::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use wardkey_core::{
    authenticator::{
        Account, AttestationFormat, Authenticator, Moment, Notice, Settings, UserError,
        UserInterface,
    },
    ctap::{
        cose::PublicKey,
        get_assertion, make_credential,
        request::{RelyingParty, User},
    },
    hybrid::{
        qr::QrCode,
        session::{Input, Output, PhoneConfig, PhoneRandomness, PhoneSession, Session},
        tunnel::RoutingId,
    },
    keystore::{
        GeneratedKey, KeyAlias, KeyError, KeyRequest, KeyStore, Prompt, SecurityLevel,
        UserVerified, Verification, VerificationBinding,
    },
    store::{SnapshotStorage, StorageError},
};

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// The number of steps that worked: four when all is well.
#[unsafe(no_mangle)]
pub extern "C" fn ceremony() -> u32 {
    u32::from(scans_a_code()) + registers_and_signs_in()
}

/// The QR code of a session captured from Chromium 156.
const QR: &str = "FIDO:/582851205377558145907642284324910365280607321855523484191197396710373159844905937519315297622583607841352031038441100860073986107900979148190501225628418109321447142404";

fn scans_a_code() -> bool {
    let Ok(code) = QrCode::parse(QR) else { return false };
    let Ok(randomness) = PhoneRandomness::new([1; 32], [2; 10]) else { return false };
    let config = PhoneConfig::new(vec![0xa0]);
    let mut session = PhoneSession::new(code, randomness, Duration::ZERO, config);
    while session.poll_output().is_some() {}
    let routing_id = RoutingId::from_header("030303");
    session.handle(Duration::from_secs(1), Input::TunnelOpened { routing_id });
    let mut advertised = false;
    while let Some(output) = session.poll_output() {
        advertised |= matches!(output, Output::Advertise(_));
    }
    advertised
}

fn registers_and_signs_in() -> u32 {
    let settings = Settings::test(AttestationFormat::PackedSelf);
    let opened = now(Authenticator::open(Host, Host, Host, settings));
    let Some(Ok(mut authenticator)) = opened else { return 0 };
    let moment = Moment { now: 0, entropy: [4; 32] };
    let rp = RelyingParty { id: "example.org".into(), name: None };
    let user = User { id: vec![1], name: None, display_name: None };
    let mut registration = make_credential::Request::new([5; 32], rp, user);
    registration.options.discoverable = Some(true);
    let registered = message(1, &registration.encode());
    let signed_in = message(2, &get_assertion::Request::new("example.org", [6; 32]).encode());
    [vec![0x04], registered, signed_in]
        .iter()
        .filter_map(|message| now(authenticator.handle(moment, message)))
        .filter(|response| response.first() == Some(&0))
        .map(|_| 1)
        .sum()
}

fn message(command: u8, parameters: &[u8]) -> Vec<u8> {
    [&[command], parameters].concat()
}

/// Nothing here ever waits.
fn now<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// The smallest possible host: it agrees to everything, forgets everything, and signs nothing.
struct Host;

impl KeyStore for Host {
    fn verification(&self) -> VerificationBinding {
        VerificationBinding::UserInterface
    }

    async fn generate(&self, _: KeyRequest<'_>) -> Result<GeneratedKey, KeyError> {
        let public_key = PublicKey::from_sec1(&GENERATOR).map_err(|_| KeyError::NotFound)?;
        let security_level = SecurityLevel::Software;
        Ok(GeneratedKey { public_key, security_level, certificate_chain: vec![] })
    }

    async fn sign(
        &self,
        _: &KeyAlias,
        message: &[u8],
        _: Verification<'_>,
    ) -> Result<Vec<u8>, KeyError> {
        Ok(message.into())
    }

    fn delete(&self, _: &KeyAlias) -> Result<(), KeyError> {
        Ok(())
    }

    fn aliases(&self) -> Result<Vec<KeyAlias>, KeyError> {
        Ok(vec![])
    }
}

impl SnapshotStorage for Host {
    async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
        Ok(None)
    }

    async fn replace(&self, _: &[u8]) -> Result<(), StorageError> {
        Ok(())
    }
}

impl UserInterface for Host {
    async fn consent(&self, _: &Prompt) -> Result<(), UserError> {
        Ok(())
    }

    async fn choose(&self, _: &str, _: &[Account]) -> Result<usize, UserError> {
        Ok(0)
    }

    async fn verify(&self, _: &Prompt) -> Result<UserVerified, UserError> {
        Ok(UserVerified::by_user_interface())
    }

    async fn inform(&self, _: &str, _: Notice) -> Result<(), UserError> {
        Ok(())
    }
}

/// The generator of P-256, SEC 2 §2.4.2, uncompressed: a public key whose private key is 1.
const GENERATOR: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
    0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
    0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
    0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
    0xf5,
];
