//! Networks, and which addresses are inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A network: an address and how many of its bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    bits: u128,
    length: u8,
}

/// A text that is no network.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no network; write an address and the number of its bits that count, such as 10.0.0.0/8 or 2001:db8::/32"
)]
pub struct NetworkError(String);

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let wrong = || NetworkError(text.chars().take(80).collect());
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (extra, most) = if address.is_ipv4() { (96, 32) } else { (0, 128) };
        let length = length.unwrap_or(most);
        if length > most {
            return Err(wrong());
        }
        let network = Self { bits: wide(address), length: length + extra };
        Ok(Self { bits: network.masked(network.bits), ..network })
    }
}

impl Network {
    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.masked(wide(address)) == self.bits
    }

    fn masked(&self, bits: u128) -> u128 {
        let free = 128 - u32::from(self.length.min(128));
        bits.checked_shr(free).and_then(|bits| bits.checked_shl(free)).unwrap_or(0)
    }
}

/// An IPv4 address as the IPv6 address that maps it.
fn wide(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The networks that are inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inside(Vec<Network>);

impl Inside {
    /// These networks; where there are none, those that are private by their number: RFC 1918, RFC 6598, RFC 4193.
    pub fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// Whether an address is inside. Addresses that never leave a link are.
    pub fn contains(&self, address: IpAddr) -> bool {
        stays(address)
            || if self.0.is_empty() {
                is_private(address)
            } else {
                self.0.iter().any(|it| it.contains(address))
            }
    }
}

/// Loopback, link-local, multicast, broadcast, unspecified.
fn stays(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            it.is_loopback()
                || it.is_link_local()
                || it.is_multicast()
                || it == Ipv4Addr::BROADCAST
                || it.is_unspecified()
        }
        IpAddr::V6(it) => {
            it.is_loopback() || it.is_unicast_link_local() || it.is_multicast() || it == Ipv6Addr::UNSPECIFIED
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => it.is_private() || matches!(it.octets(), [100, 64..=127, _, _]),
        IpAddr::V6(it) => it.is_unique_local() || it.to_ipv4_mapped().is_some_and(|it| is_private(it.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        for (network, address, holds) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3/8", "10.9.9.9", true),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("::/0", "2001:db8::1", true),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert_eq!(parsed.contains(address.parse().unwrap()), holds, "{network} {address}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "a/8", "10.0.0.0/-1"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn private_where_nothing_is_stated() {
        let inside = Inside::default();
        let is = |address: &str| inside.contains(address.parse().unwrap());
        assert!(is("10.0.0.1") && is("100.64.0.1") && is("fd00::1") && is("fe80::1") && is("224.0.0.1"));
        assert!(!is("192.0.2.1") && !is("100.128.0.1") && !is("2001:db8::1"));
        let stated = Inside::new(vec!["192.0.2.0/24".parse().unwrap()]);
        assert!(
            stated.contains("192.0.2.1".parse().unwrap()) && !stated.contains("10.0.0.1".parse().unwrap())
        );
    }
}
