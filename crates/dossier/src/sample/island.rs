//! A richer case to look at: 12 sites, some 40 devices, four invented vendors, two images.

use super::{explanations, file_step, info, object, region, stored};
use crate::CaseReport;
use banbury_evidence::{
    Claim, Digest, Examination, Exhibit, ExhibitKind, Grade, Location, MeasureResult, ObjectKind,
    RegimeResult, RegionClass, RunReport, Skipped, Status, Step, SubjectVerdict, Verdict,
    model::{
        Contract, Designation, Device, Function, Interception, Link, Model, SinglePoint, Site, Source, Table,
        Vendor,
    },
};
use banbury_regime::outlook::Outlook;
use banbury_software::asked::{AgedFeed, FeedFile};
use banbury_software::exploitation::{Asked, CAVEAT, COUNTED, Exploitation, OfVendor, Rule};
use std::collections::BTreeMap;

/// Name, region, sensitive, subscribers, latitude, longitude.
type Place = (&'static str, &'static str, bool, u64, f64, f64);

const SITES: &[Place] = &[
    ("Holmsund Core", "East", true, 0, 60.120, 19.990),
    ("Holmsund Exchange", "East", false, 8200, 60.105, 19.930),
    ("Harbour", "East", false, 5100, 60.080, 20.010),
    ("Government Hill", "East", true, 900, 60.135, 20.060),
    ("Airfield", "East", true, 400, 60.160, 19.900),
    ("North Cape", "North", false, 700, 60.330, 19.950),
    ("Fell", "North", false, 350, 60.270, 20.100),
    ("Skerry", "North", false, 220, 60.310, 20.280),
    ("West Bay", "West", false, 2600, 60.170, 19.640),
    ("Lighthouse", "West", false, 150, 60.060, 19.560),
    ("South Moor", "South", false, 1800, 59.990, 19.830),
    ("Cable Landing", "South", true, 0, 59.960, 20.060),
];

/// Name, site, role, manufacturer, type, functions.
type Kit = (&'static str, usize, &'static str, &'static str, &'static str, &'static [&'static str]);

