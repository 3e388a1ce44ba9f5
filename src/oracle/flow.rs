//! Checks on the order of a device's own events: runs, their ends, the queue.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::check::Check;
use super::findings::Findings;
use super::patience::Patience;
use super::signs::Sign;
use super::words::Labels;
use crate::base::{DeviceId, Span, Time, UnitId};
use crate::contract::{Event, KillReason, ServerError, SyncError, UnitEvent};

/// So many runs, each started by the end of the one before or by a hook at its end, are a loop.
const LOOP: u32 = 10;
/// No more runs than that begin before one is heard of.
const UNHEARD: usize = 64;

/// A disk that takes so long for what a person does keeps a run waiting, too.
const SLOW: Span = Span::secs(1);

#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) unit: UnitId,
    pub(super) since: Time,
    /// Until when it is known to have done something, or to wait for something.
    sign: Time,
    hooks: u32,
    /// That it says nothing was told.
    told: bool,
    life: u32,
    may_have_ended: bool,
    /// So many runs before it led to it, each to the next.
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
struct DeviceFlow {
    /// Processes started; the current one's number.
    life: u32,
    alive: bool,
    suspended: bool,
    /// Until when the server has asked to be left alone.
    left_alone: Time,
    open: BTreeMap<u64, Run>,
    /// By run: when others of its unit started while it was open. Whether it was still under way
    /// then shows when it ends.
    met: BTreeMap<u64, Vec<Time>>,
    /// One more than the greatest run that started.
    runs: u64,
    /// Units that wait, with when they came.
    queue: VecDeque<(UnitId, Time)>,
    /// When it was told last of a unit that it waits once.
    coalesced: BTreeMap<UnitId, Time>,
    last_end: Option<Ended>,
    /// When the last run of each unit ended, whatever somebody did since.
    ends: BTreeMap<UnitId, Time>,
    /// Units that the app has called at once and that run, each with since when.
    called: Vec<(UnitId, Time)>,
    /// A hook is triggering this unit, for a run to which so many led.
    triggering: Option<(UnitId, u32)>,
    /// Units that wait as a hook triggered them, each with how many runs led to that.
    triggered: BTreeMap<UnitId, u32>,
    /// The process died in the middle of work and no run has started since: what it did last it may
    /// not have told.
    untold: bool,
    /// Runs that ended for lack of room since one was complete: what became of their beginnings a
    /// death may leave open.
    unwritten: BTreeSet<u64>,
    /// Runs that may come to light, and end, when others have run since: as nobody was told that
    /// they began, or that it was not written.
    unheard: BTreeSet<u64>,
}

#[derive(Debug)]
pub(super) struct Flow {
    devices: Vec<DeviceFlow>,
    durable: bool,
    patience: Patience,
}

impl Flow {
    pub(super) fn new(devices: usize, durable: bool, patience: Patience) -> Flow {
        Flow { devices: (0..devices).map(|_| DeviceFlow::default()).collect(), durable, patience }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.devices.iter().all(|device| device.runs == 0)
    }

