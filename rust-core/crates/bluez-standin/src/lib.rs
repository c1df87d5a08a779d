//! A stand-in for BlueZ (`org.bluez`) on a private D-Bus: Bluetooth code runs without Bluetooth.
//!
//! ```text
//! Air ─┬─ Machine: dbus-daemon + BlueZ ← DBUS_SYSTEM_BUS_ADDRESS ← bluer, btleplug, Chromium
//!      └─ Machine: …
//! ```
//!
//! It answers what three clients need: bluer to advertise, btleplug and Chromium to scan. What
//! one [`Machine`] advertises, every other machine in the same [`Air`] hears. It speaks raw
//! messages rather than through a service macro, because tests need control over what is
//! omitted, delayed and refused: see [`Faults`] and the methods of [`Machine`].
//!
//! The program `bluez-standin` offers the same to scripts, by commands on stdin.
#![forbid(unsafe_code)]

mod adapter;
mod advertiser;
mod air;
mod bluez;
mod bus;
mod calls;
mod events;
mod faults;
mod machine;
mod objects;
mod scanner;
mod service;
mod value;

pub use air::{Advert, AdvertType, Air, full_uuid};
pub use bus::{Bus, BusError};
pub use events::{Activity, Event};
pub use faults::{ErrorName, Faults};
pub use machine::{Error, Machine};
