//! Banbury's table of lawful-intercept arrangements: which device takes which part.
//!
//! Wrong when: the part a device takes is not in the inventory, as is often so with good reason. Misses: warrants,
//! targets and delivery; the table says nothing of those and must not. Source: 3GPP TS 33.127, ETSI TS 103 221.

use crate::draft::Draft;
use crate::import::Input;
use crate::references::Target;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Interception;

/// table of interceptions.
pub(super) struct Interceptions;

pub(super) const DESCRIPTION: Description = Description {
    name: "interceptions",
    table: "interceptions",
    title: "table of interceptions",
    columns: &[
        Column {
            name: "device",
            others: &[],
            required: true,
            holds: "the device, as the table of devices names it",
        },
        Column { name: "part", others: &[], required: true, holds: "ADMF, LIPF, MDF2, MDF3, POI or TF" },
        Column { name: "operator", others: &[], required: false, holds: "who operates it" },
    ],
    marks: &[],
    foreign: &[],
    closed: true,
    limits: &["warrants, targets and delivery are not read"],
    source: "Banbury's own table; parts by 3GPP TS 33.127 and ETSI TS 103 221",
};

impl Table for Interceptions {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

const PARTS: &[&str] = &["ADMF", "LIPF", "MDF2", "MDF3", "POI", "TF"];

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let device = row.required("device")?;
    let part = row.required_choice("part", PARTS)?;
    draft.refer(Target::Device, &device, || row.place("device"), ("interception", &part));
    let interception = Interception { device, part, operator: row.text("operator"), source: row.source() };
    draft.add(interception, &row.place("device")).map_err(|problem| row.problem(problem)).ok()
}
