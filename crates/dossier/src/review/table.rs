//! Vendors side by side: one table, the same rows for every one of them.
//!
//! A cell states what it is counted over: `3 in 2` images, `5/40 (13 %)` of executables. Rows are never added up.

use super::{Became, Review, Share, Subject, Yardstick};
use banbury_evidence::Grade;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What is counted, and over what.
    pub label: &'static str,
    /// What stands there for each vendor and product, in their order.
    pub cells: Vec<String>,
}

impl Review {
    /// The table.
    pub fn side_by_side(&self) -> Vec<Row> {
        let row = |(label, cell): (&'static str, Cell)| Row {
            label,
            cells: self.reviewed.iter().map(|one| cell(one, self)).collect(),
        };
        rows().into_iter().map(row).collect()
    }
}

type Cell = fn(&Subject, &Review) -> String;

/// What stands where nothing was looked at.
const NOTHING: &str = "not looked";

/// The rows of the table: a label, and what stands there for a vendor.
fn rows() -> Vec<(&'static str, Cell)> {
    fn now(one: &Subject, cell: impl Fn(&Yardstick) -> String) -> String {
        one.now.as_ref().map_or(NOTHING.to_owned(), cell)
    }
    fn graded(one: &Subject, grade: Grade) -> String {
        now(one, |now| format!("{} in {}", now.graded(grade), now.images))
    }
    fn became(one: &Subject, became: Became) -> String {
        if one.is_compared() { one.tally.count(became).to_string() } else { "not compared".to_owned() }
    }
    fn share(count: u64, of: u64) -> String {
        Share { count, of }
            .per_cent()
            .map_or("none".to_owned(), |per_cent| format!("{count}/{of} ({per_cent} %)"))
    }
    fn imports(one: &Subject, family: &str) -> String {
        now(one, |now| match now.copying.get(family) {
            Some(copying) => share(copying.share().count, copying.share().of),
            None if now.imports_looked.of > 0 => "none".to_owned(),
            None => NOTHING.to_owned(),
        })
    }
    vec![
        ("devices in the latest inventory", |one, _| {
            one.devices.map_or("-".to_owned(), |devices| devices.of.to_string())
        }),
        ("images looked at", |one, _| one.now.as_ref().map_or(0, |now| now.images).to_string()),
        ("findings high, in images", |one, _| graded(one, Grade::High)),
        ("findings medium, in images", |one, _| graded(one, Grade::Medium)),
        ("findings low, in images", |one, _| graded(one, Grade::Low)),
        ("  regressed", |one, _| became(one, Became::Regressed)),
        ("  new", |one, _| became(one, Became::New)),
        ("  came to light", |one, _| became(one, Became::CameToLight)),
        ("  remains", |one, _| became(one, Became::Remains)),
        ("  fixed", |one, _| became(one, Became::Fixed)),
        ("  not told", |one, _| became(one, Became::NotTold)),
        ("known vulnerabilities affecting", |one, _| {
            now(one, |now| now.known.map_or(NOTHING.to_owned(), |known| known.affecting.to_string()))
        }),
        ("  known to be exploited", |one, _| {
            now(one, |now| now.known.map_or(NOTHING.to_owned(), |known| known.exploited.to_string()))
        }),
        ("support ended, of components told", |one, _| {
            now(one, |now| now.support_ended.map_or(NOTHING.to_owned(), |ended| share(ended.count, ended.of)))
        }),
        ("products in several versions, of all", |one, _| {
            now(one, |now| share(now.copies.in_several_versions.count, now.copies.in_several_versions.of))
        }),
        ("executables that lack a protection", |one, _| {
            now(one, |now| share(now.unprotected.count, now.unprotected.of))
        }),
        ("unchecked imports, memcpy-like", |one, _| imports(one, "memcpy")),
        ("unchecked imports, strcpy-like", |one, _| imports(one, "strcpy")),
        ("unchecked imports, sprintf-like", |one, _| imports(one, "sprintf")),
        ("executables whose imports cannot be told", |one, _| {
            now(one, |now| share(now.imports_looked.count, now.imports_looked.of))
        }),
        ("entries in the catalogue of exploited ones", |one, review| {
            let catalogue = review.exploitation.catalogue.as_ref();
            let Some(vendor) = &one.vendor else { return "-".to_owned() };
            let asked = catalogue.map(|catalogue| catalogue.asked.iter().find(|asked| asked.name == *vendor));
            match asked {
                None => NOTHING.to_owned(),
                Some(asked) => asked.map_or(0, |asked| asked.entries).to_string(),
            }
        }),
    ]
}
