//! Whose word is believed on where a request comes from.
//!
//! Behind a load balancer every connection is the balancer's; the client's address is in a header that
//! any client can send as well. So the header of a connection counts only if a proxy that was named in
//! advance is at its other end, and in the header only what such proxies added, which is at its end.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use ipnet::IpNet;

use crate::relying_party::RelyingParty;

/// A proxy, or a network of them, that is believed: an address, or one with the length of its prefix.
///
/// ```
/// use wardkey_sandbox::TrustedProxy;
///
/// assert_eq!("10.0.0.0/8".parse::<TrustedProxy>()?.to_string(), "10.0.0.0/8");
/// assert_eq!("2001:db8::7".parse::<TrustedProxy>()?.to_string(), "2001:db8::7/128");
/// assert!("balancer.example.org".parse::<TrustedProxy>().is_err());
/// # Ok::<(), wardkey_sandbox::TrustedProxyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedProxy(IpNet);

/// Not the address of a proxy, nor of a network.
///
/// ```
/// use wardkey_sandbox::{TrustedProxy, TrustedProxyError};
///
/// let error: TrustedProxyError = "balancer".parse::<TrustedProxy>().unwrap_err();
/// assert_eq!(error.to_string(), "“balancer” is no address, such as 10.0.0.7 or 10.0.0.0/8");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no address, such as 10.0.0.7 or 10.0.0.0/8")]
pub struct TrustedProxyError(String);

/// The header in which trusted proxies say who is there. The other is not looked at: a proxy that does
/// not write it would pass on what the client wrote.
///
/// ```
/// use wardkey_sandbox::{ProxyHeader, Settings, TrustedProxy};
///
/// let balancer: TrustedProxy = "10.0.0.7".parse()?;
/// let settings = Settings {
///     trusted_proxies: vec![balancer],
///     proxy_header: ProxyHeader::Forwarded,
///     ..Settings::default()
/// };
/// assert!(Settings::default().trusted_proxies.is_empty(), "nobody is believed");
/// # Ok::<(), wardkey_sandbox::TrustedProxyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Where a request comes from, as far as that is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(IpAddr);

/// Who is believed.
#[derive(Clone, Debug)]
pub(crate) struct Proxies {
    pub(crate) trusted: Vec<TrustedProxy>,
    pub(crate) header: ProxyHeader,
}

impl FromStr for TrustedProxy {
    type Err = TrustedProxyError;

    fn from_str(text: &str) -> Result<Self, TrustedProxyError> {
        let one = text.parse::<IpAddr>().map(IpNet::from);
        let network = one.or_else(|_| text.parse()).map_err(|_| TrustedProxyError(text.into()))?;
        Ok(Self(network))
    }
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl ProxyHeader {
    const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }

    /// The address in one element of the header; none if it says less than an address.
    fn address(self, element: &str) -> Option<IpAddr> {
        match self {
            Self::XForwardedFor => address(element.trim()),
            Self::Forwarded => element
                .split(';')
                .filter_map(|pair| pair.split_once('='))
                .find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
                .and_then(|(_, node)| address(node.trim().trim_matches('"'))),
        }
    }
}

/// With a port or without; of version 6 in brackets or bare.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))?;
    Some(address.to_canonical())
}

impl Proxies {
    /// The first address from the end that is no trusted proxy's. What stands before it anybody could
    /// have written.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut nearest = peer.to_canonical();
        let lines: Vec<_> = headers.get_all(self.header.name()).iter().collect();
        let mut elements = lines
            .into_iter()
            .rev()
            // Bytes that are no text are no address either.
            .flat_map(|line| line.to_str().unwrap_or("?").rsplit(','));
        while self.trusts(nearest) {
            let next = elements.next().and_then(|element| self.header.address(element));
            let Some(address) = next else { break };
            nearest = address;
        }
        ClientAddress(nearest)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|proxy| proxy.0.contains(&address))
    }
}

impl ClientAddress {
    /// Under what the client's attempts are counted. Of version 6 its whole network of 64 bits: each of
    /// its addresses is as easily had as the other.
    pub(crate) fn counted_as(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let network = Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64));
                format!("{network}/64")
            }
        }
    }
}

