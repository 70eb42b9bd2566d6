//! What somebody states of software: bills of materials and statements on vulnerabilities, as files of their own or in
//! an image.
//!
//! Finds: CycloneDX and SPDX bills of materials, CycloneDX VEX, OpenVEX and CSAF documents. How: the forms of
//! `banbury_formats::statement`; each component and each status of a vulnerability is a claim of its own that says who
//! states it. None of them says that something is there: what was seen has claims of other codes, and the two are
//! compared in reports. Wrong when: a document is an example or a test of some software in the image. Misses: what the
//! forms do not read, and documents over 64 MiB. Source: the specifications of the forms.

use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo, Grade};
use banbury_formats::statement::{self, Component, Statement, Status};

/// What vendors and others state.
pub struct Statements;

static STATEMENT: CodeInfo = CodeInfo {
    code: "statement",
    title: "A statement on software",
    grade: Grade::Info,
    meaning: "The file is a bill of materials or a statement on vulnerabilities (VEX), by whoever it names. It is \
              evidence of what was stated, not of what is there: nothing checks here who wrote it.",
    remedy: "Compare it with what was seen: reports do that for the image that it is about. Ask its author about what \
             differs.",
    cwe: &[],
};

static STATED_COMPONENT: CodeInfo = CodeInfo {
    code: "stated-component",
    title: "A component by somebody's word",
    grade: Grade::Info,
    meaning: "A bill of materials lists this component. Whether it was seen in the image that the bill is about, and \
              in which version, is said where the two are compared.",
    remedy: "Where it was not seen although all was looked at, ask for the file that it is in.",
    cwe: &[],
};

static STATED_STATUS: CodeInfo = CodeInfo {
    code: "stated-vulnerability-status",
    title: "The status of a vulnerability by somebody's word",
    grade: Grade::Info,
    meaning: "A statement says whether a component is affected by this vulnerability: affected, not-affected, fixed, \
              under-investigation, or listed without a word (not-stated). It does not change what Banbury says of it.",
    remedy: "Where it differs from what was found, ask for the reason: the patch, the configuration, the version.",
    cwe: &[],
};

static MALFORMED: CodeInfo = CodeInfo {
    code: "statement.malformed",
    title: "A statement that is not as its form demands",
    grade: Grade::Info,
    meaning: "A part of the document makes no sense and was left out, or the document is not whole; then nothing of it \
              is used.",
    remedy: "Ask its author for a document that its form's validator accepts.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "statements",
    version: "1",
    finds: "bills of materials (CycloneDX, SPDX) and statements on vulnerabilities (CycloneDX, OpenVEX, CSAF), and what they state",
    how: "reads the document by its form; each component and each status is a claim that names who states it",
    wrong: "a document that is an example or a test of some software in the image is read as a statement too",
    misses: &[
        "documents in XML, RDF, YAML, SPDX 3.0, and documents over 64 MiB",
        "who wrote a document: signatures are not checked, the author is the document's own word",
        "statements in prose",
    ],
    codes: &[STATEMENT, STATED_COMPONENT, STATED_STATUS, MALFORMED],
    source: "ECMA-424 (CycloneDX); SPDX specification 2.3; OpenVEX specification 0.2.0; OASIS CSAF 2.0",
};

/// Components, and statuses, of one document that are claimed: an exhibit keeps no more, and a claim takes a hundred times
/// the bytes of the reference that a document spends on it.
const CLAIMED: usize = 20_000;

impl Probe for Statements {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        if statement::is_too_large(file.content) {
            let why = format!("a statement of more than {} MiB", statement::LARGEST >> 20);
            findings.skip(file.location.to_string(), why);
            return;
        }
        let Some(statement) = statement::read(file.content) else { return };
        findings.looked_at(file.content.len());
        let title = statement::form(statement.form).map_or(statement.form, |form| form.title);
        for problem in &statement.problems {
            let claim = Claim::observation(&MALFORMED, file.subject(), format!("{title}: {}", problem.what))
                .fact("form", statement.form)
                .fact("place", problem.place.as_str())
                .fact("problem", problem.what.as_str());
            let place = file.location.clone();
            findings.claim(
                claim.at(problem.offset.map_or_else(|| place.clone(), |offset| place.range(offset, 0))),
            );
        }
        if statement.is_broken() {
            findings.skip(file.location.to_string(), "a statement that is not whole: nothing of it is used");
            return;
        }
        findings.claim(whole(&statement, title, file));
        for component in statement.components.iter().take(CLAIMED) {
            findings.claim(listed(&statement, component, file));
        }
        for status in statement.vulnerabilities.iter().take(CLAIMED) {
            findings.claim(self::status(&statement, status, file));
        }
        for (what, count) in
            [("components", statement.components.len()), ("statuses", statement.vulnerabilities.len())]
        {
            if let Some(more) = count.checked_sub(CLAIMED).filter(|more| *more > 0) {
                let why = format!("{more} further {what} of a statement, beyond {CLAIMED}");
                findings.skip(file.location.to_string(), why);
            }
        }
    }
}

