//! What the oracle may see of a device.

use std::rc::Rc;

use crate::base::{EntityId, Stamp, ValueRef};
use crate::contract::{DeviceView, LogEntry, PendingEdit};
use crate::store::{Store, StoreError};

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

impl View {
    /// What the oracle looks at costs the device nothing.
    fn look<R>(&self, at: impl FnOnce(&Store) -> Result<R, StoreError>) -> R {
        let seen = at(&self.store).expect(READABLE);
        _ = self.store.work();
        seen
    }
}

impl DeviceView for View {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        self.look(|store| store.rows(entity, f));
    }
    fn pending(&self) -> Vec<PendingEdit> {
        self.look(|store| store.read(|tx| tx.pending()))
    }
    fn held_back(&self) -> u64 {
        self.look(|store| store.read(|tx| tx.all_late()))
    }
    fn log(&self) -> Vec<LogEntry> {
        self.look(|store| store.read(|tx| tx.log_entries()))
    }
    fn doing(&self) -> String {
        let running = self.look(|store| store.read(|tx| tx.running()));
        match running.first() {
            Some((unit, run)) => format!("run {run} of unit {} has not ended", unit.0),
            None => "waiting".to_owned(),
        }
    }
}
