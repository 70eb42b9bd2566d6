//! X.509 certificates in an image, one by one; a store of authorities as one claim.
//!
//! Finds: certificates in PEM in any bytes, and in DER where they are the whole file (`.crt`, `.cer`, `.der`); weak
//! and expired ones.
//! How: decodes each candidate as X.509. Expiry is judged against the date that the run is given, never the clock.
//! A file with more than 10 certificates, and the authorities in a folder of trust anchors, are one claim with counts.
//! When it is wrong: certificates of test suites are certificates as well; a self-signed certificate is called weak
//! for its signature unless it is an authority, though some clients pin it and never check that signature.
//! What it misses: PKCS #7, PKCS #12, Java key stores, certificates that programs hold in DER.
//! Source: RFC 5280, RFC 7468; NIST SP 800-131A for algorithms.

use super::der::{KeyKind, public_kind};
use super::pem::blocks;
use super::text::show;
use crate::probe::{Description, File, Findings, Probe, Tree};
use banbury_evidence::{Claim, CodeInfo, Digest, Grade, Location, ObjectKind, Subject};
use std::collections::BTreeMap;
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
    title: "Store of certificate authorities",
    grade: Grade::Info,
    meaning: "The image holds a store of certificates, most often the authorities that it trusts. Whoever can have a \
              certificate issued by one of them can pose as any server towards it.",
    remedy: "Keep the store current, and trust fewer authorities where the device talks to few servers.",
    cwe: &[],
};

static DESCRIPTION: Description = Description {
    name: "certificates",
    version: "1",
    finds: "X.509 certificates with their subject, issuer, dates, key and signature; weak and expired ones; stores of authorities",
    how: "decodes PEM blocks in any file and DER files by name; expiry is judged against the date given to the run",
    wrong: "certificates of test suites and examples are claimed as well; a pinned self-signed certificate is called weak for a signature nobody checks",
    misses: &[
        "PKCS #7, PKCS #12 and Java key stores",
        "certificates that a program holds in DER",
        "expiry, when the run is given no date",
        "whether anything uses the certificate, and whether it is revoked",
    ],
    codes: &[CERTIFICATE, WEAK, EXPIRED, BUNDLE],
    source: "RFC 5280, RFC 7468; NIST SP 800-131A",
};

/// Certificates in one file from which on they are one claim.
const BUNDLE_FROM: usize = 11;

impl Probe for Certificates {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn keeps(&self, path: &str) -> bool {
        is_anchor(path)
    }

    fn file(&self, file: &File<'_>, findings: &mut Findings) {
        findings.looked_at(file.content.len());
        let found = find(file.path, file.content);
        findings.uses_as_of |= !found.is_empty();
        let count = found.len();
        if count >= BUNDLE_FROM {
            if !is_anchor(file.path) {
                let title = format!("{count} certificates in {}", file.name());
                findings
                    .claim(bundle(&found, file.subject(), title, findings.as_of).at(file.location.clone()));
            }
            return;
        }
        let mut seen: BTreeMap<(&str, Digest), usize> = BTreeMap::new();
        for certificate in found.iter().filter(|one| !(one.is_ca && is_anchor(file.path))) {
            let place = file.location.range(certificate.offset, certificate.length);
            let place = Location { line: certificate.line, ..place };
            for claim in certificate.claims(&file.subject(), findings.as_of) {
                let code = DESCRIPTION
                    .codes
                    .iter()
                    .find(|info| info.code == claim.code)
                    .map_or("", |info| info.code);
                let known =
                    seen.get(&(code, certificate.sha256)).and_then(|&index| findings.claims.get_mut(index));
                if let Some(known) = known {
                    known.locations.push(place.clone());
                } else {
                    seen.insert((code, certificate.sha256), findings.claims.len());
                    findings.claim(claim.at(place.clone()));
                }
            }
        }
    }

