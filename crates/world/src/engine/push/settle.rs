//! Applies the backend's verdict to each edit of a request ("settles" the edit). A policy decides
//! conflicts. A newer version of a row with local edits waits in the row's shadow, a second copy of
//! the row.

use crate::base::{EntityId, Key, Span, Stamp, UnitId};
use crate::contract::{EditKind, Entity, LogEntry, LogKind, Outcome, Refusal, Row, SyncError};
use crate::engine::apply::foreign_keys::Referred;
use crate::engine::apply::page_changes::Change;
use crate::engine::apply::seen_versions::is_undone;
use crate::engine::conflict::{
    Conflict, Contested, Resolution, ask, is_uncontested, resolution, says_the_same,
};
use crate::engine::flaws::Flaw;
use crate::engine::options::Sends;
use crate::engine::process::Process;
use crate::engine::push::assigned_keys;
use crate::engine::push::edits::{as_of, beneath, set};
use crate::engine::push::outcomes::{By, Settled, drop_outdated_versions, holds, tell, told_of};
use crate::engine::rules::overlay;
use crate::protocol::PushResult;
use crate::store::{self, Difference, Entry, Stored, Tx};

#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    /// Edits that left the outbox.
    pub(crate) left: usize,
    /// Edits that the server deferred.
    pub(crate) put_off: usize,
    /// Edits that wait at the server for a verdict.
    pub(crate) queued: usize,
}

/// One transaction that settles edits, and the results to report.
pub(crate) struct Settling<'t, 's> {
    pub(crate) process: &'t Process,
    pub(crate) tx: &'t Tx<'s>,
    pub(crate) told: Vec<Settled>,
}

/// Calls `f` in one transaction, then reports the results.
pub(crate) async fn settling<R>(
    process: &Process,
    unit: Option<UnitId>,
    f: impl FnOnce(&mut Settling<'_, '_>) -> Stored<R>,
) -> Stored<R> {
    let settled = process.timed(|tx| {
        let mut settling = Settling { process, tx, told: Vec::new() };
        let done = f(&mut settling)?;
        Ok((done, settling.told))
    });
    let (settled, took) = settled.await;
    let (done, told) = settled?;
    tell(process, unit, &told, took);
    Ok(done)
}

