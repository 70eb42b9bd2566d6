//! Where a jump by table may go: the entries of the table, as long as they lead into the function.
//!
//! The value of such a jump is a load from a table at a known address by an unknown number, as it stands or as a distance from a known
//! address. Wrong when: what follows the table looks like further entries (places of the same function are then taken for its cases).
//! Misses: tables whose address is not known.

use crate::function::Bounds;
use crate::image::{Filled, Image};
use crate::ir::{Binary, Flow, Insn};
use crate::values::{Value, ValueId, Values};
use std::collections::BTreeSet;

/// Entries that are read of one table.
const MOST: u64 = 1024;
/// Jumps that are read of one row.
const MOST_JUMPS: usize = 1024;

/// A table of jumps.
#[derive(Clone, Copy, Debug, Default)]
struct Table {
    address: u64,
    size: u8,
    signed: bool,
    shift: u32,
    base: u64,
}

/// The places that a jump to this value may lead to; none where it is no such value.
pub(super) fn targets(
    values: &Values<'_>,
    image: &Image<'_>,
    bounds: Bounds,
    value: ValueId,
) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    let Some(table) = form(values, value) else { return ladder(values, image, bounds, value) };
    for number in 0..MOST {
        let Some(at) = number.checked_mul(u64::from(table.size)).and_then(|at| at.checked_add(table.address))
        else {
            break;
        };
        let entry = match image.filled(at) {
            Some(Filled::Address(address)) => Some(address),
            Some(Filled::Import(_)) => None,
            None => image.number(at, table.size),
        };
        let Some(mut entry) = entry else { break };
        if table.signed && table.size < 8 {
            let unused = 64 - u32::from(table.size) * 8;
            entry = ((entry << unused).cast_signed() >> unused).cast_unsigned();
        }
        let target = image.cut((entry << table.shift).wrapping_add(table.base)) & !u64::from(bounds.thumb);
        if !(bounds.start..bounds.end).contains(&target) {
            break;
        }
        found.insert(target);
    }
    // A single entry is more likely something else than a table.
    if found.len() < 2 { BTreeSet::new() } else { found }
}

/// Where a jump goes that leads into a row of jumps by an unknown number (`addls pc, pc, r0, lsl #2`): to each of the row.
fn ladder(values: &Values<'_>, image: &Image<'_>, bounds: Bounds, value: ValueId) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    let Value::Binary(Binary::Add, index, row) = values.get(value) else { return found };
    let Value::Binary(Binary::Shl, _, by) = values.get(index) else { return found };
    let (Some(row), Some(by)) = (values.constant(row), values.constant(by)) else { return found };
    let mut lifter = image.arch.lifter(image.big_endian, bounds.thumb);
    let mut at = row;
    while found.len() < MOST_JUMPS && (bounds.start..bounds.end).contains(&at) {
        let mut insn = Insn::default();
        let read = lifter.lift(image.bytes(at), at, &mut insn);
        if !read
            || !matches!(insn.flow, Flow::Jump(_))
            || insn.when.is_some()
            || 1_u64.checked_shl(u32::try_from(by).unwrap_or(64)) != Some(u64::from(insn.length))
        {
            break;
        }
        found.insert(at);
        at += u64::from(insn.length);
    }
    if found.len() < 2 { BTreeSet::new() } else { found }
}

fn form(values: &Values<'_>, value: ValueId) -> Option<Table> {
    match values.get(value) {
        Value::Load { at, size, signed } => {
            let Value::Binary(Binary::Add, index, address) = values.get(at) else { return None };
            values.constant(index).is_none().then_some(())?;
            Some(Table { address: values.constant(address)?, size, signed, ..Table::default() })
        }
        Value::Extend { of, signed, .. } => {
            form(values, of).map(|table| Table { signed: table.signed || signed, ..table })
        }
        Value::Binary(Binary::Add, of, base) => {
            let base = values.constant(base)?;
            form(values, of).map(|table| Table { base: table.base.wrapping_add(base), ..table })
        }
        Value::Binary(Binary::Shl, of, by) => {
            let by = u32::try_from(values.constant(by)?).ok().filter(|by| *by < 8)?;
            form(values, of)
                .filter(|table| table.base == 0 && table.shift + by < u64::BITS)
                .map(|table| Table { shift: table.shift + by, ..table })
        }
        _ => None,
    }
}
