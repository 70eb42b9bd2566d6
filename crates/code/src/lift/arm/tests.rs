use proptest::prelude::*;

use super::super::aarch32::SCRATCH;
use super::*;
use crate::ir::{Address, Binary, Condition, Relation};
use Operand::{Const, Reg as R};

fn read(words: &[u32]) -> Vec<Insn> {
    let (mut lifter, mut insn, mut all) = (Arm::new(false), Insn::default(), vec![]);
    for (number, word) in words.iter().enumerate() {
        let address = 0x1000 + 4 * number as u64;
        assert!(lifter.lift(&word.to_le_bytes(), address, &mut insn), "{word:08x} is undefined");
        all.push(insn.clone());
    }
    all
}

fn ops(word: u32) -> Vec<Op> {
    read(&[word]).remove(0).ops
}

fn flow(word: u32) -> Flow {
    read(&[word]).remove(0).flow
}

fn compute(dst: Reg, how: Binary, a: Operand, b: Operand) -> Op {
    Op::Compute { dst, how, a, b, bits: 0, signed: false }
}

#[test]
fn constants_and_addresses_are_formed() {
    // mov r0, #0xff000000
    assert_eq!(ops(0xe3a0_04ff), [Op::Set { dst: 0, src: Const(0xff00_0000) }]);
    // mvn r0, #0
    assert_eq!(ops(0xe3e0_0000), [Op::Set { dst: 0, src: Const(0xffff_ffff) }]);
    // ldr r0, [pc, #4]
    assert_eq!(
        ops(0xe59f_0004),
        [Op::Load { dst: 0, from: Address::absolute(0x100c), size: 4, signed: false }]
    );
    // add r0, pc, #16
    assert_eq!(ops(0xe28f_0010), [Op::Set { dst: 0, src: Const(0x1018) }]);
    // add r0, pc, r0
    assert_eq!(ops(0xe08f_0000), [compute(0, Binary::Add, Const(0x1008), R(0))]);
    // movw r0, #0x1234; movt r0, #0x5678
    assert_eq!(ops(0xe301_0234), [Op::Set { dst: 0, src: Const(0x1234) }]);
    assert_eq!(ops(0xe345_0678)[1], compute(0, Binary::Or, R(0), Const(0x5678_0000)));
    // add r0, r1, r2, lsl #2
    assert_eq!(
        ops(0xe081_0102),
        [compute(SCRATCH, Binary::Shl, R(2), Const(2)), compute(0, Binary::Add, R(1), R(SCRATCH))]
    );
    // bic r0, r0, #1
    assert_eq!(ops(0xe3c0_0001), [compute(0, Binary::And, R(0), Const(0xffff_fffe))]);
}

#[test]
fn comparisons_reach_branches() {
    // cmp r0, #0x41; cmpeq r1, #2; moveq r0, #0; bne
    let insns = read(&[0xe350_0041, 0x0351_0002, 0x03a0_0000, 0x1a00_0000]);
    assert_eq!(insns[0].ops, [Op::Compare { flags: 0, a: R(0), b: Const(0x41), bits: 0 }]);
    assert_eq!(insns[1].when, Some(Condition::Flags(0, Relation::Equal)));
    assert_eq!(insns[2].when, Some(Condition::Flags(0, Relation::Equal)));
    assert_eq!(
        (insns[3].flow, insns[3].when),
        (Flow::Branch(Condition::Flags(0, Relation::NotEqual), 0x1014), None)
    );
    // tst r0, #1; bhi: carry and overflow are older
    let insns = read(&[0xe310_0001, 0x8a00_0000]);
    assert_eq!(insns[1].flow, Flow::Branch(Condition::Flags(0, Relation::Other), 0x100c));
    // subs r0, r0, #1
    assert_eq!(
        ops(0xe250_0001),
        [Op::Compare { flags: 0, a: R(0), b: Const(1), bits: 0 }, compute(0, Binary::Sub, R(0), Const(1))]
    );
}

