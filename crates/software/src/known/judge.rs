//! One statement against one version: affected, not affected, or what would tell.

use super::{Facts, State};
use crate::advisory::{Criterion, Event, EventRange, Says, Status, Tracked, TrackedStatus, VersionStatus};
use crate::cpe::{Attribute, Cpe, Relation};
use crate::version::{Scheme, choice, compare};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What a statement says of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Affected,
    Not(String),
    Unknown(String),
    /// The source says nothing of this version: less than another source's word.
    Silent(String),
}

impl Judgement {
    pub(super) fn state(&self) -> State {
        match self {
            Self::Affected => State::Affected,
            Self::Not(reason) => State::NotAffected { reason: reason.clone() },
            Self::Unknown(what) | Self::Silent(what) => State::CannotTell { what: what.clone() },
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Affected => 3,
            Self::Unknown(_) => 2,
            Self::Not(_) => 1,
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
    /// Upstream's version.
    pub(super) version: Option<&'a str>,
    /// The version of the distribution's source package.
    pub(super) package_version: Option<&'a str>,
    /// The order of upstream's versions.
    pub(super) scheme: Scheme,
    /// The CPE name by which it was found.
    pub(super) cpe: Option<&'a Cpe>,
    /// Distribution and release.
    pub(super) distribution: Option<(&'a str, Option<&'a str>)>,
    pub(super) facts: &'a Facts,
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
                if matches!(judgement, Judgement::Not(_)) {
                    return Ok(judgement);
                }
                if *negated {
                    return Ok(Judgement::Unknown(
                        "the source negates a part of its condition: read it".to_owned(),
                    ));
                }
                let mut open = None;
                for need in needs {
                    let members = group(*need)?;
                    match self.present(&members) {
                        Judgement::Affected => {}
                        not @ Judgement::Not(_) => return Ok(not),
                        other => open = open.or(Some(other)),
                    }
                }
                match (judgement, open) {
                    (Judgement::Affected, Some(open)) => open,
                    (judgement, _) => judgement,
                }
            }
            Says::Events { ecosystem, ranges, versions } => self.events(ecosystem, ranges, versions),
            Says::Tracker { releases } => self.tracker(releases),
            Says::Versions { default, versions, platforms } => self.versions(*default, versions, platforms),
        })
    }

    fn criteria(&self, any: &[Criterion]) -> Judgement {
        let mut unknown = None;
        for criterion in any {
            match criterion_on(criterion, self.version, self.scheme, self.cpe, self.facts) {
                Judgement::Affected => return Judgement::Affected,
                Judgement::Not(_) => {}
                other => unknown = unknown.or(Some(other)),
            }
        }
        unknown.unwrap_or_else(|| {
            let shown: Vec<String> = any.iter().take(3).map(shown).collect();
            let more = if any.len() > 3 { format!(", and {} more", any.len() - 3) } else { String::new() };
            let version = self.version.map_or("this version", brief);
            Judgement::Not(format!("{version} is outside what is affected: {}{more}", shown.join("; ")))
        })
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
                        || criterion_on(member, there.version.literal(), scheme, None, self.facts)
                            == Judgement::Affected)
                {
                    return Judgement::Affected;
                }
            }
        }
        let shown: Vec<&str> = members.iter().take(3).filter_map(|member| member.cpe.as_deref()).collect();
        let more =
            if members.len() > 3 { format!(" or one of {} more", members.len() - 3) } else { String::new() };
        let names = shown.join(" or ");
        if self.facts.present_is_all {
            return Judgement::Not(format!("it takes {names}{more}, which is not there"));
        }
        Judgement::Unknown(format!("whether {names}{more} is there too, without which it does not apply"))
    }

    fn events(&self, ecosystem: &str, ranges: &[EventRange], versions: &[String]) -> Judgement {
        let (base, release) = ecosystem.split_once(':').unwrap_or((ecosystem, ""));
        let (distribution, own) = self.distribution.unwrap_or(("", None));
        let version = if self.distribution.is_some() { self.package_version } else { self.version };
        let Some(version) = version else {
            return Judgement::Unknown(format!("its version in {base}"));
        };
        if let (false, Some(own)) = (release.is_empty(), own)
            && !choice().same_release(distribution, release, own)
        {
            return Judgement::Silent(format!("it speaks of {ecosystem}, not of {own}"));
        }
        let listed = versions.iter().any(|listed| listed == version);
        let in_ranges = ranges.iter().map(|range| on_range(range, version));
        let judgement = if listed { Some(Judgement::Affected) } else { Judgement::strongest(in_ranges) };
        let judgement = judgement.unwrap_or_else(|| {
            let version = brief(version);
            Judgement::Not(format!("{version} is none of the {} versions that are affected", versions.len()))
        });
        match judgement {
            Judgement::Affected | Judgement::Unknown(_) if !release.is_empty() && own.is_none() => {
                Judgement::Unknown(format!("which release of {base} it is from: this is said of {ecosystem}"))
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
                Judgement::Unknown("which release of Debian the package is from: they differ".to_owned())
            });
        };
        let of_release = releases.iter().find(|(name, _)| choice().same_release(distribution, name, own));
        match of_release {
            Some((release, tracked)) => self.tracked(release, tracked),
            None => Judgement::Unknown(format!(
                "what Debian's tracker says on {own}: it does not have that release here"
            )),
        }
    }

    fn tracked(&self, release: &str, tracked: &Tracked) -> Judgement {
        match (tracked.status, tracked.fixed.as_deref(), self.package_version) {
            (TrackedStatus::Open, _, _) => Judgement::Affected,
            (TrackedStatus::Undetermined, _, _) => {
                Judgement::Unknown(format!("Debian has not looked at it to the end in {release}"))
            }
            (TrackedStatus::Resolved, None, _) => Judgement::Unknown(format!(
                "Debian says that it is resolved in {release}, but not in which version"
            )),
            (TrackedStatus::Resolved, Some("0"), _) => {
                Judgement::Not(format!("Debian says that {release} never was affected"))
            }
            (TrackedStatus::Resolved, Some(_), None) => {
                Judgement::Unknown("the version of the source package".to_owned())
            }
            (TrackedStatus::Resolved, Some(fixed), Some(version)) => {
                match compare(Scheme::Dpkg, version, fixed) {
                    Some(Ordering::Less) => Judgement::Affected,
                    Some(_) => {
                        let version = brief(version);
                        Judgement::Not(format!(
                            "Debian fixed it in {fixed} in {release}, and {version} is there"
                        ))
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
        let Some(version) = self.version else {
            let all_one = versions.is_empty() && default == Status::Affected;
            return if all_one { Judgement::Affected } else { Judgement::Unknown("its version".to_owned()) };
        };
        let mut unknown = None;
        let whole = version;
        let version = brief(version);
        for entry in versions {
            match entry_on(entry, whole, self.scheme) {
                Ok(Some(Status::Affected)) => return Judgement::Affected,
                Ok(Some(Status::Unaffected)) => {
                    return Judgement::Not(format!(
                        "the CNA says that {version} is not affected ({})",
                        shown_entry(entry)
                    ));
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
            (None, Status::Affected) => Judgement::Affected,
            (None, Status::Unaffected) => {
                Judgement::Not(format!("{version} is none of the versions that the CNA names as affected"))
            }
            (None, Status::Unknown) => Judgement::Silent(format!("the CNA says nothing of {version}")),
        }
    }

    /// Limited to other systems than ours: only where every name is that of a system.
    fn platforms(&self, platforms: &[String]) -> Option<Judgement> {
        let system = self.facts.system.as_deref()?;
        let plain = |name: &String| name.to_lowercase().replace(' ', "_");
        let other = |name: &String| is_system(&plain(name)) && plain(name) != system;
        (!platforms.is_empty() && platforms.iter().all(other)).then(|| {
            Judgement::Not(format!("only {} is concerned, and this is {system}", platforms.join(", ")))
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

fn criterion_on(
    criterion: &Criterion,
    version: Option<&str>,
    scheme: Scheme,
    cpe: Option<&Cpe>,
    facts: &Facts,
) -> Judgement {
    let by_version = if bounded(criterion) {
        on_bounds(criterion, version, scheme)
    } else {
        on_version(criterion, version, scheme, cpe)
    };
    match by_version {
        Judgement::Affected => on_restrictions(criterion, cpe, facts),
        other => other,
    }
}

fn bounded(criterion: &Criterion) -> bool {
    criterion.ge.is_some() || criterion.gt.is_some() || criterion.le.is_some() || criterion.lt.is_some()
}

/// A bound of a criterion, and how a version has to stand to it.
type Bound<'a> = (&'a Option<String>, fn(Ordering) -> bool);

fn on_bounds(criterion: &Criterion, version: Option<&str>, scheme: Scheme) -> Judgement {
    let Some(version) = version else {
        return Judgement::Unknown(format!("its version: affected is {}", shown(criterion)));
    };
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
            Some(_) => return Judgement::Not(format!("{} is outside {}", brief(version), shown(criterion))),
            None => unknown = Some(unordered(version, bound, scheme)),
        }
    }
    unknown.unwrap_or(Judgement::Affected)
}

fn on_version(criterion: &Criterion, version: Option<&str>, scheme: Scheme, cpe: Option<&Cpe>) -> Judgement {
    let (wanted, update) = match (criterion.version.as_deref(), criterion.update.as_deref()) {
        (None, _) => return Judgement::Affected,
        (Some("-"), _) => {
            return Judgement::Unknown("which versions are affected: the advisory names none".to_owned());
        }
        (Some(wanted), update) => (wanted, update),
    };
    let Some(version) = version else {
        return Judgement::Unknown(format!("its version: affected is {}", shown(criterion)));
    };
    // Read back as an attribute, so that quoting and wildcards mean what they mean.
    let name: Option<Cpe> =
        format!("cpe:2.3:a:*:*:{wanted}:{}:*:*:*:*:*:*", update.unwrap_or("*")).parse().ok();
    let Some(name) = name else {
        return Judgement::Unknown(format!("what {wanted:?} means: it is no version of a CPE name"));
    };
    let Some(literal) = name.version.literal() else {
        let fits = name.version.relation(&Attribute::literal_of(version));
        return match fits {
            Relation::Superset | Relation::Equal => Judgement::Affected,
            _ => Judgement::Not(format!("{} is not {wanted}", brief(version))),
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
                Judgement::Affected
            } else if orders.iter().any(Option::is_some) {
                Judgement::Not(format!("{} is not {literal} {update}", brief(version)))
            } else if order(scheme, version, literal).is_some_and(Ordering::is_ne) {
                Judgement::Not(format!("{} is not {literal}", brief(version)))
            } else {
                Judgement::Unknown(format!("whether it is {literal} {update}"))
            }
        }
        None => match order(scheme, version, literal) {
            Some(Ordering::Equal) => Judgement::Affected,
            Some(_) => Judgement::Not(format!("{} is not {literal}", brief(version))),
            None => unordered(version, literal, scheme),
        },
    }
}

/// What a name asks for beyond product, version and update: edition, language, target.
fn on_restrictions(criterion: &Criterion, cpe: Option<&Cpe>, facts: &Facts) -> Judgement {
    let Some(name) = criterion.cpe.as_deref().and_then(|name| name.parse::<Cpe>().ok()) else {
        return Judgement::Affected;
    };
    let any = Attribute::Any;
    let own = |of: fn(&Cpe) -> &Attribute| cpe.map_or(&any, of);
    let target = name.target_sw.literal().filter(|target| is_system(target));
    if let (Some(target), Some(system)) = (target, facts.system.as_deref())
        && target.trim_end_matches("_kernel") != system.trim_end_matches("_kernel")
    {
        return Judgement::Not(format!("only builds for {target} are affected, and this is {system}"));
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
            Relation::Disjoint => return Judgement::Not(format!("its {what} is not {wanted}")),
            Relation::Subset | Relation::Undefined => {
                return Judgement::Unknown(format!(
                    "whether its {what} is {wanted}, which alone is affected"
                ));
            }
        }
    }
    Judgement::Affected
}

fn on_range(range: &EventRange, version: &str) -> Judgement {
    let Some(scheme) = range.scheme else {
        let version = brief(version);
        return Judgement::Unknown(format!(
            "where {version} stands in a range whose order of versions is not known here"
        ));
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
                    return Judgement::Not(format!(
                        "{} is beyond {limit}, where the range ends",
                        brief(version)
                    ));
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
            None if unknown.is_none() => return Judgement::Affected,
            doubt => unknown = unknown.or(doubt),
        }
    }
    unknown.unwrap_or_else(|| match fixes.as_slice() {
        [] => Judgement::Not(format!("{} is before what is affected", brief(version))),
        fixes => Judgement::Not(format!("{} is no longer affected: {}", brief(version), fixes.join(", "))),
    })
}

/// The status that an entry of the CVE List gives to a version; none where it does not speak of it.
fn entry_on(entry: &VersionStatus, version: &str, scheme: Scheme) -> Result<Option<Status>, Judgement> {
    let scheme = match entry.version_type.as_deref() {
        Some("git") => {
            return Err(Judgement::Unknown("which commits are in it: the CNA names commits".to_owned()));
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
    Judgement::Unknown(format!(
        "how {:?} stands to {:?}: the order of versions ({}) cannot tell",
        brief(version),
        brief(bound),
        scheme.as_str()
    ))
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
