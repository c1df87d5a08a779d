//! Every tunnel ends on both sides, with a code that says why.

use std::time::Duration;

use crate::common::{ID, closed, limits, receive, send, start};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message;
use wardkey_tunnel::Limits;

const NORMAL: u16 = 1000;
const AWAY: u16 = 1001;
const PROTOCOL: u16 = 1002;
const UNSUPPORTED: u16 = 1003;
const POLICY: u16 = 1008;
const TOO_LONG: u16 = 1009;

const SOON: Duration = Duration::from_millis(50);

#[tokio::test]
async fn when_one_side_closes_the_other_is_closed() {
    let running = start(limits());
    let (mut phone, mut workstation) = running.pair().await;
    send(&mut phone, b"last word").await;
    phone.close(None).await.unwrap();
    assert_eq!(receive(&mut workstation).await, b"last word");
    assert_eq!(closed(&mut workstation).await, NORMAL);

    let (mut phone, mut workstation) = running.pair().await;
    workstation.close(None).await.unwrap();
    assert_eq!(closed(&mut phone).await, NORMAL);
    // The connections end in order, down to TLS.
    for socket in [&mut phone, &mut workstation] {
        while let Some(item) = socket.next().await {
            item.unwrap();
        }
    }
}

#[tokio::test]
async fn when_one_side_is_lost_the_other_is_told() {
    let running = start(limits());
    let (mut phone, workstation) = running.pair().await;
    drop(workstation);
    assert_eq!(closed(&mut phone).await, AWAY);
    assert_eq!(running.metric("ended_total{reason=\"lost\"}").await, 1);
}

#[tokio::test]
async fn a_text_frame_ends_the_tunnel() {
    let running = start(limits());
    let (mut phone, mut workstation) = running.pair().await;
    phone.send(Message::text("words")).await.unwrap();
    assert_eq!(closed(&mut phone).await, UNSUPPORTED);
    assert_eq!(closed(&mut workstation).await, AWAY);
}

#[tokio::test]
async fn a_frame_of_the_limit_passes_and_one_byte_more_does_not() {
    let running = start(limits());
    let (mut phone, mut workstation) = running.pair().await;
    let longest = vec![1; 1 << 20];
    send(&mut workstation, &longest).await;
    assert_eq!(receive(&mut phone).await, longest);

    let too_long = vec![1; (1 << 20) + 1];
    workstation.send(Message::binary(too_long)).await.unwrap();
    assert_eq!(closed(&mut workstation).await, TOO_LONG);
    assert_eq!(closed(&mut phone).await, AWAY);
}

#[tokio::test]
async fn the_limit_is_the_hosts_to_choose() {
    let running = start(Limits { frame_bytes: 100, ..limits() });
    let (mut phone, mut workstation) = running.pair().await;
    send(&mut phone, &[0; 100]).await;
    assert_eq!(receive(&mut workstation).await, [0; 100]);
    phone.send(Message::binary(vec![0; 101])).await.unwrap();
    assert_eq!(closed(&mut phone).await, TOO_LONG);
}

#[tokio::test]
async fn a_length_that_is_only_announced_is_refused_at_once() {
    let running = start(limits());
    let (mut phone, mut workstation) = running.pair().await;
    let announced = [&[0x82, 0xff][..], &u64::MAX.rotate_right(1).to_be_bytes(), &[0; 4]].concat();
    phone.get_mut().write_all(&announced).await.unwrap();
    assert_eq!(closed(&mut phone).await, TOO_LONG);
    assert_eq!(closed(&mut workstation).await, AWAY);
}

