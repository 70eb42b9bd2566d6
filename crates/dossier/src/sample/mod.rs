//! Reports for tests: a small one full of hostile text, and a richer one to look at. All vendors are invented.

mod island;
mod traffic;

pub(crate) use island::island;

use crate::{CaseReport, Explanation, InspectReport};
use banbury_evidence::case::Publisher;
use banbury_evidence::{
    Claim, CodeInfo, Digest, Examination, Exhibit, ExhibitKind, Grade, Location, MeasureResult, Object,
    ObjectKind, RegimeResult, Region, RegionClass, RunReport, Skipped, Status, Step, Subject, SubjectKind,
    SubjectVerdict, Verdict, Weight,
    ledger::{StoredClaim, StoredRun},
    model::{Device, Function, Interception, Link, Model, Site, Source, Table},
};
use banbury_regime::Certainty;
use banbury_regime::outlook::{
    Answer, Asked, Cell, Change, Column, Covered, Disagreement, Element, Matrix, Moment, Outlook, Row, Side,
    Timeline, Trust, Turn,
};
use std::collections::BTreeMap;

/// Text that would do harm where it is not escaped.
pub(crate) const HOSTILE: &str = "<script>alert('x')</script>\" onload=\"x & \u{202e}gnp.exe\0";

pub(crate) fn info(code: &'static str, grade: Grade) -> CodeInfo {
    CodeInfo { code, title: "t", grade, meaning: "m", remedy: "r", cwe: &[] }
}

pub(crate) fn explanations() -> BTreeMap<String, Explanation> {
    let entry = |title: &str, meaning: &str, remedy: &str, cwe: &[u32]| Explanation {
        title: title.to_owned(),
        meaning: meaning.to_owned(),
        remedy: remedy.to_owned(),
        cwe: cwe.to_vec(),
        techniques: Vec::new(),
    };
    BTreeMap::from([
        (
            "credential.empty-password".to_owned(),
            entry(
                "Account without a password",
                "The password field of an account is empty: anyone who reaches a log-in prompt can take the account.",
                "Lock the account, or set a password at first start that no other device shares.",
                &[258, 1392],
            ),
        ),
        (
            "key.private".to_owned(),
            entry(
                "Private key in the image",
                "The image holds a private key. Whoever has read the image holds it too, and so does every device that runs it.",
                "Make the key on each device at first start; withdraw this one and whatever it signed.",
                &[321],
            ),
        ),
        (
            "service.cleartext".to_owned(),
            entry(
                "Service without encryption started at boot",
                "A service that carries credentials in the clear is started at boot; who sees the traffic sees them.",
                "Turn it off, or replace it by one that encrypts.",
                &[319],
            ),
        ),
        (
            "hardening.missing".to_owned(),
            entry(
                "Executable without a common protection",
                "The executable was built without a protection that its compiler offers; a memory error in it is easier to use.",
                "Build with position-independent code, full RELRO and stack protection.",
                &[693],
            ),
        ),
        (
            "component".to_owned(),
            entry("Software component", "The image holds this software.", "Nothing.", &[]),
        ),
    ])
}

pub(crate) fn file_step(offset: u64, entry: &str) -> Step {
    Step { format: "squashfs".to_owned(), offset, entry: Some(entry.to_owned()), at: None }
}

pub(crate) fn region(offset: u64, length: u64, class: RegionClass, note: &str) -> Region {
    Region { offset, length, class, note: note.to_owned(), attributes: BTreeMap::new(), entropy: None }
}

pub(crate) fn object(
    ordinal: u32,
    parent: Option<u32>,
    location: Location,
    kind: ObjectKind,
    size: u64,
) -> Object {
    Object {
        ordinal,
        parent,
        location,
        kind,
        size,
        sha256: (kind == ObjectKind::File).then(|| Digest::of(&ordinal.to_le_bytes())),
        sha1: Some(Digest::sha1_of(&ordinal.to_le_bytes())),
        format: None,
        mode: (kind == ObjectKind::File).then_some(0o644),
        target: None,
        regions: Vec::new(),
    }
}

