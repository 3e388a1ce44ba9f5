//! Collects figures of sync runs: how long they took, how long they waited in the queue, what they
//! transferred.

use super::{Awaited, Board, Id, Part, Wait};
use crate::base::{DeviceId, Span, Time, UnitId};
use crate::contract::{
    AppEvent, BlobEvent, EngineEvent, Event, PhoneEvent, RequestKind, SyncError, TransportError, UnitEvent,
};

/// A run whose start was reported, and whose end was not reported yet.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    unit: UnitId,
    run: u64,
    /// The start of the run; `None` once it is over. A unit has at most one open run.
    since: Option<Time>,
    has_rows: bool,
    /// True if the run sent edits or an attachment.
    has_sent: bool,
    answered: bool,
    /// The number of successful responses to its pulls, and the time waited for them.
    pulls: (u64, Span),
    died: bool,
}

#[derive(Clone, Debug, Default)]
struct OfDevice {
    awaited: Awaited,
    /// For each login: when the wait for a usable app may have begun, and the time without a
    /// network before it.
    logins: Vec<(Time, Span)>,
    runs: Vec<Run>,
    busy: Option<Time>,
    /// Runs of the current busy period that have ended. Runs that ended well and transferred
    /// nothing are left out.
    worked: Vec<(Time, Time)>,
    /// How long the current requests have waited in the backend's queue.
    queued: Span,
    /// True if a request got a response after the last reported start of a run.
    answered: bool,
    /// Waits before a retry that may still last: start and end.
    waits: Vec<(Time, Time)>,
}

#[derive(Debug)]
pub(super) struct Sessions {
    devices: Vec<OfDevice>,
    /// The time in which at least one unit ran. `rows` and `bytes`: received in that time.
    ran: Span,
    rows: u64,
    bytes: u64,
}

impl Run {
    fn moved(&self) -> bool {
        self.has_rows || self.has_sent
    }
}

impl Sessions {
    pub(super) fn new(devices: usize) -> Sessions {
        Sessions { devices: vec![OfDevice::default(); devices], ran: Span::ZERO, rows: 0, bytes: 0 }
    }

    pub(super) fn on(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let own = &mut self.devices[device.0 as usize];
        match event {
            Event::Engine(EngineEvent::SyncStart { unit, run, waited }) => {
                own.awaited.starts(*unit, at);
                own.answered = false;
                board.count(Id::SessionCount);
                board.observe(Id::QueueWaited, waited.0);
                // If the end of a run was not reported, the run is over when its unit starts the
                // next run.
                self.ran += own.close(at, |open| open.unit == *unit, board);
                own.runs.push(Run { unit: *unit, run: *run, since: Some(at), ..Run::default() });
                own.busy.get_or_insert(at);
            }
            Event::Engine(EngineEvent::SyncComplete { unit, run, took, blocking }) => {
                own.ended((at, *run), Run::moved, board);
                let waited = (own.awaited.comes(*unit) + *took).0;
                board.observe_on(Id::SessionDuration, device, waited);
                board.observe_part(Id::SessionDuration, Part::Unit(*unit), waited);
                blocking.then(|| board.observe(Id::SessionBlocking, took.0));
                self.ran += own.close(at, |open| open.run == *run, board);
            }
            Event::Engine(EngineEvent::SyncError { error, run, unit }) => {
                own.failed((at, *unit, *run), error, board);
                self.ran += own.close(at, |open| open.run == *run, board);
            }
            Event::ProcessKilled { .. } => {
                own.queued = Span::ZERO;
                own.awaited.die(at);
                own.runs.iter_mut().for_each(|run| run.died = true);
                self.ran += own.close(at, |_| true, board);
            }
            Event::Usable { since_login, again: false } => {
                board.observe_on(Id::Usable, device, own.with_network(at, *since_login).0);
                own.logins.clear();
            }
            Event::Engine(EngineEvent::RetryScheduled { wait, in_run: true, .. }) if own.is_busy() => {
                own.waited(at, board);
                own.waits.push((at, at + *wait));
            }
            Event::Engine(EngineEvent::RowsFailed { skipped, listed }) => {
                board.add(Id::ApplySkipped, *skipped);
                board.add(Id::ApplyListed, *listed);
            }
            Event::Engine(EngineEvent::ChunkApplied { unit: Some(unit), changes, took, .. }) => {
                board.add(Id::ApplyTime, took.0);
                self.rows += changes.len() as u64;
                own.applied(at, (device, *unit), changes.len(), board);
            }
            Event::Engine(EngineEvent::Unit(UnitEvent::SetAside { took, .. })) => {
                board.add(Id::ApplyTime, took.0)
            }
            Event::Engine(EngineEvent::Unit(UnitEvent::Excerpt { unit, rows, took })) => {
                board.add(Id::ApplyTime, took.0);
                self.rows += u64::from(*rows);
                own.applied(at, (device, *unit), *rows as usize, board);
            }
            event => {
                own.on_queue(at, event, board);
                self.on_request_end(device, event, board);
            }
        }
    }

