//! Answers over the samples of feeds in `corpus/feeds`.

use super::*;
use crate::store::Options;
use std::path::Path;

/// A database with these documents of the corpus.
fn store(folder: &Path, feeds: &[&str]) -> Store {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/feeds");
    let mut store = Store::open(&folder.join("feeds.sqlite")).unwrap();
    for feed in feeds {
        store.import(&corpus.join(feed), &Options::default()).unwrap();
    }
    store
}

fn component(name: &str, version: &str, cpe: &str) -> Component {
    Component {
        name: name.to_owned(),
        version: Some(version.to_owned()).filter(|version| !version.is_empty()),
        cpes: vec![format!("cpe:2.3:{cpe}:*:*:*:*:*:*:*:*").parse().unwrap()],
        ..Component::default()
    }
}

fn state(store: &Store, component: &Component, facts: &Facts, vulnerability: &str) -> State {
    let answer = Known::new(store).unwrap().look_up(component, facts).unwrap();
    let found = answer.findings.into_iter().find(|finding| finding.vulnerability == vulnerability);
    found.unwrap_or_else(|| panic!("{vulnerability} was not found")).state
}

fn word(state: &State) -> &'static str {
    match state {
        State::Affected { .. } => "affected",
        State::NotAffected { .. } => "not",
        State::CannotTell { .. } => "cannot tell",
    }
}

#[test]
fn ranges_of_cpe_names_follow_the_products_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &["nvd-2.0/input.json"]);
    let cases = [
        ("1.0.2", "affected"),
        ("1.0.2k", "affected"),
        ("1.0.2zc", "affected"),
        ("1.0.2zd", "not"),
        ("1.0.1u", "not"),
        ("3.0.1", "affected"),
        ("3.0.2", "not"),
        ("1.1.1-pre9", "affected"),
        ("1.1.1", "not"),
        ("", "cannot tell"),
        ("1.0.2k-vendor7", "cannot tell"),
        ("unknown", "cannot tell"),
        (&"9".repeat(1 << 20), "not"),
    ];
    for (version, expected) in cases {
        let component = component("openssl", version, "a:openssl:openssl");
        let state = state(&store, &component, &Facts::default(), "CVE-2099-0001");
        let shown: String = version.chars().take(30).collect();
        assert_eq!(word(&state), expected, "{shown}: {state:?}");
    }
}

#[test]
fn what_has_to_be_there_too_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &["nvd-1.1/input.json"]);
    let hostapd = component("hostapd", "2.9", "a:w1.fi:hostapd");
    let open = state(&store, &hostapd, &Facts::default(), "CVE-2099-0002");
    assert!(
        matches!(&open, State::CannotTell { detail, .. } if detail.contains("cpe:2.3:h:example:radio")),
        "{open:?}"
    );
    let radio: Cpe = "cpe:2.3:h:example:radio:-:*:*:*:*:*:*:*".parse().unwrap();
    let there = Facts { present: vec![radio], ..Facts::default() };
    assert_eq!(word(&state(&store, &hostapd, &there, "CVE-2099-0002")), "affected");
    let absent = Facts { present_is_all: true, ..Facts::default() };
    assert_eq!(word(&state(&store, &hostapd, &absent, "CVE-2099-0002")), "not");
    let newer = component("hostapd", "2.10", "a:w1.fi:hostapd");
    assert_eq!(word(&state(&store, &newer, &there, "CVE-2099-0002")), "not");
}

