//! Pulled rows made durable: a network chunk is written in apply chunks, and the cursors move with
//! the rows.

use std::rc::Rc;

use super::bad_rows::{BadRows, Verdict};
use super::excerpts;
use super::options::{CursorBook, MissingParent};
use super::parents;
use super::parts::Completed;
use super::passed::is_undone;
use super::process::{Process, damaged};
use super::referred;
use super::rules::{Applied, CursorMoment, Part, Place};
use super::segments::{Segment, cut};
use super::told::{Dirty, TxChanges};
use crate::base::{Cell, EntityId, Span, Stamp, Undone, UnitId};
use crate::contract::{AppliedChange, Event, Excerpt, SyncError, UnitEvent};
use crate::protocol::{Answer, Page, WireRow};
use crate::store::{self, Excerpts, LateRow, Progress, Staged, StoreError, Tx};

/// Stamps of `from` and later that none of `undone` has.
fn beside(from: Stamp, undone: &[Undone]) -> Vec<(Stamp, Stamp)> {
    let mut left = vec![(from, Stamp(i64::MAX))];
    for undone in undone.iter().filter(|undone| undone.from <= undone.until) {
        let cut = |(from, until): (Stamp, Stamp)| {
            let (before, after) =
                (Stamp(undone.from.0.saturating_sub(1)), Stamp(undone.until.0.saturating_add(1)));
            [(from, until.min(before)), (from.max(after), until)]
        };
        left = left.into_iter().flat_map(cut).filter(|(from, until)| from <= until).collect();
    }
    left
}

pub(super) struct Applier {
    pub(super) process: Rc<Process>,
    bad_rows: BadRows,
    /// Rows of the list are tried again when what they lack is here.
    knows_lacks: bool,
}

impl Applier {
    pub(super) fn new(process: Rc<Process>) -> Applier {
        let (keys, machine) = (process.store.checks_references(), process.ports.machine.clone());
        // What refers to itself in a circle comes together, and is looked at together.
        let waits = process.options.pull.missing_parent == MissingParent::Wait;
        let knows_lacks = waits && !parents::has_circle(&process.setup.schema);
        Applier { bad_rows: BadRows::new(&process.options.pull, keys, machine), knows_lacks, process }
    }

    /// The book in which the unit's cursor for an entity stands. One that brings a part of it says
    /// nothing of the rest.
    pub(super) fn cursor_book(&self, unit: UnitId, entity: EntityId) -> UnitId {
        if self.process.excerpt(unit, entity).is_some() && self.process.rules.cursor.is_own_of_a_part() {
            return unit;
        }
        match self.process.options.pull.cursor {
            CursorBook::Entity => store::SHARED,
            CursorBook::Unit | CursorBook::LastSyncOn => unit,
        }
    }

    pub(super) async fn retry_late(&self, unit: UnitId, entities: &[EntityId]) -> Result<(), SyncError> {
        if !self.bad_rows.has_list() {
            return Ok(());
        }
        let tries = self.process.rules.wake.tries_late_rows();
        let (told, took) = self
            .process
            .write(|tx| {
                tx.keep_late_rows()?;
                if self.knows_lacks {
                    parents::wake_all(tx)?;
                }
                let mut told = TxChanges::default();
                for &entity in entities.iter().filter(|_| tries) {
                    self.retry_entity(tx, entity, &mut told)?;
                }
                Ok((told, tx.all_late()?))
            })
            .await;
        let (told, left) = told.map_err(damaged)?;
        self.tell(Some(unit), &told, took);
        if tries {
            self.process.emit(Event::RowsRetried { left });
        }
        Ok(())
    }

