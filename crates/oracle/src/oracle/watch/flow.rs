//! Checks the order of the events of one device: the start and end of runs, and the queue of units.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::base::{DeviceId, Span, Time, UnitId};
use crate::contract::{CallEvent, EngineEvent, Event, KillReason, ServerError, SyncError, UnitEvent};
use crate::oracle::watch::{Patience, Sign, StateLoss};
use crate::oracle::{Findings, Harm, Heard, Matter, Rule, Topic};

pub(crate) static TWO_SYNCS: Rule = Rule {
    finds: "a sync began while the same unit was already syncing",
    hears: &[Topic::Runs],
    implies: &["wrong-status"],
    ..Rule::new("two-syncs-of-one-unit", "oracle.two_syncs_of_one_unit.count", Harm::Wrong, Matter::Runs)
};

pub(crate) static WITHOUT_END: Rule = Rule {
    finds: "a sync never ended, ended twice, or ended without a start",
    hears: &[Topic::Runs, Topic::Requests],
    implies: &["stuck", "wrong-status"],
    ..Rule::new("event-without-end", "oracle.event_without_end.count", Harm::Stuck, Matter::Runs)
};

pub(crate) static UNIT_ORDER: Rule = Rule {
    finds: "a sync was overtaken by one that had waited less",
    needs: |can| can.sight.inside,
    hears: &[Topic::Runs, Topic::Queue],
    ..Rule::new("unit-out-of-order", "oracle.unit_out_of_order.count", Harm::Wrong, Matter::Runs)
};

pub(crate) static SYNC_LOOP: Rule = Rule {
    finds: "ten syncs in a row, each started by the end of the previous one",
    needs: |can| can.sight.inside,
    hears: &[Topic::Runs],
    ..Rule::new("sync-loop", "oracle.sync_loop.count", Harm::Wrong, Matter::Runs)
};

/// If this many runs in a row start each other, by their end or by a hook, they are a loop.
const LOOP: u32 = 10;
/// The number of runs without a reported start that are kept.
const UNHEARD: usize = 64;

/// If a person's action takes this long on a disk, the disk also keeps a run waiting.
const SLOW: Span = Span::secs(1);

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    pub(crate) unit: UnitId,
    pub(crate) since: Time,
    sign: Time,
    hooks: u32,
    told: bool,
    life: u32,
    may_have_ended: bool,
    chain: u32,
}

#[derive(Clone, Copy, Debug)]
struct Ended {
    unit: UnitId,
    run: u64,
    at: Time,
    chain: u32,
}

#[derive(Debug, Default)]
pub(crate) struct DeviceFlow {
    life: u32,
    alive: bool,
    suspended: bool,
    throttled_until: Time,
    open: BTreeMap<u64, Run>,
    /// By run, the times at which other runs of its unit started. The end of the run shows whether
    /// it was still under way at those times.
    met: BTreeMap<u64, Vec<Time>>,
    pub(crate) runs: u64,
    queue: VecDeque<(UnitId, Time)>,
    coalesced: BTreeMap<UnitId, Time>,
    last_end: Option<Ended>,
    ends: BTreeMap<UnitId, Time>,
    called: Vec<(UnitId, Time)>,
    triggering: Option<(UnitId, u32)>,
    triggered: BTreeMap<UnitId, u32>,
    /// True if the process died, and its last actions may have no report. Reset when the next run
    /// starts.
    untold: bool,
    /// Runs since the last complete one that ended because the storage was full. After a death of
    /// the process, they may continue.
    unwritten: BTreeSet<u64>,
    /// Runs without a reported start. Their events may come after those of later runs.
    unheard: BTreeSet<u64>,
}

