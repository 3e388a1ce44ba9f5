//! A run's pull: the part that shares a request with the run's last push, and the part after it.
//!
//! If the options allow a sync in one request, waiting edits and the pull share that request. The
//! response is handled like 2 responses. One transaction applies the verdicts, then other
//! transactions apply the pages. So a crash in between, or a lost response, has the same effect as
//! with 2 requests.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::base::{EntityId, Stamp, UnitId};
use crate::contract::{EngineEvent, SyncError};
use crate::engine::apply::page_changes::{Change, tell_changes};
use crate::engine::exchange::{GivenUp, RunError};
use crate::engine::options::{Replace, RequestPer};
use crate::engine::process::Process;
use crate::engine::pull::prefetch::pull_ahead;
use crate::engine::pull::puller::{Came, Puller, Run, StallGuard, Taken, goes_on};
use crate::engine::tasks::several;
use crate::protocol::{Answer, PullRequest, PushRequest, Request, SyncRequest, Want};
use crate::store::{Stored, Tx};

pub(crate) struct CombinedPull<'p> {
    puller: &'p Puller,
    run: Run,
    left: Vec<EntityId>,
    has_begun: bool,
}

impl<'p> CombinedPull<'p> {
    pub(crate) async fn begin(puller: &'p Puller, run: Run) -> Result<CombinedPull<'p>, RunError> {
        let left = puller.process.unit(run.unit).pull.clone();
        let mut along = CombinedPull { puller, run, left, has_begun: false };
        if along.is_one_request() {
            along.retry_late().await?;
        }
        Ok(along)
    }

    pub(crate) fn none(puller: &'p Puller, run: Run) -> CombinedPull<'p> {
        CombinedPull { puller, run, left: Vec::new(), has_begun: true }
    }

    fn is_one_request(&self) -> bool {
        let options = &self.puller.process.options;
        options.requests == RequestPer::Branch && options.pull.replace == Replace::Versions
    }

    /// Retries deferred rows (rows that could not be applied earlier) once, before new rows are
    /// pulled.
    async fn retry_late(&mut self) -> Result<(), RunError> {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.puller.applier.retry_late(self.run.unit, &self.left).await?;
        }
        Ok(())
    }

    /// The wants (entities with their cursors) to send with the run's last push. Empty if that push
    /// is sent without a pull.
    pub(crate) fn wants(&self) -> Result<Vec<Want>, SyncError> {
        if !self.is_one_request() || self.left.is_empty() {
            return Ok(Vec::new());
        }
        self.puller.wants(self.run.unit, &self.left)
    }

    pub(crate) fn request(&self, push: PushRequest, wants: &[Want]) -> Request {
        let asked = self.puller.pull_request(self.run, wants.to_vec());
        let pull = PullRequest { clock: push.clock, by_address: false, ..asked };
        Request::Sync(SyncRequest { push, pull })
    }

    /// Checks that every page of a response was requested.
    pub(crate) fn fits(&self, came: &Came, answer: &Answer<'_>) -> Result<(), RunError> {
        if answer.pages.is_empty() { Ok(()) } else { self.puller.fits(came, answer) }
    }

    /// Makes the pages of a response durable, after its verdicts were applied. If the server sent
    /// no pages, a later pull requests them without a push. The server then reports why it sent
    /// none.
    pub(crate) async fn take(&mut self, came: &Came, answer: &Answer<'_>) -> Result<(), RunError> {
        if answer.pages.is_empty() {
            return Ok(());
        }
        self.puller.process.crash_point("pull.answer-received").await;
        let taken = self.puller.take_pages(self.run.unit, came, answer).await?;
        if taken != Taken::Unusable {
            self.left.retain(|&entity| goes_on(answer, entity));
        }
        Ok(())
    }

    /// Pulls the remaining entities. Returns true if the limit of pages per run ended the pull
    /// early.
    pub(crate) async fn pull(mut self) -> Result<bool, RunError> {
        self.retry_late().await?;
        let Some(most) = self.puller.process.options.pull.pages.most else {
            return pull(self.puller, self.run, self.left).await.map(|()| false);
        };
        let left = self.puller.pull_in_turn(self.run, self.left, most).await?;
        Ok(!left.is_empty())
    }
}

/// Pulls the entities in `left`, with or without prefetch, one after another or several
/// concurrently.
///
/// Each concurrent stream pulls one entity to its end. Streams share the link, the controller of
/// chunk sizes, and the database (one transaction at a time). Until the run ends, a reader may see
/// a row whose parent of another entity is still missing.
async fn pull(puller: &Puller, run: Run, left: Vec<EntityId>) -> Result<(), RunError> {
    let options = &puller.process.options;
    if options.pull.replace == Replace::All {
        return pull_all_again(puller, run, left).await;
    }
    if matches!(options.requests, RequestPer::Entity | RequestPer::Call) {
        return pull_side_by_side(puller, run, left).await;
    }
    if options.pull.streams <= 1 {
        return pull_all(puller, run, left).await;
    }
    // One request for all entities is enough if there are few rows to pull. Several streams are
    // useful only for the remaining rows.
    let left = puller.pull_in_turn(run, left, 1).await?;
    pull_side_by_side(puller, run, left).await
}

async fn pull_all(puller: &Puller, run: Run, left: Vec<EntityId>) -> Result<(), RunError> {
    match puller.process.options.pull.prefetch {
        0 => puller.pull_in_turn(run, left, u32::MAX).await.map(drop),
        ahead => pull_ahead(puller, run, left, ahead as usize).await,
    }
}

/// Pulls the entities in `left` to the server's latest state, several concurrently. After a
/// failure, streams finish their current entity and start no other.
async fn pull_side_by_side(puller: &Puller, run: Run, left: Vec<EntityId>) -> Result<(), RunError> {
    let streams = left.len().min(puller.process.options.pull.streams as usize);
    let left = RefCell::new(VecDeque::from(left));
    let pull_next = async || {
        let Some(entity) = left.borrow_mut().pop_front() else { return Ok(false) };
        pull_all(puller, run, vec![entity]).await.map(|()| true)
    };
    several(&puller.process.dead, streams, pull_next).await
}

/// Pulls all rows of `entities` again. Deletes an entity's old rows when its first page arrives.
pub(crate) async fn pull_all_again(
    puller: &Puller,
    run: Run,
    entities: Vec<EntityId>,
) -> Result<(), RunError> {
    for entity in entities {
        puller.applier.load_again(run.unit, entity).await?;
        let mut stall = StallGuard::default();
        let mut came = false;
        loop {
            puller.process.crash_point("pull.before-request").await;
            let wants = puller.wants(run.unit, &[entity])?;
            puller.process.settle_work().await;
            let page = puller.ask(run, wants).await.map_err(GivenUp::ends_run)?;
            let answer = puller.page_came(&page).await?;
            if !std::mem::replace(&mut came, true) {
                delete_all(&puller.process, run.unit, entity).await?;
            }
            let taken = puller.take_pages(run.unit, &page, &answer).await?;
            stall.after(taken)?;
            if taken != Taken::Unusable && !goes_on(&answer, entity) {
                break;
            }
        }
    }
    Ok(())
}

/// Deletes the rows of an entity, and their waiting edits.
async fn delete_all(process: &Process, unit: UnitId, entity: EntityId) -> Result<(), SyncError> {
    let delete = |tx: &Tx<'_>| -> Stored<_> {
        let edits = tx.outbox(&[entity], usize::MAX)?;
        edits.iter().try_for_each(|edit| tx.drop_entry(edit.seq))?;
        Ok((tx.sweep(entity, u32::MAX)?, edits.len() as u64))
    };
    let (deleted, took) = process.timed(delete).await;
    let (keys, edits) = deleted?;
    let changes: Vec<Change> = keys.into_iter().map(|key| (entity, key, Stamp(0), true)).collect();
    tell_changes(process, Some(unit), &changes, 0, took);
    if !changes.is_empty() {
        process.emit(EngineEvent::TableEmptied { entity, edits });
    }
    process.crash_point("pull.table-emptied").await;
    Ok(())
}
