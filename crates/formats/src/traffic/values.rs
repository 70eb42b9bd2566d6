//! Values as logs write them: instants, lengths of time, counts, addresses.

use crate::time::days;
use core::net::{IpAddr, Ipv4Addr};

const SECOND: i64 = 1_000_000;

/// Microseconds since 1970-01-01 00:00 UTC, from seconds with a fraction or from ISO 8601 (without a zone: UTC).
pub(super) fn instant(text: &str) -> Option<i64> {
    seconds(text).or_else(|| iso(text))
}

/// Microseconds, from seconds with a fraction, also in scientific notation. Digits behind the sixth are cut off.
pub(super) fn seconds(text: &str) -> Option<i64> {
    usual(text.as_bytes()).or_else(|| scaled(text, 6))
}

/// The same for what nearly all logs have: up to twelve digits, a full stop and six digits.
#[inline]
fn usual(bytes: &[u8]) -> Option<i64> {
    let (whole, [b'.', fraction @ ..]) = bytes.split_at_checked(bytes.len().checked_sub(7)?)? else {
        return None;
    };
    if whole.is_empty() || whole.len() > 12 {
        return None;
    }
    let mut wrong = 0;
    let mut value = 0_u64;
    for byte in whole.iter().chain(fraction) {
        let digit = byte.wrapping_sub(b'0');
        wrong |= u8::from(digit > 9);
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    // Eighteen digits fit.
    (wrong == 0).then_some(value as i64)
}

/// A number with a fraction, times ten to the power of `digits`. Further digits are cut off.
pub(super) fn scaled(text: &str, digits: u32) -> Option<i64> {
    let (is_negative, bytes) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (whole, rest) = leading_digits(bytes);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => leading_digits(rest),
        rest => (&[][..], rest),
    };
    match rest {
        _ if whole.is_empty() && fraction.is_empty() => return None,
        [] => {}
        [b'e' | b'E', ..] => return scientific(text, digits),
        _ => return None,
    }
    let kept = fraction.get(..digits as usize).unwrap_or(fraction);
    let whole = number(whole)?.checked_mul(10_i64.checked_pow(digits)?)?;
    let fraction = number(kept)?.checked_mul(10_i64.checked_pow(digits - kept.len() as u32)?)?;
    let value = whole.checked_add(fraction)?;
    Some(if is_negative { -value } else { value })
}

fn leading_digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len()))
}

/// The number that digits are.
fn number(digits: &[u8]) -> Option<i64> {
    let digit = |byte: &u8| i64::from(byte.wrapping_sub(b'0'));
    if digits.len() <= 18 {
        // Eighteen digits fit.
        return Some(
            digits.iter().fold(0_i64, |value, byte| value.wrapping_mul(10).wrapping_add(digit(byte))),
        );
    }
    digits.iter().try_fold(0_i64, |value, byte| value.checked_mul(10)?.checked_add(digit(byte)))
}

/// A count. `1e3` and `12.0`, as some writers have them, are counts too.
pub(super) fn count(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.is_empty() || bytes.len() > 19 {
        return text.parse().ok();
    }
    let mut value = 0_u64;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return odd_count(text);
        }
        // Nineteen digits fit.
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    Some(value)
}

/// A port.
pub(super) fn port(text: &str) -> Option<u16> {
    u16::try_from(count(text)?).ok()
}

/// An address, with or without the brackets of a URL.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    if let Some(address) = dotted(text.as_bytes()) {
        return Some(IpAddr::V4(address));
    }
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    // A zone (`fe80::1%eth0`) is of the machine that wrote it.
    text.split('%').next()?.parse().ok()
}

/// The number of a protocol by its name or number.
pub(super) fn protocol(text: &str) -> Option<u8> {
    const NAMES: [(&str, u8); 17] = [
        ("tcp", 6),
        ("udp", 17),
        ("icmp", 1),
        ("ipv6-icmp", 58),
        ("icmp6", 58),
        ("icmpv6", 58),
        ("sctp", 132),
        ("gre", 47),
        ("esp", 50),
        ("ah", 51),
        ("igmp", 2),
        ("ospf", 89),
        ("pim", 103),
        ("ipip", 4),
        ("ipv6", 41),
        ("vrrp", 112),
        ("udplite", 136),
    ];
    if let Some((_, number)) = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Some(*number);
    }
    u8::try_from(count(text)?).ok()
}

/// Whether a protocol has ports; what logs write there for control messages are kinds of message.
pub(super) fn has_ports(protocol: u8) -> bool {
    matches!(protocol, 6 | 17 | 33 | 132 | 136)
}

