//! Prints what the lifters make of the executable sections of an ELF file, a line an instruction: `decode FILE [FROM TO]`. For whoever
//! writes a lifter, and for the comparison with a disassembler (`benches/decode`).
//!
//! A line: address, length, flow (`next`, `jump ADDRESS`, `branch ADDRESS`, `call ADDRESS`, `jump-register`, ...), then with `--ops` the
//! effects. Arm code is read in the state that mapping symbols (`$a`, `$t`, `$d`) name; data are left out.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

fn main() {}
