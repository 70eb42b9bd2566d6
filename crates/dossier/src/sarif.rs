//! SARIF 2.1.0: the findings of an inspection for the tools that developers and pipelines use.
//!
//! What: one run whose rules are the codes' explanations and whose results are the claims, components left out.
//! How: a grade becomes a level (high `error`, medium `warning`, low `note`; info has no level, its kind is
//! `informational`); each container and file on the way to a finding is an artifact that names its parent and offset, so
//! that the provenance is SARIF's own; what a run did not look at is a notification of the invocation.
//! Misses: see [`FORMAT`]'s limits. Source: OASIS SARIF 2.1.0 with Errata 01.

use crate::format::{DossierError, ReportFormat, set, to_json};
use crate::report::{Finding, InspectReport, Inspected};
use crate::visible::visible;
use banbury_evidence::{Grade, Location, Object, Status};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The row of `banbury formats`.
pub(crate) const FORMAT: ReportFormat = ReportFormat {
    name: "sarif",
    title: "SARIF 2.1.0",
    extension: "sarif",
    media_type: "application/sarif+json",
    limits: &[
        "Components are left out; CycloneDX has them.",
        "The account of an image's bytes has no place in it; JSON has it.",
        "Only the containers and files on the way to a finding are listed as artifacts.",
        "A file's path is relative to the container that holds it, as SARIF asks; viewers that look for it on disk will not find it.",
    ],
    source: "OASIS SARIF 2.1.0 Errata 01; levels: high error, medium warning, low note, info kind informational",
    needs: &[],
    inspect: Some(render),
    case: None,
};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

