//! Decides when each sync unit runs: triggers, the queue, retries after failures.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::{Rc, Weak};

use crate::base::{EntityId, Span, Time, UnitId};
use crate::contract::{Added, EngineEvent, NetworkKind, Queue, SyncUnit, Trigger};
use crate::engine::exchange::RunError;
use crate::engine::flaws::Flaw;
use crate::engine::options::AfterFailure;
use crate::engine::process::Process;
use crate::engine::pull::puller::Run;
use crate::engine::tasks::{Signal, Stop};
use crate::engine::unit::durable_queue::DurableQueue;
use crate::store::{Stored, Tx};

/// The wait before the retry of a failed unit that stays at the head of the queue, as in
/// OutSystems.
const HEAD_TRIED_AFTER: Span = Span::secs(30);

pub(crate) struct Scheduler {
    me: Weak<Scheduler>,
    process: Rc<Process>,
    queue: Queue,
    kept: DurableQueue,
    pub(crate) foreground: Cell<bool>,
    units: RefCell<Vec<UnitState>>,
    /// Running units that no person requested.
    running: RefCell<Vec<UnitId>>,
    /// Units that run concurrently, if the option `sessions` allows several. The signal `ended` is
    /// raised when one of them ends.
    beside: RefCell<Vec<UnitId>>,
    ended: Signal,
    /// Ends the wait of a failed unit at the head of the queue.
    blocked: Stop,
    /// One signal per unit, raised when the unit has run or was dropped from the queue.
    settled: Vec<Signal>,
}

/// The state of a unit in this process. It is lost when the process ends.
#[derive(Clone, Copy, Debug, Default)]
struct UnitState {
    started: Option<Time>,
    run: u64,
    /// Failed runs in a row. `tries` is the number of failed tries for the backoff. `waited` is the
    /// wait after the last failure.
    failures: u32,
    tries: u32,
    waited: Option<Span>,
    /// Whether a start is planned at the end of the debounce interval.
    planned: bool,
    /// The number of the last planned retry. A run that begins earlier increments this number,
    /// which cancels the planned retry.
    retry_plan: u64,
    /// Whether the last failed run ended with a refusal by the server. A planned retry that comes
    /// due without a network resets this flag.
    refused: bool,
    /// The number of edits that wait at the server for their commit. `asked` counts successful runs
    /// in a row that left such edits. `ask_planned` says whether the next query about them is
    /// planned.
    queued: usize,
    asked: u32,
    ask_planned: bool,
    /// Whether a trigger fired while the unit's conditions did not hold.
    put_off: bool,
    /// Whether a person requested the unit's next run. Then the run does not wait for the unit's
    /// conditions.
    wished: bool,
    /// Whether a person requested the unit since the last change of the network. If so, its
    /// attachments may also be sent.
    released: bool,
    /// Whether the unit left the queue and its run has not ended.
    runs: bool,
}

impl Scheduler {
    pub(crate) fn new(process: Rc<Process>) -> Rc<Scheduler> {
        let units = RefCell::new(vec![UnitState::default(); process.setup.units.len()]);
        let settled = process.unit_ids().map(|_| Signal::default()).collect();
        Rc::new_cyclic(|me| Scheduler {
            me: me.clone(),
            kept: DurableQueue::new(process.clone()),
            process,
            queue: Queue::default(),
            foreground: Cell::new(false),
            units,
            running: RefCell::default(),
            beside: RefCell::default(),
            ended: Signal::default(),
            blocked: Stop::default(),
            settled,
        })
    }

