//! The ports that a device's process gets.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};

use super::device::Device;
use super::missed::Struck;
use crate::base::{Span, Time};
use crate::contract::{CrashPoints, KillReason, LocalBoxFuture, Spawn};
use crate::sim::{Handle, NodeId};

/// Tasks of a device's process.
pub(super) struct DeviceTasks {
    pub(super) handle: Handle,
    pub(super) node: NodeId,
    pub(super) device: Weak<Device>,
}

impl Spawn for DeviceTasks {
    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        let guarded = Guarded { task, device: self.device.clone() };
        let handle = self.handle.clone();
        self.handle.spawn(self.node, "engine", async move { handle.with_waker(guarded).await });
    }
}

/// A task that settles with its device's disk around each step, and looks whether there still is power.
struct Guarded {
    task: LocalBoxFuture<'static, ()>,
    device: Weak<Device>,
}

impl Future for Guarded {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if let Some(device) = self.device.upgrade() {
            device.before_poll();
        }
        let polled = self.task.as_mut().poll(context);
        if let Some(device) = self.device.upgrade() {
            device.after_poll();
        }
        polled
    }
}

/// Crash points that are armed, and how often each was passed.
#[derive(Default)]
pub(super) struct CrashBook {
    device: RefCell<Weak<Device>>,
    armed: RefCell<Vec<Armed>>,
    ever_armed: Cell<u64>,
    passed: RefCell<BTreeMap<&'static str, u64>>,
    suspended: Cell<bool>,
}

struct Armed {
    number: u64,
    point: String,
    from: Time,
    left: u32,
    restart_after: Span,
    struck: Struck,
}

impl CrashBook {
    pub(super) fn belongs_to(&self, device: &Rc<Device>) {
        *self.device.borrow_mut() = Rc::downgrade(device);
    }

    /// Kills the device at the passing number `nth` (from 1) of `point` at or after `from`. Gives a number to disarm it by.
    pub(super) fn arm(&self, point: &str, nth: u32, from: Time, restart_after: Span, struck: &Struck) -> u64 {
        let number = self.ever_armed.replace(self.ever_armed.get() + 1);
        let (point, left, struck) = (point.to_owned(), nth.max(1), struck.clone());
        let armed = Armed { number, point, from, left, restart_after, struck };
        self.armed.borrow_mut().push(armed);
        number
    }

    /// Whether it did not come to kill; now it will not.
    pub(super) fn disarm(&self, number: u64) -> bool {
        self.armed.borrow_mut().extract_if(.., |armed| armed.number == number).next().is_some()
    }

    /// No more kills: the world heals.
    pub(super) fn suspend(&self) {
        self.suspended.set(true);
    }

    /// How often each point was passed.
    pub(super) fn passed(&self) -> BTreeMap<&'static str, u64> {
        self.passed.borrow().clone()
    }

    fn due(&self, point: &str, now: Time) -> Option<Span> {
        if self.suspended.get() {
            return None;
        }
        let mut armed = self.armed.borrow_mut();
        for one in armed.iter_mut().filter(|a| a.point == point && a.from <= now) {
            one.left = one.left.saturating_sub(1);
        }
        // Of several that are due one strikes, and the others at the next passing.
        let due = armed.iter().position(|a| a.point == point && a.left == 0)?;
        let due = armed.remove(due);
        due.struck.set();
        Some(due.restart_after)
    }
}

impl CrashPoints for CrashBook {
    fn reached(&self, point: &'static str) -> bool {
        *self.passed.borrow_mut().entry(point).or_default() += 1;
        let Some(device) = self.device.borrow().upgrade() else { return false };
        match self.due(point, device.now()) {
            Some(restart_after) => {
                device.die_here(KillReason::Killed, Some(restart_after));
                true
            }
            None => false,
        }
    }
}
