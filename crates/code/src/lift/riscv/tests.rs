use proptest::prelude::*;

use super::*;
use crate::lift::evaluate::{Registers, cut, extend};

fn lift_as(bits: u8, word: u32) -> Option<Insn> {
    let mut insn = Insn::default();
    Riscv::new(bits).lift(&word.to_le_bytes(), 0x1_0000, &mut insn).then_some(insn)
}

fn lift(word: u32) -> Insn {
    lift_as(64, word).unwrap()
}

fn reg(register: Reg) -> Operand {
    Operand::Reg(register)
}

fn op(dst: Reg, how: Binary, a: Operand, b: Operand) -> Op {
    Op::Compute { dst, how, a, b, bits: 0, signed: false }
}

#[test]
fn forms_addresses() {
    // lui a0, 0x80000; auipc a0, 0x2; addi a0, a0, -16; li a0, -1; mv a0, s0; addiw a0, a0, 1; sext.w a0, a1
    assert_eq!(lift(0x8000_0537).ops, [Op::Set { dst: 10, src: number(-0x8000_0000) }]);
    assert_eq!(lift(0x0000_2517).ops, [Op::Set { dst: 10, src: number(0x1_2000) }]);
    assert_eq!(lift(0xff05_0513).ops, [op(10, Binary::Add, reg(10), number(-16))]);
    assert_eq!(lift(0xfff0_0513).ops, [Op::Set { dst: 10, src: number(-1) }]);
    assert_eq!(lift(0x0004_0513).ops, [Op::Set { dst: 10, src: reg(8) }]);
    let word = Op::Compute { dst: 10, how: Binary::Add, a: reg(10), b: number(1), bits: 32, signed: true };
    assert_eq!(lift(0x0015_051b).ops, [word]);
    assert_eq!(lift(0x0005_851b).ops, [Op::Extend { dst: 10, src: reg(11), bits: 32, signed: true }]);
    // addiw and ld are none of 32 bits.
    assert_eq!(lift_as(32, 0x0015_051b), None);
    assert_eq!(lift_as(32, 0x0081_3503), None);
}

#[test]
fn loads_and_stores() {
    // ld a0, 8(sp); lbu a0, -1(a1); sw a0, -20(s0)
    let load =
        |dst, base, offset, size, signed| Op::Load { dst, from: Address::based(base, offset), size, signed };
    assert_eq!(lift(0x0081_3503).ops, [load(10, 2, 8, 8, true)]);
    assert_eq!(lift(0xfff5_c503).ops, [load(10, 11, -1, 1, false)]);
    assert_eq!(lift(0xfea4_2623).ops, [Op::Store { to: Address::based(8, -20), src: reg(10), size: 4 }]);
    // c.ldsp ra, 8(sp); c.sdsp ra, 8(sp); c.lw a0, 4(a1); c.addi16sp -16; c.addi4spn a0, 16
    assert_eq!(lift(0x60a2).ops, [load(1, 2, 8, 8, true)]);
    assert_eq!(lift(0xe406).ops, [Op::Store { to: Address::based(2, 8), src: reg(1), size: 8 }]);
    assert_eq!(lift(0x41c8).ops, [load(10, 11, 4, 4, true)]);
    assert_eq!(lift(0x717d).ops, [op(2, Binary::Add, reg(2), number(-16))]);
    assert_eq!(lift(0x0808).ops, [op(10, Binary::Add, reg(2), number(16))]);
    assert_eq!(lift(0x0808).length, 2);
}

#[test]
fn branches_calls_returns() {
    // beq a0, a1, +16; bnez a0, -4; jal +0x100; j +8; ret; jr a5; jalr a5; c.jr ra; c.beqz a0, +8; c.j -2; ebreak; ecall
    let when = |relation, a, b| Condition::Values(relation, a, b);
    assert_eq!(lift(0x00b5_0863).flow, Flow::Branch(when(Relation::Equal, reg(10), reg(11)), 0x1_0010));
    assert_eq!(lift(0xfe05_1ee3).flow, Flow::Branch(when(Relation::NotEqual, reg(10), ZERO), 0xfffc));
    assert_eq!(lift(0x1000_00ef).flow, Flow::Call(0x1_0100));
    assert_eq!(lift(0x0080_006f).flow, Flow::Jump(0x1_0008));
    assert_eq!(lift(0x0000_8067).flow, Flow::Return);
    assert_eq!(lift(0x0007_8067).flow, Flow::JumpRegister(15));
    assert_eq!(lift(0x0007_80e7).flow, Flow::CallRegister(15));
    assert_eq!(lift(0x8082).flow, Flow::Return);
    assert_eq!(lift(0xc501).flow, Flow::Branch(when(Relation::Equal, reg(10), ZERO), 0x1_0008));
    assert_eq!(lift(0xbffd).flow, Flow::Jump(0xfffe));
    assert_eq!(lift(0x0010_0073).flow, Flow::Stop);
    assert_eq!(lift(0x0000_0073).flow, Flow::System);
    // c.jal, where the 64-bit has c.addiw.
    assert_eq!(lift_as(32, 0x2001).unwrap().flow, Flow::Call(0x1_0000));
    assert_eq!(lift_as(64, 0x2001), None);
}

