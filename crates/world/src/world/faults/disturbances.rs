//! Faults of single responses, rows and edits, cancelled runs, and suspended apps.

use crate::base::{DeviceId, Ppm, Span, Time};
use crate::faults::{
    Awaited, BadRows, CachingProxy, Cancel, Fault, Faults, ForeignResponses, NEVER_CANCELLED, PutOff,
    RefusedDeletes, When,
};
use crate::net::{During, Foreign};
use crate::setup::Setup;
use crate::setup::{Chaos, DevicePlan};
use crate::world::faults::drawing::{drawn_for, none_came};

/// In chaos, a run is cancelled this long after its request has left, on average.
const CANCELLED_AFTER: Span = Span::millis(300);
/// In chaos, connections of a suspended app last this long.
const SOCKETS_LAST: Span = Span::secs(30);

pub(in crate::world) fn draw(faults: &mut Faults, plan: &Setup, devices: &[DevicePlan]) {
    if let Some(ttl) = plan.proxy {
        // A permanent condition, not a fault that ends.
        let always = During { from: Time::ZERO, until: Time::FAR, what: ttl };
        faults.devices.iter_mut().for_each(|on| on.net.caches.push(always));
    }
    let Some(chaos) = &plan.chaos else { return };
    disturb_always(faults, chaos, plan, devices);
    if chaos.cancel_mtbf > Span::ZERO {
        draw_cancels(faults, plan, chaos.cancel_mtbf, devices);
    }
}

/// Continuous chaos is a fault planned for the whole script.
fn disturb_always(faults: &mut Faults, chaos: &Chaos, plan: &Setup, devices: &[DevicePlan]) {
    let all: Vec<DeviceId> = devices.iter().map(|device| device.device).collect();
    let (at, length, end) = (Time::ZERO, plan.duration, Time::ZERO + plan.duration);
    let when = When { name: "", at, length, chosen: &all, end };
    let shares: [(Ppm, &dyn Fault); 4] = [
        (chaos.foreign_responses, &ForeignResponses(chaos.foreign_responses, Foreign::Any)),
        (chaos.bad_rows, &BadRows(chaos.bad_rows)),
        (chaos.put_off, &PutOff(chaos.put_off)),
        (chaos.refused_deletes, &RefusedDeletes(chaos.refused_deletes)),
    ];
    for (_, fault) in shares.into_iter().filter(|(share, _)| *share > Ppm(0)) {
        fault.plan(&when, faults);
    }
    if chaos.proxy_ttl > Span::ZERO {
        CachingProxy(chaos.proxy_ttl).plan(&when, faults);
    }
}

fn draw_cancels(faults: &mut Faults, plan: &Setup, mtbf: Span, devices: &[DevicePlan]) {
    let (before, never) = (faults.cancels.len(), Awaited::anywhere("chaos.cancel_mtbf", NEVER_CANCELLED));
    drawn_for(plan, devices, "cancel", mtbf, |at, device, stream| {
        let (until, after) = (Time::ZERO + plan.duration, stream.exponential(CANCELLED_AFTER));
        faults.cancels.push(Cancel { at, until, device, after, struck: never.met() });
        faults.tell(at, format!("chaos: a run of {device} is cancelled"));
    });
    faults.awaited.push(match faults.cancels.len() == before {
        true => Awaited::anywhere(never.name(), format!("none occurred at random in {}", plan.duration)),
        false => never,
    });
}

pub(in crate::world) fn draw_suspensions(faults: &mut Faults, plan: &Setup, devices: &[DevicePlan]) {
    let Some(chaos) = plan.chaos.as_ref().filter(|chaos| chaos.suspend_mtbf > Span::ZERO) else { return };
    let (key, mtbf) = ("chaos.suspend_mtbf", chaos.suspend_mtbf);
    let awaited = Awaited::anywhere(key, "no app ran at the time");
    let before = faults.strikes.len();
    drawn_for(plan, devices, "suspend", mtbf, |at, device, stream| {
        let length = stream.exponential(chaos.suspend_mean);
        faults.suspend(at, device, (length, SOCKETS_LAST), awaited.met());
        faults.tell(at, format!("chaos: the app of {device} is suspended for {length}"));
    });
    if faults.strikes.len() == before {
        return none_came(faults, key, plan, mtbf);
    }
    faults.awaited.push(awaited);
}
