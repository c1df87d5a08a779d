//! The QR code on the workstation's screen: `FIDO:/` and digits of a CBOR map (CTAP 2.2 §11.5.1).

use super::digits::{self, DigitsError};
use super::keys::QrSecret;
use super::point::{InvalidPublicKey, PublicKey};
use super::tunnel::ASSIGNED_DOMAINS;
use crate::ctap::cbor::{self, FieldError, Map, Value};
use alloc::{string::String, vec::Vec};
use thiserror::Error;
use zeroize::Zeroizing;

/// What every code begins with, in any case.
const PREFIX: &str = "FIDO:/";
/// Digits of the longest code read: more than the densest QR symbol can hold.
const MAX_DIGITS: usize = 7089;

/// What a QR code says.
///
/// `Debug` leaves out the secret. There is no `Display`: the text is a secret itself, see
/// [`QrCode::to_text`].
///
/// ```
/// use wardkey_core::hybrid::qr::{QrCode, QrError, RequestType};
///
/// let code = QrCode::parse(
///     "FIDO:/58285120537755814590764228432491036528060732185552348419119739671037315984490593751\
///      9315297622583607841352031038441100860073986107900979148190501225628418109321447142404",
/// )?;
/// assert_eq!(code.request_type, RequestType::MakeCredential);
/// assert_eq!(code.unix_time, Some(1795241387));
/// assert_eq!(QrCode::parse("https://example.org/").unwrap_err(), QrError::NotFido);
/// # Ok::<(), QrError>(())
/// ```
#[derive(Clone, Debug)]
pub struct QrCode {
    /// Key 0: the workstation's key for this one ceremony.
    pub public_key: PublicKey,
    /// Key 1: the secret from which the ceremony's keys grow.
    pub secret: QrSecret,
    /// Key 2: how many assigned tunnel domains the workstation knows; 0 if absent.
    pub known_domains: u64,
    /// Key 3: when the code was made, in seconds since the Unix epoch.
    pub unix_time: Option<u64>,
    /// Key 4: whether the workstation can remember the phone; absent in codes older than CTAP 2.2.
    pub state_assisted: Option<bool>,
    /// Key 5: what the command will be.
    pub request_type: RequestType,
    /// Key 6, which has two meanings in the field.
    pub key_six: KeySix,
}

/// What the workstation will ask; digital credentials are none of this crate's business, but their
/// codes are the same.
///
/// ```
/// use wardkey_core::hybrid::{keys::QrSecret, point::PrivateKey, qr::{QrCode, RequestType}};
///
/// let key = PrivateKey::from_bytes([1; 32])?.public_key();
/// let code = QrCode::new(key, QrSecret::new([2; 16]), RequestType::MakeCredential, None);
/// let scanned = QrCode::parse(&code.to_text())?;
/// assert_eq!(scanned.request_type, RequestType::MakeCredential);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RequestType {
    /// `ga`, and whatever is unknown or absent.
    #[default]
    GetAssertion,
    /// `mc`.
    MakeCredential,
    /// `dcp`.
    DigitalCredentialPresentation,
    /// `dci`.
    DigitalCredentialIssuance,
}

/// Key 6: older workstations send a boolean, CTAP 2.3 sends a list.
///
/// ```
/// use wardkey_core::hybrid::qr::{Channel, KeySix};
///
/// /// The channels a workstation offers; without a list it is the tunnel service.
/// fn channels(key_six: &KeySix) -> &[Channel] {
///     match key_six {
///         KeySix::Channels(channels) => channels,
///         KeySix::Absent | KeySix::NonDiscoverable(_) => &[Channel::WebSocket],
///     }
/// }
///
/// assert_eq!(channels(&KeySix::NonDiscoverable(true)), [Channel::WebSocket]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeySix {
    /// Not there.
    #[default]
    Absent,
    /// Whether the workstation can make credentials that are not discoverable.
    NonDiscoverable(bool),
    /// The data channels the workstation offers.
    Channels(Vec<Channel>),
}

