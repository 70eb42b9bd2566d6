//! Traffic records: no panic, all is consumed, and it does not matter in what pieces an input comes. The first byte picks the form,
//! the second the pieces. A form that has parts is read by them, too.

#![no_main]

use banbury_formats::Problem;
use banbury_formats::traffic::{Record, Settings, Sink, TRAFFIC_FORMATS, TrafficFormat};
use libfuzzer_sys::fuzz_target;

#[derive(Default, PartialEq, Debug)]
struct Found(Vec<String>);

impl Sink for Found {
    fn record(&mut self, record: &Record<'_>, offset: u64) {
        self.0.push(format!("{offset} {record}"));
    }

    fn problem(&mut self, problem: Problem) {
        assert!(!problem.detail.is_empty());
        self.0.push(format!("{} {:?} {}", problem.offset, problem.kind, problem.detail));
    }
}

fuzz_target!(|bytes: &[u8]| {
    let [pick, size, data @ ..] = bytes else { return };
    let format = TRAFFIC_FORMATS[usize::from(*pick) % TRAFFIC_FORMATS.len()];
    let settings = Settings { longest: 4096, open_connections: 16, templates: 8, ..Settings::default() };
    let mut found = Found::default();
    for mut part in format.parts(data, &Settings::default(), &mut found).unwrap_or_default() {
        while part.read(&mut found) {}
    }
    let whole = read(format, data, data.len().max(1), &settings);
    assert_eq!(read(format, data, usize::from(*size).max(1), &settings), whole);
});

fn read(format: &dyn TrafficFormat, data: &[u8], size: usize, settings: &Settings) -> Found {
    let mut found = Found::default();
    let mut reader = format.reader(settings);
    let mut at = 0;
    let mut end = 0;
    while end + size < data.len() {
        end += size;
        let consumed = reader.read(&data[at..end], false, &mut found);
        assert!(consumed <= end - at);
        at += consumed;
    }
    assert_eq!(reader.read(&data[at..], true, &mut found), data.len() - at);
    found
}
