//! Lists on the app's screens. Each list is an SQL query on one table or a join.

use rusqlite::types::Value;
use rusqlite::{StatementStatus, params_from_iter};

use super::error::Stored;
use super::session::{Store, Tx};
use crate::base::EntityId;
use crate::contract::{Like, Listed, LocalQuery};

/// Runs a query of the app. If the query filters by a value, the value is that of row `nth` in key
/// order. `nth` counts modulo the number of rows.
pub(crate) fn list(store: &Store, query: &LocalQuery, nth: u64) -> Stored<Listed> {
    let sql = text(store, query);
    store.read(|tx| {
        let value = query.like.map(|like| value(tx, query, like, nth)).transpose()?;
        let statement = &mut tx.prepare(&sql)?.statement;
        statement.reset_status(StatementStatus::VmStep);
        let mut listed = Listed::default();
        let mut rows = statement.query(params_from_iter(value))?;
        while rows.next()?.is_some() {
            listed.rows += 1;
        }
        drop(rows);
        listed.steps = u64::from(statement.get_status(StatementStatus::VmStep).unsigned_abs());
        Ok(listed)
    })
}

/// The SQL of a query. Alias `b` is the queried table. Aliases `r0`, `r1`, … are the tables that
/// its rows refer to.
fn text(store: &Store, query: &LocalQuery) -> String {
    let (table, columns) = store.names(query.of);
    let mut shown: Vec<String> = columns.iter().map(|column| format!("b.{column}")).collect();
    let mut joins = String::new();
    for (number, (place, to)) in query.through.iter().enumerate() {
        let (parent, theirs) = store.names(*to);
        shown.extend(theirs.iter().map(|column| format!("r{number}.{column}")));
        let by = &columns[*place];
        joins.push_str(&format!(" LEFT JOIN {parent} AS r{number} ON r{number}.key=b.{by}"));
    }
    let like = query.like.map_or_else(String::new, |Like { through, column }| match through {
        None => format!(" WHERE b.{}=?1", columns[column]),
        Some(number) => {
            let (_, theirs) = store.names(query.through[number].1);
            format!(" WHERE r{number}.{}=?1", theirs[column])
        }
    });
    format!("SELECT b.key,{} FROM {table} AS b{joins}{like}", shown.join(","))
}

fn value(tx: &Tx<'_>, query: &LocalQuery, Like { through, column }: Like, nth: u64) -> Stored<Value> {
    let entity: EntityId = through.map_or(query.of, |number| query.through[number].1);
    let (table, columns) = tx.store().names(entity);
    let rows: i64 = tx.value(&format!("SELECT count(*) FROM {table}"), [])?;
    let at = (nth % rows.max(1).unsigned_abs()) as i64;
    let sql = format!("SELECT {} FROM {table} ORDER BY key LIMIT 1 OFFSET ?1", columns[column]);
    Ok(tx.first(&sql, [at], |row| Ok(row.get::<_, Value>(0)?))?.unwrap_or(Value::Null))
}
