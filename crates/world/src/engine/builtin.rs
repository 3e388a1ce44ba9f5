//! The built-in engine: its parts, its life cycle, and its interface to the simulation.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::attachment_options::{BlobQueue, With};
use super::big_rows;
use super::flaws::Flaw;
use super::options::{
    AfterFailure, Atomic, Checkpoint, DatabasePer, Dates, EngineOptions, QueueKept, SecondEdit,
};
use super::process::Process;
use super::rules::Rules;
use super::view::View;
use crate::base::{EditId, EntityId, Incarnation, Key, Span, Stamp, Time, UnitId};
use crate::contract::{
    AppEvent, Database, DeviceSetup, DeviceView, EditError, EditKind, EngineError, EngineEvent,
    EngineFactory, LocalBoxFuture, LocalEdit, NetworkKind, Opened, Pick, Ports, Provision, Saving,
    SyncEngine, SyncError, Trigger, WaitingEdits,
};
use crate::engine::live::Listener;
use crate::engine::push::capture;
use crate::engine::push::conflict_page;
use crate::engine::push::outbox_limits;
use crate::engine::unit::logout;
use crate::engine::unit::scheduler::Scheduler;
use crate::engine::unit::session::Session;
use crate::store::{self, Store, Tx};

/// The built-in engine in one process of the app.
pub(crate) struct Builtin {
    process: Rc<Process>,
    scheduler: Rc<Scheduler>,
    session: Rc<Session>,
    listener: Listener,
    view: View,
}

impl Builtin {
    async fn run_unit(&self, unit: UnitId, since: Time) -> Result<(), SyncError> {
        let ended = self.session.run(unit, since).await;
        self.scheduler.has_settled(unit);
        ended
    }

    async fn run_beside(self: &Rc<Self>, unit: UnitId, since: Time) {
        if self.scheduler.wait_for_free_slot(unit).await {
            self.session.take_turn().await;
        }
        self.scheduler.begins_beside(unit);
        let engine = self.clone();
        self.process.spawn(async move {
            drop(engine.run_unit(unit, since).await);
            if engine.scheduler.ends_beside(unit) {
                engine.session.give_turn();
            }
        });
    }

    /// Handles the end of uploads outside of a run: fires the save trigger, so that rows are sent
    /// that waited for these uploads.
    fn blobs_went(&self) {
        if self.process.options.attachments.with == With::Row {
            self.scheduler.fire(Trigger::Save);
        }
    }

    /// Starts uploads that were held back.
    fn blobs_may_go(&self) {
        if self.scheduler.minds_the_network() {
            self.session.blobs.made.raise();
        }
    }

    fn network_came(&self) {
        if !self.process.rules.has(Flaw::IgnoresTheNetwork) {
            // Failed units are queued first. So the sync that `Online` starts can discard them with
            // all other waiting units.
            self.scheduler.retry_failed();
            self.scheduler.fire(Trigger::Online);
            if self.scheduler.network_changed() {
                self.session.cancel();
            }
            self.blobs_may_go();
        }
        self.listener.hurry();
        self.process.network_changed();
    }

    fn ask_for_network(self: &Rc<Self>, period: Span) {
        let network = self.process.ports.transport.network();
        let (engine, before) = (Rc::downgrade(self), Cell::new(network));
        self.process.ports.every(period, move || {
            let Some(engine) = engine.upgrade() else { return };
            engine.process.emit(EngineEvent::NetworkAsked);
            engine.process.ports.machine.computes(engine.process.options.network_poll_cpu);
            let now = engine.process.ports.transport.network();
            match before.replace(now) {
                same if same == now => {}
                _ if now == NetworkKind::None => engine.process.network_changed(),
                _ => engine.network_came(),
            }
        });
    }

    /// Ends runs that a killed process left open, starts the timers, then serves the queue until
    /// the process ends.
    async fn live(self: Rc<Self>) {
        // The simulation opened the database before this call, and a recovery may have taken time.
        self.process.settle_work().await;
        if self.session.end_interrupted_runs().await.is_err() {
            return;
        }
        conflict_page::tell_open(&self.process).await;
        self.trim_outbox();
        self.scheduler.start();
        if let Some(period) = self.process.options.network_poll {
            self.ask_for_network(period);
        }
        if self.session.blobs.go(BlobQueue::Beside) {
            let engine = self.clone();
            self.process.spawn(async move { engine.session.blobs.send_beside(|| engine.blobs_went()).await });
        }
        let rules = &self.process.rules;
        loop {
            let (unit, since) = self.scheduler.next().await;
            if rules.has(Flaw::TwoAtOnce) {
                let engine = self.clone();
                self.process.spawn(async move { drop(engine.run_unit(unit, since).await) });
            } else if self.process.options.sessions > 1 {
                self.run_beside(unit, since).await;
            } else {
                self.session.take_turn().await;
                let went_well = self.run_unit(unit, since).await.is_ok();
                if went_well || !rules.has(Flaw::TurnNeverGivenBack) {
                    self.session.give_turn();
                }
                if !went_well && self.process.options.queue == AfterFailure::Blocks {
                    self.scheduler.stays_at_head(unit, since).await;
                }
            }
        }
    }

