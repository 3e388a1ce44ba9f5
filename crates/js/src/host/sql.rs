//! The functions with which JavaScript uses SQLite.

use rquickjs::{Array, Ctx, Exception, IntoJs, Object, Result, TypedArray, Value};
use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Statement};

use super::state::Host;
use crate::runtime::entry;

/// The values that JavaScript binds to a statement.
enum Given {
    InOrder(Vec<Sql>),
    Named(Vec<(String, Sql)>),
}

fn threw(ctx: &Ctx<'_>, error: &rusqlite::Error) -> rquickjs::Error {
    let (code, words) = match error {
        rusqlite::Error::SqliteFailure(failure, words) => {
            let code = match failure.code {
                rusqlite::ErrorCode::ConstraintViolation => "SQLITE_CONSTRAINT",
                rusqlite::ErrorCode::DiskFull => "SQLITE_FULL",
                rusqlite::ErrorCode::DatabaseBusy => "SQLITE_BUSY",
                rusqlite::ErrorCode::DatabaseLocked => "SQLITE_LOCKED",
                rusqlite::ErrorCode::SystemIoFailure => "SQLITE_IOERR",
                rusqlite::ErrorCode::DatabaseCorrupt => "SQLITE_CORRUPT",
                rusqlite::ErrorCode::CannotOpen => "SQLITE_CANTOPEN",
                _ => "SQLITE_ERROR",
            };
            (code, words.clone().unwrap_or_else(|| failure.to_string()))
        }
        rusqlite::Error::SqlInputError { msg, sql, .. } => ("SQLITE_ERROR", format!("{msg} in {sql}")),
        other => ("SQLITE_ERROR", other.to_string()),
    };
    Exception::throw_message(ctx, &format!("{code}|{words}"))
}

fn sql_value<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Sql> {
    if value.is_null() || value.is_undefined() {
        return Ok(Sql::Null);
    }
    if let Some(flag) = value.as_bool() {
        return Ok(Sql::Integer(flag.into()));
    }
    if let Some(n) = value.as_int() {
        return Ok(Sql::Integer(n.into()));
    }
    if let Some(x) = value.as_float() {
        let is_whole = x.fract() == 0.0 && x.abs() < (1_i64 << 53) as f64;
        return Ok(if is_whole { Sql::Integer(x as i64) } else { Sql::Real(x) });
    }
    if let Some(text) = value.as_string() {
        // SQLite needs valid UTF-8, so half a surrogate pair is replaced, as in a browser.
        let text = text.to_string().or_else(|_| entry(ctx, "wellFormed")?.call((text.clone(),)))?;
        return Ok(Sql::Text(text));
    }
    if let Some(n) = value.as_big_int() {
        return Ok(Sql::Integer(n.clone().to_i64()?));
    }
    if let Ok(bytes) = TypedArray::<u8>::from_value(value.clone()) {
        return Ok(Sql::Blob(crate::runtime::bytes_in(&bytes)));
    }
    let help = "SQLite can bind only numbers, texts, bigints, booleans, Uint8Arrays and null";
    Err(Exception::throw_type(ctx, help))
}

fn given<'js>(ctx: &Ctx<'js>, args: &Value<'js>) -> Result<Given> {
    if let Some(list) = args.as_array() {
        let all = list.iter::<Value<'js>>().map(|value| sql_value(ctx, &value?));
        return Ok(Given::InOrder(all.collect::<Result<_>>()?));
    }
    let Some(named) = args.as_object() else { return Ok(Given::InOrder(Vec::new())) };
    let all = named.props::<String, Value<'js>>().map(|pair| {
        let (name, value) = pair?;
        Ok((name.trim_start_matches([':', '@', '$']).to_owned(), sql_value(ctx, &value)?))
    });
    Ok(Given::Named(all.collect::<Result<_>>()?))
}

impl Given {
    fn bind(&self, statement: &mut Statement<'_>) -> rusqlite::Result<()> {
        match self {
            Given::InOrder(all) => {
                all.iter().enumerate().try_for_each(|(at, value)| statement.raw_bind_parameter(at + 1, value))
            }
            Given::Named(all) => {
                for at in 1..=statement.parameter_count() {
                    let name = statement
                        .parameter_name(at)
                        .map(|name| name.trim_start_matches([':', '@', '$', '?']));
                    let found = all.iter().find(|(of, _)| Some(of.as_str()) == name);
                    let value = found.map_or(&Sql::Null, |(_, value)| value);
                    statement.raw_bind_parameter(at, value)?;
                }
                Ok(())
            }
        }
    }
    /// True if one of the bound texts contains `key`.
    fn says(&self, key: &str) -> bool {
        let has = |value: &Sql| matches!(value, Sql::Text(text) if text.contains(key));
        match self {
            Given::InOrder(all) => all.iter().any(has),
            Given::Named(all) => all.iter().any(|(_, value)| has(value)),
        }
    }
}

