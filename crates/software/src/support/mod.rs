//! How long what an exhibit holds is supported by those who make it, as claims.
//!
//! Finds: for each joined component ([`crate::join`]) of a product that the feed names, until when its release is supported.
//! How: the feed's product by CPE name, package URL or name ([`products`]); of it the release cycle that the version begins
//! with; the day that support ends, against the day as of which things are judged. Packages of a distribution are supported
//! by it: they are one claim on its release, and upstream's word counts for them only where the distribution's does not
//! say that they are supported.
//! When it is wrong: the feed is wrong or old; a maker supports releases for those who pay, or another does (Debian's LTS).
//! What it misses: products that the feed does not name, and what equipment's own maker supports.
//!
//! # What a claim holds
//!
//! One of three codes: [`ENDED`], [`UNTIL`], [`UNKNOWN`]. Facts, which are its identity: `component`, `version` (else
//! `version-low`, `version-high`), `package-version`, `product` and `cycle` (the feed's words), `ends` (the day; absent where
//! none is stated), `reason` (a stable word) and `source`. Dated values, which are not: `detail` (one sentence), `latest`
//! and `latest-released` (the cycle's newest version), `by` (what told the product), `packages` (how many packages of a
//! distribution's release the claim is about) and `feed-date`.
//!
//! The day as of which things are judged is a parameter of the run and no fact. That support ended happens once: from that day
//! on it is another claim, since a decision on the one before was made while there was support. A maker that moves the
//! day makes another claim too.
//!
//! Products that the feed does not name are counted in the run's parameters ([`Looked`]): of their support nothing is known.

mod products;
mod standing;
#[cfg(test)]
mod tests;

pub(crate) use products::FEED;
pub use products::Products;

use crate::asked::AskedFeeds;
use crate::join::{self, Joined};
use crate::known::brief;
use crate::lookup::{Ran, failed, latest};
use banbury_evidence::{Claim, CodeInfo, Description, Grade, RunReport, Status};
use products::{OfCycle, Told};
use standing::{Standing, State};
use std::collections::{BTreeMap, BTreeSet};

/// The name of the look-up among the probes.
pub const PROBE: &str = "support";

/// Its version; changes whenever what it finds changes.
pub const VERSION: &str = "1";

/// The code of a component whose support has ended.
pub const ENDED: &str = "support.ended";
/// The code of a component whose support goes on.
pub const UNTIL: &str = "support.until";
/// The code of a component whose support cannot be told.
pub const UNKNOWN: &str = "support.unknown";

/// The codes of its claims, for `banbury explain`.
pub const CODES: &[CodeInfo] = &[ENDED_INFO, UNTIL_INFO, UNKNOWN_INFO];

/// What the look-up is: the row of `banbury probes`.
pub static DESCRIPTION: Description = Description {
    name: PROBE,
    version: VERSION,
    finds: "until when the makers of components support the releases that are there",
    how: "every component, by its CPE names, package URLs and name, among the products of endoflife.date; of the product the \
          release cycle that the version begins with; packages of a distribution by the distribution's release",
    wrong: "the feed is wrong or older than a maker's announcement; somebody supports a release for longer than its maker \
            does, paid or not (Debian's LTS); the equipment's maker puts fixes into a release that upstream has given up",
    misses: &[
        "products that the feed does not name: they are counted",
        "versions that are of none of the feed's cycles, or of which only bounds are known that are not of one cycle: cannot tell",
        "support by others than the product's maker or the distribution that built it",
    ],
    codes: CODES,
    source: "endoflife.date, version 0 and 1 of its API; a cycle has ended from the day behind the stated one",
};

const ENDED_INFO: CodeInfo = CodeInfo {
    code: ENDED,
    title: "Support of a component has ended",
    grade: Grade::Low,
    meaning: "By the feed, the maker of this component no longer supports its release on the day as of which things are judged: \
              weaknesses that are found in it are not fixed there any more, and may not be looked for. Nothing is opened by \
              that alone. `ends` is the last day of support; where the feed states none, it only says that it is over. A claim \
              on a distribution is about all its packages that are there. Support that is paid for, and support by others \
              such as Debian's LTS team, is not counted.",
    remedy: "Move to a release that is supported, or ask the supplier who puts fixes into this one, until when, and for proof. \
             Where somebody does, record it with `banbury dispose`.",
    cwe: &[1104],
};

