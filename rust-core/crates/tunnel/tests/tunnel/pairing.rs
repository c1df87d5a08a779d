//! Two sides meet, and what one sends the other gets.

use crate::common::{ID, Running, limits, receive, send, start};
use proptest::prelude::*;

#[tokio::test]
async fn a_phone_and_a_chromium_meet() {
    let running = start(limits());
    let (mut phone, response) =
        running.open(Running::request(&format!("/cable/new/{ID}"))).await.unwrap();
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "fido.cable");
    let routing_id = response.headers()["X-caBLE-Routing-ID"].to_str().unwrap().to_owned();
    assert!(
        routing_id.len() == 6 && routing_id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{routing_id}"
    );

    // Chromium writes hexadecimal in upper case and offers to compress.
    let path = format!("/cable/connect/{}/{}", routing_id.to_uppercase(), ID.to_uppercase());
    let mut request = Running::request(&path);
    request.headers_mut().insert(
        "Sec-WebSocket-Extensions",
        "permessage-deflate; client_max_window_bits".parse().unwrap(),
    );
    let (mut workstation, response) = running.open(request).await.unwrap();
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "fido.cable");
    assert!(!response.headers().contains_key("Sec-WebSocket-Extensions"));

    send(&mut workstation, b"hello phone").await;
    assert_eq!(receive(&mut phone).await, b"hello phone");
    send(&mut phone, b"hello workstation").await;
    assert_eq!(receive(&mut workstation).await, b"hello workstation");
}

#[tokio::test]
async fn a_subprotocol_among_others_is_found() {
    let running = start(limits());
    let mut request = Running::request(&format!("/cable/new/{ID}"));
    request
        .headers_mut()
        .insert("Sec-WebSocket-Protocol", "soap, fido.cable,wamp".parse().unwrap());
    let (_, response) = running.open(request).await.unwrap();
    assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "fido.cable");
}

#[tokio::test]
async fn tunnels_do_not_mix() {
    let running = start(limits());
    let mut pairs = Vec::new();
    for number in 0..5_u8 {
        let id = format!("{number:032x}");
        let (phone, routing_id) = running.phone(&id).await;
        pairs.push((phone, running.workstation(&routing_id, &id).await.unwrap()));
    }
    for (number, (phone, _)) in pairs.iter_mut().enumerate() {
        send(phone, format!("from {number}").as_bytes()).await;
    }
    for (number, (_, workstation)) in pairs.iter_mut().enumerate().rev() {
        assert_eq!(receive(workstation).await, format!("from {number}").as_bytes());
    }
}

#[tokio::test]
async fn both_sides_may_send_much_before_either_reads() {
    let running = start(limits());
    let (mut phone, mut workstation) = running.pair().await;
    let big = vec![7; 1 << 20];
    let (to_workstation, to_phone) = tokio::join!(
        async {
            for _ in 0..4 {
                send(&mut phone, &big).await;
            }
            receive(&mut phone).await
        },
        async {
            for _ in 0..4 {
                send(&mut workstation, &big).await;
            }
            receive(&mut workstation).await
        },
    );
    assert!(to_workstation == big && to_phone == big);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn frames_arrive_whole_and_in_order(
        frames in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any::<u8>(), 0..2000)), 1..12)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let running = start(limits());
            let (mut phone, mut workstation) = running.pair().await;
            for (from_phone, frame) in &frames {
                let from = if *from_phone { &mut phone } else { &mut workstation };
                send(from, frame).await;
            }
            for (from_phone, frame) in &frames {
                let to = if *from_phone { &mut workstation } else { &mut phone };
                assert_eq!(&receive(to).await, frame);
            }
        });
    }
}
