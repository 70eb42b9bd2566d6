//! `docs/network.md` held against the registry: every input with its columns and limits.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use banbury_network::{INPUTS, sections};
use std::fmt::Write as _;
use std::path::Path;

const HEADING: &str = "## Every input\n";

/// The part of the document that says what the registry says.
fn generated() -> String {
    let mut text = format!(
        "{HEADING}\nFrom here on the text is made from the readers themselves (`BANBURY_BLESS=1` with the test `document` of \
         `crates/network`).\nA value marked with * has to be there, or the record is left out. In a table's headings case, blanks and \
         punctuation do\nnot matter.\n"
    );
    for description in INPUTS.iter().map(|table| table.describe()) {
        write!(text, "\n### `{}`: {}\n\n", description.name, description.title).unwrap();
        writeln!(text, "| Value | Also | Holds |\n|---|---|---|").unwrap();
        for column in description.columns {
            let others: Vec<String> = column.others.iter().map(|other| format!("`{other}`")).collect();
            let needed = if column.required { " *" } else { "" };
            writeln!(text, "| `{}`{needed} | {} | {} |", column.name, others.join(", "), column.holds)
                .unwrap();
        }
        let extra = if description.closed { "" } else { " Other values are passed over." };
        writeln!(text, "\nTable `{}`.{extra} Source: {}.\n", description.table, description.source).unwrap();
        description.limits.iter().for_each(|limit| writeln!(text, "- {limit}").unwrap());
    }
    text += "\n### The lists of the model in one file\n\n| List | Fields |\n|---|---|\n";
    for section in sections() {
        let fields: Vec<String> = section.fields().map(|(field, _)| format!("`{field}`")).collect();
        writeln!(text, "| `{}` | {} |", section.list, fields.join(", ")).unwrap();
    }
    text
}

#[test]
fn every_input_is_described_as_it_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/network.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (front, stated) = document.split_once(HEADING).unwrap_or((&document, ""));
    let generated = generated();
    if std::env::var_os("BANBURY_BLESS").is_some() {
        std::fs::write(&path, format!("{}\n\n{generated}", front.trim_end())).unwrap();
        return;
    }
    assert_eq!(
        format!("{HEADING}{stated}"),
        generated,
        "BANBURY_BLESS=1 writes it anew: read the difference"
    );
    for word in [
        "value_sources",
        "# synthetic:",
        "network.conflict",
        "schemas/network.schema.json",
        "banbury fetch netbox",
    ] {
        assert!(front.contains(word), "{word}");
    }
}
