//! Credentials and keys in programs and scripts: access that is the same on every device, and no account file shows.
//!
//! Finds: password hashes and account lines in any file that is no account file; passwords that are fixed arguments of calls (`crypt`,
//! `mysql_real_connect`, `curl_easy_setopt`, ...) and of commands in scripts and at `system`; addresses with user and password; accounts
//! and keys under XOR with one byte or base64; symmetric keys that are fixed at cryptographic calls; passwords that are made of an address,
//! a serial number or the date.
//! How: forms are asked for whole (scheme, length, numbers where numbers belong); executables are read as functions (crate `code`), and an
//! argument counts where it is the same on every way to the call, handed on by up to three functions; scripts are read as a shell does.
//! When it is wrong: a password may be of a service of the same device that nobody else reaches, or be replaced at installation; a key
//! may only protect against chance. What a library that has the function itself does with a fixed key is held to be its self-test.
//! What it misses: static executables without symbols; secrets that are put together byte by byte or copied onto the stack by
//! single instructions; interpreted languages other than shell (but for hashes, accounts and addresses); keys that are derived from fixed
//! bytes; passwords that are compared, not set (see the probe `gates`).
//! Weight: none. That a hash, a password or a key stands where it stands is a fact; what it guards is not claimed.
//! Source: crypt(5), passwd(5), RFC 3986, the manuals named in `credentials/calls.rs` and `credentials/commands.rs`; CWE-798, 321, 259.

mod calls;
mod commands;
mod secrets;

use super::accounts;
use super::shell;
use super::text::{name_of, show};
use crate::probe::{CODE_LIMIT, Description, File, Findings, Probe};
use banbury_code::uses::{To, Use, Uses};
use banbury_evidence::{Claim, CodeInfo, Digest, Grade, Location};
use secrets::What;
use std::collections::BTreeMap;

/// Credentials in code.
pub struct FixedCredentials;

static HASH: CodeInfo = CodeInfo {
    code: "credential.code-account",
    title: "Account or password hash in a program or script",
    grade: Grade::High,
    meaning: "A file that is no account file holds a password hash, or the line of an account with its hash or an empty password. What \
              writes or checks it lets the holder of the password in, on every device that runs the image; account files alone do not show it.",
    remedy: "Find out what uses it and have it removed; have each device get its own password at installation.",
    cwe: &[798],
};

static PASSWORD: CodeInfo = CodeInfo {
    code: "credential.code-password",
    title: "Fixed password in a program or script",
    grade: Grade::High,
    meaning: "A password is fixed where it is used: at a call, in a command or in an address. Whoever has read the image knows it, for \
              every device.",
    remedy: "Take it out of the image: from configuration of each device's own, or by keys that the device makes.",
    cwe: &[259, 798],
};

static HIDDEN: CodeInfo = CodeInfo {
    code: "credential.hidden",
    title: "Account or key that was made unreadable",
    grade: Grade::High,
    meaning: "The file holds the text of an account or a key under XOR with one byte or in base64. It protects from nobody, but keeps \
              a search for texts from finding it.",
    remedy: "Ask the supplier what it is for and where it is documented; attach the answer by `banbury dispose`. Else have it removed.",
    cwe: &[798, 912],
};

static KEY: CodeInfo = CodeInfo {
    code: "key.symmetric",
    title: "Fixed symmetric key at a cryptographic call",
    grade: Grade::High,
    meaning: "The key of a cipher or authentication code stands in the program. Whoever has read the image decrypts, or forges, what every \
              device protects with it.",
    remedy: "Derive keys from secrets of each device's own, or use public keys.",
    cwe: &[321],
};

static DERIVED: CodeInfo = CodeInfo {
    code: "credential.derived",
    title: "Password made of what the device shows",
    grade: Grade::High,
    meaning: "A password is set, or hashed, from a text that is made of a hardware address, a serial number or the date. Who knows the \
              formula, which the image holds, and what the device tells or prints, knows the password.",
    remedy: "Have passwords made at random for each device.",
    cwe: &[1391, 798],
};