#[test]
fn control_goes() {
    assert_eq!(flow(0xe12f_ff1e), Flow::Return); // bx lr
    assert_eq!(flow(0xe1a0_f00e), Flow::Return); // mov pc, lr
    assert_eq!(flow(0xe12f_ff33), Flow::CallRegister(3)); // blx r3
    assert_eq!(flow(0xeb00_0000), Flow::Call(0x1008)); // bl
    let insn = read(&[0xfb00_0000]).remove(0); // blx
    assert_eq!((insn.flow, insn.switches), (Flow::Call(0x100a), true));
    assert_eq!(flow(0xeaff_fffe), Flow::Jump(0x1000)); // b
    assert_eq!(flow(0xef00_0000), Flow::System); // svc
    assert_eq!(flow(0xe7f0_00f0), Flow::Stop); // udf
    // pop {r4, pc}
    let insn = read(&[0xe8bd_8010]).remove(0);
    assert_eq!(insn.flow, Flow::Return);
    assert_eq!(insn.ops.len(), 2);
    assert_eq!(flow(0xe49d_f004), Flow::Return); // pop {pc}
    // ldrls pc, [pc, r3, lsl #2]
    let insn = read(&[0x979f_f103]).remove(0);
    let place = Address { base: None, index: Some((3, 2)), offset: 0x1008 };
    assert_eq!(insn.flow, Flow::JumpMemory(place));
    assert_eq!(insn.when, Some(Condition::Flags(0, Relation::BelowOrEqual)));
    // addls pc, pc, r3, lsl #2
    let insn = read(&[0x908f_f103]).remove(0);
    assert_eq!(insn.flow, Flow::JumpRegister(SCRATCH));
    // mov lr, pc; bx r3: a call of old
    let insns = read(&[0xe1a0_e00f, 0xe12f_ff13]);
    assert_eq!(insns[0].ops, [Op::Set { dst: 14, src: Const(0x1008) }]);
    assert_eq!(insns[1].flow, Flow::CallRegister(3));
    // bxeq lr
    let insn = read(&[0x012f_ff1e]).remove(0);
    assert_eq!((insn.flow, insn.when), (Flow::Return, Some(Condition::Flags(0, Relation::Equal))));
}

#[test]
fn memory_is_read_and_written() {
    // push {r4, lr}
    assert_eq!(
        ops(0xe92d_4010),
        [
            Op::Store { to: Address::based(13, -8), src: R(4), size: 4 },
            Op::Store { to: Address::based(13, -4), src: R(14), size: 4 },
            compute(13, Binary::Add, R(13), Const(0xffff_fff8))
        ]
    );
    // ldmdb fp, {fp, sp, pc}: the base last
    let insn = read(&[0xe91b_a800]).remove(0);
    assert_eq!(insn.flow, Flow::Return);
    assert_eq!(
        insn.ops,
        [
            Op::Load { dst: 13, from: Address::based(11, -8), size: 4, signed: false },
            Op::Load { dst: 11, from: Address::based(11, -12), size: 4, signed: false }
        ]
    );
    // ldrb r0, [r1], #1
    assert_eq!(
        ops(0xe4d1_0001),
        [
            Op::Load { dst: 0, from: Address::based(1, 0), size: 1, signed: false },
            compute(1, Binary::Add, R(1), Const(1))
        ]
    );
    // ldrd r0, [r0, #8]: the base last
    assert_eq!(
        ops(0xe1c0_00d8),
        [
            Op::Load { dst: 1, from: Address::based(0, 12), size: 4, signed: false },
            Op::Load { dst: 0, from: Address::based(0, 8), size: 4, signed: false }
        ]
    );
    // str r0, [r1, -r2]
    assert_eq!(
        ops(0xe701_0002),
        [
            Op::Set { dst: SCRATCH, src: R(2) },
            compute(SCRATCH, Binary::Sub, Const(0), R(SCRATCH)),
            Op::Store {
                to: Address { base: Some(1), index: Some((SCRATCH, 0)), offset: 0 },
                src: R(0),
                size: 4
            }
        ]
    );
    // umull r0, r1, r2, r3
    assert_eq!(ops(0xe081_0392), [Op::Clobber { dst: 0 }, Op::Clobber { dst: 1 }]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_read_alike_and_within_them(words in proptest::collection::vec(any::<u32>(), 0..12), cut in 0usize..4) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).skip(cut).collect();
        let run = || {
            let (mut lifter, mut insn, mut all) = (Arm::new(false), Insn::default(), vec![]);
            for (number, bytes) in bytes.chunks(4).enumerate() {
                if lifter.lift(bytes, 4 * number as u64, &mut insn) {
                    assert!(insn.length == 4 && bytes.len() == 4);
                    all.push(insn.clone());
                }
            }
            all
        };
        prop_assert_eq!(run(), run());
    }
}
