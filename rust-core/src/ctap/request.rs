//! What makeCredential and getAssertion requests have in common, and what can be wrong with them.

use alloc::{string::String, vec::Vec};
use core::fmt;

use thiserror::Error;

use super::{
    cbor::{self, DecodeError, FieldError, FieldKey, Map, Value},
    status::Status,
};

/// Why a request cannot be acted upon.
///
/// ```
/// use wardkey_core::ctap::{
///     cbor::{Map, Value},
///     get_assertion::Request,
///     request::RequestError,
///     status::Status,
/// };
///
/// let status = |bytes: &[u8]| Request::decode(bytes).map_err(|error: RequestError| error.status());
/// let map = |rp_id: Value| Value::from(Map::from_iter([(1, rp_id)])).encode();
/// // Cut off; a number in place of a text; the client data hash left out.
/// assert_eq!(status(&[0xa1, 0x01]), Err(Status::InvalidCbor));
/// assert_eq!(status(&map(Value::from(1))), Err(Status::CborUnexpectedType));
/// assert_eq!(status(&map(Value::from("example.org"))), Err(Status::MissingParameter));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The bytes are not canonical CBOR.
    #[error(transparent)]
    Encoding(#[from] DecodeError),
    /// A member is missing or of the wrong type or length.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A member has a value that is not allowed.
    #[error("member {0} has a value that is not allowed")]
    Value(FieldKey),
}

impl RequestError {
    /// The status that answers it.
    pub const fn status(&self) -> Status {
        match self {
            Self::Encoding(DecodeError::TooLong) => Status::RequestTooLarge,
            Self::Encoding(_) => Status::InvalidCbor,
            Self::Field(FieldError::Missing(_)) => Status::MissingParameter,
            Self::Field(FieldError::WrongType { .. } | FieldError::WrongItem { .. }) => {
                Status::CborUnexpectedType
            }
            Self::Field(FieldError::WrongLength { .. }) => Status::InvalidLength,
            Self::Value(_) => Status::InvalidParameter,
        }
    }
}

/// `PublicKeyCredentialRpEntity`.
///
/// ```
/// use wardkey_core::ctap::make_credential::Request;
/// use wardkey_core::ctap::request::{RelyingParty, User};
///
/// let rp = RelyingParty { id: "example.org".into(), name: Some("Example".into()) };
/// let user = User { id: vec![1; 32], name: None, display_name: Some("Test clinician".into()) };
/// let request = Request::new([0x5a; 32], rp.clone(), user);
/// assert_eq!(Request::decode(&request.encode())?.rp, rp);
/// # Ok::<(), wardkey_core::ctap::request::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// A domain, the scope of the credential.
    pub id: String,
    /// For people to read; proves nothing.
    pub name: Option<String>,
}

/// `PublicKeyCredentialUserEntity`.
///
/// `Debug` hides all of it: handle and names are personal data.
///
/// ```
/// use wardkey_core::ctap::request::User;
///
/// let mut user = User {
///     id: vec![1; 32],
///     name: Some("clinician@example.org".into()),
///     display_name: Some("Test clinician".into()),
/// };
/// assert_eq!(user.label(), "Test clinician");
/// user.display_name = None;
/// assert_eq!(user.label(), "clinician@example.org");
/// assert_eq!(format!("{user:?}"), "User { .. }");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The user handle, 1 to 64 bytes.
    pub id: Vec<u8>,
    /// The account's name.
    pub name: Option<String>,
    /// The person's name.
    pub display_name: Option<String>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").finish_non_exhaustive()
    }
}

/// Longest user handle, WebAuthn Level 3 §5.4.3.
pub(crate) const MAX_USER_HANDLE_BYTES: usize = 64;

/// Names are kept up to this length; CTAP 2.3 §6.1.2 lets an authenticator cut after 64 bytes.
const MAX_NAME_BYTES: usize = 256;

impl RelyingParty {
    pub(crate) fn decode(mut map: Map) -> Result<Self, RequestError> {
        let id: String = map.required("id")?;
        if id.is_empty() {
            return Err(RequestError::Value("id".into()));
        }
        Ok(Self { id, name: map.optional("name")?.map(shortened) })
    }

    pub(crate) fn encode(&self) -> Map {
        let mut map = Map::from_iter([("id", Value::from(self.id.as_str()))]);
        map.insert_some("name", self.name.as_deref());
        map
    }
}

impl User {
    pub(crate) fn decode(mut map: Map) -> Result<Self, RequestError> {
        let id: Vec<u8> = map.required("id")?;
        if id.is_empty() || id.len() > MAX_USER_HANDLE_BYTES {
            return Err(RequestError::Value("id".into()));
        }
        Ok(Self {
            id,
            name: map.optional("name")?.map(shortened),
            display_name: map.optional("displayName")?.map(shortened),
        })
    }

    pub(crate) fn encode(&self) -> Map {
        let mut map = Map::from_iter([("id", Value::from(self.id.as_slice()))]);
        map.insert_some("name", self.name.as_deref());
        map.insert_some("displayName", self.display_name.as_deref());
        map
    }

    /// The name to show for this account: display name, else account name, else nothing.
    pub fn label(&self) -> &str {
        let names = [&self.display_name, &self.name];
        names.into_iter().flatten().find(|name| !name.is_empty()).map_or("", String::as_str)
    }
}

fn shortened(mut name: String) -> String {
    name.truncate(name.floor_char_boundary(MAX_NAME_BYTES));
    name
}

