use super::*;
use banbury_evidence::ledger::{Deployed, StoredClaim, StoredRun};
use banbury_evidence::model::{Contract, Demand, Device, Function, Link, Site, Table};
use banbury_evidence::{
    ByChance, Claim, CodeInfo, Exhibit, ExhibitKind, Grade, Object, ObjectKind, Region, RegionClass, Skipped,
    Status, Step, Weight,
};

const SECRET: CodeInfo = CodeInfo {
    code: "hidden-access.secret",
    title: "t",
    grade: Grade::High,
    meaning: "m",
    remedy: "r",
    cwe: &[],
};
const KEY: CodeInfo = CodeInfo { code: "key.private", ..SECRET };
const STATIC: CodeInfo = CodeInfo { code: "imports.copying", grade: Grade::Info, ..SECRET };

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn silence() -> Silence {
    let chance = |decibans: f64, programs: u32, share: f64| ByChance {
        decibans,
        programs,
        of: 1948,
        share,
        low: share / 2.0,
        high: share * 2.0,
    };
    Silence {
        probe: "gates".into(),
        version: "1".into(),
        codes: "hidden-access.".into(),
        below: 0.0,
        weight: Weight { decibans: -4.2, low: -4.8, high: -3.6, basis: "counted".into() },
        by_chance: vec![chance(0.0, 46, 0.0237), chance(10.0, 6, 0.0032)],
        misses: vec!["static executables".into()],
    }
}

/// A case in the making.
struct Case(Material);

impl Case {
    fn new() -> Self {
        let mut material = Material {
            silence: Some(silence()),
            probes: vec!["gates"],
            is_imported: true,
            is_case: true,
            ..Material::default()
        };
        material.ledger.case = "island".into();
        Self(material)
    }

    /// An image with so many programs, of which the probe read all.
    fn image(&mut self, name: &str, programs: usize) -> Digest {
        let exhibit = digest(name);
        let ledger = &mut self.0.ledger;
        ledger.exhibits.push(Exhibit {
            sha256: exhibit,
            name: name.into(),
            kind: ExhibitKind::Firmware,
            size: 9,
        });
        let objects = (0..programs)
            .map(|number| program(exhibit, &format!("bin/p{number}"), &format!("{name}{number}")));
        ledger.objects.insert(exhibit, objects.collect());
        self.run(exhibit, "unpack", "1", 1);
        self.run(exhibit, "gates", "1", programs as u64);
        exhibit
    }

    fn run(&mut self, exhibit: Digest, probe: &str, version: &str, looked: u64) {
        let id = self.0.ledger.runs.len() as i64 + 1;
        self.0.ledger.runs.push(StoredRun {
            id,
            probe: probe.into(),
            version: version.into(),
            exhibit: Some(exhibit),
            parameters: BTreeMap::new(),
            status: Status::Complete,
            looked,
            bytes: 1,
            confinement: BTreeMap::new(),
            started_at: "2026-01-01T00:00:00Z".into(),
            duration_ms: 1,
            skipped: Vec::new(),
        });
    }

    fn claim(&mut self, exhibit: Digest, claim: Claim) -> Digest {
        let fingerprint = claim.fingerprint();
        self.0.ledger.claims.push(StoredClaim {
            fingerprint,
            claim,
            probe: "gates".into(),
            probe_version: "1".into(),
            exhibit: Some(exhibit),
            state: "active".into(),
            disposition: None,
        });
        fingerprint
    }

    /// A finding in a program.
    fn finding(&mut self, exhibit: Digest, path: &str, trigger: &str, decibans: f64) -> Digest {
        let place = at(exhibit, path);
        let mut claim = Claim::observation(&SECRET, place.subject(), format!("a secret {trigger}"))
            .fact("trigger", trigger)
            .fact("branch", path)
            .note("0x10: if an argument is the text")
            .at(place);
        let basis = "counted".to_owned();
        claim.weight = Some(Weight { decibans, low: decibans - 3.0, high: decibans + 3.0, basis });
        self.claim(exhibit, claim)
    }

