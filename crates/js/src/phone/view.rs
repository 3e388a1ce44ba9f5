//! The rows and the log that a phone shows, as its adapter (the app's sync code) reports them.

use serde_json::{Value as Json, json};

use super::journal;
use super::state::Phone;
use crate::contract::{Cell, DeviceView, EntityId, LogEntry, PendingEdit, Stamp, Value, ValueRef};
use crate::host::row_from_js;
use crate::runtime::Fault;

impl Phone {
    /// Calls the adapter's `rows`.
    pub(super) fn shown(&self, entity: EntityId) -> Json {
        let args = json!([self.setup.schema.entity(entity).name]);
        self.thread.look("rows", &args).unwrap_or_else(|why| self.wrong_rows(entity, &why))
    }
    fn wrong_rows(&self, entity: EntityId, why: &str) -> ! {
        let name = &self.setup.schema.entity(entity).name;
        self.thread.end_cell(&Fault::new(format!("rows(\"{name}\"): {why}")))
    }
}

impl DeviceView for Phone {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        let of = self.setup.schema.entity(entity);
        let stamps = journal::stamps(&self.thread.host.disk.main, entity).unwrap_or_default();
        let wrong = |why: String| -> ! { self.wrong_rows(entity, &why) };
        let found = self.shown(entity);
        let Some(list) = found.as_array() else { wrong(format!("it must return a list, not {found}")) };
        let mut rows: Vec<(String, Vec<Value>)> =
            list.iter().map(|row| row_from_js(of, row).unwrap_or_else(|why| wrong(why))).collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        for (key, values) in &rows {
            let cells: Vec<_> = values.iter().map(Cell::of).collect();
            let stamp = stamps.get(key).copied().unwrap_or_default();
            f(key, stamp, &cells.iter().map(Cell::as_ref).collect::<Vec<_>>());
        }
    }
    fn pending(&self) -> Vec<PendingEdit> {
        let lines = journal::lines(&self.thread.host.disk.main).unwrap_or_default();
        let waiting = if lines.is_empty() { None } else { self.waiting() };
        let device = self.setup.device;
        let edit = |line: journal::Line| PendingEdit::new(line.id(device), line.entity, line.key);
        journal::waiting_lines(lines, &waiting).into_iter().map(edit).collect()
    }
    fn log(&self) -> Vec<LogEntry> {
        journal::log(&self.thread.host.disk.main, self.setup.device).unwrap_or_default()
    }
    fn doing(&self) -> String {
        let last = self.last_error.borrow().clone();
        let console =
            self.thread.host.last_line().map(|line| format!("; console: {line}")).unwrap_or_default();
        let doing = if self.unit.get().is_some() { "in a sync" } else { "idle" };
        last.map_or(format!("{doing}{console}"), |error| {
            format!("{doing}; the last sync failed: {error}{console}")
        })
    }
    fn damage(&self, _: bool) -> Option<String> {
        journal::lines(&self.thread.host.disk.main).err().map(|error| error.to_string())
    }
}
