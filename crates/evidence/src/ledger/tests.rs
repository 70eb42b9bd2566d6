use super::*;
use crate::model::{Device, Function, Interception, Model, Source};
use crate::{
    Claim, CodeInfo, Digest, Examination, Exhibit, ExhibitKind, Grade, Location, Object, ObjectKind, Region,
    RegionClass, RunReport, Status, Step,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const INFO: CodeInfo = CodeInfo {
    code: "credential.empty-password",
    title: "t",
    grade: Grade::High,
    meaning: "m",
    remedy: "r",
    cwe: &[258],
};

fn clock() -> Clock {
    Clock { started_at: "2026-01-01T00:00:00Z".into(), duration_ms: 5 }
}

fn report(probe: &str, claims: Vec<Claim>) -> RunReport {
    RunReport {
        probe: probe.into(),
        version: "1".into(),
        parameters: BTreeMap::new(),
        status: Status::Complete,
        looked: 1,
        bytes: 3,
        skipped: Vec::new(),
        claims,
    }
}

fn examination(titles: &[&str]) -> Examination {
    let exhibit = Digest::of(b"abc");
    let step = Step { format: "cpio".into(), offset: 0, entry: Some("etc/shadow".into()), at: Some(1) };
    let place = Location::exhibit(exhibit).inside(step);
    let claims = titles
        .iter()
        .map(|user| {
            Claim::observation(&INFO, place.subject(), format!("{user} has no password"))
                .fact("user", *user)
                .at(place.line(3, 40))
        })
        .collect();
    let object = Object {
        ordinal: 0,
        parent: None,
        location: Location::exhibit(exhibit),
        kind: ObjectKind::Exhibit,
        size: 3,
        sha256: Some(exhibit),
        sha1: None,
        format: Some("cpio".into()),
        mode: None,
        target: None,
        regions: vec![Region {
            offset: 0,
            length: 3,
            class: RegionClass::Known,
            note: "cpio".into(),
            attributes: BTreeMap::from([("a".into(), "b".into())]),
            entropy: None,
        }],
    };
    Examination {
        exhibit,
        size: 3,
        confinement: BTreeMap::from([("seccomp".into(), "in force".into())]),
        objects: vec![object],
        runs: vec![report("unpack", Vec::new()), report("accounts", claims)],
    }
}

fn ledger_with_exhibit() -> Ledger {
    let mut ledger = Ledger::in_memory().unwrap();
    let exhibit =
        Exhibit { sha256: Digest::of(b"abc"), name: "i.bin".into(), kind: ExhibitKind::Firmware, size: 3 };
    assert!(ledger.add_exhibit(&exhibit, "2026-01-01T00:00:00Z").unwrap());
    assert!(!ledger.add_exhibit(&exhibit, "2026-01-02T00:00:00Z").unwrap());
    assert_eq!(ledger.exhibits().unwrap(), [exhibit]);
    ledger
}

fn count(ledger: &Ledger, table: &str) -> i64 {
    ledger.connection().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn what_goes_in_comes_out() {
    let mut ledger = ledger_with_exhibit();
    let examination = examination(&["root"]);
    ledger.record_examination(&examination, &clock()).unwrap();
    let claims = ledger.claims(Some(&examination.exhibit)).unwrap();
    assert_eq!(claims.len(), 1);
    assert_eq!(claims[0].claim, examination.runs[1].claims[0]);
    assert_eq!((claims[0].state.as_str(), claims[0].probe.as_str()), ("active", "accounts"));
    assert_eq!(ledger.objects(&examination.exhibit).unwrap(), examination.objects);
    let runs = ledger.runs().unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0].confinement, examination.confinement);
}

