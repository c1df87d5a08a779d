//! The phone killed at any of its writes keeps its old or its new state.
//!
//! strace delivers SIGKILL at the nth system call of a kind that changes files, for every kind and every n
//! until the ceremony gets through.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "one crate per test binary")]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use support::{HASH, Phone, RP, registration, sign_in, state, wardkey};
use wardkey_core::ctap::{
    auth_data::AuthenticatorData, get_assertion, make_credential, request::CredentialDescriptor,
};

/// Every way to change a file or a folder. strace counts each system call for itself: killed at the nth of any
/// of them, a process would only ever be killed at the most frequent one.
const CHANGES: [&str; 6] = [
    "openat",
    "write,pwrite64,ftruncate",
    "fsync,fdatasync",
    RENAMES,
    REMOVALS,
    "mkdir,chmod,fchmod,link,linkat",
];

const RENAMES: &str = "rename,renameat,renameat2";
const REMOVALS: &str = "unlink,unlinkat";

/// Where a process is killed: when it enters its nth system call of a kind.
type Kill = (&'static str, usize);

/// How often processes were killed at each kind of change.
type Killed = BTreeMap<&'static str, usize>;

/// Hands out ever later kills, until `gets_through` says that the process was not killed.
fn everywhere(mut gets_through: impl FnMut(Kill) -> bool) -> Killed {
    let mut until_through = |kind| {
        let mut killed = 0;
        while !gets_through((kind, killed + 1)) {
            killed += 1;
        }
        (kind, killed)
    };
    CHANGES.map(&mut until_through).into()
}

/// A `wardkey phone` that is killed.
fn doomed(state: &Path, (kind, nth): Kill, arguments: &[&str]) -> Command {
    let mut command = Command::new("strace");
    command
        .args(["--quiet=all", "--follow-forks", "--output=/dev/null", "--trace", kind])
        .arg(format!("--inject={kind}:signal=SIGKILL:when={nth}"))
        .args(["--", env!("CARGO_BIN_EXE_wardkey"), "phone"])
        .args(arguments)
        .arg("--state")
        .arg(state)
        // Or the loader would look through all of cargo's folders first, and be killed at each.
        .env_remove("LD_LIBRARY_PATH");
    command
}

fn doomed_phone(state: &Path, kill: Kill) -> Phone {
    let arguments = ["ctap", "--attestation", "packed", "--user", "approve"];
    Phone::spawn(&mut doomed(state, kill, &arguments))
}

/// Sends `message` to phones killed ever later, each on a copy of the same folder, and checks what the
/// next phone finds.
fn kill_everywhere(
    before: &Path,
    message: &[u8],
    check: impl Fn(&mut Phone, Option<&[u8]>),
) -> Killed {
    everywhere(|kill| {
        let folder = state();
        copy(before, folder.path());
        let mut phone = doomed_phone(folder.path(), kill);
        let response = phone.try_send(0x10, message).ok().and_then(|()| phone.answer());
        let response = response.map(|(_, response)| response);
        let survived = phone.finish().0.success();
        check(&mut Phone::start(folder.path(), "approve"), response.as_deref());
        assert!(!survived || response.unwrap()[0] == 0, "who was not killed has answered");
        survived
    })
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

/// The ids of the passkeys, in hex, as `wardkey phone list` tells them.
fn list(folder: &Path) -> Vec<String> {
    let listed = wardkey().args(["phone", "list", "--json", "--state"]).arg(folder).output();
    let listed: Value = serde_json::from_slice(&listed.unwrap().stdout).unwrap();
    let ids = listed.as_array().unwrap().iter().map(|passkey| passkey["id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
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

/// The names of the files that hold keys.
fn keys(folder: &Path) -> BTreeSet<OsString> {
    fs::read_dir(folder.join("keys")).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

fn assertion(response: &[u8]) -> get_assertion::Response {
    assert_eq!(response[0], 0, "the passkey works");
    get_assertion::Response::decode(&response[1..], None).unwrap()
}

#[test]
fn a_phone_that_was_never_switched_on_works_the_next_time() {
    let new = state();
    let killed = kill_everywhere(new.path(), &[4], |phone, _| {
        let id = created(&phone.call(&registration(b"u")));
        assert_eq!(assertion(&phone.call(&sign_in())).credential_id, id);
    });
    // The test attestation, and an empty list.
    assert!(killed[RENAMES] >= 2, "{killed:?}");
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
    // An empty list, the key, and the list.
    assert!(killed[RENAMES] >= 3, "{killed:?}");
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
    // The new key and the list, then the old key.
    assert!(killed[RENAMES] >= 2 && killed[REMOVALS] >= 1, "{killed:?}");
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
    assert!(killed[RENAMES] >= 1, "{killed:?}");
}

#[test]
fn a_power_cycle_after_a_kill_leaves_no_stray_key() {
    let before = folder_with_passkey(0);
    everywhere(|kill| {
        let folder = state();
        copy(before.path(), folder.path());
        let mut phone = doomed_phone(folder.path(), kill);
        let _ = phone.try_send(0x10, &registration(b"u")).map(|()| phone.answer());
        let survived = phone.finish().0.success();
        let mut next = Phone::start(folder.path(), "approve");
        assert_eq!(next.call(&[4])[0], 0);
        assert_eq!(keys(folder.path()).len(), 1, "one passkey, one key, after a kill at {kill:?}");
        survived
    });
}

#[test]
fn a_deleted_passkey_works_or_is_gone_with_its_key() {
    let before = state();
    let unwanted = register(before.path(), b"u");
    let its_key = keys(before.path());
    let other = register(before.path(), b"v");
    let all_keys = keys(before.path());
    let command = ["delete", &hex::encode(&unwanted)];
    let killed = everywhere(|kill| {
        let folder = state();
        copy(before.path(), folder.path());
        let ended = doomed(folder.path(), kill, &command).stdin(Stdio::null()).output().unwrap();
        let is_listed = list(folder.path()).contains(&hex::encode(&unwanted));
        let mut phone = Phone::start(folder.path(), "approve");
        let status = phone.call(&sign_in_with(&unwanted))[0];
        assert_eq!(status, if is_listed { 0 } else { 0x2e }, "what is listed works, at {kill:?}");
        assertion(&phone.call(&sign_in_with(&other)));
        let kept = if is_listed { all_keys.clone() } else { &all_keys - &its_key };
        assert_eq!(keys(folder.path()), kept, "of each passkey its key, after a kill at {kill:?}");
        let survived = ended.status.success();
        let was_told = survived || !ended.stdout.is_empty();
        assert!(!was_told || !is_listed, "what was said to be gone is gone");
        survived
    });
    // The list, then the key.
    assert!(killed[RENAMES] >= 1 && killed[REMOVALS] >= 1, "{killed:?}");
}