#[test]
fn a_distributions_word_decides_over_upstreams() {
    let folder = tempfile::tempdir().unwrap();
    let upstream_only = store(folder.path(), &["nvd-2.0/input.json"]);
    let package = |release: Option<&str>, version: &str| Component {
        distribution: Some(Distribution {
            name: "debian".to_owned(),
            release: release.map(str::to_owned),
            source: "openssl".to_owned(),
            source_version: Some(version.to_owned()),
        }),
        ..component("openssl", "3.0.1", "a:openssl:openssl")
    };
    let none = Facts::default();
    let name = "CVE-2099-0001";
    // Upstream's 3.0.1 is affected; whether Debian patched it nobody here knows.
    let open = state(&upstream_only, &package(Some("bookworm"), "3.0.1-1"), &none, name);
    assert!(matches!(&open, State::CannotTell { detail, .. } if detail.contains("debian")), "{open:?}");
    for feed in ["debian/input.json", "osv/input.zip"] {
        let folder = tempfile::tempdir().unwrap();
        let both = store(folder.path(), &["nvd-2.0/input.json", feed]);
        let cases = [
            (Some("bookworm"), "3.0.11-1~deb12u1", "affected"),
            (Some("12"), "3.0.11-1~deb12u2", "not"),
            (Some("12.4"), "3.0.13-1", "not"),
            (Some("bullseye"), "1.1.1n-0+deb11u5", "affected"),
            (None, "3.0.11-1~deb12u2", "cannot tell"),
            (Some("bookworm"), "<odd>", "cannot tell"),
        ];
        for (release, version, expected) in cases {
            let state = state(&both, &package(release, version), &none, name);
            assert_eq!(word(&state), expected, "{feed} {release:?} {version}: {state:?}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let tracker = store(folder.path(), &["debian/input.json"]);
    assert_eq!(word(&state(&tracker, &package(Some("trixie"), "3.4.0-1"), &none, name)), "not");
    assert_eq!(
        word(&state(&tracker, &package(Some("bookworm"), "1"), &none, "CVE-2099-0011")),
        "cannot tell"
    );
    assert_eq!(word(&state(&tracker, &package(Some("jessie"), "1"), &none, name)), "cannot tell");
}

#[test]
fn a_purl_alone_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &["osv/input.zip"]);
    let of =
        |purl: &str| Component { name: "x".to_owned(), purl: Some(purl.to_owned()), ..Component::default() };
    let cases = [
        (
            "pkg:deb/debian/libssl3@3.0.11-1~deb12u1?distro=debian-12&upstream=openssl",
            "CVE-2099-0001",
            "affected",
        ),
        ("pkg:deb/debian/libssl3@3.0.11-1~deb12u2?distro=debian-12&upstream=openssl", "CVE-2099-0001", "not"),
        ("pkg:apk/alpine/openssl@3.1.4-r0?distro=3.18.4", "CVE-2099-0001", "affected"),
        ("pkg:apk/alpine/openssl@3.1.4-r1?distro=3.18.4", "CVE-2099-0001", "not"),
        ("pkg:pypi/some-thing@2.0", "CVE-2099-0009", "affected"),
        ("pkg:pypi/some-thing@2.0.1", "CVE-2099-0009", "not"),
        ("pkg:pypi/some-thing@trunk", "CVE-2099-0009", "cannot tell"),
    ];
    for (purl, name, expected) in cases {
        let state = state(&store, &of(purl), &Facts::default(), name);
        assert_eq!(word(&state), expected, "{purl}: {state:?}");
    }
}

#[test]
fn the_cna_of_the_kernel_counts_with_its_branches_and_the_build_rules_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &["cve-5/input.json", "nvd-2.0/input.json", "kev-json/input.json"]);
    let kernel = |version: &str| component("linux", version, "o:linux:linux_kernel");
    let none = Facts::default();
    let cases = [
        ("4.9.300", "not"),
        ("4.14.5", "affected"),
        ("5.10.119", "affected"),
        ("5.10.120", "not"),
        ("5.10.200-vendor", "not"),
        ("5.15.3", "affected"),
        ("5.19", "not"),
        ("6.1.2", "not"),
        ("5", "cannot tell"),
    ];
    for (version, expected) in cases {
        let state = state(&store, &kernel(version), &none, "CVE-2099-0008");
        assert_eq!(word(&state), expected, "{version}: {state:?}");
    }
    let build =
        KernelBuild { whole: true, read: "embedded configuration".to_owned(), ..KernelBuild::default() };
    let facts = Facts { kernel: Some(build), ..Facts::default() };
    for name in ["CVE-2099-0008", "CVE-2099-0006"] {
        let state = state(&store, &kernel("5.10.101"), &facts, name);
        let said = matches!(&state, State::NotAffected { detail, .. } if detail.contains("CONFIG_BT is not set (read in embedded configuration)"));
        assert!(said, "{name}: {state:?}");
    }
    // Known exploited first, with its date and the catalogue's.
    let answer = Known::new(&store).unwrap().look_up(&kernel("5.10.101"), &none).unwrap();
    let names: Vec<&str> = answer.findings.iter().map(|finding| finding.vulnerability.as_str()).collect();
    assert_eq!(names, ["CVE-2099-0006", "CVE-2099-0008"]);
    let exploited = answer.findings[0].exploited.as_ref().unwrap();
    assert_eq!(exploited.value.added, "2098-05-01");
    assert_eq!(exploited.feed_dated.as_deref(), Some("2098-06-01T12:00:00.000Z"));
    assert_eq!(answer.feeds.len(), 3);
    assert!(answer.not_asked.iter().any(|what| what.contains("OSV")), "{:?}", answer.not_asked);
}