const UNTIL_INFO: CodeInfo = CodeInfo {
    code: UNTIL,
    title: "A component is supported",
    grade: Grade::Info,
    meaning: "By the feed, the maker of this component supports its release on the day as of which things are judged. `ends` is \
              the last day of support; without it no end is set. That a release is supported does not say that its newest \
              version, with the fixes, is there: `latest` names that.",
    remedy: "Plan the move to the next release before that day, and update to the newest version of this one.",
    cwe: &[],
};

const UNKNOWN_INFO: CodeInfo = CodeInfo {
    code: UNKNOWN,
    title: "Whether a component is supported cannot be told",
    grade: Grade::Info,
    meaning: "The feed names this product, but what is known does not tell whether the release is supported: the version is not \
              known, or of none of the cycles that the feed names, its evidence contradicts itself, the feed states no end, or a \
              distribution built it whose own support the feed does not state. `reason` is the word for it, and the detail says \
              what would tell.",
    remedy: "Get what the detail names; ask the supplier.",
    cwe: &[],
};

/// Whether a code is one of this look-up's.
pub fn is_support(code: &str) -> bool {
    CODES.iter().any(|info| info.code == code)
}

/// Whether a claim with this code is a remark and no finding: that support goes on, or cannot be told.
pub fn is_remark(code: &str) -> bool {
    is_support(code) && code != ENDED
}

/// The word for how support stands by a claim of this look-up: `ended`, `supported`, `cannot-tell`.
pub fn state(code: &str) -> &'static str {
    match code {
        ENDED => "ended",
        UNTIL => "supported",
        _ => "cannot-tell",
    }
}

/// What ended first, then what cannot be told, then what ends soonest; by component within.
pub fn order(claim: &Claim) -> (u8, String, String, String) {
    let fact = |name: &str| claim.text(name).unwrap_or_default();
    let place = match claim.code.as_str() {
        ENDED => 0,
        UNTIL => 2,
        _ => 1,
    };
    let ends = claim.text("ends").unwrap_or_else(|| "no day".to_owned());
    (place, ends, fact("component"), claim.subject.id.clone())
}

/// What a run of the look-up counted, and on which feeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// The feeds.
    pub feeds: AskedFeeds,
    /// Components of products that no feed names: nothing is known of their support.
    pub not_in_feed: u64,
}

/// The parameter that counts.
const NOT_IN_FEED: &str = "not-in-feed";

impl Looked {
    /// Read back from a run's parameters.
    pub fn of(parameters: &BTreeMap<String, String>) -> Self {
        let count = parameters.get(NOT_IN_FEED).and_then(|text| text.parse().ok());
        Self { feeds: AskedFeeds::of(parameters), not_in_feed: count.unwrap_or_default() }
    }

    /// Of the latest run that did not fail; why there is none.
    pub fn latest<'r>(runs: impl DoubleEndedIterator<Item = Ran<'r>>) -> Result<Self, String> {
        latest(PROBE, runs).map(Self::of)
    }

    fn parameters(&self, as_of: &str) -> BTreeMap<String, String> {
        let own = [(NOT_IN_FEED, self.not_in_feed.to_string()), ("as-of", as_of.to_owned())];
        own.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(self.feeds.parameters()).collect()
    }
}

/// The run that says that nothing was looked up, and why.
pub fn not_looked(why: &str) -> RunReport {
    failed(&DESCRIPTION, "how long components are supported", why)
}

/// Looks up how long the components that an exhibit's claims speak of are supported, as of a day (`YYYY-MM-DD`).
pub fn examine(claims: &[&Claim], products: &Products, as_of: &str) -> RunReport {
    if products.is_empty() {
        return not_looked("the feed database has nothing of endoflife.date; import it");
    }
    let joined = join::join(claims.iter().copied());
    let mut look_up = LookUp {
        products,
        as_of,
        looked: Looked { feeds: AskedFeeds::new(products.files.iter()), not_in_feed: 0 },
        claims: BTreeMap::new(),
        built: BTreeMap::new(),
    };
    for component in &joined {
        look_up.component(component);
    }
    look_up.distributions(&joined);
    let mut claims: Vec<Claim> = look_up.claims.into_values().collect();
    claims.sort_by_cached_key(order);
    RunReport {
        probe: PROBE.to_owned(),
        version: VERSION.to_owned(),
        parameters: look_up.looked.parameters(as_of),
        status: Status::Complete,
        looked: joined.len() as u64,
        bytes: 0,
        skipped: Vec::new(),
        claims,
    }
}

