//! Pulling: ask for a network chunk, write it in apply chunks, move the cursors with the rows.

use super::builtin::Builtin;
use super::exchange::{Failure, GivenUp, Received, RunError};
use super::options::CursorBook;
use super::parts::Completed;
use super::rules::{Applied, CursorMoment, Place};
use crate::base::{EntityId, Key, Span, Stamp, UnitId};
use crate::contract::{AppliedChange, Event, RequestKind, ServerError, SyncError};
use crate::protocol::{Answer, FetchRequest, Page, PullRequest, Request, Want, WireRow};
use crate::store::{Progress, StoreError, Tx};

/// Rows `from..until` of page `page`, the page's end among them or not: a part of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) page: usize,
    pub(super) from: usize,
    pub(super) until: usize,
    ends_page: bool,
}

/// So many answers in a row that bring rows, say there is more and move no cursor are no progress: the same page comes again
/// and again.
const STILL: u32 = 20;

/// Answers in a row that moved no cursor.
#[derive(Default)]
pub(super) struct Standstill(u32);

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is durable.
    Applied {
        /// It moved a cursor or ended an entity.
        moved: bool,
    },
    /// A row came in part that is held in another version: from there on nothing was written, and no cursor moved.
    Unusable,
}

impl Standstill {
    /// Another answer was dealt with.
    pub(super) fn after(&mut self, taken: Taken) -> Result<(), SyncError> {
        self.0 = if taken == (Taken::Applied { moved: true }) { 0 } else { self.0 + 1 };
        if self.0 == STILL {
            return Err(SyncError::Corrupt(format!("the same page came {STILL} times")));
        }
        Ok(())
    }
}

/// Cuts pages into transactions of at most `limit` rows; small pages share one.
fn cut(sizes: &[usize], limit: usize) -> Vec<Vec<Segment>> {
    let limit = limit.max(1);
    let mut transactions = Vec::new();
    let mut current: Vec<Segment> = Vec::new();
    let mut room = limit;
    for (page, &size) in sizes.iter().enumerate() {
        let mut from = 0;
        loop {
            let until = size.min(from + room);
            current.push(Segment { page, from, until, ends_page: until == size });
            room -= until - from;
            from = until;
            if room == 0 {
                transactions.push(std::mem::take(&mut current));
                room = limit;
            }
            if from == size {
                break;
            }
        }
    }
    if !current.is_empty() {
        transactions.push(current);
    }
    transactions
}

/// What one transaction changed, kept until it is committed and can be told.
#[derive(Default)]
pub(super) struct Told {
    changes: Vec<(EntityId, Key, Stamp, bool)>,
    cursors: Vec<EntityId>,
    echoed: u32,
    /// Rows that could not be applied: dropped, or put on the list.
    pub(super) skipped: u32,
    pub(super) listed: u32,
}

/// The rows with local edits, in order.
struct Dirty(Vec<(EntityId, String)>);

impl Dirty {
    fn has(&self, entity: EntityId, key: &str) -> bool {
        self.0.binary_search_by(|(of, other)| (*of, &**other).cmp(&(entity, key))).is_ok()
    }
}

impl Told {
    /// A row was applied.
    pub(super) fn note(&mut self, entity: EntityId, row: WireRow<'_>, applied: Applied) {
        if applied != Applied::Kept {
            self.changes.push((entity, Key::new(row.key), row.stamp, applied == Applied::Removed));
        }
    }
}

impl Builtin {
    /// Pulls every entity of `unit` up to the server's head.
    pub(super) async fn pull(&self, unit: UnitId) -> Result<(), RunError> {
        let left = self.setup.units[usize::from(unit.0)].pull.clone();
        self.retry_late(unit, &left).await?;
        if self.options.pull.streams <= 1 {
            return self.pull_all(unit, left).await;
        }
        // Where there is little to pull, one request asks for all; only what is left then is worth several.
        let left = self.pull_in_turn(unit, left, 1).await?;
        self.pull_side_by_side(unit, left).await
    }

    /// Pulls `left` up to the server's head, page after page.
    pub(super) async fn pull_all(&self, unit: UnitId, left: Vec<EntityId>) -> Result<(), RunError> {
        match self.options.pull.prefetch {
            0 => self.pull_in_turn(unit, left, u32::MAX).await.map(drop),
            ahead => self.pull_ahead(unit, left, ahead as usize).await,
        }
    }