impl DeviceFlow {
    pub(crate) fn on(&mut self, heard: &mut Heard<'_>) {
        let Heard { at, device: id, event, out, setup, ref mut findings } = *heard;
        self.report_silent_runs(id, at, &setup.patience, findings);
        match event {
            Event::ProcessStarted { .. } => {
                (self.life, self.alive, self.suspended) = (self.life + 1, true, false);
                self.queue.clear();
                self.ends.clear();
                self.called.clear();
                self.somebody_acted();
            }
            Event::ProcessKilled { reason } => {
                self.alive = false;
                match out {
                    Some(StateLoss::Database) => self.went_back(Time::ZERO),
                    _ if *reason == KillReason::PowerLoss => self.died_untold(),
                    _ => {}
                }
            }
            Event::CutShort => self.died_untold(),
            Event::Restored { to, .. } => self.went_back(*to),
            _ if out == Some(StateLoss::Database) => self.went_back(Time::ZERO),
            Event::Suspended => self.suspended = true,
            Event::Continued { .. } => {
                self.suspended = false;
                let open = self.open.values_mut().filter(|run| run.life == self.life);
                open.for_each(|run| run.sign = run.sign.max(at));
            }
            // A run that left pages is a reason for the next run.
            Event::App(_)
            | Event::EditMade { .. }
            | Event::Engine(EngineEvent::Unit(UnitEvent::PagesLeft { .. })) => self.somebody_acted(),
            // The unit may be in the queue already: an earlier turn was taken and has not reported
            // its start.
            Event::Engine(EngineEvent::UnitQueued { unit, .. }) => {
                self.queue.push_back((*unit, at));
                self.queued_by_hook(*unit);
            }
            Event::Engine(EngineEvent::UnitCoalesced { unit }) => _ = self.coalesced.insert(*unit, at),
            Event::Engine(EngineEvent::HookTriggered { run, unit, .. }) => self.hook_triggers(*run, *unit),
            Event::Engine(EngineEvent::UnitDiscarded { unit }) => {
                let last = self.queue.iter().rposition(|(waiting, _)| waiting == unit);
                last.map(|place| self.queue.remove(place));
            }
            Event::Call(CallEvent::Called { unit }) => {
                self.runs_beside(id, at, *unit, findings);
                self.called.push((*unit, at));
                self.somebody_acted();
            }
            Event::Call(CallEvent::CameBack { unit }) => {
                let called = self.called.iter().position(|(called, _)| called == unit);
                called.map(|place| self.called.remove(place));
            }
            Event::Engine(EngineEvent::SyncStart { unit, run, waited }) => {
                self.starts(heard, *unit, *run, *waited);
            }
            Event::Engine(EngineEvent::SyncComplete { unit, run, .. }) => {
                self.ends_run(heard, *unit, *run, None);
            }
            Event::Engine(EngineEvent::SyncError { unit, run, error }) => {
                self.ends_run(heard, *unit, *run, Some(error));
            }
            event => self.sign_of_life(at, event, &setup.patience),
        }
    }

    fn ends_run(&mut self, heard: &mut Heard<'_>, unit: UnitId, run: u64, error: Option<&SyncError>) {
        let Heard { at, device: id, ref mut findings, .. } = *heard;
        let chain = self.open.get(&run).map_or(0, |open| open.chain);
        self.last_end = Some(Ended { unit, run, at, chain });
        self.ends.insert(unit, at);
        let unheard = self.unheard.remove(&run) || self.untold && run >= self.runs;
        match error {
            Some(SyncError::StorageFull) => _ = self.unwritten.insert(run),
            Some(_) => {}
            None => self.unwritten.clear(),
        }
        let open = self.open.remove(&run);
        open.iter().for_each(|open| self.report_overlapping_runs(id, run, open, findings));
        if open.is_none() && !unheard {
            findings.tell(&WITHOUT_END, id, |names| {
                let what = if run < self.runs { "a second time" } else { "without having started" };
                format!("{id} ended run {run} of {} {what}, at {}", names.unit(unit), names.time(at))
            });
        }
    }

    fn starts(&mut self, heard: &mut Heard<'_>, unit: UnitId, run: u64, waited: Span) {
        let Heard { at, device: id, ref mut findings, .. } = *heard;
        self.runs_beside(id, at, unit, findings);
        let queued_at = Time(at.0.saturating_sub(waited.0));
        if let Some(first) = unit_out_of_order(self, unit, queued_at) {
            findings.tell(&UNIT_ORDER, id, |names| {
                let (unit, first, at) = (names.unit(unit), names.unit(first), names.time(at));
                format!("{id} started {unit} at {at} although {first} had waited longer")
            });
        }
        let chain = self.chain(unit, queued_at);
        if chain == LOOP {
            findings.tell(&SYNC_LOOP, id, |names| {
                let (unit, at) = (names.unit(unit), names.time(at));
                format!("{id} started {unit} at {at} by the end of the previous run, or by a hook at that end, and so on {LOOP} times in a row")
            });
        }
        if self.untold {
            self.unheard.extend((self.runs..run).rev().take(UNHEARD));
        }
        self.untold = false;
        let begun = Run { unit, since: at, sign: at, life: self.life, chain, ..Run::default() };
        self.open.insert(run, begun);
        self.runs = self.runs.max(run + 1);
    }