const DEVICES: &[Kit] = &[
    ("amf-1", 0, "core", "Osier Systems", "OS-5C", &["AMF"]),
    ("smf-1", 0, "core", "Osier Systems", "OS-5C", &["SMF", "PCF"]),
    ("upf-1", 0, "core", "Osier Systems", "OS-UP", &["UPF"]),
    ("udm-1", 0, "core", "Osier Systems", "OS-5C", &["UDM", "AUSF"]),
    ("nrf-1", 0, "core", "Osier Systems", "OS-5C", &["NRF"]),
    ("li-admf", 0, "lawful-intercept", "Tarn Instruments", "TI-9", &["ADMF"]),
    ("li-mdf", 0, "lawful-intercept", "Tarn Instruments", "TI-9", &["MDF2", "MDF3"]),
    ("core-r1", 0, "core-router", "Quillfen", "QX-40", &[]),
    ("oss-1", 0, "management", "Osier Systems", "OS-M", &["OSS"]),
    ("upf-2", 1, "core", "Osier Systems", "OS-UP", &["UPF"]),
    ("core-r2", 1, "core-router", "Quillfen", "QX-40", &[]),
    ("olt-1", 1, "olt", "Marram Networks", "MO-16", &[]),
    ("dwdm-1", 1, "dwdm", "Quillfen", "QL-8", &[]),
    ("agg-harbour", 2, "aggregation-router", "Quillfen", "QX-40", &[]),
    ("csg-harbour", 2, "cell-site-gateway", "Marram Networks", "CSG-210", &[]),
    ("gnb-harbour", 2, "gnb", "Marram Networks", "MR-64", &["GNB-DU", "GNB-CU"]),
    ("agg-hill", 3, "aggregation-router", "Tarn Instruments", "TR-2", &[]),
    ("csg-hill", 3, "cell-site-gateway", "Marram Networks", "CSG-210", &[]),
    ("gnb-hill", 3, "gnb", "Marram Networks", "MR-64", &["GNB-DU"]),
    ("csg-airfield", 4, "cell-site-gateway", "Marram Networks", "CSG-210", &[]),
    ("gnb-airfield", 4, "gnb", "Tarn Instruments", "TG-1", &["GNB-DU"]),
    ("agg-cape", 5, "aggregation-router", "Quillfen", "QX-40", &[]),
    ("csg-cape", 5, "cell-site-gateway", "Marram Networks", "CSG-210", &[]),
    ("gnb-cape", 5, "gnb", "Marram Networks", "MR-64", &["GNB-DU"]),
    ("csg-fell", 6, "cell-site-gateway", "Marram Networks", "CSG-210", &[]),
    ("gnb-fell", 6, "gnb", "Marram Networks", "MR-64", &["GNB-DU"]),
    ("mw-fell", 6, "microwave", "Quillfen", "QM-2", &[]),
    ("csg-skerry", 7, "cell-site-gateway", "Marram Networks", "CSG-210", &[]),
    ("gnb-skerry", 7, "gnb", "Marram Networks", "MR-64", &["GNB-DU"]),
    ("mw-skerry", 7, "microwave", "Quillfen", "QM-2", &[]),
    ("agg-bay", 8, "aggregation-router", "Quillfen", "QX-40", &[]),
    ("csg-bay", 8, "cell-site-gateway", "Marram Networks", "CSG-210", &[]),
    ("gnb-bay", 8, "gnb", "Tarn Instruments", "TG-1", &["GNB-DU"]),
    ("olt-2", 8, "olt", "Marram Networks", "MO-16", &[]),
    ("csg-light", 9, "cell-site-gateway", "", "", &[]),
    ("gnb-light", 9, "gnb", "Marram Networks", "MR-64", &["GNB-DU"]),
    ("agg-moor", 10, "aggregation-router", "Quillfen", "QX-40", &[]),
    ("gnb-moor", 10, "gnb", "Tarn Instruments", "TG-1", &["GNB-DU"]),
    ("dwdm-2", 11, "dwdm", "Quillfen", "QL-8", &[]),
    ("ix-r1", 11, "core-router", "Quillfen", "QX-40", &[]),
    ("sepp-1", 11, "core", "Osier Systems", "OS-5C", &["SEPP"]),
];

const LINKS: &[(&str, &str)] = &[
    ("core-r1", "core-r2"),
    ("core-r1", "core-r2"),
    ("amf-1", "core-r1"),
    ("upf-1", "core-r1"),
    ("upf-2", "core-r2"),
    ("core-r1", "agg-harbour"),
    ("core-r1", "agg-hill"),
    ("agg-hill", "csg-hill"),
    ("csg-hill", "gnb-hill"),
    ("agg-harbour", "csg-harbour"),
    ("csg-harbour", "gnb-harbour"),
    ("core-r1", "csg-airfield"),
    ("csg-airfield", "gnb-airfield"),
    ("csg-airfield", "agg-cape"),
    ("agg-cape", "csg-cape"),
    ("csg-cape", "gnb-cape"),
    ("agg-cape", "mw-fell"),
    ("mw-fell", "csg-fell"),
    ("agg-hill", "mw-fell"),
    ("mw-fell", "mw-skerry"),
    ("mw-skerry", "csg-skerry"),
    ("core-r2", "agg-bay"),
    ("agg-bay", "csg-bay"),
    ("agg-bay", "csg-light"),
    ("csg-light", "gnb-light"),
    ("agg-bay", "agg-moor"),
    ("agg-moor", "ix-r1"),
    ("ix-r1", "agg-harbour"),
    ("dwdm-1", "dwdm-2"),
    ("dwdm-1", "dwdm-2"),
    ("dwdm-1", "core-r2"),
    ("dwdm-2", "ix-r1"),
    ("agg-moor", "gnb-moor"),
    ("agg-cape", "agg-bay"),
];

