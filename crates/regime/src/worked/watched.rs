//! Traffic of a worked example, as if records of it had been read.

use super::inspected::{clock, report};
use crate::error::RegimeError;
use banbury_evidence::ledger::Ledger;
use banbury_evidence::{
    Claim, CodeInfo, Digest, Examination, Exhibit, ExhibitKind, Grade, Location, Subject, SubjectKind,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A device whose traffic was looked at, and who managed it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watched {
    /// The device.
    pub device: String,
    /// First moment of the records, ISO 8601 in UTC.
    pub since: String,
    /// Last moment.
    pub until: String,
    /// Sessions in them.
    #[serde(default)]
    pub sessions: Vec<Managed>,
}

/// A maintenance session.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Managed {
    /// Where it came from.
    pub from: String,
    /// Whose that is.
    pub party: Option<String>,
    /// The mediation point that it came through; none when it came directly.
    pub through: Option<String>,
    /// The contract under which.
    pub contract: Option<String>,
    /// `inside` or `outside` of the agreed hours.
    pub hours: Option<String>,
    /// Its start, ISO 8601 in UTC.
    pub start: String,
}

static WATCHED: CodeInfo = code("traffic.watched");
static DIRECT: CodeInfo = code("traffic.direct-session");
static MEDIATED: CodeInfo = code("traffic.mediated-session");

const fn code(code: &'static str) -> CodeInfo {
    CodeInfo {
        code,
        title: "A finding of an example",
        grade: Grade::Info,
        meaning: "A finding of an example",
        remedy: "None is needed",
        cwe: &[],
    }
}

/// Records all of it as one exhibit.
pub(super) fn record(all: &[Watched], ledger: &mut Ledger) -> Result<(), RegimeError> {
    if all.is_empty() {
        return Ok(());
    }
    let sha256 = Digest::of(b"traffic of an example");
    let exhibit = Exhibit { sha256, name: "conn.log".to_owned(), kind: ExhibitKind::Traffic, size: 1 };
    ledger.add_exhibit(&exhibit, &clock().started_at)?;
    let mut run = report("peers");
    for watched in all {
        let claim = |info, title: &str| {
            Claim::observation(info, Subject::named(SubjectKind::Device, &watched.device), title)
                .at(Location::exhibit(sha256))
        };
        run.claims.push(
            claim(&WATCHED, "watched")
                .fact("since", watched.since.clone())
                .fact("until", watched.until.clone()),
        );
        run.claims.extend(watched.sessions.iter().map(|session| {
            let info = if session.through.is_some() { &MEDIATED } else { &DIRECT };
            let mut claim = claim(info, "session")
                .fact("from", session.from.clone())
                .fact("protocol", "ssh")
                .fact("port", 22)
                .fact("seconds", 600)
                .fact("bytes", 20_000)
                .fact("start", session.start.clone());
            let stated = [
                ("party", &session.party),
                ("through", &session.through),
                ("contract", &session.contract),
                ("hours", &session.hours),
            ];
            for (fact, value) in stated {
                if let Some(value) = value {
                    claim = claim.fact(fact, value.clone());
                }
            }
            claim
        }));
    }
    let examination = Examination {
        exhibit: sha256,
        size: 1,
        confinement: BTreeMap::new(),
        objects: Vec::new(),
        runs: vec![run],
    };
    ledger.record_examination(&examination, &clock())?;
    Ok(())
}
