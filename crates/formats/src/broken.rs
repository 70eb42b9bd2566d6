//! A good magic with a header that cannot be read: at the start of an object that is evidence, inside it is chance.

use crate::{Description, FORMATS, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// The reading of an object that has the magic of `format` and a header that `problem` keeps from being read.
///
/// `None` where the magic is not there, inside unknown bytes, and where another format reads the object: nobody hides
/// one format behind the magic of another. The extent is the magic, or all of the data where that ends too early.
pub(crate) fn header(
    data: &[u8],
    place: Place,
    format: &Description,
    problem: impl FnOnce() -> Problem,
) -> Option<Reading> {
    let magic = format.magics.iter().find(|magic| stands(magic, data))?;
    if place == Place::Inside || read_by_another(data, format.name) {
        return None;
    }
    let problem = problem();
    let size = match problem.kind {
        ProblemKind::Truncated => data.len(),
        _ => magic.offset + magic.bytes.len(),
    };
    Some(Reading { size: size.clamp(1, data.len()), attributes: Vec::new(), problems: vec![problem] })
}

/// The problem of a header that is cut off.
pub(crate) fn cut_off(data: &[u8]) -> Problem {
    Problem::new(ProblemKind::Truncated, data.len() as u64, "the data ends inside the header")
}

/// Whether another format than `own` stands at the start of `data` beyond doubt.
pub(crate) fn read_by_another(data: &[u8], own: &str) -> bool {
    let limits = Limits { object_bytes: 1 << 20, entries: 16, ..Limits::default() };
    FORMATS
        .iter()
        .filter(|format| format.describe().name != own)
        .filter(|format| format.describe().magics.iter().any(|magic| stands(magic, data)))
        .any(|format| format.read(data, Place::Inside, &limits, &mut |_| {}).is_some())
}

fn stands(magic: &Magic, data: &[u8]) -> bool {
    magic.offset != Magic::FLOATING && crate::bytes::tail(data, magic.offset).starts_with(magic.bytes)
}