    fn decide(&mut self, claim: Digest, state: &str) {
        let decided = Decided {
            state: state.into(),
            reason: "manual 4.2".into(),
            person: "A. Reviewer".into(),
            day: "2026-02-01".into(),
        };
        self.0.decisions.insert(claim, decided);
    }

    fn deploy(&mut self, maker: &str, product: &str, image: &str) {
        self.0.ledger.deployed.push(Deployed {
            manufacturer: Some(maker.into()),
            device_type: Some(product.into()),
            software: None,
            image: Some(image.into()),
            devices: 1,
            current: true,
        });
    }

    fn weigh(&self, subject: &str) -> Weighing {
        let wanted = Wanted::parse(subject).unwrap().unwrap();
        Weighing::of(&self.0, &wanted, "2026-03-01").unwrap()
    }

    fn refused(&self, subject: &str) -> String {
        let wanted = Wanted::parse(subject).unwrap().unwrap();
        Weighing::of(&self.0, &wanted, "2026-03-01").unwrap_err().to_string()
    }
}

fn at(exhibit: Digest, path: &str) -> Location {
    let step = Step { format: "squashfs".into(), offset: 0, entry: Some(path.into()), at: None };
    Location::exhibit(exhibit).inside(step)
}

fn program(exhibit: Digest, path: &str, bytes: &str) -> Object {
    Object {
        ordinal: 1,
        parent: Some(0),
        location: at(exhibit, path),
        kind: ObjectKind::File,
        size: 4,
        sha256: Some(digest(bytes)),
        sha1: None,
        format: Some("elf".into()),
        mode: None,
        target: None,
        regions: vec![Region {
            offset: 0,
            length: 4,
            class: RegionClass::Known,
            note: "elf".into(),
            attributes: BTreeMap::from([("type".to_owned(), "executable".to_owned())]),
            entropy: None,
        }],
    }
}

#[test]
fn a_clean_image_comes_to_the_silence_of_its_programs_and_no_lower() {
    for programs in [1, 300] {
        let mut case = Case::new();
        let image = case.image("fw.bin", programs);
        case.finding(image, "bin/p0", "stop", -10.0);
        let weighing = case.weigh("image:fw.bin");
        let hidden = &weighing.hidden_access;
        assert_eq!((hidden.read, hidden.silent, hidden.candidates), (programs as u64, programs as u64, 1));
        assert_eq!(hidden.figure, Some(Figure { decibans: -4.2, low: -4.8, high: -3.6 }));
        assert_eq!((hidden.strongest, hidden.share_of_strongest), (None, None));
        assert!(hidden.findings.is_empty() && weighing.is_whole(), "{:?}", weighing.not_looked);
    }
}

#[test]
fn one_finding_among_a_hundred_clean_programs_is_not_buried() {
    let mut case = Case::new();
    let image = case.image("fw.bin", 101);
    case.finding(image, "bin/p7", "xyzzy", 25.0);
    let weighing = case.weigh("image:fw.bin");
    let hidden = &weighing.hidden_access;
    assert_eq!(hidden.strongest.map(|figure| figure.decibans), Some(25.0));
    assert_eq!(hidden.figure.map(|figure| figure.decibans), Some(5.4));
    assert!(hidden.share_of_strongest.unwrap() > 0.89, "{:?}", hidden.share_of_strongest);
    assert!(weighing.in_short[1].contains("clears nothing"), "{:?}", weighing.in_short);
    let chance = hidden.by_chance.as_ref().unwrap();
    assert_eq!((chance.expected, chance.here), (0.32, 1));
    // What was thought before moves by the figure: 5.4 dB is 3.5 to 1.
    assert!((hidden.odds[1].probability - 3.467 / (3.467 + 99.0)).abs() < 1e-3, "{:?}", hidden.odds);
    assert!(hidden.odds[0].of_strongest.is_some());
}

