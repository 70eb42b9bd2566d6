use proptest::prelude::*;

use super::*;
use crate::lift::evaluate::{Registers, cut};

fn lift_as(mut ppc: Ppc, word: u32) -> Option<Insn> {
    let mut insn = Insn::default();
    let bytes = if ppc.big_endian { word.to_be_bytes() } else { word.to_le_bytes() };
    ppc.lift(&bytes, 0x1000, &mut insn).then_some(insn)
}

fn lift(word: u32) -> Insn {
    lift_as(Ppc::new(true, false), word).unwrap()
}

fn lift_64(word: u32) -> Insn {
    lift_as(Ppc::new(false, true), word).unwrap()
}

fn reg(register: Reg) -> Operand {
    Operand::Reg(register)
}

fn number(value: i64) -> Operand {
    Operand::Const(value.cast_unsigned())
}

fn op(dst: Reg, how: Binary, a: Operand, b: Operand) -> Op {
    Op::Compute { dst, how, a, b, bits: 0, signed: false }
}

fn op_32(dst: Reg, how: Binary, a: Operand, b: Operand) -> Op {
    Op::Compute { dst, how, a, b, bits: 32, signed: false }
}

#[test]
fn forms_addresses() {
    // lis r9, -0x7ff0; addi r3, r9, 0x10; li r3, -1; addis r2, r12, 2; mr r31, r1; nop
    assert_eq!(lift(0x3d20_8010).ops, [Op::Set { dst: 9, src: number(-0x7ff0_0000) }]);
    assert_eq!(lift(0x3869_0010).ops, [op(3, Binary::Add, reg(9), number(16))]);
    assert_eq!(lift(0x3860_ffff).ops, [Op::Set { dst: 3, src: number(-1) }]);
    assert_eq!(lift_64(0x3c4c_0002).ops, [op(2, Binary::Add, reg(12), number(0x2_0000))]);
    assert_eq!(lift(0x7c3f_0b78).ops, [Op::Set { dst: 31, src: reg(1) }]);
    assert_eq!(lift(0x6000_0000).ops, []);
}

#[test]
fn loads_and_stores() {
    // lwz r3, 8(r31); stwu r1, -0x20(r1); lwzu r4, 4(r5); ld r12, -0x7f00(r2); lwzx r3, r4, r5; lmw r30, 8(r1)
    assert_eq!(
        lift(0x807f_0008).ops,
        [Op::Load { dst: 3, from: Address::based(31, 8), size: 4, signed: false }]
    );
    assert_eq!(
        lift(0x9421_ffe0).ops,
        [
            Op::Store { to: Address::based(1, -32), src: reg(1), size: 4 },
            op(1, Binary::Add, reg(1), number(-32))
        ]
    );
    assert_eq!(
        lift(0x8485_0004).ops,
        [
            op(5, Binary::Add, reg(5), number(4)),
            Op::Load { dst: 4, from: Address::based(5, 0), size: 4, signed: false }
        ]
    );
    assert_eq!(
        lift_64(0xe982_8100).ops,
        [Op::Load { dst: 12, from: Address::based(2, -0x7f00), size: 8, signed: false }]
    );
    let from = Address { base: Some(4), index: Some((5, 0)), offset: 0 };
    assert_eq!(lift(0x7c64_282e).ops, [Op::Load { dst: 3, from, size: 4, signed: false }]);
    assert_eq!(
        lift(0xbbc1_0008).ops[1],
        Op::Load { dst: 31, from: Address::based(1, 12), size: 4, signed: false }
    );
}

