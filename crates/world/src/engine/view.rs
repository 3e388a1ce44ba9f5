//! Reads a device's data for the oracle (the judge that knows all true values).

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::base::words::count;
use crate::base::{EntityId, Stamp, ValueRef};
use crate::contract::{
    BlobId, DeviceView, EachExcerpt, Listed, LocalQuery, LogEntry, OpenConflict, PendingEdit, RowWait,
    SyncUnit,
};
use crate::engine::apply::deferred;
use crate::engine::push::conflict_page::shown;
use crate::store::{self, Store, Stored};

pub(super) struct View {
    store: Rc<Store>,
    units: Arc<[SyncUnit]>,
    has_page: bool,
    has_excerpts: bool,
    has_blobs: bool,
    damage: RefCell<Option<String>>,
}

impl View {
    pub(super) fn new(
        store: Rc<Store>,
        units: Arc<[SyncUnit]>,
        (has_page, has_excerpts, has_blobs): (bool, bool, bool),
    ) -> View {
        View { store, units, has_page, has_excerpts, has_blobs, damage: RefCell::default() }
    }

    /// Reads from the store without any cost for the device. A disk that reorders unsynced writes
    /// may leave a damaged file. Then this function records the damage.
    fn look<R: Default>(&self, at: impl FnOnce(&Store) -> Stored<R>) -> R {
        let seen = at(&self.store);
        _ = self.store.work();
        seen.unwrap_or_else(|error| {
            *self.damage.borrow_mut() = Some(error.to_string());
            R::default()
        })
    }
}

impl DeviceView for View {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        self.look(|store| store.rows(entity, f));
    }
    fn excerpts(&self, entity: EntityId, f: &mut EachExcerpt<'_>) {
        if self.has_excerpts {
            let shown = self.look(|store| store.read(|tx| store::excerpts::shown(tx, entity)));
            for (unit, key, stamp, values) in shown {
                f(unit, key.as_str(), stamp, &values);
            }
        }
    }
    fn pending(&self) -> Vec<PendingEdit> {
        if self.has_page {
            return self.look(|store| store.read(|tx| Ok(store::conflicts::by_wait(tx)?.0)));
        }
        self.look(|store| store.read(|tx| tx.pending()))
    }
    fn open_conflicts(&self) -> Vec<OpenConflict> {
        if self.has_page { self.look(|store| store.read(shown)) } else { Vec::new() }
    }
    fn held_up(&self) -> Vec<PendingEdit> {
        if !self.has_page {
            return Vec::new();
        }
        self.look(|store| store.read(|tx| Ok(store::conflicts::by_wait(tx)?.1)))
    }
    fn held_back(&self) -> u64 {
        self.look(|store| store.read(|tx| tx.count_deferred()))
    }
    fn waits_for(&self) -> Option<RowWait> {
        self.look(|store| store.read(deferred::first_wait))
    }
    fn attachments(&self) -> Vec<BlobId> {
        if !self.has_blobs {
            return Vec::new();
        }
        let waiting = self.look(|store| store.read(|tx| store::blobs::waiting(tx, false)));
        waiting.iter().map(|blob| BlobId::of(blob.entity, &blob.key, blob.part)).collect()
    }
    fn log(&self) -> Vec<LogEntry> {
        self.look(|store| store.read(|tx| tx.log_entries()))
    }
    fn list(&self, query: &LocalQuery, nth: u64) -> Option<Listed> {
        self.look(|store| store::list(store, query, nth).map(Some))
    }
    fn doing(&self) -> String {
        let running = self.look(|store| store.read(|tx| tx.running()));
        let open = self.open_conflicts().len() as u64;
        match running.first() {
            None if open > 0 => format!("waiting, with {} before a person", count(open, "conflict")),
            Some((unit, run)) => {
                let unit = self.units.get(usize::from(unit.0)).map_or("", |unit| unit.name.as_str());
                format!("run {run} of {unit} has not ended")
            }
            None => "waiting".to_owned(),
        }
    }
    fn damage(&self, all: bool) -> Option<String> {
        if all {
            self.look(Store::check);
        }
        self.damage.borrow().clone()
    }
}
