//! The process of a stack's server half, and the signals between its tasks.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Weak;

use crate::base::{Span, Time};
use crate::net::Way;
use crate::sim::{Handle, NodeId, Notify, either};
use crate::world::faults::crash::CrashBook;

/// The pause before the next early call after a failed one. It doubles with each failure.
const HURRY_BACKOFF: Span = Span::secs(2);
const HURRY_BACKOFF_DOUBLINGS: u32 = 12;

/// Starts a backend call early if other code waits for it. After a failure it pauses. Without the
/// pause, requests for early calls would use up the quota that the call needs, or block another
/// call forever.
pub(crate) struct Hurry {
    hurried: Notify,
    failures: Cell<u32>,
    silent_until: Cell<Time>,
}

impl Hurry {
    fn new(handle: &Handle) -> Hurry {
        Hurry { hurried: handle.notify(), failures: Cell::new(0), silent_until: Cell::new(Time::ZERO) }
    }
    pub(crate) fn hurry(&self, now: Time) {
        if now >= self.silent_until.get() {
            self.hurried.notify_all();
        }
    }
    pub(crate) async fn hurried_before(&self, handle: &Handle, time: Time) -> bool {
        handle.timeout(time, self.hurried.notified()).await.is_ok()
    }
    /// Notes that the early backend call has ended at `now`.
    pub(crate) fn answered(&self, now: Time, went_well: bool) {
        if went_well {
            return self.failures.set(0);
        }
        let wait = HURRY_BACKOFF * (1 << self.failures.get().min(HURRY_BACKOFF_DOUBLINGS));
        self.failures.set(self.failures.get() + 1);
        self.silent_until.set(now + wait);
    }
}

/// Shares the backend fairly between refreshes and uploads if concurrent calls are limited. A
/// refresh requests page after page and would take every free place. So a refused upload gets the
/// next free place, then a page of the refresh gets one, and so on.
pub(crate) struct Turns {
    pub(crate) upload_waits: Cell<bool>,
    upload_went: Notify,
}

impl Turns {
    pub(crate) async fn of_refresh(&self) {
        if self.upload_waits.get() {
            self.upload_went.notified().await;
        }
    }
    pub(crate) fn upload_went(&self) {
        if self.upload_waits.replace(false) {
            self.upload_went.notify_all();
        }
    }
}

pub(crate) struct Process {
    pub(crate) node: NodeId,
    pub(crate) world: NodeId,
    pub(crate) is_up: Cell<bool>,
    pub(crate) died: Notify,
    pub(crate) ways: RefCell<Vec<Weak<Way>>>,
    pub(crate) refresh_now: Hurry,
    pub(crate) upload_now: Hurry,
    pub(crate) turns: Turns,
    /// Notifies that a request in the gateway's upload cache has got its response.
    pub(crate) upload_answered: Notify,
    /// Notifies that a job has ended.
    pub(crate) job_ended: Notify,
    pub(crate) crash: CrashBook,
}

impl Process {
    pub(crate) fn new(handle: &Handle, world: NodeId) -> Process {
        Process {
            node: handle.node("gateway process"),
            world,
            is_up: Cell::new(false),
            died: handle.notify(),
            ways: RefCell::default(),
            refresh_now: Hurry::new(handle),
            upload_now: Hurry::new(handle),
            upload_answered: handle.notify(),
            job_ended: handle.notify(),
            turns: Turns { upload_waits: Cell::new(false), upload_went: handle.notify() },
            crash: CrashBook::default(),
        }
    }

    pub(crate) async fn or_death<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        if !self.is_up.get() {
            return None;
        }
        either(self.died.notified(), pin!(work)).await.err()
    }
}
