//! What keeps a feed from being imported or the database from being read.

use std::path::PathBuf;

/// An operation that could not be done. Malformed records are no error: they are problems of the import.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system or a decoder refused.
    #[error("cannot read {place}: {source}")]
    Read {
        /// The file, and the place within.
        place: String,
        /// Why.
        source: std::io::Error,
    },
    /// A feed that ends early.
    #[error(
        "{place} is cut short at byte {offset}: {what}. Nothing of it was used, and what was imported before stays; \
         fetch the file again"
    )]
    CutShort {
        /// The file, and the place within.
        place: String,
        /// Offset in the decompressed content.
        offset: u64,
        /// What should have followed.
        what: String,
    },
    /// A feed whose frame is broken, so that its records cannot be told apart.
    #[error(
        "{place} is broken at byte {offset}: {what}. Nothing of it was used, and what was imported before stays; \
         fetch the file again"
    )]
    Broken {
        /// The file, and the place within.
        place: String,
        /// Offset in the decompressed content.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// Not a feed that we know.
    #[error("{place} is no feed that is known here ({why}); known are: {known}")]
    Unrecognised {
        /// The file.
        place: String,
        /// What was seen.
        why: String,
        /// The feeds that there are.
        known: String,
    },
    /// A feed in which no record could be read.
    #[error("{place}: none of its {records} records could be read ({first}). What was imported before stays")]
    Nothing {
        /// The file.
        place: String,
        /// How many there are.
        records: u64,
        /// The first problem.
        first: String,
    },
    /// A snapshot that is older than the one in the database.
    #[error(
        "{place} is of {dated}, older than what is in the database ({present}). What is there stays; to go back, \
         import into a new database"
    )]
    Older {
        /// The file.
        place: String,
        /// Its date.
        dated: String,
        /// The date of what is there.
        present: String,
    },
    /// The database refused.
    #[error("feed database {path}: {source}{}{remedy}", if remedy.is_empty() { "" } else { "; " })]
    Database {
        /// The database.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
        /// What to do, where that is known.
        remedy: &'static str,
    },
    /// A database of another version, or none at all.
    #[error("{path} is no feed database of this version ({found}); import the feeds into a new one")]
    Version {
        /// The database.
        path: PathBuf,
        /// What it says.
        found: String,
    },
    /// What the database holds cannot be read back.
    #[error("feed database {path}: a record cannot be read back ({source}); import the feeds into a new one")]
    Stored {
        /// The database.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}
