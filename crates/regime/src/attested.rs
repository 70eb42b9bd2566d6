//! Measures that only an attestation can decide: `attested/*.toml`, many in a file, all by one query.

use crate::error::{Diagnostic, RegimeError};
use crate::folder::{Files, from_toml, start};
use crate::metadata::{Certainty, Measure, Parameter, ParameterValue, Script, Start};
use crate::topic;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The query: `regimes/attested.sql`.
static QUERY: &str = include_str!(concat!(env!("OUT_DIR"), "/attested.sql"));

/// The parameter that the query needs.
pub(crate) const MONTHS: &str = "attestation_months";

/// A file: a section of the text, with its measures.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    section: String,
    topic: Option<Spanned<String>>,
    in_force_from: Option<Spanned<Start>>,
    measures: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    title: String,
    clause: String,
    text: String,
    certainty: Certainty,
    topic: Option<Spanned<String>>,
    in_force_from: Option<Spanned<Start>>,
    decides: String,
    remedy: String,
}

/// Reads a regime's attested measures, by identifier.
pub(crate) fn measures(
    regime: &str,
    files: &Files,
    parameters: &BTreeMap<String, Parameter>,
) -> Result<BTreeMap<String, Measure>, RegimeError> {
    let mut found = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("attested/")) {
        let file = format!("{regime}/{path}");
        let fault = |span, cause: String| Diagnostic::at(&file, text, Some(span), cause);
        let section: Section = from_toml(&file, text)?;
        let shared = topic::read(section.topic, &fault)?;
        let whole = start(section.in_force_from, parameters, &fault)?;
        if !parameters.contains_key(MONTHS) {
            let cause = format!("measures by attestation need the parameter `{MONTHS}`");
            return Err(Diagnostic::at(&file, text, Some(0..0), cause)
                .hint(format!("add [parameters.{MONTHS}] to regime.toml: how long a statement holds that names no last day"))
                .into());
        }
        if parameters.contains_key("measure") {
            let cause =
                "\"measure\" is a parameter of the regime, and the query of attested measures binds it";
            return Err(Diagnostic::at(&file, text, Some(0..0), cause)
                .hint("give the parameter another name")
                .into());
        }
        for entry in section.measures {
            let span = entry.span();
            let entry = entry.into_inner();
            let own_topic = topic::read(entry.topic, &fault)?;
            let own = start(entry.in_force_from, parameters, &fault)?;
            let bind = [("measure".to_owned(), ParameterValue::Text(entry.id.clone()))];
            let measure = Measure {
                counted: None,
                id: entry.id.clone(),
                title: entry.title,
                clause: format!("{} ({})", entry.clause, section.section),
                text: entry.text,
                certainty: entry.certainty,
                topic: own_topic.or(shared),
                in_force_from: own.or_else(|| whole.clone()),
                attested: true,
                needs: vec!["attestations".to_owned()],
                wants: Vec::new(),
                nothing: String::new(),
                decides: entry.decides,
                remedy: entry.remedy,
                bind: BTreeMap::from(bind),
                query: Script { file: "attested.sql".to_owned(), text: QUERY.to_owned() },
            };
            if found.insert(entry.id.clone(), measure).is_some() {
                return Err(fault(span, format!("the measure {:?} stands twice", entry.id)).into());
            }
        }
    }
    Ok(found)
}
