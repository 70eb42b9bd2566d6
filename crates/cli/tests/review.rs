//! The yearly review and known exploitation by vendor, by whole commands.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use support::{Folder, command, cpio, root, stderr, stdout};

const FEEDS: &[&str] = &["nvd-2.0/input.json", "kev-json/input.json"];
const SINCE: [&str; 4] = ["--since", "2026-06-01", "--as-of", "2026-11-01"];

fn corpus(path: &str) -> Vec<u8> {
    std::fs::read(root().join("corpus").join(path)).unwrap()
}

/// An ARM executable without segments and sections that names a version of OpenSSL.
fn openssl(version: &str) -> Vec<u8> {
    let mut program = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x28\0\x01\0\0\0".to_vec();
    program.resize(40, 0);
    program.extend(b"\x34\0\x20\0\0\0\x28\0\0\0\0\0");
    program.resize(64, 0);
    program.extend(format!("OpenSSL {version} 14 Dec 2021\0").as_bytes());
    program
}

/// A U-Boot legacy image with this name around a file tree.
fn uimage(name: &str, content: &[u8]) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    };
    let mut header = Vec::new();
    for word in [0x2705_1956, 0, 0x6643_2a10, content.len() as u32, 0, 0, crc(content)] {
        header.extend_from_slice(&u32::to_be_bytes(word));
    }
    header.extend_from_slice(&[5, 2, 3, 0]); // Linux, ARM, a RAM disk, uncompressed
    header.extend_from_slice(name.as_bytes());
    header.resize(64, 0);
    let sum = crc(&header);
    header[4..8].copy_from_slice(&sum.to_be_bytes());
    header.extend_from_slice(content);
    header
}

struct Image<'i> {
    name: &'i str,
    empty_password: bool,
    programs: &'i [(&'i str, &'i str)],
    openssl: &'i [(&'i str, &'i str)],
}

impl Image<'_> {
    fn bytes(&self) -> Vec<u8> {
        let password = if self.empty_password { "" } else { "*" };
        let passwd = format!("root:{password}:0:0:root:/root:/bin/sh\n");
        let mut entries: Vec<(String, u32, Vec<u8>)> =
            vec![("etc/passwd".into(), 0o100644, passwd.into_bytes())];
        for (path, source) in self.programs {
            entries.push(((*path).to_owned(), 0o100755, corpus(source)));
        }
        for (path, version) in self.openssl {
            entries.push(((*path).to_owned(), 0o100755, openssl(version)));
        }
        let entries: Vec<(&[u8], u32, &[u8])> = entries
            .iter()
            .map(|(path, mode, content)| (path.as_bytes(), *mode, content.as_slice()))
            .collect();
        uimage(self.name, &cpio(&entries))
    }
}

const SOFT: &str = "probes/hardening/input/bin/soft";
const HARD: &str = "probes/hardening/input/bin/hard";
const PLAIN: &str = "probes/copying/input/bin/plain";
const FORTIFIED: &str = "probes/copying/input/bin/fortified";
const STATIC: &str = "probes/copying/input/bin/static";
const KEY: &str = "probes/keys/input/etc/ssl/private/device.key";

