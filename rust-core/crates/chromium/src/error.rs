//! What can go wrong around a browser.

use std::{io, path::PathBuf, time::Duration};

use thiserror::Error;

/// Why the browser or its screen cannot be used.
///
/// ```
/// use wardkey_chromium::Error;
///
/// let source = std::io::ErrorKind::NotFound.into();
/// let error = Error::Start { program: "Xvfb", package: "xvfb", source };
/// assert!(error.to_string().ends_with("on Debian: apt-get install xvfb"));
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A program could not be started.
    #[error("{program} cannot be started ({source}); on Debian: apt-get install {package}")]
    Start {
        /// The program.
        program: &'static str,
        /// The package that has it.
        package: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A program ended before it was ready.
    #[error("{program} ended before it was ready; it said:\n{said}")]
    NotReady {
        /// The program.
        program: &'static str,
        /// The end of what it said.
        said: String,
    },
    /// The screen cannot be read.
    #[error("the screen cannot be read: {0}")]
    Screen(String),
    /// A picture cannot be written.
    #[error("{path}: {source}")]
    Picture {
        /// The file.
        path: PathBuf,
        /// Why.
        source: image::ImageError,
    },
    /// A file cannot be written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No QR code appeared.
    #[error("no QR code appeared on the screen within {} s", .0.as_secs())]
    NoCode(Duration),
    /// The developer tools' connection broke.
    #[error("the connection to the browser broke: {0}")]
    Connection(#[from] tokio_tungstenite::tungstenite::Error),
    /// The browser ended the developer tools' connection.
    #[error("the browser ended the connection")]
    Closed,
    /// The browser refused a command, or a script in the page failed.
    #[error("the browser answered {method}: {reason}")]
    Refused {
        /// The developer tools' command.
        method: String,
        /// Its answer.
        reason: String,
    },
    /// A folder for the browser's profile could not be made.
    #[error("a folder for the browser's profile: {0}")]
    Profile(#[source] io::Error),
}
