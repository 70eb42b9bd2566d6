//! X.509 certificates in an image, one by one; a large store of them as one claim.
//!
//! Finds: certificates in PEM in any bytes, and in DER where they are the whole file (`.crt`, `.cer`, `.der`); weak
//! and expired ones.
//! How: decodes each candidate as X.509. Expiry is judged against the date that the run is given, never the clock.
//! A file, or a folder of trust anchors, with 10 certificates or more is one claim with counts. Even there a
//! certificate stands alone when it is weak or expired and no authority, or when the same tree holds its private key.
//! When it is wrong: certificates of test suites are certificates as well; roots of version 1, in old stores, cannot
//! say that they are authorities and are then not counted as such.
//! What it misses: PKCS #7, PKCS #12, Java key stores, certificates that programs hold in DER; in a store, which of
//! its authorities are expired (they are counted).
//! Source: RFC 5280, RFC 7468; NIST SP 800-131A for algorithms.

use super::der::{KeyKind, public_kind};
use super::pem::blocks;
use super::text::{name_of, show};
use crate::probe::{Description, File, Findings, KEEP_LIMIT, Probe, Tree};
use banbury_evidence::{Claim, CodeInfo, Digest, Grade, Location, ObjectKind, Subject};
use std::collections::{BTreeMap, BTreeSet};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Certificates.
pub struct Certificates;

static CERTIFICATE: CodeInfo = CodeInfo {
    code: "certificate",
    title: "Certificate",
    grade: Grade::Info,
    meaning: "The image holds this certificate: the device shows it to others, or trusts what it signs.",
    remedy: "Check that each certificate is still needed and who holds its private key.",
    cwe: &[],
};

static WEAK: CodeInfo = CodeInfo {
    code: "certificate.weak",
    title: "Weak certificate",
    grade: Grade::Medium,
    meaning: "The certificate has a key that is too short, or is signed with MD5 or SHA-1, for which collisions can be \
              made: another certificate may be made to pass for it.",
    remedy: "Have the certificate issued again with RSA of 3072 bits or P-256, and SHA-256.",
    cwe: &[326, 328],
};

static EXPIRED: CodeInfo = CodeInfo {
    code: "certificate.expired",
    title: "Expired certificate",
    grade: Grade::Low,
    meaning: "The certificate is past its last day. Peers refuse it, or have been taught not to check.",
    remedy: "Replace it, and check that its users verify dates.",
    cwe: &[298],
};

static BUNDLE: CodeInfo = CodeInfo {
    code: "certificate.bundle",
    title: "Store of certificates",
    grade: Grade::Info,
    meaning: "The image holds a store of certificates, most often the authorities that it trusts. Whoever can have a \
              certificate issued by one of them can pose as any server towards it.",
    remedy: "Keep the store current, and trust fewer authorities where the device talks to few servers.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "certificates",
    version: "2",
    finds: "X.509 certificates with their subject, issuer, dates, key and signature; weak and expired ones; stores of authorities",
    how: "decodes PEM blocks in any file and DER files by name; expiry is judged against the date given to the run",
    wrong: "certificates of test suites and examples are claimed as well; roots of version 1 in old stores are not counted as authorities, because they cannot say it",
    misses: &[
        "PKCS #7, PKCS #12 and Java key stores",
        "certificates that a program holds in DER",
        "which authorities of a store of 10 certificates or more are weak or expired; they are counted",
        "expiry, when the run is given no date",
        "whether anything uses the certificate, and whether it is revoked",
    ],
    codes: &[CERTIFICATE, WEAK, EXPIRED, BUNDLE],
    source: "RFC 5280, RFC 7468; NIST SP 800-131A",
};

/// Certificates in one file, or in one folder of trust anchors, from which on they are one claim.
const BUNDLE_FROM: usize = 10;

