//! Mistakes in a file of options: each with its line, its cause and its remedy.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use banbury_plan::Mistake;
use banbury_plan::calendar;
use banbury_plan::options::{Known, Options};
use jiff::civil::date;
use std::collections::BTreeSet;

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn parse(text: &str) -> Result<Options, Mistake> {
    let known = Known {
        regions: names(&["North", "South"]),
        roles: names(&["gnb"]),
        functions: names(&["GNB-DU"]),
        products: names(&["F1"]),
        vendors: names(&["Ferrous", "Marram"]),
    };
    let (from, by) = (date(2026, 11, 1), date(2028, 12, 31));
    Options::parse("plan.toml", text, &known, from, by, |months| {
        calendar::periods(from, by, months.unwrap_or(6)).unwrap()
    })
}

const CANDIDATE: &str = "[[candidate]]\nproduct = \"M1\"\nvendor = \"Marram\"\nroles = [\"gnb\"]\n";

/// The seed of the fuzz target `plans`, with the names of its network.
#[test]
fn the_seed_of_the_fuzz_target_is_read_whole() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/plans/options/input.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let known = Known {
        regions: names(&["North"]),
        roles: names(&["core"]),
        functions: names(&["AMF"]),
        products: names(&["F-1", "M-1"]),
        vendors: names(&["Ferrous", "Marram"]),
    };
    let (from, by) = (date(2026, 11, 1), date(2028, 12, 31));
    let periods = |months: Option<u8>| calendar::periods(from, by, months.unwrap_or(6)).unwrap();
    let options = Options::parse("input.toml", &text, &known, from, by, periods).unwrap();
    assert_eq!((options.candidates.len(), options.caps.len(), options.suppliers.len()), (1, 1, 1));
    assert_eq!((options.crews.len(), options.capacity.len()), (1, 1));
}

#[test]
fn what_is_right_is_read() {
    let text = format!(
        "[work]\nperiod_months = 12\nslots = 3\ncrew_day = 700\nrisk = 0.25\noverdue_by = \"2027-06-30\"\ntogether = [\"gnb-du\"]\n\
         [[crew]]\nregion = \"north\"\ndays = 40\n[[capacity]]\nvendor = \"Marram\"\ndevices = [1, 2, 3]\n\
         [budget]\ntotal = 900\nperiod = 300\n[[cap]]\nvendor = \"Ferrous\"\nshare = 0.35\nof = {{ role = \"GNB\" }}\n\
         [[suppliers]]\nleast = 2\nfrom = \"2028-01-01\"\n{CANDIDATE}price = 10\ncrew_days = 2.5\nlead_days = 30\n"
    );
    let options = parse(&text).unwrap();
    // Of the first period, which has two of twelve months, a part.
    assert_eq!(options.crews["North"], [6.0, 40.0, 40.0]);
    assert_eq!(options.capacity["Marram"], [1.0, 2.0, 3.0]);
    assert_eq!(options.candidates[0].tenths, 25);
    assert_eq!(options.together, ["GNB-DU"]);
    assert_eq!(options.caps[0].scope.role.as_deref(), Some("gnb"));
    assert_eq!((options.period_months, options.slots, options.risk), (Some(12), 3, 0.25));
}