    /// Whether a row of the entity was applied.
    fn retry_entity(&self, tx: &Tx<'_>, entity: EntityId, told: &mut TxChanges) -> Result<bool, StoreError> {
        let mut any = false;
        let dirty = Dirty(tx.dirty()?);
        for late in tx.late_to_try(entity)? {
            let (key, schema) = (late.key.as_str(), &self.process.setup.schema);
            let waits = |values: Option<&[Cell<'_>]>| {
                let row = WireRow { key, stamp: late.stamp, values, part: None };
                let missing = self.process.options.pull.missing_parent;
                parents::still_waits(tx, schema, entity, row, missing)
            };
            if self.bad_rows.fails(entity, key) {
                continue;
            }
            if !late.with(waits)? {
                self.apply_late(tx, (entity, &late), &dirty, told)?;
                any = true;
            } else if self.knows_lacks {
                parents::note_lack(tx, schema, entity, &late)?;
            }
        }
        Ok(any)
    }

    /// Applies a row of the list, on which it is no longer.
    fn apply_late(
        &self,
        tx: &Tx<'_>,
        (entity, late): (EntityId, &LateRow),
        dirty: &Dirty,
        told: &mut TxChanges,
    ) -> Result<(), StoreError> {
        let key = late.key.as_str();
        let dirty = dirty.has(entity, key);
        let (place, undone) =
            (Place::of(entity, tx.generation(entity)?, dirty), self.process.passed.undone(entity));
        late.with(|values| {
            let row = WireRow { key, stamp: late.stamp, values, part: None };
            let applied = self.apply_row(tx, place, row, &undone)?;
            told.note(entity, row, applied);
            Ok(())
        })?;
        tx.drop_late(entity, key, late.stamp)
    }

    /// Makes an answer to a unit's pull durable; false if a row came in part that is held in
    /// another version: from there on nothing was written, and no cursor moved.
    pub(super) async fn pages(&self, unit: UnitId, answer: &Answer<'_>) -> Result<bool, SyncError> {
        if self.process.rules.cursor.moment() == CursorMoment::BeforeFirstRow {
            self.save_cursors_early(unit, &answer.pages).await?;
            self.process.crash_point("pull.cursor-saved").await;
        }
        self.transactions(Some(unit), answer, "pull.chunk-applied").await
    }

    /// Makes the rows of a record durable.
    pub(super) async fn record(&self, answer: &Answer<'_>) -> Result<bool, SyncError> {
        self.transactions(None, answer, "fetch.applied").await
    }

    async fn transactions(
        &self,
        unit: Option<UnitId>,
        answer: &Answer<'_>,
        point: &'static str,
    ) -> Result<bool, SyncError> {
        let sizes: Vec<usize> = answer.pages.iter().map(|page| page.rows.len()).collect();
        for transaction in cut(&sizes, self.process.options.pull.apply_rows as usize) {
            let applied = self.apply(unit, &answer.pages, &transaction).await;
            if applied.is_err()
                && self.process.rules.cursor.passes_what_failed()
                && let Some(unit) = unit
            {
                self.save_cursors_early(unit, &answer.pages).await?;
                return Ok(true);
            }
            if !applied? {
                return Ok(false);
            }
            self.process.crash_point(point).await;
        }
        Ok(true)
    }

