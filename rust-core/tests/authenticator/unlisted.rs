//! A key store that cannot list its keys: what does not need the list goes on, and nothing is deleted by it.

use wardkey_core::{
    authenticator::{Authenticator, Error, Settings},
    ctap::get_assertion,
    keystore::{KeyAlias, KeyError, SecurityLevel},
    store::{SnapshotError, StoreError},
};

use crate::support::{
    Event, HASH, Handle, RP, TestAuthenticator, moment, registration, run, run_at_most,
};

fn busy() -> KeyError {
    KeyError::Platform("the key store is busy".into())
}

fn opened(handle: &Handle) -> Result<TestAuthenticator, Error> {
    let settings = Settings::release(SecurityLevel::StrongBox);
    run(Authenticator::open(handle.clone(), handle.clone(), handle.clone(), settings))
}

/// With one passkey, and a key that no passkey names.
fn phone() -> (Handle, KeyAlias) {
    let handle = Handle::new();
    run(handle.release().make_credential(moment(1), &registration(b"u"))).unwrap();
    let orphan = KeyAlias::new("wardkey-left-behind");
    let key = handle.world().keys.values().next().unwrap().clone();
    handle.world().keys.insert(orphan.clone(), key);
    handle.take_events();
    (handle, orphan)
}

#[test]
fn a_sign_in_goes_on_and_the_sweep_is_left_for_later() {
    let (handle, orphan) = phone();
    handle.world().list_error = Some(busy());
    let mut authenticator = opened(&handle).unwrap();
    let sign_in = get_assertion::Request::new(RP, HASH);
    run(authenticator.get_assertion(moment(2), &sign_in)).unwrap();
    assert!(!handle.take_events().contains(&Event::Delete));
    assert!(handle.world().keys.contains_key(&orphan));

    handle.world().list_error = None;
    opened(&handle).unwrap();
    assert!(!handle.world().keys.contains_key(&orphan));
    assert_eq!(handle.world().keys.len(), 1, "that of the passkey");
}

#[test]
fn a_registration_goes_on_and_deletes_what_it_replaces_alone() {
    let (handle, orphan) = phone();
    handle.world().list_error = Some(busy());
    let mut authenticator = opened(&handle).unwrap();
    let old = authenticator.credentials()[0].key_alias();
    run(authenticator.make_credential(moment(2), &registration(b"u"))).unwrap();
    let new = authenticator.credentials()[0].key_alias();
    let keys = handle.world().keys.keys().cloned().collect::<Vec<_>>();
    assert!(!keys.contains(&old) && keys.contains(&new) && keys.contains(&orphan), "{keys:?}");
}

/// Whether a list that is not there is new or was lost, only the keys can tell.
#[test]
fn without_a_saved_list_nothing_is_begun_until_the_keys_are_known() {
    let (handle, _) = phone();
    let list = handle.world().snapshot.take();
    handle.world().list_error = Some(busy());
    assert_eq!(opened(&handle).err(), Some(Error::Key(busy())));
    assert_eq!(handle.take_events(), [], "nothing is deleted, nothing is written");

    handle.world().list_error = None;
    let missing = Error::Store(StoreError::Snapshot(SnapshotError::Missing));
    assert_eq!(opened(&handle).err(), Some(missing));
    handle.world().snapshot = list;
    assert_eq!(opened(&handle).unwrap().credentials().len(), 1);

    let new = Handle::new();
    new.world().list_error = Some(busy());
    assert_eq!(opened(&new).err(), Some(Error::Key(busy())));
    new.world().list_error = None;
    assert_eq!(opened(&new).unwrap().credentials(), []);
}

#[test]
fn a_store_in_doubt_is_settled_without_the_list_of_keys() {
    let (handle, _) = phone();
    let mut authenticator = opened(&handle).unwrap();
    handle.break_disk();
    run(authenticator.make_credential(moment(2), &registration(b"v"))).unwrap_err();
    handle.mend_disk();
    handle.world().list_error = Some(busy());

    let sign_in = get_assertion::Request::new(RP, HASH);
    run(authenticator.get_assertion(moment(3), &sign_in)).unwrap();
    assert_eq!(handle.world().keys.len(), 2, "that of the registration waits to be swept");
    handle.world().list_error = None;
    assert_eq!(opened(&handle).unwrap().credentials().len(), 1);
    assert_eq!(handle.world().keys.len(), 1);
}

/// The person is not asked anything yet when the keys of a ceremony that was killed are gone.
#[test]
fn the_sweep_comes_before_everything_else() {
    let (handle, orphan) = phone();
    let mut authenticator = opened(&handle).unwrap();
    assert_eq!(handle.take_events(), [Event::Delete]);
    assert!(!handle.world().keys.contains_key(&orphan));
    let sign_in = get_assertion::Request::new(RP, HASH);
    assert!(run_at_most(authenticator.get_assertion(moment(2), &sign_in), 1).is_none());
    assert_eq!(handle.world().keys.len(), 1);
}
