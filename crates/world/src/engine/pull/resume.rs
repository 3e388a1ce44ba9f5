//! Where a run begins: after the last saved page, or where the last complete run ended.

use crate::base::{EntityId, UnitId};
use crate::contract::{EngineEvent, SyncError};
use crate::engine::apply::applier::Applier;
use crate::engine::flaws::Flaw;
use crate::engine::options::{Checkpoint, CursorBook};
use crate::store::{self, Progress, Stored, Tx};

impl Applier {
    /// Prepares a run of the unit. Drops the progress of an interrupted run if pulls start at the
    /// last complete sync.
    pub(crate) async fn begin(&self, unit: UnitId) -> Result<(), SyncError> {
        let asks_by_date = self.process.options.pull.cursor == CursorBook::LastSyncOn;
        if !asks_by_date && !self.begins_again() && !self.sets_aside() {
            return Ok(());
        }
        let begun = self.process.write(|tx| {
            let date = if asks_by_date { tx.last_sync_on(unit)? } else { None };
            for &entity in &self.process.unit(unit).pull {
                if asks_by_date {
                    self.go_to(tx, unit, entity, (date.map(|date| date.0.to_string()), true))?;
                } else if self.begins_again() && !self.sets_aside() {
                    self.go_back(tx, unit, entity)?;
                }
            }
            self.take_up(tx, unit)
        });
        self.report_dropped_rows(unit, begun.await?);
        Ok(())
    }

    pub(crate) fn begins_again(&self) -> bool {
        self.process.options.pull.checkpoint == Checkpoint::Session
    }

    /// Keeps the staged rows of an interrupted run, or drops them. Returns the number of dropped
    /// rows.
    fn take_up(&self, tx: &Tx<'_>, unit: UnitId) -> Stored<u32> {
        if !self.sets_aside() {
            return Ok(0);
        }
        let asks_by_date = self.process.options.pull.cursor == CursorBook::LastSyncOn;
        if asks_by_date || self.begins_again() || !self.fits(tx, unit)? {
            return store::staged::drop_all(tx, unit);
        }
        if self.process.rules.has(Flaw::ForgetsWhatWaits) {
            store::staged::drop_rows(tx, unit)?;
        }
        Ok(0)
    }

    /// Returns to the cursor at the end of the last complete sync. If no such cursor is stored,
    /// stores the current one for that purpose.
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
        // After an unfinished load, the date is not valid as a cursor. The load starts again
        // without one.
        let cursor = cursor.filter(|_| !is_date || progress.cursor.is_some() && !progress.loading);
        if progress.cursor == cursor {
            return Ok(());
        }
        tx.save_progress(book, entity, &Progress { cursor, ..progress })
    }

    /// Records that the unit's run ended successfully. If cursors become valid only at the end of a
    /// run, returns the entities whose cursors moved.
    pub(crate) fn ends_well(&self, tx: &Tx<'_>, unit: UnitId) -> Stored<Vec<EntityId>> {
        let mut moved = Vec::new();
        if !self.begins_again() || self.sets_aside() {
            return Ok(moved);
        }
        for &entity in &self.process.unit(unit).pull {
            let book = self.cursor_book(unit, entity);
            let cursor = tx.progress(book, entity)?.cursor;
            if store::whole_sync(tx, book, entity)?.as_ref() != Some(&cursor) {
                store::note_whole_sync(tx, book, entity, cursor.as_deref())?;
                moved.push(entity);
            }
        }
        Ok(moved)
    }

    /// Reports that cursors were saved.
    pub(crate) fn report_saved_cursors(&self, unit: UnitId, entities: Vec<EntityId>) {
        for entity in entities {
            self.process.emit(EngineEvent::CursorSaved { unit, entity });
        }
    }
}
