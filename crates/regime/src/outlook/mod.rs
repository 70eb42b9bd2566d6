//! Several regimes over one network, and what is to come: the matrix by topic, how much trust each regime asks of which
//! element, the breaches that are coming, and what would change a verdict.
//!
//! All of it is derived from regimes and verdicts; nothing here decides anything that a regime does not.

mod changes;
mod matrix;
mod overlay;
mod reads;
mod sensitivity;
mod timeline;

pub use changes::{ATTESTATION, Answer, Change, answers};
pub use matrix::{Cell, Column, Disagreement, Matrix, Row, Side, matrix};
pub use sensitivity::{Asked, Covered, Element, Trust, sensitivity};
pub use timeline::{Counts, Moment, Timeline, Turn, timeline};

use crate::error::RegimeError;
use crate::metadata::{Overrides, Regime};
use crate::workbench::Workbench;
use banbury_evidence::RegimeResult;
use banbury_evidence::model::Model;
use std::thread;

/// Devices above which the timeline and what would change verdicts are worked out on request only: both apply measures
/// anew many times.
pub const DEVICES: usize = 60_000;

/// What the regimes together say of a network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outlook {
    /// The regimes side by side.
    pub matrix: Matrix,
    /// How much trust each regime asks of which element.
    pub trust: Trust,
    /// The coming changes of verdicts; absent when it was not asked for.
    pub timeline: Option<Timeline>,
    /// What would change verdicts that are breached or inconclusive; absent when it was not asked for.
    pub answers: Option<Vec<Answer>>,
}

impl Outlook {
    /// What follows from the verdicts and the model alone, without applying anything anew.
    pub fn at_hand(regimes: &[(Regime, Overrides)], results: &[RegimeResult], model: &Model) -> Self {
        Self { matrix: matrix(regimes, results), trust: sensitivity(regimes, model), ..Self::default() }
    }

    /// Adds what applies measures anew.
    pub fn look_ahead(
        &mut self,
        bench: &Workbench,
        regimes: &[(Regime, Overrides)],
        results: &[RegimeResult],
        as_of: &str,
    ) -> Result<(), RegimeError> {
        let (timeline, answers) = thread::scope(|scope| {
            let ahead = scope.spawn(|| timeline(&mut bench.connection()?, regimes, results, as_of));
            let answers = bench
                .connection()
                .and_then(|mut connection| answers(&mut connection, regimes, results, as_of));
            (ahead.join(), answers)
        });
        // A thread that panicked has its panic go on here.
        self.timeline = Some(timeline.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        self.answers = Some(answers?);
        Ok(())
    }

    /// What would change a measure's verdict.
    pub fn answer(&self, regime: &str, measure: &str) -> Option<&Answer> {
        self.answers.as_deref()?.iter().find(|answer| answer.regime == regime && answer.measure == measure)
    }
}
