//! The ledger: one SQLite file that keeps all that is known in a case. Nothing in it is changed or deleted.
//!
//! Tables are append-only by trigger. What people and regimes read are the views in `views.sql`; those are the public
//! interface. Each exhibit's examination is one transaction: a process killed at any moment loses at most the exhibit
//! it was working on.

mod duties;
mod history;
mod model;
mod read;
mod record;

pub use history::{Deployed, Disposition};
pub use read::{StoredClaim, StoredRun};
pub use record::{Clock, Recorded};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use std::path::{Path, PathBuf};

/// The version of the tables in `schema.sql` and what followed it, kept in `PRAGMA user_version`.
pub const SCHEMA_VERSION: i64 = 7;

/// The documented views, as they are created in the ledger.
pub const VIEWS: &str = include_str!("views.sql");

/// What each version of the tables added to the one before it.
const SCHEMAS: [&str; SCHEMA_VERSION as usize] = [
    include_str!("schema.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
    include_str!("schema-6.sql"),
    include_str!("schema-7.sql"),
];

/// `BANB` in ASCII: marks the file as a ledger (`PRAGMA application_id`).
const APPLICATION_ID: i64 = 0x42_41_4E_42;

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
}

/// What can go wrong with the ledger as such.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database reports an error.
    #[error("{path}: {source}")]
    Database {
        /// The ledger's file.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// The file is not there.
    #[error("{path}: no ledger here; make a case with `banbury init`")]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is a database, but no ledger.
    #[error("{path}: a database, but not a Banbury ledger (application id {found:#x})")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The application id that stands in it.
        found: i64,
    },
    /// The ledger was written by a newer version.
    #[error(
        "{path}: written by a newer Banbury (tables of version {found}, this program knows {SCHEMA_VERSION}); use that version"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version that stands in it.
        found: i64,
    },
    /// A value in the ledger is not what its column may hold.
    #[error("{path}: {what} in the ledger cannot be read: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which value.
        what: String,
        /// Why not.
        why: String,
    },
}

impl Ledger {
    /// Opens the ledger at `path`, making it if it is not there, and brings it to this version.
    pub fn create(path: &Path) -> Result<Self, LedgerError> {
        Self::open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Opens an existing ledger and brings it to this version.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        if !path.is_file() {
            return Err(LedgerError::Missing { path: path.to_owned() });
        }
        Self::open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// A ledger that is kept in memory alone, for an inspection without a case and for tests.
    pub fn in_memory() -> Result<Self, LedgerError> {
        Self::open_with(Path::new(":memory:"), OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    fn open_with(path: &Path, flags: OpenFlags) -> Result<Self, LedgerError> {
        let database = |source| LedgerError::Database { path: path.to_owned(), source };
        let connection =
            Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(database)?;
        let mut ledger = Self { connection, path: path.to_owned() };
        ledger.connection.busy_timeout(std::time::Duration::from_secs(10)).map_err(database)?;
        // A table that others refer to is made anew in a migration; that they still do is checked before it is kept.
        ledger.connection.pragma_update(None, "foreign_keys", false).map_err(database)?;
        ledger.migrate()?;
        ledger.connection.pragma_update(None, "foreign_keys", true).map_err(database)?;
        Ok(ledger)
    }

    /// Where the ledger stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The connection, for queries over the views. Writing through it fails on what is there already, by trigger;
    /// callers other than this crate read.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The same, for a reader that sets hooks or limits on the connection while it reads (a regime's bounds) and takes
    /// them off again.
    pub fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// A second connection to the same file that cannot write, for queries that a regime brings along.
    pub fn reader(&self) -> Result<Connection, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(&self.path, flags).map_err(|source| self.error(source))
    }

    pub(crate) fn error(&self, source: rusqlite::Error) -> LedgerError {
        LedgerError::Database { path: self.path.clone(), source }
    }

    fn migrate(&mut self) -> Result<(), LedgerError> {
        let path = self.path.clone();
        let database = |source| LedgerError::Database { path: path.clone(), source };
        let pragma = |name: &str| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let (id, version) =
            (pragma("application_id").map_err(database)?, pragma("user_version").map_err(database)?);
        let tables: i64 = self
            .connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .map_err(database)?;
        if tables > 0 && id != APPLICATION_ID {
            return Err(LedgerError::Foreign { path, found: id });
        }
        if version > SCHEMA_VERSION {
            return Err(LedgerError::Newer { path, found: version });
        }
        // A new file gets its journal mode before its first table; an existing one keeps what it has.
        if tables == 0 {
            self.connection.pragma_update(None, "journal_mode", "WAL").map_err(database)?;
        }
        self.connection.pragma_update(None, "synchronous", "FULL").map_err(database)?;
        let stamp = crate::Digest::of(VIEWS.as_bytes()).to_string();
        let known: Option<String> = if version == SCHEMA_VERSION {
            self.connection
                .query_row("SELECT value FROM ledger_settings WHERE name = 'views'", [], |row| row.get(0))
                .optional()
                .map_err(database)?
        } else {
            None
        };
        if known.as_deref() == Some(stamp.as_str()) {
            return Ok(());
        }
        let transaction = self
            .connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(database)?;
        // Another process may have done the work between the check above and the lock.
        let version: i64 =
            transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(database)?;
        drop_views(&transaction).map_err(database)?;
        for (made, schema) in (1..).zip(SCHEMAS).filter(|(made, _)| *made > version) {
            transaction.execute_batch(schema).map_err(database)?;
            transaction.pragma_update(None, "user_version", made).map_err(database)?;
        }
        if version < 1 {
            transaction
                .execute_batch(
                    "CREATE TABLE ledger_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;",
                )
                .map_err(database)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(database)?;
        }
        if version < SCHEMA_VERSION {
            append_only(&transaction).map_err(database)?;
            if let Some(table) = stray(&transaction).map_err(database)? {
                return Err(LedgerError::Damaged {
                    path,
                    what: format!("the table {table}"),
                    why: "it refers to rows that are not there".to_owned(),
                });
            }
        }
        transaction.execute_batch(VIEWS).map_err(database)?;
        transaction
            .execute("INSERT OR REPLACE INTO ledger_settings (name, value) VALUES ('views', ?1)", [&stamp])
            .map_err(database)?;
        transaction.commit().map_err(database)
    }
}

/// Makes every table refuse changes and deletions; the settings of the program itself (which views stand there) are
/// no evidence and are exempt.
fn append_only(connection: &Connection) -> rusqlite::Result<()> {
    for table in names(connection, "table")? {
        if table == "ledger_settings" {
            continue;
        }
        for (event, verb) in [("UPDATE", "changed"), ("DELETE", "deleted")] {
            connection.execute_batch(&format!(
                "CREATE TRIGGER IF NOT EXISTS {table}_no_{lower} BEFORE {event} ON {table} \
                 BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {table} cannot be {verb}'); END;",
                lower = event.to_lowercase(),
            ))?;
        }
    }
    Ok(())
}

fn drop_views(connection: &Connection) -> rusqlite::Result<()> {
    for view in names(connection, "view")? {
        connection.execute_batch(&format!("DROP VIEW \"{view}\";"))?;
    }
    Ok(())
}

/// A table with a row that refers to one that is not there.
fn stray(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row("PRAGMA foreign_key_check", [], |row| row.get(0)).optional()
}

fn names(connection: &Connection, kind: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_schema WHERE type = ?1 AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )?;
    let rows = statement.query_map([kind], |row| row.get(0))?;
    rows.collect()
}

#[cfg(test)]
mod tests;
