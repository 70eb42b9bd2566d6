//! Times that were agreed for work on equipment, as a contract states them.

/// When a party may work, by UTC: hours on days of the week, or spans of time.
///
/// Written as one or more parts with `;` between them: `Mon-Fri 08:00-17:00`, `Sat,Sun 22:00-04:00` (ends on the day after), `always`, or an
/// interval of ISO 8601 such as `2026-11-01T22:00/2026-11-02T04:00`. The first minute of a part is in it, the last is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// Days (bit 0 is Monday), and minutes of the day; `until` may reach into the next day.
    Weekly { days: u8, from: u32, until: u32 },
    /// Minutes since 1970-01-01 00:00 UTC.
    Once { from: i64, until: i64 },
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY: i64 = 24 * 60;
/// Days and spans that one session may pass through; beyond two years only a time without end covers it.
const MOST_PARTS: usize = 731;

impl Agreed {
    /// Reads the text; the error names the part that is none.
    pub fn parse(text: &str) -> Result<Self, NotAgreed> {
        let parts = text
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| Part::parse(part).ok_or_else(|| NotAgreed(part.to_owned())))
            .collect::<Result<Vec<_>, _>>()?;
        if parts.is_empty() { Err(NotAgreed(text.to_owned())) } else { Ok(Self { parts }) }
    }

    /// Whether all of the time from `start` to `end`, in microseconds since 1970-01-01 00:00 UTC, was agreed.
    pub fn covers(&self, start: i64, end: i64) -> bool {
        const MINUTE: i64 = 60_000_000;
        let last = end.max(start).div_euclid(MINUTE);
        let mut at = start.div_euclid(MINUTE);
        // Each part that covers a minute carries on to its own end, so that a session may pass from one into the next.
        for _ in 0..MOST_PARTS {
            match self.parts.iter().filter_map(|part| part.end_of(at)).max() {
                Some(end) if end > last => return true,
                Some(end) => at = end,
                None => return false,
            }
        }
        false
    }
}

impl Part {
    fn parse(part: &str) -> Option<Self> {
        if part.eq_ignore_ascii_case("always") {
            return Some(Self::Weekly { days: 0x7F, from: 0, until: 24 * 60 });
        }
        if let Some((from, until)) = part.split_once('/') {
            let (from, until) = (moment(from.trim())?, moment(until.trim())?);
            return (from < until).then_some(Self::Once { from, until });
        }
        let (days, hours) = part.split_once(' ')?;
        let (from, until) = hours.trim().split_once('-')?;
        let (from, mut until) = (time(from)?, time(until)?);
        if until <= from {
            until += 24 * 60;
        }
        let mut bits = 0;
        for span in days.split(',') {
            let (first, last) = span.split_once('-').unwrap_or((span, span));
            let (first, last) = (day(first)?, day(last)?);
            let mut at = first;
            loop {
                bits |= 1 << at;
                if at == last {
                    break;
                }
                at = (at + 1) % 7;
            }
        }
        Some(Self::Weekly { days: bits, from, until })
    }

    /// The minute at which this part ends, where it covers the minute `at`.
    fn end_of(&self, at: i64) -> Option<i64> {
        match *self {
            Self::Once { from, until } => (from <= at && at < until).then_some(until),
            Self::Weekly { days: 0x7F, from: 0, until: 1440 } => Some(i64::MAX),
            Self::Weekly { days, from, until } => {
                let today = at.div_euclid(DAY);
                [today, today - 1].into_iter().find_map(|day| {
                    // 1970-01-01 was a Thursday.
                    let is_day = days >> (day + 3).rem_euclid(7) & 1 == 1;
                    let (from, until) = (day * DAY + i64::from(from), day * DAY + i64::from(until));
                    (is_day && from <= at && at < until).then_some(until)
                })
            }
        }
    }
}

fn day(text: &str) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    (0..).zip(DAYS).find(|(_, name)| text.len() >= 2 && name.starts_with(text.as_str())).map(|(at, _)| at)
}

