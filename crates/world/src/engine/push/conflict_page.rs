//! The page on which a person decides open conflicts, and the effects of each choice.
//!
//! An edit in conflict stays in the outbox and is not sent until a person has chosen. Later edits
//! of its row also wait. If the person keeps the local values, they are sent as an edit of the
//! version that the person saw. If that version has changed meanwhile, there is another conflict.

use crate::base::words::count;
use crate::base::{EditId, UnitId, Value};
use crate::contract::{EditKind, EngineEvent, LogKind, OpenConflict, Outcome, PageEvent, Pick, SyncError};
use crate::engine::conflict::{Conflict, Resolution, says_the_same};
use crate::engine::exchange::RunError;
use crate::engine::flaws::Flaw;
use crate::engine::options::WhileOpen;
use crate::engine::process::Process;
use crate::engine::push::outcomes::{By, told_of};
use crate::engine::push::settle::{Settling, settling};
use crate::store::{Difference, Entry, Stored, Tx, conflicts};

pub(crate) async fn tell_open(process: &Process) {
    if !process.options.conflict.policy.has_page() {
        return;
    }
    if process.rules.has(Flaw::PageInMemory) {
        let forgets =
            |tx: &Tx<'_>| conflicts::all(tx)?.iter().try_for_each(|(entry, _)| tx.drop_entry(entry.seq));
        drop(process.write(forgets).await);
    }
    let open = process.store.read(conflicts::all).unwrap_or_default();
    process.settle_work().await;
    for (entry, _) in open {
        let Entry { edit, entity, ref key, .. } = entry;
        process.emit(EngineEvent::Page(PageEvent::Open { edit, entity, key }));
    }
}

/// Applies a person's choice. Returns false if this edit has no open conflict.
pub(crate) async fn resolve(process: &Process, edit: EditId, pick: &Pick) -> Stored<bool> {
    let resolved = settling(process, None, |settling| {
        let Some((entry, difference)) = conflicts::find(settling.tx, edit)? else { return Ok(false) };
        let edits = std::slice::from_ref(&entry);
        settling.keeping(edits, |settling| settling.save(&entry, &difference, pick))?;
        Ok(true)
    });
    resolved.await
}

/// A conflict and its verdict, which also decide later edits of the same row.
#[derive(Clone, Copy)]
struct Met<'a> {
    conflict: Conflict<'a>,
    outcome: &'a Outcome,
}

impl Settling<'_, '_> {
    fn save(&mut self, entry: &Entry, difference: &Difference, pick: &Pick) -> Stored<()> {
        let (process, tx) = (self.process, self.tx);
        let entity = process.setup.schema.entity(entry.entity);
        let Difference { why, ref current, edited_at } = *difference;
        let current = current.as_ref();
        let conflict = Conflict { entry, entity, why, current, edited_at, compares_values: true };
        let outcome = &Outcome::Conflict { why, current: current.cloned(), edited_at };
        let mut later = tx.entries_for(entry.entity, &entry.key)?;
        later.retain(|other| other.seq > entry.seq);
        if !process.rules.has(Flaw::FlagStaysSet) {
            conflicts::take_off(tx, entry.seq)?;
        }
        let resolution = match taken(conflict, &later, pick) {
            Resolution::Local { onto } if self.has_nothing_to_create(conflict, &onto)? => Resolution::Remote,
            resolution => resolution,
        };
        let by = By::Person { on_top: false };
        if process.rules.has(Flaw::ChoiceStaysHere) && matches!(resolution, Resolution::Local { .. }) {
            tx.drop_entry(entry.seq)?;
            self.told.push(told_of(conflict, entry.key.clone(), resolution, by));
            return Ok(());
        }
        let met = Met { conflict, outcome };
        let resolution = match (resolution, pick) {
            (Resolution::Remote, _) => {
                later.iter().try_for_each(|other| self.supersede(other, met))?;
                Resolution::Remote
            }
            (Resolution::Merged { columns, line }, Pick::Columns(all)) => {
                later.iter().try_for_each(|other| self.narrow(other, met, all))?;
                // With no columns, all columns that the person keeps are in later edits.
                if columns.is_empty() { Resolution::Remote } else { Resolution::Merged { columns, line } }
            }
            (resolution, _) => resolution,
        };
        if process.rules.outbox.tells(outcome) {
            self.told.push(told_of(conflict, entry.key.clone(), resolution.clone(), by));
        }
        self.carry_out(conflict, outcome, resolution).map(drop)
    }

    fn supersede(&mut self, entry: &Entry, met: Met<'_>) -> Stored<()> {
        self.give_up(entry)?;
        self.on_top(entry, met, Resolution::Remote, LogKind::Superseded)
    }

