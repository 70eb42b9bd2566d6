use banbury_evidence::case::Publisher;
use banbury_evidence::{
    Claim, Digest, Examination, Exhibit, ExhibitKind, Kept, KeptPart, Object, RegimeResult, Status,
    ledger::{StoredClaim, StoredRun},
    model::Model,
};
use banbury_regime::outlook::Outlook;
use banbury_software::exploitation::Exploitation;
use banbury_software::join::{Joined, join};
use banbury_software::lookup::Ran;
use banbury_software::{support, vulnerabilities};
use std::collections::BTreeMap;

/// All that a dossier says about a case.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseReport {
    /// The case's name.
    pub name: String,
    /// What made the report, such as `banbury 0.1.0`.
    pub created_by: String,
    /// The date as of which the case was assessed, `YYYY-MM-DD`.
    pub as_of: String,
    /// The inputs, by name and then by hash.
    pub exhibits: Vec<Exhibit>,
    /// The network model.
    pub model: Model,
    /// The regimes' verdicts.
    pub regimes: Vec<RegimeResult>,
    /// Every claim, superseded ones too.
    pub claims: Vec<StoredClaim>,
    /// The objects of each inspected exhibit, in order.
    pub objects: BTreeMap<Digest, Vec<Object>>,
    /// Every run, in the order in which they were recorded.
    pub runs: Vec<StoredRun>,
    /// What was wrong in an input table, a regime or the configuration, as shown to the user.
    pub diagnostics: Vec<String>,
    /// What each code means.
    pub explanations: BTreeMap<String, Explanation>,
    /// Who publishes what is written of the case, where it is stated.
    pub publisher: Option<Publisher>,
    /// The regimes side by side, and what is to come.
    pub outlook: Outlook,
    /// Known exploitation of the vendors of its devices, and of all; why it was not counted.
    pub exploitation: Result<Exploitation, String>,
}

/// All that `banbury inspect` says about images outside a case.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectReport {
    /// The date that certificates and the like are judged by, `YYYY-MM-DD`.
    pub as_of: String,
    /// Each image's name, as given, and what was found in it.
    pub examinations: Vec<(String, Examination)>,
    /// What each code means.
    pub explanations: BTreeMap<String, Explanation>,
    /// Who publishes what is written of it, where it is stated.
    pub publisher: Option<Publisher>,
}

/// All that `banbury unpack` says about an image: the manifest of the folder.
#[derive(Clone, Debug, PartialEq)]
pub struct UnpackReport {
    /// The image's name, as given.
    pub name: String,
    /// What is in it, as an inspection without probes finds it.
    pub examination: Examination,
    /// Where each object of the examination was written.
    pub kept: Vec<Kept>,
    /// Where the stretches of objects that are no container were written.
    pub parts: Vec<KeptPart>,
    /// What each code means.
    pub explanations: BTreeMap<String, Explanation>,
}

/// What a claim's code means, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// A short title.
    pub title: String,
    /// What was seen and what it would allow.
    pub meaning: String,
    /// What to do about it.
    pub remedy: String,
    /// CWE numbers that fit.
    pub cwe: Vec<u32>,
    /// Techniques that look like it; often none.
    pub techniques: Vec<Technique>,
}

/// A technique of a catalogue of techniques that looks like what a code says.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Technique {
    /// `ATT&CK` or `FiGHT`.
    pub framework: String,
    /// Its identifier, such as `T1071.004`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is defined.
    pub url: String,
    /// For what it fits.
    pub when: String,
}

/// The code of the claim that says "this software is here".
pub(crate) const COMPONENT: &str = "component";

/// An exhibit with what is known about it, from a case or from an inspection.
pub(crate) struct Inspected<'a> {
    /// Whether it was added as a statement.
    pub is_stated: bool,
    pub names: Vec<&'a str>,
    pub sha256: Digest,
    pub size: u64,
    pub objects: &'a [Object],
    pub findings: Vec<Finding<'a>>,
    /// Claims that a later run no longer makes; they are counted, not shown.
    pub superseded: usize,
    pub runs: Vec<Looked<'a>>,
}

