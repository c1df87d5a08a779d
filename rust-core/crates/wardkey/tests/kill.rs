//! The phone killed at any of its writes keeps its old or its new state.
//!
//! strace delivers SIGKILL at the nth system call that changes a file, for every n until the ceremony
//! gets through.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "one crate per test binary")]

mod support;

use std::{fs, path::Path, process::Command};

use support::{HASH, Phone, RP, registration, sign_in, state};
use wardkey_core::ctap::{
    auth_data::AuthenticatorData, get_assertion, make_credential, request::CredentialDescriptor,
};

/// Every way to change a file or a folder.
const CHANGES: &str = "openat,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,unlink,\
                       unlinkat,ftruncate,mkdir,chmod,fchmod,link,linkat";

/// A phone that is killed when it enters its `nth` change from now on.
fn doomed(state: &Path, nth: usize) -> Phone {
    let mut command = Command::new("strace");
    command
        .args(["--quiet=all", "--follow-forks", "--output=/dev/null", "--trace", CHANGES])
        .arg(format!("--inject={CHANGES}:signal=SIGKILL:when={nth}"))
        .arg("--")
        .arg(env!("CARGO_BIN_EXE_wardkey"))
        .args(["phone", "ctap", "--attestation", "packed", "--user", "approve", "--state"])
        .arg(state);
    Phone::spawn(&mut command)
}

/// Sends `message` to phones killed ever later, each on a copy of the same folder, and checks what the
/// next phone finds; returns how many were killed.
fn kill_everywhere(
    before: &Path,
    message: &[u8],
    check: impl Fn(&mut Phone, Option<&[u8]>),
) -> usize {
    for nth in 1.. {
        let folder = state();
        copy(before, folder.path());
        let mut phone = doomed(folder.path(), nth);
        let response = phone.try_send(0x10, message).ok().and_then(|()| phone.answer());
        let response = response.map(|(_, response)| response);
        let survived = phone.finish().0.success();
        check(&mut Phone::start(folder.path(), "approve"), response.as_deref());
        if survived {
            assert_eq!(response.unwrap()[0], 0);
            return nth - 1;
        }
    }
    unreachable!()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let (source, target) = {
            let path = entry.unwrap().path();
            let target = to.join(path.file_name().unwrap());
            (path, target)
        };
        if source.is_dir() {
            fs::create_dir_all(&target).unwrap();
            fs::set_permissions(&target, fs::metadata(&source).unwrap().permissions()).unwrap();
            copy(&source, &target);
        } else {
            fs::copy(&source, &target).unwrap();
        }
    }
}

/// Registers a passkey of `user` and gives its id.
fn register(folder: &Path, user: &[u8]) -> Vec<u8> {
    let mut phone = Phone::start(folder, "approve");
    let id = created(&phone.call(&registration(user)));
    phone.finish();
    id
}

/// The id in the response to a registration.
fn created(response: &[u8]) -> Vec<u8> {
    assert_eq!(response[0], 0, "a passkey was made");
    let response = make_credential::Response::decode(&response[1..]).unwrap();
    let data = AuthenticatorData::decode(&response.auth_data).unwrap();
    data.attested_credential.unwrap().id
}

/// A sign-in with this passkey and no other.
fn sign_in_with(id: &[u8]) -> Vec<u8> {
    let mut request = get_assertion::Request::new(RP, HASH);
    request.allow_list = Some(vec![CredentialDescriptor::new(id)]);
    [vec![2], request.encode()].concat()
}

/// A folder with one passkey that has signed `signatures` times.
fn folder_with_passkey(signatures: usize) -> tempfile::TempDir {
    let folder = state();
    let mut phone = Phone::start(folder.path(), "approve");
    assert_eq!(phone.call(&registration(b"u"))[0], 0);
    for _ in 0..signatures {
        assert_eq!(phone.call(&sign_in())[0], 0);
    }
    phone.finish();
    folder
}

fn keys(folder: &Path) -> usize {
    fs::read_dir(folder.join("keys")).unwrap().count()
}

fn assertion(response: &[u8]) -> get_assertion::Response {
    assert_eq!(response[0], 0, "the passkey works");
    get_assertion::Response::decode(&response[1..], None).unwrap()
}

#[test]
fn a_first_registration_is_there_or_not() {
    let empty = state();
    // Switched on once, so that the folder and its test attestation are there; but not yet a list.
    let mut phone = Phone::start(empty.path(), "approve");
    phone.call(&[4]);
    phone.finish();
    fs::remove_file(empty.path().join("credentials.cbor")).unwrap();
    let killed = kill_everywhere(empty.path(), &registration(b"u"), |phone, response| {
        let status = phone.call(&sign_in())[0];
        assert!(matches!(status, 0 | 0x2e), "old or new, never half: {status:02x}");
        assert!(response.is_none() || status == 0, "what was answered was saved");
    });
    assert!(killed > 10, "only {killed} kills");
}

#[test]
fn a_replaced_passkey_is_the_old_or_the_new_one() {
    let before = state();
    let old = register(before.path(), b"u");
    let killed = kill_everywhere(before.path(), &registration(b"u"), |phone, response| {
        let found = assertion(&phone.call(&sign_in())).credential_id;
        if let Some(response) = response {
            assert_eq!(found, created(response), "what was answered was saved");
        }
        let status = phone.call(&sign_in_with(&old))[0];
        assert_eq!(status, if found == old { 0 } else { 0x2e }, "never both");
    });
    assert!(killed > 10, "only {killed} kills");
}

#[test]
fn no_signature_leaves_before_its_counter_is_saved() {
    let before = folder_with_passkey(3);
    let killed = kill_everywhere(before.path(), &sign_in(), |phone, response| {
        let counter = |response: &[u8]| {
            AuthenticatorData::decode(&assertion(response).auth_data).unwrap().counter
        };
        let next = counter(&phone.call(&sign_in()));
        match response {
            Some(response) => assert!(next > counter(response)),
            None => assert!((4..=5).contains(&next)),
        }
    });
    assert!(killed > 5, "only {killed} kills");
}

#[test]
fn a_power_cycle_after_a_kill_leaves_no_stray_key() {
    let before = folder_with_passkey(0);
    for nth in 1..40 {
        let folder = state();
        copy(before.path(), folder.path());
        let mut phone = doomed(folder.path(), nth);
        let _ = phone.try_send(0x10, &registration(b"u")).map(|()| phone.answer());
        phone.finish();
        let mut next = Phone::start(folder.path(), "approve");
        assert_eq!(next.call(&[4])[0], 0);
        assert_eq!(keys(folder.path()), 1, "one passkey, one key, after a kill at {nth}");
    }
}