#[test]
fn copies_of_a_file_and_builds_with_the_same_finding_count_once() {
    let mut case = Case::new();
    let one = case.image("fw-1.bin", 3);
    case.finding(one, "bin/p0", "xyzzy", 17.3);
    let two = case.image("fw-2.bin", 3);
    // The same trigger in a file of the same name, otherwise built; and a copy of another file.
    case.finding(two, "sbin/p0", "xyzzy", 17.3);
    let objects = case.0.ledger.objects.get_mut(&two).unwrap();
    objects[0] = program(two, "sbin/p0", "built anew");
    objects[2] = program(two, "bin/p2", "fw-1.bin2");
    case.deploy("Marram", "CSG-210", "fw-1.bin");
    case.deploy("Marram", "CSG-210", "fw-2.bin");
    let weighing = case.weigh("vendor:marram");
    let hidden = &weighing.hidden_access;
    // Six files: five different ones, two of which are builds of one program.
    assert_eq!((hidden.read, hidden.silent), (4, 3));
    assert_eq!(hidden.findings.len(), 1, "{:?}", hidden.findings);
    assert_eq!((hidden.findings[0].counts, hidden.findings[0].copies), (true, 1));
    assert_eq!(weighing.images.len(), 2);
    assert!(weighing.images.iter().all(|row| row.strongest.is_some()));
}

#[test]
fn of_one_program_the_strongest_finding_counts() {
    let mut case = Case::new();
    let image = case.image("fw.bin", 2);
    case.finding(image, "bin/p0", "one", 6.4);
    case.finding(image, "bin/p0", "two", 17.3);
    let hidden = case.weigh("image:fw.bin").hidden_access;
    let told: Vec<(bool, f64)> =
        hidden.findings.iter().map(|one| (one.counts, one.weight.decibans)).collect();
    assert_eq!(told, [(true, 17.3), (false, 6.4)]);
    assert!(hidden.findings[1].why_not.as_ref().unwrap().contains("stronger"));
    assert_eq!(hidden.silent, 1);
}

#[test]
fn a_documented_finding_is_shown_and_no_longer_counts_and_what_it_hides_is_said() {
    let mut case = Case::new();
    let image = case.image("fw.bin", 10);
    let claim = case.finding(image, "bin/p0", "xyzzy", 25.0);
    let before = case.weigh("image:fw.bin").hidden_access;
    for state in ["accepted", "not applicable"] {
        case.decide(claim, state);
        let hidden = case.weigh("image:fw.bin").hidden_access;
        assert_eq!((hidden.explained, hidden.silent, hidden.strongest), (1, 9, None));
        assert!(
            hidden.findings[0].why_not.as_ref().unwrap().contains("manual 4.2 (A. Reviewer, 2026-02-01)")
        );
        assert_eq!(hidden.without_decisions, before.figure);
        // One of ten says nothing, nine are silent.
        assert_eq!(hidden.figure.map(|figure| figure.decibans), Some(-3.5));
    }
    case.decide(claim, "disputed");
    let hidden = case.weigh("image:fw.bin").hidden_access;
    assert_eq!((hidden.figure, hidden.without_decisions), (before.figure, None));
    assert!(hidden.findings[0].counts && hidden.findings[0].decision.is_some());
}

#[test]
fn an_observation_is_counted_and_weighs_nothing() {
    let mut case = Case::new();
    let image = case.image("fw.bin", 4);
    let before = case.weigh("image:fw.bin");
    let row = |weighing: &Weighing| {
        let row = weighing.observed.iter().find(|row| row.about == "keys").unwrap();
        (row.looked_in, row.count())
    };
    assert_eq!(row(&before), (0, 0), "no run of the probe: not looked");
    case.run(image, "keys", "1", 9);
    let place = at(image, "etc/key");
    let claim = Claim::observation(&KEY, place.subject(), "a key").fact("key-sha256", "1").at(place);
    case.claim(image, claim);
    let after = case.weigh("image:fw.bin");
    assert_eq!(row(&after), (1, 1));
    assert_eq!(before.hidden_access, after.hidden_access);
}

