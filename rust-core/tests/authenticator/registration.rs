//! makeCredential, step by step.

use wardkey_core::{
    authenticator::{
        AAGUID, Assurance, AttestationFormat, Error, Notice, Refusal, RelyingParties, Settings,
        UserError,
    },
    ctap::{
        auth_data::{AuthenticatorData, Flags, rp_id_hash},
        cbor::{Map, Value},
        request::CredentialDescriptor,
    },
    keystore::{KeyError, Purpose, SecurityLevel, VerificationBinding},
    store::{KeyState, StorageError, StoreError},
};

use crate::support::{Event, HASH, Handle, RP, is_signed_by, moment, registration, run};

#[test]
fn a_credential_is_made_in_the_order_of_the_specification() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    let response = run(authenticator.make_credential(moment(7), &registration(b"u"))).unwrap();

    assert_eq!(handle.take_events(), [Event::Consent, Event::Generate, Event::Sign, Event::Save]);
    assert_eq!(
        handle.world().challenge,
        Some(HASH),
        "the attestation challenge is the client data hash"
    );
    assert_eq!(response.format, "android-key");

    let data = AuthenticatorData::decode(&response.auth_data).unwrap();
    assert_eq!(data.rp_id_hash, rp_id_hash(RP));
    assert_eq!(data.flags.byte(), 0x45);
    assert!(!data.flags.contains(Flags::BACKUP_ELIGIBLE));
    assert_eq!(data.counter, 0);
    let credential = data.attested_credential.unwrap();
    assert_eq!(credential.aaguid, AAGUID);
    assert_eq!(credential.id, [7; 32]);

    assert_eq!(response.statement.get("alg"), Some(&Value::from(-7)));
    let Some(Value::Bytes(signature)) = response.statement.get("sig") else { panic!("no sig") };
    assert!(is_signed_by(1, &response.auth_data, signature));
    let chain = Value::Array(vec![b"leaf".as_slice().into(), b"root".as_slice().into()]);
    assert_eq!(response.statement.get("x5c"), Some(&chain));

    let world = handle.world();
    assert_eq!(world.prompts.len(), 2, "consent and the key's own prompt");
    assert!(world.prompts.iter().all(|p| p.purpose == Purpose::Register && p.rp_id == RP));
}

#[test]
fn a_store_without_prompts_of_its_own_gets_the_user_verified_first() {
    let handle = Handle::new();
    handle.world().binding = VerificationBinding::UserInterface;
    let mut authenticator = handle.test(AttestationFormat::PackedSelf);
    let response = run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
    assert_eq!(response.format, "packed");
    assert_eq!(handle.world().challenge, None, "nobody will see a certificate");
    assert_eq!(
        handle.take_events(),
        [Event::Consent, Event::Generate, Event::Verify, Event::Sign, Event::Save]
    );
}

#[test]
fn attestation_none_still_verifies_the_user() {
    let handle = Handle::new();
    let mut authenticator = handle.test(AttestationFormat::None);
    let response = run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
    assert_eq!((response.format.as_str(), response.statement), ("none", Map::new()));
    assert_eq!(handle.take_events(), [Event::Consent, Event::Generate, Event::Verify, Event::Save]);
}

#[test]
fn the_release_policy_takes_nothing_less() {
    let release = || Settings::release(SecurityLevel::TrustedEnvironment);
    let with = |attestation| Settings { attestation, ..release() };
    let minimum = |minimum| Settings { assurance: Assurance::Release { minimum }, ..release() };
    let chain = || vec![b"leaf".to_vec()];
    let cases = [
        (release(), SecurityLevel::Software, chain(), Refusal::KeyLevel),
        (minimum(SecurityLevel::Software), SecurityLevel::Software, chain(), Refusal::KeyLevel),
        (
            minimum(SecurityLevel::StrongBox),
            SecurityLevel::TrustedEnvironment,
            chain(),
            Refusal::KeyLevel,
        ),
        (release(), SecurityLevel::StrongBox, vec![], Refusal::NoAttestation),
        (
            with(AttestationFormat::None),
            SecurityLevel::StrongBox,
            chain(),
            Refusal::AttestationFormat,
        ),
        (
            with(AttestationFormat::PackedSelf),
            SecurityLevel::StrongBox,
            chain(),
            Refusal::AttestationFormat,
        ),
    ];
    for (settings, level, chain, refusal) in cases {
        let handle = Handle::new();
        handle.world().level = level;
        handle.world().chain = chain;
        let mut authenticator = handle.open(settings.clone());
        let result = run(authenticator.make_credential(moment(1), &registration(b"u")));
        assert_eq!(result, Err(Error::Policy(refusal)), "{settings:?} {level:?}");
        assert!(handle.world().keys.is_empty(), "the refused key is deleted");
        assert_eq!(handle.saved(), 0);
    }
}

#[test]
fn the_same_account_is_replaced_once_the_new_credential_is_stored() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
    run(authenticator.make_credential(moment(2), &registration(b"other"))).unwrap();
    handle.take_events();
    run(authenticator.make_credential(moment(3), &registration(b"u"))).unwrap();

    let events = handle.take_events();
    assert_eq!(events.last_chunk(), Some(&[Event::Save, Event::Delete]));
    let ids: Vec<_> = authenticator.credentials().iter().map(|c| c.id[0]).collect();
    assert_eq!(ids, [2, 3]);
    assert_eq!(handle.world().keys.len(), 2);
}

