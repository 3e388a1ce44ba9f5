//! What happens to single answers, rows and edits, to runs that people cancel, and to apps that the
//! operating system suspends.

use super::faults::{Cancel, Faults, Suspend, count, drawn_for};
use super::missed::Awaited;
use crate::backend::{Hindered, Hindrance};
use crate::base::{DeviceId, Ppm, Span, Time};
use crate::net::{During, Foreign};
use crate::setup::Setup;
use crate::setup::{Chaos, DevicePlan, Happening, Planned, Who};

/// In chaos a run is cancelled so long after a request of it has left, in the mean.
const CANCELLED_AFTER: Span = Span::millis(300);
const NEVER_CANCELLED: &str = "no run was under way from then on, or the engine cancels none";
/// In chaos the connections of a suspended app last so long.
const SOCKETS_LAST: Span = Span::secs(30);

pub(super) fn draw(faults: &mut Faults, plan: &Setup, devices: &[DevicePlan]) {
    let end = Time::ZERO + plan.duration;
    faults.plan_each((plan, devices), |faults, planned, chosen| faults.disturb(end, planned, chosen));
    if let Some(ttl) = plan.proxy {
        // It is how things are, and no fault that is mended.
        let always = During { from: Time::ZERO, until: Time::FAR, what: ttl };
        faults.devices.iter_mut().for_each(|on| on.net.caches.push(always));
    }
    let Some(chaos) = &plan.chaos else { return };
    faults.disturb_always(chaos, plan, devices);
    if chaos.cancel_mtbf > Span::ZERO {
        draw_cancels(faults, plan, chaos.cancel_mtbf, devices);
    }
}

impl Faults {
    fn disturb(&mut self, end: Time, planned: &Planned, chosen: &[DeviceId]) -> Option<String> {
        let (at, length) = (planned.at, planned.length);
        let (whom, until) = (count(chosen), end.min(at + length));
        Some(match planned.what {
            Happening::ForeignAnswers(share, what) => {
                let time = During { from: at, until, what: (share, what) };
                self.each(chosen, |on| on.net.foreign.push(time));
                format!("{share} of the responses to {whom} are not theirs for {length}")
            }
            Happening::CachingProxy(ttl) => {
                let time = During { from: at, until, what: ttl };
                self.each(chosen, |on| on.net.caches.push(time));
                format!("{whom} behind a proxy that keeps responses for {ttl}, for {length}")
            }
            Happening::BadRows(share) => {
                self.each(chosen, |on| on.unreadable.push((at, until, share)));
                format!("{whom} cannot read {share} of the rows that come for {length}")
            }
            Happening::PutOff(share) => {
                self.hindrances.push(Hindrance { from: at, until, share, what: Hindered::PutOff });
                format!("the backend puts off {share} of the edits for {length}")
            }
            Happening::RefusedDeletes(share) => {
                self.hindrances.push(Hindrance { from: at, until, share, what: Hindered::Deletes });
                format!("the backend refuses {share} of the deletes for {length}")
            }
            Happening::Cancel(after) => {
                let awaited = Awaited::anywhere(&planned.name, NEVER_CANCELLED);
                for &device in chosen {
                    self.cancels.push(Cancel { at, until: end, device, after, struck: awaited.met() });
                }
                self.awaited.push(awaited);
                format!("the run of {whom} is cancelled, {after} after a request")
            }
            _ => return None,
        })
    }

    /// What chaos brings all the time is as if it was planned for all of it.
    fn disturb_always(&mut self, chaos: &Chaos, plan: &Setup, devices: &[DevicePlan]) {
        let some = |share: Ppm| share > Ppm(0);
        let all: Vec<DeviceId> = devices.iter().map(|device| device.device).collect();
        for (there, what) in [
            (some(chaos.foreign_responses), Happening::ForeignAnswers(chaos.foreign_responses, Foreign::Any)),
            (chaos.proxy_ttl > Span::ZERO, Happening::CachingProxy(chaos.proxy_ttl)),
            (some(chaos.bad_rows), Happening::BadRows(chaos.bad_rows)),
            (some(chaos.put_off), Happening::PutOff(chaos.put_off)),
            (some(chaos.refused_deletes), Happening::RefusedDeletes(chaos.refused_deletes)),
        ] {
            if there {
                let (name, at, length, who) =
                    (String::new(), Time::ZERO, plan.duration, Who::Devices(Vec::new()));
                self.disturb(at + length, &Planned { name, at, length, who, what }, &all);
            }
        }
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
        true => Awaited::anywhere(never.name(), format!("none came by chance in {}", plan.duration)),
        false => never,
    });
}

pub(super) fn draw_suspensions(faults: &mut Faults, plan: &Setup, devices: &[DevicePlan]) {
    faults.plan_each((plan, devices), |faults, planned, chosen| {
        let Happening::Suspend(sockets) = planned.what else { return None };
        let (at, length) = (planned.at, planned.length);
        let awaited = Awaited::anywhere(&planned.name, "the app of none of its devices ran at the time");
        for &device in chosen {
            faults.suspensions.push(Suspend { at, device, length, sockets, struck: awaited.met() });
        }
        faults.awaited.extend((!chosen.is_empty()).then_some(awaited));
        Some(format!("the app of {} is suspended for {length}", count(chosen)))
    });
    let Some(chaos) = plan.chaos.as_ref().filter(|chaos| chaos.suspend_mtbf > Span::ZERO) else { return };
    let (key, mtbf) = ("chaos.suspend_mtbf", chaos.suspend_mtbf);
    let awaited = Awaited::anywhere(key, "no app ran at the time");
    let before = faults.suspensions.len();
    drawn_for(plan, devices, "suspend", mtbf, |at, device, stream| {
        let (length, struck) = (stream.exponential(chaos.suspend_mean), awaited.met());
        faults.suspensions.push(Suspend { at, device, length, sockets: SOCKETS_LAST, struck });
        faults.tell(at, format!("chaos: the app of {device} is suspended for {length}"));
    });
    if faults.suspensions.len() == before {
        return faults.none_came(key, plan, mtbf);
    }
    faults.awaited.push(awaited);
}
