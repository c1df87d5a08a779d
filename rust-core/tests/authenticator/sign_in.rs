//! getAssertion, step by step.

use wardkey_core::{
    authenticator::{Error, Notice, UserError},
    ctap::{
        auth_data::{AuthenticatorData, rp_id_hash},
        cbor::decode,
        get_assertion::Request,
        request::CredentialDescriptor,
    },
    keystore::{KeyError, Purpose, VerificationBinding},
    store::{Credential, CredentialStore, KeyState, StorageError, StoreError},
};

use crate::support::{
    Event, HASH, Handle, RP, TestAuthenticator, is_signed_by, moment, registration, run,
};

/// An authenticator with a discoverable credential for each user; ids are 1, 2, ….
fn registered(handle: &Handle, users: &[&[u8]]) -> TestAuthenticator {
    let mut authenticator = handle.release();
    for (n, user) in (1..).zip(users) {
        run(authenticator.make_credential(moment(n), &registration(user))).unwrap();
    }
    handle.take_events();
    handle.world().prompts.clear();
    authenticator
}

#[test]
fn one_credential_signs_after_consent_and_is_counted_first() {
    let handle = Handle::new();
    let mut authenticator = registered(&handle, &[b"u"]);
    for counter in 1..=3 {
        let response =
            run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH))).unwrap();
        assert_eq!(handle.take_events(), [Event::Consent, Event::Sign, Event::Save]);
        let data = AuthenticatorData::decode(&response.auth_data).unwrap();
        assert_eq!((data.rp_id_hash, data.flags.byte()), (rp_id_hash(RP), 0x05));
        assert_eq!(data.counter, counter);
        assert!(is_signed_by(1, &response.auth_data, &response.signature));
        assert_eq!(response.credential_id, [1; 32]);
        assert_eq!(response.user_handle.as_deref(), Some(b"u".as_slice()));
        assert!(!response.user_selected);
    }
    let saved = handle.release();
    assert_eq!(saved.credentials()[0].counter, 3, "the counter survives a restart");
    assert_eq!(saved.credentials()[0].last_used, Some(moment(9).now));
    assert!(handle.world().prompts.iter().all(|prompt| prompt.purpose == Purpose::SignIn));
}

#[test]
fn a_signature_whose_counter_could_not_be_saved_does_not_leave() {
    let handle = Handle::new();
    let mut authenticator = registered(&handle, &[b"u"]);
    let failure = StorageError("disk full".into());
    handle.world().save_error = Some(failure.clone());
    let result = run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH)));
    assert_eq!(result, Err(Error::Store(StoreError::Storage(failure))));
    handle.world().save_error = None;
    let response = run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH))).unwrap();
    assert_eq!(AuthenticatorData::decode(&response.auth_data).unwrap().counter, 1);
}

#[test]
fn a_counter_at_its_end_signs_nothing_and_takes_nothing_away() {
    let handle = Handle::new();
    drop(registered(&handle, &[b"u"]));
    let mut store = run(CredentialStore::open(handle.clone())).unwrap();
    let last = Credential { counter: u32::MAX, ..store.credentials()[0].clone() };
    run(store.add(last.clone())).unwrap();
    handle.take_events();

    let mut authenticator = handle.release();
    let result = run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH)));
    assert_eq!(result, Err(Error::Store(StoreError::CounterExhausted)));
    assert!(!handle.take_events().contains(&Event::Sign));
    assert!(handle.release().credentials() == [last.clone()]);
    assert_eq!(handle.world().keys.len(), 1);

    let mut store = run(CredentialStore::open(handle.clone())).unwrap();
    assert_eq!(run(store.record_use(&last.id, 10)), Err(StoreError::CounterExhausted));
    assert!(store.credentials() == [last]);
}

#[test]
fn several_accounts_are_chosen_on_the_phone() {
    let handle = Handle::new();
    let mut authenticator = registered(&handle, &[b"first", b"second", b"third"]);
    handle.world().choice = Ok(2);
    let response = run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH))).unwrap();
    assert_eq!(handle.take_events(), [Event::Choose(3), Event::Sign, Event::Save]);
    assert!(response.user_selected);
    assert_eq!(response.user_handle.as_deref(), Some(b"first".as_slice()), "newest comes first");

    let encoded = decode(&response.encode()).unwrap();
    let wardkey_core::ctap::cbor::Value::Map(map) = encoded else { panic!("no map") };
    assert!(map.get(5).is_none(), "numberOfCredentials is never sent");

    for (choice, error) in [
        (Ok(3), UserError::Denied),
        (Err(UserError::Denied), UserError::Denied),
        (Err(UserError::TimedOut), UserError::TimedOut),
    ] {
        handle.world().choice = choice;
        let result = run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH)));
        assert_eq!(result, Err(Error::User(error)));
    }
}

