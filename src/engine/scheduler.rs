//! When which unit runs: triggers, the queue, other tries after failures.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::exchange::RunError;
use super::kept::KeptQueue;
use super::options::AfterFailure;
use super::process::Process;
use super::pull::Run;
use super::signal::Signal;
use super::stop::Stop;
use crate::base::{Span, Time, UnitId};
use crate::contract::{Added, Event, NetworkKind, Queue, SyncUnit, Trigger};
use crate::store::{StoreError, Tx};

/// A unit that failed and stays at the head is tried again after this, as in OutSystems.
const HEAD_TRIED_AFTER: Span = Span::secs(30);

/// Who decides which unit runs next.
pub(super) struct Scheduler {
    me: Weak<Scheduler>,
    process: Rc<Process>,
    queue: Queue,
    kept: KeptQueue,
    pub(super) foreground: Cell<bool>,
    units: RefCell<Vec<UnitState>>,
    /// Units that run and that no person asked for.
    running: RefCell<Vec<UnitId>>,
    /// Units that run side by side, where several may, and that one has ended.
    beside: RefCell<Vec<UnitId>>,
    ended: Signal,
    /// A unit that failed keeps its place at the head.
    blocked: Stop,
}

/// What the engine remembers of a unit while the process lives.
#[derive(Clone, Copy, Debug, Default)]
struct UnitState {
    /// When it last started.
    started: Option<Time>,
    /// The number of its last run.
    run: u64,
    /// Failed runs in a row, so many failed tries the last is followed as, and the wait that was
    /// drawn after it.
    failures: u32,
    tries: u32,
    waited: Option<Span>,
    /// A start is planned for the end of the debounce interval.
    planned: bool,
    /// The number of the last plan for another try after a failure: a run that begins before it
    /// voids it.
    retry_plan: u64,
    /// The server said no in the run that failed last, and no planned try has come due without a
    /// network since.
    refused: bool,
    /// Edits that wait at the server, good runs in a row that left some, and whether asking about
    /// them is planned.
    queued: usize,
    asked: u32,
    ask_planned: bool,
    /// Something started it while what must hold did not.
    put_off: bool,
    /// A person asked for its next run, which nothing holds back.
    wished: bool,
}

impl Scheduler {
    pub(super) fn new(process: Rc<Process>) -> Rc<Scheduler> {
        let units = RefCell::new(vec![UnitState::default(); process.setup.units.len()]);
        Rc::new_cyclic(|me| Scheduler {
            me: me.clone(),
            kept: KeptQueue::new(process.clone()),
            process,
            queue: Queue::default(),
            foreground: Cell::new(false),
            units,
            running: RefCell::default(),
            beside: RefCell::default(),
            ended: Signal::default(),
            blocked: Stop::default(),
        })
    }

    /// Starts the timers, and what the app's start starts.
    pub(super) fn start(&self) {
        for (unit, period) in self.process.setup.periods() {
            let scheduler = self.myself();
            self.process.ports.every(period, move || {
                if scheduler.foreground.get() {
                    scheduler.enqueue_debounced(unit);
                }
            });
        }
        // What held a unit back, and that a person asked for it, is not kept.
        self.kept.left().into_iter().for_each(|unit| self.enqueue_if_allowed(unit, false));
        self.fire(Trigger::Start);
        let pending = self.process.store.read(|tx| Ok(tx.pending()?.len())).unwrap_or(0);
        let online = self.process.ports.transport.network() != NetworkKind::None;
        self.process.status.begins(pending, self.process.store.added(), online);
        self.process.show();
        if pending > 0 {
            self.fire(Trigger::Save);
        }
    }

    /// Waits for the next unit whose turn it is; gives since when it has waited, too.
    pub(super) async fn next(&self) -> (UnitId, Time) {
        self.queue.next(self.process.rules.order.takes_last()).await
    }