impl Probe for Certificates {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn keeps(&self, path: &str) -> bool {
        is_anchor(path) || super::keys::by_name(path)
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        findings.looked_at(file.content.len());
        // What is kept is looked at with its tree, where its private key may stand.
        let in_tree = file.location.entry().is_some() && file.content.len() <= KEEP_LIMIT;
        if in_tree && self.keeps(file.path) {
            return;
        }
        let found = find(file.path, file.content);
        if found.is_empty() {
            return;
        }
        let keys = super::keys::public_keys(file.content);
        let found = found.into_iter().map(|one| (file.location, one)).collect();
        Store { found, keys: &keys }.claims(file.location, &name_of(file), findings);
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        let kept =
            tree.entries.iter().filter(|(path, entry)| entry.kind == ObjectKind::File && self.keeps(path));
        let kept: Vec<(&str, &Location, &[u8])> = kept
            .filter_map(|(path, entry)| Some((path.as_str(), &entry.location, entry.content.as_deref()?)))
            .collect();
        let mut stores: BTreeMap<&str, Vec<(&Location, Certificate)>> = BTreeMap::new();
        for (path, location, content) in &kept {
            let found = find(path, content);
            if !found.is_empty() {
                let store = anchor(path).map_or(*path, |folder| folder.trim_end_matches('/'));
                stores.entry(store).or_default().extend(found.into_iter().map(|one| (*location, one)));
            }
        }
        if stores.is_empty() {
            return;
        }
        let keys = kept.iter().flat_map(|(_, _, content)| super::keys::public_keys(content)).collect();
        for (path, found) in stores {
            let whole = tree.entries.get(path).map_or(&tree.location, |entry| &entry.location);
            Store { found, keys: &keys }.claims(whole, path, findings);
        }
    }
}

/// The certificates of one file or of one folder of trust anchors, each with the place of its file.
struct Store<'s> {
    found: Vec<(&'s Location, Certificate)>,
    /// The public halves of the private keys that stand near it.
    keys: &'s BTreeSet<Digest>,
}

impl Store<'_> {
    /// Claims each certificate, or all of them as one where they are many, and then each that stands out.
    fn claims(&self, whole: &Location, place: &str, findings: &mut Findings) {
        findings.uses_as_of |= !self.found.is_empty();
        let as_of = findings.as_of;
        let unique: BTreeMap<Digest, &Certificate> =
            self.found.iter().map(|(_, one)| (one.sha256, one)).collect();
        let many = unique.len() >= BUNDLE_FROM;
        if many {
            findings.claim(bundle(&unique, whole, place, as_of));
        }
        let mut seen: BTreeMap<Digest, usize> = BTreeMap::new();
        for (location, one) in &self.found {
            let alone = !one.is_ca && (!one.weaknesses().is_empty() || one.is_expired(as_of));
            if many && !alone && !self.keys.contains(&one.public_key) {
                continue;
            }
            let place = Location { line: one.line, ..location.range(one.offset, one.length) };
            for claim in one.claims(&location.subject(), as_of) {
                let known = seen.get(&claim.fingerprint()).and_then(|&index| findings.claims.get_mut(index));
                if let Some(known) = known {
                    known.locations.push(place.clone());
                } else {
                    seen.insert(claim.fingerprint(), findings.claims.len());
                    findings.claim(claim.at(place.clone()));
                }
            }
        }
    }
}

/// Folders of trust anchors.
const ANCHORS: [&str; 5] = [
    "etc/ssl/certs/",
    "usr/share/ca-certificates/",
    "etc/pki/ca-trust/",
    "etc/pki/tls/certs/",
    "usr/local/share/ca-certificates/",
];

/// The folder of trust anchors that a path stands in, with its closing `/`.
fn anchor(path: &str) -> Option<&str> {
    ANCHORS.iter().find_map(|folder| {
        let at = path.find(folder)?;
        let (above, whole) = (path.get(..at)?, path.get(..at + folder.len())?);
        (above.is_empty() || above.ends_with('/')).then_some(whole)
    })
}

fn is_anchor(path: &str) -> bool {
    anchor(path).is_some()
}

