//! Runs one sync unit after another. A run sends local edits, then pulls remote changes.

use std::cell::Cell;
use std::rc::Rc;

use xxhash_rust::xxh3::xxh3_64;

use crate::base::{EntityId, Span, Stamp, Time, UnitId};
use crate::contract::{EngineEvent, Occasion, SyncError, UnitEvent};
use crate::engine::apply::applier::Applier;
use crate::engine::apply::page_changes::tell_changes;
use crate::engine::attachment_options::{BlobQueue, With};
use crate::engine::exchange::{Caller, RunError};
use crate::engine::flaws::Flaw;
use crate::engine::limits::PagesLeft;
use crate::engine::options::SyncDate;
use crate::engine::process::Process;
use crate::engine::pull::puller::{Puller, Run};
use crate::engine::pull::push_with_pull::CombinedPull;
use crate::engine::push::attachments::BlobSender;
use crate::engine::push::capture;
use crate::engine::push::conflict_page::held;
use crate::engine::push::outbox_limits;
use crate::engine::push::pusher::Pusher;
use crate::engine::tasks::Signal;
use crate::engine::unit::reset::reset;
use crate::engine::unit::scheduler::Scheduler;
use crate::store::{SHARED, StoreError, Stored, Tx};

/// The interval at which the engine checks a full disk for free space.
const ROOM_LOOKED_FOR: Span = Span::secs(10);

pub(crate) struct Session {
    process: Rc<Process>,
    scheduler: Rc<Scheduler>,
    pub(crate) puller: Puller,
    pusher: Pusher,
    pub(crate) blobs: Rc<BlobSender>,
    open: Cell<bool>,
    idle: Signal,
}

impl Session {
    pub(crate) fn new(process: Rc<Process>, scheduler: Rc<Scheduler>) -> Session {
        let caller = Rc::new(Caller::new(process.clone()));
        let applier = Applier::new(process.clone());
        let blobs = Rc::new(BlobSender::new(process.clone(), caller.clone(), scheduler.clone()));
        Session {
            puller: Puller { process: process.clone(), caller: caller.clone(), applier },
            pusher: Pusher { process: process.clone(), caller, blobs: blobs.clone() },
            blobs,
            process,
            scheduler,
            open: Cell::new(false),
            idle: Signal::default(),
        }
    }

    /// Ends runs that were under way when the last process died, and reports them as interrupted.
    pub(crate) async fn end_interrupted_runs(&self) -> Result<(), SyncError> {
        tell_cursors(&self.process);
        let running = self.process.store.read(|tx| tx.running())?;
        if running.is_empty() {
            return Ok(());
        }
        self.write_down(|tx| running.iter().try_for_each(|(unit, _)| tx.end_run(*unit))).await?;
        for (unit, run) in running {
            let error = &SyncError::Interrupted;
            self.process.emit(EngineEvent::SyncError { unit, run, error });
            self.ended(Occasion::SyncError(unit, run, error)).await;
        }
        Ok(())
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.open.get()
    }

    pub(crate) async fn take_turn(&self) {
        while self.open.replace(true) {
            self.idle.wait().await;
        }
    }

    pub(crate) fn give_turn(&self) {
        self.open.set(false);
        self.process.stop.over();
        self.idle.raise();
    }

    pub(crate) fn cancel(&self) -> bool {
        let runs = self.open.get();
        if runs {
            self.process.stop.ask();
        }
        runs
    }