/// Minutes of the day; 24:00 is its end.
fn time(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let is_short = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_short(hour) || !is_short(minute) {
        return None;
    }
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    ((hour < 24 && minute < 60) || (hour == 24 && minute == 0)).then_some(hour * 60 + minute)
}

/// Minutes since 1970 of `YYYY-MM-DDTHH:MM`, with or without a Z.
fn moment(text: &str) -> Option<i64> {
    let (date, clock) = text.strip_suffix('Z').unwrap_or(text).split_once('T')?;
    Some(days_from_civil(date)? * DAY + i64::from(time(clock)?))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
fn days_from_civil(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let mut number = |length: usize| {
        let part = parts.next()?;
        (part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<i64>().ok())?
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let before = usize::try_from(month).ok()?.checked_sub(1)?;
    let length = *lengths.get(before)?;
    if parts.next().is_some() || day < 1 || day > length || year < 1 {
        return None;
    }
    let leap_days = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let years = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
    Some(years + lengths.iter().take(before).sum::<i64>() + day - 1)
}

/// A text that states no agreed time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time that can be agreed")]
pub struct NotAgreed(String);

impl NotAgreed {
    /// How such a time is written, for a hint.
    pub const HINT: &str = "write `Mon-Fri 08:00-17:00`, `always`, or `2026-11-01T22:00/2026-11-02T04:00` (UTC), several with ; between them";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-02 was a Monday.
    fn at(text: &str) -> i64 {
        moment(text).unwrap() * 60_000_000
    }

    #[test]
    fn hours_of_the_week_are_read() {
        let office = Agreed::parse("Mon-Fri 08:00-17:00; Sat 22:00-04:00").unwrap();
        assert!(office.covers(at("2026-11-02T08:00"), at("2026-11-02T16:59")));
        assert!(!office.covers(at("2026-11-02T16:59"), at("2026-11-02T17:00")));
        assert!(!office.covers(at("2026-11-02T07:59"), at("2026-11-02T09:00")));
        assert!(office.covers(at("2026-11-07T23:00"), at("2026-11-08T03:59")));
        assert!(!office.covers(at("2026-11-08T23:00"), at("2026-11-08T23:30")));
        assert!(Agreed::parse("always").unwrap().covers(at("2026-11-01T00:00"), at("2027-11-01T00:00")));
        let night = Agreed::parse("Fr-Mo 00:00-24:00").unwrap();
        assert!(night.covers(at("2026-11-06T00:00"), at("2026-11-09T23:59")));
        assert!(!night.covers(at("2026-11-06T00:00"), at("2026-11-10T00:00")));
    }

    #[test]
    fn a_span_is_once() {
        let once = Agreed::parse("2026-11-01T22:00/2026-11-02T04:00Z").unwrap();
        assert!(once.covers(at("2026-11-01T22:00"), at("2026-11-02T03:59")));
        assert!(!once.covers(at("2026-11-02T04:00"), at("2026-11-02T04:00")));
        assert_eq!(days_from_civil("1970-01-01"), Some(0));
        assert_eq!(days_from_civil("2000-03-01"), Some(11_017));
        assert_eq!(days_from_civil("1969-12-31"), Some(-1));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            ";",
            "office hours",
            "Mon 8-17",
            "Xyz 08:00-17:00",
            "M 08:00-17:00",
            "Mon 25:00-26:00",
            "2026-02-30T00:00/2026-03-01T00:00",
            "2026-11-02T00:00/2026-11-01T00:00",
            "Mon 08:00-17:00; never",
        ] {
            assert!(Agreed::parse(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_and_time_is_answered(text in "[MonTueFri0-9:;/T -]{0,40}", start: i64, length: u32) {
            if let Ok(agreed) = Agreed::parse(&text) {
                // Whoever may work for so long may work at its start.
                assert!(!agreed.covers(start, start.saturating_add(length.into())) || agreed.covers(start, start));
            }
        }
    }
}
