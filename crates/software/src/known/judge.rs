//! One statement against one version: affected, not affected, or what would tell.

use super::{Facts, Reason, State};
use crate::advisory::{Criterion, Event, EventRange, Says, Status, Tracked, TrackedStatus, VersionStatus};
use crate::cpe::{Attribute, Cpe, Relation};
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
        let listed = versions.iter().any(|listed| listed == version);
        let in_ranges = ranges.iter().map(|range| on_range(range, version, self.words));
        let judgement =
            if listed { Some(Judgement::Affected(Reason::InRange)) } else { Judgement::strongest(in_ranges) };
        let judgement = judgement.unwrap_or_else(|| {
            self.outside(|| {
                let version = brief(version);
                format!("{version} is none of the {} versions that are affected", versions.len())
            })
        });
        match judgement {
            Judgement::Affected(_) | Judgement::Unknown(..) if !release.is_empty() && own.is_none() => {
                Judgement::Unknown(
                    Reason::ReleaseUnknown,
                    format!("which release of {base} it is from: this is said of {ecosystem}"),
                )
            }
            // Of a distribution's package it is its own word on what it fixed.
            Judgement::Not(_, detail) if self.distribution.is_some() => {
                Judgement::Not(Reason::Backported, detail)
            }
            other => other,
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
        let plain = |name: &String| name.to_lowercase().replace(' ', "_");
        let other = |name: &String| is_system(&plain(name)) && plain(name) != system;
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

fn is_system(name: &str) -> bool {
    SYSTEMS.contains(&name)
}

impl<'a> Version<'a> {
    fn of(version: Option<&'a str>) -> Self {
        version.map_or(Self::Between(None, None), Self::Exactly)
    }

    fn exact(self) -> Option<&'a str> {
        match self {
            Self::Exactly(version) => Some(version),
            Self::Between(..) => None,
        }
    }

    /// Why a range leaves it open.
    fn open(self) -> Reason {
        match self {
            Self::Between(None, None) => Reason::NoVersion,
            _ => Reason::BoundsStraddle,
        }
    }

    fn shown(self) -> String {
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

fn outside(words: bool, text: impl FnOnce() -> String) -> Judgement {
    Judgement::Not(Reason::OutOfRange, if words { text() } else { String::new() })
}

/// One of many criteria; that the version is outside it is said for all of them together.
fn criterion_on(
    criterion: &Criterion,
    version: Version<'_>,
    scheme: Scheme,
    cpe: Option<&Cpe>,
    facts: &Facts,
) -> Judgement {
    let by_version = match (bounded(criterion), version) {
        (true, Version::Exactly(version)) => on_bounds(criterion, version, scheme),
        (true, Version::Between(low, high)) => between_on_bounds(criterion, low, high, scheme),
        (false, version) => on_version(criterion, version, scheme, cpe),
    };
    match by_version {
        Judgement::Affected(_) => on_restrictions(criterion, cpe, facts),
        other => other,
    }
}

fn bounded(criterion: &Criterion) -> bool {
    criterion.ge.is_some() || criterion.gt.is_some() || criterion.le.is_some() || criterion.lt.is_some()
}

/// A bound of a criterion, and how a version has to stand to it.
type Bound<'a> = (&'a Option<String>, fn(Ordering) -> bool);

fn on_bounds(criterion: &Criterion, version: &str, scheme: Scheme) -> Judgement {
    let mut unknown = None;
    let bounds: [Bound<'_>; 4] = [
        (&criterion.ge, Ordering::is_ge),
        (&criterion.gt, Ordering::is_gt),
        (&criterion.le, Ordering::is_le),
        (&criterion.lt, Ordering::is_lt),
    ];
    for (bound, holds) in bounds {
        let Some(bound) = bound else { continue };
        match order(scheme, version, bound) {
            Some(order) if holds(order) => {}
            Some(_) => return outside(false, String::new),
            None => unknown = Some(unordered(version, bound, scheme)),
        }
    }
    unknown.unwrap_or(Judgement::Affected(Reason::InRange))
}

/// Bounds of the version against those of a criterion: all of them inside, none, or open.
fn between_on_bounds(
    criterion: &Criterion,
    low: Option<&str>,
    high: Option<&str>,
    scheme: Scheme,
) -> Judgement {
    let holds = |version: Option<&str>, bound: &Option<String>, holds: fn(Ordering) -> bool| {
        version
            .zip(bound.as_deref())
            .and_then(|(version, bound)| order(scheme, version, bound))
            .is_some_and(holds)
    };
    let disjoint = holds(high, &criterion.ge, Ordering::is_lt)
        || holds(high, &criterion.gt, Ordering::is_le)
        || holds(low, &criterion.le, Ordering::is_gt)
        || holds(low, &criterion.lt, Ordering::is_ge);
    if disjoint {
        return outside(false, String::new);
    }
    let inside = |bound: &Option<String>, version, fits| bound.is_none() || holds(version, bound, fits);
    if inside(&criterion.ge, low, Ordering::is_ge)
        && inside(&criterion.gt, low, Ordering::is_gt)
        && inside(&criterion.le, high, Ordering::is_le)
        && inside(&criterion.lt, high, Ordering::is_lt)
    {
        return Judgement::Affected(Reason::InRange);
    }
    let reason = Version::Between(low, high).open();
    Judgement::Unknown(reason, format!("its version: affected is {}", shown(criterion)))
}

fn on_version(criterion: &Criterion, version: Version<'_>, scheme: Scheme, cpe: Option<&Cpe>) -> Judgement {
    let not = || outside(false, String::new);
    let (wanted, update) = match (criterion.version.as_deref(), criterion.update.as_deref()) {
        (None, _) => return Judgement::Affected(Reason::InRange),
        (Some("-"), _) => {
            return Judgement::Unknown(
                Reason::NoRange,
                "which versions are affected: the advisory names none".to_owned(),
            );
        }
        (Some(wanted), update) => (wanted, update),
    };
    // Read back as an attribute, so that quoting and wildcards mean what they mean.
    let name: Option<Cpe> =
        format!("cpe:2.3:a:*:*:{wanted}:{}:*:*:*:*:*:*", update.unwrap_or("*")).parse().ok();
    let Some(name) = name else {
        let what = format!("what {wanted:?} means: it is no version of a CPE name");
        return Judgement::Unknown(Reason::UnorderedVersion, what);
    };
    let version = match version {
        Version::Exactly(version) => version,
        Version::Between(low, high) => {
            let beyond = name.version.literal().is_some_and(|literal| {
                let stands = |bound: Option<&str>, holds: fn(Ordering) -> bool| {
                    bound.and_then(|bound| order(scheme, bound, literal)).is_some_and(holds)
                };
                stands(low, Ordering::is_gt) || stands(high, Ordering::is_lt)
            });
            if beyond {
                return not();
            }
            let reason = Version::Between(low, high).open();
            return Judgement::Unknown(reason, format!("its version: affected is {}", shown(criterion)));
        }
    };
    let Some(literal) = name.version.literal() else {
        let fits = name.version.relation(&Attribute::literal_of(version));
        return match fits {
            Relation::Superset | Relation::Equal => Judgement::Affected(Reason::InRange),
            _ => not(),
        };
    };
    let own_update = cpe.and_then(|cpe| cpe.update.literal());
    match name.update.literal() {
        Some(update) => {
            // Version and update are one version of the product: 1.2.3 with rc1 is 1.2.3-rc1, 4.2.8 with p15 is 4.2.8p15.
            let joined = [format!("{literal}-{update}"), format!("{literal}{update}")];
            let whole = own_update.map(|own| format!("{version}-{own}"));
            let whole = whole.as_deref().unwrap_or(version);
            let orders = joined.iter().map(|joined| order(scheme, whole, joined)).collect::<Vec<_>>();
            if orders.contains(&Some(Ordering::Equal)) || whole == format!("{literal}-{update}") {
                Judgement::Affected(Reason::InRange)
            } else if orders.iter().any(Option::is_some)
                || order(scheme, version, literal).is_some_and(Ordering::is_ne)
            {
                not()
            } else {
                Judgement::Unknown(Reason::UnorderedVersion, format!("whether it is {literal} {update}"))
            }
        }
        None => match order(scheme, version, literal) {
            Some(Ordering::Equal) => Judgement::Affected(Reason::InRange),
            Some(_) => not(),
            None => unordered(version, literal, scheme),
        },
    }
}

/// What a name asks for beyond product, version and update: edition, language, target.
fn on_restrictions(criterion: &Criterion, cpe: Option<&Cpe>, facts: &Facts) -> Judgement {
    let Some(name) = criterion.cpe.as_deref().and_then(|name| name.parse::<Cpe>().ok()) else {
        return Judgement::Affected(Reason::InRange);
    };
    let any = Attribute::Any;
    let own = |of: fn(&Cpe) -> &Attribute| cpe.map_or(&any, of);
    let target = name.target_sw.literal().filter(|target| is_system(target));
    if let (Some(target), Some(system)) = (target, facts.system.as_deref())
        && target.trim_end_matches("_kernel") != system.trim_end_matches("_kernel")
    {
        let what = format!("only builds for {target} are affected, and this is {system}");
        return Judgement::Not(Reason::OtherPlatform, what);
    }
    let fits_system = target.is_some() && facts.system.is_some();
    let pairs: [(&str, &Attribute, &Attribute); 6] = [
        ("edition", &name.edition, own(|cpe| &cpe.edition)),
        ("language", &name.language, own(|cpe| &cpe.language)),
        ("edition", &name.sw_edition, own(|cpe| &cpe.sw_edition)),
        ("target software", &name.target_sw, own(|cpe| &cpe.target_sw)),
        ("target hardware", &name.target_hw, own(|cpe| &cpe.target_hw)),
        ("variant", &name.other, own(|cpe| &cpe.other)),
    ];
    for (what, wanted, own) in pairs {
        if what == "target software" && fits_system {
            continue;
        }
        match wanted.relation(own) {
            Relation::Equal | Relation::Superset => {}
            // NVD writes "-" for the plain edition.
            Relation::Subset if *wanted == Attribute::Na => {}
            Relation::Disjoint => {
                return Judgement::Not(Reason::OtherPlatform, format!("its {what} is not {wanted}"));
            }
            Relation::Subset | Relation::Undefined => {
                let what = format!("whether its {what} is {wanted}, which alone is affected");
                return Judgement::Unknown(Reason::ConditionUnknown, what);
            }
        }
    }
    Judgement::Affected(Reason::InRange)
}

fn on_range(range: &EventRange, version: &str, words: bool) -> Judgement {
    let Some(scheme) = range.scheme else {
        let version = brief(version);
        let what = format!("where {version} stands in a range whose order of versions is not known here");
        return Judgement::Unknown(Reason::UnorderedVersion, what);
    };
    // The introduction from which the version counts as affected, until a fix.
    let reached =
        |bound: &str| if bound == "0" { Some(true) } else { Some(order(scheme, version, bound)?.is_ge()) };
    let behind = |bound: &str, introduced: &str| match introduced {
        "0" => Some(true),
        _ => Some(order(scheme, bound, introduced)?.is_gt()),
    };
    let open = |bound: &str| unordered(version, bound, scheme);
    let mut fixes = Vec::new();
    let mut unknown = None;
    for event in &range.events {
        if let Event::Limit(limit) = event {
            match (limit.as_str(), reached(limit)) {
                ("*", _) | (_, Some(false)) => {}
                (_, Some(true)) => {
                    return outside(words, || {
                        format!("{} is beyond {limit}, where the range ends", brief(version))
                    });
                }
                (_, None) => unknown = Some(open(limit)),
            }
        }
    }
    'introduced: for event in &range.events {
        let Event::Introduced(introduced) = event else { continue };
        match reached(introduced) {
            Some(true) => {}
            Some(false) => continue,
            None => {
                unknown = unknown.or(Some(open(introduced)));
                continue;
            }
        }
        let mut doubt = None;
        for event in &range.events {
            let (bound, over) = match event {
                Event::Fixed(fixed) => (fixed, reached(fixed)),
                Event::LastAffected(last) => (last, order(scheme, version, last).map(Ordering::is_gt)),
                _ => continue,
            };
            match (over, behind(bound, introduced)) {
                (Some(true), Some(true)) => {
                    fixes.push(match event {
                        Event::Fixed(fixed) => format!("fixed in {fixed}"),
                        _ => format!("{bound} was the last affected"),
                    });
                    continue 'introduced;
                }
                // A last affected version that is the one that introduced it.
                (Some(true), Some(false))
                    if matches!(event, Event::LastAffected(_)) && bound == introduced =>
                {
                    fixes.push(format!("{bound} alone is affected"));
                    continue 'introduced;
                }
                (Some(_), Some(_)) => {}
                _ => doubt = doubt.or(Some(open(bound))),
            }
        }
        match doubt {
            None if unknown.is_none() => return Judgement::Affected(Reason::InRange),
            doubt => unknown = unknown.or(doubt),
        }
    }
    unknown.unwrap_or_else(|| {
        outside(words, || match fixes.as_slice() {
            [] => format!("{} is before what is affected", brief(version)),
            fixes => format!("{} is no longer affected: {}", brief(version), fixes.join(", ")),
        })
    })
}