#[test]
fn a_name_alone_is_shown_and_never_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &["nvd-2.0/input.json", "epss/input.csv"]);
    let component =
        Component { name: "OpenSSL".to_owned(), version: Some("3.0.1".to_owned()), ..Component::default() };
    let answer = Known::new(&store).unwrap().look_up(&component, &Facts::default()).unwrap();
    assert_eq!(answer.findings.len(), 1);
    let finding = &answer.findings[0];
    assert_eq!(word(&finding.state), "cannot tell");
    assert_eq!(finding.score.as_ref().unwrap().value.probability, "0.91234");
    assert_eq!(answer.not_asked.len(), 2);
}

#[test]
fn bounds_are_held_against_ranges() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &["nvd-2.0/input.json"]);
    let cases = [
        (Some("1.0.2a"), Some("1.0.2k"), "affected", Reason::InRange),
        (Some("3.0.2"), None, "not", Reason::OutOfRange),
        (None, Some("1.0.1u"), "not", Reason::OutOfRange),
        (Some("1.0.1"), Some("1.0.2"), "cannot tell", Reason::BoundsStraddle),
        (Some("1.0.1"), None, "cannot tell", Reason::BoundsStraddle),
        (None, None, "cannot tell", Reason::NoVersion),
    ];
    for (low, high, expected, reason) in cases {
        let component = Component {
            low: low.map(str::to_owned),
            high: high.map(str::to_owned),
            ..component("openssl", "", "a:openssl:openssl")
        };
        let state = state(&store, &component, &Facts::default(), "CVE-2099-0001");
        assert_eq!((word(&state), state.reason()), (expected, reason), "{low:?} {high:?}: {state:?}");
    }
}

#[test]
fn what_the_version_rules_out_is_counted_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &["nvd-2.0/input.json"]);
    let known = Known::new(&store).unwrap();
    for version in ["3.0.1", "3.0.2", ""] {
        let component = component("openssl", version, "a:openssl:openssl");
        let all = known.look_up(&component, &Facts::default()).unwrap();
        let some = known.look_up_what_matters(&component, &Facts::default()).unwrap();
        assert_eq!((all.outside, all.findings.len()), (0, some.findings.len() + some.outside));
        let kept = all.findings.into_iter().filter(|one| one.state.reason() != Reason::OutOfRange);
        assert_eq!(kept.collect::<Vec<_>>(), some.findings, "{version}");
    }
}

#[test]
fn what_was_taken_back_does_not_apply() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path(), &["nvd-1.1/input.json"]);
    let withdrawn: i64 = store
        .connection()
        .query_row("SELECT COUNT(*) FROM advisory WHERE withdrawn", [], |row| row.get(0))
        .unwrap();
    assert_eq!(withdrawn, 1);
}

