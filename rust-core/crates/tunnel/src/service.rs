//! The service as its host sees it: bind, serve, cut, shut down.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use wardkey_local_tls::{HttpsError, HttpsListener, TlsError, TlsIdentity};

use crate::{
    limits::Limits,
    metrics::Metrics,
    registry::Registry,
    routes::{self, Service},
};

/// How long a shutdown may take, from the order to the end of [`Tunnel::serve`].
const DRAIN: Duration = Duration::from_secs(5);

/// The tunnel service, bound to its port.
///
/// The [crate's example](crate) shows it at work.
#[derive(Debug)]
pub struct Tunnel {
    listener: HttpsListener,
    service: Service,
}

/// Why the service could not start, or stopped by itself.
///
/// The [crate's example](crate) shows it at work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TunnelError {
    /// The certificate or its key cannot be used.
    #[error("tunnel service: {0}")]
    Tls(#[from] TlsError),
    /// The port cannot be served.
    #[error("tunnel service: {0}")]
    Https(#[from] HttpsError),
}

/// Acts on a running service from outside. Cheap to clone.
///
/// [`Tunnel::handle`] gives one; the [crate's example](crate) has a tunnel.
#[derive(Clone, Debug)]
pub struct Handle {
    registry: Arc<Registry>,
}

impl Tunnel {
    /// Takes `address` (port 0 lets the system choose). Needs no runtime yet; connections queue
    /// until [`serve`](Self::serve) runs.
    pub fn bind(
        address: SocketAddr,
        identity: &TlsIdentity,
        limits: Limits,
    ) -> Result<Self, TunnelError> {
        let listener = HttpsListener::bind(address, identity)?;
        let metrics = Arc::new(Metrics::new());
        let registry = Arc::new(Registry::new(limits, Arc::clone(&metrics)));
        let service = Service { limits, metrics, registry, tasks: TaskTracker::new() };
        Ok(Self { listener, service })
    }

    /// The address taken, with the port the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.listener.local_addr()
    }

    /// A handle to act on the service while it runs.
    pub fn handle(&self) -> Handle {
        Handle { registry: Arc::clone(&self.service.registry) }
    }

    /// Runs until `shutdown` completes; then closes every tunnel with 1001 (going away), gives
    /// both sides a moment to hear it, and returns after five seconds at most.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) -> Result<(), TunnelError> {
        let Self { listener, service } = self;
        let (tasks, registry) = (service.tasks.clone(), Arc::clone(&service.registry));
        let stop = async {
            shutdown.await;
            registry.shut_down();
        };
        listener.serve(routes::router(service), DRAIN, stop).await?;
        tasks.close();
        if timeout(DRAIN, tasks.wait()).await.is_err() {
            tracing::warn!(left = tasks.len(), "tunnels did not end in time");
        }
        Ok(())
    }
}

impl Handle {
    /// Ends every tunnel that is open now, with 1001 on both sides. New ones may be opened: a test
    /// can cut a tunnel in the middle of a command and then see the next one work.
    pub fn close_all(&self) {
        self.registry.cut_all();
    }
}