fn source(line: usize) -> Source {
    Source { file: "devices.csv".to_owned(), line: line as u64 + 2 }
}

fn model() -> Model {
    let table = |table: &str, rows: usize| Table {
        table: table.to_owned(),
        file: format!("{table}.csv"),
        rows: rows as u64,
        rejected: u64::from(table == "cables"),
        attribution: None,
        synthetic: None,
        missing: None,
    };
    let mut functions = Vec::new();
    let devices =
        DEVICES.iter().enumerate().map(|(line, (name, site, role, manufacturer, kind, carries))| {
            functions.extend(carries.iter().map(|function| Function {
                device: (*name).to_owned(),
                function: (*function).to_owned(),
                source: source(line),
            }));
            let stated = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Device {
                name: (*name).to_owned(),
                site: Some(SITES[*site].0.to_owned()),
                role: stated(role),
                manufacturer: stated(manufacturer),
                device_type: stated(kind),
                platform: None,
                software: stated(if *kind == "CSG-210" { "2.4.1" } else { "" }),
                image: match *kind {
                    "CSG-210" => Some("marram-csg-210-2.4.1.bin".to_owned()),
                    "QX-40" => Some("quillfen-qx-40-7.1.img".to_owned()),
                    _ => None,
                },
                segment: None,
                status: Some("active".to_owned()),
                source: source(line),
                ..Device::default()
            }
        });
    Model {
        tables: vec![
            table("devices", DEVICES.len()),
            table("cables", LINKS.len()),
            table("sites", SITES.len()),
        ],
        devices: devices.collect(),
        sites: SITES
            .iter()
            .enumerate()
            .map(|(line, (name, area, sensitive, subscribers, latitude, longitude))| Site {
                name: (*name).to_owned(),
                region: Some((*area).to_owned()),
                sensitive: Some(*sensitive),
                subscribers: Some(*subscribers),
                latitude: Some(*latitude),
                longitude: Some(*longitude),
                source: source(line),
                ..Site::default()
            })
            .collect(),
        functions,
        links: LINKS
            .iter()
            .enumerate()
            .map(|(line, (a, b))| Link {
                name: format!("{a} to {b}"),
                a_device: (*a).to_owned(),
                b_device: (*b).to_owned(),
                source: source(line),
                ..Link::default()
            })
            .collect(),
        vendors: vec![Vendor {
            name: "Marram Networks".to_owned(),
            jurisdiction: Some("Farland".to_owned()),
            source: source(0),
            ..Vendor::default()
        }],
        designations: vec![Designation {
            vendor: "Marram Networks".to_owned(),
            list: "restricted".to_owned(),
            since: Some("2018-06-01".to_owned()),
            citation: Some("Order 7 of 2018".to_owned()),
            source: source(0),
        }],
        contracts: vec![Contract {
            name: "M-1".to_owned(),
            party: "Marram Networks".to_owned(),
            scope_kind: "role".to_owned(),
            scope: "gnb".to_owned(),
            access: Some("direct".to_owned()),
            source: source(0),
            ..Contract::default()
        }],
        interceptions: vec![Interception {
            device: "li-admf".to_owned(),
            part: "ADMF".to_owned(),
            operator: None,
            source: source(0),
        }],
        reviews: Vec::new(),
        single_points: vec![
            SinglePoint {
                kind: "link".to_owned(),
                name: "mw-fell to mw-skerry".to_owned(),
                devices_cut: 3,
                subscribers_cut: Some(220),
            },
            SinglePoint {
                kind: "device".to_owned(),
                name: "mw-fell".to_owned(),
                devices_cut: 5,
                subscribers_cut: Some(220),
            },
        ],
        ..Model::default()
    }
}

