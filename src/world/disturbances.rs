//! What happens to single answers, rows and edits, to runs that people cancel, and to apps that the
//! operating system suspends.

use super::faults::{Cancel, Faults, Suspend, choose, count, drawn_for};
use super::missed::Awaited;
use crate::backend::{Hindered, Hindrance};
use crate::base::{DeviceId, Ppm, Span, Time};
use crate::net::{During, Foreign};
use crate::scenario::{Chaos, DevicePlan, Happening, Plan};

/// In chaos a run is cancelled so long after a request of it has left, in the mean.
const CANCELLED_AFTER: Span = Span::millis(300);
const NEVER_CANCELLED: &str = "no run was under way from then on, or the engine cancels none";
/// In chaos the connections of a suspended app last so long.
const SOCKETS_LAST: Span = Span::secs(30);

pub(super) fn draw(faults: &mut Faults, plan: &Plan, devices: &[DevicePlan]) {
    let all = &mut Drawing { faults, plan, end: Time::ZERO + plan.duration };
    for planned in &plan.events {
        let chosen = choose(&planned.who, &planned.name, plan.seed, devices);
        if let Some(text) = all.plan((planned.at, planned.length), &planned.name, &planned.what, &chosen) {
            all.faults.tell(planned.at, format!("{}: {text}", planned.name));
        }
    }
    if let Some(ttl) = plan.proxy {
        // It is how things are, and no fault that is mended.
        let always = During { from: Time::ZERO, until: Time::FAR, what: ttl };
        all.faults.devices.iter_mut().for_each(|on| on.net.caches.push(always));
    }
    if let Some(chaos) = &plan.chaos {
        all.draw_chaos(chaos, devices);
    }
}

struct Drawing<'d> {
    faults: &'d mut Faults,
    plan: &'d Plan,
    end: Time,
}

impl Drawing<'_> {
    fn plan(
        &mut self,
        (at, length): (Time, Span),
        name: &str,
        what: &Happening,
        chosen: &[DeviceId],
    ) -> Option<String> {
        let (whom, until) = (count(chosen), self.end.min(at + length));
        let faults = &mut *self.faults;
        Some(match *what {
            Happening::ForeignAnswers(share, what) => {
                let time = During { from: at, until, what: (share, what) };
                faults.each(chosen, |on| on.net.foreign.push(time));
                format!("{share} of the responses to {whom} are not theirs for {length}")
            }
            Happening::CachingProxy(ttl) => {
                let time = During { from: at, until, what: ttl };
                faults.each(chosen, |on| on.net.caches.push(time));
                format!("{whom} behind a proxy that keeps responses for {ttl}, for {length}")
            }
            Happening::BadRows(share) => {
                faults.each(chosen, |on| on.unreadable.push((at, until, share)));
                format!("{whom} cannot read {share} of the rows that come for {length}")
            }
            Happening::PutOff(share) => {
                let what = Hindered::PutOff;
                faults.hindrances.push(Hindrance { from: at, until, share, what });
                format!("the backend puts off {share} of the edits for {length}")
            }
            Happening::RefusedDeletes(share) => {
                let what = Hindered::Deletes;
                faults.hindrances.push(Hindrance { from: at, until, share, what });
                format!("the backend refuses {share} of the deletes for {length}")
            }
            Happening::Cancel(after) => {
                let awaited = Awaited::anywhere(name, NEVER_CANCELLED);
                chosen.iter().for_each(|device| self.cancel(at, *device, after, &awaited));
                self.faults.awaited.push(awaited);
                format!("the run of {whom} is cancelled, {after} after a request")
            }
            _ => return None,
        })
    }

    fn cancel(&mut self, at: Time, device: DeviceId, after: Span, awaited: &Awaited) {
        let (until, struck) = (self.end, awaited.met());
        self.faults.cancels.push(Cancel { at, until, device, after, struck });
    }
    /// What chaos brings all the time is as if it was planned for all of it.
    fn draw_chaos(&mut self, chaos: &Chaos, devices: &[DevicePlan]) {
        let (always, some) = ((Time::ZERO, self.plan.duration), |share: Ppm| share > Ppm(0));
        let (answers, what) = (chaos.foreign_responses, Foreign::Any);
        let all: Vec<DeviceId> = devices.iter().map(|device| device.device).collect();
        for (there, what) in [
            (some(answers), Happening::ForeignAnswers(answers, what)),
            (chaos.proxy_ttl > Span::ZERO, Happening::CachingProxy(chaos.proxy_ttl)),
            (some(chaos.bad_rows), Happening::BadRows(chaos.bad_rows)),
            (some(chaos.put_off), Happening::PutOff(chaos.put_off)),
            (some(chaos.refused_deletes), Happening::RefusedDeletes(chaos.refused_deletes)),
        ] {
            if there {
                self.plan(always, "", &what, &all);
            }
        }
        if chaos.cancel_mtbf > Span::ZERO {
            self.draw_cancels(chaos.cancel_mtbf, devices);
        }
    }

    fn draw_cancels(&mut self, mtbf: Span, devices: &[DevicePlan]) {
        let (key, mut drawn) = ("chaos.cancel_mtbf", Vec::new());
        drawn_for(self.plan, devices, "cancel", mtbf, |at, device, stream| {
            drawn.push((at, device, stream.exponential(CANCELLED_AFTER)));
        });
        let awaited = match drawn.is_empty() {
            true => Awaited::anywhere(key, format!("none came by chance in {}", self.plan.duration)),
            false => Awaited::anywhere(key, NEVER_CANCELLED),
        };
        for (at, device, after) in drawn {
            self.cancel(at, device, after, &awaited);
            self.faults.tell(at, format!("chaos: a run of {device} is cancelled"));
        }
        self.faults.awaited.push(awaited);
    }
}

pub(super) fn draw_suspensions(faults: &mut Faults, plan: &Plan, devices: &[DevicePlan]) {
    for planned in &plan.events {
        let Happening::Suspend(sockets) = planned.what else { continue };
        let (at, length) = (planned.at, planned.length);
        let chosen = choose(&planned.who, &planned.name, plan.seed, devices);
        let awaited = Awaited::anywhere(&planned.name, "the app of none of its devices ran at the time");
        for &device in &chosen {
            faults.suspensions.push(Suspend { at, device, length, sockets, struck: awaited.met() });
        }
        faults.awaited.extend((!chosen.is_empty()).then_some(awaited));
        faults.tell(at, format!("{}: the app of {} is suspended for {length}", planned.name, count(&chosen)));
    }
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
