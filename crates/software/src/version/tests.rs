//! The laws of an order, tables of examples, and dpkg itself as the oracle.

use super::*;
use proptest::prelude::*;
use std::process::Command;

/// Texts that look like versions of the scheme often enough to be ordered.
fn versions(scheme: Scheme) -> BoxedStrategy<String> {
    let pattern = match scheme {
        Scheme::Dpkg => "([0-3]:)?[0-2]{1,2}([.+~a-c]{1,2}[0-9]{0,2}){0,3}(-[0-2a~+.]{1,3})?",
        Scheme::Rpm => "([0-2]:)?[0-2]{1,2}([._+~^a-c]{1,2}[0-9]{0,2}){0,3}(-[0-2]{1,2}([.]el[78])?)?",
        Scheme::Apk => {
            "[0-2]{1,2}([.][0-2]{1,2}){0,3}[ab]?(_(alpha|beta|pre|rc|cvs|git|p)[0-2]?){0,2}(~[a-f0-9]{1,2})?(-r[0-2])?"
        }
        Scheme::Semver => "v?[0-2]([.][0-2]{1,2}){0,2}(-[0-2a-b]{1,2}([.][0-2a]{1,2}){0,2})?([+][a-c]{1,3})?",
        Scheme::Pep440 => {
            "([01]!)?[0-2]([.][0-2]){0,3}([.-]?(a|b|rc|c|alpha)[0-2]?)?(([.]post|-)[0-2])?([.]dev[0-2]?)?([+][0-2a]{1,2}([.][0-2a])?)?"
        }
        Scheme::OpenSsl => "[013][.][019][.][0-2](z?[a-d])?(-(dev|alpha1|beta[12]|pre[1-3]))?(-fips)?",
        Scheme::Linux => "[2-6][.][0-3]{1,2}([.][0-2]{1,2}){0,2}(-rc[1-3]|-pre[12])?([-+][a-c]{1,4})?",
        Scheme::Date => {
            "20(19|20)([.][0-9]{1,2}([.][0-2])?(-rc[1-3])?|(0[1-9]|1[0-2])[0-2][1-9]|-0[1-9]-[0-2][1-9])"
        }
        Scheme::Dotted => {
            "[0-2]([.][0-2]{1,2}){0,3}([.-]?(a|c|p[12]|P[12]|rc[01]?|beta|dev|pl1))?([.-][0-2])?([+]x)?"
        }
    };
    prop_oneof![9 => pattern, 1 => "\\PC{0,8}"].boxed()
}

#[test]
fn each_scheme_is_an_order_of_what_it_can_order() {
    for &scheme in Scheme::ALL {
        let mut orderable = 0u32;
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(4000));
        let ordered = std::cell::Cell::new(0u32);
        runner
            .run(&(versions(scheme), versions(scheme), versions(scheme)), |(a, b, c)| {
                let of = |a: &str, b: &str| compare(scheme, a, b);
                prop_assert_eq!(of(&a, &b), of(&b, &a).map(Ordering::reverse), "{} and {}", a, b);
                prop_assert!(of(&a, &a).is_none_or(Ordering::is_eq), "{}", a);
                if let (Some(ab), Some(bc)) = (of(&a, &b), of(&b, &c)) {
                    ordered.set(ordered.get() + 1);
                    if ab == bc || ab.is_eq() || bc.is_eq() {
                        let expected = ab.then(bc);
                        // What the rpm release and the kind of a date leave open may stay open, never turn round.
                        let ac = of(&a, &c);
                        let open = ac.is_none() && (ab.is_eq() || bc.is_eq());
                        prop_assert!(ac == Some(expected) || open, "{} {} {}: {:?}", a, b, c, ac);
                    }
                }
                Ok(())
            })
            .unwrap();
        orderable += ordered.get();
        assert!(orderable > 1000, "{}: only {orderable} triples could be ordered", scheme.as_str());
    }
}

