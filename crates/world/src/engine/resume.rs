//! Where a run begins: behind what the one before it brought, or where the last whole one ended.

use super::apply::Applier;
use super::options::{Checkpoint, CursorBook};
use crate::base::{EntityId, UnitId};
use crate::contract::{EngineEvent, SyncError};
use crate::store::{self, Progress, Stored, Tx};

impl Applier {
    /// A run of the unit begins. Where pulls ask by the date of the unit's last sync, or by where
    /// it ended, what an interrupted one had come to counts for nothing.
    pub(super) async fn begin(&self, unit: UnitId) -> Result<(), SyncError> {
        let asks_by_date = self.process.options.pull.cursor == CursorBook::LastSyncOn;
        if !asks_by_date && !self.begins_again() && !self.sets_aside() {
            return Ok(());
        }
        let begun = self.process.write(|tx| {
            let date = if asks_by_date { tx.last_sync_on(unit)? } else { None };
            for entity in self.pulled(unit) {
                if asks_by_date {
                    self.go_to(tx, unit, entity, (date.map(|date| date.0.to_string()), true))?;
                } else if self.begins_again() && !self.sets_aside() {
                    self.go_back(tx, unit, entity)?;
                }
            }
            self.take_up(tx, unit)
        });
        self.tell_thrown_away(unit, begun.await?);
        Ok(())
    }

    pub(super) fn begins_again(&self) -> bool {
        self.process.options.pull.checkpoint == Checkpoint::Session
    }

    fn pulled(&self, unit: UnitId) -> Vec<EntityId> {
        self.process.unit(unit).pull.clone()
    }

    /// Takes up what is set aside, or throws it away; gives how many rows that were.
    fn take_up(&self, tx: &Tx<'_>, unit: UnitId) -> Stored<u32> {
        if !self.sets_aside() {
            return Ok(0);
        }
        let asks_by_date = self.process.options.pull.cursor == CursorBook::LastSyncOn;
        if asks_by_date || self.begins_again() || !self.fits(tx, unit)? {
            return store::staged::drop_all(tx, unit);
        }
        if !self.process.rules.cursor.keeps_what_waits() {
            store::staged::drop_rows(tx, unit)?;
        }
        Ok(0)
    }

    /// Goes back to where the last whole sync ended; without one that was noted, what is there is
    /// whole.
    fn go_back(&self, tx: &Tx<'_>, unit: UnitId, entity: EntityId) -> Stored<()> {
        let book = self.cursor_book(unit, entity);
        match store::whole_sync(tx, book, entity)? {
            Some(cursor) => self.go_to(tx, unit, entity, (cursor, false)),
            None => store::note_whole_sync(tx, book, entity, tx.progress(book, entity)?.cursor.as_deref()),
        }
    }

    fn go_to(
        &self,
        tx: &Tx<'_>,
        unit: UnitId,
        entity: EntityId,
        (cursor, is_date): (Option<String>, bool),
    ) -> Stored<()> {
        let book = self.cursor_book(unit, entity);
        let progress = tx.progress(book, entity)?;
        // A load that is not at its end is no part of what the date stands for.
        let cursor = cursor.filter(|_| !is_date || progress.cursor.is_some() && !progress.loading);
        if progress.cursor == cursor {
            return Ok(());
        }
        tx.save_progress(book, entity, &Progress { cursor, ..progress })
    }

    /// The unit's run has ended well; gives the entities whose cursors have moved in it, if that
    /// counts now.
    pub(super) fn ends_well(&self, tx: &Tx<'_>, unit: UnitId) -> Stored<Vec<EntityId>> {
        let mut moved = Vec::new();
        if !self.begins_again() || self.sets_aside() {
            return Ok(moved);
        }
        for entity in self.pulled(unit) {
            let book = self.cursor_book(unit, entity);
            let cursor = tx.progress(book, entity)?.cursor;
            if store::whole_sync(tx, book, entity)?.as_ref() != Some(&cursor) {
                store::note_whole_sync(tx, book, entity, cursor.as_deref())?;
                moved.push(entity);
            }
        }
        Ok(moved)
    }

    /// Tells that cursors were saved, as they are with the rows; where a run that is cut begins
    /// again, they count at its end.
    pub(super) fn tell_moved(&self, unit: UnitId, entities: Vec<EntityId>) {
        for entity in entities {
            self.process.emit(EngineEvent::CursorSaved { unit, entity });
        }
    }
}