/// The status that an entry of the CVE List gives to a version; none where it does not speak of it.
fn entry_on(entry: &VersionStatus, version: &str, scheme: Scheme) -> Result<Option<Status>, Judgement> {
    let scheme = match entry.version_type.as_deref() {
        Some("git") => {
            let what = "which commits are in it: the CNA names commits".to_owned();
            return Err(Judgement::Unknown(Reason::Commits, what));
        }
        Some("rpm") => Scheme::Rpm,
        Some("deb" | "dpkg") => Scheme::Dpkg,
        Some("python") => Scheme::Pep440,
        Some("semver") if scheme == Scheme::Dotted => Scheme::Semver,
        // The kernel's "original_commit_for_fix" and free words: the product's own order.
        _ => scheme,
    };
    let open = |bound: &str| unordered(version, bound, scheme);
    if entry.lt.is_none() && entry.le.is_none() {
        if matches!(entry.version.as_str(), "*" | "all") {
            return Ok(Some(entry.status));
        }
        return match order(scheme, version, &entry.version) {
            Some(Ordering::Equal) => Ok(Some(entry.status)),
            Some(_) => Ok(None),
            None => Err(open(&entry.version)),
        };
    }
    let starts = match entry.version.as_str() {
        "0" | "*" | "" | "unspecified" => Some(true),
        first => order(scheme, version, first).map(Ordering::is_ge),
    };
    let below = entry.lt.as_deref().map(|bound| (bound, order(scheme, version, bound).map(Ordering::is_lt)));
    let up_to = entry.le.as_deref().map(|bound| (bound, within(scheme, version, bound)));
    let mut doubt = None;
    for (bound, holds) in [Some((entry.version.as_str(), starts)), below, up_to].into_iter().flatten() {
        match holds {
            Some(false) => return Ok(None),
            Some(true) => {}
            None => doubt = Some(open(bound)),
        }
    }
    if let Some(doubt) = doubt {
        return Err(doubt);
    }
    let mut status = entry.status;
    let mut last: Option<&str> = None;
    for (at, next) in &entry.changes {
        let reached = order(scheme, version, at).ok_or_else(|| open(at))?.is_ge();
        let later = match last {
            Some(last) => order(scheme, at, last).ok_or_else(|| open(at))?.is_gt(),
            None => true,
        };
        if reached && later {
            (status, last) = (*next, Some(at.as_str()));
        }
    }
    Ok(Some(status))
}

