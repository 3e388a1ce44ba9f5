//! Settling: each edit of a request by the backend's verdict, a conflict by the policy.

use std::rc::Rc;

use super::beneath::{as_of, beneath};
use super::conflict::{Conflict, Contested, Resolution, ask, is_uncontested, resolution, says_the_same};
use super::named;
use super::options::Sends;
use super::passed::is_undone;
use super::process::{Process, damaged};
use super::referred::Referred;
use super::rules::overlay;
use super::settled::{By, Settled, acknowledged, holds, keep_last_words, told_of};
use super::split::split_off;
use crate::base::{EntityId, Key, Span, Stamp, UnitId};
use crate::contract::{
    AppliedChange, EditKind, Event, LogEntry, LogKind, Outcome, PageEvent, Row, SyncError,
};
use crate::protocol::PushResult;
use crate::store::{Conflicts, Difference, Entry, StoreError, Tx};

/// What a batch came to.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    /// Edits that left the outbox.
    pub(super) left: usize,
    /// Edits that the server put off.
    pub(super) put_off: usize,
    /// Edits that wait at the server for a verdict.
    pub(super) queued: usize,
}

/// Who settles edits.
pub(super) struct Settler {
    pub(super) process: Rc<Process>,
}

impl Settler {
    /// Settles each edit of the batch in one transaction, by the result in its place.
    ///
    /// # Errors
    /// When the database fails: then nothing is settled.
    pub(super) async fn settle(
        &self,
        unit: UnitId,
        batch: &[Entry],
        results: &[PushResult<'_>],
    ) -> Result<Counts, SyncError> {
        let said = self.ask_app(batch, results).await;
        let settled = self.process.write(|tx| {
            let mut told = Vec::new();
            let mut counts = Counts::default();
            let mut renamed = false;
            let referred = self.referred(tx, batch)?;
            for ((entry, result), said) in batch.iter().zip(results).zip(said) {
                counts.put_off += usize::from(result.outcome == Outcome::Later);
                // What this one says of a row that was renamed just now is old.
                let now = if renamed { named::as_it_waits(tx, entry)? } else { None };
                let entry = now.as_ref().unwrap_or(entry);
                counts.left += usize::from(self.settle_one(tx, entry, (&result.outcome, said), &mut told)?);
                renamed |= told.iter().any(|told| matches!(told, Settled::Renamed(..)));
            }
            self.keep(tx, referred, &mut told)?;
            if renamed {
                keep_last_words(&mut told);
            }
            Ok((told, counts))
        });
        let (settled, took) = settled.await;
        let (told, counts) = settled.map_err(damaged)?;
        self.tell(Some(unit), told, took);
        Ok(counts)
    }

    /// The rows of these edits as they are before their verdicts.
    pub(super) fn referred(&self, tx: &Tx<'_>, edits: &[Entry]) -> Result<Referred, StoreError> {
        let rows = edits.iter().map(|entry| (entry.entity, &entry.key));
        Referred::of(tx, &self.process.setup.schema, rows)
    }

    /// Verdicts were carried out, as far as rows can follow them that others refer to.
    pub(super) fn keep(
        &self,
        tx: &Tx<'_>,
        mut referred: Referred,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        for told in &*told {
            if let Settled::Renamed(entity, from, to) = told {
                referred.renamed(*entity, from, to);
            }
        }
        if !self.process.rules.outbox.keeps_what_is_referred_to() {
            return Ok(());
        }
        let kept = referred.keep(tx, &self.process.setup.schema, &self.process.passed)?;
        told.retain(|told| match told {
            Settled::Holds { entity, key, .. } => !kept.contains(&(*entity, key.clone())),
            _ => true,
        });
        Ok(())
    }

    /// Tells that edits are done of which nothing is known, as a broken rule has it.
    pub(super) fn take_as_done(&self, unit: UnitId, batch: &[Entry]) {
        self.tell(Some(unit), batch.iter().map(|entry| acknowledged(entry, Stamp(0))).collect(), Span::ZERO);
    }

    /// What a rule of the app's own makes of each that met a conflict, if there is one and it has
    /// an answer.
    async fn ask_app(&self, batch: &[Entry], results: &[PushResult<'_>]) -> Vec<Option<Resolution>> {
        let mut said = vec![None; batch.len()];
        let Some(rule) = &self.process.rules.own else { return said };
        let met = batch.iter().zip(results).map(|(entry, result)| self.conflict(entry, &result.outcome));
        let detect = self.process.options.conflict.detect;
        let is_open =
            |c: &Conflict<'_>| !c.wants_taken_key() && !says_the_same(*c) && !is_uncontested(detect, *c);
        let met: Vec<_> = met.enumerate().filter_map(|(at, met)| Some((at, met.filter(is_open)?))).collect();
        if met.is_empty() {
            return said;
        }
        let asked = met.iter().map(|(_, conflict)| Contested::of(*conflict)).collect();
        let limit = self.process.options.conflict.callback.timeout;
        let says = ask(&**rule, asked, &self.process.ports.clock, limit).await;
        for ((at, conflict), say) in met.into_iter().zip(says) {
            said[at] = say.and_then(|say| resolution(&say, conflict));
        }
        said
    }

    /// The conflict that an edit met, if it did.
    fn conflict<'a>(&'a self, entry: &'a Entry, outcome: &'a Outcome) -> Option<Conflict<'a>> {
        let Outcome::Conflict { why, current, edited_at } = outcome else { return None };
        let entity = self.process.setup.schema.entity(entry.entity);
        let compares_values = self.process.options.conflict.detect.compares_values();
        let (why, current, edited_at) = (*why, current.as_ref(), *edited_at);
        Some(Conflict { entry, entity, why, current, edited_at, compares_values })
    }