struct LookUp<'p, 'j> {
    products: &'p Products,
    as_of: &'p str,
    looked: Looked,
    /// By fingerprint.
    claims: BTreeMap<banbury_evidence::Digest, Claim>,
    /// The packages of each distribution's release, where the feed names the distribution.
    built: BTreeMap<Built, Vec<&'j Joined<'j>>>,
}

/// A release of a distribution that the feed names.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Built {
    product: String,
    distribution: String,
    release: Option<String>,
}

impl<'p, 'j> LookUp<'p, 'j> {
    fn component(&mut self, component: &'j Joined<'j>) {
        let told = self.products.of_component(component);
        let mut named = told != Told::Nothing;
        let mut doubt = None;
        if let Some(built) = &component.distribution {
            let product = self.products.of_distribution(&built.name);
            let (product, release) = (product.map(str::to_owned), built.release.clone());
            match product {
                Some(product) => {
                    let key = Built { product, distribution: built.name.clone(), release };
                    let state = self.of_release(&key).state;
                    self.built.entry(key).or_default().push(component);
                    named = true;
                    match state {
                        State::Supported => return,
                        State::CannotTell => doubt = Some(&built.name),
                        State::Ended => {}
                    }
                }
                None => doubt = Some(&built.name),
            }
        }
        if !named {
            self.looked.not_in_feed += 1;
        }
        let (product, by, mut standing) = match told {
            Told::Nothing => return,
            Told::One { product, by } => {
                let standing = self.of_product(&product, component);
                (product, by, standing)
            }
            Told::Several(all) => {
                let names = all.into_iter().collect::<Vec<_>>().join(", ");
                let detail = format!("which of the feed's products {} is: {names}", component.product);
                (names, "several".to_owned(), Standing::open("several-products", detail))
            }
        };
        if let (State::Ended, Some(distribution)) = (standing.state, doubt) {
            standing.state = State::CannotTell;
            standing.reason = "distribution-unknown";
            standing.detail = format!(
                "whether {distribution}, which built it, supports it; {}, by upstream",
                standing.detail
            );
        }
        let claim = Claim::observation(
            info(standing.state),
            component.subject(),
            title(&component.shown(), &standing),
        );
        let mut claim = with_facts(claim, &product, &standing, component.identity()).dated("by", by);
        claim.locations = component.places();
        self.claims.insert(claim.fingerprint(), claim);
    }

    fn of_product(&self, product: &str, component: &Joined<'_>) -> Standing<'p> {
        let name = &component.product;
        if let Some(version) = &component.version {
            let what = format!("{name} {}", brief(version));
            return Standing::of(self.products.cycle_of(product, version), &what, true, self.as_of);
        }
        if component.contradictions.is_empty() {
            let (low, high) = (component.low.as_deref(), component.high.as_deref());
            let known = low.is_some() || high.is_some();
            return Standing::of(self.products.cycle_between(product, low, high), name, known, self.as_of);
        }
        let versions: BTreeSet<&str> =
            component.contradictions.iter().flat_map(|one| &one.versions).map(String::as_str).collect();
        let mut cycles = versions.iter().map(|version| self.products.cycle_of(product, version));
        match cycles.next() {
            Some(first @ OfCycle::Is(_)) if versions.len() > 1 && cycles.all(|other| other == first) => {
                Standing::of(first, name, true, self.as_of)
            }
            _ => Standing::open(
                "contradiction",
                format!(
                    "which of the versions that the evidence names is there: {}",
                    brief(&component.shown_version())
                ),
            ),
        }
    }

    fn of_release(&self, built: &Built) -> Standing<'p> {
        match &built.release {
            Some(release) => {
                let found = self.products.cycle_of_release(&built.product, &built.distribution, release);
                Standing::of(found, &format!("{} {}", built.distribution, brief(release)), true, self.as_of)
            }
            None => {
                Standing::open("release-unknown", format!("which release of {} it is", built.distribution))
            }
        }
    }

