use proptest::prelude::*;

use super::*;
use crate::ir::Address;
use Operand::{Const, Reg as R};

fn read(bits: u8, bytes: &[u8]) -> Vec<Insn> {
    let (mut lifter, mut insn, mut done, mut all) = (X86::new(bits), Insn::default(), 0, vec![]);
    while done < bytes.len() {
        assert!(lifter.lift(&bytes[done..], 0x1000 + done as u64, &mut insn), "{bytes:02x?} at {done}");
        done += usize::from(insn.length);
        all.push(insn.clone());
    }
    all
}

fn ops(bytes: &[u8]) -> Vec<Op> {
    read(64, bytes).remove(0).ops
}

fn compute(dst: Reg, how: Binary, a: Operand, b: Operand, bits: u8) -> Op {
    Op::Compute { dst, how, a, b, bits, signed: false }
}

#[test]
fn moves_keep_what_they_do_not_write() {
    // mov eax, 5
    assert_eq!(ops(&[0xb8, 5, 0, 0, 0]), [Op::Set { dst: 0, src: Const(5) }]);
    // mov rdi, rax
    assert_eq!(ops(&[0x48, 0x89, 0xc7]), [Op::Set { dst: 7, src: R(0) }]);
    // mov edi, eax
    assert_eq!(ops(&[0x89, 0xc7]), [Op::Extend { dst: 7, src: R(0), bits: 32, signed: false }]);
    // mov al, 0x41
    assert_eq!(
        ops(&[0xb0, 0x41]),
        [compute(0, Binary::And, R(0), Const(!0xff), 0), compute(0, Binary::Or, R(0), Const(0x41), 0)]
    );
    // mov ah, bl
    assert_eq!(
        ops(&[0x88, 0xdc]),
        [
            Op::Extend { dst: 16, src: R(3), bits: 8, signed: false },
            compute(16, Binary::Shl, R(16), Const(8), 0),
            compute(0, Binary::And, R(0), Const(!0xff00), 0),
            compute(0, Binary::Or, R(0), R(16), 0)
        ]
    );
    // movzx eax, byte ptr [rdi+1]
    assert_eq!(
        ops(&[0x0f, 0xb6, 0x47, 0x01]),
        [Op::Load { dst: 0, from: Address::based(7, 1), size: 1, signed: false }]
    );
    // movsx eax, byte ptr [rdi]
    assert_eq!(
        ops(&[0x0f, 0xbe, 0x07]),
        [
            Op::Load { dst: 0, from: Address::based(7, 0), size: 1, signed: true },
            Op::Extend { dst: 0, src: R(0), bits: 32, signed: false }
        ]
    );
    // mov rax, fs:[0x28]: not at 0x28
    assert_eq!(
        ops(&[0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0, 0, 0]),
        [Op::Clobber { dst: 16 }, Op::Load { dst: 0, from: Address::based(16, 0), size: 8, signed: false }]
    );
}

#[test]
fn addresses_are_formed() {
    // lea rdi, [rip+0x10]
    assert_eq!(ops(&[0x48, 0x8d, 0x3d, 0x10, 0, 0, 0]), [Op::Set { dst: 7, src: Const(0x1017) }]);
    // lea rax, [rbp-8]
    assert_eq!(
        ops(&[0x48, 0x8d, 0x45, 0xf8]),
        [compute(0, Binary::Add, R(5), Const((-8i64).cast_unsigned()), 0)]
    );
    // lea eax, [rax+rax*4]
    assert_eq!(
        ops(&[0x8d, 0x04, 0x80]),
        [compute(16, Binary::Shl, R(0), Const(2), 32), compute(0, Binary::Add, R(0), R(16), 32)]
    );
    // mov rax, [rip+1]
    assert_eq!(
        ops(&[0x48, 0x8b, 0x05, 1, 0, 0, 0]),
        [Op::Load { dst: 0, from: Address::absolute(0x1008), size: 8, signed: false }]
    );
    // mov eax, [ebp-4] of 32 bits
    assert_eq!(
        read(32, &[0x8b, 0x45, 0xfc])[0].ops,
        [Op::Load { dst: 0, from: Address::based(5, -4), size: 4, signed: false }]
    );
}

