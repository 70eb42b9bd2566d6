//! How versions are ordered, one file a scheme, and which scheme fits which product.
//!
//! What a scheme cannot order is `None`: the caller says "cannot tell", and never takes it for a smaller or a larger
//! version. Numbers are compared as digits, so that no length overflows, and every comparison is linear in the length
//! of the two texts.

mod apk;
mod choice;
mod date;
mod dotted;
mod dpkg;
mod linux;
mod openssl;
mod pep440;
mod rpm;
mod semver;
#[cfg(test)]
mod tests;

pub use choice::{Choice, choice};

use std::cmp::Ordering;

/// A way in which versions are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Debian packages, and opkg's, whose comparison is dpkg's.
    Dpkg,
    /// RPM packages: epoch, version, release.
    Rpm,
    /// Alpine packages.
    Apk,
    /// Semantic Versioning 2.0.0.
    Semver,
    /// Python packages, by PEP 440.
    Pep440,
    /// OpenSSL: letters behind the number up to 1.1.1, plain numbers from 3.0.0.
    OpenSsl,
    /// The Linux kernel: upstream's number; a vendor's suffix does not count.
    Linux,
    /// A day, or a year with a serial number.
    Date,
    /// Dotted numbers with letters and words for what comes before and after a release: most C projects.
    Dotted,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: &[Self] = &[
        Self::Dpkg,
        Self::Rpm,
        Self::Apk,
        Self::Semver,
        Self::Pep440,
        Self::OpenSsl,
        Self::Linux,
        Self::Date,
        Self::Dotted,
    ];

    /// The word for it in data and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dpkg => "dpkg",
            Self::Rpm => "rpm",
            Self::Apk => "apk",
            Self::Semver => "semver",
            Self::Pep440 => "pep440",
            Self::OpenSsl => "openssl",
            Self::Linux => "linux",
            Self::Date => "date",
            Self::Dotted => "dotted",
        }
    }
}

/// How `a` stands to `b` in this scheme; `None` where the scheme cannot order the two.
pub fn compare(scheme: Scheme, a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (a.trim(), b.trim());
    match scheme {
        Scheme::Dpkg => dpkg::compare(a, b),
        Scheme::Rpm => rpm::compare(a, b),
        Scheme::Apk => apk::compare(a, b),
        Scheme::Semver => semver::compare(a, b),
        Scheme::Pep440 => pep440::compare(a, b),
        Scheme::OpenSsl => openssl::compare(a, b),
        Scheme::Linux => linux::compare(a, b),
        Scheme::Date => date::compare(a, b),
        Scheme::Dotted => dotted::compare(a, b),
    }
}

/// A number of any length, by its digits; leading zeros do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number<'a>(&'a str);

impl<'a> Number<'a> {
    /// The number that these digits write; `None` where anything but an ASCII digit, or nothing, stands there.
    fn new(digits: &'a str) -> Option<Self> {
        let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        all.then(|| Self(digits.trim_start_matches('0')))
    }

    const ZERO: Self = Self("");

    fn is_zero(self) -> bool {
        self.0.is_empty()
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(other.0))
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What stands before the first character for which `stop` is true, and the rest.
fn split_where(text: &str, stop: impl Fn(char) -> bool) -> (&str, &str) {
    let at = text.find(stop).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// The digits that `text` begins with, and the rest.
fn split_digits(text: &str) -> (&str, &str) {
    split_where(text, |character| !character.is_ascii_digit())
}

/// The ASCII letters that `text` begins with, and the rest.
fn split_letters(text: &str) -> (&str, &str) {
    split_where(text, |character| !character.is_ascii_alphabetic())
}

/// Dotted numbers at the start of `text` ("5.10.101"), and the rest; `None` where it does not begin with a number.
fn split_dotted(text: &str) -> Option<(Vec<Number<'_>>, &str)> {
    let (first, mut rest) = split_digits(text);
    let mut numbers = vec![Number::new(first)?];
    while let Some(after) = rest.strip_prefix('.') {
        let (digits, behind) = split_digits(after);
        let Some(number) = Number::new(digits) else { break };
        numbers.push(number);
        rest = behind;
    }
    Some((numbers, rest))
}

/// Removes zeros at the end: 1.0 and 1.0.0 are one release.
fn without_trailing_zeros(mut numbers: Vec<Number<'_>>) -> Vec<Number<'_>> {
    while numbers.last().is_some_and(|number| number.is_zero()) {
        numbers.pop();
    }
    numbers
}
