use super::compared::Compared;
use super::{model, outlook, software};
use crate::holdings::Holdings;
use crate::{CaseReport, Explanation, InspectReport, Technique, report};
use banbury_evidence as inner;
use serde::Serialize;
use std::collections::BTreeMap;

/// Subjects of a measure that are listed, the worst first; the ledger's view `verdicts` has all.
pub(super) const SUBJECTS: usize = 20_000;

/// The `inspect` document.
#[derive(Serialize)]
pub(super) struct Inspection<'a> {
    schema: &'static str,
    banbury: &'static str,
    as_of: &'a str,
    exhibits: Vec<Examined<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comparisons: Vec<Compared>,
    explanations: BTreeMap<&'a str, Explained<'a>>,
}

/// The `dossier` document.
#[derive(Serialize)]
pub(super) struct Dossier<'a> {
    schema: &'static str,
    banbury: &'static str,
    created_by: &'a str,
    name: &'a str,
    as_of: &'a str,
    regimes: Vec<Regime<'a>>,
    outlook: outlook::Outlook<'a>,
    known_exploitation: crate::review::ByVendor,
    network: model::Network<'a>,
    exhibits: Vec<Exhibit<'a>>,
    claims: Vec<Claim<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comparisons: Vec<Compared>,
    runs: Vec<TimedRun<'a>>,
    diagnostics: &'a [String],
    explanations: BTreeMap<&'a str, Explained<'a>>,
}

#[derive(Serialize)]
pub(super) struct Examined<'a> {
    pub(super) name: &'a str,
    pub(super) sha256: String,
    pub(super) size: u64,
    pub(super) confinement: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inside: Option<Bytes>,
    pub(super) objects: Vec<Object<'a>>,
    pub(super) runs: Vec<Run<'a>>,
    /// Left out by documents that have no probes' runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) software: Option<software::Software>,
    pub(super) claims: Vec<Claim<'a>>,
}

#[derive(Serialize)]
struct Exhibit<'a> {
    name: &'a str,
    sha256: String,
    kind: &'static str,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inside: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    software: Option<software::Software>,
    objects: Vec<Object<'a>>,
}

#[derive(Serialize)]
pub(super) struct Bytes {
    known: u64,
    padding: u64,
    opaque: u64,
    unknown: u64,
}

#[derive(Serialize)]
pub(super) struct Object<'a> {
    ordinal: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<u32>,
    kind: &'static str,
    steps: Vec<Step<'a>>,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    regions: Vec<Region<'a>>,
}

#[derive(Serialize)]
struct Region<'a> {
    offset: u64,
    length: u64,
    class: &'static str,
    note: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entropy: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Run<'a> {
    probe: &'a str,
    version: &'a str,
    status: &'static str,
    parameters: &'a BTreeMap<String, String>,
    looked: u64,
    bytes: u64,
    skipped: Vec<Skipped<'a>>,
}

#[derive(Serialize)]
struct TimedRun<'a> {
    id: i64,
    #[serde(flatten)]
    run: Run<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exhibit: Option<String>,
    confinement: &'a BTreeMap<String, String>,
    started_at: &'a str,
    duration_ms: u64,
}

#[derive(Serialize)]
struct Skipped<'a> {
    what: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
pub(super) struct Claim<'a> {
    fingerprint: String,
    code: &'a str,
    grade: &'static str,
    subject: Subject<'a>,
    title: &'a str,
    facts: BTreeMap<&'a str, Value<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dated: BTreeMap<&'a str, Value<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<Weight<'a>>,
    probe: &'a str,
    probe_version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exhibit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disposition: Option<&'a str>,
    locations: Vec<Location<'a>>,
}

#[derive(Serialize)]
struct Subject<'a> {
    kind: &'static str,
    id: &'a str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Flag(bool),
    Number(i64),
    Text(&'a str),
    List(&'a [String]),
}

#[derive(Serialize)]
struct Weight<'a> {
    decibans: f64,
    low: f64,
    high: f64,
    basis: &'a str,
}

#[derive(Serialize)]
struct Location<'a> {
    exhibit: String,
    steps: Vec<Step<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
struct Step<'a> {
    format: &'a str,
    offset: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
}

#[derive(Serialize)]
struct Regime<'a> {
    regime: &'a str,
    title: &'a str,
    version: &'a str,
    as_of: &'a str,
    measures: Vec<Measure<'a>>,
}

#[derive(Serialize)]
struct Measure<'a> {
    measure: &'a str,
    title: &'a str,
    clause: &'a str,
    verdict: &'static str,
    reason: &'a str,
    subjects: Vec<SubjectVerdict<'a>>,
    /// How many more there are of each verdict.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    subjects_left_out: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct SubjectVerdict<'a> {
    subject: &'a str,
    verdict: &'static str,
    reason: &'a str,
}