impl FromRequestParts<Arc<RelyingParty>> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(
        head: &mut Parts,
        party: &Arc<RelyingParty>,
    ) -> Result<Self, Infallible> {
        // The listener adds it to every connection. All that lack it would share one limit.
        let peer = head
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        Ok(party.proxies.client(peer, &head.headers))
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use axum::http::{HeaderMap, HeaderValue};
    use proptest::{collection::vec, prelude::*};

    use super::{ClientAddress, Proxies, ProxyHeader};

    fn proxies(trusted: &[&str], header: ProxyHeader) -> Proxies {
        let trusted = trusted.iter().map(|proxy| proxy.parse().unwrap()).collect();
        Proxies { trusted, header }
    }

    fn client(proxies: &Proxies, peer: &str, lines: &[(&'static str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        proxies.client(peer.parse().unwrap(), &headers).counted_as()
    }

    const X: &str = "x-forwarded-for";
    const F: &str = "forwarded";

    #[test]
    fn nobody_is_believed_who_is_not_named() {
        let forged = [(X, "192.0.2.9"), (F, "for=192.0.2.9")];
        for header in [ProxyHeader::XForwardedFor, ProxyHeader::Forwarded] {
            for trusted in [&[][..], &["10.0.0.7"]] {
                let seen = client(&proxies(trusted, header), "198.51.100.1", &forged);
                assert_eq!(seen, "198.51.100.1", "{trusted:?}");
            }
        }
    }

    #[test]
    fn what_trusted_proxies_added_is_believed_and_nothing_before_it() {
        let proxies = proxies(&["10.0.0.0/8", "2001:db8:1::7"], ProxyHeader::XForwardedFor);
        for (lines, seen) in [
            (&[][..], "10.0.0.7"),
            (&[(X, "198.51.100.1")], "198.51.100.1"),
            (&[(X, "192.0.2.9, 198.51.100.1")], "198.51.100.1"),
            (&[(X, "192.0.2.9"), (X, "198.51.100.1,10.1.1.1")], "198.51.100.1"),
            (&[(X, "198.51.100.1:4711")], "198.51.100.1"),
            (&[(X, "::ffff:198.51.100.1")], "198.51.100.1"),
            (&[(X, "2001:db8:9:9:1::1")], "2001:db8:9:9::/64"),
            (&[(X, "[2001:db8:9:9::1]:80, 2001:db8:1::7")], "2001:db8:9:9::/64"),
            // Everybody on the way is trusted: the first of them asks.
            (&[(X, "10.2.2.2, 10.1.1.1")], "10.2.2.2"),
            // What is no address ends the search where it is still certain.
            (&[(X, "192.0.2.9, unknown, 10.1.1.1")], "10.1.1.1"),
            (&[(X, "192.0.2.9,")], "10.0.0.7"),
            // The other header is the client's.
            (&[(F, "for=192.0.2.9")], "10.0.0.7"),
        ] {
            assert_eq!(client(&proxies, "10.0.0.7", lines), seen, "{lines:?}");
        }
    }

    #[test]
    fn the_header_of_the_specification_is_read() {
        let proxies = proxies(&["10.0.0.7"], ProxyHeader::Forwarded);
        for (value, seen) in [
            ("for=198.51.100.1", "198.51.100.1"),
            ("For=\"198.51.100.1:4711\";proto=https;by=10.0.0.7", "198.51.100.1"),
            ("proto=https; for=\"[2001:db8:9:9::17]:4711\"", "2001:db8:9:9::/64"),
            ("for=192.0.2.9, for=198.51.100.1;host=\"a;b\"", "198.51.100.1"),
            // A quote that the client left open does not swallow what the proxy added.
            ("for=\"192.0.2.9, for=198.51.100.1", "198.51.100.1"),
            ("for=192.0.2.9, for=_hidden", "10.0.0.7"),
            ("for=192.0.2.9, proto=https", "10.0.0.7"),
        ] {
            assert_eq!(client(&proxies, "10.0.0.7", &[(F, value)]), seen, "{value}");
        }
        assert_eq!(client(&proxies, "10.0.0.7", &[(X, "192.0.2.9")]), "10.0.0.7");
    }

    proptest! {
        /// Whatever a client writes before it, what the proxy wrote last decides.
        #[test]
        fn a_client_cannot_choose(
            forged in vec("[ -~]{0,40}", 0..4),
            own in any::<[u8; 4]>().prop_map(IpAddr::from),
            spec: bool,
        ) {
            let header = if spec { ProxyHeader::Forwarded } else { ProxyHeader::XForwardedFor };
            let proxies = proxies(&["10.0.0.7"], header);
            prop_assume!(!proxies.trusts(own));
            let name = if spec { F } else { X };
            let added = if spec { format!("for={own}") } else { own.to_string() };
            let mut headers = HeaderMap::new();
            for line in &forged {
                headers.append(name, HeaderValue::from_str(line).unwrap());
            }
            let last = format!("{}, {added}", forged.last().map_or("", String::as_str));
            headers.append(name, HeaderValue::from_str(&last).unwrap());
            let seen = proxies.client("10.0.0.7".parse().unwrap(), &headers);
            prop_assert_eq!(seen, ClientAddress(own));
        }

        #[test]
        fn any_header_can_be_read(bytes: Vec<u8>, spec: bool) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let header = if spec { ProxyHeader::Forwarded } else { ProxyHeader::XForwardedFor };
                let mut headers = HeaderMap::new();
                headers.append(header.name(), value);
                proxies(&["0.0.0.0/0"], header).client(IpAddr::from([10, 0, 0, 7]), &headers);
            }
        }
    }
}
