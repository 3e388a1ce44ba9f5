//! Edits, rows and authors in words, with the names of the schema.

use std::fmt::Write;

use super::clock::Clock;
use crate::base::words::{count, said_once, thousands};
use crate::base::{EntityId, Stamp, Value};
use crate::contract::{Author, ColumnKind, EditKind, PendingEdit, Schema, Trigger};

/// At most so many values of an edit or a row are written out.
const VALUES: usize = 4;

/// When a unit was to run.
pub(super) fn after(trigger: Trigger) -> String {
    match trigger {
        Trigger::Start => "after the start of the app".to_owned(),
        Trigger::Login => "after a login".to_owned(),
        Trigger::Online => "after the network came back".to_owned(),
        Trigger::Resume => "after the app came to the foreground".to_owned(),
        Trigger::Background => "as it was given time in the background".to_owned(),
        Trigger::Save => "after an edit was saved".to_owned(),
        Trigger::Manual => "after somebody asked".to_owned(),
        Trigger::Every(period) => format!("after {period}"),
    }
}

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
            (Some(ColumnKind::Timestamp), Value::Int(micros)) => match micros.rem_euclid(1_000) {
                0 => clock.stamp(Stamp(*micros)),
                rest => format!("{}{rest:03}", clock.stamp(Stamp(*micros))),
            },
            _ => value.to_string(),
        };
        let _ = write!(text, "{}{name}={value}", if i == 0 { "" } else { ", " });
    }
    text
}

/// The edits that wait, one of them by name: what it is, how often it was tried, and its last
/// error; `None` if none waits.
pub fn waiting(schema: &Schema, pending: &[PendingEdit]) -> Option<String> {
    let failed = pending.iter().find(|edit| edit.last_error.is_some());
    let PendingEdit { edit, entity, key, attempts, last_error } = failed.or(pending.first())?;
    let name = format!("edit {edit} of {}/{key}", schema.entity(*entity).name);
    let what = match pending.len() {
        1 => format!("{name} still waits in its outbox"),
        many => format!("{} still wait in its outbox, among them {name}", count(many as u64, "change")),
    };
    let error = last_error.as_deref().map(|error| format!(" (last error: {})", said_once(error)));
    let tried = match attempts {
        0 => ", not tried yet".to_owned(),
        1 => ", tried once".to_owned(),
        times => format!(", tried {} times", thousands(u64::from(*times))),
    };
    Some(format!("{what}{tried}{}", error.unwrap_or_default()))
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