#[test]
fn a_failed_replacement_leaves_the_old_credential_working() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
    let failure = StorageError("disk full".into());
    handle.world().save_error = Some(failure.clone());
    let result = run(authenticator.make_credential(moment(2), &registration(b"u")));
    assert_eq!(result, Err(Error::Store(StoreError::Storage(failure))));

    let ids: Vec<_> = authenticator.credentials().iter().map(|c| c.id[0]).collect();
    assert_eq!(ids, [1]);
    assert_eq!(handle.world().keys.len(), 1);
    handle.world().save_error = None;
    assert_eq!(handle.release().credentials().len(), 1, "and it is there after a restart");
}

#[test]
fn a_save_that_fails_when_it_is_done_counts_as_done() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
    handle.world().save_error = Some(StorageError("the folder could not be flushed".into()));
    handle.world().saves_in_spite = true;
    run(authenticator.make_credential(moment(2), &registration(b"u"))).unwrap();

    handle.world().save_error = None;
    let mut restarted = handle.release();
    let sign_in = wardkey_core::ctap::get_assertion::Request::new(RP, HASH);
    let response = run(restarted.get_assertion(moment(3), &sign_in)).unwrap();
    assert_eq!(response.credential_id, [2; 32], "what is saved has its key");
    assert_eq!(handle.world().keys.len(), 1);
}

#[test]
fn without_rk_a_credential_is_found_by_allow_list_only() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    let mut request = registration(b"u");
    for (n, discoverable) in [(1, None), (2, Some(false)), (3, Some(true))] {
        request.options.discoverable = discoverable;
        run(authenticator.make_credential(moment(n), &request)).unwrap();
    }
    let kept: Vec<_> = authenticator.credentials().iter().map(|c| c.discoverable).collect();
    assert_eq!(kept, [false, false, true], "and none of them replaces another");
}

#[test]
fn an_excluded_credential_is_told_after_the_user_has_acted() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
    let mut request = registration(b"someone else");
    request.exclude_list =
        vec![CredentialDescriptor::new([9; 32]), CredentialDescriptor::new([1; 32])];

    for (acknowledgement, expected) in [
        (Ok(()), Error::Excluded),
        (Err(UserError::Denied), Error::Excluded),
        (Err(UserError::TimedOut), Error::Excluded),
        (Err(UserError::Cancelled), Error::User(UserError::Cancelled)),
    ] {
        handle.world().acknowledgement = acknowledgement;
        handle.take_events();
        let result = run(authenticator.make_credential(moment(2), &request));
        assert_eq!(result, Err(expected));
        assert_eq!(handle.take_events(), [Event::Inform(Notice::AlreadyRegistered)]);
    }

    // The same id under another relying party excludes nothing.
    request.rp.id = "example.net".into();
    run(authenticator.make_credential(moment(2), &request)).unwrap();
}

#[test]
fn an_invalidated_credential_does_not_stop_its_owner_from_registering_again() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    run(authenticator.make_credential(moment(1), &registration(b"u"))).unwrap();
    handle.world().sign_error = Some(KeyError::Invalidated);
    let sign_in = wardkey_core::ctap::get_assertion::Request::new(RP, HASH);
    run(authenticator.get_assertion(moment(2), &sign_in)).unwrap_err();
    assert_eq!(authenticator.credentials()[0].state, KeyState::Invalidated);

    handle.world().sign_error = None;
    let mut request = registration(b"u");
    request.exclude_list = vec![CredentialDescriptor::new([1; 32])];
    run(authenticator.make_credential(moment(3), &request)).unwrap();
    assert_eq!(authenticator.credentials().len(), 1);
    assert_eq!(authenticator.credentials()[0].state, KeyState::Usable);
}

#[test]
fn the_first_supported_algorithm_of_the_list_counts() {
    let handle = Handle::new();
    let mut authenticator = handle.release();
    let mut request = registration(b"u");
    request.algorithms = vec![-8, -257, -7];
    assert!(run(authenticator.make_credential(moment(1), &request)).is_ok());
    for unsupported in [vec![], vec![-8], vec![-257, -37]] {
        request.algorithms = unsupported;
        let result = run(authenticator.make_credential(moment(2), &request));
        assert_eq!(result, Err(Error::UnsupportedAlgorithm));
    }
}

#[test]
fn only_the_relying_parties_of_the_policy_are_served() {
    let handle = Handle::new();
    let relying_parties = RelyingParties::Only(vec!["example.com".into()]);
    let base = Settings::test(AttestationFormat::PackedSelf);
    let mut authenticator = handle.open(Settings { relying_parties, ..base });
    let error = run(authenticator.make_credential(moment(1), &registration(b"user")));
    assert_eq!(error.unwrap_err(), Error::Policy(Refusal::RelyingParty));
    let request = wardkey_core::ctap::get_assertion::Request::new("example.org", [0; 32]);
    let error = run(authenticator.get_assertion(moment(2), &request)).unwrap_err();
    assert_eq!(error, Error::Policy(Refusal::RelyingParty));
    assert_eq!(handle.take_events(), []);
    assert!(authenticator.credentials().is_empty());
}