#[test]
fn the_stack_is_pushed_and_popped() {
    // push rbx; pop rbx; leave
    let insns = read(64, &[0x53, 0x5b, 0xc9]);
    assert_eq!(
        insns[0].ops,
        [
            Op::Store { to: Address::based(4, -8), src: R(3), size: 8 },
            compute(4, Binary::Sub, R(4), Const(8), 0)
        ]
    );
    assert_eq!(
        insns[1].ops,
        [
            Op::Load { dst: 3, from: Address::based(4, 0), size: 8, signed: false },
            compute(4, Binary::Add, R(4), Const(8), 0)
        ]
    );
    assert_eq!(insns[2].ops[0], Op::Set { dst: 4, src: R(5) });
    // call next; pop ebx, of 32 bits
    let insns = read(32, &[0xe8, 0, 0, 0, 0, 0x5b]);
    assert_eq!(insns[0].flow, Flow::Next);
    assert_eq!(insns[0].ops[0], Op::Store { to: Address::based(4, -4), src: Const(0x1005), size: 4 });
}

#[test]
fn comparisons_reach_branches() {
    // cmp dword ptr [rbp-4], 0x41; jne +2
    let insns = read(64, &[0x83, 0x7d, 0xfc, 0x41, 0x75, 0x02]);
    assert_eq!(
        insns[0].ops,
        [
            Op::Load { dst: 16, from: Address::based(5, -4), size: 4, signed: false },
            Op::Compare { flags: 0, a: R(16), b: Const(0x41), bits: 32 }
        ]
    );
    assert_eq!(insns[1].flow, Flow::Branch(Condition::Flags(0, Relation::NotEqual), 0x1008));
    // test eax, eax; js +0
    let insns = read(64, &[0x85, 0xc0, 0x78, 0]);
    assert_eq!(insns[0].ops, [Op::Test { flags: 0, a: R(0), b: R(0), bits: 32 }]);
    assert_eq!(insns[1].flow, Flow::Branch(Condition::Flags(0, Relation::Negative), 0x1004));
    // add eax, 1; jb +0; je +0: the carry is the borrow inverted
    let insns = read(64, &[0x83, 0xc0, 1, 0x72, 0, 0x74, 0]);
    assert_eq!(insns[0].ops[0], Op::Compare { flags: 0, a: R(0), b: Const(0xffff_ffff), bits: 32 });
    assert_eq!(insns[1].flow, Flow::Branch(Condition::Flags(0, Relation::AboveOrEqual), 0x1005));
    assert_eq!(insns[2].flow, Flow::Branch(Condition::Flags(0, Relation::Equal), 0x1007));
    // bt eax, 3; jb +0
    let insns = read(64, &[0x0f, 0xba, 0xe0, 3, 0x72, 0]);
    assert_eq!(insns[0].ops, [Op::Test { flags: 0, a: R(0), b: Const(8), bits: 32 }]);
    assert_eq!(insns[1].flow, Flow::Branch(Condition::Flags(0, Relation::NotEqual), 0x1006));
    // shr eax, 1; jl +0: the overflow is not said
    let insns = read(64, &[0xd1, 0xe8, 0x7c, 0]);
    assert_eq!(insns[1].flow, Flow::Branch(Condition::Flags(0, Relation::Other), 0x1004));
    // sete al
    assert_eq!(
        ops(&[0x0f, 0x94, 0xc0])[0],
        Op::Select { dst: 16, when: Condition::Flags(0, Relation::Equal), yes: Const(1), no: Const(0) }
    );
    // cmove eax, ecx
    assert_eq!(
        ops(&[0x0f, 0x44, 0xc1]),
        [
            Op::Select { dst: 0, when: Condition::Flags(0, Relation::Equal), yes: R(1), no: R(0) },
            Op::Extend { dst: 0, src: R(0), bits: 32, signed: false }
        ]
    );
    // xor eax, eax
    assert_eq!(ops(&[0x31, 0xc0])[0], Op::Set { dst: 0, src: Const(0) });
}

