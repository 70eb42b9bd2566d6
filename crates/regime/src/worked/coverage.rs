//! Which worked examples a regime has, and which it lacks.

use crate::error::Diagnostic;
use crate::folder::Files;
use crate::metadata::{Measure, Regime};
use crate::near;
use banbury_evidence::Verdict;
use std::collections::BTreeSet;

/// Examples for every measure by attestation: `regimes/attested-examples/*.toml`.
static ATTESTED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/attested_examples.rs"));

/// The verdicts that every measure shows, or says why it cannot.
const SHOWN: [Verdict; 3] = [Verdict::Met, Verdict::Breached, Verdict::Inconclusive];

/// A reason why there is no example is a sentence.
const SHORTEST_REASON: usize = 20;

/// The verdict that a file's name starts with.
pub(super) fn named(file: &str) -> Option<Verdict> {
    let name = file.rsplit('/').next().unwrap_or_default();
    let stem = name.strip_suffix(".toml")?;
    [
        ("met", Verdict::Met),
        ("breached", Verdict::Breached),
        ("inconclusive", Verdict::Inconclusive),
        ("not-applicable", Verdict::NotApplicable),
    ]
    .into_iter()
    .find(|(word, _)| stem.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')))
    .map(|(_, verdict)| verdict)
}

/// The examples of a part of a regime, with their files: of its one computed measure, or those for all by attestation.
pub(super) fn examples<'a>(part: &Regime, files: &'a Files) -> Vec<(String, &'a str)> {
    match part.measures.first() {
        Some(measure) if measure.attested => {
            ATTESTED.iter().map(|(name, text)| (format!("attested-examples/{name}"), *text)).collect()
        }
        Some(measure) => own(measure, files)
            .map(|(path, text)| (format!("{}/{path}", part.id), text.as_str()))
            .filter(|(path, _)| path.ends_with(".toml"))
            .collect(),
        None => Vec::new(),
    }
}

/// The files among a measure's examples, by their paths in the folder.
fn own<'a>(measure: &Measure, files: &'a Files) -> impl Iterator<Item = (&'a String, &'a String)> {
    let prefix = format!("examples/{}/", measure.id);
    files.iter().filter(move |(path, _)| path.starts_with(&prefix))
}

/// What is missing among the examples, or wrongly named.
pub(super) fn failures(regime: &Regime, files: &Files) -> Vec<Diagnostic> {
    let mut failures = Vec::new();
    let mut fault = |path: &str, cause: String, hint: String| {
        failures.push(Diagnostic::at(&format!("{}/{path}", regime.id), "", None, cause).hint(hint));
    };
    for measure in regime.measures.iter().filter(|measure| !measure.attested) {
        let folder = format!("examples/{}", measure.id);
        let mut shown = BTreeSet::new();
        for (path, _) in own(measure, files).filter(|(path, _)| path.ends_with(".toml")) {
            match named(path) {
                Some(verdict) => {
                    shown.insert(verdict);
                }
                None => fault(
                    path,
                    "the file's name states no verdict".to_owned(),
                    "name it <verdict>.toml or <verdict>-<what>.toml: met, breached, inconclusive, not-applicable"
                        .to_owned(),
                ),
            }
        }
        for verdict in SHOWN {
            let excuse = format!("{folder}/none-{}.txt", verdict.as_str());
            match (files.get(&excuse), shown.contains(&verdict)) {
                (None, true) => {}
                (Some(_), true) => fault(
                    &excuse,
                    format!("it says why no example is {}, and there is one", verdict.as_str()),
                    "take out one of the two".to_owned(),
                ),
                (Some(text), false) if text.trim().len() <= SHORTEST_REASON => fault(
                    &excuse,
                    format!("it does not say why no example is {}", verdict.as_str()),
                    "write a sentence".to_owned(),
                ),
                (Some(_), false) => {}
                (None, false) => fault(
                    &folder,
                    format!("the measure {} has no example that is {}", measure.id, verdict.as_str()),
                    format!(
                        "add {}.toml, a tiny network, or none-{0}.txt with the reason why there is none",
                        verdict.as_str()
                    ),
                ),
            }
        }
    }
    let computed =
        || regime.measures.iter().filter(|measure| !measure.attested).map(|measure| measure.id.as_str());
    let folders: BTreeSet<&str> =
        files.keys().filter_map(|path| path.strip_prefix("examples/")?.split('/').next()).collect();
    for stray in folders.into_iter().filter(|stray| !computed().any(|id| id == *stray)) {
        let cause =
            format!("these are examples of a measure {stray:?}, and there is no such computed measure");
        fault(
            &format!("examples/{stray}"),
            cause,
            near::hint("measures", stray, computed().collect::<Vec<_>>()),
        );
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_states_its_verdict() {
        for (name, verdict) in [
            ("r/examples/m/met.toml", Some(Verdict::Met)),
            ("met-two-sites.toml", Some(Verdict::Met)),
            ("breached-old.toml", Some(Verdict::Breached)),
            ("not-applicable.toml", Some(Verdict::NotApplicable)),
            ("metal.toml", None),
            ("inconclusive.txt", None),
        ] {
            assert_eq!(named(name), verdict, "{name}");
        }
    }
}
