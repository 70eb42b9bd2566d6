//! A pair's scores as they go over the wire: RITA's to compare with, and the weight of being a beacon.

use crate::beacon::{self, Beacon};
use crate::rita::Rita;
use crate::{Contact, Window};
use serde::{Deserialize, Serialize};

/// RITA's score and what it is made of, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RitaScore {
    /// The mean of the four.
    pub score: f64,
    /// Of the intervals between contacts.
    pub timestamps: f64,
    /// Of the bytes that the source sent.
    pub sizes: f64,
    /// Of the share of the window.
    pub duration: f64,
    /// Of the histogram by hour.
    pub histogram: f64,
}

/// The weight of a pair's being a beacon, and what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeaconWeight {
    /// Ten times the decimal logarithm of the likelihood ratio.
    pub decibans: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// Microseconds between check-ins.
    pub period: u64,
    /// Share of the period by which check-ins vary, from 0 to 1.
    pub jitter: f64,
    /// Share of the check-ins that are not there, from 0 to 1.
    pub missing: f64,
    /// Check-ins: connections that follow one another closely are one.
    pub check_ins: u64,
    /// Whether sizes were recorded; where not, another table weighs it.
    pub sized: bool,
    /// Each piece of evidence by itself.
    pub parts: Vec<Part>,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it is.
    pub name: String,
    /// Its own weight.
    pub decibans: f64,
}

impl From<Rita> for RitaScore {
    fn from(rita: Rita) -> Self {
        let Rita { score, timestamps, sizes, duration, histogram } = rita;
        Self { score, timestamps, sizes, duration, histogram }
    }
}

pub(super) fn beacon(contacts: &[Contact], window: &Window, rita: Option<&Rita>) -> Option<BeaconWeight> {
    let Beacon { decibans, low, high, parts, period, jitter, missing, check_ins, sized, .. } =
        beacon::weigh(contacts, window, rita)?;
    let parts = parts.iter().map(|part| Part { name: part.name.to_owned(), decibans: part.decibans });
    Some(BeaconWeight {
        decibans,
        low,
        high,
        period: period.max(0.0).round() as u64,
        jitter,
        missing,
        check_ins: check_ins as u64,
        sized,
        parts: parts.collect(),
    })
}
