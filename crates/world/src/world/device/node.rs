//! A device: hardware, disk and link are permanent; the app's process starts and ends.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Time, UnitId, Value};
use crate::contract::{
    AppEvent, CallEvent, DeviceView, EditError, EngineEvent, Event, Hook, KillReason, LocalBoxFuture,
    LocalEdit, Node, PhoneEvent, Pick, Ports, Saving, SyncEngine, SyncError, WaitingEdits, Work,
};
use crate::disk::PowerLoss;
use crate::faults::{Cancel, Struck};
use crate::net::{Link, Way};
use crate::setup::Asking;
use crate::sim::{Handle, NodeId};
use crate::world::device::app::App;
use crate::world::device::hardware::Hardware;
use crate::world::device::older_version::Narrow;
use crate::world::device::screen::{Screen, Wish};
use crate::world::device::storage::{Saved, Storage};
use crate::world::device::suspension::Suspension;
use crate::world::faults::crash::CrashBook;
use crate::world::hub::Hub;
use crate::world::people::allowed::Allowed;
use crate::world::people::attention::Attention;
use crate::world::server::requests_in::Counter;

/// A device without power starts again after this delay, unless the fault gives another.
const POWER_ON_DELAY: Span = Span::secs(60);

pub(crate) struct Device {
    pub(crate) me: Weak<Device>,
    pub(crate) id: DeviceId,
    pub(crate) handle: Handle,
    pub(crate) world: NodeId,
    pub(crate) hub: Rc<Hub>,
    pub(crate) link: Rc<RefCell<Link>>,
    pub(crate) way: Rc<Way>,
    pub(crate) counter: Rc<Counter>,
    pub(crate) ports: Ports,
    pub(crate) app: App,
    pub(crate) storage: Storage,
    pub(crate) crash: CrashBook,
    pub(crate) cancels: RefCell<VecDeque<Cancel>>,
    pub(crate) suspension: Suspension,
    pub(crate) hardware: Hardware,
    pub(crate) attention: Attention,
    pub(crate) screen: Screen,
    pub(crate) unsaved: RefCell<Vec<PendingSave>>,
    pub(crate) allowed: Allowed,
}

/// An edit that the person has not yet seen as saved.
pub(crate) struct PendingSave {
    edit: LocalEdit,
    since: Time,
    locked: Span,
}

impl Device {
    pub(crate) fn now(&self) -> Time {
        self.handle.now()
    }
    pub(crate) fn is_running(&self) -> bool {
        self.app.runs()
    }
    pub(crate) fn start(&self) {
        if self.is_running() {
            return;
        }
        let incarnation = self.app.come_up();
        self.before_poll();
        let (disk, setup) = (&self.storage.disk, self.storage.setup());
        let Some(engine) = self.app.open(incarnation, disk, setup, self.ports.clone()) else {
            return self.notice_power();
        };
        // Opening a database may include its recovery, which is work.
        self.take_on(Work::default());
        self.tell(Event::ProcessStarted { incarnation: incarnation.0 });
        *self.app.engine.borrow_mut() = Some(engine.clone());
        self.ports.spawn.spawn(engine.run());
        if self.attention.logs_in_again(self.now()) {
            let was_looked_at = self.attention.looks.get();
            self.attention.logs_in(self.now(), true);
            self.pass_on(AppEvent::Login);
            // If the person did not look at the app before the kill, the app stays in the
            // background.
            if !was_looked_at {
                self.put_away();
            }
            return;
        }
        if self.attention.looks.get() {
            self.app(AppEvent::Resume);
        } else {
            self.stay_in_background();
        }
    }

