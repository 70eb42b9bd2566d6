//! Prints what is counted of executables, and what chosen probes claim of them: `profiles [--claims PROBE,...] < LIST`, a path a line; a
//! JSON object a line comes out. For corpus/hidden-access/profiles.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use banbury_evidence::{Digest, Location};
use banbury_firmware::probe::{File, Findings, Probe};
use banbury_firmware::probes::{PROBES, profile::Profile};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names = match arguments.as_slice() {
        [option, names] if option == "--claims" => names.as_str(),
        [] => "",
        _ => return Err("usage: profiles [--claims PROBE,...] < LIST".into()),
    };
    let probes: Vec<&dyn Probe> = PROBES
        .iter()
        .copied()
        .filter(|probe| names.split(',').any(|name| name == probe.describe().name))
        .collect();
    for path in std::io::stdin().lines() {
        let path = path?;
        let bytes = std::fs::read(&path)?;
        let digest = Digest::of(&bytes);
        let location = Location::exhibit(digest);
        let file = File::new(&path, &bytes, &location, digest);
        let mut claims = Vec::new();
        let mut skipped = Vec::new();
        for probe in &probes {
            let mut findings = Findings::default();
            probe.file(&file, &mut findings);
            claims.extend(findings.claims.into_iter().map(|claim| {
                let weight = claim.weight.as_ref().map(|weight| weight.decibans);
                json!({ "code": claim.code, "title": claim.title, "facts": claim.facts, "weight": weight })
            }));
            skipped.extend(
                findings
                    .skipped
                    .into_iter()
                    .map(|skipped| json!({ "probe": probe.describe().name, "why": skipped.why })),
            );
        }
        let profile = if probes.is_empty() { Profile::of(&file) } else { None };
        println!("{}", json!({ "file": path, "profile": profile, "claims": claims, "skipped": skipped }));
    }
    Ok(())
}
