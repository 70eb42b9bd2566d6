use super::super::golden::claims_of_file;
use super::*;
use proptest::prelude::*;

fn corpus(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/probes/languages/input/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

fn purls(path: &str, content: &[u8]) -> Vec<String> {
    claims_of_file(&Languages, path, content).iter().map(|claim| claim.facts["purl"].to_text()).collect()
}

#[test]
fn go_in_both_forms() {
    let expected = [
        "pkg:golang/stdlib@1.20.3",
        "pkg:golang/example.org/cmd@v1.0.0",
        "pkg:golang/example.org/fork@v2.1.0",
        "pkg:golang/golang.org/x/net@v0.7.0",
    ];
    assert_eq!(purls("bin/inline", &corpus("bin/go-inline")), expected);
    assert_eq!(purls("bin/pointers", &corpus("bin/go-pointers")), expected);
    let mut text = b"\xff Go buildinf:\x08\x02".to_vec();
    text.extend(corpus("bin/go-inline"));
    assert!(purls("a.txt", &text).is_empty(), "no program");
}

#[test]
fn crates_that_are_in_the_program() {
    assert_eq!(purls("bin/rust", &corpus("bin/rust")), ["pkg:cargo/app@0.1.0", "pkg:cargo/libc@0.2.150"]);
}

#[test]
fn metadata_counts_where_it_is_installed() {
    let metadata = b"Metadata-Version: 2.1\nName: Some.Pkg_x\nVersion: 1.2\n\nName: other\n";
    assert_eq!(
        purls("usr/lib/python3/Some.Pkg_x-1.2.dist-info/METADATA", metadata),
        ["pkg:pypi/some-pkg-x@1.2"]
    );
    assert!(purls("home/METADATA", metadata).is_empty());
    let json = br#"{"name": "@s/left", "version": "1.3.0"}"#;
    assert_eq!(purls("www/node_modules/@s/left/package.json", json), ["pkg:npm/%40s/left@1.3.0"]);
    assert!(purls("www/package.json", json).is_empty(), "a program's own description");
    assert!(purls("www/node_modules/@s/left/test/package.json", json).is_empty());
    let own = br#"{"_id": "left@1.3.0", "name": "left", "version": "1.3.0"}"#;
    assert_eq!(purls("www/left/package.json", own), ["pkg:npm/left@1.3.0"]);
    let list = br#"{"packages": [{"name": "v/one", "version": "v1.0"}, {"name": "v/two"}]}"#;
    assert_eq!(purls("www/vendor/composer/installed.json", list), ["pkg:composer/v/one@1.0"]);
    assert_eq!(
        purls("www/vendor/composer/installed.json", &list[13..list.len() - 1]),
        ["pkg:composer/v/one@1.0"]
    );
    assert!(purls("www/installed.json", list).is_empty());
}

#[test]
fn modules_say_their_own_version() {
    for text in [
        "package JSON::PP;\nour $VERSION = '4.07';\n",
        "package JSON::PP 4.07;\n",
        "package JSON::PP;\n$JSON::PP::VERSION = '4.07';\n",
    ] {
        assert_eq!(purls("usr/share/perl5/JSON/PP.pm", text.as_bytes()), ["pkg:cpan/JSON-PP@4.07"], "{text}");
        assert!(purls("usr/share/perl5/Other.pm", text.as_bytes()).is_empty(), "not the file's own module");
    }
    let text = b"package Carp;\nour $VERSION = '1.52';\n";
    for own in
        ["usr/lib/ppc64le-linux-gnu/perl-base", "usr/share/perl/5.36", "usr/lib/perl5/5.28.1/mips-linux"]
    {
        assert!(purls(&format!("{own}/Carp.pm"), text).is_empty(), "{own}");
    }
    for added in [
        "usr/share/perl5",
        "usr/lib/perl5/site_perl/5.28.1",
        "opt/5.36/lib",
        "usr/lib/perl5/5.28/vendor_perl",
    ] {
        assert_eq!(purls(&format!("{added}/Carp.pm"), text), ["pkg:cpan/Carp@1.52"], "{added}");
    }
    assert!(purls("A.pm", b"package A;\n__END__\n$VERSION = 1;\n").is_empty());
    let rock = b"package = \"lpeg\"\nversion = \"1.0.2-1\"\n";
    assert_eq!(
        purls("usr/lib/luarocks/rocks-5.1/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec", rock),
        ["pkg:luarocks/lpeg@1.0.2-1"]
    );
    let gem = b"Gem::Specification.new do |s|\n  s.name = \"rack\".freeze\n  s.version = \"2.2.4\"\n";
    assert_eq!(purls("usr/share/rubygems/specifications/rack-2.2.4.gemspec", gem), ["pkg:gem/rack@2.2.4"]);
    assert!(purls("src/rack.gemspec", gem).is_empty());
}

#[test]
fn a_version_of_a_megabyte_is_no_version() {
    let metadata = format!("Name: a\nVersion: {}\n", "1".repeat(1 << 20));
    let claims = claims_of_file(&Languages, "a.dist-info/METADATA", metadata.as_bytes());
    assert!(claims.is_empty());
}

proptest! {
    #[test]
    fn damaged_programs(at: prop::sample::Index, byte in any::<u8>(), cut: prop::sample::Index) {
        for name in ["bin/go-inline", "bin/go-pointers", "bin/rust"] {
            let mut data = corpus(name);
            let at = at.index(data.len());
            data[at] = byte;
            let _ = purls(name, &data);
            let _ = purls(name, &data[..cut.index(data.len())]);
        }
    }

    #[test]
    fn random_metadata(text in "[A-Za-z:=;'\"$ .0-9{}\n-]{0,200}") {
        for path in ["a.dist-info/METADATA", "a.pm", "a.rockspec", "specifications/a.gemspec", "node_modules/a/package.json", "composer/installed.json"] {
            for purl in purls(path, text.as_bytes()) {
                prop_assert!(purl.starts_with("pkg:") && purl.contains('@'));
            }
        }
    }
}