    /// Waits until the unit may run beside those that do; true if none does.
    pub(super) async fn room_for(&self, unit: UnitId) -> bool {
        let units = &self.process.setup.units;
        let of = |unit: UnitId| &units[usize::from(unit.0)];
        let meets = |one: &SyncUnit, other: &SyncUnit| {
            let all = |unit: &SyncUnit| unit.pull.iter().chain(&unit.push).copied().collect::<Vec<_>>();
            let of_other = all(other);
            all(one).iter().any(|entity| of_other.contains(entity))
        };
        loop {
            let beside = self.beside.borrow().clone();
            let has_room = beside.len() < self.process.options.sessions as usize;
            if has_room && !beside.iter().any(|other| meets(of(*other), of(unit))) {
                return beside.is_empty();
            }
            self.ended.wait().await;
        }
    }

    /// The unit runs beside others.
    pub(super) fn begins_beside(&self, unit: UnitId) {
        self.beside.borrow_mut().push(unit);
    }

    /// It has ended; true if it was the last.
    pub(super) fn ends_beside(&self, unit: UnitId) -> bool {
        self.beside.borrow_mut().retain(|other| *other != unit);
        self.ended.raise();
        self.beside.borrow().is_empty()
    }

    fn myself(&self) -> Rc<Scheduler> {
        self.me.upgrade().expect("the scheduler is alive while it is called")
    }

    /// Runs `then` later.
    fn after(&self, wait: Span, then: impl FnOnce(&Scheduler) + 'static) {
        let scheduler = self.myself();
        self.process.spawn(async move {
            scheduler.process.ports.sleep(wait).await;
            then(&scheduler);
        });
    }

    /// Starts every unit that waits for `trigger`.
    pub(super) fn fire(&self, trigger: Trigger) {
        for (index, unit) in self.process.setup.units.iter().enumerate() {
            if unit.on.contains(&trigger) {
                match trigger {
                    Trigger::Online | Trigger::Resume => self.enqueue_debounced(UnitId(index as u16)),
                    _ => self.enqueue_if_allowed(UnitId(index as u16), unit.discard_pending),
                }
            }
        }
    }

    /// Queues a unit, but not sooner than the debounce interval after its last start: a flapping
    /// network starts one sync an interval, and the last toggle is not forgotten.
    fn enqueue_debounced(&self, unit: UnitId) {
        let index = usize::from(unit.0);
        let state = self.units.borrow()[index];
        let earliest = state.started.map_or(Time::ZERO, |at| at + self.process.options.debounce);
        let now = self.process.ports.clock.now();
        if earliest <= now {
            self.enqueue_if_allowed(unit, self.process.setup.units[index].discard_pending);
        } else {
            self.enqueue_after(unit, earliest - now);
        }
    }

    fn enqueue_after(&self, unit: UnitId, wait: Span) {
        let index = usize::from(unit.0);
        if std::mem::replace(&mut self.units.borrow_mut()[index].planned, true) {
            return;
        }
        self.after(wait, move |scheduler| {
            scheduler.units.borrow_mut()[index].planned = !scheduler.process.rules.wake.ends_plans();
            scheduler.enqueue_if_allowed(unit, scheduler.process.setup.units[index].discard_pending);
        });
    }

    /// Whether what must hold while the unit runs does.
    fn is_allowed(&self, unit: UnitId) -> bool {
        let when = &self.process.setup.units[usize::from(unit.0)].when;
        when.is_empty() || {
            let network = self.process.ports.transport.network();
            when.iter().all(|condition| network.allows(*condition))
        }
    }

    /// Queues a unit that starts by itself, or notes that it is to start when it may.
    fn enqueue_if_allowed(&self, unit: UnitId, discard: bool) {
        if self.is_allowed(unit) {
            self.enqueue(unit, discard);
        } else {
            self.units.borrow_mut()[usize::from(unit.0)].put_off = true;
            self.kept.keep(unit);
        }
    }