/// An answer without the sentences that only a whole look-up writes, and how many vulnerabilities the version alone rules out.
fn what_matters(mut answer: Answer) -> (Answer, usize) {
    let all = answer.findings.len();
    answer.findings.retain(|finding| finding.state.reason() != Reason::OutOfRange);
    for said in answer.findings.iter_mut().flat_map(|finding| &mut finding.says) {
        if let State::NotAffected { reason: Reason::OutOfRange, detail } = &mut said.state {
            detail.clear();
        }
    }
    let outside = answer.outside + all - answer.findings.len();
    answer.outside = 0;
    (answer, outside)
}

#[test]
fn what_matters_is_the_same_without_reading_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let feeds = [
        "nvd-1.1/input.json",
        "nvd-2.0/input.json",
        "cve-5/input.json",
        "osv/input.json",
        "kev-json/input.json",
    ];
    let store = store(folder.path(), &feeds);
    let known = Known::new(&store).unwrap();
    let mut ruled_out = 0;
    for (name, cpe) in
        [("openssl", "a:openssl:openssl"), ("linux", "o:linux:linux_kernel"), ("hostapd", "a:w1.fi:hostapd")]
    {
        for version in
            ["", "1.0.2k", "1.0.2zd", "3.0.1", "3.0.2", "5.10.101", "5.10.1", "6.1", "2.9", "2.10", "x"]
        {
            let component = component(name, version, cpe);
            let whole = known.look_up(&component, &Facts::default()).unwrap();
            let quick = known.look_up_what_matters(&component, &Facts::default()).unwrap();
            assert_eq!(what_matters(quick.clone()), what_matters(whole), "{name} {version}");
            ruled_out += quick.outside;
        }
    }
    assert!(ruled_out > 10, "{ruled_out}");
}

mod quick {
    use super::*;
    use crate::advisory::Says;
    use crate::version::Scheme;
    use proptest::prelude::*;

    fn version() -> impl Strategy<Value = String> {
        prop_oneof![6 => "[0-9]{1,2}([.][0-9]{1,2}){0,2}", 1 => "[0-9][.][0-9](-rc1|a|-x|~1)", 1 => "[-*?.]|[0-9.]{1,4}"]
    }

    fn criterion() -> impl Strategy<Value = Criterion> {
        let some = || proptest::option::weighted(0.4, version());
        (some(), proptest::option::weighted(0.2, "-|rc1"), some(), some(), some(), some()).prop_map(
            |(version, update, ge, gt, le, lt)| Criterion { version, update, cpe: None, ge, gt, le, lt },
        )
    }

    proptest! {
        #[test]
        fn what_is_outside_at_a_glance_is_outside(
            any in proptest::collection::vec(criterion(), 0..4),
            version in version(),
            scheme in 0..Scheme::ALL.len(),
        ) {
            let facts = Facts::default();
            let judged = Judged {
                version: Version::Exactly(&version),
                package_version: None,
                scheme: Scheme::ALL[scheme],
                cpe: None,
                distribution: None,
                facts: &facts,
                words: false,
            };
            let plain = any.iter().all(|one| [&one.ge, &one.gt, &one.le, &one.lt].iter().any(|bound| bound.is_some()));
            let all = [Says::Cpe { any, needs: Vec::new(), negated: false }];
            let glance = judged.is_outside(&crate::store::says::write(&all).unwrap());
            let mut none = |_: usize| Ok::<_, ()>(Vec::new());
            let whole = judged.judge(&all[0], &mut none).unwrap();
            let outside = matches!(whole, Judgement::Not(Reason::OutOfRange, _));
            prop_assert!(outside || !glance, "{all:?} {version}: {whole:?}");
            // Bounds alone are decided at a glance.
            prop_assert!(glance || !outside || !plain, "{all:?} {version}");
        }
    }
}

