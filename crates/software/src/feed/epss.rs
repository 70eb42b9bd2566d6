//! EPSS scores, as the daily CSV: a comment with the model and the date, then `cve,epss,percentile`.
//!
//! Source: first.org/epss/data_stats.

use super::input::Input;
use super::{Description, Feed, Head, ProblemKind, Reading, Replaces};
use crate::Error;
use crate::advisory::{Record, Score};

pub(super) struct Epss;

impl Feed for Epss {
    fn describe(&self) -> &'static Description {
        &Description {
            name: "epss",
            title: "EPSS scores, CSV",
            family: "epss",
            replaces: Replaces::Everything,
            tells: "the estimated probability that a vulnerability is exploited within the next 30 days",
            source: "https://www.first.org/epss/data_stats",
            limits: &[
                "An estimate by a model over the whole internet: it says nothing on one network.",
                "Files from before the comment line was added state no date.",
            ],
        }
    }

    fn recognise(&self, head: &Head<'_>) -> bool {
        head.line.starts_with("#model_version:") || head.line.starts_with("cve,epss")
    }

    fn read(&self, input: &mut Input<'_>, reading: &mut Reading<'_>) -> Result<(), Error> {
        let place = input.place().to_owned();
        while let Some((offset, cells)) = input.record()? {
            let mut cells = cells.into_iter();
            let (first, probability, percentile) =
                (cells.next().unwrap_or_default(), cells.next(), cells.next());
            if first.starts_with('#') {
                let date = probability.as_deref().and_then(|cell| cell.strip_prefix("score_date:"));
                reading.state_date(date.unwrap_or_default());
                continue;
            }
            if first == "cve" {
                continue;
            }
            reading.next();
            let share = |text: &Option<String>| {
                text.as_deref()?.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share))
            };
            if !first.starts_with("CVE-") || share(&probability).is_none() {
                reading.problem(
                    ProblemKind::Malformed,
                    &place,
                    offset,
                    "no CVE with a probability between 0 and 1",
                );
                continue;
            }
            let score = Score {
                cve: first,
                probability: probability.unwrap_or_default(),
                percentile: percentile.unwrap_or_default(),
            };
            reading.give(Record::Score(score), offset)?;
        }
        Ok(())
    }
}
