//! Whatever bytes a service sends, a phone ends with an error that blames someone else.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::AsyncWriteExt;
use wardkey_core::hybrid::Blame;
use wardkey_driver::radio::loopback::Loopback;

use crate::fake::{Fake, GOOD, closed};
use crate::world::{Device, Echo, workstation};

/// Each case is a whole TLS handshake.
const CASES: u32 = 40;

/// Runs a phone against a service that sends `bytes`, as its answer or as its first frames.
async fn send(bytes: Vec<u8>, open_first: bool) -> Blame {
    let service = Fake::start().await;
    let air = Loopback::new();
    let code = workstation().qr().clone();
    let mut device = Device::new();
    let (result, ()) = tokio::join!(device.phone(&air, &service.access, code, Echo), async {
        let mut stream = if open_first {
            service.upgrade(GOOD).await.into_inner()
        } else {
            service.accept_request().await.0
        };
        // The phone may hang up before it has heard everything.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        closed(stream).await;
    });
    assert_eq!(air.adverts(), []);
    result.unwrap_err().error.blame()
}

fn check(strategy: impl Strategy<Value = Vec<u8>>, open_first: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config { cases: CASES, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&strategy, |bytes| {
        let blame = runtime.block_on(send(bytes, open_first));
        prop_assert!(matches!(blame, Blame::Peer | Blame::Network), "{blame:?}");
        Ok(())
    });
    result.unwrap();
}

#[test]
fn random_answers() {
    check(prop::collection::vec(any::<u8>(), 0..400), false);
}

#[test]
fn answers_that_begin_well() {
    let rest = prop::collection::vec(any::<u8>(), 0..400);
    check(rest.prop_map(|rest| [&b"HTTP/1.1 101 OK\r\n"[..], &rest].concat()), false);
}

#[test]
fn random_frames() {
    check(prop::collection::vec(any::<u8>(), 0..400), true);
}

#[test]
fn binary_frames_of_random_bytes() {
    let payload = prop::collection::vec(any::<u8>(), 0..126);
    let frame = |payload: Vec<u8>| {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0x82, length][..], &payload].concat()
    };
    check(payload.prop_map(frame), true);
}
