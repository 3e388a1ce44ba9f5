//! Staging, for runs whose rows become visible all at once. The device stores pulled pages in
//! separate tables of its database. One transaction applies all pages when the last has arrived.
//!
//! Until then the saved cursors do not move. Staged pages are valid only for the visible rows at
//! the time of staging. They are dropped if another run has moved a cursor or begun a load since.

use std::borrow::Cow;

use crate::base::{EntityId, Stamp, Undone, UnitId};
use crate::contract::{EngineEvent, SyncError, UnitEvent};
use crate::engine::apply::applier::Applier;
use crate::engine::apply::chunks::Segment;
use crate::engine::apply::page_changes::TxChanges;
use crate::engine::options::Atomic;
use crate::protocol::{Answer, Page, Part, Rows, Want};
use crate::store::{self, Progress, StagedPage, StoreError, Stored, Tx};

/// The content of a page besides its rows, in this order: ranges of undone stamps, the stamp from
/// which versions may be missing, withheld keys, keys for new rows.
type Rest<'r> = (Vec<(i64, i64)>, Option<i64>, Vec<Cow<'r, str>>, Option<(u64, u32)>);

impl Applier {
    pub(crate) fn sets_aside(&self) -> bool {
        self.process.options.pull.atomic == Atomic::Session
    }

    /// The cursor to continue from, and whether a page of the entity is staged.
    pub(crate) fn stands(
        &self,
        tx: &Tx<'_>,
        unit: UnitId,
        entity: EntityId,
    ) -> Stored<(Option<String>, bool)> {
        if self.sets_aside()
            && let Some(last) = store::staged::last(tx, unit, entity)?
        {
            return Ok((Some(last.cursor), true));
        }
        Ok((tx.progress(self.cursor_book(unit, entity), entity)?.cursor, false))
    }

    /// Stages a response to `wants`. Returns false and writes nothing if the response does not
    /// continue at the unit's cursors.
    pub(crate) async fn set_aside(
        &self,
        unit: UnitId,
        answer: &Answer<'_>,
        wants: &[Want],
    ) -> Result<bool, SyncError> {
        let written = self.process.timed(|tx| {
            for page in &answer.pages {
                let want = wants.iter().find(|want| want.entity == page.entity);
                let (cursor, _) = self.stands(tx, unit, page.entity)?;
                if want.is_none_or(|want| want.cursor != cursor) {
                    return Ok(false);
                }
            }
            answer.pages.iter().try_for_each(|page| self.set_page_aside(tx, unit, page))?;
            Ok(true)
        });
        let (written, took) = written.await;
        let rows: usize = answer.pages.iter().map(|page| page.rows.len()).sum();
        let fits = written?;
        if fits {
            self.process.emit(EngineEvent::Unit(UnitEvent::SetAside { unit, rows: rows as u32, took }));
            self.process.crash_point("pull.chunk-applied").await;
        }
        Ok(fits)
    }

    fn set_page_aside(&self, tx: &Tx<'_>, unit: UnitId, page: &Page<'_>) -> Stored<()> {
        let onto = match store::staged::last(tx, unit, page.entity)? {
            Some(last) => last.onto,
            None => self.begin_staging(tx, unit, page.entity)?,
        };
        let undone = page.undone.iter().map(|undone| (undone.from.0, undone.until.0)).collect();
        let withheld = page.withheld.iter().map(|key| Cow::Borrowed(&**key)).collect();
        let rest: Rest<'_> = (undone, page.unseen.map(|stamp| stamp.0), withheld, page.ids);
        let rest = serde_json::to_string(&rest).expect("writing to memory does not fail");
        let cursor = page.cursor.clone().into_owned();
        let aside = StagedPage { number: 0, entity: page.entity, cursor, more: page.more, onto, rest };
        let number = store::staged::add_page(tx, unit, &aside)?;
        for (place, row) in page.rows.iter().enumerate() {
            let part = row.part.map(|part| (part.base, part.columns));
            store::staged::add_row(tx, (number, place), (row.key, row.stamp), part, row.values)?;
        }
        Ok(())
    }