static SELF_TEST: CodeInfo = CodeInfo {
    code: "credential.self-test",
    title: "Fixed key or hash where the algorithm itself stands",
    grade: Grade::Info,
    meaning: "A library that has the algorithm itself uses it with a fixed key or holds a hash, as self-tests with known answers do. There it \
              guards nothing.",
    remedy: "None, unless the library does more than test itself with it.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "fixed-credentials",
    version: "1",
    finds: "password hashes, accounts, passwords and symmetric keys that are fixed in programs and scripts, as they are or made unreadable; passwords made by a formula",
    how: "asks for the whole form of hashes and accounts, reads calls with their fixed arguments and commands of scripts by where passwords and keys stand",
    wrong: "a password of a service that only the device itself reaches, or one that is replaced at installation, is claimed as well",
    misses: &[
        "static executables without symbols, whose library functions have no names",
        "secrets put together byte by byte, and keys copied onto the stack by single instructions",
        "calls of interpreted languages other than shell; compiled scripts",
        "keys derived from fixed bytes by the program itself, and keys in fields of structures",
        "texts under other transformations than XOR with one byte, base64, and what the readers of formats decompress",
        "passwords that input is compared with (see the probe gates)",
    ],
    codes: &[HASH, PASSWORD, HIDDEN, KEY, DERIVED, SELF_TEST],
    source: "crypt(5); passwd(5); RFC 3986; manuals of the functions and programs; CWE-798; CWE-321",
};

/// Claims of one file; further ones are counted in a last word.
const MOST: usize = 40;
/// Remarks of one claim.
const NOTES: usize = 16;
/// Bytes of a file in which hidden texts are looked for.
const HIDDEN_LIMIT: usize = 64 << 20;

impl Probe for FixedCredentials {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        if is_document(file.path) || accounts::Place::of(file.path).is_some() {
            return;
        }
        findings.looked_at(file.content.len());
        let mut made = Made { file, claims: BTreeMap::new() };
        made.texts();
        if file.elf().is_some() {
            if file.content.len() > CODE_LIMIT {
                findings.skip(
                    file.location.to_string(),
                    format!("an executable of more than {} MiB is not read as functions", CODE_LIMIT >> 20),
                );
            }
            made.hidden();
            made.code();
        } else if shell::is_script(file.path, file.content) {
            made.hidden();
            made.script(file.content);
        }
        tell(made.claims, file, MOST, findings);
    }
}

/// Adds a claim, or the place and remarks of one that is known.
pub fn put(claims: &mut BTreeMap<Digest, Claim>, claim: Claim, place: Location) {
    let known = claims.entry(claim.fingerprint()).or_insert_with(|| Claim {
        notes: Vec::new(),
        locations: Vec::new(),
        ..claim.clone()
    });
    for note in claim.notes {
        if known.notes.len() < NOTES && !known.notes.contains(&note) {
            known.notes.push(note);
        }
    }
    if !known.locations.contains(&place) {
        known.locations.push(place);
    }
}

/// Tells the claims that were put together of a file, `most` of them, in the order of their places; how many are left out for their number is said.
pub fn tell(claims: BTreeMap<Digest, Claim>, file: &File<'_>, most: usize, findings: &mut Findings) {
    let mut claims: Vec<Claim> = claims.into_values().collect();
    claims.sort_by(|one, two| {
        (&one.locations, &one.code, &one.title).cmp(&(&two.locations, &two.code, &two.title))
    });
    if claims.len() > most {
        findings.skip(
            file.location.to_string(),
            format!("{} further findings of this file are not told", claims.len() - most),
        );
    }
    claims.into_iter().take(most).for_each(|claim| findings.claim(claim));
}

/// Whether a path is that of documentation, examples among them, which nothing runs.
pub fn is_document(path: &str) -> bool {
    let mut parts = path.split('/');
    let name = path.rsplit('/').next().unwrap_or(path);
    parts.any(|part| {
        matches!(
            part,
            "doc" | "docs" | "man" | "info" | "locale" | "examples" | "tests" | "test" | "testdata"
        )
    }) || [".md", ".rst", ".po", ".mo", ".pod"].iter().any(|end| name.ends_with(end))
}

struct Made<'f, 'a> {
    file: &'f File<'a>,
    claims: BTreeMap<Digest, Claim>,
}

