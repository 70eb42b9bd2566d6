use serde::{Deserialize, Serialize};

/// What a regime says of one of its measures for one network.
///
/// The order is the order of concern: the worst of several verdicts is their minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The evidence shows that the measure does not hold.
    Breached,
    /// Evidence that would decide is missing.
    Inconclusive,
    /// The evidence shows that the measure holds.
    Met,
    /// The measure has nothing to apply to here.
    NotApplicable,
}

impl Verdict {
    /// The words used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Breached => "breached",
            Self::Inconclusive => "inconclusive",
            Self::NotApplicable => "not applicable",
        }
    }
}

impl std::str::FromStr for Verdict {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "met" => Ok(Self::Met),
            "breached" => Ok(Self::Breached),
            "inconclusive" => Ok(Self::Inconclusive),
            "not applicable" => Ok(Self::NotApplicable),
            other => {
                Err(format!("{other:?} is no verdict; use met, breached, inconclusive or not applicable"))
            }
        }
    }
}

/// A measure's verdict for one subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SubjectVerdict {
    /// What the verdict is about: a device, a contract, the network, ...
    pub subject: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in one sentence that names the evidence or what is missing.
    pub reason: String,
}

/// A measure's result: the worst of its subjects, and each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasureResult {
    /// The measure's identifier within its regime.
    pub measure: String,
    /// Its title.
    pub title: String,
    /// The clause of the source that it states.
    pub clause: String,
    /// The worst verdict over its subjects; not applicable when there are none.
    pub verdict: Verdict,
    /// One sentence that sums the subjects up.
    pub reason: String,
    /// The verdict of each subject, worst first, then by name.
    pub subjects: Vec<SubjectVerdict>,
}

/// A regime applied to a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegimeResult {
    /// The regime's identifier (its folder's name).
    pub regime: String,
    /// Its title.
    pub title: String,
    /// The version of its text.
    pub version: String,
    /// The date as of which it was applied, `YYYY-MM-DD`.
    pub as_of: String,
    /// Its measures in the regime's order.
    pub measures: Vec<MeasureResult>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_is_the_least() {
        assert_eq!(
            [Verdict::Met, Verdict::Breached, Verdict::Inconclusive].into_iter().min(),
            Some(Verdict::Breached)
        );
        assert_eq!([Verdict::NotApplicable, Verdict::Met].into_iter().min(), Some(Verdict::Met));
    }

    #[test]
    fn words_come_back() {
        for verdict in [Verdict::Met, Verdict::Breached, Verdict::Inconclusive, Verdict::NotApplicable] {
            assert_eq!(verdict.as_str().parse(), Ok(verdict));
        }
        assert!("ok".parse::<Verdict>().is_err());
    }
}
