//! authenticatorGetAssertion, CTAP 2.3 §6.2.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{
    cbor::{self, Map, Value},
    request::{
        CredentialDescriptor, MAX_RP_ID_BYTES, Options, PUBLIC_KEY, PinUvAuth, RequestError,
        descriptors, encode_descriptors, parameters,
    },
};

/// What a client asks for.
///
/// ```
/// use wardkey_core::ctap::{get_assertion::Request, request::RequestError};
///
/// let request = Request::new("example.org", [0x5a; 32]);
/// assert_eq!(Request::decode(&request.encode())?, request);
///
/// let nowhere = Request::new("", [0x5a; 32]).encode();
/// assert_eq!(Request::decode(&nowhere), Err(RequestError::Value(1.into())));
/// # Ok::<(), RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// 0x01: relying party id.
    pub rp_id: String,
    /// 0x02: SHA-256 of the client data.
    pub client_data_hash: [u8; 32],
    /// 0x03: credentials that would do. `None` leaves the choice to the user; a list in which every
    /// entry is of an unknown type is still a list, and nothing satisfies it.
    pub allow_list: Option<Vec<CredentialDescriptor>>,
    /// 0x04: inputs of authenticator extensions.
    pub extensions: Map,
    /// 0x05.
    pub options: Options,
    /// 0x06 and 0x07.
    pub pin_uv_auth: Option<PinUvAuth>,
}

impl Request {
    /// A request that any discoverable credential satisfies.
    pub fn new(rp_id: impl Into<String>, client_data_hash: [u8; 32]) -> Self {
        Self {
            rp_id: rp_id.into(),
            client_data_hash,
            allow_list: None,
            extensions: Map::new(),
            options: Options::default(),
            pin_uv_auth: None,
        }
    }

    /// Reads the parameter map, without the command byte.
    pub fn decode(bytes: &[u8]) -> Result<Self, RequestError> {
        let mut map = parameters(bytes)?;
        let rp_id: String = map.required(1)?;
        if rp_id.is_empty() || rp_id.len() > MAX_RP_ID_BYTES {
            return Err(RequestError::Value(1.into()));
        }
        Ok(Self {
            rp_id,
            client_data_hash: map.required_bytes(2)?,
            allow_list: allow_list(&mut map)?,
            extensions: map.optional(4)?.unwrap_or_default(),
            options: Options::decode(map.optional(5)?)?,
            pin_uv_auth: PinUvAuth::decode(&mut map, 6, 7)?,
        })
    }

    /// The parameter map, without the command byte. Leaves out [`pin_uv_auth`](Self::pin_uv_auth),
    /// which no client over the hybrid transport sends.
    pub fn encode(&self) -> Vec<u8> {
        let mut map = Map::from_iter([
            (1, Value::from(self.rp_id.as_str())),
            (2, Value::from(self.client_data_hash.as_slice())),
        ]);
        map.insert_some(3, self.allow_list.as_deref().and_then(encode_descriptors));
        map.insert_some(4, (!self.extensions.is_empty()).then(|| self.extensions.clone()));
        map.insert_some(5, self.options.encode());
        Value::from(map).encode()
    }
}

/// An empty list means the same as none: CTAP 2.3 §6.2.2 step 7 tests for "present and non-empty".
fn allow_list(map: &mut Map) -> Result<Option<Vec<CredentialDescriptor>>, RequestError> {
    let is_empty = match map.get(3) {
        None => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    };
    let list = descriptors(map, 3)?;
    Ok((!is_empty).then_some(list))
}

/// A signed assertion.
///
/// `Debug` hides the user handle.
///
/// ```
/// use wardkey_core::ctap::get_assertion::Response;
///
/// let response = Response {
///     credential_id: b"credential id".to_vec(),
///     auth_data: vec![0; 37],
///     signature: b"signature".to_vec(),
///     user_handle: Some(vec![1; 32]),
///     user_selected: false,
/// };
/// assert_eq!(Response::decode(&response.encode(), None)?, response);
/// assert_eq!(format!("{response:?}"), "Response { user_selected: false, .. }");
/// # Ok::<(), wardkey_core::ctap::request::RequestError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// 0x01: the credential that signed.
    pub credential_id: Vec<u8>,
    /// 0x02: authenticator data, as it was signed.
    pub auth_data: Vec<u8>,
    /// 0x03: DER `ECDSA-Sig-Value` over authenticator data ‖ client data hash.
    pub signature: Vec<u8>,
    /// 0x04: the user handle of a discoverable credential.
    pub user_handle: Option<Vec<u8>>,
    /// 0x06: whether the user chose among several accounts on the authenticator; never after an allow
    /// list, of which the platform expects no more than that one of it signed.
    pub user_selected: bool,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("user_selected", &self.user_selected)
            .finish_non_exhaustive()
    }
}

impl Response {
    /// The response map, without the status byte. Never has `numberOfCredentials`: accounts are chosen
    /// on the authenticator.
    pub fn encode(&self) -> Vec<u8> {
        let credential = CredentialDescriptor::new(self.credential_id.as_slice());
        let mut map = Map::from_iter([
            (1, Value::from(credential.encode())),
            (2, Value::from(self.auth_data.as_slice())),
            (3, Value::from(self.signature.as_slice())),
        ]);
        let user = self.user_handle.as_deref();
        map.insert_some(4, user.map(|id| Map::from_iter([("id", Value::from(id))])));
        map.insert_some(6, self.user_selected.then_some(true));
        Value::from(map).encode()
    }

    /// Reads the response map, without the status byte. `credential` may be left out by an
    /// authenticator if the request allowed exactly one; that one is then `only_allowed`.
    pub fn decode(bytes: &[u8], only_allowed: Option<&[u8]>) -> Result<Self, RequestError> {
        let mut map: Map = cbor::decode(bytes)?.into_type()?;
        let credential_id = match (map.optional::<Map>(1)?, only_allowed) {
            (None, Some(id)) => id.into(),
            (None, None) => return Err(cbor::FieldError::Missing(1.into()).into()),
            (Some(mut credential), _) => credential_id(&mut credential)?,
        };
        let user: Option<Map> = map.optional(4)?;
        Ok(Self {
            credential_id,
            auth_data: map.required(2)?,
            signature: map.required(3)?,
            user_handle: user.map(|mut user| user.required("id")).transpose()?,
            user_selected: map.optional(6)?.unwrap_or(false),
        })
    }
}

fn credential_id(credential: &mut Map) -> Result<Vec<u8>, RequestError> {
    let kind: String = credential.required("type")?;
    if kind != PUBLIC_KEY {
        return Err(RequestError::Value("type".into()));
    }
    Ok(credential.required("id")?)
}