impl Made<'_, '_> {
    fn put(&mut self, claim: Claim, place: Location) {
        put(&mut self.claims, claim, place);
    }

    /// Whether the file has the function itself for others: then what it does with fixed secrets are tests.
    fn exports(&self, names: &[&str]) -> bool {
        self.file
            .symbols()
            .iter()
            .any(|symbol| symbol.defined && names.iter().any(|name| name.as_bytes() == symbol.name))
    }

    fn texts(&mut self) {
        let file = self.file;
        let home = self.exports(&["crypt", "crypt_r", "crypt_ra"]);
        for found in secrets::find(file.content) {
            let place = file.location.range(found.offset as u64, found.length as u64);
            let observe = |info: &CodeInfo, title: String| Claim::observation(info, file.subject(), title);
            let claim = match &found.what {
                What::Hash(scheme, hash) => observe(
                    if home { &SELF_TEST } else { &HASH },
                    format!("{}: a password hash ({scheme})", name_of(file)),
                )
                .fact("form", "hash")
                .fact("scheme", *scheme)
                .fact("hash", show(hash)),
                What::Account(user, scheme) => {
                    let what = scheme.map_or("with an empty password".to_owned(), |scheme| {
                        format!("with its hash ({scheme})")
                    });
                    observe(&HASH, format!("{}: the account {} {what}", name_of(file), show(user)))
                        .fact("form", "account line")
                        .fact("user", show(user))
                        .fact("scheme", scheme.unwrap_or("none"))
                }
                What::Address(address) => observe(
                    &PASSWORD,
                    format!("{}: an address with user and password ({})", name_of(file), show(address)),
                )
                .fact("form", "address")
                .fact("address", show(address)),
            };
            self.put(claim, place);
        }
    }

    fn hidden(&mut self) {
        let file = self.file;
        for found in
            secrets::hidden(file.content.get(..file.content.len().min(HIDDEN_LIMIT)).unwrap_or_default())
        {
            let first = found.text.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let claim = Claim::observation(
                &HIDDEN,
                file.subject(),
                format!(
                    "{}: under {}: {}",
                    name_of(file),
                    found.how,
                    show(first.get(..first.len().min(80)).unwrap_or_default())
                ),
            )
            .fact("hidden-by", found.how)
            .fact("text", show(&found.text));
            self.put(claim, file.location.range(found.offset as u64, found.length as u64));
        }
    }

    fn script(&mut self, text: &[u8]) {
        let file = self.file;
        let all = shell::commands(text);
        for (number, given) in commands::passwords(&all) {
            let Some(command) = all.get(number) else { continue };
            let claim = self.in_command(&given);
            self.put(claim, file.location.line(command.line, command.offset));
        }
        for (number, source) in commands::derived(&all) {
            let Some(command) = all.get(number) else { continue };
            let claim = self.made_of(source, &show(command.name()));
            self.put(claim, file.location.line(command.line, command.offset));
        }
    }

    fn in_command(&self, given: &commands::Given) -> Claim {
        let whose = given.user.as_ref().map_or_else(String::new, |user| format!(" of {}", show(user)));
        let title = format!("{}: {} is given a fixed password{whose}", name_of(self.file), given.by);
        let claim = Claim::observation(&PASSWORD, self.file.subject(), title)
            .fact("form", "command")
            .fact("by", given.by.as_str())
            .fact("password", show(&given.password));
        match &given.user {
            Some(user) => claim.fact("user", show(user)),
            None => claim,
        }
    }

    fn made_of(&self, source: &'static str, by: &str) -> Claim {
        Claim::observation(
            &DERIVED,
            self.file.subject(),
            format!("{}: a password for {by} is made of {source}", name_of(self.file)),
        )
        .fact("by", by)
        .fact("made-of", source)
    }

