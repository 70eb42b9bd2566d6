//! The confined child's answer on its way to the parent: lines of JSON, made and read on all cores.
//!
//! The first line is the answer without its lists of objects, and how long they are; each further one holds some rows of
//! a list. An image has thousands of objects, and nothing else is left to do while they go over.

use crate::folder::Written;
use banbury_evidence::{Examination, Kept, Object};
use rayon::prelude::*;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};

/// What a child has to say.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// What is in the exhibit.
    pub examination: Examination,
    /// Where it was written; absent when nothing was to be.
    pub written: Option<Written>,
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Head<A> {
    answer: A,
    objects: usize,
    kept: usize,
}

/// Rows of one list.
#[derive(Serialize)]
enum Rows<R> {
    Objects(R),
    Kept(R),
}

/// As it is read: both lists have rows of their own.
#[derive(Deserialize)]
enum Line {
    Objects(Vec<Object>),
    Kept(Vec<Kept>),
}

/// Rows of a line.
const ROWS: usize = 256;

/// Lines that are made before they are sent.
const LINES: usize = 64;

impl Answer {
    /// Sends it.
    pub(crate) fn send(mut self, output: &mut impl Write) -> io::Result<()> {
        let objects = std::mem::take(&mut self.examination.objects);
        let kept =
            self.written.as_mut().map(|written| std::mem::take(&mut written.objects)).unwrap_or_default();
        let head = Head { answer: &self, objects: objects.len(), kept: kept.len() };
        serde_json::to_writer(&mut *output, &head)?;
        send_rows(output, &objects, Rows::Objects)?;
        send_rows(output, &kept, Rows::Kept)?;
        output.flush()
    }

    /// Reads what was sent.
    pub(crate) fn receive(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let Head { mut answer, objects, kept }: Head<Self> =
            serde_json::from_slice(lines.next().unwrap_or_default())?;
        let rows: Vec<&[u8]> = lines.collect();
        let rows: Result<Vec<Line>, _> = rows.into_par_iter().map(serde_json::from_slice).collect();
        for row in rows? {
            match (row, &mut answer.written) {
                (Line::Objects(rows), _) => answer.examination.objects.extend(rows),
                (Line::Kept(rows), Some(written)) => written.objects.extend(rows),
                (Line::Kept(_), None) => {
                    return Err(serde_json::Error::custom("rows of a folder that is not there"));
                }
            }
        }
        let rows = answer.written.as_ref().map_or(0, |written| written.objects.len());
        if (answer.examination.objects.len(), rows) != (objects, kept) {
            return Err(serde_json::Error::custom("the answer breaks off between two lines"));
        }
        Ok(answer)
    }
}

fn send_rows<'r, R: Serialize + Sync>(
    output: &mut impl Write,
    rows: &'r [R],
    list: impl Fn(&'r [R]) -> Rows<&'r [R]> + Sync,
) -> io::Result<()> {
    for some in rows.chunks(ROWS * LINES) {
        let line = |rows: &'r [R]| serde_json::to_vec(&list(rows));
        let lines: Result<Vec<Vec<u8>>, _> = some.par_chunks(ROWS).map(line).collect();
        for line in lines? {
            output.write_all(b"\n")?;
            output.write_all(&line)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, engine};

    fn answer(written: Option<Written>) -> Answer {
        let archive: Vec<u8> = (0..700_u32)
            .flat_map(|number| {
                let name = format!("{number}\n\"\0");
                let header = format!("070701{number:08x}000081a4{:072}{:08x}{:08x}", 0, name.len(), 0);
                let mut entry = [header.as_bytes(), name.as_bytes()].concat();
                entry.resize(entry.len().next_multiple_of(4), 0);
                entry
            })
            .collect();
        let options = Options::default();
        let mut answer =
            Answer { examination: engine::examine(&archive, &options, &options.limits()), written };
        let objects = answer.examination.objects.len();
        if let Some(written) = &mut answer.written {
            written.objects =
                (0..objects).map(|at| Kept { path: Some(at.to_string()), ..Kept::default() }).collect();
        }
        answer
    }

    #[test]
    fn what_is_sent_is_received() {
        for written in [None, Some(Written::default())] {
            let mut bytes = Vec::new();
            answer(written.clone()).send(&mut bytes).unwrap();
            let rows = bytes.iter().filter(|byte| **byte == b'\n').count();
            assert!(rows > 2, "{rows}");
            assert_eq!(Answer::receive(&bytes).unwrap(), answer(written));
        }
    }

    #[test]
    fn a_cut_answer_is_none() {
        let mut bytes = Vec::new();
        answer(Some(Written::default())).send(&mut bytes).unwrap();
        for length in (0..bytes.len()).step_by(997) {
            assert!(Answer::receive(&bytes[..length]).is_err(), "{length}");
        }
        for (length, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            assert!(Answer::receive(&bytes[..length]).is_err(), "{length}");
        }
    }
}