/// A claim with its identity and its maker.
#[derive(Clone, Copy)]
pub(crate) struct Finding<'a> {
    pub fingerprint: Digest,
    pub claim: &'a Claim,
    pub probe: &'a str,
    pub probe_version: &'a str,
    pub disposition: Option<&'a str>,
}

/// A run, without its times.
pub(crate) struct Looked<'a> {
    pub probe: &'a str,
    pub version: &'a str,
    pub status: Status,
    pub looked: u64,
    pub bytes: u64,
    pub parameters: &'a BTreeMap<String, String>,
    pub confinement: &'a BTreeMap<String, String>,
    pub skipped: &'a [banbury_evidence::Skipped],
}

impl<'a> Inspected<'a> {
    /// The components, each once, with all that speaks for it.
    pub fn components(&self) -> Vec<Joined<'a>> {
        join(self.findings.iter().map(|finding| finding.claim))
    }

    /// What is known against the components: known exploited first.
    pub fn vulnerabilities(&self) -> Vec<Finding<'a>> {
        let mut found: Vec<Finding<'a>> =
            self.findings.iter().copied().filter(Finding::is_vulnerability).collect();
        found.sort_by_cached_key(|finding| vulnerabilities::order(finding.claim));
        found
    }

    /// The latest look-up of known vulnerabilities: what it leaned on and counted, or why there was none.
    pub fn looked_up(&self) -> Result<vulnerabilities::Looked, String> {
        vulnerabilities::Looked::latest(self.runs.iter().map(Looked::ran))
    }

    /// How long components are supported: what ended first.
    pub fn support(&self) -> Vec<Finding<'a>> {
        let mut found: Vec<Finding<'a>> = self.findings.iter().copied().filter(Finding::is_support).collect();
        found.sort_by_cached_key(|finding| support::order(finding.claim));
        found
    }

    /// The latest look-up of support: what it leaned on and counted, or why there was none.
    pub fn support_looked_up(&self) -> Result<support::Looked, String> {
        support::Looked::latest(self.runs.iter().map(Looked::ran))
    }

    /// What keeps "nothing was found" from meaning anything: no run at all, or one that did not cover the image.
    /// A probe's latest run counts.
    pub fn gap(&self) -> Option<String> {
        // What a look-up leaned on, or that there was none, stands with what it found.
        let probes = self.runs.iter().filter(|run| !run.ran().is_look_up());
        let latest: BTreeMap<&str, Status> = probes.map(|run| (run.probe, run.status)).collect();
        if latest.is_empty() {
            return Some("no probe looked at it".to_owned());
        }
        let named = |wanted: Status| {
            let probes: Vec<&str> =
                latest.iter().filter(|(_, status)| **status == wanted).map(|(probe, _)| *probe).collect();
            (!probes.is_empty()).then(|| format!("{}: {}", wanted.as_str(), probes.join(", ")))
        };
        let gaps: Vec<String> = [Status::Failed, Status::Incomplete].into_iter().filter_map(named).collect();
        (!gaps.is_empty()).then(|| gaps.join("; "))
    }
}

impl InspectReport {
    /// The images, each once whatever the number of names it was given by.
    pub(crate) fn inspected(&self) -> Vec<Inspected<'_>> {
        let mut all: Vec<Inspected<'_>> = Vec::new();
        for (name, examination) in &self.examinations {
            if let Some(known) = all.iter_mut().find(|other| other.sha256 == examination.exhibit) {
                known.names.push(name);
                continue;
            }
            let mut findings: Vec<Finding<'_>> = Vec::new();
            for run in &examination.runs {
                findings.extend(run.claims.iter().map(|claim| Finding {
                    fingerprint: claim.fingerprint(),
                    claim,
                    probe: &run.probe,
                    probe_version: &run.version,
                    disposition: None,
                }));
            }
            sort(&mut findings);
            all.push(Inspected {
                is_stated: false,
                names: vec![name],
                sha256: examination.exhibit,
                size: examination.size,
                objects: &examination.objects,
                findings,
                superseded: 0,
                runs: examination
                    .runs
                    .iter()
                    .map(|run| Looked {
                        probe: &run.probe,
                        version: &run.version,
                        status: run.status,
                        looked: run.looked,
                        bytes: run.bytes,
                        parameters: &run.parameters,
                        confinement: &examination.confinement,
                        skipped: &run.skipped,
                    })
                    .collect(),
            });
        }
        all
    }
}

