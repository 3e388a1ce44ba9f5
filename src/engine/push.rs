//! Pushing: send what waits in the outbox, chunk by chunk, and settle each edit by the backend's verdict.

use std::cell::Cell;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::builtin::Builtin;
use super::conflict::{Conflict, Resolution, kind_of};
use super::exchange::{Failure, GivenUp, Received, RunError};
use super::pull::damaged;
use super::retry::backoff;
use super::rules::overlay;
use super::upload::fitting;
use crate::base::{EditId, EntityId, Key, Span, Stamp, UnitId};
use crate::contract::{
    AppliedChange, ConflictKind, EditKind, Event, LogEntry, LogKind, Mutation, Outcome, RequestKind, Row,
    Sides, SyncError,
};
use crate::protocol::{PushRequest, Request};
use crate::store::{Entry, StoreError, Tx};

/// A chunk that meets nothing but conflicts this often in a row is left for the next run: somebody else is faster.
const CONFLICTS_IN_A_ROW: u32 = 10;

/// What a batch came to.
#[derive(Clone, Copy, Default)]
struct Counts {
    /// Edits that left the outbox.
    left: usize,
    /// Edits that the server put off.
    put_off: usize,
    /// Edits that wait at the server for a verdict.
    queued: usize,
}

/// Waits for the server to take what it put off.
#[derive(Default)]
struct Waits {
    /// Answers in a row by which nothing left the outbox.
    count: u32,
    /// The last wait.
    previous: Option<Span>,
}

/// What settling an edit did, kept until it is committed and can be told.
enum Settled {
    Acknowledged {
        edit: EditId,
        entity: EntityId,
        key: Key,
        stamp: Stamp,
    },
    Decided {
        edit: EditId,
        entity: EntityId,
        key: Key,
        kind: ConflictKind,
        resolution: Resolution,
        sides: Sides,
    },
    Logged {
        edit: EditId,
        entity: EntityId,
        key: Key,
        kind: LogKind,
    },
    /// The row has the backend's version now.
    Holds {
        entity: EntityId,
        key: Key,
        stamp: Stamp,
        removed: bool,
    },
}

impl Builtin {
    /// Pushes the edits of the unit's entities until none waits but those that wait at the server; gives how many those are.
    pub(super) async fn push(&self, unit: UnitId) -> Result<usize, RunError> {
        let entities = self.setup.units[usize::from(unit.0)].push.clone();
        let mut fruitless = 0;
        let mut put_off = Waits::default();
        let mut queued = BTreeSet::new();
        loop {
            let limit =
                entities.first().map_or(1, |first| self.chunk(RequestKind::Push, *first).rows as usize);
            let waiting = self.store.read(|tx| tx.outbox(&entities, limit + queued.len()));
            let mut batch = waiting.map_err(damaged)?;
            batch.retain(|entry| !queued.contains(&entry.seq));
            batch.truncate(limit);
            if batch.is_empty() || fruitless >= CONFLICTS_IN_A_ROW {
                return Ok(queued.len());
            }
            self.ports.work(self.store.work()).await;
            self.crash_point("push.before-request").await;
            // Another try may bring less than the one before: what failed may have been too large.
            let sent = Cell::new(batch.len());
            let make = |request| {
                let size = self.chunk(RequestKind::Push, batch[0].entity);
                sent.set(fitting(self.options.codec, &batch, size));
                Request::Push(self.push_request(unit, &batch[..sent.get()], request))
            };
            let answered = self.exchange(Some(unit), make).await;
            let more = batch.len() >= limit || sent.get() < batch.len();
            let batch = &batch[..sent.get()];
            let received = match answered {
                Ok(received) => received,
                Err(given_up) => return self.give_up(unit, batch, given_up).await.map(|()| queued.len()),
            };
            let settled = self.settle(unit, batch, more, received, &mut queued).await?;
            if settled.put_off > 0 {
                self.wait_for_later(settled, &mut put_off).await?;
                continue;
            }
            put_off = Waits::default();
            fruitless = if settled.left + settled.queued == 0 { fruitless + 1 } else { 0 };
        }
    }