fn examination() -> Examination {
    let exhibit = Digest::of(b"a small image");
    let whole = Location::exhibit(exhibit);
    let mut first = object(0, None, whole.clone(), ObjectKind::Exhibit, 65536);
    let mut header = region(0, 64, RegionClass::Known, "uimage");
    header.attributes.insert("name".to_owned(), HOSTILE.to_owned());
    let mut noise = region(61440, 4096, RegionClass::Opaque, "");
    noise.entropy = Some(7990);
    first.regions = vec![
        header,
        region(64, 4032, RegionClass::Padding, "0x00"),
        region(4096, 57344, RegionClass::Known, "squashfs"),
        noise,
    ];
    let shadow = whole.inside(file_step(4096, "etc/shadow"));
    let hostile = whole.inside(file_step(4096, HOSTILE));
    let long = whole.inside(file_step(4096, &"n".repeat(4096)));
    let gzip = whole.inside(file_step(4096, "boot/Image.gz")).inside(Step {
        format: "gzip".to_owned(),
        offset: 0,
        entry: None,
        at: None,
    });
    let mut archive =
        object(4, Some(0), whole.inside(file_step(4096, "boot/Image.gz")), ObjectKind::File, 300);
    archive.regions = vec![region(0, 300, RegionClass::Known, "gzip")];
    let objects = vec![
        first,
        object(1, Some(0), shadow.clone(), ObjectKind::File, 40),
        object(2, Some(0), hostile.clone(), ObjectKind::File, 10),
        object(3, Some(0), long.clone(), ObjectKind::File, 10),
        archive,
        object(5, Some(4), gzip.clone(), ObjectKind::Stream, 900),
    ];
    let component = |name: &str, version: &str, at: Location, method: &str| {
        Claim::observation(&info("component", Grade::Info), at.subject(), format!("{name} {version}"))
            .fact("name", name)
            .fact("version", version)
            .fact("purl", format!("pkg:generic/{name}@{version}"))
            .fact("cpe", format!("cpe:2.3:a:{name}:{name}:{version}:*:*:*:*:*:*:*"))
            .fact("method", method)
            .at(at)
    };
    let known = |vulnerability: &str, state: &str, reason: &str, at: &Location| {
        let title = format!("{vulnerability} in busybox 1.35.0: {state}");
        Claim::observation(&info("known-vulnerability", Grade::Info), at.subject(), title)
            .fact("component", "busybox")
            .fact("version", "1.35.0")
            .fact("purl", "pkg:generic/busybox@1.35.0")
            .fact("cpe", "cpe:2.3:a:busybox:busybox:1.35.0:*:*:*:*:*:*:*")
            .fact("vulnerability", vulnerability)
            .fact("state", state)
            .fact("reason", reason)
            .at(at.clone())
    };
    let vulnerabilities = [
        known("CVE-2099-0001", "affected", "in-range", &shadow)
            .fact("exploited", "2099-01-02")
            .fact("exploited-source", "CISA KEV"),
        known("CVE-2099-0002", "not-affected", "applet-absent", &shadow),
        known(HOSTILE, "cannot-tell", "bounds-straddle", &shadow),
    ];
    let mut claims = vec![
        Claim::observation(
            &info("credential.empty-password", Grade::High),
            shadow.subject(),
            "root has no password: {0} [x](y)",
        )
        .fact("account", "root")
        .fact("login", true)
        .note("Second remark.")
        .at(shadow.line(2, 17)),
        Claim::observation(&info("key.private", Grade::High), hostile.subject(), HOSTILE)
            .fact("path", HOSTILE)
            .fact("list", vec!["a".to_owned(), HOSTILE.to_owned()])
            .at(hostile.range(3, 4)),
        Claim {
            weight: Some(Weight {
                decibans: 12.5,
                low: 9.0,
                high: 16.0,
                basis: "corpus a, table 1".to_owned(),
            }),
            ..Claim::observation(&info("hardening.missing", Grade::Low), long.subject(), "No PIE")
                .fact("bits", 32)
                .at(long)
        },
        Claim::observation(&info("unexplained.code", Grade::Info), gzip.subject(), "Kernel")
            .at(gzip.range(0, 10)),
        component("busybox", "1.35.0", shadow.clone(), "dpkg"),
        component("busybox", "1.35.0", gzip, "version string"),
    ];
    claims.extend(vulnerabilities);
    Examination {
        exhibit,
        size: 65536,
        confinement: BTreeMap::from([("landlock".to_owned(), "on, ABI 4".to_owned())]),
        objects,
        runs: vec![
            RunReport {
                probe: "unpack".to_owned(),
                version: "1".to_owned(),
                parameters: BTreeMap::from([("depth".to_owned(), "8".to_owned())]),
                status: Status::Incomplete,
                looked: 6,
                bytes: 65536,
                skipped: vec![Skipped {
                    what: HOSTILE.to_owned(),
                    why: "over the limit of depth".to_owned(),
                }],
                claims: Vec::new(),
            },
            RunReport {
                probe: "credentials".to_owned(),
                version: "1".to_owned(),
                parameters: BTreeMap::new(),
                status: Status::Complete,
                looked: 6,
                bytes: 65536,
                skipped: Vec::new(),
                claims,
            },
            supported(&shadow),
        ],
    }
}

