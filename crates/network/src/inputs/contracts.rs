//! Banbury's table of maintenance contracts: who maintains what, and how they reach it.
//!
//! A contract with several scopes has a row for each. Wrong when: a scope is written otherwise than in the table it
//! names; a scope that matches nothing is told. Misses: named persons, subcontractors. Source: this
//! project.

use crate::diagnostic::{Kind, quote};
use crate::draft::Draft;
use crate::functions;
use crate::import::Input;
use crate::references::Target;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Contract;
use banbury_evidence::{Agreed, NotAgreed};

/// table of contracts.
pub(super) struct Contracts;

pub(super) const DESCRIPTION: Description = Description {
    name: "contracts",
    table: "contracts",
    title: "table of contracts",
    columns: &[
        Column { name: "name", others: &[], required: true, holds: "the contract" },
        Column { name: "party", others: &[], required: true, holds: "who maintains" },
        Column {
            name: "scope_kind",
            others: &[],
            required: true,
            holds: "what the scope names: device, role, site, manufacturer, function or all",
        },
        Column {
            name: "scope",
            others: &[],
            required: false,
            holds: "the device, role, ... that is covered; empty for all",
        },
        Column { name: "access", others: &[], required: false, holds: "direct, mediated or none" },
        Column {
            name: "through",
            others: &["mediation_point"],
            required: false,
            holds: "the operator's mediation point through which the party comes",
        },
        Column {
            name: "administrator",
            others: &[],
            required: false,
            holds: "yes or no: whether the party administers equipment (a third-party administrator)",
        },
        Column {
            name: "logged",
            others: &[],
            required: false,
            holds: "yes or no: whether the party's access is logged",
        },
        Column {
            name: "exit_plan",
            others: &[],
            required: false,
            holds: "the plan for leaving the party: the document's name, or none",
        },
        Column {
            name: "hours",
            others: &["window", "maintenance_window"],
            required: false,
            holds: "when the party may work, UTC: Mon-Fri 08:00-17:00, always, or 2026-11-01T22:00/2026-11-02T04:00; several with ; between them",
        },
        Column { name: "since", others: &[], required: false, holds: "first day, YYYY-MM-DD" },
        Column { name: "until", others: &[], required: false, holds: "last day, YYYY-MM-DD" },
    ],
    marks: &[],
    foreign: &[],
    closed: true,
    limits: &["named persons and subcontractors are not read", "one kind of access a scope"],
    source: "Banbury's own table",
};

impl Table for Contracts {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

const SCOPES: &[&str] = &["device", "role", "site", "manufacturer", "function", "all"];
const ACCESS: &[&str] = &["direct", "mediated", "none"];

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let name = row.required("name")?;
    let party = row.required("party")?;
    let scope_kind = row.required_choice("scope_kind", SCOPES)?;
    let scope = scope(row, &name, &scope_kind, draft)?;
    let contract = Contract {
        name,
        party,
        scope_kind,
        scope,
        access: row.choice("access", ACCESS),
        through: row.text("through"),
        administrator: row.flag("administrator"),
        logged: row.flag("logged"),
        exit_plan: row.text("exit_plan"),
        hours: hours(row),
        since: row.date("since"),
        until: row.date("until"),
        source: row.source(),
    };
    if let (Some(since), Some(until)) = (&contract.since, &contract.until)
        && since > until
    {
        let message = format!("the contract ends on {until}, before it begins on {since}");
        let problem = row.place("until").error(Kind::Malformed, message);
        row.problem(problem.hint("exchange or correct the two dates").left_out());
        return None;
    }
    draft.add(contract, &row.place("name")).map_err(|problem| row.problem(problem)).ok()
}

fn hours(row: &mut Row<'_>) -> Option<String> {
    let text = row.text("hours")?;
    match Agreed::parse(&text) {
        Ok(_) => Some(text),
        Err(refused) => {
            let problem =
                row.place("hours").error(Kind::Malformed, format!("{refused}; taken as not stated"));
            row.problem(problem.hint(NotAgreed::HINT));
            None
        }
    }
}

fn scope(row: &mut Row<'_>, name: &str, kind: &str, draft: &mut Draft) -> Option<String> {
    let target = match kind {
        "device" => Target::Device,
        "role" => Target::Role,
        "site" => Target::Site,
        "manufacturer" => Target::Manufacturer,
        "function" => Target::Function,
        _ => {
            if let Some(scope) = row.text("scope") {
                let message =
                    format!("a contract over all names the scope {}; it is not read", quote(&scope));
                let hint = "leave the scope empty, or say in scope_kind what it names";
                row.problem(row.place("scope").error(Kind::Malformed, message).hint(hint));
            }
            return Some(String::new());
        }
    };
    let mut scope = row.required("scope")?;
    if target == Target::Function {
        scope = functions::standard(&scope).0;
    }
    draft.refer(target, &scope, || row.place("scope"), ("contract", name));
    Some(scope)
}
