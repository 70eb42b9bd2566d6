//! Every measure of every built-in regime has a worked example for each verdict, or says why the verdict cannot occur.
//! `docs/regimes.md` describes an example's file.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "another test makes inspected images by name")]
mod case;

use banbury_evidence::ledger::Ledger;
use banbury_evidence::{SubjectVerdict, Verdict};
use banbury_regime::{Measure, Regime, Workbench, apply, apply_all, builtin};
use case::Example;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const VERDICTS: [Verdict; 3] = [Verdict::Met, Verdict::Breached, Verdict::Inconclusive];

fn folder(regime: &Regime) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../regimes").join(&regime.id).join("examples")
}

/// The examples of a measure: its own, or for one by attestation those that all such measures share.
fn examples(regime: &Regime, measure: &Measure) -> PathBuf {
    if measure.attested {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../regimes/attested-examples")
    } else {
        folder(regime).join(&measure.id)
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// The measures to try together, and the example for them: a computed measure by itself, all by attestation at once.
struct Trial {
    regime: Regime,
    path: PathBuf,
    example: Example,
}

fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for regime in builtin().unwrap() {
        for measure in regime.measures.iter().filter(|measure| !measure.attested) {
            for path in tomls(&examples(&regime, measure)) {
                let example = Example::read(&path, &regime.id, &measure.id);
                let mut only = regime.clone();
                only.measures.retain(|other| other.id == measure.id);
                trials.push(Trial { regime: only, path, example });
            }
        }
        let mut attested = regime.clone();
        attested.measures.retain(|measure| measure.attested);
        let Some(first) = attested.measures.first().cloned() else { continue };
        for path in tomls(&examples(&attested, &first)) {
            let mut example = Example::read(&path, &regime.id, &first.id);
            for measure in &attested.measures[1..] {
                example.attest(Example::read(&path, &regime.id, &measure.id));
            }
            trials.push(Trial { regime: attested.clone(), path, example });
        }
    }
    trials
}

fn tomls(folder: &Path) -> Vec<PathBuf> {
    let mut files = files(folder);
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files
}

/// The verdict that a file's name starts with.
fn named(path: &Path) -> Verdict {
    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
    [
        ("met", Verdict::Met),
        ("breached", Verdict::Breached),
        ("inconclusive", Verdict::Inconclusive),
        ("not-applicable", Verdict::NotApplicable),
    ]
    .into_iter()
    .find(|(word, _)| stem == *word || stem.starts_with(&format!("{word}-")))
    .unwrap_or_else(|| panic!("{}: name it <verdict>.toml or <verdict>-<what>.toml", path.display()))
    .1
}

#[test]
fn every_measure_has_an_example_for_each_verdict() {
    for regime in builtin().unwrap() {
        for measure in &regime.measures {
            let folder = examples(&regime, measure);
            let files = files(&folder);
            let shown: BTreeSet<Verdict> = files
                .iter()
                .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
                .map(|path| named(path))
                .collect();
            for verdict in VERDICTS {
                let excuse = folder.join(format!("none-{}.txt", verdict.as_str()));
                let excused = excuse.is_file();
                assert_ne!(
                    shown.contains(&verdict),
                    excused,
                    "{}: either an example or {} with the reason why there is none",
                    folder.display(),
                    excuse.display()
                );
                if excused {
                    assert!(
                        std::fs::read_to_string(&excuse).unwrap().trim().len() > 20,
                        "{}",
                        excuse.display()
                    );
                }
            }
        }
        let computed = regime.measures.iter().filter(|measure| !measure.attested);
        let known: BTreeSet<String> = computed.map(|measure| measure.id.clone()).collect();
        let own = folder(&regime);
        let there: BTreeSet<String> = if own.is_dir() { files(&own) } else { Vec::new() }
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(known, there, "{}: examples of measures that are not there", regime.id);
    }
}

#[test]
fn every_example_comes_to_the_verdict_it_states() {
    let mut wrong = Vec::new();
    for Trial { regime, path, example } in trials() {
        let mut ledger = example.ledger();
        let assessment =
            apply(ledger.connection_mut(), &regime, &example.parameters, &example.as_of).unwrap();
        let problems: Vec<String> = assessment.problems.iter().map(ToString::to_string).collect();
        assert!(problems.is_empty(), "{}: {}", path.display(), problems.join("\n"));
        assert_eq!(assessment.result.measures.len(), regime.measures.len());
        for result in &assessment.result.measures {
            let all: Vec<String> = result
                .subjects
                .iter()
                .map(|SubjectVerdict { subject, verdict, reason }| {
                    format!("{subject}: {}: {reason}", verdict.as_str())
                })
                .chain([result.reason.clone()])
                .collect();
            let told = all.iter().any(|line| line.contains(&example.reason));
            if result.verdict != named(&path) || !told {
                wrong.push(format!(
                    "{} for {}/{}\n  comes to {}, with\n    {}\n  wanted: {}",
                    path.display(),
                    regime.id,
                    result.measure,
                    result.verdict.as_str(),
                    all.join("\n    "),
                    example.reason
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_ledger_gives_the_same_result() {
    for Trial { regime, example, .. } in trials() {
        let run = || {
            let mut ledger = example.ledger();
            apply(ledger.connection_mut(), &regime, &example.parameters, &example.as_of).unwrap().result
        };
        assert_eq!(serde_json::to_string(&run()).unwrap(), serde_json::to_string(&run()).unwrap());
    }
}

#[test]
fn a_workbench_gives_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    for (number, Trial { regime, path, example }) in trials().into_iter().enumerate().step_by(3) {
        let file = folder.path().join(format!("{number}.sqlite"));
        let mut ledger = example.ledger_in(Ledger::create(&file).unwrap());
        let plain = apply(ledger.connection_mut(), &regime, &example.parameters, &example.as_of).unwrap();
        let both = [(regime.clone(), example.parameters.clone()), (regime, example.parameters)];
        let scratch = folder.path().join("scratch");
        let bench = Workbench::lay(&file, &scratch).unwrap();
        let laid = apply_all(&bench, &both, &example.as_of).unwrap();
        drop(bench);
        assert!(!scratch.exists(), "the scratch file is left behind");
        let texts: Vec<String> = [&plain, &laid[0], &laid[1]]
            .map(|assessment| serde_json::to_string(&assessment.result).unwrap())
            .into();
        assert_eq!((&texts[0], &texts[0]), (&texts[1], &texts[2]), "{}", path.display());
    }
}

#[test]
fn an_empty_ledger_meets_nothing() {
    for regime in builtin().unwrap() {
        let mut ledger = banbury_evidence::ledger::Ledger::in_memory().unwrap();
        let result =
            apply(ledger.connection_mut(), &regime, &Default::default(), "2030-06-01").unwrap().result;
        for measure in &result.measures {
            assert_eq!(measure.verdict, Verdict::Inconclusive, "{}/{}", regime.id, measure.measure);
            assert!(measure.reason.contains("not imported"), "{}", measure.reason);
        }
    }
}
