//! One connection between two ends, as far as its rhythm and size go.

/// A connection of a pair. The contacts of a pair stand in the order of their starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contact {
    /// Microseconds since 1970-01-01 00:00 UTC.
    pub start: i64,
    /// Microseconds; 0 where not known.
    pub duration: i64,
    /// Bytes above the transport's header that the source sent; where only bytes with the IP header are known, those.
    pub sent: u64,
    /// The same of the destination.
    pub received: u64,
    /// Bytes with the IP header that the source sent (what RITA's size score reads); `sent` where not known.
    pub sent_ip: u64,
}