    pub(crate) async fn run(&self, unit: UnitId, queued_at: Time) -> Result<(), SyncError> {
        let begun = self.process.write(|tx| tx.begin_run(unit)).await;
        let number = match &begun {
            // On a full disk the start of this run is not written. So the next run may get the same
            // number.
            Err(StoreError::Full) => self.process.store.read(|tx| tx.next_run()),
            begun => begun.clone(),
        };
        let run = Run { unit, number: number? };
        let (started, began) = (self.process.ports.clock.now(), self.process.ports.clock.wall());
        self.scheduler.begun(run, started);
        tell_cursors(&self.process);
        self.process.emit(EngineEvent::SyncStart { unit, run: run.number, waited: started - queued_at });
        if begun.is_err() {
            self.failed(run, &SyncError::StorageFull.into()).await;
            return Err(SyncError::StorageFull);
        }
        self.process.crash_point("session.started").await;
        let mut leaves = false;
        let result = match self.process.hook(Occasion::SyncStart(unit, run.number)).await {
            Ok(()) => self.transfer(run).await.map(|has_left| leaves = has_left),
            Err(failed) => Err(failed.into()),
        };
        self.process.crash_point("session.before-end").await;
        let synced_on = match self.process.options.push.sync_date {
            SyncDate::Start => began,
            SyncDate::End => self.process.ports.clock.wall(),
        };
        let (lifted, moved) = self
            .write_down(|tx| {
                let (mut lifted, mut moved) = (Vec::new(), Vec::new());
                if result.is_ok() || self.process.rules.has(Flaw::DatesWhatWasCut) {
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
        self.puller.applier.report_saved_cursors(unit, moved);
        tell_cursors(&self.process);
        tell_changes(&self.process, Some(unit), &lifted, 0, Span::ZERO);
        match &result {
            Ok(()) => self.completed(run, started, leaves).await,
            Err(ended) => self.failed(run, ended).await,
        }
        self.process.crash_point("session.ended").await;
        result.map_err(|ended| ended.error)
    }

    /// Waits until no other run is under way, then syncs a unit without the events of a run.
    pub(crate) async fn sync(&self, unit: UnitId) -> Result<(), SyncError> {
        self.take_turn().await;
        let result = self.sync_at_once(unit).await;
        self.give_turn();
        result
    }

    /// Syncs a unit at once, even while other runs are under way.
    pub(crate) async fn sync_at_once(&self, unit: UnitId) -> Result<(), SyncError> {
        self.transfer(self.scheduler.last_run(unit)).await.map(drop).map_err(|ended| ended.error)
    }

    /// Writes the end of runs to disk. If the disk is full, reports this and waits for space.
    /// Without the wait, the next process would report the same end again.
    async fn write_down<R>(&self, f: impl Fn(&Tx<'_>) -> Stored<R>) -> Result<R, SyncError> {
        loop {
            match self.process.write(&f).await {
                Err(StoreError::Full) => {
                    self.process.emit(EngineEvent::StorageFull);
                    self.process.ports.sleep(ROOM_LOOKED_FOR).await;
                }
                written => return Ok(written?),
            }
        }
    }

    fn set_date(&self, tx: &Tx<'_>, unit: UnitId, synced_on: Stamp) -> Stored<()> {
        tx.set_last_sync_on(unit, synced_on)?;
        if self.process.rules.has(Flaw::DatesAllUnits) {
            return self.process.unit_ids().try_for_each(|unit| tx.set_last_sync_on(unit, synced_on));
        }
        Ok(())
    }

    /// Sends edits and pulls rows. If the server demands that the device discard its database,
    /// handles this demand and then repeats both once. Returns true if the limit of pages per run
    /// ended the pull early.
    async fn transfer(&self, run: Run) -> Result<bool, RunError> {
        let ended = self.transfer_once(run).await;
        if ended.is_ok() || !self.pusher.caller.takes_demand() {
            return ended;
        }
        reset(&self.process, &self.puller.applier).await?;
        self.transfer_once(run).await
    }

    async fn transfer_once(&self, run: Run) -> Result<bool, RunError> {
        held(&self.process, run.unit)?;
        self.puller.applier.begin(run.unit).await?;
        outbox_limits::trim(&self.process, Some(run.unit)).await?;
        let entities = &self.process.unit(run.unit).push;
        if self.blobs.go(BlobQueue::Before) {
            self.blobs.send(entities, true).await?;
        }
        let mut along = CombinedPull::begin(&self.puller, run).await?;
        let mut left = self.pusher.push(run.unit, &mut along).await?;
        self.scheduler.wait_at_server(run.unit, left.queued);
        let leaves = along.pull().await?;
        self.puller.applier.show(run.unit).await?;
        self.pusher.set_aside_lone(run.unit, &mut left).await?;
        if !self.blobs.go(BlobQueue::Behind) {
            return left.end().map(|()| leaves);
        }
        let sent = self.blobs.send(entities, true).await?;
        if sent > 0 && self.process.options.attachments.with == With::Row {
            let mut alone = CombinedPull::none(&self.puller, run);
            left = self.pusher.push(run.unit, &mut alone).await?;
            self.scheduler.wait_at_server(run.unit, left.queued);
        }
        left.end().map(|()| leaves)
    }

    async fn completed(&self, run: Run, started: Time, leaves: bool) {
        let Run { unit, number: run } = run;
        let after = self.process.options.pull.pages.left;
        if leaves {
            let ready = after == PagesLeft::Ready;
            self.process.emit(EngineEvent::Unit(UnitEvent::PagesLeft { unit, ready }));
        }
        let took = self.process.ports.clock.now() - started;
        self.scheduler.completed(unit);
        let blocking = self.process.unit(unit).blocking;
        let times = if self.process.rules.has(Flaw::CompletesTwice) { 2 } else { 1 };
        for _ in 0..times {
            self.process.emit(EngineEvent::SyncComplete { unit, run, took, blocking });
            self.ended(Occasion::SyncComplete(unit, run)).await;
        }
        if leaves && after == PagesLeft::Again {
            self.scheduler.enqueue(unit, false);
        }
    }

    async fn failed(&self, run: Run, ended: &RunError) {
        self.scheduler.failed(run, ended);
        if !self.process.rules.has(Flaw::FailsWithoutAWord) {
            self.ended(Occasion::SyncError(run.unit, run.number, &ended.error)).await;
        }
    }

    /// Calls the app's hook for the end of a run. The hook's result does not change the result of
    /// the run.
    async fn ended(&self, occasion: Occasion<'_>) {
        // `hook` reports a failure of the hook itself.
        drop(self.process.hook(occasion).await);
    }
}

/// Reports the positions of all cursors and dates, if the options ask for this. A read error is
/// ignored here: the next read of the same data reports it.
fn tell_cursors(process: &Process) {
    if !process.store.options().watch_cursors {
        return;
    }
    let Ok((cursors, dates)) = process.store.read(|tx| Ok((tx.all_progress()?, tx.all_dates()?))) else {
        return;
    };
    // This read belongs to the simulator, so it costs the device nothing.
    _ = process.store.work();
    let whose = |unit: UnitId| (unit != SHARED).then_some(unit);
    let at: Vec<(Option<UnitId>, EntityId, u64)> = cursors
        .into_iter()
        .filter_map(|(unit, entity, cursor)| Some((whose(unit), entity, xxh3_64(cursor?.as_bytes()))))
        .collect();
    process.emit(EngineEvent::Unit(UnitEvent::Cursors { at: &at, dates: &dates }));
}