    /// The network is another: what was put off starts if it may; true if the unit that runs may
    /// not go on.
    pub(super) fn network_changed(&self) -> bool {
        for index in 0..self.process.setup.units.len() {
            let unit = UnitId(index as u16);
            if self.units.borrow()[index].put_off && self.is_allowed(unit) {
                self.units.borrow_mut()[index].put_off = false;
                self.enqueue(unit, self.process.setup.units[index].discard_pending);
            }
        }
        let running = self.running.borrow();
        let stopped: Vec<_> = running.iter().filter(|unit| !self.is_allowed(**unit)).collect();
        stopped.iter().for_each(|unit| self.units.borrow_mut()[usize::from(unit.0)].put_off = true);
        !stopped.is_empty()
    }

    /// A person asks for the unit.
    pub(super) fn wish(&self, unit: UnitId, discard: bool) {
        self.units.borrow_mut()[usize::from(unit.0)].wished = true;
        self.enqueue(unit, discard);
    }

    /// Drops what waits; nothing takes its place.
    pub(super) fn discard(&self) {
        self.discarded(self.queue.discard(None));
    }

    fn discarded(&self, units: Vec<UnitId>) {
        if !units.is_empty() {
            self.blocked.ask();
        }
        for unit in units {
            self.kept.forget(unit);
            self.process.emit(Event::UnitDiscarded { unit });
            if !self.process.rules.outbox.outlives_its_request() {
                self.forget_edits_of(unit);
            }
        }
    }

    /// A unit that failed stays at the head, and is tried again when its wait is over; not at once
    /// if it is discarded meanwhile.
    pub(super) async fn stays_at_head(&self, unit: UnitId, since: Time) {
        if self.queue.put_back(unit, since) {
            self.process.emit(Event::UnitCoalesced { unit });
        }
        self.blocked.over();
        self.blocked.or(self.process.ports.sleep(HEAD_TRIED_AFTER)).await;
    }

    pub(super) fn enqueue(&self, unit: UnitId, discard: bool) {
        let (added, discarded) = self.queue.add(unit, discard, self.process.ports.clock.now());
        self.discarded(discarded);
        match added {
            Added::Coalesced => self.process.emit(Event::UnitCoalesced { unit }),
            Added::Queued { depth } => {
                self.kept.keep(unit);
                self.process.emit(Event::UnitQueued { unit, depth });
            }
        }
    }

    /// A run of the unit ends well in `tx`.
    pub(super) fn is_done(&self, tx: &Tx<'_>, unit: UnitId) -> Result<(), StoreError> {
        let asked_again = self.queue.waits(unit) || self.units.borrow()[usize::from(unit.0)].put_off;
        if asked_again { Ok(()) } else { self.kept.is_done(tx, unit) }
    }

    /// What `unit` was to send is dropped; no correct rule asks for it.
    fn forget_edits_of(&self, unit: UnitId) {
        let entities = &self.process.setup.units[usize::from(unit.0)].push;
        let forgotten = self.process.store.transaction(|tx| {
            tx.outbox(entities, usize::MAX)?.iter().try_for_each(|entry| tx.drop_entry(entry.seq))
        });
        self.process.ports.machine.take_on(self.process.store.work());
        // Without room for it they stay.
        drop(forgotten);
    }

    /// The unit's last run.
    pub(super) fn last_run(&self, unit: UnitId) -> Run {
        Run { unit, number: self.units.borrow()[usize::from(unit.0)].run }
    }

    /// A run begins.
    pub(super) fn begun(&self, run: Run, now: Time) {
        let state = &mut self.units.borrow_mut()[usize::from(run.unit.0)];
        (state.started, state.run) = (Some(now), run.number);
        if !std::mem::take(&mut state.wished) {
            self.running.borrow_mut().push(run.unit);
        }
        if !self.process.rules.order.keeps_until_done() {
            self.kept.forget(run.unit);
        }
        // It is the try that was planned; another is planned when it fails.
        state.retry_plan += 1;
    }

    /// So many edits of the unit wait at the server.
    pub(super) fn wait_at_server(&self, unit: UnitId, queued: usize) {
        self.units.borrow_mut()[usize::from(unit.0)].queued = queued;
    }

