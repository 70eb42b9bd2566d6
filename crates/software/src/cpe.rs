//! CPE names: the formatted string of 2.3 (`cpe:2.3:a:openssl:openssl:1.0.2k:*:...`) and the URI of 2.2
//! (`cpe:/a:openssl:openssl:1.0.2k`), read into one type, written back, and matched.
//!
//! More lenient than the specification in one thing: a special character that should have been quoted (`c++`) is taken
//! as itself, since feeds and other programs write it. Refused: a wildcard in the middle of a value, a wrong number of
//! parts, control characters and anything outside ASCII. Sources: NISTIR 7695 (naming), NISTIR 7696 (matching).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

mod uri;

/// A name of a product, or a pattern over names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Cpe {
    /// `a` application, `o` operating system, `h` hardware.
    pub part: Attribute,
    /// Who makes it.
    pub vendor: Attribute,
    /// The product.
    pub product: Attribute,
    /// Its version.
    pub version: Attribute,
    /// Update or patch level of the version.
    pub update: Attribute,
    /// The edition of CPE 2.2, out of use since.
    pub edition: Attribute,
    /// Language of the user interface (RFC 5646).
    pub language: Attribute,
    /// For which market or class of users.
    pub sw_edition: Attribute,
    /// The software in which it runs.
    pub target_sw: Attribute,
    /// The instruction set for which it is.
    pub target_hw: Attribute,
    /// Whatever else.
    pub other: Attribute,
}

/// One attribute of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// `*`: any value.
    #[default]
    Any,
    /// `-`: there is none, it does not apply.
    Na,
    /// A value, in lower case.
    Value(Value),
}

/// A value: characters, each literal, or a wildcard at one of its ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    /// What may stand before the text.
    before: Wild,
    text: String,
    /// What may stand behind the text.
    behind: Wild,
}

/// How much may stand at an end of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Wild {
    /// `?` once or more often: at most so many characters; none where the value has no wildcard here.
    UpTo(usize),
    /// `*`: any number of characters.
    Any,
}

/// How the names of one attribute stand to those of another (NISTIR 7696, table 6-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The same names.
    Equal,
    /// The first covers the second.
    Superset,
    /// The second covers the first.
    Subset,
    /// No name is in both.
    Disjoint,
    /// Two patterns with wildcards, which the specification does not compare.
    Undefined,
}

/// A text that is no CPE name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{shown:?} is no CPE name: {why}")]
pub struct CpeError {
    shown: String,
    why: &'static str,
}

impl Cpe {
    /// The product whatever its version, in lower case: `a:openssl:openssl`. `None` where vendor or product are no plain
    /// values, so that nothing can be looked up by them.
    pub fn key(&self) -> Option<String> {
        let vendor = self.vendor.literal()?;
        let product = self.product.literal()?;
        Some(format!("{}:{vendor}:{product}", self.part.literal()?))
    }

    /// Whether every attribute of this name covers the other's: this is the pattern of an advisory, that what is there.
    pub fn covers(&self, other: &Self) -> bool {
        self.attributes()
            .into_iter()
            .zip(other.attributes())
            .all(|(ours, theirs)| matches!(ours.relation(theirs), Relation::Equal | Relation::Superset))
    }

    /// The attributes in the order of the formatted string.
    pub fn attributes(&self) -> [&Attribute; 11] {
        [
            &self.part,
            &self.vendor,
            &self.product,
            &self.version,
            &self.update,
            &self.edition,
            &self.language,
            &self.sw_edition,
            &self.target_sw,
            &self.target_hw,
            &self.other,
        ]
    }

    /// The name as a URI of CPE 2.2.
    pub fn to_uri(&self) -> String {
        uri::write(self)
    }

    fn of(attributes: [Attribute; 11]) -> Self {
        let [
            part,
            vendor,
            product,
            version,
            update,
            edition,
            language,
            sw_edition,
            target_sw,
            target_hw,
            other,
        ] = attributes;
        Self {
            part,
            vendor,
            product,
            version,
            update,
            edition,
            language,
            sw_edition,
            target_sw,
            target_hw,
            other,
        }
    }
}

impl Attribute {
    /// A literal value; empty text is any value.
    pub fn literal_of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Any;
        }
        Self::Value(Value::plain(text.to_ascii_lowercase()))
    }

    /// The text of a value without wildcards.
    pub fn literal(&self) -> Option<&str> {
        match self {
            Self::Value(Value { before: Wild::UpTo(0), text, behind: Wild::UpTo(0) }) => Some(text),
            _ => None,
        }
    }

    /// How the names of this attribute stand to the other's.
    pub fn relation(&self, other: &Self) -> Relation {
        match (self, other) {
            (Self::Any, Self::Any) | (Self::Na, Self::Na) => Relation::Equal,
            (Self::Any, _) => Relation::Superset,
            (_, Self::Any) => Relation::Subset,
            (Self::Na, _) | (_, Self::Na) => Relation::Disjoint,
            (Self::Value(ours), Self::Value(theirs)) => ours.relation(theirs),
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "" => Err("a part is empty"),
            "*" => Ok(Self::Any),
            "-" => Ok(Self::Na),
            _ => Value::parse(text).map(Self::Value),
        }
    }
}

