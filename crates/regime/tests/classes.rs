//! The classes of the built-in regimes, held against what sources name. That the import knows each function, and each known
//! function is in a class, is tested with the worked examples.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use banbury_network::functions::FUNCTIONS;
use banbury_regime::{Certainty, Regime, find};
use std::collections::BTreeSet;

/// The functions of a regime's class, or of all its classes.
fn functions(regime: &Regime, class: Option<&str>) -> BTreeSet<String> {
    let entries = regime.sensitivity.iter().filter(|entry| class.is_none_or(|class| entry.class == class));
    entries.flat_map(|entry| entry.functions.iter().cloned()).collect()
}

#[test]
fn every_function_of_the_5g_core_is_in_the_core() {
    let core: Vec<&str> = FUNCTIONS
        .iter()
        .filter(|function| function.source == "3GPP TS 23.501")
        .map(|function| function.name)
        .collect();
    assert!(core.len() > 25, "{core:?}");
    let classes = [
        ("de-2024", "core"),
        ("de-2024", "critical-component"),
        ("eu-toolbox-2020", "core"),
        ("eu-toolbox-2020", "key-asset"),
        ("evidence-first", "critical"),
        ("practice-2019", "core"),
        ("se-2020", "central"),
        ("uk-dvd-2022", "core"),
        ("uk-dvd-2022", "5g"),
        ("uk-hrv-2020", "core-5g"),
        ("uk-hrv-2020", "5g"),
        ("uk-security-2022", "security-critical"),
    ];
    for (regime, class) in classes {
        let class = functions(&find(regime).unwrap().unwrap(), Some(class));
        let missing: Vec<&&str> = core.iter().filter(|name| !class.contains(**name)).collect();
        assert!(missing.is_empty(), "{regime}: {missing:?}");
    }
}

#[test]
fn what_no_source_names_is_marked_as_our_own() {
    let named =
        ["AUSF", "AMF", "UDSF", "NEF", "I-NEF", "NRF", "NSSF", "PCF", "SMF", "UDM", "UDR", "UPF", "UCMF"];
    let named =
        [&named[..], &["AF", "5G-EIR", "NWDAF", "CHF", "SCP", "SEPP", "N3IWF", "TNGF", "W-AGF"]].concat();
    let named = [&named[..], &["HSS", "PGW", "PCRF", "MME", "SGW", "MANO"]].concat();
    for entry in find("uk-hrv-2020").unwrap().unwrap().sensitivity {
        let all_named = entry.functions.iter().all(|name| named.contains(&name.as_str()));
        if entry.certainty != Certainty::Own {
            assert!(all_named && entry.roles.is_empty(), "{}: {:?}", entry.class, entry.functions);
        }
    }
}