fn js_value<'js>(ctx: &Ctx<'js>, value: ValueRef<'_>) -> Result<Value<'js>> {
    match value {
        ValueRef::Null => Ok(Value::new_null(ctx.clone())),
        ValueRef::Integer(n) => match i32::try_from(n) {
            Ok(n) => n.into_js(ctx),
            Err(_) => (n as f64).into_js(ctx),
        },
        ValueRef::Real(x) => x.into_js(ctx),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_js(ctx),
        ValueRef::Blob(bytes) => TypedArray::<u8>::new_copy(ctx.clone(), bytes)?.into_js(ctx),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Reads,
    Writes,
    Begins,
    Commits,
    RollsBack,
    Savepoint(String),
    Release(String),
    BackTo(String),
}

/// Returns the first words of a statement in lower case, without comments and quotes.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut rest) = (Vec::new(), text);
    while words.len() < 5 {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { break };
        let until = |mark: &str| rest.find(mark).map_or(rest.len(), |at| at + mark.len());
        let quote = match first {
            '-' if rest.starts_with("--") => {
                rest = &rest[until("\n")..];
                continue;
            }
            '/' if rest.starts_with("/*") => {
                rest = &rest[until("*/")..];
                continue;
            }
            '"' | '`' | '\'' => Some(first),
            '[' => Some(']'),
            _ => None,
        };
        let end = match quote {
            Some(mark) => rest[1..].find(mark).map_or(rest.len(), |at| at + 2),
            None => rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').unwrap_or(rest.len()),
        };
        let end = end.max(first.len_utf8());
        let word = rest[..end].trim_matches(|c| "\"`'[]".contains(c));
        words.push(word.to_lowercase());
        rest = &rest[end..];
    }
    words
}

fn kind(text: &str, reads: bool) -> Kind {
    let words = words(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["rollback", "to", "savepoint", name, ..]
        | ["rollback", "transaction", "to", "savepoint", name]
        | ["rollback", "transaction", "to", name, ..]
        | ["rollback", "to", name, ..] => Kind::BackTo(name.to_owned()),
        ["rollback", ..] => Kind::RollsBack,
        ["release", "savepoint", name, ..] | ["release", name, ..] => Kind::Release(name.to_owned()),
        ["savepoint", name, ..] => Kind::Savepoint(name.to_owned()),
        ["commit" | "end", ..] => Kind::Commits,
        ["begin", ..] => Kind::Begins,
        _ if reads => Kind::Reads,
        _ => Kind::Writes,
    }
}

/// Runs one step `f` of a statement. The bench's notes run in the same transaction.
fn step<T>(
    host: &Host,
    (number, connection): (u32, &Connection),
    (kind, says): (&Kind, &dyn Fn(&str) -> bool),
    f: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let open = !connection.is_autocommit();
    let done = match kind {
        Kind::Writes => host.disk.writing((number, connection), says, f),
        _ => f(),
    };
    let closed = connection.is_autocommit();
    match kind {
        // A failed statement can also roll back everything: `INSERT OR ROLLBACK`, or a full disk.
        _ if open && closed => host.disk.ended(number, done.is_ok() && *kind != Kind::RollsBack),
        _ if done.is_err() => {}
        Kind::Savepoint(name) => host.disk.savepoint(number, name),
        Kind::Release(name) => host.disk.released(number, name),
        Kind::BackTo(name) => host.disk.back_to(number, name),
        _ => {}
    }
    let done = done?;
    let ends = matches!(kind, Kind::Commits | Kind::Release(_));
    if closed && (*kind == Kind::Writes || open && ends) {
        host.commit();
    }
    Ok(done)
}

/// Refuses a statement that opens a file by its path, or that asks SQLite about the host machine.
fn allowed(ctx: &Ctx<'_>, text: &str) -> Result<()> {
    refusal(text).map_or(Ok(()), |why| Err(Exception::throw_message(ctx, why)))
}