pub(crate) async fn settle(
    process: &Process,
    unit: UnitId,
    batch: &[Entry],
    results: &[PushResult<'_>],
) -> Result<Counts, SyncError> {
    let said = ask_app(process, batch, results).await;
    let settled = settling(process, Some(unit), |settling| {
        let mut counts = Counts::default();
        settling.keeping(batch, |settling| {
            for ((entry, result), said) in batch.iter().zip(results).zip(said) {
                counts.put_off += usize::from(result.outcome == Outcome::Later);
                // `entry` is out of date if a verdict of this batch renamed its row.
                let now = if settling.has_renamed() {
                    assigned_keys::as_it_waits(settling.tx, entry)?
                } else {
                    None
                };
                let entry = now.as_ref().unwrap_or(entry);
                counts.left += usize::from(settling.settle(entry, &result.outcome, said)?);
            }
            Ok(())
        })?;
        if settling.has_renamed() {
            drop_outdated_versions(&mut settling.told);
        }
        Ok(counts)
    });
    Ok(settled.await?)
}

pub(crate) fn take_as_done(process: &Process, unit: UnitId, batch: &[Entry]) {
    let told: Vec<Settled> =
        batch.iter().map(|entry| Settled::Acknowledged(entry.into(), Stamp(0))).collect();
    tell(process, Some(unit), &told, Span::ZERO);
}

/// Drops edits that the server can never accept, for this reason. Their rows return to the values
/// before these edits. The user gets a log entry per edit.
pub(crate) async fn refuse(
    process: &Process,
    unit: UnitId,
    batch: &[Entry],
    reason: &str,
) -> Result<(), SyncError> {
    let outcome = Outcome::Rejected { reason: reason.to_owned(), current: None };
    let refused = settling(process, Some(unit), |settling| {
        settling.keeping(batch, |settling| {
            batch.iter().rev().try_for_each(|entry| {
                settling.log(entry, &outcome, LogKind::Rejected, None)?;
                settling.take_back(entry)
            })
        })
    });
    Ok(refused.await?)
}

/// Asks the app's conflict rule about each conflict. `None` for an edit if the rule is not asked or
/// does not decide.
async fn ask_app(process: &Process, batch: &[Entry], results: &[PushResult<'_>]) -> Vec<Option<Resolution>> {
    let mut said = vec![None; batch.len()];
    let Some(rule) = &process.rules.own else { return said };
    let met = batch.iter().zip(results).map(|(entry, result)| conflict(process, entry, &result.outcome));
    let options = &process.options.conflict;
    let is_open =
        |c: &Conflict<'_>| !c.wants_taken_key() && !says_the_same(*c) && !is_uncontested(options.detect, *c);
    let met: Vec<_> = met.enumerate().filter_map(|(at, met)| Some((at, met.filter(is_open)?))).collect();
    if met.is_empty() {
        return said;
    }
    let asked = met.iter().map(|(_, conflict)| Contested::of(*conflict)).collect();
    let says = ask(&**rule, asked, &process.ports.clock, options.callback.timeout).await;
    for ((at, conflict), say) in met.into_iter().zip(says) {
        said[at] = say.and_then(|say| resolution(&say, conflict));
    }
    said
}

fn conflict<'a>(process: &'a Process, entry: &'a Entry, outcome: &'a Outcome) -> Option<Conflict<'a>> {
    let Outcome::Conflict { why, current, edited_at } = outcome else { return None };
    let entity = process.setup.schema.entity(entry.entity);
    let compares_values = process.options.conflict.detect.compares_values();
    let (why, current, edited_at) = (*why, current.as_ref(), *edited_at);
    Some(Conflict { entry, entity, why, current, edited_at, compares_values })
}

