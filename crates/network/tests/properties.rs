//! No input makes an import panic, and each record is read or told.

use banbury_network::{Description, INPUTS, Input, import};
use proptest::prelude::*;
use std::path::Path;

fn samples() -> Vec<Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/network");
    let read = |name: &str| {
        let folder = corpus.join(name);
        // A missing file would be an empty sample; the corpus test fails for it.
        let names = ["csv", "graphml", "json", "yaml", "xml", "txt"].map(|ending| format!("input.{ending}"));
        names.iter().find_map(|name| std::fs::read(folder.join(name)).ok()).unwrap_or_default()
    };
    INPUTS.iter().map(|table| read(table.describe().name)).collect()
}

/// Imports twice, and checks what has to hold of any import.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    check_as("any.csv", bytes)?;
    // A form is told by the name too.
    check_as("any.yaml", bytes)
}

fn check_as(name: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let inputs = [Input { name: name.to_owned(), bytes }];
    let (model, diagnostics) = import(&inputs);
    prop_assert_eq!(&import(&inputs), &(model.clone(), diagnostics.clone()));
    let rejected: u64 = model.tables.iter().map(|table| table.rejected).sum();
    let told = diagnostics.iter().filter(|diagnostic| diagnostic.left_out).count() as u64;
    let whole_table = diagnostics
        .iter()
        .any(|found| found.left_out && (found.line <= 1 || found.message.contains("no record can be read")));
    prop_assert!(told >= rejected || whole_table, "{} rejected, {} told", rejected, told);
    prop_assert!(!model.tables.is_empty() || told > 0, "neither read nor told");
    let run = banbury_network::report(&model, &diagnostics, &inputs);
    prop_assert_eq!(run.skipped.len() as u64, told);
    Ok(())
}

/// Records of a table as the csv crate counts them, without blank ones.
fn records(text: &str) -> u64 {
    csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.as_bytes())
        .byte_records()
        .filter(|record| {
            record.as_ref().is_ok_and(|record| record.iter().any(|cell| !cell.trim_ascii().is_empty()))
        })
        .count() as u64
}

/// The inputs that are delimited tables.
fn delimited() -> Vec<&'static Description> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/network");
    let all = INPUTS.iter().map(|table| table.describe());
    all.filter(|description| folder.join(description.name).join("input.csv").exists()).collect()
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-c]{1,3}",
        "[0-9-]{1,10}",
        prop::sample::select(vec![
            "AMF",
            "gnb",
            "yes",
            "no",
            "2024-02-29",
            "role",
            "device",
            "all",
            "direct",
            "POI",
            "high",
            "open",
            "—",
            "planned",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
        "[a,;\"\r\n\t]{0,5}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes)?;
    }

    #[test]
    fn random_bytes_after_a_header(which in 0..INPUTS.len(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let sample = samples().swap_remove(which);
        let end = sample.iter().position(|&byte| byte == b'\n').map_or(sample.len(), |at| at + 1);
        let mut input = sample[..end].to_vec();
        input.extend_from_slice(&bytes);
        check(&input)?;
    }

    #[test]
    fn random_cells(which in 0..delimited().len(), rows in prop::collection::vec(prop::collection::vec(cell(), 0..12), 0..20)) {
        let description = delimited()[which];
        let header: Vec<&str> = description.columns.iter().map(|column| column.name).collect();
        let mut text = header.join(",") + "\n";
        for row in rows {
            let cells: Vec<String> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            text += &(cells.join(",") + "\n");
        }
        check(text.as_bytes())?;
        let (model, _) = import(&[Input { name: "any.csv".to_owned(), bytes: text.as_bytes() }]);
        let table = &model.tables[0];
        prop_assert_eq!(&table.table, description.table);
        prop_assert_eq!(table.rows + table.rejected, records(&text));
    }

    #[test]
    fn flipped_bytes(which in 0..INPUTS.len(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), cut in any::<prop::sample::Index>(), cuts in any::<bool>()) {
        let mut sample = samples().swap_remove(which);
        for (index, byte) in flips {
            let at = index.index(sample.len());
            sample[at] = byte;
        }
        if cuts {
            sample.truncate(cut.index(sample.len()));
        }
        check(&sample)?;
    }
}
