//! Finds out whether planned events had an effect: an outage that no device noticed tested nothing.

use std::collections::BTreeMap;

use crate::backend::PoisonResponse;
use crate::base::{DeviceId, EntityId, Key, Ppm, Span, Time};
use crate::contract::EditKind;
use crate::faults::{ALL_READ, Awaited, Meets, NONE_LOST, NONE_PUT_OFF, NONE_REFUSED, Sign, UNASKED, When};
use crate::setup::{DevicePlan, Happening, Planned, Setup};
use crate::world::faults::drawing::choose;
use crate::world::faults::tried::NO_EDIT;
use crate::world::faults::windows::{Window, Windows};
use crate::world::parts::plan_parts;

/// The longest time until an edit is saved. It may have to wait for the write lock.
const SAVED_WITHIN: Span = Span::secs(120);

/// The events of `plan` that must affect a device or server, by name. The windows are the times in
/// which other events show this effect.
pub(crate) fn planned(plan: &Setup, devices: &[DevicePlan]) -> (BTreeMap<String, Awaited>, Windows) {
    let (mut events, mut windows) = (BTreeMap::new(), Windows::default());
    let end = Time::ZERO + plan.duration;
    let all: Vec<DeviceId> = devices.iter().map(|device| device.device).collect();
    for event in &plan.events {
        let Some((shown, otherwise)) = meets(event, end) else { continue };
        let chosen = choose(&event.who, &event.name, plan.seed, devices);
        if chosen.is_empty() {
            // If no device is chosen, this is known before the run.
            continue;
        }
        let awaited = Awaited::anywhere(&event.name, otherwise);
        if let Some((sign, from, until)) = shown {
            // Effects at the end of a fault still belong to the fault. Effects at the end of the
            // script do not, except that edits may be made after it.
            let to_its_end = until < end || matches!(sign, Sign::Edit);
            let until = if to_its_end { Time(until.0 + 1) } else { end };
            let window = Window { from, until, sign, row: named(plan, &event.what), met: awaited.met() };
            windows.add(window, &chosen, devices.len());
        }
        events.insert(event.name.clone(), awaited);
    }
    for (key, _, sign, during, otherwise) in
        kinds(plan, end).into_iter().filter(|(_, is_there, ..)| *is_there)
    {
        let awaited = Awaited::anywhere(key, otherwise);
        for (from, until) in during {
            let window = Window { from, until, sign: sign.clone(), row: None, met: awaited.met() };
            windows.add(window, &all, devices.len());
        }
        events.insert(key.to_owned(), awaited);
    }
    plan_parts(plan, devices, &mut events, &mut windows);
    (events, windows)
}

/// The row that the event's edits change; `None` for a create, whose key names another row.
fn named(plan: &Setup, what: &Happening) -> Option<(EntityId, Key)> {
    let Happening::Edits { action, about, .. } = what else { return None };
    let action = &plan.workload.actions[*action];
    let key = about.row.clone().filter(|_| action.kind != EditKind::Create)?;
    Some((action.entity, key))
}

/// A kind of fault: its key, whether the plan has it, its sign (the kind of event that shows an
/// effect), its intervals, and the message if it had no effect.
type Kind = (&'static str, bool, Sign, Vec<(Time, Time)>, &'static str);

fn kinds(plan: &Setup, end: Time) -> Vec<Kind> {
    let (backend, chaos) = (&plan.backend, plan.chaos.clone().unwrap_or_default());
    let (script, always) = (|| vec![(Time::ZERO, end)], || vec![(Time::ZERO, Time::FAR)]);
    let (some, lasts) = (|share: Ppm| share > Ppm(0), |span: Span| span > Span::ZERO);
    let proxy = plan.proxy.unwrap_or_default();
    let unused = "none of the devices used the network";
    let unrefused = "no edit was refused permanently";
    let fails = backend.poison_response == PoisonResponse::Fail;
    let poisons = if fails { Sign::Refused } else { Sign::Rejected };
    let deletes = backend.refused_deletes;
    let foreign = "no response belonged to another request";
    vec![
        ("chaos.response_loss", some(chaos.response_loss), Sign::LostResponse, script(), NONE_LOST),
        ("chaos.foreign_responses", some(chaos.foreign_responses), Sign::Foreign, script(), foreign),
        ("chaos.bad_rows", some(chaos.bad_rows), Sign::BadRow, script(), ALL_READ),
        ("chaos.put_off", some(chaos.put_off), Sign::PutOff, script(), NONE_PUT_OFF),
        ("chaos.refused_deletes", some(chaos.refused_deletes), Sign::DeleteRefused, script(), NONE_REFUSED),
        ("chaos.proxy_ttl", lasts(chaos.proxy_ttl), Sign::Network, script(), unused),
        ("proxy", lasts(proxy), Sign::Network, always(), unused),
        ("backend.maintenance", !backend.down.is_empty(), Sign::Backend, backend.down.clone(), UNASKED),
        ("backend.poison", backend.poison_ppm > 0, poisons, always(), unrefused),
        ("backend.refused_deletes", some(deletes), Sign::DeleteRefused, always(), NONE_REFUSED),
        ("backend.errors", some(backend.errors), Sign::Refused, always(), "no request failed"),
        ("backend.partial", some(backend.deferred_share), Sign::PutOff, always(), NONE_PUT_OFF),
    ]
}

/// The sign (the kind of event) that shows an effect of the planned event.
fn meets(planned: &Planned, end: Time) -> Option<Meets> {
    let (name, at, length) = (&*planned.name, planned.at, planned.length);
    match &planned.what {
        Happening::Fault(_, fault) => fault.meets(&When { name, at, length, chosen: &[], end }),
        Happening::Trigger(..) => Some((None, "the app of none of its devices ran at the time")),
        Happening::Edits { .. } => Some((Some((Sign::Edit, at, at + length + SAVED_WITHIN)), NO_EDIT)),
        // The number of its rows shows whether an import had an effect.
        Happening::Import { .. } => None,
    }
}