/// A way to carry the messages of a ceremony.
///
/// ```
/// use wardkey_core::hybrid::qr::{Channel, KeySix};
///
/// let offered = KeySix::Channels(vec![Channel::BluetoothLe, Channel::WebSocket]);
/// let KeySix::Channels(channels) = offered else { panic!("a list was given") };
/// assert!(channels.contains(&Channel::WebSocket), "the only one this crate takes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// 0: the tunnel service.
    WebSocket,
    /// 1: Bluetooth LE, since CTAP 2.3.
    BluetoothLe,
    /// A number of the future.
    Unknown(u64),
}

/// Why a text is no QR code of a hybrid ceremony.
///
/// ```
/// use wardkey_core::hybrid::qr::{QrCode, QrError};
///
/// let error = |text: &str| QrCode::parse(text).unwrap_err();
/// assert_eq!(error("https://www.example.org"), QrError::NotFido);
/// assert!(matches!(error("FIDO:/12x4"), QrError::Digits(_)));
/// assert!(error("FIDO:/12x4").to_string().starts_with("the code is damaged"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum QrError {
    /// It does not begin with `FIDO:/`.
    #[error("this is not a FIDO code: it does not begin with FIDO:/")]
    NotFido,
    /// More digits than a QR code can hold.
    #[error("the code has {0} characters, more than a QR code can hold")]
    TooLong(usize),
    /// Behind the prefix, not the digits of any bytes.
    #[error("the code is damaged: behind FIDO:/, {0}")]
    Digits(#[from] DigitsError),
    /// The bytes are not canonical CBOR.
    #[error("the code is damaged: {0}")]
    Cbor(#[from] cbor::DecodeError),
    /// No map, or a member missing or of the wrong type or length.
    #[error("the code is not valid: {0}")]
    Field(#[from] FieldError),
    /// The key is no point of P-256.
    #[error("the code is not valid: its key is {0}")]
    PublicKey(#[from] InvalidPublicKey),
    /// Key 6 lists channels without the tunnel service.
    #[error("the code offers no connection through a tunnel service")]
    NoWebSocket,
    /// Key 5 asks for what a wallet holds.
    #[error("the code asks for a digital credential, and this phone holds passkeys only")]
    DigitalCredential,
}

impl QrCode {
    /// A code for one new ceremony, as this crate's workstation shows it.
    #[must_use]
    pub fn new(
        public_key: PublicKey,
        secret: QrSecret,
        request_type: RequestType,
        unix_time: Option<u64>,
    ) -> Self {
        Self {
            public_key,
            secret,
            known_domains: u64::from(ASSIGNED_DOMAINS),
            unix_time,
            state_assisted: Some(false),
            request_type,
            key_six: KeySix::Absent,
        }
    }

    /// Reads the text of a code. White space around it is the caller's to remove.
    pub fn parse(text: &str) -> Result<Self, QrError> {
        let digits = match text.split_at_checked(PREFIX.len()) {
            Some((prefix, digits)) if prefix.eq_ignore_ascii_case(PREFIX) => digits,
            _ => return Err(QrError::NotFido),
        };
        if digits.len() > MAX_DIGITS {
            return Err(QrError::TooLong(text.len()));
        }
        let bytes = Zeroizing::new(digits::decode(digits)?);
        let mut map = Zeroizing::new(cbor::decode(&bytes)?.into_type::<Map>()?);
        Self::from_map(&mut map)
    }

    /// Reads the text of a code as [`parse`](Self::parse) does, and refuses one that asks for a digital
    /// credential: a phone that holds passkeys could do nothing but connect and disappoint.
    ///
    /// ```
    /// use wardkey_core::hybrid::{
    ///     keys::QrSecret, point::PrivateKey, qr::{QrCode, QrError, RequestType},
    /// };
    ///
    /// let key = PrivateKey::from_bytes([1; 32])?.public_key();
    /// let asked = RequestType::DigitalCredentialPresentation;
    /// let code = QrCode::new(key, QrSecret::new([2; 16]), asked, None).to_text();
    /// assert!(QrCode::parse(&code).is_ok());
    /// let refused = QrCode::parse_for_passkeys(&code).err();
    /// assert_eq!(refused, Some(QrError::DigitalCredential));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse_for_passkeys(text: &str) -> Result<Self, QrError> {
        let code = Self::parse(text)?;
        match code.request_type {
            RequestType::GetAssertion | RequestType::MakeCredential => Ok(code),
            RequestType::DigitalCredentialPresentation | RequestType::DigitalCredentialIssuance => {
                Err(QrError::DigitalCredential)
            }
        }
    }

    fn from_map(map: &mut Map) -> Result<Self, QrError> {
        let public_key: Vec<u8> = map.required(0)?;
        let request_type: Option<String> = map.optional(5)?;
        Ok(Self {
            public_key: PublicKey::from_compressed(&public_key)?,
            secret: QrSecret::new(map.required_bytes(1)?),
            known_domains: map.optional(2)?.unwrap_or_default(),
            unix_time: map.optional(3)?,
            state_assisted: map.optional(4)?,
            request_type: RequestType::from_text(request_type.as_deref()),
            key_six: KeySix::from_value(map.remove(6))?,
        })
    }

    /// The text to show as a QR code. It is a secret: whoever reads it in time can take the
    /// phone's place.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut map = Map::new();
        map.insert(0, self.public_key.to_compressed().as_slice());
        map.insert(1, self.secret.as_bytes().as_slice());
        map.insert(2, self.known_domains);
        map.insert_some(3, self.unix_time);
        map.insert_some(4, self.state_assisted);
        map.insert(5, self.request_type.as_text());
        map.insert_some(6, self.key_six.to_value());
        let bytes = Zeroizing::new(Zeroizing::new(Value::from(map)).encode());
        let digits = Zeroizing::new(digits::encode(&bytes));
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + digits.len()));
        text.push_str(PREFIX);
        text.push_str(&digits);
        text
    }
}

