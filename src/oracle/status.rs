//! The status that an app shows, held against what was so at every instant.
//!
//! What was so follows from events that were told for other reasons: the network, runs and their
//! ends, edits and their verdicts, conflicts that wait. Of an edit that was under way as its
//! process died nobody can tell whether it waits; such edits may be counted or not.
//!
//! Each way of being wrong has a stretch of its own. One that a person hardly notices is not
//! counted; one that lasts longer than the bound is a violation, and so is progress that cannot be.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Check;
use super::findings::Findings;
use super::patience::Patience;
use super::words::Labels;
use crate::base::words::count;
use crate::base::{DeviceId, EditId, Span, Time, UnitId};
use crate::contract::{
    BlobEvent, Decision, Event, KillReason, LogKind, PageEvent, Progress, ServerError, Shown, Status,
    SyncError, UnitEvent,
};

/// What is wrong for a shorter time nobody notices: it is not counted.
const NOTICED: Span = Span::secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    AllSynced,
    Pending,
    Offline,
    Online,
    NothingRuns,
    ProgressStands,
    NotFailed,
    Failed,
    NoConflict,
    Conflict,
}

/// Time in which a status is wrong in one way. A pause that is no longer than the bound, such as
/// another state that flashes up, does not end it.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    wrong: Wrong,
    first: Time,
    /// Since when it is wrong now, if it is.
    since: Option<Time>,
    /// For how long it was before, and until when.
    before: Span,
    until: Time,
    told: bool,
}

#[derive(Debug, Default)]
struct DeviceStatus {
    shown: Option<Status>,
    offline: bool,
    /// The process is suspended: nobody sees what it shows.
    asleep: bool,
    runs: BTreeSet<u64>,
    hooks: u32,
    failed: BTreeSet<UnitId>,
    full: bool,
    conflicts: BTreeSet<EditId>,
    /// Edits that wait, and whether each was sent.
    waiting: BTreeMap<EditId, bool>,
    /// Those that may.
    perhaps: BTreeSet<EditId>,
    /// Its state went back or was put in: what waits in it is not known.
    unknown: bool,
    /// When something last moved in what is shown as syncing.
    moved: Time,
    /// That this stall was told.
    stall_told: bool,
    /// Up to when a stall is counted.
    counted: Time,
    /// A run has begun since a progress was shown.
    fresh: bool,
    /// Something came that the progress does not show.
    unseen: bool,
    /// In which ways it is wrong, or was a moment ago.
    stretches: Vec<Stretch>,
}

#[derive(Debug)]
pub(super) struct Statuses {
    devices: Vec<DeviceStatus>,
    patience: Patience,
    wrong: u128,
    any: bool,
}

impl Statuses {
    pub(super) fn new(devices: usize, patience: Patience) -> Statuses {
        let devices = (0..devices).map(|_| DeviceStatus::default()).collect();
        Statuses { devices, patience, wrong: 0, any: false }
    }

    /// For how long statuses were wrong, in nanoseconds, over all devices.
    pub(super) fn wrong_ns(&self) -> u128 {
        self.wrong
    }

    /// Whether none was ever shown.
    pub(super) fn is_empty(&self) -> bool {
        !self.any
    }

    pub(super) fn on(
        &mut self,
        at: Time,
        id: DeviceId,
        event: &Event<'_>,
        names: Labels<'_>,
        findings: &mut Findings,
    ) {
        self.stalls(at, id, names, findings);
        if let Event::BecameCopy { of, .. } = event {
            // What the copy sends of the other's edits settles them there, too.
            self.devices[of.0 as usize].unknown = true;
        }
        let device = &mut self.devices[id.0 as usize];
        if let Event::Status(status) = event {
            self.any = true;
            if let Some(text) = device.shows(at, *status) {
                findings.add(Check::WrongStatus, (Some(id), None), || {
                    format!("{id} shows \"{status}\" at {}: {text}", names.time(at))
                });
            }
        } else if !device.learns(at, id, event) {
            return;
        }
        self.compare(at, id, names, findings);
    }

