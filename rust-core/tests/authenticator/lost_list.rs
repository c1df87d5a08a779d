//! A list of credentials that is not there is told from one that was never begun.

use wardkey_core::{
    authenticator::{Authenticator, Error, Settings},
    ctap::get_assertion,
    keystore::SecurityLevel,
    store::{SnapshotError, StorageError, StoreError},
};

use crate::support::{Event, HASH, Handle, RP, TestAuthenticator, moment, registration, run};

const MISSING: Error = Error::Store(StoreError::Snapshot(SnapshotError::Missing));

fn opened(handle: &Handle) -> Result<TestAuthenticator, Error> {
    let settings = Settings::release(SecurityLevel::StrongBox);
    run(Authenticator::open(handle.clone(), handle.clone(), handle.clone(), settings))
}

#[test]
fn keys_whose_list_was_lost_stay_until_it_is_back() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    for user in [b"one", b"two"] {
        let moment = moment(user[0]);
        run(authenticator.make_credential(moment, &registration(user))).unwrap();
    }
    let lost = handle.world().snapshot.take();
    handle.take_events();

    assert_eq!(opened(&handle).err(), Some(MISSING));
    assert_eq!(handle.take_events(), [], "nothing is deleted, nothing is written");
    assert_eq!(handle.world().keys.len(), 2);

    handle.world().snapshot = lost;
    assert_eq!(opened(&handle).unwrap().credentials().len(), 2);
    assert_eq!(handle.world().keys.len(), 2);
}

/// A ceremony that was given up leaves the store in doubt, and the list is gone when it looks.
#[test]
fn a_list_that_is_lost_under_a_running_authenticator_takes_no_key_with_it() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
    handle.break_disk();
    run(authenticator.make_credential(moment(2), &registration(b"v"))).unwrap_err();
    handle.mend_disk();

    let list = handle.world().snapshot.take();
    let sign_in = get_assertion::Request::new(RP, HASH);
    for now in 3..5 {
        let refused = run(authenticator.get_assertion(moment(now), &sign_in));
        assert_eq!(refused, Err(MISSING), "every time it is asked");
        assert_eq!(handle.world().keys.len(), 2, "nobody knows yet which are wanted");
    }
    handle.world().snapshot = list;
    run(authenticator.get_assertion(moment(5), &sign_in)).unwrap();
    assert_eq!(handle.world().keys.len(), 1, "that of the registration that failed is swept");
}

#[test]
fn a_new_authenticator_saves_its_list_before_it_makes_a_key() {
    let handle = Handle::new();
    assert_eq!(opened(&handle).unwrap().credentials(), []);
    assert_eq!(handle.take_events(), [Event::Save]);
    opened(&handle).unwrap();
    assert_eq!(handle.take_events(), [], "once");

    // Killed in the middle of its first registration.
    let key = {
        let other = Handle::new();
        run(other.release().make_credential(moment(1), &registration(b"u"))).unwrap();
        other.world().keys.pop_first().unwrap()
    };
    handle.world().keys.insert(key.0, key.1);
    handle.release();
    assert!(handle.world().keys.is_empty(), "which is swept");
}

#[test]
fn an_authenticator_that_cannot_save_its_list_does_not_open() {
    let handle = Handle::new();
    let failure = StorageError("the disk is full".into());
    handle.world().save_error = Some(failure.clone());
    assert_eq!(opened(&handle).err(), Some(Error::Store(StoreError::Storage(failure))));
    handle.world().save_error = None;
    handle.release();
    assert!(handle.world().snapshot.is_some());
}
