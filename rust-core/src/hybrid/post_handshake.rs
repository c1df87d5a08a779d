//! The phone's first words after the handshake: what its authenticator can do (CTAP 2.2 §11.5.1.3).

use crate::ctap::cbor::{self, FieldError, Map, Value};
use alloc::{string::String, vec, vec::Vec};
use thiserror::Error;

/// Member with the getInfo response.
const GET_INFO: u64 = 1;
/// Member with the list of features.
const FEATURES: u64 = 3;
/// The feature of carrying CTAP commands.
const CTAP: &str = "ctap";

/// The introduction: a canonical CBOR map, sent without a type byte.
///
/// ```
/// use wardkey_core::hybrid::post_handshake::PostHandshake;
///
/// let introduction = PostHandshake::ctap(vec![0xa0]);
/// let bytes = introduction.encode();
/// assert_eq!(bytes, b"\xa2\x01\x41\xa0\x03\x81\x64ctap");
/// assert_eq!(PostHandshake::decode(&bytes).unwrap(), introduction);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostHandshake {
    /// The getInfo map in canonical CBOR, without status byte; opaque here.
    pub get_info: Vec<u8>,
    /// What the tunnel may carry. Empty means that the member is absent, as before CTAP 2.2, and
    /// then CTAP is understood.
    pub features: Vec<String>,
}

/// Why bytes are no introduction.
///
/// ```
/// use wardkey_core::hybrid::post_handshake::{PostHandshake, PostHandshakeError};
///
/// // An empty map: the getInfo response is missing.
/// let error = PostHandshake::decode(&[0xa0]).unwrap_err();
/// assert!(matches!(error, PostHandshakeError::Field(_)));
/// assert_eq!(error.to_string(), "member 1 is missing");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PostHandshakeError {
    /// Not canonical CBOR.
    #[error(transparent)]
    Cbor(#[from] cbor::DecodeError),
    /// No map, or a member missing or of the wrong type.
    #[error(transparent)]
    Field(#[from] FieldError),
}

impl PostHandshake {
    /// An introduction that offers CTAP.
    #[must_use]
    pub fn ctap(get_info: Vec<u8>) -> Self {
        Self { get_info, features: vec![CTAP.into()] }
    }

    /// Whether the tunnel may carry CTAP.
    ///
    /// ```
    /// use wardkey_core::hybrid::post_handshake::PostHandshake;
    ///
    /// let introduction = PostHandshake::ctap(vec![0xa0]);
    /// assert!(introduction.offers_ctap());
    /// let documents = PostHandshake { features: vec!["dc".into()], ..introduction };
    /// assert!(!documents.offers_ctap());
    /// ```
    #[must_use]
    pub fn offers_ctap(&self) -> bool {
        self.features.is_empty() || self.features.iter().any(|feature| feature == CTAP)
    }

    /// The bytes to send.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut map = Map::new();
        map.insert(GET_INFO, self.get_info.as_slice());
        if !self.features.is_empty() {
            let features = self.features.iter().map(|feature| feature.as_str().into());
            map.insert(FEATURES, features.collect::<Vec<Value>>());
        }
        Value::from(map).encode()
    }

    /// Reads the bytes received. Unknown members are ignored.
    pub fn decode(bytes: &[u8]) -> Result<Self, PostHandshakeError> {
        let mut map: Map = cbor::decode(bytes)?.into_type()?;
        let get_info = map.required(GET_INFO)?;
        let features: Vec<Value> = map.optional(FEATURES)?.unwrap_or_default();
        let features = features.into_iter().map(Value::into_type).collect::<Result<_, _>>()?;
        Ok(Self { get_info, features })
    }
}
