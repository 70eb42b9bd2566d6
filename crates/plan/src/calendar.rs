//! The horizon: periods in which work is done, and days on which measures are looked at.
//!
//! Periods are those of the calendar (with six months: January to June, July to December), the first cut off at the day that the
//! plan begins, the last at its end. What is done in a period is done by its last day, and counts from that day on.

use crate::error::PlanError;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// The most days on which measures are looked at.
pub const MOST_DAYS: usize = 60;

/// A period of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub first: Date,
    /// Its last day.
    pub last: Date,
    /// Days of the whole period of the calendar, of which this may be a part.
    pub whole: i32,
}

impl Period {
    /// How many days it has.
    pub fn days(&self) -> i32 {
        days(self.first, self.last) + 1
    }
}

/// Days from one to another.
pub(crate) fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// The periods from a day until another.
pub fn periods(from: Date, by: Date, months: u8) -> Result<Vec<Period>, PlanError> {
    if by <= from {
        return Err(PlanError::Horizon(format!(
            "--by {by}: the plan begins on {from}, so nothing can be done by then; name a later day"
        )));
    }
    let months = i8::try_from(months.clamp(1, 12)).unwrap_or(6);
    let out = |_| PlanError::Horizon(format!("--by {by}: beyond the calendar"));
    let mut begin = Date::new(from.year(), (from.month() - 1) / months * months + 1, 1).map_err(out)?;
    let mut periods = Vec::new();
    while begin <= by {
        let next = begin.checked_add(months.months()).map_err(out)?;
        let end = next.yesterday().map_err(out)?;
        let (first, last) = (begin.max(from), end.min(by));
        if first <= last {
            periods.push(Period { first, last, whole: days(begin, end) + 1 });
        }
        if periods.len() > MOST_DAYS {
            return Err(PlanError::Horizon(format!(
                "--by {by}: more than {MOST_DAYS} periods of {months} months from {from}; name a nearer day or longer periods"
            )));
        }
        begin = next;
    }
    Ok(periods)
}

/// How many periods are over on a day: what was done in them counts.
pub fn done(periods: &[Period], day: Date) -> usize {
    periods.iter().filter(|period| period.last <= day).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn periods_are_those_of_the_calendar() {
        let found = periods(date(2026, 11, 1), date(2027, 12, 31), 6).unwrap();
        let told: Vec<String> = found.iter().map(|one| format!("{}..{}", one.first, one.last)).collect();
        assert_eq!(told, ["2026-11-01..2026-12-31", "2027-01-01..2027-06-30", "2027-07-01..2027-12-31"]);
        assert_eq!((found[0].days(), found[0].whole), (61, 184));
        assert_eq!(done(&found, date(2027, 6, 29)), 1);
        assert_eq!(done(&found, date(2027, 6, 30)), 2);
        let cut = periods(date(2026, 11, 1), date(2027, 2, 3), 12).unwrap();
        assert_eq!(cut.last().map(|one| one.last), Some(date(2027, 2, 3)));
    }

    #[test]
    fn a_horizon_without_a_day_is_refused() {
        assert!(periods(date(2027, 1, 1), date(2027, 1, 1), 6).is_err());
        let told = periods(date(2027, 1, 1), date(2100, 1, 1), 1).unwrap_err().to_string();
        assert!(told.contains("more than 60 periods"), "{told}");
    }
}