/// A look-up of support: each state once.
fn supported(at: &Location) -> RunReport {
    let claim = |code: &'static str, grade: Grade, product: &str, reason: &str| {
        Claim::observation(&info(code, grade), at.subject(), format!("{product}: {reason}"))
            .fact("component", product)
            .fact("product", product)
            .fact("reason", reason)
            .fact("source", "endoflife.date")
            .at(at.clone())
    };
    RunReport {
        probe: banbury_software::support::PROBE.to_owned(),
        version: "1".to_owned(),
        parameters: BTreeMap::from([
            ("as-of".to_owned(), "2019-03-28".to_owned()),
            ("not-in-feed".to_owned(), "3".to_owned()),
            ("feed endoflife products.json".to_owned(), format!("{} 2019-03-01", "5".repeat(64))),
        ]),
        status: Status::Complete,
        looked: 6,
        bytes: 0,
        skipped: Vec::new(),
        claims: vec![
            claim(banbury_software::support::ENDED, Grade::Low, "debian", "past-end")
                .fact("version", "7")
                .fact("cycle", "7")
                .fact("ends", "2016-04-25")
                .dated("packages", 214)
                .dated("detail", "debian 7 was supported until 2016-04-25"),
            claim(banbury_software::support::UNTIL, Grade::Info, "openssl", "before-end")
                .fact("version", "1.1.1b")
                .fact("cycle", "1.1.1")
                .fact("ends", "2023-09-11")
                .dated("latest", "1.1.1b")
                .dated("detail", "openssl 1.1.1 is supported until 2023-09-11"),
            claim(banbury_software::support::UNKNOWN, Grade::Info, HOSTILE, "no-cycle")
                .dated("detail", HOSTILE),
        ],
    }
}

/// An invented publisher.
pub(crate) fn publisher() -> Publisher {
    Publisher {
        name: "Island Laboratory".to_owned(),
        namespace: Some("https://lab.example".to_owned()),
        category: None,
        contact: Some("lab@example.org".to_owned()),
    }
}

/// An inspection of one small image, hostile texts in it.
pub(crate) fn inspection() -> InspectReport {
    InspectReport {
        as_of: "2019-03-28".to_owned(),
        examinations: vec![("images/small router.bin".to_owned(), examination())],
        explanations: explanations(),
        publisher: Some(publisher()),
    }
}

/// An inspection of nothing.
pub(crate) fn empty_inspection() -> InspectReport {
    InspectReport {
        as_of: "2019-03-28".to_owned(),
        examinations: Vec::new(),
        explanations: BTreeMap::new(),
        publisher: None,
    }
}

/// A case without anything in it.
pub(crate) fn empty_case() -> CaseReport {
    CaseReport {
        exploitation: Err("there is no feed database".to_owned()),
        name: "empty".to_owned(),
        created_by: "banbury 0.1.0".to_owned(),
        as_of: "2019-03-28".to_owned(),
        exhibits: Vec::new(),
        model: Model::default(),
        regimes: Vec::new(),
        claims: Vec::new(),
        objects: BTreeMap::new(),
        runs: Vec::new(),
        diagnostics: Vec::new(),
        explanations: BTreeMap::new(),
        publisher: None,
        outlook: Outlook::default(),
    }
}

