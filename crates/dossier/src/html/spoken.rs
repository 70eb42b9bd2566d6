//! What the regimes say of each subject, by its name: made once for a page.

use crate::report::CaseReport;
use banbury_evidence::{MeasureResult, RegimeResult, SubjectVerdict, Verdict};
use std::collections::HashMap;

/// A verdict with the regime and measure that it is of.
pub(super) type Word<'a> = (&'a RegimeResult, &'a MeasureResult, &'a SubjectVerdict);

/// Every subject's verdicts.
pub(super) struct Spoken<'a> {
    by_name: HashMap<&'a str, Vec<Word<'a>>>,
}

impl<'a> Spoken<'a> {
    pub fn of(report: &'a CaseReport) -> Self {
        let mut by_name: HashMap<&str, Vec<Word<'_>>> = HashMap::new();
        for regime in &report.regimes {
            for measure in &regime.measures {
                for subject in &measure.subjects {
                    by_name.entry(&subject.subject).or_default().push((regime, measure, subject));
                }
            }
        }
        for list in by_name.values_mut() {
            list.sort_by_key(|(.., subject)| subject.verdict);
        }
        Self { by_name }
    }

    /// The verdicts of a subject, worst first.
    pub fn on(&self, name: &str) -> &[Word<'a>] {
        self.by_name.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The worst of them.
    pub fn worst(&self, name: &str) -> Option<Verdict> {
        self.on(name).first().map(|(.., subject)| subject.verdict)
    }
}
