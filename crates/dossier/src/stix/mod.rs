//! STIX 2.1: what was found in traffic, for platforms that exchange observations.
//!
//! What: each finding as a note about what was observed (observed-data with its network-traffic, addresses and domain names) and about
//! whom (an identity for a device or a party); the weight of a hypothesis as a property extension of the note. What a finding fits of
//! ATT&CK and FiGHT is the note's external references. How: identifiers of observables are made as the standard demands (UUIDv5 over
//! canonical JSON), others are UUIDv5 of Banbury's own namespace over the claim's fingerprint and first moment, so that the same findings
//! are the same objects. Times are of what was observed, since the same input has to give the same bytes.
//!
//! Not used, on purpose: `confidence`, whose scales are of probabilities: a weight is a likelihood ratio, and what it comes to depends on
//! what one held likely before; indicators, since no finding says that whoever matches a pattern is up to no good.
//! Source: OASIS, STIX Version 2.1 (10 June 2021); RFC 4122 (UUID version 5); RFC 8785 (canonical JSON).

mod observed;
mod uuid;

use crate::format::{DossierError, ReportFormat, to_json};
use crate::report::{CaseReport, Explanation, Finding};
use banbury_evidence::case::Publisher;
use banbury_evidence::{Claim, SubjectKind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The row of `banbury formats`.
pub(crate) const FORMAT: ReportFormat = ReportFormat {
    name: "stix",
    title: "STIX 2.1 bundle",
    extension: "stix.json",
    media_type: "application/stix+json;version=2.1",
    limits: &[
        "Findings in traffic alone: what is in images stands in CycloneDX, SARIF and the JSON report.",
        "That traffic of a device was looked at (traffic.watched) is a line of the note on what was looked at, cut after 100 devices.",
        "`number_observed` ends at 999,999,999, as the standard has it; the note has the whole figure.",
        "A name that is no domain name (an escaped one, say) stands in the note alone.",
        "No `confidence` and no indicators: the module's comment and docs/watch.md say why.",
    ],
    source: "OASIS STIX 2.1 (10 June 2021)",
    needs: &[],
    inspect: None,
    case: Some(case),
};

/// What a bundle is made of.
#[derive(Debug)]
pub struct Material<'a> {
    /// The findings, each once, in the order of the bundle; those whose codes do not begin with `traffic.` are left out.
    pub claims: Vec<&'a Claim>,
    /// What each code means.
    pub explanations: &'a BTreeMap<String, Explanation>,
    /// Who publishes it, where that is stated.
    pub publisher: Option<&'a Publisher>,
    /// The latest moment that it speaks of, RFC 3339 in UTC to the second: the time of objects that have none of their own.
    pub moment: &'a str,
    /// What was looked at and what was not, a line each.
    pub looked: Vec<String>,
}

/// Lines of one kind in the note on what was looked at.
const LINES: usize = 100;

/// The bundle as JSON; an error where a weight is no finite number.
pub fn bundle(material: &Material<'_>) -> Result<String, DossierError> {
    let mut all = Bundle::new(material);
    let mut watched = BTreeSet::new();
    for claim in &material.claims {
        match claim.code.as_str() {
            "traffic.watched" => {
                watched.insert(claim.title.clone());
            }
            code if code.starts_with("traffic.") => all.finding(claim, material.explanations.get(code)),
            _ => {}
        }
    }
    let mut lines = material.looked.clone();
    let more = watched.len().saturating_sub(LINES);
    lines.extend(watched.into_iter().take(LINES));
    if more > 0 {
        lines.push(format!("and traffic of {more} more devices and spans"));
    }
    all.looked(&lines);
    all.finish()
}

