//! A phone that is busy says so, and tells it apart from waiting for its user.
//!
//! strace makes its disk slow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unreachable_pub, reason = "one crate per test binary")]

mod support;

use std::{path::Path, process::Command};

use support::{Phone, registration, state};

const PROCESSING: [u8; 1] = [1];
const USER_NEEDED: [u8; 1] = [2];

/// Many times the longest silence that CTAP allows, in microseconds.
const SLOW: u32 = 300_000;

/// A phone whose disk takes long over everything it has to keep.
fn slow_phone(state: &Path, user: &str) -> Phone {
    let mut command = Command::new("strace");
    command
        .args(["--quiet=all", "--follow-forks", "--output=/dev/null", "--trace=fsync"])
        .arg(format!("--inject=fsync:delay_enter={SLOW}"))
        .arg("--")
        .arg(env!("CARGO_BIN_EXE_wardkey"))
        .args(["phone", "ctap", "--attestation", "packed", "--user", user, "--state"])
        .arg(state);
    Phone::spawn(&mut command)
}

/// The keepalives until the answer, and the answer.
fn observe(phone: &mut Phone) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut keepalives = Vec::new();
    loop {
        match phone.receive().unwrap() {
            (0x3b, status) => keepalives.push(status),
            (kind, answer) => {
                assert_eq!(kind, 0x10);
                return (keepalives, answer);
            }
        }
    }
}

#[test]
fn a_busy_phone_says_that_it_is_processing() {
    let state = state();
    // Switched on once, so that what is slow is the ceremony alone.
    let mut phone = Phone::start(state.path(), "approve");
    assert_eq!(phone.call(&[4])[0], 0);
    phone.finish();

    let mut phone = slow_phone(state.path(), "approve");
    phone.send(0x10, &registration(b"u"));
    let (keepalives, answer) = observe(&mut phone);
    assert_eq!(answer[0], 0);
    // The user agreed at once; the key and the list were then written, each with its folder.
    let processing = keepalives.iter().filter(|status| **status == PROCESSING).count();
    assert!(processing >= 4, "{keepalives:?}");
    assert_eq!(keepalives.last().unwrap(), &PROCESSING, "{keepalives:?}");

    // And nothing comes after the answer but the next one.
    phone.send(0x40, &[]);
    assert_eq!(phone.receive(), Some((0x40, vec![])));
}

#[test]
fn a_phone_that_waits_for_its_user_is_not_processing() {
    let state = state();
    let mut phone = Phone::start(state.path(), "ignore");
    phone.send(0x10, &registration(b"u"));
    assert_eq!(phone.pause(), Some((0x3b, USER_NEEDED.into())));
    // Told as the status changed, and again and again while it lasts.
    for _ in 0..3 {
        assert_eq!(phone.receive(), Some((0x3b, USER_NEEDED.into())));
    }
    phone.send(0x11, &[]);
    let (keepalives, answer) = observe(&mut phone);
    assert_eq!(answer, [0x2d]);
    assert!(keepalives.iter().all(|status| *status == USER_NEEDED), "{keepalives:?}");
}
