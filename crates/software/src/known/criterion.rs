//! A version against the ranges that sources write: CPE criteria, events of OSV, versions of the CVE List.

use super::judge::{Judgement, Version, is_system};
use super::{Facts, Reason};
use crate::advisory::{Criterion, Event, EventRange, Status, VersionStatus};
use crate::cpe::{Attribute, Cpe, Relation};
use crate::store::says::Fields;
use crate::version::{Scheme, compare};
use std::cmp::Ordering;

pub(super) fn outside(words: bool, text: impl FnOnce() -> String) -> Judgement {
    Judgement::Not(Reason::OutOfRange, if words { text() } else { String::new() })
}

/// One of many criteria; that the version is outside it is said for all of them together.
pub(super) fn criterion_on(
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

pub(super) fn bounded(criterion: &Criterion) -> bool {
    criterion.ge.is_some() || criterion.gt.is_some() || criterion.le.is_some() || criterion.lt.is_some()
}

/// A bound of a criterion, and how a version has to stand to it.
type Bound<'a> = (Option<&'a str>, fn(Ordering) -> bool);

fn on_bounds(criterion: &Criterion, version: &str, scheme: Scheme) -> Judgement {
    let mut unknown = None;
    let bounds: [Bound<'_>; 4] = [
        (criterion.ge.as_deref(), Ordering::is_ge),
        (criterion.gt.as_deref(), Ordering::is_gt),
        (criterion.le.as_deref(), Ordering::is_le),
        (criterion.lt.as_deref(), Ordering::is_lt),
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

/// Whether a criterion as it is stored excludes a version for sure; whatever takes more than its order does not.
pub(super) fn fields_exclude(fields: &Fields<'_>, version: &str, scheme: Scheme) -> bool {
    let bounds: [Bound<'_>; 4] = [
        (fields.ge, Ordering::is_ge),
        (fields.gt, Ordering::is_gt),
        (fields.le, Ordering::is_le),
        (fields.lt, Ordering::is_lt),
    ];
    if bounds.iter().any(|(bound, _)| bound.is_some()) {
        let fails = |(bound, holds): Bound<'_>| {
            bound.and_then(|bound| order(scheme, version, bound)).is_some_and(|order| !holds(order))
        };
        return bounds.into_iter().any(fails);
    }
    let plain = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let named =
        fields.version.filter(plain).filter(|text| text.starts_with(|first: char| first.is_ascii_digit()));
    matches!(fields.update, None | Some("-"))
        && named.and_then(|named| order(scheme, version, named)).is_some_and(Ordering::is_ne)
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

pub(super) fn on_range(range: &EventRange, version: &str, words: bool) -> Judgement {
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
        if fixes.is_empty() {
            return outside(words, || format!("{} is before what is affected", brief(version)));
        }
        let text = || format!("{} is no longer affected: {}", brief(version), fixes.join(", "));
        Judgement::Not(Reason::Backported, if words { text() } else { String::new() })
    })
}

/// The status that an entry of the CVE List gives to a version; none where it does not speak of it.
pub(super) fn entry_on(
    entry: &VersionStatus,
    version: &str,
    scheme: Scheme,
) -> Result<Option<Status>, Judgement> {
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
pub(crate) fn brief(version: &str) -> &str {
    version.char_indices().nth(80).map_or(version, |(end, _)| version.get(..end).unwrap_or(version))
}

/// Equal texts are equal in every scheme.
fn order(scheme: Scheme, a: &str, b: &str) -> Option<Ordering> {
    if a == b { Some(Ordering::Equal) } else { compare(scheme, a, b) }
}

pub(super) fn unordered(version: &str, bound: &str, scheme: Scheme) -> Judgement {
    let what = format!(
        "how {:?} stands to {:?}: the order of versions ({}) cannot tell",
        brief(version),
        brief(bound),
        scheme.as_str()
    );
    Judgement::Unknown(Reason::UnorderedVersion, what)
}

pub(super) fn shown(criterion: &Criterion) -> String {
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

pub(super) fn shown_entry(entry: &VersionStatus) -> String {
    match (&entry.lt, &entry.le) {
        (Some(bound), _) => format!("from {} below {bound}", entry.version),
        (None, Some(bound)) => format!("from {} up to {bound}", entry.version),
        (None, None) => entry.version.clone(),
    }
}
