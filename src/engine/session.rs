//! One run after the other: what was edited here goes out before what was changed there comes in.

use std::cell::Cell;
use std::rc::Rc;

use super::along::Along;
use super::apply::Applier;
use super::blob_options::{BlobQueue, With};
use super::blobs::BlobSender;
use super::capture;
use super::exchange::{Caller, RunError};
use super::page::held;
use super::process::{Process, damaged};
use super::pull::{Puller, Run};
use super::push::Pusher;
use super::scheduler::Scheduler;
use super::signal::Signal;
use super::watched::tell_cursors;
use crate::base::{Span, Stamp, Time, UnitId};
use crate::contract::{Event, Occasion, SyncError};
use crate::store::{StoreError, Tx};

/// On a full device the engine looks this often whether there is room again.
const ROOM_LOOKED_FOR: Span = Span::secs(10);

/// Who runs units.
pub(super) struct Session {
    process: Rc<Process>,
    scheduler: Rc<Scheduler>,
    pub(super) puller: Puller,
    pusher: Pusher,
    pub(super) blobs: Rc<BlobSender>,
    open: Cell<bool>,
    idle: Signal,
}

impl Session {
    pub(super) fn new(process: Rc<Process>, scheduler: Rc<Scheduler>) -> Session {
        let caller = Rc::new(Caller::new(process.clone()));
        let applier = Applier::new(process.clone());
        let blobs = Rc::new(BlobSender::new(process.clone(), caller.clone()));
        Session {
            puller: Puller { process: process.clone(), caller: caller.clone(), applier },
            pusher: Pusher::new(process.clone(), caller, blobs.clone()),
            blobs,
            process,
            scheduler,
            open: Cell::new(false),
            idle: Signal::default(),
        }
    }

    /// A run that was open when the process died is told as interrupted.
    pub(super) async fn end_interrupted_runs(&self) -> Result<(), SyncError> {
        tell_cursors(&self.process);
        let running = self.process.store.read(|tx| tx.running()).map_err(damaged)?;
        if running.is_empty() {
            return Ok(());
        }
        self.write_down(|tx| running.iter().try_for_each(|(unit, _)| tx.end_run(*unit))).await?;
        for (unit, run) in running {
            let error = &SyncError::Interrupted;
            self.process.emit(Event::SyncError { unit, run, error });
            self.ended(Occasion::SyncError(unit, run, error)).await;
        }
        Ok(())
    }

    /// Whether somebody has the turn.
    pub(super) fn is_under_way(&self) -> bool {
        self.open.get()
    }

    pub(super) async fn take_turn(&self) {
        while self.open.replace(true) {
            self.idle.wait().await;
        }
    }

    pub(super) fn give_turn(&self) {
        self.open.set(false);
        self.process.stop.over();
        self.idle.raise();
    }

    /// Ends the run under way, if one is.
    pub(super) fn cancel(&self) -> bool {
        let runs = self.open.get();
        if runs {
            self.process.stop.ask();
        }
        runs
    }

    /// One run of a unit, with its events.
    pub(super) async fn run(&self, unit: UnitId, queued_at: Time) -> Result<(), SyncError> {
        let (begun, _) = self.process.write(|tx| tx.begin_run(unit)).await;
        let number = match &begun {
            // It ends before its beginning is written, and the next may have its number.
            Err(StoreError::Full) => self.process.store.read(|tx| tx.next_run()),
            begun => begun.clone(),
        };
        let run = Run { unit, number: number.map_err(damaged)? };
        let (started, began) = (self.process.ports.clock.now(), self.process.ports.clock.wall());
        self.scheduler.begun(run, started);
        tell_cursors(&self.process);
        self.process.emit(Event::SyncStart { unit, run: run.number, waited: started - queued_at });
        if begun.is_err() {
            self.failed(run, &SyncError::StorageFull.into()).await;
            return Err(SyncError::StorageFull);
        }
        self.process.crash_point("session.started").await;
        let result = match self.process.hook(Occasion::SyncStart(unit, run.number)).await {
            Ok(()) => self.transfer(run).await,
            Err(failed) => Err(failed.into()),
        };
        self.process.crash_point("session.before-end").await;
        let date = self.process.options.push.sync_date;
        let synced_on = capture::synced_on(date, began, self.process.ports.clock.wall());
        let (lifted, moved) = self
            .write_down(|tx| {
                let (mut lifted, mut moved) = (capture::Lifted::new(), Vec::new());
                if result.is_ok() || self.process.rules.cursor.dates_what_was_cut() {
                    self.set_date(tx, unit, synced_on)?;
                }
                if result.is_ok() {
                    lifted = capture::pass_by(&self.process, tx, unit, synced_on)?;
                    moved = self.puller.applier.ends_well(tx, unit)?;
                    self.scheduler.is_done(tx, unit)?;
                }
                tx.end_run(unit)?;
                Ok((lifted, moved))
            })
            .await?;
        self.puller.applier.tell_moved(unit, moved);
        tell_cursors(&self.process);
        capture::tell(&self.process, unit, &lifted);
        match &result {
            Ok(()) => self.completed(run, started).await,
            Err(ended) => self.failed(run, ended).await,
        }
        self.process.crash_point("session.ended").await;
        result.map_err(|ended| ended.error)
    }

