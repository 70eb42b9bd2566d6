//! Imports: all or nothing, the newer in place of the older, and every problem said.

use super::*;
use crate::feed::ProblemKind;
use std::io::Write;

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/feeds").join(name)
}

struct Scratch {
    folder: tempfile::TempDir,
    store: Store,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("feeds.sqlite")).unwrap();
        Self { folder, store }
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    fn import(&mut self, path: &Path) -> Result<Vec<Imported>, Error> {
        self.store.import(path, &Options::default())
    }

    /// Everything in the database, as text.
    fn dump(&self) -> String {
        let mut dump = String::new();
        let tables = ["file", "advisory", "body", "subject", "statement", "exploited", "score", "support"];
        for table in tables {
            let mut statement = self.store.connection().prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns = statement.column_count();
            let mut rows = statement.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                for column in 0..columns {
                    dump.push_str(&format!("{:?}|", row.get_ref(column).unwrap()));
                }
                dump.push('\n');
            }
        }
        dump
    }

    fn count(&self, query: &str) -> i64 {
        self.store.connection().query_row(query, [], |row| row.get(0)).unwrap()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

#[test]
fn each_sample_is_imported_with_its_date_and_hash() {
    let cases = [
        ("nvd-1.1/input.json", "nvd-1.1", Some("2098-03-02T00:00Z"), 5, 2),
        ("nvd-2.0/input.json", "nvd-2.0", Some("2098-04-02T00:00:00.000"), 5, 1),
        ("cve-5/input.json", "cve-5", Some("2098-05-01T10:00:00.000Z"), 1, 0),
        ("osv/input.json", "osv", Some("2098-05-02T00:00:00Z"), 1, 0),
        ("osv/input.zip", "osv", Some("2098-05-02T00:00:00Z"), 3, 0),
        ("kev-json/input.json", "kev-json", Some("2098-06-01T12:00:00.000Z"), 2, 1),
        ("kev-csv/input.csv", "kev-csv", Some("2098-06-01"), 3, 1),
        ("epss/input.csv", "epss", Some("2098-06-02T12:55:00Z"), 3, 1),
        ("debian/input.json", "debian", None, 4, 1),
        ("endoflife/input.json", "endoflife", Some("2098-06-03T00:00:00+00:00"), 2, 0),
        ("endoflife/busybox.json", "endoflife", Some("2023-05-19"), 3, 1),
    ];
    for (name, feed, dated, records, problems) in cases {
        let mut scratch = Scratch::new();
        let imported = scratch.import(&corpus(name)).unwrap();
        assert_eq!(imported.len(), 1, "{name}");
        let file = &imported[0].file;
        let bytes = std::fs::read(corpus(name)).unwrap();
        assert_eq!((file.feed.as_str(), file.dated.as_deref()), (feed, dated), "{name}");
        assert_eq!(file.sha256, banbury_evidence::Digest::of(&bytes).to_string());
        assert_eq!((file.records, file.problems.total()), (records, problems), "{name}: {:?}", file.problems);
        assert_eq!(scratch.store.files().unwrap(), std::slice::from_ref(file));
        // Once more is nothing.
        assert!(scratch.import(&corpus(name)).unwrap()[0].unchanged, "{name}");
        assert_eq!(scratch.store.files().unwrap().len(), 1);
    }
}

#[test]
fn compressed_or_not_is_the_same_and_a_cut_is_never_used() {
    let plain = std::fs::read(corpus("nvd-2.0/input.json")).unwrap();
    let zip = std::fs::read(corpus("osv/input.zip")).unwrap();
    let kev = std::fs::read(corpus("kev-csv/input.csv")).unwrap();
    let forms = [
        ("a.json", plain.clone()),
        ("a.json.gz", gzip(&plain)),
        ("a.json.xz", xz(&plain)),
        ("a.zip", zip),
        ("kev.csv", kev.clone()),
        ("kev.csv.gz", gzip(&kev)),
    ];
    for (name, bytes) in forms {
        let mut scratch = Scratch::new();
        scratch.import(&corpus("nvd-1.1/input.json")).unwrap();
        scratch.import(&corpus("osv/input.json")).unwrap();
        let older = r#"{"catalogVersion":"x","dateReleased":"2097-01-01T00:00:00Z","count":1,
            "vulnerabilities":[{"cveID":"CVE-2097-0001","dateAdded":"2097-01-01"}]}"#;
        let older = scratch.file("older.json", older.as_bytes());
        scratch.import(&older).unwrap();
        let before = scratch.dump();
        for part in [3, 5, 7, 9] {
            let end = bytes.len() * part / 10;
            // A CSV that is cut behind a line end looks whole: that is a stated limit.
            let end = if name == "kev.csv" && bytes[end - 1] == b'\n' { end - 1 } else { end };
            let path = scratch.file(name, &bytes[..end]);
            let error = scratch.import(&path).unwrap_err();
            assert!(matches!(error, Error::CutShort { .. }), "{name} at {end}: {error}");
            assert!(error.to_string().contains("what was imported before stays"), "{error}");
            assert_eq!(scratch.dump(), before, "{name} at {end}");
        }
        let path = scratch.file(name, &bytes);
        assert!(scratch.import(&path).is_ok(), "{name}");
        assert_ne!(scratch.dump(), before, "{name}");
    }
}