    /// The end, or of a device what it shows against what its outbox has.
    pub(super) fn finish(
        &mut self,
        at: Time,
        id: DeviceId,
        unsent: Option<usize>,
        names: Labels<'_>,
        findings: &mut Findings,
    ) {
        self.stalls(at, id, names, findings);
        let device = &mut self.devices[id.0 as usize];
        if let (Some(status), Some(unsent)) = (device.shown, unsent)
            && status.pending as usize != unsent
        {
            findings.add(Check::WrongStatus, (Some(id), None), || {
                format!("{id} shows \"{status}\" at the end, and {} in its outbox", waits(unsent))
            });
        }
        device.shown = None;
        self.compare(at, id, names, findings);
    }

    /// Opens and closes stretches by what is wrong from `at` on.
    fn compare(&mut self, at: Time, id: DeviceId, names: Labels<'_>, findings: &mut Findings) {
        let device = &mut self.devices[id.0 as usize];
        let now = device.wrong();
        let bound = self.patience.of_status();
        device.stretches.retain(|stretch| stretch.since.is_some() || at.since(stretch.until) <= bound);
        for stretch in &mut device.stretches {
            let goes_on = now.contains(&Some(stretch.wrong));
            let Some(since) = stretch.since.filter(|_| !goes_on) else { continue };
            let lasted = at.since(since);
            (stretch.since, stretch.until) = (None, at);
            if lasted <= NOTICED {
                continue;
            }
            self.wrong += u128::from(lasted.0);
            // Each count that lags behind a slow disk is one of its own.
            stretch.before = if stretch.wrong.is_of_edits() { lasted } else { stretch.before + lasted };
            if stretch.before > bound && !std::mem::replace(&mut stretch.told, true) {
                let Stretch { wrong, first, before, .. } = *stretch;
                findings.add(Check::WrongStatus, (Some(id), None), || {
                    let (first, until) = (names.time(first), names.time(at));
                    let wrong = wrong.text();
                    format!("{id} {wrong} for {before} in all between {first} and {until}; a slow disk explains no more than {bound}")
                });
            }
        }
        for wrong in now.into_iter().flatten() {
            match device.stretches.iter_mut().find(|stretch| stretch.wrong == wrong) {
                Some(stretch) => _ = stretch.since.get_or_insert(at),
                None => device.stretches.push(Stretch {
                    wrong,
                    first: at,
                    since: Some(at),
                    before: Span::ZERO,
                    until: at,
                    told: false,
                }),
            }
        }
    }

    /// "Syncing" although nothing has moved for longer than any run may take to fail.
    fn stalls(&mut self, at: Time, id: DeviceId, names: Labels<'_>, findings: &mut Findings) {
        let device = &mut self.devices[id.0 as usize];
        let shown = device.shown.filter(|_| !device.asleep);
        let Some(Status { state: Shown::Syncing(_), .. }) = shown else { return };
        let bound = self.patience.of_stall(device.hooks > 0);
        let from = (device.moved + bound.span()).max(device.counted);
        if at <= from {
            return;
        }
        self.wrong += u128::from((at - from).0);
        device.counted = at;
        if !std::mem::replace(&mut device.stall_told, true) {
            let (moved, at) = (names.time(device.moved), names.time(at));
            findings.add(Check::WrongStatus, (Some(id), None), || {
                format!(
                    "{id} says that it is syncing, and nothing has moved from {moved} until {at}; a run fails within {bound}"
                )
            });
        }
    }
}

fn waits(unsent: usize) -> String {
    format!("{} {}", count(unsent as u64, "edit"), if unsent == 1 { "waits" } else { "wait" })
}

impl Wrong {
    fn is_of_edits(self) -> bool {
        matches!(self, Wrong::AllSynced | Wrong::Pending)
    }