    /// Asks for a page when the one before is applied, up to `most` times; gives what is left.
    async fn pull_in_turn(
        &self,
        unit: UnitId,
        mut left: Vec<EntityId>,
        most: u32,
    ) -> Result<Vec<EntityId>, RunError> {
        let mut standstill = Standstill::default();
        for _ in 0..most {
            if left.is_empty() {
                break;
            }
            self.crash_point("pull.before-request").await;
            let wants = self.wants(unit, &left)?;
            self.ports.work(self.store.work()).await;
            match self.ask(unit, &wants).await {
                Ok(received) => {
                    let answer = self.page_came(unit, &received, &wants).await?;
                    let taken = self.take_pages(unit, &received, &answer, &wants).await?;
                    standstill.after(taken)?;
                    if taken != Taken::Unusable {
                        left.retain(|&entity| goes_on(&answer, entity));
                    }
                }
                Err(given_up) => self.load_afresh_after(unit, given_up, &left).await?,
            }
        }
        Ok(left)
    }

    /// Asks for the next page of each of `wants`.
    pub(super) async fn ask(&self, unit: UnitId, wants: &[Want]) -> Result<Received, GivenUp> {
        // Each try is given a size of its own: what failed may have been too large.
        self.exchange(Some(unit), |_| Request::Pull(self.pull_request(unit, wants.to_vec()))).await
    }

    /// A pull was refused: a cursor that is good for nothing any more is given up, all else ends the run.
    pub(super) async fn load_afresh_after(
        &self,
        unit: UnitId,
        given_up: GivenUp,
        left: &[EntityId],
    ) -> Result<(), RunError> {
        match given_up.failure {
            Failure::Refused(ServerError::CursorExpired(entity)) if left.contains(&entity) => {
                Ok(self.load_afresh(unit, entity).await?)
            }
            _ => Err(given_up.ends_run()),
        }
    }

    /// Fetches the rows of `entity` that belong to the record `of`.
    pub(super) async fn fetch_rows(&self, entity: EntityId, of: Key) -> Result<(), RunError> {
        let request =
            FetchRequest { device: self.setup.device, entity, of, rows: self.options.pull.chunk_rows };
        let received =
            self.exchange(None, |_| Request::Fetch(request.clone())).await.map_err(GivenUp::ends_run)?;
        self.crash_point("fetch.answer-received").await;
        let answer = self.read(&received, RequestKind::Fetch)?;
        let rows = answer.pages.iter().map(|p| p.rows.len()).sum();
        self.told_received(&received, RequestKind::Fetch, None, rows).await;
        for transaction in cut(&sizes(&answer), self.options.pull.apply_rows as usize) {
            if !self.apply(None, &answer.pages, &transaction).await? {
                return Err(SyncError::Corrupt("a row of a record came in part".to_owned()).into());
            }
            self.crash_point("fetch.applied").await;
        }
        Ok(())
    }

    pub(super) fn wants(&self, unit: UnitId, left: &[EntityId]) -> Result<Vec<Want>, SyncError> {
        let book = self.cursor_book(unit);
        let wants = self.store.read(|tx| {
            let want = |&entity| Ok(Want { entity, cursor: tx.progress(book, entity)?.cursor });
            left.iter().map(want).collect::<Result<Vec<_>, StoreError>>()
        });
        wants.map_err(damaged)
    }

    fn pull_request(&self, unit: UnitId, wants: Vec<Want>) -> PullRequest {
        let size = self.chunk(RequestKind::Pull, wants[0].entity);
        let clock = self.ports.clock.wall();
        let zone = ((self.ports.clock.local().0 - clock.0) / 1_000_000) as i32;
        PullRequest {
            device: self.setup.device,
            unit,
            wants,
            rows: size.rows,
            bytes: size.bytes,
            clock,
            zone,
            run: self.units.borrow()[usize::from(unit.0)].run,
        }
    }

