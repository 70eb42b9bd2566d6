//! Walks the registry of traffic formats: documentation, golden readings, and that it does not matter in what pieces an input comes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use banbury_formats::Problem;
use banbury_formats::traffic::{Reader, Record, Settings, Sink, TRAFFIC_FORMATS, TrafficFormat, recognise};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a reader handed over, in order.
#[derive(Default, PartialEq, Eq, Debug)]
struct Found(Vec<String>);

impl Sink for Found {
    fn record(&mut self, record: &Record<'_>, offset: u64) {
        self.0.push(format!("{offset} {record}"));
    }

    fn problem(&mut self, problem: Problem) {
        assert!(!problem.detail.is_empty());
        self.0.push(format!("{} {}: {}", problem.offset, problem.kind.as_str(), problem.detail));
    }
}

fn folder(format: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/traffic").join(format)
}

fn inputs(format: &str) -> Vec<PathBuf> {
    let mut inputs: Vec<PathBuf> = std::fs::read_dir(folder(format))
        .unwrap_or_else(|error| panic!("{format}: no corpus: {error}"))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("input"))
        .collect();
    inputs.sort();
    inputs
}

/// Each input of each format. With its settings: a table's mapping stands beside it.
fn each(mut test: impl FnMut(&'static dyn TrafficFormat, &Path, &[u8], &Settings)) {
    for format in TRAFFIC_FORMATS {
        for input in inputs(format.describe().name) {
            let data = std::fs::read(&input).unwrap();
            test(*format, &input, &data, &settings(&input));
        }
    }
}

/// `columns-NAME` beside `input-NAME` states a mapping, a line `field column` each.
fn settings(input: &Path) -> Settings {
    let name = input.file_name().unwrap().to_string_lossy().replacen("input", "columns", 1);
    let stated = std::fs::read_to_string(input.with_file_name(name)).unwrap_or_default();
    let pairs = stated.lines().map(|line| line.split_once(' ').unwrap());
    let columns = pairs.map(|(field, column)| (field.to_owned(), column.to_owned())).collect();
    Settings { columns, ..Settings::default() }
}

/// Reads an input whose pieces end at `ends`.
fn read(
    format: &dyn TrafficFormat,
    data: &[u8],
    settings: &Settings,
    ends: impl Iterator<Item = usize>,
) -> Found {
    let mut found = Found::default();
    let mut reader = format.reader(settings);
    let mut at = 0;
    for end in ends.filter(|end| *end < data.len()) {
        at += pass(reader.as_mut(), &data[at.min(end)..end.max(at)], false, &mut found);
    }
    let rest = &data[at..];
    assert_eq!(pass(reader.as_mut(), rest, true, &mut found), rest.len(), "not all is consumed");
    found
}

fn pass(reader: &mut dyn Reader, piece: &[u8], is_last: bool, found: &mut Found) -> usize {
    let consumed = reader.read(piece, is_last, found);
    assert!(consumed <= piece.len());
    consumed
}

fn whole(format: &dyn TrafficFormat, data: &[u8], settings: &Settings) -> Found {
    read(format, data, settings, std::iter::empty())
}

#[test]
fn every_format_is_documented_limited_and_has_its_corpus_and_golden() {
    let mut names = BTreeSet::new();
    for format in TRAFFIC_FORMATS {
        let description = format.describe();
        let name = description.name;
        assert!(names.insert(name), "{name} twice");
        for text in [description.title, description.yields, description.source] {
            assert!(text.len() >= 5, "{name}");
        }
        assert!(!description.limits.is_empty(), "{name}");
        assert!(description.limits.iter().all(|limit| limit.len() >= 10), "{name}");
        assert!(!inputs(name).is_empty(), "{name}: no input, which is the fuzz seed too");
        assert!(folder(name).join("expected.txt").is_file(), "{name}: no golden output");
    }
}

#[test]
fn every_input_is_recognised_and_read_as_expected() {
    for format in TRAFFIC_FORMATS {
        let name = format.describe().name;
        let mut golden = String::new();
        for input in inputs(name) {
            let data = std::fs::read(&input).unwrap();
            let file = input.file_name().unwrap().display().to_string();
            let recognised =
                recognise(&data[..data.len().min(64 << 10)]).map(|format| format.describe().name);
            assert_eq!(recognised, Some(name), "{}", input.display());
            golden.push_str(&format!("# {file}\n"));
            for line in whole(*format, &data, &settings(&input)).0 {
                golden.push_str(&line);
                golden.push('\n');
            }
        }
        let expected = folder(name).join("expected.txt");
        if std::env::var_os("BANBURY_BLESS").is_some() {
            std::fs::write(&expected, &golden).unwrap();
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        if golden != expected {
            let differs = golden.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
            panic!(
                "{name}: {differs:#?}; {} lines, {} expected",
                golden.lines().count(),
                expected.lines().count()
            );
        }
    }
}

#[test]
fn pieces_do_not_matter() {
    each(|format, path, data, settings| {
        let expected = whole(format, data, settings);
        for size in [1, 2, 3, 17, 64, 1000] {
            // Small pieces of a large input take long, since what is not consumed is looked at again.
            if data.len() / size > 20_000 {
                continue;
            }
            let ends = (1..data.len()).filter(|end| end % size == 0);
            assert_eq!(read(format, data, settings, ends), expected, "{} by {size}", path.display());
        }
    });
}

#[test]
fn pieces_do_not_matter_where_records_are_longer_than_is_read() {
    each(|format, path, data, settings| {
        let settings = Settings { longest: 120, open_connections: 2, templates: 1, ..settings.clone() };
        let expected = whole(format, data, &settings);
        for size in [1, 7, 100, 119, 120, 121, 500] {
            if data.len() / size > 20_000 {
                continue;
            }
            let ends = (1..data.len()).filter(|end| end % size == 0);
            assert_eq!(read(format, data, &settings, ends), expected, "{} by {size}", path.display());
        }
    });
}

#[test]
fn an_input_may_end_anywhere() {
    each(|format, _, data, settings| {
        let step = (data.len() / 3000).max(1);
        for end in (0..data.len()).step_by(step) {
            whole(format, &data[..end], settings);
        }
    });
}

#[test]
fn an_empty_input_is_told_or_has_nothing() {
    for format in TRAFFIC_FORMATS {
        let found = whole(*format, b"", &Settings::default());
        assert!(found.0.len() <= 1, "{}: {found:?}", format.describe().name);
    }
}

#[test]
fn lines_are_read_side_by_side_as_one_after_the_other() {
    let mut tried = 0;
    each(|format, path, data, settings| {
        let line_ends: Vec<usize> =
            (0..data.len()).filter(|at| data[*at] == b'\n').map(|at| at + 1).collect();
        for first in line_ends.iter().take(20) {
            let mut reader = format.reader(settings);
            let mut found = Found::default();
            let mut at = reader.read(&data[..*first], false, &mut found);
            let mut parts = Vec::new();
            for end in line_ends.iter().filter(|end| *end > first) {
                let block = &data[at..*end];
                if let Some(mut other) = reader.beside(block) {
                    tried += 1;
                    let mut part = Found::default();
                    assert_eq!(other.read(block, true, &mut part), block.len());
                    parts.append(&mut part.0);
                    at += block.len();
                }
            }
            found.0.append(&mut parts);
            reader.read(&data[at..], true, &mut found);
            let mut together = found.0;
            let mut expected = whole(format, data, settings).0;
            // How many lines were passed over each reader counts by itself.
            for lines in [&mut together, &mut expected] {
                lines.retain(|line| !line.contains("lines are not read"));
                lines.sort();
            }
            assert_eq!(together, expected, "{} from {first}", path.display());
        }
    });
    assert!(tried > 100, "{tried}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_read(data in prop::collection::vec(any::<u8>(), 0..400), ends in prop::collection::vec(1_usize..400, 0..6)) {
        let mut ends = ends;
        ends.sort_unstable();
        for format in TRAFFIC_FORMATS {
            let settings = Settings::default();
            let expected = whole(*format, &data, &settings);
            prop_assert_eq!(read(*format, &data, &settings, ends.iter().copied()), expected);
        }
    }

    #[test]
    fn damaged_inputs_are_read(
        choice in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        ends in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut all = Vec::new();
        each(|format, path, data, settings| {
            if data.len() <= 64 << 10 {
                all.push((format, path.to_owned(), data.to_vec(), settings.clone()));
            }
        });
        let (format, path, mut data, settings) = choice.get(&all).clone();
        if !data.is_empty() {
            for (at, byte) in damage {
                let at = at.index(data.len());
                data[at] = byte;
            }
            if cut.index(3) == 0 {
                data.truncate(cut.index(data.len()));
            }
        }
        let mut ends: Vec<usize> = ends.iter().map(|end| end.index(data.len().max(1))).collect();
        ends.sort_unstable();
        let expected = whole(format, &data, &settings);
        prop_assert_eq!(read(format, &data, &settings, ends.into_iter()), expected, "{}", path.display());
    }
}