    pub(crate) fn unfinished(&self) -> impl Iterator<Item = Run> {
        self.open.values().copied().filter(|run| self.alive && run.life == self.life)
    }
    /// The device did not come to rest by the end. Forgets its open runs, because they may still
    /// end. Silent runs are kept.
    pub(crate) fn at_no_rest(&mut self, now: Time, patience: &Patience) {
        let (alive, life) = (self.alive, self.life);
        self.open.retain(|_, run| alive && run.life == life && run.is_silent(now, patience));
    }

    /// Reports runs that no process ended, and silent runs of living processes.
    pub(crate) fn finish(&mut self, now: Time, id: DeviceId, patience: &Patience, findings: &mut Findings) {
        self.report_silent_runs(id, now, patience, findings);
        // A silent run has stopped, so it did not overlap with later runs of its unit.
        self.met.retain(|run, _| self.open.get(run).is_none_or(|open| !open.told));
        for (run, open) in self.open.clone() {
            self.report_overlapping_runs(id, run, &open, findings);
        }
        // Each run must end, at the latest in the next process. After a power loss, its end may be
        // lost.
        let is_left = |run: &Run| run.life < self.life && !run.may_have_ended;
        for (run, open) in self.open.iter().filter(|(_, run)| is_left(run)) {
            findings.tell(&WITHOUT_END, id, |names| {
                let (unit, since) = (names.unit(open.unit), names.time(open.since));
                format!("{id} started run {run} of {unit} at {since} and never ended it: its process died, and the next one did not report it")
            });
        }
    }
}

impl Run {
    fn is_silent(&self, now: Time, patience: &Patience) -> bool {
        now.since(self.sign) >= patience.of_run(self.hooks > 0).span()
    }
}

impl DeviceFlow {
    fn report_silent_runs(&mut self, id: DeviceId, now: Time, patience: &Patience, findings: &mut Findings) {
        let (alive, life) = (self.alive && !self.suspended, self.life);
        let silent = |run: &Run| alive && run.life == life && !run.told && run.is_silent(now, patience);
        for (number, run) in self.open.iter_mut().filter(|(_, run)| silent(run)) {
            run.told = true;
            findings.tell(&WITHOUT_END, id, |names| {
                let (unit, since, sign) = (names.unit(run.unit), names.time(run.since), names.time(run.sign));
                let (now, patience) = (names.time(now), patience.of_run(run.hooks > 0));
                format!("{id} started run {number} of {unit} at {since}, which did not end and reported nothing between {sign} and {now}; no run is silent for longer than {patience}")
            });
        }
    }

    /// A unit starts. Another open run of the unit may still be under way: its end will show this.
    /// A direct call by the app certainly is.
    fn runs_beside(&mut self, id: DeviceId, at: Time, unit: UnitId, findings: &mut Findings) {
        // A unit runs at most once at a time in one process.
        let is_other = |run: &Run| run.unit == unit && run.life == self.life;
        if let Some((other, _)) = self.open.iter().find(|(_, run)| is_other(run)) {
            self.met.entry(*other).or_default().push(at);
        }
        for (_, since) in self.called.iter().filter(|(called, _)| *called == unit) {
            findings.tell(&TWO_SYNCS, id, |names| {
                let (unit, at, since) = (names.unit(unit), names.time(at), names.time(*since));
                format!("{id} started {unit} at {at} while the app had called {unit} at {since}, and it was running")
            });
        }
    }

    fn report_overlapping_runs(&mut self, id: DeviceId, run: u64, open: &Run, findings: &mut Findings) {
        for at in self.met.remove(&run).unwrap_or_default() {
            findings.tell(&TWO_SYNCS, id, |names| {
                let (unit, at, since) = (names.unit(open.unit), names.time(at), names.time(open.since));
                format!(
                    "{id} started {unit} at {at} while its run {run} of {unit} was in progress since {since}"
                )
            });
        }
    }

