//! What each program serves, told by what is in it, and powers that programs which serve the same hardly ever have.
//!
//! Finds: for each dynamically linked program the protocols that it serves (SSH, Telnet, FTP, TFTP, HTTP, DNS, DHCP, NTP, SNMP, UPnP,
//! TR-069, syslog, PPP, routing and others), with the marks that tell it; and what it can do that at most one in twenty of the counted
//! programs of each of its roles can: a time daemon that opens terminals.
//! How: phrases of the protocols, imported functions, and ports that are bound tell the role (`data/roles.toml`); imports tell the powers, and
//! arguments of calls two of them: raw sockets, and a shell or a server of terminals that is started for whoever is connected. How many
//! programs of a role have a power was counted over Debian's packages by the
//! same code (`data/counted-powers.toml`, written by `corpus/hidden-access/profiles`).
//! When it is wrong: a power that is rare among Debian's programs may be what this product needs, as a hook script; a client has the
//! phrases of its servers, too; a program that only names a protocol in its texts may be taken to serve it.
//! What it misses: powers that a program has through other programs or through its own libraries; roles without a row, or with too few
//! counted programs to compare with (said as a fact); static, packed and interpreted programs.
//! Weight: that of `role.power` is measured (`planted.rs`): planted programs of the corpus against programs whose packages were not counted.
//! `role.serves` is an inventory and has none.
//! Source: Thomas, Garcia, Chothia, "HumIDIFy: A Tool for Hidden Functionality Detection in Firmware" (DIMVA 2017), whose idea it is to
//! hold a service's functions against what its class is expected to have; CWE-912.

use super::profile::{self, Known, is_rare};
use super::text::{name_of, show};
use crate::probe::{CODE_LIMIT, Description, File, Findings, Probe};
use banbury_code::powers::Power;
use banbury_code::surface::Kind;
use banbury_evidence::{Claim, CodeInfo, Grade};
use std::collections::{BTreeMap, BTreeSet};

/// Roles of programs, and powers out of place in them.
pub struct Roles;

static SERVES: CodeInfo = CodeInfo {
    code: "role.serves",
    title: "What a program serves",
    grade: Grade::Info,
    meaning: "By what is in it (phrases of protocols, functions that it imports, ports that it binds) this program serves the named \
              protocols, whatever it is called. The marks stand with it.",
    remedy: "Compare with the supplier's list of services; a service that is not on it has to be explained.",
    cwe: &[],
};

static POWER: CodeInfo = CodeInfo {
    code: "role.power",
    title: "A power that programs of this role hardly ever have",
    grade: Grade::Info,
    meaning: "The program can do something that at most one in twenty of the counted programs which serve the same can do: open \
              terminals in a time daemon, for example. How many of how many stands with it. It is a place to look at, no proof: \
              the power may be a documented hook.",
    remedy: "Ask the supplier what the program needs the power for; look at where it is used, and at findings of the probe `gates` in \
             the same program.",
    cwe: &[912],
};

static DESCRIPTION: Description = Description {
    name: "roles",
    version: "2",
    finds: "what each program serves, by what is in it, and powers that programs which serve the same hardly ever have",
    how: "phrases of protocols, imports and bound ports tell the role; imports tell the powers; both are held against counts over Debian's packages",
    wrong: "a rare power may be a documented hook; a client holds the phrases of its servers; a program that names a protocol may not serve it",
    misses: &[
        "powers that a program has through others that it starts or asks, or through libraries of its own",
        "roles that too few counted programs have to compare with: nine of five source packages at least",
        "statically linked, packed and interpreted programs",
        "programs of several roles, where one of them commonly has the power: shells and multi-call programs above all",
    ],
    codes: &[SERVES, POWER],
    source: "DIMVA 2017 (HumIDIFy: Thomas, Garcia, Chothia); the protocols' documents named in data/roles.toml; CWE-912",
};

