//! An import: one transaction, records streaming through.

use super::{ImportedFile, Options, database, days_before, says};
use crate::Error;
use crate::advisory::{Advisory, Exploited, Record, Says, Score, Support};
use crate::feed::input::Input;
use crate::feed::source::{Document, digest, each_document};
use crate::feed::{Feed, Problem, ProblemKind, Problems, Reading, Replaces, recognise, stamp, unrecognised};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// What came of importing a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The file.
    pub file: ImportedFile,
    /// The very file had been imported before; nothing was done.
    pub unchanged: bool,
}

pub(super) fn import(
    connection: &mut Connection,
    database_path: &Path,
    path: &Path,
    options: &Options,
) -> Result<Vec<Imported>, Error> {
    let of = |source| database(database_path, source);
    let digest = digest(path)?.map(|digest| digest.to_string());
    if let Some(digest) = digest {
        let known = known(connection, &digest).map_err(of)?;
        if !known.is_empty() {
            return Ok(known);
        }
    }
    // Enough for the indices of a whole NVD, and a bound on memory. A change of temp_store drops temporary tables.
    connection.execute_batch("PRAGMA cache_size = -131072; PRAGMA temp_store = FILE;").map_err(of)?;
    connection.execute_batch(SCRATCH).map_err(of)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(of)?;
    let mut import = Import {
        next_advisory: maximum(&transaction, "advisory").map_err(of)? + 1,
        next_file: maximum(&transaction, "file").map_err(of)? + 1,
        transaction: &transaction,
        database_path,
        families: BTreeMap::new(),
        aside: Problems::default(),
        today: options.today.as_deref(),
        buffer: Vec::new(),
    };
    let single = !path.is_dir();
    let opened = each_document(path, &mut |document| import.document(document, single, options))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let imported =
        import.finish(&name, &opened.sha256.to_string(), opened.bytes, &path.display().to_string())?;
    transaction.commit().map_err(of)?;
    connection.execute_batch("PRAGMA optimize;").map_err(of)?;
    Ok(imported)
}

/// Tables of this connection alone: what an import adds, before it is put in order, and what it replaces.
const SCRATCH: &str = "
    CREATE TEMP TABLE IF NOT EXISTS added
        (key TEXT NOT NULL, advisory INTEGER NOT NULL, vulnerabilities TEXT NOT NULL, says TEXT NOT NULL);
    CREATE TEMP TABLE IF NOT EXISTS replaced (advisory INTEGER PRIMARY KEY);
    DELETE FROM temp.added;
    DELETE FROM temp.replaced;";

const MERGE: &str = "
    DELETE FROM temp.added WHERE advisory IN (SELECT advisory FROM temp.replaced);
    INSERT OR IGNORE INTO subject (key, name)
        SELECT DISTINCT key, substr(key, length(rtrim(key, replace(replace(key, ':', ''), '/', ''))) + 1)
        FROM temp.added ORDER BY key;
    INSERT INTO statement (subject, advisory, vulnerabilities, says)
        SELECT subject.id, added.advisory, added.vulnerabilities, added.says
        FROM temp.added AS added JOIN subject ON subject.key = added.key ORDER BY 1, 2;
    CREATE INDEX IF NOT EXISTS statement_advisory ON statement (advisory);
    CREATE INDEX IF NOT EXISTS advisory_file ON advisory (file);
    CREATE INDEX IF NOT EXISTS score_file ON score (file);
    DELETE FROM temp.added;
    DELETE FROM temp.replaced;";

struct Import<'a> {
    transaction: &'a Transaction<'a>,
    database_path: &'a Path,
    families: BTreeMap<&'static str, Family>,
    /// Files of a folder or archive that are no feeds.
    aside: Problems,
    today: Option<&'a str>,
    next_advisory: i64,
    next_file: i64,
    buffer: Vec<u8>,
}

/// What has been read of a family so far.
struct Family {
    feed: &'static dyn Feed,
    file: i64,
    records: u64,
    given: u64,
    older: u64,
    dated: Option<String>,
    stated: bool,
    problems: Problems,
}