    /// Drops edits beyond the limits of the outbox. While a run is under way, this does nothing:
    /// each run drops such edits when it begins.
    fn trim_outbox(&self) {
        if self.process.options.push.outbox.exist() && !self.session.is_under_way() {
            let process = self.process.clone();
            self.process.spawn(async move { drop(outbox_limits::trim(&process, None).await) });
        }
    }

    fn save(&self, edit: &LocalEdit) -> Result<(), EditError> {
        let made_at = match self.process.options.dates {
            Dates::Utc => self.process.ports.clock.wall(),
            Dates::Local => self.process.ports.clock.local(),
        };
        if self.process.options.conflict.second_edit == SecondEdit::Refused
            && self.process.store.read(|tx| store::conflicts::is_open(tx, edit.entity, edit.key.as_str()))?
        {
            return Err(EditError::InConflict);
        }
        if edit.kind != EditKind::Create && !big_rows::shows(&self.process, edit.entity, &edit.key) {
            return Err(EditError::Storage("the row is too large to be read".to_owned()));
        }
        if outbox_limits::refuses(&self.process, edit.entity)? {
            return Err(EditError::OutboxFull);
        }
        let saved = self.process.save(edit, made_at);
        if saved.is_ok() && edit.kind == EditKind::Delete && self.process.has_excerpts(edit.entity) {
            let gone =
                |tx: &Tx<'_>| store::excerpts::remove_by(tx, edit.entity, edit.key.as_str(), Stamp(i64::MAX));
            self.process.store.transaction(gone)?;
        }
        self.process.ports.machine.take_on(self.process.store.work());
        if let Some(key) = saved? {
            self.process.emit(EngineEvent::Renamed { entity: edit.entity, from: &edit.key, to: &key });
        }
        self.process.show();
        self.session.blobs.made.raise();
        self.trim_outbox();
        if !self.session.is_under_way() || !self.process.rules.has(Flaw::MissesSavesInARun) {
            self.scheduler.fire(Trigger::Save);
        }
        Ok(())
    }
}

impl SyncEngine for Builtin {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.live())
    }

    fn on(&self, event: AppEvent) {
        match event {
            // An engine that polls the network gets no network events.
            AppEvent::Online | AppEvent::Offline if self.process.options.network_poll.is_some() => {}
            AppEvent::Online => self.network_came(),
            AppEvent::Offline => self.process.network_changed(),
            AppEvent::Pause => self.scheduler.foreground.set(false),
            AppEvent::Background => {
                self.scheduler.fire(Trigger::Background);
                self.listener.opened();
            }
            AppEvent::Login | AppEvent::Resume => {
                self.scheduler.foreground.set(true);
                event.trigger().into_iter().for_each(|trigger| self.scheduler.fire(trigger));
                self.listener.opened();
            }
        }
    }

    fn push_message(&self, message: &[u8]) {
        self.listener.push_message(message);
    }

    fn edit(&self, edit: &LocalEdit) -> Saving {
        self.save(edit).into()
    }

    fn trigger(&self, unit: UnitId, discard_pending: bool) {
        self.scheduler.wish(unit, discard_pending);
        self.blobs_may_go();
    }

    fn discard(&self) {
        self.scheduler.discard();
    }

    fn sync(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async move { self.session.sync(unit).await })
    }

    fn sync_at_once(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async move { self.session.sync_at_once(unit).await })
    }

    fn cancel(&self) -> bool {
        self.session.cancel()
    }

    fn resolve(self: Rc<Self>, edit: EditId, pick: Pick) -> LocalBoxFuture<'static, Result<(), EditError>> {
        Box::pin(async move {
            if !self.process.options.conflict.policy.has_page()
                || !conflict_page::resolve(&self.process, edit, &pick).await?
            {
                return Err(EditError::NoSuchRow);
            }
            self.scheduler.fire(Trigger::Save);
            self.scheduler.retry_failed();
            Ok(())
        })
    }

    fn fetch(self: Rc<Self>, entity: EntityId, of: Key) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async move { self.session.puller.fetch_rows(entity, of).await.map_err(|ended| ended.error) })
    }

    fn log_out(self: Rc<Self>) -> LocalBoxFuture<'static, Result<(), u64>> {
        Box::pin(async move { logout::log_out(&self.process, &self.session).await })
    }

    fn load_again(self: Rc<Self>, waiting: WaitingEdits) -> LocalBoxFuture<'static, ()> {
        Box::pin(async move {
            if logout::load_again(&self.process, &self.session, waiting).await {
                let pulls = |unit: &UnitId| !self.process.unit(*unit).pull.is_empty();
                self.process.unit_ids().filter(pulls).for_each(|unit| self.scheduler.wish(unit, false));
            }
        })
    }

    fn view(&self) -> Option<&dyn DeviceView> {
        Some(&self.view)
    }
}