/// Tables in which the bench (the simulator) keeps edits. No app can use them.
const OF_THE_BENCH: [&str; 7] =
    ["bench_edits", "bench_stamps", "bench_log", "bench_held", "bench_run", "bench_main", "bench_pushes"];

fn refusal(text: &str) -> Option<&'static str> {
    let (code, literals) = parted(text);
    let words: Vec<&str> = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let has = |wanted: &str| words.contains(&wanted);
    let of_bench = |name: &str| OF_THE_BENCH.contains(&name);
    if words.iter().any(|word| of_bench(word)) || literals.iter().any(|text| of_bench(text)) {
        return Some(
            "SQLITE_AUTH|the bench owns tables that begin with `bench_`: give your table another name",
        );
    }
    let calls = |name: &str| {
        let mut found = code.match_indices(name);
        found.any(|(at, _)| code[at + name.len()..].trim_start().starts_with('('))
    };
    if has("attach") || has("vacuum") && has("into") {
        return Some("SQLITE_AUTH|ATTACH is not supported: open another database");
    }
    if has("writable_schema") {
        return Some("SQLITE_AUTH|PRAGMA writable_schema is not supported");
    }
    if (has("random") && calls("random")) || (has("randomblob") && calls("randomblob")) {
        return Some("SQLITE_AUTH|random() of SQLite is not supported: bind a value from `crypto`");
    }
    let clocks = ["current_timestamp", "current_date", "current_time"];
    let is_time = |literal: &String| ["now", "localtime", "utc"].contains(&literal.as_str());
    if clocks.into_iter().any(has) || literals.iter().any(is_time) && code.contains('(') {
        return Some("SQLITE_AUTH|the clock of SQLite is not supported: bind a value from `Date`");
    }
    None
}

/// Splits a statement into its code and its text literals. The code is in lower case, without
/// comments.
fn parted(text: &str) -> (String, Vec<String>) {
    let (mut code, mut literals) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let end =
            |from: usize, mark: &str| rest[from..].find(mark).map_or(rest.len(), |at| from + at + mark.len());
        let until = match next {
            '-' if rest.starts_with("--") => end(2, "\n"),
            '/' if rest.starts_with("/*") => end(2, "*/"),
            '\'' => {
                let until = end(1, "'");
                literals.push(rest[1..until].trim_end_matches('\'').to_ascii_lowercase());
                until
            }
            _ => {
                code.push(next.to_ascii_lowercase());
                rest = &rest[next.len_utf8()..];
                continue;
            }
        };
        code.push(' ');
        rest = &rest[until..];
    }
    (code, literals)
}

fn connection(ctx: &Ctx<'_>, host: &Host, number: u32) -> Result<std::rc::Rc<Connection>> {
    if host.dies() {
        return Err(Exception::throw_message(ctx, "SQLITE_IOERR|the process has ended"));
    }
    host.disk.of(number).ok_or_else(|| Exception::throw_message(ctx, "SQLITE_MISUSE|the database is closed"))
}

/// Returns at most `limit` rows of a statement: as objects, or as lists of values if `raw`.
pub(super) fn all<'js>(
    ctx: &Ctx<'js>,
    host: &Host,
    (number, text): (u32, &str),
    args: &Value<'js>,
    (raw, limit): (bool, u32),
) -> Result<Array<'js>> {
    let connection = connection(ctx, host, number)?;
    allowed(ctx, text)?;
    let given = given(ctx, args)?;
    let wrong = |error: rusqlite::Error| threw(ctx, &error);
    let mut statement = connection.prepare_cached(text).map_err(wrong)?;
    given.bind(&mut statement).map_err(wrong)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let kind = kind(text, statement.readonly());
    let found = Array::new(ctx.clone())?;
    let mut failed = None;
    let says = |key: &str| text.contains(key) || given.says(key);
    let stepped = step(host, (number, &connection), (&kind, &says), || {
        let mut rows = statement.raw_query();
        let mut at = 0;
        while let Some(row) = rows.next()? {
            if at < limit {
                let made = one(ctx, row, &names, raw).and_then(|made| found.set(at as usize, made));
                if let Err(error) = made {
                    failed = Some(error);
                    break;
                }
            }
            at += 1;
        }
        Ok(())
    });
    stepped.map_err(wrong)?;
    failed.map_or(Ok(found), Err)
}

