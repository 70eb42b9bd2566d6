//! The stable words for why a vulnerability applies, does not, or cannot be told.

use serde::{Deserialize, Serialize};

/// Why an answer is what it is. The words are stable: reports and scripts may depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Affected: the version is in a range, or among the versions, that the source names.
    InRange,
    /// Affected: the distribution has not fixed it in this revision.
    Unfixed,
    /// Not affected: the version is outside of all that the source names.
    OutOfRange,
    /// Not affected: the distribution's revision has the fix.
    Backported,
    /// Not affected: the distribution says that it never was, or is only from a later version on.
    NeverAffected,
    /// Not affected: another system, edition or hardware is concerned.
    OtherPlatform,
    /// Not affected: it takes something else that is not there.
    ConditionAbsent,
    /// Not affected: the kernel was configured without the part.
    Configuration,
    /// Not affected: the part is a module of the kernel, and the module is not there.
    ModuleAbsent,
    /// Not affected: BusyBox was built without the applet.
    AppletAbsent,
    /// Cannot tell: the version is not known.
    NoVersion,
    /// Cannot tell: no order of versions says how the version stands to the range.
    UnorderedVersion,
    /// Cannot tell: the bounds that are known of the version are partly inside of what is affected.
    BoundsStraddle,
    /// Cannot tell: the evidence on the version contradicts itself, and the versions differ in the answer.
    Contradiction,
    /// Cannot tell: a distribution built it, and no feed of that distribution says what it fixed.
    NoDistributionFeed,
    /// Cannot tell: which release of the distribution it is from.
    ReleaseUnknown,
    /// Cannot tell: the distribution has not decided.
    Undetermined,
    /// Cannot tell: whether something else is there, without which it does not apply.
    ConditionUnknown,
    /// Cannot tell: the source names no versions.
    NoRange,
    /// Cannot tell: the source names commits.
    Commits,
    /// Cannot tell: only the name is the same; which product it is is not known.
    NameOnly,
    /// Cannot tell: the source says nothing of this version.
    Silent,
}

impl Reason {
    /// The word used in claims and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InRange => "in-range",
            Self::Unfixed => "unfixed",
            Self::OutOfRange => "out-of-range",
            Self::Backported => "backported",
            Self::NeverAffected => "never-affected",
            Self::OtherPlatform => "other-platform",
            Self::ConditionAbsent => "condition-absent",
            Self::Configuration => "configuration",
            Self::ModuleAbsent => "module-absent",
            Self::AppletAbsent => "applet-absent",
            Self::NoVersion => "no-version",
            Self::UnorderedVersion => "unordered-version",
            Self::BoundsStraddle => "bounds-straddle",
            Self::Contradiction => "contradiction",
            Self::NoDistributionFeed => "no-distribution-feed",
            Self::ReleaseUnknown => "release-unknown",
            Self::Undetermined => "undetermined",
            Self::ConditionUnknown => "condition-unknown",
            Self::NoRange => "no-range",
            Self::Commits => "commits",
            Self::NameOnly => "name-only",
            Self::Silent => "silent",
        }
    }
}