#[test]
fn a_second_inspection_of_the_same_bytes_adds_runs_and_no_claims() {
    let mut ledger = ledger_with_exhibit();
    let first = ledger.record_examination(&examination(&["root", "admin"]), &clock()).unwrap();
    assert_eq!(first, Recorded { new_claims: 2, known_claims: 0 });
    let before: Vec<i64> = ["claim_records", "locations", "object_records", "region_records", "subjects"]
        .map(|table| count(&ledger, table))
        .to_vec();
    let second = ledger.record_examination(&examination(&["admin", "root"]), &clock()).unwrap();
    assert_eq!(second, Recorded { new_claims: 0, known_claims: 2 });
    let after: Vec<i64> = ["claim_records", "locations", "object_records", "region_records", "subjects"]
        .map(|table| count(&ledger, table))
        .to_vec();
    assert_eq!(before, after);
    assert_eq!(count(&ledger, "runs"), 4);
}

#[test]
fn a_claim_that_is_no_longer_seen_is_superseded_not_deleted() {
    let mut ledger = ledger_with_exhibit();
    ledger.record_examination(&examination(&["root", "admin"]), &clock()).unwrap();
    ledger.record_examination(&examination(&["root"]), &clock()).unwrap();
    let states: Vec<(String, String)> = ledger
        .claims(None)
        .unwrap()
        .into_iter()
        .map(|stored| (stored.claim.facts["user"].to_text(), stored.state))
        .collect();
    assert!(states.contains(&("root".into(), "active".into())), "{states:?}");
    assert!(states.contains(&("admin".into(), "superseded".into())), "{states:?}");
}

#[test]
fn a_failed_run_supersedes_nothing() {
    let mut ledger = ledger_with_exhibit();
    ledger.record_examination(&examination(&["root"]), &clock()).unwrap();
    let mut failed = examination(&[]);
    failed.runs.iter_mut().for_each(|run| run.status = Status::Failed);
    ledger.record_examination(&failed, &clock()).unwrap();
    assert_eq!(ledger.claims(None).unwrap()[0].state, "active");
    assert_eq!(ledger.objects(&Digest::of(b"abc")).unwrap().len(), 1);
}

#[test]
fn nothing_can_be_changed_or_deleted() {
    let mut ledger = ledger_with_exhibit();
    ledger.record_examination(&examination(&["root"]), &clock()).unwrap();
    let fingerprint = ledger.claims(None).unwrap()[0].fingerprint;
    assert!(ledger.dispose(&fingerprint, "disputed", "why", "who", "2026-01-01T00:00:00Z").unwrap());
    let tables = names(ledger.connection(), "table").unwrap();
    assert!(tables.len() > 20, "{tables:?}");
    for table in tables.iter().filter(|table| *table != "ledger_settings") {
        let columns: String = ledger
            .connection()
            .query_row("SELECT name FROM pragma_table_info(?1) LIMIT 1", [table], |row| row.get(0))
            .unwrap();
        for event in ["update", "delete"] {
            let found: i64 = ledger
                .connection()
                .query_row(
                    "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 AND name LIKE ?2",
                    [table, &format!("%_no_{event}")],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(found, 1, "{table} {event}");
        }
        if count(&ledger, table) > 0 {
            for sql in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET {columns} = {columns}")] {
                let error = ledger.connection().execute(&sql, []).unwrap_err().to_string();
                assert!(error.contains("append-only"), "{sql}: {error}");
            }
        }
    }
}

#[test]
fn a_disposition_is_appended_and_the_latest_stands() {
    let mut ledger = ledger_with_exhibit();
    ledger.record_examination(&examination(&["root"]), &clock()).unwrap();
    let fingerprint = ledger.claims(None).unwrap()[0].fingerprint;
    ledger.dispose(&fingerprint, "disputed", "documented", "A", "2026-01-01T00:00:00Z").unwrap();
    ledger.dispose(&fingerprint, "accepted", "seen again", "B", "2026-01-02T00:00:00Z").unwrap();
    assert_eq!(ledger.claims(None).unwrap()[0].disposition.as_deref(), Some("accepted"));
    assert_eq!(count(&ledger, "dispositions"), 2);
    assert!(!ledger.dispose(&Digest::of(b"?"), "accepted", "", "", "").unwrap());
}

