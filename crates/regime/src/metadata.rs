use crate::topic::Topic;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// How sure we are of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Read in the primary text or a machine-readable copy of it.
    Verified,
    /// Read in a secondary source.
    Secondary,
    /// Recalled and not checked against a source: change it where you know better.
    Unverified,
    /// Banbury's own reading or ranking; no source states it.
    Own,
}

impl Certainty {
    /// The word used in the files and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Secondary => "secondary",
            Self::Unverified => "unverified",
            Self::Own => "own",
        }
    }

    /// What the word means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Verified => "read in the primary text",
            Self::Secondary => "read in a secondary source, not in the primary text",
            Self::Unverified => "recalled, not checked against any source: change it where you know better",
            Self::Own => "Banbury's own reading; no source states it",
        }
    }
}

/// A day, `YYYY-MM-DD`. Compares as text and as a date alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(String);

impl Date {
    /// Reads a date; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits =
            |part: &str, length: usize| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
            return None;
        }
        let (year, month, day): (u32, u32, u32) =
            (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(leap),
            _ => return None,
        };
        (1..=last).contains(&day).then(|| Self(text.to_owned()))
    }

    /// The date as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl rusqlite::ToSql for Date {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("{text:?} is no date; write it as \"YYYY-MM-DD\""))
        })
    }
}

/// The day from which a measure applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A day that the text states.
    Day(Date),
    /// A parameter of the regime holds the day, for it depends on whom the regime is applied to, or is not certain.
    Parameter(String),
}

impl Start {
    /// The day, with the values of the regime's parameters.
    pub fn day(&self, parameters: &BTreeMap<String, ParameterValue>) -> Option<Date> {
        match self {
            Self::Day(day) => Some(day.clone()),
            Self::Parameter(name) => match parameters.get(name)? {
                ParameterValue::Text(text) => Date::parse(text),
                _ => None,
            },
        }
    }
}

impl<'de> Deserialize<'de> for Start {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "write a day as \"YYYY-MM-DD\", or { parameter = \"name\" }")]
        enum Form {
            Day(Date),
            Parameter { parameter: String },
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Day(day) => Self::Day(day),
            Form::Parameter { parameter } => Self::Parameter(parameter),
        })
    }
}

/// A value that a query's `:name` is bound to.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum ParameterValue {
    /// Yes or no (1 or 0 in SQL).
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A number.
    Real(f64),
    /// A text.
    Text(String),
}

impl ParameterValue {
    /// The sort of value, in words.
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a whole number",
            Self::Real(_) => "a number",
            Self::Text(_) => "a text",
        }
    }

    /// This value in place of `default`, when it is of the same sort; a whole number will do for a number.
    pub(crate) fn in_place_of(&self, default: &Self) -> Option<Self> {
        match (self, default) {
            (Self::Flag(_), Self::Flag(_))
            | (Self::Number(_), Self::Number(_))
            | (Self::Real(_), Self::Real(_))
            | (Self::Text(_), Self::Text(_)) => Some(self.clone()),
            (Self::Number(number), Self::Real(_)) => Some(Self::Real(*number as f64)),
            _ => None,
        }
    }
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(formatter, "{flag}"),
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Real(real) => write!(formatter, "{real}"),
            Self::Text(text) => write!(formatter, "{text}"),
        }
    }
}

impl rusqlite::ToSql for ParameterValue {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Flag(flag) => flag.to_sql(),
            Self::Number(number) => number.to_sql(),
            Self::Real(real) => real.to_sql(),
            Self::Text(text) => text.to_sql(),
        }
    }
}

/// Values that a user sets in place of a regime's own, by the parameter's name.
pub type Overrides = BTreeMap<String, ParameterValue>;

/// A number or name in a regime that a user may change.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The value when the user sets none.
    pub value: ParameterValue,
    /// Its unit, where it has one.
    #[serde(default)]
    pub unit: Option<String>,
    /// What it means, how it is counted.
    pub meaning: String,
    /// The least that it may be set to, of a number.
    #[serde(default)]
    pub min: Option<f64>,
    /// The most that it may be set to, of a number.
    #[serde(default)]
    pub max: Option<f64>,
    /// What it may be set to, of a text; empty where it may be any.
    #[serde(default)]
    pub one_of: Vec<String>,
    /// How sure we are of the value.
    pub certainty: Certainty,
}

/// A text that the regime was taken from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceText {
    /// Title.
    pub title: String,
    /// Who published it, when, where in it.
    pub citation: String,
    /// How we know it.
    pub certainty: Certainty,
}

/// Functions and roles that a regime puts into one class.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sensitivity {
    /// The class.
    pub class: String,
    /// Functions by their standard names; compared in capitals.
    #[serde(default)]
    pub functions: Vec<String>,
    /// NetBox roles; compared in small letters.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Whether every part in lawful intercept (interceptions.csv) is in this class. Where no class says so, they are in
    /// one of their own, `lawful-intercept`.
    #[serde(default)]
    pub parts: bool,
    /// Remark that goes into reasons.
    #[serde(default)]
    pub note: String,
    /// The verdict for equipment that must not be in this class: `breached`, or `inconclusive` where the text says
    /// "in some cases".
    #[serde(default = "breached")]
    pub verdict: String,
    /// How sure we are that the regime puts these here.
    pub certainty: Certainty,
}

