//! Dates as versions: a day (`20200101`, `2022-01-02`, `2022.01.02`, with a serial number behind it: `20200101.1`), or a
//! year with serial numbers (`2011.54`, `2022.10`), which `-rcN` puts before the release.
//!
//! A day and a serial number of one year are not ordered: nothing says on which day a serial number came out. Nor is
//! what is no date. Source: the release notes of projects that count so (dropbear, U-Boot, ipset's and iputils' days).

use super::{Number, split_digits, split_dotted};
use std::cmp::Ordering;

pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (Version::parse(a)?, Version::parse(b)?);
    let years = a.year.cmp(&b.year);
    if years.is_ne() {
        return Some(years);
    }
    match (a.within, b.within) {
        (Within::Day(a), Within::Day(b)) => Some(a.cmp(&b)),
        (Within::Serial(a, a_stage), Within::Serial(b, b_stage)) => {
            Some(a.cmp(&b).then_with(|| a_stage.cmp(&b_stage)))
        }
        _ => None,
    }
}

struct Version<'a> {
    year: Number<'a>,
    within: Within<'a>,
}

enum Within<'a> {
    /// Month, day, and what counts within the day.
    Day(Vec<Number<'a>>),
    Serial(Vec<Number<'a>>, Stage<'a>),
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Stage<'a> {
    Candidate(Number<'a>),
    Release,
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (digits, rest) = split_digits(text);
        let year = Number::new(digits.get(..4)?)?;
        let plausible = |year: &str| ("1970".."2200").contains(&year);
        if !plausible(digits.get(..4)?) {
            return None;
        }
        if digits.len() == 8 {
            let mut numbers = day(digits.get(4..6)?, digits.get(6..8)?)?;
            if let Some(serial) = rest.strip_prefix(['.', '-']) {
                numbers.push(Number::new(serial)?);
            } else if !rest.is_empty() {
                return None;
            }
            return Some(Self { year, within: Within::Day(numbers) });
        }
        if digits.len() != 4 {
            return None;
        }
        if let Some(within) = written_day(rest) {
            return Some(Self { year, within });
        }
        let (numbers, rest) = match rest.strip_prefix('.') {
            Some(rest) => split_dotted(rest)?,
            None => return None,
        };
        let stage = match rest.strip_prefix("-rc") {
            Some(digits) => Stage::Candidate(Number::new(digits)?),
            None if rest.is_empty() => Stage::Release,
            None => return None,
        };
        Some(Self { year, within: Within::Serial(numbers, stage) })
    }
}

/// `-01-02` or `.01.02` behind the year.
fn written_day(rest: &str) -> Option<Within<'_>> {
    let separator = rest.chars().next().filter(|character| matches!(character, '-' | '.'))?;
    let (month, of_month) = rest.get(1..)?.split_once(separator)?;
    day(month, of_month).map(Within::Day)
}

fn day<'a>(month: &'a str, of_month: &'a str) -> Option<Vec<Number<'a>>> {
    let within = |text: &str, last: &str| text.len() == 2 && ("01"..=last).contains(&text);
    (within(month, "12") && within(of_month, "31")).then_some(())?;
    Some(vec![Number::new(month)?, Number::new(of_month)?])
}
