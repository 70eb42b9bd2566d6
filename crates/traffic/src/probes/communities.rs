//! Communities of SNMP in clear text: known defaults, and any.

use super::{Finding, Probe, Scene, ends};
use crate::pairs::{KnownCommunity, Pair};
use crate::peers::findings::CLEAR;
use banbury_evidence::{CodeInfo, Description, Grade};

/// Finds communities that agents have from the factory.
pub(super) struct DefaultCommunities;

/// Finds SNMP whose community can be read on the way.
pub(super) struct ClearCommunities;

static DEFAULT: Description = Description {
    name: "default-communities",
    version: "1",
    finds: "communities of SNMP that agents have from the factory, in requests and traps",
    how: "Messages of versions 1 and 2c in captures hold the community in clear text. It is held against those that are published as \
          defaults. An agent answers only who has its community: whether it did stands in the claim.",
    wrong: "Somebody who guesses: no agent answers then, and the claim says so. A trap shows what its sender was given, not what its \
            agent takes. A test network.",
    misses: &[
        "logs and flow exports, which do not hold the community",
        "agents on ports other than 161 and 162",
        "defaults that nobody published, or that no published list of vulnerabilities names",
    ],
    codes: &[DEFAULT_COMMUNITY],
    source: "RFC 1157, 4.1; RFC 1901; the CVE list (crates/traffic/src/pairs/communities.toml names the entry of each)",
};

const DEFAULT_COMMUNITY: CodeInfo = CodeInfo {
    code: "traffic.default-community",
    title: "SNMP with a community from the factory",
    grade: Grade::Medium,
    meaning: "Somebody spoke SNMP with a community that is published as a default. Where the agent answered, whoever reaches it can read \
              what it holds, and with a community for writing change it, without knowing anything.",
    remedy: "Turn versions 1 and 2c off and use version 3 with authentication and encryption; until then give agents a community of \
             their own, and let the management plane alone reach them.",
    cwe: &[1392],
};

static CLEARTEXT: Description = Description {
    name: "clear-communities",
    version: "1",
    finds: "SNMP of versions 1 and 2c, whose community and contents anybody on the way can read",
    how: "Each pair with messages that hold a community in clear text and that an agent answered. The community is told where it is a \
          known default, else by its SHA-256.",
    wrong: "Where the way is protected below: within IPsec or MACsec, whose outside is another pair.",
    misses: &[
        "logs and flow exports, which do not tell versions of SNMP",
        "agents on ports other than 161",
        "traps alone",
    ],
    codes: &[CLEAR],
    source: "RFC 1157, 4.1; RFC 1901; RFC 3410, 7 (versions 1 and 2c have no security)",
};

impl Probe for DefaultCommunities {
    fn describe(&self) -> &'static Description {
        &DEFAULT
    }

    fn look(&self, pair: &Pair, _scene: &Scene) -> Option<Finding> {
        let known = || pair.communities.iter().filter(|one| one.default.is_some());
        let first = known().next()?;
        let is_taken = |one: &KnownCommunity| one.accepted;
        let (those, what) = match (known().any(is_taken), pair.port) {
            (true, _) => (names(known().filter(|one| one.accepted)), "which the agent takes"),
            (false, Some(162)) => (names(known()), "in traps"),
            (false, _) => (names(known()), "which no agent answered in these records"),
        };
        let spoken: Vec<String> = those.iter().map(|name| format!("{name:?}")).collect();
        let title = format!("{} by the community {}, {what}", ends(pair), spoken.join(", "));
        Some(
            Finding::of(&DEFAULT_COMMUNITY, title)
                .whoever_it_is()
                .fact("communities", those)
                .fact("accepted", known().any(is_taken))
                .note(format!("SNMP version {}", versions(&pair.communities)))
                .note(format!("published: {}", sources(known())))
                .from(first.record),
        )
    }
}

impl Probe for ClearCommunities {
    fn describe(&self) -> &'static Description {
        &CLEARTEXT
    }

    fn look(&self, pair: &Pair, _scene: &Scene) -> Option<Finding> {
        let first = pair.communities.iter().find(|one| one.accepted)?;
        let title = format!(
            "{} manages by SNMP version {}, which does not encrypt",
            ends(pair),
            versions(&pair.communities)
        );
        let own = pair.communities.iter().filter(|one| one.accepted && one.default.is_none());
        let mut finding =
            Finding::of(&CLEAR, title).whoever_it_is().fact("service", "snmp").from(first.record);
        for one in own.take(LISTED) {
            finding = finding.note(format!("a community of its own, SHA-256 {}", one.sha256));
        }
        Some(finding)
    }
}

/// Communities whose hashes are named.
const LISTED: usize = 20;

fn names<'c>(all: impl Iterator<Item = &'c KnownCommunity>) -> Vec<String> {
    let mut names: Vec<String> = all.filter_map(|one| one.default.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn versions(all: &[KnownCommunity]) -> String {
    let has = |version: u8| all.iter().any(|one| one.version == version);
    match (has(1), has(2)) {
        (true, true) => "1 and 2c",
        (true, false) => "1",
        _ => "2c",
    }
    .to_owned()
}

fn sources<'c>(all: impl Iterator<Item = &'c KnownCommunity>) -> String {
    let mut sources: Vec<&str> =
        all.filter_map(|one| crate::pairs::default_source(one.default.as_deref()?)).collect();
    sources.sort_unstable();
    sources.dedup();
    sources.join("; ")
}