    fn code(&mut self) {
        let file = self.file;
        if !file.symbols().iter().any(|symbol| calls::is_wanted(banbury_code::uses::bare(symbol.name))) {
            return;
        }
        let Some(uses) = file.uses() else { return };
        for found in calls::passwords(uses) {
            let what =
                if found.hash { "is given a fixed password hash" } else { "is given a fixed password" };
            let whose = found.user.map_or_else(String::new, |user| format!(" of {}", show(user)));
            let mut claim = Claim::observation(
                if found.hash { &HASH } else { &PASSWORD },
                file.subject(),
                format!("{}: {} {what}{whose}", name_of(file), found.by),
            )
            .fact("form", "call")
            .fact("by", found.by)
            .note(format!("Called at {:#x}.", found.one.at))
            .fact(if found.hash { "hash" } else { "password" }, show(found.content.text));
            if let Some(user) = found.user {
                claim = claim.fact("user", show(user));
            }
            if found.content.initial {
                claim = claim
                    .note("A variable points to it when the program starts; it may point elsewhere later.");
            }
            self.put(claim, self.place(found.content.address, found.content.text.len()));
        }
        for key in calls::keys(uses) {
            let test = self.is_test(uses, &key.one, key.by);
            let bits = key.bytes.len() * 8;
            let algorithm = if key.algorithm.is_empty() { "not said" } else { key.algorithm.as_str() };
            let mut claim = Claim::observation(
                if test { &SELF_TEST } else { &KEY },
                file.subject(),
                format!("{}: {} is given a fixed key of {bits} bits", name_of(file), key.by),
            )
            .fact("by", key.by)
            .note(format!("Called at {:#x}.", key.one.at))
            .fact("algorithm", algorithm)
            .fact("bits", i64::try_from(bits).unwrap_or(i64::MAX))
            .fact("key", key.bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            if let Some(known) = calls::example(key.bytes) {
                claim = claim.fact("known-as", known);
            }
            self.put(claim, self.place(key.address, key.bytes.len()));
        }
        for by in shell::PROGRAMS_OF {
            for one in uses.through(by.as_bytes(), &[0]) {
                let Some(content) = uses.content(&one, 0) else { continue };
                let all = shell::commands(content.text);
                for (_, given) in commands::passwords(&all) {
                    let claim = self.in_command(&given).note(format!("Called at {:#x}.", one.at));
                    self.put(claim, self.place(content.address, content.text.len()));
                }
            }
        }
        for (one, by, source) in calls::derived(uses) {
            let claim = self.made_of(source, by).note(format!("Called at {:#x}.", one.at));
            self.put(claim, self.place(one.at, 4));
        }
    }

    /// Whether a call with a fixed key is a self-test: in a library that has the function itself, or in a function named after tests.
    fn is_test(&self, uses: &Uses<'_>, one: &Use, by: &str) -> bool {
        let own = matches!(one.to, To::Here(_));
        let name =
            uses.program().name(one.function).map(|name| String::from_utf8_lossy(name).to_ascii_lowercase());
        let named = name.is_some_and(|name| ["test", "fips", "_kat"].iter().any(|word| name.contains(word)));
        own && (named || self.exports(&[by]))
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

    fn codes(path: &str, content: &[u8]) -> Vec<String> {
        claims_of_file(&FixedCredentials, path, content).into_iter().map(|claim| claim.code).collect()
    }

    #[test]
    fn account_files_and_documents_are_others_business() {
        let line = b"sup:$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/:0:0:Sup:/:/bin/sh\n";
        assert!(codes("etc/passwd", line).is_empty());
        assert!(codes("usr/share/doc/x/README", line).is_empty());
        assert_eq!(codes("usr/lib/web/users.db", line), ["credential.code-account"]);
    }

    #[test]
    fn one_secret_in_several_places_is_one_claim() {
        let script = b"#!/bin/sh\necho root:k9lantern | chpasswd\necho root:k9lantern | chpasswd\n";
        let claims = claims_of_file(&FixedCredentials, "etc/x", script);
        assert_eq!((claims.len(), claims[0].locations.len()), (1, 2));
    }

    proptest! {
        #[test]
        fn random_files(bytes in proptest::collection::vec(any::<u8>(), 0..400), script in "(echo [a-z:]{0,9} [|] chpasswd|curl -u [a-z:]{0,8}|[a-z$(`]{0,20}|\n){0,20}") {
            for (path, content) in [("bin/x", bytes.as_slice()), ("etc/init.d/x", script.as_bytes())] {
                for claim in claims_of_file(&FixedCredentials, path, content) {
                    prop_assert!(!claim.locations.is_empty());
                }
            }
        }
    }
}
