use proptest::prelude::*;

use super::super::aarch32::SCRATCH;
use super::*;
use crate::ir::Address;
use Operand::{Const, Reg as R};

fn read(halves: &[u16]) -> Vec<Insn> {
    let bytes: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
    let (mut lifter, mut insn, mut done, mut all) = (Thumb::new(false), Insn::default(), 0, vec![]);
    while done < bytes.len() {
        assert!(lifter.lift(&bytes[done..], 0x1000 + done as u64, &mut insn), "{halves:04x?} at {done}");
        done += usize::from(insn.length);
        all.push(insn.clone());
    }
    all
}

fn ops(halves: &[u16]) -> Vec<Op> {
    read(halves).remove(0).ops
}

fn flow(halves: &[u16]) -> Flow {
    read(halves).remove(0).flow
}

fn compute(dst: Reg, how: Binary, a: Operand, b: Operand) -> Op {
    Op::Compute { dst, how, a, b, bits: 0, signed: false }
}

#[test]
fn constants_and_addresses_are_formed() {
    // movs r0, #5
    assert_eq!(ops(&[0x2005])[1], Op::Set { dst: 0, src: Const(5) });
    // ldr r1, [pc, #8]
    assert_eq!(
        ops(&[0x4902]),
        [Op::Load { dst: 1, from: Address::absolute(0x100c), size: 4, signed: false }]
    );
    // add r1, pc
    assert_eq!(ops(&[0x4479]), [compute(1, Binary::Add, R(1), Const(0x1004))]);
    // adr r0, 0x1008
    assert_eq!(ops(&[0xa001]), [Op::Set { dst: 0, src: Const(0x1008) }]);
    // movw r0, #0x1234; movt r0, #0x5678
    let insns = read(&[0xf241, 0x2034, 0xf2c5, 0x6078]);
    assert_eq!(insns[0].ops, [Op::Set { dst: 0, src: Const(0x1234) }]);
    assert_eq!(insns[1].ops[1], compute(0, Binary::Or, R(0), Const(0x5678_0000)));
    // mov.w r0, #0xff00ff00; mvn.w r0, #0
    let insns = read(&[0xf04f, 0x20ff, 0xf06f, 0x0000]);
    assert_eq!(insns[0].ops, [Op::Set { dst: 0, src: Const(0xff00_ff00) }]);
    assert_eq!(insns[1].ops, [Op::Set { dst: 0, src: Const(0xffff_ffff) }]);
    // add.w r0, r1, r2, lsl #2
    assert_eq!(
        ops(&[0xeb01, 0x0082]),
        [compute(SCRATCH, Binary::Shl, R(2), Const(2)), compute(0, Binary::Add, R(1), R(SCRATCH))]
    );
}

#[test]
fn comparisons_reach_branches() {
    // cmp r0, #0x41; beq 0x100a
    let insns = read(&[0x2841, 0xd002]);
    assert_eq!(insns[0].ops, [Op::Compare { flags: 0, a: R(0), b: Const(0x41), bits: 0 }]);
    assert_eq!(insns[1].flow, Flow::Branch(Condition::Flags(0, Relation::Equal), 0x100a));
    // lsls r0, r0, #31; bmi; bcs: the carry is a bit of r0
    let insns = read(&[0x07c0, 0xd400, 0xd200]);
    assert_eq!(insns[1].flow, Flow::Branch(Condition::Flags(0, Relation::Negative), 0x1006));
    assert_eq!(insns[2].flow, Flow::Branch(Condition::Flags(0, Relation::Other), 0x1008));
    // cbz r3, 0x1006
    assert_eq!(flow(&[0xb10b]), Flow::Branch(Condition::Values(Relation::Equal, R(3), Const(0)), 0x1006));
    // adds r0, #1
    assert_eq!(ops(&[0x3001])[0], Op::Compare { flags: 0, a: R(0), b: Const(0xffff_ffff), bits: 0 });
}

#[test]
fn blocks_have_conditions() {
    // it eq; moveq r0, #1; mov r0, r1
    let insns = read(&[0xbf08, 0x2001, 0x4608]);
    assert_eq!(insns[0].when, None);
    assert_eq!(insns[1].when, Some(Condition::Flags(0, Relation::Equal)));
    assert_eq!(insns[1].ops, [Op::Set { dst: 0, src: Const(1) }]);
    assert_eq!(insns[2].when, None);
    // ite ne; movne r0, #1; moveq r0, #0
    let insns = read(&[0xbf14, 0x2001, 0x2000]);
    assert_eq!(insns[1].when, Some(Condition::Flags(0, Relation::NotEqual)));
    assert_eq!(insns[2].when, Some(Condition::Flags(0, Relation::Equal)));
    // it ne; bxne lr; nop
    let insns = read(&[0xbf18, 0x4770, 0xbf00]);
    assert_eq!((insns[1].flow, insns[1].when), (Flow::Return, Some(Condition::Flags(0, Relation::NotEqual))));
    assert_eq!(insns[2].when, None);
    // it gt; b.w: a conditional branch
    let insns = read(&[0xbfc8, 0xf000, 0xb800]);
    assert_eq!(insns[1].flow, Flow::Branch(Condition::Flags(0, Relation::Greater), 0x1006));
}

