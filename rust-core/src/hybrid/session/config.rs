//! What a session is told when it is made: randomness, purpose and patience.

use crate::hybrid::keys::QrSecret;
use crate::hybrid::point::{InvalidPrivateKey, PrivateKey};
use crate::hybrid::post_handshake::PostHandshake;
use crate::hybrid::qr::RequestType;
use crate::hybrid::tunnel::TunnelDomain;
use crate::secret::Secret;
use alloc::vec::Vec;
use core::{fmt, time::Duration};

/// The random bytes of one phone session. Never use the same ones twice.
///
/// ```
/// use wardkey_core::hybrid::session::PhoneRandomness;
///
/// /// Stands for the operating system's generator.
/// fn random<const N: usize>() -> [u8; N] {
///     [7; N]
/// }
/// let randomness = loop {
///     if let Ok(randomness) = PhoneRandomness::new(random(), random()) {
///         break randomness;
///     }
/// };
/// assert_eq!(format!("{randomness:?}"), "PhoneRandomness(hidden)");
/// ```
pub struct PhoneRandomness {
    pub(super) ephemeral: PrivateKey,
    pub(super) nonce: Secret<10>,
}

impl fmt::Debug for PhoneRandomness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PhoneRandomness(hidden)")
    }
}

impl PhoneRandomness {
    /// From 32 random bytes for the ephemeral key and 10 for the advert.
    ///
    /// Fails once in 2^32 draws, when the 32 bytes are no P-256 scalar: draw again.
    pub fn new(ephemeral: [u8; 32], nonce: [u8; 10]) -> Result<Self, InvalidPrivateKey> {
        let ephemeral = PrivateKey::from_bytes(ephemeral)?;
        Ok(Self { ephemeral, nonce: Secret::new(nonce) })
    }
}

/// The random bytes of one workstation session. Never use the same ones twice.
///
/// ```
/// use wardkey_core::hybrid::session::WorkstationRandomness;
///
/// // Zero is no private key: draw again.
/// assert!(WorkstationRandomness::new([0; 32], [2; 32], [3; 16]).is_err());
/// assert!(WorkstationRandomness::new([1; 32], [2; 32], [3; 16]).is_ok());
/// ```
#[derive(Debug)]
pub struct WorkstationRandomness {
    pub(super) identity: PrivateKey,
    pub(super) ephemeral: PrivateKey,
    pub(super) secret: QrSecret,
}

impl WorkstationRandomness {
    /// From 32 random bytes for the key shown in the QR code, 32 for the ephemeral key and 16 for
    /// the QR secret.
    ///
    /// Fails once in 2^31 draws, when 32 bytes are no P-256 scalar: draw again.
    pub fn new(
        identity: [u8; 32],
        ephemeral: [u8; 32],
        secret: [u8; 16],
    ) -> Result<Self, InvalidPrivateKey> {
        Ok(Self {
            identity: PrivateKey::from_bytes(identity)?,
            ephemeral: PrivateKey::from_bytes(ephemeral)?,
            secret: QrSecret::new(secret),
        })
    }
}

/// What a phone session may do and for how long.
///
/// ```
/// use core::time::Duration;
/// use wardkey_core::hybrid::session::{PhoneConfig, PhoneDeadlines};
///
/// let mut config = PhoneConfig::new(vec![0xa0]);
/// config.deadlines = PhoneDeadlines { user: Duration::from_secs(30), ..Default::default() };
/// assert_eq!(config.deadlines.command, Duration::from_secs(60));
/// assert_eq!(config.ceremonies, 1);
/// ```
#[derive(Clone, Debug)]
pub struct PhoneConfig {
    /// The tunnel service to meet at; the phone chooses.
    pub domain: TunnelDomain,
    /// What the phone says of itself after the handshake: its getInfo, first of all.
    pub introduction: PostHandshake,
    /// How many makeCredential and getAssertion commands one tunnel may complete. A command that
    /// failed before it reached the person does not count.
    pub ceremonies: u8,
    /// How many commands of any kind one tunnel may carry.
    pub commands: u8,
    /// How long each stage may last.
    pub deadlines: PhoneDeadlines,
}

impl PhoneConfig {
    /// The usual configuration around the authenticator's getInfo map in canonical CBOR, without
    /// its status byte: one ceremony, at `cable.ua5v.com`.
    #[must_use]
    pub fn new(get_info: Vec<u8>) -> Self {
        Self {
            domain: TunnelDomain::DEFAULT,
            introduction: PostHandshake::ctap(get_info),
            ceremonies: 1,
            commands: 16,
            deadlines: PhoneDeadlines::default(),
        }
    }
}