#[test]
fn ducts_and_power_regions_stand_in_their_views() {
    let mut ledger = ledger_with_exhibit();
    let device = |name: &str, power: Option<&str>| Device {
        name: name.into(),
        site: Some("s".into()),
        power: power.map(str::to_owned),
        ..Device::default()
    };
    let link = |name: &str, ducts: Option<&str>| crate::model::Link {
        name: name.into(),
        a_device: "a".into(),
        b_device: "b".into(),
        ducts: ducts.map(str::to_owned),
        ..Default::default()
    };
    let model = Model {
        sites: vec![crate::model::Site {
            name: "s".into(),
            power: Some("North".into()),
            ..Default::default()
        }],
        devices: vec![device("a", None), device("b", Some("South"))],
        links: vec![link("bare", None), link("one", Some("Lane \"2\"")), link("two", Some("Lane; Bridge"))],
        ..Model::default()
    };
    ledger.record_model(&model, &report("network.import", Vec::new()), &clock()).unwrap();
    let kept = ledger.model().unwrap();
    assert_eq!((&kept.sites, &kept.devices, &kept.links), (&model.sites, &model.devices, &model.links));
    let read = |query: &str| -> Vec<(String, String)> {
        let mut statement = ledger.connection().prepare(query).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(|row| row.unwrap()).collect()
    };
    let of = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    };
    assert_eq!(
        read("SELECT link, duct FROM link_ducts ORDER BY link, duct"),
        of(&[("one", "Lane \"2\""), ("two", "Bridge"), ("two", "Lane")])
    );
    assert_eq!(read("SELECT name, power FROM devices ORDER BY name"), of(&[("a", "North"), ("b", "South")]));
}

#[test]
fn a_device_reaches_the_evidence_of_its_image_by_name_and_by_hash() {
    let mut ledger = ledger_with_exhibit();
    ledger.record_examination(&examination(&["root"]), &clock()).unwrap();
    let device = |name: &str, image: String| Device {
        name: name.into(),
        image: Some(image),
        source: Source { file: "d.csv".into(), line: 2 },
        ..Device::default()
    };
    let model = Model {
        devices: vec![
            device("by-hash", Digest::of(b"abc").to_string()),
            device("by-name", "i.bin".into()),
            device("other", "unknown.bin".into()),
        ],
        ..Model::default()
    };
    ledger.record_model(&model, &report("network.import", Vec::new()), &clock()).unwrap();
    assert_eq!(ledger.model().unwrap().devices, model.devices);
    let mut statement =
        ledger.connection().prepare("SELECT device FROM device_claims ORDER BY device").unwrap();
    let reached: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(reached, ["by-hash", "by-name"]);
}

#[test]
fn earlier_inventories_and_sightings_are_kept() {
    let mut ledger = ledger_with_exhibit();
    ledger.record_examination(&examination(&["root", "guest"]), &clock()).unwrap();
    ledger.record_examination(&examination(&["root"]), &clock()).unwrap();
    let sightings = ledger.sightings().unwrap();
    let by_title = |title: &str| {
        let claims = ledger.claims(None).unwrap();
        let stored = claims.iter().find(|stored| stored.claim.title.starts_with(title)).unwrap();
        sightings[&stored.fingerprint].clone()
    };
    assert_eq!((by_title("root"), by_title("guest")), (vec![2, 4], vec![2]));
    let device = |name: &str, software: &str| Device {
        name: name.into(),
        manufacturer: Some("Aster".into()),
        software: Some(software.into()),
        image: Some("i.bin".into()),
        ..Device::default()
    };
    for devices in [vec![device("a", "1"), device("b", "1")], vec![device("a", "2")]] {
        let model = Model { devices, ..Model::default() };
        ledger.record_model(&model, &report("network.import", Vec::new()), &clock()).unwrap();
    }
    let deployed = ledger.deployed().unwrap();
    let seen: Vec<_> =
        deployed.iter().map(|one| (one.software.as_deref().unwrap(), one.devices, one.current)).collect();
    assert_eq!(seen, [("2", 1, true), ("1", 2, false)]);
    assert!(ledger.reviews().unwrap().is_empty() && ledger.vendors().unwrap().is_empty());
}