fn case(report: &CaseReport) -> Result<String, DossierError> {
    let findings = report.traffic();
    let moment = format!("{}T00:00:00Z", report.as_of);
    let mut looked: Vec<String> = Vec::new();
    for (name, runs) in report.watched() {
        looked.push(format!("{name}: {runs}"));
    }
    if looked.is_empty() {
        looked.push("no records of traffic are in the case: nothing was looked at".to_owned());
    }
    bundle(&Material {
        claims: findings.iter().map(|finding: &Finding<'_>| finding.claim).collect(),
        explanations: &report.explanations,
        publisher: report.publisher.as_ref(),
        moment: &moment,
        looked,
    })
}

/// When the definitions of Banbury's own identity and extension were made; they are the same in every bundle.
const DEFINED: &str = "2026-11-29T00:00:00.000Z";

/// A bundle on its way.
struct Bundle<'a> {
    objects: Vec<Value>,
    known: BTreeSet<String>,
    moment: &'a str,
    /// The tool's identity, and who publishes.
    tool: String,
    author: String,
}

impl<'a> Bundle<'a> {
    fn new(material: &Material<'a>) -> Self {
        let tool = format!("identity--{}", uuid::own("identity:banbury"));
        let mut all = Self {
            objects: Vec::new(),
            known: BTreeSet::new(),
            moment: material.moment,
            author: tool.clone(),
            tool,
        };
        let tool = json!({
            "type": "identity", "spec_version": "2.1", "id": all.tool, "created": DEFINED, "modified": DEFINED, "name": "Banbury",
            "identity_class": "system", "description": "Weighs the evidence on network equipment.",
        });
        all.put(tool);
        if let Some(publisher) = material.publisher.filter(|publisher| !publisher.name.trim().is_empty()) {
            all.author = all.identity(&publisher.name, "organization", "who publishes");
        }
        all
    }

    fn put(&mut self, object: Value) {
        let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
        if self.known.insert(id.to_owned()) {
            self.objects.push(object);
        }
    }

    /// The identity of whoever is called so.
    fn identity(&mut self, name: &str, class: &str, what: &str) -> String {
        let id = format!("identity--{}", uuid::own(&format!("identity:{class}:{name}")));
        let tool = self.tool.clone();
        self.put(json!({
            "type": "identity", "spec_version": "2.1", "id": id, "created": DEFINED, "modified": DEFINED, "created_by_ref": tool,
            "name": name, "identity_class": class, "description": what,
        }));
        id
    }

    fn finding(&mut self, claim: &Claim, known: Option<&Explanation>) {
        let observed = observed::of(claim);
        let first = observed.first.as_deref().unwrap_or(self.moment);
        let last = observed.last.as_deref().unwrap_or(first).max(first);
        let (created, modified) = (moment(first), moment(last));
        let which = format!("{}:{created}", claim.fingerprint());
        let mut about: Vec<String> = Vec::new();
        let refs: Vec<Value> =
            observed.objects.iter().filter_map(|object| object.get("id").cloned()).collect();
        if !refs.is_empty() && observed.first.is_some() {
            observed.objects.into_iter().for_each(|object| self.put(object));
            let id = format!("observed-data--{}", uuid::own(&format!("observed:{which}")));
            let author = self.author.clone();
            self.put(json!({
                "type": "observed-data", "spec_version": "2.1", "id": id, "created_by_ref": author, "created": created,
                "modified": modified, "first_observed": created, "last_observed": modified, "number_observed": observed.number,
                "object_refs": refs,
            }));
            about.push(id);
        }
        if claim.subject.kind == SubjectKind::Device {
            about.push(self.identity(&claim.subject.id, "system", "a device of the network"));
        }
        for (fact, what) in
            [("party", "who has access to equipment"), ("owner", "whose range of addresses it is")]
        {
            if let Some(name) = claim.text(fact) {
                about.push(self.identity(&name, "organization", what));
            }
        }
        if about.is_empty() {
            about.push(self.author.clone());
        }
        let mut note = json!({
            "type": "note", "spec_version": "2.1", "id": format!("note--{}", uuid::own(&format!("note:{which}"))),
            "created_by_ref": self.author, "created": created, "modified": modified, "abstract": claim.title,
            "content": content(claim, known), "object_refs": about, "labels": [claim.code, format!("grade-{}", claim.grade.as_str())],
            "external_references": references(claim, known),
        });
        if let Some(weight) = &claim.weight {
            let id = self.extension();
            let value = json!({
                "extension_type": "property-extension", "decibans": weight.decibans, "low": weight.low, "high": weight.high,
                "basis": weight.basis,
            });
            crate::format::set(&mut note, "extensions", json!({ id: value }));
        }
        self.put(note);
    }

