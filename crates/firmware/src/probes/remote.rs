//! Ways by which others manage the device from afar, and whom it contacts by itself.
//!
//! Finds: servers of TR-069 with their credentials, SNMP that may write, hosts and addresses that are fixed where they are contacted,
//! updates that are run or flashed without a check of a signature, tunnels with a fixed other side, shells that ask for no password.
//! How: reads scripts, and texts that programs hand to a shell, as commands; reads programs as functions, so that a host counts
//! where it is an argument of a call that contacts it (`getaddrinfo`, `inet_addr`, `curl_easy_setopt`, ...), not where it is any text; reads
//! the settings of known programs.
//! When it is wrong: a script may never run, or only on request; a signature may be checked by what is run; a command that
//! is guarded by a setting counts.
//! What it misses: addresses that are put together at run time or stand in structures; static executables without symbols;
//! protocols of a maker's own; other interpreted languages than shell; settings of programs that are not known here.
//! Weight: none. A setting, a host at a call and a command are facts, to be checked at their places.
//! Source: the manuals named in `remote/commands.rs` and `remote/settings.rs`; TR-069; CWE-494, CWE-912, CWE-306, CWE-1392.

mod commands;
mod contacts;
mod settings;

use super::credentials::{is_document, put, tell};
use super::shell;
use super::text::{name_of, show};
use crate::probe::{Description, File, Findings, Probe};
use banbury_evidence::{Claim, CodeInfo, Digest, Grade, Location};
use commands::Act;
use contacts::Host;
use settings::What;
use std::collections::BTreeMap;

/// Management from afar.
pub struct RemoteManagement;

static ACS: CodeInfo = CodeInfo {
    code: "remote.acs",
    title: "Fixed server of TR-069",
    grade: Grade::Info,
    meaning: "The image names the server that manages the device by TR-069. Whoever runs it, or gets its name, reads and sets all of the \
              device's parameters and its firmware.",
    remedy: "Check that it is the operator's own, by HTTPS with the server's certificate checked.",
    cwe: &[],
};

static ACS_CREDENTIAL: CodeInfo = CodeInfo {
    code: "remote.acs-credential",
    title: "Fixed credential of TR-069",
    grade: Grade::High,
    meaning: "Name or password by which the device and the server that manages it know each other are the same on every device that runs \
              the image. Whoever has read it can pose as a device, or ask devices to connect.",
    remedy: "Give each device a credential of its own.",
    cwe: &[798, 1392],
};

static SNMP: CodeInfo = CodeInfo {
    code: "remote.snmp-write",
    title: "SNMP may write",
    grade: Grade::High,
    meaning: "A community or account that the image holds may change the device's state over SNMP. A community is the only secret of v1 and \
              v2c, goes over the network in the clear, and is the same on every device.",
    remedy: "Ship without write access, or with SNMPv3 and keys of each device's own.",
    cwe: &[1392, 798],
};

static ENDPOINT: CodeInfo = CodeInfo {
    code: "remote.endpoint",
    title: "Fixed host is contacted",
    grade: Grade::Info,
    meaning: "A program or script contacts a host whose name or address is fixed in it. What it sends and takes is not said.",
    remedy: "Compare with what the supplier documents; let the device reach only the hosts that it needs.",
    cwe: &[],
};

static UNCHECKED: CodeInfo = CodeInfo {
    code: "remote.unchecked-update",
    title: "Fetched and run without a check of a signature",
    grade: Grade::Medium,
    meaning: "What is fetched over a way that anyone on it can change (HTTP, FTP, TFTP, or TLS whose certificates are not checked) is run, \
              installed or written to flash memory, and nothing in the script checks a signature. Whoever is on the way, or gets the \
              server's name, runs code on the device.",
    remedy: "Sign what is fetched, and check the signature by a key in the image before anything is done with it.",
    cwe: &[494],
};

static TUNNEL: CodeInfo = CodeInfo {
    code: "remote.tunnel",
    title: "Tunnel to a fixed other side",
    grade: Grade::Medium,
    meaning: "The device opens a tunnel to a host that is fixed in the image, by which that host reaches the device and what is behind \
              it, past packet filters on the way.",
    remedy: "Ask the supplier what it is for and where it is documented; let the operator turn it on and name the other side.",
    cwe: &[912],
};

static OPEN: CodeInfo = CodeInfo {
    code: "remote.open-shell",
    title: "Shell over the network without a password",
    grade: Grade::High,
    meaning: "A command in the image starts a shell or debugger that whoever reaches its port uses without a password.",
    remedy: "Remove it; where it serves tests, leave it out of what is shipped.",
    cwe: &[306, 489],
};

