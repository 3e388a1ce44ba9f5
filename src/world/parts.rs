//! What a scenario names and its reader takes for used: hooks, units, entities, fleets. Of
//! one that the script never came to nothing was tested.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::missed::{Awaited, Struck};
use crate::base::{DeviceId, EntityId, Time, UnitId, Word};
use crate::contract::{AppEvent, Delivery, Event, Hook, Node, Trigger, UnitEvent};
use crate::scenario::{DevicePlan, Happening, Plan};

#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The script's end. The drain has every unit run; what only that uses was not tried.
    until: Time,
    left: Vec<(Part, Struck)>,
}

#[derive(Debug)]
enum Part {
    /// It is called.
    Hook(Hook),
    /// It runs, or is called at once.
    Unit(UnitId),
    /// The operating system gives an app a window.
    Background,
    /// A row of it comes or is edited, or a run of one of these units, which are to bring it, ends
    /// well.
    Entity(EntityId, Vec<UnitId>),
    /// Somebody logs in on one of its devices.
    Fleet(Range<u32>),
}

impl Parts {
    pub(super) fn planned(plan: &Plan, devices: &[DevicePlan]) -> (BTreeMap<String, Awaited>, Parts) {
        let mut names = BTreeMap::new();
        let mut parts = Parts { until: Time::ZERO + plan.duration, left: Vec::new() };
        let fleets = parts.fleets(plan, devices, &mut names);
        let units = parts.units(plan, &fleets, &mut names);
        parts.entities(plan, (&fleets, &units), &mut names);
        for hook in plan.hooks.keys() {
            let awaited = Awaited::anywhere(&format!("hooks.{}", hook.word()), "it was never called");
            parts.add(Part::Hook(*hook), awaited, &mut names);
        }
        (names, parts)
    }

    fn add(&mut self, part: Part, awaited: Awaited, names: &mut BTreeMap<String, Awaited>) -> Struck {
        let met = awaited.met();
        self.left.push((part, met.clone()));
        names.insert(awaited.name().to_owned(), awaited);
        met
    }

    fn fleets(
        &mut self,
        plan: &Plan,
        devices: &[DevicePlan],
        names: &mut BTreeMap<String, Awaited>,
    ) -> Vec<Struck> {
        let mut used = Vec::new();
        for (number, fleet) in plan.fleets.iter().enumerate() {
            let mut own = devices.iter().filter(|one| one.fleet == number).map(|one| one.device.0);
            let Some(first) = own.next() else { continue };
            let range = first..own.next_back().unwrap_or(first) + 1;
            let why = "nobody logged in on any of its devices before the script was over";
            let awaited = Awaited::anywhere(&format!("fleet.{}", fleet.name), why);
            used.push(self.add(Part::Fleet(range), awaited, names));
        }
        used
    }

    /// Units that anything starts. Who leaves one to people's hands alone knows that, and where
    /// nobody saves anything their actions tell.
    fn units(
        &mut self,
        plan: &Plan,
        fleets: &[Struck],
        names: &mut BTreeMap<String, Awaited>,
    ) -> BTreeMap<UnitId, Struck> {
        let by_events = plan.events.iter().filter_map(|event| match event.what {
            Happening::Trigger(unit, _) => Some(unit),
            _ => None,
        });
        let triggered: BTreeSet<UnitId> =
            by_events.chain(plan.hooks.values().filter_map(|hook| hook.triggers)).collect();
        let mut ran = BTreeMap::new();
        for (number, unit) in plan.units.iter().enumerate() {
            let id = UnitId(number as u16);
            let answers = |trigger: &Trigger| matches!(trigger, Trigger::Manual | Trigger::Save);
            if !triggered.contains(&id) && unit.on.iter().all(answers) {
                continue;
            }
            let key = format!("unit.{}", unit.name);
            let awaited = Awaited::anywhere(&key, "it did not run before the script was over");
            let met = self.add(Part::Unit(id), awaited.after(fleets), names);
            if unit.on.contains(&Trigger::Background) && unit.on.len() > 1 {
                let why = "\"background\" never came: no app was given a window there";
                let awaited = Awaited::anywhere(&format!("{key}.on"), why);
                self.add(Part::Background, awaited.after(std::slice::from_ref(&met)), names);
            }
            ran.insert(id, met);
        }
        ran
    }

    /// Entities whose rows are to be on devices or to come from them.
    fn entities(
        &mut self,
        plan: &Plan,
        (fleets, units): (&[Struck], &BTreeMap<UnitId, Struck>),
        names: &mut BTreeMap<String, Awaited>,
    ) {
        for id in plan.schema.ids() {
            let entity = plan.schema.entity(id);
            if entity.delivery == Delivery::BackendOnly {
                continue;
            }
            let pulls = plan.units.iter().enumerate().filter(|(_, unit)| unit.pull.contains(&id));
            let pulls: Vec<UnitId> = pulls.map(|(number, _)| UnitId(number as u16)).collect();
            let why = "no row of it came to a device or was edited there, and no unit that is to bring it \
                       ended well before the script was over";
            let awaited = Awaited::anywhere(&format!("entity.{}", entity.name), why);
            let ran: Vec<Struck> = pulls.iter().filter_map(|unit| units.get(unit)).cloned().collect();
            if !pulls.is_empty() && ran.is_empty() {
                continue;
            }
            let after = if ran.is_empty() { fleets } else { &ran };
            self.add(Part::Entity(id, pulls), awaited.after(after), names);
        }
    }

    pub(super) fn on(&mut self, at: Time, node: Node, event: &Event<'_>) {
        let Node::Device(device) = node else { return };
        let is_over = at >= self.until;
        self.left.retain(|(part, met)| {
            let counts = !is_over || matches!(part, Part::Hook(_));
            let used = counts && part.is_used(device, event);
            if used {
                met.set();
            }
            !used
        });
    }
}

impl Part {
    fn is_used(&self, device: DeviceId, event: &Event<'_>) -> bool {
        match (self, event) {
            (Part::Hook(own), Event::HookStarted { hook, .. }) => own == hook,
            (Part::Unit(own), Event::SyncStart { unit, .. } | Event::Unit(UnitEvent::Called { unit })) => {
                own == unit
            }
            (Part::Background, Event::App(AppEvent::Background)) => true,
            (Part::Entity(own, _), Event::EditMade { edit, .. }) => edit.entity == *own,
            (Part::Entity(own, _), Event::ChunkApplied { changes, .. }) => {
                changes.iter().any(|change| change.entity == *own)
            }
            (
                Part::Entity(_, pulls),
                Event::SyncComplete { unit, .. } | Event::Unit(UnitEvent::CameBack { unit }),
            ) => pulls.contains(unit),
            (Part::Fleet(own), Event::App(AppEvent::Login)) => own.contains(&device.0),
            _ => false,
        }
    }
}
