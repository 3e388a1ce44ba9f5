//! What a device's processor, memory and flash make of the work of its app.
//!
//! SQLite does a transaction at once. Here it gets its time: it begins when the transactions before it are done, since there
//! is one write lock; first the processor is busy for the steps of SQLite's machine, then the flash for what was really read,
//! written and synced. Coding a message takes the processor alone and waits for nobody.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::browsing::{Browser, Query};
use super::device::Device;
use super::hub::Hub;
use super::power::SyncLosses;
use crate::base::{Bytes, DeviceId, Seed, Span, Time};
use crate::contract::{Event, KillReason, Machine, Node, Work};
use crate::disk::{Disk, Flash};
use crate::engine::Decoder;
use crate::scenario::DeviceClass;
use crate::sim::Handle;

/// A person who saw the app die for lack of memory opens it again after this.
const OPENED_AGAIN_AFTER: Span = Span::secs(60);

/// Times in which a disk takes so many times as long.
pub(super) type SlowTime = (Time, Time, u32);

/// What a device's hardware is made of.
pub(super) struct Fitting {
    pub(super) device: DeviceId,
    pub(super) class: DeviceClass,
    pub(super) decoder: Decoder,
    pub(super) slow: Vec<SlowTime>,
    pub(super) disk: Disk,
    pub(super) seed: Seed,
    /// What the app does in the foreground.
    pub(super) browser: Option<Browser>,
}

/// The hardware of one device.
pub(super) struct Hardware {
    handle: Handle,
    hub: Rc<Hub>,
    owner: RefCell<Weak<Device>>,
    id: DeviceId,
    disk: Disk,
    /// Picoseconds.
    step: u64,
    parse_rate: Bytes,
    decoder: Decoder,
    memory: Bytes,
    flash: Flash,
    slow: Vec<SlowTime>,
    /// When the work on the database that was taken on is done.
    free_at: Cell<Time>,
    spent: Cell<Spent>,
    /// Work on the database that may not be done: from when on, until when, and whether it holds the lock.
    under_way: RefCell<Vec<(Time, Time, bool)>>,
    /// Processor work that may not be done: from when on, until when, and its time.
    computing: RefCell<Vec<(Time, Time, Span)>>,
    browser: RefCell<Option<Browser>>,
    /// Syncs at which the power fails.
    pub(super) sync_losses: SyncLosses,
}

/// What the hardware has done.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spent {
    /// Processor time.
    pub(super) cpu: Span,
    /// The longest work on the database.
    pub(super) longest_work: Span,
    /// The longest time for which the write lock was held.
    pub(super) longest_lock: Span,
}

impl Hardware {
    pub(super) fn new(handle: &Handle, hub: &Rc<Hub>, fitting: Fitting) -> Hardware {
        let Fitting { device, class, decoder, slow, disk, seed, browser } = fitting;
        Hardware {
            handle: handle.clone(),
            hub: hub.clone(),
            owner: RefCell::default(),
            id: device,
            disk,
            step: class.step_picos,
            parse_rate: match decoder {
                Decoder::Streaming => class.parse_rate,
                Decoder::Managed => class.managed_rate,
            },
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
        }
    }

    pub(super) fn belongs_to(&self, device: &Rc<Device>) {
        *self.owner.borrow_mut() = Rc::downgrade(device);
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

    /// The app goes to the background.
    pub(super) fn put_away(&self) {
        self.browse(Browser::next_answered);
        if let Some(browser) = self.browser.borrow_mut().as_mut() {
            browser.end(self.handle.now());
        }
    }

    /// The world ends: what the app did for the person who still looks at it is told, and what it was still to do.
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

    /// Processor work takes longer while the app does something for people besides.
    fn shared(&self, cpu: Span) -> Span {
        self.browser.borrow().as_ref().map_or(cpu, |browser| browser.share(cpu))
    }

    fn spend(&self, what: impl FnOnce(&mut Spent)) {
        let mut spent = self.spent.get();
        what(&mut spent);
        self.spent.set(spent);
    }

    /// Processor work, shared with what the app does for people, from `start` on; gives when it is done.
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

    fn work_on_database(&self, steps: u64) -> Time {
        let cpu = self.steps(steps);
        let start = self.handle.now().max(self.free_at.get());
        let computed = self.compute(start, cpu);
        let charged = self.disk.charge(start, computed - start, &self.flash(start));
        self.free_at.set(charged.until);
        self.fail_at_syncs(charged.from);
        self.told_until(self.handle.now());
        self.under_way.borrow_mut().push((charged.from, charged.until, charged.wrote));
        if let Some(browser) = self.browser.borrow_mut().as_mut() {
            browser.busy(start, computed, charged.until, charged.wrote);
        }
        charged.until
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

    /// Lets the power fail at a sync that ends after `from`, if one of them is waited for.
    fn fail_at_syncs(&self, from: Time) {
        if self.sync_losses.is_armed()
            && let Some(device) = self.owner.borrow().upgrade()
        {
            for (at, loss) in self.sync_losses.due(&self.disk.sync_ends(from)) {
                device.lose_power_at(at, loss);
            }
        }
    }

    fn code(&self, start: Time, bytes: u64) -> Time {
        let cpu = Span::secs(1).scaled(bytes, self.parse_rate.0);
        let until = self.compute(start, cpu);
        if let Some(browser) = self.browser.borrow_mut().as_mut() {
            browser.busy(start, until, until, false);
        }
        until
    }
}

impl Machine for Hardware {
    fn take_on(&self, work: Work) -> Time {
        let now = self.handle.now();
        self.browse(Browser::next_answered);
        let mut until = now;
        if work.steps > 0 || self.disk.owes() {
            until = self.work_on_database(work.steps);
        }
        if work.coded_bytes > 0 {
            until = self.code(until, work.coded_bytes);
        }
        until
    }

    fn can_decode(&self, bytes: u64) -> bool {
        let peak = self.decoder.peak(bytes);
        let tight = peak > self.memory.0 / 4;
        self.hub.emit(Node::Device(self.id), Event::Decoded { peak, tight });
        let fits = peak <= self.memory.0;
        if !fits && let Some(device) = self.owner.borrow().upgrade() {
            device.die_here(KillReason::LowMemory, Some(OPENED_AGAIN_AFTER));
        }
        fits
    }
}
