//! Loads and stores.

use super::super::word::{bit, field, signed};
use super::{SCRATCH, clobber, compute, general, stacked, value};
use crate::ir::{Address, Binary, Insn, Op, Operand, Reg};

pub(super) fn lift(word: u32, insn: &mut Insn) -> bool {
    match (field(word, 28, 2), bit(word, 26)) {
        (0, false) if bit(word, 24) => wide_atomic(word, insn),
        (0, false) => exclusive(word, insn),
        (0, true) => structures(word, insn),
        (1, _) if !bit(word, 24) => literal(word, insn),
        (1, vector) => unscaled_ordered(word, insn, vector),
        (2, _) => pair(word, insn),
        (_, _) if bit(word, 24) => {
            let Some(access) = Access::of(word) else { return false };
            let offset = i64::from(field(word, 10, 12)) << access.scale;
            access.lift(insn, Address::based(stacked(word, 5), offset), word);
            true
        }
        _ if bit(word, 21) => match field(word, 10, 2) {
            0 => atomic(word, insn),
            2 => by_register(word, insn),
            _ => authenticated(word, insn),
        },
        _ => unscaled(word, insn),
    }
}

/// What one load or store moves.
struct Access {
    /// The power of two that the offset is scaled by: that of the bytes.
    scale: u32,
    kind: Kind,
}

enum Kind {
    Store,
    /// Of so many bits, where the highest of what is read is a sign.
    Load(Option<u8>),
    Prefetch,
    StoreVector,
    LoadVector,
}

impl Access {
    /// By the size, the operation, and whether the register is a vector; `None` where there is none.
    fn of(word: u32) -> Option<Self> {
        let (size, code) = (field(word, 30, 2), field(word, 22, 2));
        if bit(word, 26) {
            if code >= 2 && size != 0 {
                return None;
            }
            let kind = if code & 1 == 0 { Kind::StoreVector } else { Kind::LoadVector };
            return Some(Self { scale: if code >= 2 { 4 } else { size }, kind });
        }
        let kind = match (code, size) {
            (0, _) => Kind::Store,
            (1, _) => Kind::Load(None),
            (2, 3) => Kind::Prefetch,
            (2, _) => Kind::Load(Some(64)),
            (_, 0 | 1) => Kind::Load(Some(32)),
            _ => return None,
        };
        Some(Self { scale: size, kind })
    }

    fn lift(&self, insn: &mut Insn, place: Address, word: u32) {
        let (register, size) = (general(word, 0), 1u8 << self.scale);
        match self.kind {
            Kind::Store => insn.does(Op::Store { to: place, src: value(register), size }),
            Kind::Load(sign) => load(insn, register, place, size, sign),
            Kind::StoreVector => insn.does(Op::Store { to: place, src: Operand::Unknown, size }),
            Kind::Prefetch | Kind::LoadVector => {}
        }
    }

    fn is_prefetch(&self) -> bool {
        matches!(self.kind, Kind::Prefetch)
    }

    /// Whether the base is what is loaded or stored too, which is left open where the base is written back.
    fn takes(&self, base: Reg, word: u32) -> bool {
        matches!(self.kind, Kind::Store | Kind::Load(_)) && general(word, 0) == base
    }
}

fn load(insn: &mut Insn, dst: Reg, from: Address, size: u8, sign: Option<u8>) {
    if dst == super::ZR {
        return;
    }
    insn.does(Op::Load { dst, from, size, signed: sign.is_some() });
    if sign == Some(32) {
        insn.does(Op::Extend { dst, src: Operand::Reg(dst), bits: 32, signed: false });
    }
}

fn advance(insn: &mut Insn, base: Reg, by: i64) {
    insn.compute(base, Binary::Add, Operand::Reg(base), Operand::Const(by.cast_unsigned()));
}