    /// Begins the staging of an entity. A full load gets its number (generation) now. So rows of
    /// edits that are settled during the load count as seen by it.
    fn begin_staging(&self, tx: &Tx<'_>, unit: UnitId, entity: EntityId) -> Stored<(Option<String>, u32)> {
        let book = self.cursor_book(unit, entity);
        let mut progress = tx.progress(book, entity)?;
        if progress.cursor.is_none() && self.process.excerpt(unit, entity).is_none() {
            progress.loading = true;
            progress.generation = self.latest_load(tx, entity, progress.generation)? + 1;
            tx.save_progress(book, entity, &progress)?;
        }
        Ok((progress.cursor, progress.generation))
    }

    /// Makes all rows of a run visible in one transaction. If that fails, the staged rows are
    /// dropped, and the next run begins where this one began.
    pub(crate) async fn show(&self, unit: UnitId) -> Result<(), SyncError> {
        if !self.sets_aside() {
            return Ok(());
        }
        let (shown, took) = self.process.timed(|tx| self.show_in(tx, unit)).await;
        if shown == Err(StoreError::Dangling) {
            self.process.emit(EngineEvent::ApplyAborted);
        }
        let told = match shown {
            Ok(told) => told,
            Err(why) => {
                let dropped = self.process.write(|tx| store::staged::drop_all(tx, unit)).await;
                self.report_dropped_rows(unit, dropped?);
                return Err(why.into());
            }
        };
        self.tell(Some(unit), &told, took);
        let mut moved = told.cursors;
        moved.sort_unstable();
        moved.dedup();
        self.report_saved_cursors(unit, moved);
        self.process.crash_point("pull.chunk-applied").await;
        Ok(())
    }

    /// Applies all staged pages of the unit. An error rolls all of them back, because only a
    /// committed transaction is reported.
    fn show_in(&self, tx: &Tx<'_>, unit: UnitId) -> Stored<TxChanges> {
        if !self.fits(tx, unit)? {
            return Err(StoreError::Moved);
        }
        let mut applying = self.applying(tx, Some(unit));
        for waiting in store::staged::pages(tx, unit)? {
            let page = page(tx, waiting)?;
            let segment = Segment { page: 0, from: 0, until: page.rows.len(), ends_page: true };
            if !applying.pages(&[page], &[segment])? {
                return Err(StoreError::Moved);
            }
        }
        applying.apply_unblocked()?;
        applying.told.drop_what_came_back();
        store::staged::drop_all(tx, unit)?;
        Ok(applying.told)
    }

    /// Whether each entity still has the cursor and load number that it had when its first page was
    /// staged.
    pub(crate) fn fits(&self, tx: &Tx<'_>, unit: UnitId) -> Stored<bool> {
        for waiting in store::staged::pages(tx, unit)? {
            let book = self.cursor_book(unit, waiting.entity);
            let Progress { cursor, generation, .. } = tx.progress(book, waiting.entity)?;
            if (cursor, generation) != waiting.onto {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) fn report_dropped_rows(&self, unit: UnitId, rows: u32) {
        if rows > 0 {
            self.process.emit(EngineEvent::Unit(UnitEvent::ThrownAway { unit, rows }));
        }
    }
}

fn page(tx: &Tx<'_>, waiting: StagedPage) -> Stored<Page<'static>> {
    let StagedPage { entity, more, .. } = waiting;
    let mut rows = Rows::default();
    for row in store::staged::rows(tx, waiting.number)? {
        let part = row.part.map(|(base, columns)| Part { base, columns });
        rows.push(row.key, row.stamp, part, row.values.unwrap_or_default());
    }
    let rest = serde_json::from_str(&waiting.rest).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let (undone, unseen, withheld, ids): Rest<'static> = rest;
    let undone = undone.into_iter().map(|(from, until)| Undone { from: Stamp(from), until: Stamp(until) });
    Ok(Page {
        entity,
        rows,
        cursor: Cow::Owned(waiting.cursor),
        more,
        undone: undone.collect(),
        unseen: unseen.map(Stamp),
        withheld,
        ids,
    })
}
