//! Regimes side by side: counts by verdict, the worst verdict by topic, and where they disagree.

use crate::metadata::{Overrides, Regime};
use crate::topic::TOPICS;
use banbury_evidence::{MeasureResult, RegimeResult, SubjectVerdict, Verdict};
use std::collections::BTreeMap;

/// Regimes side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix {
    /// The regimes, in their order.
    pub columns: Vec<Column>,
    /// The topics that a measure of a regime has, each with a cell for every regime.
    pub rows: Vec<Row>,
    /// Where one regime says met and another breached.
    pub disagreements: Vec<Disagreement>,
}

/// A regime with its counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its identifier.
    pub regime: String,
    /// Its title.
    pub title: String,
    /// How many of its measures have each verdict, worst first; those that do not occur are left out.
    pub counts: Vec<(Verdict, usize)>,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its identifier.
    pub topic: String,
    /// Its title.
    pub title: String,
    /// What each regime says of it; absent where a regime has no measure on it.
    pub cells: Vec<Option<Cell>>,
}

/// What one regime says of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The worst verdict.
    pub verdict: Verdict,
    /// The regime's measures on the topic that have it, in their order.
    pub measures: Vec<String>,
    /// How many measures the regime has on the topic.
    pub of: usize,
    /// The reason of the first of `measures`.
    pub reason: String,
}

/// A topic, or a device under one, that one regime finds met and another breached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The topic's title.
    pub topic: String,
    /// The device or other subject that both speak of; absent when it is the topic as a whole.
    pub subject: Option<String>,
    /// How many more subjects the same two measures disagree about.
    pub more: usize,
    /// Who finds it breached.
    pub breached: Side,
    /// Who finds it met.
    pub met: Side,
}

/// One side of a disagreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// The regime.
    pub regime: String,
    /// The measure.
    pub measure: String,
    /// Its reason.
    pub reason: String,
}

const WORST_FIRST: [Verdict; 4] =
    [Verdict::Breached, Verdict::Inconclusive, Verdict::Met, Verdict::NotApplicable];

/// Puts the results of regimes side by side.
pub fn matrix(regimes: &[(Regime, Overrides)], results: &[RegimeResult]) -> Matrix {
    let topics: BTreeMap<(&str, &str), &str> = regimes
        .iter()
        .flat_map(|(regime, _)| {
            let topic = |measure: &crate::Measure| measure.topic.map(|topic| topic.id);
            regime
                .measures
                .iter()
                .filter_map(move |measure| Some(((regime.id.as_str(), measure.id.as_str()), topic(measure)?)))
        })
        .collect();
    let on = |result: &RegimeResult, measure: &MeasureResult, topic: &str| {
        topics.get(&(result.regime.as_str(), measure.measure.as_str())) == Some(&topic)
    };
    let columns = results.iter().map(|result| Column {
        regime: result.regime.clone(),
        title: result.title.clone(),
        counts: WORST_FIRST
            .into_iter()
            .map(|wanted| (wanted, result.measures.iter().filter(|one| one.verdict == wanted).count()))
            .filter(|(_, count)| *count > 0)
            .collect(),
    });
    let mut matrix = Matrix { columns: columns.collect(), ..Matrix::default() };
    for topic in TOPICS {
        let by_regime: Vec<(&RegimeResult, Vec<&MeasureResult>)> = results
            .iter()
            .map(|result| {
                (result, result.measures.iter().filter(|measure| on(result, measure, topic.id)).collect())
            })
            .collect();
        let cells: Vec<Option<Cell>> = by_regime.iter().map(|(_, measures)| cell(measures)).collect();
        if cells.iter().all(Option::is_none) {
            continue;
        }
        disagree(topic.title, &by_regime, &cells, &mut matrix.disagreements);
        matrix.rows.push(Row { topic: topic.id.to_owned(), title: topic.title.to_owned(), cells });
    }
    matrix
}

fn cell(measures: &[&MeasureResult]) -> Option<Cell> {
    let verdict = measures.iter().map(|measure| measure.verdict).min()?;
    let worst: Vec<&&MeasureResult> = measures.iter().filter(|measure| measure.verdict == verdict).collect();
    Some(Cell {
        verdict,
        measures: worst.iter().map(|measure| measure.measure.clone()).collect(),
        of: measures.len(),
        reason: worst.first().map(|measure| measure.reason.clone()).unwrap_or_default(),
    })
}

/// Compares every two regimes on a topic: as a whole, and subject by subject where a measure of each speaks of the same one.
fn disagree(
    topic: &str,
    by_regime: &[(&RegimeResult, Vec<&MeasureResult>)],
    cells: &[Option<Cell>],
    found: &mut Vec<Disagreement>,
) {
    let side = |result: &RegimeResult, measure: &str, reason: &str| Side {
        regime: result.regime.clone(),
        measure: measure.to_owned(),
        reason: reason.to_owned(),
    };
    let whole = |result: &RegimeResult, cell: &Cell| {
        side(result, cell.measures.first().map(String::as_str).unwrap_or_default(), &cell.reason)
    };
    for ((strict, theirs), cell) in by_regime.iter().zip(cells) {
        if cell.as_ref().is_none_or(|cell| cell.verdict != Verdict::Breached) {
            continue;
        }
        for ((lenient, ours), other) in by_regime.iter().zip(cells) {
            if let (Some(cell), Some(other)) =
                (cell, other.as_ref().filter(|other| other.verdict == Verdict::Met))
            {
                found.push(Disagreement {
                    topic: topic.to_owned(),
                    subject: None,
                    more: 0,
                    breached: whole(strict, cell),
                    met: whole(lenient, other),
                });
            } else if strict.regime != lenient.regime {
                for breached in theirs.iter().filter(|measure| measure.verdict == Verdict::Breached) {
                    for met in ours {
                        subjects(topic, (strict, breached), (lenient, met), &side, found);
                    }
                }
            }
        }
    }
}

