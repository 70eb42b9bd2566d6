//! Addresses, names and services as numbers, each kept once.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Values by number, numbers by value. Numbers begin with 1; 0 is for none, and for those beyond the limit.
#[derive(Debug)]
struct Table<T> {
    values: Vec<T>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    limit: usize,
    beyond: u64,
}

impl<T> Table<T> {
    fn new(limit: usize) -> Self {
        let hasher = DefaultHashBuilder::default();
        Self { values: Vec::new(), numbers: HashTable::new(), hasher, limit, beyond: 0 }
    }

    fn number<Q: ?Sized + std::hash::Hash + Eq>(&mut self, value: &Q) -> u32
    where
        T: std::borrow::Borrow<Q> + for<'q> From<&'q Q>,
    {
        let Self { values, numbers, hasher, limit, beyond } = self;
        let at = |number: &u32| values.get(*number as usize - 1).map(std::borrow::Borrow::borrow);
        let hash = hasher.hash_one(value);
        if let Some(number) = numbers.find(hash, |number| at(number) == Some(value)) {
            return *number;
        }
        if values.len() >= *limit {
            *beyond += 1;
            return 0;
        }
        let number = values.len() as u32 + 1;
        values.push(T::from(value));
        let again = |number: &u32| {
            values
                .get(*number as usize - 1)
                .map_or(0, |value| hasher.hash_one(std::borrow::Borrow::<Q>::borrow(value)))
        };
        numbers.insert_unique(hash, number, again);
        number
    }

    fn get(&self, number: u32) -> Option<&T> {
        self.values.get((number as usize).checked_sub(1)?)
    }
}

/// An IPv6 address as the key of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Six(u128);

impl std::borrow::Borrow<u128> for Six {
    fn borrow(&self) -> &u128 {
        &self.0
    }
}

impl From<&u128> for Six {
    fn from(value: &u128) -> Self {
        Self(*value)
    }
}

/// Addresses, names and services of a pairing.
#[derive(Debug)]
pub(super) struct Names {
    six: Mutex<Table<Six>>,
    texts: Mutex<Table<Box<str>>>,
    services: Mutex<Table<Box<str>>>,
}

/// Names, and IPv6 addresses, that are told apart.
pub const NAMES: usize = 1 << 24;

impl Default for Names {
    fn default() -> Self {
        Self {
            six: Mutex::new(Table::new(NAMES)),
            texts: Mutex::new(Table::new(NAMES)),
            services: Mutex::new(Table::new(usize::from(u16::MAX))),
        }
    }
}

impl Names {
    /// An address's number, and whether it is of IPv6. An IPv4 address is its own number.
    pub(super) fn host(&self, address: IpAddr) -> (u32, bool) {
        match address {
            IpAddr::V4(address) => (address.to_bits(), false),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => (address.to_bits(), false),
                None => (lock(&self.six).number(&address.to_bits()), true),
            },
        }
    }

    /// The address again; `::` for those beyond the limit.
    pub(super) fn address(&self, (number, is_six): (u32, bool)) -> IpAddr {
        if is_six {
            let bits = lock(&self.six).get(number).map_or(0, |six| six.0);
            return Ipv6Addr::from_bits(bits).into();
        }
        Ipv4Addr::from_bits(number).into()
    }

    /// A name's number: lower case, without a full stop at its end.
    pub(super) fn name(&self, name: &str) -> u32 {
        let name = name.trim_end_matches('.');
        if name.is_empty() {
            return 0;
        }
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return lock(&self.texts).number(name.to_ascii_lowercase().as_str());
        }
        lock(&self.texts).number(name)
    }

    /// The name again.
    pub(super) fn text(&self, number: u32) -> Option<String> {
        lock(&self.texts).get(number).map(|text| text.to_string())
    }

    /// A service's number.
    pub(super) fn service(&self, service: &str) -> u16 {
        lock(&self.services).number(service) as u16
    }

    /// The service again.
    pub(super) fn service_text(&self, number: u16) -> Option<String> {
        lock(&self.services).get(u32::from(number)).map(|text| text.to_string())
    }

    /// How often a name or an address was not kept because there were too many.
    pub(super) fn beyond(&self) -> u64 {
        let (six, texts) = (lock(&self.six).beyond, lock(&self.texts).beyond);
        six.saturating_add(texts).saturating_add(lock(&self.services).beyond)
    }
}

/// A lock whose holder never leaves it half done: what a panic leaves behind is whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_kept_once_and_told_again() {
        let names = Names::default();
        let (a, b) = (names.name("Example.ORG."), names.name("example.org"));
        assert_eq!((a, names.text(a).as_deref()), (b, Some("example.org")));
        assert_ne!(names.name("other"), a);
        assert_eq!(names.name("."), 0);
        for text in ["10.0.0.1", "2001:db8::1", "::"] {
            let address: IpAddr = text.parse().unwrap();
            assert_eq!(names.address(names.host(address)), address);
        }
        assert_eq!(names.host("::ffff:10.0.0.1".parse().unwrap()), names.host("10.0.0.1".parse().unwrap()));
        assert_eq!(names.service_text(names.service("ssl")).as_deref(), Some("ssl"));
    }

    #[test]
    fn beyond_the_limit_is_counted() {
        let mut table: Table<Box<str>> = Table::new(1);
        assert_eq!((table.number("a"), table.number("b"), table.number("a"), table.beyond), (1, 0, 1, 1));
    }
}
