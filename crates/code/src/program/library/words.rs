//! What the readers of other machines do not model and C libraries compare texts with: zeros counted from above, the order of bytes turned
//! round, bytes chosen by flags.
//!
//! Sources: Arm Architecture Reference Manuals (A64 `CLZ`, `RBIT`, `REV`; A32 and T32 `CLZ`, `REV`, `UADD8`, `SEL`); PowerPC UISA (`cntlzw`).

use super::machine::Machine;
use crate::arch::Arch;
use crate::image::{Image, number};
use crate::ir::Reg;

/// Carries out an instruction of these; `false` where it is none.
pub(super) fn carry_out(
    machine: &mut Machine<'_, '_, '_>,
    image: &Image<'_>,
    bytes: &[u8],
    length: u8,
) -> bool {
    let Some(word) = bytes.get(..usize::from(length)) else { return false };
    // Code of Arm is little-endian in all files of BE8; half words of Thumb stand one after the other.
    let code = number(word, image.big_endian) as u32;
    let found = match image.arch {
        Arch::Aarch64 => a64(machine, code),
        Arch::Arm if length == 4 => arm(machine, code, code.rotate_left(16)),
        Arch::Ppc if code & 0xfc00_07fe == 0x7c00_0034 => {
            let (from, to) = ((code >> 21 & 31) as Reg, (code >> 16 & 31) as Reg);
            machine.register(from).map(|value| (to, u64::from((value as u32).leading_zeros())))
        }
        _ => None,
    };
    if let Some((to, value)) = found {
        machine.set(to, Some(value));
    }
    found.is_some()
}

fn a64(machine: &Machine<'_, '_, '_>, code: u32) -> Option<(Reg, u64)> {
    // Data processing, one source.
    if code & 0x7fff_0000 != 0x5ac0_0000 {
        return None;
    }
    let wide = code >> 31 == 1;
    let (from, to) = ((code >> 5 & 31) as Reg, (code & 31) as Reg);
    let zero = |register: Reg| if register == 31 { 32 } else { register };
    let value = machine.register(zero(from))?;
    let value = match (code >> 10 & 63, wide) {
        (0, true) => value.reverse_bits(),
        (0, false) => u64::from((value as u32).reverse_bits()),
        (2, true) => {
            u64::from((value as u32).swap_bytes()) | u64::from(((value >> 32) as u32).swap_bytes()) << 32
        }
        (2, false) => u64::from((value as u32).swap_bytes()),
        (3, true) => value.swap_bytes(),
        (4, true) => u64::from(value.leading_zeros()),
        (4, false) => u64::from((value as u32).leading_zeros()),
        _ => return None,
    };
    Some((zero(to), value))
}

/// `clz`, `rev`, `uadd8` and `sel`, as A32 has them and, with its half words turned round, T32.
fn arm(machine: &mut Machine<'_, '_, '_>, code: u32, thumb: u32) -> Option<(Reg, u64)> {
    let known: Vec<Option<u64>> = (0..16).map(|number| machine.register(number)).collect();
    let register = |number: u32| known.get(number as usize & 15).copied().flatten().map(|value| value as u32);
    if code & 0x0fff_0ff0 == 0x016f_0f10 {
        return Some(((code >> 12 & 15) as Reg, u64::from(register(code)?.leading_zeros())));
    }
    if code & 0x0fff_0ff0 == 0x06bf_0f30 {
        return Some(((code >> 12 & 15) as Reg, u64::from(register(code)?.swap_bytes())));
    }
    if thumb & 0xfff0_f0f0 == 0xfab0_f080 {
        return Some(((thumb >> 8 & 15) as Reg, u64::from(register(thumb)?.leading_zeros())));
    }
    if thumb & 0xfff0_f0f0 == 0xfa90_f080 {
        return Some(((thumb >> 8 & 15) as Reg, u64::from(register(thumb)?.swap_bytes())));
    }
    let is = |code: u32, mask: u32, bits: u32| code & mask == bits;
    let (adds, to, a, b) = if is(code, 0x0ff0_0ff0, 0x0650_0f90) || is(code, 0x0ff0_0ff0, 0x0680_0fb0) {
        (code & 0x0080_0000 == 0, code >> 12, code >> 16, code)
    } else if is(thumb, 0xfff0_f0f0, 0xfa80_f040) || is(thumb, 0xfff0_f0f0, 0xfaa0_f080) {
        (thumb & 0x0020_0000 == 0, thumb >> 8, thumb >> 16, thumb)
    } else {
        return None;
    };
    let (a, b) = (register(a)?.to_le_bytes(), register(b)?.to_le_bytes());
    let mut made = [0_u8; 4];
    let mut overflows = machine.overflows.or(adds.then_some([false; 4]))?;
    for (((made, overflow), a), b) in made.iter_mut().zip(&mut overflows).zip(a).zip(b) {
        if adds {
            (*made, *overflow) = a.overflowing_add(b);
        } else {
            *made = if *overflow { a } else { b };
        }
    }
    machine.overflows = Some(overflows);
    Some(((to & 15) as Reg, u64::from(u32::from_le_bytes(made))))
}
