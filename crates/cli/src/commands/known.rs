//! The look-up of known vulnerabilities after an examination, as a run of its own.

use super::feeds::Place;
use crate::arguments::FeedsPlace;
use crate::terminal;
use banbury_evidence::{Claim, Examination, RunReport, Status};
use banbury_software::known::Known;
use banbury_software::store::Store;
use banbury_software::vulnerabilities::{self, Looked};

/// The feed database, where there is one.
pub(super) struct FeedDatabase {
    store: Result<Store, String>,
}

impl FeedDatabase {
    /// Opens the database. That a place which somebody named holds none is an error; that the user's own does not is said
    /// in each run.
    pub(super) fn open(argument: &FeedsPlace) -> anyhow::Result<Self> {
        let place = Place::of(argument)?;
        if !place.named && !place.path.exists() {
            terminal::note(&format!("feed database: none at {}", place.path.display()));
            // The user's folder is no part of an output that depends on its input alone.
            let why = "there is no feed database; `banbury feeds import FILE...` makes one".to_owned();
            return Ok(Self { store: Err(why) });
        }
        let store = super::feeds::open(&place.path)?;
        terminal::note(&format!("feed database: {}", place.path.display()));
        Ok(Self { store: Ok(store) })
    }

    /// What is known against the components that these claims of one exhibit speak of.
    pub(super) fn look_up(&self, claims: &[&Claim]) -> anyhow::Result<RunReport> {
        match &self.store {
            Ok(store) => Ok(vulnerabilities::examine(claims, &Known::new(store)?)?),
            Err(why) => Ok(vulnerabilities::not_looked(why)),
        }
    }

    /// Appends the look-up to an examination that came to an end.
    pub(super) fn append(&self, examination: &mut Examination) -> anyhow::Result<()> {
        let unread = examination.runs.first().is_none_or(|run| run.status == Status::Failed);
        let claims: Vec<&Claim> = examination.runs.iter().flat_map(|run| &run.claims).collect();
        let run = if unread {
            vulnerabilities::not_looked("nothing of the image could be read")
        } else {
            self.look_up(&claims)?
        };
        examination.runs.push(run);
        Ok(())
    }
}

/// Whether a run is a look-up for which there were no feeds: that is said, but is no failure of an inspection.
pub(super) fn is_without_feeds(run: &RunReport) -> bool {
    run.probe == vulnerabilities::PROBE && run.status == Status::Failed
}

/// What the look-up of an examination leaned on and counted, or why there was none.
pub(super) fn looked(runs: &[RunReport]) -> Result<Looked, String> {
    let run = runs.iter().rev().find(|run| run.probe == vulnerabilities::PROBE);
    match run {
        Some(run) if run.status != Status::Failed => Ok(Looked::of(&run.parameters)),
        Some(run) => Err(run.skipped.first().map(|skipped| skipped.why.clone()).unwrap_or_default()),
        None => Err("it was not part of this run".to_owned()),
    }
}