    /// Ends the process from outside. Its completed writes stay, and its sent messages continue.
    /// The process restarts after `restart_after`, if given.
    pub(crate) fn kill(&self, reason: KillReason, restart_after: Option<Span>) {
        // Work that ends at this instant may not be reported yet, so it counts as unfinished.
        let under_way = self.hardware.free_at() >= self.now();
        self.die(reason, restart_after, under_way);
    }
    /// Kills the process for a fault. If a process ran, the fault counts as fired.
    pub(crate) fn strike(&self, reason: KillReason, restart_after: Span, struck: &Struck) {
        if self.is_running() {
            struck.set(true);
            self.kill(reason, Some(restart_after));
        }
    }
    /// Charges work of the app to the device's hardware; returns the time when the work is done.
    pub(crate) fn take_on(&self, work: Work) -> Time {
        let done = self.hardware.take_on(work);
        for (at, loss) in done.losses {
            self.later("kill", at.since(self.now()), move |device| {
                device.strike(KillReason::PowerLoss, loss.restart_after, &loss.struck);
            });
        }
        done.until
    }
    /// Runs `act` after `wait`, even if the app has died by then.
    pub(crate) fn later(&self, name: &'static str, wait: Span, act: impl FnOnce(&Device) + 'static) {
        let (device, handle) = (self.shared(), self.handle.clone());
        self.handle.spawn(self.world, name, async move {
            handle.sleep(wait).await;
            act(&device);
        });
    }
    /// Ends the process at a point in its own code. All its earlier work is reported already.
    pub(crate) fn die_here(&self, reason: KillReason, restart_after: Option<Span>) {
        let under_way = self.hardware.free_at() > self.now();
        self.die(reason, restart_after, under_way);
    }
    fn die(&self, reason: KillReason, restart_after: Option<Span>, under_way: bool) {
        if !self.is_running() {
            return;
        }
        let under_way =
            under_way || self.may_have_unreported_work() || self.storage.disk.may_count_as_committed();
        self.storage.fail(reason, self.now());
        self.suspension.end(self.now());
        self.hardware.stop();
        self.miss_unsaved();
        if under_way {
            self.tell(Event::CutShort);
        }
        self.tell(Event::ProcessKilled { reason });
        let engine = self.app.end(reason);
        self.way.process_died();
        drop(engine);
        if let Some(wait) = restart_after {
            self.start_after(wait);
        }
    }

    /// True if a suspended app may have completed work that it has not reported.
    fn may_have_unreported_work(&self) -> bool {
        self.suspension.since.get().is_some_and(|since| self.hardware.free_at() >= since)
    }
    /// Restores the storage from a backup. The person does not look at the app meanwhile.
    pub(crate) fn restore(&self, backup: &Saved, restart_after: Span) {
        let (told, before) = (Event::Restored { to: backup.at, life: backup.life }, self.storage.person());
        self.put_in(|storage| storage.restore(backup), restart_after, told);
        self.tell_person(before);
    }
    fn tell_person(&self, before: u32) {
        let person = self.storage.person();
        if person != before {
            self.tell(Event::Phone(PhoneEvent::LoggedIn { person }));
        }
    }
    pub(crate) fn upgrade(&self, restart_after: Span) {
        self.put_in(Storage::upgrade, restart_after, Event::Phone(PhoneEvent::Upgraded));
    }
    pub(crate) fn reinstall(&self, restart_after: Span) {
        self.tell(Event::Phone(PhoneEvent::Reinstalled));
        let told = Event::Restored { to: Time::ZERO, life: 0 };
        self.put_in(Storage::wipe, restart_after, told);
        self.attention.turns(self.now(), false);
    }
    /// A person makes the app load all rows again, if it runs.
    pub(crate) fn load_again(&self, waiting: WaitingEdits) {
        self.start_if_ended();
        self.use_briefly();
        self.with_engine(|engine| self.ports.spawn.spawn(engine.clone().load_again(waiting)));
    }
    fn put_in(&self, state: impl FnOnce(&Storage), restart_after: Span, told: Event<'_>) {
        let was_running = self.is_running();
        self.kill(KillReason::Killed, None);
        state(&self.storage);
        self.tell(told);
        if was_running {
            self.start_after(restart_after);
        }
    }
    /// The storage becomes a copy of another device's storage. The old content is lost.
    pub(crate) fn become_copy(&self, other: &Device, restart_after: Span) {
        let unseen: Vec<LocalEdit> = other.unsaved.borrow().iter().map(|one| one.edit.clone()).collect();
        let (copy, before) = (other.storage.save(self.now()), self.storage.person());
        let told = Event::BecameCopy { of: other.id, then: None, unseen: &unseen };
        self.put_in(|storage| storage.become_copy(&copy), restart_after, told);
        self.attention.turns(self.now(), other.attention.held_at(self.now()));
        self.tell_person(before);
        let under_way = other.hardware.free_at() >= self.now() || other.may_have_unreported_work();
        if other.is_running() && under_way {
            // The copy may contain work that the other device has not reported yet.
            self.tell(Event::CutShort);
        }
    }
    fn start_after(&self, wait: Span) {
        self.later("restart", wait, Device::start);
    }
    pub(crate) fn before_poll(&self) {
        // Other devices may have made the store release memory. No device pays for that disk work.
        self.storage.settle(self.now());
    }
    pub(crate) fn notice_power(&self) {
        if self.storage.disk.power_is_lost() {
            if !self.is_running() {
                // The power failed while the process was starting.
                self.storage.disk.power_loss(PowerLoss::LoseAll);
                self.handle.kill(self.app.node);
                self.start_after(POWER_ON_DELAY);
                return;
            }
            self.kill(KillReason::PowerLoss, Some(POWER_ON_DELAY));
        }
    }
    pub(crate) fn app(&self, event: AppEvent) {
        self.attention.on(event, self.now());
        // `start` passes the event on.
        if matches!(event, AppEvent::Login | AppEvent::Resume) && self.start_if_ended() {
            return;
        }
        self.pass_on(event);
    }
    fn pass_on(&self, event: AppEvent) {
        if event == AppEvent::Login
            && let Some(gateway) = &self.allowed.servers.gateway
        {
            gateway.borrow_mut().logs_in(self.id);
        }
        if self.is_running() {
            match event {
                AppEvent::Login | AppEvent::Resume => {
                    self.take_up();
                    self.hardware.take_up();
                }
                AppEvent::Pause => {
                    self.hardware.put_away();
                    self.stay_in_background();
                }
                AppEvent::Online | AppEvent::Offline if self.suspension.is_on() => {
                    return self.suspension.network.set(Some(event));
                }
                AppEvent::Online | AppEvent::Offline | AppEvent::Background => {}
            }
        }
        self.with_engine(|engine| {
            self.tell(Event::App(event));
            engine.on(event);
        });
    }

