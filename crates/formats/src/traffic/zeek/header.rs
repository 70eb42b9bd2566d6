//! A log's header: which column is what, and how a cell says that it is empty or not set.

use super::record::{COLUMNS, Log, NEEDED};
use crate::traffic::values::{address, instant};

/// What the directives read so far say.
#[derive(Clone)]
pub(super) struct Header {
    pub(super) separator: u8,
    pub(super) set_separator: Vec<u8>,
    pub(super) empty: Vec<u8>,
    pub(super) unset: Vec<u8>,
    pub(super) path: Option<String>,
    fields: Vec<String>,
    types: Option<usize>,
    /// Where it began.
    pub(super) offset: u64,
}

/// How rows are read under a header.
#[derive(Clone)]
pub(super) struct Layout {
    pub(super) log: Log,
    /// Fields of a row.
    pub(super) fields: usize,
    /// The place of each of [`Log::columns`] in a row; `u16::MAX`, which no field has, where it is not there.
    pub(super) places: [u16; COLUMNS],
    /// What stands for a cell that is empty or not set begins like a number.
    pub(super) digits_are_marks: bool,
}

/// What a headless `conn.log` has in it, in Zeek's order.
const CONN: [&str; 22] = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "service",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "local_orig",
    "local_resp",
    "missed_bytes",
    "history",
    "orig_pkts",
    "orig_ip_bytes",
    "resp_pkts",
    "resp_ip_bytes",
    "tunnel_parents",
    "ip_proto",
];

impl Default for Header {
    fn default() -> Self {
        Self {
            separator: b'\t',
            set_separator: b",".to_vec(),
            empty: b"(empty)".to_vec(),
            unset: b"-".to_vec(),
            path: None,
            fields: Vec::new(),
            types: None,
            offset: 0,
        }
    }
}

impl Header {
    /// Honours one directive (a line that begins with `#`); says what is wrong with it. Whether it changed anything comes first.
    pub(super) fn directive(&mut self, line: &[u8], offset: u64) -> (bool, Option<String>) {
        if let Some(value) = line.strip_prefix(b"#separator") {
            // The one directive whose value stands behind a space.
            *self = Self { offset, ..Self::default() };
            let value = value.strip_prefix(b" ").or(value.strip_prefix(b"\t")).unwrap_or(value);
            return match *unescaped(value) {
                [byte] => {
                    self.separator = byte;
                    (true, None)
                }
                _ => (true, Some("a separator that is not one byte; taken for a tab".to_owned())),
            };
        }
        let mut parts = line.splitn(2, |byte| *byte == self.separator);
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let cells = |value: &[u8]| -> Vec<String> {
            value
                .split(|byte| *byte == self.separator)
                .map(|cell| String::from_utf8_lossy(cell).into_owned())
                .collect()
        };
        match name {
            b"#set_separator" => self.set_separator = unescaped(value),
            b"#empty_field" => self.empty = unescaped(value),
            b"#unset_field" => self.unset = unescaped(value),
            b"#path" => self.path = Some(String::from_utf8_lossy(value).into_owned()),
            b"#fields" => {
                self.fields = cells(value);
                self.types = None;
                self.offset = offset;
                let mut sorted = self.fields.clone();
                sorted.sort();
                if let Some([twice, _]) = sorted.array_windows::<2>().find(|[one, two]| one == two) {
                    return (
                        true,
                        Some(format!("a header names the field `{twice}` twice; the first is read")),
                    );
                }
            }
            b"#types" => {
                let count = cells(value).len();
                self.types = Some(count);
                if count != self.fields.len() {
                    let fields = self.fields.len();
                    return (true, Some(format!("a header has {fields} fields and {count} types")));
                }
            }
            _ => return (false, None),
        }
        (true, None)
    }

    /// How rows are read now, or why they are not.
    pub(super) fn layout(&self) -> Result<Layout, String> {
        if self.fields.is_empty() {
            return Err("no line `#fields` says which column is what".to_owned());
        }
        if self.fields.len() >= usize::from(u16::MAX) {
            return Err(format!("a log of {} fields, more than are read", self.fields.len()));
        }
        let names: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        let by_path = self.path.as_deref().and_then(Log::of_path);
        let log = match (by_path, self.path.as_deref()) {
            (Some(log), _) => log,
            (None, Some(path)) => return Err(format!("a log of the path `{path}`")),
            (None, None) => Log::of_fields(|name| names.contains(&name))
                .ok_or("a log of fields that are of no known log")?,
        };
        let mut layout = Layout::of(log, &names);
        let marks = [&self.unset, &self.empty];
        layout.digits_are_marks = marks.iter().any(|mark| mark.first().is_some_and(u8::is_ascii_digit));
        let mut needed = log.columns().iter().zip(layout.places).take(NEEDED);
        match needed.find(|(_, place)| *place == u16::MAX) {
            Some((name, _)) => Err(format!("a log without the field `{name}`")),
            None => Ok(layout),
        }
    }
}

impl Layout {
    fn of(log: Log, names: &[&str]) -> Self {
        let mut places = [u16::MAX; COLUMNS];
        for (place, column) in places.iter_mut().zip(log.columns()) {
            let found = names.iter().position(|name| name == column);
            *place = found.and_then(|place| u16::try_from(place).ok()).unwrap_or(u16::MAX);
        }
        Self { log, fields: names.len(), places, digits_are_marks: false }
    }

    /// How a row without a header is read that has the shape of a `conn.log`.
    pub(super) fn of_headless(line: &[u8]) -> Option<Self> {
        if !looks_like_conn(line) {
            return None;
        }
        let fields = cells(line).count();
        // Before 2.4 there was no local_resp.
        let names: Vec<&str> = match fields {
            20 => CONN.iter().copied().filter(|name| *name != "local_resp").take(20).collect(),
            _ => CONN.iter().copied().take(fields).collect(),
        };
        Some(Self::of(Log::Conn, &names))
    }
}

/// Whether a line has the fields of a `conn.log` in Zeek's order.
pub(super) fn looks_like_conn(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Ok(text) = std::str::from_utf8(line) else { return false };
    let cells: Vec<&str> = text.split('\t').collect();
    let holds = |at: usize, is: &dyn Fn(&str) -> bool| cells.get(at).is_some_and(|cell| is(cell));
    (20..=22).contains(&cells.len())
        && holds(0, &|cell| instant(cell).is_some())
        && holds(2, &|cell| address(cell).is_some())
        && holds(4, &|cell| address(cell).is_some())
        && holds(6, &|cell| matches!(cell, "tcp" | "udp" | "icmp" | "unknown_transport"))
}

fn cells(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b'\t')
}

/// `\x09` as the byte that it stands for.
fn unescaped(value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = value;
    while let [first, behind @ ..] = rest {
        if let [b'\\', b'x', high, low, behind @ ..] = rest
            && let (Some(high), Some(low)) = (char::from(*high).to_digit(16), char::from(*low).to_digit(16))
        {
            bytes.push((high << 4 | low) as u8);
            rest = behind;
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    bytes
}
