//! What of a component was built: kernel configuration and modules, applets of BusyBox, from other probes' claims.
//!
//! A configuration counts for the kernel that its own claim was joined to; where several do, an option is on when it is on
//! in one of them. One that a kernel carries in itself says nothing on another build of the same version: each build that
//! has a banner needs its own, but for a single one, for which a file beside it counts too. A list of modules counts for kernels of its release, together with all modules that stand outside of
//! such folders. A list that was cut off rules nothing out, nor does one of links, nor one of a file system that is damaged: they
//! name at least what is there. Applets
//! count where every BusyBox of that component has a table.

use crate::join::Joined;
use crate::known::{Applets, Facts, KernelBuild, Modules, OptionState};
use banbury_evidence::{Claim, Location, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Products that are there on Linux alone.
const LINUX: &[&str] = &["linux", "glibc", "musl", "uclibc", "uclibc-ng"];

/// Products that are there on Android alone, which advisories take for a system of its own, and for a Linux.
const ANDROID: &[&str] = &["bionic"];

/// What says that a container could not be read to the end.
const DAMAGE: &[&str] = &[
    "unpack.malformed",
    "unpack.truncated",
    "unpack.checksum",
    "unpack.unsupported",
    "unpack.limit",
    "unpack.reader-fault",
];

/// The claims of an exhibit that say how its software was built.
pub(super) struct Parts<'c> {
    configurations: Vec<&'c Claim>,
    modules: Vec<&'c Claim>,
    applets: Vec<&'c Claim>,
    /// That of a container not all could be read.
    damage: Vec<&'c Claim>,
    /// What holds for every component.
    facts: Facts,
}

impl<'c> Parts<'c> {
    pub(super) fn of(claims: &[&'c Claim], joined: &[Joined<'_>]) -> Self {
        let of = |code: &str| claims.iter().copied().filter(|claim| claim.code == code).collect::<Vec<_>>();
        let has = |products: &[&str]| joined.iter().any(|one| products.contains(&one.product.as_str()));
        let linux = has(LINUX) && !has(ANDROID);
        Self {
            configurations: of("kernel.configuration"),
            modules: of("kernel.modules"),
            applets: of("busybox.applets"),
            damage: claims.iter().copied().filter(|claim| DAMAGE.contains(&claim.code.as_str())).collect(),
            facts: Facts {
                present: joined.iter().flat_map(|one| one.cpes.clone()).collect(),
                system: linux.then(|| "linux".to_owned()),
                ..Facts::default()
            },
        }
    }

    /// What is known of the build of a component, and of what is there beside it.
    pub(super) fn facts(&mut self, component: &Joined<'_>) -> &Facts {
        let product = component.product.as_str();
        self.facts.kernel = if product == "linux" { self.kernel(component) } else { None };
        self.facts.busybox = if product == "busybox" { self.applets(component) } else { None };
        &self.facts
    }

