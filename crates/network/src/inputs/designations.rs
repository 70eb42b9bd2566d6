//! Banbury's table of designations: the lists that vendors stand on, by somebody's decision.
//!
//! Only what the table says: no vendor is on a list without a row. Wrong when: the vendor is written otherwise than in
//! the table of devices; a name that no device bears is told. Source: this project.

use crate::draft::Draft;
use crate::import::Input;
use crate::references::Target;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Designation;

/// table of designations.
pub(super) struct Designations;

pub(super) const DESCRIPTION: Description = Description {
    name: "designations",
    table: "designations",
    title: "table of designations",
    columns: &[
        Column {
            name: "vendor",
            others: &[],
            required: true,
            holds: "the vendor, as devices name their manufacturer",
        },
        Column {
            name: "list",
            others: &[],
            required: true,
            holds: "the list, such as restricted or high-risk",
        },
        Column { name: "since", others: &[], required: false, holds: "first day, YYYY-MM-DD" },
        Column { name: "citation", others: &[], required: false, holds: "the document that says so" },
    ],
    marks: &[],
    foreign: &[],
    closed: true,
    limits: &["a designation has a first day and no last one: take the row out when it ends"],
    source: "Banbury's own table",
};

impl Table for Designations {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let designation = Designation {
        vendor: row.required("vendor")?,
        list: row.required("list")?,
        since: row.date("since"),
        citation: row.text("citation"),
        source: row.source(),
    };
    let by = ("designation", designation.list.as_str());
    draft.refer(Target::Manufacturer, &designation.vendor, || row.place("vendor"), by);
    draft.add(designation, &row.place("vendor")).map_err(|problem| row.problem(problem)).ok()
}