fn subjects(
    topic: &str,
    (strict, breached): (&RegimeResult, &MeasureResult),
    (lenient, met): (&RegimeResult, &MeasureResult),
    side: &dyn Fn(&RegimeResult, &str, &str) -> Side,
    found: &mut Vec<Disagreement>,
) {
    let fine: BTreeMap<&str, &SubjectVerdict> = met
        .subjects
        .iter()
        .filter(|row| row.verdict == Verdict::Met && row.subject != "network")
        .map(|row| (row.subject.as_str(), row))
        .collect();
    let both: Vec<(&SubjectVerdict, &SubjectVerdict)> = breached
        .subjects
        .iter()
        .filter(|row| row.verdict == Verdict::Breached)
        .filter_map(|row| Some((row, *fine.get(row.subject.as_str())?)))
        .collect();
    if let Some((theirs, ours)) = both.first() {
        found.push(Disagreement {
            topic: topic.to_owned(),
            subject: Some(theirs.subject.clone()),
            more: both.len() - 1,
            breached: side(strict, &breached.measure, &theirs.reason),
            met: side(lenient, &met.measure, &ours.reason),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A measure's name, its verdict, and its subjects.
    type Told<'a> = (&'a str, Verdict, &'a [(&'a str, Verdict)]);

    fn result(regime: &str, measures: &[Told<'_>]) -> RegimeResult {
        RegimeResult {
            regime: regime.to_owned(),
            title: regime.to_owned(),
            version: "1".to_owned(),
            as_of: "2026-01-01".to_owned(),
            measures: measures
                .iter()
                .map(|(measure, verdict, subjects)| MeasureResult {
                    measure: (*measure).to_owned(),
                    title: String::new(),
                    clause: String::new(),
                    verdict: *verdict,
                    reason: format!("{measure} says so."),
                    subjects: subjects
                        .iter()
                        .map(|(subject, verdict)| SubjectVerdict {
                            subject: (*subject).to_owned(),
                            verdict: *verdict,
                            reason: format!("{subject} is so."),
                        })
                        .collect(),
                })
                .collect(),
        }
    }

    fn regimes(names: &[&str]) -> Vec<(Regime, Overrides)> {
        names.iter().map(|name| (crate::find(name).unwrap().unwrap(), Overrides::new())).collect()
    }

    #[test]
    fn topics_stand_side_by_side_with_the_worst_verdict() {
        let regimes = regimes(&["practice-2019", "uk-hrv-2020"]);
        let results = [
            result(
                "practice-2019",
                &[("sensitive-networks", Verdict::Met, &[]), ("redundancy", Verdict::Met, &[])],
            ),
            result(
                "uk-hrv-2020",
                &[
                    ("core-5g", Verdict::Met, &[]),
                    ("core-4g", Verdict::Inconclusive, &[]),
                    ("sensitive-sites", Verdict::Breached, &[]),
                ],
            ),
        ];
        let matrix = matrix(&regimes, &results);
        let topics: Vec<&str> = matrix.rows.iter().map(|row| row.topic.as_str()).collect();
        assert_eq!(topics, ["core", "sensitive-sites", "redundancy"]);
        assert_eq!(matrix.rows[0].cells[0], None);
        let core = matrix.rows[0].cells[1].as_ref().unwrap();
        assert_eq!(
            (core.verdict, core.of, core.measures.as_slice()),
            (Verdict::Inconclusive, 2, &["core-4g".to_owned()][..])
        );
        assert_eq!(
            matrix.columns[1].counts,
            [(Verdict::Breached, 1), (Verdict::Inconclusive, 1), (Verdict::Met, 1)]
        );
        let [only] = matrix.disagreements.as_slice() else { panic!("{:?}", matrix.disagreements) };
        assert_eq!(
            (only.breached.regime.as_str(), only.met.regime.as_str()),
            ("uk-hrv-2020", "practice-2019")
        );
        assert_eq!(
            (only.subject.as_deref(), only.met.reason.as_str()),
            (None, "sensitive-networks says so.")
        );
    }

    #[test]
    fn devices_are_compared_where_both_regimes_breach_the_topic() {
        let regimes = regimes(&["practice-2019", "uk-hrv-2020"]);
        let (bad, good) = (Verdict::Breached, Verdict::Met);
        let results = [
            result("practice-2019", &[("sensitive-networks", bad, &[("a", bad), ("b", bad), ("c", good)])]),
            result("uk-hrv-2020", &[("sensitive-sites", bad, &[("a", good), ("b", good), ("c", bad)])]),
        ];
        let found = matrix(&regimes, &results).disagreements;
        let told: Vec<(Option<&str>, usize, &str)> = found
            .iter()
            .map(|one| (one.subject.as_deref(), one.more, one.breached.regime.as_str()))
            .collect();
        assert_eq!(told, [(Some("a"), 1, "practice-2019"), (Some("c"), 0, "uk-hrv-2020")]);
    }
}
