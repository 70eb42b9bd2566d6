//! The configuration that a kernel carries in itself (`CONFIG_IKCONFIG`).
//!
//! Finds: the text of the configuration. How: the mark `IKCFG_ST`, a gzip stream, the mark `IKCFG_ED`.
//! Wrong when: carved from unknown bytes, the stream must be whole. Misses: configurations in a kernel that is itself
//! still compressed. Source: Linux kernel/configs.c.

use crate::broken;
use crate::bytes::{slice, tail};
use crate::compression::gzip::Gzip;
use crate::{Description, Entry, EntryKind, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};

/// An embedded kernel configuration.
pub struct KernelConfig;

static DESCRIPTION: Description = Description {
    name: "ikconfig",
    title: "configuration embedded in a Linux kernel",
    magics: &[Magic { offset: 0, bytes: START }],
    yields: "the configuration as text, `config`",
    limits: &["the kernel around it is another format"],
    source: "Linux, kernel/configs.c",
};

const START: &[u8] = b"IKCFG_ST";
const END: &[u8] = b"IKCFG_ED";

impl Format for KernelConfig {
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
        let stream = data.strip_prefix(START)?;
        let mut inner = None;
        let read = Gzip.read(stream, place, limits, &mut |entry| inner = Some(entry.kind));
        let (Some(reading), Some(EntryKind::Stream(content))) = (read, inner) else {
            return broken::header(data, place, &DESCRIPTION, || {
                if stream.len() < 10 {
                    return broken::cut_off(data);
                }
                let detail = "no gzip stream stands behind the mark";
                Problem::new(ProblemKind::Malformed, START.len() as u64, detail)
            });
        };
        let mut problems = reading.problems;
        for problem in &mut problems {
            problem.offset += START.len() as u64;
        }
        let mut size = START.len() + reading.size;
        let end = tail(data, size);
        if end.starts_with(END) {
            size += END.len();
        } else if end.len() < END.len() && problems.is_empty() {
            problems.push(Problem::new(
                ProblemKind::Truncated,
                data.len() as u64,
                "the closing mark is cut off",
            ));
            size = data.len();
        } else if problems.is_empty() {
            problems.push(Problem::new(
                ProblemKind::Malformed,
                size as u64,
                "no closing mark behind the stream",
            ));
        }
        // Inside, a stream that breaks off in the midst proves nothing, and the closing mark proves all.
        let whole = slice(data, size.saturating_sub(END.len()), END.len()) == Some(END);
        if place == Place::Inside && !whole && problems.iter().any(|problem| problem.kind.hides_bytes()) {
            return None;
        }
        sink(Entry::stream(b"config".as_slice(), content, Some(START.len() as u64)));
        Some(Reading { size, attributes: Vec::new(), problems })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, read};
    use std::io::Write;

    fn config() -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(b"CONFIG_ISLAND=y\n").unwrap();
        [START, &gzip.finish().unwrap(), END].concat()
    }

    #[test]
    fn text_between_the_marks() {
        let data = [&config()[..], b"and more"].concat();
        let (reading, entries) = read(&KernelConfig, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, reading.problems), (data.len() - 8, vec![]));
        assert_eq!((&*entries[0].path, bytes_of(&entries)), (&b"config"[..], b"CONFIG_ISLAND=y\n".to_vec()));
    }

    #[test]
    fn damage() {
        let data = config();
        let (reading, _) = read(&KernelConfig, &data[..data.len() - 3], Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Truncated);
        assert!(read(&KernelConfig, &data[..data.len() - 12], Place::Inside).is_none());
        assert!(read(&KernelConfig, b"IKCFG_ST in a script", Place::Inside).is_none());
        let other = [&data[..data.len() - 8], &b"something"[..]].concat();
        let (reading, _) = read(&KernelConfig, &other, Place::Start).unwrap();
        assert_eq!(reading.problems[0].kind, ProblemKind::Malformed);
    }
}