    /// One claim for all packages of a distribution's release; where the system itself is claimed, they are counted there.
    fn distributions(&mut self, joined: &[Joined<'_>]) {
        let systems: BTreeSet<&str> = joined
            .iter()
            .filter(|one| one.kind.as_deref() == Some("operating-system"))
            .map(|one| one.product.as_str())
            .collect();
        for (built, packages) in std::mem::take(&mut self.built) {
            let standing = self.of_release(&built);
            let number = i64::try_from(packages.len()).unwrap_or(i64::MAX);
            let cycle = standing.cycle.map(|cycle| cycle.support.cycle.clone());
            let mut same: Vec<&mut Claim> = self
                .claims
                .values_mut()
                .filter(|claim| {
                    let is = |name: &str, value: &str| claim.text(name).as_deref() == Some(value);
                    is("product", &built.product)
                        && claim.text("component").is_some_and(|name| systems.contains(name.as_str()))
                        && cycle.as_deref().is_none_or(|cycle| is("cycle", cycle))
                })
                .collect();
            // Where the packages do not state their release, it is that of the only such system that is there.
            if let [one] = same.as_mut_slice()
                && (cycle.is_some() || built.release.is_none())
            {
                let more = match one.dated.get("packages") {
                    Some(banbury_evidence::Value::Number(known)) => *known,
                    _ => 0,
                };
                one.dated.insert("packages".to_owned(), number.saturating_add(more).into());
                continue;
            }
            let Some(first) = packages.first() else { continue };
            let release = built.release.as_deref().unwrap_or_default();
            let shown = format!("{} {}", built.distribution, brief(release)).trim_end().to_owned();
            let claim = Claim::observation(info(standing.state), first.subject(), title(&shown, &standing));
            let facts = [("component", Some(built.distribution.clone())), ("version", built.release.clone())];
            let mut claim = with_facts(claim, &built.product, &standing, facts)
                .dated("by", format!("packages of {}", built.distribution))
                .dated("packages", number);
            claim.locations = first.places();
            self.claims.insert(claim.fingerprint(), claim);
        }
    }
}

fn info(state: State) -> &'static CodeInfo {
    match state {
        State::Ended => &ENDED_INFO,
        State::Supported => &UNTIL_INFO,
        State::CannotTell => &UNKNOWN_INFO,
    }
}

fn title(shown: &str, standing: &Standing<'_>) -> String {
    let ends = standing.cycle.and_then(|cycle| cycle.ends());
    match (standing.state, ends) {
        (State::Ended, Some(day)) => format!("Support of {shown} ended on {day}"),
        (State::Ended, None) => format!("Support of {shown} has ended"),
        (State::Supported, Some(day)) => format!("{shown} is supported until {day}"),
        (State::Supported, None) => format!("{shown} is supported, and no end is set"),
        (State::CannotTell, _) => {
            format!("Whether {shown} is supported cannot be told ({})", standing.reason)
        }
    }
}

fn with_facts<const N: usize>(
    claim: Claim,
    product: &str,
    standing: &Standing<'_>,
    own: [(&str, Option<String>); N],
) -> Claim {
    let cycle = standing.cycle;
    let facts = [
        ("product", Some(product.to_owned())),
        ("cycle", cycle.map(|cycle| cycle.support.cycle.clone())),
        ("ends", cycle.and_then(|cycle| cycle.ends()).map(str::to_owned)),
        ("reason", Some(standing.reason.to_owned())),
        ("source", Some("endoflife.date".to_owned())),
    ];
    let dated = [
        ("detail", Some(standing.detail.clone())),
        ("latest", cycle.and_then(|cycle| cycle.support.latest.clone())),
        ("latest-released", cycle.and_then(|cycle| cycle.support.latest_released.clone())),
        ("feed-date", cycle.and_then(|cycle| cycle.feed_dated.clone())),
    ];
    let given = |(name, value): (&'static str, Option<String>)| value.map(|value| (name, value));
    let own = own.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    let claim = own.fold(claim, |claim, (name, value)| claim.fact(name, value));
    let claim =
        facts.into_iter().filter_map(given).fold(claim, |claim, (name, value)| claim.fact(name, value));
    dated.into_iter().filter_map(given).fold(claim, |claim, (name, value)| claim.dated(name, value))
}
