//! `docs/regimes.md` held against the data: the views and their columns, the measures, the keys of the files.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_evidence::ledger::Ledger;
use banbury_regime::builtin;
use std::collections::BTreeSet;
use std::path::Path;

fn document() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/regimes.md")).unwrap()
}

/// The first cells of the rows of the table under a heading, without code marks.
fn table(document: &str, heading: &str, columns: usize) -> Vec<Vec<String>> {
    let (_, rest) = document.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = rest.split_once("\n## ").map_or(rest, |(section, _)| section);
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            line.trim_matches('|')
                .split(" | ")
                .take(columns)
                .map(|cell| cell.trim().replace('`', ""))
                .collect()
        })
        .collect()
}

#[test]
fn every_view_is_documented_with_its_columns() {
    let ledger = Ledger::in_memory().unwrap();
    let connection = ledger.connection();
    let mut statement =
        connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name").unwrap();
    let names: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let found: Vec<Vec<String>> = names
        .into_iter()
        .map(|name| {
            let statement = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
            vec![name.clone(), statement.column_names().collect::<Vec<_>>().join(", ")]
        })
        .collect();
    assert_eq!(table(&document(), "The views", 2), found);
}

#[test]
fn every_measure_is_in_the_table_of_what_is_covered() {
    let mut found = Vec::new();
    for regime in builtin().unwrap() {
        for measure in regime.measures.iter().filter(|measure| !measure.attested) {
            let query = measure.query.file.rsplit('/').next().unwrap();
            let tables: Vec<&str> = measure.needs.iter().chain(&measure.wants).map(String::as_str).collect();
            found.push((
                format!("{}/{}", regime.id, measure.id),
                measure.certainty.as_str().to_owned(),
                format!("{query} over {}", tables.join(", ")),
            ));
        }
    }
    let rows = table(&document(), "What is covered", 5);
    for row in &rows {
        assert!(["computed", "in part", "not decided"].contains(&row[2].as_str()), "{row:?}");
        assert!(row[4].len() > 5, "{row:?}");
    }
    let stated: Vec<_> =
        rows.into_iter().map(|row| (row[0].clone(), row[1].clone(), row[3].clone())).collect();
    assert_eq!(stated, found);
}

#[test]
fn every_measure_by_attestation_is_listed() {
    let mut text = String::from(
        "# Measures by attestation\n\nNo model, image or traffic shows these: somebody has to state them, with a day and a \
         document, in `attestations.csv`\n(`docs/regimes.md`). Until then each is inconclusive.\n\n\
         | Measure | Certainty | Asks | Decided by |\n|---|---|---|---|\n",
    );
    for regime in builtin().unwrap() {
        for measure in regime.measures.iter().filter(|measure| measure.attested) {
            let decides = measure.decides.split_whitespace().collect::<Vec<_>>().join(" ");
            let (id, certainty, title) = (&measure.id, measure.certainty.as_str(), &measure.title);
            text += &format!("| `{}/{id}` | {certainty} | {title} | {decides} |\n", regime.id);
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/attested-measures.md");
    if std::env::var_os("BANBURY_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == text,
        "{}: write it anew with BANBURY_BLESS=1",
        path.display()
    );
}

#[test]
fn every_shared_definition_is_documented() {
    let document = document();
    let regimes = builtin().unwrap();
    let scripts = regimes.iter().flat_map(|regime| &regime.definitions);
    let shared = scripts.filter(|script| script.file.starts_with("definitions/"));
    let names: BTreeSet<&str> = shared
        .flat_map(|script| script.text.lines())
        .filter_map(|line| line.strip_suffix('(')?.split_once(" AS "))
        .map(|(name, _)| name)
        .filter(|name| !name.contains(' '))
        .collect();
    assert!(names.len() >= 12, "{names:?}");
    for name in names {
        assert!(document.contains(&format!("`{name}`")), "{name}");
    }
}