    /// Reads an answer to `wants` and tells of it.
    pub(super) async fn page_came<'r>(
        &self,
        unit: UnitId,
        received: &'r Received,
        wants: &[Want],
    ) -> Result<Answer<'r>, RunError> {
        self.crash_point("pull.answer-received").await;
        let answer = self.read(received, RequestKind::Pull)?;
        let asked = |page: &Page<'_>| wants.iter().any(|want| want.entity == page.entity);
        if let Some(page) = answer.pages.iter().find(|page| !asked(page)) {
            return Err(SyncError::Corrupt(format!("entity {} was not asked for", page.entity.0)).into());
        }
        if !moves(&answer, wants) && sizes(&answer).iter().all(|&rows| rows == 0) {
            let text = "the answer moves no cursor and says there is more".to_owned();
            return Err(SyncError::Corrupt(text).into());
        }
        let rows = answer.pages.iter().map(|p| p.rows.len()).sum();
        self.told_received(received, RequestKind::Pull, Some(unit), rows).await;
        Ok(answer)
    }

    /// Makes an answer durable.
    pub(super) async fn take_pages(
        &self,
        unit: UnitId,
        received: &Received,
        answer: &Answer<'_>,
        wants: &[Want],
    ) -> Result<Taken, SyncError> {
        if self.rules.cursor.moment() == CursorMoment::BeforeFirstRow {
            self.save_cursors_early(unit, &answer.pages).await?;
            self.crash_point("pull.cursor-saved").await;
        }
        for transaction in cut(&sizes(answer), self.options.pull.apply_rows as usize) {
            if !self.apply(Some(unit), &answer.pages, &transaction).await? {
                return Ok(Taken::Unusable);
            }
            self.crash_point("pull.chunk-applied").await;
        }
        let rows = answer.pages.iter().map(|p| p.rows.len()).sum();
        let full = answer.pages.iter().any(|page| page.more);
        self.chunk_ended(RequestKind::Pull, &received.chunk(self.ports.clock.now(), rows, full));
        Ok(Taken::Applied { moved: moves(answer, wants) })
    }

    /// One transaction: the rows of its segments, and the cursors of the pages that end in it. False if a row came in part that
    /// is not held as it should be: then nothing is written.
    async fn apply(
        &self,
        unit: Option<UnitId>,
        pages: &[Page<'_>],
        segments: &[Segment],
    ) -> Result<bool, SyncError> {
        let told = self.store.transaction(|tx| {
            let mut told = Told::default();
            let dirty = Dirty(tx.dirty()?);
            let Some(completed) = Completed::of(tx, pages, segments, |id, key| dirty.has(id, key))? else {
                return Ok(None);
            };
            for segment in segments {
                let rows = (&completed, &dirty);
                self.apply_segment(tx, unit, &pages[segment.page], *segment, rows, &mut told)?;
            }
            Ok(Some(told))
        });
        let took = self.ports.work(self.store.work()).await;
        let Some(told) = told.map_err(damaged)? else { return Ok(false) };
        self.tell_applied(unit, &told, took);
        for entity in told.cursors {
            let unit = unit.expect("only a unit's pull moves cursors");
            self.ports.emit(Event::CursorSaved { unit, entity });
        }
        Ok(true)
    }

    /// Tells what a transaction changed.
    pub(super) fn tell_applied(&self, unit: Option<UnitId>, told: &Told, took: Span) {
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
            self.ports.emit(Event::ChunkApplied { unit, changes: &changes, echoed: told.echoed, took });
        }
        self.tell_bad_rows(told);
    }

    fn apply_segment(
        &self,
        tx: &Tx<'_>,
        unit: Option<UnitId>,
        page: &Page<'_>,
        segment: Segment,
        (completed, dirty): (&Completed, &Dirty),
        told: &mut Told,
    ) -> Result<(), StoreError> {
        let (progress, latest) = match unit {
            Some(unit) => {
                let progress = self.progress(tx, unit, page.entity, segment.from == 0)?;
                let latest = self.latest_load(tx, page.entity, progress.generation)?;
                (progress, latest)
            }
            None => (Progress::default(), 0),
        };
        for index in segment.from..segment.until {
            completed.with((segment.page, index), page.rows.get(index), |row| {
                if unit.is_some() && !self.bad_rows.passes(tx, page.entity, row, told)? {
                    return Ok(());
                }
                let dirty = dirty.has(page.entity, row.key);
                let place = Place { id: page.entity, generation: latest, dirty };
                let applied = self.rules.apply.apply(tx, place, row)?;
                told.echoed += u32::from(self.is_echo(page.entity, row.key, row.stamp));
                if applied == Applied::Kept && progress.loading && row.values.is_some() {
                    // Its edits may be settled before the load ends, and then nothing else keeps it from the sweep.
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

    /// How far `unit` has come with `entity` as a page begins or goes on.
    ///
    /// What is answered to no cursor begins a full load: it gets a generation of its own, also when an earlier answer was
    /// written in part. The server tells only what vanished since the load began anew, so what came before counts for nothing.
    fn progress(
        &self,
        tx: &Tx<'_>,
        unit: UnitId,
        entity: EntityId,
        begins_page: bool,
    ) -> Result<Progress, StoreError> {
        let mut progress = tx.progress(self.cursor_book(unit), entity)?;
        if begins_page && progress.cursor.is_none() {
            progress.loading = true;
            progress.generation = self.latest_load(tx, entity, progress.generation)? + 1;
            if self.bad_rows.has_list() {
                tx.drop_all_late(entity)?;
            }
        }
        Ok(progress)
    }

    /// The latest full load of `entity` by any unit, `own` being this one's. A row that comes counts as seen by it: another
    /// unit's load would take away at its end what this one was told and will not be told again.
    fn latest_load(&self, tx: &Tx<'_>, entity: EntityId, own: u32) -> Result<u32, StoreError> {
        match self.options.pull.cursor {
            CursorBook::Entity => Ok(own),
            CursorBook::Unit => Ok(own.max(tx.generation(entity)?)),
        }
    }

    fn keep_progress(
        &self,
        tx: &Tx<'_>,
        unit: UnitId,
        page: &Page<'_>,
        segment: Segment,
        mut progress: Progress,
        told: &mut Told,
    ) -> Result<(), StoreError> {
        let before = progress.clone();
        if segment.ends_page {
            progress.cursor = Some(page.cursor.clone().into_owned());
            if progress.loading && !page.more {
                progress.loading = false;
                if self.rules.cursor.sweeps() {
                    for key in tx.sweep(page.entity, progress.generation)? {
                        told.changes.push((page.entity, key, Stamp(0), true));
                    }
                }
            }
        }
        if progress != before || segment.until > segment.from {
            tx.save_progress(self.cursor_book(unit), page.entity, &progress)?;
            if segment.ends_page {
                told.cursors.push(page.entity);
            }
        }
        Ok(())
    }

    async fn save_cursors_early(&self, unit: UnitId, pages: &[Page<'_>]) -> Result<(), SyncError> {
        let book = self.cursor_book(unit);
        let saved = self.store.transaction(|tx| {
            for page in pages {
                let mut progress = self.progress(tx, unit, page.entity, true)?;
                progress.cursor = Some(page.cursor.clone().into_owned());
                tx.save_progress(book, page.entity, &progress)?;
            }
            Ok(())
        });
        self.ports.work(self.store.work()).await;
        saved.map_err(damaged)?;
        for page in pages {
            self.ports.emit(Event::CursorSaved { unit, entity: page.entity });
        }
        Ok(())
    }

    /// The server does not know the cursor any more: everything comes again, and what does not come is removed at the end.
    async fn load_afresh(&self, unit: UnitId, entity: EntityId) -> Result<(), SyncError> {
        let book = self.cursor_book(unit);
        let reset = self.store.transaction(|tx| {
            let progress = tx.progress(book, entity)?;
            tx.drop_live_shadows(entity)?;
            tx.save_progress(book, entity, &Progress { cursor: None, ..progress })
        });
        self.ports.work(self.store.work()).await;
        reset.map_err(damaged)?;
        self.ports.emit(Event::CursorReset { unit, entity });
        Ok(())
    }
}

/// Whether another request is sent after this answer than before; an entity that has ended is not asked for again.
fn moves(answer: &Answer<'_>, wants: &[Want]) -> bool {
    let moved = |page: &Page<'_>| {
        let before =
            wants.iter().find(|want| want.entity == page.entity).and_then(|want| want.cursor.as_deref());
        !page.more || before != Some(&*page.cursor)
    };
    answer.pages.iter().any(moved)
}

/// Whether `entity` is to be asked for again after this answer.
pub(super) fn goes_on(answer: &Answer<'_>, entity: EntityId) -> bool {
    answer.pages.iter().all(|page| page.entity != entity || page.more)
}

fn sizes(answer: &Answer<'_>) -> Vec<usize> {
    answer.pages.iter().map(|page| page.rows.len()).collect()
}

/// What the user is told of a database that did not do what it was asked to.
pub(super) fn damaged(error: StoreError) -> SyncError {
    match error {
        StoreError::Full => SyncError::StorageFull,
        other => SyncError::Corrupt(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pages_are_cut_without_losing_or_doubling_a_row(
            sizes in proptest::collection::vec(0_usize..40, 0..8),
            limit in 1_usize..50,
        ) {
            let transactions = cut(&sizes, limit);
            let mut seen = vec![0; sizes.len()];
            let mut ended = vec![0; sizes.len()];
            for transaction in &transactions {
                let rows: usize = transaction.iter().map(|s| s.until - s.from).sum();
                prop_assert!(rows <= limit);
                for segment in transaction {
                    prop_assert_eq!(segment.from, seen[segment.page]);
                    seen[segment.page] = segment.until;
                    ended[segment.page] += u32::from(segment.ends_page);
                }
            }
            prop_assert_eq!(&seen, &sizes);
            prop_assert!(ended.iter().all(|&n| n == 1));
            let full = transactions.iter().rev().skip(1);
            for transaction in full {
                prop_assert_eq!(transaction.iter().map(|s| s.until - s.from).sum::<usize>(), limit);
            }
        }
    }
}