impl Import<'_> {
    fn document(&mut self, document: Document<'_>, single: bool, options: &Options) -> Result<(), Error> {
        let Document { place, stem, reader } = document;
        let mut input = Input::new(place.clone(), reader, std::mem::take(&mut self.buffer));
        let Some(feed) = recognise(input.head()?) else {
            if single && !place.contains(".zip/") {
                return Err(unrecognised(&place, "what it begins with fits none of them"));
            }
            let zip = input.head()?.starts_with(b"PK\x03\x04");
            let what =
                if zip { "a zip within the zip: unpack it once" } else { "what it begins with fits no feed" };
            let what = what.to_owned();
            self.aside.add(Problem { kind: ProblemKind::Unrecognised, place, record: None, offset: 0, what });
            self.buffer = input.into_buffer();
            return Ok(());
        };
        let family = feed.describe().family;
        if !self.families.contains_key(family) {
            self.begin(feed)?;
        }
        let Some(mut state) = self.families.remove(family) else { return Ok(()) };
        let mut problems = std::mem::take(&mut state.problems);
        let (mut given, mut older) = (0, 0);
        let mut writer = Writer {
            transaction: self.transaction,
            family,
            file: state.file,
            next_advisory: &mut self.next_advisory,
            older: &mut older,
        };
        let database_path = self.database_path;
        let place_of = place.clone();
        let mut sink = |record: Record, number: u64, offset: u64, problems: &mut Problems| {
            given += 1;
            let twice = writer.write(record, number).map_err(|source| database(database_path, source))?;
            if let Some((kind, what)) = twice {
                let place = place_of.clone();
                problems.add(Problem { kind, place, record: Some(number), offset, what });
            }
            Ok(())
        };
        let mut reading = Reading {
            records: state.records,
            dated: state.dated.take(),
            stated: state.stated,
            problems: &mut problems,
            stem: &stem,
            sink: &mut sink,
        };
        feed.read(&mut input, &mut reading)?;
        (state.records, state.dated, state.stated) = (reading.records, reading.dated.take(), reading.stated);
        if state.dated.is_none() {
            state.dated = options.dated.clone();
        }
        (state.problems, state.given, state.older) = (problems, state.given + given, state.older + older);
        self.families.insert(family, state);
        self.buffer = input.into_buffer();
        Ok(())
    }

    /// The first document of a family: what it replaces as a whole goes.
    fn begin(&mut self, feed: &'static dyn Feed) -> Result<(), Error> {
        let of = |source| database(self.database_path, source);
        let description = feed.describe();
        if description.replaces == Replaces::Everything {
            let files = "file IN (SELECT id FROM file WHERE family = ?1)";
            for table in ["exploited", "score", "support"] {
                self.transaction
                    .execute(&format!("DELETE FROM {table} WHERE {files}"), [description.family])
                    .map_err(of)?;
            }
            let own = "SELECT id FROM advisory WHERE family = ?1";
            for (table, column) in [("body", "advisory"), ("statement", "advisory"), ("advisory", "id")] {
                let delete = format!("DELETE FROM {table} WHERE {column} IN ({own})");
                self.transaction.execute(&delete, [description.family]).map_err(of)?;
            }
        }
        let family = Family {
            feed,
            file: self.next_file,
            records: 0,
            given: 0,
            older: 0,
            dated: None,
            stated: false,
            problems: Problems::default(),
        };
        self.next_file += 1;
        self.families.insert(description.family, family);
        Ok(())
    }

    fn finish(self, name: &str, sha256: &str, bytes: u64, place: &str) -> Result<Vec<Imported>, Error> {
        let of = |source| database(self.database_path, source);
        if self.families.is_empty() {
            return Err(match self.aside.first.into_iter().next() {
                Some(first) => unrecognised(&first.place, &first.what),
                None => unrecognised(place, "there is no file in it"),
            });
        }
        let mut imported = Vec::new();
        for (family, mut state) in self.families {
            let description = state.feed.describe();
            for (kind, count) in &self.aside.counts {
                *state.problems.counts.entry(*kind).or_default() += count;
            }
            state.problems.first.extend(self.aside.first.iter().cloned());
            // A snapshot without a record would take everything out of the database.
            if state.given == 0 && (state.records > 0 || description.replaces == Replaces::Everything) {
                let first = state.problems.first.first().map(|problem| problem.what.clone());
                let first = first.unwrap_or_else(|| "there is none".to_owned());
                return Err(Error::Nothing { place: place.to_owned(), records: state.records, first });
            }
            let present = newest(self.transaction, family, self.today).map_err(of)?;
            if let (Replaces::Everything, Some(dated), Some(present)) =
                (description.replaces, &state.dated, present)
                && stamp(dated) < stamp(&present)
            {
                return Err(Error::Older { place: place.to_owned(), dated: dated.clone(), present });
            }
            let file = ImportedFile {
                feed: description.name.to_owned(),
                family: family.to_owned(),
                name: name.to_owned(),
                sha256: sha256.to_owned(),
                bytes,
                dated: state.dated,
                records: state.records,
                older: state.older,
                problems: state.problems,
            };
            record_file(self.transaction, state.file, &file).map_err(of)?;
            imported.push(Imported { file, unchanged: false });
        }
        let replaced = "SELECT EXISTS (SELECT 1 FROM temp.replaced)";
        if self.transaction.query_row(replaced, [], |row| row.get::<_, bool>(0)).map_err(of)? {
            let old = "DELETE FROM statement WHERE advisory IN (SELECT advisory FROM temp.replaced)";
            self.transaction.execute(old, []).map_err(of)?;
        }
        self.transaction.execute_batch(MERGE).map_err(of)?;
        Ok(imported)
    }
}

