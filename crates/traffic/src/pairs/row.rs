//! One connection on its way to its pair: eighty bytes, in memory or in the scratch file.

use crate::Contact;

/// Bytes of a row where it is written out.
pub(super) const BYTES: usize = 80;

/// The source's number is that of an IPv6 address.
pub(super) const SOURCE_V6: u8 = 1;
/// The destination's number is that of an IPv6 address.
pub(super) const DESTINATION_V6: u8 = 2;
/// One direction alone; who opened it is not known.
pub(super) const ONE_WAY: u8 = 4;
/// The protocol has ports.
pub(super) const PORTS: u8 = 8;
/// A query of the domain name system, by the domain that it was for; there is no destination.
pub(super) const QUERY: u8 = 16;
/// It was refused, or nobody answered.
pub(super) const UNANSWERED: u8 = 32;

/// A connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub start: i64,
    pub duration: i64,
    pub sent: u64,
    pub received: u64,
    pub sent_ip: u64,
    /// Hash of the identifier that other records call it by; 0 for none.
    pub id: u64,
    /// Input and offset of its record, as [`place`] packs them.
    pub place: u64,
    pub source: u32,
    pub destination: u32,
    /// Number of the name that the record itself tells; 0 for none.
    pub name: u32,
    pub source_port: u16,
    pub port: u16,
    pub service: u16,
    pub protocol: u8,
    pub flags: u8,
}

/// What rows of one pair share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub source: (u32, bool),
    pub destination: (u32, bool),
    pub name: u32,
    pub port: Option<u16>,
    pub protocol: u8,
}

impl Key {
    /// All of it in one number.
    #[inline]
    pub(super) fn packed(&self) -> u128 {
        let Self { source, destination, name, port, protocol } = *self;
        let flags = u8::from(source.1) | u8::from(destination.1) << 1 | u8::from(port.is_some()) << 2;
        let hosts = u64::from(source.0) << 32 | u64::from(destination.0);
        let rest = u64::from(name) << 32
            | u64::from(port.unwrap_or_default()) << 16
            | u64::from(protocol) << 8
            | u64::from(flags);
        u128::from(hosts) << 64 | u128::from(rest)
    }
}

/// Inputs that a place can tell apart.
pub const INPUTS: usize = 1 << 24;

/// Bits of an offset; a record further on is placed at the last of them (a TiB).
const OFFSET_BITS: u32 = 40;

/// An input's number and an offset in it as one number that sorts like the two.
pub(super) fn place(input: u32, offset: u64) -> u64 {
    u64::from(input) << OFFSET_BITS | offset.min((1 << OFFSET_BITS) - 1)
}

/// The two again.
pub(super) fn placed(place: u64) -> (u32, u64) {
    ((place >> OFFSET_BITS) as u32, place & ((1 << OFFSET_BITS) - 1))
}

impl Row {
    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn source(&self) -> (u32, bool) {
        (self.source, self.has(SOURCE_V6))
    }

    pub(super) fn destination(&self) -> (u32, bool) {
        (self.destination, self.has(DESTINATION_V6))
    }

    fn port(&self) -> Option<u16> {
        self.has(PORTS).then_some(self.port)
    }

    /// The pair by address.
    pub(super) fn by_address(&self) -> Key {
        let (source, destination) = (self.source(), self.destination());
        Key { source, destination, name: 0, port: self.port(), protocol: self.protocol }
    }

    /// The pair by name.
    pub(super) fn by_name(&self) -> Key {
        Key { destination: (0, self.has(QUERY)), name: self.name, ..self.by_address() }
    }

    /// The end, or the start where that is later.
    pub(super) fn end(&self) -> i64 {
        self.start.saturating_add(self.duration.max(0))
    }

    pub(super) fn contact(&self) -> Contact {
        let Self { start, duration, sent, received, sent_ip, .. } = *self;
        Contact { start, duration, sent, received, sent_ip }
    }

    /// The other way round: as the other end would have recorded it, were it the one that opened it.
    pub(super) fn turned(&self) -> Self {
        let (source_v6, destination_v6) = (self.has(SOURCE_V6), self.has(DESTINATION_V6));
        let mut flags = self.flags & !(SOURCE_V6 | DESTINATION_V6);
        if source_v6 {
            flags |= DESTINATION_V6;
        }
        if destination_v6 {
            flags |= SOURCE_V6;
        }
        Self {
            source: self.destination,
            destination: self.source,
            source_port: self.port,
            port: self.source_port,
            sent: self.received,
            received: self.sent,
            sent_ip: self.received,
            flags,
            ..*self
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for value in [self.start as u64, self.duration as u64, self.sent, self.received, self.sent_ip] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        for value in [self.id, self.place] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        for value in [self.source, self.destination, self.name] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        for value in [self.source_port, self.port, self.service] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        out.extend_from_slice(&[self.protocol, self.flags, 0, 0, 0, 0]);
        debug_assert_eq!(out.len() % BYTES, 0);
    }

    pub(super) fn read(bytes: &[u8; BYTES]) -> Self {
        let (wide, rest) = bytes.as_chunks::<8>();
        let _ = rest;
        let word = |at: usize| wide.get(at).copied().map_or(0, u64::from_le_bytes);
        let (seventh, eighth, ninth) = (word(7), word(8), word(9));
        Self {
            start: word(0) as i64,
            duration: word(1) as i64,
            sent: word(2),
            received: word(3),
            sent_ip: word(4),
            id: word(5),
            place: word(6),
            source: seventh as u32,
            destination: (seventh >> 32) as u32,
            name: eighth as u32,
            source_port: (eighth >> 32) as u16,
            port: (eighth >> 48) as u16,
            service: ninth as u16,
            protocol: (ninth >> 16) as u8,
            flags: (ninth >> 24) as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows() -> impl Strategy<Value = Row> {
        let wide = any::<[u64; 7]>();
        let middle = any::<[u32; 3]>();
        (wide, middle, any::<[u16; 3]>(), any::<[u8; 2]>()).prop_map(|(wide, middle, narrow, bytes)| Row {
            start: wide[0] as i64,
            duration: wide[1] as i64,
            sent: wide[2],
            received: wide[3],
            sent_ip: wide[4],
            id: wide[5],
            place: wide[6],
            source: middle[0],
            destination: middle[1],
            name: middle[2],
            source_port: narrow[0],
            port: narrow[1],
            service: narrow[2],
            protocol: bytes[0],
            flags: bytes[1],
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(row in rows()) {
            let mut bytes = Vec::new();
            row.write(&mut bytes);
            prop_assert_eq!(Row::read(bytes.as_slice().try_into().unwrap()), row);
        }

        #[test]
        fn turned_twice_is_as_before_but_for_what_it_does_not_know(row in rows()) {
            prop_assert_eq!(row.turned().turned(), Row { sent_ip: row.sent, ..row });
        }

        #[test]
        fn packed_keys_are_those_of_the_same_pairs(one in rows(), other in rows(), same in any::<bool>()) {
            let other = if same { Row { start: other.start, ..one } } else { other };
            for key in [Row::by_address, Row::by_name] {
                let (one, other) = (key(&one), key(&other));
                prop_assert_eq!(one == other, one.packed() == other.packed());
            }
        }

        #[test]
        fn a_place_is_told_again(input in 0..INPUTS as u32, offset in 0..1u64 << OFFSET_BITS) {
            prop_assert_eq!(placed(place(input, offset)), (input, offset));
        }
    }
}