#[derive(Serialize)]
pub(super) struct Explained<'a> {
    title: &'a str,
    meaning: &'a str,
    remedy: &'a str,
    cwe: &'a [u32],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    techniques: &'a [Technique],
}

impl<'a> Inspection<'a> {
    pub fn of(report: &'a InspectReport) -> Self {
        let inspected = report.inspected();
        let exhibits = report.examinations.iter().map(|(name, examination)| {
            let inspected = inspected.iter().find(|one| one.sha256 == examination.exhibit);
            let software = inspected.map(|one| software::Software::of(one, &report.as_of));
            Examined { software, ..Examined::of(name, examination) }
        });
        Self {
            schema: "urn:banbury:schema:inspect:1",
            banbury: env!("CARGO_PKG_VERSION"),
            as_of: &report.as_of,
            exhibits: exhibits.collect(),
            comparisons: report.comparisons().into_iter().map(Compared::from).collect(),
            explanations: explained(&report.explanations),
        }
    }
}

impl<'a> Dossier<'a> {
    pub fn of(report: &'a CaseReport) -> Self {
        let inspected = report.inspected();
        Self {
            schema: "urn:banbury:schema:dossier:1",
            banbury: env!("CARGO_PKG_VERSION"),
            created_by: &report.created_by,
            name: &report.name,
            as_of: &report.as_of,
            regimes: report.regimes.iter().map(Regime::of).collect(),
            outlook: outlook::Outlook::of(report),
            known_exploitation: crate::review::ByVendor::of(report.exploitation.clone()),
            network: model::Network::of(&report.model),
            exhibits: report
                .exhibits
                .iter()
                .map(|exhibit| {
                    let objects = report.objects.get(&exhibit.sha256).map(Vec::as_slice).unwrap_or_default();
                    Exhibit {
                        name: &exhibit.name,
                        sha256: exhibit.sha256.to_string(),
                        kind: exhibit.kind.as_str(),
                        size: exhibit.size,
                        bytes: objects.first().map(Bytes::of),
                        inside: Bytes::inside(objects),
                        software: inspected
                            .iter()
                            .find(|one| one.sha256 == exhibit.sha256)
                            .map(|one| software::Software::of(one, &report.as_of)),
                        objects: objects.iter().map(Object::of).collect(),
                    }
                })
                .collect(),
            claims: report
                .claims
                .iter()
                .map(|stored| Claim {
                    exhibit: stored.exhibit.map(|digest| digest.to_string()),
                    state: Some(&stored.state),
                    disposition: stored.disposition.as_deref(),
                    ..Claim::of(&stored.claim, stored.fingerprint, &stored.probe, &stored.probe_version)
                })
                .collect(),
            comparisons: report.comparisons().into_iter().map(Compared::from).collect(),
            runs: report
                .runs
                .iter()
                .map(|run| TimedRun {
                    id: run.id,
                    run: Run::of(&report::Looked::of(run)),
                    exhibit: run.exhibit.map(|digest| digest.to_string()),
                    confinement: &run.confinement,
                    started_at: &run.started_at,
                    duration_ms: run.duration_ms,
                })
                .collect(),
            diagnostics: &report.diagnostics,
            explanations: explained(&report.explanations),
        }
    }
}

impl<'a> Examined<'a> {
    pub(super) fn of(name: &'a str, examination: &'a inner::Examination) -> Self {
        let mut claims = Vec::new();
        let mut runs = Vec::new();
        for run in &examination.runs {
            claims.extend(
                run.claims
                    .iter()
                    .map(|claim| Claim::of(claim, claim.fingerprint(), &run.probe, &run.version)),
            );
            runs.push(Run {
                probe: &run.probe,
                version: &run.version,
                status: run.status.as_str(),
                parameters: &run.parameters,
                looked: run.looked,
                bytes: run.bytes,
                skipped: run.skipped.iter().map(Skipped::of).collect(),
            });
        }
        Self {
            name,
            sha256: examination.exhibit.to_string(),
            size: examination.size,
            confinement: &examination.confinement,
            bytes: examination.objects.first().map(Bytes::of),
            inside: Bytes::inside(&examination.objects),
            objects: examination.objects.iter().map(Object::of).collect(),
            runs,
            software: None,
            claims,
        }
    }
}

impl Bytes {
    fn of(object: &inner::Object) -> Self {
        Self::from(object.shares())
    }

    fn inside(objects: &[inner::Object]) -> Option<Self> {
        (!objects.is_empty()).then(|| Self::from(Holdings::of(objects).inside()))
    }
}

impl From<inner::Shares> for Bytes {
    fn from(shares: inner::Shares) -> Self {
        let inner::Shares { known, padding, opaque, unknown } = shares;
        Self { known, padding, opaque, unknown }
    }
}

