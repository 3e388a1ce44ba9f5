//! A run that is shown as a whole: what it pulls is set aside in the device's database, and applied
//! in one transaction when all of it has come.
//!
//! Until then the cursors of what is shown stand where they did, and the run goes on behind the
//! page that was set aside last. Whether a later run does so too, or throws away what waits, is
//! `engine.pull.checkpoint`. What was set aside holds for the rows that were shown then: if another
//! run has moved a cursor or begun a load meanwhile, it is thrown away.

use std::borrow::Cow;

use super::apply::Applier;
use super::process::damaged;
use super::segments::Segment;
use super::told::TxChanges;
use super::whole::Atomic;
use crate::base::{EntityId, Stamp, Undone, UnitId};
use crate::contract::{Event, SyncError, UnitEvent};
use crate::protocol::{Answer, Page, Part, Rows, Want};
use crate::store::{Progress, Staged, StagedPage, StoreError, Tx};

/// What a page says besides its rows: what was undone, from where on nothing was seen, what is
/// withheld, keys for new rows.
type Rest<'r> = (Vec<(i64, i64)>, Option<i64>, Vec<Cow<'r, str>>, Option<(u64, u32)>);

impl Applier {
    /// Whether a run is shown as a whole.
    pub(super) fn sets_aside(&self) -> bool {
        self.process.options.pull.atomic == Atomic::Session
    }

    /// The cursor to go on from, and whether anything of the entity is set aside.
    pub(super) fn stands(
        &self,
        tx: &Tx<'_>,
        unit: UnitId,
        entity: EntityId,
    ) -> Result<(Option<String>, bool), StoreError> {
        if self.sets_aside()
            && let Some(last) = Staged::of(tx).last(unit, entity)?
        {
            return Ok((Some(last.cursor), true));
        }
        Ok((tx.progress(self.cursor_book(unit, entity), entity)?.cursor, false))
    }

    /// Sets an answer to `wants` aside; false if it does not go on where the unit stands, and then
    /// nothing is written.
    pub(super) async fn set_aside(
        &self,
        unit: UnitId,
        answer: &Answer<'_>,
        wants: &[Want],
    ) -> Result<bool, SyncError> {
        let (written, took) = self
            .process
            .write(|tx| {
                for page in &answer.pages {
                    let want = wants.iter().find(|want| want.entity == page.entity);
                    let (cursor, _) = self.stands(tx, unit, page.entity)?;
                    if want.is_none_or(|want| want.cursor != cursor) {
                        return Ok(false);
                    }
                    self.set_page_aside(tx, unit, page)?;
                }
                Ok(true)
            })
            .await;
        let rows: usize = answer.pages.iter().map(|page| page.rows.len()).sum();
        let fits = written.map_err(damaged)?;
        if fits {
            self.process.emit(Event::Unit(UnitEvent::SetAside { unit, rows: rows as u32, took }));
            self.process.crash_point("pull.chunk-applied").await;
        }
        Ok(fits)
    }

    fn set_page_aside(&self, tx: &Tx<'_>, unit: UnitId, page: &Page<'_>) -> Result<(), StoreError> {
        let staged = Staged::of(tx);
        let onto = match staged.last(unit, page.entity)? {
            Some(last) => last.onto,
            None => self.begin_staging(tx, unit, page.entity)?,
        };
        let undone = page.undone.iter().map(|undone| (undone.from.0, undone.until.0)).collect();
        let withheld = page.withheld.iter().map(|key| Cow::Borrowed(&**key)).collect();
        let rest: Rest<'_> = (undone, page.unseen.map(|stamp| stamp.0), withheld, page.ids);
        let number = staged.add_page(
            unit,
            &StagedPage {
                number: 0,
                entity: page.entity,
                cursor: page.cursor.clone().into_owned(),
                more: page.more,
                onto,
                rest: serde_json::to_string(&rest).expect("writing to memory does not fail"),
            },
        )?;
        for (place, row) in page.rows.iter().enumerate() {
            let part = row.part.map(|part| (part.base, part.columns));
            staged.add_row((number, place), (row.key, row.stamp), part, row.values)?;
        }
        Ok(())
    }

