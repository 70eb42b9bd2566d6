//! NetFlow 5 and 9 and IPFIX, as exporters send them: datagrams that collectors wrote to a file one behind the other, or that were
//! captured on their way.
//!
//! Finds: flows. How: each datagram says its version; those of 9 and 10 describe their records in templates, by exporter and domain.
//! Records whose template has not come are kept, up to a bound, and read when it comes; the sequence numbers say what was lost on
//! the way. Where a datagram of version 9 ends in a file no field says: it ends where a version stands in the place of a set's number,
//! which no set has.
//! Wrong when: two exporters of one domain were written to one file: their templates mix. A flow of two directions is read where the
//! exporter tells both (RFC 5103, or initiator and responder); any other is of one direction, and which end opened it is not known.
//! Misses: what sampling left out (counts are as they were sent); options (names of interfaces, samplers).
//! Source: Cisco, NetFlow Services Solutions Guide (version 5); RFC 3954 (9), 7011 (IPFIX), 5103 (both directions); IANA's registry of
//! information elements.

mod collector;
mod file;
mod record;
mod template;

pub(super) use collector::Collector;
pub(super) use file::NetFlow;

/// Ports at which collectors listen.
pub(super) const PORTS: [u16; 4] = [2055, 4739, 9995, 9996];

/// Where a datagram stands.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// In a file of datagrams, from this offset on.
    From(u64),
    /// In a packet that begins there: all of it has the packet's offset.
    In(u64),
}

impl Place {
    /// The offset of a byte of the datagram.
    fn at(self, byte: usize) -> u64 {
        match self {
            Self::From(start) => start + byte as u64,
            Self::In(start) => start,
        }
    }
}

/// What exporters send that is not read here, by its first bytes: NetFlow 1 and 7, and sFlow (sflow.org, version 5).
pub(super) fn other(start: &[u8]) -> Option<&'static str> {
    match *start {
        // The version, and as many flows as a datagram holds.
        [0, 1, 0, 1..=24, ..] if start.len() >= 16 + 52 => {
            Some("NetFlow 1, which is not read: NetFlow 5 and 9 and IPFIX are")
        }
        [0, 7, 0, 1..=28, ..] if start.len() >= 24 + 52 => {
            Some("NetFlow 7, which is not read: NetFlow 5 and 9 and IPFIX are")
        }
        // The version, and the sort of the agent's address.
        [0, 0, 0, 2 | 4 | 5, 0, 0, 0, 1 | 2, ..] => {
            Some("sFlow, which samples packets and tells no connections: NetFlow 5 and 9 and IPFIX are read")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_named() {
        let long = |start: &[u8]| [start, &[0; 80]].concat();
        assert!(other(&long(&[0, 1, 0, 1])).unwrap().starts_with("NetFlow 1,"));
        assert!(other(&long(&[0, 7, 0, 28])).unwrap().starts_with("NetFlow 7,"));
        assert!(other(&[0, 0, 0, 5, 0, 0, 0, 1, 10, 0, 0, 1]).unwrap().starts_with("sFlow"));
        for none in [&[][..], &[0, 1, 0, 1], &long(&[0, 5, 0, 1]), &long(&[0, 1, 0, 0]), b"text"] {
            assert_eq!(other(none), None);
        }
    }
}