/// What the ledger would give back for an examination.
pub(crate) fn stored(examination: &Examination, first_run: i64) -> (Vec<StoredClaim>, Vec<StoredRun>) {
    let mut claims = Vec::new();
    let mut runs = Vec::new();
    for (id, run) in (first_run..).zip(&examination.runs) {
        runs.push(StoredRun {
            id,
            probe: run.probe.clone(),
            version: run.version.clone(),
            exhibit: Some(examination.exhibit),
            parameters: run.parameters.clone(),
            status: run.status,
            looked: run.looked,
            bytes: run.bytes,
            confinement: examination.confinement.clone(),
            started_at: "2019-03-28T00:00:00Z".to_owned(),
            duration_ms: 12,
            skipped: run.skipped.clone(),
        });
        claims.extend(run.claims.iter().map(|claim| StoredClaim {
            fingerprint: claim.fingerprint(),
            claim: claim.clone(),
            probe: run.probe.clone(),
            probe_version: run.version.clone(),
            exhibit: Some(examination.exhibit),
            state: "active".to_owned(),
            disposition: None,
        }));
    }
    (claims, runs)
}

/// A small case with hostile text in every field that comes from an input.
pub(crate) fn hostile() -> CaseReport {
    let examination = examination();
    let (mut claims, runs) = stored(&examination, 1);
    claims[2].state = "superseded".to_owned();
    claims[1].disposition = Some(HOSTILE.to_owned());
    claims.push(StoredClaim {
        fingerprint: Digest::of(b"table"),
        claim: Claim::observation(
            &info("network.row", Grade::Low),
            Subject::named(SubjectKind::Device, HOSTILE),
            HOSTILE,
        ),
        probe: "network.import".to_owned(),
        probe_version: "1".to_owned(),
        exhibit: None,
        state: "active".to_owned(),
        disposition: None,
    });
    let text = || Some(HOSTILE.to_owned());
    let source = Source { file: HOSTILE.to_owned(), line: 3 };
    let device = |name: &str, image: Option<String>| Device {
        name: name.to_owned(),
        site: text(),
        role: text(),
        manufacturer: text(),
        device_type: text(),
        platform: text(),
        software: text(),
        image,
        segment: text(),
        address: text(),
        power: text(),
        status: text(),
        installed: text(),
        support_end: text(),
        cost: Some(12),
        source: source.clone(),
    };
    let long = "d".repeat(4096);
    let model = Model {
        tables: vec![Table {
            table: "devices".to_owned(),
            file: HOSTILE.to_owned(),
            rows: 3,
            rejected: 1,
            attribution: text(),
            synthetic: text(),
            missing: text(),
        }],
        sites: vec![Site {
            name: HOSTILE.to_owned(),
            region: text(),
            sensitive: Some(true),
            subscribers: Some(1200),
            source: source.clone(),
            ..Site::default()
        }],
        devices: vec![
            device(HOSTILE, Some("small.bin".to_owned())),
            device(&long, Some("elsewhere.bin".to_owned())),
            Device { name: "bare".to_owned(), source: source.clone(), ..Device::default() },
        ],
        functions: vec![
            Function { device: HOSTILE.to_owned(), function: "AMF".to_owned(), source: source.clone() },
            Function { device: "bare".to_owned(), function: HOSTILE.to_owned(), source: source.clone() },
        ],
        links: vec![
            Link {
                name: HOSTILE.to_owned(),
                a_device: HOSTILE.to_owned(),
                b_device: "bare".to_owned(),
                medium: text(),
                capacity_mbps: Some(10),
                source: source.clone(),
                ..Link::default()
            },
            Link { a_device: "bare".to_owned(), b_device: "not in the table".to_owned(), ..Link::default() },
        ],
        interceptions: vec![Interception {
            device: HOSTILE.to_owned(),
            part: "POI".to_owned(),
            operator: text(),
            source,
        }],
        ..Model::default()
    };
    let subject = |subject: &str, verdict| SubjectVerdict {
        subject: subject.to_owned(),
        verdict,
        reason: HOSTILE.to_owned(),
    };
    let mut report = CaseReport {
        exploitation: Err("there is no feed database".to_owned()),
        name: HOSTILE.to_owned(),
        created_by: "banbury 0.1.0".to_owned(),
        as_of: "2019-03-28".to_owned(),
        exhibits: vec![
            Exhibit {
                sha256: examination.exhibit,
                name: "small.bin".to_owned(),
                kind: ExhibitKind::Firmware,
                size: examination.size,
            },
            Exhibit {
                sha256: Digest::of(b"x"),
                name: HOSTILE.to_owned(),
                kind: ExhibitKind::Firmware,
                size: 1,
            },
            Exhibit {
                sha256: Digest::of(b"y"),
                name: HOSTILE.to_owned(),
                kind: ExhibitKind::Network,
                size: 1,
            },
        ],
        model,
        regimes: vec![RegimeResult {
            regime: HOSTILE.to_owned(),
            title: HOSTILE.to_owned(),
            version: "1".to_owned(),
            as_of: "2019-03-28".to_owned(),
            measures: vec![MeasureResult {
                measure: HOSTILE.to_owned(),
                title: HOSTILE.to_owned(),
                clause: HOSTILE.to_owned(),
                verdict: Verdict::Breached,
                reason: HOSTILE.to_owned(),
                subjects: vec![
                    subject(HOSTILE, Verdict::Breached),
                    subject(&long, Verdict::Inconclusive),
                    subject("the network", Verdict::Met),
                    subject("bare", Verdict::NotApplicable),
                ],
            }],
        }],
        objects: BTreeMap::from([(examination.exhibit, examination.objects.clone())]),
        claims,
        runs,
        diagnostics: vec![format!("{HOSTILE}\n  second line")],
        explanations: explanations(),
        publisher: Some(publisher()),
        outlook: outlook(),
    };
    traffic::add(&mut report);
    report
}

