//! The page of conflicts: what waits there for a person, and what becomes of their choice.
//!
//! A conflict is on the page from the transaction that settles its edit until the one that saves
//! the choice: no process dies in between. The edit stays in the outbox, set aside, and what is
//! made on top of it waits behind it; the row shows what its person did.
//!
//! What a person takes of their own goes out as an edit over the version that they saw. If the
//! backend's has moved on meanwhile, that is another conflict.

use std::rc::Rc;

use super::conflict::{Conflict, Resolution, says_the_same};
use super::exchange::RunError;
use super::options::WhileOpen;
use super::process::{Process, damaged};
use super::settle::Settler;
use super::settled::{By, Settled, told_of};
use crate::base::words::count;
use crate::base::{EditId, UnitId, Value};
use crate::contract::{EditKind, Event, LogKind, OpenConflict, Outcome, PageEvent, Pick, SyncError};
use crate::store::{Conflicts, Difference, Entry, StoreError, Tx};

pub(super) struct Page {
    settler: Settler,
}

impl Page {
    pub(super) fn new(process: Rc<Process>) -> Page {
        Page { settler: Settler { process } }
    }

    fn process(&self) -> &Process {
        &self.settler.process
    }

    /// Tells which conflicts are open as the app starts.
    pub(super) async fn tell_open(&self) {
        let process = self.process();
        if !process.options.conflict.has_page() {
            return;
        }
        if !process.rules.page.outlives_the_process() {
            let forgets = |tx: &Tx<'_>| {
                Conflicts::of(tx).all()?.iter().try_for_each(|(entry, _)| tx.drop_entry(entry.seq))
            };
            drop(process.write(forgets).await);
        }
        let open = process.store.read(|tx| Conflicts::of(tx).all()).unwrap_or_default();
        process.settle_work().await;
        for (entry, _) in open {
            let Entry { edit, entity, ref key, .. } = entry;
            process.emit(Event::Page(PageEvent::Open { edit, entity, key }));
        }
    }

    /// A person has decided; false if there is no such conflict.
    ///
    /// # Errors
    /// When the database fails: then nothing is decided.
    pub(super) async fn resolve(&self, edit: EditId, pick: &Pick) -> Result<bool, StoreError> {
        let (resolved, took) = self
            .process()
            .write(|tx| {
                let mut told = Vec::new();
                let Some((entry, difference)) = Conflicts::of(tx).find(edit)? else { return Ok(None) };
                let referred = self.settler.referred(tx, std::slice::from_ref(&entry))?;
                self.save(tx, &entry, &difference, pick, &mut told)?;
                self.settler.keep(tx, referred, &mut told)?;
                Ok(Some(told))
            })
            .await;
        let Some(told) = resolved? else { return Ok(false) };
        self.settler.tell(None, told, took);
        Ok(true)
    }

    fn save(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        difference: &Difference,
        pick: &Pick,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        let process = self.process();
        let entity = process.setup.schema.entity(entry.entity);
        let Difference { why, ref current, edited_at } = *difference;
        let current = current.as_ref();
        let conflict = Conflict { entry, entity, why, current, edited_at, compares_values: true };
        let outcome = Outcome::Conflict { why, current: current.cloned(), edited_at };
        let mut later = tx.entries_for(entry.entity, entry.key.as_str())?;
        later.retain(|other| other.seq > entry.seq);
        if process.rules.page.closes() {
            Conflicts::of(tx).take_off(entry.seq)?;
        }
        let resolution = match taken(conflict, &later, pick) {
            Resolution::Local { onto } if self.settler.has_nothing_to_create(tx, conflict, &onto)? => {
                Resolution::Remote
            }
            resolution => resolution,
        };
        if !process.rules.page.sends_the_choice() && matches!(resolution, Resolution::Local { .. }) {
            tx.drop_entry(entry.seq)?;
            told.push(told_of(conflict, entry.key.clone(), resolution, By::Person { on_top: false }));
            return Ok(());
        }
        let resolution = match (resolution, pick) {
            (Resolution::Remote, _) => {
                for other in &later {
                    self.supersede(tx, other, conflict, &outcome, told)?;
                }
                Resolution::Remote
            }
            (Resolution::Merged { columns, line }, Pick::Columns(all)) => {
                for other in &later {
                    self.narrow(tx, other, conflict, (&outcome, all), told)?;
                }
                // What is left of it is in those on top of it.
                if columns.is_empty() { Resolution::Remote } else { Resolution::Merged { columns, line } }
            }
            (resolution, _) => resolution,
        };
        if process.rules.outbox.tells(&outcome) {
            let by = By::Person { on_top: false };
            told.push(told_of(conflict, entry.key.clone(), resolution.clone(), by));
        }
        self.settler.carry_out(tx, conflict, &outcome, resolution, told)?;
        Ok(())
    }

    fn supersede(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        conflict: Conflict<'_>,
        outcome: &Outcome,
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        self.settler.give_up(tx, entry)?;
        self.on_top(tx, entry, conflict, (outcome, Resolution::Remote, LogKind::Superseded), told)
    }

    /// Of an edit that was made on top of the one in conflict, what the person takes stays.
    fn narrow(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        conflict: Conflict<'_>,
        (outcome, columns): (&Outcome, &[usize]),
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        let mut kept = entry.values.clone();
        kept.retain(|(column, _)| columns.contains(column));
        if kept.is_empty() {
            return self.supersede(tx, entry, conflict, outcome, told);
        }
        // It is over the version that the person saw, too.
        tx.rewrite(entry.seq, &entry.id, &entry.key, (entry.kind, &kept), conflict.current)?;
        let columns = kept.iter().map(|(column, _)| *column).collect();
        let line = if kept.len() < entry.values.len() { LogKind::Merged } else { LogKind::Overwrote };
        let resolution = Resolution::Merged { columns, line: Some(line) };
        self.on_top(tx, entry, conflict, (outcome, resolution, line), told)
    }

    /// Notes what became of an edit that was made on top of the one in conflict.
    fn on_top(
        &self,
        tx: &Tx<'_>,
        entry: &Entry,
        conflict: Conflict<'_>,
        (outcome, resolution, line): (&Outcome, Resolution, LogKind),
        told: &mut Vec<Settled>,
    ) -> Result<(), StoreError> {
        let met = conflict.current.map(|row| row.stamp);
        self.settler.log(tx, entry, outcome, line, met, told)?;
        let on_top = Conflict { entry, ..conflict };
        told.push(told_of(on_top, entry.key.clone(), resolution, By::Person { on_top: true }));
        Ok(())
    }
}

