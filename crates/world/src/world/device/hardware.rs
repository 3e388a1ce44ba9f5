//! The duration of an app's work on its device's processor and flash, and the limits of its memory.
//!
//! SQLite runs a transaction at once; this file computes its duration. A transaction begins when
//! earlier ones have ended, because there is one write lock. It uses the processor for the steps of
//! SQLite's virtual machine, then the flash for its real reads, writes and syncs. Encoding and
//! decoding of messages does not wait for transactions.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use xxhash_rust::xxh3::xxh3_64;

use crate::base::{Bytes, DeviceId, EntityId, Ppm, Seed, Span, Time};
use crate::contract::{Event, Node, Work};
use crate::disk::{Disk, Flash};
use crate::engine::Decoder;
use crate::faults::{SlowTime, SyncLoss};
use crate::setup::DeviceClass;
use crate::sim::Handle;
use crate::world::device::browsing::{Browser, Query};
use crate::world::faults::crash::SyncLosses;
use crate::world::hub::Hub;

/// Rows that a device cannot read when they arrive, but can read the next time.
#[derive(Debug)]
pub(crate) struct BadRows {
    pub(crate) times: Vec<(Time, Time, Ppm)>,
    seed: Seed,
    asked: Cell<u64>,
}

impl BadRows {
    pub(crate) fn new(times: Vec<(Time, Time, Ppm)>, seed: Seed) -> BadRows {
        BadRows { times, seed: seed.derive("bad-rows", 0), asked: Cell::new(0) }
    }
    pub(crate) fn can_read(&self, now: Time, entity: EntityId, key: &str) -> bool {
        let there = self.times.iter().filter(|(from, until, _)| (*from..*until).contains(&now));
        let Some(share) = there.map(|(.., share)| share.0).max() else { return true };
        let number = self.asked.replace(self.asked.get() + 1);
        let of = xxh3_64(key.as_bytes()) ^ u64::from(entity.0);
        self.seed.hash("world.bad-row", of, number) % 1_000_000 >= u64::from(share)
    }
}

pub(crate) struct Hardware {
    pub(crate) handle: Handle,
    pub(crate) hub: Rc<Hub>,
    pub(crate) device: DeviceId,
    pub(crate) class: DeviceClass,
    pub(crate) decoder: Decoder,
    pub(crate) slow: Vec<SlowTime>,
    pub(crate) disk: Disk,
    pub(crate) flash: Flash,
    /// The speed of the database's cipher in bytes per second; `None` if the database is not
    /// encrypted.
    pub(crate) cipher: Option<Bytes>,
    pub(crate) browser: RefCell<Option<Browser>>,
    pub(crate) bad_rows: BadRows,
    pub(crate) books: Books,
}

#[derive(Default)]
pub(crate) struct Books {
    free_at: Cell<Time>,
    spent: Cell<Spent>,
    /// Work on the database that may be unfinished: its start, its end, and true if it holds the
    /// write lock.
    under_way: RefCell<Vec<(Time, Time, bool)>>,
    /// Processor work that may be unfinished: its start, its end, and its processor time.
    computing: RefCell<Vec<(Time, Time, Span)>>,
    pub(crate) sync_losses: SyncLosses,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) cpu: Span,
    /// The part of `cpu` for coding messages. Work that a death cut off counts in full.
    pub(crate) coded: Span,
    pub(crate) longest_work: Span,
    pub(crate) longest_lock: Span,
}

pub(crate) struct Done {
    pub(crate) until: Time,
    /// Power failures during the work, each with its time.
    pub(crate) losses: Vec<(Time, SyncLoss)>,
}

