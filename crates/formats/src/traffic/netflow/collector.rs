//! What is known of exporters from datagram to datagram.

use super::Place;
use super::record::{Clock, Values};
use super::template::Template;
use crate::bytes::{slice, tail, u16_be, u32_be};
use crate::traffic::values::has_ports;
use crate::traffic::{Flow, Record, Settings, Sink, Volume};
use crate::{Problem, ProblemKind};
use core::net::{IpAddr, Ipv4Addr};
use std::collections::{BTreeMap, VecDeque};

/// Bytes of data sets that wait for their template, of all exporters together.
const WAITING: usize = 16 << 20;

/// Reads datagrams of any number of exporters.
pub(in crate::traffic) struct Collector {
    exporters: BTreeMap<(Option<IpAddr>, u16, u32), Exporter>,
    templates: usize,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// Data sets that were given up, by exporter and template: sets, bytes, where the first stands.
    given_up: BTreeMap<Wanted, (u64, u64, u64)>,
    /// Records without addresses, and where the first stands.
    addressless: Option<(u64, u64)>,
}

type Wanted = ((Option<IpAddr>, u16, u32), u16);

#[derive(Default)]
struct Exporter {
    templates: BTreeMap<u16, Template>,
    /// The sequence number of the next datagram, where it can be told.
    next: Option<u32>,
}

/// A data set whose template has not come.
struct Waiting {
    wanted: Wanted,
    body: Vec<u8>,
    clock: Clock,
    offset: u64,
    place: Place,
    at: usize,
}

/// What all sets of a datagram share.
struct Datagram {
    exporter: (Option<IpAddr>, u16, u32),
    clock: Clock,
    place: Place,
}

impl Collector {
    pub(in crate::traffic) fn new(settings: &Settings) -> Self {
        Self {
            exporters: BTreeMap::new(),
            templates: settings.templates.max(1),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            given_up: BTreeMap::new(),
            addressless: None,
        }
    }

    /// Reads a datagram of which the version is at its start. What is wrong in it is told, the rest is read.
    pub(in crate::traffic) fn datagram(
        &mut self,
        from: Option<IpAddr>,
        data: &[u8],
        place: Place,
        sink: &mut dyn Sink,
    ) {
        let read = match u16_be(data, 0) {
            Some(5) => self.five(from, data, place, sink),
            Some(9) => self.nine(from, data, place, sink),
            Some(10) => self.ipfix(from, data, place, sink),
            _ => None,
        };
        if read.is_none() {
            sink.problem(Problem::new(
                ProblemKind::Truncated,
                place.at(0),
                "a datagram that ends within its header",
            ));
        }
    }

    /// Tells which records could not be read because their template never came.
    pub(in crate::traffic) fn end(&mut self, sink: &mut dyn Sink) {
        while let Some(waiting) = self.waiting.pop_front() {
            self.give_up(&waiting);
        }
        self.waiting_bytes = 0;
        for (((from, version, domain), template), (sets, bytes, offset)) in std::mem::take(&mut self.given_up)
        {
            let from = from.map_or(String::new(), |from| format!(" of {from}"));
            let detail = format!(
                "the template {template} of the domain {domain}{from} (version {version}) never came: {sets} data sets of {bytes} bytes \
                 are not read"
            );
            sink.problem(Problem::new(ProblemKind::Unsupported, offset, detail));
        }
        if let Some((count, offset)) = self.addressless.take() {
            let detail = format!("{count} records without addresses are not read");
            sink.problem(Problem::new(ProblemKind::Unsupported, offset, detail));
        }
    }

    fn five(&mut self, from: Option<IpAddr>, data: &[u8], place: Place, sink: &mut dyn Sink) -> Option<()> {
        let count = u16_be(data, 2)?;
        let (uptime, seconds, nanos) = (u32_be(data, 4)?, u32_be(data, 8)?, u32_be(data, 12)?);
        let (sequence, engine) = (u32_be(data, 16)?, u16_be(data, 20)?);
        let clock =
            Clock { sent: i64::from(seconds) * 1_000_000 + i64::from(nanos / 1000), uptime: Some(uptime) };
        self.sequence((from, 5, engine.into()), sequence, "flows", place, sink);
        self.expect((from, 5, engine.into()), Some(sequence.wrapping_add(count.into())));
        for number in 0..usize::from(count) {
            let at = 24 + 48 * number;
            let Some(record) = slice(data, at, 48) else {
                let detail = format!("a datagram of {count} records that ends within record {}", number + 1);
                sink.problem(Problem::new(ProblemKind::Truncated, place.at(at), detail));
                break;
            };
            if let Some(flow) = flow_of_five(record, clock) {
                sink.record(&Record::Flow(flow), place.at(at));
            }
        }
        Some(())
    }