impl<'a> Object<'a> {
    fn of(object: &'a inner::Object) -> Self {
        Self {
            ordinal: object.ordinal,
            parent: object.parent,
            kind: object.kind.as_str(),
            steps: object.location.steps.iter().map(Step::of).collect(),
            size: object.size,
            sha256: object.sha256.map(|digest| digest.to_string()),
            format: object.format.as_deref(),
            mode: object.mode.map(|mode| format!("{mode:04o}")),
            target: object.target.as_deref(),
            regions: object
                .regions
                .iter()
                .map(|region| Region {
                    offset: region.offset,
                    length: region.length,
                    class: region.class.as_str(),
                    note: &region.note,
                    attributes: &region.attributes,
                    entropy: region.entropy,
                })
                .collect(),
        }
    }
}

impl<'a> Run<'a> {
    fn of(run: &report::Looked<'a>) -> Self {
        Self {
            probe: run.probe,
            version: run.version,
            status: run.status.as_str(),
            parameters: run.parameters,
            looked: run.looked,
            bytes: run.bytes,
            skipped: run.skipped.iter().map(Skipped::of).collect(),
        }
    }
}

impl<'a> Skipped<'a> {
    fn of(skipped: &'a inner::Skipped) -> Self {
        Self { what: &skipped.what, why: &skipped.why }
    }
}

impl<'a> Claim<'a> {
    fn of(
        claim: &'a inner::Claim,
        fingerprint: inner::Digest,
        probe: &'a str,
        probe_version: &'a str,
    ) -> Self {
        let values = |of: &'a BTreeMap<String, inner::Value>| {
            of.iter().map(|(name, value)| (name.as_str(), Value::of(value))).collect()
        };
        Self {
            fingerprint: fingerprint.to_string(),
            code: &claim.code,
            grade: claim.grade.as_str(),
            subject: Subject { kind: claim.subject.kind.as_str(), id: &claim.subject.id },
            title: &claim.title,
            facts: values(&claim.facts),
            dated: values(&claim.dated),
            notes: &claim.notes,
            weight: claim.weight.as_ref().map(|weight| Weight {
                decibans: weight.decibans,
                low: weight.low,
                high: weight.high,
                basis: &weight.basis,
            }),
            probe,
            probe_version,
            exhibit: None,
            state: None,
            disposition: None,
            locations: claim.locations.iter().map(Location::of).collect(),
        }
    }
}

impl<'a> Value<'a> {
    fn of(value: &'a inner::Value) -> Self {
        match value {
            inner::Value::Flag(flag) => Self::Flag(*flag),
            inner::Value::Number(number) => Self::Number(*number),
            inner::Value::Text(text) => Self::Text(text),
            inner::Value::List(items) => Self::List(items),
        }
    }
}

impl<'a> Location<'a> {
    fn of(location: &'a inner::Location) -> Self {
        Self {
            exhibit: location.exhibit.to_string(),
            steps: location.steps.iter().map(Step::of).collect(),
            offset: location.offset,
            length: location.length,
            line: location.line,
        }
    }
}

impl<'a> Step<'a> {
    fn of(step: &'a inner::Step) -> Self {
        Self { format: &step.format, offset: step.offset, entry: step.entry.as_deref(), at: step.at }
    }
}

impl<'a> Regime<'a> {
    fn of(result: &'a inner::RegimeResult) -> Self {
        Self {
            regime: &result.regime,
            title: &result.title,
            version: &result.version,
            as_of: &result.as_of,
            measures: result
                .measures
                .iter()
                .map(|measure| Measure {
                    measure: &measure.measure,
                    title: &measure.title,
                    clause: &measure.clause,
                    verdict: measure.verdict.as_str(),
                    reason: &measure.reason,
                    subjects: measure.subjects.iter().take(SUBJECTS).map(SubjectVerdict::of).collect(),
                    subjects_left_out: measure.subjects.iter().skip(SUBJECTS).fold(
                        BTreeMap::new(),
                        |mut more, subject| {
                            *more.entry(subject.verdict.as_str()).or_default() += 1;
                            more
                        },
                    ),
                })
                .collect(),
        }
    }
}

impl<'a> SubjectVerdict<'a> {
    fn of(subject: &'a inner::SubjectVerdict) -> Self {
        Self { subject: &subject.subject, verdict: subject.verdict.as_str(), reason: &subject.reason }
    }
}

pub(super) fn explained(explanations: &BTreeMap<String, Explanation>) -> BTreeMap<&str, Explained<'_>> {
    explanations
        .iter()
        .map(|(code, explanation)| {
            let Explanation { title, meaning, remedy, cwe, techniques } = explanation;
            (code.as_str(), Explained { title, meaning, remedy, cwe, techniques })
        })
        .collect()
}