/// What follows from it, with hostile text in every field that comes from an input.
fn outlook() -> Outlook {
    let text = || HOSTILE.to_owned();
    let side = || Side { regime: text(), measure: text(), reason: text() };
    let cell = Cell { verdict: Verdict::Breached, measures: vec![text()], of: 2, reason: text() };
    let asked = Asked {
        class: text(),
        measures: vec![text(), text(), text(), text()],
        in_some_cases: true,
        note: text(),
        certainty: Certainty::Own,
    };
    let turn = |from, to| Turn {
        regime: text(),
        measure: text(),
        title: text(),
        from,
        to,
        breached: (1, 3),
        reason: text(),
    };
    let moment = |date: &str| Moment {
        date: date.to_owned(),
        causes: vec![text()],
        turns: vec![turn(Verdict::Met, Verdict::Breached), turn(Verdict::Breached, Verdict::Breached)],
        counts: vec![(Verdict::Breached, 3), (Verdict::Met, 1)],
    };
    Outlook {
        matrix: Matrix {
            columns: vec![Column { regime: text(), title: text(), counts: vec![(Verdict::Breached, 1)] }],
            rows: vec![Row {
                topic: "core".to_owned(),
                title: "Core of the network".to_owned(),
                cells: vec![Some(cell)],
            }],
            disagreements: vec![Disagreement {
                topic: "Core of the network".to_owned(),
                subject: Some(text()),
                more: 2,
                breached: side(),
                met: side(),
            }],
        },
        trust: Trust {
            devices: 6,
            covered: vec![Covered {
                regime: text(),
                lists: true,
                certainty: Certainty::Secondary,
                asked: 1,
                listed: 2,
                unlisted: 3,
            }],
            elements: vec![
                Element { kind: "function", name: text(), devices: 2, asked: vec![vec![asked]] },
                Element { kind: "role", name: text(), devices: 1, asked: vec![vec![]] },
                Element { kind: "role", name: "nowhere".to_owned(), devices: 0, asked: vec![vec![]] },
            ],
        },
        timeline: Some(Timeline {
            moments: vec![moment("2019-12-31"), moment("2027-12-31")],
            days: 4,
            left_out: 1,
            last: Some("2028-01-01".to_owned()),
        }),
        answers: Some(vec![Answer {
            regime: text(),
            measure: text(),
            decides: Some(text()),
            row: Some(text()),
            changes: vec![Change {
                what: text(),
                names: vec![text(); 4],
                then: Verdict::Inconclusive,
                reason: text(),
                fewest: false,
                runs: 7,
            }],
            tried: vec![text()],
            remedy: Some(text()),
        }]),
    }
}
