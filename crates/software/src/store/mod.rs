//! The feed database: one SQLite file.
//!
//! An import is one transaction: a feed that is cut short, or a process that is killed, leaves what was there. Records
//! stream through; what an advisory says on each product is collected aside and then added in the order of the table, and
//! indices that a first import would only slow down are made after it.

mod import;
pub(crate) mod says;
#[cfg(test)]
mod tests;

pub use import::Imported;

use crate::Error;
use crate::feed::Problems;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The version of the schema.
const VERSION: i64 = 2;

/// A feed database that is open.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
}

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The date of feeds that state none (Debian's tracker), as ISO 8601.
    pub dated: Option<String>,
    /// The day of the import, as ISO 8601: a feed that is there and says a later day holds no other off.
    pub today: Option<String>,
}

/// A file as it was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedFile {
    /// The feed's name.
    pub feed: String,
    /// Its family: the newer file of a family replaces the older.
    pub family: String,
    /// The name of the file or folder, without where it stood.
    pub name: String,
    /// SHA-256 of the file; of a folder, of the list of its files (`sha256  path` and a line end each).
    pub sha256: String,
    /// Its length; of a folder, of all files in it.
    pub bytes: u64,
    /// The feed's own date; of feeds that state none, of their newest record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
    /// How many records there were.
    pub records: u64,
    /// How many of them were older than what the database already had, and so not used.
    pub older: u64,
    /// What was wrong.
    pub problems: Problems,
}

impl ImportedFile {
    /// How many days before `as_of` (ISO 8601) the feed was made; below zero where it was made later. `None` where one of
    /// the two dates is not known.
    pub fn age_in_days(&self, as_of: &str) -> Option<i64> {
        days_before(as_of, self.dated.as_deref()?)
    }
}

/// How many days before `as_of` a date is (both ISO 8601); below zero where it is later.
pub(crate) fn days_before(as_of: &str, dated: &str) -> Option<i64> {
    Some(day_number(as_of)? - day_number(dated)?)
}

/// Days of the Gregorian calendar, counted from one fixed day.
fn day_number(date: &str) -> Option<i64> {
    let digits = date.get(..10)?;
    let mut parts = digits.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // March is the first month, so that the leap day is the last of its year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day)
}

/// Bytes of the database that a look-up reads without a system call for each page, at most.
const MAPPED: i64 = 2 << 30;

/// How long is waited for another process. An import of all that there is takes a minute, and of its time the file is
/// locked from where its changes outgrow memory.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(180);

impl Store {
    /// Opens the database at `path` for importing; makes it where there is none.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path).map_err(|source| database(path, source))?;
        let store = Self { connection, path: path.to_owned() };
        let of = |source| database(path, source);
        store.connection.busy_timeout(PATIENCE).map_err(of)?;
        if store.tables().map_err(of)? == 0 {
            store.make().map_err(of)?;
        }
        store.checked()
    }

    /// Opens the database at `path` for looking up alone.
    pub fn open_to_read(path: &Path) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(|source| database(path, source))?;
        connection
            .busy_timeout(PATIENCE)
            .and_then(|()| connection.pragma_update(None, "mmap_size", MAPPED))
            // Or else a query is planned anew for each value that is bound.
            .and_then(|()| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true))
            .map_err(|source| database(path, source))?;
        Self { connection, path: path.to_owned() }.checked()
    }

    /// Imports a file, compressed or not, or a folder. One entry for each feed that was found in it.
    pub fn import(&mut self, path: &Path, options: &Options) -> Result<Vec<Imported>, Error> {
        import::import(&mut self.connection, &self.path, path, options)
    }

    /// Every file that was imported, in the order of imports.
    pub fn files(&self) -> Result<Vec<ImportedFile>, Error> {
        self.files_where("1")
    }

    /// The files whose records are in use: the newest of each family that is replaced as a whole, every one of others.
    pub fn files_in_use(&self) -> Result<Vec<ImportedFile>, Error> {
        self.files_where(
            "EXISTS (SELECT 1 FROM advisory WHERE advisory.file = file.id)
             OR EXISTS (SELECT 1 FROM score WHERE score.file = file.id)
             OR EXISTS (SELECT 1 FROM exploited WHERE exploited.file = file.id)
             OR EXISTS (SELECT 1 FROM support WHERE support.file = file.id)",
        )
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn failed(&self, source: rusqlite::Error) -> Error {
        database(&self.path, source)
    }

    pub(crate) fn unreadable(&self, source: serde_json::Error) -> Error {
        Error::Stored { path: self.path.clone(), source }
    }

    fn files_where(&self, condition: &str) -> Result<Vec<ImportedFile>, Error> {
        let query = format!(
            "SELECT feed, family, name, sha256, bytes, dated, records, older, problems FROM file
             WHERE {condition} ORDER BY id"
        );
        let mut statement = self.connection.prepare(&query).map_err(|source| self.failed(source))?;
        let rows = statement.query_map([], |row| {
            let file = ImportedFile {
                feed: row.get(0)?,
                family: row.get(1)?,
                name: row.get(2)?,
                sha256: row.get(3)?,
                bytes: row.get::<_, i64>(4)?.unsigned_abs(),
                dated: row.get(5)?,
                records: row.get::<_, i64>(6)?.unsigned_abs(),
                older: row.get::<_, i64>(7)?.unsigned_abs(),
                problems: Problems::default(),
            };
            Ok((file, row.get::<_, String>(8)?))
        });
        let mut files = Vec::new();
        for row in rows.map_err(|source| self.failed(source))? {
            let (file, problems) = row.map_err(|source| self.failed(source))?;
            let problems = serde_json::from_str(&problems).map_err(|source| self.unreadable(source))?;
            files.push(ImportedFile { problems, ..file });
        }
        Ok(files)
    }

    fn tables(&self) -> rusqlite::Result<i64> {
        self.connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))
    }

    /// Makes the tables, unless another process has just made them.
    fn make(&self) -> rusqlite::Result<()> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        if self.tables()? == 0 {
            self.connection.execute_batch(include_str!("schema.sql"))?;
        }
        transaction.commit()
    }

    fn checked(self) -> Result<Self, Error> {
        let version = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        let version = self.connection.query_row("PRAGMA user_version", [], version);
        let version = version.map_err(|source| self.failed(source))?;
        // Other programs number their databases too.
        let ours = "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('file', 'advisory', 'statement')";
        let ours = self.connection.query_row(ours, [], |row| row.get::<_, i64>(0));
        let found = match (version, ours.map_err(|source| self.failed(source))?) {
            (VERSION, 3) => return Ok(self),
            (VERSION, _) => "it has other tables".to_owned(),
            (other, _) => format!("its version is {other}, ours {VERSION}"),
        };
        Err(Error::Version { path: self.path, found })
    }
}

fn database(path: &Path, source: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{
        DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase, ReadOnly,
    };
    let remedy = match source.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked) => "another process is importing: try again when it has ended",
        Some(DatabaseCorrupt | NotADatabase) => "import the feeds into a new one",
        Some(DiskFull) => "make room and try again; what was imported before stays",
        Some(ReadOnly) => "it cannot be written to: give another with --feeds",
        _ => "",
    };
    Error::Database { path: path.to_owned(), source, remedy }
}
