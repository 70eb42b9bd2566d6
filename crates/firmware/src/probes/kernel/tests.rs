use super::super::golden::{claims_of_file, claims_of_tree, tree_of};
use super::*;
use banbury_evidence::Value;
use proptest::prelude::*;

const BANNER: &str = "Linux version 5.10.101-vendor+ (build@host) (mipsel-linux-gcc (GCC) 11.2.0, GNU ld 2.37) #7 SMP Thu Apr 27 20:28:15 2023\n\0";

fn facts(path: &str, content: &[u8]) -> Vec<(String, String, String)> {
    let text = |claim: &Claim, name: &str| claim.text(name).unwrap_or_default();
    let claims = claims_of_file(&Kernel, path, content);
    claims
        .iter()
        .map(|claim| (text(claim, "method"), text(claim, "version"), text(claim, "release")))
        .collect()
}

fn banner(version: &str, release: &str) -> Vec<(String, String, String)> {
    vec![("kernel-banner".to_owned(), version.to_owned(), release.to_owned())]
}

#[test]
fn version_and_release_are_told_apart() {
    let kernel = [&[0; 64], BANNER.as_bytes()].concat();
    assert_eq!(facts("boot/kernel", &kernel), banner("5.10.101", "5.10.101-vendor+"));
    let debian = "\0Linux version 6.1.0-50-armmp (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14+deb12u1) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP Debian 6.1.176-1 (2026-07-02)\n\0";
    assert_eq!(facts("k", debian.as_bytes()), banner("6.1.176", "6.1.0-50-armmp"));
    let series = debian.replace("Debian 6.1.176-1", "PREEMPT");
    let claims = claims_of_file(&Kernel, "k", series.as_bytes());
    assert_eq!(claims[0].facts["version-low"], Value::from("6.1"));
    assert!(!claims[0].facts.contains_key("version"), "the interface's number is no version");
}

#[test]
fn banners_of_all_ages() {
    for (text, version) in [
        (
            "Linux version 2.6.31 (build@host) (gcc version 4.3.3 (GCC) ) #1 Mon Jan 4 10:00:00 CST 2016",
            "2.6.31",
        ),
        (
            "Linux version 6.12-rc6-amd64 (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14 (Debian 14.2.0-8) 14.2.0, GNU ld (GNU Binutils for Debian) 2.43.1) #1 SMP PREEMPT_DYNAMIC Debian 6.12~rc6-1~exp1 (2024-11-10)",
            "6.12-rc6",
        ),
        (
            "Linux version 5.10.176 (builder@buildhost) (mipsel-openwrt-linux-musl-gcc (OpenWrt GCC 11.2.0 r20134) 11.2.0, GNU ld (GNU Binutils) 2.37) #0 SMP Thu Apr 27 20:28:15 2023",
            "5.10.176",
        ),
        (
            "Linux version 4.14.98-perf (user@host) (Android (4691093) clang version 6.0.2, LLD 1.0) #1 SMP PREEMPT Mon Jan 1",
            "4.14.98",
        ),
    ] {
        let found = facts("k", format!("\0\0{text}\n\0").as_bytes());
        assert_eq!(found.iter().map(|one| one.1.as_str()).collect::<Vec<_>>(), [version], "{text}");
    }
}

#[test]
fn a_mention_is_no_kernel() {
    assert!(facts("var/log/dmesg", BANNER.trim_end_matches('\0').as_bytes()).is_empty(), "a text file");
    for before in ["[    0.000000] ", "<5>", "MESSAGE=", "kernel: ", "line\n"] {
        let log = ["\0", before, BANNER].concat();
        assert!(facts("journal", log.as_bytes()).is_empty(), "{before:?} stands before it");
    }
    for text in
        ["Linux version %s", "Linux version 2.6.32 (see manual)", "Linux version 3.2 or later is needed"]
    {
        assert!(facts("bin/tool", format!("\0\0{text}\0").as_bytes()).is_empty(), "{text}");
    }
    let mut program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    program.extend([b"\0", BANNER.as_bytes()].concat());
    assert!(facts("bin/program", &program).is_empty(), "a program that needs libraries");
}

#[test]
fn releases() {
    let parsed = |text| Release::parse(text).map(|release| (release.number, release.exact));
    assert_eq!(parsed("5.10.101-vendor+"), Some(("5.10.101", true)));
    assert_eq!(parsed("5.4.0-150-generic"), Some(("5.4.0", false)));
    assert_eq!(parsed("4.18.0-348.el8.x86_64"), Some(("4.18.0", true)));
    assert_eq!(parsed("2.6.36.4brcmarm"), Some(("2.6.36.4", true)));
    assert_eq!(parsed("6.6.93"), Some(("6.6.93", true)));
    for text in ["", "1.0", "extra", "5", "5.10.1234", "5.1 0", "10.1"] {
        assert_eq!(parsed(text), None, "{text}");
    }
}