    /// The person stops looking at the app. Periodic triggers count only foreground time.
    pub(crate) fn put_away(&self) {
        if self.attention.looks.get() {
            self.app(AppEvent::Pause);
        }
    }
    /// A person edits. If the app does not run, the edit is not made.
    pub(crate) fn edit(&self, edit: &LocalEdit) {
        self.start_if_ended();
        if !self.is_running() {
            return self.miss(edit);
        }
        let Some(edit) = &self.storage.makes(edit) else { return self.miss(edit) };
        self.use_briefly();
        let at = (self.id, self.now());
        if let Some(error) = self.allowed.refuses(at, &self.link.borrow(), edit, || self.shown(edit)) {
            return self.tell(Event::EditRefused { edit, error: &error });
        }
        if self.hub.wants_shown(edit.entity)
            && let Some((_, values)) = self.shown(edit)
        {
            self.hub.saw(edit, &values);
        }
        self.before_poll();
        self.with_engine(|engine| {
            let made_at = self.ports.clock.wall();
            let waited = Span(self.hardware.free_at().0.saturating_sub(self.now().0));
            match engine.edit(edit) {
                Saving::Now(done) => self.edited(edit, made_at, waited, done),
                Saving::Later(saving) => self.saves(edit, made_at, saving),
            }
        });
    }
    fn edited(&self, edit: &LocalEdit, made_at: Stamp, waited: Span, done: Result<(), EditError>) {
        match done {
            Ok(()) if self.is_running() => self.saved(edit, made_at, waited),
            // The power failed before the commit, so the person did not see the edit as saved.
            Ok(()) | Err(EditError::Storage(_)) => self.miss(edit),
            Err(error) => self.tell(Event::EditRefused { edit, error: &error }),
        }
    }
    /// Waits for an edit that the engine saves asynchronously.
    fn saves(
        &self,
        edit: &LocalEdit,
        made_at: Stamp,
        saving: LocalBoxFuture<'static, Result<(), EditError>>,
    ) {
        let (device, edit) = (self.shared(), edit.clone());
        self.unsaved.borrow_mut().push(PendingSave {
            edit: edit.clone(),
            since: self.now(),
            locked: Span::ZERO,
        });
        self.ports.spawn.spawn(Box::pin(async move {
            let done = saving.await;
            device.unsaved.borrow_mut().retain(|one| one.edit.id != edit.id);
            device.edited(&edit, made_at, Span::ZERO, done);
        }));
    }

