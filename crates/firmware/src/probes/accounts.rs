//! Accounts that are built into an image: password hashes, empty passwords, second superusers.
//!
//! Finds: the files `passwd` and `shadow` wherever they stand, with their backups (`passwd-`) and templates (`passwd.default`).
//! How: reads each line; an account whose password is empty in `passwd` and `shadow` is one finding; a file counts as an account file by its name and by the form of its lines.
//! When it is wrong: an image that makes the user set a password before the device starts is claimed as well.
//! What it misses: accounts made by scripts at the first start, in a configuration partition, in a program's code.
//! Source: passwd(5), shadow(5), crypt(5).

use super::text::{Line, kept, lines, show, words};
use crate::probe::{Description, Findings, Probe, Tree, TreeEntry};
use banbury_evidence::{Claim, CodeInfo, Digest, Grade};
use std::collections::BTreeMap;

/// Built-in accounts.
pub struct Accounts;

static HASH: CodeInfo = CodeInfo {
    code: "credential.password-hash",
    title: "Password hash built in",
    grade: Grade::High,
    meaning: "The image holds the hash of a password of an account. Whoever reads the image can try passwords against \
              it at leisure; one that is found opens every device that runs the image.",
    remedy: "Ship the account locked, and have each device get its own password at installation.",
    cwe: &[798, 1392],
};

static WEAK: CodeInfo = CodeInfo {
    code: "credential.weak-hash-scheme",
    title: "Weak password hash scheme",
    grade: Grade::Medium,
    meaning: "The password is hashed with a scheme (DES or MD5 crypt) that modern machines try billions of times a \
              second; the DES scheme also looks at the first 8 characters alone.",
    remedy: "Use yescrypt, bcrypt or SHA-512 crypt.",
    cwe: &[916],
};

static EMPTY: CodeInfo = CodeInfo {
    code: "credential.empty-password",
    title: "Account with an empty password",
    grade: Grade::High,
    meaning: "The account has no password and a shell: whoever reaches a login prompt that allows empty passwords is in.",
    remedy: "Lock the account or have a password set at installation.",
    cwe: &[258],
};

static SECOND: CodeInfo = CodeInfo {
    code: "credential.second-superuser",
    title: "Second account with user number 0",
    grade: Grade::Low,
    meaning: "An account other than root has user number 0 and so every right; rules, logs and locks that name root do \
              not see it.",
    remedy: "Remove the account, or give it a user number of its own.",
    cwe: &[250],
};

static DESCRIPTION: Description = Description {
    name: "accounts",
    version: "2",
    finds: "password hashes and their scheme, empty passwords of accounts that can log in, second superusers",
    how: "reads passwd and shadow files, their backups and templates, line by line",
    wrong: "an image whose first start forces a new password is claimed as well; so is a template that nothing installs",
    misses: &[
        "accounts made by a script at the first start or kept in a configuration partition",
        "passwords in a program's code or in a web interface's own user database",
        "hashes behind a lock mark (!), which no login accepts",
        "whether the login program in use allows empty passwords at all",
    ],
    codes: &[HASH, WEAK, EMPTY, SECOND],
    source: "passwd(5), shadow(5), crypt(5)",
};

impl Probe for Accounts {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn keeps(&self, path: &str) -> bool {
        Place::of(path).is_some()
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        let files = kept(tree, findings, |path| Place::of(path).is_some());
        let mut shells: BTreeMap<(&str, &[u8]), &[u8]> = BTreeMap::new();
        for (path, _, content) in &files {
            if let Some(place) = Place::of(path).filter(|place| !place.shadow && !place.backup) {
                for user in users(content) {
                    shells.entry((place.folder, user.name)).or_insert(user.shell);
                }
            }
        }
        let mut empty: BTreeMap<(&str, &[u8]), Claim> = BTreeMap::new();
        for (path, entry, content) in &files {
            let Some(place) = Place::of(path) else { continue };
            if place.shadow {
                for (line, name, secret) in secrets(content, place.in_etc()) {
                    let shell = shells.get(&(place.folder, name)).copied();
                    note_empty(&mut empty, entry, &place, &line, name, secret, shell);
                    claims(findings, entry, &place, &line, name, secret, shell);
                }
            } else {
                for user in users(content) {
                    let User { name, secret, shell, .. } = user;
                    note_empty(&mut empty, entry, &place, &user.line, name, secret, Some(shell));
                    claims(findings, entry, &place, &user.line, name, secret, Some(shell));
                    if user.uid == 0 && user.name != b"root" {
                        let claim = observe(&SECOND, entry, &user.line, "has user number 0", user.name)
                            .fact("can-log-in", can_log_in(user.shell))
                            .fact("shell", show(user.shell));
                        findings.claim(claim);
                    }
                }
            }
        }
        empty.into_values().for_each(|claim| findings.claim(claim));
    }
}

