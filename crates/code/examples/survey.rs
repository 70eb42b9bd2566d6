//! Prints what a survey of executables comes to: `survey [--gates] FILE...`. For whoever works on the analysis.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use banbury_code::program::Program;
use banbury_code::survey::Survey;
use banbury_formats::executable::elf::Elf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut shows = false;
    for argument in std::env::args().skip(1) {
        if argument == "--gates" {
            shows = true;
            continue;
        }
        let bytes = std::fs::read(&argument)?;
        let Some(elf) = Elf::parse(&bytes) else {
            eprintln!("{argument}: not ELF");
            continue;
        };
        let Some(program) = Program::of(&elf) else {
            eprintln!("{argument}: no code that is read");
            continue;
        };
        let start = std::time::Instant::now();
        let survey = Survey::of(&program);
        let calls: usize = survey.functions.values().map(|line| line.calls.len()).sum();
        let insns: usize = survey.functions.values().map(|line| line.insns).sum();
        let gaps: usize = survey.functions.values().map(|line| line.gaps.len()).sum();
        println!(
            "{argument}: {} {} functions, {insns} instructions, {calls} calls, {} imports, {gaps} gaps, {} gates, {:.2} s",
            program.image().arch.name(),
            survey.functions.len(),
            program.imports().len(),
            survey.gates.len(),
            start.elapsed().as_secs_f64()
        );
        if shows {
            for gate in &survey.gates {
                let inside = survey.union(gate.inside.iter().map(|(_, called, _)| called));
                let outside = survey.union(gate.outside.iter());
                let alone: Vec<_> = inside.without(outside).iter().map(|power| power.words()).collect();
                println!(
                    "  {:#x} in {:#x}: {:?} from {:?}: {} calls in {} blocks, alone {alone:?}, gives {:?} else {:?}",
                    gate.at,
                    gate.function,
                    gate.fixed,
                    gate.from,
                    gate.inside.len(),
                    gate.blocks,
                    gate.gives,
                    gate.else_gives
                );
            }
        }
    }
    Ok(())
}
