//! A real Chromium with its own screen, told what to do through its developer tools.
//!
//! ```text
//! Screen (Xvfb) ◀── draws ── Browser (Chromium) ── org.bluez ──▶ a Bluetooth stand-in's bus
//!    │                          ▲
//!    └── picture, QR code ──▶ test or demo ── DevTools ──┘
//! ```
//!
//! The QR code of a hybrid ceremony is drawn by the browser itself, outside the page, and only when it
//! has a screen: so it is read from a picture of that screen, as a phone's camera would.
//!
//! Needs the programs `Xvfb` and `chromium`; on Debian: `apt-get install xvfb chromium`.
#![forbid(unsafe_code)]

mod browser;
mod child;
mod devtools;
mod error;
mod screen;
mod window;

pub use browser::{Browser, Settings};
pub use error::Error;
pub use screen::Screen;
pub use window::Window;