    /// One transaction: the rows of its segments, and the cursors of the pages that end in it.
    /// False if a row came in part that is not held as it should be: then nothing is written.
    async fn apply(
        &self,
        unit: Option<UnitId>,
        pages: &[Page<'_>],
        segments: &[Segment],
    ) -> Result<bool, SyncError> {
        self.process.works_for(segments.iter().map(|segment| segment.until - segment.from).sum());
        let written = self.process.write(|tx| {
            let mut told = TxChanges::default();
            if !self.write_pages(tx, unit, pages, segments, &mut told)? {
                return Ok(None);
            }
            self.bring_in(tx, &mut told)?;
            Ok(Some(told))
        });
        let (told, took) = written.await;
        if told == Err(StoreError::Dangling) {
            self.process.emit(Event::ApplyAborted);
        }
        let Some(told) = told.map_err(damaged)? else { return Ok(false) };
        self.tell(unit, &told, took);
        if !self.begins_again() {
            for entity in told.cursors {
                let unit = unit.expect("only a unit's pull moves cursors");
                self.process.emit(Event::CursorSaved { unit, entity });
            }
        }
        Ok(true)
    }

    /// Writes the rows of segments, and the cursors of the pages that end in them; false if a row
    /// came in part that is not held as it should be: then the transaction is to be undone.
    pub(super) fn write_pages(
        &self,
        tx: &Tx<'_>,
        unit: Option<UnitId>,
        pages: &[Page<'_>],
        segments: &[Segment],
        told: &mut TxChanges,
    ) -> Result<bool, StoreError> {
        let dirty = Dirty(tx.dirty()?);
        let Some(completed) = Completed::of(tx, pages, segments, |id, key| dirty.has(id, key))? else {
            return Ok(false);
        };
        for segment in segments {
            self.apply_segment(tx, unit, &pages[segment.page], *segment, (&completed, &dirty), told)?;
        }
        Ok(true)
    }

    /// Whether a row cannot be applied before others.
    fn waits(&self, tx: &Tx<'_>, entity: EntityId, row: WireRow<'_>) -> Result<bool, StoreError> {
        self.process.options.pull.missing_parent.holds(tx, &self.process.setup.schema, entity, row)
    }

    /// Applies what waited for the rows of this transaction: those that refer to what is here and
    /// to each other come together, and ends after those of what refers to them.
    pub(super) fn bring_in(&self, tx: &Tx<'_>, told: &mut TxChanges) -> Result<(), StoreError> {
        let schema = &self.process.setup.schema;
        let brings = self.process.options.pull.missing_parent == MissingParent::Wait;
        // SQLite has the ends wait.
        if !brings && (!tx.checks_references() || tx.all_late()? == 0) {
            return Ok(());
        }
        if self.knows_lacks {
            return self.bring_in_what_lacked(tx, told);
        }
        let mut late = Vec::new();
        for entity in schema.ids().filter(|_| brings) {
            late.extend(tx.late(entity)?.into_iter().map(|row| (entity, row)));
        }
        let whole = parents::whole_groups(tx, schema, &late)?;
        if !whole.is_empty() {
            store::defer_foreign_keys(tx)?;
        }
        let dirty = Dirty(tx.dirty()?);
        for (entity, row) in whole {
            self.apply_late(tx, (*entity, row), &dirty, told)?;
        }
        loop {
            let before = tx.all_late()?;
            for entity in schema.ids() {
                self.retry_entity(tx, entity, told)?;
            }
            if tx.all_late()? == before {
                return Ok(());
            }
        }
    }

    /// The same where no rows refer to each other in a circle: those are looked at that lacked what
    /// came.
    fn bring_in_what_lacked(&self, tx: &Tx<'_>, told: &mut TxChanges) -> Result<(), StoreError> {
        let (schema, mut heard) = (&self.process.setup.schema, 0);
        if !tx.any_late()? {
            return Ok(());
        }
        loop {
            for (entity, key, ..) in told.changes[heard..].iter().filter(|(.., removed)| !removed) {
                tx.lack_no_more(*entity, key.as_str())?;
            }
            heard = told.changes.len();
            let mut any = false;
            for entity in schema.ids() {
                any |= self.retry_entity(tx, entity, told)?;
            }
            if !any {
                return Ok(());
            }
        }
    }

    pub(super) fn tell(&self, unit: Option<UnitId>, told: &TxChanges, took: Span) {
        let changes: Vec<AppliedChange<'_>> = told
            .changes
            .iter()
            .map(|(entity, key, stamp, removed)| AppliedChange {
                entity: *entity,
                key: key.as_str(),
                stamp: *stamp,
                removed: *removed,
            })
            .collect();
        if !changes.is_empty() {
            self.process.emit(Event::ChunkApplied { unit, changes: &changes, echoed: told.echoed, took });
        }
        if told.excerpts > 0 {
            let (unit, rows) = (unit.expect("only units bring excerpts"), told.excerpts);
            self.process.emit(Event::Unit(UnitEvent::Excerpt { unit, rows, took }));
        }
        let TxChanges { skipped, listed, .. } = *told;
        if skipped + listed > 0 {
            self.process.emit(Event::RowsFailed { skipped, listed });
        }
    }

    fn apply_segment(
        &self,
        tx: &Tx<'_>,
        unit: Option<UnitId>,
        page: &Page<'_>,
        segment: Segment,
        (completed, dirty): (&Completed, &Dirty),
        told: &mut TxChanges,
    ) -> Result<(), StoreError> {
        if let Some((unit, excerpt)) = unit.and_then(|u| Some((u, self.process.excerpt(u, page.entity)?))) {
            return self.apply_excerpt(tx, (unit, excerpt), page, segment, dirty, told);
        }
        let (progress, latest) = match unit {
            Some(unit) => {
                let progress = self.progress(tx, unit, page.entity, segment.from == 0)?;
                let latest = self.latest_load(tx, page.entity, progress.generation)?;
                (progress, latest)
            }
            None => (Progress::default(), 0),
        };
        if let Some((first, count)) = page.ids.filter(|_| segment.from == 0) {
            store::add_keys(tx, page.entity, first, count)?;
        }
        let undone = self.process.passed.hears(tx, page.entity, &page.undone)?;
        let taken = |index: &usize| self.process.rules.apply.takes(*index);
        for index in (segment.from..segment.until).filter(taken) {
            completed.with((segment.page, index), page.rows.get(index), |row| {
                if unit.is_some() {
                    let mut verdict = self.bad_rows.judge(tx, page.entity, row)?;
                    let is_dirty = dirty.has(page.entity, row.key);
                    if verdict == Verdict::Apply && !is_dirty && self.waits(tx, page.entity, row)? {
                        tx.set_late(page.entity, row.key, row.stamp, row.values)?;
                        verdict = Verdict::Listed;
                    }
                    if verdict != Verdict::Apply {
                        told.skipped += u32::from(verdict == Verdict::Skip);
                        told.listed += u32::from(verdict == Verdict::Listed);
                        // It is there, as an older version at worst: no load takes it away.
                        return tx.seen(page.entity, row.key, latest);
                    }
                }
                let dirty = dirty.has(page.entity, row.key);
                let place = Place::of(page.entity, latest, dirty);
                let applied = self.apply_row(tx, place, row, &undone)?;
                told.echoed += u32::from(self.process.is_echo(page.entity, row.key, row.stamp));
                let seen = progress.loading || !dirty;
                if applied == Applied::Kept && seen && row.values.is_some() {
                    // Its edits may be settled before the load ends, and then nothing else keeps it
                    // from the sweep.
                    tx.seen(page.entity, row.key, latest)?;
                }
                told.note(page.entity, row, applied);
                Ok::<(), StoreError>(())
            })?;
        }
        if let Some(unit) = unit {
            self.keep_progress(tx, unit, page, segment, progress, told)?;
        }
        Ok(())
    }

    /// Keeps what a unit brings of the rows of a page. What is gone is gone in full, unless the
    /// excerpt has but some rows: then it may just be no longer among them.
    fn apply_excerpt(
        &self,
        tx: &Tx<'_>,
        (unit, excerpt): (UnitId, &Excerpt),
        page: &Page<'_>,
        segment: Segment,
        dirty: &Dirty,
        told: &mut TxChanges,
    ) -> Result<(), StoreError> {
        let undone = self.process.passed.hears(tx, page.entity, &page.undone)?;
        let part = Part { unit, of: excerpt, entity: self.process.setup.schema.entity(page.entity) };
        let book = self.cursor_book(unit, page.entity);
        let mut progress = part.begin(tx, book, segment)?;
        for row in (segment.from..segment.until).map(|index| page.rows.get(index)) {
            let place = Place::of(page.entity, 0, dirty.has(page.entity, row.key));
            part.apply(tx, &*self.process.rules.apply, place, row, &undone)?;
            told.excerpts += 1;
            if row.values.is_none() && excerpt.rows.is_empty() {
                let applied = self.apply_row(tx, place, row, &undone)?;
                told.note(page.entity, row, applied);
            }
        }
        if part.end(tx, book, page, segment, &mut progress)? {
            told.cursors.push(page.entity);
        }
        Ok(())
    }

    /// Applies a row by the rule, in place of any version that may be `undone`, and forgets that it
    /// ended when that or something later comes down.
    fn apply_row(
        &self,
        tx: &Tx<'_>,
        place: Place,
        row: WireRow<'_>,
        undone: &[Undone],
    ) -> Result<Applied, StoreError> {
        let ended = self.process.passed.end_of(tx, place.id, row.key)?;
        let held = if undone.is_empty() { None } else { tx.row(place.id, row.key)?.map(|held| held.stamp) };
        let over = held.filter(|stamp| is_undone(undone, *stamp)).unwrap_or(place.over);
        let applied = self.process.rules.apply.apply(tx, Place { ended, over, ..place }, row)?;
        if applied == Applied::Removed && self.process.has_excerpts(place.id) {
            Excerpts::of(tx).remove_by(place.id, row.key, row.stamp)?;
        }
        if ended.is_some() && applied != Applied::Kept {
            self.process.passed.forget(tx, place.id, row.key)?;
        }
        Ok(applied)
    }

    /// How far `unit` has come with `entity` as a page begins or goes on.
    ///
    /// What is answered to no cursor begins a full load: it gets a generation of its own, also when
    /// an earlier answer was written in part. The server tells only what vanished since the load
    /// began again, so what came before counts for nothing.
    fn progress(
        &self,
        tx: &Tx<'_>,
        unit: UnitId,
        entity: EntityId,
        begins_page: bool,
    ) -> Result<Progress, StoreError> {
        let mut progress = tx.progress(self.cursor_book(unit, entity), entity)?;
        if begins_page && progress.cursor.is_none() {
            progress.loading = true;
            // A load that is set aside got it as it began.
            if !self.sets_aside() {
                progress.generation = self.latest_load(tx, entity, progress.generation)? + 1;
            }
            if self.bad_rows.has_list() {
                tx.drop_all_late(entity)?;
            }
        }
        Ok(progress)
    }

    /// The latest full load of `entity` by any unit, `own` being this one's. A row that comes
    /// counts as seen by it: another unit's load would take away at its end what this one was told
    /// and will not be told again.
    pub(super) fn latest_load(&self, tx: &Tx<'_>, entity: EntityId, own: u32) -> Result<u32, StoreError> {
        match self.process.options.pull.cursor {
            CursorBook::Entity => Ok(own),
            CursorBook::Unit | CursorBook::LastSyncOn => Ok(own.max(tx.generation(entity)?)),
        }
    }

    fn keep_progress(
        &self,
        tx: &Tx<'_>,
        unit: UnitId,
        page: &Page<'_>,
        segment: Segment,
        mut progress: Progress,
        told: &mut TxChanges,
    ) -> Result<(), StoreError> {
        let before = progress.clone();
        if segment.ends_page {
            if self.process.rules.cursor.is_saved(page.more) {
                progress.cursor = Some(page.cursor.clone().into_owned());
            }
            if progress.loading && self.process.rules.cursor.keeps_what_is_withheld() {
                for key in &page.withheld {
                    tx.seen(page.entity, key, progress.generation)?;
                }
            }
            let loaded = progress.loading && !page.more;
            if loaded {
                progress.loading = false;
                // A load may pass over what is not settled yet, as what was just made here.
                let undone = self.process.passed.undone(page.entity);
                for key in self.process.just_made(page.entity, &undone) {
                    tx.seen(page.entity, key.as_str(), progress.generation)?;
                }
                // Nor is what this device heard of by another way.
                if let Some(from) = page.unseen {
                    for stamps in beside(from, &undone) {
                        tx.spare(page.entity, progress.generation, stamps)?;
                    }
                }
                referred::outlast_load(tx, page.entity, progress.generation)?;
                for key in self.process.rules.cursor.sweep(tx, page.entity, progress.generation)? {
                    told.changes.push((page.entity, key, Stamp(0), true));
                }
            }
            if !page.more && self.process.has_excerpts(page.entity) {
                excerpts::pass_by(tx, page, loaded)?;
            }
        }
        if progress != before || segment.until > segment.from {
            tx.save_progress(self.cursor_book(unit, page.entity), page.entity, &progress)?;
            if segment.ends_page {
                told.cursors.push(page.entity);
                if self.process.rules.cursor.is_shared() {
                    self.move_all(tx, unit, &progress)?;
                }
            }
        }
        Ok(())
    }

    /// Moves the cursors of all entities that have one to where this one is; no correct rule asks
    /// for it.
    fn move_all(&self, tx: &Tx<'_>, unit: UnitId, to: &Progress) -> Result<(), StoreError> {
        for entity in self.process.setup.schema.ids() {
            let book = self.cursor_book(unit, entity);
            let progress = tx.progress(book, entity)?;
            if progress.cursor.is_some() && !progress.loading {
                tx.save_progress(book, entity, &Progress { cursor: to.cursor.clone(), ..progress })?;
            }
        }
        Ok(())
    }

    async fn save_cursors_early(&self, unit: UnitId, pages: &[Page<'_>]) -> Result<(), SyncError> {
        let (saved, _) = self
            .process
            .write(|tx| {
                for page in pages {
                    let mut progress = self.progress(tx, unit, page.entity, true)?;
                    progress.cursor = Some(page.cursor.clone().into_owned());
                    let book = self.cursor_book(unit, page.entity);
                    tx.save_progress(book, page.entity, &progress)?;
                }
                Ok(())
            })
            .await;
        saved.map_err(damaged)?;
        for page in pages {
            self.process.emit(Event::CursorSaved { unit, entity: page.entity });
        }
        Ok(())
    }

    /// The server does not know the cursor any more: everything comes again, and what does not come
    /// is removed at the end.
    pub(super) async fn load_again(&self, unit: UnitId, entity: EntityId) -> Result<(), SyncError> {
        let (book, whole) = (self.cursor_book(unit, entity), self.process.excerpt(unit, entity).is_none());
        let (reset, _) = self
            .process
            .write(|tx| {
                let progress = tx.progress(book, entity)?;
                if whole {
                    tx.drop_live_shadows(entity)?;
                }
                tx.save_progress(book, entity, &Progress { cursor: None, ..progress })?;
                if self.sets_aside() {
                    return Staged::of(tx).drop_entity(unit, entity);
                }
                if self.begins_again() {
                    store::note_whole_sync(tx, book, entity, None)?;
                }
                Ok(0)
            })
            .await;
        let rows = reset.map_err(damaged)?;
        self.process.emit(Event::CursorReset { unit, entity });
        self.tell_thrown_away(unit, rows);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_undone_is_left_out_of_what_a_load_spares() {
        let left = |from, undone: &[(i64, i64)]| {
            let undone =
                undone.iter().map(|&(from, until)| Undone { from: Stamp(from), until: Stamp(until) });
            let left = beside(Stamp(from), &undone.collect::<Vec<_>>());
            left.into_iter().map(|(from, until)| (from.0, until.0)).collect::<Vec<_>>()
        };
        let all = i64::MAX;
        assert_eq!(left(5, &[]), [(5, all)]);
        assert_eq!(left(5, &[(7, 9)]), [(5, 6), (10, all)]);
        assert_eq!(left(8, &[(7, 9)]), [(10, all)]);
        assert_eq!(left(10, &[(7, 9)]), [(10, all)]);
        assert_eq!(left(5, &[(1, 6), (8, 9)]), [(7, 7), (10, all)]);
        assert_eq!(left(5, &[(i64::MIN, 9)]), [(10, all)]);
    }
}
