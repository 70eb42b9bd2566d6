//! What a measure's query may do: read the documented views, for so long, and return so many rows.
//!
//! How: SQLite's authorizer refuses every action but SELECT, reading a documented view (and through it its tables),
//! recursion, and functions of a list; a progress handler counts instructions; limits hold for the length of values.
//! A regime's definitions become temporary tables, which SQLite keeps outside the ledger, and which may have so many pages.
//! An instruction can be as long as its values are, so the handler has a clock too: it stops what instructions alone would
//! let run for hours, and is far above what they let any other query take, so that no verdict depends on it. All is taken
//! off again when the guard is dropped. What it misses: what a sort spills to a temporary file within the time.

use crate::clock;
use crate::compose::quoted;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::Value;
use rusqlite::{Connection, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// How much a measure's query may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Instructions of SQLite's virtual machine; 200 million are a few seconds.
    pub instructions: u64,
    /// Instructions more for each record of the network model.
    pub instructions_a_record: u64,
    /// Seconds of a processor, and as many more for each million records.
    pub seconds: u64,
    /// Rows returned.
    pub rows: usize,
    /// Rows in a definition's table.
    pub definition_rows: usize,
    /// Bytes in the tables of all definitions.
    pub definition_bytes: u64,
    /// Bytes in one value.
    pub value_bytes: u32,
    /// Bytes in all values returned.
    pub total_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            instructions: 200_000_000,
            instructions_a_record: 1_000,
            seconds: 60,
            rows: 1_000_000,
            definition_rows: 5_000_000,
            definition_bytes: 2 << 30,
            value_bytes: 1 << 20,
            total_bytes: 256 << 20,
        }
    }
}

impl Bounds {
    /// Instructions that a query over this ledger may use, and seconds.
    fn most(&self, connection: &Connection) -> (u64, u64) {
        let records =
            connection
                .query_row("SELECT coalesce(sum(\"rows\"), 0) FROM imported_tables", [], |row| row.get(0));
        let records = records.unwrap_or_default();
        let records: u64 = i64::unsigned_abs(records);
        let more = self.instructions_a_record.saturating_mul(records);
        (
            self.instructions.saturating_add(more),
            self.seconds.saturating_add(self.seconds.saturating_mul(records) / 1_000_000),
        )
    }
}

/// Functions that depend on their arguments alone and reach nothing outside the query.
pub(crate) const FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "ceil",
    "ceiling",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "date",
    "datetime",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "iif",
    "ifnull",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_object",
    "json_quote",
    "json_type",
    "json_valid",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "ln",
    "log",
    "log10",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "pow",
    "power",
    "printf",
    "quote",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "time",
    "timediff",
    "total",
    "trim",
    "trunc",
    "typeof",
    "unicode",
    "unixepoch",
    "upper",
    "->",
    "->>",
];

/// Table-valued functions that a query may read from.
const TABLE_FUNCTIONS: &[&str] = &["json_each", "json_tree"];

/// A table with so many rows needs no index.
const FEW: i64 = 200;

/// How many instructions pass between two looks at the bounds.
const STEP: u16 = 100;

/// Bytes in a page of the temporary database.
const PAGE: u64 = 4096;

/// The views and their columns, as they stand in the databases of the connection: temporary ones included (a scenario lays
/// its own over the ledger's), and those of an attached ledger, which may stand as tables before it (a workbench).
pub(crate) type Views = BTreeMap<String, Vec<String>>;