#[test]
fn options_that_are_set() {
    let text = b"#\n# Automatically generated file; DO NOT EDIT.\n# Linux/mips 5.10.101 Kernel Configuration\n#\nCONFIG_NET=y\nCONFIG_TUN=m\n# CONFIG_SCTP is not set\nCONFIG_HZ=250\nCONFIG_A=\"y\"\nCONFIG_=y\n";
    let claims = claims_of_file(&Kernel, "", text);
    assert_eq!(claims[0].facts["version"], Value::from("5.10.101"));
    assert_eq!(claims[1].facts["built-in"], Value::from(vec!["NET".to_owned()]));
    assert_eq!(claims[1].facts["modules"], Value::from(vec!["TUN".to_owned()]));
    let old = b"#\n# Automatically generated make config: don't edit\n# Linux kernel version: 2.6.31\n# Mon Jan\n#\nCONFIG_MIPS=y\n";
    assert_eq!(claims_of_file(&Kernel, "", old)[0].facts["version"], Value::from("2.6.31"));
    let busybox =
        b"#\n# Automatically generated make config: don't edit\n# Busybox version: 1.35.0\n#\nCONFIG_ASH=y\n";
    assert!(claims_of_file(&Kernel, ".config", busybox).is_empty());
}

#[test]
fn a_configuration_that_ends_early_is_incomplete() {
    let head = "# Linux/arm 5.10.1 Kernel Configuration\nCONFIG_NET=y\n";
    let menus = "#\n# Library routines\n#\nCONFIG_CRC32=y\n#\n# Kernel hacking\n#\nCONFIG_DEBUG_FS=y\n";
    let ends = "# end of General setup\n".to_owned() + menus;
    let cases = [
        (head.to_owned(), true),
        (format!("{head}{menus}"), false),
        (format!("{head}{}", menus.split("# Kernel").next().unwrap()), true),
        (format!("{head}{ends}"), true),
        (format!("{head}{ends}# end of Kernel hacking\r\n"), false),
    ];
    for (text, incomplete) in cases {
        let claims = claims_of_file(&Kernel, "config", text.as_bytes());
        assert_eq!(claims[1].facts.contains_key("incomplete"), incomplete, "{text}");
    }
}

#[test]
fn modules_by_folder() {
    let tree = tree_of(&[
        ("r/lib/modules/5.10.101/kernel/net/nf-nat.ko", b"x"),
        ("r/lib/modules/5.10.101/tun.ko.xz", b"x"),
        ("r/lib/modules/5.10.101/modules.builtin", b"kernel/fs/ext4.ko\n\nnot a module\n"),
        ("r/lib/modules/firmware/x.bin", b"x"),
        ("r/opt/driver/wifi.ko", b"x"),
    ]);
    let claims = claims_of_tree(&Kernel, &tree);
    let lists: Vec<_> =
        claims.iter().map(|claim| (claim.facts.get("release"), claim.facts.get("modules"))).collect();
    let names = |texts: &[&str]| Value::from(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    let release = Value::from("5.10.101");
    let expected = [
        (None, Some(&names(&["wifi"]))),
        (Some(&release), None),
        (Some(&release), Some(&names(&["nf_nat", "tun"]))),
    ];
    assert_eq!(lists, expected);
    assert_eq!(claims[2].facts["built-in"], names(&["ext4"]));
}

#[test]
fn lists_are_bounded_and_say_so() {
    let mut text = "# Linux/arm 5.10.1 Kernel Configuration\n".to_owned();
    (0..12_005).for_each(|number| text.push_str(&format!("CONFIG_O{number}=y\n")));
    let claims = claims_of_file(&Kernel, "config", text.as_bytes());
    let Value::List(list) = &claims[1].facts["built-in"] else { panic!() };
    assert_eq!((list.len(), &claims[1].facts["built-in-in-all"]), (12_000, &Value::from(12_005)));
}

proptest! {
    #[test]
    fn random_bytes(data in prop::collection::vec(any::<u8>(), 0..300), cut in 0usize..150) {
        let _ = facts("x.ko", &data);
        let text = &BANNER.as_bytes()[..cut.min(BANNER.len())];
        let _ = facts("k", &[b"\0", text, &data[..]].concat());
        let _ = facts("config", &[b"# Linux/arm 5.1 Kernel Configuration\n", &data[..]].concat());
    }

    #[test]
    fn any_release_is_read_or_refused(text in "[0-9.a-z+-]{0,40}") {
        if let Some(release) = Release::parse(&text) {
            prop_assert!(text.starts_with(release.number) && release.text == text);
        }
    }
}
