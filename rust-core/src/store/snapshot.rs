//! The bytes a store is kept in.
//!
//! ```text
//! { 1: version, 2: bytes .cbor [* credential], 3: SHA-256 of member 2 }
//! ```
//!
//! The hash finds damage, not malice: whoever can write the snapshot can also write its hash, and what
//! keeps a credential safe is that its private key is somewhere else.

use alloc::vec::Vec;

use thiserror::Error;

use super::Credential;
use crate::ctap::{
    auth_data::sha256,
    cbor::{self, Map, Value},
    request::RequestError,
};

/// The version this crate writes, and the newest it reads.
///
/// ```
/// # use std::{pin::pin, task::{Context, Poll, Waker}};
/// use wardkey_core::{
///     ctap::cbor::{Map, Value},
///     store::{CredentialStore, SnapshotError, SnapshotStorage, StorageError, StoreError, VERSION},
/// };
///
/// /// Holds what a later version of this program has saved.
/// #[derive(Debug)]
/// struct FromTheFuture;
///
/// impl SnapshotStorage for FromTheFuture {
///     async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
///         Ok(Some(Value::from(Map::from_iter([(1, Value::from(VERSION + 1))])).encode()))
///     }
///
///     async fn replace(&self, _: &[u8]) -> Result<(), StorageError> {
///         unreachable!("what cannot be read is left as it is")
///     }
/// }
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
/// #         Poll::Ready(output) => output,
/// #         Poll::Pending => unreachable!(),
/// #     }
/// # }
///
/// let error = block_on(CredentialStore::open(FromTheFuture)).unwrap_err();
/// assert_eq!(error, StoreError::Snapshot(SnapshotError::Newer { found: VERSION + 1 }));
/// ```
pub const VERSION: u64 = 1;

/// Why a snapshot cannot be read. It is left as it was found, and so are the keys.
///
/// ```
/// use wardkey_core::store::{CredentialStore, SnapshotError, SnapshotStorage, StorageError, StoreError};
///
/// /// Holds what somebody's editor has saved.
/// #[derive(Debug)]
/// struct Damaged;
///
/// impl SnapshotStorage for Damaged {
///     async fn load(&self) -> Result<Option<Vec<u8>>, StorageError> {
///         Ok(Some(b"{}".to_vec()))
///     }
///
///     async fn replace(&self, _: &[u8]) -> Result<(), StorageError> {
///         unreachable!("what cannot be read is left as it is")
///     }
/// }
/// # use std::{pin::pin, task::{Context, Poll, Waker}};
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
/// #         Poll::Ready(output) => output,
/// #         Poll::Pending => unreachable!(),
/// #     }
/// # }
///
/// let error = block_on(CredentialStore::open(Damaged)).unwrap_err();
/// assert!(matches!(error, StoreError::Snapshot(SnapshotError::Malformed(_))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// Written by a newer version of this program.
    #[error(
        "the credentials were saved by a newer version (format {found}, this program knows {VERSION}): update this program"
    )]
    Newer {
        /// The version it has.
        found: u64,
    },
    /// There is none, and the key store has keys.
    #[error("the list of saved credentials is missing, and their keys are still here")]
    Missing,
    /// The hash does not fit the credentials.
    #[error("the saved credentials are damaged: their checksum is wrong")]
    Checksum,
    /// Not a snapshot, or a damaged one.
    #[error("the saved credentials are damaged: {0}")]
    Malformed(#[from] RequestError),
}

impl From<cbor::DecodeError> for SnapshotError {
    fn from(error: cbor::DecodeError) -> Self {
        Self::Malformed(error.into())
    }
}

impl From<cbor::FieldError> for SnapshotError {
    fn from(error: cbor::FieldError) -> Self {
        Self::Malformed(error.into())
    }
}

pub(super) fn encode<'a>(credentials: impl Iterator<Item = &'a Credential>) -> Vec<u8> {
    let items = credentials.map(Credential::encode).collect();
    let credentials = Value::Array(items).encode();
    let checksum = sha256(&credentials);
    let map = Map::from_iter([
        (1, Value::from(VERSION)),
        (2, Value::from(credentials)),
        (3, Value::from(checksum.as_slice())),
    ]);
    Value::from(map).encode()
}

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Credential>, SnapshotError> {
    let mut map: Map = cbor::decode(bytes)?.into_type()?;
    // Before anything else is looked at: only the version's meaning is sure to be the same.
    let version = map.required(1)?;
    match version {
        VERSION => {}
        0 => return Err(RequestError::Value(1.into()).into()),
        found => return Err(SnapshotError::Newer { found }),
    }
    let credentials: Vec<u8> = map.required(2)?;
    if map.required_bytes(3)? != sha256(&credentials) {
        return Err(SnapshotError::Checksum);
    }
    let items: Vec<Value> = cbor::decode(&credentials)?.into_type()?;
    Ok(items.into_iter().map(Credential::decode).collect::<Result<_, _>>()?)
}