/// What was found twice: the kind of problem, and what to say.
type Twice = Option<(ProblemKind, String)>;

struct Writer<'a> {
    transaction: &'a Transaction<'a>,
    family: &'static str,
    file: i64,
    next_advisory: &'a mut i64,
    older: &'a mut u64,
}

impl Writer<'_> {
    fn write(&mut self, record: Record, number: u64) -> rusqlite::Result<Twice> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        match record {
            Record::Advisory(advisory) => self.advisory(*advisory, number),
            Record::Exploited(exploited) => self.exploited(&exploited, number),
            Record::Score(score) => self.score(&score, number),
            Record::Support(support) => self.support(&support, number),
        }
    }

    fn cached(&self, query: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.transaction.prepare_cached(query)
    }

    fn advisory(&mut self, mut advisory: Advisory, number: i64) -> rusqlite::Result<Twice> {
        let mut statements: BTreeMap<String, Vec<Says>> = BTreeMap::new();
        for statement in std::mem::take(&mut advisory.statements) {
            statements.entry(statement.key).or_default().push(statement.says);
        }
        let body = json(&advisory)?;
        let statements: Vec<(String, String)> = statements
            .into_iter()
            .map(|(key, says)| Ok((key, says::write(&says).map_err(unwritten)?)))
            .collect::<rusqlite::Result<_>>()?;
        let content = hash(&(&body, &statements));
        let known = self
            .cached("SELECT id, file, record, modified, content FROM advisory WHERE family = ?1 AND name = ?2 AND scope = ?3")?
            .query_row(params![self.family, advisory.name, advisory.scope], |row| {
                Ok(Known {
                    id: row.get(0)?,
                    file: row.get(1)?,
                    record: row.get(2)?,
                    modified: row.get(3)?,
                    content: row.get(4)?,
                })
            })
            .optional()?;
        let mut twice = None;
        if let Some(known) = known {
            let date = |date: &Option<String>| date.as_deref().and_then(stamp);
            let older = match (date(&advisory.modified), date(&known.modified)) {
                (Some(ours), Some(theirs)) => ours < theirs,
                _ => false,
            };
            if known.file == self.file {
                twice = Some(repeated(&advisory.name, known.record, known.content == content, older));
            } else if older {
                *self.older += 1;
            }
            if older || (known.file == self.file && known.content == content) {
                return Ok(twice);
            }
            self.cached("DELETE FROM advisory WHERE id = ?1")?.execute([known.id])?;
            self.cached("DELETE FROM body WHERE advisory = ?1")?.execute([known.id])?;
            self.cached("INSERT INTO temp.replaced (advisory) VALUES (?1)")?.execute([known.id])?;
        }
        let id = *self.next_advisory;
        *self.next_advisory += 1;
        self.cached(
            "INSERT INTO advisory (id, family, name, scope, file, record, modified, content, withdrawn)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            id,
            self.family,
            advisory.name,
            advisory.scope,
            self.file,
            number,
            advisory.modified,
            content,
            advisory.withdrawn.is_some()
        ])?;
        self.cached("INSERT INTO body (advisory, body) VALUES (?1, ?2)")?.execute(params![id, body])?;
        if advisory.withdrawn.is_some() {
            return Ok(twice);
        }
        let vulnerabilities = vulnerabilities(&advisory);
        let mut add = self.cached(
            "INSERT INTO temp.added (key, advisory, vulnerabilities, says) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for (key, says) in &statements {
            add.execute(params![key, id, vulnerabilities, says])?;
        }
        Ok(twice)
    }

    fn exploited(&self, exploited: &Exploited, number: i64) -> rusqlite::Result<Twice> {
        let body = json(exploited)?;
        let known = self
            .cached("SELECT record, body FROM exploited WHERE cve = ?1")?
            .query_row([&exploited.cve], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))
            .optional()?;
        self.cached("INSERT OR REPLACE INTO exploited (cve, file, record, body) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![exploited.cve, self.file, number, body])?;
        Ok(known.map(|(record, known)| repeated(&exploited.cve, record, known == body, false)))
    }

    fn score(&self, score: &Score, number: i64) -> rusqlite::Result<Twice> {
        let known = self
            .cached("SELECT record, probability = ?2 AND percentile = ?3 FROM score WHERE cve = ?1")?
            .query_row(params![score.cve, score.probability, score.percentile], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?))
            })
            .optional()?;
        self.cached(
            "INSERT OR REPLACE INTO score (cve, file, record, probability, percentile) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![score.cve, self.file, number, score.probability, score.percentile])?;
        Ok(known.map(|(record, same)| repeated(&score.cve, record, same, false)))
    }

    fn support(&self, support: &Support, number: i64) -> rusqlite::Result<Twice> {
        let body = json(support)?;
        let known = self
            .cached("SELECT file, record, body FROM support WHERE product = ?1 AND cycle = ?2")?
            .query_row([&support.product, &support.cycle], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
            })
            .optional()?;
        self.cached(
            "INSERT OR REPLACE INTO support (product, cycle, file, record, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![support.product, support.cycle, self.file, number, body])?;
        let name = format!("{} {}", support.product, support.cycle);
        let own = known.filter(|(file, _, _)| *file == self.file);
        Ok(own.map(|(_, record, known)| repeated(&name, record, known == body, false)))
    }
}

