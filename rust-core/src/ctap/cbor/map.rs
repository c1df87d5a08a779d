//! Maps whose keys are unique and in canonical order by construction.

use alloc::vec::Vec;
use core::{cmp::Ordering, fmt};

use zeroize::Zeroize;

use super::Value;

/// A CBOR map. Entries are kept in canonical order, whatever the order they came in.
///
/// [`optional`](Self::optional), [`required`](Self::required) and
/// [`required_bytes`](Self::required_bytes) take members out, so what is left is what the reader did not
/// know.
///
/// ```
/// use wardkey_core::ctap::cbor::{FieldError, Map, Value};
///
/// let mut options = Map::from_iter([("uv", Value::from("yes")), ("rk", Value::from(false))]);
/// options.insert_some("up", None::<bool>);
/// assert_eq!(options.insert("rk", true), Some(Value::from(false)));
/// assert_eq!(Value::from(options.clone()).encode()[..5], [0xa2, 0x62, b'r', b'k', 0xf5]);
///
/// assert_eq!(options.required::<bool>("rk"), Ok(true));
/// assert_eq!(options.required::<bool>("rk"), Err(FieldError::Missing("rk".into())));
/// assert_eq!(options.optional::<bool>("plat"), Ok(None));
/// let error = options.optional::<bool>("uv").unwrap_err();
/// assert_eq!(error.to_string(), "member \"uv\" is not a boolean");
/// assert_eq!(Value::from(Map::new()).encode(), [0xa0]);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Map(Vec<(Value, Value)>);

impl Map {
    /// An empty map.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Entries in canonical key order.
    pub fn iter(&self) -> impl Iterator<Item = (&Value, &Value)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The value at `key`.
    pub fn get(&self, key: impl Into<Value>) -> Option<&Value> {
        let index = self.position(&key.into()).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }

    /// Sets `key` to `value` and returns the value that stood there.
    pub fn insert(&mut self, key: impl Into<Value>, value: impl Into<Value>) -> Option<Value> {
        let entry = (key.into(), value.into());
        match self.position(&entry.0) {
            Ok(index) => self.0.get_mut(index).map(|old| core::mem::replace(old, entry).1),
            Err(index) => {
                self.0.insert(index, entry);
                None
            }
        }
    }

    /// Sets `key` to `value` if there is one: optional members of a message are left out, not null.
    pub fn insert_some(&mut self, key: impl Into<Value>, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.insert(key, value);
        }
    }

    /// Takes the value at `key` out of the map.
    pub fn remove(&mut self, key: impl Into<Value>) -> Option<Value> {
        let index = self.position(&key.into()).ok()?;
        Some(self.0.remove(index).1)
    }

    /// Appends an entry read from the wire; gives its value back if its key does not come strictly after the
    /// last.
    pub(super) fn push_in_order(&mut self, key: Value, value: Value) -> Result<(), Value> {
        let in_order = match self.0.last() {
            Some((last, _)) => canonical_order(last, &key) == Ordering::Less,
            None => true,
        };
        if !in_order {
            return Err(value);
        }
        self.0.push((key, value));
        Ok(())
    }

    fn position(&self, wanted: &Value) -> Result<usize, usize> {
        // Who writes a message mostly names its members in order.
        if self.0.last().is_none_or(|(last, _)| canonical_order(last, wanted) == Ordering::Less) {
            return Err(self.len());
        }
        self.0.binary_search_by(|(key, _)| canonical_order(key, wanted))
    }
}

/// CTAP 2.3 §8: lower major type first, then the shorter encoding, then the lower bytes.
fn canonical_order(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        // A larger number never has a shorter encoding, so numeric order is canonical order.
        (Value::Unsigned(a), Value::Unsigned(b)) | (Value::Negative(a), Value::Negative(b)) => {
            a.cmp(b)
        }
        (Value::Bytes(a), Value::Bytes(b)) => (a.len(), a).cmp(&(b.len(), b)),
        (Value::Text(a), Value::Text(b)) => (a.len(), a).cmp(&(b.len(), b)),
        _ => {
            let (a, b) = (a.encode(), b.encode());
            let rank = |bytes: &[u8]| (bytes.first().map(|byte| byte >> 5), bytes.len());
            rank(&a).cmp(&rank(&b)).then_with(|| a.cmp(&b))
        }
    }
}

impl<K: Into<Value>> FromIterator<(K, Value)> for Map {
    /// Later entries replace earlier ones with the same key.
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        // And room for two that may be left out and are set afterwards, or all would have to move.
        let mut map = Self(Vec::with_capacity(entries.size_hint().0 + 2));
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl Zeroize for Map {
    fn zeroize(&mut self) {
        for (key, value) in &mut self.0 {
            key.zeroize();
            value.zeroize();
        }
        self.0.clear();
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