/// Each line is a chain from the smallest to the largest; `=` joins equals.
const CHAINS: &[(Scheme, &str)] = &[
    // Debian Policy 5.6.12: tilde, letters before the rest, numbers by value, epochs, revisions.
    (Scheme::Dpkg, "~~ ~~a ~ 0=0-0=00 a"),
    (
        Scheme::Dpkg,
        "1.0~beta1~svn1245 1.0~beta1 1.0 1.0-1 1.0-1+deb12u1 1.0-2 1.0+b 1.0.1 1.2 1.10 1:0.1 2:0",
    ),
    (Scheme::Dpkg, "3.0.11-1~deb12u1 3.0.11-1~deb12u2 3.0.11-1 3.0.11-1+b1"),
    // rpm's manual and rpmvercmp's documented cases.
    (Scheme::Rpm, "1.0~rc1 1.0 1.0^20160101 1.0a 1.0.1 1.5 1.10 2.0=2_0=2.0. 1:0.1"),
    (Scheme::Rpm, "10xyz 10.1xyz"),
    (Scheme::Rpm, "1.0.2k-16.el7 1.0.2k-16.el7_4.1 1.0.2k-19.el7 1.1.1-1"),
    (Scheme::Rpm, "xyz10 xyz10.1 10"),
    (Scheme::Rpm, "1.0~rc1^git1 1.0~rc1^git2 1.0~rc2 1.0^git1~pre 1.0^git1 1.0.1"),
    // apk's and Gentoo's documented cases.
    (
        Scheme::Apk,
        "1.2.3_alpha 1.2.3_alpha1 1.2.3_beta 1.2.3_pre2 1.2.3_rc1 1.2.3 1.2.3-r0 1.2.3-r10 1.2.3_p1 1.2.3a 1.2.3.1",
    ),
    (Scheme::Apk, "0.01 0.012 0.02 0.1 0.2 0.10 1"),
    (Scheme::Apk, "3.1.4-r1 3.1.4-r5 3.1.10-r0"),
    // semver.org, clause 11.
    (
        Scheme::Semver,
        "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0=v1.0.0=1.0.0+build=1 1.20.3 2.0.0 2.1.0 2.1.1",
    ),
    // PEP 440, "Summary of permitted suffixes and relative ordering" and its examples.
    (
        Scheme::Pep440,
        "1.dev0 1.0.dev456 1.0a1=1.0.alpha1 1.0a1postdev 1.0a1post 1.0a2.dev456=1.0a2dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345 1.0rc1.dev456 1.0rc1=1.0c1=1.0-pre1 1.0=1=v1.0.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456=1.0-456 1.0.15 1.1.dev1 1!0.1",
    ),
    // OpenSSL's release history.
    (
        Scheme::OpenSsl,
        "0.9.8zg 0.9.8zh 1.0.0-beta5 1.0.0 1.0.1 1.0.2-beta1 1.0.2 1.0.2a 1.0.2k-dev 1.0.2k=1.0.2k-fips 1.0.2u 1.0.2z 1.0.2za 1.0.2zg 1.1.0 1.1.1-pre9 1.1.1 1.1.1w 3.0.0-alpha17 3.0.0-beta2 3.0.0=3.0 3.0.1 3.0.10 3.1.0",
    ),
    (
        Scheme::Linux,
        "2.4.20-pre1 2.4.20-rc1 2.4.20 2.6.32 2.6.32.71 2.6.36-rc1 2.6.36 3.10.0=3.10=3.10.0-957.el7.x86_64 4.4.60=4.4.60+ 5.4.0-150-generic 5.10-rc3=5.10.0-rc3=5.10~rc3-1~exp1=5.10_rc3 5.10 5.10.9 5.10.101-rc1 5.10.101 6.1",
    ),
    (Scheme::Date, "2011.54 2012.55 2018.76 2019.78 2020.80 2020.81 2022.82 2022.83"),
    (Scheme::Date, "20191231 2020-01-01=20200101=2020.01.01 20200101.1 20200101.2 2020-01-02 20210101"),
    (Scheme::Date, "2017.11 2018.01-rc1 2018.01-rc3 2018.01 2018.11 2019.01"),
    (Scheme::Dotted, "4.2.8-beta 4.2.8 4.2.8p1 4.2.8p9 4.2.8p15 4.2.9 4.10"),
    (Scheme::Dotted, "9.11.4rc1 9.11.4=9.11.4.0 9.11.4-P1 9.11.4-P2=9.11.4p2 9.11.5"),
    (Scheme::Dotted, "6b 8 8d 9a 9e 10"),
    (Scheme::Dotted, "1.0dev 1.0alpha2 1.0beta1 1.0pre1 1.0-rc1 1.0=1=v1.0.0=1.0+git 1.0a 1.0c 1.0.1"),
    (Scheme::Dotted, "2022 2022a 2022c 2023b"),
];

#[test]
fn examples_stand_in_their_order() {
    let mut pairs = 0;
    for (scheme, chain) in CHAINS {
        let steps: Vec<(usize, &str)> = chain
            .split(' ')
            .enumerate()
            .flat_map(|(place, equals)| equals.split('=').map(move |version| (place, version)))
            .collect();
        for (x, a) in &steps {
            for (y, b) in &steps {
                assert_eq!(compare(*scheme, a, b), Some(x.cmp(y)), "{}: {a} and {b}", scheme.as_str());
                pairs += 1;
            }
        }
    }
    assert!(pairs > 1000, "{pairs}");
}