    /// An action or a wait of the device counts as a sign of life of the newest run of the unit.
    fn sign_of_life(&mut self, at: Time, event: &Event<'_>, patience: &Patience) {
        match event {
            Event::Engine(EngineEvent::RequestRefused {
                error: ServerError::Throttled(after) | ServerError::Accepted(after),
                ..
            }) => self.throttled_until = at + *after,
            Event::Engine(EngineEvent::HookStarted { run: Some((_, run)), .. }) => {
                self.open.get_mut(run).into_iter().for_each(|run| run.hooks += 1);
            }
            Event::Engine(EngineEvent::HookEnded { run: Some((_, run)), .. }) => {
                self.open.get_mut(run).into_iter().for_each(|run| run.hooks = run.hooks.saturating_sub(1));
            }
            _ => {}
        }
        let (unit, until) = match event {
            Event::Engine(
                EngineEvent::HookStarted { run: Some((unit, _)), .. }
                | EngineEvent::HookEnded { run: Some((unit, _)), .. },
            ) => (Some(*unit), at),
            Event::AppWrote { took, .. } | Event::AppQueried { took, .. } | Event::Listed { took, .. }
                if *took >= SLOW =>
            {
                (None, at)
            }
            event => {
                let Some(Sign { unit, wait, .. }) = Sign::of(event) else { return };
                let no_longer = at.max(self.throttled_until) + patience.of_wait();
                (unit, (at + wait).min(no_longer).max(at))
            }
        };
        let life = self.life;
        let of_unit = |run: &Run| run.life == life && unit.is_none_or(|unit| run.unit == unit);
        if let Some(run) = self.open.values_mut().rev().find(|run| of_unit(run)) {
            run.sign = run.sign.max(until);
        }
    }

    /// The process died between a commit and its report. Runs may have ended or begun without a
    /// report.
    fn died_untold(&mut self) {
        self.may_have_ended(Time::ZERO);
        self.unheard.append(&mut self.unwritten);
        self.untold = true;
    }
    fn went_back(&mut self, to: Time) {
        self.may_have_ended(to);
        self.untold = true;
        self.unwritten.clear();
        self.unheard.clear();
        self.runs = 0;
    }
    fn may_have_ended(&mut self, since: Time) {
        let begun = self.open.values_mut().filter(|run| run.since >= since);
        begun.for_each(|run| run.may_have_ended = true);
    }
    /// A person or the network caused the next runs, so they are not part of a chain.
    pub(crate) fn somebody_acted(&mut self) {
        self.last_end = None;
        self.triggered.clear();
        self.open.values_mut().for_each(|run| run.chain = 0);
    }
    fn hook_triggers(&mut self, run: Option<(UnitId, u64)>, unit: UnitId) {
        let chain = run.and_then(|(_, run)| {
            let open = self.open.get(&run).map(|open| open.chain);
            open.or(self.last_end.filter(|ended| ended.run == run).map(|ended| ended.chain))
        });
        self.triggering = chain.map(|chain| (unit, chain + 1));
    }
    fn queued_by_hook(&mut self, unit: UnitId) {
        match self.triggering.take_if(|(triggered, _)| *triggered == unit) {
            Some((_, chain)) => _ = self.triggered.insert(unit, chain),
            None => _ = self.triggered.remove(&unit),
        }
    }
    /// The unit was put back into the queue: it ended after the time of this request. Requests that
    /// were coalesced before belong to this turn.
    fn drop_coalesced(&mut self, unit: UnitId, queued_at: Time) {
        let put_back = self.ends.get(&unit).is_some_and(|end| queued_at < *end);
        let Some(told) = self.coalesced.get(&unit).copied().filter(|_| put_back) else { return };
        self.queue.retain(|(waiting, since)| *waiting != unit || *since <= queued_at || *since > told);
    }
    fn chain(&mut self, unit: UnitId, queued_at: Time) -> u32 {
        let at_once = self.last_end.filter(|ended| (ended.unit, ended.at) == (unit, queued_at));
        let by_end = at_once.map(|ended| ended.chain + 1);
        self.triggered.remove(&unit).max(by_end).unwrap_or(0)
    }
}

/// Waiting units must run in the order in which they were queued. A retry has no place in this
/// order.
fn unit_out_of_order(device: &mut DeviceFlow, unit: UnitId, queued_at: Time) -> Option<UnitId> {
    device.drop_coalesced(unit, queued_at);
    // A unit leaves the queue some time before it reports its start. A request in between is
    // another turn.
    let of_unit = device.queue.iter().filter(|(waiting, _)| *waiting == unit);
    let turn = of_unit.map(|(_, since)| *since).filter(|since| *since <= queued_at).max()?;
    let place = device.queue.iter().position(|entry| *entry == (unit, turn))?;
    let passed: Vec<_> = device.queue.drain(..=place).filter(|(waiting, _)| *waiting != unit).collect();
    let overtaken = passed.first().map(|(first, _)| *first);
    passed.into_iter().rev().for_each(|entry| device.queue.push_front(entry));
    overtaken
}
