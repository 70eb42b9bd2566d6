use super::*;
use banbury_evidence::{CodeInfo, Grade, Location, Step, Value};
use proptest::prelude::*;

const INFO: CodeInfo =
    CodeInfo { code: COMPONENT, title: "t", grade: Grade::Info, meaning: "m", remedy: "r", cwe: &[] };

/// A claim on a file of a tree; facts as `name=value`.
fn claim(tree: u64, file: &str, facts: &[&str]) -> Claim {
    let exhibit = Location::exhibit(Digest::of(b"image"));
    let step = Step { format: "squashfs".to_owned(), offset: tree, entry: Some(file.to_owned()), at: None };
    let location = exhibit.inside(step);
    let mut claim = Claim::observation(&INFO, location.subject(), "x").at(location);
    for fact in facts {
        let (name, value) = fact.split_once('=').unwrap();
        claim = claim.fact(name, value);
    }
    claim
}

fn dpkg(tree: u64, name: &str, version: &str, source: &str) -> Claim {
    let purl = format!("purl=pkg:deb/debian/{name}@{version}?distro=debian-11");
    let facts = [format!("name={name}"), format!("version={version}"), format!("source={source}")];
    let mut all: Vec<&str> = vec!["method=dpkg", &purl];
    all.extend(facts.iter().map(String::as_str));
    claim(tree, "var/lib/dpkg/status", &all)
}

const ZLIB_CPE: &str = "cpe=cpe:2.3:a:zlib:zlib:1.2.11:*:*:*:*:*:*:*";

fn zlib_string(tree: u64, file: &str, version: &str) -> Claim {
    claim(tree, file, &["name=zlib", &format!("version={version}"), "method=version-string", ZLIB_CPE])
}

fn zlib_symbols(tree: u64, file: &str, low: &str) -> Claim {
    claim(tree, file, &["name=zlib", &format!("version-low={low}"), "method=elf-symbols"])
}

fn shown(claims: &[Claim]) -> Vec<String> {
    let show = |one: &Joined<'_>| format!("{} {} {}", one.product, one.shown_version(), one.evidence.len());
    join(claims).iter().map(show).collect()
}

#[test]
fn a_package_a_signature_and_symbols_are_one_component() {
    let claims = [
        dpkg(0, "zlib1g", "1:1.2.11.dfsg-2+deb11u2", "zlib"),
        zlib_string(0, "lib/libz.so.1.2.11", "1.2.11"),
        zlib_symbols(0, "lib/libz.so.1.2.11", "1.2.9"),
    ];
    let joined = join(&claims);
    assert_eq!(joined.len(), 1);
    let one = &joined[0];
    assert_eq!((one.product.as_str(), one.version.as_deref()), ("zlib", Some("1.2.11")));
    assert_eq!(one.methods(), ["dpkg", "version-string", "elf-symbols"]);
    assert_eq!(one.cpes[0].to_string(), "cpe:2.3:a:zlib:zlib:1.2.11:*:*:*:*:*:*:*");
    assert_eq!(one.purls.len(), 1);
    let distribution = one.distribution.as_ref().unwrap();
    assert_eq!((distribution.name.as_str(), distribution.source.as_str()), ("debian", "zlib"));
    assert_eq!(distribution.source_version.as_deref(), Some("1:1.2.11.dfsg-2+deb11u2"));
    assert_eq!(distribution.release.as_deref(), Some("11"));
}

#[test]
fn one_file_with_two_versions_is_a_contradiction() {
    let claims = [zlib_string(0, "bin/a", "1.2.11"), zlib_string(0, "bin/a", "1.2.13")];
    let joined = join(&claims);
    assert_eq!((joined.len(), joined[0].version.as_deref()), (1, None));
    assert_eq!(joined[0].contradictions[0].versions, ["1.2.11", "1.2.13"]);
    assert_eq!(joined[0].shown_version(), "contradictory: 1.2.11 (version-string) / 1.2.13 (version-string)");
    // Bounds contradict as well as versions do.
    let claims = [zlib_string(0, "bin/a", "1.2.11"), zlib_symbols(0, "bin/a", "1.2.12")];
    let joined = join(&claims);
    assert_eq!(
        joined[0].contradictions[0].claimed,
        ["1.2.11 (version-string)", "1.2.12 or later (elf-symbols)"]
    );
    // Another spelling is none.
    let claims = [zlib_string(0, "a", "1.2"), zlib_string(0, "a", "1.2.0")];
    let joined = join(&claims);
    assert_eq!((joined.len(), joined[0].evidence.len(), joined[0].contradictions.len()), (1, 2, 0));
}

