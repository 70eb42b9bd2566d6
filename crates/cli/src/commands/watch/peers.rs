//! What was read, held against the case's network model: sessions, peers that nobody expects, and which pairs are expected.

use super::{Report, Told};
use crate::terminal::{safe, shorten};
use anyhow::Context as _;
use banbury_evidence::ledger::Ledger;
use banbury_evidence::{Claim, Location};
use banbury_traffic::peers::exchanges::Expectation;
use banbury_traffic::peers::findings::{Findings, Traffic, findings};
use banbury_traffic::peers::sessions::Covered;
use banbury_traffic::peers::{Network, Talk};
use banbury_traffic::probes::{instant, span};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Holds what was read against the case's network. Pairs that are expected are marked so, and are no finding any more.
pub(super) fn hold(network: &Network<'_>, ledger: &Ledger, report: &mut Report) -> anyhow::Result<()> {
    let weighed = &report.answer.weighed;
    let inputs: Option<Vec<Location>> = (0..report.paths.len()).map(|input| report.input(input)).collect();
    let inputs = inputs.context("an input of a case without its hash")?;
    let spans: Vec<(i64, i64)> = weighed.spans.values().copied().collect();
    let talks: Vec<Talk> = report.rows.iter().filter_map(|told| Talk::of(&told.pair)).collect();
    let visited = weighed.visits.iter().flat_map(|visit| network.places.devices(visit.destination));
    let visited: BTreeSet<&str> = visited.map(|device| device.name.as_str()).collect();
    let covered = covered(ledger, &visited).context("the contracts of the case")?;
    let traffic = Traffic { inputs: &inputs, spans: &spans, talks: &talks, visits: &weighed.visits };
    report.held = Some(findings(&traffic, network, &covered));
    for told in &mut report.rows {
        let Some(talk) = Talk::of(&told.pair) else { continue };
        if let Expectation::Expected(by) = network.judge(&talk) {
            told.expected = Some(by);
            told.findings.retain(|(_, finding)| finding.is_whoever);
        }
    }
    report.rows.retain(Told::is_worth_telling);
    let leaps = report.answer.weighed.leaps.iter().flatten().map(|leap| leap.source);
    let ends = report.rows.iter().flat_map(|told| [Some(told.pair.source), told.pair.destination]).flatten();
    for address in ends.chain(leaps) {
        let devices = network.places.devices(address);
        if !devices.is_empty() {
            let names: Vec<&str> = devices.iter().map(|device| device.name.as_str()).collect();
            report.devices.insert(address.to_canonical(), names.join(", "));
        }
    }
    // Stable: what nobody expects comes first.
    report.rows.sort_by_key(|told| told.expected.is_some());
    Ok(())
}

/// The contracts over these devices.
fn covered(ledger: &Ledger, devices: &BTreeSet<&str>) -> anyhow::Result<Vec<Covered>> {
    let mut statement = ledger.connection().prepare(
        "SELECT device, contract, party, since, until, hours FROM contract_devices
         WHERE device IN (SELECT value FROM json_each(?1)) ORDER BY device, contract",
    )?;
    let rows = statement.query_map([serde_json::to_string(devices)?], |row| {
        Ok(Covered {
            device: row.get(0)?,
            contract: row.get(1)?,
            party: row.get(2)?,
            since: row.get(3)?,
            until: row.get(4)?,
            hours: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The claims whose evidence stands in this exhibit.
pub(super) fn claims<'f>(
    found: &'f Findings,
    exhibit: &banbury_evidence::Digest,
) -> impl Iterator<Item = &'f Claim> {
    found.claims.iter().filter(move |claim| claim.locations.first().is_some_and(|at| at.exhibit == *exhibit))
}

/// The section of the terminal's text.
pub(super) fn text(report: &Report, out: &mut String) {
    let Some(found) = &report.held else { return };
    // Writing to a String does not fail.
    let of = |code: &'static str| found.claims.iter().filter(move |claim| claim.code == code);
    let devices: BTreeSet<&str> = of("traffic.watched").map(|claim| claim.subject.id.as_str()).collect();
    let _ = writeln!(out, "\nAgainst the network model: traffic of {} devices was looked at", devices.len());
    let expected = report.rows.iter().filter(|told| told.expected.is_some()).count();
    if expected > 0 {
        let _ = writeln!(out, "  {expected} of the pairs above are expected there, and no finding");
    }
    if found.sessions.iter().any(|session| session.expected.is_none()) {
        let _ = writeln!(out, "  Sessions by which devices were managed from outside:");
    }
    let told = found.sessions.iter().filter(|session| session.expected.is_none());
    for session in told.clone().take(report.top) {
        let way = session
            .through
            .as_ref()
            .map_or_else(|| "directly".to_owned(), |point| format!("through {point}"));
        let who = session.party.as_deref().unwrap_or("(nobody the model knows)");
        let mut rest = match &session.contract {
            Some(contract) => format!("contract {contract}"),
            None => "no contract".to_owned(),
        };
        match session.is_agreed {
            Some(true) => rest += ", in its hours",
            Some(false) => rest += ", OUTSIDE its hours",
            None => {}
        }
        let _ = writeln!(
            out,
            "    {} {} {} by {} from {} {way}, {} ({rest})",
            instant(session.start),
            shorten(&safe(&session.devices.join(", ")), 40),
            session.service.name,
            shorten(&safe(who), 40),
            session.origin,
            span(session.end.abs_diff(session.start)),
        );
    }
    let more = told.count().saturating_sub(report.top);
    if more > 0 {
        let _ = writeln!(out, "    and {more} more: -o json=PATH lists them");
    }
    let others: Vec<&Claim> = found
        .claims
        .iter()
        .filter(|claim| {
            !["traffic.watched", "traffic.direct-session", "traffic.mediated-session"]
                .contains(&claim.code.as_str())
        })
        .collect();
    if !others.is_empty() {
        let _ = writeln!(out, "  What nobody expects, and how devices are managed:");
    }
    for claim in others.iter().take(report.top) {
        let _ = writeln!(out, "    {}: {}", claim.code, safe(&claim.title));
    }
    if others.len() > report.top {
        let _ = writeln!(out, "    and {} more: -o json=PATH lists them", others.len() - report.top);
    }
}