impl<'t> Settling<'t, '_> {
    fn entity(&self, id: EntityId) -> &'t Entity {
        self.process.setup.schema.entity(id)
    }

    fn has_renamed(&self) -> bool {
        self.told.iter().any(|told| matches!(told, Settled::Renamed(..)))
    }

    /// Calls `f`, which applies verdicts to these edits. Then restores rows whose change foreign
    /// keys forbid.
    pub(crate) fn keeping(&mut self, edits: &[Entry], f: impl FnOnce(&mut Self) -> Stored<()>) -> Stored<()> {
        let mut referred = Referred::of(self.tx, edits.iter().map(|entry| (entry.entity, &entry.key)))?;
        f(self)?;
        for told in &self.told {
            if let Settled::Renamed(entity, from, to) = told {
                referred.renamed(*entity, from, to);
            }
        }
        if !self.process.rules.has(Flaw::EndsWhatIsReferredTo) {
            let kept = referred.keep(self.tx, &self.process.passed)?;
            let is_kept = |(entity, key, ..): &Change| kept.contains(&(*entity, key.clone()));
            self.told.retain(|told| !matches!(told, Settled::Holds(change) if is_kept(change)));
        }
        Ok(())
    }

    /// Settles one edit. `said` is the decision of the app's own rule, if any. Returns false if the
    /// edit still waits for a verdict or is sent again.
    fn settle(&mut self, entry: &Entry, outcome: &Outcome, said: Option<Resolution>) -> Stored<bool> {
        if let Some(conflict) = conflict(self.process, entry, outcome) {
            return self.decide(conflict, outcome, said);
        }
        let rules = &self.process.rules;
        match outcome {
            Outcome::Applied { stamp } => self.acknowledge(entry, *stamp),
            Outcome::Named { stamp, row } => {
                let entry = self.rename(entry, row)?;
                self.acknowledge(&entry, *stamp)
            }
            Outcome::Later if rules.has(Flaw::PutOffIsDone) => {
                self.tx.drop_entry(entry.seq)?;
                self.told.push(Settled::Acknowledged(entry.into(), entry.base.unwrap_or(Stamp(0))));
                Ok(true)
            }
            Outcome::Later => self.stays(entry, Some("put off by the server")),
            Outcome::Queued => self.stays(entry, None),
            Outcome::Rejected { .. } if rules.has(Flaw::KeepsWhatIsRefused) => {
                self.stays(entry, Some("refused by the server"))
            }
            Outcome::Rejected { current, .. } => {
                self.give_up(entry)?;
                self.log(entry, outcome, LogKind::Rejected, None)?;
                if rules.outbox.shows_what_was_refused(entry.kind) {
                    self.take_over(entry, current.as_ref(), Refusal::Stale)?;
                }
                Ok(true)
            }
            Outcome::Conflict { .. } => unreachable!("it was decided above"),
        }
    }

    fn stays(&self, entry: &Entry, why: Option<&str>) -> Stored<bool> {
        self.tx.attempted(entry.seq, why).map(|()| false)
    }

    fn rename(&mut self, entry: &Entry, row: &Row) -> Stored<Entry> {
        self.told.push(Settled::Renamed(entry.entity, entry.key.clone(), row.key.clone()));
        assigned_keys::rename(self.tx, entry, row, self.process.rules.outbox.renames())
    }

    /// Settles an edit that the backend committed. The row gets the stamp of the commit, and later
    /// edits of the row get it as their base.
    fn acknowledge(&mut self, entry: &Entry, stamp: Stamp) -> Stored<bool> {
        let tx = self.tx;
        let rules = &self.process.rules;
        let reported = if rules.has(Flaw::AcknowledgesWithoutAStamp) { Stamp(0) } else { stamp };
        self.told.push(Settled::Acknowledged(entry.into(), reported));
        rules.outbox.lets_go(tx, entry)?;
        tx.restamp(entry.entity, &entry.key, stamp)?;
        if !entry.is_merged() || rules.has(Flaw::MergeSpeaksForAll) {
            // Later edits of the row were made with knowledge of the version that this edit
            // replaced.
            tx.rebase(entry.entity, &entry.key, stamp)?;
        } else {
            tx.rebase_from(entry.entity, &entry.key, entry.base, stamp)?;
        }
        self.process.remember(entry.entity, &entry.key, stamp, entry.kind == EditKind::Create);
        self.lift_shadow(entry.entity, &entry.key, stamp)?;
        if entry.kind == EditKind::Delete {
            self.ended(entry, stamp)?;
        }
        Ok(true)
    }

    /// Records that the backend deleted the row, because an older version may still be pulled.
    fn ended(&self, entry: &Entry, stamp: Stamp) -> Stored<()> {
        let (entity, key) = (entry.entity, &entry.key);
        let waits = !self.tx.entries_for(entity, key)?.is_empty();
        if waits || self.tx.row(entity, key)?.is_some() {
            return Ok(());
        }
        self.process.passed.ended(self.tx, entity, key, stamp)
    }

    /// Applies the version in a row's shadow once no local edit waits. Drops the version if it is
    /// not newer than the settled one.
    fn lift_shadow(&mut self, entity: EntityId, key: &Key, settled: Stamp) -> Stored<()> {
        let waits = !self.tx.entries_for(entity, key)?.is_empty();
        let Some(shadow) = self.tx.take_shadow(entity, key)? else { return Ok(()) };
        let hears = self.process.options.conflict.policy.hears();
        let is_news =
            is_news(&shadow, settled, hears) && !self.process.passed.is_from_before(entity, &shadow);
        let rules = &self.process.rules;
        if rules.has(Flaw::ForgetsTheShadow) || !is_news && !rules.has(Flaw::ShowsTheShadow) {
            return Ok(());
        }
        if waits {
            return self.tx.keep_shadow(entity, &shadow);
        }
        self.told.push(holds(entity, &shadow));
        overlay(self.tx, self.entity(entity), entity, &shadow)
    }

    /// Records that the backend deleted the row at an unknown time after its last known version.
    fn notes_end(&self, Conflict { entry, why, current, .. }: Conflict<'_>) -> Stored<()> {
        if why != Refusal::Gone || current.is_some() {
            return Ok(());
        }
        let held = self.tx.row(entry.entity, &entry.key)?.map(|row| row.stamp);
        if let Some(known) = held.max(entry.base) {
            self.process.passed.ended_since(entry.entity, &entry.key, known);
        }
        Ok(())
    }

    fn decide(
        &mut self,
        conflict: Conflict<'_>,
        outcome: &Outcome,
        said: Option<Resolution>,
    ) -> Stored<bool> {
        if is_uncontested(self.process.options.conflict.detect, conflict) {
            return self.stand_beside(conflict);
        }
        self.notes_end(conflict)?;
        let (made_as, id) = (conflict.entry.key.clone(), conflict.entry.entity);
        // If natural keys identify rows, a created row may exist on the backend already. Then both
        // are the same row.
        let naming = self.process.setup.schema.naming(id);
        let same = assigned_keys::same_row(naming, &conflict);
        let renamed = same.map(|row| self.rename(conflict.entry, row)).transpose()?;
        let entry = renamed.as_ref().unwrap_or(conflict.entry);
        let conflict = Conflict { entry, ..conflict };
        let resolution = match renamed {
            Some(_) => assigned_keys::merged(naming.merge, conflict),
            None => said.unwrap_or_else(|| self.process.rules.resolve.decide(conflict)),
        };
        let resolution = match resolution {
            // The edit would create a row again that a later edit of this device deletes.
            Resolution::Local { onto } if self.has_nothing_to_create(conflict, &onto)? => Resolution::Remote,
            // The device no longer has the row, so it cannot copy it to a new row.
            Resolution::Both { .. } if self.tx.row(id, &entry.key)?.is_none() => Resolution::Remote,
            resolution => resolution,
        };
        if self.process.rules.outbox.tells(outcome) {
            self.told.push(told_of(conflict, made_as, resolution.clone(), By::Rule));
        }
        self.carry_out(conflict, outcome, resolution)
    }

    /// Applies a resolution. Returns false if the edit is sent again.
    pub(crate) fn carry_out(
        &mut self,
        conflict: Conflict<'_>,
        outcome: &Outcome,
        resolution: Resolution,
    ) -> Stored<bool> {
        let (tx, entry) = (self.tx, conflict.entry);
        let remote = conflict.current.map_or(Stamp(0), |row| row.stamp);
        match resolution {
            Resolution::Park => {
                let (why, edited_at) = (conflict.why, conflict.edited_at);
                let difference = Difference { why, current: conflict.current.cloned(), edited_at };
                store::conflicts::put(tx, entry.seq, &difference)?;
            }
            Resolution::Both { key } => {
                self.log(entry, outcome, LogKind::KeptBoth, Some(remote))?;
                assigned_keys::split_off(tx, entry, &key, &as_of(tx, conflict.entity, entry, &entry.key)?)?;
                self.take_over(entry, conflict.current, conflict.why)?;
                return Ok(false);
            }
            Resolution::Same => {
                tx.drop_entry(entry.seq)?;
                self.told.push(Settled::Acknowledged(entry.into(), remote));
                if !self.has_moved_past(entry, remote)? {
                    self.take_over(entry, conflict.current, conflict.why)?;
                }
            }
            Resolution::Remote if conflict.wants_taken_key() => {
                self.log(entry, outcome, LogKind::Superseded, Some(remote))?;
                self.take_back(entry)?;
            }
            Resolution::Remote => {
                self.give_up(entry)?;
                self.log(entry, outcome, LogKind::Superseded, Some(remote))?;
                self.take_over(entry, conflict.current, conflict.why)?;
            }
            Resolution::Local { onto } => {
                self.log(entry, outcome, LogKind::Overwrote, Some(remote))?;
                let whole = self.as_whole(conflict, &onto)?;
                self.send_onto(whole.as_ref().unwrap_or(entry), false, &onto, conflict.current)?;
                return Ok(false);
            }
            Resolution::Merged { columns, line } => {
                if let Some(kind) = line {
                    self.log(entry, outcome, kind, Some(remote))?;
                }
                let mut kept = entry.clone();
                kept.values.retain(|(column, _)| columns.contains(column));
                self.send_onto(&kept, true, &entry.key, conflict.current)?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the row on the device is newer than this version. A verdict may have waited at a
    /// gateway while the device pulled later versions.
    fn has_moved_past(&self, entry: &Entry, version: Stamp) -> Stored<bool> {
        let held = self.tx.row(entry.entity, &entry.key)?.map(|row| row.stamp);
        let undone = self.process.passed.undone(entry.entity);
        Ok(held.is_some_and(|held| held > version && !is_undone(&undone, held)))
    }

    /// Whether an edit must create its deleted row again, but the device no longer has the row's
    /// values.
    pub(crate) fn has_nothing_to_create(&self, conflict: Conflict<'_>, onto: &Key) -> Stored<bool> {
        let live = conflict.current.is_some_and(|row| row.values.is_some());
        let creates = conflict.entry.kind == EditKind::Update && !live;
        Ok(creates && self.tx.row(conflict.entry.entity, onto)?.is_none())
    }

    /// Sends an edit again, based on the backend's version, because the backend did not change the
    /// edit's columns.
    fn stand_beside(&mut self, conflict: Conflict<'_>) -> Stored<bool> {
        let entry = conflict.entry;
        let columns = entry.values.iter().map(|(column, _)| *column).collect();
        let beside = Resolution::Merged { columns, line: None };
        self.told.push(told_of(conflict, entry.key.clone(), beside, By::Detection));
        self.send_onto(entry, true, &entry.key, conflict.current)?;
        Ok(false)
    }

    /// The edit with all columns of its row, if the options send whole rows. It then replaces every
    /// column of the backend's version. `None` if the edit stays unchanged.
    fn as_whole(&self, conflict: Conflict<'_>, onto: &Key) -> Stored<Option<Entry>> {
        let entry = conflict.entry;
        let live = conflict.current.is_some_and(|row| row.values.is_some());
        let sends = self.process.options.push.sends;
        if sends != Sends::Row || entry.kind != EditKind::Update || !live || *onto != entry.key {
            return Ok(None);
        }
        let values = as_of(self.tx, conflict.entity, entry, onto)?;
        Ok(Some(Entry { values, ..entry.clone() }))
    }

    /// Sends the edit again as a change of row `onto`, based on that row's current version.
    /// `merged` says that the edit was merged into that version.
    fn send_onto(&self, entry: &Entry, merged: bool, onto: &Key, current: Option<&Row>) -> Stored<()> {
        let entity = self.entity(entry.entity);
        let live = current.filter(|row| row.values.is_some());
        let kind = match (entry.kind, live) {
            (EditKind::Delete, _) => EditKind::Delete,
            (_, Some(_)) => EditKind::Update,
            (_, None) => EditKind::Create,
        };
        let values = match kind {
            EditKind::Delete => Vec::new(),
            EditKind::Create if entry.kind != EditKind::Create => as_of(self.tx, entity, entry, onto)?,
            // The edit has all columns because it was sent to create its row again. But the row
            // exists, and others may have changed some columns. So it sends only its own columns.
            EditKind::Update if !self.process.rules.has(Flaw::WholeRowsAgain) => {
                entry.own_values().cloned().collect()
            }
            EditKind::Create | EditKind::Update => entry.values.clone(),
        };
        // The backend remembers its verdict per idempotency key. A changed edit needs a new key, or
        // it would get the old verdict.
        let id = entry.id_again(merged);
        self.tx.rewrite(entry.seq, &id, onto, (kind, &values), current)?;
        if *onto != entry.key {
            self.tx.remove(entry.entity, &entry.key)?;
        }
        // A row that is created again keeps this device's values.
        let Some(current) = live else { return Ok(()) };
        overlay(self.tx, entity, entry.entity, current)
    }

    /// Drops an edit. Removes its values from the base values of later edits of the row.
    pub(crate) fn give_up(&self, entry: &Entry) -> Stored<()> {
        let (tx, entity) = (self.tx, self.entity(entry.entity));
        let shown = tx.row(entry.entity, &entry.key)?.map(|row| row.values);
        let edits = tx.entries_for(entry.entity, &entry.key)?;
        self.process.doubts(tx, entry)?;
        tx.drop_entry(entry.seq)?;
        let Some(mut values) = beneath(entity, shown, &edits) else { return Ok(()) };
        for later in edits.iter().filter(|later| later.seq != entry.seq) {
            tx.make_on(later, &values)?;
            set(entity, &mut values, later.values.iter());
        }
        Ok(())
    }

    /// Drops an edit and undoes it in its row. The backend sent no version of the row, so the row
    /// returns to the version before the edit.
    pub(crate) fn take_back(&mut self, entry: &Entry) -> Stored<()> {
        let (tx, id, key) = (self.tx, entry.entity, &entry.key);
        let shown = tx.row(id, key)?.map(|row| row.values);
        let values = beneath(self.entity(id), shown, &tx.entries_for(id, key)?);
        let version = Row { key: key.clone(), stamp: entry.base.unwrap_or(Stamp(0)), values };
        self.process.doubts(tx, entry)?;
        tx.drop_entry(entry.seq)?;
        overlay(tx, self.entity(id), id, &version)?;
        self.lift_shadow(id, key, version.stamp)?;
        // The edit was sent to create its row again, so the backend has deleted the row.
        if version.values.is_none() && entry.base.is_some() {
            self.ended(entry, version.stamp)?;
        }
        Ok(())
    }

    /// Replaces the local row by the backend's version, and applies the waiting edits on it. These
    /// edits keep their base. They were made without this version, so they may conflict with it
    /// later.
    fn take_over(&mut self, entry: &Entry, current: Option<&Row>, why: Refusal) -> Stored<()> {
        match current.filter(|row| row.key == entry.key) {
            Some(row) => {
                overlay(self.tx, self.entity(entry.entity), entry.entity, row)?;
                self.told.push(holds(entry.entity, row));
                self.lift_shadow(entry.entity, &entry.key, row.stamp)?;
                if row.values.is_none() { self.ended(entry, end_of(row, why)) } else { Ok(()) }
            }
            // The backend has no row with this key, or another row has the natural key. Remove the
            // local row. If a later version was pulled, the shadow has it.
            None => {
                self.tx.remove(entry.entity, &entry.key)?;
                self.lift_shadow(entry.entity, &entry.key, entry.base.unwrap_or(Stamp(0)))
            }
        }
    }

    pub(crate) fn log(
        &mut self,
        entry: &Entry,
        outcome: &Outcome,
        kind: LogKind,
        met: Option<Stamp>,
    ) -> Stored<()> {
        if !self.process.rules.outbox.tells(outcome) {
            return Ok(());
        }
        let (entity, key) = (entry.entity, entry.key.clone());
        self.tx.log(&LogEntry { edit: Some(entry.edit), entity, key, kind, met })?;
        self.told.push(Settled::Logged(entry.into(), kind));
        Ok(())
    }
}

/// The stamp up to which versions of a removed row are too old. If the row is not deleted, it left
/// this device's scope (the rows that the device may see). The same version can enter the scope
/// again without another write, so its own stamp is not too old.
fn end_of(row: &Row, why: Refusal) -> Stamp {
    if why == Refusal::Gone { row.stamp } else { Stamp(row.stamp.0.saturating_sub(1)) }
}

/// Whether the version in a row's shadow is new to the device. An edit of the row was settled with
/// the version `settled`. With equal stamps it is new in 2 cases: the row left the device's scope,
/// or the device does not learn which versions its edits replace (`hears` is false).
fn is_news(shadow: &Row, settled: Stamp, hears: bool) -> bool {
    shadow.stamp > settled || shadow.stamp == settled && (shadow.values.is_none() || !hears)
}

#[cfg(test)]
mod tests;