    fn shown(&self, edit: &LocalEdit) -> Option<(Stamp, Vec<Value>)> {
        let mut shown = None;
        self.with_view(|view| {
            view.rows(edit.entity, &mut |key, stamp, values| {
                if key == edit.key.as_str() {
                    shown = Some((stamp, values.iter().map(|value| value.to_value()).collect()));
                }
            });
        });
        shown
    }
    /// A person wants to edit, but the app shows no suitable row.
    pub(crate) fn miss(&self, edit: &LocalEdit) {
        self.tell(Event::EditMissed { edit, waited: Span::ZERO });
    }
    /// Reports an edit as saved when its work is done, if the process still lives then.
    fn saved(&self, edit: &LocalEdit, made_at: Stamp, waited: Span) {
        let (begun, until) = (self.now(), self.hardware.free_at());
        if until <= begun {
            return self.tell(Event::EditMade { edit, made_at });
        }
        let device = self.shared();
        let (handle, edit) = (self.handle.clone(), edit.clone());
        self.unsaved.borrow_mut().push(PendingSave { edit: edit.clone(), since: begun, locked: waited });
        self.handle.spawn(self.app.node, "edit", async move {
            handle.sleep_until(until).await;
            device.unsaved.borrow_mut().retain(|one| one.edit.id != edit.id);
            device.tell(Event::EditMade { edit: &edit, made_at });
            device.tell(Event::AppWrote { took: until - begun, waited });
            device.storage.disk.settle(until);
        });
    }

    fn miss_unsaved(&self) {
        for PendingSave { edit, since, locked } in self.unsaved.take() {
            self.tell(Event::EditMissed { edit: &edit, waited: locked.min(self.now() - since) });
        }
    }
    /// A person wanted to edit but gave up because a sync blocked the screen.
    pub(crate) fn prevented(&self, wish: &Wish, waited: Span) {
        self.tell(Event::EditPrevented { edit: &wish.edit(), waited });
    }
    /// Ends the waits of all people for the screen, at the end of the script.
    pub(crate) fn end_of_work(&self) {
        for (wish, waited) in self.screen.close(self.now()) {
            self.prevented(&wish, waited);
        }
    }
    pub(crate) fn is_attended(&self) -> bool {
        self.is_running() && self.attention.looks.get() && self.screen.is_free()
    }
    /// A person resolves a conflict. `then` gets the result, if the process lives that long.
    pub(crate) fn resolve(
        &self,
        edit: EditId,
        pick: Pick,
        then: impl FnOnce(Result<(), EditError>) + 'static,
    ) {
        self.with_engine(|engine| {
            let resolved = engine.clone().resolve(edit, pick);
            self.ports.spawn.spawn(Box::pin(async move { then(resolved.await) }));
        });
    }
    pub(crate) fn open_record(&self, entity: EntityId, of: Key) {
        self.hub.asked(self.id);
        self.screen.opens();
        self.use_briefly();
        self.with_engine(|engine| {
            let fetch = engine.clone().fetch(entity, of);
            // No code waits for the result. The screen and the request's events show a failed
            // fetch.
            self.ports.spawn.spawn(Box::pin(async move { drop(fetch.await) }));
        });
    }
    /// A person asks for a sync. Returns false if no app runs.
    pub(crate) fn trigger(&self, unit: UnitId, how: Asking) -> bool {
        self.hub.asked(self.id);
        let runs = self.is_running();
        self.use_briefly();
        self.with_engine(|engine| match how {
            Asking::Queued => engine.trigger(unit, false),
            Asking::Alone => engine.trigger(unit, true),
            Asking::Discard => engine.discard(),
            Asking::Direct => self.call(unit, engine.clone().sync(unit), false),
            Asking::AtOnce => self.call(unit, engine.clone().sync_at_once(unit), true),
        });
        runs
    }

    /// The app calls a unit's sync directly, without the engine's queue and events. With `at_once`,
    /// the start and end of the call are reported.
    fn call(&self, unit: UnitId, sync: LocalBoxFuture<'static, Result<(), SyncError>>, at_once: bool) {
        let device = self.shared();
        let call = device.screen.call(self.now(), unit);
        if at_once {
            self.tell(Event::Call(CallEvent::Called { unit }));
        }
        self.ports.spawn.spawn(Box::pin(async move {
            // The request's events show how the call ended.
            drop(sync.await);
            if at_once {
                device.tell(Event::Call(CallEvent::CameBack { unit }));
            }
            call.into_iter().for_each(|call| device.screen.came_back(device.now(), call));
        }));
    }