    fn text(self) -> &'static str {
        match self {
            Wrong::AllSynced => "said that no edit waits, while one did,",
            Wrong::Pending => "counted other edits than those that waited",
            Wrong::Offline => "said that it is offline, while there was a network,",
            Wrong::Online => "did not say that it is offline, while there was no network,",
            Wrong::NothingRuns => "said that it is syncing, while no run was under way,",
            Wrong::ProgressStands => "showed a progress that did not move, while rows came,",
            Wrong::NotFailed => "said that the sync failed, though the last run ended well,",
            Wrong::Failed => "said that all is well, though the last run failed,",
            Wrong::NoConflict => "said that a conflict waits, while none did,",
            Wrong::Conflict => "said that all is well, while a conflict waited,",
        }
    }
}

impl DeviceStatus {
    /// It shows this from `at` on; gives what cannot be so.
    fn shows(&mut self, at: Time, status: Status) -> Option<&'static str> {
        let before = self.shown.replace(status).map(|before| before.state);
        let Shown::Syncing(now) = status.state else {
            self.unseen = false;
            return None;
        };
        let fresh = std::mem::take(&mut self.fresh);
        let Some(Shown::Syncing(before)) = before else {
            self.unseen = false;
            self.moves(at);
            return beyond(now);
        };
        if now != before {
            self.unseen = false;
        }
        let back = now.percent < before.percent || now.rows < before.rows;
        beyond(now).or_else(|| (back && !fresh).then_some("progress does not go back"))
    }

    /// Something moves, or is waited for, until `until`.
    fn moves(&mut self, until: Time) {
        if until > self.moved {
            (self.moved, self.stall_told) = (until, false);
        }
    }

    /// Whether that may change what is right to show.
    fn learns(&mut self, at: Time, id: DeviceId, event: &Event<'_>) -> bool {
        if let Event::Continued { .. } | Event::Blob(BlobEvent::Ended { in_run: true, served: true, .. }) =
            event
        {
            self.moves(at);
        }
        self.network_or_process(event) || self.run(at, event) || self.edit(at, id, event)
    }

    fn network_or_process(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::LinkDown => self.offline = true,
            Event::LinkUp => self.offline = false,
            Event::ProcessStarted { .. } => self.conflicts.clear(),
            Event::Suspended => self.asleep = true,
            Event::Continued { .. } => self.asleep = false,
            Event::ProcessKilled { reason } => {
                (self.shown, self.asleep) = (None, false);
                self.runs.clear();
                self.failed.clear();
                (self.hooks, self.full, self.fresh) = (0, false, false);
                // What was sent may be settled, and what was written before the power failed may
                // be gone.
                let lost = *reason == KillReason::PowerLoss;
                let gone = self.waiting.iter().filter(|(_, sent)| **sent || lost);
                self.perhaps.extend(gone.map(|(edit, _)| *edit));
                self.waiting.retain(|_, sent| !(*sent || lost));
            }
            Event::Restored { .. } | Event::BecameCopy { .. } => self.unknown = true,
            _ => return false,
        }
        true
    }

    fn run(&mut self, at: Time, event: &Event<'_>) -> bool {
        match *event {
            Event::SyncStart { run, .. } => {
                self.runs.insert(run);
                (self.full, self.fresh) = (false, true);
            }
            Event::SyncComplete { unit, run, .. } => {
                self.runs.remove(&run);
                self.failed.remove(&unit);
                self.full = false;
            }
            Event::SyncError { unit, run, error } => {
                self.runs.remove(&run);
                self.full = false;
                if !matches!(error, SyncError::Interrupted | SyncError::Cancelled) {
                    self.failed.insert(unit);
                }
            }
            Event::StorageFull => self.full = true,
            Event::ChunkApplied { unit: Some(_), changes, .. } => {
                self.full = false;
                self.moves(at);
                self.arrives(!changes.is_empty());
            }
            Event::ResponseReceived { unit: Some(_), .. } | Event::Unit(UnitEvent::SetAside { .. }) => {
                self.moves(at);
            }
            Event::RequestRefused { error: ServerError::Throttled(after), .. } => self.moves(at + *after),
            Event::AppWrote { took, .. } | Event::AppQueried { took, .. } if took >= NOTICED => {
                self.moves(at);
            }
            Event::HookStarted { run: Some(_), .. } => {
                self.hooks += 1;
                self.moves(at);
            }
            Event::HookEnded { run: Some(_), .. } => {
                self.hooks = self.hooks.saturating_sub(1);
                self.moves(at);
            }
            _ => return false,
        }
        true
    }

    fn edit(&mut self, at: Time, id: DeviceId, event: &Event<'_>) -> bool {
        match *event {
            Event::EditMade { edit, .. } if edit.id.device == id => {
                self.perhaps.remove(&edit.id);
                self.waiting.insert(edit.id, false);
            }
            // It may be in the database all the same.
            Event::EditMissed { edit, .. } => _ = self.perhaps.insert(edit.id),
            Event::EditSent { edit, .. } => {
                self.waiting.get_mut(&edit).into_iter().for_each(|sent| *sent = true);
                return false;
            }
            Event::EditsSquashed { edit, with, stays, .. } => {
                with.iter().chain(Some(&edit).filter(|_| stays)).for_each(|edit| self.settled(*edit));
            }
            Event::EditAcknowledged { edit, .. }
            | Event::EditLogged { edit, kind: LogKind::Superseded | LogKind::Rejected, .. } => {
                self.settled(edit);
                self.moves(at);
                self.arrives(true);
            }
            Event::ConflictDecided { edit, decision: Decision::Remote | Decision::Same, .. } => {
                self.settled(edit);
            }
            Event::ConflictDecided { edit, decision: Decision::Parked, .. } => {
                self.conflicts.insert(edit);
            }
            Event::Page(PageEvent::Open { edit, .. }) => _ = self.conflicts.insert(edit),
            Event::Page(PageEvent::Resolved { edit, on_top, decision, .. }) => {
                if !on_top {
                    self.conflicts.remove(&edit);
                }
                if matches!(decision, Decision::Remote | Decision::Same) {
                    self.settled(edit);
                }
            }
            _ => return false,
        }
        true
    }

    fn settled(&mut self, edit: EditId) {
        self.waiting.remove(&edit);
        self.perhaps.remove(&edit);
    }

    /// A progress has to show what came.
    fn arrives(&mut self, something: bool) {
        let syncing = matches!(self.shown, Some(Status { state: Shown::Syncing(_), .. }));
        self.unseen |= something && syncing;
    }

    /// What is wrong with what is shown now: with the edits, the network, and the state.
    fn wrong(&self) -> [Option<Wrong>; 3] {
        let Some(Status { state, pending }) = self.shown.filter(|_| !self.asleep) else { return [None; 3] };
        let (least, pending) = (self.waiting.len(), pending as usize);
        let edits = if self.unknown || (least..=least + self.perhaps.len()).contains(&pending) {
            None
        } else if pending == 0 {
            Some(Wrong::AllSynced)
        } else {
            Some(Wrong::Pending)
        };
        let network = match state {
            Shown::Offline if !self.offline => Some(Wrong::Offline),
            Shown::Offline => None,
            _ => self.offline.then_some(Wrong::Online),
        };
        let is = |wrong: Wrong, so: bool| so.then_some(wrong);
        let idle = self.runs.is_empty();
        let state = match state {
            Shown::Offline => None,
            Shown::Syncing(_) => is(Wrong::NothingRuns, idle).or(is(Wrong::ProgressStands, self.unseen)),
            Shown::Failed { .. } => is(Wrong::NotFailed, self.failed.is_empty() && !self.full),
            Shown::Conflict => is(Wrong::NoConflict, self.conflicts.is_empty()),
            Shown::Idle => is(Wrong::Conflict, idle && !self.conflicts.is_empty())
                .or(is(Wrong::Failed, idle && !self.failed.is_empty())),
        };
        [edits, network, state]
    }
}

fn beyond(progress: Progress) -> Option<&'static str> {
    (progress.percent > 100).then_some("there is no more than all")
}
