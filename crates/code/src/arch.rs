//! The architectures: which registers do what by their calling conventions, and who reads their instructions.
//!
//! Sources: the System V processor supplements (x86-64, i386, MIPS, PowerPC, PowerPC 64 ELF V1 and V2), Arm's AAPCS and AAPCS64, the
//! RISC-V psABI.

use crate::ir::{Lift, Reg};
use crate::lift;

/// An instruction set with its calling convention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Arch {
    /// 32-bit Arm, both states.
    Arm,
    /// 64-bit Arm.
    Aarch64,
    /// MIPS32 (release 1 to 5), o32.
    Mips,
    /// MIPS64, n64 or n32.
    Mips64,
    /// PowerPC, 32 bits.
    Ppc,
    /// PowerPC, 64 bits, ELF V1 or V2.
    Ppc64,
    /// 32-bit x86.
    X86,
    /// x86-64.
    X86_64,
    /// RISC-V, 32 bits.
    Riscv32,
    /// RISC-V, 64 bits.
    Riscv64,
}

/// What registers are for. Registers that are not there are `NONE`.
#[derive(Clone, Copy, Debug)]
pub struct Convention {
    /// How many registers there are, with the one in which lifters put what an instruction needs in between (the shifted operand of an
    /// Arm addition, what an x86 comparison reads from memory). No instruction reads what an earlier one left there.
    pub registers: u8,
    /// Of the first arguments, in order; further ones are on the stack.
    pub arguments: &'static [Reg],
    /// Of the result.
    pub result: Reg,
    /// The stack pointer.
    pub stack: Reg,
    /// Where a call leaves where it came from; `NONE` where that is the stack.
    pub link: Reg,
    /// The global pointer (MIPS `$gp`, PowerPC 64 `r2`, RISC-V `gp`), `NONE` where there is none.
    pub global: Reg,
    /// Whose value a call keeps.
    pub kept: &'static [Reg],
    /// A register that is always zero, `NONE` where there is none.
    pub zero: Reg,
    /// Where the first argument stands on the stack at a call, from the stack pointer, with those after it a word apart.
    pub stacked: i64,
}

/// No register.
pub const NONE: Reg = 255;

impl Arch {
    /// By `e_machine`, class and byte order of an ELF file.
    #[must_use]
    pub fn of(machine: u16, is_64: bool) -> Option<Self> {
        Some(match (machine, is_64) {
            (3, false) => Self::X86,
            (62, _) => Self::X86_64,
            (8 | 10, false) => Self::Mips,
            (8, true) => Self::Mips64,
            (20, false) => Self::Ppc,
            (21, true) => Self::Ppc64,
            (40, false) => Self::Arm,
            (183, _) => Self::Aarch64,
            (243, false) => Self::Riscv32,
            (243, true) => Self::Riscv64,
            _ => return None,
        })
    }

