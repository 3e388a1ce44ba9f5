//! Reads values of a column's type: from JSON, from a CSV cell, from SQLite.

use rusqlite::types::ValueRef as Sql;

use super::json::{Json, Node};
use super::recorded::Wrong;
use crate::base::{Stamp, Value, to_base64};
use crate::contract::ColumnKind;

/// A text that describes the values of a column.
pub(super) fn wanted(kind: &ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text => "a text",
        ColumnKind::Ref(_) => "a key, as a text",
        ColumnKind::Int => "a whole number of 64 bits",
        ColumnKind::Real => "a number",
        ColumnKind::Bool => "true or false",
        ColumnKind::Timestamp => "a time such as \"2026-03-02T08:15:00Z\", or microseconds since 1970",
        ColumnKind::Date => "a date such as \"2026-03-02\"",
        ColumnKind::Decimal { .. } => "a number such as \"12.50\", with no more digits than the column has",
        ColumnKind::Blob => "base64 with its padding",
    }
}

/// Reads a time in microseconds since 1970. The text is RFC 3339, or local time without an offset.
pub(super) fn micros(text: &str, utc_offset: i32) -> Option<i64> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_microsecond());
    }
    let local: jiff::civil::DateTime = text.parse().ok()?;
    let offset = jiff::tz::Offset::from_seconds(utc_offset).ok()?;
    Some(offset.to_timestamp(local).ok()?.as_microsecond())
}

pub(super) fn of_json(node: &Node<'_>, kind: &ColumnKind, utc_offset: i32) -> Result<Value, Wrong> {
    let value = match (&node.value, kind) {
        (Json::Null, _) => Some(Value::Null),
        (Json::Bool(is), ColumnKind::Bool) => Some(Value::Int((*is).into())),
        (Json::Number(text), ColumnKind::Bool) => match *text {
            "0" => Some(Value::Int(0)),
            "1" => Some(Value::Int(1)),
            _ => None,
        },
        (Json::Number(text), ColumnKind::Int | ColumnKind::Timestamp) => text.parse().ok().map(Value::Int),
        (Json::Number(text), ColumnKind::Real) => real(text),
        (Json::Number(text), ColumnKind::Decimal { .. }) => canonical(text, kind),
        // Keys are texts, even if a line has them as numbers.
        (Json::Number(text), ColumnKind::Ref(_)) => text.parse::<i64>().ok().map(|_| Value::text(text)),
        (Json::Text(text), ColumnKind::Timestamp) => micros(text, utc_offset).map(Value::Int),
        (Json::Text(text), kind) => canonical(text, kind),
        _ => None,
    };
    let help = || format!("the column takes {}, or null", wanted(kind));
    value.ok_or_else(|| match &node.value {
        Json::Number(_) | Json::Text(_) => {
            Wrong::new(&node.span, format!("this is not {}", wanted(kind)), help())
        }
        _ => Wrong::misplaced(node, help()),
    })
}

fn canonical(text: &str, kind: &ColumnKind) -> Option<Value> {
    kind.canonical(text).map(|text| Value::text(&text))
}

fn real(text: &str) -> Option<Value> {
    // Adding 0 turns minus zero into zero.
    text.parse::<f64>().ok().filter(|x| x.is_finite()).map(|x| Value::Real(x + 0.0))
}

/// Reads a value from a CSV cell. An empty cell is null. `None` if the column cannot hold the
/// value.
pub(super) fn of_cell(cell: &str, kind: &ColumnKind, utc_offset: i32) -> Option<Value> {
    let trimmed = cell.trim();
    if trimmed.is_empty() {
        return Some(Value::Null);
    }
    match kind {
        ColumnKind::Int => trimmed.parse().ok().map(Value::Int),
        ColumnKind::Real => real(trimmed),
        ColumnKind::Bool => match trimmed {
            "true" | "1" => Some(Value::Int(1)),
            "false" | "0" => Some(Value::Int(0)),
            _ => None,
        },
        ColumnKind::Timestamp => trimmed.parse().ok().or_else(|| micros(trimmed, utc_offset)).map(Value::Int),
        ColumnKind::Text | ColumnKind::Ref(_) => Some(Value::text(cell)),
        exact => canonical(trimmed, exact),
    }
}

/// Reads a value from SQLite. `None` if the column cannot hold the value.
pub(super) fn of_sql(value: Sql<'_>, kind: &ColumnKind, utc_offset: i32) -> Option<Value> {
    match (value, kind) {
        (Sql::Null, _) => Some(Value::Null),
        (Sql::Integer(n), ColumnKind::Int | ColumnKind::Timestamp) => Some(Value::Int(n)),
        (Sql::Integer(n), ColumnKind::Bool) => (0..=1).contains(&n).then_some(Value::Int(n)),
        (Sql::Integer(n), ColumnKind::Real) => Some(Value::Real(n as f64)),
        (Sql::Real(x), ColumnKind::Real) => x.is_finite().then_some(Value::Real(x + 0.0)),
        (Sql::Real(x), ColumnKind::Int | ColumnKind::Timestamp) => whole(x).map(Value::Int),
        (Sql::Blob(bytes), ColumnKind::Blob) => Some(Value::text(&to_base64(bytes))),
        (Sql::Integer(n), ColumnKind::Ref(_) | ColumnKind::Decimal { .. }) => canonical(&n.to_string(), kind),
        (Sql::Real(x), ColumnKind::Decimal { .. }) => canonical(&x.to_string(), kind),
        (Sql::Text(bytes), kind) => {
            let text = std::str::from_utf8(bytes).ok()?;
            // In a database, an empty text is a value.
            if text.is_empty() && *kind == ColumnKind::Text {
                return Some(Value::text(""));
            }
            of_cell(text, kind, utc_offset)
        }
        _ => None,
    }
}

fn whole(x: f64) -> Option<i64> {
    (x.fract() == 0.0 && x.abs() < 9e15).then_some(x as i64)
}

pub(super) fn to_json(value: &Value, kind: &ColumnKind) -> serde_json::Value {
    match (value, kind) {
        (Value::Null, _) => serde_json::Value::Null,
        (Value::Int(n), ColumnKind::Bool) => (*n != 0).into(),
        (Value::Int(n), ColumnKind::Timestamp) => match jiff::Timestamp::from_microsecond(*n) {
            Ok(at) => at.to_string().into(),
            Err(_) => (*n).into(),
        },
        (Value::Int(n), _) => (*n).into(),
        (Value::Real(x), _) => (*x).into(),
        (Value::Text(text), _) => text.as_ref().into(),
        (Value::Fat(fat), _) => fat.text().into(),
    }
}

pub(super) fn instant(at: Stamp) -> String {
    jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::MAX).to_string()
}
