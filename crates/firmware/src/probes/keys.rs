//! Private keys that are built into an image, and keys that may log in.
//!
//! Finds: private keys in PEM (PKCS #1, SEC 1, DSA, PKCS #8, OpenSSH) in any bytes, programs among them; in DER and
//! as dropbear host keys, when they are the whole file; entries of `authorized_keys`; weak ones of both; private keys
//! whose certificate stands in the same tree, and keys that stand in several files of it.
//! How: decodes each candidate and asks for the key's structure; a bare `BEGIN` line is not a key.
//! When it is wrong: keys of test suites and of examples in documentation are keys as well; a backup of a key's file
//! makes it a shared key.
//! What it misses: keys that are encrypted, obfuscated or written by code; PKCS #12 and Java key stores.
//! Source: RFC 7468, 5958, 5915, 8017; OpenSSH PROTOCOL.key; dropbear's signkey.c; sshd(8).

use super::der::{KeyKind, bit_length, private_key};
use super::pem::{Block, base64, blocks};
use super::text::{lines, name_of, show, words};
use crate::probe::{Description, File, Findings, Probe, Tree};
use banbury_evidence::{Claim, CodeInfo, Digest, Grade, Location, ObjectKind};
use std::collections::{BTreeMap, BTreeSet};

/// Built-in keys.
pub struct Keys;

static PRIVATE: CodeInfo = CodeInfo {
    code: "key.private",
    title: "Private key built in",
    grade: Grade::High,
    meaning: "The image holds a private key in the clear. Whoever reads the image can pose as its holder, and every \
              device that runs the image shares it.",
    remedy: "Have each device make its own key at the first start; revoke what trusts this one.",
    cwe: &[321, 798],
};

static ENCRYPTED: CodeInfo = CodeInfo {
    code: "key.private-encrypted",
    title: "Encrypted private key built in",
    grade: Grade::Medium,
    meaning: "The image holds a private key under a passphrase. What uses it must hold the passphrase, often in the \
              same image; a short one can be tried at leisure.",
    remedy: "Have each device make its own key at the first start.",
    cwe: &[321],
};

static AUTHORIZED: CodeInfo = CodeInfo {
    code: "key.authorized",
    title: "Key that may log in",
    grade: Grade::Medium,
    meaning: "The holder of the matching private key can log in to every device that runs the image.",
    remedy: "Find out who holds the private key; remove the entry, or have the operator put in its own.",
    cwe: &[798],
};

static WEAK: CodeInfo = CodeInfo {
    code: "key.weak",
    title: "Weak key",
    grade: Grade::Medium,
    meaning: "The key is of a kind or size that is no longer held to resist an attacker with ample means.",
    remedy: "Replace it by Ed25519, an elliptic curve of 256 bits, or RSA of 3072 bits.",
    cwe: &[326],
};

static PAIR: CodeInfo = CodeInfo {
    code: "key.certificate-pair",
    title: "Certificate with its private key built in",
    grade: Grade::High,
    meaning: "The image holds a certificate and the private key that belongs to it: whoever reads the image can pose \
              as the certificate's subject towards everyone who trusts it.",
    remedy: "Revoke the certificate; have each device get a certificate for a key of its own.",
    cwe: &[321],
};

static SHARED: CodeInfo = CodeInfo {
    code: "key.shared",
    title: "Private key in several places",
    grade: Grade::Medium,
    meaning: "Several files of the image hold the same private key: whoever gets it from one of them can pose as its \
              holder in all its uses, and replacing it in one place leaves the others.",
    remedy: "Give each use a key of its own, made by the device; remove the copies.",
    cwe: &[321],
};

static PUBLISHED: CodeInfo = CodeInfo {
    code: "key.self-test",
    title: "Published key of a library's self-test",
    grade: Grade::Info,
    meaning: "A library holds a private key that its project publishes in the library's source, to test itself with. \
              There it guards nothing.",
    remedy: "None in the library; nothing else may use the key, because everyone has it.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "keys",
    version: "2",
    finds: "private keys, encrypted private keys, entries of authorized_keys, weak keys, keys with their certificate, keys in several files",
    how: "decodes PEM blocks in any file, whole files in DER and in dropbear's form, and asks for a key's structure",
    wrong: "keys of test suites and examples that nothing uses are claimed as well; a backup of a key's file makes it a shared key",
    misses: &[
        "keys that are obfuscated, in parts, or computed by code",
        "PKCS #12 files, Java key stores, PuTTY keys and keys in hardware",
        "a pair, or a second copy, in files not named after keys or certificates (pem, key, crt, cer, der, cert, id_), over 4 MiB, or in another file system of the image",
        "copies of a key in different formats, where one of them does not give the public key (OpenSSH, dropbear, encrypted)",
        "the passphrase of an encrypted key",
    ],
    codes: &[PRIVATE, ENCRYPTED, AUTHORIZED, WEAK, PAIR, SHARED, PUBLISHED],
    source: "RFC 7468, RFC 5958, RFC 5915, RFC 8017; OpenSSH PROTOCOL.key; dropbear signkey.c; sshd(8)",
};

