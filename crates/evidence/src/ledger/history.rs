//! What the ledger knows of other days than the latest: which runs saw which claim, and what inventories said before.

use super::{Ledger, LedgerError};
use crate::Digest;
use crate::model::{Review, Vendor};
use std::collections::BTreeMap;

/// What an inventory says that devices of one maker and type run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Deployed {
    /// The maker, as the inventory spells it.
    pub manufacturer: Option<String>,
    /// The device type.
    pub device_type: Option<String>,
    /// The software, as the inventory states it.
    pub software: Option<String>,
    /// The image, by hash or file name, as the inventory states it.
    pub image: Option<String>,
    /// How many devices.
    pub devices: u64,
    /// Whether the latest import says so; an earlier one otherwise.
    pub current: bool,
}

/// A person's decision on a claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Disposition {
    /// `accepted`, `disputed` or `not applicable`.
    pub state: String,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub person: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

impl Ledger {
    /// The latest decision on each claim that has one, by the claim's fingerprint.
    pub fn dispositions(&self) -> Result<BTreeMap<Digest, Disposition>, LedgerError> {
        let rows: Vec<(String, Disposition)> =
            self.rows("SELECT claim, state, reason, person, at FROM decisions ORDER BY claim", [], |row| {
                let disposition = Disposition {
                    state: row.get(1)?,
                    reason: row.get(2)?,
                    person: row.get(3)?,
                    at: row.get(4)?,
                };
                Ok((row.get(0)?, disposition))
            })?;
        rows.into_iter().map(|(claim, disposition)| Ok((self.digest(&claim)?, disposition))).collect()
    }

    /// The runs that saw each claim, by its fingerprint, in the order in which they were recorded.
    pub fn sightings(&self) -> Result<BTreeMap<Digest, Vec<i64>>, LedgerError> {
        let rows: Vec<(String, i64)> =
            self.rows("SELECT claim, run FROM sighted ORDER BY claim, run", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let mut by: BTreeMap<Digest, Vec<i64>> = BTreeMap::new();
        for (claim, run) in rows {
            by.entry(self.digest(&claim)?).or_default().push(run);
        }
        Ok(by)
    }

    /// What the inventories of all imports say that devices run, the latest first.
    pub fn deployed(&self) -> Result<Vec<Deployed>, LedgerError> {
        self.rows(
            "SELECT manufacturer, device_type, software, image, devices, current FROM deployed
             ORDER BY run DESC, manufacturer, device_type, software, image",
            [],
            |row| {
                Ok(Deployed {
                    manufacturer: row.get(0)?,
                    device_type: row.get(1)?,
                    software: row.get(2)?,
                    image: row.get(3)?,
                    devices: row.get::<_, i64>(4)?.unsigned_abs(),
                    current: row.get(5)?,
                })
            },
        )
    }

    /// The reviews on record, by vendor and date.
    pub fn reviews(&self) -> Result<Vec<Review>, LedgerError> {
        self.records("vendor, date, finding, source_line")
    }

    /// The vendors on record, by name.
    pub fn vendors(&self) -> Result<Vec<Vendor>, LedgerError> {
        self.records("name, source_line")
    }
}
