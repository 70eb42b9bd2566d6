//! The import as a run: what was looked at, what was left out, and each mistake as a claim.

use crate::diagnostic::{Diagnostic, Kind, Severity};
use crate::import::Input;
use banbury_evidence::model::Model;
use banbury_evidence::{
    Claim, CodeInfo, Digest, Grade, Location, RunReport, Skipped, Status, Subject, SubjectKind,
};
use std::collections::{BTreeMap, BTreeSet};

/// The probe's name in run records.
pub const PROBE: &str = "network.import";

/// The probe's version: a change of what an import reads or finds changes it.
pub const VERSION: &str = "2";

const MALFORMED: CodeInfo = CodeInfo {
    code: "network.malformed-record",
    title: "A record of the network model cannot be read",
    grade: Grade::Info,
    meaning: "A table, record or value of an inventory export breaks the form of its table. What it says is not in \
              the network model, or is there as not stated; a measure that needs it is inconclusive.",
    remedy: "Correct the file at the line and column given, or the inventory it was exported from, and import again.",
    cwe: &[],
};

const CONFLICT: CodeInfo = CodeInfo {
    code: "network.conflict",
    title: "Two records of the network model contradict each other",
    grade: Grade::Info,
    meaning: "Two records describe one thing differently. The first that was read is in the model; verdicts rest on \
              it, and would differ if the second were true.",
    remedy: "Find out which record is true and remove the other.",
    cwe: &[],
};

const UNKNOWN_REFERENCE: CodeInfo = CodeInfo {
    code: "network.unknown-reference",
    title: "A record of the network model names something that no record describes",
    grade: Grade::Info,
    meaning: "A function, link, contract, interception or list names a device, site or vendor that no imported table \
              has. Measures over that device, site or vendor do not see the record.",
    remedy: "Correct the name, or add the missing record to its table.",
    cwe: &[],
};

/// Every code that an import can claim.
pub const CODES: &[CodeInfo] = &[MALFORMED, CONFLICT, UNKNOWN_REFERENCE];

/// The run's record of an import. Errors, contradictions and unknown names are claims; records that are not in the
/// model are what was skipped.
pub fn report(model: &Model, diagnostics: &[Diagnostic], inputs: &[Input<'_>]) -> RunReport {
    let skipped: Vec<Skipped> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.left_out)
        .map(|diagnostic| Skipped { what: diagnostic.place(), why: diagnostic.message.clone() })
        .collect();
    let mut files: BTreeMap<&str, File> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut claims = Vec::new();
    for diagnostic in diagnostics {
        let Some(info) = code(diagnostic) else { continue };
        let mut claim = Claim::observation(
            info,
            Subject::named(SubjectKind::Network, "network"),
            format!("{}: {}", diagnostic.place(), diagnostic.message),
        )
        .fact("file", diagnostic.file.as_str())
        .fact("line", i64::try_from(diagnostic.line).unwrap_or(i64::MAX))
        .fact("message", diagnostic.message.as_str());
        if let Some(hint) = &diagnostic.hint {
            claim = claim.note(hint.as_str());
        }
        if let Some(input) = inputs.iter().find(|input| input.name == diagnostic.file) {
            claim = claim
                .at(files.entry(&input.name).or_insert_with(|| File::new(input.bytes)).at(diagnostic.line));
        }
        if seen.insert(claim.fingerprint()) {
            claims.push(claim);
        }
    }
    RunReport {
        probe: PROBE.to_owned(),
        version: VERSION.to_owned(),
        parameters: BTreeMap::new(),
        status: if skipped.is_empty() { Status::Complete } else { Status::Incomplete },
        looked: model.tables.iter().map(|table| table.rows + table.rejected).sum(),
        bytes: inputs.iter().map(|input| input.bytes.len() as u64).sum(),
        skipped,
        claims,
    }
}

fn code(diagnostic: &Diagnostic) -> Option<&'static CodeInfo> {
    match (diagnostic.kind, diagnostic.severity) {
        (Kind::Malformed, Severity::Error) => Some(&MALFORMED),
        (Kind::Conflict, _) => Some(&CONFLICT),
        (Kind::UnknownReference, _) => Some(&UNKNOWN_REFERENCE),
        (Kind::Malformed, Severity::Warning) | (Kind::Remark, _) => None,
    }
}

/// An input's hash and where its lines start.
struct File {
    exhibit: Digest,
    lines: Vec<u64>,
}

impl File {
    fn new(bytes: &[u8]) -> Self {
        let mut lines = vec![0];
        let mut before = None;
        for (at, &byte) in (0u64..).zip(bytes) {
            match (before, byte) {
                (Some(b'\r'), b'\n') => {
                    if let Some(last) = lines.last_mut() {
                        *last = at + 1;
                    }
                }
                (_, b'\n' | b'\r') => lines.push(at + 1),
                _ => {}
            }
            before = Some(byte);
        }
        Self { exhibit: Digest::of(bytes), lines }
    }

    fn at(&self, line: u64) -> Location {
        let whole = Location::exhibit(self.exhibit);
        let offset = line.checked_sub(1).and_then(|index| self.lines.get(usize::try_from(index).ok()?));
        match (offset, u32::try_from(line)) {
            (Some(&offset), Ok(line)) => whole.line(line, offset),
            _ => whole,
        }
    }
}