#[test]
fn rotations_are_shifts_and_masks() {
    // slwi r3, r4, 2; srwi r3, r4, 31; clrlwi r3, r4, 24; rlwinm r3, r4, 0, 29, 29; rlwinm r3, r4, 4, 24, 27; rotlwi r3, r4, 8
    assert_eq!(lift(0x5483_103a).ops, [op(3, Binary::Shl, reg(4), number(2))]);
    assert_eq!(lift_64(0x5483_103a).ops, [op_32(3, Binary::Shl, reg(4), number(2))]);
    assert_eq!(lift(0x5483_0ffe).ops, [op(3, Binary::Shr, reg(4), number(31))]);
    assert_eq!(lift(0x5483_063e).ops, [Op::Extend { dst: 3, src: reg(4), bits: 8, signed: false }]);
    assert_eq!(lift(0x5483_077a).ops, [op(3, Binary::And, reg(4), number(4))]);
    assert_eq!(
        lift(0x5483_2636).ops,
        [op(3, Binary::Shl, reg(4), number(4)), op(3, Binary::And, reg(3), number(0xf0))]
    );
    assert_eq!(lift(0x5483_403e).ops, [op(3, Binary::Ror, reg(4), number(24))]);
    // rlwinm r3, r4, 0, 31, 0: the mask wraps around, and on 64 bits into the upper half.
    assert_eq!(lift(0x5483_07c0).ops, [op(3, Binary::And, reg(4), number(0x8000_0001))]);
    assert_eq!(lift_64(0x5483_07c0).ops, [Op::Clobber { dst: 3 }]);
    // clrldi r3, r4, 32; sldi r3, r4, 3; srdi r3, r4, 3; rldimi r3, r4, 32, 0
    assert_eq!(lift_64(0x7883_0020).ops, [Op::Extend { dst: 3, src: reg(4), bits: 32, signed: false }]);
    assert_eq!(lift_64(0x7883_1f24).ops, [op(3, Binary::Shl, reg(4), number(3))]);
    assert_eq!(lift_64(0x7883_e8c2).ops, [op(3, Binary::Shr, reg(4), number(3))]);
    assert_eq!(lift_64(0x7883_000e).ops, [Op::Clobber { dst: 3 }]);
}

#[test]
fn compares_and_branches() {
    // cmpwi cr7, r3, -1; cmplwi r3, 5; cmpld r3, r4; andi. r9, r3, 4
    assert_eq!(lift(0x2f83_ffff).ops, [Op::Compare { flags: 7, a: reg(3), b: number(-1), bits: 0 }]);
    assert_eq!(lift_64(0x2f83_ffff).ops, [Op::Compare { flags: 7, a: reg(3), b: number(-1), bits: 32 }]);
    assert_eq!(lift(0x2803_0005).ops, [Op::CompareUnsigned { flags: 0, a: reg(3), b: number(5), bits: 0 }]);
    assert_eq!(lift_64(0x7c23_2040).ops, [Op::CompareUnsigned { flags: 0, a: reg(3), b: reg(4), bits: 0 }]);
    assert_eq!(
        lift(0x7069_0004).ops,
        [Op::Test { flags: 0, a: reg(3), b: number(4), bits: 0 }, op(9, Binary::And, reg(3), number(4))]
    );
    // beq cr7, +8; bge +8; bdnz -8; beqlr; blr; bctr; bctrl; bl +0x100; bcl 20, 31, +4
    let flags = |field, relation| Condition::Flags(field, relation);
    assert_eq!(lift(0x419e_0008).flow, Flow::Branch(flags(7, Relation::Equal), 0x1008));
    assert_eq!(lift(0x4080_0008).flow, Flow::Branch(flags(0, Relation::GreaterOrEqual), 0x1008));
    let counted = lift(0x4200_fff8);
    assert_eq!(counted.ops, [op(COUNT, Binary::Add, reg(COUNT), number(-1))]);
    assert_eq!(counted.flow, Flow::Branch(Condition::Values(Relation::NotEqual, reg(COUNT), ZERO), 0xff8));
    let returns = lift(0x4d82_0020);
    assert_eq!((returns.flow, returns.when), (Flow::Return, Some(flags(0, Relation::Equal))));
    let returns = lift(0x4e80_0020);
    assert_eq!((returns.flow, returns.when), (Flow::Return, None));
    assert_eq!(lift(0x4e80_0420).flow, Flow::JumpRegister(COUNT));
    assert_eq!(lift(0x4e80_0421).flow, Flow::CallRegister(COUNT));
    assert_eq!(lift(0x4800_0101).flow, Flow::Call(0x1100));
    let here = lift(0x429f_0005);
    assert_eq!(here.ops, [Op::Set { dst: LINK, src: number(0x1004) }]);
    assert_eq!(here.flow, Flow::Next);
}

