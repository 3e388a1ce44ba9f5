//! Writes edits, rows and authors as text. Uses the names in the schema.

use std::sync::Arc;

use crate::base::words::{count, said_once, thousands};
use crate::base::{EntityId, Key, Stamp, Time, UnitId, Value, Word};
use crate::contract::{Author, ColumnKind, EditKind, PendingEdit, Schema, SyncUnit, Trigger};
use crate::oracle::model::Edit;
use crate::oracle::watch::Sends;
use crate::oracle::words::Clock;

const VALUES: usize = 4;

pub(crate) fn after(trigger: Trigger) -> String {
    match trigger {
        Trigger::Start => "after the start of the app".to_owned(),
        Trigger::Login => "after a login".to_owned(),
        Trigger::Online => "after the network came back".to_owned(),
        Trigger::Resume => "after the app came to the foreground".to_owned(),
        Trigger::Background => "when the system gave it time in the background".to_owned(),
        Trigger::Save => "after an edit was saved".to_owned(),
        Trigger::Manual => "after somebody asked".to_owned(),
        Trigger::Every(period) => format!("after {period}"),
    }
}

/// The names that texts use, and the wall clock for times.
#[derive(Clone, Debug)]
pub struct Labels {
    /// The entities.
    pub schema: Arc<Schema>,
    /// The sync units. If no unit pulls an entity, devices are not expected to have its rows.
    pub units: Arc<[SyncUnit]>,
    /// Writes instants as text.
    pub clock: Clock,
    /// True if the stack is third-party. Texts then name the server calls that are missing.
    pub is_third_party: bool,
}

impl Labels {
    pub(crate) fn unit(&self, unit: UnitId) -> &str {
        self.units.get(usize::from(unit.0)).map_or("an unknown unit", |unit| &unit.name)
    }
    pub(crate) fn time(&self, at: Time) -> String {
        self.clock.time(at)
    }
    pub(crate) fn stamp(&self, stamp: Stamp) -> String {
        self.clock.stamp(stamp)
    }
    pub(crate) fn record(&self, entity: EntityId, key: &str) -> String {
        record(&self.schema, entity, key)
    }

    /// `status="done", doctor="d3"`.
    pub(crate) fn values(&self, entity: EntityId, values: &[(usize, Value)]) -> String {
        let in_words = |(column, value): &(usize, Value)| {
            let column = self.schema.entity(entity).columns.get(*column);
            let name = column.map_or("?", |c| &c.name);
            match (column.map(|c| &c.kind), value) {
                (Some(ColumnKind::Timestamp), Value::Int(micros)) => match micros.rem_euclid(1_000) {
                    0 => format!("{name}={}", self.stamp(Stamp(*micros))),
                    rest => format!("{name}={}{rest:03}", self.stamp(Stamp(*micros))),
                },
                _ => format!("{name}={value}"),
            }
        };
        let more = values.len().saturating_sub(VALUES);
        let more = (more > 0).then(|| format!("and {more} more"));
        values.iter().take(VALUES).map(in_words).chain(more).collect::<Vec<_>>().join(", ")
    }

    /// `update visit 3f2a…: status="done"`.
    pub(crate) fn change(&self, kind: EditKind, row: (EntityId, &Key), values: &[(usize, Value)]) -> String {
        let (record, values) = (self.record(row.0, row.1.as_str()), self.values(row.0, values));
        let values = if values.is_empty() { values } else { format!(": {values}") };
        format!("{} {record}{values}", kind.word())
    }
    /// `edit d0.e3 of 08:12:00 (update visit 3f2a…: status="done")`.
    pub(crate) fn edit(&self, edit: &Edit) -> String {
        let change = self.change(edit.kind, (edit.entity, &edit.key), &edit.values);
        format!("edit {} of {} ({change})", edit.id, self.time(edit.made))
    }
}

/// `appointment 3f2a…`.
pub(crate) fn record(schema: &Schema, entity: EntityId, key: &str) -> String {
    format!("{} {key}", schema.entity(entity).name)
}

/// Says how many edits wait, and names one of them with its number of tries and its last errors.
pub(crate) fn waiting(schema: &Schema, pending: &[PendingEdit], sends: &Sends) -> Option<String> {
    let failed = pending.iter().find(|edit| edit.last_error.is_some());
    let PendingEdit { edit, entity, key, attempts, last_error } = failed.or(pending.first())?;
    let name = format!("edit {edit} of {}/{key}", schema.entity(*entity).name);
    let what = match pending.len() {
        1 => format!("{name} still waits in its outbox"),
        many => format!("{} still wait in its outbox, among them {name}", count(many as u64, "change")),
    };
    let own = last_error.as_deref().map(|error| said_once(error).to_owned());
    let errors = if sends.errors.is_empty() { own.into_iter().collect() } else { sends.errors.clone() };
    let errors = match errors.as_slice() {
        [] => String::new(),
        [error] => format!(" (last error: {error})"),
        several => format!(" (last errors: {})", several.join("; ")),
    };
    // A third-party engine may not report its sends, so its own count may be larger.
    let tried = match sends.of(*edit).max(*attempts) {
        0 => ", not tried yet".to_owned(),
        1 => ", tried once".to_owned(),
        times => format!(", tried {} times", thousands(u64::from(times))),
    };
    Some(format!("{what}{tried}{errors}"))
}

/// `edit d17.e4`, `the office`.
pub(crate) fn author(author: Author) -> String {
    match author {
        Author::Device(edit) => format!("edit {edit}"),
        Author::Office => "the office".to_owned(),
        Author::Import => "an import".to_owned(),
        Author::Derived => "the backend itself".to_owned(),
        Author::Backup => "a return to a backup".to_owned(),
        Author::Upload(device) => format!("the forced upload of the copy of {device}"),
    }
}
