//! People who read "Sync failed" and tap "Try again".
//!
//! Some time after a failure, a person who looks at the app taps, unless a sync has succeeded
//! since. If that run fails too, it counts as a new failure. After the script, no person taps.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{DeviceId, Seed, Time, UnitId};
use crate::contract::{Event, PhoneEvent};
use crate::setup::{Asking, Setup};
use crate::sim::{Handle, NodeId};
use crate::workload;
use crate::world::device::node::Device;
use crate::world::people::editing::POLLS_PER_STEP;
use crate::world::people::news::{News, RunEnded};

#[derive(Clone, Copy, Default)]
struct Runs {
    failed: u32,
    /// The number of taps since the last successful run.
    tapped: u32,
    is_about_to_tap: bool,
}

pub(crate) struct Retrying {
    handle: Handle,
    node: NodeId,
    seed: Seed,
    options: workload::Retrying,
    until: Time,
    devices: Vec<Rc<Device>>,
    news: News<RunEnded>,
    runs: RefCell<BTreeMap<(DeviceId, UnitId), Runs>>,
}

impl Retrying {
    pub(crate) fn new(
        (handle, node): (&Handle, NodeId),
        plan: &Setup,
        devices: &[Rc<Device>],
        news: News<RunEnded>,
    ) -> Rc<Retrying> {
        Rc::new(Retrying {
            handle: handle.clone(),
            node,
            seed: plan.seed.derive("world.retrying", 0),
            options: plan.workload.retrying,
            until: Time::ZERO + plan.duration,
            devices: devices.to_vec(),
            news,
            runs: RefCell::default(),
        })
    }

    pub(crate) async fn live(self: Rc<Self>) {
        loop {
            for ended in self.news.next().await {
                self.handle.excuse(POLLS_PER_STEP);
                if !ended.well {
                    self.failed(ended.of);
                } else if let Some(runs) = self.runs.borrow_mut().get_mut(&ended.of) {
                    (runs.tapped, runs.is_about_to_tap) = (0, false);
                }
            }
        }
    }

    fn failed(self: &Rc<Self>, of: (DeviceId, UnitId)) {
        let mut all = self.runs.borrow_mut();
        let runs = all.entry(of).or_default();
        runs.failed += 1;
        if runs.is_about_to_tap {
            return;
        }
        let one = u64::from(of.0.0) << 32 | u64::from(of.1.0);
        let mut stream = self.seed.stream("taps", one, runs.failed.into());
        let Some(wait) = self.options.wait(runs.tapped, &mut stream) else { return };
        runs.is_about_to_tap = true;
        let people = self.clone();
        self.handle.spawn(self.node, "retrying", async move {
            people.handle.sleep(wait).await;
            people.tap(of);
        });
    }

    fn tap(&self, of: (DeviceId, UnitId)) {
        let device = &self.devices[of.0.0 as usize];
        let looks = self.handle.now() < self.until && device.is_attended();
        let is_about_to = self.runs.borrow_mut().get_mut(&of).is_some_and(|runs| {
            runs.tapped += u32::from(looks && runs.is_about_to_tap);
            std::mem::take(&mut runs.is_about_to_tap)
        });
        if looks && is_about_to {
            device.tell(Event::Phone(PhoneEvent::RetryTapped));
            device.trigger(of.1, Asking::Queued);
        }
    }
}