/// The databases of a connection, without the temporary one.
pub(crate) fn schemas(connection: &Connection) -> Result<Vec<String>> {
    let mut statement =
        connection.prepare("SELECT name FROM pragma_database_list WHERE name <> 'temp' ORDER BY seq")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Reads which views there are.
pub(crate) fn views(connection: &Connection) -> Result<Views> {
    let mut tables = vec!["sqlite_temp_schema".to_owned()];
    tables.extend(schemas(connection)?.iter().map(|schema| format!("{}.sqlite_schema", quoted(schema))));
    let each: Vec<String> =
        tables.iter().map(|table| format!("SELECT name FROM {table} WHERE type = 'view'")).collect();
    let mut statement = connection.prepare(&format!(
        "SELECT lower(v.name), c.name FROM ({}) v JOIN pragma_table_info(v.name) c ORDER BY v.name, c.cid",
        each.join(" UNION ")
    ))?;
    let mut views = Views::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        views.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(views)
}

/// What was refused, for the diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A table or virtual table that is no documented view.
    Table(String),
    /// A function that is not on the list.
    Function(String),
    /// Something other than reading.
    Action(&'static str),
}

/// Holds the connection while the bounds are on.
pub(crate) struct Guard<'c> {
    connection: &'c mut Connection,
    views: Views,
    made: Vec<String>,
    refused: Arc<Mutex<Option<Refused>>>,
    used: Arc<AtomicU64>,
    clock: Arc<Deadline>,
    limits: Vec<(Limit, i32)>,
    pages: i64,
    most: (u64, u64),
}

/// How long a query may keep its thread busy. Time in which others have the processor does not count: how loaded a machine is
/// changes no verdict.
struct Deadline {
    made: Instant,
    /// Milliseconds that a query may take.
    most: u64,
    /// When to look next, in milliseconds since `made`: before, the query cannot have had the time.
    look_at: AtomicU64,
    /// The thread's time when the query began.
    began: AtomicU64,
    passed: AtomicBool,
}

