//! Banbury's table of vendors and the law that binds them.
//!
//! A vendor without a device (a contractor, say) is no mistake. Wrong when: the name differs from the manufacturer's
//! name in the table of devices. Misses: subsidiaries, changes over time. Source: this project.

use crate::draft::Draft;
use crate::import::Input;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Vendor;

/// table of vendors.
pub(super) struct Vendors;

pub(super) const DESCRIPTION: Description = Description {
    name: "vendors",
    table: "vendors",
    title: "table of vendors",
    columns: &[
        Column {
            name: "name",
            others: &[],
            required: true,
            holds: "the vendor, as devices name their manufacturer",
        },
        Column {
            name: "jurisdiction",
            others: &[],
            required: true,
            holds: "country whose law binds the vendor; the cell may be empty",
        },
        Column { name: "control", others: &["owner"], required: false, holds: "who controls the vendor" },
        Column { name: "production", others: &[], required: false, holds: "country in which it produces" },
        Column {
            name: "stated",
            others: &[],
            required: false,
            holds: "day on which the source stated this, YYYY-MM-DD",
        },
        Column { name: "citation", others: &[], required: false, holds: "the document that says so" },
    ],
    marks: &[],
    foreign: &[],
    closed: true,
    limits: &[
        "one jurisdiction and one place of production a vendor",
        "subsidiaries are vendors of their own",
    ],
    source: "Banbury's own table",
};

impl Table for Vendors {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let vendor = Vendor {
        name: row.required("name")?,
        jurisdiction: row.text("jurisdiction"),
        control: row.text("control"),
        production: row.text("production"),
        stated: row.date("stated"),
        citation: row.text("citation"),
        source: row.source(),
    };
    draft.add(vendor, &row.place("name")).map_err(|problem| row.problem(problem)).ok()
}
