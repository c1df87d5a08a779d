//! Every failure of a key store has its status, and leaves behind what was there before.

use core::iter::successors;

use wardkey_core::{ctap::get_assertion, keystore::KeyError, store::KeyState};

use crate::support::{HASH, Handle, RP, assert_nothing_left, message, moment, registration, run};

/// The status that answers each failure (CTAP 2.3 §8.2), and the failure that comes next here.
///
/// A new variant stops this from compiling until it has a status and a place in the row.
fn key_error(error: &KeyError) -> (u8, Option<KeyError>) {
    match error {
        KeyError::StrongBoxUnavailable => (0x30, Some(KeyError::Invalidated)),
        KeyError::Invalidated => (0x2e, Some(KeyError::NotAuthenticated)),
        KeyError::NotAuthenticated => (0x3f, Some(KeyError::AttestationUnavailable)),
        KeyError::AttestationUnavailable => (0x7f, Some(KeyError::AttestationKeysNotProvisioned)),
        KeyError::AttestationKeysNotProvisioned => (0x30, Some(KeyError::DeviceLocked)),
        KeyError::DeviceLocked => (0x30, Some(KeyError::NoScreenLock)),
        KeyError::NoScreenLock => (0x30, Some(KeyError::NotFound)),
        KeyError::NotFound => (0x2e, Some(KeyError::Cancelled)),
        KeyError::Cancelled => (0x27, Some(KeyError::VerificationFailed)),
        KeyError::VerificationFailed => (0x3f, Some(KeyError::LockedOut)),
        KeyError::LockedOut => (0x3c, Some(KeyError::TimedOut)),
        KeyError::TimedOut => (0x2f, Some(KeyError::Full)),
        KeyError::Full => (0x28, Some(KeyError::Platform("ProviderException".into()))),
        KeyError::Platform(_) => (0x7f, None),
    }
}

/// Every failure with its status.
fn key_errors() -> impl Iterator<Item = (KeyError, u8)> {
    successors(Some(KeyError::StrongBoxUnavailable), |error| key_error(error).1).map(|error| {
        let (status, _) = key_error(&error);
        (error, status)
    })
}

#[test]
fn at_a_registration_no_key_is_left() {
    let request = message(1, &registration(b"u").encode());
    for (error, status) in key_errors() {
        let handle = Handle::new();
        handle.world().generate_error = Some(error.clone());
        assert_eq!(run(handle.release().handle(moment(1), &request)), [status], "{error:?}");
        assert_nothing_left(&handle);

        handle.world().generate_error = None;
        handle.world().sign_error = Some(error.clone());
        assert_eq!(run(handle.release().handle(moment(1), &request)), [status], "{error:?}");
        assert_nothing_left(&handle);
    }
}

#[test]
fn at_a_sign_in_nothing_is_counted_or_lost() {
    let request = message(2, &get_assertion::Request::new(RP, HASH).encode());
    for (error, status) in key_errors() {
        let handle = Handle::new();
        let mut authenticator = handle.release();
        run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
        let before = authenticator.credentials().to_vec();

        handle.world().sign_error = Some(error.clone());
        assert_eq!(run(authenticator.handle(moment(2), &request)), [status], "{error:?}");
        let mut expected = before;
        // The one failure that is for good is remembered.
        if error == KeyError::Invalidated {
            expected[0].state = KeyState::Invalidated;
        }
        assert_eq!(authenticator.credentials(), expected, "{error:?}");
        assert_eq!(handle.release().credentials(), expected, "{error:?}");
        assert_eq!(handle.world().keys.len(), 1, "{error:?}");
    }
}
