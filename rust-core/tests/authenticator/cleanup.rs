//! A ceremony that fails, is cancelled or is dropped leaves no key and no half-written store.

use wardkey_core::{
    authenticator::{Authenticator, Error, Settings, UserError},
    ctap::{get_assertion, status::Status},
    keystore::{KeyAlias, KeyError, SecurityLevel, VerificationBinding},
    store::{SnapshotError, StoreError},
};

use crate::support::{Event, HASH, Handle, RP, moment, registration, run, run_at_most};

const KEY_ERRORS: &[(KeyError, Status)] = &[
    (KeyError::StrongBoxUnavailable, Status::NotAllowed),
    (KeyError::Invalidated, Status::NoCredentials),
    (KeyError::NotAuthenticated, Status::UvInvalid),
    (KeyError::AttestationUnavailable, Status::Other),
    (KeyError::AttestationKeysNotProvisioned, Status::NotAllowed),
    (KeyError::DeviceLocked, Status::NotAllowed),
    (KeyError::NoScreenLock, Status::NotAllowed),
    (KeyError::NotFound, Status::NoCredentials),
    (KeyError::Cancelled, Status::OperationDenied),
    (KeyError::VerificationFailed, Status::UvInvalid),
    (KeyError::LockedOut, Status::UvBlocked),
    (KeyError::TimedOut, Status::UserActionTimeout),
    (KeyError::Full, Status::KeyStoreFull),
];

const USER_ERRORS: &[(UserError, Status)] = &[
    (UserError::Denied, Status::OperationDenied),
    (UserError::VerificationFailed, Status::UvInvalid),
    (UserError::LockedOut, Status::UvBlocked),
    (UserError::TimedOut, Status::UserActionTimeout),
    (UserError::Cancelled, Status::KeepaliveCancel),
];

fn assert_nothing_left(handle: &Handle) {
    assert!(handle.world().keys.is_empty());
    assert!(handle.world().snapshot.is_none());
}

fn message(command: u8, parameters: &[u8]) -> Vec<u8> {
    [&[command], parameters].concat()
}

#[test]
fn every_key_failure_has_its_status_and_leaves_no_key() {
    let request = message(1, &registration(b"u").encode());
    for (error, status) in KEY_ERRORS {
        let handle = Handle::new();
        handle.world().generate_error = Some(error.clone());
        assert_eq!(run(handle.release().handle(moment(1), &request)), [status.code()], "{error:?}");
        assert_nothing_left(&handle);

        handle.world().generate_error = None;
        handle.world().sign_error = Some(error.clone());
        assert_eq!(run(handle.release().handle(moment(1), &request)), [status.code()], "{error:?}");
        assert_nothing_left(&handle);
    }
}

#[test]
fn every_refusal_of_the_user_has_its_status_and_leaves_no_key() {
    let request = message(1, &registration(b"u").encode());
    for (error, status) in USER_ERRORS {
        let handle = Handle::new();
        handle.world().binding = VerificationBinding::UserInterface;
        handle.world().consent = Err(*error);
        assert_eq!(run(handle.release().handle(moment(1), &request)), [status.code()]);
        assert_eq!(handle.take_events(), [Event::Consent], "no key is made without consent");

        handle.world().consent = Ok(());
        handle.world().verification = Err(*error);
        assert_eq!(run(handle.release().handle(moment(1), &request)), [status.code()]);
        assert_nothing_left(&handle);
    }
}

#[test]
fn a_refusal_at_sign_in_gives_no_signature_and_counts_nothing() {
    let request = message(2, &get_assertion::Request::new(RP, HASH).encode());
    for (error, status) in USER_ERRORS {
        let handle = Handle::new();
        handle.world().binding = VerificationBinding::UserInterface;
        let mut authenticator = handle.release();
        run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
        handle.world().verification = Err(*error);
        assert_eq!(run(authenticator.handle(moment(2), &request)), [status.code()]);
        handle.world().consent = Err(*error);
        assert_eq!(run(authenticator.handle(moment(2), &request)), [status.code()]);
        assert_eq!(authenticator.credentials()[0].counter, 0);
    }
}

