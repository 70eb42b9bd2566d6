//! Apache Parquet as the table that it holds: a line with the names of its columns, then a line for each row, with tabs between.
//!
//! So the reader of tables reads it, with the same mapping, and an offset is one in this text. Instants are seconds since 1970 with a
//! fraction, what is null is empty, control characters are `\xNN`. A file is held in memory while it is read, since its table of contents
//! stands at its end and a column's pages lie apart. What breaks off is an error behind the rows before.
//!
//! Misses: columns of lists, structures, decimals and bytes, which are left out; pages packed with Zstandard, Brotli or LZO, which this
//! build has no decoder for (the one for Zstandard would be the only C that hostile input meets).
//! Source: github.com/apache/parquet-format, by the crate `parquet`.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use std::fmt::Write as _;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Rows that are decoded at a time.
const ROWS: usize = 8192;

/// The text of a file.
pub(super) struct Text {
    state: State,
    text: Vec<u8>,
    at: usize,
}

enum State {
    Closed(Bytes),
    Open(ParquetRecordBatchReader),
    Failed(String),
    Done,
}

impl Text {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { state: State::Closed(Bytes::copy_from_slice(bytes)), text: Vec::new(), at: 0 }
    }

    /// The next rows, or the names of the columns; nothing where it ended.
    fn more(&mut self) -> Result<Option<String>, String> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Done => Ok(None),
            State::Failed(why) => {
                self.state = State::Failed(why.clone());
                Err(why)
            }
            State::Closed(bytes) => {
                let reader = guarded(|| {
                    // A schema of Arrow's that is stored beside may say anything.
                    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
                    ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options)
                        .and_then(|builder| builder.with_batch_size(ROWS).build())
                        .map_err(|error| error.to_string())
                })?;
                let fields = arrow_array::RecordBatchReader::schema(&reader);
                let names = fields
                    .fields()
                    .iter()
                    .filter(|field| is_cell(field.data_type()))
                    .map(|field| plain(field.name()));
                let header = names.collect::<Vec<_>>().join("\t") + "\n";
                self.state = State::Open(reader);
                Ok(Some(header))
            }
            State::Open(mut reader) => match guarded(|| Ok(reader.next()))? {
                None => Ok(None),
                Some(batch) => {
                    let text = lines(&batch.map_err(|error| error.to_string())?);
                    self.state = State::Open(reader);
                    Ok(Some(text))
                }
            },
        }
    }
}

/// What a decoder makes of it; one that gives up by panicking fails alone.
fn guarded<T>(what: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(what)).unwrap_or_else(|_| Err("the decoder of Parquet gave up".to_owned()))
}

