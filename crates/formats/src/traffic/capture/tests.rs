use super::{Pcap, PcapNg};
use crate::Problem;
use crate::traffic::{Record, Settings, Sink, TrafficFormat};

#[derive(Default)]
struct Found {
    flows: Vec<(i64, u64, u64)>,
    /// What the source of each sent above TCP and UDP, and with IP.
    sent: Vec<(u64, u64)>,
    /// The last byte of each one's source.
    sources: Vec<u8>,
    problems: Vec<String>,
}

impl Sink for Found {
    fn record(&mut self, record: &Record<'_>, _: u64) {
        if let Record::Flow(flow) = record {
            if let std::net::IpAddr::V4(source) = flow.source {
                self.sources.push(source.octets()[3]);
            }
            self.sent.push((flow.sent.payload.unwrap_or_default(), flow.sent.ip.unwrap_or_default()));
            self.flows.push((
                flow.start,
                flow.sent.packets.unwrap_or_default(),
                flow.received.packets.unwrap_or_default(),
            ));
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problems.push(problem.detail);
    }
}

/// A UDP packet of one byte between two hosts.
fn packet(from: u8, to: u8) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 0, to];
    packet.extend([0x9c, 0x40, 0x1f, 0x90, 0, 9, 0, 0, b'x']);
    packet
}

fn capture(packets: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut bytes =
        vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 101, 0, 0, 0];
    for (seconds, packet) in packets {
        bytes.extend(seconds.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend((packet.len() as u32).to_le_bytes());
        bytes.extend((packet.len() as u32).to_le_bytes());
        bytes.extend(packet);
    }
    bytes
}

fn read(bytes: &[u8], settings: &Settings) -> Found {
    let mut found = Found::default();
    assert_eq!(Pcap.reader(settings).read(bytes, true, &mut found), bytes.len());
    found
}

#[test]
fn silence_ends_a_connection_and_so_does_a_clock_that_is_set_back() {
    let packets: Vec<_> = [1000, 1299, 1600, 200].into_iter().map(|time| (time, packet(1, 2))).collect();
    let found = read(&capture(&packets), &Settings::default());
    let seconds: Vec<_> =
        found.flows.iter().map(|(start, packets, _)| (start / 1_000_000, *packets)).collect();
    assert_eq!(seconds, [(1000, 2), (1600, 1), (200, 1)]);
    assert_eq!(found.problems, ["time goes back by 1400.000000 s"]);
}

#[test]
fn of_too_many_connections_the_one_silent_longest_is_handed_out() {
    let packets: Vec<_> =
        [3, 4, 3, 5].into_iter().zip(1000..).map(|(to, time)| (time, packet(1, to))).collect();
    let settings = Settings { open_connections: 2, ..Settings::default() };
    let found = read(&capture(&packets), &settings);
    // That to 4 goes when that to 5 comes; the others in the order in which they were heard last.
    let seconds: Vec<_> =
        found.flows.iter().map(|(start, packets, _)| (start / 1_000_000, *packets)).collect();
    assert_eq!(seconds, [(1001, 1), (1000, 2), (1003, 1)]);
}