#[test]
fn a_package_with_two_versions_is_a_contradiction_and_two_packages_are_not() {
    let claims = [dpkg(0, "zlib1g", "1.2.11-1", "zlib"), dpkg(0, "zlib1g", "1.2.13-1", "zlib")];
    assert_eq!(join(&claims)[0].contradictions.len(), 1);
    let claims = [dpkg(0, "libssl1.1", "1.1.1n-0", "openssl"), dpkg(0, "openssl", "1.1.1n-0", "")];
    assert_eq!(shown(&claims), ["openssl 1.1.1n 2"]);
    let rpm = |version: &str| {
        claim(
            0,
            "var/lib/rpm/Packages",
            &["name=kernel", &format!("version={version}"), "method=rpm-berkeley"],
        )
    };
    assert_eq!(shown(&[rpm("3.10.0-1"), rpm("3.10.1-1")]), ["linux 3.10.0 1", "linux 3.10.1 1"]);
}

#[test]
fn other_files_with_other_versions_are_copies() {
    let claims = [
        zlib_string(0, "bin/a", "1.2.11"),
        zlib_string(0, "bin/b", "1.2.13"),
        zlib_string(0, "bin/c", "1.2.13"),
        zlib_symbols(0, "lib/libz.so", "1.2.12"),
    ];
    assert_eq!(shown(&claims), ["zlib 1.2.11 1", "zlib 1.2.13 3"]);
}

#[test]
fn bounds_go_to_the_nearest_or_stay_by_themselves() {
    let two = [zlib_string(0, "bin/a", "1.2.11"), zlib_string(4096, "bin/a", "1.2.13")];
    let near = [two.to_vec(), vec![zlib_symbols(4096, "lib/libz.so", "1.2.5")]].concat();
    assert_eq!(shown(&near), ["zlib 1.2.11 1", "zlib 1.2.13 2"]);
    let open = [two.to_vec(), vec![zlib_symbols(8192, "lib/libz.so", "1.2.5")]].concat();
    assert_eq!(shown(&open), ["zlib 1.2.5 or later 1", "zlib 1.2.11 1", "zlib 1.2.13 1"]);
    let outside = [two.to_vec(), vec![zlib_symbols(0, "lib/libz.so", "1.3")]].concat();
    assert_eq!(shown(&outside).iter().filter(|text| text.ends_with("1.3 or later 1")).count(), 1);
    // Bounds alone: the tightest of all that agree.
    let alone = [zlib_symbols(0, "lib/a", "1.2.5"), zlib_symbols(0, "lib/b", "1.2.9")];
    assert_eq!(shown(&alone), ["zlib 1.2.9 or later 2"]);
}

#[test]
fn revisions_of_a_package_are_copies() {
    let claims = [
        dpkg(0, "zlib1g", "1.2.11-1", "zlib"),
        dpkg(4096, "zlib1g", "1.2.11-2", "zlib"),
        zlib_string(4096, "lib/libz.so", "1.2.11"),
    ];
    let joined = join(&claims);
    let found: Vec<_> =
        joined.iter().map(|one| (one.package_version.as_deref(), one.evidence.len())).collect();
    assert_eq!(found, [(Some("1.2.11-1"), 1), (Some("1.2.11-2"), 2)]);
}

