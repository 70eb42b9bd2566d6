use proptest::prelude::*;

use super::*;
use crate::lift::evaluate::{Registers, cut, extend};

fn lift_as(mut mips: Mips, word: u32) -> Option<Insn> {
    let mut insn = Insn::default();
    let bytes = if mips.big_endian { word.to_be_bytes() } else { word.to_le_bytes() };
    mips.lift(&bytes, 0x40_0000, &mut insn).then_some(insn)
}

fn lift(word: u32) -> Insn {
    lift_as(Mips::new(true, false), word).unwrap()
}

fn lift_64(word: u32) -> Insn {
    lift_as(Mips::new(true, true), word).unwrap()
}

fn reg(register: Reg) -> Operand {
    Operand::Reg(register)
}

#[test]
fn forms_addresses() {
    // lui $28, 0xfffc; addiu $28, $28, -0x7ff0; addiu $4, $0, -1; ori $2, $0, 0x8000
    assert_eq!(lift(0x3c1c_fffc).ops, [Op::Set { dst: 28, src: Operand::Const(0xffff_ffff_fffc_0000) }]);
    let add = Op::Compute {
        dst: 28,
        how: Binary::Add,
        a: reg(28),
        b: Operand::Const((-0x7ff0_i64).cast_unsigned()),
        bits: 0,
        signed: false,
    };
    assert_eq!(lift(0x279c_8010).ops, [add]);
    let Op::Compute { bits: 32, signed: true, .. } = lift_64(0x279c_8010).ops[0] else { panic!() };
    assert_eq!(lift(0x2404_ffff).ops, [Op::Set { dst: 4, src: Operand::Const(u64::MAX) }]);
    assert_eq!(lift(0x3402_8000).ops, [Op::Set { dst: 2, src: Operand::Const(0x8000) }]);
}

#[test]
fn moves_and_nothing() {
    // nop; or $16, $4, $0; addu $16, $4, $0; daddu $16, $4, $0
    assert_eq!(lift(0).ops, []);
    assert_eq!(lift(0x0080_8025).ops, [Op::Set { dst: 16, src: reg(4) }]);
    assert_eq!(lift(0x0080_8021).ops, [Op::Set { dst: 16, src: reg(4) }]);
    assert_eq!(lift_64(0x0080_8021).ops, [Op::Extend { dst: 16, src: reg(4), bits: 32, signed: true }]);
    assert_eq!(lift_64(0x0080_802d).ops, [Op::Set { dst: 16, src: reg(4) }]);
    // daddu and ld are none of MIPS32's.
    assert_eq!(lift_as(Mips::new(true, false), 0x0080_802d), None);
    assert_eq!(lift_as(Mips::new(true, false), 0xdfbf_0008), None);
}

#[test]
fn loads_and_stores() {
    // lw $25, -0x7f00($28); sw $31, 0x1c($29), both orders of bytes; lbu $2, 0($4)
    let load = Op::Load { dst: 25, from: Address::based(28, -0x7f00), size: 4, signed: true };
    assert_eq!(lift(0x8f99_8100).ops, [load]);
    assert_eq!(lift_as(Mips::new(false, false), 0x8f99_8100).unwrap().ops, [load]);
    assert_eq!(lift(0xafbf_001c).ops, [Op::Store { to: Address::based(29, 0x1c), src: reg(31), size: 4 }]);
    assert_eq!(
        lift(0x9082_0000).ops,
        [Op::Load { dst: 2, from: Address::based(4, 0), size: 1, signed: false }]
    );
    // swl $2, 3($4): little-endian, the bytes up to the address.
    let mut little = lift_as(Mips::new(false, false), 0xa882_0003).unwrap();
    assert_eq!(
        little.ops.pop(),
        Some(Op::Store { to: Address::based(4, 0), src: Operand::Unknown, size: 4 })
    );
    assert_eq!(
        lift(0xa882_0003).ops,
        [Op::Store { to: Address::based(4, 3), src: Operand::Unknown, size: 4 }]
    );
}

