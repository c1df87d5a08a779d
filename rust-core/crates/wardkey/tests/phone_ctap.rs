//! `wardkey phone ctap` as a conformance suite sees it, and the folder it leaves behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "one crate per test binary")]

mod support;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};

use support::{Phone, registration, registration_named, sign_in, state, wardkey};
use wardkey_core::ctap::{auth_data::AuthenticatorData, get_assertion, make_credential};

fn run(state: &Path, arguments: &[&str]) -> Output {
    wardkey().args(["--json", "phone"]).args(arguments).arg("--state").arg(state).output().unwrap()
}

fn failure(output: &Output) -> serde_json::Value {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(said.contains("What to do:"), "{said}");
    json["error"].clone()
}

fn assert_says(refused: &serde_json::Value, member: &str, texts: &[&str]) {
    let said = refused[member].as_str().unwrap();
    for text in texts {
        assert!(said.contains(text), "“{text}” expected: {refused}");
    }
}

fn listed(state: &Path) -> Vec<serde_json::Value> {
    let output = run(state, &["list"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_passkey_is_made_used_and_kept_between_runs() {
    let state = state();
    let mut phone = Phone::start(state.path(), "approve");
    assert_eq!(phone.call(&[4])[0], 0);
    let response = phone.call(&registration(b"u"));
    assert_eq!(response[0], 0);
    let made = make_credential::Response::decode(&response[1..]).unwrap();
    let id = AuthenticatorData::decode(&made.auth_data).unwrap().attested_credential.unwrap().id;
    assert!(phone.finish().0.success());

    let mut phone = Phone::start(state.path(), "approve");
    for counter in 1..=2 {
        let response = phone.call(&sign_in());
        assert_eq!(response[0], 0);
        let assertion = get_assertion::Response::decode(&response[1..], None).unwrap();
        assert_eq!(assertion.credential_id, id);
        assert_eq!(AuthenticatorData::decode(&assertion.auth_data).unwrap().counter, counter);
        phone.send(0x40, &[]);
        assert_eq!(phone.answer(), Some((0x40, vec![])), "the counter outlives a power cycle");
    }
}

#[test]
fn the_user_policy_takes_effect_at_once() {
    let state = state();
    let mut phone = Phone::start(state.path(), "deny");
    for (policy, status) in [(0, 0x00), (1, 0x27), (3, 0x3f), (0, 0x00)] {
        phone.set_user(policy);
        assert_eq!(phone.call(&registration(&[policy, 1]))[0], status);
    }
    assert_eq!(phone.call(&registration(b"again"))[0], 0);
}

#[test]
fn a_user_who_never_answers_is_waited_for_and_can_be_cancelled() {
    let state = state();
    let mut phone = Phone::start(state.path(), "ignore");
    phone.send(0x10, &registration(b"u"));
    assert_eq!(phone.pause(), Some((0x3b, vec![2])), "the user is needed");
    phone.send(0x11, &[]);
    assert_eq!(phone.answer(), Some((0x10, vec![0x2d])));

    // A cancel with nothing to cancel is ignored, and the next message is served.
    phone.send(0x11, &[]);
    assert_eq!(phone.call(&[4])[0], 0);

    // A power cycle in the middle of a ceremony ends it without an answer.
    phone.send(0x10, &registration(b"u"));
    assert_eq!(phone.receive().unwrap().0, 0x3b);
    phone.send(0x40, &[]);
    assert_eq!(phone.answer(), Some((0x40, vec![])));

    // What is sent in the meantime is served afterwards, in order.
    phone.send(0x10, &registration(b"u"));
    assert_eq!(phone.receive().unwrap().0, 0x3b);
    phone.send(0x10, &[4]);
    phone.send(0x11, &[]);
    assert_eq!(phone.answer(), Some((0x10, vec![0x2d])));
    assert_eq!(phone.answer().unwrap().1[0], 0);

    assert!(phone.finish().0.success());
    assert_eq!(fs::read_dir(state.path().join("keys")).unwrap().count(), 0, "no key is left");
}

#[test]
fn what_is_no_frame_ends_with_an_explanation() {
    let state = state();
    for (kind, payload) in [(0x77, &[][..]), (0x41, &[9]), (0x11, &[1])] {
        let mut phone = Phone::start(state.path(), "approve");
        phone.send(kind, payload);
        let (status, message) = phone.finish();
        assert_eq!(status.code(), Some(1));
        assert!(message.contains("frame"), "{message}");
    }
}

#[test]
fn passkeys_are_listed_shown_and_deleted() {
    let state = state();
    let mut phone = Phone::start(state.path(), "approve");
    phone.call(&registration(b"one"));
    phone.call(&registration(b"two"));
    phone.finish();

    let passkeys = listed(state.path());
    assert_eq!(passkeys.len(), 2);
    assert_eq!(passkeys[0]["rpId"], "example.org");
    let id = passkeys[0]["id"].as_str().unwrap();

    let shown = run(state.path(), &["show", &id[..8]]);
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&shown.stdout).unwrap(), passkeys[0]);

    assert!(run(state.path(), &["delete", id]).status.success());
    assert_eq!(listed(state.path()), passkeys[1..]);
    assert_eq!(fs::read_dir(state.path().join("keys")).unwrap().count(), 1);

    for (id, problem) in [("xyz", "not a credential id"), ("ab", "not a"), (id, "no passkey")] {
        let refused = failure(&run(state.path(), &["show", id]));
        assert!(refused["problem"].as_str().unwrap().contains(problem), "{refused}");
    }
}

#[test]
fn the_attestation_root_stays_the_same() {
    let state = state();
    let root =
        |state: &Path| wardkey().args(["phone", "root", "--state"]).arg(state).output().unwrap();
    let first = root(state.path());
    assert!(first.stdout.starts_with(b"-----BEGIN CERTIFICATE-----"));
    assert_eq!(root(state.path()).stdout, first.stdout);
}

#[test]
fn a_folder_that_cannot_be_used_is_explained_and_left_alone() {
    let state = state();
    let missing = state.path().join("missing");
    assert_eq!(failure(&run(&missing, &["list"]))["stage"], "opening the state folder");
    let too_deep = missing.join("deeper");
    let output = wardkey()
        .args(["phone", "ctap", "--user", "approve", "--state"])
        .arg(&too_deep)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "only the last part of a path is created");

    let file = state.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(failure(&run(&file, &["list"]))["problem"].as_str().unwrap().contains("not a folder"));

    let open = state.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
    let refused = failure(&run(&open, &["list"]));
    assert!(refused["remedy"].as_str().unwrap().contains("chmod 700"), "{refused}");
}

