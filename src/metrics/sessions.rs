//! Runs of units, their queue, and what they brought.

use super::board::Board;
use super::table::Id;
use crate::base::{DeviceId, Span, Time, UnitId};
use crate::contract::{Event, RequestKind, SyncError, TransportError, UnitEvent};

#[derive(Clone, Copy, Debug)]
struct Run {
    unit: UnitId,
    run: u64,
    since: Time,
    has_rows: bool,
}

/// A run that was told as started.
#[derive(Clone, Copy, Debug)]
struct Started {
    unit: UnitId,
    run: u64,
    /// A request of its unit has been answered since.
    answered: bool,
    died: bool,
}

#[derive(Debug)]
pub(super) struct Sessions {
    /// Runs of each device that are under way, at most one of a unit.
    open: Vec<Vec<Run>>,
    /// Since when at least one is.
    busy: Vec<Option<Time>>,
    /// How long requests of a device were, or will be, in the queue of the backend, of those that
    /// are under way.
    queued: Vec<Span>,
    /// Whether a request of each device has been answered since a run was told as started.
    answered: Vec<bool>,
    /// Runs of each device that were told as started, and not as ended.
    started: Vec<Vec<Started>>,
    /// Waits of runs before another try that may not be over: from when on, and until when.
    waits: Vec<Vec<(Time, Time)>>,
    /// Time in which at least one unit ran, rows and bytes that came in it.
    ran: Span,
    rows: u64,
    bytes: u64,
}

