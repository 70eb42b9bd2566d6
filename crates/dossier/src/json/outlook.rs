//! The member `outlook` of a dossier.

use crate::CaseReport;
use banbury_evidence::Verdict;
use banbury_regime::outlook as inner;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct Outlook<'a> {
    matrix: Matrix<'a>,
    trust: Trust<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeline: Option<Timeline<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<Vec<Answer<'a>>>,
}

type Counts = BTreeMap<&'static str, usize>;

#[derive(Serialize)]
struct Matrix<'a> {
    regimes: Vec<Column<'a>>,
    topics: Vec<Topic<'a>>,
    disagreements: Vec<Disagreement<'a>>,
}

#[derive(Serialize)]
struct Column<'a> {
    regime: &'a str,
    counts: Counts,
}

#[derive(Serialize)]
struct Topic<'a> {
    topic: &'a str,
    title: &'a str,
    cells: Vec<Cell<'a>>,
}

#[derive(Serialize)]
struct Cell<'a> {
    regime: &'a str,
    verdict: &'static str,
    measures: &'a [String],
    of: usize,
    reason: &'a str,
}

#[derive(Serialize)]
struct Disagreement<'a> {
    topic: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    more: usize,
    breached: Side<'a>,
    met: Side<'a>,
}

#[derive(Serialize)]
struct Side<'a> {
    regime: &'a str,
    measure: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct Trust<'a> {
    devices: usize,
    regimes: Vec<Covered<'a>>,
    elements: Vec<Element<'a>>,
}

#[derive(Serialize)]
struct Covered<'a> {
    regime: &'a str,
    lists: bool,
    certainty: &'static str,
    asked: usize,
    listed: usize,
    unlisted: usize,
}

#[derive(Serialize)]
struct Element<'a> {
    kind: &'static str,
    name: &'a str,
    devices: usize,
    /// Regimes that do not list it are left out.
    asked: Vec<Asked<'a>>,
}

#[derive(Serialize)]
struct Asked<'a> {
    regime: &'a str,
    class: &'a str,
    measures: &'a [String],
    in_some_cases: bool,
    note: &'a str,
    certainty: &'static str,
}

#[derive(Serialize)]
struct Timeline<'a> {
    days: usize,
    left_out: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<&'a str>,
    moments: Vec<Moment<'a>>,
}

#[derive(Serialize)]
struct Moment<'a> {
    date: &'a str,
    causes: &'a [String],
    turns: Vec<Turn<'a>>,
    counts: Counts,
}

#[derive(Serialize)]
struct Turn<'a> {
    regime: &'a str,
    measure: &'a str,
    from: &'static str,
    to: &'static str,
    breached_before: usize,
    breached_after: usize,
    reason: &'a str,
}

#[derive(Serialize)]
struct Answer<'a> {
    regime: &'a str,
    measure: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    decides: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<&'a str>,
    changes: Vec<Change<'a>>,
    tried: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'a str>,
}

#[derive(Serialize)]
struct Change<'a> {
    what: &'a str,
    names: &'a [String],
    then: &'static str,
    reason: &'a str,
    fewest: bool,
    runs: u32,
}

impl<'a> Outlook<'a> {
    pub fn of(report: &'a CaseReport) -> Self {
        let outlook = &report.outlook;
        Self {
            matrix: Matrix::of(&outlook.matrix),
            trust: Trust::of(&outlook.trust),
            timeline: outlook.timeline.as_ref().map(Timeline::of),
            answers: outlook.answers.as_ref().map(|answers| answers.iter().map(Answer::of).collect()),
        }
    }
}

fn counts(found: &[(Verdict, usize)]) -> Counts {
    found.iter().map(|(verdict, count)| (verdict.as_str(), *count)).collect()
}

impl<'a> Matrix<'a> {
    fn of(matrix: &'a inner::Matrix) -> Self {
        let names = || matrix.columns.iter().map(|column| column.regime.as_str());
        let cell = |(regime, cell): (&'a str, &'a Option<inner::Cell>)| {
            cell.as_ref().map(|cell| Cell {
                regime,
                verdict: cell.verdict.as_str(),
                measures: &cell.measures,
                of: cell.of,
                reason: &cell.reason,
            })
        };
        Self {
            regimes: matrix
                .columns
                .iter()
                .map(|column| Column { regime: &column.regime, counts: counts(&column.counts) })
                .collect(),
            topics: matrix
                .rows
                .iter()
                .map(|row| Topic {
                    topic: &row.topic,
                    title: &row.title,
                    cells: names().zip(&row.cells).filter_map(cell).collect(),
                })
                .collect(),
            disagreements: matrix
                .disagreements
                .iter()
                .map(|one| Disagreement {
                    topic: &one.topic,
                    subject: one.subject.as_deref(),
                    more: one.more,
                    breached: Side::of(&one.breached),
                    met: Side::of(&one.met),
                })
                .collect(),
        }
    }
}

impl<'a> Side<'a> {
    fn of(side: &'a inner::Side) -> Self {
        Self { regime: &side.regime, measure: &side.measure, reason: &side.reason }
    }
}

impl<'a> Trust<'a> {
    fn of(trust: &'a inner::Trust) -> Self {
        let asked = |element: &'a inner::Element| {
            let by_regime = trust.covered.iter().zip(&element.asked);
            let each = by_regime.flat_map(|(covered, asked)| asked.iter().map(move |one| (covered, one)));
            each.map(|(covered, one)| Asked {
                regime: &covered.regime,
                class: &one.class,
                measures: &one.measures,
                in_some_cases: one.in_some_cases,
                note: &one.note,
                certainty: one.certainty.as_str(),
            })
            .collect()
        };
        Self {
            devices: trust.devices,
            regimes: trust
                .covered
                .iter()
                .map(|covered| Covered {
                    regime: &covered.regime,
                    lists: covered.lists,
                    certainty: covered.certainty.as_str(),
                    asked: covered.asked,
                    listed: covered.listed,
                    unlisted: covered.unlisted,
                })
                .collect(),
            elements: trust
                .elements
                .iter()
                .map(|element| Element {
                    kind: element.kind,
                    name: &element.name,
                    devices: element.devices,
                    asked: asked(element),
                })
                .collect(),
        }
    }
}

impl<'a> Timeline<'a> {
    fn of(timeline: &'a inner::Timeline) -> Self {
        Self {
            days: timeline.days,
            left_out: timeline.left_out,
            last: timeline.last.as_deref(),
            moments: timeline
                .moments
                .iter()
                .map(|moment| Moment {
                    date: &moment.date,
                    causes: &moment.causes,
                    turns: moment
                        .turns
                        .iter()
                        .map(|turn| Turn {
                            regime: &turn.regime,
                            measure: &turn.measure,
                            from: turn.from.as_str(),
                            to: turn.to.as_str(),
                            breached_before: turn.breached.0,
                            breached_after: turn.breached.1,
                            reason: &turn.reason,
                        })
                        .collect(),
                    counts: counts(&moment.counts),
                })
                .collect(),
        }
    }
}

impl<'a> Answer<'a> {
    fn of(answer: &'a inner::Answer) -> Self {
        Self {
            regime: &answer.regime,
            measure: &answer.measure,
            decides: answer.decides.as_deref(),
            attestation: answer.row.as_deref(),
            changes: answer
                .changes
                .iter()
                .map(|change| Change {
                    what: &change.what,
                    names: &change.names,
                    then: change.then.as_str(),
                    reason: &change.reason,
                    fewest: change.fewest,
                    runs: change.runs,
                })
                .collect(),
            tried: &answer.tried,
            remedy: answer.remedy.as_deref(),
        }
    }
}