    /// What comes first of an entity is set aside. A load gets its generation now: what is settled
    /// from here on counts as seen by it.
    fn begin_staging(
        &self,
        tx: &Tx<'_>,
        unit: UnitId,
        entity: EntityId,
    ) -> Result<(Option<String>, u32), StoreError> {
        let book = self.cursor_book(unit, entity);
        let mut progress = tx.progress(book, entity)?;
        if progress.cursor.is_none() && self.process.excerpt(unit, entity).is_none() {
            progress.loading = true;
            progress.generation = self.latest_load(tx, entity, progress.generation)? + 1;
            tx.save_progress(book, entity, &progress)?;
        }
        Ok((progress.cursor, progress.generation))
    }

    /// All that a run was to pull has come: it is shown in one transaction. If it cannot be, it is
    /// thrown away, and the next run begins where this one did.
    pub(super) async fn show(&self, unit: UnitId) -> Result<(), SyncError> {
        if !self.sets_aside() {
            return Ok(());
        }
        let (shown, took) = self.process.write(|tx| self.show_in(tx, unit)).await;
        if shown == Err(StoreError::Dangling) {
            self.process.emit(Event::ApplyAborted);
        }
        let told = match shown {
            Ok(Some(told)) => told,
            Ok(None) => {
                self.throw_away(unit).await?;
                let text = "what had been set aside does not fit what is there".to_owned();
                return Err(SyncError::Corrupt(text));
            }
            Err(error) => {
                self.throw_away(unit).await?;
                return Err(damaged(error));
            }
        };
        self.tell(Some(unit), &told, took);
        let mut moved = told.cursors;
        moved.sort_unstable();
        moved.dedup();
        self.tell_moved(unit, moved);
        self.process.crash_point("pull.chunk-applied").await;
        Ok(())
    }

    fn show_in(&self, tx: &Tx<'_>, unit: UnitId) -> Result<Option<TxChanges>, StoreError> {
        let mut told = TxChanges::default();
        if !self.fits(tx, unit)? {
            return Ok(None);
        }
        for waiting in Staged::of(tx).pages(unit)? {
            let page = page(tx, waiting)?;
            let segment = Segment { page: 0, from: 0, until: page.rows.len(), ends_page: true };
            if !self.write_pages(tx, Some(unit), &[page], &[segment], &mut told)? {
                return Ok(None);
            }
        }
        self.bring_in(tx, &mut told)?;
        told.drop_what_came_back();
        Staged::of(tx).drop_all(unit)?;
        Ok(Some(told))
    }

    /// Whether what is shown of each entity is what it was when its first page was set aside.
    pub(super) fn fits(&self, tx: &Tx<'_>, unit: UnitId) -> Result<bool, StoreError> {
        for waiting in Staged::of(tx).pages(unit)? {
            let book = self.cursor_book(unit, waiting.entity);
            let Progress { cursor, generation, .. } = tx.progress(book, waiting.entity)?;
            if (cursor, generation) != waiting.onto {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Throws away what is set aside.
    pub(super) async fn throw_away(&self, unit: UnitId) -> Result<(), SyncError> {
        let (dropped, _) = self.process.write(|tx| Staged::of(tx).drop_all(unit)).await;
        self.tell_thrown_away(unit, dropped.map_err(damaged)?);
        Ok(())
    }

    /// Tells that rows were thrown away, if any were.
    pub(super) fn tell_thrown_away(&self, unit: UnitId, rows: u32) {
        if rows > 0 {
            self.process.emit(Event::Unit(UnitEvent::ThrownAway { unit, rows }));
        }
    }
}

/// A page as it came.
fn page(tx: &Tx<'_>, waiting: StagedPage) -> Result<Page<'static>, StoreError> {
    let mut rows = Rows::default();
    for row in Staged::of(tx).rows(waiting.number)? {
        let part = row.part.map(|(base, columns)| Part { base, columns });
        rows.push(row.key, row.stamp, part, row.values.unwrap_or_default());
    }
    let rest = serde_json::from_str(&waiting.rest).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let (undone, unseen, withheld, ids): Rest<'static> = rest;
    let undone = undone.into_iter().map(|(from, until)| Undone { from: Stamp(from), until: Stamp(until) });
    Ok(Page {
        entity: waiting.entity,
        rows,
        cursor: Cow::Owned(waiting.cursor),
        more: waiting.more,
        undone: undone.collect(),
        unseen: unseen.map(Stamp),
        withheld,
        ids,
    })
}