#[test]
fn what_a_scheme_cannot_order_it_does_not_order() {
    let cases = [
        (Scheme::Dpkg, "1.0", ""),
        (Scheme::Dpkg, "1.0", "<unfixed>"),
        (Scheme::Dpkg, "1.0", "a:1"),
        (Scheme::Dpkg, "1.0", "1.0-"),
        (Scheme::Rpm, "1.0.2k", "1.0.2k-16.el7"),
        (Scheme::Rpm, "1.0", ":1"),
        (Scheme::Apk, "1.2", "1.2_foo1"),
        (Scheme::Apk, "1.2", "1.2-1"),
        (Scheme::Semver, "1.2.3", "1.2.3.4"),
        (Scheme::Semver, "1.2.3", "1.2.3p1"),
        (Scheme::Semver, "1.2.3", "1.2.3-"),
        (Scheme::Pep440, "1.0", "1.0-foo"),
        (Scheme::Pep440, "1.0", "trunk"),
        (Scheme::OpenSsl, "1.0.2k", "1.0.2k-16.el7"),
        (Scheme::OpenSsl, "1.0.2", "1.0.2abc"),
        (Scheme::Linux, "5.10", "5"),
        (Scheme::Linux, "5.10.1", "5.10.1a"),
        (Scheme::Linux, "5.10.1", "android12"),
        (Scheme::Date, "2020.81", "20200301"),
        (Scheme::Date, "2020.81", "0.52"),
        (Scheme::Date, "20200101", "20201301"),
        (Scheme::Dotted, "1.0", "1.0-gabcdef"),
        (Scheme::Dotted, "1.0", "1.0b2"),
        (Scheme::Dotted, "1.0", "master"),
        (Scheme::Dotted, "1.0", "1..0"),
        (Scheme::Dotted, "1.0", "١.٠"),
    ];
    for (scheme, a, b) in cases {
        assert_eq!(compare(scheme, a, b), None, "{}: {a} and {b}", scheme.as_str());
        assert_eq!(compare(scheme, b, a), None, "{}: {b} and {a}", scheme.as_str());
    }
}

#[test]
fn a_version_of_a_megabyte_overflows_nothing() {
    let long = "9".repeat(1 << 20);
    let longer = format!("{long}0");
    let many = "1.".repeat(1 << 19) + "1";
    let words = "a-".repeat(1 << 19);
    for &scheme in Scheme::ALL {
        let with = |number: &str| match scheme {
            Scheme::Date => format!("2020.{number}"),
            _ => format!("1.{number}"),
        };
        assert_eq!(
            compare(scheme, &with(&long), &with(&longer)),
            Some(Ordering::Less),
            "{}",
            scheme.as_str()
        );
        let _ = compare(scheme, &many, &many);
        let _ = compare(scheme, &words, &many);
    }
    assert_eq!(compare(Scheme::Dotted, &many, &many), Some(Ordering::Equal));
}

#[test]
fn dpkg_says_the_same() {
    if Command::new("dpkg").arg("--version").output().is_err() {
        eprintln!("skipped: dpkg is not installed here");
        return;
    }
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut pairs = Vec::new();
    for _ in 0..3000 {
        let mut next = || versions(Scheme::Dpkg).new_tree(&mut runner).unwrap().current();
        let pair = (next(), next());
        if compare(Scheme::Dpkg, &pair.0, &pair.1).is_some() {
            pairs.push(pair);
        }
    }
    assert!(pairs.len() > 2000, "{}", pairs.len());
    // One shell for all pairs: it prints the relation that dpkg affirms.
    let script = "while IFS='\t' read -r a b; do
        if dpkg --compare-versions \"$a\" lt \"$b\"; then echo lt
        elif dpkg --compare-versions \"$a\" eq \"$b\"; then echo eq
        else echo gt; fi; done";
    let input: String = pairs.iter().map(|(a, b)| format!("{a}\t{b}\n")).collect();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pairs"), input).unwrap();
    let output = Command::new("sh")
        .args(["-c", script])
        .stdin(std::fs::File::open(folder.path().join("pairs")).unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.lines().count(), pairs.len());
    for ((a, b), said) in pairs.iter().zip(said.lines()) {
        let ours = match compare(Scheme::Dpkg, a, b) {
            Some(Ordering::Less) => "lt",
            Some(Ordering::Equal) => "eq",
            _ => "gt",
        };
        assert_eq!(ours, said, "{a} and {b}");
    }
}

#[test]
fn rpm_says_the_same() {
    if Command::new("rpm").arg("--version").output().is_err() {
        eprintln!("skipped: rpm is not installed here");
        return;
    }
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut pairs = Vec::new();
    for _ in 0..6000 {
        let mut next = || versions(Scheme::Rpm).new_tree(&mut runner).unwrap().current();
        let pair = (next(), next());
        if compare(Scheme::Rpm, &pair.0, &pair.1).is_some() {
            pairs.push(pair);
        }
    }
    assert!(pairs.len() > 2000, "{}", pairs.len());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pairs");
    std::fs::write(&path, pairs.iter().map(|(a, b)| format!("{a}\t{b}\n")).collect::<String>()).unwrap();
    let script = format!(
        "%{{lua: for line in io.lines({:?}) do local a, b = line:match('([^\\t]*)\\t(.*)'); print(rpm.vercmp(a, b) .. ' ') end}}",
        path.display().to_string()
    );
    let output = Command::new("rpm").args(["--eval", &script]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<i8> = said.split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert_eq!(said.len(), pairs.len(), "{}", String::from_utf8_lossy(&output.stderr));
    for ((a, b), said) in pairs.iter().zip(said) {
        assert_eq!(compare(Scheme::Rpm, a, b), Some(said.cmp(&0)), "{a} and {b}");
    }
}
