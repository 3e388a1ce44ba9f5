//! The sync status that an app shows. It is a pure function of a few facts, and the engine reports
//! each change of the status. The facts follow from the engine's events, so they cannot become
//! outdated. A change of status does not read the database and does not allocate memory.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::base::{EditId, UnitId};
use crate::contract::{Decision, DeviceSetup, EngineEvent, PageEvent, Progress, Shown, Status, SyncError};
use crate::engine::flaws::Flaw;

/// The facts that determine the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the operating system reports a network.
    pub online: bool,
    /// The progress of the current run; `None`: no run.
    pub running: Option<Progress>,
    /// Whether the device's storage is full and the run waits for space.
    pub full: bool,
    /// `Some` if the last run of a unit failed; `Some(true)` if a retry may help.
    pub failed: Option<bool>,
    /// The number of open conflicts.
    pub conflicts: u32,
}

/// The status to show. Without a network the status is "offline" even during a run, because the run
/// cannot continue. During a run, the status does not show open conflicts and earlier failures.
pub fn shown(facts: &Facts) -> Shown {
    match *facts {
        Facts { online: false, .. } => Shown::Offline,
        Facts { full: true, .. } => Shown::Failed { retryable: true },
        Facts { running: Some(progress), .. } => Shown::Syncing(progress),
        Facts { conflicts: 1.., .. } => Shown::Conflict,
        Facts { failed: Some(retryable), .. } => Shown::Failed { retryable },
        Facts { .. } => Shown::Idle,
    }
}

/// The rule for the shown progress. A planted bug replaces it.
pub trait StatusRule {
    /// The progress of a run to show.
    fn progress(&self, wheel: Wheel) -> Progress {
        wheel.progress()
    }
}

/// The steps of a run: planned and done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wheel {
    /// Edits that waited when the run began, plus entities to pull.
    pub steps: u32,
    /// Steps done: edits that got a verdict, plus entities pulled to their end.
    pub done: u32,
    /// Rows received plus edits that got a verdict.
    pub rows: u32,
}

impl Wheel {
    /// The done steps in percent, and the number of rows.
    pub fn progress(self) -> Progress {
        let percent = u64::from(self.done.min(self.steps)) * 100 / u64::from(self.steps.max(1));
        Progress { percent: percent as u8, rows: self.rows }
    }
}

#[derive(Debug, Default)]
struct Board {
    /// The outbox's edits at the start of the process, minus the store's count of added edits at
    /// that time. `None` before the start.
    found: Option<i64>,
    facts: Facts,
    runs: u32,
    wheel: Wheel,
    /// Per unit: `Some` if its last run failed; `Some(true)` if a retry may help.
    failed: Vec<Option<bool>>,
    conflicts: BTreeSet<EditId>,
    told: Option<Status>,
}

pub(crate) struct Teller {
    /// Whether the app shows a status.
    shows: bool,
    rule: Rc<dyn StatusRule>,
    flaws: Vec<Flaw>,
    board: RefCell<Board>,
}

impl Teller {
    pub(crate) fn new(units: usize, shows: bool, rule: Rc<dyn StatusRule>, flaws: Vec<Flaw>) -> Teller {
        let board = Board { failed: vec![None; units], ..Board::default() };
        Teller { shows, rule, flaws, board: RefCell::new(board) }
    }

    /// Records the facts at the start: the outbox has `pending` edits, and the store has counted
    /// `added` edits.
    pub(crate) fn begins(&self, pending: usize, added: i64, online: bool) {
        let board = &mut *self.board.borrow_mut();
        (board.found, board.facts.online) = (Some(pending as i64 - added), online);
    }

    pub(crate) fn network(&self, online: bool) {
        if !online || !self.flaws.contains(&Flaw::OfflineForEver) {
            self.board.borrow_mut().facts.online = online;
        }
    }

    pub(crate) fn entities_ended(&self, ended: usize) {
        self.board.borrow_mut().wheel.done += ended as u32;
    }

    pub(crate) fn hears(&self, event: &EngineEvent<'_>, setup: &DeviceSetup, added: i64) {
        let board = &mut *self.board.borrow_mut();
        match *event {
            EngineEvent::SyncStart { unit, .. } => board.starts(unit, setup, added),
            EngineEvent::SyncComplete { unit, .. } => {
                board.ends();
                if !self.flaws.contains(&Flaw::FailedForEver) {
                    board.failed[usize::from(unit.0)] = None;
                }
            }
            EngineEvent::SyncError { error: SyncError::Interrupted, .. } => {}
            EngineEvent::SyncError { unit, error, .. } if !self.flaws.contains(&Flaw::SyncingForEver) => {
                board.ends();
                if *error != SyncError::Cancelled {
                    board.failed[usize::from(unit.0)] = Some(error.is_retryable());
                }
            }
            EngineEvent::StorageFull => board.facts.full = true,
            EngineEvent::ChunkApplied { unit: Some(_), changes, .. } => {
                board.facts.full = false;
                board.wheel.rows += changes.len() as u32;
            }
            EngineEvent::EditAcknowledged { .. } | EngineEvent::EditLogged { .. } => {
                board.wheel.rows += 1;
                board.wheel.done += 1;
            }
            EngineEvent::ConflictDecided { edit, decision: Decision::Parked, .. }
            | EngineEvent::Page(PageEvent::Open { edit, .. }) => _ = board.conflicts.insert(edit),
            EngineEvent::Page(PageEvent::Resolved { edit, on_top: false, .. }) => {
                board.conflicts.remove(&edit);
            }
            _ => {}
        }
    }