    /// A run of a unit without its events, when its turn has come.
    pub(super) async fn sync(&self, unit: UnitId) -> Result<(), SyncError> {
        self.take_turn().await;
        let result = self.sync_at_once(unit).await;
        self.give_turn();
        result
    }

    /// The same beside whatever runs: nobody's turn is asked for.
    pub(super) async fn sync_at_once(&self, unit: UnitId) -> Result<(), SyncError> {
        self.transfer(self.scheduler.last_run(unit)).await.map_err(|ended| ended.error)
    }

    /// Writes that runs end. Where there is no room the user is told of that, and of the run's end
    /// when there is: an end that is told and not written would be told again by the next life.
    async fn write_down<R>(&self, f: impl Fn(&Tx<'_>) -> Result<R, StoreError>) -> Result<R, SyncError> {
        loop {
            let (written, _) = self.process.write(&f).await;
            match written {
                Err(StoreError::Full) => {
                    self.process.emit(Event::StorageFull);
                    self.process.ports.sleep(ROOM_LOOKED_FOR).await;
                }
                written => return written.map_err(damaged),
            }
        }
    }

    /// The unit has completed.
    fn set_date(&self, tx: &Tx<'_>, unit: UnitId, synced_on: Stamp) -> Result<(), StoreError> {
        tx.set_last_sync_on(unit, synced_on)?;
        if self.process.rules.cursor.dates_all() {
            let units = (0..self.process.setup.units.len()).map(|unit| UnitId(unit as u16));
            return units.into_iter().try_for_each(|unit| tx.set_last_sync_on(unit, synced_on));
        }
        Ok(())
    }

    async fn transfer(&self, run: Run) -> Result<(), RunError> {
        held(&self.process, run.unit)?;
        self.puller.applier.begin(run.unit).await?;
        let entities = &self.process.setup.units[usize::from(run.unit.0)].push;
        if self.blobs.go(BlobQueue::Before) {
            self.blobs.send(entities, true).await?;
        }
        let mut along = Along::begin(&self.puller, run).await?;
        let queued = self.pusher.push(run.unit, &mut along).await?;
        self.scheduler.wait_at_server(run.unit, queued);
        along.pull().await?;
        self.puller.applier.show(run.unit).await?;
        if !self.blobs.go(BlobQueue::Behind) {
            return self.pusher.end(run.unit);
        }
        let sent = self.blobs.send(entities, true).await?;
        if sent > 0 && self.process.options.attachments.with == With::Row {
            let mut alone = Along::none(&self.puller, run);
            let queued = self.pusher.push(run.unit, &mut alone).await?;
            self.scheduler.wait_at_server(run.unit, queued);
        }
        self.pusher.end(run.unit)
    }

    async fn completed(&self, run: Run, started: Time) {
        let (unit, now) = (run.unit, self.process.ports.clock.now());
        self.scheduler.completed(unit);
        let blocking = self.process.setup.units[usize::from(unit.0)].blocking;
        for _ in 0..self.process.rules.order.completions() {
            self.process.emit(Event::SyncComplete { unit, run: run.number, took: now - started, blocking });
            self.ended(Occasion::SyncComplete(unit, run.number)).await;
        }
    }

    async fn failed(&self, run: Run, ended: &RunError) {
        self.scheduler.failed(run, ended);
        if self.process.rules.order.tells_failed_runs() {
            self.ended(Occasion::SyncError(run.unit, run.number, &ended.error)).await;
        }
    }

    /// Calls the app's hook for the end of a run, which stands whatever that does.
    async fn ended(&self, occasion: Occasion<'_>) {
        // One that fails tells so by itself.
        drop(self.process.hook(occasion).await);
    }
}
