//! What of a component was built: kernel configuration and modules, applets of BusyBox, from other probes' claims.
//!
//! A configuration counts for the kernel that its own claim was joined to; where several do, an option is on when it is on
//! in one of them. A list of modules counts for kernels of its release, together with all modules that stand outside of
//! such folders. A list that was cut off rules nothing out, nor does one of links: it names at least what is there. Applets
//! count where every BusyBox of that component has a table.

use crate::join::Joined;
use crate::known::{Applets, Facts, KernelBuild, Modules, OptionState};
use banbury_evidence::{Claim, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Products that are there on Linux alone.
const LINUX: &[&str] = &["linux", "glibc", "musl", "uclibc", "uclibc-ng"];

/// The claims of an exhibit that say how its software was built.
pub(super) struct Parts<'c> {
    configurations: Vec<&'c Claim>,
    modules: Vec<&'c Claim>,
    applets: Vec<&'c Claim>,
    /// What holds for every component.
    facts: Facts,
}

impl<'c> Parts<'c> {
    pub(super) fn of(claims: &[&'c Claim], joined: &[Joined<'_>]) -> Self {
        let of = |code: &str| claims.iter().copied().filter(|claim| claim.code == code).collect::<Vec<_>>();
        let linux = joined.iter().any(|one| LINUX.contains(&one.product.as_str()));
        Self {
            configurations: of("kernel.configuration"),
            modules: of("kernel.modules"),
            applets: of("busybox.applets"),
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
        let mut build = KernelBuild { whole: true, read: places(&configurations)?, ..KernelBuild::default() };
        for claim in &configurations {
            build.whole &= !cut_off(claim, "built-in") && !cut_off(claim, "modules");
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
            if cut_off(claim, "modules") {
                return None;
            }
            names.extend(list(claim, "modules"));
        }
        Some(Modules { names, read })
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