    /// A person cancels the run in progress. If there is none, the person waits for the next run
    /// that sends a request.
    pub(crate) fn cancel(&self, cancel: Cancel) {
        let mut taken = false;
        if self.now() < cancel.until {
            self.with_engine(|engine| taken = engine.cancel());
            if taken { cancel.struck.set(true) } else { self.cancels.borrow_mut().push_back(cancel) }
        }
    }
    /// Called when a request of a run has left. If a person waits to cancel a run, they cancel this
    /// one.
    pub(crate) fn is_asking(&self) {
        let Some(cancel) = self.cancels.borrow_mut().pop_front() else { return };
        self.later("cancel", cancel.after, |device| device.cancel(cancel));
    }
    /// A hook of the app asks for a sync. `run` is the unit and run for which the hook was called,
    /// if any.
    pub(crate) fn trigger_by_hook(&self, hook: Hook, run: Option<(UnitId, u64)>, unit: UnitId) {
        self.with_engine(|engine| {
            self.tell(Event::Engine(EngineEvent::HookTriggered { hook, run, unit }));
            engine.trigger(unit, false);
        });
    }
    pub(crate) fn with_view<R>(&self, f: impl FnOnce(&dyn DeviceView) -> R) -> Option<R> {
        self.look(|view| (f(view), view.damage(false)))
            .and_then(|(seen, damage)| damage.is_none().then_some(seen))
    }
    pub(crate) fn is_caught_up(&self) -> Option<bool> {
        self.app.engine()?.is_caught_up()
    }
    /// Like [`Device::with_view`], but reads a copy of the database, so that the process is not
    /// disturbed.
    pub(crate) fn with_copy<R>(&self, f: impl FnOnce(&dyn DeviceView) -> R) -> Option<R> {
        if !self.is_running() {
            return None;
        }
        let ((_disk, copy), setup) = (self.storage.copy(), self.storage.setup());
        let view = self.app.factory.view_of(&setup, copy)?;
        Some(match self.storage.narrower() {
            Some(schema) => f(&Narrow { view: &*view, schema }),
            None => f(&*view),
        })
    }
    /// Like [`Device::with_view`], with the columns of the newer app version, if that version runs.
    pub(crate) fn with_newer_view(&self, f: impl FnOnce(&dyn DeviceView)) {
        if self.storage.narrower().is_some()
            && let Some(engine) = self.app.engine()
        {
            if let Some(view) = engine.view() {
                f(view);
            }
            self.storage.disk.forgive();
        }
    }
    /// Reads by the simulator itself cost the device nothing.
    fn look<R>(&self, f: impl FnOnce(&dyn DeviceView) -> R) -> Option<R> {
        let engine = self.app.engine()?;
        let Some(view) = engine.view() else { return self.with_copy(f) };
        let seen = match self.storage.narrower() {
            Some(schema) => f(&Narrow { view, schema }),
            None => f(view),
        };
        self.storage.disk.forgive();
        Some(seen)
    }
    /// The reason why the device's data cannot be read; `None` if it can. After a power loss, the
    /// check reads the whole database.
    pub(crate) fn out_of_sight(&self) -> Option<String> {
        match self.look(|view| view.damage(self.storage.losses.get() > 0)) {
            Some(None) => None,
            Some(Some(damage)) => Some(format!("its database cannot be read: {damage}")),
            None => Some(self.app.why_down()),
        }
    }
    /// Ends the device's part of the world. Reports the screen queries and the unsaved edits.
    pub(crate) fn close_books(&self) {
        self.hardware.close_books();
        self.miss_unsaved();
        self.end_of_work();
    }
    pub(crate) fn with_engine(&self, f: impl FnOnce(&Rc<dyn SyncEngine>)) {
        if let Some(engine) = self.app.engine() {
            f(&engine);
        }
        self.notice_power();
    }
    pub(crate) fn shared(&self) -> Rc<Device> {
        self.me.upgrade().expect("a device lasts as long as its world")
    }
    pub(crate) fn tell(&self, event: Event<'_>) {
        self.screen.on(self.now(), &event);
        self.attention.on_phone(&event, self.now());
        self.hub.emit(Node::Device(self.id), event);
    }
}
