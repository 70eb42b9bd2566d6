//! What an instruction does, as far as it matters for which value reaches which call and which comparison decides what.
//!
//! No instruction set is described in full. An instruction is a list of effects on registers and memory, and where control goes after
//! it. What a lifter does not know of an instruction it says as [`Op::Clobber`] of the registers that it may write: never nothing.
//! So a value that is held to be known is known, and what is not modelled makes values unknown, not wrong.
//!
//! Registers are numbers of the architecture's own ([`crate::arch::Arch`] says which is which): general registers come first, by
//! their number in the encoding. Floating-point and vector registers are not registers here.

/// A register's number.
pub type Reg = u8;

/// What stands at a place where a value is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operand {
    /// A register's value.
    Reg(Reg),
    /// A number: an immediate, or an address where the program counter takes part. As many bits as the machine has, sign-extended
    /// from narrower immediates, cut to the machine's width by who reads it.
    Const(u64),
    /// Something that is not modelled.
    Unknown,
}

/// A place in memory: the sum of what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// A register, none for an absolute address.
    pub base: Option<Reg>,
    /// A register, shifted left by so many bits.
    pub index: Option<(Reg, u8)>,
    /// Added.
    pub offset: i64,
}

impl Address {
    /// An absolute address.
    #[must_use]
    pub fn absolute(address: u64) -> Self {
        Self { base: None, index: None, offset: address.cast_signed() }
    }

    /// A register and an offset.
    #[must_use]
    pub fn based(base: Reg, offset: i64) -> Self {
        Self { base: Some(base), index: None, offset }
    }
}

/// How two values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is its own name")]
pub enum Binary {
    Add,
    Sub,
    Mul,
    And,
    Or,
    Xor,
    /// Shift left, by the second.
    Shl,
    /// Shift right, zeros come in.
    Shr,
    /// Shift right, the sign comes in.
    Sar,
    /// Rotate right.
    Ror,
}

/// How two values stand to each other when a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is its own name")]
pub enum Relation {
    Equal,
    NotEqual,
    /// Signed.
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Unsigned.
    Below,
    BelowOrEqual,
    Above,
    AboveOrEqual,
    /// The highest bit of the difference (of what a test leaves) is set: `js`, `mi`.
    Negative,
    /// It is not set.
    NotNegative,
    /// Overflow, parity, a bit of a floating-point comparison, ...
    Other,
}

impl Relation {
    /// What holds where this does not.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
            Self::Below => Self::AboveOrEqual,
            Self::BelowOrEqual => Self::Above,
            Self::Above => Self::BelowOrEqual,
            Self::AboveOrEqual => Self::Below,
            Self::Negative => Self::NotNegative,
            Self::NotNegative => Self::Negative,
            Self::Other => Self::Other,
        }
    }

    /// The same of numbers without a sign.
    #[must_use]
    pub fn unsigned(self) -> Self {
        match self {
            Self::Less => Self::Below,
            Self::LessOrEqual => Self::BelowOrEqual,
            Self::Greater => Self::Above,
            Self::GreaterOrEqual => Self::AboveOrEqual,
            other => other,
        }
    }

    /// Whether this holds in a state of the flags: negative (8), zero (4), no borrow (2), overflow (1), added. `None` for
    /// [`Relation::Other`].
    #[must_use]
    pub fn holds(self, state: u8) -> Option<bool> {
        let (negative, zero, carry, overflow) =
            (state & 8 != 0, state & 4 != 0, state & 2 != 0, state & 1 != 0);
        Some(match self {
            Self::Equal => zero,
            Self::NotEqual => !zero,
            Self::Less => negative != overflow,
            Self::LessOrEqual => zero || negative != overflow,
            Self::Greater => !zero && negative == overflow,
            Self::GreaterOrEqual => negative == overflow,
            Self::Below => !carry,
            Self::BelowOrEqual => !carry || zero,
            Self::Above => carry && !zero,
            Self::AboveOrEqual => carry,
            Self::Negative => negative,
            Self::NotNegative => !negative,
            Self::Other => return None,
        })
    }
}

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// By the latest [`Op::Compare`] into this set of flags (0 where the architecture has one; `cr0` to `cr7` on PowerPC).
    Flags(u8, Relation),
    /// By two values themselves, as MIPS, RISC-V, `cbz`.
    Values(Relation, Operand, Operand),
    /// By a single bit of a value (`tbz`, `bt`, `bbs`): set or not.
    Bit(Operand, u8, bool),
}

