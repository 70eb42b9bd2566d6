//! Banbury's table of network functions: which device carries which.
//!
//! Names are mapped to the standard ones in [`crate::functions`]; a name that is not there is kept and told. Misses:
//! redundancy of functions (a second device that carries the same function is a second row, not a standby).
//! Source: this project; the names are 3GPP's and others'.

use crate::diagnostic::{Kind, quote};
use crate::draft::Draft;
use crate::functions;
use crate::import::Input;
use crate::nearest::Names;
use crate::references::Target;
use crate::rows::{self, Row};
use crate::table::{Column, Description, Table};
use banbury_evidence::model::Function;

/// table of functions.
pub(super) struct Functions;

pub(super) const DESCRIPTION: Description = Description {
    name: "functions",
    table: "functions",
    title: "table of functions",
    columns: &[
        Column {
            name: "device",
            others: &[],
            required: true,
            holds: "the device, as the table of devices names it",
        },
        Column {
            name: "function",
            others: &[],
            required: true,
            holds: "one function by its standard name, such as AMF or GNB-DU",
        },
    ],
    marks: &[],
    foreign: &[],
    closed: true,
    limits: &[
        "one function a row",
        "control-plane and user-plane halves of a function are read as the function",
    ],
    source: "Banbury's own table; names by 3GPP TS 23.501 and others",
};

impl Table for Functions {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read(&self, input: &Input<'_>, draft: &mut Draft) {
        rows::read(input, &DESCRIPTION, draft, take);
    }
}

pub(super) fn take(row: &mut Row<'_>, draft: &mut Draft) -> Option<()> {
    let device = row.required("device")?;
    let written = row.required("function")?;
    let (function, known) = functions::standard(&written);
    if !known {
        let message = format!("{} is no standard function; it is kept as it is", quote(&written));
        let mut problem = row.place("function").warning(Kind::Remark, message);
        problem.hint = hint(&written, &function);
        row.problem(problem);
    }
    draft.refer(Target::Device, &device, || row.place("device"), ("function", &function));
    let record = Function { device, function, source: row.source() };
    draft.add(record, &row.place("device")).map_err(|problem| row.problem(problem)).ok()
}

fn hint(written: &str, function: &str) -> Option<String> {
    if written.contains([',', ';', '/', '+']) {
        return Some("write one function a row".to_owned());
    }
    let mut names = Names::default();
    functions::FUNCTIONS.iter().for_each(|function| names.insert(function.name));
    names.hint(function)
}