#[test]
fn what_a_distribution_fixed_is_told_from_what_it_never_had() {
    let facts = Facts::default();
    let events = |bounds: &[(&str, &str)]| {
        let range = |(introduced, fixed): &(&str, &str)| crate::advisory::EventRange {
            scheme: Some(crate::version::Scheme::Dpkg),
            events: vec![
                crate::advisory::Event::Introduced((*introduced).to_owned()),
                crate::advisory::Event::Fixed((*fixed).to_owned()),
            ],
        };
        crate::advisory::Says::Events {
            ecosystem: "Debian:12".to_owned(),
            ranges: bounds.iter().map(range).collect(),
            versions: Vec::new(),
        }
    };
    let judged = |version: &'static str, distribution, bounds: &[(&str, &str)]| {
        let judged = Judged {
            version: Version::Exactly(version),
            package_version: Some(version),
            scheme: crate::version::Scheme::Dotted,
            cpe: None,
            distribution,
            facts: &facts,
            words: false,
        };
        judged.judge(&events(bounds), &mut |_: usize| Ok::<_, ()>(Vec::new())).unwrap()
    };
    let debian = Some(("debian", Some("12")));
    let detail = "1.5-1 is no longer affected: fixed in 1.4-1".to_owned();
    for bounds in [[("0", "1.4-1"), ("2.0-1", "2.3-1")], [("2.0-1", "2.3-1"), ("0", "1.4-1")]] {
        assert_eq!(judged("1.5-1", debian, &bounds), Judgement::Not(Reason::Backported, detail.clone()));
    }
    let before = judged("1.5-1", debian, &[("2.0-1", "2.3-1")]);
    assert!(
        matches!(&before, Judgement::Not(Reason::NeverAffected, detail) if detail.contains("before")),
        "{before:?}"
    );
    assert_eq!(judged("1.5-1", None, &[("0", "1.4-1")]), Judgement::Not(Reason::OutOfRange, String::new()));
}

/// A database with one document of our own.
fn store_of(folder: &Path, name: &str, content: &str) -> Store {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    let mut store = Store::open(&folder.join("feeds.sqlite")).unwrap();
    store.import(&path, &Options::default()).unwrap();
    store
}

#[test]
fn an_entry_that_cannot_be_ordered_leaves_those_behind_it_open() {
    let folder = tempfile::tempdir().unwrap();
    let entries = r#"[{"version":"vendor-branch","lessThan":"vendor-fix","versionType":"custom","status":"affected"},
        {"version":"1.0","lessThan":"2.0","versionType":"custom","status":"unaffected"},
        {"version":"2.0","lessThan":"3.0","versionType":"custom","status":"unknown"},
        {"version":"3.0","lessThan":"4.0","versionType":"custom","status":"affected"}]"#;
    let record = format!(
        r#"{{"dataType":"CVE_RECORD","cveMetadata":{{"cveId":"CVE-2099-0001","state":"PUBLISHED"}},"containers":{{"cna":
        {{"affected":[{{"vendor":"example","product":"thing","defaultStatus":"unaffected","versions":{entries}}}]}}}}}}"#
    );
    let store = store_of(folder.path(), "cve.json", &record);
    for (version, expected) in
        [("1.5", "cannot tell"), ("2.5", "cannot tell"), ("3.5", "affected"), ("5.0", "cannot tell")]
    {
        let state = state(
            &store,
            &component("thing", version, "a:example:thing"),
            &Facts::default(),
            "CVE-2099-0001",
        );
        assert_eq!(word(&state), expected, "{version}: {state:?}");
    }
}

#[test]
fn a_platform_that_is_this_one_in_other_words_rules_nothing_out() {
    for (platforms, expected) in [
        (r#"["Linux"]"#, "affected"),
        (r#"["Linux Kernel"]"#, "affected"),
        (r#"["linux_kernel", "Windows"]"#, "affected"),
        (r#"["Windows", "macOS"]"#, "not"),
        (r#"["Windows", "x86"]"#, "affected"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let record = format!(
            r#"{{"dataType":"CVE_RECORD","cveMetadata":{{"cveId":"CVE-2099-0001","state":"PUBLISHED"}},"containers":{{"cna":
            {{"affected":[{{"vendor":"example","product":"thing","defaultStatus":"affected","platforms":{platforms}}}]}}}}}}"#
        );
        let store = store_of(folder.path(), "cve.json", &record);
        let facts = Facts { system: Some("linux".to_owned()), ..Facts::default() };
        let state = state(&store, &component("thing", "1", "a:example:thing"), &facts, "CVE-2099-0001");
        assert_eq!(word(&state), expected, "{platforms}: {state:?}");
    }
}

