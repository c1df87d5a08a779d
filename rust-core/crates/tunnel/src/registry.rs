//! Which tunnels are open, whose they are, and whether a workstation has come.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use prometheus_client::metrics::gauge::Gauge;
use ring::rand::SystemRandom;
use tokio::sync::{oneshot, watch};

use crate::{
    ending::Ending,
    id::{RoutingId, TunnelId},
    limits::Limits,
    metrics::Metrics,
    refusal::Refusal,
    socket::Socket,
};

/// All open tunnels.
#[derive(Debug)]
pub(crate) struct Registry {
    limits: Limits,
    metrics: Arc<Metrics>,
    open: Mutex<Open>,
    /// The last order to end all tunnels. Each tunnel watches it from before it can be found.
    end_all: watch::Sender<Option<Ending>>,
}

#[derive(Debug, Default)]
struct Open {
    tunnels: HashMap<TunnelId, Entry>,
    per_peer: HashMap<IpAddr, usize>,
    shutting_down: bool,
}

#[derive(Debug)]
struct Entry {
    routing_id: RoutingId,
    /// Taken by the first workstation.
    hand_over: Option<oneshot::Sender<Socket>>,
}

/// A phone's place. Dropping it frees the tunnel id and the peer's share.
#[derive(Debug)]
pub(crate) struct Place {
    registry: Arc<Registry>,
    id: TunnelId,
    peer: IpAddr,
    routing_id: RoutingId,
    pub(crate) workstation: oneshot::Receiver<Socket>,
    pub(crate) end_all: watch::Receiver<Option<Ending>>,
}

impl Registry {
    pub(crate) fn new(limits: Limits, metrics: Arc<Metrics>) -> Self {
        Self { limits, metrics, open: Mutex::default(), end_all: watch::Sender::new(None) }
    }

    /// A phone opens a tunnel.
    pub(crate) fn open(self: &Arc<Self>, id: TunnelId, peer: IpAddr) -> Result<Place, Refusal> {
        let routing_id = RoutingId::random(&SystemRandom::new()).map_err(|_| Refusal::Random)?;
        let peer = accountable(peer);
        let mut open = self.lock();
        if open.shutting_down {
            return Err(Refusal::ShuttingDown);
        }
        if open.tunnels.contains_key(&id) {
            return Err(Refusal::TunnelTaken);
        }
        let share = open.per_peer.get(&peer).copied().unwrap_or(0);
        if share >= self.limits.tunnels_per_peer {
            return Err(Refusal::TooManyTunnels);
        }
        open.per_peer.insert(peer, share + 1);
        let (hand_over, workstation) = oneshot::channel();
        open.tunnels.insert(id, Entry { routing_id, hand_over: Some(hand_over) });
        self.metrics.opened();
        Ok(Place {
            registry: Arc::clone(self),
            id,
            peer,
            routing_id,
            workstation,
            end_all: self.end_all.subscribe(),
        })
    }

    /// A workstation joins a tunnel: the first to ask is the one.
    pub(crate) fn join(
        &self,
        id: TunnelId,
        routing_id: RoutingId,
    ) -> Result<oneshot::Sender<Socket>, Refusal> {
        let mut open = self.lock();
        let entry = open
            .tunnels
            .get_mut(&id)
            .filter(|entry| entry.routing_id == routing_id)
            .ok_or(Refusal::UnknownTunnel)?;
        entry.hand_over.take().ok_or(Refusal::WorkstationTaken)
    }

    /// Ends every tunnel there is. New ones may be opened.
    pub(crate) fn cut_all(&self) {
        self.end_all.send_replace(Some(Ending::Cut));
    }

    /// Ends every tunnel there is and opens no more.
    pub(crate) fn shut_down(&self) {
        self.lock().shutting_down = true;
        self.end_all.send_replace(Some(Ending::ShuttingDown));
    }

    // Nothing that runs under the lock can leave the maps half changed, so a poisoned one is sound.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(crate) fn id(&self) -> TunnelId {
        self.id
    }

    pub(crate) fn routing_id(&self) -> RoutingId {
        self.routing_id
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.registry.lock();
        open.tunnels.remove(&self.id);
        if let Some(share) = open.per_peer.get_mut(&self.peer) {
            *share -= 1;
            if *share == 0 {
                open.per_peer.remove(&self.peer);
            }
        }
    }
}

/// A gauge that is one higher while this lives.
pub(crate) struct Counted<'a>(&'a Gauge);

impl<'a> Counted<'a> {
    pub(crate) fn new(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Who answers for a connection: one IPv4 address, or the /64 network an IPv6 host picks from.
fn accountable(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::accountable;

    #[test]
    fn peers_are_counted_by_who_answers_for_them() {
        let cases = [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ];
        for (peer, expected) in cases {
            assert_eq!(accountable(peer.parse().unwrap()), expected.parse::<IpAddr>().unwrap());
        }
    }
}