/// `PublicKeyCredentialDescriptor` of type `public-key`.
///
/// ```
/// use wardkey_core::ctap::{get_assertion::Request, request::CredentialDescriptor};
///
/// let mut request = Request::new("example.org", [0; 32]);
/// request.allow_list = Some(vec![CredentialDescriptor::new(*b"credential id")]);
/// let read = Request::decode(&request.encode())?;
/// assert_eq!(read.allow_list, request.allow_list);
/// # Ok::<(), wardkey_core::ctap::request::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialDescriptor {
    /// Credential id.
    pub id: Vec<u8>,
    /// Hints how to reach its authenticator; not interpreted here.
    pub transports: Vec<String>,
}

impl CredentialDescriptor {
    /// A descriptor without transport hints.
    pub fn new(id: impl Into<Vec<u8>>) -> Self {
        Self { id: id.into(), transports: Vec::new() }
    }

    /// `None` for credential types this crate does not know: the list goes on without them.
    fn decode(item: Value) -> Result<Option<Self>, RequestError> {
        let mut map: Map = item.into_type()?;
        let id = map.required("id")?;
        let kind: String = map.required("type")?;
        let transports = map.optional::<Vec<Value>>("transports")?.unwrap_or_default();
        let transports = transports.into_iter().map(Value::into_type).collect::<Result<_, _>>()?;
        Ok((kind == PUBLIC_KEY).then_some(Self { id, transports }))
    }

    pub(super) fn encode(&self) -> Map {
        let mut map = Map::from_iter([
            ("id", Value::from(self.id.as_slice())),
            ("type", Value::from(PUBLIC_KEY)),
        ]);
        if !self.transports.is_empty() {
            let transports = self.transports.iter().map(|hint| hint.as_str().into()).collect();
            map.insert("transports", Value::Array(transports));
        }
        map
    }
}

/// The longest domain name, RFC 1035 §2.3.4: nothing longer is anybody's, and it would only fill the store
/// or a screen.
pub(super) const MAX_RP_ID_BYTES: usize = 253;

/// The only credential type there is.
pub(crate) const PUBLIC_KEY: &str = "public-key";

/// Takes a list of descriptors; a list that is left out is an empty one.
pub(super) fn descriptors(
    map: &mut Map,
    key: u64,
) -> Result<Vec<CredentialDescriptor>, RequestError> {
    let items: Vec<Value> = map.optional(key)?.unwrap_or_default();
    items.into_iter().filter_map(|item| CredentialDescriptor::decode(item).transpose()).collect()
}

pub(super) fn encode_descriptors(list: &[CredentialDescriptor]) -> Option<Value> {
    let items = list.iter().map(|descriptor| descriptor.encode().into()).collect();
    (!list.is_empty()).then_some(Value::Array(items))
}

/// The option keys both commands define. Others are ignored.
///
/// ```
/// use wardkey_core::ctap::{get_assertion::Request, request::Options};
///
/// let mut request = Request::new("example.org", [0; 32]);
/// request.options = Options { user_verification: Some(true), ..Options::default() };
/// let read = Request::decode(&request.encode())?;
/// assert_eq!(read.options.user_verification, Some(true));
/// // Left out is not the same as false.
/// assert_eq!(read.options.user_presence, None);
/// # Ok::<(), wardkey_core::ctap::request::RequestError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `rk`: a discoverable credential.
    pub discoverable: Option<bool>,
    /// `up`: user presence.
    pub user_presence: Option<bool>,
    /// `uv`: user verification.
    pub user_verification: Option<bool>,
}

impl Options {
    pub(super) fn decode(map: Option<Map>) -> Result<Self, RequestError> {
        let Some(mut map) = map else { return Ok(Self::default()) };
        Ok(Self {
            discoverable: map.optional("rk")?,
            user_presence: map.optional("up")?,
            user_verification: map.optional("uv")?,
        })
    }

    pub(super) fn encode(self) -> Option<Map> {
        let mut map = Map::new();
        map.insert_some("rk", self.discoverable);
        map.insert_some("up", self.user_presence);
        map.insert_some("uv", self.user_verification);
        (!map.is_empty()).then_some(map)
    }
}

/// A `pinUvAuthParam` and its protocol. Parsed to be refused: this authenticator has no PIN protocol.
///
/// ```
/// use wardkey_core::ctap::{
///     cbor::{Map, Value},
///     get_assertion::Request,
///     request::PinUvAuth,
/// };
///
/// let bytes = Value::from(Map::from_iter([
///     (1, Value::from("example.org")),
///     (2, Value::from(vec![0; 32])),
///     (6, Value::from(Vec::<u8>::new())),
///     (7, Value::from(1)),
/// ]));
/// let touch = PinUvAuth { is_empty: true, protocol: Some(1) };
/// assert_eq!(Request::decode(&bytes.encode())?.pin_uv_auth, Some(touch));
/// # Ok::<(), wardkey_core::ctap::request::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinUvAuth {
    /// Whether the parameter is the empty string with which platforms ask for a touch.
    pub is_empty: bool,
    /// `pinUvAuthProtocol`.
    pub protocol: Option<u64>,
}

impl PinUvAuth {
    pub(super) fn decode(
        map: &mut Map,
        parameter: u64,
        protocol: u64,
    ) -> Result<Option<Self>, RequestError> {
        let parameter: Option<Vec<u8>> = map.optional(parameter)?;
        let protocol = map.optional(protocol)?;
        Ok(parameter.map(|bytes| Self { is_empty: bytes.is_empty(), protocol }))
    }
}

/// Reads the parameter map of a command.
pub(super) fn parameters(bytes: &[u8]) -> Result<Map, RequestError> {
    Ok(cbor::decode(bytes)?.into_type()?)
}
