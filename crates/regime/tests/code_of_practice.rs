//! The UK Code of Practice in `regimes/uk-security-2022`: each of its 258 measures is there once, in order, in our words.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_regime::{Certainty, Date, Parameter, ParameterValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How many measures each section of the Code has, M1 to M21.
const SECTIONS: [usize; 21] = [6, 6, 19, 8, 7, 5, 4, 16, 6, 54, 35, 5, 28, 2, 13, 22, 1, 6, 7, 1, 7];

#[derive(Deserialize)]
struct RegimeFile {
    measures: Vec<String>,
    parameters: BTreeMap<String, Parameter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    section: String,
    topic: String,
    in_force_from: InForce,
    measures: Vec<Attested>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attested {
    id: String,
    title: String,
    clause: String,
    text: String,
    certainty: Certainty,
    decides: String,
    remedy: String,
    in_force_from: Option<InForce>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InForce {
    parameter: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../regimes/uk-security-2022")
}

fn read<T: DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn regime() -> RegimeFile {
    read(&folder().join("regime.toml"))
}

/// The files of a part of the regime, by their names without the ending.
fn files(part: &str) -> BTreeMap<String, PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder().join(part)) else { return BTreeMap::new() };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path))
        .collect()
}

fn sections() -> BTreeMap<String, Section> {
    files("attested").into_iter().map(|(name, path)| (name, read(&path))).collect()
}

/// `M8.05` as 8 and 5; it must be written so.
fn numbers(id: &str) -> (usize, usize) {
    let (section, measure) = id.strip_prefix('M').and_then(|rest| rest.split_once('.')).unwrap();
    let numbers: (usize, usize) = (section.parse().unwrap(), measure.parse().unwrap());
    assert_eq!(id, format!("M{}.{:02}", numbers.0, numbers.1));
    numbers
}

#[test]
fn every_measure_of_the_code_is_listed_in_its_order() {
    let expected: Vec<String> = SECTIONS
        .iter()
        .zip(1..)
        .flat_map(|(&count, section)| (1..=count).map(move |measure| format!("M{section}.{measure:02}")))
        .collect();
    assert_eq!(expected.len(), 258);
    assert_eq!(regime().measures, expected);
}

#[test]
fn every_measure_is_decided_in_one_place() {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let attested = sections();
    let attested = attested.values().flat_map(|section| &section.measures).map(|measure| measure.id.clone());
    for id in attested.chain(files("measures").into_keys()) {
        *places.entry(id).or_default() += 1;
    }
    let listed: BTreeMap<String, usize> = regime().measures.into_iter().map(|id| (id, 1)).collect();
    assert_eq!(places, listed);
}

#[test]
fn a_file_holds_one_section_in_order_and_is_named_after_it() {
    let mut seen = BTreeSet::new();
    for (name, section) in sections() {
        assert_eq!(name, section.section.to_lowercase().replace(' ', "-"));
        assert!(banbury_regime::topic(&section.topic).is_some(), "{name}: {}", section.topic);
        let ids: Vec<(usize, usize)> = section.measures.iter().map(|measure| numbers(&measure.id)).collect();
        assert!(ids.is_sorted_by(|one, two| one < two), "{name}: {ids:?}");
        assert!(ids.iter().all(|id| id.0 == ids[0].0), "{name}: {ids:?}");
        assert!(seen.insert(ids[0].0), "{name}: M{} stands in another file too", ids[0].0);
    }
}

#[test]
fn every_measure_has_its_own_words_and_the_regulations_it_serves() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (name, section) in sections() {
        for measure in &section.measures {
            let id = &measure.id;
            let words = measure.title.split_whitespace().count();
            assert!((3..=10).contains(&words), "{name}: {id}: {} has {words} words", measure.title);
            assert!(measure.text.trim().len() >= 40, "{name}: {id}: the text says little");
            assert!(measure.text.trim_end().ends_with('.'), "{name}: {id}: the text breaks off");
            assert!(measure.decides.len() >= 20 && measure.remedy.len() >= 20, "{name}: {id}");
            assert!(measure.remedy.ends_with('.') && !measure.decides.ends_with('.'), "{name}: {id}");
            assert_eq!(measure.certainty, Certainty::Verified, "{name}: {id}");
            for own in [&measure.title, &measure.text] {
                if let Some(other) = seen.insert(own.to_lowercase(), id.clone()) {
                    panic!("{id} and {other} both say {own:?}");
                }
            }
            let rest = measure.clause.strip_prefix("Code of Practice ").unwrap().strip_prefix(id.as_str());
            let rest = rest.unwrap_or_else(|| panic!("{name}: {id}: {}", measure.clause));
            if let Some((word, regulations)) = rest.strip_prefix("; ").and_then(|rest| rest.split_once(' ')) {
                assert!(["regulation", "regulations"].contains(&word), "{name}: {id}: {rest}");
                for regulation in regulations.split("; ") {
                    let number: String = regulation.chars().take_while(char::is_ascii_digit).collect();
                    assert!(
                        (3..=15).contains(&number.parse::<u8>().unwrap()),
                        "{name}: {id}: regulation {regulation}"
                    );
                }
            } else {
                assert_eq!(rest, "", "{name}: {id}");
            }
        }
    }
}

#[test]
fn every_day_is_a_parameter_that_is_there_and_in_use() {
    let parameters = regime().parameters;
    let mut used = BTreeSet::new();
    for (name, section) in sections() {
        let own = section.measures.iter().filter_map(|measure| measure.in_force_from.as_ref());
        for InForce { parameter } in own.chain([&section.in_force_from]) {
            let Some(ParameterValue::Text(day)) = parameters.get(parameter).map(|found| &found.value) else {
                panic!("{name}: there is no day {parameter:?}");
            };
            assert!(Date::parse(day).is_some(), "{name}: {parameter} = {day:?}");
            used.insert(parameter.clone());
        }
    }
    assert_eq!(used.len(), SECTIONS.len());
}
