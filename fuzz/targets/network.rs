//! Every table of the network model, alone and as one of several inputs: no panic, and every record is either read or
//! has its diagnostic.

#![no_main]

use banbury_network::{INPUTS, Input, import, report};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The first byte names the table, so that recognition by name is met too.
    let Some((which, rest)) = bytes.split_first() else { return };
    let table = INPUTS[usize::from(*which) % INPUTS.len()].describe();
    // The form is told by the name too.
    let ending = if table.name == "model-yaml" { "yaml" } else { "csv" };
    let inputs = [Input { name: format!("{}.{ending}", table.table), bytes: rest }];
    let (model, diagnostics) = import(&inputs);
    let report = report(&model, &diagnostics, &inputs);
    for imported in &model.tables {
        assert!(imported.rejected == 0 || !diagnostics.is_empty(), "a record was left out without a word");
    }
    assert!(report.skipped.len() <= diagnostics.len());
});