impl RequestType {
    const fn as_text(self) -> &'static str {
        match self {
            Self::GetAssertion => "ga",
            Self::MakeCredential => "mc",
            Self::DigitalCredentialPresentation => "dcp",
            Self::DigitalCredentialIssuance => "dci",
        }
    }

    fn from_text(text: Option<&str>) -> Self {
        match text {
            Some("mc") => Self::MakeCredential,
            Some("dcp") => Self::DigitalCredentialPresentation,
            Some("dci") => Self::DigitalCredentialIssuance,
            // CTAP 2.2 §11.5.1: an unknown value is treated as `ga`.
            _ => Self::GetAssertion,
        }
    }
}

impl KeySix {
    fn from_value(value: Option<Value>) -> Result<Self, QrError> {
        match value {
            None => Ok(Self::Absent),
            Some(Value::Bool(supported)) => Ok(Self::NonDiscoverable(supported)),
            Some(value) => {
                let items: Vec<Value> = value.into_type()?;
                let numbers = items.into_iter().map(Value::into_type::<u64>);
                let channels = numbers.map(|number| number.map(Channel::from));
                Self::channels(channels.collect::<Result<_, _>>()?)
            }
        }
    }

    fn channels(channels: Vec<Channel>) -> Result<Self, QrError> {
        if channels.contains(&Channel::WebSocket) {
            Ok(Self::Channels(channels))
        } else {
            Err(QrError::NoWebSocket)
        }
    }

    fn to_value(&self) -> Option<Value> {
        match self {
            Self::Absent => None,
            Self::NonDiscoverable(supported) => Some((*supported).into()),
            Self::Channels(channels) => {
                let numbers = channels.iter().map(|channel| u64::from(*channel).into());
                Some(numbers.collect::<Vec<Value>>().into())
            }
        }
    }
}

impl From<u64> for Channel {
    fn from(number: u64) -> Self {
        match number {
            0 => Self::WebSocket,
            1 => Self::BluetoothLe,
            number => Self::Unknown(number),
        }
    }
}

impl From<Channel> for u64 {
    fn from(channel: Channel) -> Self {
        match channel {
            Channel::WebSocket => 0,
            Channel::BluetoothLe => 1,
            Channel::Unknown(number) => number,
        }
    }
}
