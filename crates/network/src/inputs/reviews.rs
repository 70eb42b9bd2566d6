//! Banbury's table of engineering reviews: each finding with its grade and state.
//!
//! A review that found nothing has one row with grade `none`: it says that somebody looked. Wrong when: the vendor is
//! written otherwise than in the table of devices; a name that no device bears is told. Misses: how a finding was
//! found. Source: this project.

use crate::draft::Draft;
use crate::import::Input;
use crate::references::Target;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Review;

/// table of reviews.
pub(super) struct Reviews;

pub(super) const DESCRIPTION: Description = Description {
    name: "reviews",
    table: "reviews",
    title: "table of reviews",
    columns: &[
        Column {
            name: "vendor",
            others: &[],
            required: true,
            holds: "the vendor, as devices name their manufacturer",
        },
        Column {
            name: "product",
            others: &[],
            required: false,
            holds: "the product; empty when the vendor as a whole was reviewed",
        },
        Column { name: "date", others: &[], required: true, holds: "date of the review, YYYY-MM-DD" },
        Column { name: "reviewer", others: &[], required: false, holds: "who reviewed" },
        Column {
            name: "finding",
            others: &[],
            required: true,
            holds: "the finding's name; none when nothing was found",
        },
        Column { name: "grade", others: &[], required: true, holds: "high, medium, low, advisory or none" },
        Column { name: "state", others: &[], required: false, holds: "open, fixed or accepted" },
    ],
    marks: &[],
    foreign: &[],
    closed: true,
    limits: &[
        "a product is not compared with device types: reviews name software and versions",
        "one grade and state a finding, as of today",
    ],
    source: "Banbury's own table",
};

impl Table for Reviews {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

const GRADES: &[&str] = &["high", "medium", "low", "advisory", "none"];
const STATES: &[&str] = &["open", "fixed", "accepted"];

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let vendor = row.required("vendor")?;
    let date = row.required_date("date")?;
    let finding = row.required("finding")?;
    let grade = row.required_choice("grade", GRADES)?;
    draft.refer(Target::Manufacturer, &vendor, || row.place("vendor"), ("review", &finding));
    let review = Review {
        vendor,
        product: row.text("product"),
        date,
        reviewer: row.text("reviewer"),
        finding,
        grade,
        state: row.choice("state", STATES),
        source: row.source(),
    };
    draft.add(review, &row.place("vendor")).map_err(|problem| row.problem(problem)).ok()
}
