//! Decoders that are read from, drained within the limits.

use crate::compression::output::Output;
use crate::{Problem, ProblemKind};
use std::io::{ErrorKind, Read};

const STEP: usize = 64 << 10;
/// A model of PPMd that is larger is not believed.
pub(super) const PPMD_MEMORY_MAX: u32 = 256 << 20;

/// Reads all that `reader` gives into `output`; what stopped it before the end. `at` is where its input stands.
pub(super) fn drain(reader: &mut dyn Read, output: &mut Output, at: usize, name: &str) -> Option<Problem> {
    loop {
        let before = output.bytes.len();
        let is_full = output.room() == 0;
        if let Some(limit) = output.stop(at).filter(|_| !is_full) {
            return Some(limit);
        }
        // A content may fill its limit to the brim: then nothing more comes.
        let mut last = [0];
        let result = if is_full {
            reader.read(&mut last)
        } else {
            output.bytes.resize(before + STEP.min(output.room()), 0);
            let result = reader.read(output.bytes.get_mut(before..).unwrap_or_default());
            output.bytes.truncate(before + result.as_ref().map_or(0, |made| *made));
            result
        };
        match result {
            Ok(0) => return None,
            Ok(_) if is_full => return output.stop(at),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                let kind = match error.kind() {
                    ErrorKind::UnexpectedEof => ProblemKind::Truncated,
                    _ => ProblemKind::Malformed,
                };
                return Some(Problem::new(kind, at as u64, format!("{name}: {error}")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn to_the_brim_and_no_further() {
        let limits = Limits::default();
        for (length, whole) in [(100, true), (99, false)] {
            let mut output = Output::bounded(&limits, length);
            let problem = drain(&mut &[7; 100][..], &mut output, 5, "plain");
            assert_eq!((output.bytes.len() as u64, problem.is_none()), (length, whole));
        }
    }
}
