//! Every weakness that is planted in the example's images is found, at its place; what is sound there is not claimed.
//!
//! The lists follow the tables in `examples/island/README.md`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use support::{command, root, stderr, stdout};

/// A claim's code and its places in the image's file system, in order, as one text.
type Claims = BTreeSet<(String, String)>;

fn inspect(image: &str) -> (Claims, Value) {
    let path = root().join("examples/island/images").join(image);
    let output =
        command().arg("inspect").arg(path).args(["--as-of", "2026-11-01", "-o", "json=-"]).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", stdout(&output), stderr(&output)));
    let mut found = Claims::new();
    collect(&json, &mut found);
    (found, json)
}

fn collect(value: &Value, found: &mut Claims) {
    match value {
        Value::Object(map) => {
            if let (Some(Value::String(code)), Some(Value::Array(locations))) =
                (map.get("code"), map.get("locations"))
            {
                let mut places: Vec<&str> = locations.iter().map(entry).collect();
                places.dedup();
                found.insert((code.clone(), places.join(" ")));
            }
            map.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// The name of a location's innermost entry.
fn entry(location: &Value) -> &str {
    let steps = location["steps"].as_array().unwrap();
    steps.last().and_then(|step| step["entry"].as_str()).unwrap_or_default()
}

#[track_caller]
fn holds(found: &Claims, expected: &[(&str, &str)]) {
    for (code, place) in expected {
        let near: Vec<_> = found.iter().filter(|(one, at)| one == code || at == place).collect();
        assert!(
            found.contains(&((*code).into(), (*place).into())),
            "{code} at {place} is missing: {near:#?}"
        );
    }
}

/// The places of a code.
fn places<'f>(found: &'f Claims, code: &str) -> Vec<&'f str> {
    found.iter().filter(|(one, _)| one == code).map(|(_, place)| place.as_str()).collect()
}

const KEY: &str = "etc/ssl/private/default.key";
const CERTIFICATE: &str = "etc/ssl/certs/default.crt";

/// The default key and certificate that both vendors ship.
const DEFAULTS: [(&str, &str); 6] = [
    ("key.private", KEY),
    ("key.weak", KEY),
    ("certificate", CERTIFICATE),
    ("certificate.weak", CERTIFICATE),
    ("certificate.expired", CERTIFICATE),
    ("key.certificate-pair", "etc/ssl/certs/default.crt etc/ssl/private/default.key"),
];

#[test]
fn the_gateway_shows_what_is_planted_and_nothing_that_is_sound() {
    let (found, json) = inspect("marram-csg-210-2.4.1.bin");
    holds(&found, &DEFAULTS);
    holds(
        &found,
        &[
            ("credential.empty-password", "etc/passwd etc/shadow"),
            ("key.authorized", "root/.ssh/authorized_keys"),
            ("hardening.missing", "usr/sbin/diagd"),
        ],
    );
    assert_eq!(places(&found, "credential.empty-password").len(), 1, "one account, one finding");
    // The operator's SHA-512 hash is a hash, and sound as a scheme.
    assert!(places(&found, "credential.weak-hash-scheme").is_empty());
    assert!(places(&found, "credential.second-superuser").is_empty());
    let lacking = |protection: &str| -> Vec<String> {
        let mut names = Vec::new();
        claims_of(&json, "hardening.missing", &mut |claim| {
            let missing = claim["facts"]["missing"].as_array().unwrap();
            if missing.iter().any(|one| one == protection) {
                names.push(entry(&claim["locations"][0]).to_owned());
            }
        });
        names
    };
    for protection in ["PIE", "RELRO", "a stack that is not executable", "stack canaries", "FORTIFY"] {
        assert!(lacking(protection).contains(&"usr/sbin/diagd".to_owned()), "{protection}");
    }
    assert_eq!(lacking("PIE"), ["usr/sbin/diagd"]);
    assert_eq!(lacking("a stack that is not executable"), ["usr/sbin/diagd"]);
}

#[test]
fn the_router_shows_what_is_planted() {
    let (found, json) = inspect("quillfen-qx-40-7.1.img");
    holds(&found, &DEFAULTS);
    holds(
        &found,
        &[
            ("credential.password-hash", "etc/shadow"),
            ("credential.weak-hash-scheme", "etc/shadow"),
            ("credential.second-superuser", "etc/passwd"),
            ("service.cleartext", "etc/inittab"),
            ("service.default-community", "etc/snmp/snmpd.conf"),
        ],
    );
    let mut kernels = Vec::new();
    claims_of(&json, "component", &mut |claim| {
        let facts = &claim["facts"];
        if facts["name"] == "linux" && facts["method"] == "kernel-banner" {
            kernels.push([&facts["version"], &facts["release"], &facts["cpe"]].map(|fact| fact.to_string()));
        }
    });
    assert_eq!(kernels.len(), 1, "{kernels:?}");
    let [version, release, cpe] = &kernels[0];
    assert!(version.starts_with("\"6.1.") && version != "\"6.1.0\"", "{version}");
    assert!(release.starts_with("\"6.1.0-"), "{release}");
    assert!(cpe.contains(&format!(":linux_kernel:{}:", version.trim_matches('"'))), "{cpe}");
}

fn claims_of(value: &Value, code: &str, see: &mut impl FnMut(&Value)) {
    match value {
        Value::Object(map) => {
            if map.contains_key("locations") && map.get("code").is_some_and(|one| one == code) {
                see(value);
            }
            map.values().for_each(|value| claims_of(value, code, see));
        }
        Value::Array(items) => items.iter().for_each(|value| claims_of(value, code, see)),
        _ => {}
    }
}
