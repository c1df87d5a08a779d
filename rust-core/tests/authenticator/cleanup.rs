//! A ceremony that fails, is cancelled or is dropped leaves no key and no half-written store.

use wardkey_core::{
    authenticator::{Authenticator, Error, Settings, UserError},
    ctap::{get_assertion, status::Status},
    keystore::{KeyAlias, SecurityLevel, VerificationBinding},
    store::{CredentialStore, SnapshotError, StoreError},
};

use crate::support::{
    Event, HASH, Handle, RP, TestAuthenticator, assert_nothing_left, message, moment, registration,
    run, run_at_most,
};

const USER_ERRORS: &[(UserError, Status)] = &[
    (UserError::Denied, Status::OperationDenied),
    (UserError::VerificationFailed, Status::UvInvalid),
    (UserError::LockedOut, Status::UvBlocked),
    (UserError::TimedOut, Status::UserActionTimeout),
    (UserError::Cancelled, Status::KeepaliveCancel),
];

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

/// Drops a registration on this phone after each possible number of polls, and hands over what is left.
fn drop_everywhere(phone: impl Fn() -> Handle, mut left: impl FnMut(&Handle, TestAuthenticator)) {
    let mut polls = 0;
    loop {
        let handle = phone();
        let mut authenticator = handle.release();
        handle.take_events();
        let request = registration(b"u");
        if run_at_most(authenticator.make_credential(moment(2), &request), polls).is_some() {
            break;
        }
        left(&handle, authenticator);
        polls += 1;
    }
    assert!(polls > 4, "the ceremony was dropped at each of its pauses");
}

fn empty_phone(binding: VerificationBinding, saves_when_dropped: bool) -> Handle {
    let handle = Handle::new();
    handle.world().binding = binding;
    handle.world().saves_when_dropped = saves_when_dropped;
    handle
}

#[test]
fn a_registration_dropped_before_it_is_saved_leaves_nothing() {
    for binding in [VerificationBinding::PerUse, VerificationBinding::UserInterface] {
        drop_everywhere(
            || empty_phone(binding, false),
            |handle, mut authenticator| {
                if !handle.take_events().contains(&Event::Save) {
                    assert_nothing_left(handle);
                }
                assert!(authenticator.credentials().is_empty());
                // And the authenticator is none the worse for it.
                run(authenticator.make_credential(moment(3), &registration(b"u"))).unwrap();
                assert_eq!(handle.world().keys.len(), 1);
            },
        );
    }
}

#[test]
fn a_registration_dropped_while_it_is_saved_happened_or_did_not() {
    let mut dropped_in_a_save = 0;
    for saved in [false, true] {
        drop_everywhere(
            || empty_phone(VerificationBinding::PerUse, saved),
            |handle, mut authenticator| {
                let in_a_save = handle.take_events().contains(&Event::Save);
                dropped_in_a_save += usize::from(in_a_save);
                let sign_in = get_assertion::Request::new(RP, HASH);
                let signed_in = run(authenticator.get_assertion(moment(3), &sign_in));
                let happened = saved && in_a_save;
                assert_eq!(signed_in.is_ok(), happened, "{signed_in:?}");
                assert_eq!(handle.world().keys.len(), usize::from(happened));
                assert_eq!(handle.release().credentials().len(), usize::from(happened));
            },
        );
    }
    assert_eq!(dropped_in_a_save, 2);
}

#[test]
fn a_replacement_dropped_anywhere_leaves_one_credential_that_works() {
    for saved in [false, true] {
        drop_everywhere(
            || {
                let handle = empty_phone(VerificationBinding::PerUse, saved);
                run(handle.release().make_credential(moment(1), &registration(b"u"))).unwrap();
                handle
            },
            |handle, mut authenticator| {
                let replaced = saved && handle.take_events().contains(&Event::Save);
                let sign_in = get_assertion::Request::new(RP, HASH);
                let response = run(authenticator.get_assertion(moment(3), &sign_in)).unwrap();
                assert_eq!(response.credential_id, [if replaced { 2 } else { 1 }; 32]);
                assert_eq!(handle.world().keys.len(), 1);
            },
        );
    }
}

