//! What a user writes for what-if and plan: a file of scenarios, a file of failures, a file of options, and a ban. No panic; what is
//! read keeps its bounds; what is wrong has its line and its remedy.

#![no_main]

use banbury_evidence::model::{Device, Function, Model, Site};
use banbury_network::scenario::{Event, Failure, parse_table};
use banbury_plan::ban::Ban;
use banbury_plan::calendar;
use banbury_plan::inventory::Inventory;
use banbury_plan::options::Options;
use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// A network with a name of every kind that options may use.
static NETWORK: LazyLock<(Model, Inventory)> = LazyLock::new(|| {
    let device = |name: &str, vendor: &str, product: &str| Device {
        name: name.to_owned(),
        manufacturer: Some(vendor.to_owned()),
        device_type: Some(product.to_owned()),
        platform: Some("os".to_owned()),
        role: Some("core".to_owned()),
        site: Some("Hub".to_owned()),
        ..Device::default()
    };
    let model = Model {
        sites: vec![Site { name: "Hub".to_owned(), region: Some("North".to_owned()), ..Site::default() }],
        devices: vec![device("a", "Ferrous", "F-1"), device("b", "Marram", "M-1")],
        functions: vec![Function {
            device: "a".to_owned(),
            function: "AMF".to_owned(),
            ..Function::default()
        }],
        ..Model::default()
    };
    let inventory = Inventory::of(&model);
    (model, inventory)
});

fuzz_target!(|bytes: &[u8]| {
    // The first byte says which file it is.
    let Some((which, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let lines = text.lines().count() + 1;
    let placed = |told: &str| {
        let line = told
            .strip_prefix("f:")
            .and_then(|rest| rest.split(':').next())
            .and_then(|line| line.parse::<usize>().ok());
        assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "no line: {told}");
    };
    match which % 4 {
        0 => match parse_table("f", text) {
            Ok(scenarios) => {
                for scenario in &scenarios {
                    assert!(!scenario.events.is_empty(), "a scenario in which nothing happens");
                    for event in &scenario.events {
                        // What is told as an event is read as the same one.
                        let again =
                            Event::parse(event.verb, &format!("{}:{}", event.kind.as_str(), event.name));
                        assert_eq!(again.as_ref().ok(), Some(event));
                    }
                }
            }
            Err(error) => placed(&error.to_string()),
        },
        1 => match Failure::parse_table("f", text) {
            Ok(failures) => assert!(failures.iter().all(|one| (0.0..=1.0).contains(&one.probability))),
            Err(error) => placed(&error.to_string()),
        },
        2 => {
            let (model, inventory) = &*NETWORK;
            let (from, by) = (date(2026, 11, 1), date(2028, 12, 31));
            let periods =
                |months: Option<u8>| calendar::periods(from, by, months.unwrap_or(6)).unwrap_or_default();
            match Options::parse("f", text, &inventory.known(model), from, by, periods) {
                Ok(options) => {
                    let count = periods(options.period_months).len();
                    let amounts =
                        options.crews.values().chain(options.capacity.values()).chain(&options.budget);
                    for amounts in amounts {
                        assert_eq!(amounts.len(), count, "an amount for each period");
                        assert!(amounts.iter().all(|amount| amount.is_finite() && *amount >= 0.0));
                    }
                    assert!(options.risk.is_finite() && options.risk >= 0.0);
                }
                Err(mistake) => {
                    assert!((1..=lines).contains(&mistake.line) && !mistake.remedy.is_empty(), "{mistake}");
                }
            }
        }
        _ => {
            let (model, inventory) = &*NETWORK;
            match Ban::parse(text, inventory, model) {
                Ok(ban) => {
                    assert!(inventory.units.iter().any(|unit| ban.takes(unit)) && !ban.words().is_empty())
                }
                Err(why) => assert!(!why.is_empty()),
            }
        }
    }
});
