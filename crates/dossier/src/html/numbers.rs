//! Numbers as people read them.

/// A whole number with a comma between thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A length in bytes, as the terminal writes it: exact below 10 KiB, then in binary units.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(&str, u32); 4] = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    if bytes < 10 << 10 {
        return format!("{} byte{}", grouped(bytes), if bytes == 1 { "" } else { "s" });
    }
    let large = |(_, power): &(&str, u32)| bytes >> power > 0;
    let (unit, power) = UNITS.into_iter().find(large).unwrap_or(("KiB", 10));
    format!("{:.1} {unit}", bytes as f64 / (1u64 << power) as f64)
}

/// The day, `YYYY-MM-DD`, that a number of seconds from 1970 falls on (UTC, in the Gregorian calendar).
pub(crate) fn date(seconds: i64) -> String {
    // Days from 0000-03-01, so that a leap day ends its year; eras are of 400 years.
    let days = seconds.div_euclid(86_400).saturating_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let in_month = in_year - (153 * month + 2) / 5 + 1;
    let (month, turn) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{in_month:02}", year + era * 400 + turn)
}

/// `part` of `whole` as a percentage; what is not nothing is never shown as 0 %, nor what is not all as 100 %. No line breaks
/// inside it.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0\u{a0}%".to_owned();
    }
    if part == whole {
        return "100\u{a0}%".to_owned();
    }
    let hundredths = (u128::from(part) * 10_000 + u128::from(whole) / 2) / u128::from(whole);
    match hundredths {
        0 => "<\u{a0}0.01\u{a0}%".to_owned(),
        10_000.. => ">\u{a0}99.99\u{a0}%".to_owned(),
        _ => format!("{}.{:02}\u{a0}%", hundredths / 100, hundredths % 100),
    }
}

/// `count` and the word for it: `1 file`, `2 files`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number as u64), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(9_999), "9,999 bytes");
        assert_eq!(size(10 << 10), "10.0 KiB");
        assert_eq!(size(27 << 20), "27.0 MiB");
        assert_eq!(size(3 << 30), "3.0 GiB");
        assert_eq!(count(1, "file", "files"), "1 file");
        assert_eq!(size(u64::MAX), "16777216.0 TiB");
    }

    #[test]
    fn seconds_are_days() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(-1), "1969-12-31");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(date(951_868_800), "2000-03-01");
        assert_eq!(date(1_793_491_200), "2026-11-01");
        assert!(!date(i64::MAX).is_empty() && !date(i64::MIN).is_empty());
    }

    #[test]
    fn shares_are_never_rounded_away() {
        assert_eq!(percent(0, 10), "0\u{a0}%");
        assert_eq!(percent(1, 1_000_000), "<\u{a0}0.01\u{a0}%");
        assert_eq!(percent(999_999, 1_000_000), ">\u{a0}99.99\u{a0}%");
        assert_eq!(percent(1, 3), "33.33\u{a0}%");
        assert_eq!(percent(10, 10), "100\u{a0}%");
        assert_eq!(percent(5, 0), "0\u{a0}%");
    }
}