static DESCRIPTION: Description = Description {
    name: "remote-management",
    version: "1",
    finds: "TR-069 servers and credentials, SNMP with write access, fixed hosts that are contacted, updates without signatures, tunnels, shells without password",
    how: "reads scripts and texts for a shell as commands, programs by what their calls are given, and the settings of known programs",
    wrong: "a script may never run or be guarded by a setting; a signature may be checked by what is run",
    misses: &[
        "hosts that are put together at run time, stand in structures, or come from a configuration that is not known here",
        "static executables without symbols; interpreted languages other than shell",
        "a maker's own protocols of management, and what goes over a connection",
        "updates that a program fetches and writes itself",
        "whether a script is ever run (see the probe services)",
    ],
    codes: &[ACS, ACS_CREDENTIAL, SNMP, ENDPOINT, UNCHECKED, TUNNEL, OPEN],
    source: "TR-069; snmpd.conf(5); manuals of the programs; CWE-494; CWE-912; CWE-306; CWE-1392",
};

/// Claims of one file; further ones are said to be left out.
const MOST: usize = 60;
/// Bytes of a text whose settings are read.
const SETTINGS_LIMIT: usize = 4 << 20;

/// Functions that contact a host: (name, where it stands).
const CONTACTS: [(&str, usize); 22] = [
    ("getaddrinfo", 0),
    ("gethostbyname", 0),
    ("gethostbyname2", 0),
    ("gethostbyname_r", 0),
    ("inet_addr", 0),
    ("inet_aton", 0),
    ("inet_pton", 1),
    ("BIO_new_connect", 0),
    ("mosquitto_connect", 1),
    ("mosquitto_connect_async", 1),
    ("mosquitto_connect_bind", 1),
    ("evhttp_connection_base_new", 2),
    ("uclient_new", 0),
    ("soup_message_new", 1),
    ("mg_http_connect", 1),
    ("mg_mqtt_connect", 1),
    ("mg_ws_connect", 1),
    ("mg_connect", 1),
    ("redisConnect", 0),
    ("ares_gethostbyname", 1),
    ("res_query", 0),
    ("ldap_initialize", 1),
];

/// `CURLOPT_URL` of curl/curl.h.
const CURL_URL: u64 = 10002;

impl Probe for RemoteManagement {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        if is_document(file.path) {
            return;
        }
        let mut made = Made { file, claims: BTreeMap::new() };
        if file.elf().is_some() {
            findings.looked_at(file.content.len());
            made.code();
        } else if file.is_text() && !file.path.is_empty() {
            findings.looked_at(file.content.len());
            if file.content.len() > SETTINGS_LIMIT {
                findings.skip(
                    file.location.to_string(),
                    format!("settings in a text of more than {} MiB are not read", SETTINGS_LIMIT >> 20),
                );
            } else {
                made.settings();
            }
            if shell::is_script(file.path, file.content) {
                made.script();
            }
        }
        tell(made.claims, file, MOST, findings);
    }
}

struct Made<'f, 'a> {
    file: &'f File<'a>,
    claims: BTreeMap<Digest, Claim>,
}

impl Made<'_, '_> {
    fn put(&mut self, claim: Claim, place: Location) {
        put(&mut self.claims, claim, place);
    }

    fn observe(&self, info: &CodeInfo, what: &str) -> Claim {
        Claim::observation(info, self.file.subject(), format!("{}: {what}", name_of(self.file)))
    }

    fn settings(&mut self) {
        let file = self.file;
        for found in settings::settings(file.path, file.content) {
            let claim = match &found.what {
                What::Acs(url) => {
                    self.observe(&ACS, &format!("is managed by {url}")).fact("server", url.as_str())
                }
                What::AcsCredential(name, value) => self
                    .observe(&ACS_CREDENTIAL, &format!("{name} is fixed"))
                    .fact("name", name.as_str())
                    .fact("value", value.as_str()),
                What::SnmpWrite(who) => {
                    self.observe(&SNMP, &format!("{who} may write by SNMP")).fact("who", who.as_str())
                }
                What::Tunnel(by, to) => self
                    .observe(&TUNNEL, &format!("{by} opens a tunnel to {to}"))
                    .fact("by", *by)
                    .fact("to", to.as_str()),
                What::Source(by, from) => self
                    .observe(&UNCHECKED, &format!("{by} takes packages from {from} without a signature"))
                    .fact("by", *by)
                    .fact("from", from.as_str()),
            };
            self.put(claim, file.location.line(found.line.0, found.line.1));
        }
    }