/// An effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `dst` becomes the value. With fewer than the machine's bits (`bits`), the value is extended as `signed` says.
    Set {
        /// Written.
        dst: Reg,
        /// Its value.
        src: Operand,
    },
    /// `dst` becomes the value cut to its low `bits` and extended.
    Extend {
        /// Written.
        dst: Reg,
        /// Read.
        src: Operand,
        /// Bits that count: 8, 16 or 32.
        bits: u8,
        /// Whether the highest of them is the sign.
        signed: bool,
    },
    /// `dst` becomes `a` with `b`. `bits`: the width of the operation, when it is narrower than the register (a 32-bit operation of
    /// a 64-bit machine), whose result is then extended by zeros (by the sign where `signed`); else 0.
    Compute {
        /// Written.
        dst: Reg,
        /// How.
        how: Binary,
        /// First.
        a: Operand,
        /// Second.
        b: Operand,
        /// Width, 0 for the register's own.
        bits: u8,
        /// How a narrower result is extended.
        signed: bool,
    },
    /// `dst` becomes what is in memory: `size` bytes, extended as `signed` says.
    Load {
        /// Written.
        dst: Reg,
        /// Where.
        from: Address,
        /// Bytes.
        size: u8,
        /// Extension.
        signed: bool,
    },
    /// Memory becomes the value.
    Store {
        /// Where.
        to: Address,
        /// What.
        src: Operand,
        /// Bytes; 255 for so many or more.
        size: u8,
    },
    /// Flags are set by comparing `a` with `b` (`a - b`).
    Compare {
        /// Which flags; 0 where the architecture has one set.
        flags: u8,
        /// First.
        a: Operand,
        /// Second.
        b: Operand,
        /// Width in bits that is compared, 0 for the register's own.
        bits: u8,
    },
    /// Flags are set by comparing `a` with `b` where the condition holds, else to a given state (`ccmp`).
    CompareWhen {
        /// Which flags.
        flags: u8,
        /// When.
        when: Condition,
        /// First.
        a: Operand,
        /// Second.
        b: Operand,
        /// Width in bits that is compared, 0 for the register's own.
        bits: u8,
        /// The state else: negative (8), zero (4), no borrow (2), overflow (1), added. [`Relation::holds`] reads it.
        otherwise: u8,
    },
    /// Flags are set by comparing `a` with `b` as unsigned numbers, where it is the comparison that says so and not the condition
    /// (PowerPC's `cmplw`): of these flags [`Relation::Less`] means below, [`Relation::Greater`] above, and so on.
    CompareUnsigned {
        /// Which flags.
        flags: u8,
        /// First.
        a: Operand,
        /// Second.
        b: Operand,
        /// Width in bits that is compared, 0 for the register's own.
        bits: u8,
    },
    /// Flags are set by `a & b` compared with zero.
    Test {
        /// Which flags.
        flags: u8,
        /// First.
        a: Operand,
        /// Second.
        b: Operand,
        /// Width in bits.
        bits: u8,
    },
    /// `dst` becomes `yes` where the condition holds, else `no`.
    Select {
        /// Written.
        dst: Reg,
        /// When.
        when: Condition,
        /// Then.
        yes: Operand,
        /// Else.
        no: Operand,
    },
    /// `dst` becomes something that is not modelled.
    Clobber {
        /// Written.
        dst: Reg,
    },
    /// The flags become something that is not modelled.
    ClobberFlags {
        /// Which.
        flags: u8,
    },
}

/// Where control goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Flow {
    /// To the next instruction.
    #[default]
    Next,
    /// There.
    Jump(u64),
    /// Where a register says: a return where it is the link register's value, a jump table, a tail call.
    JumpRegister(Reg),
    /// Where memory says.
    JumpMemory(Address),
    /// There when the condition holds, else to the next instruction.
    Branch(Condition, u64),
    /// To a function there, and back to the next instruction. The result and the registers that a call does not keep are not said as
    /// effects: they follow from the architecture's calling convention.
    Call(u64),
    /// A call where a register says.
    CallRegister(Reg),
    /// A call where memory says.
    CallMemory(Address),
    /// Back to who called.
    Return,
    /// To the system, and back.
    System,
    /// Nowhere: a trap, an undefined instruction, `hlt`.
    Stop,
}

/// One instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Insn {
    /// Where it stands.
    pub address: u64,
    /// Its bytes.
    pub length: u8,
    /// What it does, in this order; all operands are read as they are before the effect, not before the instruction.
    pub ops: Vec<Op>,
    /// Where control goes after it.
    pub flow: Flow,
    /// When the whole of it happens, flow and effects (predicated instructions of ARM, IT blocks of Thumb); always where `None`.
    pub when: Option<Condition>,
    /// Whether the next instruction is carried out before control goes (MIPS).
    pub delay: bool,
    /// With `delay`: whether the next instruction is left out where control goes on behind it (MIPS branch-likely).
    pub nullifies: bool,
    /// Whether calls go to code in the other state (ARM to Thumb and back by `blx` with a place).
    pub switches: bool,
}

impl Insn {
    /// Makes it an instruction without effect at a place, keeping its memory.
    pub fn reset(&mut self, address: u64, length: u8) {
        self.address = address;
        self.length = length;
        self.ops.clear();
        self.flow = Flow::Next;
        self.when = None;
        self.delay = false;
        self.nullifies = false;
        self.switches = false;
    }

    /// Adds an effect.
    pub fn does(&mut self, op: Op) {
        self.ops.push(op);
    }

    /// `dst` becomes a value.
    pub fn set(&mut self, dst: Reg, src: Operand) {
        self.does(Op::Set { dst, src });
    }

    /// `dst` becomes something that is not modelled.
    pub fn clobber(&mut self, dst: Reg) {
        self.does(Op::Clobber { dst });
    }

    /// `dst` becomes `a` with `b`, in the register's own width.
    pub fn compute(&mut self, dst: Reg, how: Binary, a: Operand, b: Operand) {
        self.does(Op::Compute { dst, how, a, b, bits: 0, signed: false });
    }
}

/// Bytes to instructions, one at a time.
pub trait Lift {
    /// Reads the instruction at the start of `bytes`, which stand at `address`, into `insn`. `false` where there is none: `bytes` are too
    /// short, or no instruction of the architecture begins so. What it is unsure of clobbers what it may write.
    fn lift(&mut self, bytes: &[u8], address: u64, insn: &mut Insn) -> bool;

    /// Forgets what earlier instructions said about later ones (an IT block): the next one begins a block.
    fn begin(&mut self) {}

    /// Bytes by which to go on where no instruction is.
    fn step(&self) -> u8;
}
