//! Prints the suspects of executables: `suspects FILE...`, a JSON object a line. For whoever measures the probes.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use banbury_code::program::Program;
use banbury_code::suspects::{Behind, Suspects};
use banbury_formats::executable::elf::Elf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for argument in std::env::args().skip(1) {
        let bytes = std::fs::read(&argument)?;
        let start = std::time::Instant::now();
        let program = Elf::parse(&bytes).as_ref().and_then(Program::of);
        let Some(program) = program else {
            println!("{{\"file\":{argument:?},\"suspects\":null}}");
            continue;
        };
        let found = Suspects::of(&program);
        let mut lines = Vec::new();
        for suspect in &found.all {
            let (trigger, plain) = suspect.trigger();
            let trigger = String::from_utf8_lossy(&trigger).into_owned();
            let places: Vec<u64> = suspect.demands.iter().map(|demand| demand.at).collect();
            let kinds: Vec<String> = suspect
                .demands
                .iter()
                .map(|demand| format!("{:?}/{}/{:?}", demand.kind, demand.bits, demand.of))
                .collect();
            let (behind, sink) = match &suspect.behind {
                Behind::Power { power, at, steps, .. } => (format!("{power:?}/{steps}"), *at),
                Behind::Outcome { at, checked, gives } => {
                    (format!("outcome/{checked}/{}", gives.is_some()), *at)
                }
            };
            lines.push(format!(
                "{{\"function\":{},\"at\":{},\"sink\":{sink},\"behind\":{behind:?},\"bits\":{},\"trigger\":{},\"plain\":{plain},\"features\":{:?},\"places\":{places:?},\"kinds\":{}}}",
                suspect.function,
                suspect.at,
                suspect.bits(),
                quoted(&trigger),
                suspect.features(),
                format!("[{}]", kinds.iter().map(|kind| quoted(kind)).collect::<Vec<_>>().join(","))
            ));
        }
        println!(
            "{{\"file\":{},\"functions\":{},\"gaps\":{},\"left_out\":{},\"seconds\":{:.3},\"suspects\":[{}]}}",
            quoted(&argument),
            found.functions,
            found.gaps,
            found.left_out,
            start.elapsed().as_secs_f64(),
            lines.join(",")
        );
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            other if u32::from(other) < 32 => out.push_str(&format!("\\u{:04x}", u32::from(other))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