    fn on_request_end(&mut self, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let own = &mut self.devices[device.0 as usize];
        match event {
            Event::Engine(EngineEvent::ResponseReceived { unit, bytes, kind, took, .. }) => {
                let under_way = &mut own.queued;
                let queued = (*under_way).min(*took);
                under_way.0 -= queued.0;
                let Some(unit) = unit else { return };
                own.answered = true;
                let run = own.runs.iter_mut().rev().find(|run| run.unit == *unit && !run.died);
                if let Some(run) = run {
                    run.answered = true;
                    let (count, time) = run.pulls;
                    run.pulls = if kind.pushes() { run.pulls } else { (count + 1, time + *took) };
                }
                board.add(Id::QueuedTime, queued.0);
                self.bytes += bytes;
                let time = if kind.pushes() { Id::PushTime } else { Id::PullTime };
                board.add(time, took.0);
            }
            Event::Engine(EngineEvent::RequestFailed { kind, took, error, .. }) => {
                let late = (*error == TransportError::Timeout).then_some(Id::TimedOutTime);
                own.lost(*kind, *took, late, board);
            }
            Event::Engine(EngineEvent::RequestRefused { kind, took, .. }) => {
                own.lost(*kind, *took, Some(Id::RefusedTime), board);
            }
            _ => {}
        }
    }

    /// A run whose process died before it reported the run's end. The next process reports the end
    /// of runs that it finds open, before it starts a run.
    pub(super) fn untold(&self, device: DeviceId) -> Option<(UnitId, u64)> {
        let mut runs = self.devices[device.0 as usize].runs.iter();
        runs.find(|run| run.died).map(|run| (run.unit, run.run))
    }
    /// How long the device had a network in the period `waited` before `at`, after a login.
    pub(super) fn with_network(&self, at: Time, device: DeviceId, waited: Span) -> Span {
        self.devices[device.0 as usize].with_network(at, waited)
    }
    pub(super) fn queued(&mut self, device: DeviceId, queued: Span) {
        let all = &mut self.devices[device.0 as usize].queued;
        *all = Span(all.0.saturating_add(queued.0));
    }

    /// Computes the rates. A run that is still open at the end counts until then.
    pub(super) fn finish(&mut self, at: Time, board: &mut Board) {
        for (device, own) in (0..).map(DeviceId).zip(&mut self.devices) {
            self.ran += own.close(at, |_| true, board);
            for (unit, waited) in own.awaited.left(at) {
                board.observe_on(Id::SessionDuration, device, Wait::Never(waited.0));
                board.observe_part(Id::SessionDuration, Part::Unit(unit), Wait::Never(waited.0));
            }
        }
        // Polls without a result would lower the transfer rate, so their time is left out.
        let worked = self.ran.0.saturating_sub(board.value(Id::SessionEmptyTime));
        let per_second = |n: u64, thousandths: u128| {
            let ns = u128::from(worked).max(1);
            u64::try_from(u128::from(n) * thousandths * 1_000_000_000 / ns).unwrap_or(u64::MAX)
        };
        board.set(Id::SessionTime, self.ran.0);
        board.set(Id::RowsRate, per_second(self.rows, 1_000));
        board.set(Id::PushRate, per_second(board.value(Id::PushAcknowledged), 1_000));
        board.set(Id::BytesRate, per_second(self.bytes, 1));
    }
}

