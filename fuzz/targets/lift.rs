//! Each lifter: the first byte picks one, the rest are instructions. None panics, and each takes no more than there is.
#![no_main]

use banbury_code::arch::Arch;
use banbury_code::ir::Insn;
use libfuzzer_sys::fuzz_target;

const ARCHITECTURES: [Arch; 10] = [
    Arch::Arm,
    Arch::Aarch64,
    Arch::Mips,
    Arch::Mips64,
    Arch::Ppc,
    Arch::Ppc64,
    Arch::X86,
    Arch::X86_64,
    Arch::Riscv32,
    Arch::Riscv64,
];

fuzz_target!(|data: &[u8]| {
    let Some((&pick, code)) = data.split_first() else { return };
    let arch = ARCHITECTURES[usize::from(pick >> 2) % ARCHITECTURES.len()];
    let mut lifter = arch.lifter(pick & 1 != 0, pick & 2 != 0);
    let (mut insn, mut done) = (Insn::default(), 0);
    while done < code.len() {
        let known = lifter.lift(&code[done..], done as u64, &mut insn);
        done += usize::from(if known { insn.length } else { lifter.step() });
        assert!(!known || (insn.length > 0 && done <= code.len()));
    }
});
