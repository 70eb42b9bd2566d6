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
