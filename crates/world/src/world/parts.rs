//! Watches parts that a scenario names and that a run must use: hooks, units, entities and fleets.
//! A part that a run does not use was not tested.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Time, UnitId, Word};
use crate::contract::{Delivery, Trigger};
use crate::faults::{Awaited, Sign, Struck};
use crate::setup::{DevicePlan, Happening, Setup};
use crate::world::faults::windows::{Window, Windows};

pub(super) fn plan_parts(
    plan: &Setup,
    devices: &[DevicePlan],
    names: &mut BTreeMap<String, Awaited>,
    windows: &mut Windows,
) {
    let mut parts = Parts { plan, names, windows };
    let fleets = parts.fleets(devices);
    let units = parts.units(&fleets);
    parts.entities(&fleets, &units);
    for hook in plan.hooks.keys() {
        let awaited = Awaited::anywhere(&format!("hooks.{}", hook.word()), "it was never called");
        parts.add(Sign::Hook(*hook), Time::FAR, awaited);
    }
}

struct Parts<'p> {
    plan: &'p Setup,
    names: &'p mut BTreeMap<String, Awaited>,
    windows: &'p mut Windows,
}

impl Parts<'_> {
    fn add(&mut self, sign: Sign, until: Time, awaited: Awaited) -> Struck {
        let met = awaited.met();
        self.windows.add_anywhere(Window { from: Time::ZERO, until, sign, row: None, met: met.clone() });
        self.names.insert(awaited.name().to_owned(), awaited);
        met
    }
    /// Like `add`, for a part that must be used before the drain. The drain does not count, because
    /// it runs every unit.
    fn add_in_script(&mut self, sign: Sign, awaited: Awaited) -> Struck {
        self.add(sign, Time::ZERO + self.plan.duration, awaited)
    }
    fn fleets(&mut self, devices: &[DevicePlan]) -> Vec<Struck> {
        let mut used = Vec::new();
        for (number, fleet) in self.plan.fleets.iter().enumerate() {
            let mut own = devices.iter().filter(|one| one.fleet == number).map(|one| one.device.0);
            let Some(first) = own.next() else { continue };
            let range = first..own.next_back().unwrap_or(first) + 1;
            let why = "nobody logged in on any of its devices before the script was over";
            let awaited = Awaited::anywhere(&format!("fleet.{}", fleet.name), why);
            used.push(self.add_in_script(Sign::Fleet(range), awaited));
        }
        used
    }
    /// Adds the units that have a trigger. Units that only people or saved edits trigger are left
    /// out, because the counts of actions cover them.
    fn units(&mut self, fleets: &[Struck]) -> BTreeMap<UnitId, Struck> {
        let plan = self.plan;
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
            let met = self.add_in_script(Sign::Unit(id), awaited.after(fleets));
            if unit.on.contains(&Trigger::Background) && unit.on.len() > 1 {
                let why = "\"background\" never fired: no app got a window there";
                let awaited = Awaited::anywhere(&format!("{key}.on"), why);
                self.add_in_script(Sign::Background, awaited.after(std::slice::from_ref(&met)));
            }
            ran.insert(id, met);
        }
        ran
    }

    fn entities(&mut self, fleets: &[Struck], units: &BTreeMap<UnitId, Struck>) {
        let plan = self.plan;
        for id in plan.schema.ids() {
            let entity = plan.schema.entity(id);
            if entity.delivery == Delivery::BackendOnly {
                continue;
            }
            let pulls = plan.units.iter().enumerate().filter(|(_, unit)| unit.pull.contains(&id));
            let pulls: Vec<UnitId> = pulls.map(|(number, _)| UnitId(number as u16)).collect();
            let why = "no row of it came to a device or was edited there, and no unit that should \
                       bring it ended well before the script was over";
            let awaited = Awaited::anywhere(&format!("entity.{}", entity.name), why);
            let ran: Vec<Struck> = pulls.iter().filter_map(|unit| units.get(unit)).cloned().collect();
            if !pulls.is_empty() && ran.is_empty() {
                continue;
            }
            let after = if ran.is_empty() { fleets } else { &ran };
            self.add_in_script(Sign::Entity(id, pulls), awaited.after(after));
        }
    }
}