    pub(super) fn on(
        &mut self,
        at: Time,
        id: DeviceId,
        event: &Event<'_>,
        names: Labels<'_>,
        findings: &mut Findings,
    ) {
        let device = &mut self.devices[id.0 as usize];
        let concerns = (Some(id), None);
        device.tell_silent(id, at, (&self.patience, names), findings);
        match event {
            Event::ProcessStarted { .. } => {
                (device.life, device.alive, device.suspended) = (device.life + 1, true, false);
                device.queue.clear();
                device.ends.clear();
                device.called.clear();
                device.somebody_acted();
            }
            Event::ProcessKilled { reason } => {
                device.alive = false;
                match reason {
                    KillReason::PowerLoss if self.durable => device.died_untold(),
                    KillReason::PowerLoss => device.went_back(Time::ZERO),
                    _ => {}
                }
            }
            Event::CutShort => device.died_untold(),
            Event::Restored { to, .. } => device.went_back(*to),
            Event::BecameCopy { .. } => device.went_back(Time::ZERO),
            Event::Suspended => device.suspended = true,
            Event::Continued { .. } => device.goes_on(at),
            Event::App(_) | Event::EditMade { .. } => device.somebody_acted(),
            // It may be there already: taken, and about to tell of its start.
            Event::UnitQueued { unit, .. } => {
                device.queue.push_back((*unit, at));
                device.queued_by_hook(*unit);
            }
            Event::UnitCoalesced { unit } => _ = device.coalesced.insert(*unit, at),
            Event::HookTriggered { run, unit, .. } => device.hook_triggers(*run, *unit),
            Event::UnitDiscarded { unit } => {
                let last = device.queue.iter().rposition(|(waiting, _)| waiting == unit);
                last.map(|place| device.queue.remove(place));
            }
            Event::Unit(UnitEvent::Called { unit }) => {
                device.runs_beside(id, at, *unit, names, findings);
                device.called.push((*unit, at));
                device.somebody_acted();
            }
            Event::Unit(UnitEvent::CameBack { unit }) => {
                let called = device.called.iter().position(|(called, _)| called == unit);
                called.map(|place| device.called.remove(place));
            }
            Event::SyncStart { unit, run, waited } => {
                device.runs_beside(id, at, *unit, names, findings);
                let queued_at = Time(at.0.saturating_sub(waited.0));
                if let Some(first) = unit_out_of_order(device, *unit, queued_at) {
                    findings.add(Check::UnitOrder, concerns, || {
                        let (unit, first, at) = (names.unit(*unit), names.unit(first), names.time(at));
                        format!("{id} started {unit} at {at} although {first} had waited longer")
                    });
                }
                let chain = device.chain(*unit, queued_at);
                if sync_loop(chain) {
                    findings.add(Check::SyncLoop, concerns, || {
                        let (unit, at) = (names.unit(*unit), names.time(at));
                        format!("{id} started {unit} at {at} by the end of the run before, or by a hook at that end, and so on {LOOP} times in a row")
                    });
                }
                if device.untold {
                    device.unheard.extend((device.runs..*run).rev().take(UNHEARD));
                }
                device.untold = false;
                let (unit, life) = (*unit, device.life);
                let (hooks, told, may_have_ended) = (0, false, false);
                let begun = Run { unit, since: at, sign: at, hooks, told, life, may_have_ended, chain };
                device.open.insert(*run, begun);
                device.runs = device.runs.max(run + 1);
            }
            Event::SyncComplete { unit, run, .. } | Event::SyncError { unit, run, .. } => {
                let chain = device.open.get(run).map_or(0, |open| open.chain);
                device.last_end = Some(Ended { unit: *unit, run: *run, at, chain });
                device.ends.insert(*unit, at);
                let unheard = device.unheard.remove(run) || device.untold && *run >= device.runs;
                match event {
                    Event::SyncError { error: SyncError::StorageFull, .. } => {
                        device.unwritten.insert(*run);
                    }
                    Event::SyncComplete { .. } => device.unwritten.clear(),
                    _ => {}
                }
                let open = device.open.remove(run);
                open.iter().for_each(|open| device.tell_met(id, *run, open, names, findings));
                if open.is_none() && !unheard {
                    findings.add(Check::WithoutEnd, concerns, || {
                        let what =
                            if *run < device.runs { "a second time" } else { "without having started" };
                        format!("{id} ended run {run} of {} {what}, at {}", names.unit(*unit), names.time(at))
                    });
                }
            }
            event => device.sign_of_life(at, event, &self.patience),
        }
    }

    /// The runs under way in the device's living process.
    pub(super) fn unfinished(&self, device: DeviceId) -> impl Iterator<Item = Run> {
        let device = &self.devices[device.0 as usize];
        device.open.values().copied().filter(|run| device.alive && run.life == device.life)
    }

    /// The device did not come to rest at `now`: what it has open it might yet have ended, but for
    /// runs that had their time.
    pub(super) fn at_no_rest(&mut self, device: DeviceId, now: Time) {
        let (device, patience) = (&mut self.devices[device.0 as usize], &self.patience);
        let (alive, life) = (device.alive, device.life);
        device.open.retain(|_, run| alive && run.life == life && run.is_silent(now, patience));
    }

    /// The end, at `now`: runs of dead processes that no later life of the device has ended, and
    /// those of living ones that have said nothing for too long.
    pub(super) fn finish(&mut self, now: Time, names: Labels<'_>, findings: &mut Findings) {
        for (number, device) in self.devices.iter_mut().enumerate() {
            let id = DeviceId(number as u32);
            device.tell_silent(id, now, (&self.patience, names), findings);
            // They were not under way any more when others of their unit started.
            let silent = device.open.iter().filter(|(_, run)| run.told).map(|(run, _)| *run);
            silent.collect::<Vec<_>>().iter().for_each(|run| _ = device.met.remove(run));
            for (run, open) in device.open.clone() {
                device.tell_met(id, run, &open, names, findings);
            }
            for (run, open) in event_without_end(device) {
                findings.add(Check::WithoutEnd, (Some(id), None), || {
                    let (unit, since) = (names.unit(open.unit), names.time(open.since));
                    format!("{id} started run {run} of {unit} at {since} and never ended it: its process died, and the next said nothing of it")
                });
            }
        }
    }
}