impl OfDevice {
    fn failed(&mut self, (at, unit, run): (Time, UnitId, u64), error: &SyncError, board: &mut Board) {
        match error {
            SyncError::Cancelled => self.awaited.is_given_up(unit),
            _ => self.awaited.fails(unit, at),
        }
        board.count(Id::SessionFailed);
        let answered = self.ended((at, run), |_| true, board);
        board.add(Id::SessionPartly, answered);
        board.add(Id::SessionInterrupted, *error == SyncError::Interrupted);
        board.add(Id::SessionCancelled, *error == SyncError::Cancelled);
    }
    fn on_queue(&mut self, at: Time, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::Engine(EngineEvent::UnitQueued { depth, .. }) => {
                board.observe(Id::QueueDepth, u64::from(*depth))
            }
            Event::Engine(EngineEvent::UnitCoalesced { .. }) => board.count(Id::QueueCoalesced),
            Event::Engine(EngineEvent::UnitDiscarded { unit }) => {
                self.awaited.is_given_up(*unit);
                board.count(Id::QueueDiscarded);
            }
            Event::Phone(PhoneEvent::LoggedOut) => self.awaited.units.clear(),
            Event::App(AppEvent::Login)
            | Event::ProcessStarted { .. }
            | Event::Phone(PhoneEvent::LoggedIn { .. }) => self.logins.push((at, self.awaited.offline(at))),
            Event::Engine(EngineEvent::RequestSent { unit, rows: 1.., .. }) => {
                self.sends(|run| unit.is_none_or(|unit| run.unit == unit));
            }
            Event::Engine(EngineEvent::Blob(BlobEvent::Sent { in_run: true, .. })) => self.sends(|_| true),
            Event::LinkDown => self.awaited.link(false, at),
            Event::LinkUp => self.awaited.link(true, at),
            _ => {}
        }
    }
    fn with_network(&self, at: Time, waited: Span) -> Span {
        let login = self.logins.iter().find(|(since, _)| at.since(*since) == waited);
        let offline = login.map_or(Span::ZERO, |(_, before)| Span(self.awaited.offline(at).0 - before.0));
        Span(waited.0 - offline.0)
    }
    fn is_busy(&self) -> bool {
        self.runs.iter().any(|run| run.since.is_some())
    }
    /// If a run waited for a failed request, adds the time of the request to the metrics.
    fn lost(&mut self, kind: RequestKind, took: Span, part: Option<Id>, board: &mut Board) {
        self.queued = Span::ZERO;
        if kind != RequestKind::Fetch && self.is_busy() {
            [Id::LostTime].into_iter().chain(part).for_each(|id| board.add(id, took.0));
        }
    }
    fn applied(&mut self, at: Time, (device, unit): (DeviceId, UnitId), rows: usize, board: &mut Board) {
        let mut open = self.runs.iter_mut().filter(|run| run.unit == unit && !run.has_rows);
        if let Some((run, since)) = open.find_map(|run| run.since.map(|since| (run, since)))
            && rows > 0
        {
            run.has_rows = true;
            board.observe_on(Id::FirstRows, device, (at - since).0);
        }
    }
    fn sends(&mut self, who: impl Fn(&Run) -> bool) {
        let under_way = self.runs.iter_mut().filter(|run| run.since.is_some() && who(run));
        under_way.for_each(|run| run.has_sent = true);
    }
    /// Ends a run. Returns true if one of its requests got a response. An end without a reported
    /// start still counts as a run. Either its process died before the report, or a backup, a copy
    /// or a power loss removed the report.
    fn ended(&mut self, (at, run): (Time, u64), counts: impl Fn(&Run) -> bool, board: &mut Board) -> bool {
        let place = self.runs.iter().position(|started| started.run == run);
        let started = place.map(|place| self.runs.remove(place));
        match started {
            Some(run) if counts(&run) => self.worked.extend(run.since.map(|since| (since, at))),
            Some(Run { pulls: (count, time), .. }) => {
                board.add(Id::PullEmptyResponses, count);
                board.add(Id::PullEmptyTime, time.0);
            }
            None => {}
        }
        board.add(Id::SessionCount, started.is_none());
        started.map_or(self.answered, |started| started.answered)
    }

    /// Closes the runs for which `over` is true. If the device's busy period ends, returns its
    /// length.
    fn close(&mut self, at: Time, over: impl Fn(&Run) -> bool, board: &mut Board) -> Span {
        let over = self.runs.iter_mut().filter(|run| over(run));
        self.worked.extend(over.filter_map(|run| Some((run.since.take()?, at))));
        self.waited(at, board);
        if self.is_busy() {
            return Span::ZERO;
        }
        self.waits.drain(..).for_each(|(from, _)| board.lasted(Id::RetryTime, Some(from), at));
        let ran = self.busy.take().map_or(Span::ZERO, |since| at - since);
        let worked = covered(&mut self.worked);
        self.worked.clear();
        board.add(Id::SessionEmptyTime, ran.0.saturating_sub(worked.0));
        ran
    }
    fn waited(&mut self, at: Time, board: &mut Board) {
        let over = self.waits.extract_if(.., |(_, until)| *until <= at);
        over.for_each(|(from, until)| board.lasted(Id::RetryTime, Some(from), until));
    }
}

/// The total time covered by these periods.
fn covered(spans: &mut [(Time, Time)]) -> Span {
    spans.sort_unstable();
    let (mut all, mut until) = (Span::ZERO, Time::ZERO);
    for (from, to) in spans {
        all += to.since((*from).max(until));
        until = until.max(*to);
    }
    all
}