#[test]
fn an_allow_list_picks_by_id_and_relying_party() {
    let handle = Handle::new();
    let mut authenticator = registered(&handle, &[b"a", b"b"]);
    let mut request = Request::new(RP, HASH);
    request.allow_list =
        Some(vec![CredentialDescriptor::new([9; 32]), CredentialDescriptor::new([2; 32])]);
    let response = run(authenticator.get_assertion(moment(9), &request)).unwrap();
    assert_eq!(response.credential_id, [2; 32]);

    for (rp, ids) in [(RP, vec![9]), ("example.net", vec![2]), (RP, vec![])] {
        request.rp_id = rp.into();
        request.allow_list =
            Some(ids.into_iter().map(|id| CredentialDescriptor::new([id; 32])).collect());
        handle.take_events();
        let result = run(authenticator.get_assertion(moment(9), &request));
        assert_eq!(result, Err(Error::NoCredentials), "{rp}");
        assert_eq!(handle.take_events(), [Event::Inform(Notice::NoPasskey)]);
    }
}

#[test]
fn a_credential_that_is_not_discoverable_needs_an_allow_list() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    let mut registration = registration(b"u");
    registration.options.discoverable = None;
    run(authenticator.make_credential(moment(1), &registration)).unwrap();

    let mut request = Request::new(RP, HASH);
    let result = run(authenticator.get_assertion(moment(9), &request));
    assert_eq!(result, Err(Error::NoCredentials));
    request.allow_list = Some(vec![CredentialDescriptor::new([1; 32])]);
    let response = run(authenticator.get_assertion(moment(9), &request)).unwrap();
    assert_eq!(response.user_handle, None);
}

#[test]
fn a_destroyed_key_is_remembered_and_explained() {
    let handle = Handle::new();
    let mut authenticator = registered(&handle, &[b"u"]);
    handle.world().sign_error = Some(KeyError::Invalidated);
    let result = run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH)));
    assert_eq!(result, Err(Error::Key(KeyError::Invalidated)));
    assert_eq!(handle.take_events().last(), Some(&Event::Inform(Notice::Invalidated)));
    assert_eq!(handle.release().credentials()[0].state, KeyState::Invalidated);

    // From now on nobody is asked to confirm what cannot work.
    let result = run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH)));
    assert_eq!(result, Err(Error::NoCredentials));
    assert_eq!(handle.take_events(), [Event::Inform(Notice::Invalidated)]);
}

#[test]
fn a_key_that_is_not_found_today_may_be_found_tomorrow() {
    let handle = Handle::new();
    let mut authenticator = registered(&handle, &[b"u"]);
    handle.world().sign_error = Some(KeyError::NotFound);
    let result = run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH)));
    assert_eq!(result, Err(Error::Key(KeyError::NotFound)));
    assert_eq!(handle.take_events().last(), Some(&Event::Inform(Notice::Invalidated)));

    handle.world().sign_error = None;
    run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH))).unwrap();
}

#[test]
fn a_key_that_its_store_no_longer_has_can_be_made_anew() {
    let handle = Handle::new();
    let mut authenticator = registered(&handle, &[b"u"]);
    handle.world().keys.clear();
    let result = run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH)));
    assert_eq!(result, Err(Error::Key(KeyError::Invalidated)));
    assert_eq!(handle.take_events().last(), Some(&Event::Inform(Notice::Invalidated)));
    assert_eq!(authenticator.credentials()[0].state, KeyState::Usable, "in case it comes back");

    let mut again = registration(b"u");
    again.exclude_list = vec![CredentialDescriptor::new(authenticator.credentials()[0].id.clone())];
    run(authenticator.make_credential(moment(10), &again)).unwrap();
    run(authenticator.get_assertion(moment(11), &Request::new(RP, HASH))).unwrap();
    assert_eq!(authenticator.credentials().len(), 1);
}

#[test]
fn the_user_is_verified_by_the_interface_when_the_key_does_not_ask() {
    let handle = Handle::new();
    handle.world().binding = VerificationBinding::UserInterface;
    let mut authenticator = registered(&handle, &[b"u"]);
    run(authenticator.get_assertion(moment(9), &Request::new(RP, HASH))).unwrap();
    assert_eq!(handle.take_events(), [Event::Consent, Event::Verify, Event::Sign, Event::Save]);
}
