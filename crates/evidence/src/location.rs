use crate::{Digest, Subject, SubjectKind};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write as _};

/// Where a claim's evidence stands: from the exhibit's hash through every container, by offset, to the bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The exhibit everything else is counted from.
    pub exhibit: Digest,
    /// The containers from the exhibit inwards; empty for the exhibit itself.
    pub steps: Vec<Step>,
    /// Byte offset within the innermost object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Length in bytes of what is pointed at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Line in a text file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// One container on the way from an exhibit to a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// The container's format, as `banbury formats` names it.
    pub format: String,
    /// Where the container starts in the object that holds it, in bytes.
    pub offset: u64,
    /// Name of the entry in the container; bytes that are not UTF-8 stand as `\xNN`, a backslash as `\\`.
    /// Absent for the single content of a compressed stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Where the entry's bytes start in the container's own bytes, where it stores them in one piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
}

impl Location {
    /// The whole exhibit.
    pub fn exhibit(exhibit: Digest) -> Self {
        Self { exhibit, steps: Vec::new(), offset: None, length: None, line: None }
    }

    /// The same object, at `offset` for `length` bytes.
    pub fn range(&self, offset: u64, length: u64) -> Self {
        Self { offset: Some(offset), length: Some(length), ..self.clone() }
    }

    /// The same object, at a line (from 1) of its text that starts at byte `offset`.
    pub fn line(&self, line: u32, offset: u64) -> Self {
        Self { offset: Some(offset), line: Some(line), ..self.clone() }
    }

    /// The object one container further in.
    pub fn inside(&self, step: Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { exhibit: self.exhibit, steps, offset: None, length: None, line: None }
    }

    /// The subject that stands here: the exhibit, or an object inside it.
    pub fn subject(&self) -> Subject {
        if self.steps.is_empty() {
            return Subject::exhibit(&self.exhibit);
        }
        Subject { kind: SubjectKind::File, id: format!("{}{}", self.exhibit, self.path()) }
    }

    /// The way through the containers as text, such as `!gzip@0!cpio@0:etc/shadow`.
    pub fn path(&self) -> String {
        let mut text = String::new();
        for step in &self.steps {
            // Writing to a String cannot fail.
            let _ = write!(text, "!{}@{}", step.format, step.offset);
            if let Some(entry) = &step.entry {
                let _ = write!(text, ":{entry}");
            }
        }
        text
    }

    /// The innermost entry's name, where there is one.
    pub fn entry(&self) -> Option<&str> {
        self.steps.last().and_then(|step| step.entry.as_deref())
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.exhibit.short(), self.path())?;
        if let Some(line) = self.line {
            write!(f, " line {line}")?;
        }
        if let Some(offset) = self.offset {
            write!(f, " +{offset:#x}")?;
        }
        Ok(())
    }
}