/// A load or store with the base written back, before (`true`) or after.
fn write_back(insn: &mut Insn, base: Reg, offset: i64, before: bool, access: impl FnOnce(&mut Insn)) {
    if before {
        advance(insn, base, offset);
        access(insn);
    } else {
        access(insn);
        advance(insn, base, offset);
    }
}

/// With an offset of nine bits: plain, unprivileged, before and after.
fn unscaled(word: u32, insn: &mut Insn) -> bool {
    let Some(access) = Access::of(word) else { return false };
    let (base, offset, form) = (stacked(word, 5), signed(field(word, 12, 9), 9), field(word, 10, 2));
    match form {
        0 => access.lift(insn, Address::based(base, offset), word),
        2 if bit(word, 26) || access.is_prefetch() => return false,
        2 => access.lift(insn, Address::based(base, offset), word),
        _ if access.is_prefetch() => return false,
        _ if access.takes(base, word) => {
            access.lift(insn, Address::based(base, if form == 3 { offset } else { 0 }), word);
            insn.clobber(base);
        }
        _ => {
            write_back(insn, base, offset, form == 3, |insn| access.lift(insn, Address::based(base, 0), word))
        }
    }
    true
}

/// With an offset in a register.
fn by_register(word: u32, insn: &mut Insn) -> bool {
    let Some(access) = Access::of(word) else { return false };
    let option = field(word, 13, 3);
    if option & 2 == 0 {
        return false;
    }
    let mut index = general(word, 16);
    if option & 1 == 0 && index != super::ZR {
        insn.does(Op::Extend { dst: SCRATCH, src: Operand::Reg(index), bits: 32, signed: option == 6 });
        index = SCRATCH;
    }
    let shift = if bit(word, 12) { access.scale as u8 } else { 0 };
    let index = (index != super::ZR).then_some((index, shift));
    access.lift(insn, Address { base: Some(stacked(word, 5)), index, offset: 0 }, word);
    true
}

/// `ldr` of a literal.
fn literal(word: u32, insn: &mut Insn) -> bool {
    let place = Address::absolute(insn.address.wrapping_add_signed(signed(field(word, 5, 19), 19) << 2));
    let dst = general(word, 0);
    match (bit(word, 26), field(word, 30, 2)) {
        (true, 3) => return false,
        (true, _) | (false, 3) => {}
        (false, 0) => load(insn, dst, place, 4, None),
        (false, 1) => load(insn, dst, place, 8, None),
        (false, _) => load(insn, dst, place, 4, Some(64)),
    }
    true
}

/// `ldp`, `stp` in all their forms.
fn pair(word: u32, insn: &mut Insn) -> bool {
    let (code, vector, loads, form) = (field(word, 30, 2), bit(word, 26), bit(word, 22), field(word, 23, 2));
    let tags = !vector && code == 1 && !loads;
    if code == 3 || (code == 1 && !vector && form == 0) {
        return false;
    }
    let scale = match (vector, code) {
        (true, code) => code + 2,
        (false, 0) => 2,
        (false, 1) if tags => 4,
        (false, 1) => 2,
        (false, _) => 3,
    };
    let size = 1u8 << if tags { 3 } else { scale };
    let base = stacked(word, 5);
    let offset = signed(field(word, 15, 7), 7) << scale;
    let (first, second) = (general(word, 0), general(word, 10));
    let sign = (code == 1 && !vector).then_some(64);
    let moves = |insn: &mut Insn, offset: i64| {
        let (at, further) = (Address::based(base, offset), Address::based(base, offset + i64::from(size)));
        match (loads, vector) {
            (false, false) => {
                insn.does(Op::Store { to: at, src: value(first), size });
                insn.does(Op::Store { to: further, src: value(second), size });
            }
            (false, true) => {
                insn.does(Op::Store { to: at, src: Operand::Unknown, size });
                insn.does(Op::Store { to: further, src: Operand::Unknown, size });
            }
            // What is read of the base comes before the base is written.
            (true, false) if first == base => {
                load(insn, second, further, size, sign);
                load(insn, first, at, size, sign);
            }
            (true, false) => {
                load(insn, first, at, size, sign);
                load(insn, second, further, size, sign);
            }
            (true, true) => {}
        }
    };
    let takes = !vector && (first == base || second == base);
    if takes && first == second && loads {
        clobber(insn, first);
        return true;
    }
    match form {
        0 | 2 => moves(insn, offset),
        _ if takes => {
            moves(insn, if form == 3 { offset } else { 0 });
            insn.clobber(base);
        }
        _ => write_back(insn, base, offset, form == 3, |insn| moves(insn, 0)),
    }
    true
}