    /// The new status to show; `None` if it is unchanged.
    pub(crate) fn news(&self, added: i64) -> Option<Status> {
        let board = &mut *self.board.borrow_mut();
        let waiting = u32::try_from(board.found.filter(|_| self.shows)? + added).unwrap_or(0);
        board.facts.running = (board.runs > 0).then(|| self.rule.progress(board.wheel));
        board.facts.failed = board.failed.iter().flatten().copied().reduce(|one, other| one && other);
        board.facts.conflicts = board.conflicts.len() as u32;
        let pending = if self.flaws.contains(&Flaw::AllSyncedTooSoon) { 0 } else { waiting };
        let status = Status { state: shown(&board.facts), pending };
        (board.told.replace(status) != Some(status)).then_some(status)
    }
}

impl Board {
    fn starts(&mut self, unit: UnitId, setup: &DeviceSetup, added: i64) {
        self.runs += 1;
        self.facts.full = false;
        let unit = &setup.units[usize::from(unit.0)];
        let waiting = self.found.unwrap_or(0) + added;
        let edits = if unit.push.is_empty() { 0 } else { u32::try_from(waiting).unwrap_or(0) };
        self.wheel = Wheel { steps: edits + unit.pull.len() as u32, done: 0, rows: 0 };
    }

    fn ends(&mut self) {
        self.runs = self.runs.saturating_sub(1);
        self.facts.full = false;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::{DeviceId, EntityId, Key, Span, Stamp};
    use crate::contract::{Attributes, SyncUnit};
    use crate::engine::rules::Correct;

    const CALM: Facts = Facts { online: true, running: None, full: false, failed: None, conflicts: 0 };

    #[test]
    fn no_network_hides_a_run_and_a_run_hides_what_was_before() {
        let progress = Progress { percent: 50, rows: 7 };
        let runs = Facts { running: Some(progress), failed: Some(false), conflicts: 1, ..CALM };
        assert_eq!(shown(&runs), Shown::Syncing(progress));
        assert_eq!(shown(&Facts { online: false, ..runs }), Shown::Offline);
        assert_eq!(shown(&Facts { full: true, ..runs }), Shown::Failed { retryable: true });
        assert_eq!(shown(&Facts { running: None, ..runs }), Shown::Conflict);
        let failed = Facts { failed: Some(false), ..CALM };
        assert_eq!(shown(&failed), Shown::Failed { retryable: false });
        assert_eq!(shown(&CALM), Shown::Idle);
    }

    #[test]
    fn progress_ends_at_a_hundred_whatever_comes_besides() {
        let wheel = Wheel { steps: 4, done: 1, rows: 9 };
        assert_eq!(wheel.progress(), Progress { percent: 25, rows: 9 });
        assert_eq!(Wheel { done: 9, ..wheel }.progress().percent, 100);
        assert_eq!(Wheel::default().progress(), Progress::default());
    }

    fn setup() -> DeviceSetup {
        let unit = SyncUnit {
            name: "All".to_owned(),
            pull: vec![EntityId(0)],
            push: vec![EntityId(0)],
            ..SyncUnit::default()
        };
        DeviceSetup {
            device: DeviceId(0),
            schema: Arc::default(),
            units: [unit].into(),
            attributes: Attributes::default(),
            person: 0,
        }
    }

    #[test]
    fn a_change_of_what_is_shown_allocates_nothing() {
        let setup = setup();
        let (unit, edit, key) = (UnitId(0), EditId { device: DeviceId(0), number: 0 }, Key::new("k"));
        let error = SyncError::Offline(String::new());
        let start = EngineEvent::SyncStart { unit, run: 1, waited: Span::ZERO };
        let applied =
            EngineEvent::ChunkApplied { unit: Some(unit), changes: &[], echoed: 0, took: Span::ZERO };
        let sent = EngineEvent::EditAcknowledged { edit, entity: EntityId(0), key: &key, stamp: Stamp(1) };
        let failed = EngineEvent::SyncError { unit, run: 1, error: &error };
        let good = EngineEvent::SyncComplete { unit, run: 2, took: Span::ZERO, blocking: false };
        let steps = [&start, &sent, &EngineEvent::StorageFull, &applied, &failed, &start, &good];
        let teller = Teller::new(1, true, Rc::new(Correct), Vec::new());
        teller.begins(1, 0, true);
        let mut shown = 0;
        let allocated = allocation_counter::measure(|| {
            for online in [false, true] {
                teller.network(online);
                shown += u32::from(teller.news(0).is_some());
            }
            for event in steps {
                teller.hears(event, &setup, 0);
                shown += u32::from(teller.news(0).is_some());
            }
        });
        assert_eq!((shown, allocated.count_total), (9, 0));
        let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![edit])));
        assert_eq!(counted.count_total, 1, "it counts");
    }
}
