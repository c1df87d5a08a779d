//! The phone's side of one scanned code, driven by Kotlin's socket, radio and timer.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
    vec::Vec,
};

use zeroize::Zeroizing;

use super::{
    events::{HybridEvent, input},
    failure::PasskeyError,
    orders::{HybridTurn, order},
    outcome::Account,
    provider::{random, unexpected},
};
use crate::{
    authenticator::AAGUID,
    ctap::get_info,
    hybrid::{
        qr::{QrCode, RequestType},
        session::{Output, PhoneConfig, PhoneRandomness, PhoneSession, Session},
        tunnel::TunnelDomain,
    },
};

/// One ceremony, from a scanned code to an answered command.
///
/// Kotlin calls [`step`](HybridPhone::step) with everything that happens and does what it is told, until
/// [`HybridOrder::Finished`](super::HybridOrder::Finished).
///
/// ```
/// # #[cfg(feature = "software")] {
/// # mod kotlin { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kotlin/mod.rs")); }
/// # use kotlin::{CODE, provider};
/// # use std::sync::Arc;
/// use wardkey_core::ffi::{HybridEvent, HybridOrder, HybridOutcome, HybridPhone, Reason};
///
/// # let provider = provider()?;
/// let phone: Arc<HybridPhone> = provider.scan(CODE, 0)?;
/// assert!(phone.registers());
/// assert!(!phone.step(0, HybridEvent::Started).orders.is_empty());
///
/// // The person presses the back button.
/// let last = phone.step(900, HybridEvent::Cancelled).orders.pop();
/// let Some(HybridOrder::Finished { outcome: HybridOutcome::Failed { failure } }) = last else { panic!("it is over") };
/// assert_eq!(failure.reason, Reason::Cancelled);
/// assert!(phone.step(950, HybridEvent::TunnelClosed).orders.is_empty());
/// # }
/// # Ok::<(), wardkey_core::ffi::PasskeyError>(())
/// ```
#[derive(uniffi::Object)]
pub struct HybridPhone {
    progress: Mutex<Progress>,
    registers: bool,
}

/// How far it has come.
struct Progress {
    session: PhoneSession,
    account: Account,
}

#[uniffi::export]
impl HybridPhone {
    /// Whether the other device wants to register a passkey, rather than sign in with one.
    pub fn registers(&self) -> bool {
        self.registers
    }

    /// Tells what happened at `now` (milliseconds) and returns what to do.
    pub fn step(&self, now: u64, event: HybridEvent) -> HybridTurn {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let Progress { session, account } = &mut *progress;
        if let HybridEvent::Answered { answer } = &event {
            account.answer(answer);
        }
        if let Some(input) = input(event) {
            session.handle(Duration::from_millis(now), input);
        }
        let mut orders = Vec::new();
        while let Some(output) = session.poll_output() {
            if let Output::Request(command) = &output {
                account.ask(command);
            }
            orders.extend(order(output, |result| account.close(result)));
        }
        let deadline = session.poll_timeout().map(milliseconds);
        HybridTurn { orders, deadline }
    }
}

impl HybridPhone {
    pub(super) fn begin(
        code: &str,
        domain: TunnelDomain,
        now: u64,
    ) -> Result<Arc<Self>, PasskeyError> {
        let code = QrCode::parse_for_passkeys(code)?;
        let registers = code.request_type == RequestType::MakeCredential;
        let mut config = PhoneConfig::new(get_info::encode(AAGUID));
        config.domain = domain;
        let now = Duration::from_millis(now);
        let session = PhoneSession::new(code, randomness()?, now, config);
        let progress = Mutex::new(Progress { session, account: Account::default() });
        Ok(Arc::new(Self { progress, registers }))
    }
}

fn randomness() -> Result<PhoneRandomness, PasskeyError> {
    // Once in 2^32 draws the bytes are no private key; twice in a row they are no random bytes.
    for _ in 0..2 {
        let mut ephemeral = Zeroizing::new([0; 32]);
        let mut nonce = Zeroizing::new([0; 10]);
        random(&mut *ephemeral)?;
        random(&mut *nonce)?;
        if let Ok(randomness) = PhoneRandomness::new(*ephemeral, *nonce) {
            return Ok(randomness);
        }
    }
    Err(unexpected("the operating system's random bytes are not random"))
}

/// Rounded up: a timeout that is too early is ignored.
fn milliseconds(at: Duration) -> u64 {
    u64::try_from(at.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