#[test]
fn logic_reads_before_it_writes() {
    // andc r3, r3, r4; andc r3, r5, r4; orc r3, r3, r4; not r3, r4; neg r3, r4; subf r3, r4, r5
    assert_eq!(
        lift(0x7c63_2078).ops,
        [op(3, Binary::Or, reg(3), reg(4)), op(3, Binary::Xor, reg(3), reg(4))]
    );
    assert_eq!(
        lift(0x7ca3_2078).ops,
        [op(3, Binary::Xor, reg(4), number(-1)), op(3, Binary::And, reg(5), reg(3))]
    );
    assert_eq!(lift(0x7c63_2338).ops.len(), 3);
    assert_eq!(lift(0x7c83_20f8).ops, [op(3, Binary::Xor, reg(4), number(-1))]);
    assert_eq!(lift(0x7c64_00d0).ops, [op(3, Binary::Sub, ZERO, reg(4))]);
    assert_eq!(lift(0x7c64_2850).ops, [op(3, Binary::Sub, reg(5), reg(4))]);
}

#[test]
fn moves_to_and_from_special_registers() {
    // mflr r0; mtctr r12; mfcr r12; isel r3, 0, r4, 4*cr1+eq; mtcrf 0x80, r12; add. r3, r4, r5
    assert_eq!(lift(0x7c08_02a6).ops, [Op::Set { dst: 0, src: reg(LINK) }]);
    assert_eq!(lift(0x7d89_03a6).ops, [Op::Set { dst: COUNT, src: reg(12) }]);
    assert_eq!(lift(0x7d80_0026).ops, [Op::Clobber { dst: 12 }]);
    assert_eq!(
        lift(0x7c60_219e).ops,
        [Op::Select { dst: 3, when: Condition::Flags(1, Relation::Equal), yes: ZERO, no: reg(4) }]
    );
    assert_eq!(lift(0x7d88_0120).ops, [Op::ClobberFlags { flags: 0 }]);
    assert_eq!(lift(0x7c64_2a15).ops[1], Op::Compare { flags: 0, a: reg(3), b: ZERO, bits: 0 });
}

#[test]
fn prefixed_instructions_have_eight_bytes() {
    // pla r3, 0x12345 (from the program counter)
    let mut bytes = 0x0610_0001_u32.to_le_bytes().to_vec();
    let mut insn = Insn::default();
    assert!(!Ppc::new(false, true).lift(&bytes, 0x1000, &mut insn));
    bytes.extend(0x3860_2345_u32.to_le_bytes());
    assert!(Ppc::new(false, true).lift(&bytes, 0x1000, &mut insn));
    assert_eq!((insn.length, insn.ops), (8, vec![Op::Set { dst: 3, src: number(0x1_3345) }]));
}

proptest! {
    #[test]
    fn any_word_is_read_or_not(
        bytes in proptest::collection::vec(any::<u8>(), 0..12),
        address: u64,
        big_endian: bool,
        is_64: bool,
    ) {
        let (mut one, mut other) = (Insn::default(), Insn { delay: true, ..Insn::default() });
        let read = Ppc::new(big_endian, is_64).lift(&bytes, address, &mut one);
        prop_assert_eq!(read, Ppc::new(big_endian, is_64).lift(&bytes, address, &mut other));
        if read {
            prop_assert!(one.length == 4 || is_64 && one.length == 8);
            prop_assert!(bytes.len() >= usize::from(one.length));
            prop_assert_eq!(&one, &other);
            for op in &one.ops {
                let (dst, flags) = match *op {
                    Op::Set { dst, .. } | Op::Extend { dst, .. } | Op::Compute { dst, .. } => (dst, 0),
                    Op::Load { dst, .. } | Op::Select { dst, .. } | Op::Clobber { dst } => (dst, 0),
                    Op::Compare { flags, .. } | Op::CompareUnsigned { flags, .. } | Op::CompareWhen { flags, .. } => (0, flags),
                    Op::Test { flags, .. } | Op::ClobberFlags { flags } => (0, flags),
                    Op::Store { .. } => (0, 0),
                };
                prop_assert!(dst < 34 && flags < 8, "{:?}", op);
            }
        }
    }
}