impl Deadline {
    fn now(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Milliseconds for which this thread has had a processor; the time of day where the system does not say.
    fn busy(&self) -> u64 {
        let line = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
        let nanoseconds = line.and_then(|line| line.split(' ').next()?.parse::<u64>().ok());
        nanoseconds.map_or_else(|| self.now(), |nanoseconds| nanoseconds / 1_000_000)
    }

    fn start(&self) {
        self.look_at.store(self.now().saturating_add(self.most), Ordering::Relaxed);
        self.began.store(self.busy(), Ordering::Relaxed);
        self.passed.store(false, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        if self.now() < self.look_at.load(Ordering::Relaxed) {
            return false;
        }
        let taken = self.busy().saturating_sub(self.began.load(Ordering::Relaxed));
        if taken >= self.most {
            self.passed.store(true, Ordering::Relaxed);
            return true;
        }
        self.look_at.store(self.now().saturating_add(self.most - taken), Ordering::Relaxed);
        false
    }
}

impl<'c> Guard<'c> {
    /// Puts the bounds on. The views are those of the connection: to read which there are takes longer than most queries.
    pub fn knowing(connection: &'c mut Connection, bounds: &Bounds, views: &Views) -> Result<Self> {
        let views = views.clone();
        let refused = Arc::new(Mutex::new(None));
        let used = Arc::new(AtomicU64::new(0));
        let most = bounds.most(connection);
        let clock = Arc::new(Deadline {
            made: Instant::now(),
            most: most.1.saturating_mul(1000),
            look_at: AtomicU64::new(0),
            began: AtomicU64::new(0),
            passed: AtomicBool::new(false),
        });
        clock.start();
        let pages = connection.query_row("PRAGMA temp.max_page_count", [], |row| row.get(0))?;
        let (counter, watch) = (Arc::clone(&used), Arc::clone(&clock));
        let limits = Vec::new();
        let mut guard =
            Self { connection, views, made: Vec::new(), refused, used, clock, limits, pages, most };
        guard.pages(i64::try_from(bounds.definition_bytes / PAGE).unwrap_or(pages).min(pages))?;
        let length = i32::try_from(bounds.value_bytes).unwrap_or(i32::MAX);
        for (limit, value) in [
            (Limit::SQLITE_LIMIT_LENGTH, length),
            (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000),
            (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
        ] {
            let before = guard.connection.limit(limit)?;
            guard.connection.set_limit(limit, value.min(before))?;
            guard.limits.push((limit, before));
        }
        guard.connection.progress_handler(
            i32::from(STEP),
            Some(move || counter.fetch_add(u64::from(STEP), Ordering::Relaxed) >= most.0 || watch.is_over()),
        )?;
        clock::stop(guard.connection)?;
        guard.authorize(None)?;
        Ok(guard)
    }

    /// The connection under the bounds; a new query starts with all its instructions and time.
    pub fn connection(&self) -> &Connection {
        self.used.store(0, Ordering::Relaxed);
        self.clock.start();
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.connection
    }

    /// What the query that was stopped takes more than.
    pub fn exceeded(&self) -> String {
        if self.clock.passed.load(Ordering::Relaxed) {
            format!("it takes more than {} seconds", self.most.1)
        } else {
            format!("it takes more than {} instructions", self.most.0)
        }
    }

    /// Says how many pages the temporary database may have.
    fn pages(&self, most: i64) -> Result<()> {
        let sql = format!("PRAGMA temp.max_page_count = {most}");
        self.connection.query_row(&sql, [], |_| Ok(()))
    }

    /// The views and tables that may be read, with their columns.
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// Makes a temporary table that queries may read, until the guard is dropped.
    pub fn table(&mut self, name: &str, columns: &[String], rows: &[Vec<Value>]) -> Result<()> {
        self.free()?;
        let made = self.fill(name, columns, rows);
        self.keep(name, columns.to_vec());
        self.authorize(None)?;
        made
    }

    /// Lets the next statements make the temporary table `name`, and nothing else but reading.
    pub fn making(&mut self, name: &str) -> Result<()> {
        self.free()?;
        self.authorize(Some(name))
    }

    /// Takes up the temporary table `name` that was made: queries may read it. It gets an index over its first column,
    /// by which such tables are joined. Gives back how many rows it has.
    pub fn made(&mut self, name: &str) -> Result<usize> {
        self.free()?;
        let table = quoted(name);
        let columns: Vec<String> = {
            let statement = self.connection.prepare(&format!("SELECT * FROM temp.{table}"))?;
            statement.column_names().map(str::to_owned).collect()
        };
        let rows: i64 =
            self.connection.query_row(&format!("SELECT count(*) FROM temp.{table}"), [], |row| row.get(0))?;
        if let Some(first) = columns.first().filter(|_| rows > FEW) {
            let index = quoted(&format!("{name} by its first column"));
            self.connection
                .execute_batch(&format!("CREATE INDEX temp.{index} ON {table} ({});", quoted(first)))?;
        }
        self.keep(name, columns);
        self.authorize(None)?;
        Ok(usize::try_from(rows).unwrap_or_default())
    }

    /// Takes up the temporary view `name` with these columns, made by a text that was found to read only what it may.
    pub fn view(&mut self, name: &str, columns: Vec<String>, sql: &str) -> Result<()> {
        self.free()?;
        let made = self.connection.execute_batch(sql);
        self.keep(name, columns);
        self.authorize(None)?;
        made
    }

    /// Takes the authorizer off, for statements of our own.
    fn free(&mut self) -> Result<()> {
        self.used.store(0, Ordering::Relaxed);
        self.clock.start();
        self.connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)
    }

    fn keep(&mut self, name: &str, columns: Vec<String>) {
        self.made.push(name.to_owned());
        self.views.insert(name.to_owned(), columns);
    }

    fn fill(&mut self, name: &str, columns: &[String], rows: &[Vec<Value>]) -> Result<()> {
        let listed: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        let marks = vec!["?"; columns.len()].join(", ");
        let name = quoted(name);
        // Dropped without its release, as on an error, the savepoint is rolled back.
        let savepoint = self.connection.savepoint()?;
        savepoint.execute_batch(&format!("CREATE TEMP TABLE {name} ({});", listed.join(", ")))?;
        let mut statement = savepoint.prepare(&format!("INSERT INTO temp.{name} VALUES ({marks})"))?;
        for row in rows {
            statement.execute(rusqlite::params_from_iter(row))?;
        }
        drop(statement);
        savepoint.commit()
    }

    fn authorize(&mut self, making: Option<&str>) -> Result<()> {
        let making = making.map(str::to_lowercase);
        let names: BTreeSet<String> = self.views.keys().cloned().collect();
        let tables = tables(self.connection)?;
        let refused = Arc::clone(&self.refused);
        self.connection.authorizer(Some(move |context: AuthContext<'_>| {
            match judge(&context, &names, &tables, making.as_deref()) {
                None => Authorization::Allow,
                Some(what) => {
                    refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(what);
                    Authorization::Deny
                }
            }
        }))
    }

    /// What was refused since the last query began.
    pub fn refused(&self) -> Option<Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // Taking a hook off cannot fail on an open connection, and there is nobody to tell.
        let _ = self.connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>);
        let _ = self.connection.progress_handler(0, None::<fn() -> bool>);
        // Views first, as it were: the last made reads the ones before it.
        for name in self.made.iter().rev() {
            let name = quoted(name);
            let table = self.connection.execute_batch(&format!("DROP TABLE IF EXISTS temp.{name};"));
            if table.is_err() {
                let _ = self.connection.execute_batch(&format!("DROP VIEW IF EXISTS temp.{name};"));
            }
        }
        let _ = clock::go_on(self.connection);
        for (limit, value) in &self.limits {
            let _ = self.connection.set_limit(*limit, *value);
        }
        let _ = self.pages(self.pages);
    }
}