impl Probe for Keys {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn keeps(&self, path: &str) -> bool {
        by_name(path)
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        findings.looked_at(file.content.len());
        let mut claims: BTreeMap<Digest, Claim> = BTreeMap::new();
        for key in private_keys(file.content) {
            for mut claim in key.claims(file) {
                let location = file.location.range(key.offset, key.length);
                claim.locations.push(match key.line {
                    Some(line) => banbury_evidence::Location { line: Some(line), ..location },
                    None => location,
                });
                add(&mut claims, claim);
            }
        }
        if file.name().starts_with("authorized_keys") {
            authorized(file, &mut claims);
        }
        let mut claims: Vec<Claim> = claims.into_values().collect();
        claims.sort_by(|one, two| (&one.locations, &one.code).cmp(&(&two.locations, &two.code)));
        claims.into_iter().for_each(|claim| findings.claim(claim));
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        let kept =
            tree.entries.iter().filter(|(path, entry)| entry.kind == ObjectKind::File && self.keeps(path));
        let kept: Vec<_> =
            kept.filter_map(|(path, entry)| Some((path, entry, entry.content.as_deref()?))).collect();
        let mut keys = BTreeMap::new();
        let mut places: BTreeMap<(&'static str, Digest), Vec<Place<'_>>> = BTreeMap::new();
        for (path, entry, content) in &kept {
            let name = path.rsplit('/').next().unwrap_or(path);
            for key in private_keys(content).into_iter().filter(|key| !key.at_home(name)) {
                let place = Location { line: key.line, ..entry.location.range(key.offset, key.length) };
                let identity = match &key.public {
                    Some(public) => ("public-key-sha256", Digest::of(public)),
                    None => ("key-sha256", key.sha256),
                };
                places.entry(identity).or_default().push((path.as_str(), place.clone()));
                if let Some(public) = &key.public {
                    keys.entry(Digest::of(public)).or_insert((path.as_str(), place));
                }
            }
        }
        for ((kind, hash), places) in places {
            shared(tree, kind, hash, places, findings);
        }
        let mut seen = BTreeSet::new();
        for (path, entry, content) in &kept {
            for certificate in super::certificates::find(path, content) {
                let Some((key_path, key_place)) = keys.get(&certificate.public_key) else { continue };
                if !seen.insert((path.as_str(), certificate.sha256)) {
                    continue;
                }
                let title =
                    format!("certificate of {} with its private key in {key_path}", certificate.subject);
                let claim = Claim::observation(&PAIR, entry.location.subject(), title)
                    .fact("subject", certificate.subject.as_str())
                    .fact("certificate-sha256", certificate.sha256.to_string())
                    .fact("public-key-sha256", certificate.public_key.to_string())
                    .fact("key-file", *key_path)
                    .at(entry.location.range(certificate.offset, certificate.length))
                    .at(key_place.clone());
                findings.claim(claim);
            }
        }
    }
}

/// A file's path and a key's place in it.
type Place<'t> = (&'t str, Location);

/// Claims a key that stands in several files.
fn shared(tree: &Tree, kind: &str, hash: Digest, places: Vec<Place<'_>>, findings: &mut Findings) {
    let files: BTreeSet<&str> = places.iter().map(|(path, _)| *path).collect();
    if files.len() < 2 {
        return;
    }
    let title = format!("one private key in {} files", files.len());
    let mut claim = Claim::observation(&SHARED, tree.location.subject(), title)
        .fact(kind, hash.to_string())
        .fact("places", i64::try_from(places.len()).unwrap_or(i64::MAX));
    claim.locations = places.into_iter().map(|(_, place)| place).collect();
    findings.claim(claim);
}

/// Whether a file's name says that it holds keys or certificates.
pub fn by_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    [".pem", ".crt", ".cer", ".der", "key"].iter().any(|end| name.ends_with(end))
        || name.contains("cert")
        || name.starts_with("id_")
}

