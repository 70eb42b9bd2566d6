//! What a value is to a field of a flow.

use super::footer::{Logical, Physical};
use crate::bytes::{u32_le, u64_le};
use crate::traffic::fields::{Cell, Unit, known};
use crate::traffic::text;
use core::net::{IpAddr, Ipv6Addr};
use std::borrow::Cow;

/// Bytes of a text, at most: a dictionary tells one of many megabytes to any number of rows.
pub(super) const LONGEST: usize = 4096;

/// What was wrong with the bytes of a row's texts.
#[derive(Default)]
pub(super) struct Odd {
    /// Some are no text.
    pub(super) bytes: core::cell::Cell<bool>,
    /// Bytes of the longest that was left out, where one was.
    pub(super) length: core::cell::Cell<usize>,
}

/// A value that is known.
pub(super) enum Value<'a> {
    Int(i64),
    /// Of 32 bits without a sign: an address of IPv4 can be one.
    Word(u32),
    Unsigned(u64),
    Real(f64),
    Truth(bool),
    /// Microseconds since 1970, where they can be held.
    Instant(Option<i64>),
    Text(Cow<'a, str>),
    /// Four or sixteen bytes that are not said to be text.
    Raw(&'a [u8]),
    Uuid(&'a [u8]),
}

impl<'a> Value<'a> {
    pub(super) fn of_int(value: i64, (physical, logical): (Physical, Logical)) -> Self {
        match (logical, physical) {
            (Logical::Instant(times, divisor), _) => {
                Self::Instant(value.checked_mul(times).map(|value| value / divisor))
            }
            (Logical::Unsigned, Physical::Int32) => Self::Word(value as u32),
            (Logical::Unsigned, _) => Self::Unsigned(value as u64),
            _ => Self::Int(value),
        }
    }

    /// Text that says that nothing is known is none, and so is one of more than [`LONGEST`] bytes. `odd` takes note of it, and of bytes
    /// that are no text.
    pub(super) fn of_bytes(
        bytes: &'a [u8],
        (physical, logical): (Physical, Logical),
        odd: &Odd,
    ) -> Option<Self> {
        match (physical, logical) {
            (Physical::Int96, _) => Some(Self::Instant(of_96(bytes))),
            (_, Logical::Uuid) => Some(Self::Uuid(bytes)),
            (Physical::Fixed(4 | 16), _) => Some(Self::Raw(bytes)),
            _ if bytes.len() > LONGEST => {
                odd.length.set(odd.length.get().max(bytes.len()));
                None
            }
            _ => match text::plain(bytes) {
                Some(text) => known(text).map(|text| Self::Text(Cow::Borrowed(text))),
                None => {
                    odd.bytes.set(true);
                    Some(Self::Text(Cow::Owned(text::escaped(bytes))))
                }
            },
        }
    }

    fn with_text<T>(&self, read: impl Fn(&&str) -> Option<T>) -> Option<T> {
        if let Self::Text(text) = self { read(&text.as_ref()) } else { None }
    }

    fn whole(&self) -> Option<i128> {
        match self {
            Self::Int(value) => Some(i128::from(*value)),
            Self::Word(value) => Some(i128::from(*value)),
            Self::Unsigned(value) => Some(i128::from(*value)),
            Self::Real(value) if value.fract() == 0.0 && value.abs() < 9.0e15 => Some(*value as i128),
            _ => None,
        }
    }
}

impl<'a> Cell<'a> for Value<'a> {
    fn instant(&self, unit: Unit) -> Option<i64> {
        match self {
            Self::Instant(micros) => *micros,
            Self::Text(_) => self.with_text(|text| text.instant(unit)),
            _ => self.length(unit),
        }
    }

    fn length(&self, unit: Unit) -> Option<i64> {
        let (times, divisor) = match unit {
            Unit::Seconds => (1_000_000, 1),
            Unit::Millis => (1000, 1),
            Unit::Micros => (1, 1),
            Unit::Nanos => (1, 1000),
        };
        match self {
            Self::Real(value) => {
                let micros = value * f64::from(times) / f64::from(divisor);
                (micros.abs() < 9.0e15).then_some(micros.round() as i64)
            }
            Self::Text(_) => self.with_text(|text| text.length(unit)),
            _ => i64::try_from(self.whole()? * i128::from(times) / i128::from(divisor)).ok(),
        }
    }

    fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Text(_) => self.with_text(|text| text.address()),
            Self::Word(word) => Some(IpAddr::from(word.to_be_bytes())),
            Self::Raw(bytes) => match <[u8; 4]>::try_from(*bytes) {
                Ok(bytes) => Some(IpAddr::from(bytes)),
                // Columns of both kinds hold addresses of IPv4 so.
                Err(_) => Some(Ipv6Addr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_canonical()),
            },
            _ => None,
        }
    }

    fn count(&self) -> Option<u64> {
        match self {
            Self::Text(_) => self.with_text(|text| text.count()),
            _ => u64::try_from(self.whole()?).ok(),
        }
    }

    fn port(&self) -> Option<u16> {
        u16::try_from(self.count()?).ok()
    }

    fn protocol(&self) -> Option<u8> {
        match self {
            Self::Text(_) => self.with_text(|text| text.protocol()),
            _ => u8::try_from(self.count()?).ok(),
        }
    }

    fn text(&self) -> Cow<'a, str> {
        Cow::Owned(match self {
            Self::Text(text) => return text.clone(),
            Self::Int(value) => value.to_string(),
            Self::Word(value) => value.to_string(),
            Self::Unsigned(value) => value.to_string(),
            Self::Real(value) => value.to_string(),
            Self::Truth(value) => value.to_string(),
            Self::Instant(Some(micros)) => format!("{micros} microseconds since 1970"),
            Self::Instant(None) => "an instant too far away".to_owned(),
            Self::Raw(bytes) => text::escaped(bytes),
            Self::Uuid(bytes) => {
                let mut text = String::with_capacity(36);
                for (number, byte) in bytes.iter().enumerate() {
                    if matches!(number, 4 | 6 | 8 | 10) {
                        text.push('-');
                    }
                    text.push_str(&format!("{byte:02x}"));
                }
                text
            }
        })
    }
}

/// Microseconds since 1970 from nanoseconds of a day and the day, counted as Julian days are.
fn of_96(bytes: &[u8]) -> Option<i64> {
    const EPOCH: i64 = 2_440_588;
    let (nanos, day) = (u64_le(bytes, 0)? as i64, i64::from(u32_le(bytes, 8)?));
    (day - EPOCH).checked_mul(86_400_000_000)?.checked_add(nanos / 1000)
}