    fn nine(&mut self, from: Option<IpAddr>, data: &[u8], place: Place, sink: &mut dyn Sink) -> Option<()> {
        let (uptime, seconds, sequence, domain) =
            (u32_be(data, 4)?, u32_be(data, 8)?, u32_be(data, 12)?, u32_be(data, 16)?);
        let exporter = (from, 9, domain);
        let clock = Clock { sent: i64::from(seconds) * 1_000_000, uptime: Some(uptime) };
        self.sequence(exporter, sequence, "datagrams", place, sink);
        self.sets(&Datagram { exporter, clock, place }, data, 20, sink);
        self.expect(exporter, Some(sequence.wrapping_add(1)));
        Some(())
    }

    fn ipfix(&mut self, from: Option<IpAddr>, data: &[u8], place: Place, sink: &mut dyn Sink) -> Option<()> {
        let size = usize::from(u16_be(data, 2)?);
        let (seconds, sequence, domain) = (u32_be(data, 4)?, u32_be(data, 8)?, u32_be(data, 12)?);
        let exporter = (from, 10, domain);
        let clock = Clock { sent: i64::from(seconds) * 1_000_000, uptime: None };
        if size > data.len() {
            let detail = format!("a message of {size} bytes, of which {} are there", data.len());
            sink.problem(Problem::new(ProblemKind::Truncated, place.at(0), detail));
        }
        self.sequence(exporter, sequence, "records", place, sink);
        let records =
            self.sets(&Datagram { exporter, clock, place }, data.get(..size).unwrap_or(data), 16, sink);
        self.expect(exporter, records.map(|records| sequence.wrapping_add(records)));
        Some(())
    }

    /// Reads the sets from `at` on; the number of data records, where that of each set could be told.
    fn sets(&mut self, datagram: &Datagram, data: &[u8], at: usize, sink: &mut dyn Sink) -> Option<u32> {
        let place = datagram.place;
        let (mut at, mut records) = (at, Some(0_u32));
        while at < data.len() {
            let header = u16_be(data, at).zip(u16_be(data, at + 2));
            let Some((set, size)) = header else {
                // Padding is of less than a header.
                if tail(data, at).iter().any(|byte| *byte != 0) {
                    sink.problem(Problem::new(
                        ProblemKind::Truncated,
                        place.at(at),
                        "a datagram that ends within a set's header",
                    ));
                }
                break;
            };
            let size = usize::from(size);
            if size < 4 {
                let detail = format!("a set of {size} bytes: the rest of the datagram is not read");
                sink.problem(Problem::new(ProblemKind::Malformed, place.at(at), detail));
                return None;
            }
            let whole = slice(data, at, size);
            if whole.is_none() {
                let detail = format!("a set of {size} bytes, of which {} are there", data.len() - at);
                sink.problem(Problem::new(ProblemKind::Truncated, place.at(at), detail));
            }
            let body = tail(whole.unwrap_or(tail(data, at)), 4);
            match (datagram.exporter.1, set) {
                (9, 0 | 1) | (10, 2 | 3) => self.describe(datagram, set, body, at + 4, sink),
                (_, 256..) => {
                    let read = self.data(datagram, set, body, at + 4, sink);
                    records = records.zip(read).map(|(sum, read)| sum.wrapping_add(read));
                }
                _ => {
                    let detail = format!("a set of the reserved number {set}");
                    sink.problem(Problem::new(ProblemKind::Undefined, place.at(at), detail));
                }
            }
            at += size;
        }
        records
    }

    /// Takes in the templates of a set, and reads what waited for them.
    fn describe(&mut self, datagram: &Datagram, set: u16, body: &[u8], start: usize, sink: &mut dyn Sink) {
        let place = datagram.place;
        let mut at = 0;
        // Less than the header of a template is padding.
        while body.len().saturating_sub(at) >= 4 {
            let Some((number, template, next)) = Template::read(body, at, set) else {
                if tail(body, at).iter().any(|byte| *byte != 0) {
                    let what = "a template longer than its set";
                    sink.problem(Problem::new(ProblemKind::Malformed, place.at(start + at), what));
                }
                return;
            };
            if number < 256 {
                if tail(body, at).iter().any(|byte| *byte != 0) {
                    let detail = format!("a template of the reserved number {number}");
                    sink.problem(Problem::new(ProblemKind::Malformed, place.at(start + at), detail));
                }
                return;
            }
            self.take_in(datagram, number, template, place.at(start + at), sink);
            at = next;
        }
    }

