//! The life of the process: triggers, queue, one session after the other.

use super::builtin::Builtin;
use super::exchange::RunError;
use super::pull::damaged;
use super::queue::Added;
use super::retry::backoff;
use crate::base::{Span, Time, UnitId};
use crate::contract::{Event, NetworkKind, SyncError, Trigger};
use crate::store::{StoreError, Tx};

/// On a full device the engine looks this often whether there is room again.
const ROOM_LOOKED_FOR: Span = Span::secs(10);

impl Builtin {
    /// Ends what a killed life left open, starts the timers, then serves the queue for ever.
    pub(super) async fn live(self: std::rc::Rc<Self>) {
        // The world opened the database, which may have meant to recover it.
        self.ports.work(self.store.work()).await;
        if self.end_interrupted_runs().await.is_err() {
            return;
        }
        for (index, unit) in self.setup.units.iter().enumerate() {
            for trigger in &unit.on {
                if let Trigger::Every(period) = trigger {
                    self.spawn(self.clone().tick(UnitId(index as u16), *period));
                }
            }
        }
        self.fire(Trigger::Start);
        if self.store.read(|tx| Ok(!tx.pending()?.is_empty())).unwrap_or(false) {
            self.fire(Trigger::Save);
        }
        loop {
            let next = self.queue.borrow_mut().take(self.rules.order.takes_last());
            match next {
                None => self.wake.wait().await,
                Some((unit, since)) if self.rules.order.one_at_a_time() => {
                    self.take_turn().await;
                    if self.session(unit, since).await.is_ok() || self.rules.order.gives_turn_after_failure()
                    {
                        self.give_turn();
                    }
                }
                Some((unit, since)) => {
                    let engine = self.clone();
                    self.spawn(async move { drop(engine.session(unit, since).await) });
                }
            }
        }
    }

    /// Fires a unit's periodic trigger while the app is in the foreground.
    async fn tick(self: std::rc::Rc<Self>, unit: UnitId, period: Span) {
        loop {
            self.ports.sleep(period).await;
            if self.foreground.get() {
                self.enqueue_debounced(unit);
            }
        }
    }

    /// A run that was open when the process died is told as interrupted.
    async fn end_interrupted_runs(&self) -> Result<(), SyncError> {
        let running = self.store.read(|tx| tx.running()).map_err(damaged)?;
        if running.is_empty() {
            return Ok(());
        }
        self.write_down(|tx| running.iter().try_for_each(|(unit, _)| tx.end_run(*unit))).await?;
        for (unit, run) in running {
            self.ports.emit(Event::SyncError { unit, run, error: &SyncError::Interrupted });
        }
        Ok(())
    }

    /// Starts every unit that waits for `trigger`.
    pub(super) fn fire(&self, trigger: Trigger) {
        for (index, unit) in self.setup.units.iter().enumerate() {
            if unit.on.contains(&trigger) {
                match trigger {
                    Trigger::Online | Trigger::Resume => self.enqueue_debounced(UnitId(index as u16)),
                    _ => self.enqueue(UnitId(index as u16), unit.discard_pending),
                }
            }
        }
    }

    /// Queues a unit, but not sooner than the debounce interval after its last start: a flapping network starts one sync an
    /// interval, and the last toggle is not forgotten.
    fn enqueue_debounced(&self, unit: UnitId) {
        let index = usize::from(unit.0);
        let state = self.units.borrow()[index];
        let earliest = state.started.map_or(Time::ZERO, |at| at + self.options.debounce);
        let now = self.ports.clock.now();
        if earliest <= now {
            self.enqueue(unit, self.setup.units[index].discard_pending);
        } else {
            self.enqueue_after(unit, earliest - now);
        }
    }

    fn enqueue_after(&self, unit: UnitId, wait: Span) {
        let index = usize::from(unit.0);
        if std::mem::replace(&mut self.units.borrow_mut()[index].planned, true) {
            return;
        }
        self.after(wait, move |engine| {
            engine.units.borrow_mut()[index].planned = false;
            engine.enqueue(unit, engine.setup.units[index].discard_pending);
        });
    }

    pub(super) fn enqueue(&self, unit: UnitId, discard: bool) {
        let (added, discarded) = self.queue.borrow_mut().add(unit, discard, self.ports.clock.now());
        for unit in discarded {
            self.ports.emit(Event::UnitDiscarded { unit });
        }
        match added {
            Added::Coalesced => self.ports.emit(Event::UnitCoalesced { unit }),
            Added::Queued { depth } => {
                self.ports.emit(Event::UnitQueued { unit, depth });
                self.wake.raise();
            }
        }
    }

    pub(super) async fn take_turn(&self) {
        while self.session_open.replace(true) {
            self.idle.wait().await;
        }
    }

    pub(super) fn give_turn(&self) {
        self.session_open.set(false);
        self.idle.raise();
    }