/// The public halves of the private keys in `content`, as SHA-256 of their SubjectPublicKeyInfo.
pub fn public_keys(content: &[u8]) -> BTreeSet<Digest> {
    private_keys(content).into_iter().filter_map(|key| Some(Digest::of(&key.public?))).collect()
}

fn add(claims: &mut BTreeMap<Digest, Claim>, claim: Claim) {
    match claims.get_mut(&claim.fingerprint()) {
        Some(known) => known.locations.extend(claim.locations),
        None => drop(claims.insert(claim.fingerprint(), claim)),
    }
}

/// A private key in some bytes.
#[derive(Debug)]
struct Found {
    format: &'static str,
    /// What kind it is, where that is not encrypted.
    kind: Option<KeyKind>,
    encrypted: bool,
    sha256: Digest,
    public: Option<Vec<u8>>,
    offset: u64,
    length: u64,
    line: Option<u32>,
}

impl Found {
    /// Whether the key is a published one in the library that publishes it.
    fn at_home(&self, name: &str) -> bool {
        published(&self.sha256.to_string()).is_some_and(|(library, _)| name.starts_with(library))
    }

    fn claims(&self, file: &File<'_>) -> Vec<Claim> {
        let published = published(&self.sha256.to_string());
        let at_home = self.at_home(file.name());
        let info = match self.encrypted {
            _ if at_home => &PUBLISHED,
            true => &ENCRYPTED,
            false => &PRIVATE,
        };
        let label = self.kind.as_ref().map_or_else(String::new, |kind| format!("{} ", kind.label()));
        let state = if self.encrypted { "encrypted " } else { "" };
        let title = format!("{state}{label}private key ({}) in {}", self.format, name_of(file));
        let mut claim = Claim::observation(info, file.subject(), title)
            .fact("format", self.format)
            .fact("key-sha256", self.sha256.to_string());
        if let Some(public) = &self.public {
            claim = claim.fact("public-key-sha256", Digest::of(public).to_string());
        }
        if let Some((_, origin)) = published {
            claim = claim.fact("published", origin);
        }
        let Some(kind) = &self.kind else { return vec![claim] };
        claim = kind_facts(claim, kind);
        if at_home {
            return vec![claim];
        }
        let weak = kind.weakness().map(|why| {
            let title = format!("weak private key in {}: {why}", name_of(file));
            kind_facts(Claim::observation(&WEAK, file.subject(), title), kind)
                .fact("weakness", why)
                .fact("key-sha256", self.sha256.to_string())
        });
        std::iter::once(claim).chain(weak).collect()
    }
}

/// The library in which a key is published, and where.
fn published(sha256: &str) -> Option<(&'static str, &'static str)> {
    let known = include_str!("published-keys.txt").lines().find_map(|line| line.strip_prefix(sha256))?;
    known.trim_start().split_once(' ')
}

fn kind_facts(claim: Claim, kind: &KeyKind) -> Claim {
    let claim = claim.fact("algorithm", kind.algorithm.as_str());
    match kind.bits {
        Some(bits) => claim.fact("bits", i64::from(bits)),
        None => claim,
    }
}

fn private_keys(content: &[u8]) -> Vec<Found> {
    let mut found: Vec<Found> = blocks(content).iter().filter_map(in_pem).collect();
    if content.len() <= 16 << 10 {
        found.extend(whole_file(content));
    }
    found
}

fn in_pem(block: &Block<'_>) -> Option<Found> {
    if !block.label.ends_with("PRIVATE KEY") {
        return None;
    }
    let key = |format, kind, encrypted, public| Found {
        format,
        kind,
        encrypted,
        sha256: Digest::of(&block.content),
        public,
        offset: block.offset as u64,
        length: block.length as u64,
        line: block.line,
    };
    if block.label == "OPENSSH PRIVATE KEY" {
        let (kind, encrypted) = openssh(&block.content)?;
        return Some(key("openssh", Some(kind), encrypted, None));
    }
    let format = match block.label {
        "RSA PRIVATE KEY" => "pkcs1",
        "EC PRIVATE KEY" => "sec1",
        "DSA PRIVATE KEY" => "dsa",
        _ => "pkcs8",
    };
    if block.encrypted {
        return (block.content.len() >= 32).then(|| key(format, None, true, None));
    }
    let private = private_key(&block.content)?;
    let encrypted = private.kind.is_none();
    Some(key(format, private.kind, encrypted, private.public))
}