impl Read for Text {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.text.len() {
            match self.more() {
                Ok(Some(text)) => (self.text, self.at) = (text.into_bytes(), 0),
                Ok(None) => return Ok(0),
                Err(why) => {
                    self.state = State::Failed(why.clone());
                    return Err(io::Error::other(format!("Parquet: {why}")));
                }
            }
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}

/// Whether a column's values are cells of a table.
fn is_cell(kind: &DataType) -> bool {
    matches!(
        kind,
        DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Boolean
            | DataType::Float32
            | DataType::Float64
            | DataType::Timestamp(..)
            | DataType::Date32
    ) || kind.is_integer()
}

fn lines(batch: &RecordBatch) -> String {
    let columns: Vec<_> = batch.columns().iter().filter(|column| is_cell(column.data_type())).collect();
    let mut out = String::new();
    for row in 0..batch.num_rows() {
        for (number, column) in columns.iter().enumerate() {
            if number > 0 {
                out.push('\t');
            }
            if column.is_valid(row) {
                cell(column.as_ref(), row, &mut out);
            }
        }
        out.push('\n');
    }
    out
}

/// A value that there is, as text.
fn cell(column: &dyn Array, row: usize, out: &mut String) {
    macro_rules! number {
        ($type:ty) => {
            // Writing to a String cannot fail.
            {
                let _ = write!(out, "{}", column.as_primitive::<$type>().value(row));
            }
        };
    }
    match column.data_type() {
        DataType::Utf8 => *out += &plain(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => *out += &plain(column.as_string::<i64>().value(row)),
        DataType::Utf8View => *out += &plain(column.as_string_view().value(row)),
        DataType::Boolean => *out += if column.as_boolean().value(row) { "true" } else { "false" },
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float32 => number!(Float32Type),
        DataType::Float64 => number!(Float64Type),
        DataType::Date32 => {
            let days = i64::from(column.as_primitive::<Date32Type>().value(row));
            let _ = write!(out, "{}", days * 86_400);
        }
        DataType::Timestamp(unit, _) => {
            let (value, parts, digits) = match unit {
                TimeUnit::Second => (column.as_primitive::<TimestampSecondType>().value(row), 1, 0),
                TimeUnit::Millisecond => {
                    (column.as_primitive::<TimestampMillisecondType>().value(row), 1000, 3)
                }
                TimeUnit::Microsecond => {
                    (column.as_primitive::<TimestampMicrosecondType>().value(row), 1_000_000, 6)
                }
                TimeUnit::Nanosecond => {
                    (column.as_primitive::<TimestampNanosecondType>().value(row), 1_000_000_000, 9)
                }
            };
            // A moment before 1970 has a sign of its own: -0.25 is a quarter of a second before.
            let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
            let _ = write!(out, "{sign}{}", value / parts);
            if digits > 0 {
                let _ = write!(out, ".{:0digits$}", value % parts);
            }
        }
        _ => {}
    }
}

/// A text as a cell: control characters are `\xNN`; one that begins with a quotation mark stands in such.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            let _ = write!(out, "\\x{:02x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    if out.starts_with('"') { format!("\"{}\"", out.replace('"', "\"\"")) } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::{Keep, Pairing, Weighing};
    use crate::reading::{Manner, read};
    use arrow_array::{
        Float64Array, Int32Array, Int64Array, ListArray, StringArray, TimestampMicrosecondArray,
    };
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Compression;
    use parquet::file::properties::WriterProperties;
    use proptest::prelude::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    /// Forty connections, in groups of 15 rows.
    fn file(compression: Compression) -> Vec<u8> {
        let texts = |of: &dyn Fn(i64) -> Option<String>| Arc::new((0..40).map(of).collect::<StringArray>());
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>((0..40).map(|n| Some(vec![Some(n)])));
        let columns: Vec<(&str, Arc<dyn Array>)> = vec![
            (
                "when",
                Arc::new(
                    (0..40)
                        .map(|n| Some(1_793_577_600_250_000 + n * 60_000_000))
                        .collect::<TimestampMicrosecondArray>(),
                ),
            ),
            ("src", texts(&|n| Some(format!("10.0.0.{}", n % 2)))),
            ("dst", texts(&|_| Some("192.0.2.7".to_owned()))),
            ("dport", Arc::new((0..40).map(|_| Some(443)).collect::<Int32Array>())),
            ("bytes", Arc::new((0..40).map(|n| (n % 5 > 0).then_some(100 + n)).collect::<Int64Array>())),
            ("took", Arc::new((0..40).map(|n| Some(f64::from(n as i32) / 4.0)).collect::<Float64Array>())),
            ("sni", texts(&|n| (n % 3 == 0).then(|| "a\tb\"\n".to_owned()))),
            ("tags", Arc::new(lists)),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let settings = WriterProperties::builder()
            .set_compression(compression)
            .set_max_row_group_row_count(Some(15))
            .build();
        let mut out = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(settings)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        out
    }

    fn text(bytes: &[u8]) -> (String, Option<String>) {
        let mut text = Vec::new();
        let outcome = Text::of(bytes).read_to_end(&mut text);
        (String::from_utf8(text).unwrap(), outcome.err().map(|error| error.to_string()))
    }

    #[test]
    fn a_file_is_the_table_that_it_holds() {
        let (plain, error) = text(&file(Compression::UNCOMPRESSED));
        assert_eq!(error, None);
        let lines: Vec<&str> = plain.lines().collect();
        assert_eq!((lines.len(), lines[0]), (41, "when\tsrc\tdst\tdport\tbytes\ttook\tsni"));
        assert_eq!(lines[1], "1793577600.250000\t10.0.0.0\t192.0.2.7\t443\t\t0\ta\\x09b\"\\x0a");
        assert_eq!(lines[2], "1793577660.250000\t10.0.0.1\t192.0.2.7\t443\t101\t0.25\t");
        for compression in [Compression::SNAPPY, Compression::LZ4_RAW, Compression::GZIP(Default::default())]
        {
            assert_eq!(text(&file(compression)), (plain.clone(), None));
        }
    }

    #[test]
    fn it_is_read_by_a_mapping_like_any_table() {
        let columns = [
            ("start", "when"),
            ("source", "src"),
            ("destination", "dst"),
            ("destination_port", "dport"),
            ("duration", "took"),
            ("sent_payload", "bytes"),
        ];
        let columns = columns.map(|(field, column)| (field.to_owned(), column.to_owned())).to_vec();
        let settings = banbury_formats::traffic::Settings { columns, ..Default::default() };
        let manner = Manner::new(None, settings).unwrap();
        let pairing = Pairing::new(1 << 20, None);
        let bytes = file(Compression::SNAPPY);
        let accounts = read(&[&bytes], &manner, &pairing, &AtomicBool::new(false));
        assert_eq!(
            (accounts[0].format.as_deref(), accounts[0].flows, accounts[0].malformed),
            (Some("table"), 40, 0)
        );
        assert_eq!(
            (accounts[0].packing.map(|it| it.as_str()), &accounts[0].not_read),
            (Some("parquet"), &None)
        );
        let weighing = Weighing { least: 4, rita_alone: false, goes_on: false };
        let pairs = pairing.weigh(&weighing, &|_| Keep::Plain).unwrap().pairs;
        assert_eq!((pairs.len(), pairs[0].contacts, pairs[0].first), (2, 20, 1_793_577_600_250_000));
    }

    #[test]
    fn what_is_damaged_is_an_error_and_no_panic() {
        let bytes = file(Compression::SNAPPY);
        for end in (0..bytes.len()).step_by(7) {
            assert!(text(&bytes[..end]).1.is_some(), "{end}");
        }
        assert!(text(b"PAR1PAR1").1.is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_byte_may_be_another(at in any::<prop::sample::Index>(), value in any::<u8>()) {
            let mut bytes = file(Compression::UNCOMPRESSED);
            let at = at.index(bytes.len());
            bytes[at] = value;
            let _ = text(&bytes);
        }
    }
}
