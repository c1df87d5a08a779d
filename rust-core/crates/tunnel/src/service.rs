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
/// ```
/// use tokio::sync::oneshot;
/// use wardkey_local_tls::Authority;
/// use wardkey_tunnel::{Limits, Tunnel};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let identity = Authority::generate()?.issue(&["cable.ua5v.com"])?;
/// let tunnel = Tunnel::bind(([127, 0, 0, 1], 0).into(), &identity, Limits::default())?;
/// assert_ne!(tunnel.local_addr().port(), 0);
///
/// let (stop, stopped) = oneshot::channel::<()>();
/// let serving = tokio::spawn(tunnel.serve(async { stopped.await.unwrap_or_default() }));
/// drop(stop);
/// serving.await??;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Tunnel {
    listener: HttpsListener,
    service: Service,
}

/// Why the service could not start, or stopped by itself.
///
/// ```
/// use wardkey_tunnel::{Limits, Tunnel, TunnelError};
/// # let identity = wardkey_local_tls::Authority::generate()?.issue(&["cable.ua5v.com"])?;
///
/// let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let error = Tunnel::bind(taken.local_addr()?, &identity, Limits::default()).unwrap_err();
/// assert!(matches!(error, TunnelError::Https(_)));
/// assert!(error.to_string().contains("cannot be listened on"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
/// ```
/// use futures_util::StreamExt;
/// use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};
/// # use tokio_tungstenite::{client_async, tungstenite::client::IntoClientRequest};
/// # use wardkey_local_tls::{Authority, client_config};
/// # use wardkey_tunnel::{Handle, Limits, Tunnel};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let authority = Authority::generate()?;
/// # let identity = authority.issue(&["cable.ua5v.com"])?;
/// # let tunnel = Tunnel::bind(([127, 0, 0, 1], 0).into(), &identity, Limits::default())?;
/// # let address = tunnel.local_addr();
/// let handle: Handle = tunnel.handle();
/// tokio::spawn(tunnel.serve(std::future::pending()));
/// # let tcp = tokio::net::TcpStream::connect(address).await?;
/// # let tls = tokio_rustls::TlsConnector::from(client_config(authority.certificate_pem().as_bytes())?);
/// # let tls = tls.connect("cable.ua5v.com".try_into()?, tcp).await?;
/// # let address = "wss://cable.ua5v.com/cable/new/000102030405060708090a0b0c0d0e0f";
/// # let mut request = address.into_client_request()?;
/// # request.headers_mut().insert("Sec-WebSocket-Protocol", "fido.cable".parse()?);
/// # let (mut phone, _) = client_async(request, tls).await?;
/// handle.close_all();
/// let Some(Ok(Message::Close(Some(close)))) = phone.next().await else { panic!("not closed") };
/// assert_eq!(close.code, CloseCode::Away);
/// # Ok(())
/// # }
/// ```
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