fn whole_file(content: &[u8]) -> Option<Found> {
    let (outer, rest) = super::der::element(content)
        .unwrap_or((super::der::Element { tag: 0, whole: &[], value: &[] }, content));
    let (format, kind, encrypted, public) = if outer.tag == super::der::SEQUENCE && rest.is_empty() {
        let key = private_key(content)?;
        let encrypted = key.kind.is_none();
        ("der", key.kind, encrypted, key.public)
    } else {
        ("dropbear", Some(dropbear(content)?), false, None)
    };
    Some(Found {
        format,
        kind,
        encrypted,
        sha256: Digest::of(content),
        public,
        offset: 0,
        length: content.len() as u64,
        line: None,
    })
}

/// The next length-prefixed string of an SSH structure.
fn ssh_string<'a>(data: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (size, rest) = data.split_first_chunk::<4>()?;
    let (value, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*size)).ok()?)?;
    *data = rest;
    Some(value)
}

/// The kind of an SSH public key.
fn ssh_kind(mut blob: &[u8]) -> Option<KeyKind> {
    let name = ssh_string(&mut blob)?;
    let kind = |algorithm: &str, bits| Some(KeyKind { algorithm: algorithm.to_owned(), bits });
    match name {
        b"ssh-rsa" => {
            ssh_string(&mut blob)?;
            kind("rsa", Some(bit_length(ssh_string(&mut blob)?)))
        }
        b"ssh-dss" => kind("dsa", Some(bit_length(ssh_string(&mut blob)?))),
        b"ssh-ed25519" => kind("ed25519", Some(256)),
        b"sk-ssh-ed25519@openssh.com" => kind("ed25519-sk", Some(256)),
        b"sk-ecdsa-sha2-nistp256@openssh.com" => kind("ec-sk", Some(256)),
        b"ecdsa-sha2-nistp256" => kind("ec", Some(256)),
        b"ecdsa-sha2-nistp384" => kind("ec", Some(384)),
        b"ecdsa-sha2-nistp521" => kind("ec", Some(521)),
        _ => None,
    }
}

fn openssh(content: &[u8]) -> Option<(KeyKind, bool)> {
    let mut rest = content.strip_prefix(b"openssh-key-v1\0")?;
    let cipher = ssh_string(&mut rest)?;
    ssh_string(&mut rest)?;
    ssh_string(&mut rest)?;
    let (_, after) = rest.split_first_chunk::<4>()?;
    rest = after;
    let kind = ssh_kind(ssh_string(&mut rest)?)?;
    ssh_string(&mut rest)?;
    Some((kind, cipher != b"none"))
}

/// A dropbear host key: the public key's fields followed by the private ones, and nothing else.
fn dropbear(content: &[u8]) -> Option<KeyKind> {
    let kind = ssh_kind(content)?;
    let mut rest = content;
    let mut sizes = Vec::new();
    while !rest.is_empty() {
        sizes.push(ssh_string(&mut rest)?.len());
    }
    // RSA: name e n d [p q]; DSS: name p q g y x; ECDSA: name curve Q d; Ed25519: name and 64 bytes.
    let private = match kind.algorithm.as_str() {
        "rsa" => matches!(sizes.len(), 4 | 6),
        "dsa" => sizes.len() == 6,
        "ec" => sizes.len() == 4,
        "ed25519" => sizes.as_slice() == [11, 64],
        _ => false,
    };
    private.then_some(kind)
}