impl Run {
    /// Whether it has said nothing for longer than any run may.
    fn is_silent(&self, now: Time, patience: &Patience) -> bool {
        now.since(self.sign) >= patience.of_run(self.hooks > 0).span()
    }
}

impl DeviceFlow {
    /// Every run says something now and then until it ends.
    fn tell_silent(
        &mut self,
        id: DeviceId,
        now: Time,
        (patience, names): (&Patience, Labels<'_>),
        findings: &mut Findings,
    ) {
        let (alive, life) = (self.alive && !self.suspended, self.life);
        let silent = |run: &Run| alive && run.life == life && !run.told && run.is_silent(now, patience);
        for (number, run) in self.open.iter_mut().filter(|(_, run)| silent(run)) {
            run.told = true;
            findings.add(Check::WithoutEnd, (Some(id), None), || {
                let (unit, since, sign) = (names.unit(run.unit), names.time(run.since), names.time(run.sign));
                let (now, patience) = (names.time(now), patience.of_run(run.hooks > 0));
                format!("{id} started run {number} of {unit} at {since}, which did not end and said nothing between {sign} and {now}; no run is silent for longer than {patience}")
            });
        }
    }

    /// What was suspended could say nothing until `at`.
    fn goes_on(&mut self, at: Time) {
        self.suspended = false;
        let life = self.life;
        self.open.values_mut().filter(|run| run.life == life).for_each(|run| run.sign = run.sign.max(at));
    }

    /// A unit begins to run at `at`, with events or without: whether a run of it was under way
    /// shows when that ends; a call was, until it comes back.
    fn runs_beside(
        &mut self,
        id: DeviceId,
        at: Time,
        unit: UnitId,
        names: Labels<'_>,
        findings: &mut Findings,
    ) {
        if let Some(other) = two_syncs_of_one_unit(self, unit) {
            self.met.entry(other).or_default().push(at);
        }
        for (_, since) in self.called.iter().filter(|(called, _)| *called == unit) {
            findings.add(Check::TwoSyncs, (Some(id), None), || {
                let (unit, at, since) = (names.unit(unit), names.time(at), names.time(*since));
                format!("{id} started {unit} at {at} while the app had called {unit} at {since}, and it ran")
            });
        }
    }

    /// A run was under way, as its end shows, when others of its unit started.
    fn tell_met(&mut self, id: DeviceId, run: u64, open: &Run, names: Labels<'_>, findings: &mut Findings) {
        for at in self.met.remove(&run).unwrap_or_default() {
            findings.add(Check::TwoSyncs, (Some(id), None), || {
                let (unit, at, since) = (names.unit(open.unit), names.time(at), names.time(open.since));
                format!(
                    "{id} started {unit} at {at} while its run {run} of {unit} was under way since {since}"
                )
            });
        }
    }

    /// What the device does, or waits for, at `at` is what its newest run does, of the unit that it
    /// is told of.
    fn sign_of_life(&mut self, at: Time, event: &Event<'_>, patience: &Patience) {
        match event {
            Event::RequestRefused { error: ServerError::Throttled(after), .. } => {
                self.left_alone = at + *after
            }
            Event::HookStarted { run: Some((_, run)), .. } => {
                self.open.get_mut(run).into_iter().for_each(|run| run.hooks += 1);
            }
            Event::HookEnded { run: Some((_, run)), .. } => {
                self.open.get_mut(run).into_iter().for_each(|run| run.hooks = run.hooks.saturating_sub(1));
            }
            _ => {}
        }
        let (unit, until) = match event {
            Event::HookStarted { run: Some((unit, _)), .. }
            | Event::HookEnded { run: Some((unit, _)), .. } => (Some(*unit), at),
            Event::AppWrote { took, .. } | Event::AppQueried { took, .. } | Event::Listed { took, .. }
                if *took >= SLOW =>
            {
                (None, at)
            }
            event => {
                let Some(Sign { unit, wait, .. }) = Sign::of(event) else { return };
                let no_longer = at.max(self.left_alone) + patience.of_wait();
                (unit, (at + wait).min(no_longer).max(at))
            }
        };
        let life = self.life;
        let of_unit = |run: &Run| run.life == life && unit.is_none_or(|unit| run.unit == unit);
        if let Some(run) = self.open.values_mut().rev().find(|run| of_unit(run)) {
            run.sign = run.sign.max(until);
        }
    }

    /// The process dies between a commit and the word of it: a run that was open may have ended,
    /// one that nobody heard of may have begun. No engine can do better, so neither is held against
    /// it.
    fn died_untold(&mut self) {
        self.may_have_ended(Time::ZERO);
        self.unheard.append(&mut self.unwritten);
        self.untold = true;
    }

    /// It holds the state of an instant: runs are numbered, and ended, as if what came since had
    /// not been.
    fn went_back(&mut self, to: Time) {
        self.may_have_ended(to);
        self.untold = true;
        self.unwritten.clear();
        self.unheard.clear();
        self.runs = 0;
    }

    /// Of runs that began since nobody can tell whether they ended.
    fn may_have_ended(&mut self, since: Time) {
        let begun = self.open.values_mut().filter(|run| run.since >= since);
        begun.for_each(|run| run.may_have_ended = true);
    }

    /// A person or the network did something: what runs, or waits, is no chain any more.
    fn somebody_acted(&mut self) {
        self.last_end = None;
        self.triggered.clear();
        self.open.values_mut().for_each(|run| run.chain = 0);
    }

    /// A hook of `run`, if it is about one, is about to trigger `unit`.
    fn hook_triggers(&mut self, run: Option<(UnitId, u64)>, unit: UnitId) {
        let chain = run.and_then(|(_, run)| {
            let open = self.open.get(&run).map(|open| open.chain);
            open.or(self.last_end.filter(|ended| ended.run == run).map(|ended| ended.chain))
        });
        self.triggering = chain.map(|chain| (unit, chain + 1));
    }

    /// A unit waits now that did not wait before.
    fn queued_by_hook(&mut self, unit: UnitId) {
        match self.triggering.take_if(|(triggered, _)| *triggered == unit) {
            Some((_, chain)) => _ = self.triggered.insert(unit, chain),
            None => _ = self.triggered.remove(&unit),
        }
    }

    /// A unit that starts by a turn from before its last run's end was put back: what was asked for
    /// meanwhile, and told to wait once with it, is this turn.
    fn drop_coalesced(&mut self, unit: UnitId, queued_at: Time) {
        let put_back = self.ends.get(&unit).is_some_and(|end| queued_at < *end);
        let Some(told) = self.coalesced.get(&unit).copied().filter(|_| put_back) else { return };
        self.queue.retain(|(waiting, since)| *waiting != unit || *since <= queued_at || *since > told);
    }

    /// How many runs led, each to the next, to the one of `unit` that starts now and was queued
    /// then.
    fn chain(&mut self, unit: UnitId, queued_at: Time) -> u32 {
        let at_once = self.last_end.filter(|ended| (ended.unit, ended.at) == (unit, queued_at));
        let by_end = at_once.map(|ended| ended.chain + 1);
        self.triggered.remove(&unit).max(by_end).unwrap_or(0)
    }
}

/// One unit runs once at a time in one process.
fn two_syncs_of_one_unit(device: &DeviceFlow, unit: UnitId) -> Option<u64> {
    device.open.iter().find(|(_, run)| run.unit == unit && run.life == device.life).map(|(n, _)| *n)
}

/// Waiting units run in the order in which they were queued. A run that nobody queued (a retry) has
/// no place in it.
fn unit_out_of_order(device: &mut DeviceFlow, unit: UnitId, queued_at: Time) -> Option<UnitId> {
    device.drop_coalesced(unit, queued_at);
    // A unit that is taken tells of its start a little later: what came meanwhile, even of the same
    // unit, is another turn.
    let of_unit = device.queue.iter().filter(|(waiting, _)| *waiting == unit);
    let turn = of_unit.map(|(_, since)| *since).filter(|since| *since <= queued_at).max()?;
    let place = device.queue.iter().position(|entry| *entry == (unit, turn))?;
    let passed: Vec<_> = device.queue.drain(..=place).filter(|(waiting, _)| *waiting != unit).collect();
    let overtaken = passed.first().map(|(first, _)| *first);
    passed.into_iter().rev().for_each(|entry| device.queue.push_front(entry));
    overtaken
}

/// Runs do not start each other for ever: told once for each row of them.
fn sync_loop(chain: u32) -> bool {
    chain == LOOP
}

/// Every run ends, if need be by the device's next life; after a power loss nobody can tell whether
/// it had.
fn event_without_end(device: &DeviceFlow) -> impl Iterator<Item = (u64, Run)> {
    let left = |run: &Run| run.life < device.life && !run.may_have_ended;
    device.open.iter().filter(move |(_, run)| left(run)).map(|(n, run)| (*n, *run))
}