fn tables(connection: &Connection) -> Result<BTreeSet<String>> {
    let mut statement = connection.prepare(
        "SELECT lower(name) FROM sqlite_schema WHERE type = 'table'
         UNION SELECT lower(name) FROM sqlite_temp_schema WHERE type = 'table'",
    )?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// What is wrong with an action; `None` when it is allowed.
fn judge(
    context: &AuthContext<'_>,
    views: &BTreeSet<String>,
    tables: &BTreeSet<String>,
    making: Option<&str>,
) -> Option<Refused> {
    if let Some(making) = making {
        // SQLite notes a table that is made in its own; no text of a regime can name one.
        let own = |name: &str| ["sqlite_temp_master", "sqlite_temp_schema"].contains(&name);
        let ours = |name: &str| name.eq_ignore_ascii_case(making);
        let allowed = match context.action {
            AuthAction::CreateTempTable { table_name } => ours(table_name),
            AuthAction::Insert { table_name } => ours(table_name) || own(table_name),
            AuthAction::Update { table_name, .. } => own(table_name),
            AuthAction::Read { table_name, .. } => own(table_name) && context.database_name == Some("temp"),
            _ => false,
        };
        if allowed {
            return None;
        }
    }
    match context.action {
        AuthAction::Select | AuthAction::Recursive => None,
        AuthAction::Read { table_name, column_name } => {
            let view = |name: &str| views.contains(&name.to_lowercase());
            // A read of no column is how SQLite asks about `EXISTS (SELECT 1 FROM name)`; then the name may be the
            // query's own common table expression, and anything that is no table of the ledger will do.
            let lower = table_name.to_lowercase();
            let own = column_name.is_empty()
                && !tables.contains(&lower)
                && !["sqlite_", "pragma_"].iter().any(|prefix| lower.starts_with(prefix));
            let allowed = own
                || view(table_name)
                || TABLE_FUNCTIONS.contains(&table_name)
                || context.accessor.is_some_and(view) && !table_name.starts_with("sqlite_");
            (!allowed).then(|| Refused::Table(table_name.to_owned()))
        }
        AuthAction::Function { function_name } => (!FUNCTIONS
            .contains(&function_name.to_lowercase().as_str()))
        .then(|| Refused::Function(function_name.to_owned())),
        AuthAction::Attach { .. } => Some(Refused::Action("ATTACH")),
        AuthAction::Detach { .. } => Some(Refused::Action("DETACH")),
        AuthAction::Pragma { .. } => Some(Refused::Action("PRAGMA")),
        AuthAction::Insert { .. } => Some(Refused::Action("INSERT")),
        AuthAction::Update { .. } => Some(Refused::Action("UPDATE")),
        AuthAction::Delete { .. } => Some(Refused::Action("DELETE")),
        _ => Some(Refused::Action("a statement other than SELECT")),
    }
}