    /// A run has ended well.
    pub(super) fn completed(&self, unit: UnitId) {
        self.running.borrow_mut().retain(|runs| *runs != unit);
        {
            let state = &mut self.units.borrow_mut()[usize::from(unit.0)];
            state.failures = 0;
            if self.process.rules.wake.forgives() {
                (state.tries, state.waited) = (0, None);
            }
        }
        self.ask_again(unit);
    }

    /// A failed unit is tried again by itself, later and later: after the wait that follows the
    /// tries of its run, or the next one if the run before failed, too.
    pub(super) fn failed(&self, run: Run, ended: &RunError) {
        let unit = run.unit;
        self.running.borrow_mut().retain(|runs| *runs != unit);
        let (failures, tries, previous) = {
            let state = &mut self.units.borrow_mut()[usize::from(unit.0)];
            state.failures += 1;
            state.tries = state.tries.saturating_add(1).max(ended.tries);
            state.refused = ended.refused;
            (state.failures, state.tries, state.waited)
        };
        if self.process.rules.order.tells_failed_runs() {
            self.process.emit(Event::SyncError { unit, run: run.number, error: &ended.error });
        }
        if self.process.options.queue == AfterFailure::Blocks {
            let wait = HEAD_TRIED_AFTER;
            return self.process.emit(Event::RetryScheduled { attempt: tries, wait, in_run: false });
        }
        if self.process.rules.order.tries_again(failures) {
            let wait = self.process.rules.wake.wait(tries, self.process.backoff(tries, previous));
            self.units.borrow_mut()[usize::from(unit.0)].waited = Some(wait);
            self.process.emit(Event::RetryScheduled { attempt: tries, wait, in_run: false });
            self.retry_after(unit, wait);
        }
    }

    /// Tries a failed unit again later, unless something else has started it by then.
    fn retry_after(&self, unit: UnitId, wait: Span) {
        let index = usize::from(unit.0);
        let plan = {
            let state = &mut self.units.borrow_mut()[index];
            state.retry_plan += 1;
            state.retry_plan
        };
        self.after(wait, move |scheduler| {
            if scheduler.units.borrow()[index].retry_plan != plan {
                return;
            }
            // Without a network a try is vain, and the next is made when one comes.
            if scheduler.process.ports.transport.network() == NetworkKind::None {
                scheduler.units.borrow_mut()[index].refused = false;
            } else {
                scheduler.retry(unit);
            }
        });
    }

    /// Edits that wait at the server are asked about again, later and later, if nothing else starts
    /// the unit before.
    fn ask_again(&self, unit: UnitId) {
        let index = usize::from(unit.0);
        let asked = {
            let state = &mut self.units.borrow_mut()[index];
            state.asked = if state.queued > 0 { state.asked + 1 } else { 0 };
            if state.asked == 0 || std::mem::replace(&mut state.ask_planned, true) {
                return;
            }
            state.asked
        };
        // The server needs some time to bring them to the backend: a try at once finds nothing.
        let tries = asked.saturating_add(self.process.options.retry.attempts).min(32);
        let wait = self.process.backoff(tries, None);
        self.after(wait, move |scheduler| {
            let waits = {
                let state = &mut scheduler.units.borrow_mut()[index];
                state.ask_planned = false;
                state.queued > 0
            };
            if waits {
                scheduler.enqueue_if_allowed(unit, false);
            }
        });
    }

    /// The network is back: what failed for lack of one need not wait any longer.
    pub(super) fn retry_failed(&self) {
        for index in 0..self.process.setup.units.len() {
            if !self.units.borrow()[index].refused {
                self.retry(UnitId(index as u16));
            }
        }
    }

    fn retry(&self, unit: UnitId) {
        let failures = self.units.borrow()[usize::from(unit.0)].failures;
        if failures > 0 && self.process.rules.order.tries_again(failures) {
            self.enqueue_if_allowed(unit, false);
        }
    }
}
