//! The platform's push service: delivers messages of the server to phones.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use crate::base::{DeviceId, Seed, Span, Time};
use crate::contract::{AnnouncementEvent, Event, Node};
use crate::net::PushMessageOptions;
use crate::protocol::{Change, Said};
use crate::sim::{Handle, NodeId};
use crate::world::hub::Hub;

/// The time before the next try if the phone keeps the app suspended.
const AGAIN_AFTER: Span = Span::secs(60);

/// The methods of a phone that the push service uses.
pub(crate) trait Registered {
    /// The time from which the phone is online; `now` if it is online.
    fn is_online_from(&self, now: Time) -> Time;
    /// True if the app runs no code now and gets its messages later.
    fn is_suspended(&self) -> bool;
    /// Delivers a message; false if no app accepts it.
    fn takes(&self, message: &[u8]) -> bool;
}

/// The service with its waiting messages.
pub(crate) struct PushService {
    hub: Rc<Hub>,
    handle: Handle,
    node: NodeId,
    options: PushMessageOptions,
    seed: Seed,
    phones: RefCell<BTreeMap<DeviceId, Weak<dyn Registered>>>,
    waiting: Rc<RefCell<BTreeMap<u64, (DeviceId, Change)>>>,
    sent: Cell<u64>,
}

impl PushService {
    pub(crate) fn new(hub: &Rc<Hub>, node: NodeId, options: PushMessageOptions, seed: Seed) -> PushService {
        let (phones, waiting, sent) = Default::default();
        PushService {
            handle: hub.handle.clone(),
            hub: hub.clone(),
            node,
            options,
            seed,
            phones,
            waiting,
            sent,
        }
    }

    pub(crate) fn registers(&self, id: DeviceId, device: Weak<dyn Registered>) {
        self.phones.borrow_mut().insert(id, device);
    }

    pub(crate) fn send(&self, to: DeviceId, change: Change) {
        let name = self.sent.replace(self.sent.get() + 1);
        let Some(takes) = self.options.takes(self.seed, u64::from(to.0), name) else {
            return drop_message(&self.hub, to);
        };
        let mut earlier = Vec::new();
        for (name, (of, waits)) in self.waiting.borrow().iter() {
            if *of == to && self.options.replaces(change.channel, waits.channel) {
                earlier.push(*name);
            }
        }
        for name in earlier {
            self.waiting.borrow_mut().remove(&name);
            let event = AnnouncementEvent::Collapsed { device: to };
            self.hub.emit(Node::Gateway, Event::Announcement(event));
        }
        self.waiting.borrow_mut().insert(name, (to, change));
        let Some(device) = self.phones.borrow().get(&to).cloned() else { return };
        let waits = Waits {
            name,
            device,
            hub: self.hub.clone(),
            waiting: self.waiting.clone(),
            until: self.handle.now() + takes + self.options.kept,
        };
        let handle = self.handle.clone();
        let comes = handle.now() + takes;
        self.handle.spawn(self.node, "push message", async move {
            handle.sleep_until(comes).await;
            while let Some(again) = waits.tries(handle.now()) {
                handle.sleep_until(again).await;
            }
        });
    }
}

/// A message that waits for its phone.
struct Waits {
    name: u64,
    device: Weak<dyn Registered>,
    hub: Rc<Hub>,
    waiting: Rc<RefCell<BTreeMap<u64, (DeviceId, Change)>>>,
    /// The time at which the service drops the message.
    until: Time,
}

impl Waits {
    /// Delivers the message if the phone accepts it; otherwise returns the time of the next try.
    fn tries(&self, now: Time) -> Option<Time> {
        let (to, change) = self.waiting.borrow().get(&self.name).copied()?;
        let device = self.device.upgrade()?;
        let online = device.is_online_from(now);
        let again = if online > now { online } else { now + AGAIN_AFTER };
        if online > now || device.is_suspended() {
            if again < self.until {
                return Some(again);
            }
            self.waiting.borrow_mut().remove(&self.name);
            drop_message(&self.hub, to);
            return None;
        }
        self.waiting.borrow_mut().remove(&self.name);
        if !device.takes(&Said::Changes(vec![change]).encode()) {
            drop_message(&self.hub, to);
        }
        None
    }
}

fn drop_message(hub: &Hub, device: DeviceId) {
    hub.emit(Node::Gateway, Event::Announcement(AnnouncementEvent::Dropped { device }));
}
