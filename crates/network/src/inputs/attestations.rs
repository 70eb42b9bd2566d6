//! Banbury's table of attestations: who states what of a measure, when, and by which document.
//!
//! A statement is evidence of what was stated. It decides a measure that no model, image or traffic can decide, and
//! stands beside what is computed of the others. Wrong when: the document says something else; its hash pins which one
//! was read, not what it says. Misses: signatures. Source: this project.

use crate::diagnostic::Kind;
use crate::draft::Draft;
use crate::import::Input;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Attestation;

/// table of attestations.
pub(super) struct Attestations;

pub(super) const DESCRIPTION: Description = Description {
    name: "attestations",
    table: "attestations",
    title: "table of attestations",
    columns: &[
        Column { name: "regime", others: &[], required: true, holds: "regime, such as uk-security-2022" },
        Column { name: "measure", others: &[], required: true, holds: "measure in it, such as M10.05" },
        Column {
            name: "subject",
            others: &[],
            required: false,
            holds: "device, vendor, contract, ...; empty for the network as a whole",
        },
        Column { name: "state", others: &[], required: true, holds: "met, breached or not applicable" },
        Column { name: "party", others: &["by"], required: true, holds: "who states it" },
        Column { name: "date", others: &[], required: true, holds: "when, YYYY-MM-DD" },
        Column {
            name: "until",
            others: &[],
            required: false,
            holds: "last day on which it holds, YYYY-MM-DD",
        },
        Column {
            name: "document",
            others: &[],
            required: false,
            holds: "the document: its name, number or place",
        },
        Column {
            name: "sha256",
            others: &[],
            required: false,
            holds: "the document's SHA-256, 64 hexadecimal digits",
        },
    ],
    marks: &[],
    foreign: &[],
    closed: true,
    limits: &["signatures of documents are not checked", "one state a party, subject and day"],
    source: "Banbury's own table",
};

impl Table for Attestations {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

const STATES: &[&str] = &["met", "breached", "not applicable"];

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let attestation = Attestation {
        regime: row.required("regime")?,
        measure: row.required("measure")?,
        subject: row.text("subject"),
        state: row.required_choice("state", STATES)?,
        party: row.required("party")?,
        date: row.required_date("date")?,
        until: row.date("until"),
        document: row.text("document"),
        sha256: row.digest("sha256"),
        source: row.source(),
    };
    if let Some(until) = attestation.until.as_ref().filter(|until| **until < attestation.date) {
        let message = format!("it holds until {until}, before it was stated on {}", attestation.date);
        row.problem(
            row.place("until").error(Kind::Malformed, message).hint("correct one of the two days").left_out(),
        );
        return None;
    }
    draft.add(attestation, &row.place("measure")).map_err(|problem| row.problem(problem)).ok()
}
