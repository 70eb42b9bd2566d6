//! A process killed at any moment loses at most the exhibit it was working on, never the case.

mod support;

use banbury_evidence::case::Case;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use support::{banbury, command, root};

/// How often the case is killed.
const KILLS: u32 = 50;

#[test]
fn a_killed_assessment_loses_nothing_that_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let pattern = folder.path().join("pattern");
    // How long the whole takes decides the range that the moments are drawn from.
    let start = Instant::now();
    prepare(&pattern);
    assess(&pattern).wait().unwrap();
    let whole = start.elapsed();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut claims_before = 0;
    let mut case = folder.path().join("case-0");
    prepare(&case);
    for round in 0..KILLS {
        // A new case now and then, so that the first inspection is interrupted too.
        if round % 5 == 0 {
            case = folder.path().join(format!("case-{round}"));
            if !case.exists() {
                prepare(&case);
            }
            claims_before = 0;
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (state >> 40) as f64 / (1u64 << 24) as f64;
        let mut child = assess(&case);
        std::thread::sleep(whole.mul_f64(share).min(Duration::from_secs(20)));
        // It may have come to its end already; then there is nothing to kill.
        let _ = child.kill();
        child.wait().unwrap();
        let opened = Case::open(&case).unwrap();
        let check: String =
            opened.ledger.connection().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok", "round {round}");
        let claims = opened.ledger.claims(None).unwrap().len();
        assert!(claims >= claims_before, "round {round}: {claims} claims, were {claims_before}");
        claims_before = claims;
        assert!(!opened.ledger.exhibits().unwrap().is_empty());
        // Every examination on record is whole: its unpacking and every probe.
        let runs = opened.ledger.runs().unwrap();
        let examinations = runs.iter().filter(|run| run.probe == "unpack").count();
        let probes = banbury_firmware::probes::PROBES.len();
        let probe_runs = runs.iter().filter(|run| run.exhibit.is_some() && run.probe != "unpack").count();
        assert_eq!(probe_runs, examinations * probes, "round {round}");
    }
    // The case that was killed goes on as if nothing had been.
    assess(&case).wait().unwrap();
    let (whole, killed) = (Case::open(&pattern).unwrap(), Case::open(&case).unwrap());
    let fingerprints = |case: &Case| {
        let claims = case.ledger.claims(None).unwrap();
        claims.into_iter().map(|stored| stored.fingerprint).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(fingerprints(&whole), fingerprints(&killed));
    assert!(!fingerprints(&whole).is_empty());
}

fn prepare(case: &std::path::Path) {
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

fn assess(case: &std::path::Path) -> Child {
    let mut command = command();
    command.arg("assess").arg(case).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}
