//! People with passkeys, and sessions of theirs.

pub(crate) use wardkey_register::testing::{IDLE, LIFE, NOW, at, signed_in, with_passkey};
