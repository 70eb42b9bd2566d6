//! What was found as JSON; `schemas/watch.schema.json` describes it.

use super::{Report, text};
use banbury_evidence::{Claim, Location};
use banbury_traffic::pairs::{KnownLogin, Pair, Tally};
use banbury_traffic::probes::{self, instant};
use banbury_traffic::reading::Account;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    banbury: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    least_weight: f64,
    inputs: Vec<Input<'a>>,
    tally: &'a Tally,
    pairs: Vec<Told<'a>>,
    logins: &'a [KnownLogin],
    not_looked: Vec<String>,
    confinement: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Input<'a> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(flatten)]
    account: &'a Account,
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    pair: &'a Pair,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
    claims: Vec<Claim>,
}

pub(super) fn of(report: &Report) -> anyhow::Result<String> {
    let weighed = &report.answer.weighed;
    let inputs = report.paths.iter().zip(&report.hashes).zip(&report.answer.accounts);
    let pairs = report.rows.iter().map(|told| {
        let location = report.location(&told.pair);
        let claims = told
            .findings
            .iter()
            .filter_map(|(_, finding)| Some(probes::claim(&told.pair, finding, location.clone()?)));
        Told { pair: &told.pair, claims: claims.collect(), location: location.clone() }
    });
    let document = Document {
        schema: "urn:banbury:schema:watch:1",
        banbury: env!("CARGO_PKG_VERSION"),
        from: weighed.window.map(|(first, _)| instant(first)),
        to: weighed.window.map(|(_, last)| instant(last)),
        least_weight: report.least_weight,
        inputs: inputs
            .map(|((path, hash), account)| Input {
                path: path.display().to_string(),
                sha256: hash.map(|hash| hash.to_string()),
                account,
            })
            .collect(),
        tally: &weighed.tally,
        pairs: pairs.collect(),
        logins: &weighed.logins,
        not_looked: text::not_looked(report),
        confinement: &report.answer.confinement,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}