#[test]
fn a_private_key_in_two_exhibits_is_shared() {
    const KEY: CodeInfo = CodeInfo { code: "key.private", ..INFO };
    let mut ledger = Ledger::in_memory().unwrap();
    let mut add = |image: &[u8], path: &str, keys: &[&str]| {
        let sha256 = Digest::of(image);
        let exhibit = Exhibit { sha256, name: path.into(), kind: ExhibitKind::Firmware, size: 3 };
        ledger.add_exhibit(&exhibit, "2026-01-01T00:00:00Z").unwrap();
        let step = Step { format: "cpio".into(), offset: 0, entry: Some(path.into()), at: Some(1) };
        let place = Location::exhibit(sha256).inside(step);
        let claim = |key: &&str| {
            Claim::observation(&KEY, place.subject(), "a key")
                .fact("key-sha256", format!("{path} {key}"))
                .fact("public-key-sha256", *key)
                .at(place.range(0, 9))
        };
        let runs = vec![report("keys", keys.iter().map(claim).collect())];
        let examination =
            Examination { exhibit: sha256, size: 3, confinement: BTreeMap::new(), objects: Vec::new(), runs };
        ledger.record_examination(&examination, &clock()).unwrap();
    };
    add(b"one", "etc/a.key", &["both", "one alone"]);
    add(b"two", "opt/b.key", &["both"]);
    add(b"two again", "opt/c.key", &["gone"]);
    add(b"one more", "opt/d.key", &["gone"]);
    add(b"one more", "opt/d.key", &[]);
    let mut statement =
        ledger.connection().prepare("SELECT public_key, path, exhibit, subject FROM shared_keys").unwrap();
    let rows = statement.query_map([], |row| {
        let (exhibit, subject): (String, String) = (row.get(2)?, row.get(3)?);
        assert!(subject.starts_with(&exhibit), "{subject}");
        Ok((row.get(0)?, row.get(1)?))
    });
    let rows: Vec<(String, String)> = rows.unwrap().map(Result::unwrap).collect();
    let expected = ["!cpio@0:etc/a.key", "!cpio@0:opt/b.key"].map(|path| ("both".into(), path.into()));
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(expected.iter().all(|row| rows.contains(row)), "{rows:?}");
}