#[test]
fn what_could_not_be_read_says_nothing_and_stands_beside() {
    let mut case = Case::new();
    let image = case.image("fw.bin", 4);
    for run in &mut case.0.ledger.runs {
        run.looked = run.looked.min(2);
    }
    let place = at(image, "bin/p3");
    let claim = Claim::observation(&STATIC, place.subject(), "static").fact("unknown", true).at(place);
    case.claim(image, claim);
    let hidden = case.weigh("image:fw.bin").hidden_access;
    assert_eq!((hidden.read, hidden.linked_statically, hidden.not_read), (2, 1, 1));
    // (2 x 0.380 + 1) / 3.
    assert_eq!(hidden.figure.map(|figure| figure.decibans), Some(-2.3));
}

#[test]
fn another_version_of_the_probe_was_not_measured() {
    let mut case = Case::new();
    let image = case.image("fw.bin", 4);
    case.run(image, "gates", "2", 4);
    let weighing = case.weigh("image:fw.bin");
    assert_eq!(weighing.hidden_access.silence, None);
    assert_eq!(weighing.hidden_access.figure, Some(Figure::NOTHING));
    assert!(weighing.is_open && weighing.not_looked[0].contains("version 2"), "{:?}", weighing.not_looked);
}

#[test]
fn what_was_not_looked_at_is_said_and_leaves_the_answer_open() {
    let mut case = Case::new();
    let image = case.image("fw.bin", 1);
    let add = |case: &mut Case, name: &str| {
        case.0.ledger.exhibits.push(Exhibit {
            sha256: digest(name),
            name: name.into(),
            kind: ExhibitKind::Firmware,
            size: 1,
        });
    };
    add(&mut case, "never.bin");
    case.0.probes.push("services");
    for run in case.0.ledger.runs.iter_mut().filter(|run| run.probe == "unpack") {
        run.status = Status::Incomplete;
        run.skipped.push(Skipped { what: "x".into(), why: "time ran out".into() });
    }
    let object = &mut case.0.ledger.objects.get_mut(&image).unwrap()[0];
    let dense = Region { offset: 4, length: 4, class: RegionClass::Opaque, ..object.regions[0].clone() };
    object.regions.push(dense);
    let weighing = case.weigh("image:fw.bin");
    let gaps = weighing.not_looked.join("\n");
    for part in ["never looked at 1 image: services", "time ran out", "encrypted ones: 4 (50.00 %)"] {
        assert!(gaps.contains(part), "{part}: {gaps}");
    }
    assert!(weighing.is_open && !weighing.is_whole());
    let never = case.weigh("image:never.bin");
    assert!(never.not_looked[0].contains("1 image never inspected"), "{:?}", never.not_looked);
    assert_eq!(never.hidden_access.figure, None);
    assert!(never.in_short[0].contains("not looked at") && !never.is_whole());
}

#[test]
fn names_are_found_or_refused_with_what_is_near() {
    let mut case = Case::new();
    assert!(case.refused("image:fw.bin").contains("the case has no image"));
    assert!(case.refused("device:x").contains("the case has no device"));
    assert!(case.refused("vendor:x").contains("names no vendor"));
    let image = case.image("fw.bin", 1);
    case.deploy("Marram", "CSG-210", "fw.bin");
    case.deploy("Fescue", "CSG-210", "other.bin");
    assert_eq!(case.weigh(&format!("image:{}", &image.to_string()[..6])).name, "fw.bin");
    assert!(case.refused("image:fw.bim").contains("did you mean fw.bin?"));
    assert!(case.refused("vendor:Maram").contains("did you mean Marram?"));
    let both = case.refused("product:csg210");
    assert!(both.contains("\"Fescue CSG-210\" or \"Marram CSG-210\""), "{both}");
    assert_eq!(case.weigh("product:marram csg 210").images.len(), 1);
    case.0.ledger.exhibits.push(Exhibit {
        sha256: digest("another"),
        name: "fw.bin".into(),
        kind: ExhibitKind::Firmware,
        size: 1,
    });
    assert!(case.refused("image:fw.bin").contains("the name of 2 images"));
    assert_eq!(Wanted::parse("./router:2.bin"), Ok(None));
    assert!(Wanted::parse("vendor: ").unwrap_err().to_string().contains("no name behind vendor:"));
}

