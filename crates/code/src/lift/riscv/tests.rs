use proptest::prelude::*;

use super::*;

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
