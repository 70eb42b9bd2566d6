//! What was found as STIX 2.1; `banbury_dossier::stix` says how.

use super::{Report, text};
use banbury_dossier::stix::{Material, bundle};
use banbury_evidence::Claim;
use banbury_traffic::probes::instant;

/// When there is no record at all, the bundle is of this moment.
const NEVER: &str = "1970-01-01T00:00:00Z";

pub(super) fn of(report: &Report) -> anyhow::Result<String> {
    let mut claims: Vec<Claim> = report.rows.iter().flat_map(|told| report.claims(told)).collect();
    claims.extend(report.leaps().iter().filter_map(|leap| report.leap(leap)));
    claims.extend(report.held.iter().flat_map(|found| found.claims.iter().cloned()));
    let mut looked: Vec<String> = Vec::new();
    for (path, account) in report.paths.iter().zip(&report.answer.accounts) {
        let form = account.format.as_deref().unwrap_or("no known form");
        looked.push(format!("looked at {}: {form}, {} records", path.display(), account.records()));
    }
    looked.extend(text::not_looked(report).into_iter().map(|line| format!("not looked at: {line}")));
    let moment = report.answer.weighed.window.map_or_else(|| NEVER.to_owned(), |(_, last)| instant(last));
    let explanations = crate::commands::explanations();
    Ok(bundle(&Material {
        claims: claims.iter().collect(),
        explanations: &explanations,
        publisher: None,
        moment: &moment,
        looked,
    })?)
}
