//! One statement against one version: affected, not affected, or what would tell.

use super::criterion::{
    bounded, brief, criterion_on, entry_on, fields_exclude, on_range, outside, shown, shown_entry, unordered,
};
use super::{Facts, Reason, State};
use crate::advisory::{Criterion, EventRange, Says, Status, Tracked, TrackedStatus, VersionStatus};
use crate::cpe::{Attribute, Cpe, Relation};
use crate::store::says;
use crate::version::{Scheme, choice, compare};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What a statement says of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Affected(Reason),
    Not(Reason, String),
    Unknown(Reason, String),
    /// The source says nothing of this version: less than another source's word.
    Silent(String),
}

impl Judgement {
    pub(super) fn state(&self) -> State {
        match self {
            Self::Affected(reason) => State::Affected { reason: *reason },
            Self::Not(reason, detail) => State::NotAffected { reason: *reason, detail: detail.clone() },
            Self::Unknown(reason, detail) => State::CannotTell { reason: *reason, detail: detail.clone() },
            Self::Silent(detail) => State::CannotTell { reason: Reason::Silent, detail: detail.clone() },
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Affected(_) => 3,
            Self::Unknown(..) => 2,
            Self::Not(..) => 1,
            Self::Silent(_) => 0,
        }
    }

    /// Of several statements that all count: affected by one is affected, and none may be left open.
    pub(super) fn strongest(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        // The first of equals, so that the answer follows the order of the source.
        all.into_iter().reduce(|kept, next| if next.rank() > kept.rank() { next } else { kept })
    }
}

/// What is judged.
pub(super) struct Judged<'a> {
    /// Upstream's version, or what is known of it.
    pub(super) version: Version<'a>,
    /// The version of the distribution's source package.
    pub(super) package_version: Option<&'a str>,
    /// The order of upstream's versions.
    pub(super) scheme: Scheme,
    /// The CPE name by which it was found.
    pub(super) cpe: Option<&'a Cpe>,
    /// Distribution and release.
    pub(super) distribution: Option<(&'a str, Option<&'a str>)>,
    pub(super) facts: &'a Facts,
    /// Whether to say in words why a version is outside a range: most versions are outside most ranges.
    pub(super) words: bool,
}

/// What is known of a version.
#[derive(Clone, Copy, Debug)]
pub(super) enum Version<'a> {
    /// The version itself.
    Exactly(&'a str),
    /// That it is no lower and no higher; where neither is given, nothing is known.
    Between(Option<&'a str>, Option<&'a str>),
}

