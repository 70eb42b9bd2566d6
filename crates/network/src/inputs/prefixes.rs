//! Ranges of addresses and whose they are, as NetBox exports its prefixes or as a table of one's own.
//!
//! NetBox's tenant is the party; its role is read where it is one of ours, and told where it is not. Wrong when: a range has changed
//! hands since. Misses: ranges inside a VRF that others use as well, which NetBox tells apart by the VRF. Source: NetBox's
//! documentation of prefixes; this project.

use crate::diagnostic::{Kind, quote};
use crate::draft::Draft;
use crate::import::Input;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::Prefix;
use banbury_evidence::model::AddressPrefix;

/// table of prefixes.
pub(super) struct Prefixes;

pub(super) const DESCRIPTION: Description = Description {
    name: "prefixes",
    table: "prefixes",
    title: "table of address ranges",
    columns: &[
        Column {
            name: "prefix",
            others: &[],
            required: true,
            holds: "the range, such as 192.0.2.0/24 or 2001:db8::/32",
        },
        Column {
            name: "party",
            others: &["tenant"],
            required: false,
            holds: "whose it is: the vendor or other party; empty for the operator's own",
        },
        Column {
            name: "role",
            others: &[],
            required: false,
            holds: "own, management, mediation (points through which others come), exposed (the public or customers reach it) or party",
        },
        Column {
            name: "segment",
            others: &["cf_management_segment"],
            required: false,
            holds: "the segment of the management plane that it is",
        },
    ],
    marks: &[],
    foreign: &["device", "interface", "address"],
    closed: false,
    limits: &["VRFs are not told apart: a range stands once in a model"],
    source: "NetBox 4, documentation of prefixes; Banbury's own roles",
};

impl Table for Prefixes {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

const ROLES: &[&str] = &["own", "management", "mediation", "exposed", "party"];

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let text = row.required("prefix")?;
    let Some(prefix) = Prefix::parse(&text) else {
        let problem =
            row.place("prefix").error(Kind::Malformed, format!("{} is no range of addresses", quote(&text)));
        row.problem(problem.hint("write it as 192.0.2.0/24 or 2001:db8::/32").left_out());
        return None;
    };
    let record = AddressPrefix {
        prefix: prefix.to_string(),
        party: row.text("party"),
        role: row.choice("role", ROLES),
        segment: row.text("segment"),
        source: row.source(),
    };
    draft.add(record, &row.place("prefix")).map_err(|problem| row.problem(problem)).ok()
}
