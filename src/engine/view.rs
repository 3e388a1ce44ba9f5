//! What the oracle may see of a device.

use std::rc::Rc;

use crate::base::{EntityId, Stamp, ValueRef};
use crate::contract::{DeviceView, LogEntry, PendingEdit};
use crate::store::Store;

/// The database, read.
pub(super) struct View {
    store: Rc<Store>,
}

impl View {
    pub(super) fn new(store: Rc<Store>) -> View {
        View { store }
    }
}

/// A view is asked when the world stands still; a database that cannot be read then is the bench's own fault.
const READABLE: &str = "a device that is checked has a readable database";

impl DeviceView for View {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        self.store.rows(entity, f).expect(READABLE);
    }
    fn pending(&self) -> Vec<PendingEdit> {
        self.store.read(|tx| tx.pending()).expect(READABLE)
    }
    fn log(&self) -> Vec<LogEntry> {
        self.store.read(|tx| tx.log_entries()).expect(READABLE)
    }
    fn doing(&self) -> String {
        let running = self.store.read(|tx| tx.running()).expect(READABLE);
        match running.first() {
            Some((unit, run)) => format!("run {run} of unit {} has not ended", unit.0),
            None => "waiting".to_owned(),
        }
    }
}