#[test]
fn a_secret_in_two_exhibits_is_shared() {
    let mut ledger = Ledger::in_memory().unwrap();
    let mut add = |image: &[u8], secrets: &[(&'static str, &str, &str)]| {
        let sha256 = Digest::of(image);
        let exhibit = Exhibit { sha256, name: "image".into(), kind: ExhibitKind::Firmware, size: 3 };
        ledger.add_exhibit(&exhibit, "2026-01-01T00:00:00Z").unwrap();
        let step = Step { format: "cpio".into(), offset: 0, entry: Some("bin/a".into()), at: Some(1) };
        let place = Location::exhibit(sha256).inside(step);
        let claim = |(code, fact, value): &(&'static str, &str, &str)| {
            Claim::observation(&CodeInfo { code, ..INFO }, place.subject(), "a secret")
                .fact(fact, *value)
                .at(place.clone())
        };
        let runs = vec![report("secrets", secrets.iter().map(claim).collect())];
        let examination =
            Examination { exhibit: sha256, size: 3, confinement: BTreeMap::new(), objects: Vec::new(), runs };
        ledger.record_examination(&examination, &clock()).unwrap();
    };
    add(b"one", &[("key.symmetric", "key", "both"), ("credential.password-hash", "hash-sha256", "alone")]);
    add(b"two", &[("key.symmetric", "key", "both"), ("component", "name", "both")]);
    let mut statement = ledger.connection().prepare("SELECT kind, secret FROM shared_secrets").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let rows: Vec<(String, String)> = rows.unwrap().map(Result::unwrap).collect();
    assert_eq!(rows, [("key.symmetric".into(), "both".into()), ("key.symmetric".into(), "both".into())]);
}

#[test]
fn every_view_can_be_read() {
    let ledger = ledger_with_exhibit();
    let views = names(ledger.connection(), "view").unwrap();
    assert!(views.len() > 15, "{views:?}");
    for view in views {
        count(&ledger, &view);
    }
}

#[test]
fn other_files_are_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.sqlite");
    assert!(matches!(Ledger::open(&path), Err(LedgerError::Missing { .. })));
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(matches!(Ledger::open(&path), Err(LedgerError::Foreign { .. })));
    let newer = folder.path().join("newer.sqlite");
    Ledger::create(&newer).unwrap().connection().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Ledger::open(&newer), Err(LedgerError::Newer { found: 99, .. })));
    let text = folder.path().join("text.sqlite");
    std::fs::write(&text, "not a database at all, just a text that is long enough").unwrap();
    assert!(matches!(Ledger::open(&text), Err(LedgerError::Database { .. })));
}

#[test]
fn reopened_it_holds_what_it_held() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let exhibit =
        Exhibit { sha256: Digest::of(b"abc"), name: "i".into(), kind: ExhibitKind::Firmware, size: 3 };
    Ledger::create(&path).unwrap().add_exhibit(&exhibit, "2026-01-01T00:00:00Z").unwrap();
    assert_eq!(Ledger::open(&path).unwrap().exhibits().unwrap(), [exhibit]);
}

/// A ledger as an older version left it.
fn as_version(version: usize, path: &Path) {
    let mut connection = Connection::open(path).unwrap();
    let transaction = connection.transaction().unwrap();
    for schema in &SCHEMAS[..version] {
        transaction.execute_batch(schema).unwrap();
    }
    transaction
        .execute_batch("CREATE TABLE ledger_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;")
        .unwrap();
    append_only(&transaction).unwrap();
    transaction.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    transaction.pragma_update(None, "user_version", version as i64).unwrap();
    transaction.commit().unwrap();
}

#[test]
fn every_older_ledger_becomes_one_of_this_version() {
    let shape = |ledger: &Ledger| -> Vec<String> {
        let mut found = Vec::new();
        for kind in ["table", "view", "trigger"] {
            found.extend(names(ledger.connection(), kind).unwrap());
        }
        found.extend(
            ledger
                .rows(
                    "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
                                  WHERE m.type = 'table' ORDER BY 1",
                    [],
                    |row| row.get(0),
                )
                .unwrap(),
        );
        found
    };
    let expected = shape(&Ledger::in_memory().unwrap());
    for version in 1..SCHEMAS.len() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        as_version(version, &path);
        assert_eq!(shape(&Ledger::open(&path).unwrap()), expected, "version {version}");
    }
}

#[test]
fn a_ledger_of_version_1_gains_what_version_2_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    as_version(1, &path);
    let mut ledger = Ledger::open(&path).unwrap();
    assert_eq!(count(&ledger, "dated_records"), 0);
    let exhibit =
        Exhibit { sha256: Digest::of(b"abc"), name: "i".into(), kind: ExhibitKind::Firmware, size: 3 };
    ledger.add_exhibit(&exhibit, "2026-01-01T00:00:00Z").unwrap();
    let claim = |epss: &str| {
        Claim::observation(&INFO, crate::Subject::exhibit(&exhibit.sha256), "t").dated("epss", epss)
    };
    for (epss, new) in [("0.1", 1), ("0.9", 0)] {
        let report = report("p", vec![claim(epss)]);
        assert_eq!(ledger.record_run(&exhibit.sha256, &report, &clock()).unwrap().new_claims, new);
    }
    let claims = ledger.claims(None).unwrap();
    assert_eq!(claims.len(), 1, "another value of the day is no other claim");
    assert_eq!(claims[0].claim.dated["epss"], crate::Value::from("0.9"));
    assert!(ledger.connection().execute("DELETE FROM dated_records", []).is_err());
}

