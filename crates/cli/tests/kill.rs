//! A process killed at any moment loses at most the exhibit it was working on, never the case.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use banbury_evidence::{Digest, case::Case};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use support::{banbury, command, root};

/// How often the case is killed.
const KILLS: u32 = 50;

#[test]
fn a_killed_assessment_loses_nothing_that_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let pattern = folder.path().join("pattern");
    prepare(&pattern);
    let prepared = folder.path().join("prepared");
    copy(&pattern, &prepared);
    let exhibits = Case::open(&prepared).unwrap().ledger.exhibits().unwrap().len();
    assert!(exhibits > 6, "the island is of inventories and images");
    // How long the whole takes decides the range that the moments are drawn from.
    let start = Instant::now();
    assess(&pattern).wait().unwrap();
    let mut whole = start.elapsed();
    let expected = fingerprints(&pattern);
    assert!(!expected.is_empty());
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let (mut killed, mut inside) = (0, 0);
    for round in 0..4 * KILLS {
        if killed == KILLS {
            break;
        }
        let case = folder.path().join("case");
        copy(&prepared, &case);
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (state >> 40) as f64 / (1u64 << 24) as f64;
        let (mut child, start) = (assess(&case), Instant::now());
        let moment = whole.mul_f64(share).min(Duration::from_secs(20));
        while start.elapsed() < moment && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        // It may have come to its end already; then there is nothing to kill, the round does not count, and the whole takes less
        // than it did.
        if child.try_wait().unwrap().is_some() {
            whole = whole.min(start.elapsed());
        }
        let _ = child.kill();
        let status = child.wait().unwrap();
        killed += u32::from(std::os::unix::process::ExitStatusExt::signal(&status) == Some(9));
        let opened = Case::open(&case).unwrap();
        let check: String =
            opened.ledger.connection().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok", "round {round}");
        assert_eq!(opened.ledger.exhibits().unwrap().len(), exhibits, "round {round}");
        // Every examination on record is whole: its unpacking and every probe.
        let runs = opened.ledger.runs().unwrap();
        let examinations = runs.iter().filter(|run| run.probe == "unpack").count();
        let probes = banbury_firmware::probes::PROBES.len();
        // What is known of it is looked up behind each, as runs by themselves.
        let others = ["unpack", banbury_software::vulnerabilities::PROBE, banbury_software::support::PROBE];
        let probe_runs =
            runs.iter().filter(|run| run.exhibit.is_some() && !others.contains(&run.probe.as_str())).count();
        assert_eq!(probe_runs, examinations * probes, "round {round}");
        let looked_up = runs.iter().filter(|run| run.probe == others[1]).count();
        assert!(looked_up <= examinations, "round {round}");
        inside += u32::from(examinations < 2);
        // The case that was killed goes on as if nothing had been.
        if round % 10 == 0 {
            drop(opened);
            assess(&case).wait().unwrap();
            assert_eq!(fingerprints(&case), expected, "round {round}");
        }
        std::fs::remove_dir_all(&case).unwrap();
    }
    assert_eq!(killed, KILLS, "so many kills hit a running assessment");
    assert!(inside >= 10, "only {inside} kills hit an assessment before its images were inspected");
}

fn fingerprints(case: &Path) -> BTreeSet<Digest> {
    let claims = Case::open(case).unwrap().ledger.claims(None).unwrap();
    claims.into_iter().map(|stored| stored.fingerprint).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn prepare(case: &Path) {
    let output = banbury(&["init".as_ref(), case.as_os_str()]);
    assert!(output.status.success(), "{}", support::stderr(&output));
    let example = root().join("examples/island");
    let mut arguments = vec!["add".into(), case.as_os_str().to_owned()];
    for part in ["network", "images"] {
        for entry in std::fs::read_dir(example.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
            if (part == "network") == (ending == "csv") && ["csv", "bin", "img"].contains(&ending.as_str()) {
                arguments.push(path.into());
            }
        }
    }
    assert!(arguments.len() > 6, "{arguments:?}");
    let output = banbury(&arguments);
    assert!(output.status.success(), "{}", support::stderr(&output));
}

fn assess(case: &Path) -> Child {
    let mut command = command();
    // The outlook records nothing, and would make most of the time.
    command.args(["assess", "--outlook", "never"]).arg(case).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}