fn one<'js>(ctx: &Ctx<'js>, row: &rusqlite::Row<'_>, names: &[String], raw: bool) -> Result<Value<'js>> {
    let cell = |at: usize| js_value(ctx, row.get_ref(at).unwrap_or(ValueRef::Null));
    if raw {
        let list = Array::new(ctx.clone())?;
        (0..names.len()).try_for_each(|at| list.set(at, cell(at)?))?;
        return Ok(list.into_value());
    }
    let object = Object::new(ctx.clone())?;
    names.iter().enumerate().try_for_each(|(at, name)| object.set(name.as_str(), cell(at)?))?;
    Ok(object.into_value())
}

/// Runs a statement that writes. Returns the number of changed rows and the last row's number.
pub(super) fn run<'js>(
    ctx: &Ctx<'js>,
    host: &Host,
    (number, text): (u32, &str),
    args: &Value<'js>,
) -> Result<Array<'js>> {
    let changed = |connection: &Connection| connection.total_changes();
    let before = changed(&*connection(ctx, host, number)?);
    all(ctx, host, (number, text), args, (true, 0))?;
    let connection = connection(ctx, host, number).or_else(|error| {
        // The process died while it committed. The commit is on the disk.
        ctx.catch();
        host.disk.of(number).ok_or(error)
    })?;
    let counted = if changed(&connection) > before { connection.changes() } else { 0 };
    let list = Array::new(ctx.clone())?;
    list.set(0, counted as f64)?;
    list.set(1, connection.last_insert_rowid() as f64)?;
    Ok(list)
}

pub(super) fn exec(ctx: &Ctx<'_>, host: &Host, (number, text): (u32, &str)) -> Result<()> {
    let connection = connection(ctx, host, number)?;
    let mut batch = rusqlite::Batch::new(&connection, text);
    loop {
        // SQLite cannot prepare some forbidden statements. Then our reason is reported, not
        // SQLite's.
        let next = batch.next().map_err(|error| match allowed(ctx, text) {
            Ok(()) => threw(ctx, &error),
            Err(refused) => refused,
        })?;
        let Some(mut statement) = next else { return Ok(()) };
        let own = statement.expanded_sql().unwrap_or_default();
        allowed(ctx, &own)?;
        let kind = kind(&own, statement.readonly());
        let says = |key: &str| own.contains(key);
        let stepped = step(host, (number, &connection), (&kind, &says), || {
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok(())
        });
        stepped.map_err(|error| threw(ctx, &error))?;
        if host.dies() {
            return Ok(());
        }
    }
}

pub(super) fn columns(ctx: &Ctx<'_>, host: &Host, (number, text): (u32, &str)) -> Result<Vec<String>> {
    let connection = connection(ctx, host, number)?;
    allowed(ctx, text)?;
    let statement = connection.prepare_cached(text).map_err(|error| threw(ctx, &error))?;
    Ok(statement.column_names().map(str::to_owned).collect())
}

pub(super) fn open(ctx: &Ctx<'_>, host: &Host, name: &str) -> Result<u32> {
    connection(ctx, host, 0)?;
    host.disk.open_named(name).map_err(|error| threw(ctx, &error))
}

pub(super) fn begin_whole(ctx: &Ctx<'_>, host: &Host) -> Result<()> {
    connection(ctx, host, 0)?;
    host.disk.begin_whole().map_err(|error| threw(ctx, &error))
}

pub(super) fn is_in_transaction(host: &Host, number: u32) -> bool {
    host.disk.of(number).is_some_and(|connection| !connection.is_autocommit())
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn statements_reach_no_other_file_nor_the_machine() {
        for text in [
            "ATTACH '/tmp/x' AS h",
            "/*x*/ ATTACH '/tmp/x' AS h",
            "-- y\nattach 'x' as h",
            "/* */ VACUUM main INTO '/tmp/x'",
            "SELECT * FROM t ORDER BY random ()",
            "INSERT INTO t VALUES(hex(RANDOMBLOB(8)))",
            "SELECT datetime('now', 'localtime')",
            "SELECT unixepoch('now')",
            "CREATE TABLE t(at TEXT DEFAULT CURRENT_TIMESTAMP)",
            "INSERT INTO bench_edits VALUES(1, 99, 'x', 0, 0, NULL, NULL)",
            "DROP TABLE \"BENCH_EDITS\"",
            "DELETE FROM 'bench_log'",
            "PRAGMA writable_schema = 1",
        ] {
            assert!(refusal(text).is_some(), "{text}");
        }
        for text in ["SELECT random FROM t", "INSERT INTO t VALUES('attach random(')", "SELECT 1 -- random()"]
        {
            assert_eq!(refusal(text), None, "{text}");
        }
    }
}