#[test]
fn a_removal_dropped_while_it_is_saved_happened_or_did_not() {
    for saved in [false, true] {
        let handle = empty_phone(VerificationBinding::PerUse, saved);
        let mut authenticator = handle.release();
        run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
        assert!(run_at_most(authenticator.remove(&[1; 32]), 1).is_none());
        assert_eq!(handle.world().keys.len(), 1, "the key goes last");

        let sign_in = get_assertion::Request::new(RP, HASH);
        assert_eq!(run(authenticator.get_assertion(moment(2), &sign_in)).is_ok(), !saved);
        assert_eq!(handle.world().keys.len(), usize::from(!saved));
    }
}

#[test]
fn a_sign_in_dropped_while_it_is_counted_takes_nothing_away() {
    for saved in [false, true] {
        let handle = empty_phone(VerificationBinding::PerUse, saved);
        let mut authenticator = handle.release();
        run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
        let sign_in = get_assertion::Request::new(RP, HASH);
        handle.take_events();
        let mut polls = 1;
        while !handle.take_events().contains(&Event::Save) {
            assert!(run_at_most(authenticator.get_assertion(moment(2), &sign_in), polls).is_none());
            polls += 1;
        }
        run(authenticator.get_assertion(moment(3), &sign_in)).unwrap();
        let counter = authenticator.credentials()[0].counter;
        assert_eq!(counter, if saved { 2 } else { 1 }, "no counter is used twice");
    }
}

#[test]
fn a_save_that_fails_and_cannot_be_looked_at_is_settled_later() {
    for saved in [false, true] {
        let handle = Handle::new();
        let mut authenticator = handle.release();
        let failure = handle.break_disk();
        handle.world().saves_in_spite = saved;
        let result = run(authenticator.make_credential(moment(1), &registration(b"u")));
        assert_eq!(result, Err(Error::Store(StoreError::Storage(failure.clone()))));
        assert_eq!(handle.world().keys.len(), 1, "it may be that of a saved credential");

        let sign_in = get_assertion::Request::new(RP, HASH);
        let result = run(authenticator.get_assertion(moment(2), &sign_in));
        assert_eq!(result, Err(Error::Store(StoreError::Storage(failure))), "still gone");
        handle.mend_disk();
        assert_eq!(run(authenticator.get_assertion(moment(3), &sign_in)).is_ok(), saved);
        assert_eq!(handle.world().keys.len(), usize::from(saved));
    }
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
        let opening = Authenticator::open(handle.clone(), handle.clone(), handle.clone(), settings);
        let opened = run(opening);
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
        let opening = Authenticator::open(handle.clone(), handle.clone(), handle.clone(), settings);
        run(opening).is_ok()
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
    run(authenticator.remove(&[1; 32])).unwrap();
    assert!(handle.world().keys.is_empty());
    assert!(handle.release().credentials().is_empty());
    assert_eq!(run(authenticator.remove(&[1; 32])), Err(Error::Store(StoreError::NotFound)));
}

/// The largest store that takes one more credential: from then on it grows by being used.
#[test]
fn a_full_store_can_still_be_used() {
    let credential = |length: usize| {
        let handle = Handle::new();
        let mut authenticator = handle.release();
        run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
        let mut credential = authenticator.credentials()[0].clone();
        credential.rp.id = "x".repeat(length);
        credential
    };
    let add = |length| {
        let mut store = run(CredentialStore::open(Handle::new())).unwrap();
        run(store.add(credential(length))).map(|_| store)
    };
    let (mut fits, mut too_long) = (0, 1 << 20);
    while too_long - fits > 1 {
        let length = usize::midpoint(fits, too_long);
        if add(length).is_ok() { fits = length } else { too_long = length }
    }
    assert_eq!(add(too_long).err(), Some(StoreError::Full));
    let mut store = add(fits).unwrap();
    for now in 0..30 {
        run(store.record_use(&[1; 32], u64::MAX - now)).unwrap();
    }
    run(store.mark_invalidated(&[1; 32])).unwrap();
}