#[test]
fn a_registration_dropped_anywhere_leaves_nothing() {
    for binding in [VerificationBinding::PerUse, VerificationBinding::UserInterface] {
        let mut polls = 0;
        loop {
            let handle = Handle::new();
            handle.world().binding = binding;
            let mut authenticator = handle.release();
            let request = registration(b"u");
            if run_at_most(authenticator.make_credential(moment(1), &request), polls).is_some() {
                break;
            }
            assert_nothing_left(&handle);
            assert!(authenticator.credentials().is_empty());
            // And the authenticator is none the worse for it.
            run(authenticator.make_credential(moment(2), &request)).unwrap();
            assert_eq!(handle.world().keys.len(), 1);
            polls += 1;
        }
        assert!(polls > 3, "the ceremony was dropped at each of its pauses");
    }
}

#[test]
fn a_replacement_dropped_anywhere_keeps_the_old_credential() {
    let mut polls = 0;
    loop {
        let handle = Handle::new();
        let mut authenticator = handle.release();
        let request = registration(b"u");
        run(authenticator.make_credential(moment(1), &request)).unwrap();
        if run_at_most(authenticator.make_credential(moment(2), &request), polls).is_some() {
            break;
        }
        let sign_in = get_assertion::Request::new(RP, HASH);
        let response = run(authenticator.get_assertion(moment(3), &sign_in)).unwrap();
        assert_eq!(response.credential_id, [1; 32]);
        assert_eq!(handle.world().keys.len(), 1);
        polls += 1;
    }
    assert!(polls > 3);
}

#[test]
fn keys_that_no_credential_names_are_swept_at_start() {
    let handle = Handle::new();
    run(handle.release().make_credential(moment(1), &registration(b"u"))).unwrap();
    let orphan = {
        let mut world = handle.world();
        let key = world.keys.values().next().unwrap().clone();
        let alias = KeyAlias::new("wardkey-left-behind");
        world.keys.insert(alias.clone(), key);
        alias
    };
    let authenticator = handle.release();
    assert!(!handle.world().keys.contains_key(&orphan));
    assert!(handle.world().keys.contains_key(&authenticator.credentials()[0].key_alias()));
}

#[test]
fn a_store_that_cannot_be_read_is_left_alone_with_all_its_keys() {
    let handle = Handle::new();
    run(handle.release().make_credential(moment(1), &registration(b"u"))).unwrap();
    let good = handle.world().snapshot.clone().unwrap();

    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    let mut newer = good.clone();
    newer[2] = 2;
    let cases = [(damaged, SnapshotError::Checksum), (newer, SnapshotError::Newer { found: 2 })];
    for (snapshot, expected) in cases {
        handle.world().snapshot = Some(snapshot.clone());
        let settings = Settings::release(SecurityLevel::StrongBox);
        let opened = Authenticator::open(handle.clone(), handle.clone(), handle.clone(), settings);
        assert_eq!(opened.err(), Some(Error::Store(StoreError::Snapshot(expected))));
        assert_eq!(handle.world().snapshot, Some(snapshot), "not touched");
        assert_eq!(handle.world().keys.len(), 1, "no key is swept");
    }
    handle.world().snapshot = Some(good);
    assert_eq!(handle.release().credentials().len(), 1);
}

#[test]
fn any_damage_to_a_snapshot_is_found() {
    let handle = Handle::new();
    run(handle.release().make_credential(moment(1), &registration(b"u"))).unwrap();
    let good = handle.world().snapshot.clone().unwrap();
    let opens = |snapshot: Vec<u8>| {
        handle.world().snapshot = Some(snapshot);
        let settings = Settings::release(SecurityLevel::StrongBox);
        Authenticator::open(handle.clone(), handle.clone(), handle.clone(), settings).is_ok()
    };
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut damaged = good.clone();
            damaged[at] ^= 1 << bit;
            assert!(!opens(damaged), "bit {bit} of byte {at}");
        }
        assert!(!opens(good[..at].to_vec()), "cut at {at}");
    }
}

#[test]
fn removing_a_credential_removes_its_key() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
    authenticator.remove(&[1; 32]).unwrap();
    assert!(handle.world().keys.is_empty());
    assert!(handle.release().credentials().is_empty());
    assert_eq!(authenticator.remove(&[1; 32]), Err(Error::Store(StoreError::NotFound)));
}
