//! Names of makers that are one name to a reader and differ in what a query compares.
//!
//! Regimes compare names without case and without space around them, as SQLite does: letters of ASCII alone. Two spellings that differ in
//! other letters' case, in how an accent is encoded (Unicode's normal forms, UAX 15), in blanks within or in signs without width would
//! pass for two makers, and one of them would be on no list. So all take the spelling that stands first, which is said.
//! Wrong when: two makers' names differ in nothing else. Misses: names that look alike (a Cyrillic letter for a Latin one), and
//! misspellings; they are offered where a name is borne by nothing.

use crate::diagnostic::{Diagnostic, Kind, Place, quote};
use banbury_evidence::model::{Model, Source};
use std::collections::{BTreeMap, HashMap};
use unicode_normalization::UnicodeNormalization as _;

/// A name by which all its spellings are one.
pub(crate) fn folded(name: &str) -> String {
    let plain: String = name
        .nfkc()
        .filter(|letter| !matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}'))
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As queries compare it.
fn compared(name: &str) -> String {
    name.trim_matches(' ').to_ascii_lowercase()
}

/// Gives names of makers that differ only in such ways one spelling; what was changed is told.
pub(crate) fn unify(model: &mut Model) -> Vec<Diagnostic> {
    let mut told: BTreeMap<String, Diagnostic> = BTreeMap::new();
    // By the folded name, the spelling that stands first, and where.
    let mut first: HashMap<String, (String, Source)> = HashMap::new();
    // Spellings that were looked at, with what becomes of them.
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    let mut take = |name: &mut String, source: &Source| {
        if !known.contains_key(name.as_str()) {
            let (spelling, at) =
                first.entry(folded(name)).or_insert_with(|| (name.clone(), source.clone())).clone();
            let differs = compared(&spelling) != compared(name);
            if differs {
                let message = format!(
                    "{} is taken for {} ({}:{}): they differ only in case, blanks or how accents are encoded",
                    quote(name),
                    quote(&spelling),
                    at.file,
                    at.line
                );
                let place = Place { file: source.file.clone(), line: source.line, column: 0 };
                let hint = "write the name in one way; if there are two makers, give them names that differ";
                told.insert(name.clone(), place.warning(Kind::Remark, message).hint(hint));
            }
            known.insert(name.clone(), differs.then_some(spelling));
        }
        if let Some(Some(spelling)) = known.get(name.as_str()) {
            name.clone_from(spelling);
        }
    };
    for vendor in &mut model.vendors {
        take(&mut vendor.name, &vendor.source);
    }
    for designation in &mut model.designations {
        take(&mut designation.vendor, &designation.source);
    }
    for kind in &mut model.device_types {
        kind.manufacturer.iter_mut().for_each(|name| take(name, &kind.source));
    }
    for device in &mut model.devices {
        device.manufacturer.iter_mut().for_each(|name| take(name, &device.source));
    }
    for contract in &mut model.contracts {
        take(&mut contract.party, &contract.source);
        if contract.scope_kind == "manufacturer" {
            take(&mut contract.scope, &contract.source);
        }
    }
    for review in &mut model.reviews {
        take(&mut review.vendor, &review.source);
    }
    told.into_values().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use super::{folded, unify};
    use banbury_evidence::model::{Designation, Device, Model};
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_name_fold_to_one() {
        let spellings = [
            "Ångström Nät",
            "ångström NÄT",
            "A\u{30a}ngstro\u{308}m Na\u{308}t",
            " Ångström\u{a0}Nät",
            "Ångström  Nä\u{200b}t",
        ];
        for spelling in spellings {
            assert_eq!(folded(spelling), "ångström nät", "{spelling:?}");
        }
        assert_ne!(folded("Angström Nät"), folded("Ångström Nät"));
    }

    #[test]
    fn the_first_spelling_is_taken_where_a_query_would_see_two() {
        let device = |name: &str, maker: &str| Device {
            name: name.into(),
            manufacturer: Some(maker.into()),
            ..Device::default()
        };
        let mut model = Model {
            designations: vec![Designation { vendor: "ångström NÄT".into(), ..Designation::default() }],
            devices: vec![device("a", "Ångström Nät"), device("b", "Aster"), device("c", "ASTER ")],
            ..Model::default()
        };
        let told = unify(&mut model);
        let makers: Vec<&str> =
            model.devices.iter().filter_map(|device| device.manufacturer.as_deref()).collect();
        assert_eq!(makers, ["ångström NÄT", "Aster", "ASTER "], "what queries take for one stays as it is");
        assert_eq!(told.len(), 1);
        assert!(
            told[0].message.contains("\"Ångström Nät\" is taken for \"ångström NÄT\""),
            "{}",
            told[0].message
        );
    }

    proptest! {
        #[test]
        fn folding_is_settled_and_blind_to_case(name in "\\PC{0,12}") {
            let once = folded(&name);
            prop_assert_eq!(folded(&once), once.clone());
            prop_assert_eq!(folded(&name.to_ascii_uppercase()), folded(&name.to_ascii_lowercase()));
        }
    }
}
