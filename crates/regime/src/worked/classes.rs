//! The classes of a regime, held against the functions that the import knows.

use crate::error::Diagnostic;
use crate::folder::{Files, from_toml};
use crate::metadata::Regime;
use banbury_network::functions::{FUNCTIONS, standard};
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

#[derive(Deserialize)]
struct Classes {
    #[serde(default)]
    sensitivity: Vec<Class>,
}

#[derive(Deserialize)]
struct Class {
    class: String,
    #[serde(default)]
    functions: Vec<Spanned<String>>,
}

/// Functions that the import would never write so, and known ones that stand in no class.
pub(super) fn failures(regime: &Regime, files: &Files) -> Vec<Diagnostic> {
    let file = format!("{}/regime.toml", regime.id);
    let text = files.get("regime.toml").map(String::as_str).unwrap_or_default();
    // The file was read as a regime before; whatever else there is to say of it was said then.
    let Ok(Classes { sensitivity }) = from_toml(&file, text) else { return Vec::new() };
    let mut failures = Vec::new();
    let mut placed = BTreeSet::new();
    for (class, name) in
        sensitivity.iter().flat_map(|entry| entry.functions.iter().map(move |name| (&entry.class, name)))
    {
        let written = standard(name.get_ref()).0;
        if written != *name.get_ref() {
            let cause = format!(
                "the class {class:?} has the function {:?}, which the import writes {written:?}",
                name.get_ref()
            );
            failures.push(
                Diagnostic::at(&file, text, Some(name.span()), cause).hint(format!("write {written:?}")),
            );
        }
        placed.insert(written);
    }
    let missing: Vec<&str> =
        FUNCTIONS.iter().map(|function| function.name).filter(|name| !placed.contains(*name)).collect();
    if !sensitivity.is_empty() && !missing.is_empty() {
        let cause = format!(
            "{} known function{} in no class, which counts as unknown: {}",
            missing.len(),
            if missing.len() == 1 { " is" } else { "s are" },
            missing.join(", ")
        );
        failures.push(
            Diagnostic::at(&file, "", None, cause)
                .hint("put those that the rules do not touch into the class `other`"),
        );
    }
    failures
}
