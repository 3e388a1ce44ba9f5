//! Compares the status that an app shows with the other events of its device at that time.
//!
//! If a process died while it sent an edit, both counts are right: with and without that edit. The
//! time of each kind of wrong status is measured separately. A status that is wrong only briefly
//! does not count. One that is wrong for longer than a bound is a violation.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::words::count;
use crate::base::{DeviceId, EditId, Span, Time, UnitId};
use crate::contract::{
    BlobEvent, Decision, EngineEvent, Event, KillReason, LogKind, PageEvent, Progress, ServerError, Shown,
    Status, SyncError, UnitEvent,
};
use crate::oracle::watch::{Ended, Patience, Rest, StateLoss, Watcher};
use crate::oracle::{Findings, Harm, Heard, Matter, Rule, Topic};

pub(crate) static WRONG_STATUS: Rule = Rule {
    finds: "the app shows a wrong sync state: waiting edits, progress, network or failure",
    needs: |can| can.status,
    hears: &[Topic::Runs, Topic::Sent, Topic::Status],
    ..Rule::new("wrong-status", "oracle.wrong_status.count", Harm::Wrong, Matter::Statuses)
};

const NOTICED: Span = Span::secs(1);

/// The error of a status, in words.
type Wrong = &'static str;

const ALL_SYNCED: Wrong = "said that no edit waits, while one did,";
const PENDING: Wrong = "showed a wrong number of waiting edits";
const OFFLINE: Wrong = "said that it is offline, while there was a network,";
const ONLINE: Wrong = "did not say that it is offline, while there was no network,";
const NOTHING_RUNS: Wrong = "said that it is syncing, while no run was in progress,";
const PROGRESS_STANDS: Wrong = "showed a progress that did not move, while rows came,";
const NOT_FAILED: Wrong = "said that the sync failed, though the last run ended well,";
const FAILED: Wrong = "said that all is well, though the last run failed,";
const NO_CONFLICT: Wrong = "said that a conflict waits, while none did,";
const CONFLICT: Wrong = "said that all is well, while a conflict waited,";

/// A time in which a status is wrong in one way. A short right status in between does not end it.
#[derive(Clone, Copy, Debug, Default)]
struct Stretch {
    wrong: Wrong,
    first: Time,
    since: Option<Time>,
    before: Span,
    until: Time,
    told: bool,
}

#[derive(Debug, Default)]
pub(crate) struct DeviceStatus {
    wrong_ns: u128,
    any: bool,
    shown: Option<Status>,
    offline: bool,
    asleep: bool,
    runs: BTreeSet<u64>,
    hooks: u32,
    failed: BTreeSet<UnitId>,
    full: bool,
    conflicts: BTreeSet<EditId>,
    waiting: BTreeMap<EditId, bool>,
    perhaps: BTreeSet<EditId>,
    unknown: bool,
    moved: Time,
    stall_told: bool,
    counted: Time,
    fresh: bool,
    unseen: bool,
    stretches: Vec<Stretch>,
}

fn waits(unsent: usize) -> String {
    format!("{} {}", count(unsent as u64, "edit"), if unsent == 1 { "waits" } else { "wait" })
}

impl Watcher for DeviceStatus {
    fn on(&mut self, heard: &mut Heard<'_>) {
        let Heard { at, device: id, event, out, setup, ref mut findings } = *heard;
        self.stalls(at, id, &setup.patience, findings);
        if let Event::Engine(EngineEvent::Status(status)) = event {
            self.any = true;
            if let Some(text) = self.shows(at, *status) {
                findings.tell(&WRONG_STATUS, id, |names| {
                    format!("{id} shows \"{status}\" at {}: {text}", names.time(at))
                });
            }
        } else if !self.learns((at, id), event, out) {
            return;
        }
        self.compare(at, id, &setup.patience, findings);
    }

    fn was_copied(&mut self) {
        self.unknown = true;
    }

    /// Compares the number of waiting edits that the app shows with the outbox.
    fn at_rest(&mut self, rest: &Rest<'_>, ended: &mut Ended<'_>) {
        self.finish(Some(rest.unsent.len()), ended);
    }

    fn end(&mut self, ended: &mut Ended<'_>) {
        self.finish(None, ended);
    }

    fn saw(&self, matter: Matter) -> bool {
        matter == Matter::Statuses && self.any
    }

    fn figure(&self) -> Option<(&'static str, u128)> {
        Some(("oracle.status.wrong", self.wrong_ns))
    }
}

