//! Android device tree tables (`dtbo`): several device trees or overlays in one partition.
//!
//! Finds: each device tree, with its identifier and revision. How: magic 0xd7b7ab1e, sizes that fit, a table of rows.
//! Wrong when: carved from unknown bytes, the sizes of header, rows and table must agree. Misses: what boards they are for.
//! Source: Android, system/libufdt/utils (dt_table.h).

use crate::broken;
use crate::bytes::{head, slice, tail, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// A device tree table.
pub struct DeviceTreeTable;

static DESCRIPTION: Description = Description {
    name: "android-dtbo",
    title: "Android device tree table",
    magics: &[Magic { offset: 0, bytes: &[0xd7, 0xb7, 0xab, 0x1e] }],
    yields: "each device tree, numbered from 0",
    limits: &[
        "the boards that the trees are for are not told",
        "compressed trees are handed out as they stand",
    ],
    source: "Android, system/libufdt/utils/src/dt_table.h",
};

const HEADER: usize = 32;

impl Format for DeviceTreeTable {
    fn describe(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        let Some(_) = slice(data, 0, HEADER) else {
            return broken::header(data, place, &DESCRIPTION, || broken::cut_off(data));
        };
        let word = |at| u32_be(data, at).unwrap_or_default() as usize;
        let (total, header, row, rows, table) = (word(4), word(8), word(12), word(16), word(20));
        let behind = rows.checked_mul(row).and_then(|size| size.checked_add(table));
        if header < HEADER || row < 16 || rows == 0 || table < header || behind.is_none_or(|end| end > total)
        {
            return broken::header(data, place, &DESCRIPTION, || {
                let detail = format!("{rows} rows of {row} bytes at {table} in {total} bytes");
                Problem::new(ProblemKind::Malformed, 4, detail)
            });
        }
        let all = head(data, total);
        let mut problems = Vec::new();
        if all.len() < total {
            let detail = format!("{total} bytes are stated, {} are there", all.len());
            problems.push(Problem::new(ProblemKind::Truncated, all.len() as u64, detail));
        }
        let mut ids = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for (number, fields) in head(tail(all, table), rows * row).chunks_exact(row).enumerate() {
            if number as u64 >= limits.entries || limits.stopped() {
                let detail = format!("stopped after {number} trees");
                problems.push(Problem::new(ProblemKind::LimitReached, (table + number * row) as u64, detail));
                break;
            }
            let field = |at| u32_be(fields, at).unwrap_or_default();
            let (size, offset) = (field(0) as usize, field(4) as usize);
            if ids.len() < 64 {
                ids.push(format!("{number}: id={:#x} rev={:#x}", field(8), field(12)));
            }
            // Rows may share a tree.
            if !seen.insert((offset, size)) {
                continue;
            }
            match slice(all, offset, size) {
                Some(tree) if size > 0 => sink(Entry::slice(number.to_string().into_bytes(), tree, offset)),
                _ => {
                    let detail = format!("tree {number} has {size} bytes at {offset}");
                    let kind =
                        if all.len() < total { ProblemKind::Truncated } else { ProblemKind::Malformed };
                    problems.push(Problem::new(kind, (table + number * row) as u64, detail));
                }
            }
        }
        let attributes = vec![
            ("version", word(28).to_string()),
            ("page-size", word(24).to_string()),
            ("trees", ids.join("; ")),
        ];
        Some(Reading { size: all.len(), attributes, problems })
    }
}
