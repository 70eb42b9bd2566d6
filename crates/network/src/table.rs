use crate::draft::Draft;
use crate::import::Input;
use crate::nearest::distance;
use crate::{cells, rows};

/// A kind of input that the network model is imported from.
pub trait Table: Sync {
    /// What it is, its columns, and what its reader cannot do.
    fn describe(&self) -> &'static Description;

    /// How well an input of this name that starts with `head` fits; 0 when it is something else.
    #[doc(hidden)]
    fn fit(&self, name: &str, head: &Head) -> u32 {
        fit_columns(self.describe(), name, head)
    }

    /// Reads the input into the draft; what is wrong goes there too.
    #[doc(hidden)]
    fn read(&self, input: &Input<'_>, draft: &mut Draft);
}

/// An input's documentation.
#[derive(Debug)]
pub struct Description {
    /// Short name, unique: its folder in the corpus.
    pub name: &'static str,
    /// Name of the table in the ledger's view `imported_tables`.
    pub table: &'static str,
    /// Full name.
    pub title: &'static str,
    /// Columns that are read, or for a graph the attributes.
    pub columns: &'static [Column],
    /// Of these columns at least one has to be there for the table to be recognised; empty when the required ones do.
    pub marks: &'static [&'static str],
    /// Columns that only some other table has: with one of them it is not this table.
    pub foreign: &'static [&'static str],
    /// Whether a column that is not listed is worth a warning: in Banbury's own tables.
    pub closed: bool,
    /// What the reader does not read; never empty.
    pub limits: &'static [&'static str],
    /// The specification it was written from.
    pub source: &'static str,
}

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// Name as it is documented, in lower case with `_` between words.
    pub name: &'static str,
    /// Other names that mean the same, written likewise.
    pub others: &'static [&'static str],
    /// Whether a record without it is left out.
    pub required: bool,
    /// What it holds.
    pub holds: &'static str,
}

impl Column {
    /// Whether a normalised heading names this column.
    pub(crate) fn is(&self, heading: &str) -> bool {
        self.name == heading || self.others.contains(&heading)
    }
}

/// The beginning of an input, as recognition sees it.
pub struct Head {
    /// The first bytes.
    pub bytes: Vec<u8>,
    /// The first record's cells as normalised headings.
    pub headings: Vec<String>,
}

impl Head {
    /// Reads the headings of what `bytes` starts with.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        const ENOUGH: usize = 1 << 16;
        let bytes = bytes.get(..ENOUGH).unwrap_or(bytes);
        let (text, _) = cells::without_mark(bytes);
        // JSON and XML have no headings, whatever commas stand in them.
        let other = matches!(text.trim_ascii_start().first(), Some(b'{' | b'[' | b'<'));
        let record = cells::Records::after(text, &cells::lead(text)).next().filter(|_| !other);
        let headings = record.map_or_else(Vec::new, |record| {
            record.cells.iter().map(|cell| rows::heading(&String::from_utf8_lossy(&cell.bytes))).collect()
        });
        Self { bytes: bytes.to_vec(), headings }
    }

    fn has(&self, column: &Column) -> bool {
        self.headings.iter().any(|heading| column.is(heading))
    }
}

/// A table with all it needs fits by the number of columns it knows; a table with a misspelt column, or with the
/// table's own file name, fits a little, so that the mistake can be told at its place.
pub(crate) fn fit_columns(description: &Description, name: &str, head: &Head) -> u32 {
    if head.headings.iter().any(|heading| description.foreign.contains(&heading.as_str())) {
        return 0;
    }
    let known = description.columns.iter().filter(|column| head.has(column)).count() as u32;
    let marked = description.marks.is_empty()
        || description
            .columns
            .iter()
            .any(|column| description.marks.contains(&column.name) && head.has(column));
    let missing: Vec<&Column> =
        description.columns.iter().filter(|column| column.required && !head.has(column)).collect();
    if missing.is_empty() && marked {
        return 1000 + known;
    }
    let misspelt = marked
        && missing.iter().all(|column| {
            let most = (column.name.len() / 5).max(1);
            head.headings.iter().any(|heading| distance(heading, column.name) <= most)
        });
    let stem = name.rsplit(['/', '\\']).next().unwrap_or(name).split('.').next().unwrap_or_default();
    let named = stem.eq_ignore_ascii_case(description.table);
    if known > 0 && (misspelt || named) { 100 * u32::from(misspelt) + known } else { 0 }
}