impl DeviceStatus {
    fn finish(&mut self, unsent: Option<usize>, ended: &mut Ended<'_>) {
        let Ended { at, device: id, setup, ref mut findings } = *ended;
        let patience = &setup.patience;
        self.stalls(at, id, patience, findings);
        if let (Some(status), Some(unsent)) = (self.shown, unsent)
            && status.pending as usize != unsent
        {
            findings.tell(&WRONG_STATUS, id, |_| {
                format!("{id} shows \"{status}\" at the end, and {} in its outbox", waits(unsent))
            });
        }
        self.shown = None;
        self.compare(at, id, patience, findings);
    }

    fn compare(&mut self, at: Time, id: DeviceId, patience: &Patience, findings: &mut Findings) {
        let now = self.wrong();
        let bound = patience.of_disk();
        self.stretches.retain(|stretch| stretch.since.is_some() || at.since(stretch.until) <= bound);
        for stretch in &mut self.stretches {
            let goes_on = now.contains(&Some(stretch.wrong));
            let Some(since) = stretch.since.filter(|_| !goes_on) else { continue };
            let lasted = at.since(since);
            (stretch.since, stretch.until) = (None, at);
            if lasted <= NOTICED {
                continue;
            }
            self.wrong_ns += u128::from(lasted.0);
            // Each count that comes late from a slow disk is a separate error.
            stretch.before =
                if [ALL_SYNCED, PENDING].contains(&stretch.wrong) { lasted } else { stretch.before + lasted };
            if stretch.before > bound && !std::mem::replace(&mut stretch.told, true) {
                let Stretch { wrong, first, before, .. } = *stretch;
                findings.tell(&WRONG_STATUS, id, |names| {
                    let (first, until) = (names.time(first), names.time(at));
                    format!(
                        "{id} {wrong} for {before} in all between {first} and {until}; a slow phone \
                         may show a wrong status for at most {bound}"
                    )
                });
            }
        }
        for wrong in now.into_iter().flatten() {
            let new = Stretch { wrong, first: at, since: Some(at), until: at, ..Stretch::default() };
            match self.stretches.iter_mut().find(|stretch| stretch.wrong == wrong) {
                Some(stretch) => _ = stretch.since.get_or_insert(at),
                None => self.stretches.push(new),
            }
        }
    }

    /// Reports a status "syncing" if nothing has moved for longer than any run may take to fail.
    fn stalls(&mut self, at: Time, id: DeviceId, patience: &Patience, findings: &mut Findings) {
        let shown = self.shown.filter(|_| !self.asleep);
        let Some(Status { state: Shown::Syncing(_), .. }) = shown else { return };
        let bound = patience.of_stall(self.hooks > 0);
        let from = (self.moved + bound.span()).max(self.counted);
        if at <= from {
            return;
        }
        self.wrong_ns += u128::from((at - from).0);
        self.counted = at;
        if !std::mem::replace(&mut self.stall_told, true) {
            let moved = self.moved;
            findings.tell(&WRONG_STATUS, id, |names| {
                let (moved, at) = (names.time(moved), names.time(at));
                format!(
                    "{id} says that it is syncing, and nothing has moved from {moved} until {at}; a run must fail within {bound}"
                )
            });
        }
    }

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

    fn moves(&mut self, until: Time) {
        if until > self.moved {
            (self.moved, self.stall_told) = (until, false);
        }
    }
    fn learns(&mut self, (at, id): (Time, DeviceId), event: &Event<'_>, out: Option<StateLoss>) -> bool {
        if let Event::Continued { .. }
        | Event::Engine(EngineEvent::Blob(BlobEvent::Ended { in_run: true, served: true, .. })) = event
        {
            self.moves(at);
        }
        self.network_or_process(event, out) || self.run(at, event) || self.edit(at, id, event)
    }