#[test]
fn branches_have_their_delay() {
    // beq $2, $3, +0x10; bnel $2, $0, -4; blez $4; b; jr $31; jr $2; jalr $25; jal 0x400100
    let equal = lift(0x1043_0003);
    assert_eq!(equal.flow, Flow::Branch(Condition::Values(Relation::Equal, reg(2), reg(3)), 0x40_0010));
    assert!(equal.delay && !equal.nullifies);
    let likely = lift(0x5440_fffe);
    assert_eq!(likely.flow, Flow::Branch(Condition::Values(Relation::NotEqual, reg(2), ZERO), 0x3f_fffc));
    assert!(likely.delay && likely.nullifies);
    assert_eq!(
        lift(0x1880_0001).flow,
        Flow::Branch(Condition::Values(Relation::LessOrEqual, reg(4), ZERO), 0x40_0008)
    );
    assert_eq!(lift(0x1000_0001).flow, Flow::Jump(0x40_0008));
    assert_eq!(lift(0x03e0_0008).flow, Flow::Return);
    assert_eq!(lift(0x0040_0008).flow, Flow::JumpRegister(2));
    assert_eq!(lift(0x0320_f809).flow, Flow::CallRegister(25));
    assert_eq!(lift(0x0c10_0040).flow, Flow::Call(0x40_0100));
    // bal +8 reads the program counter; bal +0x10 calls.
    let here = lift(0x0411_0001);
    assert_eq!(
        (here.flow, here.ops.as_slice()),
        (Flow::Next, &[Op::Set { dst: 31, src: Operand::Const(0x40_0008) }][..])
    );
    assert_eq!(lift(0x0411_0003).flow, Flow::Call(0x40_0010));
}

#[test]
fn selections() {
    // slti $2, $4, 10; sltiu $2, $4, 1; sltu $2, $0, $4; movz $2, $4, $5
    let select =
        |dst, relation, a, b, yes, no| Op::Select { dst, when: Condition::Values(relation, a, b), yes, no };
    let one = Operand::Const(1);
    assert_eq!(lift(0x2882_000a).ops, [select(2, Relation::Less, reg(4), Operand::Const(10), one, ZERO)]);
    assert_eq!(lift(0x2c82_0001).ops, [select(2, Relation::Equal, reg(4), ZERO, one, ZERO)]);
    assert_eq!(lift(0x0004_102b).ops, [select(2, Relation::NotEqual, reg(4), ZERO, one, ZERO)]);
    assert_eq!(lift(0x0085_100a).ops, [select(2, Relation::Equal, reg(5), ZERO, reg(4), reg(2))]);
}

#[test]
fn product_and_fields() {
    // mult $4, $5; mflo $2; div $0, $4, $5; ext $2, $4, 3, 5; seb $2, $4; clz is not modelled
    assert_eq!(lift(0x0085_0018).ops[0], Op::Clobber { dst: HI });
    assert_eq!(lift(0x0000_1012).ops, [Op::Set { dst: 2, src: reg(LO) }]);
    assert_eq!(lift(0x0085_001a).ops, [Op::Clobber { dst: HI }, Op::Clobber { dst: LO }]);
    let shift =
        Op::Compute { dst: 2, how: Binary::Shr, a: reg(4), b: Operand::Const(3), bits: 0, signed: false };
    let mask =
        Op::Compute { dst: 2, how: Binary::And, a: reg(2), b: Operand::Const(31), bits: 0, signed: false };
    assert_eq!(lift(0x7c82_20c0).ops, [shift, mask]);
    assert_eq!(lift(0x7c04_1420).ops, [Op::Extend { dst: 2, src: reg(4), bits: 8, signed: true }]);
    assert_eq!(lift(0x7082_1020).ops, [Op::Clobber { dst: 2 }]);
}

#[test]
fn octeon_branches_on_bits() {
    // bbit1 $4, 5, +8 where the processor is known to be one; else a load of coprocessor 2.
    let octeon = Mips::new(true, true).octeon();
    assert_eq!(
        lift_as(octeon, 0xe885_0001).unwrap().flow,
        Flow::Branch(Condition::Bit(reg(4), 5, true), 0x40_0008)
    );
    assert_eq!(lift_64(0xe885_0001).flow, Flow::Next);
}

proptest! {
    #[test]
    fn any_word_is_read_or_not(
        bytes in proptest::collection::vec(any::<u8>(), 0..8),
        address: u64,
        big_endian: bool,
        is_64: bool,
        octeon: bool,
    ) {
        let mips = || {
            let mips = Mips::new(big_endian, is_64);
            if octeon { mips.octeon() } else { mips }
        };
        let (mut one, mut other) = (Insn::default(), Insn { delay: true, ..Insn::default() });
        let read = mips().lift(&bytes, address, &mut one);
        prop_assert_eq!(read, mips().lift(&bytes, address, &mut other));
        prop_assert!(!read || bytes.len() >= 4);
        if read {
            prop_assert_eq!(one.length, 4);
            prop_assert_eq!(&one, &other);
            for op in &one.ops {
                let dst = match *op {
                    Op::Set { dst, .. } | Op::Extend { dst, .. } | Op::Compute { dst, .. } => dst,
                    Op::Load { dst, .. } | Op::Select { dst, .. } | Op::Clobber { dst } => dst,
                    _ => 1,
                };
                prop_assert!(dst != 0 && dst < 34, "{:?}", op);
            }
        }
    }
}