#[test]
fn every_mistake_has_its_line_and_its_remedy() {
    let cases: &[(&str, usize, &str, &str)] = &[
        ("x = 1\n", 1, "unknown field", "--options-template"),
        ("[work]\nslots = 0\n", 2, "no number that can stand here", "from 1 on"),
        ("[work]\nperiod_months = 13\n", 2, "1 to 12 months", "from 1 to 12"),
        ("[work]\ncrew_day = -5\n", 2, "no number that can stand here", "from 0 on"),
        ("[work]\nrisk = -1.0\n", 2, "-1 cannot stand here", "not negative"),
        ("[work]\nrisk = nan\n", 2, "cannot stand here", "not negative"),
        ("[work]\noverdue_by = \"2020-01-01\"\n", 2, "is past", "a day of the plan"),
        ("[work]\noverdue_by = \"2030-01-01\"\n", 2, "after the plan's last day", "--by"),
        ("[work]\noverdue_by = \"soon\"\n", 2, "is no day", "YYYY-MM-DD"),
        ("[work]\ntogether = [\"GNB-D\"]\n", 2, "no function \"GNB-D\"", "GNB-DU"),
        ("[[crew]]\nregion = \"Nort\"\ndays = 3\n", 2, "no region \"Nort\"", "North"),
        ("[[crew]]\nregion = \"North\"\ndays = -3\n", 3, "-3 cannot stand here", "not negative"),
        (
            "[[crew]]\nregion = \"North\"\ndays = [1, 2]\n",
            3,
            "2 numbers, but the plan has 5 periods",
            "one number",
        ),
        (
            "[[crew]]\nregion = \"North\"\ndays = 3\n[[crew]]\nregion = \"North\"\ndays = 4\n",
            5,
            "stand twice",
            "once",
        ),
        ("[[capacity]]\nvendor = \"Nobody\"\ndevices = 3\n", 2, "no vendor \"Nobody\"", "Ferrous"),
        ("[budget]\ntotal = 0\n", 2, "a budget of zero", "leave the key out"),
        ("[budget]\nperiod = [0, 0, 0, 0, 0]\n", 2, "a budget of zero", "leave the key out"),
        ("[budget]\ntotal = -10\n", 2, "-10 cannot stand here", "above zero"),
        ("[budget]\ntotal = 10\nperiod = 20\n", 3, "20 in one period, but 10 in all", "raise the total"),
        ("[[cap]]\nvendor = \"Ferrous\"\nshare = 35\n", 3, "35 is no share", "0.35"),
        (
            "[[cap]]\nvendor = \"Ferrous\"\nshare = 0.2\n[[cap]]\nvendor = \"Ferrous\"\nshare = 0.3\n",
            3,
            "may have 0.2 and 0.3",
            "the one that is meant",
        ),
        (
            "[[cap]]\nvendor = \"Ferrous\"\nshare = 0.2\nof = { role = \"core\" }\n",
            4,
            "no role \"core\"",
            "gnb",
        ),
        ("[[suppliers]]\nleast = 5\n", 2, "5 suppliers", "fewer"),
        (
            "[[candidate]]\nproduct = \"M1\"\nvendor = \"Marram\"\nprice = 3\n",
            2,
            "nothing says what",
            "roles",
        ),
        (
            "[[candidate]]\nproduct = \" \"\nvendor = \"Marram\"\nroles = [\"gnb\"]\nprice = 3\n",
            2,
            "no name",
            "name it",
        ),
        (
            "[[candidate]]\nproduct = \"M1\"\nvendor = \"Marram\"\nroles = [\"gnb\"]\nprice = -3\n",
            5,
            "a price of -3",
            "not negative",
        ),
        (
            "[[candidate]]\nproduct = \"M1\"\nvendor = \"Marram\"\nroles = [\"gnb\"]\nprice = 3\ncrew_days = 0.25\n",
            6,
            "0.25 crew-days",
            "one decimal",
        ),
        (
            "[[candidate]]\nproduct = \"M1\"\nvendor = \"Marram\"\nreplaces = [\"F2\"]\nprice = 3\n",
            4,
            "no product \"F2\"",
            "F1",
        ),
        (
            "[[candidate]]\nproduct = \"M1\"\nvendor = \"Marram\"\nroles = [\"gnb\"]\nprice = 3\nsupport_end = \"2026-10-31\"\n",
            6,
            "ended on 2026-10-31, before the plan begins on 2026-11-01",
            "leave the candidate out",
        ),
        ("[work\n", 1, "", "--options-template"),
    ];
    for (text, line, cause, remedy) in cases {
        let mistake = parse(text).unwrap_err();
        assert_eq!(mistake.line, *line, "{text}: {mistake}");
        assert!(mistake.cause.contains(cause), "{text}: {mistake}");
        assert!(mistake.remedy.contains(remedy), "{text}: {mistake}");
        assert!(mistake.to_string().starts_with(&format!("plan.toml:{line}:")), "{mistake}");
    }
    let twice = format!("{CANDIDATE}price = 1\n{CANDIDATE}price = 2\n");
    assert!(parse(&twice).unwrap_err().cause.contains("stands twice"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z\\[\\]= \"0-9.\n{}-]{0,200}") {
        let _ = parse(&text);
        let _ = parse(&format!("[work]\n{text}"));
        let _ = parse(&format!("{CANDIDATE}price = {text}"));
    }
}