    fn script(&mut self) {
        let file = self.file;
        let all = shell::commands(file.content);
        for (number, act) in commands::acts(&all) {
            let Some(command) = all.get(number) else { continue };
            let claim = self.act(act);
            self.put(claim, file.location.line(command.line, command.offset));
        }
    }

    fn act(&self, act: Act) -> Claim {
        match act {
            Act::Contact { by, host, word } => self.contact(&by, &host, &word),
            Act::Unchecked { by, from, then } => self
                .observe(&UNCHECKED, &format!("what {by} fetches from {} is {then}", show(&from)))
                .fact("by", by)
                .fact("from", show(&from))
                .fact("then", then),
            Act::Tunnel { by, to } => {
                self.observe(&TUNNEL, &format!("{by} opens a tunnel to {to}")).fact("by", by).fact("to", to)
            }
            Act::Shell { by, command } => self
                .observe(&OPEN, &format!("{by} gives a shell without a password"))
                .fact("by", by)
                .fact("command", show(&command)),
        }
    }

    fn contact(&self, by: &str, host: &Host, word: &[u8]) -> Claim {
        let kind = match host {
            Host::Name(_) => "name",
            Host::Address(_) => "address",
        };
        self.observe(&ENDPOINT, &format!("contacts {} by {by}", host.text()))
            .fact("host", host.text())
            .fact("kind", kind)
            .fact("by", by)
            .fact("as", show(word))
    }

    fn code(&mut self) {
        let file = self.file;
        let wanted = |name: &[u8]| {
            CONTACTS.iter().any(|(known, _)| known.as_bytes() == name)
                || shell::PROGRAMS_OF.iter().any(|known| known.as_bytes() == name)
                || name == b"curl_easy_setopt"
        };
        if !file.symbols().iter().any(|symbol| wanted(banbury_code::uses::bare(symbol.name))) {
            return;
        }
        let Some(uses) = file.uses() else { return };
        let mut calls: Vec<(&str, usize)> = CONTACTS.to_vec();
        calls.push(("curl_easy_setopt", 2));
        for (by, at) in calls {
            for one in uses.through(by.as_bytes(), &[at]) {
                let is_curl = by == "curl_easy_setopt";
                if is_curl && one.given.get(1) != Some(&banbury_code::uses::Given::Number(CURL_URL)) {
                    continue;
                }
                let Some(content) = uses.content(&one, at) else { continue };
                // What is only filled in may be the host.
                let Some(host) = contacts::of_word(content.text)
                    .filter(|_| !content.format || content.text.windows(3).any(|part| part == b"://"))
                else {
                    continue;
                };
                let mut claim =
                    self.contact(by, &host, content.text).note(format!("Called at {:#x}.", one.at));
                if content.initial {
                    claim = claim.note(
                        "A variable points to it when the program starts; it may point elsewhere later.",
                    );
                }
                let place = self.place(content.address, content.text.len());
                self.put(claim, place);
            }
        }
        for by in shell::PROGRAMS_OF {
            for one in uses.through(by.as_bytes(), &[0]) {
                let Some(content) = uses.content(&one, 0) else { continue };
                for (_, act) in commands::acts(&shell::commands(content.text)) {
                    let claim = self.act(act).note(format!("Called at {:#x}.", one.at));
                    let place = self.place(content.address, content.text.len());
                    self.put(claim, place);
                }
            }
        }
    }

    fn place(&self, address: u64, length: usize) -> Location {
        match self.file.elf().and_then(|elf| elf.offset_of(address)) {
            Some(offset) => self.file.location.range(offset, length as u64),
            None => self.file.location.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::claims_of_file;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn documents_tell_nothing() {
        let script = b"#!/bin/sh\ntelnetd -l /bin/sh\n";
        assert!(claims_of_file(&RemoteManagement, "usr/share/doc/x.sh", script).is_empty());
        let claims = claims_of_file(&RemoteManagement, "etc/init.d/x", script);
        assert_eq!(claims.iter().map(|claim| claim.code.as_str()).collect::<Vec<_>>(), ["remote.open-shell"]);
    }

    proptest! {
        #[test]
        fn random_files(bytes in proptest::collection::vec(any::<u8>(), 0..300), script in "(wget http://a.bc/[a-z]{0,3}|sh [a-z]{0,3}|ssh -R [a-z@.]{0,9}|[a-z$|;]{0,9}|\n){0,20}") {
            for (path, content) in [("bin/x", bytes.as_slice()), ("etc/init.d/x", script.as_bytes())] {
                for claim in claims_of_file(&RemoteManagement, path, content) {
                    prop_assert!(!claim.locations.is_empty());
                }
            }
        }
    }
}
