//! The two identifiers in the service's addresses.

use std::fmt;

use ring::rand::SecureRandom;

/// 16 bytes that phone and workstation both derive from the QR secret. Who knows them can join
/// the tunnel, so they are never written out in full.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TunnelId([u8; 16]);

/// 3 bytes chosen by this service, carried to the workstation in the phone's advert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RoutingId([u8; 3]);

impl TunnelId {
    /// 32 hexadecimal digits of either case: phones send lower case, Chromium upper.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse_hex(text).map(Self)
    }
}

impl RoutingId {
    /// 6 hexadecimal digits of either case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse_hex(text).map(Self)
    }

    pub(crate) fn random(random: &dyn SecureRandom) -> Result<Self, ring::error::Unspecified> {
        let mut bytes = [0; 3];
        random.fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

impl fmt::Display for RoutingId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}

/// The first 4 digits: enough to tell tunnels apart in a log, too few to join one.
impl fmt::Display for TunnelId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, ..] = self.0;
        write!(formatter, "{first:02x}{second:02x}…")
    }
}

impl fmt::Debug for TunnelId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TunnelId({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{RoutingId, TunnelId};

    proptest! {
        #[test]
        fn an_id_is_exactly_its_hexadecimal_digits(bytes: [u8; 16], upper: bool) {
            let digits = if upper { hex::encode_upper(bytes) } else { hex::encode(bytes) };
            prop_assert!(TunnelId::parse(&digits) == Some(TunnelId(bytes)));
        }

        #[test]
        fn any_other_text_is_no_id(text in "\\PC{0,40}") {
            let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
            prop_assert_eq!(TunnelId::parse(&text).is_some(), hex && text.len() == 32);
            prop_assert_eq!(RoutingId::parse(&text).is_some(), hex && text.len() == 6);
        }

        #[test]
        fn a_tunnel_id_shows_four_digits_at_most(bytes: [u8; 16]) {
            let id = TunnelId(bytes);
            let shown = hex::encode(bytes)[..4].to_owned();
            prop_assert_eq!(id.to_string(), format!("{shown}…"));
            prop_assert_eq!(format!("{id:?}"), format!("TunnelId({shown}…)"));
        }
    }
}