/// What a pick comes to, with the edits of the row that were made `later`.
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
        // Of what is made, deleted, or made again, there are no columns.
        Pick::Columns(_) if live.is_none() || all().any(|edit| edit.kind != EditKind::Update) => {
            Resolution::Local { onto }
        }
        Pick::Columns(columns) => {
            let line = if set().all(|column| columns.contains(&column)) {
                LogKind::Overwrote
            } else {
                LogKind::Merged
            };
            let kept: Vec<usize> =
                entry.values.iter().map(|(column, _)| *column).filter(|c| columns.contains(c)).collect();
            Resolution::Merged { columns: kept, line: Some(line) }
        }
    }
}

/// Why a run of the unit is refused, if conflicts are open and that holds it.
pub(super) fn held(process: &Process, unit: UnitId) -> Result<(), RunError> {
    let options = &process.options.conflict;
    if !options.has_page() || options.while_open == WhileOpen::CarryOn {
        return Ok(());
    }
    let (open, (free, _)) = process
        .store
        .read(|tx| Ok((Conflicts::of(tx).all()?.len(), Conflicts::of(tx).by_wait()?)))
        .map_err(damaged)?;
    if open == 0 {
        return Ok(());
    }
    let edits: Vec<EditId> = free.iter().map(|pending| pending.edit).collect();
    process.emit(Event::Page(PageEvent::Held { unit, edits: &edits }));
    let waits = if open == 1 { "waits" } else { "wait" };
    let error = SyncError::Held(format!("{} {waits} for a person", count(open as u64, "conflict")));
    Err(error.into())
}

pub(super) fn shown(tx: &Tx<'_>) -> Result<Vec<OpenConflict>, StoreError> {
    let mut open = Vec::new();
    for (entry, difference) in Conflicts::of(tx).all()? {
        let mut ours: Vec<(usize, Value, _)> = Vec::new();
        let mut base: Vec<(usize, Value)> = Vec::new();
        for edit in tx.entries_for(entry.entity, entry.key.as_str())? {
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
        let stamp = difference.current.as_ref().map(|row| row.stamp);
        open.push(OpenConflict {
            edit: entry.edit,
            entity: entry.entity,
            key: entry.key,
            ours,
            base,
            theirs: difference.current.and_then(|row| row.values),
            theirs_made: difference.edited_at.or(stamp).unwrap_or(entry.made_at),
        });
    }
    Ok(open)
}
