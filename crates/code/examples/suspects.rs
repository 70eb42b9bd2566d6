//! Prints the suspects of executables: `suspects FILE...`, a JSON object a line. For corpus/hidden-access/measure.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use banbury_code::demands::Demand;
use banbury_code::program::Program;
use banbury_code::suspects::{Behind, Suspect, Suspects};
use banbury_formats::executable::elf::Elf;
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for argument in std::env::args().skip(1) {
        let bytes = std::fs::read(&argument)?;
        let program = Elf::parse(&bytes).as_ref().and_then(Program::of);
        let found = program.as_ref().map(Suspects::of);
        println!(
            "{}",
            json!({
                "file": argument,
                "functions": found.as_ref().map(|found| found.functions),
                "gaps": found.as_ref().map(|found| found.gaps),
                "left_out": found.as_ref().map(|found| found.left_out),
                "suspects": found.as_ref().map(|found| found.all.iter().map(line).collect::<Vec<_>>()),
            })
        );
    }
    Ok(())
}

fn line(suspect: &Suspect) -> Value {
    let (trigger, plain) = suspect.trigger();
    let kinds: Vec<String> = suspect
        .demands
        .iter()
        .map(|demand| format!("{:?}/{}/{:?}", demand.kind, demand.bits, demand.of))
        .collect();
    let (behind, sink) = match &suspect.behind {
        Behind::Power { power, at, steps, .. } => (format!("{power:?}/{steps}"), *at),
        Behind::Outcome { at, checked, gives } => (format!("outcome/{checked}/{}", gives.is_some()), *at),
    };
    json!({
        "function": suspect.function,
        "at": suspect.at,
        "sink": sink,
        "behind": behind,
        "bits": suspect.bits(),
        "trigger": String::from_utf8_lossy(&trigger),
        "plain": plain,
        "features": suspect.features(),
        "places": suspect.demands.iter().flat_map(Demand::each).map(|demand| demand.at).collect::<Vec<_>>(),
        "kinds": kinds,
    })
}
