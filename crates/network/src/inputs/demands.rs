//! Banbury's table of demands: which sites need which functions, for how many subscribers and how much traffic.
//!
//! Wrong when: a function is written otherwise than on the devices that carry it; a spelling in use is put into its
//! standard form. Misses: time of day, service levels. Source: this project; functions by 3GPP TS 23.501 and others.

use crate::draft::Draft;
use crate::functions;
use crate::import::Input;
use crate::references::Target;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Demand;

/// table of demands.
pub(super) struct Demands;

pub(super) const DESCRIPTION: Description = Description {
    name: "demands",
    table: "demands",
    title: "table of demands",
    columns: &[
        Column { name: "site", others: &[], required: true, holds: "site" },
        Column {
            name: "function",
            others: &[],
            required: true,
            holds: "function that the site needs, such as UPF",
        },
        Column {
            name: "subscribers",
            others: &[],
            required: false,
            holds: "whole number of subscribers who need it",
        },
        Column { name: "mbps", others: &["traffic_mbps"], required: false, holds: "traffic in whole Mbit/s" },
    ],
    marks: &[],
    foreign: &["device", "scope_kind"],
    closed: true,
    limits: &["one demand a site and function, without time of day"],
    source: "Banbury's own table",
};

impl Table for Demands {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let (site, function) = (row.required("site")?, row.required("function")?);
    let function = functions::standard(&function).0;
    draft.refer(Target::Site, &site, || row.place("site"), ("demand", &function));
    let demand = Demand {
        site,
        function,
        subscribers: row.number("subscribers"),
        mbps: row.number("mbps"),
        source: row.source(),
    };
    draft.add(demand, &row.place("site")).map_err(|problem| row.problem(problem)).ok()
}
