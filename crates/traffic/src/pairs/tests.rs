use super::store::tests::InMemory;
use super::*;
use banbury_formats::traffic::{Flow, Name, Query, Record, Sink as _, Volume};

fn flow<'a>(start: i64, source: &str, destination: &str, ports: (u16, u16), id: &'a str) -> Flow<'a> {
    Flow {
        start: start * 1_000_000,
        duration: Some(500_000),
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        source_port: Some(ports.0),
        destination_port: Some(ports.1),
        protocol: 6,
        sent: Volume { payload: Some(100), ip: Some(300), packets: Some(4) },
        received: Volume { payload: Some(1000), ip: Some(1200), packets: Some(4) },
        one_way: false,
        service: Some("ssl"),
        state: Some("SF"),
        name: None,
        id: Some(id),
        vlan: None,
        carried_in: &[],
    }
}

const ALL: Weighing = Weighing { least: 4, rita_alone: false, goes_on: false };

fn weigh(pairing: &Pairing<'_>, weighing: &Weighing) -> Weighed {
    pairing.weigh(weighing, &|_| Keep::Plain).unwrap()
}

#[test]
fn contacts_of_one_source_destination_port_and_protocol_are_a_pair() {
    let pairing = Pairing::new(1 << 20, None);
    let mut sink = pairing.collector(0, 1000);
    for n in 0..10 {
        let id = format!("C{n}");
        sink.record(&Record::Flow(flow(n * 60, "10.0.0.1", "192.0.2.1", (n as u16, 443), &id)), n as u64);
    }
    sink.record(&Record::Flow(flow(5, "10.0.0.2", "192.0.2.1", (1, 443), "D")), 90);
    sink.record(&Record::Flow(flow(7, "10.0.0.1", "192.0.2.1", (1, 80), "E")), 91);
    sink.record(&Record::Flow(Flow { protocol: 17, ..flow(7, "10.0.0.1", "192.0.2.1", (1, 443), "F") }), 92);
    sink.record(&Record::Flow(flow(9, "2001:db8::1", "2001:db8::2", (1, 443), "G")), 93);
    assert_eq!(sink.finish().flows, 14);
    let found = weigh(&pairing, &ALL);
    let short: Vec<(String, Option<u16>, u8, u64)> = found
        .pairs
        .iter()
        .map(|pair| (pair.source.to_string(), pair.port, pair.protocol, pair.contacts))
        .collect();
    assert_eq!(
        short,
        [
            ("10.0.0.1".to_owned(), Some(80), 6, 1),
            ("10.0.0.1".to_owned(), Some(443), 6, 10),
            ("10.0.0.1".to_owned(), Some(443), 17, 1),
            ("10.0.0.2".to_owned(), Some(443), 6, 1),
            ("2001:db8::1".to_owned(), Some(443), 6, 1)
        ]
    );
    let pair = &found.pairs[1];
    assert_eq!((pair.first, pair.last, pair.end), (0, 540_000_000, 540_500_000));
    assert_eq!((pair.sent, pair.received, pair.duration, pair.sources), (1000, 10_000, 5_000_000, Some(2)));
    assert_eq!(pair.first_record, Place { input: 0, offset: 1000 });
    assert_eq!((pair.service.as_deref(), pair.name.as_deref()), (Some("ssl"), None));
    assert_eq!((found.tally.pairs, found.tally.contacts, found.tally.destinations), (5, 14, 2));
    assert_eq!(found.window, Some((0, 540_500_000)));
}

/// Connections of many pairs; some have names, some are there twice, some are halves.
fn fill(pairing: &Pairing<'_>, from: u64, to: u64) {
    let mut sink = pairing.collector((from % 7) as u32, 0);
    for n in from..to {
        let source = format!("10.0.{}.{}", n % 3, n % 101);
        let destination =
            if n % 13 == 0 { format!("2001:db8::{:x}", n % 17) } else { format!("192.0.2.{}", n % 17) };
        let id = format!("C{}", n - u64::from(n % 10 == 9));
        let start = (n - u64::from(n % 10 == 9)) as i64;
        let mut one = flow(start, &source, &destination, (n as u16, 443), &id);
        one.one_way = n % 4 == 1;
        sink.record(&Record::Flow(one), n);
        if n % 5 == 0 {
            let client = source.parse().unwrap();
            let name = format!("cdn{}.example.org", n % 2);
            sink.record(
                &Record::Name(Name {
                    time: start,
                    id: Some(&id),
                    client,
                    server: destination.parse().unwrap(),
                    server_port: 443,
                    protocol: "ssl",
                    name: &name,
                    agent: None,
                    path: None,
                }),
                n,
            );
            sink.record(
                &Record::Query(Query {
                    time: start,
                    client,
                    server: "10.0.0.53".parse().unwrap(),
                    name: &format!("n{n}.tunnel.example"),
                    kind: Some(16),
                    code: Some(0),
                    addresses: &[destination.parse().unwrap()],
                    answer_bytes: 20,
                }),
                n,
            );
        }
    }
    sink.finish();
}

