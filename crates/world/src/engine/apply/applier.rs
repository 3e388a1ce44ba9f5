//! Makes pulled rows durable. Writes the rows of one response in one or more transactions. A page's
//! last transaction also saves the page's cursor.

use std::rc::Rc;

use crate::base::{EntityId, Span, Stamp, Undone, UnitId};
use crate::contract::{EngineEvent, Excerpt, SyncError, UnitEvent};
use crate::engine::apply::bad_rows::{BadRows, Verdict};
use crate::engine::apply::chunks::{Segment, cut};
use crate::engine::apply::deferred;
use crate::engine::apply::foreign_keys;
use crate::engine::apply::page_changes::{Dirty, TxChanges, tell_changes};
use crate::engine::apply::partial_pages;
use crate::engine::apply::partial_rows::Completed;
use crate::engine::apply::seen_versions::yielding_if_undone;
use crate::engine::big_rows;
use crate::engine::flaws::Flaw;
use crate::engine::options::{CursorBook, MissingParent};
use crate::engine::process::Process;
use crate::engine::rules::{Applied, Part, Place};
use crate::protocol::{Answer, Page, WireRow};
use crate::store::{self, DeferredRow, Progress, StoreError, Stored, Tx};

/// The ranges of stamps at or above `from` that are not in `undone`.
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

pub(crate) struct Applier {
    pub(crate) process: Rc<Process>,
    bad_rows: BadRows,
    /// Whether the store records which missing row each deferred row waits for.
    knows_lacks: bool,
}

impl Applier {
    pub(crate) fn new(process: Rc<Process>) -> Applier {
        let (keys, machine) = (process.store.options().checks_references(), process.ports.machine.clone());
        // Rows that refer to each other in a circle must be applied together, so no single row can
        // unblock them.
        let waits = process.options.pull.missing_parent == MissingParent::Wait;
        let knows_lacks = waits && !deferred::has_circle(&process.setup.schema);
        Applier { bad_rows: BadRows::new(&process.options.pull, keys, machine), knows_lacks, process }
    }

    pub(crate) fn applying<'t, 's>(&'t self, tx: &'t Tx<'s>, unit: Option<UnitId>) -> Applying<'t, 's> {
        Applying { applier: self, process: &self.process, tx, unit, told: TxChanges::default() }
    }

    /// The owner of the unit's cursor for an entity: the unit itself, or `SHARED`. A unit that
    /// pulls an excerpt (some columns of some rows) owns its cursor. Its cursor covers only the
    /// excerpt.
    pub(crate) fn cursor_book(&self, unit: UnitId, entity: EntityId) -> UnitId {
        let is_part =
            self.process.excerpt(unit, entity).is_some() && !self.process.rules.has(Flaw::PartMovesAll);
        let is_shared = !is_part && self.process.options.pull.cursor == CursorBook::Entity;
        if is_shared { store::SHARED } else { unit }
    }

    pub(crate) async fn retry_late(&self, unit: UnitId, entities: &[EntityId]) -> Result<(), SyncError> {
        if !self.bad_rows.has_list() {
            return Ok(());
        }
        let tries = !self.process.rules.has(Flaw::ForgetsLateRows);
        let retried = self.process.timed(|tx| {
            tx.create_deferred_table()?;
            if self.knows_lacks {
                deferred::wake_all(tx)?;
            }
            let mut applying = self.applying(tx, Some(unit));
            for &entity in entities.iter().filter(|_| tries) {
                applying.retry(entity)?;
            }
            Ok((applying.told, tx.count_deferred()?))
        });
        let (retried, took) = retried.await;
        let (told, left) = retried?;
        self.tell(Some(unit), &told, took);
        if tries {
            self.process.emit(EngineEvent::RowsRetried { left });
        }
        Ok(())
    }

    /// Makes a response to a unit's pull durable. Returns false if a partial row does not fit the
    /// local version. Its transaction and later ones then write nothing and move no cursor.
    pub(crate) async fn pages(&self, unit: UnitId, answer: &Answer<'_>) -> Result<bool, SyncError> {
        if self.process.rules.has(Flaw::CursorBeforeRows) {
            self.save_cursors_early(unit, &answer.pages).await?;
            self.process.crash_point("pull.cursor-saved").await;
        }
        self.transactions(Some(unit), answer, "pull.chunk-applied").await
    }