fn authorized(file: &File<'_>, claims: &mut BTreeMap<Digest, Claim>) {
    for line in lines(file.content) {
        let line_words: Vec<&[u8]> = words(line.bytes).take(64).collect();
        if line_words.first().is_none_or(|word| word.starts_with(b"#")) {
            continue;
        }
        // Options come before the key, a comment after it.
        let key = line_words.windows(2).enumerate().find_map(|(index, pair)| {
            let [name, digits] = pair else { return None };
            let blob = base64(digits)?;
            let mut rest = blob.as_slice();
            (ssh_string(&mut rest)? == *name).then_some((index, blob))
        });
        let Some((index, blob)) = key else { continue };
        let Some(kind) = ssh_kind(&blob) else { continue };
        let comment = line_words.get(index + 2..).unwrap_or_default().join(&b' ');
        let place = || file.location.line(line.number, line.offset);
        let title = format!(
            "{} key may log in: {}",
            kind.label(),
            if comment.is_empty() { "no comment".to_owned() } else { show(&comment) }
        );
        let mut claim = kind_facts(Claim::observation(&AUTHORIZED, file.subject(), title), &kind)
            .fact("key-sha256", Digest::of(&blob).to_string())
            .fact("comment", show(&comment));
        if index > 0 {
            claim = claim.fact("options", show(&line_words.get(..index).unwrap_or_default().join(&b' ')));
        }
        add(claims, claim.at(place()));
        if let Some(why) = kind.weakness() {
            let title = format!("weak key may log in: {why}");
            let claim = kind_facts(Claim::observation(&WEAK, file.subject(), title), &kind)
                .fact("weakness", why)
                .fact("key-sha256", Digest::of(&blob).to_string());
            add(claims, claim.at(place()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden::{claims_of_file, claims_of_tree, tree_of};
    use super::*;
    use proptest::prelude::*;

    fn string(bytes: &[u8]) -> Vec<u8> {
        [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat()
    }

    #[test]
    fn a_dropbear_key_is_told_from_a_public_one() {
        let public = [string(b"ssh-rsa"), string(&[1, 0, 1]), string(&[0x7f; 256])].concat();
        assert!(dropbear(&public).is_none());
        assert_eq!(dropbear(&[public, string(&[5; 256])].concat()).unwrap().label(), "RSA 2047");
        let ed25519 = [string(b"ssh-ed25519"), string(&[9; 64])].concat();
        let claims = claims_of_file(&Keys, "etc/dropbear/key", &ed25519);
        assert_eq!(claims.iter().map(|claim| claim.code.as_str()).collect::<Vec<_>>(), ["key.private"]);
    }

    #[test]
    fn words_about_keys_are_no_keys() {
        let text = b"-----BEGIN RSA PRIVATE KEY-----\nput your key here\n-----END RSA PRIVATE KEY-----\n\
                     -----BEGIN PRIVATE KEY-----\nYWJjZGVmZ2g=\n-----END PRIVATE KEY-----\n";
        assert!(claims_of_file(&Keys, "README", text).is_empty());
        assert!(
            claims_of_file(&Keys, "authorized_keys", b"# ssh-rsa AAAA\nssh-rsa AAAA x\nssh-rsa\n").is_empty()
        );
    }

    #[test]
    fn a_key_in_two_files_is_shared() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/keys/input/");
        let key = std::fs::read(format!("{folder}etc/ssl/private/web.key")).unwrap();
        let host = std::fs::read(format!("{folder}etc/dropbear/dropbear_ed25519_host_key")).unwrap();
        let shared = |files: &[(&str, &[u8])]| {
            let mut claims = claims_of_tree(&Keys, &tree_of(files));
            claims.retain(|claim| claim.code == "key.shared");
            claims.iter().map(|claim| claim.locations.len()).collect::<Vec<_>>()
        };
        assert!(shared(&[("a.key", &[&key[..], &key[..]].concat())]).is_empty(), "twice in one file");
        assert_eq!(shared(&[("a.key", &key), ("b.pem", &key), ("etc/host_key", &host)]), [2]);
        assert_eq!(shared(&[("etc/host_key", &host), ("factory/host_key", &host)]), [2]);
    }

    #[test]
    fn what_has_no_name_goes_by_its_place() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/keys/input/");
        let key = std::fs::read(format!("{folder}etc/ssl/private/device.key")).unwrap();
        let location = Location::exhibit(Digest::of(&key));
        let mut findings = Findings::default();
        Keys.file(&File::new("", &key, &location, Digest::of(&key)), &mut findings);
        let titles: Vec<&str> = findings.claims.iter().map(|claim| claim.title.as_str()).collect();
        assert_eq!(titles.len(), 2);
        assert!(titles.iter().any(|title| title.ends_with(" in the exhibit")), "{titles:?}");
        assert!(titles.iter().any(|title| title.contains(" in the exhibit: ")), "{titles:?}");
    }

    #[test]
    fn a_published_key_is_harmless_at_home_alone() {
        let folder =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/keys/input/usr/lib/libgnutls.so.30");
        let library = std::fs::read(folder).unwrap();
        let codes = |path| {
            claims_of_file(&Keys, path, &library).into_iter().map(|claim| claim.code).collect::<Vec<_>>()
        };
        assert_eq!(codes("usr/lib/libgnutls.so.30"), ["key.self-test"]);
        assert!(codes("etc/ssl/server.key").contains(&"key.private".to_owned()));
    }

    proptest! {
        #[test]
        fn random_bytes(data in proptest::collection::vec(any::<u8>(), 0..300)) {
            for name in ["authorized_keys", "x.key"] {
                let _ = claims_of_file(&Keys, name, &data);
            }
            let _ = (openssh(&data), dropbear(&data), openssh(&[b"openssh-key-v1\0", &data[..]].concat()));
        }
    }
}