fn bundle(
    found: &BTreeMap<Digest, &Certificate>,
    whole: &Location,
    place: &str,
    as_of: Option<i64>,
) -> Claim {
    let count = |matches: &dyn Fn(&Certificate) -> bool| {
        i64::try_from(found.values().filter(|one| matches(one)).count()).unwrap_or(i64::MAX)
    };
    let hashes: Vec<u8> = found.keys().flat_map(|hash| hash.to_string().into_bytes()).collect();
    let title = format!("store of {} certificates in {place}", found.len());
    let mut claim = Claim::observation(&BUNDLE, whole.subject(), title)
        .fact("place", place)
        .fact("certificates", count(&|_| true))
        .fact("authorities", count(&|one| one.is_ca))
        .fact("weak", count(&|one| !one.weaknesses().is_empty()))
        .fact("set-sha256", Digest::of(&hashes).to_string())
        .at(whole.clone());
    if let Some(day) = as_of {
        claim = claim
            .fact("expired", count(&|one| one.is_expired(as_of)))
            .note(format!("expiry judged as of {}", date(day)));
    }
    claim
}

/// A certificate in some bytes.
#[derive(Debug)]
pub struct Certificate {
    /// Its subject, as RFC 4514 writes names.
    pub subject: String,
    /// SHA-256 of the certificate.
    pub sha256: Digest,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub public_key: Digest,
    /// Where it starts.
    pub offset: u64,
    /// Bytes that it takes there.
    pub length: u64,
    issuer: String,
    serial: String,
    not_before: i64,
    not_after: i64,
    kind: Option<KeyKind>,
    signature: String,
    self_signed: bool,
    is_ca: bool,
    line: Option<u32>,
}