#[test]
fn a_listed_version_may_be_spelled_otherwise() {
    let cases = [
        ("PyPI", "pypi", "1.0", "affected"),
        ("PyPI", "pypi", "1.0.0", "affected"),
        ("PyPI", "pypi", "1.1", "not"),
        ("PyPI", "pypi", "trunk", "cannot tell"),
        ("npm", "npm", "v1.0", "affected"),
        ("Maven", "maven", "1.0", "affected"),
        ("Maven", "maven", "1.0.0", "cannot tell"),
    ];
    for (ecosystem, kind, version, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let record = format!(
            r#"{{"id":"X-1","modified":"2098-01-01T00:00:00Z","affected":[{{"package":{{"ecosystem":"{ecosystem}","name":"thing"}},"versions":["1.0"]}}]}}"#
        );
        let store = store_of(folder.path(), "osv.json", &record);
        let thing = Component {
            name: "thing".to_owned(),
            purl: Some(format!("pkg:{kind}/thing@{version}")),
            ..Component::default()
        };
        let state = state(&store, &thing, &Facts::default(), "X-1");
        assert_eq!(word(&state), expected, "{kind} {version}: {state:?}");
    }
}

#[test]
fn a_name_that_cannot_be_read_is_not_taken_for_none() {
    let of = |names: &[&str]| {
        let matches: Vec<String> =
            names.iter().map(|name| format!(r#"{{"vulnerable":true,"criteria":"{name}"}}"#)).collect();
        format!(
            r#"{{"format":"NVD_CVE","vulnerabilities":[{{"cve":{{"id":"CVE-2099-0001","configurations":[{{"nodes":[
            {{"operator":"OR","cpeMatch":[{}]}}]}}]}}}}]}}"#,
            matches.join(",")
        )
    };
    let plain = "cpe:2.3:a:example:thing:1.0:*:*:*:*:*:*:*";
    let cases = [
        (vec![plain], "1.0", "affected"),
        (vec![plain], "2.0", "not"),
        (vec![plain, "cpe:2.3:a:example:thing:2:0:*:*:*:*:*:*:*"], "1.0", "affected"),
        (vec![plain, "cpe:2.3:a:example:thing:2:0:*:*:*:*:*:*:*"], "2.0", "cannot tell"),
        (vec![plain, "broken"], "2.0", "cannot tell"),
        (vec![plain, "cpe:2.3:a:example:other:2:0:*:*:*:*:*:*:*"], "2.0", "not"),
    ];
    for (names, version, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let store = store_of(folder.path(), "nvd.json", &of(&names));
        let state = state(
            &store,
            &component("thing", version, "a:example:thing"),
            &Facts::default(),
            "CVE-2099-0001",
        );
        assert_eq!(word(&state), expected, "{names:?} {version}: {state:?}");
    }
}

#[test]
fn an_import_in_between_changes_no_answer_of_one_look_up() {
    let folder = tempfile::tempdir().unwrap();
    drop(store(folder.path(), &["nvd-2.0/input.json"]));
    let reader = Store::open_to_read(&folder.path().join("feeds.sqlite")).unwrap();
    let openssl = component("openssl", "1.0.2k", "a:openssl:openssl");
    let known = Known::new(&reader).unwrap();
    let before = known.look_up(&openssl, &Facts::default()).unwrap();
    let started = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let import = scope.spawn(|| {
            started.wait();
            store(folder.path(), &["kev-json"])
        });
        started.wait();
        // The other connection writes, or waits to; the snapshot that is open does not see it.
        std::thread::sleep(std::time::Duration::from_millis(200));
        let between = known.look_up(&openssl, &Facts::default()).unwrap();
        assert_eq!(before, between);
        drop(known);
        drop(import.join().unwrap());
    });
    let after = Known::new(&reader).unwrap();
    assert_eq!(after.feeds().len(), before.feeds.len() + 1);
}