#[test]
fn times_at_the_end_of_their_range_are_held() {
    // A section, an interface whose times are shifted as far as can be, a packet.
    let shift = |seconds: i64| {
        let mut bytes = vec![0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0];
        bytes.extend([0xff; 8]);
        bytes.extend([28, 0, 0, 0]);
        bytes.extend([1, 0, 0, 0, 32, 0, 0, 0, 101, 0, 0, 0, 0, 0, 0, 0, 14, 0, 8, 0]);
        bytes.extend(seconds.to_le_bytes());
        bytes.extend([32, 0, 0, 0]);
        bytes
    };
    let block = |high: u32| {
        let packet = packet(1, 2);
        let mut bytes = vec![6, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend(high.to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend([29, 0, 0, 0, 29, 0, 0, 0]);
        bytes.extend(&packet);
        bytes.extend([0; 3]);
        bytes.extend([64, 0, 0, 0]);
        bytes
    };
    let bytes =
        [shift(i64::MIN), block(0), shift(i64::MAX), block(u32::MAX), shift(i64::MIN), block(0)].concat();
    let mut found = Found::default();
    PcapNg.reader(&Settings::default()).read(&bytes, true, &mut found);
    assert_eq!(found.flows.len(), 3, "{:?}", found.problems);
}

#[test]
fn bytes_of_segments_in_fragments_count_once() {
    // Of a segment, `bytes` from `from` on; the first fragment has the header.
    let fragment = |id: u8, sequence: u32, from: u16, bytes: u16, more: bool| {
        let header = if from == 0 { 20 } else { 0 };
        let at = if from == 0 { 0 } else { (from + 20) / 8 } | if more { 0x2000 } else { 0 };
        let mut packet = vec![0x45, 0];
        packet.extend((20 + header + bytes).to_be_bytes());
        packet.extend([0, id]);
        packet.extend(at.to_be_bytes());
        packet.extend([64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        if from == 0 {
            packet.extend([0x9c, 0x40, 1, 0xbb]);
            packet.extend(sequence.to_be_bytes());
            packet.extend([0, 0, 0, 1, 80, 16, 1, 0, 0, 0, 0, 0]);
        }
        packet.resize(packet.len() + usize::from(bytes), b'x');
        packet
    };
    let segment = |id, sequence| {
        [
            fragment(id, sequence, 0, 204, true),
            fragment(id, sequence, 204, 224, true),
            fragment(id, sequence, 428, 72, false),
        ]
    };
    // The second is sent twice; the numbers pass their end.
    let first = u32::MAX - 700;
    let all = [segment(1, first), segment(2, first.wrapping_add(500)), segment(3, first.wrapping_add(500))];
    let packets: Vec<_> = all.concat().into_iter().zip(1000..).map(|(packet, time)| (time, packet)).collect();
    let found = read(&capture(&packets), &Settings::default());
    assert_eq!(found.sent, [(1000, 1500 + 3 * 20 + 9 * 20)], "{:?}", found.problems);
}

const ACK: u8 = 16;
const SYN: u8 = 2;
const FIN: u8 = 1;
const RST: u8 = 4;

/// A segment of the client (1) or the server (2): its number, its flags, what it acknowledges, how many bytes it has.
fn segment(from: u8, sequence: u32, flags: u8, acknowledges: u32, bytes: u16) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((40 + bytes).to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, from, 10, 0, 0, 3 - from]);
    // Ports by which nobody can tell the server.
    packet.extend(if from == 1 { [0x9c, 0x40, 0x20, 0xfb] } else { [0x20, 0xfb, 0x9c, 0x40] });
    packet.extend(sequence.to_be_bytes());
    packet.extend(acknowledges.to_be_bytes());
    packet.extend([80, flags, 1, 0, 0, 0, 0, 0]);
    packet.resize(packet.len() + usize::from(bytes), b'x');
    packet
}

/// What is found in packets that come a second after another.
fn found(packets: &[Vec<u8>]) -> Found {
    let packets: Vec<_> = (1000..).zip(packets.iter().cloned()).collect();
    read(&capture(&packets), &Settings::default())
}

/// Of each connection, who opened it, and the packets of both ends.
fn connections(packets: &[Vec<u8>]) -> Vec<(u8, u64, u64)> {
    let found = found(packets);
    found
        .flows
        .iter()
        .zip(&found.sources)
        .map(|((_, sent, received), from)| (*from, *sent, *received))
        .collect()
}

#[test]
fn what_overtakes_the_segment_that_asks_begins_no_connection() {
    // The numbers pass their end on the way.
    let first = u32::MAX - 100;
    let after = |bytes: u32| first.wrapping_add(1 + bytes);
    let ask = || segment(1, first, SYN, 0, 0);
    let whole = [
        segment(2, 500, SYN | ACK, after(0), 0),
        segment(1, after(0), ACK, 501, 200),
        segment(1, after(200), ACK, 501, 200),
        ask(),
        ask(),
        segment(2, 501, ACK | FIN, after(400), 0),
        segment(1, after(400), ACK | FIN, 502, 0),
    ];
    assert_eq!(connections(&whole), [(1, 5, 2)]);
    let mut backwards = whole.to_vec();
    backwards.reverse();
    assert_eq!(connections(&backwards), [(1, 5, 2)]);
    assert_eq!(found(&whole).sent, [(400, 5 * 40 + 400)]);
    assert_eq!(found(&backwards).sent, found(&whole).sent);
    // Made up, without acknowledgements.
    let made_up = [segment(1, after(0), ACK | FIN, 0, 0), segment(2, 500, SYN | ACK, 0, 0), ask()];
    assert_eq!(connections(&made_up), [(1, 2, 1)]);
    // Data of the server first: who asked is told by what asked, or answered.
    assert_eq!(connections(&[segment(2, 501, ACK, after(0), 9), ask()]), [(1, 1, 1)]);
    assert_eq!(connections(&[segment(2, 501, ACK, after(0), 9), whole[0].clone()]), [(1, 0, 2)]);
    // Refused, given up, asked by both, kept alive: all before what asked.
    assert_eq!(connections(&[segment(2, 0, RST | ACK, after(0), 0), ask()]), [(1, 1, 1)]);
    assert_eq!(connections(&[segment(1, after(0), RST, 0, 0), whole[0].clone(), ask()]), [(1, 2, 1)]);
    assert_eq!(connections(&[segment(1, first, SYN | ACK, 501, 0), ask()]).len(), 1);
    assert_eq!(
        connections(&[segment(2, 501, ACK, after(0), 9), segment(1, first, ACK, 501, 0), ask()]).len(),
        1
    );
}

#[test]
fn ports_that_are_used_again_are_another_connection() {
    let ask = |number| segment(1, number, SYN, 0, 0);
    // Captured from the middle, by both directions or one; the new number is higher, or far lower.
    let middle = [segment(1, 90_000, ACK, 500, 200), segment(2, 500, ACK, 90_200, 0)];
    for number in [90_000 + (1 << 20), 90_100, u32::MAX / 2] {
        assert_eq!(connections(&[&middle[..], &[ask(number)]].concat()), [(1, 1, 1), (1, 1, 0)], "{number}");
        assert_eq!(connections(&[middle[0].clone(), ask(number)]), [(1, 1, 0), (1, 1, 0)], "{number}");
    }
    // Near, but after more than overtakes anything.
    let long: Vec<_> = (0..20).map(|step| segment(1, 90_000 + step * 100, ACK, 500, 100)).collect();
    assert_eq!(connections(&[&long[..], &[ask(89_000)]].concat()), [(1, 20, 0), (1, 1, 0)]);
    // Refused before; what asked then was not captured.
    let refused = |number: u32| segment(2, 0, RST | ACK, number + 1, 0);
    assert_eq!(connections(&[refused(1000), ask(65_000), refused(65_000)]).len(), 2);
    // Of one direction alone: it finished, and asks anew. Who was not answered may change its number.
    let finish = |number| segment(1, number, ACK | FIN, 500, 0);
    assert_eq!(connections(&[ask(10), finish(11), ask(5000), finish(5001)]), [(1, 2, 0), (1, 2, 0)]);
    assert_eq!(connections(&[ask(10), ask(10), ask(5000)]), [(1, 3, 0)]);
    assert_eq!(connections(&[ask(10), segment(1, 11, ACK, 500, 9), ask(5000)]), [(1, 2, 0), (1, 1, 0)]);
    // Of the other direction alone; and what answers overtakes what asks, right after another connection.
    let answer = |number, to: u32| segment(2, number, SYN | ACK, to + 1, 0);
    let closes = |number| segment(2, number, ACK | FIN, 11, 0);
    assert_eq!(
        connections(&[answer(70, 10), answer(70, 10), closes(71), answer(9, 90)]),
        [(1, 0, 3), (1, 0, 1)]
    );
    let both = [ask(10), answer(70, 10), closes(71), finish(11), answer(9, 90), ask(90)];
    assert_eq!(connections(&both), [(1, 2, 2), (1, 1, 1)]);
}
