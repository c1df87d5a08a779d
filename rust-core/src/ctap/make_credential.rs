//! authenticatorMakeCredential, CTAP 2.3 §6.1.

use alloc::{string::String, vec::Vec};

use super::{
    cbor::{self, Map, Value},
    request::{
        CredentialDescriptor, MAX_RP_ID_BYTES, Options, PUBLIC_KEY, PinUvAuth, RelyingParty,
        RequestError, User, descriptors, encode_descriptors, parameters,
    },
};

/// What a client asks for.
///
/// ```
/// use wardkey_core::ctap::{
///     cose::ES256,
///     make_credential::Request,
///     request::{RelyingParty, User},
/// };
///
/// let rp = RelyingParty { id: "example.org".into(), name: None };
/// let user = User { id: vec![1; 32], name: None, display_name: Some("Test clinician".into()) };
/// let mut request = Request::new([0x5a; 32], rp, user);
/// // Ed25519 if possible, else ES256.
/// request.algorithms = vec![-8, ES256];
/// request.options.discoverable = Some(true);
/// assert_eq!(Request::decode(&request.encode())?, request);
/// # Ok::<(), wardkey_core::ctap::request::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// 0x01: SHA-256 of the client data.
    pub client_data_hash: [u8; 32],
    /// 0x02: who the credential is for.
    pub rp: RelyingParty,
    /// 0x03: whose it is.
    pub user: User,
    /// 0x04: COSE algorithm identifiers of type `public-key`, most wanted first.
    pub algorithms: Vec<i64>,
    /// 0x05: credentials that must not be on the same authenticator.
    pub exclude_list: Vec<CredentialDescriptor>,
    /// 0x06: inputs of authenticator extensions.
    pub extensions: Map,
    /// 0x07.
    pub options: Options,
    /// 0x08 and 0x09.
    pub pin_uv_auth: Option<PinUvAuth>,
    /// 0x0A.
    pub enterprise_attestation: Option<u64>,
}

impl Request {
    /// A request for an ES256 credential with everything optional left out.
    pub fn new(client_data_hash: [u8; 32], rp: RelyingParty, user: User) -> Self {
        Self {
            client_data_hash,
            rp,
            user,
            algorithms: Vec::from([super::cose::ES256]),
            exclude_list: Vec::new(),
            extensions: Map::new(),
            options: Options::default(),
            pin_uv_auth: None,
            enterprise_attestation: None,
        }
    }

    /// Reads the parameter map, without the command byte.
    pub fn decode(bytes: &[u8]) -> Result<Self, RequestError> {
        let mut map = parameters(bytes)?;
        Ok(Self {
            client_data_hash: map.required_bytes(1)?,
            rp: relying_party(map.required(2)?)?,
            user: User::decode(map.required(3)?)?,
            algorithms: algorithms(map.required(4)?)?,
            exclude_list: descriptors(&mut map, 5)?,
            extensions: map.optional(6)?.unwrap_or_default(),
            options: Options::decode(map.optional(7)?)?,
            pin_uv_auth: PinUvAuth::decode(&mut map, 8, 9)?,
            enterprise_attestation: map.optional(0x0a)?,
        })
    }

    /// The parameter map, without the command byte. Leaves out [`pin_uv_auth`](Self::pin_uv_auth),
    /// which no client over the hybrid transport sends.
    pub fn encode(&self) -> Vec<u8> {
        let mut map = Map::from_iter([
            (1, Value::from(self.client_data_hash.as_slice())),
            (2, self.rp.encode().into()),
            (3, self.user.encode().into()),
            (4, Value::Array(self.algorithms.iter().copied().map(algorithm_entry).collect())),
        ]);
        map.insert_some(5, encode_descriptors(&self.exclude_list));
        map.insert_some(6, (!self.extensions.is_empty()).then(|| self.extensions.clone()));
        map.insert_some(7, self.options.encode());
        map.insert_some(0x0a, self.enterprise_attestation);
        Value::from(map).encode()
    }
}

fn relying_party(map: Map) -> Result<RelyingParty, RequestError> {
    let rp = RelyingParty::decode(map)?;
    if rp.id.len() > MAX_RP_ID_BYTES {
        return Err(RequestError::Value("id".into()));
    }
    Ok(rp)
}

/// Every entry is read, also those after the first that is supported: CTAP 2.3 §6.1.2 step 3.
fn algorithms(entries: Vec<Value>) -> Result<Vec<i64>, RequestError> {
    let mut algorithms = Vec::new();
    for entry in entries {
        let mut map: Map = entry.into_type()?;
        let algorithm = map.required("alg")?;
        let kind: String = map.required("type")?;
        if kind == PUBLIC_KEY {
            algorithms.push(algorithm);
        }
    }
    Ok(algorithms)
}

pub(super) fn algorithm_entry(algorithm: i64) -> Value {
    Map::from_iter([("alg", Value::from(algorithm)), ("type", Value::from(PUBLIC_KEY))]).into()
}

/// A new credential.
///
/// ```
/// use wardkey_core::{attestation::packed, ctap::make_credential::Response};
///
/// let response = Response {
///     format: packed::FORMAT.into(),
///     auth_data: vec![0; 164],
///     statement: packed::self_statement(b"signature"),
/// };
/// assert_eq!(Response::decode(&response.encode())?, response);
/// # Ok::<(), wardkey_core::ctap::request::RequestError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// 0x01: attestation statement format identifier.
    pub format: String,
    /// 0x02: authenticator data, as it was signed.
    pub auth_data: Vec<u8>,
    /// 0x03: attestation statement.
    pub statement: Map,
}

impl Response {
    /// The response map, without the status byte.
    pub fn encode(&self) -> Vec<u8> {
        let map = Map::from_iter([
            (1, Value::from(self.format.as_str())),
            (2, Value::from(self.auth_data.as_slice())),
            (3, Value::from(self.statement.clone())),
        ]);
        Value::from(map).encode()
    }

    /// Reads the response map, without the status byte.
    pub fn decode(bytes: &[u8]) -> Result<Self, RequestError> {
        let mut map: Map = cbor::decode(bytes)?.into_type()?;
        Ok(Self {
            format: map.required(1)?,
            auth_data: map.required(2)?,
            statement: map.required(3)?,
        })
    }
}