/// A network of two sites: a vendor's core, behind it another's access.
fn network(case: &mut Case) {
    let device = |name: &str, maker: &str, site: &str, image: Option<&str>| Device {
        name: name.into(),
        manufacturer: Some(maker.into()),
        device_type: Some("CSG-210".into()),
        site: Some(site.into()),
        image: image.map(str::to_owned),
        ..Device::default()
    };
    let site = |name: &str, sensitive| Site {
        name: name.into(),
        sensitive,
        subscribers: Some(1000),
        ..Site::default()
    };
    let model = &mut case.0.model;
    model.tables = vec![Table {
        table: "contracts".into(),
        file: "contracts.csv".into(),
        rows: 1,
        rejected: 0,
        attribution: None,
        synthetic: None,
        missing: None,
    }];
    model.sites = vec![site("Hub", Some(true)), site("Edge", None)];
    model.devices =
        vec![device("core", "Marram", "Hub", Some("fw.bin")), device("core-2", "Marram", "Hub", None)];
    model.devices.push(device("edge", "Fescue", "Edge", None));
    model.functions = vec![Function { device: "core".into(), function: "UPF".into(), ..Function::default() }];
    let link = |a: &str, b: &str| Link {
        name: format!("{a}-{b}"),
        a_device: a.into(),
        b_device: b.into(),
        ..Link::default()
    };
    model.links = vec![link("core", "edge"), link("core", "core-2")];
    model.demands = vec![Demand {
        site: "Edge".into(),
        function: "UPF".into(),
        subscribers: Some(700),
        ..Demand::default()
    }];
    let contract = |name: &str, until: Option<&str>| Contract {
        name: name.into(),
        party: format!("Party of {name}"),
        scope_kind: "manufacturer".into(),
        scope: "marram".into(),
        access: Some("direct".into()),
        until: until.map(str::to_owned),
        ..Contract::default()
    };
    model.contracts = vec![contract("c1", None), contract("ended", Some("2025-01-01"))];
}

#[test]
fn a_vendor_is_told_with_where_it_stands_who_may_touch_it_and_what_is_lost_without_it() {
    let mut case = Case::new();
    case.image("fw.bin", 2);
    case.deploy("Marram", "CSG-210", "fw.bin");
    network(&mut case);
    let weighing = case.weigh("vendor:Marram");
    let standing = weighing.standing.as_ref().unwrap();
    assert_eq!((standing.devices, standing.of, standing.sensitive_sites), (2, 3, 1));
    let touched: Vec<(&str, u64)> =
        standing.touched_by.iter().map(|touch| (touch.contract.as_str(), touch.devices)).collect();
    assert_eq!(touched, [("c1", 2)], "a contract that has ended gives nothing");
    let lost = standing.lost.as_ref().unwrap();
    assert_eq!((lost.sites, lost.subscribers, lost.served_before), (1, 700, 700));
    assert_eq!(lost.functions_gone, ["UPF"]);
    assert!(weighing.not_looked.iter().any(|gap| gap.contains("1 of 2 devices name no image")));
    assert!(!weighing.is_whole());
    let device = case.weigh("device:core");
    assert_eq!((device.vendor.as_deref(), device.images.len()), (Some("Marram"), 1));
    let bare = case.weigh("device:core-2");
    assert!(bare.in_short.iter().any(|line| line.contains("Nothing of its software")), "{:?}", bare.in_short);
    let image = case.weigh("image:fw.bin");
    assert_eq!(image.standing.unwrap().devices, 1);
}

#[test]
fn the_page_reads_without_script_and_a_hostile_name_steers_nothing() {
    let mut case = Case::new();
    let image = case.image("fw<b>\u{202e}.bin", 3);
    case.finding(image, "bin/p0", "<script>x\u{200b}", 17.3);
    let page = case.weigh("image:fw<b>\u{202e}.bin").to_html();
    assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\u{200b}'));
    for part in
        ["One of them, whichever", "+17.3 dB", "Who meant it is not said", "1 in 10,000", "not looked"]
    {
        assert!(page.contains(part), "{part}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&case.weigh("image:fw<b>\u{202e}.bin").to_json().unwrap()).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/weigh.schema.json");
    let schema: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}
