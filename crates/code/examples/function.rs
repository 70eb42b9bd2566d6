//! Prints what is known of one function: `function FILE ADDRESS` (hexadecimal). For whoever works on the analysis.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use banbury_code::program::Program;
use banbury_code::values::{Value, ValueId, Values};
use banbury_formats::executable::elf::Elf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let bytes = std::fs::read(arguments.next().ok_or("function FILE ADDRESS")?)?;
    let address =
        u64::from_str_radix(arguments.next().ok_or("function FILE ADDRESS")?.trim_start_matches("0x"), 16)?;
    let elf = Elf::parse(&bytes).ok_or("not ELF")?;
    let program = Program::of(&elf).ok_or("no code that is read")?;
    let bounds = program
        .functions()
        .iter()
        .rev()
        .find(|bounds| (bounds.start..bounds.end).contains(&address))
        .ok_or("no function there")?;
    let read = program.read(*bounds);
    println!(
        "{:#x}..{:#x} {:?}",
        bounds.start,
        bounds.end,
        program.name(bounds.start).map(String::from_utf8_lossy)
    );
    for (number, block) in read.blocks.all.iter().enumerate() {
        println!("block {number} -> {:?}", block.next);
        for insn in read.blocks.insns_of(number) {
            println!("  {:#x} {:?} {:?} {:?}", insn.address, insn.ops, insn.flow, insn.when);
            for call in read.facts.calls.iter().filter(|call| call.at == insn.address) {
                let arguments: Vec<String> =
                    call.arguments.iter().map(|value| show(&read.facts.values, *value)).collect();
                println!("    calls {:?} with {}", program.call_name(&call.callee), arguments.join(", "));
            }
            for decision in read.facts.decisions.iter().filter(|decision| decision.at == insn.address) {
                let (a, b) = (show(&read.facts.values, decision.a), show(&read.facts.values, decision.b));
                println!(
                    "    {:?} {a} {b} test {} taken {} both {}",
                    decision.relation, decision.test, decision.taken, decision.both
                );
            }
        }
    }
    println!("gaps {:?}", read.blocks.gaps);
    Ok(())
}

fn show(values: &Values<'_>, value: ValueId) -> String {
    match values.get(value) {
        Value::Const(number) => match values.text(value) {
            Some(text) => format!("{:?}", String::from_utf8_lossy(text)),
            None => format!("{number:#x}"),
        },
        Value::Load { at, size, .. } => format!("[{}]{size}", show(values, at)),
        Value::Binary(how, a, b) => format!("({} {how:?} {})", show(values, a), show(values, b)),
        Value::Extend { of, bits, signed } => {
            format!("{}{bits}({})", if signed { "s" } else { "u" }, show(values, of))
        }
        other => format!("{other:?}"),
    }
}