impl InspectReport {
    /// The images: what is a statement on one is none.
    pub(crate) fn images(&self) -> Vec<Inspected<'_>> {
        let mut all = self.inspected();
        all.retain(|exhibit| !crate::stated::is_statement(exhibit));
        all
    }
}

impl CaseReport {
    /// The exhibits that probes look at: images, and statements on them.
    pub(crate) fn inspected(&self) -> Vec<Inspected<'_>> {
        self.exhibits
            .iter()
            .filter(|exhibit| exhibit.kind.is_examined())
            .map(|exhibit| {
                let here = |claim: &&StoredClaim| claim.exhibit == Some(exhibit.sha256);
                let mut findings: Vec<Finding<'_>> =
                    self.claims.iter().filter(here).filter(|claim| active(claim)).map(Finding::of).collect();
                sort(&mut findings);
                Inspected {
                    is_stated: exhibit.kind == ExhibitKind::Statement,
                    names: vec![&exhibit.name],
                    sha256: exhibit.sha256,
                    size: exhibit.size,
                    objects: self.objects.get(&exhibit.sha256).map(Vec::as_slice).unwrap_or_default(),
                    findings,
                    superseded: self.claims.iter().filter(here).filter(|claim| !active(claim)).count(),
                    runs: self
                        .runs
                        .iter()
                        .filter(|run| run.exhibit == Some(exhibit.sha256))
                        .map(Looked::of)
                        .collect(),
                }
            })
            .collect()
    }

    /// Active claims that belong to no exhibit, such as those about the network's tables.
    pub(crate) fn elsewhere(&self) -> Vec<Finding<'_>> {
        let mut findings: Vec<Finding<'_>> = self
            .claims
            .iter()
            .filter(|claim| claim.exhibit.is_none() && active(claim))
            .map(Finding::of)
            .collect();
        sort(&mut findings);
        findings
    }

    /// Active claims about traffic: the gravest first, then by code, those that weigh most first.
    pub(crate) fn traffic(&self) -> Vec<Finding<'_>> {
        let is_of_traffic = |claim: &&StoredClaim| claim.claim.code.starts_with("traffic.") && active(claim);
        let mut findings: Vec<Finding<'_>> =
            self.claims.iter().filter(is_of_traffic).map(Finding::of).collect();
        sort(&mut findings);
        let weight =
            |finding: &Finding<'_>| finding.claim.weight.as_ref().map_or(0.0, |weight| weight.decibans);
        findings.sort_by(|one, other| {
            let of =
                |finding: &Finding<'_>| (std::cmp::Reverse(finding.claim.grade), finding.claim.code.clone());
            of(one).cmp(&of(other)).then(weight(other).total_cmp(&weight(one)))
        });
        findings
    }

    /// Each record of traffic, and the latest runs over it.
    pub(crate) fn watched(&self) -> Vec<(&str, String)> {
        let records = self.exhibits.iter().filter(|exhibit| exhibit.kind == ExhibitKind::Traffic);
        records
            .map(|exhibit| {
                let here = self.runs.iter().filter(|run| run.exhibit == Some(exhibit.sha256));
                let runs: Vec<Looked<'_>> = here.map(Looked::of).collect();
                (exhibit.name.as_str(), latest(&runs))
            })
            .collect()
    }

    /// The exhibit that a device's `image` names, by hash or by file name.
    pub(crate) fn image(&self, image: &str) -> Option<&Exhibit> {
        self.exhibits
            .iter()
            .filter(|exhibit| exhibit.kind == ExhibitKind::Firmware)
            .find(|exhibit| exhibit.name == image || exhibit.sha256.to_string().eq_ignore_ascii_case(image))
    }
}

