//! Lines of JSON.

use super::record::{BadCell, Log, Row, hand_over};
use crate::traffic::Sink;
use crate::traffic::json::{Element, Members, elements};
use crate::traffic::lines::{Line, Lines, Passed};
use crate::{Problem, ProblemKind};

/// The state of a log: what was passed over.
#[derive(Default)]
pub(super) struct Objects {
    members: Members,
    /// By their path.
    passed: Passed,
}

/// Whether an input begins with a line that one of Zeek's logs may have.
pub(super) fn is_one(start: &[u8]) -> bool {
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let mut members = Members::default();
    members.read(line).is_ok()
        && members.has(line, "ts")
        && (members.has(line, "_path") || members.has(line, "id.orig_h") || members.has(line, "uid"))
}

impl Lines for Objects {
    const MAY_BE_CUT: bool = false;

    fn line(&mut self, line: Line<'_>, offset: u64, sink: &mut dyn Sink) {
        let Some(text) = self.members.line(line, offset, sink) else { return };
        let text = text.as_ref();
        let members = &self.members;
        let path = members.text(text, "_path");
        let log = match path {
            Some(path) => Log::of_path(path),
            None => Log::of_fields(|name| members.has(text, name)),
        };
        let Some(log) = log else {
            let path = path.map_or_else(|| "unknown fields".to_owned(), |path| format!("the path `{path}`"));
            self.passed.count(&path, "further paths", offset);
            return;
        };
        let row = Object { text, members, log };
        if let Err(BadCell { column, expected }) = hand_over(log, row, offset, sink) {
            let name = log.columns().get(column).copied().unwrap_or_default();
            let found: String = row.cell(column).unwrap_or("not there").chars().take(40).collect();
            let detail = format!("`{name}` should be {expected}, and is `{found}`");
            sink.problem(Problem::new(ProblemKind::Malformed, offset, detail));
        }
    }

    fn end(&mut self, sink: &mut dyn Sink) {
        self.passed.tell(sink, |path| format!("a log of {path}"));
    }

    fn beside(&mut self, _: &[u8]) -> Option<Self> {
        Some(Self::default())
    }
}

#[derive(Clone, Copy)]
struct Object<'a> {
    text: &'a str,
    members: &'a Members,
    log: Log,
}

impl<'a> Row<'a> for Object<'a> {
    fn cell(self, column: usize) -> Option<&'a str> {
        self.members.text(self.text, self.log.columns().get(column)?)
    }

    fn elements(self, column: usize, take: &mut dyn FnMut(&str)) -> bool {
        let array = self.log.columns().get(column).and_then(|name| self.members.array(self.text, name));
        let Some(array) = array else { return true };
        let each = &mut |element: Element<'_>| {
            if let Element::Text(text) = element {
                take(&text);
            }
        };
        elements(array, each).is_ok()
    }
}
