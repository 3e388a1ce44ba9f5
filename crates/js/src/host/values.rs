//! Converts the values of rows from and to JavaScript.

use serde_json::{Map, Value as Json, json};
use syncdyno_servers::servers::to_json;

use crate::contract::{Column, ColumnKind, Entity, Value, ValueRef};

/// Returns a print (FNV-1a hash) of a value: equal values have equal prints.
pub(crate) fn print_of(value: &Value) -> u64 {
    let print = |kind: u8, bytes: &[u8]| {
        let all = std::iter::once(&kind).chain(bytes);
        all.fold(0xcbf2_9ce4_8422_2325, |print, byte| {
            (print ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    };
    value.with_ref(|value| match value {
        ValueRef::Null => print(0, &[]),
        ValueRef::Int(n) => print(1, &n.to_le_bytes()),
        ValueRef::Real(x) => print(2, &x.to_bits().to_le_bytes()),
        ValueRef::Text(text) => print(3, text.as_bytes()),
    })
}

/// Reads a column's value from an app. A boolean can be a number, as in SQLite.
///
/// # Errors
/// A text that says what is wrong with the value.
pub(crate) fn from_js(kind: &ColumnKind, value: &Json) -> Result<Value, String> {
    let whole = |n: &serde_json::Number| {
        n.as_i64().or_else(|| n.as_f64().filter(|x| x.fract() == 0.0).map(|x| x as i64))
    };
    let wrong = |wanted: &str| Err(format!("{value} is not {wanted}"));
    match (kind, value) {
        (_, Json::Null) => Ok(Value::Null),
        (ColumnKind::Bool, Json::Bool(flag)) => Ok(Value::Int((*flag).into())),
        (ColumnKind::Bool, Json::Number(n)) => Ok(Value::Int((n.as_f64() != Some(0.0)).into())),
        (ColumnKind::Bool, _) => wrong("true or false"),
        (ColumnKind::Int | ColumnKind::Timestamp, _) => match value.as_number().and_then(whole) {
            Some(n) => Ok(Value::Int(n)),
            None => wrong("a whole number"),
        },
        (ColumnKind::Real, Json::Number(n)) => Ok(Value::Real(n.as_f64().unwrap_or_default())),
        (ColumnKind::Real, _) => wrong("a number"),
        (_, Json::String(text)) => Ok(Value::text(text)),
        _ => wrong("a text"),
    }
}

/// Converts a row of the backend for an app: `id`, and the columns that devices hold.
pub(crate) fn row_to_js(entity: &Entity, key: &str, values: &[Value]) -> Map<String, Json> {
    row_of(key, entity.projection.iter().map(|at| (&entity.columns[*at], &values[*at])))
}

pub(crate) fn row_of<'r>(
    key: &str,
    values: impl Iterator<Item = (&'r Column, &'r Value)>,
) -> Map<String, Json> {
    let values = values.map(|(column, value)| (column.name.clone(), to_json(&column.kind, value)));
    [("id".to_owned(), json!(key))].into_iter().chain(values).collect()
}

/// Reads a row of an app: its key, and its values in the device's columns.
///
/// # Errors
/// A text that says what is wrong with the row.
pub(crate) fn row_from_js(entity: &Entity, row: &Json) -> Result<(String, Vec<Value>), String> {
    let of = &entity.name;
    let Some(key) = row["id"].as_str() else {
        return Err(format!("a row of {of} needs an `id` that is a text: {row}"));
    };
    let value = |column: &Column| {
        let found = row.get(&column.name).unwrap_or(&Json::Null);
        from_js(&column.kind, found).map_err(|why| format!("{of} {key}: {}: {why}", column.name))
    };
    Ok((key.to_owned(), entity.projected().map(value).collect::<Result<_, _>>()?))
}