fn image(seed: &str, size: u64, files: u32) -> Examination {
    let exhibit = Digest::of(seed.as_bytes());
    let whole = Location::exhibit(exhibit);
    let mut first = object(0, None, whole.clone(), ObjectKind::Exhibit, size);
    let mut header = region(0, 64, RegionClass::Known, "uimage");
    header.attributes.insert("name".to_owned(), "Linux-6.1.0 CSG".to_owned());
    header.attributes.insert("load".to_owned(), "0x80008000".to_owned());
    let root = 0x18_0000;
    first.regions = vec![
        header,
        region(64, 1_400_000, RegionClass::Known, "lzma"),
        region(1_400_064, root - 1_400_064, RegionClass::Padding, "0xff"),
        region(root, size - root - 300_000, RegionClass::Known, "squashfs"),
        region(size - 300_000, 180_000, RegionClass::Opaque, ""),
        region(size - 120_000, 120_000, RegionClass::Unknown, ""),
    ];
    let stream = whole.inside(Step { format: "lzma".to_owned(), offset: 64, entry: None, at: None });
    let mut kernel = object(1, Some(0), stream, ObjectKind::Stream, 4_200_000);
    kernel.regions = vec![
        region(0, 4_000_000, RegionClass::Unknown, ""),
        region(4_000_000, 200_000, RegionClass::Known, "cpio"),
    ];
    let mut objects = vec![first, kernel];
    for ordinal in 2..files {
        let kind = if ordinal % 9 == 0 { ObjectKind::Symlink } else { ObjectKind::File };
        let place = whole.inside(file_step(root, &format!("usr/lib/module-{ordinal:04}.so")));
        objects.push(object(ordinal, Some(0), place, kind, 20_000));
    }
    let at = |path: &str| whole.inside(file_step(root, path));
    let mut claims = vec![
        Claim::observation(
            &info("credential.empty-password", Grade::High),
            at("etc/shadow").subject(),
            "Account support has no password",
        )
        .fact("account", "support")
        .at(at("etc/shadow").line(4, 131)),
        Claim::observation(
            &info("key.private", Grade::High),
            at("etc/ssl/private/device.key").subject(),
            "RSA private key of 1,024 bits",
        )
        .fact("algorithm", "RSA")
        .fact("bits", 1024)
        .at(at("etc/ssl/private/device.key").range(0, 887)),
        Claim::observation(
            &info("service.cleartext", Grade::Medium),
            at("etc/inittab").subject(),
            "telnetd is started at boot",
        )
        .fact("service", "telnetd")
        .fact("started", "etc/inittab")
        .at(at("etc/inittab").line(7, 211)),
    ];
    for number in 0..24 {
        let file = at(&format!("usr/sbin/daemon-{number:02}"));
        claims.push(
            Claim::observation(
                &info("hardening.missing", Grade::Low),
                file.subject(),
                "No PIE, partial RELRO",
            )
            .fact("missing", vec!["pie".to_owned(), "relro".to_owned()])
            .at(file),
        );
    }
    for (name, version) in [
        ("busybox", "1.35.0"),
        ("dropbear", "2022.83"),
        ("dnsmasq", "2.90"),
        ("openssl", "3.0.20"),
        ("lighttpd", "1.4.69"),
        ("linux", "6.1.0"),
        ("glibc", "2.36"),
        ("zlib", "1.2.13"),
    ] {
        let place = at("var/lib/dpkg/status");
        claims.push(
            Claim::observation(&info("component", Grade::Info), place.subject(), format!("{name} {version}"))
                .fact("name", name)
                .fact("version", version)
                .fact("purl", format!("pkg:deb/debian/{name}@{version}"))
                .fact("method", "dpkg")
                .at(place.line(12, 400)),
        );
    }
    let run = |probe: &str, status, skipped: Vec<Skipped>, claims| RunReport {
        probe: probe.to_owned(),
        version: "1".to_owned(),
        parameters: BTreeMap::new(),
        status,
        looked: u64::from(files),
        bytes: size * 3,
        skipped,
        claims,
    };
    let skipped = Skipped {
        what: "usr/lib/module-0042.so".to_owned(),
        why: "longer than the budget for one file".to_owned(),
    };
    Examination {
        exhibit,
        size,
        confinement: BTreeMap::from([
            ("landlock".to_owned(), "on (ABI 4)".to_owned()),
            ("rlimits".to_owned(), "on".to_owned()),
            ("seccomp".to_owned(), "on".to_owned()),
        ]),
        objects,
        runs: vec![
            run("unpack", Status::Incomplete, vec![skipped], Vec::new()),
            run("findings", Status::Complete, Vec::new(), claims),
        ],
    }
}

