//! Banbury's own JSON: everything that the report knows, nothing summed up but what is too long for a document.
//!
//! What: `inspect` and `dossier` documents, described by `schemas/inspect.schema.json` and
//! `schemas/dossier.schema.json` (JSON Schema 2020-12). How: the types in [`wire`] and [`model`] are the format; they
//! are kept apart from the inner types so that an inner change does not change the format by accident. A member whose
//! value is not known is left out, never null. Only a dossier's `runs` hold times.
//! Misses: see [`FORMAT`]'s limits. Source: RFC 8259.

mod compared;
mod model;
mod outlook;
mod software;
mod unpacked;
mod wire;

use crate::format::{DossierError, ReportFormat, to_json};
use crate::{CaseReport, InspectReport, UnpackReport};

/// The row of `banbury formats`.
pub(crate) const FORMAT: ReportFormat = ReportFormat {
    name: "json",
    title: "Banbury JSON",
    extension: "json",
    media_type: "application/json",
    limits: &[
        "It holds no bytes of an image, only where they stand.",
        "A list of more than 200,000 records of the network is left out, counted in `left_out`; the ledger's view of that name has it.",
        "20,000 subjects of a measure are listed, the worst first; the others are counted, and stand in the ledger's view `verdicts`.",
        "How the process was confined depends on the machine that it ran on; all else depends on the input alone, but for the times in a dossier's runs.",
        "Whole numbers go up to 2^64 - 1; a reader that keeps them as floating point is exact up to 2^53.",
    ],
    source: "RFC 8259; schemas/inspect.schema.json, schemas/dossier.schema.json (JSON Schema 2020-12)",
    needs: &[],
    inspect: Some(inspect),
    case: Some(case),
};

fn inspect(report: &InspectReport) -> Result<String, DossierError> {
    to_json(FORMAT.name, &wire::Inspection::of(report))
}

fn case(report: &CaseReport) -> Result<String, DossierError> {
    to_json(FORMAT.name, &wire::Dossier::of(report))
}

/// The manifest of an unpacked image: JSON as `schemas/unpack.schema.json` describes it.
pub fn manifest(report: &UnpackReport) -> Result<String, DossierError> {
    to_json(FORMAT.name, &unpacked::Manifest::of(report))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn validated(schema: &str, text: &str) -> serde_json::Value {
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let document: serde_json::Value = serde_json::from_str(text).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {}", error.instance_path(), error))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        document
    }

    const INSPECT: &str = include_str!("../../../../schemas/inspect.schema.json");
    const DOSSIER: &str = include_str!("../../../../schemas/dossier.schema.json");

    #[test]
    fn inspections_fit_the_schema() {
        for report in [sample::inspection(), sample::empty_inspection()] {
            validated(INSPECT, &inspect(&report).unwrap());
        }
    }

    #[test]
    fn dossiers_fit_the_schema() {
        for report in [sample::hostile(), sample::empty_case(), crate::sample::island()] {
            validated(DOSSIER, &case(&report).unwrap());
        }
    }

    #[test]
    fn what_is_too_long_is_counted() {
        let mut report = sample::island();
        let device = report.model.devices[0].clone();
        report.model.devices = vec![device; model::RECORDS + 1];
        let subject = report.regimes[0].measures[0].subjects[0].clone();
        report.regimes[0].measures[0].subjects = vec![subject; wire::SUBJECTS + 3];
        let document = validated(DOSSIER, &case(&report).unwrap());
        assert_eq!(document["network"]["devices"].as_array().unwrap().len(), 0);
        assert_eq!(document["network"]["left_out"], serde_json::json!({ "devices": model::RECORDS + 1 }));
        assert!(!document["network"]["links"].as_array().unwrap().is_empty());
        let measure = &document["regimes"][0]["measures"][0];
        assert_eq!(measure["subjects"].as_array().unwrap().len(), wire::SUBJECTS);
        let left = measure["subjects_left_out"].as_object().unwrap();
        assert_eq!(left.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), 3);
        report.model.devices.truncate(model::RECORDS);
        let document: serde_json::Value = serde_json::from_str(&case(&report).unwrap()).unwrap();
        assert_eq!(document["network"]["devices"].as_array().unwrap().len(), model::RECORDS);
        assert!(document["network"].get("left_out").is_none());
    }

    #[test]
    fn the_schemas_refuse_what_is_not_described() {
        for (schema, text) in
            [(INSPECT, inspect(&sample::inspection()).unwrap()), (DOSSIER, case(&sample::hostile()).unwrap())]
        {
            let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
            jsonschema::meta::validate(&schema).unwrap();
            let validator = jsonschema::draft202012::new(&schema).unwrap();
            let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
            document["exhibits"][0]["surprise"] = true.into();
            assert!(!validator.is_valid(&document));
        }
    }

    #[test]
    fn an_inspection_holds_no_time_and_the_whole_lineage() {
        let text = inspect(&sample::inspection()).unwrap();
        assert!(!text.contains("started_at") && !text.contains("duration"));
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let claims = document["exhibits"][0]["claims"].as_array().unwrap();
        let location = &claims.iter().find(|claim| claim["code"] == "credential.empty-password").unwrap()["locations"]
            [0];
        assert_eq!(location["exhibit"].as_str().unwrap().len(), 64);
        assert_eq!(location["steps"][0]["format"], "squashfs");
        assert_eq!(location["line"], 2);
    }
}