    /// Reduces a later edit to the columns that the person keeps.
    fn narrow(&mut self, entry: &Entry, met: Met<'_>, columns: &[usize]) -> Stored<()> {
        let mut kept = entry.values.clone();
        kept.retain(|(column, _)| columns.contains(column));
        if kept.is_empty() {
            return self.supersede(entry, met);
        }
        // The reduced edit is also based on the version that the person saw.
        self.tx.rewrite(entry.seq, &entry.id, &entry.key, (entry.kind, &kept), met.conflict.current)?;
        let columns = kept.iter().map(|(column, _)| *column).collect();
        let line = if kept.len() < entry.values.len() { LogKind::Merged } else { LogKind::Overwrote };
        self.on_top(entry, met, Resolution::Merged { columns, line: Some(line) }, line)
    }

    fn on_top(&mut self, entry: &Entry, met: Met<'_>, became: Resolution, line: LogKind) -> Stored<()> {
        let stamp = met.conflict.current.map(|row| row.stamp);
        self.log(entry, met.outcome, line, stamp)?;
        let on_top = Conflict { entry, ..met.conflict };
        self.told.push(told_of(on_top, entry.key.clone(), became, By::Person { on_top: true }));
        Ok(())
    }
}

fn taken(conflict: Conflict<'_>, later: &[Entry], pick: &Pick) -> Resolution {
    let Conflict { entry, current, .. } = conflict;
    if says_the_same(conflict) && later.is_empty() {
        return Resolution::Same;
    }
    let live = current.filter(|row| row.values.is_some());
    let onto = live.map_or(&entry.key, |row| &row.key).clone();
    let all = || std::iter::once(entry).chain(later);
    let set = || all().flat_map(|edit| edit.values.iter().map(|(column, _)| *column));
    match pick {
        Pick::Ours => Resolution::Local { onto },
        Pick::Theirs => Resolution::Remote,
        Pick::Columns(columns) if set().all(|column| !columns.contains(&column)) => Resolution::Remote,
        // The columns of creates and deletes cannot be chosen one by one.
        Pick::Columns(_) if live.is_none() || all().any(|edit| edit.kind != EditKind::Update) => {
            Resolution::Local { onto }
        }
        Pick::Columns(columns) => {
            let all = set().all(|column| columns.contains(&column));
            let line = if all { LogKind::Overwrote } else { LogKind::Merged };
            let kept: Vec<usize> =
                entry.values.iter().map(|(column, _)| *column).filter(|c| columns.contains(c)).collect();
            Resolution::Merged { columns: kept, line: Some(line) }
        }
    }
}

/// Returns an error if open conflicts prevent a run of the unit.
pub(crate) fn held(process: &Process, unit: UnitId) -> Result<(), RunError> {
    let options = &process.options.conflict;
    if !options.policy.has_page() || options.while_open == WhileOpen::CarryOn {
        return Ok(());
    }
    let (open, (free, _)) =
        process.store.read(|tx| Ok((conflicts::all(tx)?.len(), conflicts::by_wait(tx)?)))?;
    if open == 0 {
        return Ok(());
    }
    let edits: Vec<EditId> = free.iter().map(|pending| pending.edit).collect();
    process.emit(EngineEvent::Page(PageEvent::Held { unit, edits: &edits }));
    let waits = if open == 1 { "waits" } else { "wait" };
    let error = SyncError::Held(format!("{} {waits} for a person", count(open as u64, "conflict")));
    Err(error.into())
}

pub(crate) fn shown(tx: &Tx<'_>) -> Stored<Vec<OpenConflict>> {
    let mut open = Vec::new();
    for (entry, difference) in conflicts::all(tx)? {
        let mut ours: Vec<(usize, Value, _)> = Vec::new();
        let mut base: Vec<(usize, Value)> = Vec::new();
        for edit in tx.entries_for(entry.entity, &entry.key)? {
            if edit.kind == EditKind::Delete {
                ours.clear();
            }
            for (column, value) in edit.values {
                ours.retain(|(of, ..)| *of != column);
                ours.push((column, value, edit.made_at));
            }
            for (column, value) in edit.made_on.unwrap_or_default() {
                if base.iter().all(|(of, _)| *of != column) {
                    base.push((column, value));
                }
            }
        }
        let Entry { edit, entity, key, made_at, .. } = entry;
        let stamp = difference.current.as_ref().map(|row| row.stamp);
        let theirs_made = difference.edited_at.or(stamp).unwrap_or(made_at);
        let theirs = difference.current.and_then(|row| row.values);
        open.push(OpenConflict { edit, entity, key, ours, base, theirs, theirs_made });
    }
    Ok(open)
}
