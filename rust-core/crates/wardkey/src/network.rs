//! How a ceremony reaches the other side: the tunnel service and the radio.

use std::fs;

use wardkey_driver::{
    Detail, DriveError, TunnelAccess, TunnelError,
    radio::{
        Advertiser, RadioError, Scanner,
        lines::{LinesAdvertiser, LinesScanner},
    },
};

use crate::{
    cli::{NetworkArguments, RadioKind},
    failure::Failure,
};

const STAGE: &str = "preparing the connection";

impl NetworkArguments {
    /// The way to tunnel services.
    pub(crate) fn access(&self) -> Result<TunnelAccess, Failure> {
        let access = match &self.ca {
            None => TunnelAccess::new(),
            Some(path) => {
                let pem = fs::read(path).map_err(|error| {
                    let problem = format!("{}: {error}", path.display());
                    Failure::new(STAGE, problem, "give a PEM file that can be read after --ca")
                })?;
                TunnelAccess::trusting(&pem)
            }
        };
        let access = access.map_err(|error| {
            Failure::new(STAGE, error, "give a PEM file with a certificate after --ca")
        })?;
        Ok(match &self.tunnel {
            None => access,
            Some(address) => access.connecting_to(address.clone()),
        })
    }

    /// The phone's half of the radio.
    pub(crate) fn advertiser(&self) -> Result<Box<dyn Advertiser>, Failure> {
        match self.radio {
            RadioKind::Bluetooth => bluetooth::advertiser(),
            RadioKind::Lines => Ok(Box::new(LinesAdvertiser::new(tokio::io::stdout()))),
        }
    }

    /// The workstation's half of the radio.
    pub(crate) fn scanner(&self) -> Result<Box<dyn Scanner>, Failure> {
        match self.radio {
            RadioKind::Bluetooth => bluetooth::scanner(),
            RadioKind::Lines => Ok(Box::new(LinesScanner::new(tokio::io::stdin()))),
        }
    }
}

#[cfg(feature = "bluetooth")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature the same functions fail")]
mod bluetooth {
    use wardkey_driver::radio::{
        Advertiser, Scanner,
        bluetooth::{BluetoothAdvertiser, BluetoothScanner, BluetoothSettings},
    };

    use crate::failure::Failure;

    pub(super) fn advertiser() -> Result<Box<dyn Advertiser>, Failure> {
        Ok(Box::new(BluetoothAdvertiser::new(BluetoothSettings::default())))
    }

    pub(super) fn scanner() -> Result<Box<dyn Scanner>, Failure> {
        Ok(Box::new(BluetoothScanner::new(BluetoothSettings::default())))
    }
}

#[cfg(not(feature = "bluetooth"))]
mod bluetooth {
    use wardkey_driver::radio::{Advertiser, Scanner};

    use crate::failure::Failure;

    pub(super) fn advertiser() -> Result<Box<dyn Advertiser>, Failure> {
        Err(not_built())
    }

    pub(super) fn scanner() -> Result<Box<dyn Scanner>, Failure> {
        Err(not_built())
    }

    fn not_built() -> Failure {
        Failure::new(
            super::STAGE,
            "this wardkey was built without Bluetooth",
            "use --radio lines, or build it with: cargo build -p wardkey --features bluetooth",
        )
    }
}

impl From<DriveError> for Failure {
    fn from(error: DriveError) -> Self {
        let problem = match &error.detail {
            // What the core calls Bluetooth may be another radio here.
            Some(Detail::Radio(radio)) => radio.to_string(),
            Some(detail) => format!("{} ({detail})", error.error.cause),
            None => error.error.cause.to_string(),
        };
        Self::new(error.error.stage.to_string(), problem, remedy(&error))
    }
}

/// What to do about it: as the core tells the person at a phone, with what only a tester can do.
fn remedy(error: &DriveError) -> String {
    match &error.detail {
        Some(Detail::Radio(RadioError::InputEnded | RadioError::BadLine { .. })) => {
            "feed the lines that `wardkey phone scan --radio lines` prints, and nothing else, to the \
             standard input of the workstation"
                .into()
        }
        // The core speaks to the owner of a phone, not of this machine.
        Some(Detail::Radio(radio)) => {
            format!("{}; then start again with a new code", radio.remedy())
        }
        Some(Detail::Tunnel(TunnelError::Certificate { .. })) => {
            format!(
                "{}; for a tunnel service of your own, give the certificate of its authority after --ca",
                clause(error)
            )
        }
        Some(Detail::Tunnel(
            TunnelError::NameNotFound { .. } | TunnelError::Unreachable { .. },
        )) => {
            format!("{}; with --tunnel, check that a tunnel service runs there", clause(error))
        }
        // CTAP gives this status no meaning; here it says that somebody else was first.
        Some(Detail::Tunnel(TunnelError::HttpStatus { status: 409, .. })) => {
            "another device has used this code: show a new one, and scan it with one phone".into()
        }
        _ => clause(error),
    }
}

/// The core's remedy as part of a longer sentence.
fn clause(error: &DriveError) -> String {
    let sentence = error.error.remedy().trim_end_matches('.');
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}