#[test]
fn packages_of_languages_keep_apart() {
    let pypi = claim(
        0,
        "x/METADATA",
        &["name=zlib", "version=1.2.11", "purl=pkg:pypi/zlib@1.2.11", "method=python-metadata"],
    );
    assert_eq!(shown(&[zlib_string(0, "bin/a", "1.2.11"), pypi]), ["pypi:zlib 1.2.11 1", "zlib 1.2.11 1"]);
    // A program may hold two versions of a crate.
    let rust = |version: &str| {
        let purl = format!("purl=pkg:cargo/rand@{version}");
        claim(0, "bin/a", &["name=rand", &format!("version={version}"), &purl, "method=rust-audit-data"])
    };
    assert_eq!(shown(&[rust("0.7.3"), rust("0.8.5")]), ["cargo:rand 0.7.3 1", "cargo:rand 0.8.5 1"]);
}

#[test]
fn opkg_is_not_openwrt_alone() {
    let system = |purl: &str| {
        let said = claim(0, "usr/lib/opkg/status", &["name=zlib", "version=1.2.11-1", "method=opkg", purl]);
        let joined = join(std::iter::once(&said));
        let distribution = joined[0].distribution.clone().unwrap();
        (distribution.name, distribution.release)
    };
    let of = |name: &str, release: Option<&str>| (name.to_owned(), release.map(str::to_owned));
    assert_eq!(system("purl=pkg:generic/zlib@1.2.11-1"), of("unknown", None));
    assert_eq!(system("purl=pkg:generic/zlib@1.2.11-1?distro=poky-4.0.2"), of("poky", Some("4.0.2")));
    assert_eq!(
        system("purl=pkg:generic/zlib@1.2.11-1?arch=mips_24kc&distro=openwrt-22.03.5"),
        of("openwrt", Some("22.03.5"))
    );
}

#[test]
fn one_cpe_is_one_product() {
    let cpe = "cpe=cpe:2.3:a:zlib:zlib:*:*:*:*:*:*:*:*";
    let claims = [
        claim(0, "usr/lib/opkg/status", &["name=compression", "version=1.2.11-1", "method=opkg", cpe]),
        zlib_string(0, "bin/a", "1.2.11"),
    ];
    assert_eq!(shown(&claims), ["zlib 1.2.11 2"]);
    assert_eq!(shown(&[claims[1].clone(), claims[0].clone()]), ["zlib 1.2.11 2"]);
    let uri = claim(
        0,
        "usr/lib/opkg/status",
        &["name=odd", "version=1.2.11-1", "method=opkg", "cpe=cpe:/a:zlib:zlib"],
    );
    assert_eq!(shown(&[uri]), ["zlib 1.2.11 1"]);
}

#[test]
fn revisions_of_an_unknown_distribution_are_ordered_by_its_package_manager() {
    for method in ["opkg", "dpkg", "rpm-sqlite"] {
        let package = |version: &str| {
            claim(0, "db", &["name=zlib", &format!("version={version}"), &format!("method={method}")])
        };
        let (old, new) = (package("1.2.11-r9"), package("1.2.11-r10"));
        let (old, new) = (join(std::iter::once(&old)), join(std::iter::once(&new)));
        let found = difference(&old, &new);
        assert_eq!((found.upgraded.len(), found.changed.len()), (1, 0), "{method}");
        assert_eq!(difference(&new, &old).downgraded.len(), 1, "{method}");
    }
}