#[tokio::test]
async fn a_frame_that_is_none_ends_the_tunnel() {
    // Unmasked; reserved opcode; reserved bit set.
    for malformed in [&[0x82, 0x01, 0x00][..], &[0x83, 0x80, 0, 0, 0, 0], &[0xc2, 0x80, 0, 0, 0, 0]]
    {
        let running = start(limits());
        let (mut phone, mut workstation) = running.pair().await;
        phone.get_mut().write_all(malformed).await.unwrap();
        assert_eq!(closed(&mut phone).await, PROTOCOL, "{malformed:?}");
        assert_eq!(closed(&mut workstation).await, AWAY);
    }
}

#[tokio::test]
async fn a_phone_that_speaks_before_its_workstation_is_there_is_closed() {
    let running = start(limits());
    let (mut phone, _) = running.phone(ID).await;
    send(&mut phone, b"anybody?").await;
    assert_eq!(closed(&mut phone).await, POLICY);
}

#[tokio::test]
async fn a_phone_waits_no_longer_than_the_time_to_pair() {
    let running = start(Limits { time_to_pair: SOON, ..limits() });
    let (mut phone, routing_id) = running.phone(ID).await;
    assert_eq!(closed(&mut phone).await, POLICY);
    while running.metric("ended_total{reason=\"never_paired\"}").await == 0 {}
    assert_eq!(running.workstation(&routing_id, ID).await.unwrap_err().0, 404);
}

#[tokio::test]
async fn an_idle_tunnel_is_closed_on_both_sides() {
    // Not while the two meet.
    let running = start(Limits { idle: Duration::from_secs(1), ..limits() });
    let (mut phone, mut workstation) = running.pair().await;
    send(&mut phone, b"hello").await;
    assert_eq!(receive(&mut workstation).await, b"hello");
    assert_eq!(closed(&mut phone).await, POLICY);
    assert_eq!(closed(&mut workstation).await, POLICY);
    assert_eq!(running.metric("ended_total{reason=\"idle\"}").await, 1);
}

#[tokio::test]
async fn a_ping_is_answered_while_waiting_and_after() {
    let running = start(limits());
    let (mut phone, routing_id) = running.phone(ID).await;
    phone.send(Message::Ping(b"1".as_slice().into())).await.unwrap();
    assert_eq!(phone.next().await.unwrap().unwrap(), Message::Pong(b"1".as_slice().into()));
    let mut workstation = running.workstation(&routing_id, ID).await.unwrap();
    workstation.send(Message::Ping(b"2".as_slice().into())).await.unwrap();
    assert_eq!(workstation.next().await.unwrap().unwrap(), Message::Pong(b"2".as_slice().into()));
}

#[tokio::test]
async fn a_host_can_cut_what_is_open_and_the_next_tunnel_works() {
    let running = start(limits());
    let (mut phone, mut workstation) = running.pair().await;
    let (mut waiting, _) = running.phone(&"a".repeat(32)).await;
    // Both ends have been heard from, so the tunnel is in the middle of its work.
    send(&mut phone, b"command").await;
    assert_eq!(receive(&mut workstation).await, b"command");

    running.handle.close_all();
    for socket in [&mut phone, &mut workstation, &mut waiting] {
        assert_eq!(closed(socket).await, AWAY);
    }
    while running.metric("ended_total{reason=\"cut\"}").await < 2 {}

    let (mut phone, mut workstation) = running.pair().await;
    send(&mut phone, b"again").await;
    assert_eq!(receive(&mut workstation).await, b"again");
}

#[tokio::test]
async fn a_shutdown_closes_every_tunnel_and_ends() {
    let mut running = start(limits());
    let (mut phone, mut workstation) = running.pair().await;
    let (mut waiting, _) = running.phone(&"a".repeat(32)).await;
    running.order_stop();
    for socket in [&mut phone, &mut workstation, &mut waiting] {
        assert_eq!(closed(socket).await, AWAY);
    }
    let address = running.address;
    running.stopped().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_side_that_does_not_listen() {
    let mut running = start(limits());
    let (_phone, _workstation) = running.pair().await;
    running.order_stop();
    // Neither side reads its close frame.
    running.stopped().await;
}