impl Hardware {
    fn tell(&self, event: Event<'_>) {
        self.hub.emit(Node::Device(self.device), event);
    }
    fn browser(&self, act: impl FnOnce(&mut Browser)) {
        if let Some(browser) = self.browser.borrow_mut().as_mut() {
            act(browser);
        }
    }
    pub(crate) fn can_read(&self, entity: EntityId, key: &str) -> bool {
        let can = self.bad_rows.can_read(self.handle.now(), entity, key);
        if !can {
            self.tell(Event::RowUnreadable { entity });
        }
        can
    }
    pub(crate) fn free_at(&self) -> Time {
        self.books.free_at.get()
    }
    /// All work done. Database work in progress counts as if it were finished.
    pub(crate) fn spent(&self) -> Spent {
        self.told_until(Time(u64::MAX));
        self.books.spent.get()
    }
    /// The process died, so its work stops.
    pub(crate) fn stop(&self) {
        let now = self.handle.now();
        self.stop_computing(now);
        self.browse(Browser::next_cut_off);
        let mut under_way = self.books.under_way.borrow_mut();
        under_way.retain(|(from, ..)| *from < now);
        under_way.iter_mut().for_each(|(_, until, _)| *until = now.min(*until));
        drop(under_way);
        self.browser(|browser| browser.die(now));
        self.books.free_at.set(now.min(self.books.free_at.get()));
    }
    pub(crate) fn take_up(&self) {
        self.browser(|browser| browser.begin(self.handle.now()));
    }
    pub(crate) fn put_away(&self) {
        self.browse(Browser::next_answered);
        self.browser(|browser| browser.end(self.handle.now()));
    }
    pub(crate) fn close_books(&self) {
        self.stop_computing(self.handle.now());
        self.browse(Browser::next_asked);
    }
    /// Reports the screen queries up to now.
    fn browse(&self, next: fn(&mut Browser, Time) -> Option<Query>) {
        let now = self.handle.now();
        // Queries are reported one by one, so that no list holds a whole day of them.
        let next = || next(self.browser.borrow_mut().as_mut()?, now);
        while let Some(Query { took, waited }) = next() {
            self.tell(Event::AppQueried { took, waited });
        }
    }
    fn flash(&self, at: Time) -> Flash {
        let slow = self.slow.iter().filter(|(from, until, _)| (*from..*until).contains(&at));
        Flash { slowness: slow.map(|(.., factor)| *factor).max().unwrap_or(1), ..self.flash }
    }
    fn steps(&self, steps: u64) -> Span {
        Span::nanos((u128::from(steps) * u128::from(self.class.step_picos) / 1_000) as u64)
    }
    fn shared(&self, cpu: Span) -> Span {
        self.browser.borrow().as_ref().map_or(cpu, |browser| browser.share(cpu))
    }
    fn spend(&self, what: impl FnOnce(&mut Spent)) {
        let mut spent = self.books.spent.get();
        what(&mut spent);
        self.books.spent.set(spent);
    }
    /// Adds processor work from `start`, shared with screen queries; returns its end.
    fn compute(&self, start: Time, cpu: Span) -> Time {
        let until = start + self.shared(cpu);
        self.spend(|spent| spent.cpu += cpu);
        let mut computing = self.books.computing.borrow_mut();
        computing.retain(|(_, until, _)| *until > self.handle.now());
        computing.push((start, until, cpu));
        until
    }
    /// Subtracts the processor work that is not done yet.
    fn stop_computing(&self, now: Time) {
        for (from, until, cpu) in
            self.books.computing.take().into_iter().filter(|(from, until, _)| until > &now.max(*from))
        {
            let left = cpu.scaled((until - now.max(from)).0, (until - from).0);
            self.spend(|spent| spent.cpu = spent.cpu.saturating_sub(left));
        }
    }
    /// The time to decrypt and encrypt the pages that the unbilled work reads and writes.
    fn ciphered(&self) -> Span {
        self.cipher.map_or(Span::ZERO, |rate| Span::secs(1).scaled(self.disk.owed_bytes(), rate.0))
    }
    fn work_on_database(&self, cpu: Span) -> Done {
        let start = self.handle.now().max(self.books.free_at.get());
        let computed = self.compute(start, cpu + self.ciphered());
        let charged = self.disk.charge(start, computed - start, &self.flash(start));
        self.books.free_at.set(charged.until);
        let is_armed = !self.books.sync_losses.0.borrow().is_empty();
        let due = || self.books.sync_losses.due(&self.disk.sync_ends(charged.from));
        let losses = if is_armed { due() } else { Vec::new() };
        self.told_until(self.handle.now());
        self.books.under_way.borrow_mut().push((charged.from, charged.until, charged.wrote));
        self.browser(|browser| browser.busy(start, computed, charged.until, charged.wrote));
        Done { until: charged.until, losses }
    }
    fn told_until(&self, now: Time) {
        let done = self
            .books
            .under_way
            .borrow_mut()
            .extract_if(.., |(_, until, _)| *until <= now)
            .collect::<Vec<_>>();
        for (from, until, wrote) in done {
            self.spend(|spent| {
                spent.longest_work = spent.longest_work.max(until - from);
                if wrote {
                    spent.longest_lock = spent.longest_lock.max(until - from);
                }
            });
        }
    }
    fn code(&self, start: Time, bytes: u64, rate: Bytes) -> Time {
        let cpu = Span::secs(1).scaled(bytes, rate.0);
        self.spend(|spent| spent.coded += cpu);
        let until = self.compute(start, cpu);
        self.browser(|browser| browser.busy(start, until, until, false));
        until
    }
    pub(crate) fn computes(&self, own: Span) {
        self.compute(self.handle.now(), own.scaled(self.class.cpu_milli.into(), 1_000));
    }
    pub(crate) fn take_on(&self, work: Work) -> Done {
        self.browse(Browser::next_answered);
        let mut done = Done { until: self.handle.now(), losses: Vec::new() };
        let Hardware { class, disk, decoder, .. } = self;
        let cpu = self.steps(work.steps) + work.own.scaled(class.cpu_milli.into(), 1_000);
        if work.steps > 0 || work.own > Span::ZERO || disk.owes() {
            done = self.work_on_database(cpu);
        }
        if work.coded_bytes > 0 {
            let rate = match decoder {
                Decoder::Streaming => class.parse_rate,
                Decoder::Managed => class.managed_rate,
            };
            done.until = self.code(done.until, work.coded_bytes, rate);
        }
        if work.native_bytes > 0 {
            done.until = self.code(done.until, work.native_bytes, class.parse_rate);
        }
        done
    }

    pub(crate) fn has_memory_for(&self, bytes: u64) -> bool {
        let (peak, memory) = (self.decoder.peak(bytes), self.class.memory.0);
        self.tell(Event::Decoded { peak, tight: peak > memory / 4 });
        peak <= memory
    }
    /// True if the memory suffices to encode this many bytes of rows. Encoding needs as much as
    /// decoding.
    pub(crate) fn has_memory_to_send(&self, bytes: u64) -> bool {
        self.decoder.peak(bytes) <= self.class.memory.0
    }
}