/// Opens built-in engines with these options and rules.
#[derive(Clone)]
pub struct BuiltinFactory {
    /// The engine's options.
    pub options: Rc<EngineOptions>,
    /// The options of the device's database.
    pub store: store::StoreOptions,
    /// The engine's rules; a planted bug replaces one of them.
    pub rules: Rules,
}

impl BuiltinFactory {
    /// A factory with the correct rules for these options.
    pub fn new(options: EngineOptions, store: store::StoreOptions) -> BuiltinFactory {
        let rules = capture::rules(&options);
        BuiltinFactory { rules, options: Rc::new(options), store }
    }

    fn of_person(&self, database: Database, person: u32) -> Database {
        if person == 0 || !self.keeps_persons_apart() {
            return database;
        }
        Database { path: format!("{}-{person}", database.path), ..database }
    }

    /// Whether there are tables for open conflicts, for excerpts of rows, and for attachments.
    fn has_tables(&self, setup: &DeviceSetup) -> (bool, bool, bool) {
        let has_excerpts = setup.units.iter().any(|unit| !unit.excerpts.is_empty());
        let has_blobs = !setup.schema.attachments.is_empty();
        (self.options.conflict.policy.has_page(), has_excerpts, has_blobs)
    }
    fn view(&self, setup: &DeviceSetup, store: Rc<Store>) -> View {
        View::new(store, Arc::clone(&setup.units), self.has_tables(setup))
    }
}

impl EngineFactory for BuiltinFactory {
    fn open(
        &self,
        setup: Rc<DeviceSetup>,
        incarnation: Incarnation,
        database: Database,
        ports: Ports,
    ) -> Opened {
        let database = self.of_person(database, setup.person);
        let store = Store::open(&database, setup.schema.clone(), &self.store).map_err(refused)?;
        let store = Rc::new(store);
        let pull = &self.options.pull;
        let (has_page, has_excerpts, has_blobs) = self.has_tables(&setup);
        let (as_a_whole, begins_again) =
            (pull.atomic == Atomic::Session, pull.checkpoint == Checkpoint::Session);
        for (are_used, tables) in [
            (has_page, store::conflicts::TABLES),
            (has_blobs, store::blobs::TABLES),
            (has_excerpts, store::excerpts::TABLES),
            (as_a_whole, store::staged::TABLES),
            (begins_again && !as_a_whole, store::WHOLE_SYNCS),
            (self.options.queue_kept == QueueKept::Disk, store::waiting::TABLES),
        ] {
            if are_used {
                store.transaction(|tx| tx.make(tables)).map_err(refused)?;
            }
        }
        let view = self.view(&setup, store.clone());
        let (options, rules) = (self.options.clone(), self.rules.clone());
        let process = Rc::new(Process::new(setup, incarnation, ports, store, options, rules));
        let scheduler = Scheduler::new(process.clone());
        let session = Rc::new(Session::new(process.clone(), scheduler.clone()));
        let listener = Listener::new(process.clone(), scheduler.clone(), session.clone());
        Ok(Rc::new(Builtin { process, scheduler, session, listener, view }))
    }

    fn provision(
        &self,
        setup: &DeviceSetup,
        database: Database,
        state: Option<&dyn Provision>,
    ) -> Result<(), EngineError> {
        let made = match state {
            None => Store::create(&database, &setup.schema, &self.store),
            Some(state) => store::provision(&database, &setup.schema, &setup.units, &self.store, state),
        };
        made.map_err(refused)
    }

    fn view_of(&self, setup: &DeviceSetup, copy: Database) -> Option<Box<dyn DeviceView>> {
        let copy = self.of_person(copy, setup.person);
        let store = Store::open(&copy, setup.schema.clone(), &self.store).ok()?;
        Some(Box::new(self.view(setup, Rc::new(store))))
    }

    fn keeps_persons_apart(&self) -> bool {
        self.options.database_per == DatabasePer::Person
    }
}

fn refused(error: store::StoreError) -> EngineError {
    EngineError(error.to_string())
}
