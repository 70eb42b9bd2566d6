//! What the records of a set hold.

use crate::bytes::{slice, u16_be, u32_be};

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) fields: Vec<Field>,
    /// Its records are of the exporter, not of flows.
    pub(super) is_options: bool,
    /// Bytes that a record has at least.
    pub(super) shortest: usize,
}

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) enterprise: u32,
    pub(super) element: u16,
    /// Bytes; [`Field::VARIABLE`] where each record says.
    pub(super) length: u16,
}

/// Enterprise number of the other direction of a flow (RFC 5103).
pub(super) const REVERSE: u32 = 29305;

impl Field {
    pub(super) const VARIABLE: u16 = u16::MAX;

    /// Reads the field at `at` of a template's record; elements have enterprises in IPFIX alone.
    fn read(data: &[u8], at: usize, has_enterprises: bool) -> Option<(Self, usize)> {
        let (element, length) = (u16_be(data, at)?, u16_be(data, at + 2)?);
        if has_enterprises && element & 0x8000 != 0 {
            let enterprise = u32_be(data, at + 4)?;
            return Some((Self { enterprise, element: element & 0x7fff, length }, at + 8));
        }
        Some((Self { enterprise: 0, element, length }, at + 4))
    }

    /// The bytes of the field at `at` of a record, and where the next begins.
    pub(super) fn of(self, data: &[u8], at: usize) -> Option<(&[u8], usize)> {
        let (at, length) = match self.length {
            Self::VARIABLE => match data.get(at)? {
                255 => (at + 3, usize::from(u16_be(data, at + 1)?)),
                short => (at + 1, usize::from(*short)),
            },
            fixed => (at, usize::from(fixed)),
        };
        Some((slice(data, at, length)?, at + length))
    }
}

impl Template {
    fn new(fields: Vec<Field>, is_options: bool) -> Self {
        let shortest = fields
            .iter()
            .map(|field| if field.length == Field::VARIABLE { 1 } else { field.length.into() })
            .sum();
        Self { fields, is_options, shortest }
    }

    /// Reads the template at `at` of a set: its number, itself (`None` where it is withdrawn), and where the next begins.
    pub(super) fn read(data: &[u8], at: usize, set: u16) -> Option<(u16, Option<Self>, usize)> {
        let (number, count) = (u16_be(data, at)?, u16_be(data, at + 2)?);
        let (count, mut at, is_options) = match set {
            0 | 2 => (count, at + 4, false),
            // Bytes of scope and of options; numbers of fields, and of those of scope.
            1 => ((count / 4).checked_add(u16_be(data, at + 4)? / 4)?, at + 6, true),
            _ if count == 0 => return Some((number, None, at + 4)),
            _ => (count, at + 6, true),
        };
        if count == 0 {
            return Some((number, None, at));
        }
        let mut fields = Vec::new();
        for _ in 0..count {
            let (field, next) = Field::read(data, at, matches!(set, 2 | 3))?;
            fields.push(field);
            at = next;
        }
        Some((number, Some(Self::new(fields, is_options)), at))
    }
}
