//! The addresses the service answers.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Path, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio_util::task::TaskTracker;

use crate::{
    ending::{Act, Ending, Side},
    id::{RoutingId, TunnelId},
    limits::Limits,
    metrics::Metrics,
    refusal::Refusal,
    registry::Registry,
    relay,
    socket::{self, Upgrade},
};

const ROUTING_ID: HeaderName = HeaderName::from_static("x-cable-routing-id");
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// What every request may need.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) tasks: TaskTracker,
}

pub(crate) fn router(service: Service) -> Router {
    Router::new()
        .route("/cable/new/{tunnel}", get(new))
        .route("/cable/connect/{routing}/{tunnel}", get(connect))
        .route("/cable/contact/{*rest}", get(contact))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics))
        .fallback(nothing)
        .with_state(service)
}

/// The phone's side.
async fn new(
    State(service): State<Service>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(tunnel): Path<String>,
    request: Request,
) -> Response {
    service.clone().open(peer, &tunnel, request).unwrap_or_else(|refusal| service.refuse(refusal))
}

/// The workstation's side.
async fn connect(
    State(service): State<Service>,
    Path((routing, tunnel)): Path<(String, String)>,
    request: Request,
) -> Response {
    service.join(&routing, &tunnel, request).unwrap_or_else(|refusal| service.refuse(refusal))
}

async fn contact(State(service): State<Service>) -> Response {
    service.refuse(Refusal::LinkedPhones)
}

async fn nothing(State(service): State<Service>) -> Response {
    service.refuse(Refusal::NoSuchPage)
}

async fn metrics(State(service): State<Service>) -> Response {
    match service.metrics.text() {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(std::fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Service {
    fn open(self, peer: SocketAddr, tunnel: &str, request: Request) -> Result<Response, Refusal> {
        let id = TunnelId::parse(tunnel).ok_or(Refusal::TunnelId)?;
        let upgrade = Upgrade::new(request, self.limits.frame_bytes)?;
        let place = self.registry.open(id, peer.ip())?;
        let (mut response, socket) = upgrade.into_parts();
        let routing_id =
            HeaderValue::try_from(place.routing_id().to_string()).map_err(|_| Refusal::Random)?;
        response.headers_mut().insert(ROUTING_ID, routing_id);
        tracing::info!(tunnel = %id, "opened");
        let tasks = self.tasks.clone();
        tasks.spawn(async move {
            match socket.await {
                Ok(socket) => relay::run(socket, place, self.limits, &self.metrics).await,
                Err(error) => {
                    tracing::debug!(tunnel = %id, %error, "the phone went before the tunnel began");
                }
            }
        });
        Ok(response)
    }

    fn join(&self, routing: &str, tunnel: &str, request: Request) -> Result<Response, Refusal> {
        let routing_id = RoutingId::parse(routing).ok_or(Refusal::RoutingId)?;
        let id = TunnelId::parse(tunnel).ok_or(Refusal::TunnelId)?;
        let upgrade = Upgrade::new(request, self.limits.frame_bytes)?;
        let hand_over = self.registry.join(id, routing_id)?;
        let (response, socket) = upgrade.into_parts();
        self.tasks.spawn(async move {
            match socket.await {
                Ok(socket) => {
                    if let Err(socket) = hand_over.send(socket) {
                        let phone_gone = Ending::By(Side::Phone, Act::Lost);
                        socket::close(socket, phone_gone.told_to(Side::Workstation)).await;
                    }
                }
                Err(error) => {
tracing::debug!(tunnel = %id, %error, "the workstation went before it was paired");
}
            }
        });
        Ok(response)
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        self.metrics.refused(&refusal);
        tracing::debug!(reason = refusal.reason(), "refused");
        refusal.into_response()
    }
}