/// Whether a version is at most `bound`, where `5.10.*` is every 5.10 and `*` everything.
fn within(scheme: Scheme, version: &str, bound: &str) -> Option<bool> {
    let Some(prefix) = bound.strip_suffix('*') else {
        return order(scheme, version, bound).map(Ordering::is_le);
    };
    let prefix = prefix.trim_end_matches('.');
    if prefix.is_empty() {
        return Some(true);
    }
    let parts = prefix.split('.').count();
    let numbers = version.split(['-', '+', '~', '_']).next().unwrap_or_default();
    let start: Vec<&str> = numbers.split('.').take(parts).collect();
    order(scheme, &start.join("."), prefix).map(Ordering::is_le)
}

/// The start of a version: it may be a megabyte of anything.
fn brief(version: &str) -> &str {
    version.char_indices().nth(80).map_or(version, |(end, _)| version.get(..end).unwrap_or(version))
}

/// Equal texts are equal in every scheme.
fn order(scheme: Scheme, a: &str, b: &str) -> Option<Ordering> {
    if a == b { Some(Ordering::Equal) } else { compare(scheme, a, b) }
}

fn unordered(version: &str, bound: &str, scheme: Scheme) -> Judgement {
    let what = format!(
        "how {:?} stands to {:?}: the order of versions ({}) cannot tell",
        brief(version),
        brief(bound),
        scheme.as_str()
    );
    Judgement::Unknown(Reason::UnorderedVersion, what)
}

fn shown(criterion: &Criterion) -> String {
    let bounds = [
        ("from", &criterion.ge),
        ("above", &criterion.gt),
        ("up to", &criterion.le),
        ("below", &criterion.lt),
    ];
    let bounds: Vec<String> =
        bounds.iter().filter_map(|(word, bound)| Some(format!("{word} {}", bound.as_deref()?))).collect();
    if !bounds.is_empty() {
        return bounds.join(" ");
    }
    let version = criterion.version.as_deref().unwrap_or("every version");
    match criterion.update.as_deref() {
        Some(update) if update != "-" => format!("{version} {update}"),
        _ => version.to_owned(),
    }
}

fn shown_entry(entry: &VersionStatus) -> String {
    match (&entry.lt, &entry.le) {
        (Some(bound), _) => format!("from {} below {bound}", entry.version),
        (None, Some(bound)) => format!("from {} up to {bound}", entry.version),
        (None, None) => entry.version.clone(),
    }
}