/// How long a phone waits at each stage.
///
/// ```
/// use core::time::Duration;
/// use wardkey_core::hybrid::session::PhoneDeadlines;
///
/// // For somebody who needs longer to find the right finger.
/// let patient = PhoneDeadlines { user: Duration::from_mins(10), ..Default::default() };
/// assert!(patient.user > patient.command);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneDeadlines {
    /// [`Stage::OpeningTunnel`](crate::hybrid::Stage::OpeningTunnel), 20 s.
    pub tunnel: Duration,
    /// [`Stage::Advertising`](crate::hybrid::Stage::Advertising), 60 s.
    pub workstation: Duration,
    /// [`Stage::AwaitingCommand`](crate::hybrid::Stage::AwaitingCommand), 60 s.
    pub command: Duration,
    /// [`Stage::AwaitingUser`](crate::hybrid::Stage::AwaitingUser), 300 s: longer than any question to the
    /// person waits, so that their silence is answered as such.
    pub user: Duration,
    /// [`Stage::ShuttingDown`](crate::hybrid::Stage::ShuttingDown), 10 s. That this one passes is
    /// no failure: the answer is sent.
    pub shutdown: Duration,
}

impl Default for PhoneDeadlines {
    fn default() -> Self {
        Self {
            tunnel: Duration::from_secs(20),
            workstation: Duration::from_mins(1),
            command: Duration::from_mins(1),
            user: Duration::from_mins(5),
            shutdown: Duration::from_secs(10),
        }
    }
}

/// What a workstation asks of the phone.
///
/// `Debug` leaves out the command: it may hold a user handle.
///
/// ```
/// use wardkey_core::{
///     ctap::{Command, get_assertion},
///     hybrid::{qr::RequestType, session::WorkstationRequest},
/// };
///
/// let parameters = get_assertion::Request::new("example.org", [0x5a; 32]).encode();
/// let request = WorkstationRequest {
///     command: [vec![Command::GetAssertion.byte()], parameters].concat(),
///     request_type: RequestType::GetAssertion,
/// };
/// assert!(!format!("{request:?}").contains("command"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct WorkstationRequest {
    /// The CTAP command: command byte, then canonical CBOR.
    pub command: Vec<u8>,
    /// What the QR code says the command will be, so that the phone can prepare.
    pub request_type: RequestType,
}

impl fmt::Debug for WorkstationRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WorkstationRequest")
            .field("request_type", &self.request_type)
            .finish_non_exhaustive()
    }
}

/// What a workstation session puts in its QR code and how long it waits.
///
/// ```
/// use core::time::Duration;
/// use wardkey_core::hybrid::session::{WorkstationConfig, WorkstationDeadlines};
///
/// let patience = WorkstationDeadlines { scan: Duration::from_mins(5), ..Default::default() };
/// let config = WorkstationConfig { unix_time: Some(1_767_225_600), deadlines: patience };
/// assert_eq!(config.deadlines.tunnel, Duration::from_secs(20));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkstationConfig {
    /// Seconds since the Unix epoch, for QR key 3. Absent by default.
    pub unix_time: Option<u64>,
    /// How long each stage may last.
    pub deadlines: WorkstationDeadlines,
}

/// How long a workstation waits at each stage.
///
/// ```
/// use wardkey_core::hybrid::session::{PhoneDeadlines, WorkstationDeadlines};
///
/// let (phone, workstation) = (PhoneDeadlines::default(), WorkstationDeadlines::default());
/// assert!(workstation.response > phone.user, "the phone's own verdict arrives");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkstationDeadlines {
    /// [`Stage::ShowingCode`](crate::hybrid::Stage::ShowingCode), 120 s: the life of the code.
    pub scan: Duration,
    /// [`Stage::OpeningTunnel`](crate::hybrid::Stage::OpeningTunnel), 20 s.
    pub tunnel: Duration,
    /// [`Stage::Handshake`](crate::hybrid::Stage::Handshake), 20 s.
    pub handshake: Duration,
    /// [`Stage::Introduction`](crate::hybrid::Stage::Introduction), 20 s.
    pub introduction: Duration,
    /// [`Stage::AwaitingResponse`](crate::hybrid::Stage::AwaitingResponse), 330 s: longer than the
    /// phone gives its user, so that the phone's own verdict arrives.
    pub response: Duration,
}

impl Default for WorkstationDeadlines {
    fn default() -> Self {
        Self {
            scan: Duration::from_mins(2),
            tunnel: Duration::from_secs(20),
            handshake: Duration::from_secs(20),
            introduction: Duration::from_secs(20),
            response: Duration::from_secs(330),
        }
    }
}
