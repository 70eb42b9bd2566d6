//! Prints the functions of the C library that are told in static executables: `library FILE...`. For whoever works on the analysis.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use banbury_code::program::Program;
use banbury_formats::executable::elf::Elf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for argument in std::env::args().skip(1) {
        let bytes = std::fs::read(&argument)?;
        let Some(program) = Elf::parse(&bytes).as_ref().and_then(Program::of) else { continue };
        println!(
            "{argument}: {} functions, static {}, {:?}",
            program.functions().len(),
            program.is_static(),
            program.library_missed()
        );
        for (address, name) in program.library() {
            println!("  {address:#x} {}", String::from_utf8_lossy(name));
        }
    }
    Ok(())
}
