//! Records of one direction put together to connections of both.
//!
//! Flow exports tell each direction by itself, and cut a long connection into several records. Records of one five-tuple, in either
//! direction, of which each begins within [`GOES_ON`] of the end of those before are one connection. Who opened it: the end with the
//! port above 1023 where the other's is not; else whoever sent first; else, where both began at the same moment, the end with the
//! higher port. Wrong where ports were used again within that time, and where a server on a high port spoke first.

use super::row::{Key, ONE_WAY, Row};

/// Microseconds of silence after which a further record is another connection: the idle time-out that exporters have (RFC 7011
/// leaves it open; softflowd and many routers use 15 to 60 s).
const GOES_ON: i64 = 60_000_000;

/// Ports below this are servers' (RFC 6335, system ports).
const SYSTEM: u16 = 1024;

/// How many records became parts of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Joined {
    /// Halves that found their other half.
    pub halves: u64,
    /// Records that went on where another ended.
    pub continued: u64,
    /// Records that were there before.
    pub duplicates: u64,
}

/// Puts records of one direction together; others stay as they are.
pub(super) fn join(rows: &mut Vec<Row>) -> Joined {
    let mut joined = Joined::default();
    let mut halves: Vec<Row> = rows.iter().filter(|row| row.has(ONE_WAY)).copied().collect();
    if halves.is_empty() {
        return joined;
    }
    rows.retain(|row| !row.has(ONE_WAY));
    let told = |row: &Row| (row.start, row.source(), row.source_port, row.duration, row.sent);
    halves.sort_unstable_by_key(|row| (ends(row), told(row), row.place));
    let all = halves.len();
    halves.dedup_by(|later, earlier| (ends(later), told(later)) == (ends(earlier), told(earlier)));
    joined.duplicates = (all - halves.len()) as u64;
    for same in halves.chunk_by(|one, other| ends(one) == ends(other)) {
        connections(same, rows, &mut joined);
    }
    joined
}

/// An address and a port.
type End = ((u32, bool), u16);

/// Both ends, in an order that does not depend on the direction, and the protocol.
fn ends(row: &Row) -> (End, End, u8) {
    let (one, other) = ((row.source(), row.source_port), (row.destination(), row.port));
    (one.min(other), one.max(other), row.protocol)
}

/// Records that are one connection so far.
struct Open {
    /// All of it, as its first record's sender has it.
    whole: Row,
    /// When the other direction began, where one of its records was there.
    opposite: Option<i64>,
}

/// The connections between two ends, from their records in the order of time.
fn connections(same: &[Row], rows: &mut Vec<Row>, joined: &mut Joined) {
    let mut open: Option<Open> = None;
    for row in same {
        match &mut open {
            Some(one) if row.start.saturating_sub(one.whole.end()) <= GOES_ON => {
                let along = is_along(&one.whole, row);
                if along || one.opposite.is_some() {
                    joined.continued += 1;
                } else {
                    joined.halves += 1;
                    one.opposite = Some(row.start);
                }
                add(&mut one.whole, row, along);
            }
            _ => {
                let before = open.replace(Open { whole: *row, opposite: None });
                rows.extend(before.map(|open| oriented(open.whole, open.opposite)));
            }
        }
    }
    rows.extend(open.map(|open| oriented(open.whole, open.opposite)));
}

fn is_along(one: &Row, other: &Row) -> bool {
    (one.source(), one.source_port) == (other.source(), other.source_port)
}

fn add(whole: &mut Row, row: &Row, along: bool) {
    let row = if along { *row } else { row.turned() };
    let end = whole.end().max(row.end());
    whole.duration = end.saturating_sub(whole.start);
    whole.sent = whole.sent.saturating_add(row.sent);
    whole.received = whole.received.saturating_add(row.received);
    whole.sent_ip = whole.sent_ip.saturating_add(if along { row.sent_ip } else { 0 });
}

/// With its source where it was opened.
fn oriented(whole: Row, opposite: Option<i64>) -> Row {
    let (from, to) = (whole.source_port, whole.port);
    let turn = match (from < SYSTEM, to < SYSTEM) {
        (true, false) => true,
        (false, true) => false,
        // Whoever sent the first record is its source already.
        _ => opposite == Some(whole.start) && from < to,
    };
    let whole = Row { flags: whole.flags & !ONE_WAY, ..whole };
    if turn { whole.turned() } else { whole }
}

/// The pair of a row that may be of one direction alone, whichever of its ends is taken for the source.
pub(super) fn key(row: &Row) -> Key {
    if row.has(ONE_WAY) { oriented(*row, None).by_address() } else { row.by_address() }
}

#[cfg(test)]
mod tests {
    use super::super::row::PORTS;
    use super::*;

    fn half(start: i64, from: (u32, u16), to: (u32, u16), sent: u64) -> Row {
        Row {
            start: start * 1_000_000,
            duration: 1_000_000,
            source: from.0,
            source_port: from.1,
            destination: to.0,
            port: to.1,
            sent,
            sent_ip: sent,
            protocol: 6,
            flags: ONE_WAY | PORTS,
            ..Row::default()
        }
    }

    /// Source, destination, port, bytes each way.
    type Short = (u32, u32, u16, u64, u64);

    fn joined(mut rows: Vec<Row>) -> (Vec<Short>, Joined) {
        let joined = join(&mut rows);
        rows.sort_by_key(|row| row.start);
        let short = rows.iter().map(|row| (row.source, row.destination, row.port, row.sent, row.received));
        (short.collect(), joined)
    }

    const CLIENT: (u32, u16) = (1, 40_000);
    const SERVER: (u32, u16) = (2, 443);

    #[test]
    fn two_halves_are_one_connection_whichever_comes_first() {
        for (first, second) in [(0, 1), (1, 0)] {
            let rows = vec![half(first, CLIENT, SERVER, 10), half(second, SERVER, CLIENT, 90)];
            assert_eq!(joined(rows), (vec![(1, 2, 443, 10, 90)], Joined { halves: 1, ..Joined::default() }));
        }
    }

    #[test]
    fn a_half_alone_is_turned_by_its_ports() {
        assert_eq!(joined(vec![half(0, SERVER, CLIENT, 90)]).0, [(1, 2, 443, 0, 90)]);
        assert_eq!(joined(vec![half(0, (1, 5000), (2, 6000), 7)]).0, [(1, 2, 6000, 7, 0)]);
    }

    #[test]
    fn a_long_connection_cut_into_records_is_one() {
        let rows =
            (0..10).flat_map(|cut| [half(cut * 30, CLIENT, SERVER, 1), half(cut * 30, SERVER, CLIENT, 2)]);
        assert_eq!(joined(rows.collect()).0, [(1, 2, 443, 10, 20)]);
        let apart = vec![half(0, CLIENT, SERVER, 1), half(100, CLIENT, SERVER, 1)];
        assert_eq!(joined(apart).0.len(), 2);
    }

    #[test]
    fn a_file_that_is_given_twice_counts_once() {
        let once: Vec<Row> =
            (0..4).flat_map(|cut| [half(cut, CLIENT, SERVER, 1), half(cut, SERVER, CLIENT, 2)]).collect();
        let (alone, _) = joined(once.clone());
        let (twice, told) = joined([once.clone(), once].concat());
        assert_eq!((twice, told.duplicates), (alone, 8));
    }

    #[test]
    fn rows_of_both_directions_stay() {
        let whole = Row { flags: PORTS, ..half(0, SERVER, CLIENT, 5) };
        assert_eq!(joined(vec![whole]).0, [(2, 1, 40_000, 5, 0)]);
    }
}
