/// What a format's reader says of an object, apart from its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Bytes that belong to the object, from its first; never more than were given, never 0.
    pub size: usize,
    /// Facts of its header, in order, such as `("compression", "xz")`. Times are in ISO 8601, UTC.
    pub attributes: Vec<(&'static str, String)>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// Something wrong in an object. Malformed input is evidence: it has an offset and is reported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// What sort of thing is wrong.
    pub kind: ProblemKind,
    /// Where, counted from the object's first byte.
    pub offset: u64,
    /// The same for a person: what was expected, what stands there.
    pub detail: String,
}

/// The sorts of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// A field has a value that the format does not allow.
    Malformed,
    /// A field has a value that the format does not define; the object was read all the same.
    Undefined,
    /// The object ends before it should.
    Truncated,
    /// A checksum does not fit.
    Checksum,
    /// The format allows it, the reader does not read it.
    Unsupported,
    /// A limit stopped the reader; the rest was not looked at.
    LimitReached,
}

impl ProblemKind {
    /// The word used in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Undefined => "undefined",
            Self::Truncated => "truncated",
            Self::Checksum => "checksum",
            Self::Unsupported => "unsupported",
            Self::LimitReached => "limit-reached",
        }
    }

    /// Whether bytes that should have been looked at were not.
    pub fn hides_bytes(self) -> bool {
        matches!(self, Self::Truncated | Self::Unsupported | Self::LimitReached | Self::Malformed)
    }
}

impl Problem {
    /// A problem of this kind at this offset.
    pub fn new(kind: ProblemKind, offset: u64, detail: impl Into<String>) -> Self {
        Self { kind, offset, detail: detail.into() }
    }
}