    pub(crate) fn start(&self) {
        for (unit, period) in self.process.setup.periods() {
            let scheduler = self.myself();
            self.process.ports.every(period, move || {
                if scheduler.foreground.get() {
                    scheduler.enqueue_debounced(unit);
                }
            });
        }
        // The queue on disk does not record whether a person made the request. So the unit's
        // conditions apply.
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

    /// Waits for the next unit; returns the unit and the time at which it was queued.
    pub(crate) async fn next(&self) -> (UnitId, Time) {
        let next = self.queue.next(self.process.rules.has(Flaw::LastInFirstOut)).await;
        self.state(next.0).runs = true;
        next
    }

    /// Waits until the unit may run concurrently with the running units. Returns true if no unit
    /// runs.
    pub(crate) async fn wait_for_free_slot(&self, unit: UnitId) -> bool {
        let meets = |other: &UnitId| {
            let (one, other) = (self.process.unit(unit), self.process.unit(*other));
            let mut of_one = one.pull.iter().chain(&one.push);
            of_one.any(|entity| other.pull.contains(entity) || other.push.contains(entity))
        };
        loop {
            let beside = self.beside.borrow().clone();
            let has_room = beside.len() < self.process.options.sessions as usize;
            if has_room && !beside.iter().any(meets) {
                return beside.is_empty();
            }
            self.ended.wait().await;
        }
    }

    pub(crate) fn begins_beside(&self, unit: UnitId) {
        self.beside.borrow_mut().push(unit);
    }

    /// Records that a concurrent run has ended. Returns true if no other unit runs.
    pub(crate) fn ends_beside(&self, unit: UnitId) -> bool {
        self.beside.borrow_mut().retain(|other| *other != unit);
        self.ended.raise();
        self.beside.borrow().is_empty()
    }

    fn state(&self, unit: UnitId) -> RefMut<'_, UnitState> {
        RefMut::map(self.units.borrow_mut(), |units| &mut units[usize::from(unit.0)])
    }

    fn myself(&self) -> Rc<Scheduler> {
        self.me.upgrade().expect("the scheduler is alive while it is called")
    }

    fn after(&self, wait: Span, then: impl FnOnce(&Scheduler) + 'static) {
        let scheduler = self.myself();
        self.process.spawn(async move {
            scheduler.process.ports.sleep(wait).await;
            then(&scheduler);
        });
    }

    pub(crate) fn fire(&self, trigger: Trigger) {
        for unit in self.process.unit_ids() {
            let SyncUnit { on, discard_pending, .. } = self.process.unit(unit);
            match trigger {
                _ if !on.contains(&trigger) => {}
                Trigger::Online | Trigger::Resume => self.enqueue_debounced(unit),
                _ => self.enqueue_if_allowed(unit, *discard_pending),
            }
        }
    }

    /// Queues a unit at once, or one debounce interval after its last start if that is later. So a
    /// network that comes and goes starts at most one sync per interval. The last change of the
    /// network is not lost.
    fn enqueue_debounced(&self, unit: UnitId) {
        let started = self.state(unit).started;
        let earliest = started.map_or(Time::ZERO, |at| at + self.process.options.debounce);
        let now = self.process.ports.clock.now();
        if earliest <= now {
            return self.enqueue_if_allowed(unit, self.process.unit(unit).discard_pending);
        }
        if std::mem::replace(&mut self.state(unit).planned, true) {
            return;
        }
        self.after(earliest - now, move |scheduler| {
            scheduler.state(unit).planned = scheduler.process.rules.has(Flaw::NeverEndsPlans);
            scheduler.enqueue_if_allowed(unit, scheduler.process.unit(unit).discard_pending);
        });
    }

    /// Whether the current network fulfils the unit's conditions.
    pub(crate) fn is_allowed(&self, unit: UnitId) -> bool {
        let network = || self.process.ports.transport.network();
        self.process.unit(unit).when.iter().all(|condition| network().allows(*condition))
    }

    /// Whether a unit that sends this entity may send now. Also true if no unit sends the entity.
    pub(crate) fn may_send(&self, entity: EntityId) -> bool {
        let sends = |unit: &UnitId| self.process.unit(*unit).push.contains(&entity);
        let mut sending = self.process.unit_ids().filter(sends).peekable();
        sending.peek().is_none() || sending.any(|unit| self.is_allowed(unit) || self.state(unit).released)
    }

    /// Whether any unit has a condition on the kind of network.
    pub(crate) fn minds_the_network(&self) -> bool {
        self.process.setup.units.iter().any(|unit| !unit.when.is_empty())
    }

    /// Queues a unit that no person requested. If its conditions do not hold, postpones it until
    /// they do.
    fn enqueue_if_allowed(&self, unit: UnitId, discard: bool) {
        if self.is_allowed(unit) {
            self.enqueue(unit, discard);
        } else {
            self.state(unit).put_off = true;
            self.kept.keep(unit);
        }
    }

