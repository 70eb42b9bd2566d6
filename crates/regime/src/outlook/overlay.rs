//! Hypothetical changes laid over the views of a ledger or workbench: temporary views of the same names before them.
//!
//! What it misses: single points of failure are computed at the import, so a change of links, or of what is in service, does
//! not change them here; views that the ledger derives from others (`shares`) show the network as it is.

use crate::compose::quoted;
use crate::error::RegimeError;
use crate::guard::schemas;
use rusqlite::{Connection, OptionalExtension as _};

/// A change of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Edit {
    /// The device is of another maker, one of several by number.
    Maker(String, usize),
    /// The contract gives access through the operator's mediation point only.
    Mediated(String),
    /// The finding of a review is fixed.
    Fixed(String),
}

/// The makers of hypothetical equipment, who stand on no list.
const OTHERS: [&str; 4] = [
    "another vendor (hypothetical)",
    "a second vendor (hypothetical)",
    "a third vendor (hypothetical)",
    "a fourth vendor (hypothetical)",
];

/// The laid views, taken off again at the end.
pub(super) struct Overlay<'c> {
    connection: &'c mut Connection,
    laid: Vec<&'static str>,
    /// Temporary views that stood under these names (a workbench has some), to be made again.
    moved: Vec<String>,
}

/// A view, the column that a change replaces, and the column by which the record is named.
const LAID: &[(&str, &str, &str, &str)] = &[
    ("devices", "manufacturer", "name", "maker"),
    ("contracts", "access", "name", "mediated"),
    ("contract_devices", "access", "contract", "mediated"),
    ("reviews", "state", "finding", "fixed"),
];

impl<'c> Overlay<'c> {
    pub fn lay(connection: &'c mut Connection) -> Result<Self, RegimeError> {
        connection.execute_batch(
            "CREATE TEMP TABLE hypothetical (kind TEXT, name TEXT, value TEXT, PRIMARY KEY (kind, name)) WITHOUT ROWID;",
        )?;
        let mut overlay = Self { connection, laid: Vec::new(), moved: Vec::new() };
        for (view, column, key, kind) in LAID {
            let Some((mut schema, columns)) = overlay.find(view)? else { continue };
            let mut source = (*view).to_owned();
            if let Some(definition) = overlay.own(view)? {
                source = format!("actual {view}");
                schema = "temp".to_owned();
                let body = definition.split_once(" AS").map(|(_, body)| body).unwrap_or_default();
                overlay.connection.execute_batch(&format!(
                    "DROP VIEW temp.{view}; CREATE TEMP VIEW {} AS {body};",
                    quoted(&source)
                ))?;
                overlay.moved.push(definition.replacen("CREATE VIEW", "CREATE TEMP VIEW", 1));
            }
            let columns: Vec<String> = columns
                .iter()
                .map(|name| {
                    let name = quoted(name);
                    // The maker is the manufacturer in small letters.
                    if name == quoted(column) || (*kind == "maker" && name == quoted("maker")) {
                        format!("coalesce(h.value, v.{name}) AS {name}")
                    } else {
                        format!("v.{name}")
                    }
                })
                .collect();
            overlay.connection.execute_batch(&format!(
                "CREATE TEMP VIEW {view} AS SELECT {} FROM {}.{} v
                 LEFT JOIN temp.hypothetical h ON h.kind = '{kind}' AND h.name = v.{}",
                columns.join(", "),
                quoted(&schema),
                quoted(&source),
                quoted(key)
            ))?;
            overlay.laid.push(view);
        }
        // What is counted over the devices is counted over the changed ones.
        for counted in ["segment_tallies", "tallies"] {
            if let Some(definition) = overlay.definition(counted)? {
                let own = definition.replacen("CREATE VIEW", "CREATE TEMP VIEW", 1);
                overlay.connection.execute_batch(&own)?;
                overlay.laid.push(counted);
            }
        }
        Ok(overlay)
    }

    /// The text of a temporary view of this name, where there is one.
    fn own(&self, view: &str) -> Result<Option<String>, RegimeError> {
        let sql = "SELECT sql FROM sqlite_temp_schema WHERE type = 'view' AND name = ?1";
        Ok(self.connection.query_row(sql, [view], |row| row.get(0)).optional()?)
    }

    /// The text of the ledger's view of this name, whichever database the ledger is.
    fn definition(&self, view: &str) -> Result<Option<String>, RegimeError> {
        for schema in schemas(self.connection)? {
            let sql = format!(
                "SELECT sql FROM {}.sqlite_schema WHERE type = 'view' AND name = ?1",
                quoted(&schema)
            );
            if let Some(found) = self.connection.query_row(&sql, [view], |row| row.get(0)).optional()? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The connection, with the changes in its views.
    pub fn connection(&mut self) -> &mut Connection {
        self.connection
    }

    /// Puts these changes in place of those before.
    pub fn change(&mut self, edits: &[Edit]) -> Result<(), RegimeError> {
        self.connection.execute_batch("DELETE FROM temp.hypothetical")?;
        let mut statement =
            self.connection.prepare_cached("INSERT OR REPLACE INTO temp.hypothetical VALUES (?1, ?2, ?3)")?;
        for edit in edits {
            let (kind, name, value) = match edit {
                Edit::Maker(device, number) => (
                    "maker",
                    device,
                    OTHERS.into_iter().cycle().nth(number % OTHERS.len()).unwrap_or_default(),
                ),
                Edit::Mediated(contract) => ("mediated", contract, "mediated"),
                Edit::Fixed(finding) => ("fixed", finding, "fixed"),
            };
            statement.execute([kind, name, value])?;
        }
        Ok(())
    }

    /// The database in which a view stands, not the temporary one, and its columns.
    fn find(&self, view: &str) -> Result<Option<(String, Vec<String>)>, RegimeError> {
        for schema in schemas(self.connection)? {
            let mut statement =
                self.connection.prepare("SELECT name FROM pragma_table_info(?1, ?2) ORDER BY cid")?;
            let columns: Vec<String> =
                statement.query_map([view, &schema], |row| row.get(0))?.collect::<Result<_, _>>()?;
            if !columns.is_empty() {
                return Ok(Some((schema, columns)));
            }
        }
        Ok(None)
    }
}

impl Drop for Overlay<'_> {
    fn drop(&mut self) {
        // There is nobody to tell; a view that stays would only last as long as the connection.
        for view in &self.laid {
            let _ = self.connection.execute_batch(&format!("DROP VIEW IF EXISTS temp.{view};"));
        }
        for definition in &self.moved {
            let name = definition.split_whitespace().nth(3).unwrap_or_default();
            let _ = self.connection.execute_batch(&format!(
                "DROP VIEW IF EXISTS temp.{}; {definition};",
                quoted(&format!("actual {name}"))
            ));
        }
        let _ = self.connection.execute_batch("DROP TABLE IF EXISTS temp.hypothetical;");
    }
}
