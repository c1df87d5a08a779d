//! The life of one tunnel: wait for the workstation, hand frames on, end both sides.

use std::time::Duration;

use futures_util::{
    SinkExt as _, StreamExt as _,
    future::join_all,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::{Notify, oneshot, watch},
    time::timeout,
};
use tokio_tungstenite::tungstenite::{
    Error, Message, error::ProtocolError::ResetWithoutClosingHandshake,
};

use crate::{
    ending::{Act, Ending, Side},
    limits::Limits,
    metrics::Metrics,
    registry::{Counted, Place},
    socket::{self, Socket},
};

/// Runs a tunnel from the phone's arrival until both sides are closed.
pub(crate) async fn run(phone: Socket, place: Place, limits: Limits, metrics: &Metrics) {
    let id = place.id();
    let Ended { ending, sockets } = live(phone, place, limits, metrics).await;
    // Told before the sides are: who hears its close frame finds the tunnel gone.
    metrics.ended(ending);
    tracing::info!(tunnel = %id, reason = ending.reason(), "ended");
    let farewells =
        sockets.into_iter().map(|(side, socket)| socket::close(socket, ending.told_to(side)));
    join_all(farewells).await;
}

/// What is left when a tunnel has ended.
struct Ended {
    ending: Ending,
    sockets: Vec<(Side, Socket)>,
}

/// The place is given back when this returns, before the farewells.
async fn live(phone: Socket, mut place: Place, limits: Limits, metrics: &Metrics) -> Ended {
    let (phone, workstation) = match wait(phone, &mut place, limits, metrics).await {
        Ok(pair) => pair,
        Err(ended) => return ended,
    };
    metrics.pairing();
    tracing::info!(tunnel = %place.id(), "paired");
    hand_on(phone, workstation, &mut place.end_all, limits, metrics).await
}

async fn wait(
    mut phone: Socket,
    place: &mut Place,
    limits: Limits,
    metrics: &Metrics,
) -> Result<(Socket, Socket), Ended> {
    let _waiting = Counted::new(&metrics.waiting);
    let came = tokio::select! {
        // An order to end wins over everything else that is ready.
        biased;
        ordered = ordered(&mut place.end_all) => Err(ordered),
        came = timeout(limits.time_to_pair, workstation(&mut place.workstation)) => came.unwrap_or(Err(Ending::NeverPaired)),
        act = silence(&mut phone) => Err(Ending::By(Side::Phone, act)),
    };
    match came {
        Ok(workstation) => Ok((phone, workstation)),
        Err(ending) => {
            place.workstation.close();
            let late = place.workstation.try_recv().ok().map(|socket| (Side::Workstation, socket));
            let sockets = std::iter::once((Side::Phone, phone)).chain(late).collect();
            Err(Ended { ending, sockets })
        }
    }
}

async fn workstation(arrival: &mut oneshot::Receiver<Socket>) -> Result<Socket, Ending> {
    // It joined, but its connection was gone before it became a WebSocket.
    arrival.await.map_err(|_| Ending::By(Side::Workstation, Act::Lost))
}

async fn ordered(orders: &mut watch::Receiver<Option<Ending>>) -> Ending {
    let changed = orders.changed().await;
    // The sender lives as long as the service.
    let order = changed.ok().and_then(|()| *orders.borrow_and_update());
    order.unwrap_or(Ending::ShuttingDown)
}

/// Keeps the phone's connection alive (pings are answered by reading) until it ends or speaks.
async fn silence(phone: &mut Socket) -> Act {
    loop {
        match received(phone.next().await) {
            Ok(Some(_)) => return Act::Early,
            Ok(None) => {}
            Err(act) => return act,
        }
    }
}

async fn hand_on(
    phone: Socket,
    workstation: Socket,
    orders: &mut watch::Receiver<Option<Ending>>,
    limits: Limits,
    metrics: &Metrics,
) -> Ended {
    let _paired = Counted::new(&metrics.paired);
    let (mut to_phone, mut from_phone) = phone.split();
    let (mut to_workstation, mut from_workstation) = workstation.split();
    let activity = Notify::new();
    // Two pumps side by side: a side that is slow to read must not keep the other from being read.
    let ending = tokio::select! {
        biased;
        ordered = ordered(orders) => ordered,
        ending = pump(Side::Phone, &mut from_phone, &mut to_workstation, &activity, metrics) => ending,
        ending = pump(Side::Workstation, &mut from_workstation, &mut to_phone, &activity, metrics) => ending,
        () = idle(&activity, limits.idle) => Ending::Idle,
    };
    let whole = [
        (Side::Phone, from_phone.reunite(to_phone)),
        (Side::Workstation, from_workstation.reunite(to_workstation)),
    ];
    // Halves of one socket always fit together again.
    let sockets =
        whole.into_iter().filter_map(|(side, socket)| Some((side, socket.ok()?))).collect();
    Ended { ending, sockets }
}

async fn pump(
    side: Side,
    from: &mut SplitStream<Socket>,
    to: &mut SplitSink<Socket, Message>,
    activity: &Notify,
    metrics: &Metrics,
) -> Ending {
    loop {
        let frame = match received(from.next().await) {
            Ok(Some(frame)) => frame,
            Ok(None) => continue,
            Err(act) => return Ending::By(side, act),
        };
        let length = frame.len();
        if to.send(frame).await.is_err() {
            return Ending::By(side.other(), Act::Lost);
        }
        metrics.handed_on(side, length);
        activity.notify_one();
    }
}

/// Completes when nothing was handed on for `limit`.
async fn idle(activity: &Notify, limit: Duration) {
    while timeout(limit, activity.notified()).await.is_ok() {}
}

/// A binary frame, nothing of interest, or the act that ends the tunnel.
fn received(item: Option<Result<Message, Error>>) -> Result<Option<Message>, Act> {
    match item {
        Some(Ok(frame @ Message::Binary(_))) => Ok(Some(frame)),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(None),
        Some(Ok(Message::Close(_))) => Err(Act::Closed),
        Some(Ok(Message::Text(_)) | Err(Error::Utf8(_))) => Err(Act::Text),
        Some(Err(Error::Capacity(_))) => Err(Act::TooLong),
        Some(Err(Error::Protocol(ResetWithoutClosingHandshake))) => Err(Act::Lost),
        Some(Err(Error::Protocol(_))) => Err(Act::Malformed),
        Some(Err(_)) | None => Err(Act::Lost),
    }
}