    /// Queues postponed units that may run on the new network. Returns true if a running unit must
    /// stop.
    pub(crate) fn network_changed(&self) -> bool {
        for unit in self.process.unit_ids() {
            self.state(unit).released = false;
            if self.state(unit).put_off && self.is_allowed(unit) {
                self.state(unit).put_off = false;
                self.enqueue(unit, self.process.unit(unit).discard_pending);
            }
        }
        let running = self.running.borrow();
        let stopped: Vec<_> = running.iter().filter(|unit| !self.is_allowed(**unit)).collect();
        stopped.iter().for_each(|unit| self.state(**unit).put_off = true);
        !stopped.is_empty()
    }

    /// Queues a unit for which the server has announced changes.
    pub(crate) fn announced(&self, unit: UnitId) {
        self.enqueue_if_allowed(unit, false);
    }

    /// Queues a unit that may have missed announcements of the server.
    pub(crate) fn catch_up(&self, unit: UnitId) {
        self.enqueue_debounced(unit);
    }

    /// Waits until the unit is not in the queue and does not run.
    pub(crate) async fn settles(&self, unit: UnitId) {
        let settled = &self.settled[usize::from(unit.0)];
        while self.queue.waits(unit) || self.state(unit).runs {
            settled.wait().await;
        }
        // Another task may wait for the same unit.
        settled.raise();
    }

    /// Records that the unit's run has ended.
    pub(crate) fn has_settled(&self, unit: UnitId) {
        self.state(unit).runs = false;
        self.settled[usize::from(unit.0)].raise();
    }

    /// Queues a unit that a person requested.
    pub(crate) fn wish(&self, unit: UnitId, discard: bool) {
        self.state(unit).wished = true;
        self.state(unit).released = true;
        self.enqueue(unit, discard);
    }

    /// Drops all queued units.
    pub(crate) fn discard(&self) {
        self.discarded(self.queue.discard(None));
    }

    fn discarded(&self, units: Vec<UnitId>) {
        if !units.is_empty() {
            self.blocked.ask();
        }
        for unit in units {
            self.kept.forget(unit);
            self.settled[usize::from(unit.0)].raise();
            self.process.emit(EngineEvent::UnitDiscarded { unit });
            if self.process.rules.has(Flaw::DiscardsEdits) {
                self.forget_edits_of(unit);
            }
        }
    }

    /// Returns a failed unit to the head of the queue and waits before its retry. The wait ends
    /// early if units are discarded.
    pub(crate) async fn stays_at_head(&self, unit: UnitId, since: Time) {
        if self.queue.put_back(unit, since) {
            self.process.emit(EngineEvent::UnitCoalesced { unit });
        }
        self.blocked.over();
        self.blocked.or(self.process.ports.sleep(HEAD_TRIED_AFTER)).await;
    }

    pub(crate) fn enqueue(&self, unit: UnitId, discard: bool) {
        let (added, discarded) = self.queue.add(unit, discard, self.process.ports.clock.now());
        self.discarded(discarded);
        match added {
            Added::Coalesced => self.process.emit(EngineEvent::UnitCoalesced { unit }),
            Added::Queued { depth } => {
                self.kept.keep(unit);
                self.process.emit(EngineEvent::UnitQueued { unit, depth });
            }
        }
    }

    /// Removes a unit from the queue on disk when its run ends successfully in `tx`. Keeps the unit
    /// if it was requested again.
    pub(crate) fn is_done(&self, tx: &Tx<'_>, unit: UnitId) -> Stored<()> {
        let asked_again = self.queue.waits(unit) || self.state(unit).put_off;
        if asked_again { Ok(()) } else { self.kept.is_done(tx, unit) }
    }

    /// Drops the waiting edits of `unit`. Only a planted bug calls this.
    fn forget_edits_of(&self, unit: UnitId) {
        let entities = &self.process.unit(unit).push;
        let forgotten = self.process.store.transaction(|tx| {
            tx.outbox(entities, usize::MAX)?.iter().try_for_each(|entry| tx.drop_entry(entry.seq))
        });
        self.process.ports.machine.take_on(self.process.store.work());
        // The result is ignored: on a full disk the edits stay.
        drop(forgotten);
    }

    pub(crate) fn last_run(&self, unit: UnitId) -> Run {
        Run { unit, number: self.state(unit).run }
    }

