//! A tree as source text: what `dtc -I dtb -O dts` writes, but large values are named instead of spelt out.

use super::tree::{DeviceTree, Property};
use std::fmt::Write;

/// Values longer than this, in bytes, are entries of their own, and the text names them with `/incbin/`.
pub(super) const LARGE: usize = 4096;

/// Writes the tree, as long as `out` takes it.
pub(super) fn write(tree: &DeviceTree, out: &mut dyn Write) -> std::fmt::Result {
    out.write_str("/dts-v1/;\n\n")?;
    for (start, length) in &tree.reserved {
        writeln!(out, "/memreserve/\t{start:#018x} {length:#018x};")?;
    }
    let mut open = 0;
    for (index, node) in tree.nodes.iter().enumerate() {
        close(&mut open, node.depth, out)?;
        if index > 0 {
            out.write_char('\n')?;
        }
        indent(node.depth, out)?;
        if index == 0 {
            out.write_str("/")?;
        } else {
            plain(node.name, out)?;
        }
        out.write_str(" {\n")?;
        open = node.depth + 1;
        for property in tree.of(index) {
            indent(open, out)?;
            plain(property.name, out)?;
            if property.value.len() > LARGE {
                out.write_str(" = /incbin/(\"")?;
                plain(&entry_path(tree, index, property), out)?;
                out.write_str("\")")?;
            } else if !property.value.is_empty() {
                out.write_str(" = ")?;
                value(property.value, out)?;
            }
            out.write_str(";\n")?;
        }
    }
    close(&mut open, 0, out)
}

/// The path of the entry that a large value is.
pub(super) fn entry_path(tree: &DeviceTree, node: usize, property: &Property) -> Vec<u8> {
    let mut path = tree.path(node);
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(property.name);
    path
}

fn close(open: &mut usize, depth: usize, out: &mut dyn Write) -> std::fmt::Result {
    while *open > depth {
        *open -= 1;
        indent(*open, out)?;
        out.write_str("};\n")?;
    }
    Ok(())
}

fn indent(depth: usize, out: &mut dyn Write) -> std::fmt::Result {
    (0..depth).try_for_each(|_| out.write_char('\t'))
}

/// A name as it stands; bytes that no name has are escaped.
fn plain(bytes: &[u8], out: &mut dyn Write) -> std::fmt::Result {
    bytes.iter().try_for_each(|byte| match byte {
        0x21..=0x7e if !matches!(byte, b'"' | b'\\') => out.write_char(char::from(*byte)),
        _ => write!(out, "\\x{byte:02x}"),
    })
}

/// A value in the notation that its bytes suggest: texts, cells of 32 bits, or bytes.
fn value(bytes: &[u8], out: &mut dyn Write) -> std::fmt::Result {
    let nul = bytes.iter().filter(|byte| **byte == 0).count();
    let is_text = |byte: &u8| matches!(byte, 0 | 0x07..=0x0d | 0x20..=0x7e);
    if bytes.last() == Some(&0) && nul <= bytes.len() - nul && bytes.iter().all(is_text) {
        texts(bytes.strip_suffix(&[0]).unwrap_or(bytes), out)
    } else if bytes.len().is_multiple_of(4) {
        let (cells, _) = bytes.as_chunks::<4>();
        listed('<', '>', out, cells, |cell, out| write!(out, "{:#04x}", u32::from_be_bytes(*cell)))
    } else {
        listed('[', ']', out, bytes, |byte, out| write!(out, "{byte:02x}"))
    }
}

fn listed<T>(
    open: char,
    close: char,
    out: &mut dyn Write,
    items: &[T],
    one: impl Fn(&T, &mut dyn Write) -> std::fmt::Result,
) -> std::fmt::Result {
    out.write_char(open)?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_char(' ')?;
        }
        one(item, out)?;
    }
    out.write_char(close)
}

/// Texts between quotation marks, `"one", "two"` where NULs part them.
fn texts(bytes: &[u8], out: &mut dyn Write) -> std::fmt::Result {
    out.write_char('"')?;
    for byte in bytes {
        match byte {
            0 => out.write_str("\", \"")?,
            0x07 => out.write_str("\\a")?,
            0x08 => out.write_str("\\b")?,
            b'\t' => out.write_str("\\t")?,
            b'\n' => out.write_str("\\n")?,
            0x0b => out.write_str("\\v")?,
            0x0c => out.write_str("\\f")?,
            b'\r' => out.write_str("\\r")?,
            b'\\' => out.write_str("\\\\")?,
            b'"' => out.write_str("\\\"")?,
            _ => out.write_char(char::from(*byte))?,
        }
    }
    out.write_char('"')
}

/// Counts what is written.
#[derive(Default)]
pub(super) struct Counter(pub(super) u64);

impl Write for Counter {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 += text.len() as u64;
        Ok(())
    }
}

/// Takes text up to a number of bytes.
pub(super) struct Bounded {
    pub(super) text: String,
    pub(super) limit: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if self.text.len() + text.len() > self.limit {
            return Err(std::fmt::Error);
        }
        self.text.push_str(text);
        Ok(())
    }
}