impl Folder {
    fn import(&self) {
        for feed in FEEDS {
            let path = root().join("corpus/feeds").join(feed).display().to_string();
            let output = self.run(&["feeds", "import", &path]);
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
    }

    /// Adds files to the case, assesses it, and dates the runs that this made.
    fn year(&self, files: &[&str], day: &str) {
        let ledger = || rusqlite::Connection::open(self.path("c/ledger.sqlite")).unwrap();
        let before: i64 =
            ledger().query_row("SELECT coalesce(max(id), 0) FROM runs", [], |row| row.get(0)).unwrap();
        let output = self.run(&[&["add", "c"], files].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let mut command = command();
        command.args(["assess", "c", "--as-of", day, "--outlook", "never"]).current_dir(self.0.path());
        if self.path("feeds.sqlite").exists() {
            command.env("BANBURY_FEEDS", self.path("feeds.sqlite"));
        }
        let output = command.output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{}", stderr(&output));
        // Only a test may: the ledger refuses it.
        let ledger = ledger();
        ledger.execute_batch("DROP TRIGGER IF EXISTS runs_no_update").unwrap();
        let dated = "UPDATE runs SET started_at = ?1 || 'T08:00:00Z' WHERE id > ?2";
        ledger.execute(dated, rusqlite::params![day, before]).unwrap();
    }
}

/// A case of three makers over a year: one with three releases, one whose image is looked at again with feeds, one whose image
/// is new, and a fourth without an image.
fn case() -> Folder {
    let folder = Folder::new();
    let image =
        |name: &str, label: &str, empty_password, programs: &[(&str, &str)], openssl: &[(&str, &str)]| {
            folder.write(name, &Image { name: label, empty_password, programs, openssl }.bytes());
        };
    let both = [("usr/sbin/diagd", SOFT), ("usr/bin/tool", PLAIN)];
    image("csg-1.0.bin", "CSG-210 1.0", true, &both, &[("usr/bin/openssl", "3.0.1")]);
    image("csg-1.1.bin", "CSG-210 1.1", false, &both, &[("usr/bin/openssl", "3.0.1")]);
    image(
        "csg-2.0.bin",
        "CSG-210 2.0",
        true,
        &[("usr/sbin/diagd", HARD), ("usr/bin/tool", FORTIFIED), ("etc/ssl/device.key", KEY)],
        &[("usr/bin/openssl", "3.0.2"), ("opt/agent/openssl", "1.1.1k")],
    );
    image(
        "qx-7.img",
        "QX-40 7.1",
        true,
        &[("usr/bin/tool", PLAIN), ("bin/init", STATIC)],
        &[("usr/bin/openssl", "3.0.1")],
    );
    image("lys.img", "LR-9 24.1", false, &[("usr/bin/tool", FORTIFIED)], &[]);
    folder.write("strange.bin", &uimage("Buildroot 5", &cpio(&[(b"readme", 0o100644, b"nothing")])));
    folder.write(
        "devices-1.csv",
        b"Name,Status,Site,Role,Manufacturer,Type,Software Version,Image\n\
          kh-csg-1,active,Kirkhill,gateway,Marram Broadband,Marram CSG-210,1.0,csg-1.0.bin\n\
          sw-pe-1,active,Sandwick,router,Quillfen Networks,QX-40,7.1,qx-7.img\n\
          hf-dwdm-1,active,Highfield,optical,Penhallow Optical,PX-9,3,\n",
    );
    folder.write(
        "devices-2.csv",
        b"Name,Status,Site,Role,Manufacturer,Type,Software Version,Image\n\
          np-csg-1,active,Ness Point,gateway,Marram Broadband,Marram CSG-210,2.0,csg-2.0.bin\n\
          ws-gnb-1,active,Westing,radio,Lysmark Radio,LR-9,24.1,lys.img\n",
    );
    folder.write(
        "reviews.csv",
        b"vendor,product,date,reviewer,finding,grade,state\n\
          Quillfen Networks,QX-40 7.1,2026-03-18,Evaluation Cell,Builds cannot be reproduced,medium,open\n",
    );
    assert!(folder.run(&["init", "c", "--regime", "practice-2019"]).status.success());
    folder.year(&["devices-1.csv", "csg-1.0.bin", "qx-7.img"], "2026-02-01");
    folder.year(&["csg-1.1.bin"], "2026-03-01");
    folder.import();
    folder.year(&["devices-2.csv", "reviews.csv", "csg-2.0.bin", "lys.img", "strange.bin"], "2026-09-01");
    folder
}

fn validated(text: &str) -> serde_json::Value {
    let schema = std::fs::read_to_string(root().join("schemas/review.schema.json")).unwrap();
    let schema = serde_json::from_str(&schema).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let document: serde_json::Value = serde_json::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert_eq!(errors, Vec::<String>::new());
    let mut other = document.clone();
    other["reviewed"][0]["surprise"] = true.into();
    assert!(!validator.is_valid(&other), "the schema refuses what it does not describe");
    document
}

/// What became of the findings of a code, with the title.
fn became(document: &serde_json::Value, vendor: &str, code: &str) -> Vec<String> {
    let one = document["reviewed"].as_array().unwrap().iter().find(|one| one["name"] == vendor).unwrap();
    let lines = one["lines"].as_array().unwrap().iter();
    let mut found: Vec<String> = lines
        .flat_map(|line| line["findings"].as_array().unwrap())
        .filter(|finding| finding["code"] == code)
        .map(|finding| {
            format!("{} {}", finding["became"].as_str().unwrap(), finding["title"].as_str().unwrap())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_year_of_every_vendor_side_by_side() {
    let folder = case();
    let all = folder.run(&[&["review", "c", "--all"][..], &SINCE].concat());
    // One maker has no image, one none of before the day.
    assert_eq!(all.status.code(), Some(3), "{}", stderr(&all));
    insta::assert_snapshot!("review_all", stdout(&all));
    let one = folder.run(&[&["review", "c", "marram broadband"][..], &SINCE].concat());
    assert_eq!(one.status.code(), Some(0), "{}", stdout(&one));
    insta::assert_snapshot!("review_one", stdout(&one));
    let again = folder.run(&[&["review", "c", "--all"][..], &SINCE].concat());
    assert_eq!(stdout(&again), stdout(&all), "same input, same output");
}

#[test]
fn what_became_of_findings_is_told_by_what_was_looked_at() {
    let folder = case();
    let json = folder.run(&[&["review", "c", "--all", "-o", "json=-"][..], &SINCE].concat());
    let document = validated(&stdout(&json));
    let marram = "Marram Broadband";
    let passwords = became(&document, marram, "credential.empty-password");
    assert_eq!(passwords.len(), 1);
    assert!(passwords[0].starts_with("regressed "), "{passwords:?}");
    let hardening = became(&document, marram, "hardening.missing");
    assert!(hardening.iter().any(|one| one.starts_with("fixed ") && one.contains("diagd")), "{hardening:?}");
    let keys: Vec<String> = ["key.private", "key.private-encrypted", "key.weak"]
        .iter()
        .flat_map(|code| became(&document, marram, code))
        .collect();
    assert!(!keys.is_empty() && keys.iter().all(|one| one.starts_with("new ")), "{keys:?}");
    let known = became(&document, marram, "known-vulnerability");
    assert!(known.iter().any(|one| one.starts_with("fixed CVE-2099-0001")), "{known:?}");
    // The other image is the same as before: nothing in it can be new or fixed.
    let known = became(&document, "Quillfen Networks", "known-vulnerability");
    assert!(known.iter().any(|one| one.starts_with("came-to-light CVE-2099-0001")), "{known:?}");
    let passwords = became(&document, "Quillfen Networks", "credential.empty-password");
    assert!(passwords[0].starts_with("remains "), "{passwords:?}");
    for one in
        document["reviewed"].as_array().unwrap().iter().filter(|one| one["name"] == "Quillfen Networks")
    {
        let kinds: Vec<&str> =
            one["tally"]["became"].as_object().unwrap().keys().map(String::as_str).collect();
        assert!(kinds.iter().all(|kind| ["remains", "came-to-light"].contains(kind)), "{kinds:?}");
        assert_eq!(one["on_record"][0]["grade"], "medium");
        assert_eq!(one["now"]["imports_looked"]["count"], 1, "one is statically linked");
    }
    assert_eq!(document["unplaced"][0]["name"], "strange.bin");
    let marram = &document["reviewed"].as_array().unwrap().iter().find(|one| one["name"] == marram).unwrap();
    assert_eq!(marram["now"]["copies"]["products"][0]["versions"], serde_json::json!(["1.1.1k", "3.0.2"]));
    let strcpy = |side: &str, when: &str| marram[when]["copying"]["strcpy"][side].as_u64().unwrap();
    assert_eq!((strcpy("unchecked", "before"), strcpy("checked", "before")), (3, 0));
    assert_eq!((strcpy("unchecked", "now"), strcpy("checked", "now")), (0, 4));
    let images: Vec<&str> = marram["lines"][0]["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| image["belongs"]["by"].as_str().unwrap())
        .collect();
    assert_eq!(images, ["inventory", "own-words", "inventory"]);
}

#[test]
fn thresholds_and_mistakes_have_their_exit_status() {
    let folder = case();
    let day = ["--as-of", "2026-11-01"];
    let review = |more: &[&str]| folder.run(&[&["review", "c"][..], more, &day].concat());
    for (more, status, part) in [
        (&["Marram Broadband", "--since", "2026-06-01", "--fail-on", "high"][..], 1, ""),
        (&["Marram Broadband", "--since", "2026-06-01", "--fail-on", "key.authorized"], 0, ""),
        (&["CSG-210", "--since", "2026-06-01"], 0, ""),
        (&["Marram CSG-210", "QX-40", "--since", "2026-06-01"], 0, ""),
        (&["LR-9", "--since", "2026-06-01"], 3, ""),
        (&["Penhallow Optical", "--since", "2026-06-01"], 3, ""),
        (&["Marram Broadband", "--since", "2026-01-01"], 3, ""),
        (&["Marram Broadband", "--since", "2026-10-01"], 3, ""),
        (&["Maram Broadband", "--since", "2026-06-01"], 2, "did you mean Marram Broadband?"),
        (&["CSG-211", "--since", "2026-06-01"], 2, "Marram CSG-210"),
        (&["--since", "2026-06-01"], 2, "--all"),
        (&["--all", "QX-40", "--since", "2026-06-01"], 2, "leave out QX-40"),
        (&["--all", "--since", "2026-11-02"], 2, "after the day of the review"),
        (&["--all", "--since", "2026-06-01", "-o", "sarif=-"], 2, "json or html"),
        (&["--all", "--since", "2026-06-01", "--fail-on", "huge"], 2, "info, low, medium, high"),
        (&["--all"], 2, "--since"),
    ] {
        let output = review(more);
        assert_eq!(output.status.code(), Some(status), "{more:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(part), "{more:?}: {}", stderr(&output));
    }
    let outside = folder.run(&["review", "QX-40", "--since", "2026-06-01"]);
    assert_eq!(outside.status.code(), Some(2));
    assert!(stderr(&outside).contains("no case here"), "{}", stderr(&outside));
    // In the case's folder it need not be named.
    let inside = command()
        .args([&["review", "CSG-210"][..], &SINCE].concat())
        .current_dir(folder.path("c"))
        .output()
        .unwrap();
    assert_eq!(inside.status.code(), Some(0), "{}", stderr(&inside));
    assert!(stdout(&inside).contains("Known exploitation by vendor: NOT LOOKED"), "{}", stdout(&inside));
}

#[test]
fn a_decision_on_a_finding_counts() {
    let folder = case();
    let json = folder.run(&[&["review", "c", "QX-40", "-o", "json=-"][..], &SINCE].concat());
    let document = validated(&stdout(&json));
    let high = |document: &serde_json::Value| -> Vec<String> {
        let findings = document["reviewed"][0]["lines"][0]["findings"].as_array().unwrap();
        let high = findings.iter().filter(|one| one["grade"] == "high" && one["disposition"].is_null());
        high.map(|one| one["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let fail = [&["review", "c", "QX-40", "--fail-on", "high"][..], &SINCE].concat();
    assert_eq!(folder.run(&fail).status.code(), Some(1));
    let all = high(&document);
    assert!(!all.is_empty());
    for fingerprint in all {
        let arguments =
            ["dispose", "c", &fingerprint, "--state", "not applicable", "--reason", "bench", "--person", "A"];
        assert_eq!(folder.run(&arguments).status.code(), Some(0));
    }
    assert_eq!(folder.run(&fail).status.code(), Some(0));
}

#[test]
fn a_page_for_a_browser() {
    let folder = case();
    let output = folder.run(&[&["review", "c", "--all", "-o", "html=r.html"][..], &SINCE].concat());
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let page = std::fs::read_to_string(folder.path("r.html")).unwrap();
    assert!(!page.contains("<script") && page.contains("Marram Broadband"));
    for part in ["no evidence of safety", "Side by side", "regressed", "not calls"] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn known_exploitation_is_counted_with_what_was_matched_and_the_caveat() {
    let folder = case();
    let arguments =
        ["feeds", "exploited", "--case", "c", "Example", "--as-of", "2098-07-01", "--since", "2098-05-15"];
    let output = folder.run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    insta::assert_snapshot!("feeds_exploited", stdout(&output));
    let json = folder.run(&[&arguments[..], &["-o", "json=-"]].concat());
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(json["caveat"].as_str().unwrap().contains("no evidence of safety"));
    let asked: Vec<&str> =
        json["asked"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect();
    assert_eq!(asked, ["without-form", "none", "none", "none", "none"]);
    let without = Folder::new();
    let output = without.run(&["feeds", "exploited"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("banbury feeds import"), "{}", stderr(&output));
    let path = root().join("corpus/feeds/epss/input.csv").display().to_string();
    without.run(&["feeds", "import", &path]);
    let output = without.run(&["feeds", "exploited"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("import CISA KEV"), "{}", stderr(&output));
}

#[test]
fn the_dossier_has_it_next_to_the_vendors() {
    let folder = case();
    let page = std::fs::read_to_string(folder.path("c/dossier.html")).unwrap();
    assert!(page.contains("Known exploitation by vendor") && page.contains("no evidence of safety"));
    let json = std::fs::read_to_string(folder.path("c/dossier.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["known_exploitation"]["catalogue"]["asked"].as_array().unwrap().len(), 4);
}
