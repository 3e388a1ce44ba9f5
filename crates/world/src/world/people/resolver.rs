//! People who resolve the conflicts that their devices show.
//!
//! Each person leaves a conflict open for some time. Then they decide it as soon as they look at
//! the app and no sync holds the screen. If the app dies, this begins again. In the drain, every
//! person who resolves conflicts does so at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::base::{Seed, Span, UnitId};
use crate::contract::{EditError, Schema};
use crate::setup::{Asking, Setup};
use crate::sim::{Handle, NodeId};
use crate::workload;
use crate::world::device::node::Device;
use crate::world::people::editing::POLLS_PER_STEP;
use crate::world::people::news::{Conflict, News};

/// The interval at which a person who waits to decide tries again.
const LOOKS_EVERY: Span = Span::secs(10);

pub(crate) struct Resolver {
    handle: Handle,
    node: NodeId,
    seed: Seed,
    options: workload::Resolver,
    schema: Arc<Schema>,
    devices: Vec<Rc<Device>>,
    opened: News<Conflict>,
    times: RefCell<BTreeMap<Conflict, u32>>,
    waiting: RefCell<BTreeMap<Conflict, u32>>,
    never: RefCell<BTreeSet<Conflict>>,
    /// In the drain: the units that a person asks for after a decision.
    hurry: RefCell<Option<Vec<UnitId>>>,
}

impl Resolver {
    pub(crate) fn new(
        handle: &Handle,
        node: NodeId,
        plan: &Setup,
        devices: &[Rc<Device>],
        opened: News<Conflict>,
    ) -> Rc<Resolver> {
        Rc::new(Resolver {
            handle: handle.clone(),
            node,
            seed: plan.seed.derive("world.resolver", 0),
            options: plan.workload.resolver.clone(),
            schema: plan.schema.clone(),
            devices: devices.to_vec(),
            opened,
            times: RefCell::default(),
            waiting: RefCell::default(),
            never: RefCell::default(),
            hurry: RefCell::default(),
        })
    }

    pub(crate) async fn live(self: Rc<Self>) {
        loop {
            let new = self.opened.next().await;
            self.handle.excuse(POLLS_PER_STEP * new.len() as u64);
            new.into_iter().for_each(|conflict| self.take_up(conflict));
        }
    }
    /// From now on, people decide at once and then ask for these units.
    pub(crate) fn hurry(self: &Rc<Self>, units: Vec<UnitId>) {
        *self.hurry.borrow_mut() = Some(units);
        let waiting: Vec<Conflict> = self.waiting.borrow().keys().copied().collect();
        waiting.into_iter().for_each(|conflict| self.decide(conflict));
    }
    fn take_up(self: &Rc<Self>, conflict: Conflict) {
        if self.waiting.borrow().contains_key(&conflict) || self.never.borrow().contains(&conflict) {
            return;
        }
        let (device, edit) = conflict;
        let time = *self.times.borrow_mut().entry(conflict).and_modify(|time| *time += 1).or_insert(1);
        let of = u64::from(device.0) << 32 | u64::from(edit.number);
        let mut stream = self.seed.stream(&format!("decides {}", edit.device), of, time.into());
        let Some(wait) = self.options.wait(&mut stream) else {
            self.never.borrow_mut().insert(conflict);
            return;
        };
        self.waiting.borrow_mut().insert(conflict, time);
        let resolver = self.clone();
        self.handle.spawn(self.node, "resolver", async move {
            if resolver.hurry.borrow().is_none() {
                resolver.handle.sleep(wait).await;
            }
            while resolver.waiting.borrow().get(&conflict) == Some(&time) {
                if resolver.hurry.borrow().is_some() || resolver.devices[device.0 as usize].is_attended() {
                    return resolver.decide(conflict);
                }
                resolver.handle.sleep(LOOKS_EVERY).await;
            }
        });
    }

    fn decide(self: &Rc<Self>, conflict: Conflict) {
        let (id, edit) = conflict;
        self.waiting.borrow_mut().remove(&conflict);
        let device = &self.devices[id.0 as usize];
        let open = device.with_view(|view| view.open_conflicts().into_iter().find(|open| open.edit == edit));
        // If the app does not run, it shows the conflict again later.
        let Some(open) = open.flatten() else { return };
        let pick = self.options.pick(&open, self.schema.entity(open.entity));
        let (resolver, asked) = (self.clone(), device.clone());
        device.resolve(edit, pick, move |resolved| match resolved {
            Ok(()) => {
                let units = resolver.hurry.borrow().clone().unwrap_or_default();
                units.into_iter().for_each(|unit| _ = asked.trigger(unit, Asking::Queued));
            }
            // The row no longer exists, so there is nothing left to decide.
            Err(EditError::NoSuchRow) => {}
            Err(_) => resolver.opened.add(conflict),
        });
    }
}