#[test]
fn a_call_behind_its_upper_part_has_a_place() {
    // auipc ra, 0x1; jalr ra, -16(ra)
    let bytes = [0x0000_1097_u32.to_le_bytes(), 0xff00_80e7_u32.to_le_bytes()].concat();
    let mut riscv = Riscv::new(64);
    let mut insn = Insn::default();
    assert!(riscv.lift(&bytes, 0x1_0000, &mut insn) && riscv.lift(&bytes[4..], 0x1_0004, &mut insn));
    assert_eq!((insn.flow, insn.ops.len()), (Flow::Call(0x1_0ff0), 0));
    // Not where the block begins between them.
    assert!(riscv.lift(&bytes, 0x1_0000, &mut insn));
    riscv.begin();
    assert!(riscv.lift(&bytes[4..], 0x1_0004, &mut insn));
    assert_eq!(insn.flow, Flow::CallRegister(1));
    assert_eq!(insn.ops, [op(1, Binary::Add, reg(1), number(-16))]);
}

#[test]
fn selections() {
    // slti a0, a1, 5; seqz a0, a1; snez a0, a1; czero.eqz a0, a1, a2; min a0, a1, a2
    let select =
        |relation, a, b, yes, no| Op::Select { dst: 10, when: Condition::Values(relation, a, b), yes, no };
    let one = Operand::Const(1);
    assert_eq!(lift(0x0055_a513).ops, [select(Relation::Less, reg(11), number(5), one, ZERO)]);
    assert_eq!(lift(0x0015_b513).ops, [select(Relation::Equal, reg(11), ZERO, one, ZERO)]);
    assert_eq!(lift(0x00b0_3533).ops, [select(Relation::NotEqual, reg(11), ZERO, one, ZERO)]);
    assert_eq!(lift(0x0ec5_d533).ops, [select(Relation::Equal, reg(12), ZERO, ZERO, reg(11))]);
    assert_eq!(lift(0x0ac5_c533).ops, [select(Relation::Less, reg(11), reg(12), reg(11), reg(12))]);
}