fn verdicts() -> Vec<RegimeResult> {
    let subject = |subject: &str, verdict, reason: &str| SubjectVerdict {
        subject: subject.to_owned(),
        verdict,
        reason: reason.to_owned(),
    };
    let measure =
        |id: &str, title: &str, clause: &str, reason: &str, subjects: Vec<SubjectVerdict>| MeasureResult {
            measure: id.to_owned(),
            title: title.to_owned(),
            clause: clause.to_owned(),
            verdict: subjects.iter().map(|subject| subject.verdict).min().unwrap_or(Verdict::NotApplicable),
            reason: reason.to_owned(),
            subjects,
        };
    let gateways = |verdict| {
        ["csg-hill", "csg-airfield", "gnb-hill"]
            .map(|name| subject(name, verdict, "Restricted vendor Marram Networks at a sensitive site."))
            .to_vec()
    };
    let core = ["amf-1", "smf-1", "upf-1", "udm-1", "nrf-1", "upf-2", "sepp-1"]
        .map(|name| subject(name, Verdict::Met, "Osier Systems stands on no list."))
        .to_vec();
    let mut maintenance = ["gnb-harbour", "gnb-hill", "gnb-cape", "gnb-fell", "gnb-skerry", "gnb-light"]
        .map(|name| subject(name, Verdict::Breached, "Contract M-1 gives Marram Networks direct access."))
        .to_vec();
    maintenance.push(subject("gnb-airfield", Verdict::Inconclusive, "No contract covers this device."));
    vec![
        RegimeResult {
            regime: "practice-2019".to_owned(),
            title: "The practice of 2019".to_owned(),
            version: "1".to_owned(),
            as_of: "2019-03-28".to_owned(),
            measures: vec![
                measure(
                    "sensitive-networks",
                    "No equipment of a restricted vendor in a sensitive network",
                    "Annual report 2019, section 2",
                    "3 of 12 devices at sensitive sites are of a restricted vendor.",
                    gateways(Verdict::Breached),
                ),
                measure(
                    "core-functions",
                    "No restricted vendor in the core",
                    "Annual report 2019, section 2",
                    "None of the 7 core devices is of a restricted vendor.",
                    core,
                ),
                measure(
                    "direct-maintenance",
                    "The vendor does no direct maintenance of base stations",
                    "Annual report 2019, section 3",
                    "6 of 10 base stations are maintained by their vendor directly; 1 has no contract on record.",
                    maintenance,
                ),
                measure(
                    "lawful-intercept",
                    "Lawful intercept is operated by the operator alone",
                    "Section 4",
                    "Who operates li-admf and li-mdf is not stated.",
                    vec![
                        subject("li-admf", Verdict::Inconclusive, "No operator is stated."),
                        subject("li-mdf", Verdict::Inconclusive, "No arrangement is stated."),
                    ],
                ),
                measure(
                    "redundancy",
                    "No site is lost with one link",
                    "Section 5",
                    "One link is a single point of failure.",
                    vec![subject("Skerry", Verdict::Breached, "mw-fell to mw-skerry is its only link.")],
                ),
                measure(
                    "old-product",
                    "Products past support are not in use",
                    "Section 6",
                    "No product of that kind.",
                    Vec::new(),
                ),
            ],
        },
        RegimeResult {
            regime: "uk-hrv-2020".to_owned(),
            title: "UK advice on high-risk vendors, 2020".to_owned(),
            version: "1".to_owned(),
            as_of: "2019-03-28".to_owned(),
            measures: vec![measure(
                "cap",
                "At most 35 % of access equipment is of a high-risk vendor",
                "Advice, paragraph 24",
                "Nobody has designated a vendor as high-risk.",
                vec![subject(
                    "the network",
                    Verdict::Inconclusive,
                    "No designation of the list high-risk is on record.",
                )],
            )],
        },
    ]
}