    fn tree(&self, tree: &Tree, findings: &mut Findings) {
        let mut folders: BTreeMap<&str, Vec<Certificate>> = BTreeMap::new();
        for (path, entry) in &tree.entries {
            let Some(content) = entry.content.as_deref() else { continue };
            if entry.kind == ObjectKind::File && is_anchor(path) {
                let mut found = find(path, content);
                if found.len() < BUNDLE_FROM {
                    found.retain(|certificate| certificate.is_ca);
                }
                let folder = ANCHORS.iter().find_map(|anchor| path.get(..path.find(anchor)? + anchor.len()));
                folders.entry(folder.unwrap_or(path)).or_default().extend(found);
            }
        }
        findings.uses_as_of |= !folders.is_empty();
        for (folder, found) in folders.iter().filter(|(_, found)| !found.is_empty()) {
            let folder = folder.trim_end_matches('/');
            let location = tree.entries.get(folder).map_or(&tree.location, |entry| &entry.location);
            let mut claim = bundle(
                found,
                location.subject(),
                format!("certificate authorities in {folder}"),
                findings.as_of,
            );
            claim = claim.fact("folder", folder).at(location.clone());
            findings.claim(claim);
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

fn is_anchor(path: &str) -> bool {
    ANCHORS.iter().any(|folder| {
        path.find(folder)
            .is_some_and(|at| at == 0 || path.get(..at).is_some_and(|before| before.ends_with('/')))
    })
}

fn bundle(found: &[Certificate], subject: Subject, title: String, as_of: Option<i64>) -> Claim {
    let by_hash: BTreeMap<Digest, &Certificate> = found.iter().map(|one| (one.sha256, one)).collect();
    let count = |matches: &dyn Fn(&Certificate) -> bool| {
        i64::try_from(by_hash.values().filter(|one| matches(one)).count()).unwrap_or(i64::MAX)
    };
    let hashes: Vec<u8> = by_hash.keys().flat_map(|hash| hash.to_string().into_bytes()).collect();
    let mut claim = Claim::observation(&BUNDLE, subject, title)
        .fact("certificates", count(&|_| true))
        .fact("authorities", count(&|one| one.is_ca))
        .fact("weak", count(&|one| !one.weaknesses().is_empty()))
        .fact("set-sha256", Digest::of(&hashes).to_string());
    if let Some(as_of) = as_of {
        // A remark and not a fact: it changes with the date of the run, not with the image.
        let expired = count(&|one| one.not_after < as_of);
        claim = claim.note(format!("{expired} of them expired before {}", date(as_of)));
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
            is_ca: parsed.is_ca() || (tbs.version.0 == 0 && tbs.subject.as_raw() == tbs.issuer.as_raw()),
            line: None,
        })
    }

    fn weaknesses(&self) -> Vec<String> {
        let mut weak = Vec::new();
        weak.extend(self.kind.as_ref().and_then(KeyKind::weakness));
        // Nobody relies on the signature of an authority over itself.
        let relied_on = !(self.self_signed && self.is_ca);
        if relied_on && (self.signature.starts_with("md") || self.signature.starts_with("sha1")) {
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
    use super::super::golden::{claims_of_file, claims_of_tree, tree_of};
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

    #[test]
    fn a_trust_store_is_one_claim() {
        let authority = corpus("etc/tls/authority.pem");
        let paths = ["etc/ssl/certs/a.pem", "etc/ssl/certs/b.pem"];
        assert!(claims_of_file(&Certificates, paths[0], &authority).is_empty());
        let claims =
            claims_of_tree(&Certificates, &tree_of(&[(paths[0], &authority), (paths[1], &authority)]));
        assert_eq!(claims.len(), 1);
        assert_eq!(claims[0].facts["certificates"].to_text(), "1", "the same certificate twice is one");
    }

    #[test]
    fn expiry_needs_a_date() {
        let old = corpus("etc/tls/old.pem");
        let location = Location::exhibit(Digest::of(&old));
        let mut findings = Findings::default();
        Certificates.file(&File::new("old.pem", &old, &location, Digest::of(&old)), &mut findings);
        assert!(findings.claims.iter().all(|claim| claim.code != "certificate.expired"));
        assert!(
            claims_of_file(&Certificates, "old.pem", &old)
                .iter()
                .any(|claim| claim.code == "certificate.expired")
        );
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
