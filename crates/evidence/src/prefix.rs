//! Ranges of addresses.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// A range of addresses by its first bits, such as `192.0.2.0/24` or `2001:db8::/32`. An address alone is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix {
    /// The first address; the bits behind the length are 0.
    bits: u128,
    length: u8,
    is_v4: bool,
}

impl Prefix {
    /// Reads `address` or `address/length`; bits of the address behind the length are passed over, as inventories write an
    /// interface's address with the length of its network.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) if length.bytes().all(|byte| byte.is_ascii_digit()) => {
                (address, Some(length.parse::<u8>().ok()?))
            }
            Some(_) => return None,
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(most);
        (length <= most).then(|| Self::around(address, length))
    }

    /// The range of one.
    pub fn of(address: IpAddr) -> Self {
        Self::around(address, 128)
    }

    /// The range of this length that holds the address; a length beyond the address's own is taken as that.
    pub fn around(address: IpAddr, length: u8) -> Self {
        let (bits, is_v4) = bits_of(address);
        let length = length.min(if is_v4 { 32 } else { 128 });
        Self { bits: bits & mask(length, is_v4), length, is_v4 }
    }

    /// Whether the address is in the range. An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
    pub fn holds(&self, address: IpAddr) -> bool {
        let (bits, is_v4) = bits_of(address);
        is_v4 == self.is_v4 && bits & mask(self.length, is_v4) == self.bits
    }

    /// How many bits are fixed.
    pub fn length(&self) -> u8 {
        self.length
    }
}

fn bits_of(address: IpAddr) -> (u128, bool) {
    match address.to_canonical() {
        IpAddr::V4(address) => (u128::from(u32::from(address)), true),
        IpAddr::V6(address) => (u128::from(address), false),
    }
}

fn mask(length: u8, is_v4: bool) -> u128 {
    let width = if is_v4 { 32 } else { 128 };
    let all = if is_v4 { u128::from(u32::MAX) } else { u128::MAX };
    all & u128::MAX.checked_shl(width - u32::from(length)).unwrap_or(0)
}

/// A text that is no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no range of addresses; write an address and the number of its bits that count, such as 10.0.0.0/8 or 2001:db8::/32"
)]
pub struct PrefixError(String);

impl std::str::FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        Self::parse(text).ok_or_else(|| PrefixError(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Prefix {
    type Error = PrefixError;

    fn try_from(text: String) -> Result<Self, PrefixError> {
        text.parse()
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.to_string()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is of IPv4 has 32 bits.
        let address = match u32::try_from(self.bits) {
            Ok(bits) if self.is_v4 => IpAddr::V4(bits.into()),
            _ => IpAddr::V6(Ipv6Addr::from(self.bits)),
        };
        write!(f, "{address}/{}", self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_read_and_held_against() {
        let range = Prefix::parse("192.0.2.17/24").unwrap();
        assert_eq!(range.to_string(), "192.0.2.0/24");
        assert!(
            range.holds("192.0.2.255".parse().unwrap()) && range.holds("::ffff:192.0.2.1".parse().unwrap())
        );
        assert!(!range.holds("192.0.3.0".parse().unwrap()) && !range.holds("2001:db8::1".parse().unwrap()));
        let all = Prefix::parse("0.0.0.0/0").unwrap();
        assert!(all.holds("255.1.2.3".parse().unwrap()) && !all.holds("::1".parse().unwrap()));
        assert!(Prefix::parse("::/0").unwrap().holds("2001:db8::1".parse().unwrap()));
        assert_eq!(Prefix::parse("2001:db8::1").unwrap().to_string(), "2001:db8::1/128");
        for text in
            ["", "192.0.2.0/33", "192.0.2", "::/129", "192.0.2.0/-1", "192.0.2.0/+8", "a/8", "192.0.2.0/"]
        {
            assert_eq!(Prefix::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_range_is_read_as_it_is_written(address: IpAddr, length: u8) {
            let range = Prefix::around(address, length);
            prop_assert!(range.holds(address));
            prop_assert_eq!(Prefix::parse(&range.to_string()), Some(range));
        }
    }
}
