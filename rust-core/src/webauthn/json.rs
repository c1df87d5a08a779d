//! Typed access to the members of a JSON object, with errors that name the member.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};

use serde_json::{Map, Value};
use thiserror::Error;

use super::base64url;

/// What is wrong with options in JSON. Members are named by their path, such as `user.id`.
///
/// ```
/// use wardkey_core::webauthn::{InvalidJson, RequestOptions};
///
/// let error = RequestOptions::parse("{}").map(drop).unwrap_err();
/// assert!(matches!(&error, InvalidJson::Missing { .. }));
/// assert!(error.to_string().contains("challenge"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidJson {
    /// The text is not JSON.
    #[error("not JSON: error at line {line}, column {column}")]
    Syntax {
        /// Counted from one.
        line: usize,
        /// Counted from one.
        column: usize,
    },
    /// A required member is missing.
    #[error("\"{member}\" is missing")]
    Missing {
        /// Its path.
        member: String,
    },
    /// A member is of another type.
    #[error("\"{member}\" is not {expected}")]
    WrongType {
        /// Its path.
        member: String,
        /// What it should have been, with its article.
        expected: &'static str,
    },
    /// A member has a value that is not allowed.
    #[error("\"{member}\" {problem}")]
    Value {
        /// Its path.
        member: String,
        /// What is wrong, as the rest of a sentence.
        problem: &'static str,
    },
}

/// Reads a text that is one JSON object.
pub(super) fn parse(text: &str) -> Result<Value, InvalidJson> {
    serde_json::from_str(text)
        .map_err(|error| InvalidJson::Syntax { line: error.line(), column: error.column() })
}

/// An object and where it stands. A member that is `null` counts as left out, as servers that serialize
/// empty optional values mean it.
pub(super) struct Object<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Object<'a> {
    /// The outermost object.
    pub(super) fn root(value: &'a Value) -> Result<Self, InvalidJson> {
        let is_object = Self::at(value, String::from("options"));
        is_object.map(|object| Self { path: String::new(), ..object })
    }

    /// The objects of an outermost array.
    pub(super) fn list(value: &'a Value) -> Result<Vec<Self>, InvalidJson> {
        let Value::Array(items) = value else {
            return Err(InvalidJson::WrongType { member: "list".into(), expected: "an array" });
        };
        let items = items.iter().enumerate();
        items.map(|(index, item)| Self::at(item, format!("[{index}]"))).collect()
    }

    fn at(value: &'a Value, path: String) -> Result<Self, InvalidJson> {
        match value {
            Value::Object(map) => Ok(Self { map, path }),
            _ => Err(InvalidJson::WrongType { member: path, expected: "an object" }),
        }
    }

    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Takes a member through `convert`, if it is there.
    fn optional<T>(
        &self,
        name: &str,
        expected: &'static str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, InvalidJson> {
        match self.map.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match convert(value) {
                Some(value) => Ok(Some(value)),
                None => Err(InvalidJson::WrongType { member: self.path(name), expected }),
            },
        }
    }

    fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, InvalidJson> {
        value.ok_or_else(|| InvalidJson::Missing { member: self.path(name) })
    }

    pub(super) fn optional_string(&self, name: &str) -> Result<Option<&'a str>, InvalidJson> {
        self.optional(name, "a string", Value::as_str)
    }

    pub(super) fn string(&self, name: &str) -> Result<String, InvalidJson> {
        self.required(name, self.optional_string(name)?).map(ToString::to_string)
    }

    pub(super) fn optional_bool(&self, name: &str) -> Result<Option<bool>, InvalidJson> {
        self.optional(name, "a boolean", Value::as_bool)
    }

    pub(super) fn optional_unsigned(&self, name: &str) -> Result<Option<u64>, InvalidJson> {
        self.optional(name, "an unsigned integer", Value::as_u64)
    }

    pub(super) fn integer(&self, name: &str) -> Result<i64, InvalidJson> {
        self.required(name, self.optional(name, "an integer", Value::as_i64)?)
    }

    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, InvalidJson> {
        let decode = |value: &Value| base64url::decode(value.as_str()?).ok();
        let bytes = self.optional(name, "a base64url string without padding", decode)?;
        self.required(name, bytes)
    }

    pub(super) fn optional_object(&self, name: &str) -> Result<Option<Self>, InvalidJson> {
        let value = self.map.get(name).filter(|value| !value.is_null());
        value.map(|value| Self::at(value, self.path(name))).transpose()
    }

    pub(super) fn object(&self, name: &str) -> Result<Self, InvalidJson> {
        self.required(name, self.optional_object(name)?)
    }

    /// The objects of a list; `None` if the list is left out.
    pub(super) fn optional_objects(&self, name: &str) -> Result<Option<Vec<Self>>, InvalidJson> {
        let Some(items) = self.optional(name, "an array", Value::as_array)? else {
            return Ok(None);
        };
        let path = |index| format!("{}[{index}]", self.path(name));
        let items = items.iter().enumerate().map(|(index, item)| Self::at(item, path(index)));
        items.collect::<Result<_, _>>().map(Some)
    }

    pub(super) fn objects(&self, name: &str) -> Result<Vec<Self>, InvalidJson> {
        self.required(name, self.optional_objects(name)?)
    }

    /// The strings of a list; a list that is left out is an empty one.
    pub(super) fn strings(&self, name: &str) -> Result<Vec<String>, InvalidJson> {
        let strings = |value: &Value| {
            value.as_array()?.iter().map(|item| item.as_str().map(String::from)).collect()
        };
        Ok(self.optional(name, "an array of strings", strings)?.unwrap_or_default())
    }
}