#[test]
fn on_a_new_account_the_first_example_works() {
    let home = state();
    let wardkey = |arguments: &[&str]| {
        let mut command = wardkey();
        command.env_remove("WARDKEY_STATE").env("HOME", home.path()).args(arguments);
        command.output().unwrap()
    };
    let root = wardkey(&["phone", "root"]);
    assert!(root.status.success(), "{root:?}");
    for folder in [".wardkey", ".wardkey/phone"] {
        let mode = fs::metadata(home.path().join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{folder}");
    }
    let list = wardkey(&["--json", "phone", "list"]);
    assert_eq!(list.stdout, b"[]\n", "{list:?}");
}

#[test]
fn names_of_sites_cannot_be_read_in_another_order_than_they_are_written() {
    let state = state();
    let mut phone = Phone::start(state.path(), "approve");
    let name = "clinician\u{202e}gro.elpmaxe\u{2066}\u{200f}\u{061c}\u{1b}[2K";
    assert_eq!(phone.call(&registration_named(b"u", name))[0], 0);
    phone.finish();
    let listed = wardkey().args(["phone", "list", "--state"]).arg(state.path()).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(listed.contains("cliniciangro.elpmaxe\u{fffd}[2K"), "{listed:?}");
}

#[test]
fn a_folder_is_used_by_one_command_at_a_time() {
    let state = state();
    let mut phone = Phone::start(state.path(), "approve");
    phone.call(&[4]);
    let refused = failure(&run(state.path(), &["list"]));
    assert!(refused["problem"].as_str().unwrap().contains("another process"), "{refused}");
    phone.finish();
    assert!(listed(state.path()).is_empty());
}

#[test]
fn damaged_and_newer_files_are_refused_and_left_as_they_are() {
    let state = state();
    let mut phone = Phone::start(state.path(), "approve");
    phone.call(&registration(b"u"));
    phone.finish();
    let snapshot = state.path().join("credentials.cbor");
    let good = fs::read(&snapshot).unwrap();
    let key = fs::read_dir(state.path().join("keys")).unwrap().next().unwrap().unwrap().path();
    let good_key = fs::read(&key).unwrap();

    let mut newer = good.clone();
    newer[2] = 9;
    for (bytes, problem) in
        [(&good[1..], "damaged"), (&[], "damaged"), (&newer[..], "newer version")]
    {
        fs::write(&snapshot, bytes).unwrap();
        let refused = failure(&run(state.path(), &["list"]));
        assert!(refused["problem"].as_str().unwrap().contains(problem), "{refused}");
        assert_eq!(fs::read(&snapshot).unwrap(), bytes);
        assert_eq!(fs::read(&key).unwrap(), good_key, "the key is not swept");
    }
    fs::write(&snapshot, &good).unwrap();

    fs::write(&key, b"not a key").unwrap();
    let refused = failure(&run(state.path(), &["list"]));
    assert_says(&refused, "problem", &[&key.display().to_string(), "is not a P-256 private key"]);
    assert_says(&refused, "remedy", &["restore this file", "nothing was changed"]);
    assert_eq!(fs::read(&key).unwrap(), b"not a key");
    fs::write(&key, &good_key).unwrap();
    assert_eq!(listed(state.path()).len(), 1);
}

#[test]
fn a_test_attestation_that_is_damaged_or_newer_is_named_and_left_as_it_is() {
    let state = state();
    let mut phone = Phone::start(state.path(), "approve");
    phone.call(&registration(b"u"));
    phone.finish();
    let root = run(state.path(), &["root"]).stdout;
    let path = state.path().join("attestation.key");
    let good = fs::read(&path).unwrap();
    let mut newer = good.clone();
    newer[2] = 2;
    let cases: [(&[u8], &str, &str); 4] = [
        (&newer, "newer version (format 2)", "use the newer wardkey"),
        (&good[..good.len() - 1], "damaged", "restore this file"),
        (b"", "damaged", "move it away"),
        (b"hunter2", "damaged", "wardkey phone root"),
    ];
    for (bytes, problem, remedy) in cases {
        fs::write(&path, bytes).unwrap();
        for command in [&["list"][..], &["root"], &["ctap", "--user", "approve"]] {
            let refused = failure(&run(state.path(), command));
            assert_says(&refused, "stage", &["reading the phone's keys"]);
            assert_says(&refused, "problem", &[&path.display().to_string(), problem]);
            assert_says(&refused, "remedy", &[remedy, "nothing was changed"]);
            assert!(!refused.to_string().contains("hunter2"), "{refused}");
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }
    fs::write(&path, &good).unwrap();
    assert_eq!(run(state.path(), &["root"]).stdout, root);
    assert_eq!(listed(state.path()).len(), 1);

    // What the remedy promises of a file that is gone for good.
    fs::remove_file(&path).unwrap();
    let output = run(state.path(), &["root"]);
    assert!(output.status.success() && output.stdout != root, "{output:?}");
    assert_eq!(Phone::start(state.path(), "approve").call(&sign_in())[0], 0);
}

#[test]
fn a_list_that_is_missing_takes_no_key_with_it() {
    let state = state();
    let mut phone = Phone::start(state.path(), "approve");
    phone.call(&registration(b"one"));
    phone.call(&registration(b"two"));
    phone.finish();
    let (list, aside) = (state.path().join("credentials.cbor"), state.path().join("aside"));
    fs::rename(&list, &aside).unwrap();
    for _ in 0..2 {
        let refused = failure(&run(state.path(), &["list"]));
        assert!(refused["problem"].as_str().unwrap().contains("missing"), "{refused}");
        assert!(refused["remedy"].as_str().unwrap().contains("credentials.cbor"), "{refused}");
        assert_eq!(fs::read_dir(state.path().join("keys")).unwrap().count(), 2);
        assert!(!list.exists(), "no empty list takes its place");
    }
    fs::rename(&aside, &list).unwrap();
    assert_eq!(listed(state.path()).len(), 2);
    let mut phone = Phone::start(state.path(), "approve");
    assert_eq!(phone.call(&sign_in())[0], 0);
}

#[test]
fn every_file_is_for_the_owner_alone() {
    let state = state();
    let folder = state.path().join("phone");
    let mut phone = Phone::start(&folder, "approve");
    phone.call(&registration(b"u"));
    phone.finish();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("keys")), 0o700);
    for name in ["lock", "credentials.cbor", "attestation.key"] {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    for key in fs::read_dir(folder.join("keys")).unwrap() {
        assert_eq!(mode(&key.unwrap().path()), 0o600);
    }
}

#[test]
fn wrong_use_is_exit_code_2() {
    for arguments in [&["phone"][..], &["phone", "fly"], &["phone", "ctap", "--user", "maybe"]] {
        assert_eq!(wardkey().args(arguments).output().unwrap().status.code(), Some(2));
    }
}