    /// Its short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Arm => "arm",
            Self::Aarch64 => "aarch64",
            Self::Mips => "mips",
            Self::Mips64 => "mips64",
            Self::Ppc => "powerpc",
            Self::Ppc64 => "powerpc64",
            Self::X86 => "x86",
            Self::X86_64 => "x86-64",
            Self::Riscv32 => "riscv32",
            Self::Riscv64 => "riscv64",
        }
    }

    /// Bits of an address.
    #[must_use]
    pub fn bits(self) -> u8 {
        match self {
            Self::Arm | Self::Mips | Self::Ppc | Self::X86 | Self::Riscv32 => 32,
            Self::Aarch64 | Self::Mips64 | Self::Ppc64 | Self::X86_64 | Self::Riscv64 => 64,
        }
    }

    /// Who reads its instructions: in the byte order of the file, and for [`Arch::Arm`] in one of its states.
    #[must_use]
    pub fn lifter(self, big_endian: bool, thumb: bool) -> Box<dyn Lift> {
        match self {
            Self::Arm if thumb => Box::new(lift::thumb::Thumb::new(big_endian)),
            Self::Arm => Box::new(lift::arm::Arm::new(big_endian)),
            Self::Aarch64 => Box::new(lift::a64::A64),
            Self::Mips => Box::new(lift::mips::Mips::new(big_endian, false)),
            Self::Mips64 => Box::new(lift::mips::Mips::new(big_endian, true)),
            Self::Ppc => Box::new(lift::ppc::Ppc::new(big_endian, false)),
            Self::Ppc64 => Box::new(lift::ppc::Ppc::new(big_endian, true)),
            Self::X86 => Box::new(lift::x86::X86::new(32)),
            Self::X86_64 => Box::new(lift::x86::X86::new(64)),
            Self::Riscv32 => Box::new(lift::riscv::Riscv::new(32)),
            Self::Riscv64 => Box::new(lift::riscv::Riscv::new(64)),
        }
    }

    /// Where Linux takes the number of a system call, and its first arguments.
    #[must_use]
    pub fn system(self) -> (Reg, [Reg; 3]) {
        match self {
            Self::Arm => (7, [0, 1, 2]),
            Self::Aarch64 => (8, [0, 1, 2]),
            Self::Mips | Self::Mips64 => (2, [4, 5, 6]),
            Self::Ppc | Self::Ppc64 => (0, [3, 4, 5]),
            Self::X86 => (0, [3, 1, 2]),
            Self::X86_64 => (0, [7, 6, 2]),
            Self::Riscv32 | Self::Riscv64 => (17, [10, 11, 12]),
        }
    }

    /// Its calling convention.
    #[must_use]
    pub fn convention(self) -> Convention {
        const BASE: Convention = Convention {
            registers: 32,
            arguments: &[],
            result: 0,
            stack: 0,
            link: NONE,
            global: NONE,
            kept: &[],
            zero: NONE,
            stacked: 0,
        };
        match self {
            // r0 to r15; 13 is the stack pointer, 14 the link register, 15 the program counter; 16 is in between.
            Self::Arm => Convention {
                registers: 17,
                arguments: &[0, 1, 2, 3],
                stack: 13,
                link: 14,
                kept: &[4, 5, 6, 7, 8, 9, 10, 11, 13],
                ..BASE
            },
            // x0 to x30; 31 is the stack pointer, 32 the zero register (lifters tell them apart); 33 is in between.
            Self::Aarch64 => Convention {
                registers: 34,
                arguments: &[0, 1, 2, 3, 4, 5, 6, 7],
                stack: 31,
                link: 30,
                kept: &[18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 31],
                zero: 32,
                ..BASE
            },
            // $0 to $31; 32 and 33 are hi and lo.
            Self::Mips => Convention {
                registers: 34,
                arguments: &[4, 5, 6, 7],
                result: 2,
                stack: 29,
                link: 31,
                global: 28,
                kept: &[16, 17, 18, 19, 20, 21, 22, 23, 28, 29, 30],
                zero: 0,
                stacked: 16,
            },
            Self::Mips64 => {
                Convention { arguments: &[4, 5, 6, 7, 8, 9, 10, 11], stacked: 0, ..Self::Mips.convention() }
            }
            // r0 to r31; 32 is the link register, 33 the count register.
            Self::Ppc => Convention {
                registers: 34,
                arguments: &[3, 4, 5, 6, 7, 8, 9, 10],
                result: 3,
                stack: 1,
                link: 32,
                kept: &[1, 2, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31],
                stacked: 8,
                ..BASE
            },
            Self::Ppc64 => Convention { global: 2, stacked: 96, ..Self::Ppc.convention() },
            // eax, ecx, edx, ebx, esp, ebp, esi, edi; 8 is in between.
            Self::X86 => Convention { registers: 9, stack: 4, kept: &[3, 4, 5, 6, 7], ..BASE },
            // rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15; 16 is in between.
            Self::X86_64 => Convention {
                registers: 17,
                arguments: &[7, 6, 2, 1, 8, 9],
                stack: 4,
                kept: &[3, 4, 5, 12, 13, 14, 15],
                ..BASE
            },
            Self::Riscv32 | Self::Riscv64 => Convention {
                arguments: &[10, 11, 12, 13, 14, 15, 16, 17],
                result: 10,
                stack: 2,
                link: 1,
                global: 3,
                kept: &[2, 3, 4, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27],
                zero: 0,
                ..BASE
            },
        }
    }
}