fn breached() -> String {
    "breached".to_owned()
}

/// A text file of a regime's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// The file, as `<regime>/<path in its folder>`.
    pub file: String,
    /// What it holds.
    pub text: String,
}

/// One authority's rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Regime {
    /// Identifier: the folder's name.
    pub id: String,
    /// Title.
    pub title: String,
    /// Whose rules these are.
    pub authority: String,
    /// Version of the text that is encoded.
    pub version: String,
    /// When the text was adopted.
    pub adopted: Option<Date>,
    /// Since when it applies; before, no measure of it does.
    pub in_force: Option<Date>,
    /// What it asks, in our own words.
    pub summary: String,
    /// How sure we are of the text as a whole; each measure says its own.
    pub certainty: Certainty,
    /// The texts that it was taken from.
    pub sources: Vec<SourceText>,
    /// The numbers and names that a user may change.
    pub parameters: BTreeMap<String, Parameter>,
    /// Functions and roles by class.
    pub sensitivity: Vec<Sensitivity>,
    /// How sure we are of the two dates.
    pub dates_certainty: Certainty,
    /// Tables that are made once, before the queries: the shared ones where the regime asks for them, then its own.
    pub definitions: Vec<Script>,
    /// The measures, in the regime's order.
    pub measures: Vec<Measure>,
}

/// One rule of a regime.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Identifier within the regime: the file's name.
    pub id: String,
    /// Title.
    pub title: String,
    /// The clause of the source that it states.
    pub clause: String,
    /// What it asks, in our own words, and how we read it.
    pub text: String,
    /// How sure we are of the text.
    pub certainty: Certainty,
    /// What it is about, beside other regimes' measures; not stated in every folder.
    pub topic: Option<Topic>,
    /// Since when it applies, where that differs from the regime.
    pub in_force_from: Option<Start>,
    /// Whether only an attestation can decide it.
    pub attested: bool,
    /// Tables without which nothing can be said.
    pub needs: Vec<String>,
    /// Tables without which a breach can be shown, but nothing else.
    pub wants: Vec<String>,
    /// The reason for "not applicable" when the query returns no row.
    pub nothing: String,
    /// What evidence would decide an inconclusive verdict.
    pub decides: String,
    /// What to do about a breach.
    pub remedy: String,
    /// What the measure asks in a form that a plan can count, where it is about more than single devices.
    pub counted: Option<Counted>,
    /// Names that this measure's query is bound to, beside the regime's parameters.
    pub bind: BTreeMap<String, ParameterValue>,
    /// The query.
    pub query: Script,
}

/// What a measure about many devices asks, as a share that a plan can count.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Whose share.
    pub share: Share,
    /// Of what.
    pub within: Within,
    /// The classes of the regime's sensitivity that are counted, each by itself, or whose functions and roles are; empty: all
    /// functions and roles.
    #[serde(default)]
    pub classes: Vec<String>,
    /// A name of `[bind]` that holds the class instead.
    #[serde(default)]
    pub class: Option<String>,
    /// The parameter that holds the share.
    pub limit: String,
    /// Whether the share itself is allowed, or it has to be less.
    #[serde(default)]
    pub reached: bool,
    /// A parameter that holds the fewest devices of which it is asked.
    #[serde(default)]
    pub least_devices: Option<String>,
    /// A parameter, and the value with which the form does not hold.
    #[serde(default)]
    pub unless: Option<(String, String)>,
}

/// Whose share is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Share {
    /// Vendors on the list that the parameter `list` names, together.
    Listed,
    /// Each maker by itself.
    EachMaker,
    /// Each platform by itself.
    EachPlatform,
}

/// Of what a share is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Within {
    /// Each class.
    Class,
    /// Each function.
    Function,
    /// Each function, and each role.
    Use,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        for good in ["2020-02-29", "2027-12-31", "0001-01-01"] {
            assert_eq!(Date::parse(good).map(|date| date.to_string()).as_deref(), Some(good));
        }
        for bad in
            ["2021-02-29", "2020-13-01", "2020-00-10", "2020-1-01", "2020-01-01T", "", "now", "+020-01-01"]
        {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_value_is_replaced_by_its_own_sort() {
        let real = ParameterValue::Real(0.35);
        assert_eq!(ParameterValue::Number(1).in_place_of(&real), Some(ParameterValue::Real(1.0)));
        assert_eq!(real.in_place_of(&ParameterValue::Number(1)), None);
        assert_eq!(ParameterValue::Text("x".to_owned()).in_place_of(&real), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_date_or_none(text in "\\PC{0,12}") {
            if let Some(date) = Date::parse(&text) {
                assert_eq!(date.as_str(), text);
                assert_eq!(text.len(), 10);
            }
        }
    }
}