impl Judged<'_> {
    /// What a statement says; `group` gives a group of the advisory by its number.
    pub(super) fn judge<E>(
        &self,
        says: &Says,
        group: &mut dyn FnMut(usize) -> Result<Vec<Criterion>, E>,
    ) -> Result<Judgement, E> {
        Ok(match says {
            Says::Cpe { any, needs, negated } => {
                let judgement = self.criteria(any);
                if matches!(judgement, Judgement::Not(..)) {
                    return Ok(judgement);
                }
                if *negated {
                    return Ok(Judgement::Unknown(
                        Reason::ConditionUnknown,
                        "the source negates a part of its condition: read it".to_owned(),
                    ));
                }
                let mut open = None;
                for need in needs {
                    let members = group(*need)?;
                    match self.present(&members) {
                        Judgement::Affected(_) => {}
                        not @ Judgement::Not(..) => return Ok(not),
                        other => open = open.or(Some(other)),
                    }
                }
                match (judgement, open) {
                    (Judgement::Affected(_), Some(open)) => open,
                    (judgement, _) => judgement,
                }
            }
            Says::Events { ecosystem, ranges, versions } => self.events(ecosystem, ranges, versions),
            Says::Tracker { releases } => self.tracker(releases),
            Says::Versions { default, versions, platforms } => self.versions(*default, versions, platforms),
        })
    }

    /// Whether a stored row is of criteria alone, and the version is outside every one of them.
    pub(super) fn is_outside(&self, said: &str) -> bool {
        let Version::Exactly(version) = self.version else { return false };
        says::all_criteria(said, |fields| fields_exclude(fields, version, self.scheme))
    }

    fn criteria(&self, any: &[Criterion]) -> Judgement {
        let (mut unknown, mut restricted) = (None, None);
        for criterion in any {
            match criterion_on(criterion, self.version, self.scheme, self.cpe, self.facts) {
                affected @ Judgement::Affected(_) => return affected,
                Judgement::Not(Reason::OutOfRange, _) => {}
                not @ Judgement::Not(..) => restricted = restricted.or(Some(not)),
                other => unknown = unknown.or(Some(other)),
            }
        }
        unknown.or(restricted).unwrap_or_else(|| {
            self.outside(|| {
                let shown: Vec<String> = any.iter().take(3).map(shown).collect();
                let more =
                    if any.len() > 3 { format!(", and {} more", any.len() - 3) } else { String::new() };
                format!("{} is outside what is affected: {}{more}", self.version.shown(), shown.join("; "))
            })
        })
    }

    /// Outside every range, in words where they are asked for.
    fn outside(&self, words: impl FnOnce() -> String) -> Judgement {
        outside(self.words, words)
    }

    /// Whether one of these is there: affected is yes.
    fn present(&self, members: &[Criterion]) -> Judgement {
        for member in members {
            let Some(name) = member.cpe.as_deref().and_then(|name| name.parse::<Cpe>().ok()) else {
                continue;
            };
            let own = self.cpe.into_iter().filter(|own| own.key() == name.key());
            for there in self.facts.present.iter().chain(own) {
                let product = [
                    (&name.part, &there.part),
                    (&name.vendor, &there.vendor),
                    (&name.product, &there.product),
                ];
                let same = |(ours, theirs): &(&Attribute, &Attribute)| {
                    matches!(ours.relation(theirs), Relation::Equal | Relation::Superset)
                };
                let scheme = choice().of_product(there.product.literal().unwrap_or_default());
                // For what the system runs on, a version that is not stated is any.
                let any = matches!(name.version, Attribute::Any | Attribute::Na) && !bounded(member);
                if product.iter().all(same)
                    && (any
                        || matches!(
                            criterion_on(
                                member,
                                Version::of(there.version.literal()),
                                scheme,
                                None,
                                self.facts
                            ),
                            Judgement::Affected(_)
                        ))
                {
                    return Judgement::Affected(Reason::InRange);
                }
            }
        }
        let shown: Vec<&str> = members.iter().take(3).filter_map(|member| member.cpe.as_deref()).collect();
        let more =
            if members.len() > 3 { format!(" or one of {} more", members.len() - 3) } else { String::new() };
        let names = shown.join(" or ");
        if self.facts.present_is_all {
            return Judgement::Not(
                Reason::ConditionAbsent,
                format!("it takes {names}{more}, which is not there"),
            );
        }
        Judgement::Unknown(
            Reason::ConditionUnknown,
            format!("whether {names}{more} is there too, without which it does not apply"),
        )
    }

    fn events(&self, ecosystem: &str, ranges: &[EventRange], versions: &[String]) -> Judgement {
        let (base, release) = ecosystem.split_once(':').unwrap_or((ecosystem, ""));
        let (distribution, own) = self.distribution.unwrap_or(("", None));
        let version = if self.distribution.is_some() { self.package_version } else { self.version.exact() };
        let Some(version) = version else {
            return Judgement::Unknown(self.version.open(), format!("its version in {base}"));
        };
        if let (false, Some(own)) = (release.is_empty(), own)
            && !choice().same_release(distribution, release, own)
        {
            return Judgement::Silent(format!("it speaks of {ecosystem}, not of {own}"));
        }
        let built = self.distribution.is_some();
        let listed = versions.iter().any(|listed| listed == version);
        // What a distribution has fixed is claimed, and so said in words.
        let in_ranges: Vec<Judgement> =
            ranges.iter().map(|range| on_range(range, version, self.words || built)).collect();
        let is_fixed = |judgement: &&Judgement| matches!(judgement, Judgement::Not(Reason::Backported, _));
        let fixed = in_ranges.iter().find(is_fixed).cloned();
        let judgement = match Judgement::strongest(in_ranges) {
            _ if listed => Judgement::Affected(Reason::InRange),
            Some(not @ Judgement::Not(..)) => fixed.unwrap_or(not),
            Some(judgement) => judgement,
            None => self.listed(ecosystem, versions, version),
        };
        match judgement {
            Judgement::Affected(_) | Judgement::Unknown(..) if !release.is_empty() && own.is_none() => {
                Judgement::Unknown(
                    Reason::ReleaseUnknown,
                    format!("which release of {base} it is from: this is said of {ecosystem}"),
                )
            }
            // Of a distribution's package a fix is its own word on what it put in; of another's the version is outside.
            Judgement::Not(Reason::Backported, detail) if !built => {
                Judgement::Not(Reason::OutOfRange, if self.words { detail } else { String::new() })
            }
            Judgement::Not(Reason::OutOfRange, detail) if built && !ranges.is_empty() => {
                Judgement::Not(Reason::NeverAffected, detail)
            }
            other => other,
        }
    }

    /// Whether a version is among those that are listed, however it is spelled: 1.0 may be 1.0.0.
    fn listed(&self, ecosystem: &str, versions: &[String], version: &str) -> Judgement {
        if versions.is_empty() {
            let what = "which versions are affected: the advisory names none".to_owned();
            return Judgement::Unknown(Reason::NoRange, what);
        }
        let Some(scheme) = choice().of_osv(ecosystem) else {
            let what = format!(
                "whether {} is one of the versions that are listed, spelled otherwise: the order of versions of {ecosystem} \
                 is not known here",
                brief(version)
            );
            return Judgement::Unknown(Reason::UnorderedVersion, what);
        };
        let mut doubt = None;
        for listed in versions {
            match compare(scheme, version, listed) {
                Some(Ordering::Equal) => return Judgement::Affected(Reason::InRange),
                Some(_) => {}
                None => doubt = doubt.or(Some(listed)),
            }
        }
        match doubt {
            Some(listed) => unordered(version, listed, scheme),
            None => self.outside(|| {
                format!("{} is none of the {} versions that are affected", brief(version), versions.len())
            }),
        }
    }

    fn tracker(&self, releases: &BTreeMap<String, Tracked>) -> Judgement {
        let (distribution, own) = self.distribution.unwrap_or(("debian", None));
        let Some(own) = own else {
            let mut all: Vec<Judgement> =
                releases.iter().map(|(release, tracked)| self.tracked(release, tracked)).collect();
            all.dedup_by(|a, b| a.rank() == b.rank());
            let one = all.pop().filter(|_| all.is_empty());
            return one.unwrap_or_else(|| {
                Judgement::Unknown(
                    Reason::ReleaseUnknown,
                    "which release of Debian the package is from: they differ".to_owned(),
                )
            });
        };
        let of_release = releases.iter().find(|(name, _)| choice().same_release(distribution, name, own));
        match of_release {
            Some((release, tracked)) => self.tracked(release, tracked),
            None => Judgement::Unknown(
                Reason::ReleaseUnknown,
                format!("what Debian's tracker says on {own}: it does not have that release here"),
            ),
        }
    }

    fn tracked(&self, release: &str, tracked: &Tracked) -> Judgement {
        match (tracked.status, tracked.fixed.as_deref(), self.package_version) {
            (TrackedStatus::Open, _, _) => Judgement::Affected(Reason::Unfixed),
            (TrackedStatus::Undetermined, _, _) => Judgement::Unknown(
                Reason::Undetermined,
                format!("Debian has not looked at it to the end in {release}"),
            ),
            (TrackedStatus::Resolved, None, _) => Judgement::Unknown(
                Reason::Undetermined,
                format!("Debian says that it is resolved in {release}, but not in which version"),
            ),
            (TrackedStatus::Resolved, Some("0"), _) => Judgement::Not(
                Reason::NeverAffected,
                format!("Debian says that {release} never was affected"),
            ),
            (TrackedStatus::Resolved, Some(_), None) => {
                Judgement::Unknown(Reason::NoVersion, "the version of the source package".to_owned())
            }
            (TrackedStatus::Resolved, Some(fixed), Some(version)) => {
                match compare(Scheme::Dpkg, version, fixed) {
                    Some(Ordering::Less) => Judgement::Affected(Reason::Unfixed),
                    Some(_) => {
                        let version = brief(version);
                        Judgement::Not(
                            Reason::Backported,
                            format!("Debian fixed it in {fixed} in {release}, and {version} is there"),
                        )
                    }
                    None => unordered(version, fixed, Scheme::Dpkg),
                }
            }
        }
    }

    fn versions(&self, default: Status, versions: &[VersionStatus], platforms: &[String]) -> Judgement {
        if let Some(not) = self.platforms(platforms) {
            return not;
        }
        let Some(version) = self.version.exact() else {
            return self.versions_between(default, versions);
        };
        let mut unknown = None;
        let whole = version;
        let version = brief(version);
        for entry in versions {
            match entry_on(entry, whole, self.scheme) {
                Ok(Some(Status::Affected)) => return Judgement::Affected(Reason::InRange),
                // The first entry that fits decides: whether one before this does is not known.
                Ok(Some(_)) if unknown.is_some() => break,
                Ok(Some(Status::Unaffected)) => {
                    return self.outside(|| {
                        format!("the CNA says that {version} is not affected ({})", shown_entry(entry))
                    });
                }
                Ok(Some(Status::Unknown)) => {
                    return Judgement::Silent(format!("the CNA says that it does not know of {version}"));
                }
                Ok(None) => {}
                Err(what) => unknown = unknown.or(Some(what)),
            }
        }
        match (unknown, default) {
            (Some(what), _) => what,
            (None, Status::Affected) => Judgement::Affected(Reason::InRange),
            (None, Status::Unaffected) => {
                self.outside(|| format!("{version} is none of the versions that the CNA names as affected"))
            }
            (None, Status::Unknown) => Judgement::Silent(format!("the CNA says nothing of {version}")),
        }
    }

    /// The same where only bounds are known: not affected where every entry that is affected lies outside of them.
    fn versions_between(&self, default: Status, versions: &[VersionStatus]) -> Judgement {
        if versions.is_empty() && default == Status::Affected {
            return Judgement::Affected(Reason::InRange);
        }
        let open = || Judgement::Unknown(self.version.open(), "its version".to_owned());
        if default != Status::Unaffected {
            return open();
        }
        for entry in versions.iter().filter(|entry| entry.status != Status::Unaffected) {
            let plain = |bound: &str| !bound.contains('*') && bound != "unspecified";
            let bounds = [entry.lt.as_deref(), entry.le.as_deref()];
            let known = entry.version_type.as_deref().is_none_or(|kind| kind == "semver" || kind == "custom")
                && entry.changes.is_empty()
                && plain(&entry.version)
                && bounds.into_iter().flatten().all(plain);
            let criterion = if bounds == [None, None] {
                Criterion { version: Some(entry.version.clone()), ..Criterion::default() }
            } else {
                let ge = Some(entry.version.clone()).filter(|first| first != "0" && !first.is_empty());
                Criterion { ge, lt: entry.lt.clone(), le: entry.le.clone(), ..Criterion::default() }
            };
            let judgement = criterion_on(&criterion, self.version, self.scheme, None, self.facts);
            if !known || !matches!(judgement, Judgement::Not(..)) {
                return open();
            }
        }
        self.outside(|| format!("{} is none of the versions that the CNA names", self.version.shown()))
    }

    /// Limited to other systems than ours: only where every name is that of a system.
    fn platforms(&self, platforms: &[String]) -> Option<Judgement> {
        let system = self.facts.system.as_deref()?;
        let plain = |name: &str| name.to_lowercase().replace(' ', "_").trim_end_matches("_kernel").to_owned();
        let other = |name: &String| is_system(&plain(name)) && plain(name) != plain(system);
        (!platforms.is_empty() && platforms.iter().all(other)).then(|| {
            Judgement::Not(
                Reason::OtherPlatform,
                format!("only {} is concerned, and this is {system}", platforms.join(", ")),
            )
        })
    }
}