fn scientific(text: &str, digits: u32) -> Option<i64> {
    let value = text.parse::<f64>().ok()? * 10_f64.powi(i32::try_from(digits).ok()?);
    // Beyond 2^53 a float no longer holds each number.
    (value.is_finite() && value.abs() < 9.0e15).then_some(value.round() as i64)
}

fn odd_count(text: &str) -> Option<u64> {
    let value = scaled(text, 0)?;
    let whole = text.parse::<f64>().ok()?;
    (whole.fract() == 0.0).then(|| u64::try_from(value).ok())?
}

fn dotted(bytes: &[u8]) -> Option<Ipv4Addr> {
    if bytes.len() > 15 {
        return None;
    }
    let (mut bits, mut octet, mut digits, mut dots) = (0_u32, 0_u32, 0_u32, 0_u32);
    for byte in bytes {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        if digit < 10 {
            // Leading zeros are octal to some: refused.
            if digits > 0 && octet == 0 {
                return None;
            }
            if digits == 3 {
                return None;
            }
            octet = octet * 10 + digit;
            digits += 1;
        } else if *byte == b'.' && digits > 0 && octet < 256 {
            bits = bits << 8 | octet;
            (octet, digits) = (0, 0);
            dots += 1;
        } else {
            return None;
        }
    }
    (dots == 3 && digits > 0 && octet < 256).then(|| Ipv4Addr::from_bits(bits << 8 | octet))
}

/// `2024-02-29T12:34:56.789+0100`, `2024-02-29 12:34:56Z`.
fn iso(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let number = |from: usize, length: usize| {
        let digits = text.get(from..from + length)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        digits.parse::<i64>().ok()
    };
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let marks = [bytes.get(4)?, bytes.get(7)?, bytes.get(13)?, bytes.get(16)?];
    if marks != [&b'-', &b'-', &b':', &b':'] || !matches!(bytes.get(10)?, b'T' | b't' | b' ') {
        return None;
    }
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day);
    if !in_range || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut micros = 0;
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let end = fraction.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(fraction.len());
        let (digits, behind) = fraction.split_at_checked(end)?;
        micros = scaled(&format!("0.{digits}"), 6)?;
        rest = behind;
    }
    let zone = match rest {
        "" | "Z" | "z" => 0,
        _ => {
            let (sign, zone) = match rest.split_at_checked(1)? {
                ("+", zone) => (1, zone),
                ("-", zone) => (-1, zone),
                _ => return None,
            };
            let zone = zone.replace(':', "");
            if zone.len() != 4 || !zone.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let zone: i64 = zone.parse().ok()?;
            sign * (zone / 100 * 3600 + zone % 100 * 60)
        }
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - zone;
    Some(seconds * SECOND + micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn instants_are_read() {
        assert_eq!(instant("1300475167.096535"), Some(1_300_475_167_096_535));
        assert_eq!(instant("1300475167"), Some(1_300_475_167_000_000));
        assert_eq!(instant("-1.5"), Some(-1_500_000));
        assert_eq!(instant("1300475167.0965359"), Some(1_300_475_167_096_535));
        assert_eq!(instant("2000-02-29T12:34:56Z"), Some(951_827_696_000_000));
        assert_eq!(instant("2000-02-29T12:34:56.25+0100"), Some(951_824_096_250_000));
        assert_eq!(instant("2000-02-29 12:34:56.25-01:30"), Some(951_833_096_250_000));
        for bad in [
            "",
            ".",
            "-",
            "1.2.3",
            "a",
            "99999999999999999999",
            "2000-13-01T00:00:00Z",
            "2000-02-29T1:34:56Z",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
        assert_eq!(seconds("1e-06"), Some(1));
        assert_eq!(seconds("2.5e1"), Some(25_000_000));
    }

    #[test]
    fn counts_are_read() {
        assert_eq!(count("0"), Some(0));
        assert_eq!(count("18446744073709551615"), Some(u64::MAX));
        assert_eq!(count("12.0"), Some(12));
        for bad in ["", "-1", "1.5", "x", "18446744073709551616", "+1"] {
            assert_eq!(count(bad), None, "{bad}");
        }
        assert_eq!(port("65536"), None);
    }

    proptest! {
        #[test]
        fn addresses_are_those_of_the_standard_library(text in "[0-9.]{1,16}|[0-9a-f:.]{2,20}") {
            prop_assert_eq!(address(&text), text.parse::<IpAddr>().ok());
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            let _ = (instant(&text), seconds(&text), count(&text), address(&text), protocol(&text));
        }

        #[test]
        fn what_is_written_is_read(micros in -4_000_000_000_000_000_i64..4_000_000_000_000_000) {
            let sign = if micros < 0 { "-" } else { "" };
            let size = micros.unsigned_abs();
            let text = format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000);
            prop_assert_eq!(seconds(&text), Some(micros));
        }
    }
}
