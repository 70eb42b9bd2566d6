//! The look-ups after an examination: known vulnerabilities and support, each as a run of its own.

use super::feeds::Place;
use crate::arguments::FeedsPlace;
use crate::terminal;
use banbury_evidence::{Claim, Examination, RunReport, Status};
use banbury_software::known::Known;
use banbury_software::lookup;
use banbury_software::store::Store;
use banbury_software::support::{self, Products};
use banbury_software::vulnerabilities;

/// The feed database, where there is one.
pub(super) struct FeedDatabase {
    opened: Result<(Store, Products), String>,
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
            return Ok(Self { opened: Err(why) });
        }
        let store = super::feeds::open(&place.path)?;
        terminal::note(&format!("feed database: {}", place.path.display()));
        let products = Products::new(&store)?;
        Ok(Self { opened: Ok((store, products)) })
    }

    /// What is known of the components that these claims of one exhibit speak of, as of a day: a run for each look-up.
    pub(super) fn look_up(&self, claims: &[&Claim], as_of: &str) -> anyhow::Result<Vec<RunReport>> {
        match &self.opened {
            Ok((store, products)) => Ok(vec![
                vulnerabilities::examine(claims, &Known::new(store)?)?,
                support::examine(claims, products, as_of),
            ]),
            Err(why) => Ok(lookup::not_looked(why)),
        }
    }

    /// Appends the look-ups to an examination that came to an end.
    pub(super) fn append(&self, examination: &mut Examination, as_of: &str) -> anyhow::Result<()> {
        let unread = examination.runs.first().is_none_or(|run| run.status == Status::Failed);
        let claims: Vec<&Claim> = examination.runs.iter().flat_map(|run| &run.claims).collect();
        let runs = if unread {
            lookup::not_looked("nothing of the image could be read")
        } else {
            self.look_up(&claims, as_of)?
        };
        examination.runs.extend(runs);
        Ok(())
    }
}
