//! How much a tunnel service lets its visitors do.

use std::time::Duration;

use clap::Args;
use wardkey_tunnel::Limits;

#[derive(Debug, Args)]
pub(crate) struct LimitArguments {
    /// How many tunnels the phones behind one address may have open at once. All that come through a
    /// reverse proxy have its address
    #[arg(long, value_name = "NUMBER", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    tunnels_per_peer: u32,
    /// How long a phone may wait for its workstation
    #[arg(long, value_name = "MINUTES", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=60))]
    minutes_to_pair: u16,
    /// How long a tunnel may stay without a message: longer than phones wait for their owners
    #[arg(long, value_name = "MINUTES", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=60))]
    idle_minutes: u16,
}

impl LimitArguments {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            tunnels_per_peer: usize::try_from(self.tunnels_per_peer).unwrap_or(usize::MAX),
            time_to_pair: Duration::from_mins(self.minutes_to_pair.into()),
            idle: Duration::from_mins(self.idle_minutes.into()),
            ..Limits::default()
        }
    }
}
