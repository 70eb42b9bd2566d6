use super::*;
use proptest::prelude::*;

fn cpe(text: &str) -> Cpe {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// The worked examples of NISTIR 7695, 6.1.2.4 and 6.2.2.4: the same name in both bindings.
#[test]
fn both_bindings_are_one_name() {
    let pairs = [
        (
            "cpe:/a:microsoft:internet_explorer:8.0.6001:beta",
            "cpe:2.3:a:microsoft:internet_explorer:8.0.6001:beta:*:*:*:*:*:*",
        ),
        (
            "cpe:/a:microsoft:internet_explorer:8.%02:sp%01",
            "cpe:2.3:a:microsoft:internet_explorer:8.*:sp?:*:*:*:*:*:*",
        ),
        (
            "cpe:/a:hp:insight_diagnostics:7.4.0.1570:-:~~online~win2003~x64~",
            "cpe:2.3:a:hp:insight_diagnostics:7.4.0.1570:-:*:*:online:win2003:x64:*",
        ),
        (
            "cpe:/a:foo%5cbar:big%24money_manager_2010:::~~special~ipod_touch~80gb~",
            r"cpe:2.3:a:foo\\bar:big\$money_manager_2010:*:*:*:*:special:ipod_touch:80gb:*",
        ),
        ("cpe:/o:linux:linux_kernel:5.10", "cpe:2.3:o:linux:linux_kernel:5.10:*:*:*:*:*:*:*"),
        ("cpe:/a:c%2b%2b:%2a%3f%3a%7e", r"cpe:2.3:a:c\+\+:\*\?\:\~:*:*:*:*:*:*:*:*"),
        ("cpe:/a:a:%2d", r"cpe:2.3:a:a:\-:*:*:*:*:*:*:*:*"),
    ];
    for (uri, formatted) in pairs {
        assert_eq!(cpe(uri), cpe(formatted), "{uri}");
        assert_eq!(cpe(uri).to_string(), formatted);
        assert_eq!(cpe(formatted).to_uri(), uri);
    }
}

#[test]
fn what_is_no_name_is_refused_with_the_reason() {
    let cases = [
        ("openssl", "neither"),
        ("cpe:2.3:a:b:c", "fewer"),
        ("cpe:2.3:a:b:c:d:*:*:*:*:*:*:*:*", "more"),
        ("cpe:2.3:x:b:c:*:*:*:*:*:*:*:*", "none of a, o, h"),
        ("cpe:2.3:a:b*c:c:*:*:*:*:*:*:*:*", "middle"),
        ("cpe:2.3:a:b?c:c:*:*:*:*:*:*:*:*", "middle"),
        (r"cpe:2.3:a:b?\?:c:*:*:*:*:*:*:*:*", "middle"),
        ("cpe:2.3:a::c:*:*:*:*:*:*:*:*", "empty"),
        ("cpe:2.3:a:b c:c:*:*:*:*:*:*:*:*", "blank"),
        ("cpe:2.3:a:bé:c:*:*:*:*:*:*:*:*", "ASCII"),
        (r"cpe:2.3:a:b:c:*:*:*:*:*:*:*:\", "quotes"),
        ("cpe:/a:b:c%", "percent"),
        ("cpe:/a:b:c%zz", "percent"),
        ("cpe:/a:b%02c:c", "middle"),
        ("cpe:/a:b:c:d:e:~~a", "packed"),
        ("cpe:/a:b:c:d:e:f:g:h", "more"),
    ];
    for (text, why) in cases {
        let error = text.parse::<Cpe>().unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn relations_are_those_of_the_specification() {
    use Relation::*;
    let attribute = |text: &str| Attribute::parse(text).unwrap();
    let cases = [
        ("*", "*", Equal),
        ("*", "-", Superset),
        ("*", "1.0", Superset),
        ("-", "*", Subset),
        ("-", "-", Equal),
        ("-", "1.0", Disjoint),
        ("1.0", "-", Disjoint),
        ("1.0", "*", Subset),
        ("1.0", "1.0", Equal),
        ("1.0", "1.1", Disjoint),
        ("1.*", "1.10", Superset),
        ("1.?", "1.1", Superset),
        ("1.?", "1.10", Disjoint),
        ("1.??", "1.1", Superset),
        ("*.5", "2.5", Superset),
        ("*b*", "abc", Superset),
        ("*b*", "acc", Disjoint),
        ("??b", "ab", Superset),
        ("??b", "aaab", Disjoint),
        ("1.*", "1.?", Undefined),
        ("1.10", "1.*", Subset),
        (r"1.\*", "1.1", Disjoint),
    ];
    for (ours, theirs, relation) in cases {
        assert_eq!(attribute(ours).relation(&attribute(theirs)), relation, "{ours} and {theirs}");
    }
    let pattern = cpe("cpe:2.3:a:openssl:openssl:1.0.*:*:*:*:*:*:*:*");
    assert!(pattern.covers(&cpe("cpe:2.3:a:openssl:openssl:1.0.2k:*:*:*:*:*:*:*")));
    assert!(!pattern.covers(&cpe("cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*")));
    assert_eq!(pattern.key().as_deref(), Some("a:openssl:openssl"));
    assert_eq!(cpe("cpe:2.3:a:*:openssl:*:*:*:*:*:*:*:*").key(), None);
}

proptest! {
    #[test]
    fn any_printable_value_survives_both_bindings(text in "[!-~]{1,20}") {
        let mut name = cpe("cpe:2.3:a:v:p:*:*:*:*:*:*:*:*");
        name.product = Attribute::literal_of(&text);
        name.target_sw = Attribute::literal_of(&text);
        prop_assert_eq!(&name.to_string().parse::<Cpe>().unwrap(), &name);
        prop_assert_eq!(&name.to_uri().parse::<Cpe>().unwrap(), &name);
        let lower = text.to_ascii_lowercase();
        prop_assert_eq!(name.product.literal(), Some(lower.as_str()));
    }

    #[test]
    fn whatever_is_read_is_written_as_itself(text in "cpe:2.3:[aoh*](:[!-~]{1,6}){9,11}") {
        if let Ok(name) = text.parse::<Cpe>() {
            prop_assert_eq!(&name.to_string().parse::<Cpe>().unwrap(), &name);
            prop_assert_eq!(&name.to_uri().parse::<Cpe>().unwrap(), &name);
            prop_assert!(name.covers(&name) || name.attributes().iter().any(|one| one.literal().is_none()));
        }
    }

    #[test]
    fn no_text_is_a_panic(text in "\\PC{0,60}") {
        let _ = text.parse::<Cpe>();
        let _ = format!("cpe:/{text}").parse::<Cpe>();
    }

    #[test]
    fn a_wildcard_covers_what_a_plain_search_says(text in "[ab]{0,6}", inner in "[ab]{1,3}") {
        let pattern = Attribute::parse(&format!("*{inner}*")).unwrap();
        let literal = Attribute::literal_of(&text);
        if !text.is_empty() {
            prop_assert_eq!(pattern.relation(&literal) == Relation::Superset, text.contains(&inner));
        }
    }
}