    fn kernel(&self, component: &Joined<'_>) -> Option<KernelBuild> {
        let of_component = |claim: &&&Claim| {
            let same = |evidence: &&crate::join::Evidence<'_>| {
                evidence.method == "kernel-configuration" && evidence.claim.subject == claim.subject
            };
            component.evidence.iter().any(|evidence| same(&evidence))
        };
        let configurations: Vec<&&Claim> = self.configurations.iter().filter(of_component).collect();
        if !each_build_has_one(component, &configurations) {
            return None;
        }
        let mut build = KernelBuild { whole: true, read: places(&configurations)?, ..KernelBuild::default() };
        for claim in &configurations {
            build.whole &= !cut_off(claim, "built-in") && !cut_off(claim, "modules");
            build.whole &= !claim.facts.contains_key("incomplete");
            for option in list(claim, "modules") {
                build.options.entry(option).or_insert(OptionState::Module);
            }
            for option in list(claim, "built-in") {
                build.options.insert(option, OptionState::On);
            }
        }
        build.modules = self.modules(component);
        Some(build)
    }

    fn modules(&self, component: &Joined<'_>) -> Option<Modules> {
        let releases: BTreeSet<&Value> =
            component.evidence.iter().filter_map(|evidence| evidence.claim.facts.get("release")).collect();
        let release = |claim: &&&Claim| claim.facts.get("release").is_some_and(|one| releases.contains(one));
        let own: Vec<&&Claim> = self.modules.iter().filter(release).collect();
        let read = places(&own)?;
        let elsewhere = self.modules.iter().filter(|claim| !claim.facts.contains_key("release"));
        let mut names = BTreeSet::new();
        for claim in own.iter().copied().chain(elsewhere) {
            if cut_off(claim, "modules") || self.is_damaged(claim) {
                return None;
            }
            names.extend(list(claim, "modules"));
        }
        Some(Modules { names, read })
    }

    /// Whether the claim is about what stands in a container that could not be read to the end.
    fn is_damaged(&self, claim: &Claim) -> bool {
        let around = |damage: &Claim, place: &Location| {
            damage.locations.iter().any(|outer| {
                let inner = place.steps.strip_prefix(outer.steps.as_slice()).and_then(<[_]>::first);
                let format = damage.text("format");
                outer.exhibit == place.exhibit
                    && inner.is_some_and(|step| format.is_none_or(|format| format == step.format))
            })
        };
        claim.locations.iter().any(|place| self.damage.iter().any(|damage| around(damage, place)))
    }

    fn applets(&self, component: &Joined<'_>) -> Option<Applets> {
        let table: BTreeMap<&banbury_evidence::Subject, &&Claim> = self
            .applets
            .iter()
            .filter(|claim| claim.facts.get("method") == Some(&Value::from("applet-table")))
            .map(|claim| (&claim.subject, claim))
            .collect();
        // A package's claim is about its database, not about a program.
        let programs: BTreeSet<_> = component
            .evidence
            .iter()
            .filter(|evidence| evidence.method == "version-string")
            .map(|evidence| &evidence.claim.subject)
            .collect();
        let tables: Option<Vec<&&Claim>> =
            programs.iter().map(|subject| table.get(*subject).copied()).collect();
        let tables = tables?;
        let read = places(&tables)?;
        Some(Applets { names: tables.iter().flat_map(|claim| list(claim, "applets")).collect(), read })
    }
}

/// Whether there is a configuration for each build that has a banner.
fn each_build_has_one(component: &Joined<'_>, configurations: &[&&Claim]) -> bool {
    let steps = |claim: &Claim| claim.locations.first().map(|place| place.steps.clone()).unwrap_or_default();
    let mut beside = false;
    let mut carriers = Vec::new();
    for claim in configurations {
        let mut way = steps(claim);
        match way.iter().position(|step| step.format == "ikconfig") {
            Some(at) => {
                way.truncate(at);
                carriers.push(way);
            }
            None => beside = true,
        }
    }
    let build = |claim: &Claim| (claim.facts.get("release").cloned(), claim.facts.get("build").cloned());
    let (mut builds, mut with) = (BTreeSet::new(), BTreeSet::new());
    for evidence in component.evidence.iter().filter(|evidence| evidence.method == "kernel-banner") {
        builds.insert(build(evidence.claim));
        if carriers.contains(&steps(evidence.claim)) {
            with.insert(build(evidence.claim));
        }
    }
    // Of a kernel that has no banner here nothing tells which build it is.
    builds.len() <= with.len() || (builds.len() == 1 && beside)
}

/// Where the claims stand; `None` where there are none.
fn places(claims: &[&&Claim]) -> Option<String> {
    let places: BTreeSet<String> =
        claims.iter().filter_map(|claim| claim.locations.first()).map(|place| place.path()).collect();
    (!claims.is_empty()).then(|| places.into_iter().collect::<Vec<_>>().join(", "))
}

/// Whether a list was cut off: then a fact says how many there are.
fn cut_off(claim: &Claim, name: &str) -> bool {
    claim.facts.contains_key(&format!("{name}-in-all"))
}

fn list(claim: &Claim, name: &str) -> Vec<String> {
    match claim.facts.get(name) {
        Some(Value::List(items)) => items.clone(),
        _ => Vec::new(),
    }
}
