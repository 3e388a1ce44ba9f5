//! What a device's processor, memory and flash make of the work of its app.
//!
//! SQLite does a transaction at once. Here it gets its time: it begins when the transactions before
//! it are done, since there is one write lock; first the processor is busy for the steps of
//! SQLite's machine, then the flash for what was really read, written and synced. Coding a message
//! takes the processor alone and waits for nobody.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::bad_rows::BadRows;
use super::browsing::{Browser, Query};
use super::hub::Hub;
use super::power::{SyncLoss, SyncLosses};
use crate::base::{Bytes, DeviceId, EntityId, Seed, Span, Time};
use crate::contract::{Event, Node, Work};
use crate::disk::{Disk, Flash};
use crate::engine::Decoder;
use crate::scenario::DeviceClass;
use crate::sim::Handle;

/// Times in which a disk takes so many times as long.
pub(super) type SlowTime = (Time, Time, u32);

pub(super) struct Fitting {
    pub(super) device: DeviceId,
    pub(super) class: DeviceClass,
    pub(super) decoder: Decoder,
    pub(super) slow: Vec<SlowTime>,
    pub(super) disk: Disk,
    pub(super) seed: Seed,
    /// What the app does in the foreground.
    pub(super) browser: Option<Browser>,
    pub(super) bad_rows: BadRows,
}

pub(super) struct Hardware {
    handle: Handle,
    hub: Rc<Hub>,
    id: DeviceId,
    disk: Disk,
    /// Picoseconds.
    step: u64,
    /// Of the reference core's time, in thousandths.
    cpu_milli: u32,
    parse_rate: Bytes,
    /// That of native code.
    native_rate: Bytes,
    decoder: Decoder,
    memory: Bytes,
    flash: Flash,
    slow: Vec<SlowTime>,
    /// When the work on the database that was taken on is done.
    free_at: Cell<Time>,
    spent: Cell<Spent>,
    /// Work on the database that may not be done: from when on, until when, and whether it holds
    /// the lock.
    under_way: RefCell<Vec<(Time, Time, bool)>>,
    /// Processor work that may not be done: from when on, until when, and its time.
    computing: RefCell<Vec<(Time, Time, Span)>>,
    browser: RefCell<Option<Browser>>,
    /// Syncs at which the power fails.
    pub(super) sync_losses: SyncLosses,
    /// Rows that cannot be read when they come.
    pub(super) bad_rows: BadRows,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    pub(super) cpu: Span,
    /// Of that, for coding messages; what a death cuts off counts whole.
    pub(super) coded: Span,
    /// The longest work on the database.
    pub(super) longest_work: Span,
    /// The longest time for which the write lock was held.
    pub(super) longest_lock: Span,
}

/// Work that was taken on.
pub(super) struct Done {
    /// When it is done.
    pub(super) until: Time,
    /// When the power fails over it, and which loss that is.
    pub(super) losses: Vec<(Time, SyncLoss)>,
}

impl Hardware {
    pub(super) fn new(handle: &Handle, hub: &Rc<Hub>, fitting: Fitting) -> Hardware {
        let Fitting { device, class, decoder, slow, disk, seed, browser, bad_rows } = fitting;
        Hardware {
            handle: handle.clone(),
            hub: hub.clone(),
            id: device,
            disk,
            step: class.step_picos,
            cpu_milli: class.cpu_milli,
            parse_rate: match decoder {
                Decoder::Streaming => class.parse_rate,
                Decoder::Managed => class.managed_rate,
            },
            native_rate: class.parse_rate,
            decoder,
            memory: class.memory,
            flash: Flash { seed: seed.derive("flash", 0), ..class.flash },
            slow,
            free_at: Cell::new(Time::ZERO),
            spent: Cell::default(),
            under_way: RefCell::default(),
            computing: RefCell::default(),
            browser: RefCell::new(browser),
            sync_losses: SyncLosses::default(),
            bad_rows,
        }
    }

    /// Whether a row can be read this time.
    pub(super) fn can_read(&self, entity: EntityId, key: &str) -> bool {
        let can = self.bad_rows.can_read(self.handle.now(), entity, key);
        if !can {
            self.hub.emit(Node::Device(self.id), Event::RowUnreadable { entity });
        }
        can
    }

    /// When the work on the database that was taken on so far is done.
    pub(super) fn free_at(&self) -> Time {
        self.free_at.get()
    }

    /// What was done; of work on the database also what is under way, as if it came to its end.
    pub(super) fn spent(&self) -> Spent {
        self.told_until(Time(u64::MAX));
        self.spent.get()
    }

    /// The process died: nothing more is done for it.
    pub(super) fn stop(&self) {
        let now = self.handle.now();
        self.stop_computing(now);
        self.browse(Browser::next_cut_off);
        let mut under_way = self.under_way.borrow_mut();
        under_way.retain(|(from, ..)| *from < now);
        under_way.iter_mut().for_each(|(_, until, _)| *until = now.min(*until));
        drop(under_way);
        if let Some(browser) = self.browser.borrow_mut().as_mut() {
            browser.die(now);
        }
        self.free_at.set(now.min(self.free_at.get()));
    }

    /// The app comes to the foreground.
    pub(super) fn take_up(&self) {
        if let Some(browser) = self.browser.borrow_mut().as_mut() {
            browser.begin(self.handle.now());
        }
    }