impl Value {
    fn plain(text: String) -> Self {
        Self { before: Wild::UpTo(0), text, behind: Wild::UpTo(0) }
    }

    fn has_wildcard(&self) -> bool {
        self.before != Wild::UpTo(0) || self.behind != Wild::UpTo(0)
    }

    fn relation(&self, other: &Self) -> Relation {
        match (self == other, self.has_wildcard(), other.has_wildcard()) {
            (true, _, _) => Relation::Equal,
            (_, true, true) => Relation::Undefined,
            (_, true, false) if self.fits(&other.text) => Relation::Superset,
            (_, false, true) if other.fits(&self.text) => Relation::Subset,
            _ => Relation::Disjoint,
        }
    }

    /// Whether the pattern fits the whole of a literal text.
    fn fits(&self, text: &str) -> bool {
        let Some(spare) = text.len().checked_sub(self.text.len()) else { return false };
        let most = |wild| match wild {
            Wild::UpTo(count) => count.min(spare),
            Wild::Any => spare,
        };
        // What stands before the text may be as long as leaves no more behind it than may stand there.
        let fewest = spare - most(self.behind);
        (fewest..=most(self.before))
            .any(|before| text.get(before..).is_some_and(|rest| rest.starts_with(&self.text)))
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("a part holds a blank, a control character or one outside ASCII");
        }
        // Each character with whether it stands for itself.
        let mut characters = std::collections::VecDeque::with_capacity(text.len());
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            characters.push_back(match character {
                '\\' => (rest.next().ok_or("it ends with the sign that quotes")?, true),
                other => (other, !matches!(other, '*' | '?')),
            });
        }
        let (mut before, mut behind) = (Wild::UpTo(0), Wild::UpTo(0));
        if characters.front() == Some(&('*', false)) {
            characters.pop_front();
            before = Wild::Any;
        }
        while let (Wild::UpTo(count), Some(('?', false))) = (before, characters.front()) {
            characters.pop_front();
            before = Wild::UpTo(count + 1);
        }
        if characters.back() == Some(&('*', false)) {
            characters.pop_back();
            behind = Wild::Any;
        }
        while let (Wild::UpTo(count), Some(('?', false))) = (behind, characters.back()) {
            characters.pop_back();
            behind = Wild::UpTo(count + 1);
        }
        if characters.iter().any(|(_, literal)| !literal) {
            return Err("a wildcard stands in the middle of a value");
        }
        let text = characters.into_iter().map(|(character, _)| character.to_ascii_lowercase()).collect();
        Ok(Self { before, text, behind })
    }
}

impl FromStr for Cpe {
    type Err = CpeError;

    fn from_str(text: &str) -> Result<Self, CpeError> {
        let text = text.trim();
        let wrong = |why| CpeError { shown: text.chars().take(200).collect(), why };
        if let Some(rest) = strip_prefix(text, "cpe:/") {
            return uri::parse(rest).map_err(wrong);
        }
        let rest = strip_prefix(text, "cpe:2.3:")
            .ok_or_else(|| wrong("it begins with neither cpe:2.3: nor cpe:/"))?;
        let mut attributes: [Attribute; 11] = Default::default();
        let mut parts = parts(rest);
        for attribute in &mut attributes {
            let part = parts.next().ok_or_else(|| wrong("it has fewer than eleven parts"))?;
            *attribute = Attribute::parse(part).map_err(wrong)?;
        }
        if parts.next().is_some() {
            return Err(wrong("it has more than eleven parts (a colon in a value is quoted: \\:)"));
        }
        let cpe = Self::of(attributes);
        known_part(&cpe.part).map_err(wrong)?;
        Ok(cpe)
    }
}

fn known_part(part: &Attribute) -> Result<(), &'static str> {
    match part {
        Attribute::Any => Ok(()),
        part if matches!(part.literal(), Some("a" | "o" | "h")) => Ok(()),
        _ => Err("its first part is none of a, o, h"),
    }
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The parts between colons that are not quoted.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character: char| {
        let split = character == ':' && !quoted;
        quoted = character == '\\' && !quoted;
        split
    })
}

impl fmt::Display for Cpe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("cpe:2.3")?;
        self.attributes().into_iter().try_for_each(|attribute| write!(formatter, ":{attribute}"))
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("*"),
            Self::Na => formatter.write_str("-"),
            Self::Value(value) => {
                write!(formatter, "{}", value.before)?;
                let alone = value.text == "-";
                for character in value.text.chars() {
                    let plain = character.is_ascii_alphanumeric() || "._-".contains(character);
                    if !plain || alone {
                        formatter.write_str("\\")?;
                    }
                    write!(formatter, "{character}")?;
                }
                write!(formatter, "{}", value.behind)
            }
        }
    }
}

impl fmt::Display for Wild {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("*"),
            Self::UpTo(count) => (0..*count).try_for_each(|_| formatter.write_str("?")),
        }
    }
}

impl From<Cpe> for String {
    fn from(cpe: Cpe) -> Self {
        cpe.to_string()
    }
}

impl TryFrom<String> for Cpe {
    type Error = CpeError;

    fn try_from(text: String) -> Result<Self, CpeError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests;
