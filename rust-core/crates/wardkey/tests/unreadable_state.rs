//! A state folder with something in it that cannot be read is named, and nothing of it is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "one crate per test binary")]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use support::{Phone, registration, sign_in, state};

const OPENING: &str = "opening the state folder";
const READING: &str = "reading the phone's passkeys";

/// A folder with one passkey.
fn folder() -> tempfile::TempDir {
    let folder = state();
    let mut phone = Phone::start(folder.path(), "approve");
    assert_eq!(phone.call(&registration(b"u"))[0], 0);
    phone.finish();
    folder
}

/// The command, without the privilege to read what permissions forbid.
fn wardkey_without_privileges() -> Command {
    let program = env!("CARGO_BIN_EXE_wardkey");
    if !rustix::process::geteuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let without = "-dac_override,-dac_read_search";
    command.args(["--bounding-set", without, "--inh-caps", without, program]);
    command
}

/// Everything in a folder, for comparison; what this test may not read either is told by its mode alone.
fn everything(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let contents = if metadata.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else if metadata.is_dir() {
            found.extend(everything(&path));
            vec![]
        } else {
            fs::read(&path).unwrap_or_default()
        };
        found.insert(path, (metadata.permissions().mode(), contents));
    }
    found
}

/// Checks that every command refuses the folder with these words, and changes nothing.
fn assert_refused(folder: &Path, stage: &str, path: &Path, problem: &str) {
    let before = everything(folder);
    for command in [&["list"][..], &["ctap", "--user", "approve"], &["root"]] {
        // The root needs no passkeys.
        if command == ["root"] && stage == READING {
            continue;
        }
        let output = wardkey_without_privileges()
            .args(["--json", "phone"])
            .args(command)
            .arg("--state")
            .arg(folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let what = format!("{command:?}: {output:?}");
        assert_eq!(output.status.code(), Some(1), "{what}");
        let refused: Value = serde_json::from_slice(&output.stdout).expect(&what);
        let text = |member: &str| refused["error"][member].as_str().unwrap().to_owned();
        assert_eq!(text("stage"), stage, "{what}");
        let named = format!("{}: ", path.display());
        assert!(text("problem").contains(&named), "{named} expected: {what}");
        assert!(text("problem").contains(problem), "“{problem}” expected: {what}");
        assert!(text("remedy").contains("permissions"), "{what}");
        assert_eq!(everything(folder), before, "{what}");
    }
}

/// Checks that the passkey still signs.
fn assert_whole(folder: &Path) {
    let mut phone = Phone::start(folder, "approve");
    assert_eq!(phone.call(&sign_in())[0], 0);
    phone.finish();
}

fn only_key(folder: &Path) -> PathBuf {
    let mut keys = fs::read_dir(folder.join("keys")).unwrap();
    let key = keys.next().unwrap().unwrap().path();
    assert!(keys.next().is_none());
    key
}

#[test]
fn what_may_not_be_read_is_named() {
    let state = folder();
    let folder = state.path();
    let cases = [
        (folder.to_owned(), folder.join("lock"), OPENING),
        (folder.join("lock"), folder.join("lock"), OPENING),
        (folder.join("keys"), folder.join("keys"), OPENING),
        (folder.join("attestation.key"), folder.join("attestation.key"), OPENING),
        (folder.join("credentials.cbor"), folder.join("credentials.cbor"), READING),
        (only_key(folder), only_key(folder), READING),
    ];
    for (locked, named, stage) in cases {
        let (before, mode) = (everything(folder), fs::metadata(&locked).unwrap().permissions());
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        assert_refused(folder, stage, &named, "Permission denied");
        fs::set_permissions(&locked, mode).unwrap();
        assert_eq!(everything(folder), before);
        assert_whole(folder);
    }
}

/// What is replaced, by what, the stage that meets it, and what the system says.
type Replacement<'a> = (&'a Path, &'a dyn Fn(&Path), &'a str, &'a str);

/// Whoever runs the command, and so also where permissions count for nothing.
#[test]
fn what_is_not_what_it_should_be_is_named() {
    let state = folder();
    let folder = state.path();
    let aside = tempfile::tempdir().unwrap();
    let aside = aside.path().join("aside");
    let key = only_key(folder);
    let file = |path: &Path| fs::write(path, "").unwrap();
    let directory = |path: &Path| fs::create_dir(path).unwrap();
    let nowhere = |path: &Path| symlink("nowhere", path).unwrap();
    let itself = |path: &Path| symlink(path, path).unwrap();
    let cases: [Replacement; 9] = [
        (&folder.join("lock"), &directory, OPENING, "Is a directory"),
        (&folder.join("keys"), &file, OPENING, "Not a directory"),
        (&folder.join("keys"), &nowhere, OPENING, "No such file"),
        (&folder.join("attestation.key"), &directory, OPENING, "Is a directory"),
        (&folder.join("attestation.key"), &itself, OPENING, "Too many levels"),
        (&folder.join("credentials.cbor"), &directory, READING, "Is a directory"),
        (&folder.join("credentials.cbor"), &itself, READING, "Too many levels"),
        (&key, &directory, READING, "Is a directory"),
        (&key, &nowhere, READING, "No such file"),
    ];
    for (path, replace, stage, problem) in cases {
        fs::rename(path, &aside).unwrap();
        replace(path);
        assert_refused(folder, stage, path, problem);
        let _ = fs::remove_file(path).or_else(|_| fs::remove_dir(path));
        fs::rename(&aside, path).unwrap();
        assert_whole(folder);
    }
}