    pub(super) fn put_away(&self) {
        self.browse(Browser::next_answered);
        if let Some(browser) = self.browser.borrow_mut().as_mut() {
            browser.end(self.handle.now());
        }
    }

    pub(super) fn close_books(&self) {
        self.stop_computing(self.handle.now());
        self.browse(Browser::next_asked);
    }

    /// What the app did for people up to now is told.
    fn browse(&self, next: fn(&mut Browser, Time) -> Option<Query>) {
        let now = self.handle.now();
        // One by one: a day of them is not listed.
        let next = || next(self.browser.borrow_mut().as_mut()?, now);
        while let Some(query) = next() {
            let (took, waited) = (query.took, query.waited);
            self.hub.emit(Node::Device(self.id), Event::AppQueried { took, waited });
        }
    }

    fn flash(&self, at: Time) -> Flash {
        let slow = self.slow.iter().filter(|(from, until, _)| (*from..*until).contains(&at));
        Flash { slowness: slow.map(|(.., factor)| *factor).max().unwrap_or(1), ..self.flash }
    }

    /// The processor time of steps of SQLite's machine.
    fn steps(&self, steps: u64) -> Span {
        Span::nanos((u128::from(steps) * u128::from(self.step) / 1_000) as u64)
    }

    fn shared(&self, cpu: Span) -> Span {
        self.browser.borrow().as_ref().map_or(cpu, |browser| browser.share(cpu))
    }

    fn spend(&self, what: impl FnOnce(&mut Spent)) {
        let mut spent = self.spent.get();
        what(&mut spent);
        self.spent.set(spent);
    }

    /// Processor work, shared with what the app does for people, from `start` on; gives when it is
    /// done.
    fn compute(&self, start: Time, cpu: Span) -> Time {
        let until = start + self.shared(cpu);
        self.spend(|spent| spent.cpu += cpu);
        let mut computing = self.computing.borrow_mut();
        computing.retain(|(_, until, _)| *until > self.handle.now());
        computing.push((start, until, cpu));
        until
    }

    /// Of processor work that is under way what is not done yet was not done.
    fn stop_computing(&self, now: Time) {
        for (from, until, cpu) in
            self.computing.take().into_iter().filter(|(from, until, _)| until > &now.max(*from))
        {
            let left = cpu.scaled((until - now.max(from)).0, (until - from).0);
            self.spend(|spent| spent.cpu = spent.cpu.saturating_sub(left));
        }
    }

    fn work_on_database(&self, cpu: Span) -> Done {
        let start = self.handle.now().max(self.free_at.get());
        let computed = self.compute(start, cpu);
        let charged = self.disk.charge(start, computed - start, &self.flash(start));
        self.free_at.set(charged.until);
        let losses = self.losses_from(charged.from);
        self.told_until(self.handle.now());
        self.under_way.borrow_mut().push((charged.from, charged.until, charged.wrote));
        if let Some(browser) = self.browser.borrow_mut().as_mut() {
            browser.busy(start, computed, charged.until, charged.wrote);
        }
        Done { until: charged.until, losses }
    }

    /// Tells of the work on the database that is done by then.
    fn told_until(&self, now: Time) {
        let done =
            self.under_way.borrow_mut().extract_if(.., |(_, until, _)| *until <= now).collect::<Vec<_>>();
        for (from, until, wrote) in done {
            self.spend(|spent| {
                spent.longest_work = spent.longest_work.max(until - from);
                if wrote {
                    spent.longest_lock = spent.longest_lock.max(until - from);
                }
            });
        }
    }

    /// The losses of power that wait for one of the syncs that end after `from`.
    fn losses_from(&self, from: Time) -> Vec<(Time, SyncLoss)> {
        if !self.sync_losses.is_armed() {
            return Vec::new();
        }
        self.sync_losses.due(&self.disk.sync_ends(from))
    }

    fn code(&self, start: Time, bytes: u64, rate: Bytes) -> Time {
        let cpu = Span::secs(1).scaled(bytes, rate.0);
        self.spend(|spent| spent.coded += cpu);
        let until = self.compute(start, cpu);
        if let Some(browser) = self.browser.borrow_mut().as_mut() {
            browser.busy(start, until, until, false);
        }
        until
    }

    pub(super) fn take_on(&self, work: Work) -> Done {
        self.browse(Browser::next_answered);
        let mut done = Done { until: self.handle.now(), losses: Vec::new() };
        let cpu = self.steps(work.steps) + work.own.scaled(self.cpu_milli.into(), 1_000);
        if work.steps > 0 || work.own > Span::ZERO || self.disk.owes() {
            done = self.work_on_database(cpu);
        }
        if work.coded_bytes > 0 {
            done.until = self.code(done.until, work.coded_bytes, self.parse_rate);
        }
        if work.native_bytes > 0 {
            done.until = self.code(done.until, work.native_bytes, self.native_rate);
        }
        done
    }

    /// Whether there is memory to decode a message of so many bytes.
    pub(super) fn has_memory_for(&self, bytes: u64) -> bool {
        let peak = self.decoder.peak(bytes);
        let tight = peak > self.memory.0 / 4;
        self.hub.emit(Node::Device(self.id), Event::Decoded { peak, tight });
        peak <= self.memory.0
    }

    /// Whether there is memory to write requests of so many bytes out of rows, which takes what
    /// reading them would.
    pub(super) fn has_memory_to_send(&self, bytes: u64) -> bool {
        self.decoder.peak(bytes) <= self.memory.0
    }
}