/// `ldxr`, `stxr`, `ldar`, `stlr`, `cas` and their like.
fn exclusive(word: u32, insn: &mut Insn) -> bool {
    let size = 1u8 << field(word, 30, 2);
    let (loads, pairs, ordered) = (bit(word, 22), bit(word, 21), bit(word, 23));
    let place = Address::based(stacked(word, 5), 0);
    let (first, second, status) = (general(word, 0), general(word, 10), general(word, 16));
    let store = |insn: &mut Insn, size: u8| insn.does(Op::Store { to: place, src: Operand::Unknown, size });
    match (ordered, pairs) {
        (false, false) if loads => load(insn, first, place, size, None),
        (false, false) => {
            store(insn, size);
            clobber(insn, status);
        }
        (false, true) if size < 4 => {
            // Two registers compared and swapped.
            store(insn, if bit(word, 30) { 16 } else { 8 });
            clobber(insn, status);
            clobber(insn, general(word | 1 << 16, 16));
        }
        (false, true) if loads => {
            let further = Address { offset: i64::from(size), ..place };
            if Some(first) == place.base {
                load(insn, second, further, size, None);
                load(insn, first, place, size, None);
            } else {
                load(insn, first, place, size, None);
                load(insn, second, further, size, None);
            }
        }
        (false, true) => {
            store(insn, 2 * size);
            clobber(insn, status);
        }
        (true, false) if loads => load(insn, first, place, size, None),
        (true, false) => insn.does(Op::Store { to: place, src: value(first), size }),
        (true, true) => {
            store(insn, size);
            clobber(insn, status);
        }
    }
    true
}

/// Sixteen bytes read, changed and written.
fn wide_atomic(word: u32, insn: &mut Insn) -> bool {
    if field(word, 30, 2) != 0 || !bit(word, 21) || field(word, 10, 2) != 0 {
        // What is newer than the edition that is read here.
        return unscaled_ordered(word, insn, false);
    }
    insn.does(Op::Store { to: Address::based(stacked(word, 5), 0), src: Operand::Unknown, size: 16 });
    clobber(insn, general(word, 0));
    clobber(insn, general(word, 16));
    true
}

/// `ldapur`, `stlur`, memory tags, block copies.
fn unscaled_ordered(word: u32, insn: &mut Insn, vector: bool) -> bool {
    let base = stacked(word, 5);
    let unknown = |insn: &mut Insn, size: u8| {
        insn.does(Op::Store { to: Address::based(base, 0), src: Operand::Unknown, size });
    };
    match (field(word, 10, 2), bit(word, 21)) {
        (0, false) if !vector => {
            let Some(access) = Access::of(word).filter(|access| !access.is_prefetch()) else { return false };
            access.lift(insn, Address::based(base, signed(field(word, 12, 9), 9)), word);
        }
        (1, false) if field(word, 30, 2) == 0 => {
            // A block is copied or set, its registers counted on.
            unknown(insn, 255);
            clobber(insn, general(word, 0));
            clobber(insn, general(word, 5));
            clobber(insn, general(word, 16));
            insn.does(Op::ClobberFlags { flags: 0 });
        }
        (2, false) => {
            // Ordered pairs and vectors: what they may load, and the base.
            let loads = bit(word, 22);
            if !loads {
                unknown(insn, 16);
            }
            if loads && !vector {
                clobber(insn, general(word, 0));
                clobber(insn, general(word, 16));
            }
            insn.clobber(base);
        }
        (form, true) if field(word, 30, 2) == 3 && !vector => {
            match (field(word, 22, 2), form) {
                (1 | 3, 0) => clobber(insn, general(word, 0)),
                _ => unknown(insn, 255),
            }
            if form & 1 == 1 {
                advance(insn, base, signed(field(word, 12, 9), 9) << 4);
            }
        }
        _ => return false,
    }
    true
}