    /// Some edits were put off: they go out again after a while, and after several such answers in a row in another run.
    async fn wait_for_later(&self, settled: Counts, waits: &mut Waits) -> Result<(), RunError> {
        waits.count = if settled.left == 0 { waits.count + 1 } else { 1 };
        if waits.count >= self.options.retry.attempts {
            let error =
                SyncError::Throttled(format!("{} changes are put off by the server", settled.put_off));
            return Err(RunError { error, tries: waits.count, refused: true });
        }
        let retry = &self.options.retry;
        let wait = backoff(retry, waits.count, waits.previous, &mut self.retry_stream.borrow_mut());
        waits.previous = Some(wait);
        self.wait_and_retry(true, waits.count, wait).await;
        Ok(())
    }

    fn push_request(&self, unit: UnitId, batch: &[Entry], request: u64) -> PushRequest {
        let mutation = |entry: &Entry| {
            let (id, key) = self.rules.identity.identify(entry, request);
            Mutation {
                id,
                edit: entry.edit,
                entity: entry.entity,
                key,
                kind: entry.kind,
                values: entry.values.clone(),
                base: entry.base,
                made_at: entry.made_at,
            }
        };
        PushRequest {
            device: self.setup.device,
            unit,
            mutations: batch.iter().map(mutation).collect(),
            clock: self.ports.clock.wall(),
        }
    }

    /// No verdict came: the edits stay, with the try noted.
    async fn give_up(&self, unit: UnitId, batch: &[Entry], given_up: GivenUp) -> Result<(), RunError> {
        let failure = &given_up.failure;
        let keeps = match failure {
            Failure::Refused(error) => self.rules.outbox.keeps_after_refusal(error),
            Failure::Silence(_) => self.rules.outbox.keeps_after_silence(),
            Failure::Damaged(_) => true,
        };
        let consents =
            matches!(failure, Failure::Silence(_)) && self.rules.outbox.takes_silence_for_consent();
        let told = given_up.ends_run();
        let noted = self.store.transaction(|tx| {
            for entry in batch {
                if keeps && !consents {
                    tx.attempted(entry.seq, Some(&told.error.to_string()))?;
                } else {
                    tx.drop_entry(entry.seq)?;
                }
            }
            Ok(())
        });
        self.ports.work(self.store.work()).await;
        noted.map_err(damaged)?;
        if consents {
            self.tell(unit, batch.iter().map(|entry| acknowledged(entry, Stamp(0))).collect(), Span::ZERO);
        }
        Err(told)
    }

    /// Settles each edit of the batch in one transaction; `more` edits wait besides. Those that wait at the server go into
    /// `queued` by their place in the outbox.
    async fn settle(
        &self,
        unit: UnitId,
        batch: &[Entry],
        more: bool,
        received: Received,
        queued: &mut BTreeSet<i64>,
    ) -> Result<Counts, RunError> {
        self.crash_point("push.answer-received").await;
        let answer = self.read(&received, RequestKind::Push)?;
        if answer.results.len() != batch.len() {
            let text = format!("{} results for {} edits", answer.results.len(), batch.len());
            return Err(SyncError::Corrupt(text).into());
        }
        self.told_received(&received, RequestKind::Push, Some(unit), batch.len()).await;
        let settled = self.store.transaction(|tx| {
            let mut told = Vec::new();
            let mut counts = Counts::default();
            for (entry, result) in batch.iter().zip(&answer.results) {
                counts.put_off += usize::from(result.outcome == Outcome::Later);
                counts.left += usize::from(self.settle_one(tx, entry, &result.outcome, &mut told)?);
            }
            Ok((told, counts))
        });
        let took = self.ports.work(self.store.work()).await;
        let (told, mut counts) = settled.map_err(damaged)?;
        let results = batch.iter().zip(&answer.results);
        let waits = results.filter(|(_, result)| result.outcome == Outcome::Queued);
        let before = queued.len();
        queued.extend(waits.map(|(entry, _)| entry.seq));
        counts.queued = queued.len() - before;
        self.tell(unit, told, took);
        let seen = received.chunk(self.ports.clock.now(), batch.len(), more);
        self.chunk_ended(RequestKind::Push, &seen);
        self.crash_point("push.batch-settled").await;
        Ok(counts)
    }