#[test]
fn the_newer_record_stands_whatever_the_order_of_imports() {
    let (old, new) = (corpus("nvd-1.1/input.json"), corpus("nvd-2.0/input.json"));
    let mut forward = Scratch::new();
    forward.import(&old).unwrap();
    forward.import(&new).unwrap();
    let mut backward = Scratch::new();
    backward.import(&new).unwrap();
    let imported = backward.import(&old).unwrap();
    assert_eq!(imported[0].file.older, 2, "two records are newer in the other");
    let content = "SELECT GROUP_CONCAT(line, ';') FROM (SELECT advisory.name || key || says AS line FROM statement
        JOIN subject ON subject.id = subject JOIN advisory ON advisory.id = advisory ORDER BY advisory.name, key)";
    let read = |scratch: &Scratch| -> String {
        scratch.store.connection().query_row(content, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(read(&forward), read(&backward));
    assert_eq!(
        forward.count("SELECT COUNT(*) FROM statement WHERE advisory NOT IN (SELECT id FROM advisory)"),
        0
    );
    assert_eq!(forward.count("SELECT COUNT(*) FROM body"), forward.count("SELECT COUNT(*) FROM advisory"));
}

#[test]
fn a_whole_feed_is_replaced_as_a_whole_and_never_by_an_older_one() {
    let kev = |released: &str, cves: &[&str]| {
        let entries: Vec<String> =
            cves.iter().map(|cve| format!(r#"{{"cveID":"{cve}","dateAdded":"2098-01-01"}}"#)).collect();
        format!(
            r#"{{"catalogVersion":"x","dateReleased":"{released}","count":{},"vulnerabilities":[{}]}}"#,
            cves.len(),
            entries.join(",")
        )
    };
    let mut scratch = Scratch::new();
    let first = scratch.file("1.json", kev("2098-01-01T00:00:00Z", &["CVE-2099-1", "CVE-2099-2"]).as_bytes());
    let second =
        scratch.file("2.json", kev("2098-02-01T00:00:00Z", &["CVE-2099-2", "CVE-2099-3"]).as_bytes());
    scratch.import(&first).unwrap();
    scratch.import(&second).unwrap();
    assert_eq!(scratch.count("SELECT COUNT(*) FROM exploited"), 2);
    assert_eq!(scratch.count("SELECT COUNT(*) FROM exploited WHERE cve = 'CVE-2099-1'"), 0);
    assert_eq!(scratch.store.files_in_use().unwrap().len(), 1);
    let before = scratch.dump();
    let error = scratch.import(&first).unwrap_err();
    assert!(matches!(&error, Error::Older { present, .. } if present.starts_with("2098-02")), "{error}");
    assert_eq!(scratch.dump(), before);
}

#[test]
fn a_feed_of_a_day_that_has_not_come_holds_no_other_off() {
    let kev = |released: &str| {
        format!(
            r#"{{"catalogVersion":"x","dateReleased":"{released}","count":1,"vulnerabilities":[{{"cveID":"CVE-2099-1","dateAdded":"2098-01-01"}}]}}"#
        )
    };
    let mut scratch = Scratch::new();
    let options = Options { today: Some("2098-06-15".to_owned()), ..Options::default() };
    for (released, taken) in [
        ("9999-01-01", true),
        ("2098-06-01", true),
        ("2098-05-01", false),
        ("2098-06-15", true),
        ("2098-06-14", false),
    ] {
        let file =
            scratch.file(&format!("{released}.json"), kev(&format!("{released}T00:00:00Z")).as_bytes());
        let imported = scratch.store.import(&file, &options);
        assert_eq!(imported.is_ok(), taken, "{released}");
    }
    assert_eq!(scratch.store.files_in_use().unwrap()[0].dated.as_deref(), Some("2098-06-15T00:00:00Z"));
}

#[test]
fn what_is_there_twice_is_said() {
    let osv = |summary: &str, modified: &str| {
        format!(
            r#"{{"id":"X-1","modified":"{modified}","summary":"{summary}","affected":[{{"package":{{"ecosystem":"npm","name":"p"}},"versions":["1"]}}]}}"#
        )
    };
    let first = osv("one", "2098-01-02T00:00:00Z");
    let cases = [
        (osv("one", "2098-01-02T00:00:00Z"), ProblemKind::Duplicate, "there twice", "one"),
        (osv("two", "2098-01-03T00:00:00Z"), ProblemKind::Contradiction, "this one counts", "two"),
        (
            osv("two", "2098-01-01T00:00:00Z"),
            ProblemKind::Contradiction,
            "the first was changed later",
            "one",
        ),
    ];
    for (second, kind, what, stands) in cases {
        let mut scratch = Scratch::new();
        let path = scratch.file("twice.json", format!("[{first},\n{second}]").as_bytes());
        let file = scratch.import(&path).unwrap().remove(0).file;
        assert_eq!(file.problems.counts.get(&kind), Some(&1), "{:?}", file.problems);
        let problem = &file.problems.first[0];
        assert!(problem.what.contains(what) && problem.what.contains("record 1"), "{}", problem.what);
        assert_eq!((problem.record, problem.offset), (Some(2), first.len() as u64 + 3));
        assert_eq!(scratch.count("SELECT COUNT(*) FROM advisory"), 1);
        assert_eq!(scratch.count("SELECT COUNT(*) FROM statement"), 1);
        let body = format!("SELECT body LIKE '%\"summary\":\"{stands}\"%' FROM body");
        assert_eq!(scratch.count(&body), 1);
    }
}

#[test]
fn a_folder_is_one_import_and_what_is_no_feed_in_it_is_said() {
    let mut scratch = Scratch::new();
    let read = |name: &str| std::fs::read(corpus(name)).unwrap();
    scratch.file("all/cves/2099/CVE-2099-0008.json", &read("cve-5/input.json"));
    scratch.file("all/nvd.json.gz", &gzip(&read("nvd-2.0/input.json")));
    scratch.file("all/openssl.zip", &read("osv/input.zip"));
    scratch.file("all/README.md", b"# Not a feed\n");
    scratch.file("all/.git/config", b"hidden");
    let folder = scratch.folder.path().join("all");
    let imported = scratch.import(&folder).unwrap();
    let feeds: Vec<&str> = imported.iter().map(|imported| imported.file.feed.as_str()).collect();
    assert_eq!(feeds, ["cve-5", "nvd-2.0", "osv"]);
    for imported in &imported {
        assert_eq!(imported.file.problems.counts.get(&ProblemKind::Unrecognised), Some(&1));
        assert_eq!(imported.file.name, "all");
    }
    // One broken file: nothing of the folder is used.
    let before = scratch.dump();
    scratch.file("all/zzz.json", br#"{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2099-1""#);
    assert!(matches!(scratch.import(&folder), Err(Error::CutShort { .. })));
    assert_eq!(scratch.dump(), before);
}

#[test]
fn what_is_no_feed_is_refused_with_what_would_be() {
    let mut scratch = Scratch::new();
    for (name, content) in
        [("a.txt", &b"hello\n"[..]), ("b.json", b"{\"a\":1}"), ("c.json", b""), ("d.gz", b"\x1f\x8b\x08")]
    {
        let path = scratch.file(name, content);
        let error = scratch.import(&path).unwrap_err();
        assert!(matches!(error, Error::Unrecognised { .. } | Error::CutShort { .. }), "{name}: {error}");
    }
    let broken = scratch.file("e.json", br#"{"format":"NVD_CVE","vulnerabilities":[{"cve":1},{"cve":2}]}"#);
    let error = scratch.import(&broken).unwrap_err();
    assert!(matches!(error, Error::Nothing { records: 2, .. }), "{error}");
    assert!(matches!(scratch.import(Path::new("/nowhere/at/all.json")), Err(Error::Read { .. })));
    assert_eq!(scratch.store.files().unwrap(), []);
    let other = scratch.file("other.sqlite", b"not a database, but long enough to be looked at as one");
    assert!(Store::open(&other).is_err());
}

#[test]
fn a_date_can_be_given_to_a_feed_without_one() {
    let mut scratch = Scratch::new();
    let options = Options { dated: Some("2098-07-01".to_owned()), ..Options::default() };
    let file = scratch.store.import(&corpus("debian/input.json"), &options).unwrap().remove(0).file;
    assert_eq!(file.dated.as_deref(), Some("2098-07-01"));
    assert_eq!(file.age_in_days("2099-03-01T00:00Z"), Some(243));
    assert_eq!(file.age_in_days("2098-06-30"), Some(-1));
    assert_eq!(file.age_in_days("soon"), None);
    let read = Store::open_to_read(&scratch.folder.path().join("feeds.sqlite")).unwrap();
    assert_eq!(read.files_in_use().unwrap(), [file]);
}

#[test]
fn a_snapshot_without_records_takes_nothing_away() {
    let kev = |rest: &str| format!(r#"{{"catalogVersion":"x","dateReleased":"2098-09-01T00:00:00Z"{rest}}}"#);
    let cases = [
        ("empty.json", kev(r#","count":0,"vulnerabilities":[]"#)),
        ("without.json", kev(r#","count":1"#)),
        ("empty.csv", "cveID,vendorProject,dateAdded\r\n".to_owned()),
    ];
    let mut scratch = Scratch::new();
    scratch.import(&corpus("kev-json/input.json")).unwrap();
    let before = scratch.dump();
    for (name, content) in cases {
        let path = scratch.file(name, content.as_bytes());
        let error = scratch.import(&path).unwrap_err();
        assert!(matches!(error, Error::Nothing { .. }), "{name}: {error}");
        assert!(error.to_string().contains("What was imported before stays"), "{error}");
        assert_eq!(scratch.dump(), before, "{name}");
    }
}

#[test]
fn each_file_of_a_folder_is_held_against_its_own_count() {
    let mut scratch = Scratch::new();
    let bytes = String::from_utf8(std::fs::read(corpus("nvd-1.1/input.json")).unwrap()).unwrap();
    scratch.file("years/2099.json", bytes.as_bytes());
    scratch.file("years/2100.json", bytes.replace("CVE-2099", "CVE-2100").as_bytes());
    let imported = scratch.import(&scratch.folder.path().join("years")).unwrap();
    let problems = &imported[0].file.problems;
    assert_eq!(imported[0].file.records, 10);
    assert_eq!(problems.counts.get(&ProblemKind::Count), None, "{problems:?}");
}

#[test]
fn what_is_no_date_is_neither_older_nor_newer() {
    let kev = |released: &str| {
        format!(
            r#"{{"catalogVersion":"x","dateReleased":"{released}","count":1,"vulnerabilities":[{{"cveID":"CVE-2099-1","dateAdded":"2098-01-01"}}]}}"#
        )
    };
    let mut scratch = Scratch::new();
    for (number, released) in ["9 July 2098", "2098-13-01", "98-07-09", "soon"].into_iter().enumerate() {
        let path = scratch.file(&format!("{number}.json"), kev(released).as_bytes());
        let file = scratch.import(&path).unwrap().remove(0).file;
        assert_eq!(file.dated.as_deref(), Some("2098-01-01"), "{released}: the newest record's counts");
    }
    // An advisory that says when it was changed in words does not outlive one that says it as a date.
    let osv = |summary: &str, modified: &str| {
        format!(
            r#"{{"id":"X-1","modified":"{modified}","summary":"{summary}","affected":[{{"package":{{"ecosystem":"npm","name":"p"}},"versions":["1"]}}]}}"#
        )
    };
    let odd = scratch.file("odd.json", osv("one", "9 July 2098").as_bytes());
    let plain = scratch.file("plain.json", osv("two", "2098-08-01T00:00:00Z").as_bytes());
    scratch.import(&odd).unwrap();
    scratch.import(&plain).unwrap();
    assert_eq!(scratch.count("SELECT body LIKE '%\"summary\":\"two\"%' FROM body"), 1);
}

#[test]
fn several_processes_may_make_the_database_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..20 {
        let path = folder.path().join(format!("{round}.sqlite"));
        let opened: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| Store::open(&path).map(|_| ()))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for one in opened {
            one.unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
    }
}

#[test]
fn another_programs_database_is_none_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE t (a); PRAGMA user_version = 2;").unwrap();
    for opened in [Store::open(&path), Store::open_to_read(&path)] {
        let error = opened.unwrap_err();
        assert!(matches!(&error, Error::Version { found, .. } if found.contains("other tables")), "{error}");
    }
    std::fs::write(&path, b"this is a text of some length that is surely not a database of any kind ......")
        .unwrap();
    let error = Store::open_to_read(&path).unwrap_err();
    assert!(error.to_string().contains("import the feeds into a new one"), "{error}");
}