#[test]
fn control_goes() {
    let flow = |bytes: &[u8]| read(64, bytes).remove(0).flow;
    assert_eq!(flow(&[0xe8, 0x10, 0, 0, 0]), Flow::Call(0x1015));
    assert_eq!(flow(&[0xeb, 0xfe]), Flow::Jump(0x1000));
    assert_eq!(flow(&[0xff, 0x25, 0x10, 0, 0, 0]), Flow::JumpMemory(Address::absolute(0x1016)));
    assert_eq!(flow(&[0xff, 0xe0]), Flow::JumpRegister(0));
    assert_eq!(flow(&[0xff, 0xd0]), Flow::CallRegister(0));
    // jmp [rdi*8+0x100]
    assert_eq!(
        flow(&[0xff, 0x24, 0xfd, 0, 1, 0, 0]),
        Flow::JumpMemory(Address { base: None, index: Some((7, 3)), offset: 0x100 })
    );
    assert_eq!(flow(&[0xc3]), Flow::Return);
    assert_eq!(flow(&[0x0f, 0x05]), Flow::System);
    assert_eq!(flow(&[0xcc]), Flow::Stop);
    assert_eq!(flow(&[0x0f, 0x0b]), Flow::Stop);
    assert_eq!(flow(&[0xf4]), Flow::Stop);
    // rep stosd
    assert_eq!(
        ops(&[0xf3, 0xab])[0],
        Op::Store { to: Address::based(7, 0), src: Operand::Unknown, size: 255 }
    );
    // cpuid
    let clobbered = ops(&[0x0f, 0xa2]);
    assert!([0, 1, 2, 3].into_iter().all(|dst| clobbered.contains(&Op::Clobber { dst })));
}

fn written(ops: &[Op]) -> Vec<Reg> {
    ops.iter()
        .filter_map(|op| match op {
            Op::Set { dst, .. }
            | Op::Extend { dst, .. }
            | Op::Compute { dst, .. }
            | Op::Load { dst, .. }
            | Op::Select { dst, .. }
            | Op::Clobber { dst } => Some(*dst),
            _ => None,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_bytes_are_read_alike_and_all_that_is_written_is_said(
        bytes in proptest::collection::vec(any::<u8>(), 0..20),
        address: u64,
        wide: bool,
    ) {
        let (bits, address) = if wide { (64, address) } else { (32, address & 0xffff_ffff) };
        let (mut first, mut second) = (Insn::default(), Insn::default());
        let known = X86::new(bits).lift(&bytes, address, &mut first);
        prop_assert_eq!(known, X86::new(bits).lift(&bytes, address, &mut second));
        if !known {
            return Ok(());
        }
        prop_assert!((1..=15).contains(&first.length) && usize::from(first.length) <= bytes.len());
        prop_assert_eq!(&first, &second);
        let instruction =
            Decoder::with_ip(u32::from(bits), &bytes, address, DecoderOptions::NONE).decode();
        let mut factory = InstructionInfoFactory::new();
        let info = factory.info(&instruction);
        let written = written(&first.ops);
        for register in info.used_registers().iter().filter(|register| rest::writes(register.access())) {
            let Some(part) = operand::Part::of(register.register()) else { continue };
            let left_out = part.number == SP
                && matches!(first.flow, Flow::Call(_) | Flow::CallRegister(_) | Flow::CallMemory(_) | Flow::Return);
            prop_assert!(left_out || written.contains(&part.number), "{instruction:?} writes {part:?}: {first:?}");
        }
        let flags = first.ops.iter().any(|op| {
            matches!(op, Op::Compare { .. } | Op::Test { .. } | Op::ClobberFlags { .. })
        });
        let conditions = iced_x86::RflagsBits::ZF | iced_x86::RflagsBits::CF;
        let returns = matches!(first.flow, Flow::Return | Flow::System);
        prop_assert!(flags || returns || instruction.rflags_modified() & conditions == 0, "{instruction:?}: {first:?}");
        let stores = first.ops.iter().any(|op| matches!(op, Op::Store { .. }));
        let pushes = matches!(first.flow, Flow::Call(_) | Flow::CallRegister(_) | Flow::CallMemory(_));
        let wrote = info.used_memory().iter().any(|memory| rest::writes(memory.access()));
        prop_assert!(stores || pushes || !wrote, "{instruction:?}: {first:?}");
    }
}