    fn take_in(
        &mut self,
        datagram: &Datagram,
        number: u16,
        template: Option<Template>,
        offset: u64,
        sink: &mut dyn Sink,
    ) {
        if self.exporters.len() >= self.templates && !self.exporters.contains_key(&datagram.exporter) {
            let detail =
                format!("more than {} exporters: templates of the next are not read", self.templates);
            sink.problem(Problem::new(ProblemKind::LimitReached, offset, detail));
            return;
        }
        let known = &mut self.exporters.entry(datagram.exporter).or_default().templates;
        let Some(template) = template else {
            known.remove(&number);
            return;
        };
        if template.shortest == 0 {
            sink.problem(Problem::new(ProblemKind::Malformed, offset, "a template of records without bytes"));
            return;
        }
        if known.len() >= self.templates && !known.contains_key(&number) {
            let detail =
                format!("more than {} templates of one exporter: the next are not read", self.templates);
            sink.problem(Problem::new(ProblemKind::LimitReached, offset, detail));
            return;
        }
        known.insert(number, template);
        let wanted = (datagram.exporter, number);
        if self.waiting.iter().any(|waiting| waiting.wanted == wanted) {
            let (ready, rest): (VecDeque<_>, _) =
                std::mem::take(&mut self.waiting).into_iter().partition(|waiting| waiting.wanted == wanted);
            self.waiting = rest;
            for waiting in ready {
                self.waiting_bytes -= waiting.body.len();
                let datagram = Datagram { exporter: wanted.0, clock: waiting.clock, place: waiting.place };
                self.data(&datagram, number, &waiting.body, waiting.at, sink);
            }
        }
    }

    /// Reads the records of a data set, and says how many there are; where their template is not known they wait.
    fn data(
        &mut self,
        datagram: &Datagram,
        set: u16,
        body: &[u8],
        start: usize,
        sink: &mut dyn Sink,
    ) -> Option<u32> {
        let (clock, place) = (datagram.clock, datagram.place);
        let template =
            self.exporters.get(&datagram.exporter).and_then(|exporter| exporter.templates.get(&set));
        let Some(template) = template else {
            let wanted = (datagram.exporter, set);
            let offset = place.at(start.saturating_sub(4));
            self.wait(Waiting { wanted, body: body.to_vec(), clock, offset, place, at: start });
            return None;
        };
        let (mut at, mut records) = (0, 0);
        // Less than a record is padding.
        while body.len() - at >= template.shortest {
            let Some((values, next)) = Values::read(template, body, at, clock) else {
                let what = "a record longer than its set";
                sink.problem(Problem::new(ProblemKind::Malformed, place.at(start + at), what));
                return None;
            };
            records += 1;
            if !template.is_options {
                let offset = place.at(start + at);
                match values.flow(clock) {
                    Some(flow) => sink.record(&Record::Flow(flow), offset),
                    None => self.addressless.get_or_insert((0, offset)).0 += 1,
                }
            }
            at = next;
        }
        Some(records)
    }

    fn wait(&mut self, waiting: Waiting) {
        self.waiting_bytes += waiting.body.len();
        self.waiting.push_back(waiting);
        while self.waiting_bytes > WAITING
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.waiting_bytes -= oldest.body.len();
            self.give_up(&oldest);
        }
    }

    fn give_up(&mut self, waiting: &Waiting) {
        let (sets, bytes, offset) = self.given_up.entry(waiting.wanted).or_insert((0, 0, waiting.offset));
        *sets += 1;
        *bytes += waiting.body.len() as u64;
        *offset = (*offset).min(waiting.offset);
    }

    /// Tells a gap before this datagram. Sequence numbers wrap round at 2^32.
    fn sequence(
        &mut self,
        exporter: (Option<IpAddr>, u16, u32),
        found: u32,
        what: &str,
        place: Place,
        sink: &mut dyn Sink,
    ) {
        let Some(expected) = self.exporters.get(&exporter).and_then(|exporter| exporter.next) else { return };
        let gap = found.wrapping_sub(expected);
        if gap == 0 {
            return;
        }
        let (kind, detail) = if gap <= u32::MAX / 2 {
            (ProblemKind::Truncated, format!("{gap} {what} of the exporter were lost before this datagram"))
        } else {
            let back = gap.wrapping_neg();
            let detail = format!(
                "the sequence goes back by {back} {what}: sent out of order or twice, or the exporter began anew"
            );
            (ProblemKind::Undefined, detail)
        };
        sink.problem(Problem::new(kind, place.at(0), detail));
    }

    fn expect(&mut self, exporter: (Option<IpAddr>, u16, u32), next: Option<u32>) {
        if self.exporters.len() < self.templates || self.exporters.contains_key(&exporter) {
            self.exporters.entry(exporter).or_default().next = next;
        }
    }
}

fn flow_of_five(record: &[u8], clock: Clock) -> Option<Flow<'static>> {
    let address = |at| u32_be(record, at).map(|bits| IpAddr::from(Ipv4Addr::from_bits(bits)));
    let (start, end) = (clock.of_uptime(u32_be(record, 24)?)?, clock.of_uptime(u32_be(record, 28)?)?);
    let protocol = *record.get(38)?;
    let ports = has_ports(protocol);
    let counted = |at| u32_be(record, at).map(u64::from);
    Some(Flow {
        duration: Some(end - start).filter(|length| *length >= 0),
        source_port: u16_be(record, 32).filter(|_| ports),
        destination_port: u16_be(record, 34).filter(|_| ports),
        protocol,
        sent: Volume { payload: None, packets: counted(16), ip: counted(20) },
        ..Flow::one_way(start, address(0)?, address(4)?)
    })
}
