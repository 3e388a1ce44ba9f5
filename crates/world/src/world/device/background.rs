//! Suspension: the operating system stops an app's tasks for some time.
//!
//! Time goes on, and the kernel keeps the app's connections until they are closed. The app
//! continues when a person opens it, edits or asks for a sync. A [`Budget`](crate::setup::Budget)
//! limits the app's work in the background. The budget starts again after each use of the app.

use std::task::Waker;

use crate::base::Span;
use crate::contract::{AppEvent, Event, KillReason};
use crate::setup::{AtEnd, Budget};
use crate::world::device::node::Device;

impl Device {
    /// The operating system suspends the app for `length`. Returns false if no app runs.
    pub(crate) fn suspend_for(&self, length: Span, sockets: Span) -> bool {
        if !self.is_running() || self.suspension.is_on() || self.suspension.lifted.get() {
            return self.is_running();
        }
        let looked = self.attention.looks.get();
        self.put_away();
        self.suspension.comes_back.set(looked);
        let since = self.now();
        self.suspension.forced_until.set(since + length);
        self.suspend(Some(sockets));
        self.later("suspend", length, move |device| {
            if device.suspension.since.get() == Some(since) {
                device.go_on();
                if device.suspension.comes_back.take() {
                    device.app(AppEvent::Resume);
                }
            }
        });
        true
    }

    fn suspend(&self, sockets: Option<Span>) {
        let (of, now) = (&self.suspension, self.now());
        if of.lifted.get() || of.is_on() || !self.is_running() {
            return;
        }
        of.since.set(Some(now));
        of.times.set(of.times.get() + 1);
        self.tell(Event::Suspended);
        let Some(last) = sockets else { return };
        self.later("sockets", last, move |device| {
            if device.suspension.since.get() == Some(now) {
                device.way.take_sockets();
            }
        });
    }

    fn go_on(&self) {
        let Some(after) = self.suspension.over(self.now()) else { return };
        self.tell(Event::Continued { after });
        self.suspension.tasks.take().into_iter().for_each(Waker::wake);
        if let Some(event) = self.suspension.network.take() {
            self.app(event);
        }
    }
    pub(crate) fn take_up(&self) {
        self.suspension.comes_back.set(false);
        self.suspension.leave();
        self.go_on();
    }
    /// A person uses the app for a moment. Unless the person keeps looking at it, it goes to the
    /// background again.
    pub(crate) fn use_briefly(&self) {
        self.go_on();
        if !self.attention.looks.get() {
            self.stay_in_background();
        }
    }
    pub(crate) fn stay_in_background(&self) {
        if self.suspension.starts_in_window.get() {
            return;
        }
        self.suspension.comes_back.set(false);
        let mut stay = self.suspension.leave();
        let Some(budget) = self.suspension.budget.filter(|_| !self.suspension.lifted.get()) else { return };
        let (device, handle) = (self.shared(), self.handle.clone());
        self.handle.spawn(self.world, "background", async move {
            let since = handle.now();
            for (opens, closes) in budget.windows(since) {
                handle.sleep_until(opens).await;
                if device.suspension.stay.get() != stay {
                    return;
                }
                if opens > since {
                    device.start_in_window();
                    stay = device.suspension.stay.get();
                    device.open_background_window();
                }
                if budget.at_end == AtEnd::Warn {
                    handle.sleep_until(Budget::warns_at((opens, closes))).await;
                    if device.suspension.stay.get() != stay {
                        return;
                    }
                    device.with_engine(|engine| _ = engine.cancel());
                }
                handle.sleep_until(closes).await;
                if device.suspension.stay.get() != stay {
                    return;
                }
                device.end_window(budget);
                stay = device.suspension.stay.get();
            }
        });
    }

    /// Ends a background window. The budget says whether the operating system then suspends or
    /// kills the app.
    fn end_window(&self, budget: Budget) {
        match budget.at_end {
            AtEnd::Suspend | AtEnd::Warn => self.suspend(budget.sockets),
            AtEnd::Kill => {
                self.suspension.ended.set(self.is_running());
                self.kill(KillReason::Killed, None);
            }
        }
    }
    /// Starts an app that the system killed at the end of a background window. Returns true if it
    /// did.
    pub(crate) fn start_if_ended(&self) -> bool {
        let ended = self.suspension.ended.take() && !self.is_running();
        if ended {
            self.start();
        }
        ended
    }
    fn start_in_window(&self) {
        self.suspension.starts_in_window.set(true);
        self.start_if_ended();
        self.suspension.starts_in_window.set(false);
    }

    fn open_background_window(&self) {
        let of = &self.suspension;
        if !self.is_running() || self.now() < of.forced_until.get() {
            return;
        }
        of.windows.set(of.windows.get() + 1);
        self.go_on();
        self.app(AppEvent::Background);
    }
    pub(crate) fn lift_suspension(&self) {
        self.suspension.lifted.set(true);
        self.suspension.leave();
        self.start_if_ended();
        self.go_on();
    }
}