fn active(claim: &StoredClaim) -> bool {
    claim.state == "active"
}

/// The latest run of each probe and how it ended, those that are not complete with what they left out.
pub(crate) fn latest(runs: &[Looked<'_>]) -> String {
    let latest: BTreeMap<&str, &Looked<'_>> = runs.iter().map(|run| (run.probe, run)).collect();
    if latest.is_empty() {
        return "no probe".to_owned();
    }
    let mut states: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for run in latest.values() {
        states.entry(run.status.as_str()).or_default().push(run.probe);
    }
    let parts: Vec<String> =
        states.iter().map(|(state, probes)| format!("{state}: {}", probes.join(", "))).collect();
    parts.join("; ")
}

/// The gravest first, then by code, subject and fingerprint; a claim that two runs made stands once.
fn sort(findings: &mut Vec<Finding<'_>>) {
    findings.sort_by(|a, b| {
        let key = |finding: &Finding<'_>| std::cmp::Reverse(finding.claim.grade);
        (key(a), &a.claim.code, &a.claim.subject, a.fingerprint).cmp(&(
            key(b),
            &b.claim.code,
            &b.claim.subject,
            b.fingerprint,
        ))
    });
    findings.dedup_by_key(|finding| finding.fingerprint);
}

impl<'a> Finding<'a> {
    fn of(stored: &'a StoredClaim) -> Self {
        Self {
            fingerprint: stored.fingerprint,
            claim: &stored.claim,
            probe: &stored.probe,
            probe_version: &stored.probe_version,
            disposition: stored.disposition.as_deref(),
        }
    }

    /// Whether it says no more than that a component is here.
    pub fn is_component(&self) -> bool {
        self.claim.code == COMPONENT
    }

    /// Whether it is a known vulnerability of a component.
    pub fn is_vulnerability(&self) -> bool {
        self.claim.code == vulnerabilities::KNOWN_VULNERABILITY
    }

    /// Whether it says how long a component is supported.
    pub fn is_support(&self) -> bool {
        support::is_support(&self.claim.code)
    }

    /// Whether it is something to look into: neither a component alone, nor what somebody states, nor a vulnerability that is ruled out.
    pub fn is_result(&self) -> bool {
        self.is_finding() && !vulnerabilities::is_ruled_out(self.claim)
    }

    /// A dated value as text; empty text counts as absent.
    pub fn dated(&self, name: &str) -> Option<String> {
        self.claim.dated_text(name).filter(|text| !text.is_empty())
    }

    /// Whether it is neither a component, nor a remark on its support, nor what somebody states: something to be judged by itself.
    pub fn is_finding(&self) -> bool {
        let code = &self.claim.code;
        !self.is_component() && !support::is_remark(code) && !crate::stated::is_stated(code)
    }

    /// A fact, or what else the claim holds under this name, as text; empty text counts as absent.
    pub fn value(&self, name: &str) -> Option<String> {
        self.fact(name).or_else(|| self.dated(name))
    }

    /// A fact as text; empty text counts as absent.
    pub fn fact(&self, name: &str) -> Option<String> {
        self.claim.text(name).filter(|text| !text.is_empty())
    }
}

impl<'a> Looked<'a> {
    /// As look-ups see it.
    pub fn ran(&self) -> Ran<'a> {
        Ran { probe: self.probe, status: self.status, parameters: self.parameters, skipped: self.skipped }
    }

    pub fn of(run: &'a StoredRun) -> Self {
        Self {
            probe: &run.probe,
            version: &run.version,
            status: run.status,
            looked: run.looked,
            bytes: run.bytes,
            parameters: &run.parameters,
            confinement: &run.confinement,
            skipped: &run.skipped,
        }
    }
}