#[test]
fn control_goes() {
    assert_eq!(flow(&[0x4770]), Flow::Return); // bx lr
    assert_eq!(flow(&[0x4780]), Flow::CallRegister(0)); // blx r0
    assert_eq!(flow(&[0x4718]), Flow::JumpRegister(3)); // bx r3
    assert_eq!(flow(&[0xf000, 0xf802]), Flow::Call(0x1008)); // bl
    let insn = read(&[0xf000, 0xe802]).remove(0); // blx
    assert_eq!((insn.flow, insn.switches), (Flow::Call(0x1008), true));
    assert_eq!(flow(&[0xe7fe]), Flow::Jump(0x1000)); // b
    assert_eq!(flow(&[0xdf00]), Flow::System); // svc
    assert_eq!(flow(&[0xde00]), Flow::Stop); // udf
    // pop {r4, pc}
    let insn = read(&[0xbd10]).remove(0);
    assert_eq!(insn.flow, Flow::Return);
    assert_eq!(
        insn.ops,
        [
            Op::Load { dst: 4, from: Address::based(13, 0), size: 4, signed: false },
            compute(13, Binary::Add, R(13), Const(8))
        ]
    );
    // tbb [pc, r0]
    let insn = read(&[0xe8df, 0xf000]).remove(0);
    assert_eq!(insn.flow, Flow::JumpRegister(SCRATCH));
    assert_eq!(insn.ops.len(), 3);
    // ldr pc, [sp], #4
    assert_eq!(flow(&[0xf85d, 0xfb04]), Flow::Return);
    // ldr.w pc, [r3, r2, lsl #2]
    assert_eq!(
        flow(&[0xf853, 0xf022]),
        Flow::JumpMemory(Address { base: Some(3), index: Some((2, 2)), offset: 0 })
    );
    // bx pc
    assert_eq!(flow(&[0x4778]), Flow::Jump(0x1004));
}

#[test]
fn memory_is_read_and_written() {
    // push {r4, lr}
    assert_eq!(
        ops(&[0xb510]),
        [
            Op::Store { to: Address::based(13, -8), src: R(4), size: 4 },
            Op::Store { to: Address::based(13, -4), src: R(14), size: 4 },
            compute(13, Binary::Add, R(13), Const(0xffff_fff8))
        ]
    );
    // ldrb r0, [r1, #3]
    assert_eq!(ops(&[0x78c8]), [Op::Load { dst: 0, from: Address::based(1, 3), size: 1, signed: false }]);
    // str.w r0, [r1, #-4]!
    assert_eq!(
        ops(&[0xf841, 0x0d04]),
        [
            compute(1, Binary::Add, R(1), Const(0xffff_fffc)),
            Op::Store { to: Address::based(1, 0), src: R(0), size: 4 }
        ]
    );
    // vmov r0, s0
    assert_eq!(ops(&[0xee10, 0x0a10]), [Op::Clobber { dst: 0 }]);
    // vpush {d8}
    assert_eq!(
        ops(&[0xed2d, 0x8b02]),
        [
            Op::Store { to: Address::based(13, -8), src: Operand::Unknown, size: 8 },
            compute(13, Binary::Add, R(13), Const(0xffff_fff8))
        ]
    );
    // vmrs APSR_nzcv, fpscr
    assert_eq!(ops(&[0xeef1, 0xfa10]), [Op::ClobberFlags { flags: 0 }]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_read_alike_and_within_them(bytes in proptest::collection::vec(any::<u8>(), 0..40), big: bool) {
        let run = || {
            let (mut lifter, mut insn, mut done, mut all) = (Thumb::new(big), Insn::default(), 0, vec![]);
            while done < bytes.len() {
                let known = lifter.lift(&bytes[done..], done as u64, &mut insn);
                done += usize::from(if known { insn.length } else { lifter.step() });
                if known {
                    assert!(matches!(insn.length, 2 | 4) && done <= bytes.len());
                    all.push(insn.clone());
                }
            }
            all
        };
        prop_assert_eq!(run(), run());
    }
}