    fn network_or_process(&mut self, event: &Event<'_>, out: Option<StateLoss>) -> bool {
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
                // Sent edits may be settled. The last edits may be lost or discarded.
                let lost = *reason == KillReason::PowerLoss || out >= Some(StateLoss::Part);
                let gone = self.waiting.iter().filter(|(_, sent)| **sent || lost);
                self.perhaps.extend(gone.map(|(edit, _)| *edit));
                self.waiting.retain(|_, sent| !(*sent || lost));
            }
            _ if out == Some(StateLoss::Database) => self.unknown = true,
            _ => return false,
        }
        true
    }

    fn run(&mut self, at: Time, event: &Event<'_>) -> bool {
        match *event {
            Event::Engine(EngineEvent::SyncStart { run, .. }) => {
                self.runs.insert(run);
                (self.full, self.fresh) = (false, true);
            }
            Event::Engine(EngineEvent::SyncComplete { unit, run, .. }) => {
                self.runs.remove(&run);
                self.failed.remove(&unit);
                self.full = false;
            }
            Event::Engine(EngineEvent::SyncError { unit, run, error }) => {
                self.runs.remove(&run);
                self.full = false;
                if !matches!(error, SyncError::Interrupted | SyncError::Cancelled) {
                    self.failed.insert(unit);
                }
            }
            Event::Engine(EngineEvent::StorageFull) => self.full = true,
            Event::Engine(EngineEvent::ChunkApplied { unit: Some(_), changes, .. }) => {
                self.full = false;
                self.moves(at);
                self.arrives(!changes.is_empty());
            }
            Event::Engine(
                EngineEvent::ResponseReceived { unit: Some(_), .. }
                | EngineEvent::Unit(UnitEvent::SetAside { .. }),
            ) => self.moves(at),
            Event::Engine(EngineEvent::RequestRefused {
                error: ServerError::Throttled(after) | ServerError::Accepted(after),
                ..
            }) => self.moves(at + *after),
            Event::AppWrote { took, .. } | Event::AppQueried { took, .. } if took >= NOTICED => {
                self.moves(at);
            }
            Event::Engine(EngineEvent::HookStarted { run: Some(_), .. }) => {
                self.hooks += 1;
                self.moves(at);
            }
            Event::Engine(EngineEvent::HookEnded { run: Some(_), .. }) => {
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
            // The edit may be in the database anyway.
            Event::EditMissed { edit, .. } => _ = self.perhaps.insert(edit.id),
            Event::Engine(EngineEvent::EditSent { edit, .. }) => {
                self.waiting.get_mut(&edit).into_iter().for_each(|sent| *sent = true);
                return false;
            }
            Event::Engine(EngineEvent::OutboxTrimmed { edits, .. }) => {
                edits.iter().for_each(|edit| self.settled(*edit));
            }
            Event::Engine(EngineEvent::EditsSquashed { edit, with, stays, .. }) => {
                with.iter().chain(Some(&edit).filter(|_| stays)).for_each(|edit| self.settled(*edit));
            }
            Event::Engine(
                EngineEvent::EditAcknowledged { edit, .. }
                | EngineEvent::EditLogged { edit, kind: LogKind::Superseded | LogKind::Rejected, .. },
            ) => {
                self.settled(edit);
                self.moves(at);
                self.arrives(true);
            }
            Event::Engine(EngineEvent::ConflictDecided { edit, decision, .. }) => match decision {
                Decision::Remote | Decision::Same => self.settled(edit),
                Decision::Parked => _ = self.conflicts.insert(edit),
                _ => return false,
            },
            Event::Engine(EngineEvent::Page(PageEvent::Open { edit, .. })) => _ = self.conflicts.insert(edit),
            Event::Engine(EngineEvent::Page(PageEvent::Resolved { edit, on_top, decision, .. })) => {
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
    fn arrives(&mut self, something: bool) {
        let syncing = matches!(self.shown, Some(Status { state: Shown::Syncing(_), .. }));
        self.unseen |= something && syncing;
    }

    fn wrong(&self) -> [Option<Wrong>; 3] {
        let Some(Status { state, pending }) = self.shown.filter(|_| !self.asleep) else { return [None; 3] };
        let (least, pending) = (self.waiting.len(), pending as usize);
        let edits = if self.unknown || (least..=least + self.perhaps.len()).contains(&pending) {
            None
        } else if pending == 0 {
            Some(ALL_SYNCED)
        } else {
            Some(PENDING)
        };
        let network = match state {
            Shown::Offline if !self.offline => Some(OFFLINE),
            Shown::Offline => None,
            _ => self.offline.then_some(ONLINE),
        };
        let is = |wrong: Wrong, so: bool| so.then_some(wrong);
        let idle = self.runs.is_empty();
        let state = match state {
            Shown::Offline => None,
            Shown::Syncing(_) => is(NOTHING_RUNS, idle).or(is(PROGRESS_STANDS, self.unseen)),
            Shown::Failed { .. } => is(NOT_FAILED, self.failed.is_empty() && !self.full),
            Shown::Conflict => is(NO_CONFLICT, self.conflicts.is_empty()),
            Shown::Idle => is(CONFLICT, idle && !self.conflicts.is_empty())
                .or(is(FAILED, idle && !self.failed.is_empty())),
        };
        [edits, network, state]
    }
}

fn beyond(progress: Progress) -> Option<&'static str> {
    (progress.percent > 100).then_some("there is no more than all")
}
