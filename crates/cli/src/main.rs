//! The `banbury` binary: arguments in, data on stdout, everything else on stderr, an exit status that means something.

mod arguments;
mod commands;
mod outputs;
mod terminal;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match arguments::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match commands::run(arguments) {
        Ok(outcome) => ExitCode::from(outcome as u8),
        // Whoever reads us has heard enough, as in `banbury formats | head`.
        Err(error) if terminal::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::error(&error);
            ExitCode::from(Outcome::Failed as u8)
        }
    }
}

/// What the exit status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done; all measures met.
    Done = 0,
    /// A measure is breached, or a finding reached `--fail-on`.
    Breached = 1,
    /// The job could not be done.
    Failed = 2,
    /// Evidence is missing, or not all could be looked at.
    Inconclusive = 3,
}

impl Outcome {
    /// The graver of two: not done, then breached, then inconclusive.
    pub(crate) fn and(self, other: Self) -> Self {
        [Self::Failed, Self::Breached, Self::Inconclusive]
            .into_iter()
            .find(|grave| *grave == self || *grave == other)
            .unwrap_or(Self::Done)
    }
}

impl From<banbury_evidence::Status> for Outcome {
    fn from(status: banbury_evidence::Status) -> Self {
        match status {
            banbury_evidence::Status::Complete => Self::Done,
            banbury_evidence::Status::Incomplete => Self::Inconclusive,
            banbury_evidence::Status::Failed => Self::Failed,
        }
    }
}

fn usage(error: &clap::Error) -> ExitCode {
    // Help and version are answers and go to stdout; a mistake goes to stderr. Neither can be reported any further.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(Outcome::Failed as u8) } else { ExitCode::SUCCESS }
}

#[cfg(test)]
mod tests {
    use super::Outcome::{self, Breached, Done, Failed, Inconclusive};

    #[test]
    fn the_graver_outcome_wins() {
        let all = [Done, Breached, Failed, Inconclusive];
        for (a, b, expected) in [
            (Done, Inconclusive, Inconclusive),
            (Inconclusive, Breached, Breached),
            (Breached, Failed, Failed),
            (Done, Done, Done),
        ] {
            assert_eq!((a.and(b), b.and(a)), (expected, expected));
        }
        assert!(all.iter().all(|outcome: &Outcome| outcome.and(*outcome) == *outcome));
    }
}
