//! Where a person stands in a ceremony.

use core::fmt;

/// The step a ceremony is at, as a person would tell it.
///
/// A session announces each stage once, with [`Output::Stage`](super::session::Output::Stage), when
/// it begins. Errors carry the stage at which they struck.
///
/// ```
/// use wardkey_core::hybrid::Stage;
/// assert_eq!(Stage::Advertising.to_string(), "waiting for the workstation to notice this phone");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Workstation: the QR code is on the screen and the radio listens for an advert.
    ShowingCode,
    /// Either role: the connection to the tunnel service is being opened.
    OpeningTunnel,
    /// Phone: the advert is on the air, the workstation has not yet spoken.
    Advertising,
    /// Either role: the Noise handshake.
    Handshake,
    /// Workstation: the phone is about to say what its authenticator can do.
    Introduction,
    /// Phone: the workstation is about to send its command.
    AwaitingCommand,
    /// Phone: the authenticator has the command and the person decides.
    AwaitingUser,
    /// Workstation: the command is with the phone.
    AwaitingResponse,
    /// Phone: the answer is sent, the workstation is about to hang up.
    ShuttingDown,
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ShowingCode => "showing the code",
            Self::OpeningTunnel => "opening the tunnel",
            Self::Advertising => "waiting for the workstation to notice this phone",
            Self::Handshake => "agreeing on keys",
            Self::Introduction => "waiting for the phone to introduce itself",
            Self::AwaitingCommand => "waiting for the workstation's request",
            Self::AwaitingUser => "waiting for the person to decide",
            Self::AwaitingResponse => "waiting for the phone's answer",
            Self::ShuttingDown => "hanging up",
        })
    }
}
