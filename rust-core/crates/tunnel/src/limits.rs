//! What one peer may ask of the service.

use std::time::Duration;

/// Bounds on every tunnel. [`Limits::default`] fits a public service.
///
/// ```
/// use std::time::Duration;
/// use wardkey_tunnel::Limits;
///
/// // For a hospital whose phones all come from one address.
/// let limits = Limits { tunnels_per_peer: 2000, ..Limits::default() };
/// assert_eq!(limits.time_to_pair, Duration::from_mins(2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest message handed on, in bytes. Chromium refuses to receive more than 1 MiB.
    pub frame_bytes: usize,
    /// How long a paired tunnel may stay without a frame in either direction: longer than a phone waits for
    /// its owner, who is then told by the phone, and not by the end of the connection.
    pub idle: Duration,
    /// How many tunnels phones behind one address (IPv4, or IPv6 /64 network) may have open at
    /// once. A hospital's phones often share one address.
    pub tunnels_per_peer: usize,
    /// How long a phone is kept waiting for its workstation.
    pub time_to_pair: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: 1 << 20,
            idle: Duration::from_mins(6),
            tunnels_per_peer: 64,
            time_to_pair: Duration::from_mins(2),
        }
    }
}
