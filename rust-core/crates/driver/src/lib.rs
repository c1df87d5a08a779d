//! Drives sessions of hybrid transport on tokio: a WebSocket to the tunnel service and a
//! [radio] for proximity.
#![forbid(unsafe_code)]

pub mod radio;
