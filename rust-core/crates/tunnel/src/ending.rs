//! How a tunnel ends, and what each side is told about it.

use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

/// One end of a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Phone,
    Workstation,
}

impl Side {
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Phone => Self::Workstation,
            Self::Workstation => Self::Phone,
        }
    }

    /// The value of the label `from` in the metrics.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Workstation => "workstation",
        }
    }
}

/// What one side did to end the tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// It sent a close frame.
    Closed,
    /// Its connection broke.
    Lost,
    /// It sent a text frame.
    Text,
    /// It sent a message above [`Limits::frame_bytes`](crate::Limits::frame_bytes).
    TooLong,
    /// It sent something that is not a WebSocket frame.
    Malformed,
    /// It sent a frame before there was anybody to hand it to.
    Early,
}

/// Why a tunnel ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    By(Side, Act),
    Idle,
    NeverPaired,
    Cut,
    ShuttingDown,
}

impl Ending {
    /// The value of the label `reason` in the metrics.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::By(_, Act::Closed) => "closed",
            Self::By(_, Act::Lost) => "lost",
            Self::By(_, Act::Text) => "text_frame",
            Self::By(_, Act::TooLong) => "frame_too_long",
            Self::By(_, Act::Malformed) => "malformed_frame",
            Self::By(_, Act::Early) => "early_frame",
            Self::Idle => "idle",
            Self::NeverPaired => "never_paired",
            Self::Cut => "cut",
            Self::ShuttingDown => "shutting_down",
        }
    }

    /// The close frame for `side` (RFC 6455 §7.4.1).
    pub(crate) fn told_to(self, side: Side) -> CloseFrame {
        let (code, reason) = match self {
            Self::By(who, act) if who == side => act.told_to_its_author(),
            Self::By(_, Act::Closed) => (CloseCode::Normal, "the other side has closed the tunnel"),
            Self::By(_, Act::Lost) => (CloseCode::Away, "the other side is gone"),
            Self::By(..) => (CloseCode::Away, "the other side broke the rules of the tunnel"),
            Self::Idle => (CloseCode::Policy, "nothing was sent for too long"),
            Self::NeverPaired => (CloseCode::Policy, "no workstation came in time"),
            Self::Cut => (CloseCode::Away, "the service has ended this tunnel"),
            Self::ShuttingDown => (CloseCode::Away, "the service is shutting down"),
        };
        CloseFrame { code, reason: reason.into() }
    }
}

impl Act {
    fn told_to_its_author(self) -> (CloseCode, &'static str) {
        match self {
            Self::Closed | Self::Lost => (CloseCode::Normal, ""),
            Self::Text => (CloseCode::Unsupported, "only binary frames are handed on"),
            Self::TooLong => (CloseCode::Size, "the message is longer than this service hands on"),
            Self::Malformed => (CloseCode::Protocol, "not a WebSocket frame"),
            Self::Early => {
                (CloseCode::Policy, "nothing may be sent before the workstation is here")
            }
        }
    }
}