impl Probe for Roles {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        if file.elf().is_none_or(|elf| !matches!(elf.kind, 2 | 3))
            || file.is_library()
            || file.imports().next().is_none()
        {
            return;
        }
        findings.looked_at(file.content.len());
        let known = Known::get();
        let told = known.roles_of(file);
        if told.is_empty() {
            return;
        }
        let roles: Vec<&profile::Role> = told.iter().filter_map(|told| known.roles.get(told.role)).collect();
        let names: Vec<String> = roles.iter().map(|role| role.name.clone()).collect();
        let does: Vec<&str> = roles.iter().map(|role| role.does.as_str()).collect();
        let compared = roles.iter().filter_map(|role| known.role(&role.name)).count();
        let name = name_of(file);
        let mut claim = Claim::observation(&SERVES, file.subject(), format!("{name} {}", does.join(", ")))
            .fact("roles", names.clone())
            .fact(
                "by",
                told.iter()
                    .flat_map(|told| told.by.iter().cloned())
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect::<Vec<_>>(),
            )
            .at(file.location.clone());
        if compared < roles.len() {
            claim = claim.fact("not-counted", i64::try_from(roles.len() - compared).unwrap_or(i64::MAX));
        }
        findings.claim(claim);
        for (power, by) in powers(file) {
            // In each of its roles, and each was counted often enough.
            let counts: Option<Vec<(&str, (u32, u32))>> = roles
                .iter()
                .map(|role| Some((role.name.as_str(), is_rare(known.role(&role.name)?, power)?)))
                .collect();
            let Some(counts) = counts.filter(|counts| !counts.is_empty()) else { continue };
            let counted: Vec<String> = counts
                .iter()
                .map(|(role, (having, files))| format!("{having} of {files} programs of the role {role}"))
                .collect();
            let words = profile::words(power);
            let mut claim = Claim::observation(
                &POWER,
                file.subject(),
                format!("{name} {} and can {words}, as {} can", does.join(", "), counted.join(", ")),
            )
            .fact("roles", names.clone())
            .fact("power", words)
            .fact("by", by.into_iter().collect::<Vec<_>>())
            .fact("counted", counted)
            .at(file.location.clone());
            claim.notes.push(format!("Counted on: {}.", known.basis()));
            findings.claim(claim);
        }
    }
}

/// What a program can do: by its imports, by the sockets that it opens where it may open raw ones, and by what it starts.
pub(crate) fn powers(file: &File<'_>) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut powers = profile::powers_of(file);
    let starts = |name: &[u8]| banbury_code::powers::of(name) == Some(Power::Execute);
    if file.content.len() <= CODE_LIMIT
        && file.imports().any(|name| name == b"socket" || starts(name))
        && let Some(surface) = file.surface()
    {
        let raw = surface.opened.iter().filter(|opened| matches!(opened.kind, Kind::Raw | Kind::Packet));
        let raw = raw.map(|opened| format!("socket() at {:#x}", opened.at)).collect();
        let sessions =
            surface.sessions.iter().map(|(at, text)| format!("\"{}\" at {at:#x}", show(text))).collect();
        let found: [(_, BTreeSet<String>); 2] = [("raw", raw), ("session", sessions)];
        powers.extend(found.into_iter().filter(|(_, places)| !places.is_empty()));
    }
    powers
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    fn corpus(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/roles/input/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    #[test]
    fn a_name_decides_nothing() {
        let content = corpus("sbin/clock-x86-64");
        for path in ["sbin/clock", "bin/sshd", "x"] {
            let claims = claims_of_file(&Roles, path, &content);
            assert_eq!(claims[0].text("roles").as_deref(), Some("time"), "{path}");
        }
    }

    #[test]
    fn what_others_of_the_role_do_is_not_said() {
        let codes = |name: &str| -> Vec<String> {
            claims_of_file(&Roles, name, &corpus(name)).into_iter().map(|claim| claim.code).collect()
        };
        assert_eq!(codes("sbin/clock-x86-64"), ["role.serves"]);
        assert_eq!(codes("sbin/clock-with-a-terminal-x86-64"), ["role.serves", "role.power", "role.power"]);
        assert!(codes("bin/nothing-x86-64").is_empty());
    }

    proptest! {
        #[test]
        fn damaged(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut data = corpus("sbin/clock-with-a-terminal-x86-64");
            let at = at.index(data.len());
            data[at] = byte;
            let end = cut.index(data.len() + 1);
            for claim in claims_of_file(&Roles, "x", &data[..end]) {
                prop_assert!(claim.facts.contains_key("roles"));
                prop_assert_eq!(claim.weight.is_some(), claim.code == "role.power");
            }
        }
    }
}
