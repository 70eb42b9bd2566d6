//! The values of a database: words whose four highest bits tell what they are, the rest a number or a place.

use crate::bytes::{slice, u16_le, u32_le, u64_le};

/// The payload of a database block.
#[derive(Clone, Copy)]
pub(super) struct Values<'a> {
    data: &'a [u8],
}

/// An object or an array: words behind their count.
#[derive(Clone, Copy)]
pub(super) struct Object {
    at: usize,
    /// Words, the count among them.
    words: u32,
}

impl<'a> Values<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data }
    }

    /// The outermost object: its word stands behind the versions.
    pub(super) fn root(self) -> Option<Object> {
        self.object(u32_le(self.data, 4)?)
    }

    pub(super) fn object(self, value: u32) -> Option<Object> {
        if !matches!(value >> 28, 0xd | 0xe) {
            return None;
        }
        let at = place(value);
        let words = u32_le(self.data, at).filter(|words| *words > 0)?;
        slice(self.data, at, (words as usize).checked_mul(4)?)?;
        Some(Object { at, words })
    }

    pub(super) fn number(self, value: u32) -> Option<u64> {
        match value >> 28 {
            1 => Some(u64::from(value & 0x0fff_ffff)),
            2 => u32_le(self.data, place(value)).map(u64::from),
            3 => u64_le(self.data, place(value)),
            _ => None,
        }
    }

    pub(super) fn blob(self, value: u32) -> Option<&'a [u8]> {
        let at = place(value);
        match value >> 28 {
            8 => slice(self.data, at + 1, usize::from(*self.data.get(at)?)),
            9 => slice(self.data, at + 2, usize::from(u16_le(self.data, at)?)),
            10 => slice(self.data, at + 4, u32_le(self.data, at)? as usize),
            _ => None,
        }
    }
}

impl Object {
    /// Fields or members; they count from 1.
    pub(super) fn length(self) -> u32 {
        self.words - 1
    }

    pub(super) fn field(self, values: Values, number: u32) -> Option<u32> {
        if number >= self.words {
            return None;
        }
        u32_le(values.data, self.at + number as usize * 4)
    }
}

fn place(value: u32) -> usize {
    (value & 0x0fff_ffff) as usize
}
