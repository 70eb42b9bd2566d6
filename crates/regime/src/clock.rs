//! SQLite's functions of date and time, without the clock and the place of the machine.
//!
//! A verdict depends on the day that it is asked for, never on the day on which it is computed. SQLite's own functions take the time of day
//! where they are given none, or `now`, however that word comes about; so a query gets functions of the same names that refuse it, and
//! otherwise ask SQLite's own. Source: <https://www.sqlite.org/lang_datefunc.html>, "Time Values", "Modifiers".

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::sync::{Arc, Mutex};

/// Each function, and where its time values stand among its arguments.
const FUNCTIONS: [(&str, &[usize]); 7] = [
    ("date", &[0]),
    ("time", &[0]),
    ("datetime", &[0]),
    ("julianday", &[0]),
    ("unixepoch", &[0]),
    ("strftime", &[1]),
    ("timediff", &[0, 1]),
];

/// Puts them in the place of SQLite's own.
pub(crate) fn stop(connection: &Connection) -> rusqlite::Result<()> {
    put(connection, true)
}

/// Lets them answer whatever they are asked. (SQLite's own do not come back when one of the same name is removed.)
pub(crate) fn go_on(connection: &Connection) -> rusqlite::Result<()> {
    put(connection, false)
}

fn put(connection: &Connection, stopped: bool) -> rusqlite::Result<()> {
    // Few queries ask them, and each regime that is applied puts them: who answers is opened when it is needed.
    let own: Arc<Mutex<Option<Connection>>> = Arc::default();
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (name, times) in FUNCTIONS {
        let own = Arc::clone(&own);
        connection.create_scalar_function(name, -1, flags, move |context| {
            answer(name, times.iter().copied().filter(|_| stopped), context, &own)
        })?;
    }
    Ok(())
}

/// What SQLite's own function answers; refused where one of the `times`, by their places, is the clock's.
fn answer(
    name: &str,
    times: impl Iterator<Item = usize>,
    context: &Context<'_>,
    own: &Mutex<Option<Connection>>,
) -> rusqlite::Result<Value> {
    let mut values = Vec::with_capacity(context.len());
    for place in 0..context.len() {
        values.push(context.get::<Value>(place)?);
    }
    let is = |value: &Value, words: &[&str]| match value {
        Value::Text(text) => words.iter().any(|word| text.trim().eq_ignore_ascii_case(word)),
        _ => false,
    };
    for place in times {
        if values.get(place).is_none_or(|value| is(value, &["now", "subsec", "subsecond"])) {
            let why = "reads the clock; use :as_of, the date as of which the network is assessed";
            return Err(refused(format!("{name}() {why}")));
        }
        if values.iter().any(|value| is(value, &["localtime", "utc"])) {
            let why = "depends on where the machine stands; dates have no time zone";
            return Err(refused(format!("{name}() {why}")));
        }
    }
    let marks = vec!["?"; values.len()].join(", ");
    let mut own = own.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let own = match &mut *own {
        Some(own) => own,
        None => own.insert(Connection::open_in_memory()?),
    };
    let mut statement = own.prepare_cached(&format!("SELECT {name}({marks})"))?;
    statement.query_row(params_from_iter(values), |row| row.get(0))
}

fn refused(why: String) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(why.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{go_on, stop};
    use rusqlite::Connection;
    use rusqlite::types::Value;

    #[test]
    fn the_clock_is_out_of_reach_and_all_else_is_as_it_was() {
        let plain = Connection::open_in_memory().unwrap();
        let stopped = Connection::open_in_memory().unwrap();
        stop(&stopped).unwrap();
        let ask = |connection: &Connection, sql: &str| {
            connection.query_row(&format!("SELECT {sql}"), [], |row| row.get::<_, Value>(0))
        };
        for sql in [
            "date('2026-01-31', '+1 month', '-1 day')",
            "strftime('%Y-%m', '2026-01-31')",
            "julianday('2026-01-31') - julianday('2026-01-01')",
            "date(NULL)",
            "date('rubbish')",
            "date(2460000.5)",
            "unixepoch('2026-01-31')",
            "datetime('2026-01-31', 'start of month')",
        ] {
            assert_eq!(ask(&stopped, sql).unwrap(), ask(&plain, sql).unwrap(), "{sql}");
        }
        for sql in [
            "date()",
            "date('now')",
            "date('n' || 'OW')",
            "strftime('%s')",
            "julianday('Now')",
            "datetime('subsec')",
            "time()",
            "unixepoch()",
            "timediff('2026-01-01', 'now')",
            "date('2026-01-01', 'localtime')",
            "date('2026-01-01', 'utc')",
        ] {
            assert!(ask(&stopped, sql).is_err(), "{sql}");
        }
        go_on(&stopped).unwrap();
        assert!(ask(&stopped, "date()").is_ok() && ask(&stopped, "date('now', 'localtime')").is_ok());
    }
}
