//! Finds rows that a device got again in the same version.
//!
//! A cursor confirms the rows that came with it, so a unit gets each version of a row only once.
//! There are exceptions: the device lost data; a server was restored; a full load; a page whose
//! cursor was not stored; changes applied before the first response of a run; changes while rows
//! are deferred; a row that left a scope and returned between two pulls, without a write.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use crate::base::{EntityId, Key, Stamp, Time, UnitId};
use crate::contract::{AppliedChange, EngineEvent, Event, RequestKind, ServerError};
use crate::oracle::watch::{StateLoss, Watcher};
use crate::oracle::{Harm, Heard, Matter, Rule, Topic};

pub(crate) static AGAIN: Rule = Rule {
    finds: "rows that a unit brought come again in the same version, although nothing makes that necessary",
    needs: |can| can.stamps && can.once,
    counts: |can| can.stamps && can.sight.inside,
    hears: &[Topic::Rows, Topic::Cursors],
    ..Rule::new("delivered-again", "oracle.delivered_again.rows", Harm::Wrong, Matter::Runs)
};

/// By hash of the key, the last version of the row and when it came.
type Rows = FxHashMap<u64, (Stamp, Time)>;

#[derive(Debug, Default)]
struct Brought {
    rows: Rows,
    behind: Vec<u64>,
}

#[derive(Debug, Default)]
pub(crate) struct Given {
    brought: BTreeMap<(UnitId, EntityId), Brought>,
    answers: FxHashMap<UnitId, RequestKind>,
    /// The number of deferred rows (rows that came and cannot be applied yet). The device may retry
    /// them at any time.
    waiting: u64,
}

impl Watcher for Given {
    fn on(&mut self, heard: &mut Heard<'_>) {
        let Heard { at, device, event, out, setup, ref mut findings } = *heard;
        match out {
            // A page that was not complete comes again.
            Some(StateLoss::Process) => self.cut_off(),
            Some(StateLoss::Part | StateLoss::Database) => self.brought.clear(),
            None => {}
        }
        match *event {
            Event::Engine(EngineEvent::SyncStart { unit, .. }) => _ = self.answers.remove(&unit),
            Event::Engine(EngineEvent::ResponseReceived { kind, unit: Some(unit), .. }) => {
                _ = self.answers.insert(unit, kind)
            }
            Event::Engine(EngineEvent::RowsRetried { left }) => self.waiting = left,
            Event::Engine(EngineEvent::RowsFailed { listed, .. }) => self.waiting += u64::from(listed),
            Event::Engine(EngineEvent::ChunkApplied { unit: Some(unit), changes, .. }) => {
                for change in changes {
                    let Some(since) = self.take(at, unit, change) else { continue };
                    let record = setup.labels.record(change.entity, change.key);
                    let [at, since] = [at, since].map(|at| setup.labels.time(at));
                    let unit = setup.labels.unit(unit);
                    findings.add(&AGAIN, (Some(device), Some((change.entity, change.key))), || {
                        format!(
                            "{device} got {record} again by {unit} at {at}, in the version that {unit} had \
                             brought at {since}: since then its cursor was not discarded, and neither the \
                             device nor the server went back to a backup"
                        )
                    });
                }
            }
            Event::Engine(EngineEvent::CursorSaved { unit, entity }) => {
                self.brought.entry((unit, entity)).or_default().behind.clear();
            }
            // The run is complete, so all its pages count as confirmed.
            Event::Engine(EngineEvent::SyncComplete { unit, .. }) => self.ended(unit),
            Event::Engine(EngineEvent::SyncError { .. }) => self.cut_off(),
            // A process may die after it discards the cursor and before it reports this.
            Event::Engine(
                EngineEvent::CursorReset { entity, .. }
                | EngineEvent::RequestRefused { error: &ServerError::CursorExpired(entity), .. },
            ) => self.brought.retain(|(_, of), _| *of != entity),
            _ => {}
        }
    }

    fn server_went_back(&mut self) {
        self.brought.clear();
    }

    fn rows_moved(&mut self, rows: &[(EntityId, Key)]) {
        for (entity, key) in rows {
            let of_entity = self.brought.iter_mut().filter(|((_, of), _)| of == entity);
            of_entity.for_each(|(_, brought)| _ = brought.rows.remove(&xxh3_64(key.as_bytes())));
        }
    }
}

impl Given {
    /// When the unit delivered this version before; `None` if it did not. Also `None` if the change
    /// is a removal, or if the earlier delivery is of a run that is still open.
    fn take(&mut self, at: Time, unit: UnitId, change: &AppliedChange<'_>) -> Option<Time> {
        let AppliedChange { entity, key, stamp, removed, .. } = *change;
        let row = xxh3_64(key.as_bytes());
        let answer = self.answers.get(&unit);
        // A row in a push response comes once more with the next pull.
        if removed || answer.is_some_and(|kind| kind.pushes()) {
            let of_entity = self.brought.iter_mut().filter(|((_, of), _)| *of == entity);
            of_entity.for_each(|(_, brought)| _ = brought.rows.remove(&row));
            return None;
        }
        if answer.is_none() || self.waiting > 0 {
            return None;
        }
        let brought = self.brought.entry((unit, entity)).or_default();
        let before = brought.rows.insert(row, (stamp, at));
        let since = before.filter(|(version, _)| *version == stamp).map(|(_, since)| since);
        if since.is_some() && brought.behind.contains(&row) {
            return None;
        }
        brought.behind.push(row);
        since
    }

    fn ended(&mut self, unit: UnitId) {
        let of_unit = self.brought.iter_mut().filter(|((by, _), _)| *by == unit);
        of_unit.for_each(|(_, brought)| brought.behind.clear());
    }
    fn cut_off(&mut self) {
        for Brought { rows, behind } in self.brought.values_mut() {
            behind.drain(..).for_each(|row| _ = rows.remove(&row));
        }
    }
}