/// Ones from bit `begin` to bit `end`, counted from the highest, around where `end` is before `begin`.
fn mask(begin: u32, end: u32) -> u64 {
    let (from, until) = (u64::MAX >> begin, u64::MAX << (63 - end));
    if begin <= end { from & until } else { from | until }
}

proptest! {
    /// As the instruction set's book defines them, on registers 0 to 3 for all operands.
    #[test]
    fn results_are_as_defined(
        kind in 0_u32..18,
        fields in (0_u32..4, 0_u32..4, 0_u32..4),
        (shift, begin, end) in (0_u32..64, 0_u32..64, 0_u32..64),
        values: [u64; 4],
        is_64: bool,
    ) {
        let (rs, ra, rb) = fields;
        let bits = if is_64 { 64 } else { 32 };
        let (a, b) = (values[rs as usize], values[rb as usize]);
        let (sh, mb, me) = (shift & 31, begin & 31, end & 31);
        let registers = rs << 21 | ra << 16;
        let double = |form: u32, bound: u32| {
            30 << 26 | registers | sh << 11 | (bound & 31) << 6 | bound & 32 | form << 2 | (shift >> 5) << 1
        };
        let logic = |form: u32| 31 << 26 | registers | rb << 11 | form << 1;
        let word = u64::from((a as u32).rotate_left(sh));
        let (encoded, result) = match kind {
            0 => (21 << 26 | registers | sh << 11 | mb << 6 | me << 1, (word | word << 32) & mask(mb + 32, me + 32)),
            1 => (double(0, begin), a.rotate_left(shift) & mask(begin, 63)),
            2 => (double(1, end), a.rotate_left(shift) & mask(0, end)),
            3 => (double(2, begin), a.rotate_left(shift) & mask(begin, 63 - shift)),
            4 => (logic(28), a & b),
            5 => (logic(60), a & !b),
            6 => (logic(444), a | b),
            7 => (logic(412), a | !b),
            8 => (logic(316), a ^ b),
            9 => (logic(124), !(a | b)),
            10 => (logic(476), !(a & b)),
            11 => (logic(284), !(a ^ b)),
            12 => (logic(954), a as i8 as u64),
            13 => (logic(922), a as i16 as u64),
            14 => (31 << 26 | registers | sh << 11 | 824 << 1, (a as i32 >> sh) as u64),
            15 => (31 << 26 | registers | sh << 11 | (826 | shift >> 5) << 1, (a as i64 >> shift) as u64),
            16 => (logic(986), a as i32 as u64),
            _ => (31 << 26 | registers | sh << 11 | (890 | shift >> 5) << 1, (a as i32 as u64) << shift),
        };
        if let Some(insn) = lift_as(Ppc::new(true, is_64), encoded) {
            let mut machine = Registers::new(bits, &values);
            machine.run(&insn.ops);
            // Wrapped masks on 64 bits and what 32 bits do not have are not modelled.
            match machine.of(ra as Reg) {
                Some(value) => prop_assert_eq!(value, cut(result, bits), "{:?}", insn),
                None => prop_assert!(is_64 && kind == 0 && mb > me || !is_64 && matches!(kind, 1..=3 | 15..)),
            }
        } else {
            prop_assert!(!is_64);
        }
    }
}