    /// The definition of the weight's extension.
    fn extension(&mut self) -> String {
        let id = format!("extension-definition--{}", uuid::own("extension:weight"));
        let tool = self.tool.clone();
        self.put(json!({
            "type": "extension-definition", "spec_version": "2.1", "id": id, "created_by_ref": tool, "created": DEFINED,
            "modified": DEFINED, "name": "Weight of evidence in decibans", "version": "1.0.0", "extension_types": ["property-extension"],
            "description": "How much a note speaks for its hypothesis: ten times the decimal logarithm of how much more often it is so where \
                            the hypothesis holds than where it does not, as measured. It is no probability.",
            "schema": "decibans, low, high: numbers, in decibans: the weight and its 95 % interval. basis: text: the corpus and the table \
                       that it was measured on.",
        }));
        id
    }

    fn looked(&mut self, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        let content = lines.join("\n");
        let moment = moment(self.moment);
        let id = format!("note--{}", uuid::own(&format!("looked:{moment}:{content}")));
        let note = json!({
            "type": "note", "spec_version": "2.1", "id": id, "created_by_ref": self.author, "created": moment, "modified": moment,
            "abstract": "What was looked at, and what was not", "content": content, "object_refs": [self.tool],
        });
        self.put(note);
    }

    fn finish(self) -> Result<String, DossierError> {
        let objects = Value::Array(self.objects);
        let text = to_json(FORMAT.name, &objects)?;
        let id = format!("bundle--{}", uuid::own(&format!("bundle:{text}")));
        to_json(FORMAT.name, &json!({ "type": "bundle", "id": id, "objects": objects }))
    }
}

/// RFC 3339 to the second as the standard's timestamp to the millisecond.
fn moment(second: &str) -> String {
    format!("{}.000Z", second.trim_end_matches('Z'))
}

fn content(claim: &Claim, known: Option<&Explanation>) -> String {
    let mut lines = Vec::new();
    if let Some(known) = known {
        lines.push(known.meaning.clone());
    }
    if let Some(weight) = &claim.weight {
        lines.push(format!(
            "weight {:+.1} dB ({:+.1} to {:+.1}), measured on {}",
            weight.decibans, weight.low, weight.high, weight.basis
        ));
    }
    lines.extend(claim.facts.iter().map(|(name, value)| format!("{name}: {}", value.to_text())));
    lines.extend(claim.notes.iter().cloned());
    for location in &claim.locations {
        let at = location.offset.map_or_else(String::new, |offset| format!(", byte {offset}"));
        lines.push(format!("evidence: exhibit {}{at}", location.exhibit));
    }
    lines.join("\n")
}

fn references(claim: &Claim, known: Option<&Explanation>) -> Vec<Value> {
    let mut all = vec![json!({
        "source_name": "banbury", "external_id": claim.code, "description": format!("claim {}", claim.fingerprint()),
    })];
    let techniques = known.map(|known| known.techniques.as_slice()).unwrap_or_default();
    all.extend(techniques.iter().map(|technique| {
        let source = if technique.framework == "FiGHT" { "mitre-fight" } else { "mitre-attack" };
        json!({
            "source_name": source, "external_id": technique.id, "url": technique.url,
            "description": format!("{}: fits where {}", technique.name, technique.when),
        })
    }));
    all
}

#[cfg(test)]
mod tests;
