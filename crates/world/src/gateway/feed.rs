//! The feed: changes for a worker that transfers rows to another system. It uses the same capture
//! strategies as devices and the replica.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::capture::{Ask, Capture, Reader, Strategy};
use crate::backend::{Backend, Called, Change, Load};
use crate::base::{DeviceId, EntityId, Key, Stamp, Time, UnitId, Value};
use crate::contract::{Carried, RequestKind};

/// A row as read by a worker.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FeedRow {
    pub(crate) key: Key,
    pub(crate) stamp: Stamp,
    /// All columns of the backend; `None` for a deleted row.
    pub(crate) values: Option<Arc<[Value]>>,
}

impl FeedRow {
    fn of(change: Change<'_>) -> FeedRow {
        let values = change.values.map(Arc::from);
        FeedRow { key: change.key.clone(), stamp: change.stamp, values }
    }
}

/// A page of changes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FeedPage {
    pub(crate) rows: Vec<FeedRow>,
    pub(crate) cursor: String,
    pub(crate) more: bool,
}

/// The time at which a worker's request arrives, its deadline, and the worker's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    pub(crate) now: Time,
    pub(crate) deadline: Time,
    pub(crate) clock: Stamp,
    /// The number of the worker's round.
    pub(crate) round: u64,
}

/// The source of rows for one worker.
pub(crate) struct Feed {
    strategy: Box<dyn Strategy>,
    /// True if the source notes that a page has arrived in the other system.
    notes_in_source: bool,
    /// Identifies the worker for the backend's quotas and random failures.
    name: DeviceId,
}

impl Feed {
    pub(crate) fn new(capture: &Capture, name: DeviceId) -> Feed {
        Feed { strategy: capture.strategy(), notes_in_source: capture.marks_source, name }
    }

    /// Notes that the other system already has all rows of these entities as of `stamp`.
    pub(crate) fn begin_with(&mut self, backend: &Backend, entities: &[EntityId], stamp: Stamp) {
        self.strategy.begin_with(backend.schema(), Reader::Worker, stamp, &mut |f| {
            for &entity in entities {
                for row in backend.rows(entity).filter(|row| !row.deleted) {
                    f(Carried { entity, key: row.key.as_str(), stamp: row.stamp, values: &row.values });
                }
            }
        });
    }

    /// The cursor of a reader that has everything up to and including `stamp`.
    pub(crate) fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        self.strategy.cursor_at(entity, stamp)
    }

    /// Reads a page of up to `limit` rows after `cursor`.
    pub(crate) fn page(
        &mut self,
        backend: &mut Backend,
        asking: Asking,
        (entity, cursor): (EntityId, Option<&str>),
        limit: u32,
    ) -> Called<FeedPage> {
        backend.begin_call(asking.now, asking.deadline);
        let limit = limit.clamp(1, backend.page_cap()) as usize;
        let page = backend.admit(self.name).and_then(|()| {
            let mut rows = Vec::new();
            let page = self.strategy.page(
                backend,
                asking.now,
                ask(asking, entity, cursor, limit),
                &mut |change, _| {
                    rows.push(FeedRow::of(change));
                    ControlFlow::Continue(())
                },
            )?;
            let effort = page.effort;
            let (scanned, written) = (effort.scanned, effort.writes);
            backend.call.load = Load { scanned, rows: page.delivered, written, ..Load::default() };
            Ok(FeedPage { rows, cursor: page.cursor, more: page.more })
        });
        let called = backend.end_call(page);
        if backend.call.is_admitted() {
            self.strategy.answered(backend, asking.now, called.answer.is_ok());
        }
        called
    }

    /// Confirms that the page of this cursor is in the other system, except for the `rejected`
    /// rows. Returns the rejected rows that the source will not bring again.
    pub(crate) fn confirm(
        &mut self,
        backend: &mut Backend,
        asking: Asking,
        (entity, cursor): (EntityId, &str),
        rejected: &[Key],
    ) -> Called<Vec<Key>> {
        backend.begin_call(asking.now, asking.deadline);
        backend.call.kind = RequestKind::Push;
        let admitted = if self.notes_in_source { backend.admit(self.name) } else { Ok(()) };
        let left = admitted.and_then(|()| {
            let mut keeps = |key: &&Key| !self.strategy.rejected(backend, Reader::Worker, (entity, key));
            let left = rejected.iter().filter(&mut keeps).cloned().collect();
            let written =
                self.strategy.received(backend, asking.now, ask(asking, entity, Some(cursor), 1))?;
            backend.call.load = Load { written, ..Load::default() };
            Ok(left)
        });
        backend.end_call(left)
    }

    /// Reads the present state of these rows.
    pub(crate) fn look_up(
        &self,
        backend: &mut Backend,
        asking: Asking,
        (entity, keys): (EntityId, &[Key]),
    ) -> Called<Vec<FeedRow>> {
        backend.begin_call(asking.now, asking.deadline);
        backend.call.kind = RequestKind::Fetch;
        let rows = backend.admit(self.name).and_then(|()| {
            let mut rows = Vec::new();
            let scope = Reader::Worker.scope();
            backend.shown(asking.now).batch(entity, scope, keys, |change| rows.push(FeedRow::of(change)))?;
            let read = keys.len() as u64;
            backend.call.load = Load { scanned: read, rows: read, ..Load::default() };
            Ok(rows)
        });
        backend.end_call(rows)
    }

    /// Forgets the strategy's state in memory, because the worker's process died.
    pub(crate) fn forget(&mut self) {
        self.strategy.forget();
    }
}

fn ask(asking: Asking, entity: EntityId, cursor: Option<&str>, limit: usize) -> Ask<'_> {
    let Asking { clock, round, .. } = asking;
    Ask { reader: Reader::Worker, entity, cursor, limit, clock, local: clock, pull: (UnitId(0), round) }
}
