//! Banbury's table of the management plane's segments.
//!
//! Wrong when: a segment is written otherwise than on its devices. Misses: the devices of a segment, which name it
//! themselves; filters between segments. Source: this project.

use crate::draft::Draft;
use crate::import::Input;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Segment;

/// table of management segments.
pub(super) struct Segments;

pub(super) const DESCRIPTION: Description = Description {
    name: "segments",
    table: "segments",
    title: "table of management segments",
    columns: &[
        Column {
            name: "segment",
            others: &["name"],
            required: true,
            holds: "the segment, as devices and interfaces name it",
        },
        Column {
            name: "plane",
            others: &[],
            required: true,
            holds: "what it manages: core, access, transport, oversight or shared; the cell may be empty",
        },
        Column {
            name: "contained",
            others: &[],
            required: false,
            holds: "yes or no: whether a failure in it stays in it",
        },
    ],
    marks: &[],
    foreign: &["device", "vrf"],
    closed: true,
    limits: &["filters between segments are not read"],
    source: "Banbury's own table",
};

impl Table for Segments {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

const PLANES: &[&str] = &["core", "access", "transport", "oversight", "shared"];

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let segment = Segment {
        name: row.required("segment")?,
        plane: row.choice("plane", PLANES),
        contained: row.flag("contained"),
        source: row.source(),
    };
    draft.add(segment, &row.place("segment")).map_err(|problem| row.problem(problem)).ok()
}