impl Sessions {
    pub(super) fn new(devices: usize) -> Sessions {
        Sessions {
            open: vec![Vec::new(); devices],
            busy: vec![None; devices],
            queued: vec![Span::ZERO; devices],
            answered: vec![false; devices],
            started: vec![Vec::new(); devices],
            waits: vec![Vec::new(); devices],
            ran: Span::ZERO,
            rows: 0,
            bytes: 0,
        }
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::UnitQueued { depth, .. } => board.observe(Id::QueueDepth, u64::from(*depth)),
            Event::UnitDiscarded { .. } => board.add(Id::QueueDiscarded, 1),
            Event::UnitCoalesced { .. } => board.add(Id::QueueCoalesced, 1),
            Event::SyncStart { unit, run, waited } => {
                self.answered[device.0 as usize] = false;
                let started = Started { unit: *unit, run: *run, answered: false, died: false };
                self.started[device.0 as usize].push(started);
                board.add(Id::SessionCount, 1);
                board.observe(Id::QueueWaited, waited.0);
                // An end that nobody tells is over with the next run of the unit.
                self.close(at, device, |open| open.unit == *unit, board);
                let run = Run { unit: *unit, run: *run, since: at, has_rows: false };
                self.open[device.0 as usize].push(run);
                self.busy[device.0 as usize].get_or_insert(at);
            }
            Event::SyncComplete { unit, run, took, blocking } => {
                self.ended(device, *run, board);
                board.observe_on(Id::SessionDuration, device, took.0);
                board.observe_unit(Id::SessionDuration, *unit, took.0);
                if *blocking {
                    board.observe(Id::SessionBlocking, took.0);
                }
                self.close(at, device, |open| open.run == *run, board);
            }
            Event::SyncError { error, run, .. } => {
                board.add(Id::SessionFailed, 1);
                let answered = self.ended(device, *run, board);
                board.add(Id::SessionPartly, u64::from(answered));
                if **error == SyncError::Interrupted {
                    board.add(Id::SessionInterrupted, 1);
                }
                board.add(Id::SessionCancelled, u64::from(**error == SyncError::Cancelled));
                self.close(at, device, |open| open.run == *run, board);
            }
            Event::ProcessKilled { .. } => {
                self.queued[device.0 as usize] = Span::ZERO;
                self.started[device.0 as usize].iter_mut().for_each(|started| started.died = true);
                self.close(at, device, |_| true, board);
            }
            Event::Usable { since_login } => board.observe_on(Id::Usable, device, since_login.0),
            Event::ResponseReceived { unit, bytes, kind, took, .. } => {
                let under_way = &mut self.queued[device.0 as usize];
                let queued = (*under_way).min(*took);
                under_way.0 -= queued.0;
                let Some(unit) = unit else { return };
                self.answered[device.0 as usize] = true;
                let of_unit = |started: &&mut Started| started.unit == *unit && !started.died;
                let run = self.started[device.0 as usize].iter_mut().rev().find(of_unit);
                run.into_iter().for_each(|started| started.answered = true);
                board.add(Id::QueuedTime, queued.0);
                self.bytes += bytes;
                let time = if kind.pushes() { Id::PushTime } else { Id::PullTime };
                board.add(time, took.0);
            }
            Event::RequestFailed { kind, took, error, .. } => {
                let late = (*error == TransportError::Timeout).then_some(Id::TimedOutTime);
                self.lost(device, *kind, *took, late, board);
            }
            Event::RequestRefused { kind, took, .. } => {
                self.lost(device, *kind, *took, Some(Id::RefusedTime), board);
            }
            Event::RetryScheduled { wait, in_run: true, .. } if !self.open[device.0 as usize].is_empty() => {
                self.waited(at, device, board);
                self.waits[device.0 as usize].push((at, at + *wait));
            }
            Event::RowsFailed { skipped, listed } => {
                board.add(Id::ApplySkipped, u64::from(*skipped));
                board.add(Id::ApplyListed, u64::from(*listed));
            }
            Event::ChunkApplied { unit: Some(unit), changes, took, .. } => {
                board.add(Id::ApplyTime, took.0);
                self.applied(at, device, *unit, changes.len() as u64, board);
            }
            Event::Unit(UnitEvent::SetAside { took, .. }) => board.add(Id::ApplyTime, took.0),
            Event::Unit(UnitEvent::Excerpt { unit, rows, took }) => {
                board.add(Id::ApplyTime, took.0);
                self.applied(at, device, *unit, u64::from(*rows), board);
            }
            _ => {}
        }
    }

    /// The run of the device whose process died and whose end nobody has told: it was written, and
    /// the process did not live to tell it, or its beginning was lost. Runs that a later life finds
    /// open it tells of before it begins another.
    pub(super) fn untold(&self, device: DeviceId) -> Option<(UnitId, u64)> {
        let mut started = self.started[device.0 as usize].iter();
        started.find(|started| started.died).map(|started| (started.unit, started.run))
    }

    /// A request of the device has come to the backend, and will be so long in its queue.
    pub(super) fn queued(&mut self, device: DeviceId, queued: Span) {
        let all = &mut self.queued[device.0 as usize];
        *all = Span(all.0.saturating_add(queued.0));
    }

    /// Adds the time of a request of a run that came to nothing, and to the part of such time that
    /// is told apart. What comes between runs, or beside them, is not theirs.
    fn lost(&mut self, device: DeviceId, kind: RequestKind, took: Span, part: Option<Id>, board: &mut Board) {
        self.queued[device.0 as usize] = Span::ZERO;
        if kind != RequestKind::Fetch && !self.open[device.0 as usize].is_empty() {
            [Id::LostTime].into_iter().chain(part).for_each(|id| board.add(id, took.0));
        }
    }

    /// Works out the rates. Runs that are under way at the end lasted until then, as what they
    /// brought counts, too.
    pub(super) fn finish(&mut self, at: Time, board: &mut Board) {
        for device in 0..self.open.len() as u32 {
            self.close(at, DeviceId(device), |_| true, board);
        }
        let per_second = |n: u64, thousandths: u128| {
            let ns = u128::from(self.ran.0).max(1);
            u64::try_from(u128::from(n) * thousandths * 1_000_000_000 / ns).unwrap_or(u64::MAX)
        };
        board.set(Id::SessionTime, self.ran.0);
        board.set(Id::RowsRate, per_second(self.rows, 1_000));
        board.set(Id::PushRate, per_second(board.value(Id::PushAcknowledged), 1_000));
        board.set(Id::BytesRate, per_second(self.bytes, 1));
    }

    fn applied(&mut self, at: Time, device: DeviceId, unit: UnitId, rows: u64, board: &mut Board) {
        self.rows += rows;
        let mut open = self.open[device.0 as usize].iter_mut();
        if let Some(run) = open.find(|run| run.unit == unit && !run.has_rows)
            && rows > 0
        {
            run.has_rows = true;
            board.observe_on(Id::FirstRows, device, (at - run.since).0);
        }
    }

    /// A run ends; true if a request of it had been answered. What was not told as started started
    /// all the same: its process died before it told of it, or it ended before, and a backup, a
    /// copy or a loss of power took that back.
    fn ended(&mut self, device: DeviceId, run: u64, board: &mut Board) -> bool {
        let started = &mut self.started[device.0 as usize];
        let place = started.iter().position(|started| started.run == run);
        let started = place.map(|place| started.remove(place));
        board.add(Id::SessionCount, u64::from(started.is_none()));
        started.map_or(self.answered[device.0 as usize], |started| started.answered)
    }

    /// Runs that `over` says are over.
    fn close(&mut self, at: Time, device: DeviceId, over: impl Fn(&Run) -> bool, board: &mut Board) {
        self.open[device.0 as usize].retain(|run| !over(run));
        self.waited(at, device, board);
        if !self.open[device.0 as usize].is_empty() {
            return;
        }
        if let Some(since) = self.busy[device.0 as usize].take() {
            self.ran += at - since;
        }
        // No run is left, and so nothing of what they still waited for.
        for (from, _) in self.waits[device.0 as usize].drain(..) {
            board.add(Id::RetryTime, (at - from).0);
        }
    }

    /// Adds the waits that are over.
    fn waited(&mut self, at: Time, device: DeviceId, board: &mut Board) {
        for (from, until) in self.waits[device.0 as usize].extract_if(.., |(_, until)| *until <= at) {
            board.add(Id::RetryTime, (until - from).0);
        }
    }
}
