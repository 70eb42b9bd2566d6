//! Banbury's table of sites, and NetBox's where its columns are the same.
//!
//! Where several files describe one site (a graph gives its coordinates, a table its subscribers), each fills in what
//! the others do not state; a contradiction is told. Wrong when: two places bear one name. Misses: everything about a
//! site that is not a column here. Source: this project.

use crate::draft::Draft;
use crate::import::Input;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Site;

/// table of sites.
pub(super) struct Sites;

pub(super) const DESCRIPTION: Description = Description {
    name: "sites",
    table: "sites",
    title: "table of sites",
    columns: &[
        Column { name: "name", others: &[], required: true, holds: "the site, as devices name it" },
        Column { name: "region", others: &[], required: false, holds: "region" },
        Column { name: "country", others: &[], required: false, holds: "country in which the site stands" },
        Column {
            name: "sensitive",
            others: &[],
            required: false,
            holds: "yes or no: critical national infrastructure, government, defence",
        },
        Column {
            name: "subscribers",
            others: &[],
            required: false,
            holds: "whole number of subscribers served from here",
        },
        Column {
            name: "power",
            others: &["power_region", "cf_power_region"],
            required: false,
            holds: "power region from which the site is fed: what goes dark together",
        },
        Column { name: "latitude", others: &[], required: false, holds: "degrees north, WGS 84" },
        Column { name: "longitude", others: &[], required: false, holds: "degrees east, WGS 84" },
    ],
    marks: &["region", "country", "sensitive", "subscribers", "power", "latitude", "longitude"],
    foreign: &[],
    closed: true,
    limits: &[
        "one region a site; regions are not nested",
        "subscribers are a count, without time or service",
        "one power region a site; one that is fed from two regions goes dark with neither alone, and states none",
    ],
    source: "Banbury's own table",
};

impl Table for Sites {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let site = Site {
        name: row.required("name")?,
        region: row.text("region"),
        country: row.text("country"),
        sensitive: row.flag("sensitive"),
        subscribers: row.number("subscribers"),
        power: row.text("power"),
        latitude: row.degrees("latitude", 90.0),
        longitude: row.degrees("longitude", 180.0),
        source: row.source(),
    };
    draft.add(site, &row.place("name")).map_err(|problem| row.problem(problem)).ok()
}