    /// Makes a response durable. `unit` is the unit that pulled it; with `None` no cursor moves.
    /// Returns false if a partial row does not fit the local version.
    pub(crate) async fn transactions(
        &self,
        unit: Option<UnitId>,
        answer: &Answer<'_>,
        point: &'static str,
    ) -> Result<bool, SyncError> {
        let sizes: Vec<usize> = answer.pages.iter().map(|page| page.rows.len()).collect();
        for transaction in cut(&sizes, self.process.options.pull.apply_rows as usize) {
            let applied = self.apply(unit, &answer.pages, &transaction).await;
            if applied.is_err()
                && self.process.rules.has(Flaw::OneBadRowDropsPage)
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

    /// Writes the rows of the segments in one transaction, with the cursors of pages that end in
    /// it. Returns false and writes nothing if a partial row does not fit the local row.
    async fn apply(
        &self,
        unit: Option<UnitId>,
        pages: &[Page<'_>],
        segments: &[Segment],
    ) -> Result<bool, SyncError> {
        self.process.works_for(segments.iter().map(|segment| segment.until - segment.from).sum());
        let written = self.process.timed(|tx| {
            let mut applying = self.applying(tx, unit);
            if !applying.pages(pages, segments)? {
                return Ok(None);
            }
            applying.apply_unblocked()?;
            Ok(Some(applying.told))
        });
        let (told, took) = written.await;
        if told == Err(StoreError::Dangling) {
            self.process.emit(EngineEvent::ApplyAborted);
        }
        let Some(told) = told? else { return Ok(false) };
        self.tell(unit, &told, took);
        if let Some(unit) = unit.filter(|_| !self.begins_again()) {
            self.report_saved_cursors(unit, told.cursors);
        }
        Ok(true)
    }

    pub(crate) fn tell(&self, unit: Option<UnitId>, told: &TxChanges, took: Span) {
        tell_changes(&self.process, unit, &told.changes, told.echoed, took);
        if let (Some(unit), rows @ 1..) = (unit, told.excerpts) {
            self.process.emit(EngineEvent::Unit(UnitEvent::Excerpt { unit, rows, took }));
        }
        let TxChanges { skipped, listed, .. } = *told;
        if skipped + listed > 0 {
            self.process.emit(EngineEvent::RowsFailed { skipped, listed });
        }
    }

    /// The unit's progress with `entity` when a page begins or continues.
    ///
    /// A response to a request without a cursor begins a full load. Each load gets a new number
    /// (generation), even if an earlier load was only partly written. The server does not report
    /// rows that were deleted before this load began. So rows from an earlier load must be removed
    /// unless this load contains them.
    fn progress(&self, tx: &Tx<'_>, unit: UnitId, entity: EntityId, begins_page: bool) -> Stored<Progress> {
        let mut progress = tx.progress(self.cursor_book(unit, entity), entity)?;
        if begins_page && progress.cursor.is_none() {
            progress.loading = true;
            // A staged load got its generation when its first page was staged.
            if !self.sets_aside() {
                progress.generation = self.latest_load(tx, entity, progress.generation)? + 1;
            }
            if self.bad_rows.has_list() {
                tx.drop_all_late(entity)?;
            }
        }
        Ok(progress)
    }

    /// The number (generation) of the latest full load of `entity` by any unit; `own` is this
    /// unit's number. Each row that this unit pulls gets the returned number. Otherwise the other
    /// unit's load would remove the row at its end, and this unit would not receive it again.
    pub(crate) fn latest_load(&self, tx: &Tx<'_>, entity: EntityId, own: u32) -> Stored<u32> {
        let is_latest = self.process.options.pull.cursor == CursorBook::Entity;
        if is_latest { Ok(own) } else { Ok(own.max(tx.generation(entity)?)) }
    }

    async fn save_cursors_early(&self, unit: UnitId, pages: &[Page<'_>]) -> Result<(), SyncError> {
        let saved = self.process.write(|tx| {
            for page in pages {
                let mut progress = self.progress(tx, unit, page.entity, true)?;
                progress.cursor = Some(page.cursor.clone().into_owned());
                tx.save_progress(self.cursor_book(unit, page.entity), page.entity, &progress)?;
            }
            Ok(())
        });
        saved.await?;
        self.report_saved_cursors(unit, pages.iter().map(|page| page.entity).collect());
        Ok(())
    }

    /// Restarts the load of an entity whose cursor the server no longer knows. The server sends all
    /// rows again. At the end the device removes rows that it did not receive again.
    pub(crate) async fn load_again(&self, unit: UnitId, entity: EntityId) -> Result<(), SyncError> {
        let (book, whole) = (self.cursor_book(unit, entity), self.process.excerpt(unit, entity).is_none());
        let reset = self.process.write(|tx| {
            let progress = tx.progress(book, entity)?;
            if whole {
                tx.drop_live_shadows(entity)?;
            }
            tx.save_progress(book, entity, &Progress { cursor: None, ..progress })?;
            if self.sets_aside() {
                return store::staged::drop_entity(tx, unit, entity);
            }
            if self.begins_again() {
                store::note_whole_sync(tx, book, entity, None)?;
            }
            Ok(0)
        });
        let rows = reset.await?;
        self.process.emit(EngineEvent::CursorReset { unit, entity });
        self.report_dropped_rows(unit, rows);
        Ok(())
    }
}

/// One transaction of pulled rows, and the changes to report of it.
pub(crate) struct Applying<'t, 's> {
    applier: &'t Applier,
    process: &'t Process,
    tx: &'t Tx<'s>,
    unit: Option<UnitId>,
    pub(crate) told: TxChanges,
}

impl Applying<'_, '_> {
    /// Writes the rows of the segments, and the cursors of the pages that end in them. Returns
    /// false and writes nothing if a partial row does not fit the local row.
    pub(crate) fn pages(&mut self, pages: &[Page<'_>], segments: &[Segment]) -> Stored<bool> {
        let dirty = Dirty(self.tx.dirty()?);
        let Some(completed) = Completed::of(self.tx, pages, segments, &dirty)? else {
            return Ok(false);
        };
        for segment in segments {
            self.segment(&pages[segment.page], *segment, &completed, &dirty)?;
        }
        Ok(true)
    }

    fn segment(
        &mut self,
        page: &Page<'_>,
        segment: Segment,
        completed: &Completed,
        dirty: &Dirty,
    ) -> Stored<()> {
        let (tx, process, id) = (self.tx, self.process, page.entity);
        if let Some((unit, excerpt)) = self.unit.and_then(|unit| Some((unit, process.excerpt(unit, id)?))) {
            return self.excerpt(unit, excerpt, page, segment, dirty);
        }
        let (progress, latest) = match self.unit {
            Some(unit) => {
                let progress = self.applier.progress(tx, unit, id, segment.from == 0)?;
                let latest = self.applier.latest_load(tx, id, progress.generation)?;
                (progress, latest)
            }
            None => (Progress::default(), 0),
        };
        if let Some((first, count)) = page.ids.filter(|_| segment.from == 0) {
            store::add_keys(tx, id, first, count)?;
        }
        let undone = process.passed.hears(tx, id, &page.undone)?;
        for index in (segment.from..segment.until).filter(|index| process.rules.apply.takes(*index)) {
            completed.with((segment.page, index), page.rows.get(index), |row| {
                let is_dirty = dirty.has(id, row.key);
                if self.unit.is_some() && self.holds_back(id, row, is_dirty)? {
                    // An older version of the row may be stored. Marked as seen, it survives the
                    // end of the load.
                    return tx.seen(id, row.key, latest);
                }
                let applied = self.row(Place::of(id, latest, is_dirty), row, &undone)?;
                self.told.echoed += u32::from(process.is_echo(id, row.key, row.stamp));
                let seen = progress.loading || !is_dirty;
                if applied == Applied::Kept && seen && row.values.is_some() {
                    // The row's edits may get their verdicts before the load ends. Then only this
                    // mark protects the row from removal.
                    tx.seen(id, row.key, latest)?;
                }
                self.told.note(id, row, applied);
                Ok(())
            })?;
        }
        self.unit.map_or(Ok(()), |unit| self.keep_progress(unit, page, segment, progress))
    }

    /// Whether a row cannot be applied now. If so, this function skips or defers the row.
    fn holds_back(&mut self, entity: EntityId, row: WireRow<'_>, is_dirty: bool) -> Stored<bool> {
        let mut verdict = self.applier.bad_rows.judge(self.tx, entity, row)?;
        if verdict == Verdict::Apply && !is_dirty && big_rows::leaves_out(self.process, row) {
            verdict = Verdict::Skip;
        }
        let missing = self.process.options.pull.missing_parent;
        if verdict == Verdict::Apply && !is_dirty && missing.holds(self.tx, entity, row)? {
            self.tx.defer_row(entity, row.key, row.stamp, row.values)?;
            verdict = Verdict::Listed;
        }
        self.told.skipped += u32::from(verdict == Verdict::Skip);
        self.told.listed += u32::from(verdict == Verdict::Listed);
        Ok(verdict != Verdict::Apply)
    }

    /// Stores a unit's excerpt of a page's rows. A deletion also deletes the full row, unless the
    /// excerpt has a row filter. With a filter, the row may exist and no longer match.
    fn excerpt(
        &mut self,
        unit: UnitId,
        excerpt: &Excerpt,
        page: &Page<'_>,
        segment: Segment,
        dirty: &Dirty,
    ) -> Stored<()> {
        let (tx, process) = (self.tx, self.process);
        let undone = process.passed.hears(tx, page.entity, &page.undone)?;
        let part = Part { unit, of: excerpt, entity: process.setup.schema.entity(page.entity) };
        let book = self.applier.cursor_book(unit, page.entity);
        let mut progress = part.begin(tx, book, segment)?;
        for row in (segment.from..segment.until).map(|index| page.rows.get(index)) {
            let place = Place::of(page.entity, 0, dirty.has(page.entity, row.key));
            self.told.excerpts += 1;
            if row.values.is_some() {
                let place = yielding_if_undone(tx, place, row.key, &undone)?;
                process.rules.apply.apply_part(tx, &part, place, row)?;
                continue;
            }
            store::excerpts::remove(tx, (unit, page.entity), row.key)?;
            if excerpt.rows.is_empty() {
                let applied = self.row(place, row, &undone)?;
                self.told.note(page.entity, row, applied);
            }
        }
        if part.end(tx, book, page, segment, &mut progress)? {
            self.told.cursors.push(page.entity);
        }
        Ok(())
    }

    /// Applies a row by the engine's apply rule. A local version that may be `undone` is replaced
    /// by any version. After the row was applied, forgets the row's recorded deletion.
    fn row(&self, place: Place, row: WireRow<'_>, undone: &[Undone]) -> Stored<Applied> {
        let (tx, passed) = (self.tx, &self.process.passed);
        let ended = passed.end_of(tx, place.id, row.key)?;
        let place = Place { ended, ..yielding_if_undone(tx, place, row.key, undone)? };
        let kept = if place.dirty { None } else { self.process.options.paths.kept(tx, place.id, row)? };
        let row = WireRow { values: kept.as_deref().or(row.values), ..row };
        let applied = self.process.rules.apply.apply(tx, place, row)?;
        if applied == Applied::Removed && self.process.has_excerpts(place.id) {
            store::excerpts::remove_by(tx, place.id, row.key, row.stamp)?;
        }
        if ended.is_some() && applied != Applied::Kept {
            passed.forget(tx, place.id, row.key)?;
        }
        Ok(applied)
    }

    fn retry(&mut self, entity: EntityId) -> Stored<bool> {
        let mut any = false;
        let dirty = Dirty(self.tx.dirty()?);
        // SQLite would refuse a row whose parent is missing.
        let checked = self.tx.checks_references();
        let missing = if checked { MissingParent::Wait } else { self.process.options.pull.missing_parent };
        for late in self.tx.deferred_to_retry(entity)? {
            if self.applier.bad_rows.fails(entity, &late.key) {
                continue;
            }
            if !missing.holds(self.tx, entity, row_of(&late))? {
                self.late(entity, &late, &dirty)?;
                any = true;
            } else if self.applier.knows_lacks {
                deferred::note_lack(self.tx, entity, &late)?;
            }
        }
        Ok(any)
    }

    fn late(&mut self, entity: EntityId, late: &DeferredRow, dirty: &Dirty) -> Stored<()> {
        let place = Place::of(entity, self.tx.generation(entity)?, dirty.has(entity, &late.key));
        let undone = self.process.passed.undone(entity);
        let row = row_of(late);
        let applied = self.row(place, row, &undone)?;
        self.told.note(entity, row, applied);
        self.tx.drop_late(entity, &late.key, late.stamp)
    }

    /// Applies deferred rows that this transaction unblocks. Rows that refer only to each other and
    /// to stored rows are applied together. A deletion waits until the rows that refer to its row
    /// are deleted.
    pub(crate) fn apply_unblocked(&mut self) -> Stored<()> {
        let (tx, schema) = (self.tx, &self.process.setup.schema);
        let brings = self.process.options.pull.missing_parent == MissingParent::Wait;
        // With foreign keys in SQLite, deletions may be deferred even without
        // `MissingParent::Wait`.
        if !brings && (!tx.checks_references() || tx.count_deferred()? == 0) {
            return Ok(());
        }
        if self.applier.knows_lacks {
            return self.bring_in_what_lacked();
        }
        let mut late = Vec::new();
        for entity in schema.ids().filter(|_| brings) {
            late.extend(tx.late(entity)?.into_iter().map(|row| (entity, row)));
        }
        let whole = deferred::whole_groups(tx, &late)?;
        if !whole.is_empty() {
            store::defer_foreign_keys(tx)?;
        }
        let dirty = Dirty(tx.dirty()?);
        for (entity, row) in whole {
            self.late(*entity, row, &dirty)?;
        }
        loop {
            let before = tx.count_deferred()?;
            for entity in schema.ids() {
                self.retry(entity)?;
            }
            if tx.count_deferred()? == before {
                return Ok(());
            }
        }
    }

    /// Applies deferred rows that this transaction unblocks, if rows cannot refer to each other in
    /// a circle. Retries only deferred rows whose missing row has arrived.
    fn bring_in_what_lacked(&mut self) -> Stored<()> {
        if !self.tx.any_late()? {
            return Ok(());
        }
        let mut heard = 0;
        loop {
            for (entity, key, ..) in self.told.changes[heard..].iter().filter(|(.., removed)| !removed) {
                self.tx.unblock_deferred(*entity, key)?;
            }
            heard = self.told.changes.len();
            let mut any = false;
            for entity in self.process.setup.schema.ids() {
                any |= self.retry(entity)?;
            }
            if !any {
                return Ok(());
            }
        }
    }

    fn keep_progress(
        &mut self,
        unit: UnitId,
        page: &Page<'_>,
        segment: Segment,
        mut progress: Progress,
    ) -> Stored<()> {
        let (tx, process, id) = (self.tx, self.process, page.entity);
        let rules = &process.rules;
        let before = progress.clone();
        if segment.ends_page {
            if page.more || !rules.has(Flaw::CursorBeforeTheLastPage) {
                progress.cursor = Some(page.cursor.clone().into_owned());
            }
            if progress.loading && !rules.has(Flaw::SweepsWhatIsWithheld) {
                page.withheld.iter().try_for_each(|key| tx.seen(id, key, progress.generation))?;
            }
            let loaded = progress.loading && !page.more;
            if loaded {
                progress.loading = false;
                // A load may lack recently committed rows, such as rows that this device created.
                let undone = process.passed.undone(id);
                for key in process.just_made(id, &undone) {
                    tx.seen(id, &key, progress.generation)?;
                }
                // A load may also lack versions that this device received by another request.
                if let Some(from) = page.unseen {
                    for stamps in beside(from, &undone) {
                        tx.spare(id, progress.generation, stamps)?;
                    }
                }
                foreign_keys::defer_swept_parents(tx, id, progress.generation)?;
                let swept = rules.apply.sweep(tx, id, progress.generation)?;
                tx.make_indexes(id)?;
                self.told.changes.extend(swept.into_iter().map(|key| (id, key, Stamp(0), true)));
            }
            if !page.more && process.has_excerpts(id) {
                partial_pages::pass_by(tx, page, loaded)?;
            }
        }
        if progress != before || segment.until > segment.from {
            tx.save_progress(self.applier.cursor_book(unit, id), id, &progress)?;
            if segment.ends_page {
                self.told.cursors.push(id);
                if rules.has(Flaw::OneDateForAll) {
                    self.move_all(unit, &progress)?;
                }
            }
        }
        Ok(())
    }

    /// Sets the cursors of all entities to the cursor in `to`. Only a planted bug calls this.
    fn move_all(&self, unit: UnitId, to: &Progress) -> Stored<()> {
        for entity in self.process.setup.schema.ids() {
            let book = self.applier.cursor_book(unit, entity);
            let progress = self.tx.progress(book, entity)?;
            if progress.cursor.is_some() && !progress.loading {
                let moved = Progress { cursor: to.cursor.clone(), ..progress };
                self.tx.save_progress(book, entity, &moved)?;
            }
        }
        Ok(())
    }
}

fn row_of(late: &DeferredRow) -> WireRow<'_> {
    WireRow { key: &late.key, stamp: late.stamp, values: late.values.as_deref(), part: None }
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
