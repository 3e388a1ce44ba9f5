//! Edits, rows and authors in words, with the names of the schema.

use std::fmt::Write;

use super::clock::Clock;
use crate::base::{EntityId, Stamp, Value};
use crate::contract::{Author, ColumnKind, EditKind, Schema};

/// At most so many values of an edit or a row are written out.
const VALUES: usize = 4;

/// `appointment 3f2a…`.
pub(super) fn record(schema: &Schema, entity: EntityId, key: &str) -> String {
    format!("{} {key}", schema.entity(entity).name)
}

/// `status="done", doctor="d3"`.
pub(super) fn values(schema: &Schema, clock: Clock, entity: EntityId, values: &[(usize, Value)]) -> String {
    let mut text = String::new();
    for (i, (column, value)) in values.iter().enumerate() {
        if i == VALUES {
            let _ = write!(text, ", and {} more", values.len() - VALUES);
            break;
        }
        let column = schema.entity(entity).columns.get(*column);
        let name = column.map_or("?", |c| &c.name);
        let value = match (column.map(|c| &c.kind), value) {
            (Some(ColumnKind::Timestamp), Value::Int(micros)) => clock.stamp(Stamp(*micros)),
            _ => value.to_string(),
        };
        let _ = write!(text, "{}{name}={value}", if i == 0 { "" } else { ", " });
    }
    text
}

/// `create`, `update`, `delete`.
pub(super) fn kind(kind: EditKind) -> &'static str {
    match kind {
        EditKind::Create => "create",
        EditKind::Update => "update",
        EditKind::Delete => "delete",
    }
}

/// `edit d17.e4`, `the office`.
pub(super) fn author(author: Author) -> String {
    match author {
        Author::Device(edit) => format!("edit {edit}"),
        Author::Office => "the office".to_owned(),
        Author::Import => "an import".to_owned(),
        Author::Derived => "the backend itself".to_owned(),
        Author::Backup => "a return to a backup".to_owned(),
    }
}