    /// Settles one edit. True if it left the outbox.
    fn settle_one(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        outcome: &Outcome,
        told: &mut Vec<Settled>,
    ) -> Result<bool, StoreError> {
        match outcome {
            Outcome::Applied { stamp } => {
                told.push(acknowledged(entry, *stamp));
                self.acknowledge(tx, entry, *stamp, told)?;
                Ok(true)
            }
            Outcome::Later => {
                tx.attempted(entry.seq, Some("put off by the server"))?;
                Ok(false)
            }
            Outcome::Queued => {
                tx.attempted(entry.seq, None)?;
                Ok(false)
            }
            Outcome::Rejected { current, .. } => {
                tx.drop_entry(entry.seq)?;
                self.log(tx, entry, outcome, LogKind::Rejected, None, told)?;
                self.take_over(tx, entry, current.as_ref(), told)?;
                Ok(true)
            }
            Outcome::Conflict { why, current, edited_at } => {
                let entity = self.setup.schema.entity(entry.entity);
                let (why, current, edited_at) = (*why, current.as_ref(), *edited_at);
                let conflict = Conflict { entry, entity, why, current, edited_at };
                self.decide(tx, conflict, outcome, told)
            }
        }
    }

    /// The edit is on the backend: the row has its stamp, later edits of the row build on it.
    fn acknowledge(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        stamp: Stamp,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        tx.drop_entry(entry.seq)?;
        tx.restamp(entry.entity, entry.key.as_str(), stamp)?;
        tx.rebase(entry.entity, entry.key.as_str(), stamp)?;
        self.remember(entry.entity, &entry.key, stamp);
        self.lift_shadow(tx, entry.entity, &entry.key, stamp, told)
    }

    /// A newer version that was pulled while the row had local edits comes to light when the last of them is settled.
    fn lift_shadow(
        &self,
        tx: &Tx<'_>,
        entity: EntityId,
        key: &Key,
        settled: Stamp,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        if !tx.entries_for(entity, key.as_str())?.is_empty() {
            return Ok(());
        }
        match tx.take_shadow(entity, key.as_str())? {
            Some(shadow) if is_news(&shadow, settled) && self.rules.outbox.lifts_shadows() => {
                told.push(holds(entity, &shadow));
                overlay(tx, self.setup.schema.entity(entity), entity, &shadow)
            }
            _ => Ok(()),
        }
    }

    fn decide(
        &self,
        tx: &Tx<'_>,
        conflict: Conflict<'_>,
        outcome: &Outcome,
        told: &mut Vec<Settled>,
    ) -> Result<bool, StoreError> {
        let entry = conflict.entry;
        let resolution = match self.rules.resolve.resolve(conflict) {
            // It would bring a row back that a later edit of this device deletes.
            Resolution::Local { onto } if self.has_nothing_to_create(tx, conflict, &onto)? => {
                Resolution::Remote
            }
            resolution => resolution,
        };
        let remote = conflict.current.map_or(Stamp(0), |row| row.stamp);
        if self.rules.outbox.tells(outcome) {
            told.push(Settled::Decided {
                edit: entry.edit,
                entity: entry.entity,
                key: entry.key.clone(),
                kind: kind_of(conflict),
                resolution: resolution.clone(),
                sides: Sides { local: entry.made_at, remote, edited: conflict.edited_at },
            });
        }
        match resolution {
            Resolution::Same => {
                tx.drop_entry(entry.seq)?;
                told.push(acknowledged(entry, remote));
                self.take_over(tx, entry, conflict.current, told)?;
                Ok(true)
            }
            Resolution::Remote => {
                tx.drop_entry(entry.seq)?;
                self.log(tx, entry, outcome, LogKind::Superseded, Some(remote), told)?;
                self.take_over(tx, entry, conflict.current, told)?;
                Ok(true)
            }
            Resolution::Local { onto } => {
                self.log(tx, entry, outcome, LogKind::Overwrote, Some(remote), told)?;
                self.send_onto(tx, entry, &onto, conflict.current)?;
                Ok(false)
            }
        }
    }

    /// Whether an edit of a row that is gone would have to create it and finds no row on the device.
    fn has_nothing_to_create(
        &self,
        tx: &Tx<'_>,
        conflict: Conflict<'_>,
        onto: &Key,
    ) -> Result<bool, StoreError> {
        let live = conflict.current.is_some_and(|row| row.values.is_some());
        let creates = conflict.entry.kind == EditKind::Update && !live;
        Ok(creates && tx.row(conflict.entry.entity, onto.as_str())?.is_none())
    }

