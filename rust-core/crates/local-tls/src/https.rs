//! Answering HTTPS until told to stop.

use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    extract::{ConnectInfo, Request},
    middleware::map_request,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::{TlsError, TlsIdentity, body::timed};

/// A client that takes longer to agree on TLS, or to send the head of a request, is not one of ours.
const HEAD_TIME: Duration = Duration::from_secs(10);

/// The same for the body of a request: long enough for a quarter of a megabyte on a bad line.
const BODY_TIME: Duration = Duration::from_secs(30);

/// How long nothing is accepted when the system has no file descriptors left.
const PAUSE: Duration = Duration::from_secs(1);

/// A port that is taken, and the identity to answer on it with.
///
/// ```
/// use wardkey_local_tls::{Authority, HttpsListener};
///
/// let identity = Authority::generate()?.issue(&["localhost"])?;
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # let _inside = runtime.enter();
/// let listener = HttpsListener::bind(([127, 0, 0, 1], 0).into(), &identity)?;
/// assert_ne!(listener.local_addr().port(), 0);
///
/// // For clients on a bad line.
/// let minute = std::time::Duration::from_mins(1);
/// let listener = listener.head_time(minute).body_time(minute);
/// # drop(listener);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct HttpsListener {
    listener: std::net::TcpListener,
    address: SocketAddr,
    config: Arc<ServerConfig>,
    head_time: Duration,
    body_time: Duration,
}

/// Why a port cannot be served.
///
/// ```
/// use wardkey_local_tls::{Authority, HttpsError, HttpsListener};
///
/// let identity = Authority::generate()?.issue(&["localhost"])?;
/// let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let error = HttpsListener::bind(taken.local_addr()?, &identity).unwrap_err();
/// let HttpsError::Listen { address, source } = error else { panic!("{error}") };
/// assert_eq!(address, taken.local_addr()?);
/// assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
        let config = identity.server_config()?;
        let (listener, address) =
            listen(address).map_err(|source| HttpsError::Listen { address, source })?;
        Ok(Self { listener, address, config, head_time: HEAD_TIME, body_time: BODY_TIME })
    }

    /// The address taken, with the port the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Gives clients so much time for the TLS handshake and for the head of each request, and
    /// connections so much to stay idle between requests. Ten seconds if this is not called.
    #[must_use]
    pub fn head_time(mut self, limit: Duration) -> Self {
        self.head_time = limit;
        self
    }

    /// Gives clients so much time for the body of each request. Who reads a body that takes longer gets
    /// [`BodyTooSlow`](crate::BodyTooSlow). Thirty seconds if this is not called.
    #[must_use]
    pub fn body_time(mut self, limit: Duration) -> Self {
        self.body_time = limit;
        self
    }

    /// Answers with `router` until `shutdown` completes; then takes no new connection, lets
    /// requests under way finish for at most `drain`, and returns.
    ///
    /// Handlers may ask for `ConnectInfo<SocketAddr>`. A connection that became a WebSocket is no
    /// longer this function's: who upgraded it ends it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use axum::{Router, routing::get};
    /// use tokio::sync::oneshot;
    /// # use wardkey_local_tls::{Authority, HttpsListener};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let identity = Authority::generate()?.issue(&["localhost"])?;
    /// # let listener = HttpsListener::bind(([127, 0, 0, 1], 0).into(), &identity)?;
    /// let router = Router::new().route("/healthz", get(async || "ok"));
    /// let (stop, stopped) = oneshot::channel::<()>();
    /// let stopped = async { stopped.await.unwrap_or_default() };
    /// let serving = tokio::spawn(listener.serve(router, Duration::from_secs(2), stopped));
    /// drop(stop);
    /// serving.await??;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve(
        self,
        router: Router,
        drain: Duration,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), HttpsError> {
        let listener = TcpListener::from_std(self.listener)?;
        let body_time = self.body_time;
        let router = router.layer(map_request(move |request: Request| async move {
            request.map(|body| timed(body, body_time))
        }));
        let server =
            Server { router, tls: TlsAcceptor::from(self.config), head_time: self.head_time };
        let (stop, stopping) = watch::channel(());
        // Dropped with this future: a connection does not outlive the server.
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = listener.accept() => match accepted {
                    Ok((tcp, peer)) => {
                        connections.spawn(server.clone().answer(tcp, peer, stopping.clone()));
                    }
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(_) => sleep(PAUSE).await,
                },
                Some(_) = connections.join_next() => {}
            }
        }
        drop(listener);
        drop(stop);
        // Those that have not finished by then are cut.
        let _ = timeout(drain, async { while connections.join_next().await.is_some() {} }).await;
        Ok(())
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Server {
    router: Router,
    tls: TlsAcceptor,
    head_time: Duration,
}

impl Server {
    /// A client that breaks TLS or HTTP loses its connection; nobody else is concerned.
    async fn answer(self, tcp: TcpStream, peer: SocketAddr, mut stopping: watch::Receiver<()>) {
        // A message through the tunnel is one small packet: without this it would wait up to 40 ms
        // for the acknowledgement of the one before. Fails only for a connection that is gone.
        let _ = tcp.set_nodelay(true);
        let Ok(Ok(stream)) = timeout(self.head_time, self.tls.accept(tcp)).await else { return };
        let service = TowerToHyperService::new(self.router.layer(Extension(ConnectInfo(peer))));
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(self.head_time)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades()
        );
        tokio::select! {
            _ = &mut connection => return,
            // Ends when the sender is dropped; nothing is ever sent.
            _ = stopping.changed() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}

/// Errors of `accept` that say nothing about the next call.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

fn listen(address: SocketAddr) -> io::Result<(std::net::TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