/// Notes an empty password of an account that is known to exist and can log in: one claim for each account of a
/// folder, with each line that leaves its password empty.
fn note_empty<'t>(
    found: &mut BTreeMap<(&'t str, &'t [u8]), Claim>,
    entry: &TreeEntry,
    place: &Place<'t>,
    line: &Line<'_>,
    name: &'t [u8],
    secret: &[u8],
    shell: Option<&[u8]>,
) {
    // Without a known shell the account is not known to exist.
    let Some(shell) = shell.filter(|shell| !place.backup && can_log_in(shell)) else { return };
    if Secret::read(secret) != Secret::Empty {
        return;
    }
    let claim = found.entry((place.folder, name)).or_insert_with(|| {
        let mut claim =
            observe(&EMPTY, entry, line, "has an empty password", name).fact("shell", show(shell));
        claim.locations.clear();
        claim
    });
    claim.locations.push(entry.location.line(line.number, line.offset));
}

fn observe(info: &CodeInfo, entry: &TreeEntry, line: &Line<'_>, what: &str, name: &[u8]) -> Claim {
    let name = show(name);
    Claim::observation(info, entry.location.subject(), format!("account {name} {what}"))
        .fact("user", name)
        .at(entry.location.line(line.number, line.offset))
}

fn claims(
    findings: &mut Findings,
    entry: &TreeEntry,
    place: &Place<'_>,
    line: &Line<'_>,
    name: &[u8],
    secret: &[u8],
    shell: Option<&[u8]>,
) {
    match Secret::read(secret) {
        Secret::Locked | Secret::Elsewhere | Secret::Empty => {}
        Secret::Hash(scheme) => {
            let identity = Digest::of(secret).to_string();
            let mut claim = observe(&HASH, entry, line, &format!("has a built-in password ({scheme})"), name)
                .fact("scheme", scheme)
                .fact("hash-sha256", identity.as_str());
            if place.backup {
                claim = claim.fact("backup", true);
            }
            if let Some(shell) = shell {
                claim = claim.fact("can-log-in", can_log_in(shell));
            }
            findings.claim(claim);
            if matches!(scheme, "des" | "bsdi-des" | "md5" | "nt") {
                let claim =
                    observe(&WEAK, entry, line, &format!("has its password hashed with {scheme}"), name)
                        .fact("scheme", scheme)
                        .fact("hash-sha256", identity);
                findings.claim(claim);
            }
        }
    }
}

/// What the name of an account file says.
pub(super) struct Place<'p> {
    folder: &'p str,
    shadow: bool,
    backup: bool,
}

impl<'p> Place<'p> {
    /// Of a path, where it is that of an account file.
    pub(super) fn of(path: &'p str) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (shadow, rest) = match (name.strip_prefix("passwd"), name.strip_prefix("shadow")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return None,
        };
        let named = rest.is_empty() || rest.starts_with(['-', '.', '_', '~']);
        let backup = ["-", "~", ".old", ".bak", ".orig", ".save", ".org"].contains(&rest)
            || rest.starts_with(".dpkg-");
        named.then_some(Self { folder, shadow, backup })
    }

    /// Whether it stands where account files stand: in `etc` or in a folder named after it.
    fn in_etc(&self) -> bool {
        self.folder
            .split('/')
            .any(|part| part == "etc" || part.starts_with("etc_") || part.starts_with("etc."))
    }
}

struct User<'a> {
    line: Line<'a>,
    name: &'a [u8],
    secret: &'a [u8],
    uid: u64,
    shell: &'a [u8],
}

fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?
        .parse()
        .ok()
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty()
        && name.len() <= 256
        && !matches!(name.first(), Some(b'#' | b'+' | b'-'))
        && name.iter().all(|byte| byte.is_ascii_graphic())
}

/// The accounts of a passwd file: lines of seven fields with numbers where numbers belong.
fn users(content: &[u8]) -> impl Iterator<Item = User<'_>> {
    lines(content).filter_map(|line| {
        let fields: Vec<&[u8]> = line.bytes.splitn(8, |&byte| byte == b':').collect();
        let [name, secret, uid, gid, _, _, shell] = fields.as_slice() else { return None };
        number(gid)?;
        is_name(name).then_some(User { line, name, secret, uid: number(uid)?, shell: shell.trim_ascii() })
    })
}

/// The secrets of a shadow file: lines of nine fields with numbers or nothing where numbers belong; in `etc`, of two
/// fields or more, as small systems write them.
fn secrets(content: &[u8], in_etc: bool) -> impl Iterator<Item = (Line<'_>, &[u8], &[u8])> {
    lines(content).filter_map(move |line| {
        let fields: Vec<&[u8]> = line.bytes.splitn(10, |&byte| byte == b':').collect();
        let (Some(name), Some(secret)) = (fields.first(), fields.get(1)) else { return None };
        let numbers = fields.iter().skip(2).all(|field| field.is_empty() || number(field).is_some());
        let whole = fields.len() == 9 || (in_etc && (2..10).contains(&fields.len()));
        (is_name(name) && whole && numbers && words(secret).count() <= 1).then_some((line, *name, *secret))
    })
}

/// Whether a shell lets its account log in.
pub(super) fn can_log_in(shell: &[u8]) -> bool {
    let name = shell.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    // An empty shell is /bin/sh.
    !matches!(name, b"nologin" | b"false" | b"true" | b"sync" | b"halt" | b"shutdown" | b"null")
}

/// What a password field holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Secret {
    Empty,
    Locked,
    /// In the shadow file.
    Elsewhere,
    Hash(&'static str),
}

