//! The registry of report formats: every entry documented, every output pinned.
//!
//! The golden files in `golden/` are what the small sample gives. To write them anew after a change that is meant, run
//! the tests with `BANBURY_GOLDEN=write` and read the difference.

use crate::{CaseReport, InspectReport, REPORT_FORMATS, ReportFormat, report_format, sample};
use std::path::{Path, PathBuf};

fn golden(format: &ReportFormat, what: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(format!("{what}.{}", format.extension))
}

/// Every output of every format for the small sample.
fn outputs() -> Vec<(PathBuf, String)> {
    let (inspection, case): (InspectReport, CaseReport) = (sample::inspection(), sample::hostile());
    let mut all = Vec::new();
    for format in REPORT_FORMATS {
        if let Some(render) = format.inspect {
            all.push((golden(format, "inspect"), render(&inspection).unwrap()));
        }
        if let Some(render) = format.case {
            all.push((golden(format, "case"), render(&case).unwrap()));
        }
    }
    all
}

#[test]
fn every_format_is_documented() {
    let mut names = std::collections::BTreeSet::new();
    for format in REPORT_FORMATS {
        assert!(names.insert(format.name), "{} stands twice", format.name);
        assert!(format.name.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(
            !format.limits.is_empty() && format.limits.iter().all(|limit| limit.ends_with('.')),
            "{}",
            format.name
        );
        assert!(!format.title.is_empty() && !format.source.is_empty() && !format.media_type.is_empty());
        assert_ne!(format.applies_to(), "nothing");
        assert!(report_format(format.name).is_some());
    }
    assert!(report_format("docx").is_none());
}

#[test]
fn outputs_are_as_they_were() {
    let write = std::env::var_os("BANBURY_GOLDEN").is_some();
    for (path, text) in outputs() {
        if write {
            std::fs::write(&path, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if let Some(line) = expected.lines().zip(text.lines()).position(|(old, new)| old != new) {
            let at =
                |text: &str| text.lines().nth(line).unwrap_or_default().chars().take(400).collect::<String>();
            panic!("{} differs at line {}:\n- {}\n+ {}", path.display(), line + 1, at(&expected), at(&text));
        }
        assert!(expected == text, "{} differs in length", path.display());
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    assert!(outputs() == outputs());
}

#[test]
fn no_golden_file_is_left_over() {
    let known: Vec<PathBuf> = outputs().into_iter().map(|(path, _)| path).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(known.contains(&path), "{} belongs to no format", path.display());
    }
}