    pub(crate) fn begun(&self, run: Run, now: Time) {
        let state = &mut *self.state(run.unit);
        (state.started, state.run) = (Some(now), run.number);
        if !std::mem::take(&mut state.wished) {
            self.running.borrow_mut().push(run.unit);
        }
        if self.process.rules.has(Flaw::ForgetsAsItBegins) {
            self.kept.forget(run.unit);
        }
        // This run replaces the planned retry.
        state.retry_plan += 1;
    }

    pub(crate) fn wait_at_server(&self, unit: UnitId, queued: usize) {
        self.state(unit).queued = queued;
    }

    pub(crate) fn completed(&self, unit: UnitId) {
        self.running.borrow_mut().retain(|runs| *runs != unit);
        self.state(unit).failures = 0;
        if !self.process.rules.has(Flaw::NeverForgives) {
            self.state(unit).tries = 0;
            self.state(unit).waited = None;
        }
        self.ask_again(unit);
    }

    /// Plans the retry of a failed unit. The backoff grows by one step per failed run. If the run
    /// had more tries than that, their number decides.
    pub(crate) fn failed(&self, run: Run, ended: &RunError) {
        let unit = run.unit;
        self.running.borrow_mut().retain(|runs| *runs != unit);
        let (failures, tries, previous) = {
            let state = &mut *self.state(unit);
            state.failures += 1;
            state.tries = state.tries.saturating_add(1).max(ended.tries);
            state.refused = ended.refused;
            (state.failures, state.tries, state.waited)
        };
        if !self.process.rules.has(Flaw::FailsWithoutAWord) {
            self.process.emit(EngineEvent::SyncError { unit, run: run.number, error: &ended.error });
        }
        if self.process.options.queue == AfterFailure::Blocks {
            let wait = HEAD_TRIED_AFTER;
            return self.process.emit(EngineEvent::RetryScheduled { attempt: tries, wait, in_run: false });
        }
        if self.tries_again(failures) {
            let wait = self.process.rules.wake.wait(tries, self.process.backoff(tries, previous));
            self.state(unit).waited = Some(wait);
            self.process.emit(EngineEvent::RetryScheduled { attempt: tries, wait, in_run: false });
            self.retry_after(unit, wait);
        }
    }

    /// Whether the engine retries a unit after this many failures in a row.
    fn tries_again(&self, failures: u32) -> bool {
        failures < 3 || !self.process.rules.has(Flaw::GivesUpForGood)
    }

    /// Retries a failed unit after this wait, unless another trigger has started it by then.
    fn retry_after(&self, unit: UnitId, wait: Span) {
        self.state(unit).retry_plan += 1;
        let plan = self.state(unit).retry_plan;
        self.after(wait, move |scheduler| {
            if scheduler.state(unit).retry_plan != plan {
                return;
            }
            // A try without a network is pointless. The unit is retried when the network returns.
            if scheduler.process.ports.transport.network() == NetworkKind::None {
                scheduler.state(unit).refused = false;
            } else {
                scheduler.retry(unit);
            }
        });
    }

    /// Plans a query about edits that wait at the server, with growing waits. Another start of the
    /// unit may come first.
    fn ask_again(&self, unit: UnitId) {
        let asked = {
            let state = &mut *self.state(unit);
            state.asked = if state.queued > 0 { state.asked + 1 } else { 0 };
            if state.asked == 0 || std::mem::replace(&mut state.ask_planned, true) {
                return;
            }
            state.asked
        };
        // The server needs time to commit these edits at the backend. An immediate query would find
        // none of them committed.
        let tries = asked.saturating_add(self.process.options.retry.attempts).min(32);
        let wait = self.process.backoff(tries, None);
        self.after(wait, move |scheduler| {
            scheduler.state(unit).ask_planned = false;
            if scheduler.state(unit).queued > 0 {
                scheduler.enqueue_if_allowed(unit, false);
            }
        });
    }

    /// Retries failed units after the network returned, except units that the server refused.
    pub(crate) fn retry_failed(&self) {
        for unit in self.process.unit_ids() {
            if !self.state(unit).refused {
                self.retry(unit);
            }
        }
    }

    fn retry(&self, unit: UnitId) {
        let failures = self.state(unit).failures;
        if failures > 0 && self.tries_again(failures) {
            self.enqueue_if_allowed(unit, false);
        }
    }
}