/// Names that CPE's target_sw and the CVE List use for operating systems.
const SYSTEMS: &[&str] = &[
    "windows",
    "macos",
    "mac_os_x",
    "mac_os",
    "android",
    "iphone_os",
    "ios",
    "ipados",
    "linux",
    "linux_kernel",
    "freebsd",
    "solaris",
    "aix",
];

pub(super) fn is_system(name: &str) -> bool {
    SYSTEMS.contains(&name)
}

impl<'a> Version<'a> {
    pub(super) fn of(version: Option<&'a str>) -> Self {
        version.map_or(Self::Between(None, None), Self::Exactly)
    }

    pub(super) fn exact(self) -> Option<&'a str> {
        match self {
            Self::Exactly(version) => Some(version),
            Self::Between(..) => None,
        }
    }

    /// Why a range leaves it open.
    pub(super) fn open(self) -> Reason {
        match self {
            Self::Between(None, None) => Reason::NoVersion,
            _ => Reason::BoundsStraddle,
        }
    }

    pub(super) fn shown(self) -> String {
        match self {
            Self::Exactly(version) => brief(version).to_owned(),
            Self::Between(None, None) => "this version".to_owned(),
            Self::Between(low, high) => {
                let part =
                    |bound: Option<&str>| bound.map_or("...".to_owned(), |bound| brief(bound).to_owned());
                format!("{} to {}", part(low), part(high))
            }
        }
    }
}