struct Known {
    id: i64,
    file: i64,
    record: i64,
    modified: Option<String>,
    content: i64,
}

fn repeated(name: &str, record: i64, same: bool, first_stands: bool) -> (ProblemKind, String) {
    if same {
        return (ProblemKind::Duplicate, format!("{name} is there twice; the first time as record {record}"));
    }
    let which = if first_stands { "the first was changed later, and counts" } else { "this one counts" };
    let what = format!(
        "{name} is there twice and says different things; the first time as record {record}: {which}"
    );
    (ProblemKind::Contradiction, what)
}

fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(unwritten)
}

fn unwritten(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

/// Tells contents of one import apart; never compared with another program's.
fn hash(value: &impl Hash) -> i64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish().cast_signed()
}

fn maximum(transaction: &Transaction<'_>, table: &str) -> rusqlite::Result<i64> {
    transaction.query_row(&format!("SELECT COALESCE(MAX(id), 0) FROM {table}"), [], |row| row.get(0))
}

/// The date of the newest file of a family. A day that has not come is none on which a feed was made.
fn newest(
    transaction: &Transaction<'_>,
    family: &str,
    today: Option<&str>,
) -> rusqlite::Result<Option<String>> {
    let has_come =
        |date: &String| today.and_then(|today| days_before(today, date)).is_none_or(|days| days >= 0);
    let mut statement =
        transaction.prepare("SELECT dated FROM file WHERE family = ?1 AND dated IS NOT NULL")?;
    let dates: Vec<String> =
        statement.query_map([family], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(dates.into_iter().filter(has_come).max_by_key(|date| stamp(date)))
}

fn record_file(transaction: &Transaction<'_>, id: i64, file: &ImportedFile) -> rusqlite::Result<()> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    transaction.execute(
        "INSERT INTO file (id, feed, family, name, sha256, bytes, dated, records, older, problems)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            id,
            file.feed,
            file.family,
            file.name,
            file.sha256,
            count(file.bytes),
            file.dated,
            count(file.records),
            count(file.older),
            json(&file.problems)?
        ],
    )?;
    Ok(())
}

/// The CVE names that an advisory is about, as a row has them; its own name where there is none.
fn vulnerabilities(advisory: &Advisory) -> String {
    let names = [&advisory.name].into_iter().chain(&advisory.aliases);
    let mut names: Vec<&str> = names.map(String::as_str).filter(|name| name.starts_with("CVE-")).collect();
    names.dedup();
    if names.is_empty() { advisory.name.clone() } else { names.join(says::BETWEEN) }
}

/// What an earlier import of the very file gave, when it is still the newest of its families. A catalogue of exploited
/// vulnerabilities that was imported before vendors were kept is read again.
fn known(connection: &Connection, sha256: &str) -> rusqlite::Result<Vec<Imported>> {
    let mut statement = connection.prepare(
        "SELECT feed, family, name, sha256, bytes, dated, records, older, problems FROM file AS known
         WHERE sha256 = ?1 AND id = (SELECT MAX(id) FROM file WHERE family = known.family)
           AND NOT EXISTS (SELECT 1 FROM exploited WHERE file = known.id AND json_type(body, '$.vendor') IS NULL)",
    )?;
    let rows = statement.query_map([sha256], |row| {
        let problems: String = row.get(8)?;
        let file = ImportedFile {
            feed: row.get(0)?,
            family: row.get(1)?,
            name: row.get(2)?,
            sha256: row.get(3)?,
            bytes: row.get::<_, i64>(4)?.unsigned_abs(),
            dated: row.get(5)?,
            records: row.get::<_, i64>(6)?.unsigned_abs(),
            older: row.get::<_, i64>(7)?.unsigned_abs(),
            problems: serde_json::from_str(&problems).map_err(|error| {
                rusqlite::Error::FromSqlConversionFailure(8, rusqlite::types::Type::Text, Box::new(error))
            })?,
        };
        Ok(Imported { file, unchanged: true })
    })?;
    rows.collect()
}
