//! The process of a stack's server half, as others see it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Weak;
use std::task::Poll;

use crate::base::{Span, Time};
use crate::net::Way;
use crate::sim::{Handle, NodeId, Notify};
use crate::world::faults::crash::CrashBook;

/// After a failed early call, further requests are ignored for this time, which doubles.
const LEFT_ALONE: Span = Span::secs(2);
const LEFT_ALONE_DOUBLED: u32 = 12;

/// Starts a backend call early. After a failure it waits longer: otherwise those who ask would use
/// up the quota that the call needs, or block another call forever.
pub(in crate::world) struct Hurry {
    hurried: Notify,
    failures: Cell<u32>,
    silent_until: Cell<Time>,
}

impl Hurry {
    fn new(handle: &Handle) -> Hurry {
        Hurry { hurried: handle.notify(), failures: Cell::new(0), silent_until: Cell::new(Time::ZERO) }
    }
    pub(in crate::world) fn hurry(&self, now: Time) {
        if now >= self.silent_until.get() {
            self.hurried.notify_all();
        }
    }
    pub(in crate::world) async fn hurried_before(&self, handle: &Handle, time: Time) -> bool {
        handle.timeout(time, self.hurried.notified()).await.is_ok()
    }
    /// The early backend call has ended at `now`.
    pub(in crate::world) fn answered(&self, now: Time, went_well: bool) {
        if went_well {
            return self.failures.set(0);
        }
        let wait = LEFT_ALONE * (1 << self.failures.get().min(LEFT_ALONE_DOUBLED));
        self.failures.set(self.failures.get() + 1);
        self.silent_until.set(now + wait);
    }
}

/// Fair turns if the backend limits concurrent calls. A refresh asks page after page and would take
/// every free place. So an upload that was refused has the next turn, then one page, and so on.
pub(in crate::world) struct Turns {
    pub(in crate::world) upload_waits: Cell<bool>,
    upload_went: Notify,
}

impl Turns {
    pub(in crate::world) async fn of_refresh(&self) {
        if self.upload_waits.get() {
            self.upload_went.notified().await;
        }
    }
    pub(in crate::world) fn upload_went(&self) {
        if self.upload_waits.replace(false) {
            self.upload_went.notify_all();
        }
    }
}

pub(in crate::world) struct Process {
    pub(in crate::world) node: NodeId,
    pub(in crate::world) world: NodeId,
    pub(in crate::world) is_up: Cell<bool>,
    pub(in crate::world) died: Notify,
    pub(in crate::world) ways: RefCell<Vec<Weak<Way>>>,
    pub(in crate::world) refresh_now: Hurry,
    pub(in crate::world) upload_now: Hurry,
    pub(in crate::world) turns: Turns,
    /// Notifies that the backend has answered a request with remembered edits.
    pub(in crate::world) upload_answered: Notify,
    pub(in crate::world) crash: CrashBook,
}

impl Process {
    pub(in crate::world) fn new(handle: &Handle, world: NodeId) -> Process {
        Process {
            node: handle.node("gateway process"),
            world,
            is_up: Cell::new(false),
            died: handle.notify(),
            ways: RefCell::default(),
            refresh_now: Hurry::new(handle),
            upload_now: Hurry::new(handle),
            upload_answered: handle.notify(),
            turns: Turns { upload_waits: Cell::new(false), upload_went: handle.notify() },
            crash: CrashBook::default(),
        }
    }

    pub(in crate::world) async fn or_death<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        if !self.is_up.get() {
            return None;
        }
        let mut work = pin!(work);
        let mut died = self.died.notified();
        poll_fn(|context| match Pin::new(&mut died).poll(context) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => work.as_mut().poll(context).map(Some),
        })
        .await
    }
}