#[test]
fn shifts_and_bits() {
    // slli a0, a1, 32; sraiw a0, a1, 3; sll a0, a1, a2; sll a0, a0, a2; zext.h a0, a1; sh2add a0, a1, a2; bclri a0, a1, 40
    assert_eq!(lift(0x0205_9513).ops, [op(10, Binary::Shl, reg(11), number(32))]);
    let word = Op::Compute { dst: 10, how: Binary::Sar, a: reg(11), b: number(3), bits: 32, signed: true };
    assert_eq!(lift(0x4035_d51b).ops, [word]);
    assert_eq!(
        lift(0x00c5_9533).ops,
        [op(10, Binary::And, reg(12), number(63)), op(10, Binary::Shl, reg(11), reg(10))]
    );
    assert_eq!(lift(0x00c5_1533).ops, [Op::Clobber { dst: 10 }]);
    assert_eq!(lift(0x0805_c53b).ops, [Op::Extend { dst: 10, src: reg(11), bits: 16, signed: false }]);
    assert_eq!(
        lift(0x20c5_c533).ops,
        [op(10, Binary::Shl, reg(11), number(2)), op(10, Binary::Add, reg(10), reg(12))]
    );
    assert_eq!(lift(0x4a85_9513).ops, [op(10, Binary::And, reg(11), number(!(1_i64 << 40)))]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_not(
        bytes in proptest::collection::vec(any::<u8>(), 0..8),
        address: u64,
        is_64: bool,
    ) {
        let bits = if is_64 { 64 } else { 32 };
        let (mut one, mut other) = (Insn::default(), Insn { delay: true, ..Insn::default() });
        let read = Riscv::new(bits).lift(&bytes, address, &mut one);
        prop_assert_eq!(read, Riscv::new(bits).lift(&bytes, address, &mut other));
        if read {
            prop_assert!(one.length == 2 || one.length == 4);
            prop_assert_eq!(one.length == 2, bytes[0] & 3 != 3);
            prop_assert!(bytes.len() >= usize::from(one.length));
            prop_assert_eq!(&one, &other);
            for op in &one.ops {
                let dst = match *op {
                    Op::Set { dst, .. } | Op::Extend { dst, .. } | Op::Compute { dst, .. } => dst,
                    Op::Load { dst, .. } | Op::Select { dst, .. } | Op::Clobber { dst } => dst,
                    _ => 1,
                };
                prop_assert!(dst != 0 && dst < 32, "{:?}", op);
            }
        }
    }
}

proptest! {
    /// As the manual defines them, on registers 0 to 3 for all operands.
    #[test]
    fn results_are_as_defined(
        kind in 0_u32..26,
        fields in (0_u32..4, 0_u32..4, 0_u32..4),
        by in 0_u32..64,
        mut values: [u64; 4],
    ) {
        let (rd, rs1, rs2) = fields;
        values[0] = 0;
        let (a, b) = (values[rs1 as usize], values[rs2 as usize]);
        let three = |opcode: u32, funct7: u32, funct3: u32| {
            funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
        };
        let shift = |opcode: u32, funct6: u32, funct3: u32, by: u32| {
            funct6 << 26 | by << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
        };
        let word = |value: u32| value as i32 as u64;
        let (encoded, result) = match kind {
            0 => (three(0x33, 0x20, 0), a.wrapping_sub(b)),
            1 => (three(0x33, 0x00, 1), a << (b & 63)),
            2 => (three(0x33, 0x20, 5), (a as i64 >> (b & 63)) as u64),
            3 => (three(0x33, 0x00, 3), u64::from(a < b)),
            4 => (three(0x33, 0x00, 2), u64::from((a as i64) < b as i64)),
            5 => (three(0x33, 0x20, 7), a & !b),
            6 => (three(0x33, 0x20, 6), a | !b),
            7 => (three(0x33, 0x20, 4), !(a ^ b)),
            8 => (three(0x33, 0x10, 2), (a << 1).wrapping_add(b)),
            9 => (three(0x33, 0x10, 6), (a << 3).wrapping_add(b)),
            10 => (three(0x33, 0x05, 4), (a as i64).min(b as i64) as u64),
            11 => (three(0x33, 0x05, 7), a.max(b)),
            12 => (three(0x33, 0x07, 5), if b == 0 { 0 } else { a }),
            13 => (three(0x33, 0x07, 7), if b == 0 { a } else { 0 }),
            14 => (three(0x3b, 0x00, 0), word((a as u32).wrapping_add(b as u32))),
            15 => (three(0x3b, 0x20, 5), (a as i32 >> (b & 31)) as u64),
            16 => (three(0x3b, 0x04, 0), extend(a, 32, false).wrapping_add(b)),
            17 => (three(0x3b, 0x10, 4), (extend(a, 32, false) << 2).wrapping_add(b)),
            18 => (shift(0x13, 0x00, 1, by), a << by),
            19 => (shift(0x13, 0x10, 5, by), (a as i64 >> by) as u64),
            20 => (shift(0x13, 0x18, 5, by), a.rotate_right(by)),
            21 => (shift(0x13, 0x0a, 1, by), a | 1 << by),
            22 => (shift(0x13, 0x12, 5, by), (a >> by) & 1),
            23 => (shift(0x1b, 0x00, 5, by & 31), word(a as u32 >> (by & 31))),
            24 => (shift(0x1b, 0x02, 1, by), extend(a, 32, false) << by),
            _ => (shift(0x1b, 0x18, 5, by & 31), word((a as u32).rotate_right(by & 31))),
        };
        let insn = lift(encoded);
        let mut machine = Registers::new(64, &values);
        machine.run(&insn.ops);
        let unmodelled = match kind {
            1 | 2 | 5 | 6 | 15 => rd == rs1,
            8 | 9 | 16 | 17 => rd == rs2,
            _ => false,
        };
        match machine.of(rd as Reg) {
            _ if rd == 0 => prop_assert!(insn.ops.is_empty()),
            Some(value) => prop_assert_eq!(value, cut(result, 64), "{:?}", insn),
            None => prop_assert!(unmodelled),
        }
    }
}