    /// One run of a unit, with its events.
    async fn session(&self, unit: UnitId, queued_at: Time) -> Result<(), SyncError> {
        let begun = self.store.transaction(|tx| tx.begin_run(unit));
        self.ports.work(self.store.work()).await;
        let run = match &begun {
            // It ends before its beginning is written, and the next may have its number.
            Err(StoreError::Full) => self.store.read(|tx| tx.next_run()),
            begun => begun.clone(),
        };
        let run = run.map_err(damaged)?;
        let started = self.ports.clock.now();
        {
            let state = &mut self.units.borrow_mut()[usize::from(unit.0)];
            (state.started, state.run) = (Some(started), run);
            // It is the try that was planned; another is planned when it fails.
            state.retry_plan += 1;
        }
        self.ports.emit(Event::SyncStart { unit, run, waited: started - queued_at });
        if begun.is_err() {
            self.failed(unit, run, &SyncError::StorageFull.into());
            return Err(SyncError::StorageFull);
        }
        self.crash_point("session.started").await;
        let result = self.transfer(unit).await;
        self.crash_point("session.before-end").await;
        let synced_on = self.ports.clock.wall();
        self.write_down(|tx| {
            if result.is_ok() {
                tx.set_last_sync_on(unit, synced_on)?;
            }
            tx.end_run(unit)
        })
        .await?;
        match &result {
            Ok(()) => self.completed(unit, run, started),
            Err(ended) => self.failed(unit, run, ended),
        }
        self.crash_point("session.ended").await;
        result.map_err(|ended| ended.error)
    }

    /// Writes that runs end. Where there is no room the user is told of that, and of the run's end when there is: an end that is
    /// told and not written would be told again by the next life.
    async fn write_down<R>(&self, f: impl Fn(&Tx<'_>) -> Result<R, StoreError>) -> Result<R, SyncError> {
        loop {
            let written = self.store.transaction(&f);
            self.ports.work(self.store.work()).await;
            match written {
                Err(StoreError::Full) => {
                    self.ports.emit(Event::StorageFull);
                    self.ports.sleep(ROOM_LOOKED_FOR).await;
                }
                written => return written.map_err(damaged),
            }
        }
    }

    /// What a run does: what was edited here goes out before what was changed there comes in.
    pub(super) async fn transfer(&self, unit: UnitId) -> Result<(), RunError> {
        let queued = self.push(unit).await?;
        self.units.borrow_mut()[usize::from(unit.0)].queued = queued;
        self.pull(unit).await
    }

    fn completed(&self, unit: UnitId, run: u64, started: Time) {
        let index = usize::from(unit.0);
        let now = self.ports.clock.now();
        {
            let state = &mut self.units.borrow_mut()[index];
            (state.failures, state.tries, state.waited) = (0, 0, None);
        }
        self.ask_again(unit);
        let blocking = self.setup.units[index].blocking;
        self.ports.emit(Event::SyncComplete { unit, run, took: now - started, blocking });
        if blocking && let Some(login_at) = self.login_at.take() {
            self.ports.emit(Event::Usable { since_login: now - login_at });
        }
        if let Some(next) = self.rules.order.after(unit) {
            self.enqueue(next, false);
        }
    }

    /// A failed unit is tried again by itself, later and later: after the wait that follows the tries of its run, or the next one if the
    /// run before failed, too.
    fn failed(&self, unit: UnitId, run: u64, ended: &RunError) {
        let (failures, tries, previous) = {
            let state = &mut self.units.borrow_mut()[usize::from(unit.0)];
            state.failures += 1;
            state.tries = state.tries.saturating_add(1).max(ended.tries);
            state.refused = ended.refused;
            (state.failures, state.tries, state.waited)
        };
        if self.rules.order.tells_failed_runs() {
            self.ports.emit(Event::SyncError { unit, run, error: &ended.error });
        }
        if self.rules.order.tries_again(failures) {
            let wait = backoff(&self.options.retry, tries, previous, &mut self.retry_stream.borrow_mut());
            self.units.borrow_mut()[usize::from(unit.0)].waited = Some(wait);
            self.ports.emit(Event::RetryScheduled { attempt: tries, wait, in_run: false });
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
        self.after(wait, move |engine| {
            if engine.units.borrow()[index].retry_plan != plan {
                return;
            }
            // Without a network a try is vain, and the next is made when one comes.
            if engine.ports.transport.network() == NetworkKind::None {
                engine.units.borrow_mut()[index].refused = false;
            } else {
                engine.retry(unit);
            }
        });
    }

    /// Edits that wait at the server are asked about again, later and later, if nothing else starts the unit before.
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
        // The server needs some time to bring them to the backend: a try at once would ask in vain.
        let tries = asked.saturating_add(self.options.retry.attempts).min(32);
        let wait = backoff(&self.options.retry, tries, None, &mut self.retry_stream.borrow_mut());
        self.after(wait, move |engine| {
            let waits = {
                let state = &mut engine.units.borrow_mut()[index];
                state.ask_planned = false;
                state.queued > 0
            };
            if waits {
                engine.enqueue(unit, false);
            }
        });
    }

    /// The network is back: what failed for want of one need not wait any longer.
    pub(super) fn retry_failed(&self) {
        for index in 0..self.setup.units.len() {
            if !self.units.borrow()[index].refused {
                self.retry(UnitId(index as u16));
            }
        }
    }

    fn retry(&self, unit: UnitId) {
        let failures = self.units.borrow()[usize::from(unit.0)].failures;
        if failures > 0 && self.rules.order.tries_again(failures) {
            self.enqueue(unit, false);
        }
    }
}
