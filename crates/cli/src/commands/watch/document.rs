//! What was found as JSON; `schemas/watch.schema.json` describes it.

use super::{Report, text};
use banbury_evidence::{Claim, Location};
use banbury_traffic::pairs::{KnownLogin, Pair, Tally};
use banbury_traffic::probes::instant;
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
    #[serde(skip_serializing_if = "Option::is_none")]
    peers: Option<&'a [Claim]>,
    volumes: Vec<Claim>,
    techniques: BTreeMap<String, Vec<banbury_dossier::Technique>>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
}

pub(super) fn of(report: &Report) -> anyhow::Result<String> {
    let weighed = &report.answer.weighed;
    let inputs = report.paths.iter().zip(&report.hashes).zip(&report.answer.accounts);
    let pairs = report.rows.iter().map(|told| Told {
        pair: &told.pair,
        claims: report.claims(told),
        location: report.location(told.pair.first_record),
        expected: told.expected.as_deref(),
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
        peers: report.held.as_ref().map(|found| found.claims.as_slice()),
        volumes: report.leaps().iter().filter_map(|leap| report.leap(leap)).collect(),
        techniques: techniques(report),
        not_looked: text::not_looked(report),
        confinement: &report.answer.confinement,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// The techniques of each code that was found and has any.
fn techniques(report: &Report) -> BTreeMap<String, Vec<banbury_dossier::Technique>> {
    let of_pairs =
        report.rows.iter().flat_map(|told| told.findings.iter().map(|(_, finding)| finding.info.code));
    let of_leaps = report.leaps().iter().filter_map(|leap| report.leap(leap)).map(|claim| claim.code);
    let of_peers = report.held.iter().flat_map(|found| &found.claims).map(|claim| claim.code.clone());
    let codes = of_pairs.map(str::to_owned).chain(of_leaps).chain(of_peers);
    codes
        .map(|code| {
            let techniques = crate::commands::techniques(&code);
            (code, techniques)
        })
        .filter(|(_, techniques)| !techniques.is_empty())
        .collect()
}