#[test]
fn a_release_is_held_against_another() {
    let old = [
        dpkg(0, "zlib1g", "1:1.2.11.dfsg-2", "zlib"),
        claim(0, "bin/a", &["name=foo", "version=1.10", "method=version-string"]),
        claim(0, "bin/b", &["name=bar", "version=2.0", "method=version-string"]),
        claim(0, "bin/c", &["name=odd", "version=vendor-x", "method=version-string"]),
        claim(0, "bin/d", &["name=same", "version=1", "method=version-string"]),
        claim(0, "bin/e", &["name=gone", "version=1", "method=version-string"]),
    ];
    let new = [
        dpkg(0, "zlib1g", "1:1.2.11.dfsg-3", "zlib"),
        claim(0, "bin/a", &["name=foo", "version=1.9", "method=version-string"]),
        claim(0, "bin/b", &["name=bar", "version=10.0", "method=version-string"]),
        claim(0, "bin/c", &["name=odd", "version=vendor-y", "method=version-string"]),
        claim(8, "bin/d", &["name=same", "version=1", "method=version-string"]),
        claim(0, "bin/f", &["name=fresh", "version=1", "method=version-string"]),
    ];
    let (old, new) = (join(&old), join(&new));
    let found = difference(&old, &new);
    let pairs = |pairs: &[(&Joined<'_>, &Joined<'_>)]| {
        let names: Vec<String> = pairs.iter().map(|(old, _)| old.product.clone()).collect();
        names
    };
    assert_eq!(pairs(&found.upgraded), ["bar", "zlib"]);
    assert_eq!(
        (pairs(&found.downgraded), pairs(&found.changed)),
        (vec!["foo".to_owned()], vec!["odd".to_owned()])
    );
    let names = |all: &[&Joined<'_>]| all.iter().map(|one| one.product.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(&found.added), names(&found.removed)),
        (vec!["fresh".to_owned()], vec!["gone".to_owned()])
    );
    assert_eq!(names(&found.unchanged), ["same"]);
}

prop_compose! {
    fn any_claim()(
        tree in 0u64..3,
        file in 0usize..4,
        name in 0usize..5,
        kind in 0usize..4,
        version in "(1[.][0-3][.][0-3]|[a-c]{1,4}|1[.]2-r[0-2]|[0-9]:1[.]1-[12])",
        method in 0usize..6,
        cpe in 0usize..4,
    ) -> Claim {
        let name = ["zlib", "zlib1g", "libz", "foo", "openssl"][name];
        let method = ["dpkg", "apk", "version-string", "elf-symbols", "rust-audit-data", "new"][method];
        let version = match kind {
            0 | 1 => format!("version={version}"),
            2 => format!("version-low={version}"),
            _ => format!("version-high={version}"),
        };
        let mut facts = vec![format!("name={name}"), format!("method={method}"), version];
        if let Some(product) = ["zlib:zlib", "foo:foo", "openssl:openssl"].get(cpe) {
            facts.push(format!("cpe=cpe:2.3:a:{product}:*:*:*:*:*:*:*:*"));
        }
        let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
        claim(tree, ["a", "b", "c", "var/lib/dpkg/status"][file], &facts)
    }
}

proptest! {
    #[test]
    fn no_claim_is_lost_and_no_order_matters(
        claims in prop::collection::vec(any_claim(), 0..24),
        seed in prop::collection::vec(any::<u32>(), 24),
    ) {
        let joined = join(&claims);
        let mut shuffled: Vec<(u32, &Claim)> = seed.into_iter().zip(&claims).collect();
        shuffled.sort_by_key(|(key, _)| *key);
        let again = join(shuffled.into_iter().map(|(_, claim)| claim));
        prop_assert_eq!(&joined, &again);
        let mut held: Vec<Digest> =
            joined.iter().flat_map(|one| &one.evidence).map(|evidence| evidence.fingerprint).collect();
        held.sort();
        let all: BTreeSet<Digest> = claims.iter().map(Claim::fingerprint).collect();
        prop_assert_eq!(held, all.into_iter().collect::<Vec<_>>(), "each once");
        for one in &joined {
            prop_assert!(one.version.is_none() || one.contradictions.is_empty());
            prop_assert!(!one.evidence.is_empty());
        }
    }

    #[test]
    fn any_text_is_joined(name in "\\PC{0,12}", version in "\\PC{0,12}", cpe in "\\PC{0,30}", purl in "\\PC{0,20}") {
        let mut one = claim(0, "a", &["method=dpkg"]);
        for (fact, value) in [("name", name), ("version", version), ("cpe", cpe), ("purl", format!("pkg:{purl}"))] {
            one.facts.insert(fact.to_owned(), Value::Text(value));
        }
        prop_assert_eq!(join([&one]).len(), 1);
    }
}
