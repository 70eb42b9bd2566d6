use proptest::prelude::*;

use super::*;
use crate::ir::{Address, Flow};

fn one(word: u32) -> Insn {
    let mut insn = Insn::default();
    assert!(A64.lift(&word.to_le_bytes(), 0x1_0000, &mut insn), "{word:08x} is undefined");
    insn
}

fn ops(word: u32) -> Vec<Op> {
    one(word).ops
}

fn flow(word: u32) -> Flow {
    one(word).flow
}

fn add(dst: Reg, a: Operand, b: Operand, bits: u8) -> Op {
    Op::Compute { dst, how: Binary::Add, a, b, bits, signed: false }
}

use Operand::{Const, Reg as R};

#[test]
fn addresses_are_formed() {
    // adrp x0, 0x11000
    assert_eq!(ops(0xb000_0000), [Op::Set { dst: 0, src: Const(0x1_1000) }]);
    // adr x1, 0xfffc
    assert_eq!(ops(0x10ff_ffe1), [Op::Set { dst: 1, src: Const(0xfffc) }]);
    // add x0, x0, #0x123
    assert_eq!(ops(0x9104_8c00), [add(0, R(0), Const(0x123), 0)]);
    // sub sp, sp, #0x20
    assert_eq!(
        ops(0xd100_83ff),
        [Op::Compute { dst: 31, how: Binary::Sub, a: R(31), b: Const(0x20), bits: 0, signed: false }]
    );
    // mov x29, sp
    assert_eq!(ops(0x9100_03fd), [Op::Set { dst: 29, src: R(31) }]);
    // ldr x0, 0x10008
    assert_eq!(
        ops(0x5800_0040),
        [Op::Load { dst: 0, from: Address::absolute(0x1_0008), size: 8, signed: false }]
    );
    // add x0, x1, x2, lsl #3
    assert_eq!(
        ops(0x8b02_0c20),
        [
            Op::Compute { dst: SCRATCH, how: Binary::Shl, a: R(2), b: Const(3), bits: 0, signed: false },
            add(0, R(1), R(SCRATCH), 0)
        ]
    );
}

#[test]
fn constants_are_moved() {
    // mov w0, #0x1234
    assert_eq!(ops(0x5282_4680), [Op::Set { dst: 0, src: Const(0x1234) }]);
    // movk x0, #0xffff, lsl #16
    assert_eq!(
        ops(0xf2bf_ffe0),
        [
            Op::Compute { dst: 0, how: Binary::And, a: R(0), b: Const(!0xffff_0000), bits: 0, signed: false },
            Op::Compute { dst: 0, how: Binary::Or, a: R(0), b: Const(0xffff_0000), bits: 0, signed: false },
        ]
    );
    // mov w0, #-1 (movn)
    assert_eq!(ops(0x1280_0000), [Op::Set { dst: 0, src: Const(0xffff_ffff) }]);
    // mov x0, #0x5555555555555555 (orr)
    assert_eq!(ops(0xb200_f3e0), [Op::Set { dst: 0, src: Const(0x5555_5555_5555_5555) }]);
    // mov w19, w0
    assert_eq!(ops(0x2a00_03f3), [Op::Extend { dst: 19, src: R(0), bits: 32, signed: false }]);
    // mov x19, x0
    assert_eq!(ops(0xaa00_03f3), [Op::Set { dst: 19, src: R(0) }]);
    // sxtw x0, w1
    assert_eq!(ops(0x9340_7c20), [Op::Extend { dst: 0, src: R(1), bits: 32, signed: true }]);
    // and w0, w1, #0xff: an extension of eight bits by another name
    assert_eq!(
        ops(0x1200_1c20),
        [Op::Compute { dst: 0, how: Binary::And, a: R(1), b: Const(0xff), bits: 32, signed: false }]
    );
    // ubfx w0, w1, #4, #8
    assert_eq!(
        ops(0x5304_2c20),
        [
            Op::Compute { dst: 0, how: Binary::Shr, a: R(1), b: Const(4), bits: 32, signed: false },
            Op::Compute { dst: 0, how: Binary::And, a: R(0), b: Const(0xff), bits: 32, signed: false },
        ]
    );
}

#[test]
fn comparisons_reach_branches_and_selects() {
    // cmp w0, #0x41
    assert_eq!(ops(0x7101_041f), [Op::Compare { flags: 0, a: R(0), b: Const(0x41), bits: 32 }]);
    // cmn w0, #1
    assert_eq!(ops(0x3100_041f), [Op::Compare { flags: 0, a: R(0), b: Const(0xffff_ffff), bits: 32 }]);
    // tst x0, #1
    assert_eq!(ops(0xf240_001f), [Op::Test { flags: 0, a: R(0), b: Const(1), bits: 0 }]);
    // b.ne 0x10008
    assert_eq!(flow(0x5400_0041), Flow::Branch(Condition::Flags(0, Relation::NotEqual), 0x1_0008));
    // cbz x0, 0x10010
    assert_eq!(flow(0xb400_0080), Flow::Branch(Condition::Values(Relation::Equal, R(0), Const(0)), 0x1_0010));
    // cbnz w0, 0x10010: of its low half
    assert_eq!(ops(0x3500_0080), [Op::Extend { dst: SCRATCH, src: R(0), bits: 32, signed: false }]);
    // tbnz w3, #7, 0xfffc
    assert_eq!(flow(0x373f_ffe3), Flow::Branch(Condition::Bit(R(3), 7, true), 0xfffc));
    // ccmp w1, #2, #0, eq
    assert_eq!(
        ops(0x7a42_0820),
        [Op::CompareWhen {
            flags: 0,
            when: Condition::Flags(0, Relation::Equal),
            a: R(1),
            b: Const(2),
            bits: 32,
            otherwise: 0
        }]
    );
    // cset w0, eq
    assert_eq!(
        ops(0x1a9f_17e0),
        [Op::Select { dst: 0, when: Condition::Flags(0, Relation::NotEqual), yes: Const(0), no: Const(1) }]
    );
    // csel x0, x1, x2, lt
    assert_eq!(
        ops(0x9a82_b020),
        [Op::Select { dst: 0, when: Condition::Flags(0, Relation::Less), yes: R(1), no: R(2) }]
    );
}