proptest! {
    /// As the instruction set's book defines them, on registers 0 to 3 for all operands; words with their sign above them.
    #[test]
    fn results_are_as_defined(
        kind in 0_u32..22,
        fields in (0_u32..4, 0_u32..4, 0_u32..4),
        (low, top) in (0_u32..32, 0_u32..32),
        mut values: [u64; 4],
        is_64: bool,
    ) {
        let (rs, rt, rd) = fields;
        let bits = if is_64 { 64 } else { 32 };
        let wide = matches!(kind, 11..=18);
        values[0] = 0;
        if !wide {
            values = values.map(|value| extend(value, 32, true));
        }
        let (a, b, old) = (values[rs as usize], values[rt as usize], values[rt as usize]);
        let word = |value: u32| value as i32 as u64;
        let three = |funct: u32| rs << 21 | rt << 16 | rd << 11 | funct;
        let shift = |funct: u32, rotates: u32| rotates << 21 | rt << 16 | rd << 11 | low << 6 | funct;
        let field = |funct: u32| 0x1f << 26 | rs << 21 | rt << 16 | top << 11 | low << 6 | funct;
        let taken = |at: u32, size: u32| (a >> at) & (u64::MAX >> (64 - size));
        let (encoded, dst, result) = match kind {
            0 => (shift(0x00, 0), rd, word((b as u32) << low)),
            1 => (shift(0x02, 0), rd, word(b as u32 >> low)),
            2 => (shift(0x02, 1), rd, word((b as u32).rotate_right(low))),
            3 => (shift(0x03, 0), rd, (b as i32 >> low) as u64),
            4 => (three(0x04), rd, word((b as u32) << (a & 31))),
            5 => (three(0x06), rd, word(b as u32 >> (a & 31))),
            6 => (three(0x07), rd, (b as i32 >> (a & 31)) as u64),
            7 => (three(0x21), rd, word((a as u32).wrapping_add(b as u32))),
            8 => (three(0x23), rd, word((a as u32).wrapping_sub(b as u32))),
            9 => (three(0x2a), rd, u64::from((a as i64) < b as i64)),
            10 if low + top < 32 => (field(0x00), rt, extend(taken(low, top + 1), 32, true)),
            11 if low + top < 31 => (field(0x01), rt, taken(low, top + 33)),
            12 if low + top < 32 => (field(0x02), rt, taken(low + 32, top + 1)),
            13 if low + top < 64 => (field(0x03), rt, taken(low, top + 1)),
            14 => (shift(0x38, 0), rd, b << low),
            15 => (shift(0x3e, 0), rd, b >> (low + 32)),
            16 => (shift(0x3a, 1), rd, b.rotate_right(low)),
            17 => (three(0x14), rd, b << (a & 63)),
            18 => (three(0x2b), rd, u64::from(cut(a, bits) < cut(b, bits))),
            19 => (three(0x27), rd, !(a | b)),
            20 => (three(0x0a), rd, if b == 0 { a } else { values[rd as usize] }),
            21 if low <= top => {
                let hole = (u64::MAX >> (63 - top + low)) << low;
                let placed = (a << low) & hole;
                (field(0x04), rt, word(((old & !hole) | placed) as u32))
            }
            _ => return Ok(()),
        };
        if let Some(insn) = lift_as(Mips::new(true, is_64), encoded) {
            let mut machine = Registers::new(bits, &values);
            machine.run(&insn.ops);
            let unmodelled = matches!(kind, 4..=6 | 17) && rd == rt || kind == 21 && rs != 0;
            match machine.of(dst as Reg) {
                _ if dst == 0 => prop_assert!(insn.ops.is_empty()),
                Some(value) => prop_assert_eq!(value, cut(result, bits), "{:?}", insn),
                None => prop_assert!(unmodelled),
            }
        } else {
            prop_assert!(!is_64 && wide);
        }
    }
}