    /// Settles one edit, about which the app's own rule may have `said` what becomes of it. True if
    /// it left the outbox.
    fn settle_one(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        (outcome, said): (&Outcome, Option<Resolution>),
        told: &mut Vec<Settled>,
    ) -> Result<bool, StoreError> {
        if let Some(conflict) = self.conflict(entry, outcome) {
            return self.decide(tx, conflict, (outcome, said), told);
        }
        match outcome {
            Outcome::Applied { stamp } => {
                told.push(acknowledged(entry, *stamp));
                self.acknowledge(tx, entry, *stamp, told)?;
                Ok(true)
            }
            Outcome::Named { stamp, row } => {
                told.push(Settled::Renamed(entry.entity, entry.key.clone(), row.key.clone()));
                let entry = &named::rename(tx, entry, row, self.process.rules.outbox.renames())?;
                told.push(acknowledged(entry, *stamp));
                self.acknowledge(tx, entry, *stamp, told)?;
                Ok(true)
            }
            Outcome::Later if self.process.rules.outbox.takes_later_for_done() => {
                tx.drop_entry(entry.seq)?;
                told.push(acknowledged(entry, entry.base.unwrap_or(Stamp(0))));
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
            Outcome::Rejected { .. } if !self.process.rules.outbox.lets_rejected_go() => {
                tx.attempted(entry.seq, Some("refused by the server"))?;
                Ok(false)
            }
            Outcome::Rejected { current, .. } => {
                self.give_up(tx, entry)?;
                self.log(tx, entry, outcome, LogKind::Rejected, None, told)?;
                if self.process.rules.outbox.shows_what_was_refused(entry.kind) {
                    self.take_over(tx, entry, current.as_ref(), told)?;
                }
                Ok(true)
            }
            Outcome::Conflict { .. } => unreachable!("it was decided above"),
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
        self.process.rules.outbox.lets_go(tx, entry)?;
        tx.restamp(entry.entity, entry.key.as_str(), stamp)?;
        if self.process.rules.outbox.speaks_for_those_behind(entry) {
            tx.rebase(entry.entity, entry.key.as_str(), stamp)?;
        } else {
            tx.rebase_from(entry.entity, entry.key.as_str(), entry.base, stamp)?;
        }
        self.process.remember(entry.entity, &entry.key, stamp, entry.kind == EditKind::Create);
        self.lift_shadow(tx, entry.entity, &entry.key, stamp, told)?;
        if entry.kind == EditKind::Delete { self.ended(tx, entry, stamp) } else { Ok(()) }
    }

    /// The row ended on the backend: what comes down may be older than that.
    fn ended(&self, tx: &Tx<'_>, entry: &Entry, stamp: Stamp) -> Result<(), StoreError> {
        let (entity, key) = (entry.entity, &entry.key);
        let waits = !tx.entries_for(entity, key.as_str())?.is_empty();
        if waits || tx.row(entity, key.as_str())?.is_some() {
            return Ok(());
        }
        self.process.passed.ended(tx, entity, key, stamp)
    }

    /// A newer version that was pulled while the row had local edits comes to light when the last
    /// of them is settled. One that is no news any more does not wait for that.
    fn lift_shadow(
        &self,
        tx: &Tx<'_>,
        entity: EntityId,
        key: &Key,
        settled: Stamp,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        let waits = !tx.entries_for(entity, key.as_str())?.is_empty();
        let Some(shadow) = tx.take_shadow(entity, key.as_str())? else { return Ok(()) };
        let hears = self.process.options.conflict.policy.hears();
        if !self.process.rules.outbox.lifts_shadow(is_news(&shadow, settled, hears)) {
            return Ok(());
        }
        if waits {
            return tx.keep_shadow(entity, &shadow);
        }
        told.push(holds(entity, &shadow));
        overlay(tx, self.process.setup.schema.entity(entity), entity, &shadow)
    }

    fn decide(
        &self,
        tx: &Tx<'_>,
        conflict: Conflict<'_>,
        (outcome, said): (&Outcome, Option<Resolution>),
        told: &mut Vec<Settled>,
    ) -> Result<bool, StoreError> {
        if is_uncontested(self.process.options.conflict.detect, conflict) {
            return self.stand_beside(tx, conflict, told);
        }
        let made_as = conflict.entry.key.clone();
        let renamed = self.take_for_same(tx, &conflict, told)?;
        let entry = renamed.as_ref().unwrap_or(conflict.entry);
        let conflict = Conflict { entry, ..conflict };
        let resolution = match self.decided(conflict, renamed.is_some(), said) {
            // It would bring a row back that a later edit of this device deletes.
            Resolution::Local { onto } if self.has_nothing_to_create(tx, conflict, &onto)? => {
                Resolution::Remote
            }
            // There is nothing here to make a row of.
            Resolution::Both { .. } if tx.row(entry.entity, entry.key.as_str())?.is_none() => {
                Resolution::Remote
            }
            resolution => resolution,
        };
        if self.process.rules.outbox.tells(outcome) {
            told.push(told_of(conflict, made_as, resolution.clone(), By::Rule));
        }
        self.carry_out(tx, conflict, outcome, resolution, told)
    }

    /// Does what was decided. True if the edit need not be sent any more.
    pub(super) fn carry_out(
        &self,
        tx: &Tx<'_>,
        conflict: Conflict<'_>,
        outcome: &Outcome,
        resolution: Resolution,
        told: &mut Vec<Settled>,
    ) -> Result<bool, StoreError> {
        let entry = conflict.entry;
        let remote = conflict.current.map_or(Stamp(0), |row| row.stamp);
        match resolution {
            Resolution::Park => {
                let (why, edited_at) = (conflict.why, conflict.edited_at);
                let difference = Difference { why, current: conflict.current.cloned(), edited_at };
                Conflicts::of(tx).put(entry.seq, &difference)?;
                Ok(true)
            }
            Resolution::Both { key } => {
                self.log(tx, entry, outcome, LogKind::KeptBoth, Some(remote), told)?;
                split_off(tx, entry, &key, &as_of(tx, conflict.entity, entry, &entry.key)?)?;
                self.take_over(tx, entry, conflict.current, told)?;
                Ok(false)
            }
            Resolution::Same => {
                tx.drop_entry(entry.seq)?;
                told.push(acknowledged(entry, remote));
                if self.has_moved_past(tx, entry, remote)? {
                    return Ok(true);
                }
                self.take_over(tx, entry, conflict.current, told)?;
                Ok(true)
            }
            Resolution::Remote if conflict.wants_taken_key() => {
                self.log(tx, entry, outcome, LogKind::Superseded, Some(remote), told)?;
                self.take_back(tx, entry, told)?;
                Ok(true)
            }
            Resolution::Remote => {
                self.give_up(tx, entry)?;
                self.log(tx, entry, outcome, LogKind::Superseded, Some(remote), told)?;
                self.take_over(tx, entry, conflict.current, told)?;
                Ok(true)
            }
            Resolution::Local { onto } => {
                self.log(tx, entry, outcome, LogKind::Overwrote, Some(remote), told)?;
                match self.as_whole(tx, conflict, &onto)? {
                    Some(whole) => self.send_onto(tx, (&whole, false), &onto, conflict.current)?,
                    None => self.send_onto(tx, (entry, false), &onto, conflict.current)?,
                }
                Ok(false)
            }
            Resolution::Merged { columns, line } => {
                if let Some(kind) = line {
                    self.log(tx, entry, outcome, kind, Some(remote), told)?;
                }
                let mut kept = entry.clone();
                kept.values.retain(|(column, _)| columns.contains(column));
                self.send_onto(tx, (&kept, true), &entry.key, conflict.current)?;
                Ok(false)
            }
        }
    }

    /// What a rule makes of a conflict: that of merging, of a row that was made twice.
    fn decided(&self, conflict: Conflict<'_>, is_same_row: bool, said: Option<Resolution>) -> Resolution {
        if is_same_row {
            let naming = self.process.setup.schema.naming(conflict.entry.entity);
            return named::merged(naming.merge, conflict);
        }
        said.unwrap_or_else(|| self.process.rules.resolve.decide(conflict))
    }

    /// A row that was made twice, by its natural key, is the one that was there.
    fn take_for_same(
        &self,
        tx: &Tx<'_>,
        conflict: &Conflict<'_>,
        told: &mut Vec<Settled>,
    ) -> Result<Option<Entry>, StoreError> {
        let entry = conflict.entry;
        let naming = self.process.setup.schema.naming(entry.entity);
        let Some(row) = named::same_row(naming, conflict) else { return Ok(None) };
        told.push(Settled::Renamed(entry.entity, entry.key.clone(), row.key.clone()));
        named::rename(tx, entry, row, self.process.rules.outbox.renames()).map(Some)
    }

    /// Whether the row is here as of later than this version: a verdict may have waited at a
    /// gateway while the device heard of others.
    fn has_moved_past(&self, tx: &Tx<'_>, entry: &Entry, version: Stamp) -> Result<bool, StoreError> {
        let held = tx.row(entry.entity, entry.key.as_str())?.map(|row| row.stamp);
        let undone = self.process.passed.undone(entry.entity);
        Ok(held.is_some_and(|held| held > version && !is_undone(&undone, held)))
    }

    /// Whether an edit of a row that is gone would have to create it and finds no row on the
    /// device.
    pub(super) fn has_nothing_to_create(
        &self,
        tx: &Tx<'_>,
        conflict: Conflict<'_>,
        onto: &Key,
    ) -> Result<bool, StoreError> {
        let live = conflict.current.is_some_and(|row| row.values.is_some());
        let creates = conflict.entry.kind == EditKind::Update && !live;
        Ok(creates && tx.row(conflict.entry.entity, onto.as_str())?.is_none())
    }

    /// Nobody else changed what the edit sets: it goes out again beside the backend's version.
    fn stand_beside(
        &self,
        tx: &Tx<'_>,
        conflict: Conflict<'_>,
        told: &mut Vec<Settled>,
    ) -> Result<bool, StoreError> {
        let entry = conflict.entry;
        let columns = entry.values.iter().map(|(column, _)| *column).collect();
        let beside = Resolution::Merged { columns, line: None };
        told.push(told_of(conflict, entry.key.clone(), beside, By::Detection));
        self.send_onto(tx, (entry, true), &entry.key, conflict.current)?;
        Ok(false)
    }

    /// The edit with all that its row has on the device, where whole rows are sent: the version
    /// that it wins over goes with all its columns.
    fn as_whole(&self, tx: &Tx<'_>, conflict: Conflict<'_>, onto: &Key) -> Result<Option<Entry>, StoreError> {
        let entry = conflict.entry;
        let live = conflict.current.is_some_and(|row| row.values.is_some());
        let sends = self.process.options.push.sends;
        if sends != Sends::Row || entry.kind != EditKind::Update || !live || *onto != entry.key {
            return Ok(None);
        }
        let values = as_of(tx, conflict.entity, entry, onto)?;
        Ok(Some(Entry { values, ..entry.clone() }))
    }

    /// The edit goes out again as a change of the row `onto`, over its current version, or `merged`
    /// into that.
    fn send_onto(
        &self,
        tx: &Tx<'_>,
        (entry, merged): (&Entry, bool),
        onto: &Key,
        current: Option<&Row>,
    ) -> Result<(), StoreError> {
        let live = current.filter(|row| row.values.is_some());
        let kind = match (entry.kind, live) {
            (EditKind::Delete, _) => EditKind::Delete,
            (_, Some(_)) => EditKind::Update,
            (_, None) => EditKind::Create,
        };
        let narrows = self.process.rules.outbox.sends_own_values();
        let values = match kind {
            EditKind::Delete => Vec::new(),
            EditKind::Create if entry.kind != EditKind::Create => {
                as_of(tx, self.process.setup.schema.entity(entry.entity), entry, onto)?
            }
            // What was to make its row again has all of that, and others write there.
            EditKind::Update if narrows => entry.own_values().cloned().collect(),
            EditKind::Create | EditKind::Update => entry.values.clone(),
        };
        // The backend remembers its verdict on the old idempotency key: another try is another
        // mutation.
        let id = entry.id_again(merged);
        tx.rewrite(entry.seq, &id, onto, (kind, &values), current)?;
        if *onto != entry.key {
            tx.remove(entry.entity, entry.key.as_str())?;
        }
        // What is created again takes the row as it is here.
        let Some(current) = live else { return Ok(()) };
        overlay(tx, self.process.setup.schema.entity(entry.entity), entry.entity, current)
    }

    /// The edit leaves: what later edits of its row were made on never was.
    pub(super) fn give_up(&self, tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
        let entity = self.process.setup.schema.entity(entry.entity);
        let shown = tx.row(entry.entity, entry.key.as_str())?.map(|row| row.values);
        let edits = tx.entries_for(entry.entity, entry.key.as_str())?;
        self.process.doubts(tx, entry)?;
        tx.drop_entry(entry.seq)?;
        let Some(mut values) = beneath(entity, shown, &edits) else { return Ok(()) };
        for later in edits.iter().filter(|later| later.seq != entry.seq) {
            tx.make_on(later, &values)?;
            for (column, value) in &later.values {
                if let Ok(place) = entity.projection.binary_search(column) {
                    values[place] = value.clone();
                }
            }
        }
        Ok(())
    }

    /// The edit leaves, and its row is as if it had not been made: the backend, which speaks of
    /// another row, has the version that the edit was made on.
    pub(super) fn take_back(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        let (id, key) = (entry.entity, &entry.key);
        let entity = self.process.setup.schema.entity(id);
        let shown = tx.row(id, key.as_str())?.map(|row| row.values);
        let values = beneath(entity, shown, &tx.entries_for(id, key.as_str())?);
        let version = Row { key: key.clone(), stamp: entry.base.unwrap_or(Stamp(0)), values };
        self.process.doubts(tx, entry)?;
        tx.drop_entry(entry.seq)?;
        overlay(tx, entity, id, &version)?;
        self.lift_shadow(tx, id, key, version.stamp, told)?;
        // It was to make its row again, as that had ended.
        if version.values.is_none() && entry.base.is_some() {
            self.ended(tx, entry, version.stamp)?;
        }
        Ok(())
    }

    /// The backend's version takes the place of the local one, below the edits that still wait.
    /// Those keep their base: they were made without knowledge of this version, and meet it in a
    /// conflict of their own.
    fn take_over(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        current: Option<&Row>,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        let entity = self.process.setup.schema.entity(entry.entity);
        match current {
            Some(row) if row.key == entry.key => {
                overlay(tx, entity, entry.entity, row)?;
                told.push(holds(entry.entity, row));
                self.lift_shadow(tx, entry.entity, &entry.key, row.stamp, told)?;
                if row.values.is_none() { self.ended(tx, entry, row.stamp) } else { Ok(()) }
            }
            // Another row has the natural key, or the backend has none: the local row never was,
            // unless it was made since and has come down.
            _ => {
                tx.remove(entry.entity, entry.key.as_str())?;
                self.lift_shadow(tx, entry.entity, &entry.key, entry.base.unwrap_or(Stamp(0)), told)
            }
        }
    }

    pub(super) fn log(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        outcome: &Outcome,
        kind: LogKind,
        met: Option<Stamp>,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        if !self.process.rules.outbox.tells(outcome) {
            return Ok(());
        }
        let (entity, key) = (entry.entity, entry.key.clone());
        tx.log(&LogEntry { edit: Some(entry.edit), entity, key: key.clone(), kind, met })?;
        told.push(Settled::Logged { edit: entry.edit, entity, key, kind });
        Ok(())
    }

    pub(super) fn tell(&self, unit: Option<UnitId>, told: Vec<Settled>, took: Span) {
        let mut changes = Vec::new();
        for settled in &told {
            self.process.emit(match settled {
                Settled::Holds { entity, key, stamp, removed } => {
                    let (entity, stamp, removed) = (*entity, *stamp, *removed);
                    changes.push(AppliedChange { entity, key: key.as_str(), stamp, removed });
                    continue;
                }
                Settled::Renamed(entity, from, to) => Event::Renamed { entity: *entity, from, to },
                Settled::Acknowledged { edit, entity, key, stamp } => {
                    Event::EditAcknowledged { edit: *edit, entity: *entity, key, stamp: *stamp }
                }
                Settled::Decided { edit, entity, key, kind, resolution, sides, by } => {
                    let (edit, entity, kind, sides) = (*edit, *entity, *kind, *sides);
                    let decision = resolution.decision();
                    match *by {
                        By::Rule | By::Detection => {
                            Event::ConflictDecided { edit, entity, key, kind, decision, sides }
                        }
                        By::Person { on_top } => Event::Page(PageEvent::Resolved {
                            edit,
                            on_top,
                            entity,
                            key,
                            kind,
                            decision,
                            sides,
                        }),
                    }
                }
                Settled::Logged { edit, entity, key, kind } => {
                    Event::EditLogged { edit: *edit, entity: *entity, key, kind: *kind }
                }
            });
        }
        if !changes.is_empty() {
            self.process.emit(Event::ChunkApplied { unit, changes: &changes, echoed: 0, took });
        }
    }
}

/// Whether what waited in a shadow is unknown to who has settled the version of this stamp. That
/// version itself is not, if its device `hears` of what it replaces; that it is out of the device's
/// reach is.
fn is_news(shadow: &Row, settled: Stamp, hears: bool) -> bool {
    shadow.stamp > settled || shadow.stamp == settled && (shadow.values.is_none() || !hears)
}

#[cfg(test)]
mod tests;