#[test]
fn memory_is_read_and_written() {
    // stp x29, x30, [sp, #-32]!
    assert_eq!(
        ops(0xa9be_7bfd),
        [
            add(31, R(31), Const((-32i64).cast_unsigned()), 0),
            Op::Store { to: Address::based(31, 0), src: R(29), size: 8 },
            Op::Store { to: Address::based(31, 8), src: R(30), size: 8 },
        ]
    );
    // ldp x29, x30, [sp], #32
    assert_eq!(
        ops(0xa8c2_7bfd),
        [
            Op::Load { dst: 29, from: Address::based(31, 0), size: 8, signed: false },
            Op::Load { dst: 30, from: Address::based(31, 8), size: 8, signed: false },
            add(31, R(31), Const(32), 0),
        ]
    );
    // ldp x0, x1, [x0]: the base last
    assert_eq!(
        ops(0xa940_0400),
        [
            Op::Load { dst: 1, from: Address::based(0, 8), size: 8, signed: false },
            Op::Load { dst: 0, from: Address::based(0, 0), size: 8, signed: false },
        ]
    );
    // ldr w0, [x1, w2, sxtw #2]
    assert_eq!(
        ops(0xb862_d820),
        [
            Op::Extend { dst: SCRATCH, src: R(2), bits: 32, signed: true },
            Op::Load {
                dst: 0,
                from: Address { base: Some(1), index: Some((SCRATCH, 2)), offset: 0 },
                size: 4,
                signed: false
            },
        ]
    );
    // strb wzr, [x0]
    assert_eq!(ops(0x3900_001f), [Op::Store { to: Address::based(0, 0), src: Const(0), size: 1 }]);
    // stxr w0, x1, [x2]
    assert_eq!(
        ops(0xc800_7c41),
        [Op::Store { to: Address::based(2, 0), src: Operand::Unknown, size: 8 }, Op::Clobber { dst: 0 }]
    );
    // st1 {v0.16b, v1.16b}, [x0], #32
    assert_eq!(
        ops(0x4c9f_a000),
        [Op::Store { to: Address::based(0, 0), src: Operand::Unknown, size: 32 }, add(0, R(0), Const(32), 0)]
    );
}

#[test]
fn control_goes() {
    assert_eq!(flow(0x9400_0001), Flow::Call(0x1_0004)); // bl
    assert_eq!(flow(0x17ff_ffff), Flow::Jump(0xfffc)); // b
    assert_eq!(flow(0xd65f_03c0), Flow::Return); // ret
    assert_eq!(flow(0xd65f_0bff), Flow::Return); // retaa
    assert_eq!(flow(0xd63f_0020), Flow::CallRegister(1)); // blr x1
    assert_eq!(flow(0xd61f_0200), Flow::JumpRegister(16)); // br x16
    assert_eq!(flow(0xd400_0001), Flow::System); // svc #0
    assert_eq!(flow(0xd420_7d00), Flow::Stop); // brk #1000
    assert_eq!(flow(0x0000_0000), Flow::Stop); // udf #0
    assert_eq!(ops(0xd503_233f), [Op::Clobber { dst: 30 }]); // paciasp
    assert_eq!(ops(0xd53b_d040), [Op::Clobber { dst: 0 }]); // mrs x0, tpidr_el0
    assert_eq!(ops(0x9e66_0000), [Op::Clobber { dst: 0 }]); // fmov x0, d0
    assert_eq!(ops(0x1e61_2000), [Op::ClobberFlags { flags: 0 }]); // fcmp d0, d1
}

#[test]
fn undefined_words_are_none() {
    let mut insn = Insn::default();
    for word in [1u32 << 17, 0x5ac0_0c20, 0x3200_ffff, 0xffff_ffff, 0x8b00_0000 | 3 << 22] {
        assert!(!A64.lift(&word.to_le_bytes(), 0, &mut insn), "{word:08x}");
    }
    assert!(!A64.lift(&[0, 0, 0], 0, &mut insn));
}

#[test]
fn logical_immediates_are_as_listed() {
    // Every defined combination of 64 bits is its own number, and there are 5334 of them, as the manual's scheme has it.
    let mut seen = std::collections::BTreeSet::new();
    for n in [false, true] {
        for rotation in 0..64 {
            for run in 0..64 {
                let length = u32::from(n) << 6 | (!run & 0x3f);
                let canonical = length > 1 && rotation < 1 << length.ilog2();
                if let Some(mask) = immediate::mask(n, rotation, run, true)
                    && canonical
                {
                    assert!(seen.insert(mask), "{mask:016x} twice");
                }
            }
        }
    }
    assert_eq!(seen.len(), 5334);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_word_is_read_alike_and_within_its_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..8), address: u64) {
        let (mut first, mut second) = (Insn::default(), Insn::default());
        let known = A64.lift(&bytes, address, &mut first);
        prop_assert_eq!(known, A64.lift(&bytes, address, &mut second));
        if known {
            prop_assert_eq!(first.length, 4);
            prop_assert!(bytes.len() >= 4);
            prop_assert_eq!(first, second);
        }
    }
}
