//! Where the two devices meet: domains, ids and addresses of the tunnel service (CTAP 2.2 §11.5.1).

use alloc::{format, string::String};
use core::fmt;
use ring::digest;

/// The WebSocket subprotocol that the service must select.
///
/// ```
/// use wardkey_core::hybrid::tunnel::{ROUTING_ID_HEADER, RoutingId, SUBPROTOCOL};
///
/// // What a service answers to a phone.
/// let answer = [("Sec-WebSocket-Protocol", "fido.cable"), ("x-cable-routing-id", "010203")];
/// assert_eq!(answer[0].1, SUBPROTOCOL);
/// let routing_id = answer.iter().find(|(name, _)| name.eq_ignore_ascii_case(ROUTING_ID_HEADER));
/// assert_eq!(RoutingId::from_header(routing_id.unwrap().1), Some(RoutingId([1, 2, 3])));
/// ```
pub const SUBPROTOCOL: &str = "fido.cable";
/// The response header that carries the [`RoutingId`] to the phone, six hexadecimal digits.
///
/// ```
/// use wardkey_core::hybrid::tunnel::{ROUTING_ID_HEADER, RoutingId};
///
/// let answer = [("connection", "Upgrade"), ("x-cable-routing-id", "010203")];
/// let routing_id = answer.iter().find(|(name, _)| name.eq_ignore_ascii_case(ROUTING_ID_HEADER));
/// assert_eq!(routing_id.and_then(|(_, value)| RoutingId::from_header(value)), Some(RoutingId([1, 2, 3])));
/// ```
pub const ROUTING_ID_HEADER: &str = "X-caBLE-Routing-ID";
/// The largest message either role accepts, in bytes; the ceiling of the field.
///
/// ```
/// use wardkey_core::{ctap::cbor::MAX_MESSAGE_BYTES, hybrid::tunnel::MAX_MESSAGE};
///
/// assert_eq!(MAX_MESSAGE, MAX_MESSAGE_BYTES, "a command that can be read fits a message");
/// ```
pub const MAX_MESSAGE: usize = 1 << 20;

/// Domains that the specification lists by name, by id.
const ASSIGNED: [&str; 2] = ["cable.ua5v.com", "cable.auth.com"];
/// The first id whose name is computed instead of assigned.
const FIRST_HASHED: u16 = 256;

/// How many assigned domains this implementation knows: the value of QR key 2.
pub(super) const ASSIGNED_DOMAINS: u8 = 2;

/// A tunnel service, known by its 16-bit id.
///
/// Ids below 256 are assigned by the specification; the others stand for a name computed from a
/// hash, so that anyone can run a service without asking.
///
/// ```
/// use wardkey_core::hybrid::tunnel::TunnelDomain;
///
/// assert_eq!(TunnelDomain::new(0).unwrap().name(), "cable.ua5v.com");
/// assert_eq!(TunnelDomain::new(266).unwrap().name(), "cable.wufkweyy3uaxb.com");
/// assert!(TunnelDomain::new(2).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TunnelDomain(u16);

impl TunnelDomain {
    /// The service every implementation knows, `cable.ua5v.com`.
    pub const DEFAULT: Self = Self(0);

    /// The domain of that id, or `None` for an id below 256 that nobody has assigned.
    #[must_use]
    pub const fn new(id: u16) -> Option<Self> {
        if id < ASSIGNED_DOMAINS as u16 || id >= FIRST_HASHED { Some(Self(id)) } else { None }
    }

    /// The domain of that host name, or `None` if no id stands for it. Computes up to 65 280 names,
    /// which takes some milliseconds.
    ///
    /// ```
    /// use wardkey_core::hybrid::tunnel::TunnelDomain;
    ///
    /// let domain = TunnelDomain::from_name("cable.wufkweyy3uaxb.com").unwrap();
    /// assert_eq!(domain.id(), 266);
    /// assert_eq!(TunnelDomain::from_name("tunnel.example.org"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        (0..=u16::MAX).filter_map(Self::new).find(|domain| domain.name() == name)
    }

    /// The id that travels in the EID.
    #[must_use]
    pub const fn id(self) -> u16 {
        self.0
    }

    /// The host name.
    #[must_use]
    pub fn name(self) -> String {
        ASSIGNED
            .get(usize::from(self.0))
            .map_or_else(|| hashed_name(self.0), |name| String::from(*name))
    }
}