/// `ldadd`, `swp` and their like, `ldapr`.
fn atomic(word: u32, insn: &mut Insn) -> bool {
    if bit(word, 26) {
        return false;
    }
    let (size, dst) = (1u8 << field(word, 30, 2), general(word, 0));
    let place = Address::based(stacked(word, 5), 0);
    let store = |insn: &mut Insn, size: u8| insn.does(Op::Store { to: place, src: Operand::Unknown, size });
    match (bit(word, 15), field(word, 12, 3)) {
        (true, 4) => {
            if field(word, 16, 8) != 0b1011_1111 {
                return false;
            }
            load(insn, dst, place, size, None);
        }
        (false, _) | (true, 0) => {
            store(insn, size);
            clobber(insn, dst);
        }
        // Sixty-four bytes in eight registers.
        (true, 5) if size == 8 => {
            for number in 0..8 {
                let register = field(word, 0, 5) as Reg + number;
                if register < super::SP {
                    insn.clobber(register);
                }
            }
        }
        (true, 1..=3) => {
            store(insn, 64);
            clobber(insn, dst);
            clobber(insn, general(word, 16));
            insn.does(Op::ClobberFlags { flags: 0 });
        }
        _ => return false,
    }
    true
}

/// `ldraa`, `ldrab`: from an authenticated base, which may be written back.
fn authenticated(word: u32, insn: &mut Insn) -> bool {
    if field(word, 30, 2) != 3 || bit(word, 26) {
        return false;
    }
    clobber(insn, general(word, 0));
    if bit(word, 11) {
        insn.clobber(stacked(word, 5));
    }
    true
}

/// Structures of vectors, the base counted on where they say so.
fn structures(word: u32, insn: &mut Insn) -> bool {
    let (single, after) = (bit(word, 24), bit(word, 23));
    if bit(word, 31) || (!single && bit(word, 21)) || (!after && field(word, 16, 5) != 0) {
        return false;
    }
    let Some(size) = (if single { one_structure(word) } else { more_structures(word) }) else { return false };
    let base = stacked(word, 5);
    if !bit(word, 22) {
        insn.does(Op::Store { to: Address::based(base, 0), src: Operand::Unknown, size });
    }
    if after {
        match general(word, 16) {
            super::ZR => advance(insn, base, i64::from(size)),
            register => compute(insn, true, base, Binary::Add, Operand::Reg(base), Operand::Reg(register)),
        }
    }
    true
}

/// Bytes of whole vectors.
fn more_structures(word: u32) -> Option<u8> {
    let registers = match field(word, 12, 4) {
        0 | 2 => 4,
        4 | 6 => 3,
        7 => 1,
        8 | 10 => 2,
        _ => return None,
    };
    Some(registers * if bit(word, 30) { 16 } else { 8 })
}

/// Bytes of one element of each vector.
fn one_structure(word: u32) -> Option<u8> {
    let (code, loads, low) = (field(word, 14, 2), bit(word, 22), field(word, 10, 2));
    let scale = match (code, low) {
        (0, _) => 0,
        (1, 0 | 2) => 1,
        (2, 0) => 2,
        (2, 1) if !bit(word, 12) => 3,
        (3, size) if loads && !bit(word, 12) => size,
        _ => return None,
    };
    let registers = (field(word, 13, 1) << 1 | field(word, 21, 1)) as u8 + 1;
    Some(registers << scale)
}