fn render(report: &InspectReport) -> Result<String, DossierError> {
    let inspected = report.inspected();
    let rules = Rules::of(report, &inspected);
    let mut artifacts = Artifacts::default();
    let mut results = Vec::new();
    let mut notifications = Vec::new();
    let mut successful = true;
    for exhibit in &inspected {
        artifacts.add_exhibit(exhibit);
        for finding in exhibit.findings.iter().filter(|finding| finding.is_result()) {
            results.push(result(finding, &rules, &mut artifacts));
        }
        for run in &exhibit.runs {
            // That there were no feeds to look up in is no failure of the inspection.
            let failed = run.status == Status::Failed && !run.ran().is_without_feeds();
            successful &= !failed;
            for skipped in run.skipped {
                notifications.push(json!({
                    "level": if failed { "error" } else { "warning" },
                    "message": message(&format!("{} did not look at {}: {}", run.probe, skipped.what, skipped.why)),
                }));
            }
        }
    }
    let mut invocation = json!({ "executionSuccessful": successful });
    if !notifications.is_empty() {
        set(&mut invocation, "toolExecutionNotifications", notifications.into());
    }
    let mut run = json!({
        "tool": { "driver": {
            "name": "Banbury",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.descriptors,
        } },
        "invocations": [invocation],
        "artifacts": artifacts.list,
        "results": results,
        "columnKind": "unicodeCodePoints",
        "properties": { "asOf": report.as_of },
    });
    if !rules.cwe.is_empty() {
        let taxa: Vec<Value> =
            rules.cwe.iter().map(|number| json!({ "id": format!("CWE-{number}") })).collect();
        set(
            &mut run,
            "taxonomies",
            json!([{
                "name": "CWE",
                "organization": "MITRE",
                "shortDescription": { "text": "Common Weakness Enumeration" },
                "taxa": taxa,
            }]),
        );
    }
    to_json(FORMAT.name, &json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

/// The rules of the run: every code that was explained or found, in order.
struct Rules {
    descriptors: Vec<Value>,
    index: BTreeMap<String, usize>,
    cwe: BTreeSet<u32>,
}

impl Rules {
    fn of(report: &InspectReport, inspected: &[Inspected<'_>]) -> Self {
        let mut grades: BTreeMap<&str, Grade> = BTreeMap::new();
        let findings = inspected.iter().flat_map(|exhibit| &exhibit.findings);
        for finding in findings.filter(|finding| finding.is_result()) {
            let grade = grades.entry(&finding.claim.code).or_insert(finding.claim.grade);
            *grade = finding.claim.grade.max(*grade);
        }
        let mut rules = Self { descriptors: Vec::new(), index: BTreeMap::new(), cwe: BTreeSet::new() };
        for (code, grade) in grades {
            let mut rule = json!({ "id": code, "defaultConfiguration": { "level": level(grade) } });
            if let Some(explanation) = report.explanations.get(code) {
                set(&mut rule, "shortDescription", message(&explanation.title));
                set(&mut rule, "fullDescription", message(&explanation.meaning));
                set(&mut rule, "help", message(&explanation.remedy));
                if !explanation.cwe.is_empty() {
                    rules.cwe.extend(&explanation.cwe);
                    let tags: Vec<String> = explanation
                        .cwe
                        .iter()
                        .map(|number| format!("external/cwe/cwe-{number:03}"))
                        .collect();
                    set(&mut rule, "properties", json!({ "tags": tags }));
                    let relationships: Vec<Value> = explanation
                        .cwe
                        .iter()
                        .map(|number| {
                            json!({
                                "target": { "id": format!("CWE-{number}"), "toolComponent": { "name": "CWE" } },
                                "kinds": ["superset"],
                            })
                        })
                        .collect();
                    set(&mut rule, "relationships", relationships.into());
                }
            }
            rules.index.insert(code.to_owned(), rules.descriptors.len());
            rules.descriptors.push(rule);
        }
        rules
    }
}

fn result(finding: &Finding<'_>, rules: &Rules, artifacts: &mut Artifacts) -> Value {
    let claim = finding.claim;
    let mut text = claim.title.clone();
    for note in &claim.notes {
        text.push('\n');
        text.push_str(note);
    }
    let kind = if claim.grade == Grade::Info { "informational" } else { "fail" };
    let locations: Vec<Value> = claim.locations.iter().map(|location| artifacts.place(location)).collect();
    let mut result = json!({
        "ruleId": claim.code,
        "kind": kind,
        "level": level(claim.grade),
        "message": message(&text),
        "locations": locations,
        "partialFingerprints": { "banbury/v1": finding.fingerprint.to_string() },
        "properties": {
            "grade": claim.grade.as_str(),
            "subject": { "kind": claim.subject.kind.as_str(), "id": claim.subject.id },
            "facts": claim.facts,
            "probe": finding.probe,
            "probeVersion": finding.probe_version,
        },
    });
    if let Some(index) = rules.index.get(&claim.code) {
        set(&mut result, "ruleIndex", (*index).into());
    }
    if let Some(weight) = &claim.weight
        && let Some(Value::Object(properties)) = result.get_mut("properties")
    {
        let value = json!({
            "decibans": weight.decibans, "low": weight.low, "high": weight.high, "basis": weight.basis,
        });
        properties.insert("weight".to_owned(), value);
    }
    result
}

/// SARIF asks for level `none` wherever the kind is not `fail`.
fn level(grade: Grade) -> &'static str {
    match grade {
        Grade::High => "error",
        Grade::Medium => "warning",
        Grade::Low => "note",
        Grade::Info => "none",
    }
}

/// A plain text message; SARIF doubles braces, which would be placeholders otherwise.
fn message(text: &str) -> Value {
    let lines: Vec<_> = text.split('\n').map(visible).collect();
    json!({ "text": lines.join("\n").replace('{', "{{").replace('}', "}}") })
}

/// The artifacts of the run: exhibits, and what is nested in them.
#[derive(Default)]
struct Artifacts {
    list: Vec<Value>,
    /// Index by the exhibit's hash and the path down to the artifact.
    index: BTreeMap<String, usize>,
    names: BTreeMap<String, String>,
    sizes: BTreeMap<String, (u64, Option<String>)>,
}

impl Artifacts {
    fn add_exhibit(&mut self, exhibit: &Inspected<'_>) {
        let key = exhibit.sha256.to_string();
        let name = exhibit.names.first().copied().unwrap_or_default();
        self.index.insert(key.clone(), self.list.len());
        self.list.push(json!({
            "location": { "uri": encode(name.trim_start_matches('/')) },
            "length": exhibit.size,
            "hashes": { "sha-256": key },
            "roles": ["analysisTarget"],
        }));
        self.names.insert(key, name.to_owned());
        for Object { location, size, sha256, .. } in exhibit.objects {
            let hash = sha256.map(|digest| digest.to_string());
            self.sizes.insert(format!("{}{}", location.exhibit, location.path()), (*size, hash));
        }
    }

    /// A location of a result, its artifacts added where they are not yet listed.
    fn place(&mut self, location: &Location) -> Value {
        let root = location.exhibit.to_string();
        let mut walked = Location::exhibit(location.exhibit);
        let mut index = self.artifact(&root, || json!({ "hashes": { "sha-256": root } }));
        let mut uri = self.list.get(index).and_then(|artifact| artifact.pointer("/location/uri")).cloned();
        for step in &location.steps {
            // The container first, then what it holds.
            let container = format!("{root}{}!{}@{}", walked.path(), step.format, step.offset);
            let parent = index;
            let described = json!({ "text": visible(&step.format) });
            let made = json!({ "parentIndex": parent, "offset": step.offset, "description": described });
            index = self.artifact(&container, || made);
            walked = walked.inside(step.clone());
            let key = format!("{root}{}", walked.path());
            let mut entry = json!({ "parentIndex": index });
            uri = step
                .entry
                .as_deref()
                .map(|name| Value::from(format!("/{}", encode(name.trim_start_matches('/')))));
            match &uri {
                Some(uri) => set(&mut entry, "location", json!({ "uri": uri })),
                None => set(&mut entry, "description", json!({ "text": "content" })),
            }
            if let Some(at) = step.at {
                set(&mut entry, "offset", at.into());
            }
            if let Some((size, hash)) = self.sizes.get(&key) {
                set(&mut entry, "length", (*size).into());
                if let Some(hash) = hash {
                    set(&mut entry, "hashes", json!({ "sha-256": hash }));
                }
            }
            // A stream's key would be its container's; the two are different artifacts.
            index = self.artifact(&format!("{key}\0"), || entry);
        }
        let mut artifact = json!({ "index": index });
        if let Some(uri) = uri {
            set(&mut artifact, "uri", uri);
        }
        let mut physical = json!({ "artifactLocation": artifact });
        let mut region = Map::new();
        if let Some(line) = location.line {
            region.insert("startLine".to_owned(), line.max(1).into());
        }
        if let Some(offset) = location.offset {
            region.insert("byteOffset".to_owned(), offset.into());
            region.insert("byteLength".to_owned(), location.length.unwrap_or(0).into());
        }
        if !region.is_empty() {
            set(&mut physical, "region", region.into());
        }
        let name = self.names.get(&root).map_or(root.as_str(), String::as_str);
        let qualified = format!("{}{}", visible(name), visible(&location.path()));
        json!({
            "physicalLocation": physical,
            "logicalLocations": [{ "fullyQualifiedName": qualified, "kind": "resource" }],
        })
    }

    fn artifact(&mut self, key: &str, make: impl FnOnce() -> Value) -> usize {
        if let Some(index) = self.index.get(key) {
            return *index;
        }
        let index = self.list.len();
        self.index.insert(key.to_owned(), index);
        self.list.push(make());
        index
    }
}

/// A path as a URI reference: RFC 3986's unreserved characters and `/` as they are, all other bytes as `%XX`.
fn encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn rendered(report: &InspectReport) -> Value {
        serde_json::from_str(&render(report).unwrap()).unwrap()
    }

    #[test]
    fn paths_are_percent_encoded() {
        assert_eq!(encode("etc/a b#?%\\x2f"), "etc/a%20b%23%3F%25%5Cx2f");
        assert_eq!(encode("é"), "%C3%A9");
    }

    #[test]
    fn a_finding_points_through_its_containers() {
        let document = rendered(&sample::inspection());
        let run = &document["runs"][0];
        let result = run["results"]
            .as_array()
            .unwrap()
            .iter()
            .find(|result| result["ruleId"] == "credential.empty-password")
            .unwrap();
        assert_eq!(result["level"], "error");
        let physical = &result["locations"][0]["physicalLocation"];
        assert_eq!(physical["region"]["startLine"], 2);
        let artifacts = run["artifacts"].as_array().unwrap();
        let index = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let file = &artifacts[index(&physical["artifactLocation"]["index"])];
        assert_eq!(file["location"]["uri"], "/etc/shadow");
        let container = &artifacts[index(&file["parentIndex"])];
        assert_eq!(container["offset"], 4096);
        assert_eq!(artifacts[index(&container["parentIndex"])]["roles"][0], "analysisTarget");
        assert_eq!(run["tool"]["driver"]["rules"][index(&result["ruleIndex"])]["id"], result["ruleId"]);
    }

    #[test]
    fn components_are_left_out_and_skips_are_said() {
        let run = rendered(&sample::inspection())["runs"][0].clone();
        let results = run["results"].as_array().unwrap();
        assert!(!results.is_empty() && results.iter().all(|result| result["ruleId"] != "component"));
        assert!(results.iter().all(|result| (result["kind"] == "fail") == (result["level"] != "none")));
        assert!(run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].is_string());
    }
}