/// A catalogue in which one of the makers stands.
fn exploitation() -> Result<Exploitation, String> {
    let of = |vendor: &str, entries: u64, product: &str| OfVendor {
        vendor: vendor.to_owned(),
        entries,
        since: None,
        ransomware: 1,
        first: "2018-03-01".to_owned(),
        latest: "2019-02-01".to_owned(),
        products: BTreeMap::from([(product.to_owned(), entries)]),
    };
    let asked = |name: &str, rule: Rule, matched: &[&str], similar: &[&str], entries: u64| Asked {
        name: name.to_owned(),
        rule,
        matched: matched.iter().map(|name| (*name).to_owned()).collect(),
        similar: similar.iter().map(|name| (*name).to_owned()).collect(),
        entries,
        since: None,
        latest: (entries > 0).then(|| "2019-02-01".to_owned()),
    };
    let file = FeedFile {
        feed: "kev-json".to_owned(),
        name: "kev.json".to_owned(),
        sha256: Digest::of(b"kev").to_string(),
        dated: Some("2019-03-01".to_owned()),
    };
    Ok(Exploitation {
        feed: AgedFeed { file, age_in_days: Some(27) },
        counted: COUNTED,
        caveat: CAVEAT,
        entries: 5,
        later: 0,
        without_vendor: 1,
        asked: vec![
            asked("Marram Broadband", Rule::None, &[], &["Marram Games"], 0),
            asked("Quillfen Networks", Rule::WithoutForm, &["Quillfen, Inc."], &[], 3),
        ],
        vendors: vec![of("Quillfen, Inc.", 3, "QX"), of("Marram Games", 1, "Dunes")],
    })
}

/// The case.
pub(crate) fn island() -> CaseReport {
    let marram = image("marram", 6_400_000, 412);
    let quillfen = image("quillfen", 5_100_000, 260);
    let (mut claims, mut runs) = stored(&marram, 1);
    let (more_claims, more_runs) = stored(&quillfen, 3);
    claims.extend(more_claims);
    runs.extend(more_runs);
    let exhibit = |examination: &Examination, name: &str| Exhibit {
        sha256: examination.exhibit,
        name: name.to_owned(),
        kind: ExhibitKind::Firmware,
        size: examination.size,
    };
    CaseReport {
        exploitation: exploitation(),
        name: "Island operator".to_owned(),
        created_by: "banbury 0.1.0".to_owned(),
        as_of: "2019-03-28".to_owned(),
        exhibits: vec![
            Exhibit {
                sha256: Digest::of(b"devices"),
                name: "devices.csv".to_owned(),
                kind: ExhibitKind::Network,
                size: 4200,
            },
            exhibit(&marram, "marram-csg-210-2.4.1.bin"),
            exhibit(&quillfen, "quillfen-qx-40-7.1.img"),
        ],
        model: model(),
        regimes: verdicts(),
        claims,
        objects: BTreeMap::from([(marram.exhibit, marram.objects), (quillfen.exhibit, quillfen.objects)]),
        runs,
        diagnostics: vec![
            "cables.csv:17:5: no device is called \"csg-lihgt\"\n  hint: did you mean \"csg-light\"?"
                .to_owned(),
        ],
        explanations: explanations(),
        publisher: None,
        outlook: Outlook::default(),
    }
}
