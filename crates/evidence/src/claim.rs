use crate::{Digest, Location, Subject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A claim about a subject, made by a run of a probe.
///
/// Without a weight it is an observation: a fact that anyone can check at its locations. With one it is a hypothesis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// What is claimed, as `banbury explain` knows it, such as `credential.empty-password`.
    pub code: String,
    /// What the claim is about.
    pub subject: Subject,
    /// How much it matters, by the code's rule. Not part of the fingerprint.
    pub grade: Grade,
    /// One line for a person. Not part of the fingerprint.
    pub title: String,
    /// What makes this claim this claim; part of the fingerprint.
    pub facts: BTreeMap<String, Value>,
    /// What changes from day to day without making another claim of it, such as a probability of exploitation, each with
    /// its date beside it. Not part of the fingerprint: the ledger keeps what each run saw, and shows the latest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dated: BTreeMap<String, Value>,
    /// Further remarks for a person. Not part of the fingerprint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Where the evidence stands. Not part of the fingerprint.
    pub locations: Vec<Location>,
    /// The weight of a hypothesis; absent for an observation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
}

/// A fact's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// Several texts, in a stated order.
    List(Vec<String>),
}

/// Ten times the decimal logarithm of a likelihood ratio, with its interval and the corpus it was measured on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weight {
    /// The weight, in decibans (dB).
    pub decibans: f64,
    /// Lower end of the 95 % interval, in decibans.
    pub low: f64,
    /// Upper end of the 95 % interval, in decibans.
    pub high: f64,
    /// The corpus and table that the weight was measured on.
    pub basis: String,
}

/// How much a finding matters, by a rule and not by a score: see [`CodeInfo::grade`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// A fact that weakens nothing by itself.
    Info,
    /// A protection or good practice is absent; nothing is opened by that alone.
    Low,
    /// A protection that others rely on is weak or shared; it helps someone who already has some access.
    Medium,
    /// Gives access, or the secret that guards access, to anyone who has read the image.
    High,
}

impl Grade {
    /// The word used in the ledger and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl std::str::FromStr for Grade {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Info, Self::Low, Self::Medium, Self::High]
            .into_iter()
            .find(|grade| grade.as_str() == text)
            .ok_or_else(|| format!("{text:?} is no grade; use info, low, medium or high"))
    }
}

/// What a claim's code means: the text behind `banbury explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeInfo {
    /// The code, `area.thing`, lower case.
    pub code: &'static str,
    /// A short title.
    pub title: &'static str,
    /// The grade by the rule in [`Grade`]; the code alone decides it, never the vendor.
    pub grade: Grade,
    /// What was seen and what it would allow. Never who meant it.
    pub meaning: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
    /// CWE numbers that fit, may be empty.
    pub cwe: &'static [u32],
}

impl Claim {
    /// An observation: a fact about `subject`.
    pub fn observation(info: &CodeInfo, subject: Subject, title: impl Into<String>) -> Self {
        Self {
            code: info.code.to_owned(),
            subject,
            grade: info.grade,
            title: title.into(),
            facts: BTreeMap::new(),
            dated: BTreeMap::new(),
            notes: Vec::new(),
            locations: Vec::new(),
            weight: None,
        }
    }

    /// A fact as text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.facts.get(name).map(Value::to_text)
    }

    /// A dated value as text.
    pub fn dated_text(&self, name: &str) -> Option<String> {
        self.dated.get(name).map(Value::to_text)
    }

    /// The same claim with one more fact.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// The same claim with one more value that may change from day to day.
    #[must_use]
    pub fn dated(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.dated.insert(name.to_owned(), value.into());
        self
    }

    /// The same claim with one more place where its evidence stands.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.locations.push(location);
        self
    }

    /// The same claim with one more remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The claim's identity: its code, subject and facts. Wording, dated values, order, locations and run are left out, so that a
    /// second inspection of the same bytes makes no new claim.
    pub fn fingerprint(&self) -> Digest {
        let mut bytes = Vec::new();
        let mut field = |text: &str| {
            bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        };
        field(&self.code);
        field(self.subject.kind.as_str());
        field(&self.subject.id);
        for (name, value) in &self.facts {
            field(name);
            match value {
                Value::Flag(flag) => field(if *flag { "flag:1" } else { "flag:0" }),
                Value::Number(number) => field(&format!("number:{number}")),
                Value::Text(text) => field(&format!("text:{text}")),
                Value::List(items) => {
                    field(&format!("list:{}", items.len()));
                    items.iter().for_each(|item| field(item));
                }
            }
        }
        Digest::of(&bytes)
    }
}

impl Value {
    /// The value as one line of text.
    pub fn to_text(&self) -> String {
        match self {
            Self::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::List(items) => items.join(", "),
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Value {
    fn from(items: Vec<String>) -> Self {
        Self::List(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SubjectKind;

    const INFO: CodeInfo =
        CodeInfo { code: "a.b", title: "t", grade: Grade::Info, meaning: "m", remedy: "r", cwe: &[] };

    fn claim() -> Claim {
        Claim::observation(&INFO, Subject::named(SubjectKind::Device, "d"), "one")
            .fact("x", "1")
            .fact("y", true)
    }

    #[test]
    fn fingerprint_leaves_out_wording_order_and_place() {
        let other = Claim::observation(&INFO, Subject::named(SubjectKind::Device, "d"), "two")
            .fact("y", true)
            .fact("x", "1")
            .note("n")
            .dated("z", "1")
            .at(Location::exhibit(Digest::of(b"")));
        assert_eq!(claim().fingerprint(), other.fingerprint());
    }

    #[test]
    fn fingerprint_tells_facts_apart() {
        let base = claim().fingerprint();
        assert_ne!(base, claim().fact("x", "2").fingerprint());
        assert_ne!(base, claim().fact("x", 1).fingerprint());
        assert_ne!(base, claim().fact("x", vec!["1".to_owned()]).fingerprint());
        assert_ne!(claim().fact("z", "ab").fingerprint(), claim().fact("za", "b").fingerprint());
    }
}