    /// The edit goes out again as a change of the row `onto`, over its current version.
    fn send_onto(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        onto: &Key,
        current: Option<&Row>,
    ) -> Result<(), StoreError> {
        let live = current.filter(|row| row.values.is_some());
        let kind = match (entry.kind, live) {
            (EditKind::Delete, _) => EditKind::Delete,
            (_, Some(_)) => EditKind::Update,
            (_, None) => EditKind::Create,
        };
        // The backend remembers its verdict on the old idempotency key: another try is another mutation.
        let id = format!("{}+", entry.id);
        tx.rewrite(entry.seq, &id, onto, kind, current)?;
        if *onto != entry.key {
            tx.remove(entry.entity, entry.key.as_str())?;
        }
        // What is created anew takes the row as it is here.
        let Some(current) = live else { return Ok(()) };
        overlay(tx, self.setup.schema.entity(entry.entity), entry.entity, current)
    }

    /// The backend's version takes the place of the local one, below the edits that still wait. Those keep their base: they
    /// were made without knowledge of this version, and meet it in a conflict of their own.
    fn take_over(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        current: Option<&Row>,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        let entity = self.setup.schema.entity(entry.entity);
        match current {
            Some(row) if row.key == entry.key => {
                overlay(tx, entity, entry.entity, row)?;
                told.push(holds(entry.entity, row));
                self.lift_shadow(tx, entry.entity, &entry.key, row.stamp, told)
            }
            // Another row has the natural key, or the backend has none: the local row never was.
            _ => {
                tx.remove(entry.entity, entry.key.as_str())?;
                Ok(())
            }
        }
    }

    fn log(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        outcome: &Outcome,
        kind: LogKind,
        met: Option<Stamp>,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        if !self.rules.outbox.tells(outcome) {
            return Ok(());
        }
        let (entity, key) = (entry.entity, entry.key.clone());
        tx.log(&LogEntry { edit: Some(entry.edit), entity, key: key.clone(), kind, met })?;
        told.push(Settled::Logged { edit: entry.edit, entity, key, kind });
        Ok(())
    }

    fn tell(&self, unit: UnitId, told: Vec<Settled>, took: Span) {
        let mut changes = Vec::new();
        for settled in &told {
            self.ports.emit(match settled {
                Settled::Holds { entity, key, stamp, removed } => {
                    let (entity, stamp, removed) = (*entity, *stamp, *removed);
                    changes.push(AppliedChange { entity, key: key.as_str(), stamp, removed });
                    continue;
                }
                Settled::Acknowledged { edit, entity, key, stamp } => {
                    Event::EditAcknowledged { edit: *edit, entity: *entity, key, stamp: *stamp }
                }
                Settled::Decided { edit, entity, key, kind, resolution, sides } => Event::ConflictDecided {
                    edit: *edit,
                    entity: *entity,
                    key,
                    kind: *kind,
                    decision: resolution.decision(),
                    sides: *sides,
                },
                Settled::Logged { edit, entity, key, kind } => {
                    Event::EditLogged { edit: *edit, entity: *entity, key, kind: *kind }
                }
            });
        }
        if !changes.is_empty() {
            self.ports.emit(Event::ChunkApplied { unit: Some(unit), changes: &changes, echoed: 0, took });
        }
    }
}

/// Whether what waited in a shadow is unknown to who has settled the version of this stamp. That version itself is not; that it is
/// out of the device's reach is.
fn is_news(shadow: &Row, settled: Stamp) -> bool {
    shadow.stamp > settled || shadow.stamp == settled && shadow.values.is_none()
}

fn acknowledged(entry: &Entry, stamp: Stamp) -> Settled {
    Settled::Acknowledged { edit: entry.edit, entity: entry.entity, key: entry.key.clone(), stamp }
}

fn holds(entity: EntityId, row: &Row) -> Settled {
    Settled::Holds { entity, key: row.key.clone(), stamp: row.stamp, removed: row.values.is_none() }
}

/// Versions of rows that this process wrote to the backend: their coming back in a pull is an echo.
pub(super) type OwnVersions = FxHashMap<(EntityId, Key), Stamp>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_that_was_settled_is_no_news_unless_its_row_went_out_of_reach_with_it() {
        let shadow = |stamp: i64, values| Row { key: Key::new("a"), stamp: Stamp(stamp), values };
        for (stamp, there, gone) in [(4, false, false), (5, false, true), (6, true, true)] {
            assert_eq!(is_news(&shadow(stamp, Some(Vec::new())), Stamp(5)), there, "{stamp}, there");
            assert_eq!(is_news(&shadow(stamp, None), Stamp(5)), gone, "{stamp}, gone");
        }
    }
}
