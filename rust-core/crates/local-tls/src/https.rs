//! Answering HTTPS until told to stop.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::Router;
use axum_server::{
    Handle,
    accept::NoDelayAcceptor,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper_util::rt::TokioTimer;

use crate::{TlsError, TlsIdentity};

/// A client that takes longer to send its request head is not one of ours.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// A port that is taken, and the identity to answer on it with.
#[derive(Debug)]
pub struct HttpsListener {
    listener: std::net::TcpListener,
    address: SocketAddr,
    config: RustlsConfig,
}

/// Why a port cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpsError {
    /// The address could not be taken.
    #[error("{address} cannot be listened on: {source}")]
    Listen {
        /// The address as given.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The identity cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The listening socket failed later.
    #[error("the listening socket failed: {0}")]
    Serve(#[from] io::Error),
}

impl HttpsListener {
    /// Takes `address` (port 0 lets the system choose) for HTTPS with `identity`.
    pub fn bind(address: SocketAddr, identity: &TlsIdentity) -> Result<Self, HttpsError> {
        let config = RustlsConfig::from_config(identity.server_config()?);
        let (listener, address) =
            listen(address).map_err(|source| HttpsError::Listen { address, source })?;
        Ok(Self { listener, address, config })
    }

    /// The address taken, with the port the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers with `router` until `shutdown` completes; then takes no new connection, lets
    /// requests under way finish for at most `drain`, and returns.
    ///
    /// Handlers may ask for `ConnectInfo<SocketAddr>`. A connection that became a WebSocket is no
    /// longer this function's: who upgraded it ends it.
    pub async fn serve(
        self,
        router: Router,
        drain: Duration,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), HttpsError> {
        let handle = Handle::new();
        // A message through the tunnel is one small packet: without this it would wait up to 40 ms for
        // the acknowledgement of the one before.
        let acceptor = RustlsAcceptor::new(self.config).acceptor(NoDelayAcceptor::new());
        let mut server =
            axum_server::from_tcp(self.listener)?.acceptor(acceptor).handle(handle.clone());
        server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIME);
        let serving = server.serve(router.into_make_service_with_connect_info::<SocketAddr>());
        tokio::pin!(serving);
        tokio::select! {
            ended = &mut serving => return Ok(ended?),
            () = shutdown => handle.graceful_shutdown(Some(drain)),
        }
        Ok(serving.await?)
    }
}

fn listen(address: SocketAddr) -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
