//! The verdicts that a scenario changes: the regimes applied to a copy of the ledger with the changed network. A measure that stays
//! breached counts as changed when another number of subjects is.

use anyhow::Context as _;
use banbury_evidence::case::Case;
use banbury_evidence::model::Model;
use banbury_evidence::{MeasureResult, RegimeResult, Verdict};
use banbury_regime::{LedgerCopy, Overrides, Regime, Stopping, apply_in};

/// What a copy of the ledger is made for: the start of its name.
pub(super) const PURPOSE: &str = "what-if";

/// What is said where no copy or scratch can be made.
const NEEDED: &str = "verdicts need a copy of the ledger and room beside it; --verdicts never does without";

/// A measure whose verdict is another in a scenario.
pub(super) struct Change {
    pub regime: String,
    pub measure: String,
    pub title: String,
    pub before: Verdict,
    pub after: Verdict,
    /// Subjects that are breached, before and after.
    pub breached: [usize; 2],
    /// Why, in the scenario.
    pub reason: String,
}

/// The verdicts on the network as it is.
pub(super) struct Before {
    results: Vec<RegimeResult>,
}

impl Before {
    pub fn of(case: &Case, regimes: &[(Regime, Overrides)], as_of: &str) -> anyhow::Result<Self> {
        let applied = apply_in(case.root(), PURPOSE, case.ledger.path(), regimes, &[as_of]);
        Ok(Self { results: applied.context(NEEDED)?.into_iter().flatten().collect() })
    }

    /// What is another on the changed network.
    pub fn changes(
        &self,
        case: &Case,
        changed: &Model,
        regimes: &[(Regime, Overrides)],
        as_of: &str,
    ) -> anyhow::Result<Vec<Change>> {
        let copy = LedgerCopy::make(&case.ledger, case.root(), PURPOSE);
        let applied = copy.apply(Some(changed), regimes, &[as_of], &Stopping::default()).context(NEEDED)?;
        let after: Vec<RegimeResult> = applied.into_iter().flatten().collect();
        let measures = |results: &[RegimeResult]| -> Vec<(String, MeasureResult)> {
            let each = results.iter().flat_map(|regime| {
                regime.measures.iter().map(|measure| (regime.regime.clone(), measure.clone()))
            });
            each.collect()
        };
        let pairs = measures(&self.results).into_iter().zip(measures(&after));
        let mut changes: Vec<Change> = pairs
            .filter(|((_, before), (_, after))| {
                before.verdict != after.verdict || breached(before) != breached(after)
            })
            .map(|((regime, before), (_, after))| Change {
                regime,
                breached: [breached(&before), breached(&after)],
                measure: after.measure,
                title: after.title,
                before: before.verdict,
                after: after.verdict,
                reason: after.reason,
            })
            .collect();
        changes.sort_by(|a, b| (a.after, &a.regime, &a.measure).cmp(&(b.after, &b.regime, &b.measure)));
        Ok(changes)
    }
}

fn breached(measure: &MeasureResult) -> usize {
    measure.subjects.iter().filter(|subject| subject.verdict == Verdict::Breached).count()
}