/// The name of a hashed domain: 64 bits of a hash, two for the top-level domain and the rest in
/// base 32.
fn hashed_name(id: u16) -> String {
    const TOP_LEVEL: [&str; 4] = ["com", "org", "net", "info"];
    const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(b"caBLEv2 tunnel server domain");
    context.update(&id.to_le_bytes());
    context.update(&[0]);
    let hash = context.finish();
    let mut value = (hash.as_ref().iter().take(8).rev())
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    let top_level = pick(&TOP_LEVEL, value & 3).copied().unwrap_or_default();
    value >>= 2;
    let mut label = String::new();
    while value != 0 {
        label.extend(pick(BASE32, value & 31).map(|byte| char::from(*byte)));
        value >>= 5;
    }
    format!("cable.{label}.{top_level}")
}

fn pick<T>(table: &[T], index: u64) -> Option<&T> {
    table.get(usize::try_from(index).ok()?)
}

/// The three bytes by which a tunnel service finds the machine that holds the phone's connection.
///
/// ```
/// use wardkey_core::hybrid::tunnel::RoutingId;
/// assert_eq!(RoutingId::from_header("C49c24"), Some(RoutingId([0xc4, 0x9c, 0x24])));
/// assert_eq!(RoutingId::from_header("c49c"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoutingId(pub [u8; 3]);

impl RoutingId {
    /// Reads the value of the header [`ROUTING_ID_HEADER`].
    #[must_use]
    pub fn from_header(value: &str) -> Option<Self> {
        let digits = value.len() == 6 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u32::from_str_radix(value, 16).ok().filter(|_| digits)?;
        let [_, first, second, third] = number.to_be_bytes();
        Some(Self([first, second, third]))
    }
}

/// The 16 bytes that name one tunnel at the service, derived from the QR secret.
///
/// `Debug` shows two bytes only: whoever knows the whole id can take a place in the tunnel.
///
/// ```
/// use wardkey_core::hybrid::tunnel::TunnelId;
///
/// assert_eq!(format!("{:?}", TunnelId([0xab; 16])), "TunnelId(abab…)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TunnelId(pub [u8; 16]);

impl fmt::Debug for TunnelId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, ..] = self.0;
        write!(formatter, "TunnelId({first:02x}{second:02x}…)")
    }
}

/// Which end of the tunnel asks to be let in.
///
/// [`TunnelRequest`] says which it is for:
///
/// ```
/// use wardkey_core::hybrid::tunnel::{TunnelDomain, TunnelId, TunnelRequest, TunnelRole};
///
/// let request = TunnelRequest::new_tunnel(TunnelDomain::DEFAULT, TunnelId([0xab; 16]));
/// assert_eq!(request.role, TunnelRole::Phone);
/// assert_eq!(request.path, format!("/cable/new/{}", "ab".repeat(16)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TunnelRole {
    /// The phone makes the tunnel.
    Phone,
    /// The workstation joins it.
    Workstation,
}

/// One WebSocket connection to open: `wss://` + domain + path.
///
/// The path holds the tunnel id, so `Debug` leaves it out, and a log should too.
///
/// ```
/// use wardkey_core::hybrid::tunnel::{RoutingId, TunnelDomain, TunnelId, TunnelRequest};
///
/// let (domain, tunnel) = (TunnelDomain::DEFAULT, TunnelId([0xab; 16]));
/// let request = TunnelRequest::join_tunnel(domain, RoutingId([1, 2, 3]), tunnel);
/// let path = format!("/cable/connect/010203/{}", "ab".repeat(16));
/// assert_eq!(request.url(), format!("wss://cable.ua5v.com{path}"));
/// assert_eq!(request.origin(), "wss://cable.ua5v.com");
/// assert!(!format!("{request:?}").contains("abab"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct TunnelRequest {
    /// Host name, also the name the TLS certificate must be for.
    pub domain: String,
    /// Path, beginning with `/`.
    pub path: String,
    /// Who asks; the phone's answer must carry a [`RoutingId`].
    pub role: TunnelRole,
}

impl TunnelRequest {
    /// The phone's request for a new tunnel.
    #[must_use]
    pub fn new_tunnel(domain: TunnelDomain, tunnel: TunnelId) -> Self {
        Self {
            domain: domain.name(),
            path: format!("/cable/new/{}", Hex(&tunnel.0)),
            role: TunnelRole::Phone,
        }
    }

    /// The workstation's request to join the tunnel an advert points to.
    #[must_use]
    pub fn join_tunnel(domain: TunnelDomain, routing: RoutingId, tunnel: TunnelId) -> Self {
        Self {
            domain: domain.name(),
            path: format!("/cable/connect/{}/{}", Hex(&routing.0), Hex(&tunnel.0)),
            role: TunnelRole::Workstation,
        }
    }

    /// The whole address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("wss://{}{}", self.domain, self.path)
    }

    /// The value of the `Origin` header.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("wss://{}", self.domain)
    }
}

impl fmt::Debug for TunnelRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TunnelRequest")
            .field("domain", &self.domain)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}