#[test]
fn neither_memory_nor_threads_nor_order_change_what_comes_of_it() {
    let reference = Pairing::new(usize::MAX, None);
    fill(&reference, 0, 20_000);
    let expected = weigh(&reference, &ALL);
    assert!(expected.tally.by_name > 100 && expected.tally.halves == 0, "{:?}", expected.tally);
    assert!(expected.pairs.iter().all(|pair| pair.destination.is_none() == (pair.addresses != 1)));
    assert!(expected.pairs.iter().any(|pair| pair.queries.as_ref().is_some_and(|it| it.names > 5)));
    for (budget, step) in [(0, 20_000), (100_000, 700), (usize::MAX, 3000)] {
        let scratch = InMemory::default();
        let pairing = Pairing::new(budget, Some(&scratch));
        let mut pieces: Vec<(u64, u64)> =
            (0..20_000).step_by(step).map(|at| (at as u64, (at + step).min(20_000) as u64)).collect();
        pieces.reverse();
        pieces.into_par_iter().for_each(|(from, to)| fill(&pairing, from, to));
        // What was read stays where more is to come.
        let before = weigh(&pairing, &Weighing { goes_on: true, ..ALL });
        let after = weigh(&pairing, &ALL);
        for mut found in [before, after] {
            assert_eq!(found.tally.spilled > 0, budget < usize::MAX);
            found.tally.spilled = 0;
            let places = |found: &Weighed| {
                let mut pairs = found.pairs.clone();
                pairs.iter_mut().for_each(|pair| pair.first_record.input = 0);
                pairs
            };
            assert_eq!(found.tally, expected.tally);
            assert!(places(&found) == places(&expected), "{budget} {step}");
        }
    }
}

#[test]
fn a_name_at_several_addresses_is_a_pair_of_its_own() {
    let pairing = Pairing::new(1 << 20, None);
    let mut sink = pairing.collector(0, 0);
    for n in 0..12u16 {
        let destination = format!("192.0.2.{}", n % 3);
        let mut one = flow(i64::from(n) * 60, "10.0.0.1", &destination, (n, 443), "");
        one.id = None;
        one.name = Some("c2.example.org");
        sink.record(&Record::Flow(one), u64::from(n));
    }
    let mut one = flow(1, "10.0.0.1", "192.0.2.99", (1, 443), "");
    one.name = Some("one.example.org");
    sink.record(&Record::Flow(one), 50);
    sink.finish();
    let found = weigh(&pairing, &ALL);
    let by_name: Vec<&Pair> = found.pairs.iter().filter(|pair| pair.destination.is_none()).collect();
    let [pair] = by_name.as_slice() else { panic!("{by_name:?}") };
    assert_eq!((pair.name.as_deref(), pair.addresses, pair.contacts), (Some("c2.example.org"), 3, 12));
    assert_eq!((found.tally.pairs, found.tally.by_name), (4, 1));
}

#[test]
fn an_address_gets_the_name_that_its_client_was_answered_before() {
    let pairing = Pairing::new(1 << 20, None);
    let mut sink = pairing.collector(0, 0);
    let client = "10.0.0.1".parse().unwrap();
    for (time, name) in [(10, "early.example"), (100, "late.example")] {
        let addresses = ["192.0.2.1".parse().unwrap()];
        let server = "10.0.0.53".parse().unwrap();
        let query = Query {
            time: time * 1_000_000,
            client,
            server,
            name,
            kind: Some(1),
            code: Some(0),
            addresses: &addresses,
            answer_bytes: 9,
        };
        sink.record(&Record::Query(query), 0);
    }
    for (start, id) in [(5, "a"), (20, "b"), (21, "c"), (200, "d")] {
        sink.record(&Record::Flow(flow(start, "10.0.0.1", "192.0.2.1", (1, 443), id)), 0);
    }
    // Another client's answers are not this one's.
    sink.record(&Record::Flow(flow(50, "10.0.0.2", "192.0.2.1", (1, 443), "e")), 0);
    sink.finish();
    let found = weigh(&pairing, &ALL);
    let names: Vec<(Option<&str>, u64)> = found
        .pairs
        .iter()
        .filter(|pair| pair.destination.is_some())
        .map(|pair| (pair.name.as_deref(), pair.more_names))
        .collect();
    assert_eq!(names, [(Some("early.example"), 1), (None, 0)]);
}