impl Secret {
    pub(super) fn read(field: &[u8]) -> Self {
        if field.is_empty() {
            return Self::Empty;
        }
        if matches!(field.first(), Some(b'*' | b'!')) || matches!(field, b"NP" | b"LK") {
            return Self::Locked;
        }
        if field.len() < 3 {
            return Self::Elsewhere;
        }
        let digits =
            |bytes: &[u8]| bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"./".contains(byte));
        if !field.starts_with(b"$") {
            return match field.len() {
                13 if digits(field) => Self::Hash("des"),
                20 if field.starts_with(b"_") && digits(field.get(1..).unwrap_or_default()) => {
                    Self::Hash("bsdi-des")
                }
                _ => Self::Hash("unknown"),
            };
        }
        let mut parts = field.split(|&byte| byte == b'$').skip(1);
        let mark = parts.next().unwrap_or_default();
        let last = parts.last().unwrap_or_default();
        let whole = |length: usize| last.len() == length && digits(last);
        Self::Hash(match mark {
            b"1" if whole(22) => "md5",
            b"5" if whole(43) => "sha256",
            b"6" if whole(86) => "sha512",
            b"2" | b"2a" | b"2b" | b"2x" | b"2y" if whole(53) => "bcrypt",
            b"y" if whole(43) => "yescrypt",
            b"gy" if whole(43) => "gost-yescrypt",
            b"7" if whole(43) => "scrypt",
            b"sha1" if whole(28) => "sha1",
            b"3" => "nt",
            _ => "unknown",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{claims_of_tree, tree_of};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn schemes_are_told_apart() {
        // Hashes of the word "password", from the test vectors of crypt(3) implementations.
        for (field, secret) in [
            ("", Secret::Empty),
            ("x", Secret::Elsewhere),
            ("*", Secret::Locked),
            ("!$1$a$b", Secret::Locked),
            ("rqXexS6ZhobKA", Secret::Hash("des")),
            ("$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/", Secret::Hash("md5")),
            ("$1$short$x", Secret::Hash("unknown")),
            ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", Secret::Hash("bcrypt")),
            ("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8", Secret::Hash("sha256")),
            ("password", Secret::Hash("unknown")),
        ] {
            assert_eq!(Secret::read(field.as_bytes()), secret, "{field}");
        }
    }

    fn codes(files: &[(&str, &[u8])]) -> Vec<String> {
        claims_of_tree(&Accounts, &tree_of(files)).iter().map(|claim| claim.code.clone()).collect()
    }

    #[test]
    fn an_empty_password_counts_with_a_shell_alone() {
        let shadow = ("etc/shadow", &b"root::19000:0:99999:7:::\n"[..]);
        assert_eq!(
            codes(&[("etc/passwd", b"root:x:0:0::/root:/bin/ash\n"), shadow]),
            ["credential.empty-password"]
        );
        assert!(codes(&[("etc/passwd", b"root:x:0:0::/root:/sbin/nologin\n"), shadow]).is_empty());
        assert!(codes(&[shadow]).is_empty(), "no such account");
        assert!(codes(&[("etc/passwd-", b"root::0:0::/root:/bin/ash\n")]).is_empty(), "a backup");
    }

    #[test]
    fn one_account_without_a_password_is_one_finding() {
        let shadow = ("etc/shadow", &b"daemon:*:1::::::\nroot::19000:0:99999:7:::\n"[..]);
        let passwd = ("etc/passwd", &b"root::0:0::/root:/bin/ash\n"[..]);
        let factory = ("factory/etc/passwd", passwd.1);
        let places = |files: &[(&str, &[u8])]| {
            let claims = claims_of_tree(&Accounts, &tree_of(files)).into_iter();
            claims
                .map(|claim| {
                    let place = |one: &banbury_evidence::Location| {
                        (one.entry().unwrap_or_default().to_owned(), one.line.unwrap_or(0))
                    };
                    claim.locations.iter().map(place).collect::<Vec<_>>()
                })
                .collect::<Vec<_>>()
        };
        let both = vec![("etc/passwd".to_owned(), 1), ("etc/shadow".to_owned(), 2)];
        assert_eq!(places(&[passwd, shadow]), vec![both.clone()]);
        let elsewhere = ("etc/passwd", &b"root:x:0:0::/root:/bin/ash\n"[..]);
        assert_eq!(places(&[elsewhere, shadow]), [vec![("etc/shadow".to_owned(), 2)]]);
        let other = vec![("factory/etc/passwd".to_owned(), 1)];
        assert_eq!(places(&[passwd, shadow, factory]), [both, other], "another root is another account");
    }

    #[test]
    fn a_second_superuser_is_claimed() {
        assert_eq!(
            codes(&[("etc/passwd", b"root:x:0:0::/:/bin/sh\nadmin:x:0:0::/:/bin/sh\nb:x:10:0::/:/bin/sh\n")]),
            ["credential.second-superuser"]
        );
    }

    #[test]
    fn other_files_of_the_name_are_left_alone() {
        let pam = &b"@include common-password\nauth: required pam_unix.so\n"[..];
        assert!(
            codes(&[("etc/pam.d/passwd", pam), ("usr/bin/passwd", b"\x7fELF:::::::"), ("passwdx", pam)])
                .is_empty()
        );
    }

    #[test]
    fn a_hash_never_stands_in_a_claim() {
        let hash = "$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/";
        let line = format!("root:{hash}:0:0::/:/bin/sh\n");
        let claims = claims_of_tree(&Accounts, &tree_of(&[("etc/passwd", line.as_bytes())]));
        assert_eq!(claims.len(), 2);
        assert!(!serde_json::to_string(&claims).unwrap().contains("AdLnLjQ"));
    }

    proptest! {
        #[test]
        fn random_lines_are_read(content in "([a-z:$!*0-9/]{0,30}\n){0,20}") {
            let _ = codes(&[("etc/passwd", content.as_bytes()), ("etc/shadow", content.as_bytes())]);
            prop_assert!(users(content.as_bytes()).count() <= lines(content.as_bytes()).count());
        }

        #[test]
        fn random_bytes_are_read(content in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = codes(&[("etc/passwd", &content), ("etc/shadow", &content)]);
        }
    }
}