/// The certificates in the file at `path`.
pub fn find(path: &str, content: &[u8]) -> Vec<Certificate> {
    let mut found = Vec::new();
    for block in blocks(content) {
        let named = matches!(block.label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE");
        if let Some(one) = named.then(|| Certificate::read(&block.content)).flatten() {
            let (offset, length) = (block.offset as u64, block.length as u64);
            found.push(Certificate { offset, length, line: block.line, ..one });
        }
    }
    let named = [".crt", ".cer", ".der"].iter().any(|end| path.to_ascii_lowercase().ends_with(end));
    if found.is_empty() && named && content.first() == Some(&0x30) {
        found.extend(Certificate::read(content));
    }
    found
}

impl Certificate {
    fn read(der: &[u8]) -> Option<Self> {
        let (rest, parsed) = X509Certificate::from_der(der).ok()?;
        let whole = der.get(..der.len().checked_sub(rest.len())?)?;
        let tbs = &parsed.tbs_certificate;
        let oid = parsed.signature_algorithm.algorithm.to_id_string();
        let known = SIGNATURES.iter().find(|(number, _)| *number == oid);
        Some(Self {
            subject: show(tbs.subject.to_string().as_bytes()),
            sha256: Digest::of(whole),
            public_key: Digest::of(tbs.subject_pki.raw),
            offset: 0,
            length: whole.len() as u64,
            issuer: show(tbs.issuer.to_string().as_bytes()),
            serial: parsed.raw_serial().iter().take(32).map(|byte| format!("{byte:02x}")).collect(),
            not_before: tbs.validity.not_before.timestamp(),
            not_after: tbs.validity.not_after.timestamp(),
            kind: public_kind(tbs.subject_pki.raw),
            signature: known.map_or(oid, |(_, name)| (*name).to_owned()),
            self_signed: tbs.subject.as_raw() == tbs.issuer.as_raw(),
            // Version 1 cannot say that it is an authority, and one that signs itself need not be one.
            is_ca: parsed.is_ca(),
            line: None,
        })
    }

    fn is_expired(&self, as_of: Option<i64>) -> bool {
        as_of.is_some_and(|as_of| self.not_after < as_of)
    }

    fn weaknesses(&self) -> Vec<String> {
        let mut weak = Vec::new();
        weak.extend(self.kind.as_ref().and_then(KeyKind::weakness));
        // Nobody relies on a signature over oneself: such a certificate is trusted, or not, by other means.
        if !self.self_signed && (self.signature.starts_with("md") || self.signature.starts_with("sha1")) {
            weak.push(format!("signed with {}", self.signature));
        }
        weak
    }

    fn claims(&self, subject: &Subject, as_of: Option<i64>) -> Vec<Claim> {
        let name = if self.subject.is_empty() { "(no subject)" } else { self.subject.as_str() };
        let observe = |info: &CodeInfo, title: String| {
            Claim::observation(info, subject.clone(), title)
                .fact("subject", self.subject.as_str())
                .fact("sha256", self.sha256.to_string())
                .fact("not-after", date(self.not_after))
        };
        let mut claim = observe(&CERTIFICATE, format!("certificate of {name}"))
            .fact("issuer", self.issuer.as_str())
            .fact("serial", self.serial.as_str())
            .fact("not-before", date(self.not_before))
            .fact("signature", self.signature.as_str())
            .fact("self-signed", self.self_signed)
            .fact("authority", self.is_ca)
            .fact("public-key-sha256", self.public_key.to_string());
        if let Some(kind) = &self.kind {
            claim = claim.fact("algorithm", kind.algorithm.as_str());
            if let Some(bits) = kind.bits {
                claim = claim.fact("bits", i64::from(bits));
            }
        }
        let mut claims = vec![claim];
        let weak = self.weaknesses();
        if !weak.is_empty() {
            let title = format!("weak certificate of {name}: {}", weak.join("; "));
            claims.push(observe(&WEAK, title).fact("weakness", weak));
        }
        if let Some(as_of) = as_of.filter(|as_of| self.not_after < *as_of) {
            let title = format!("certificate of {name} expired on {}", date(self.not_after));
            claims.push(observe(&EXPIRED, title).note(format!("judged as of {}", date(as_of))));
        }
        claims
    }
}

/// Signature algorithms by object identifier.
const SIGNATURES: [(&str, &str); 15] = [
    ("1.2.840.113549.1.1.2", "md2-rsa"),
    ("1.2.840.113549.1.1.4", "md5-rsa"),
    ("1.2.840.113549.1.1.5", "sha1-rsa"),
    ("1.3.14.3.2.29", "sha1-rsa"),
    ("1.2.840.113549.1.1.10", "rsa-pss"),
    ("1.2.840.113549.1.1.11", "sha256-rsa"),
    ("1.2.840.113549.1.1.12", "sha384-rsa"),
    ("1.2.840.113549.1.1.13", "sha512-rsa"),
    ("1.2.840.10040.4.3", "sha1-dsa"),
    ("2.16.840.1.101.3.4.3.2", "sha256-dsa"),
    ("1.2.840.10045.4.1", "sha1-ecdsa"),
    ("1.2.840.10045.4.3.2", "sha256-ecdsa"),
    ("1.2.840.10045.4.3.3", "sha384-ecdsa"),
    ("1.2.840.10045.4.3.4", "sha512-ecdsa"),
    ("1.3.101.112", "ed25519"),
];

/// Seconds since 1970 as an ISO 8601 date and time in UTC.
fn date(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Howard Hinnant's days-to-civil, proleptic Gregorian.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    let month = if month_shifted < 10 { month_shifted + 3 } else { month_shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::super::golden::{claims_of_tree, tree_of};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01T00:00:00Z");
        assert_eq!(date(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(date(-1), "1969-12-31T23:59:59Z");
        assert_eq!(date(253_402_300_799), "9999-12-31T23:59:59Z");
    }

    fn corpus(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/certificates/input/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    const STORE: &str = "etc/ssl/certs";

    /// The claims of a folder of anchors that holds the 12 authorities of the corpus and `more`.
    fn of_store(authorities: usize, more: &[(&str, &[u8])]) -> Vec<(String, String)> {
        let bundle = corpus("opt/bundle.pem");
        let text = String::from_utf8(bundle).unwrap();
        let each = text.split_inclusive("-----END CERTIFICATE-----\n").take(authorities);
        let named: Vec<(String, &[u8])> = each
            .enumerate()
            .map(|(index, pem)| (format!("{STORE}/{index:02}.pem"), pem.as_bytes()))
            .collect();
        let mut files: Vec<(&str, &[u8])> = named.iter().map(|(path, pem)| (path.as_str(), *pem)).collect();
        files.extend(more);
        let claims = claims_of_tree(&Certificates, &tree_of(&files)).into_iter();
        claims.map(|claim| (claim.code, claim.locations[0].entry().unwrap_or_default().to_owned())).collect()
    }

    #[test]
    fn a_store_of_ten_authorities_is_one_claim() {
        assert_eq!(of_store(10, &[]), [("certificate.bundle".to_owned(), String::new())]);
        let few = of_store(9, &[]);
        assert!(few.len() == 9 && few.iter().all(|(code, _)| code == "certificate"), "{few:?}");
        let first = corpus("opt/bundle.pem");
        let doubled = of_store(9, &[("etc/ssl/certs/again.pem", &first[..first.len() / 12 + 1])]);
        assert!(doubled.iter().all(|(code, _)| code == "certificate"), "a certificate twice counts once");
    }

    #[test]
    fn a_store_hides_no_expired_leaf_and_no_certificate_with_its_key() {
        let at = "etc/ssl/certs/device.crt";
        let named = |codes: &[&str]| -> Vec<(String, String)> {
            let alone = codes.iter().map(|code| ((*code).to_owned(), at.to_owned()));
            [("certificate.bundle".to_owned(), String::new())].into_iter().chain(alone).collect()
        };
        let old = corpus("etc/tls/old.pem");
        let expected = named(&["certificate", "certificate.weak", "certificate.expired"]);
        assert_eq!(of_store(12, &[(at, &old)]), expected);
        // Version 1, signed by itself: no authority, whatever it signs.
        let first = corpus("etc/tls/version-1.pem");
        assert!(!find(at, &first)[0].is_ca);
        assert_eq!(of_store(12, &[(at, &first)]), expected);
        // A sound certificate, and an authority's at that: it stands alone once its private key is there.
        let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/keys/input/etc/");
        let sound = std::fs::read(format!("{keys}tls/web.crt")).unwrap();
        let key = std::fs::read(format!("{keys}ssl/private/web.key")).unwrap();
        assert!(find(at, &sound)[0].is_ca);
        assert_eq!(of_store(12, &[(at, &sound)]), named(&[]));
        assert_eq!(of_store(12, &[(at, &sound), ("opt/server.key", &key)]), named(&["certificate"]));
    }

    #[test]
    fn what_is_in_no_tree_is_looked_at_alone() {
        let bundle = corpus("opt/bundle.pem");
        let location = Location::exhibit(Digest::of(&bundle));
        let mut findings = Findings::default();
        Certificates.file(&File::new("", &bundle, &location, Digest::of(&bundle)), &mut findings);
        let titles: Vec<_> = findings.claims.iter().map(|claim| claim.title.as_str()).collect();
        assert_eq!(titles, ["store of 12 certificates in the exhibit"]);
        assert!(!findings.claims[0].facts.contains_key("expired"), "no date, no expiry");
    }

    #[test]
    fn expiry_needs_a_date() {
        let old = corpus("etc/tls/old.pem");
        let location = Location::exhibit(Digest::of(&old));
        let mut findings = Findings::default();
        Certificates.file(&File::new("old.pem", &old, &location, Digest::of(&old)), &mut findings);
        assert!(findings.claims.iter().all(|claim| claim.code != "certificate.expired"));
        let claims = claims_of_tree(&Certificates, &tree_of(&[("old.pem", &old)]));
        assert!(claims.iter().any(|claim| claim.code == "certificate.expired"));
    }

    proptest! {
        #[test]
        fn flips(at: proptest::sample::Index, value: u8, cut: proptest::sample::Index) {
            let pem = corpus("etc/tls/authority.pem");
            let mut der = blocks(&pem)[0].content.clone();
            let at = at.index(der.len());
            der[at] = value;
            let cut = cut.index(der.len());
            let _ = (find("x.der", &der), find("x.der", &der[..cut]));
        }
    }
}
