//! Prints what the lifters make of an ELF file, a line an instruction: `decode FILE [--thumb] [--ops] [--at] [--time]`. For whoever
//! writes a lifter, and for the comparison with a disassembler (`benches/decode`).
//!
//! A line: address, length, flow (`next`, `jump:ADDRESS`, `branch:ADDRESS`, `call:ADDRESS`, `jump-register`, ...; a `?` where it happens
//! only under a condition), then what is written: numbers of registers, `f` for flags, `m` for memory; with `--ops` the effects. `none`
//! after the address where no instruction is. All executable sections are read from their beginnings; with `--at` what stands at the
//! addresses on the standard input. Arm code is read as A32, with `--thumb` as T32. `--time` reads the sections for some seconds and
//! says how many instructions a second that were.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write;
use std::io::BufRead;
use std::time::{Duration, Instant};

use banbury_code::arch::Arch;
use banbury_code::ir::{Flow, Insn, Lift, Op};
use banbury_formats::executable::elf::Elf;

const EXECUTABLE: u64 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let path =
        arguments.iter().find(|argument| !argument.starts_with("--")).ok_or("decode FILE [OPTION...]")?;
    let data = std::fs::read(path)?;
    let elf = Elf::parse(&data).ok_or("no ELF file")?;
    let arch = Arch::of(elf.machine, elf.is_64).ok_or("no lifter for the architecture")?;
    // From version 8 of the ABI on (BE8), code of big-endian Arm is little-endian.
    let big_endian = elf.big_endian && !(arch == Arch::Arm && elf.flags & 0x0080_0000 != 0);
    let mut lifter = arch.lifter(big_endian, has("--thumb"));
    let sections: Vec<(u64, &[u8])> = elf
        .sections
        .iter()
        .filter(|section| section.flags & EXECUTABLE != 0)
        .map(|section| (section.address, elf.section_bytes(section)))
        .collect();
    if has("--time") {
        time(lifter.as_mut(), &sections);
    } else if has("--at") {
        at(lifter.as_mut(), &sections, has("--ops"))?;
    } else {
        all(lifter.as_mut(), &sections, has("--ops"));
    }
    Ok(())
}

fn all(lifter: &mut dyn Lift, sections: &[(u64, &[u8])], ops: bool) {
    let (mut insn, mut out) = (Insn::default(), String::new());
    for &(start, bytes) in sections {
        lifter.begin();
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let address = start + done as u64;
            let known = lifter.lift(rest, address, &mut insn);
            line(&mut out, known.then_some(&insn), address, ops);
            done += usize::from(if known { insn.length } else { lifter.step() });
        }
    }
    print!("{out}");
}

fn at(lifter: &mut dyn Lift, sections: &[(u64, &[u8])], ops: bool) -> Result<(), Box<dyn Error>> {
    let (mut insn, mut out, mut expected) = (Insn::default(), String::new(), None);
    for input in std::io::stdin().lock().lines() {
        let address = u64::from_str_radix(input?.trim(), 16)?;
        let bytes = sections.iter().find_map(|(start, bytes)| {
            let from = usize::try_from(address.checked_sub(*start)?).ok()?;
            bytes.get(from..).filter(|bytes| !bytes.is_empty())
        });
        if expected != Some(address) {
            lifter.begin();
        }
        let known = lifter.lift(bytes.unwrap_or_default(), address, &mut insn);
        line(&mut out, known.then_some(&insn), address, ops);
        expected = known.then_some(address + u64::from(insn.length));
    }
    print!("{out}");
    Ok(())
}

fn time(lifter: &mut dyn Lift, sections: &[(u64, &[u8])]) {
    let (mut insn, mut count, mut effects, begun) = (Insn::default(), 0u64, 0u64, Instant::now());
    while begun.elapsed() < Duration::from_secs(3) {
        for &(start, bytes) in sections {
            lifter.begin();
            let mut done = 0;
            while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
                let known = lifter.lift(rest, start + done as u64, &mut insn);
                done += usize::from(if known { insn.length } else { lifter.step() });
                count += 1;
                effects += insn.ops.len() as u64;
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{:.1} million instructions a second ({count} with {effects} effects)",
        count as f64 / seconds / 1e6
    );
}

fn line(out: &mut String, insn: Option<&Insn>, address: u64, ops: bool) {
    let Some(insn) = insn else {
        let _ = writeln!(out, "{address:x} none");
        return;
    };
    let _ = write!(out, "{address:x} {} {}", insn.length, flow(&insn.flow));
    let _ = write!(out, "{} {}", if insn.when.is_some() { "?" } else { "" }, written(&insn.ops));
    if ops {
        let _ = write!(out, " {:?}", insn.ops);
        if let Some(when) = &insn.when {
            let _ = write!(out, " when {when:?}");
        }
        if !matches!(insn.flow, Flow::Next | Flow::Jump(_) | Flow::Call(_)) {
            let _ = write!(out, " then {:?}", insn.flow);
        }
    }
    out.push('\n');
}

fn flow(flow: &Flow) -> String {
    match flow {
        Flow::Next => "next".into(),
        Flow::Jump(target) => format!("jump:{target:x}"),
        Flow::JumpRegister(_) => "jump-register".into(),
        Flow::JumpMemory(_) => "jump-memory".into(),
        Flow::Branch(_, target) => format!("branch:{target:x}"),
        Flow::Call(target) => format!("call:{target:x}"),
        Flow::CallRegister(_) => "call-register".into(),
        Flow::CallMemory(_) => "call-memory".into(),
        Flow::Return => "return".into(),
        Flow::System => "system".into(),
        Flow::Stop => "stop".into(),
    }
}

/// What the effects write; `-` for nothing.
fn written(ops: &[Op]) -> String {
    let mut registers = BTreeSet::new();
    let (mut flags, mut memory) = (false, false);
    for op in ops {
        match op {
            Op::Set { dst, .. }
            | Op::Extend { dst, .. }
            | Op::Compute { dst, .. }
            | Op::Load { dst, .. }
            | Op::Select { dst, .. }
            | Op::Clobber { dst } => {
                registers.insert(*dst);
            }
            Op::Store { .. } => memory = true,
            Op::Compare { .. }
            | Op::CompareUnsigned { .. }
            | Op::CompareWhen { .. }
            | Op::Test { .. }
            | Op::ClobberFlags { .. } => flags = true,
        }
    }
    let mut names: Vec<String> = registers.iter().map(u8::to_string).collect();
    if flags {
        names.push("f".into());
    }
    if memory {
        names.push("m".into());
    }
    if names.is_empty() { "-".into() } else { names.join(",") }
}
