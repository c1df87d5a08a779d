//! What the service tells its operator, and what it keeps to itself.

use std::{
    io,
    sync::{Arc, Mutex},
};

use crate::common::{ID, closed, limits, receive, send, start};

#[tokio::test]
async fn the_metrics_follow_a_tunnel() {
    let running = start(limits());
    assert_eq!(running.metric("waiting").await, 0);
    let (mut phone, routing_id) = running.phone(ID).await;
    while running.metric("waiting").await == 0 {}
    assert_eq!(running.metric("opened_total").await, 1);
    let mut workstation = running.workstation(&routing_id, ID).await.unwrap();
    while running.metric("paired").await == 0 {}
    assert_eq!(running.metric("waiting").await, 0);
    assert_eq!(running.metric("pairings_total").await, 1);

    send(&mut workstation, &[0; 81]).await;
    receive(&mut phone).await;
    send(&mut phone, &[0; 81]).await;
    receive(&mut workstation).await;
    send(&mut phone, &[0; 19]).await;
    receive(&mut workstation).await;
    assert_eq!(running.metric("frames_total{from=\"workstation\"}").await, 1);
    assert_eq!(running.metric("bytes_total{from=\"workstation\"}").await, 81);
    assert_eq!(running.metric("frames_total{from=\"phone\"}").await, 2);
    assert_eq!(running.metric("bytes_total{from=\"phone\"}").await, 100);

    phone.close(None).await.unwrap();
    closed(&mut workstation).await;
    while running.metric("ended_total{reason=\"closed\"}").await == 0 {}
    assert_eq!(running.metric("paired").await, 0);
}

#[tokio::test]
async fn the_metrics_say_why_requests_were_refused() {
    let running = start(limits());
    running.get("/cable/new/12").await;
    running.get("/cable/contact/x").await;
    running.get("/cable/contact/y").await;
    assert_eq!(running.metric("refused_total{reason=\"tunnel_id\"}").await, 1);
    assert_eq!(running.metric("refused_total{reason=\"linked_phones\"}").await, 2);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_log_line_holds_more_than_four_digits_of_a_tunnel_id() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For the whole process: tests that run beside this one may have been the first to come by a
    // line of the service, and with a subscriber for this thread alone it would then stay silent.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let id = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
    let running = start(limits());
    let (mut phone, routing_id) = running.phone(id).await;
    running.open(crate::common::Running::request(&format!("/cable/new/{id}"))).await.unwrap_err();
    running.workstation("ffffff", &id.to_uppercase()).await.unwrap_err();
    let mut workstation = running.workstation(&routing_id, id).await.unwrap();
    send(&mut phone, b"x").await;
    receive(&mut workstation).await;
    phone.close(None).await.unwrap();
    closed(&mut workstation).await;
    while running.metric("ended_total{reason=\"closed\"}").await == 0 {}

    let told = String::from_utf8(log.0.lock().unwrap().clone()).unwrap().to_lowercase();
    assert!(told.contains("a1b2…") && told.contains("paired"), "{told}");
    assert!(!told.contains("a1b2c"), "{told}");
}