fn whole(statement: &Statement, title: &str, file: &File<'_>) -> Claim {
    let by = statement.author.as_deref().unwrap_or("nobody it names");
    let mut claim = Claim::observation(&STATEMENT, file.subject(), format!("{title}, by {by}"))
        .fact("form", statement.form)
        .fact("components", statement.components.len() as i64)
        .fact("vulnerabilities", statement.vulnerabilities.len() as i64);
    for (name, value) in [
        ("form-version", &statement.version),
        ("id", &statement.id),
        ("stated-by", &statement.author),
        ("stated-at", &statement.made),
    ] {
        if let Some(value) = value {
            claim = claim.fact(name, value.as_str());
        }
    }
    if let Some(complete) = statement.complete {
        claim = claim.fact("declared-complete", complete);
    }
    let about: Vec<String> = statement.about.iter().map(named).collect();
    let hashes: Vec<String> = statement.about.iter().flat_map(|about| about.sha256.clone()).collect();
    for (name, list) in [("about", about), ("about-sha256", hashes)] {
        if !list.is_empty() {
            claim = claim.fact(name, list);
        }
    }
    claim.at(file.location.clone())
}

fn listed(statement: &Statement, component: &Component, file: &File<'_>) -> Claim {
    let claim = Claim::observation(&STATED_COMPONENT, file.subject(), named(component));
    let mut claim = by(identified(claim, "name", component), statement);
    for (name, value) in [("supplier", &component.supplier), ("licence", &component.licence)] {
        if let Some(value) = value {
            claim = claim.fact(name, value.as_str());
        }
    }
    if !component.sha256.is_empty() {
        claim = claim.fact("sha256", component.sha256.clone());
    }
    claim.at(file.location.clone())
}

fn status(statement: &Statement, status: &Status, file: &File<'_>) -> Claim {
    let state = status.state.as_str();
    let title = format!("{} in {}: {state}", status.vulnerability, named(&status.component));
    let claim = Claim::observation(&STATED_STATUS, file.subject(), title)
        .fact("vulnerability", status.vulnerability.as_str())
        .fact("status", state);
    let mut claim = by(identified(claim, "component", &status.component), statement);
    let product = status.product.as_ref().map(named);
    for (name, value) in
        [("justification", &status.justification), ("detail", &status.detail), ("product", &product)]
    {
        if let Some(value) = value {
            claim = claim.fact(name, value.as_str());
        }
    }
    claim.at(file.location.clone())
}

fn by(claim: Claim, statement: &Statement) -> Claim {
    let claim = claim.fact("form", statement.form);
    match &statement.author {
        Some(author) => claim.fact("stated-by", author.as_str()),
        None => claim,
    }
}

fn identified(mut claim: Claim, name: &str, component: &Component) -> Claim {
    claim = claim.fact(name, component.name.as_str());
    for (name, value) in [("version", &component.version), ("purl", &component.purl), ("cpe", &component.cpe)]
    {
        if let Some(value) = value {
            claim = claim.fact(name, value.as_str());
        }
    }
    claim
}

fn named(component: &Component) -> String {
    match &component.version {
        Some(version) => format!("{} {version}", component.name),
        None => component.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probes::golden::claims_of_file;
    use banbury_evidence::Value;

    #[test]
    fn what_is_stated_has_codes_of_its_own() {
        let document = br#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"supplier": {"name": "V"}},
            "components": [{"name": "zlib", "version": "1.2.11"}],
            "vulnerabilities": [{"id": "CVE-2099-1", "affects": [{"ref": "pkg:generic/zlib@1.2.11"}], "analysis": {"state": "not_affected"}}]}"#;
        let claims = claims_of_file(&Statements, "sbom.json", document);
        let codes: Vec<&str> = claims.iter().map(|claim| claim.code.as_str()).collect();
        assert_eq!(codes, ["statement", "stated-component", "stated-vulnerability-status"]);
        assert!(claims.iter().all(|claim| claim.facts["stated-by"] == Value::from("V")));
        assert_eq!(claims[2].facts["status"], Value::from("not-affected"));
    }

    #[test]
    fn a_document_that_is_not_whole_is_left_out_and_said() {
        let file = br#"{"bomFormat": "CycloneDX", "components": [{"name": "zlib""#;
        let location = banbury_evidence::Location::exhibit(banbury_evidence::Digest::of(file));
        let mut findings = Findings::default();
        Statements.file(&File::new("x", file, &location, location.exhibit), &mut findings);
        let codes: Vec<&str> = findings.claims.iter().map(|claim| claim.code.as_str()).collect();
        assert_eq!((codes, findings.skipped.len()), (vec!["statement.malformed"], 1));
    }

    #[test]
    fn what_is_beyond_the_bound_is_counted_and_not_claimed() {
        let refs: Vec<String> =
            (0..20_003).map(|number| format!(r#"{{"ref": "pkg:generic/p{number}@1"}}"#)).collect();
        let file = format!(
            r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "vulnerabilities": [{{"id": "CVE-2099-1", "affects": [{}],
            "analysis": {{"state": "exploitable"}}}}]}}"#,
            refs.join(",")
        );
        let location = banbury_evidence::Location::exhibit(banbury_evidence::Digest::of(file.as_bytes()));
        let mut findings = Findings::default();
        Statements.file(&File::new("x", file.as_bytes(), &location, location.exhibit), &mut findings);
        assert_eq!((findings.claims.len(), findings.skipped.len()), (CLAIMED + 1, 1));
        assert!(findings.skipped[0].why.contains("3 further statuses"), "{:?}", findings.skipped);
    }

    #[test]
    fn other_json_is_no_statement() {
        assert!(claims_of_file(&Statements, "package.json", br#"{"name": "x", "version": "1"}"#).is_empty());
    }
}