#[test]
fn a_ledger_of_version_2_takes_statements_and_keeps_what_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let exhibit =
        Exhibit { sha256: Digest::of(b"abc"), name: "i".into(), kind: ExhibitKind::Firmware, size: 3 };
    {
        // What this version records of them is what version 2 did: both tables are as they were.
        as_version(2, &path);
        let mut ledger = Ledger { connection: Connection::open(&path).unwrap(), path: path.clone() };
        ledger.add_exhibit(&exhibit, "2026-01-01T00:00:00Z").unwrap();
        let claim = Claim::observation(&INFO, crate::Subject::exhibit(&exhibit.sha256), "t");
        ledger.record_run(&exhibit.sha256, &report("p", vec![claim]), &clock()).unwrap();
    }
    let statement =
        Exhibit { sha256: Digest::of(b"def"), name: "s.json".into(), kind: ExhibitKind::Statement, size: 3 };
    let mut ledger = Ledger::open(&path).unwrap();
    ledger.add_exhibit(&statement, "2026-01-02T00:00:00Z").unwrap();
    assert_eq!(ledger.exhibits().unwrap(), [exhibit.clone(), statement]);
    assert_eq!((ledger.runs().unwrap().len(), ledger.claims(Some(&exhibit.sha256)).unwrap().len()), (1, 1));
    // It still only grows, and runs still need their exhibit.
    for change in ["DELETE FROM exhibits", "UPDATE exhibits SET name = 'x'"] {
        assert!(ledger.connection().execute(change, []).is_err(), "{change}");
    }
    let nowhere = Digest::of(b"nowhere");
    assert!(ledger.record_run(&nowhere, &report("p", Vec::new()), &clock()).is_err());
}

/// Short texts with what SQLite and Rust could take differently: spaces of several kinds, letters beyond ASCII, quotes.
fn text() -> impl Strategy<Value = String> {
    "[ \t\n\u{a0}aZéßİ\"'\\\\/\u{1}\u{7f}]{0,5}"
}

proptest! {
    #[test]
    fn what_is_recorded_is_what_an_older_ledger_gains(
        roles in prop::collection::vec(prop::option::of(text()), 1..4),
        functions in prop::collection::vec((0..4_usize, text()), 0..6),
        parts in prop::collection::vec((0..4_usize, text()), 0..4),
    ) {
        let name = |number: usize| format!("d{number}");
        let mut ledger = Ledger::in_memory().unwrap();
        let model = Model {
            devices: (0..).zip(&roles).map(|(number, role)| Device { name: name(number), role: role.clone(), ..Device::default() }).collect(),
            functions: functions.iter().map(|(on, function)| Function { device: name(*on), function: function.clone(), ..Function::default() }).collect(),
            interceptions: parts.iter().map(|(on, part)| Interception { device: name(*on), part: part.clone(), ..Interception::default() }).collect(),
            ..Model::default()
        };
        ledger.record_model(&model, &report("network.import", Vec::new()), &clock()).unwrap();
        let (_, gathered) = include_str!("schema-5.sql").split_once("SET duties = ").unwrap();
        let sql = format!("SELECT d.duties, {} FROM model_devices d", gathered.trim_end().trim_end_matches(';').replace("model_devices.", "d."));
        let rows: Vec<(String, String)> = ledger.rows(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        prop_assert_eq!(rows.len(), roles.len());
        let list = |json: &str| serde_json::from_str::<Vec<String>>(json).unwrap();
        for (recorded, gathered) in rows {
            prop_assert_eq!(list(&recorded), list(&gathered));
        }
    }
}
