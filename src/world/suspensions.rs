//! When operating systems suspend apps by a plan or by chance, drawn before the world starts.

use super::faults::{choose, count, moments};
use super::missed::{Awaited, Struck};
use crate::base::{DeviceId, Span, Time};
use crate::scenario::{DevicePlan, Happening, Plan};

/// In chaos the connections of a suspended app last so long.
const SOCKETS_LAST: Span = Span::secs(30);

#[derive(Clone, Debug)]
pub(super) struct Suspend {
    pub(super) at: Time,
    pub(super) device: DeviceId,
    pub(super) length: Span,
    pub(super) sockets: Span,
    pub(super) struck: Struck,
}

#[derive(Debug, Default)]
pub(super) struct Suspensions {
    pub(super) all: Vec<Suspend>,
    pub(super) awaited: Vec<Awaited>,
    /// What was planned or drawn, in words.
    pub(super) told: Vec<(Time, String)>,
}

pub(super) fn draw(plan: &Plan, devices: &[DevicePlan]) -> Suspensions {
    let mut drawn = Suspensions::default();
    for planned in &plan.events {
        let Happening::Suspend(sockets) = planned.what else { continue };
        let length = planned.length;
        let chosen = choose(&planned.who, &planned.name, plan.seed, devices);
        let awaited = Awaited::anywhere(&planned.name, "the app of none of its devices ran at the time");
        for &device in &chosen {
            drawn.all.push(Suspend { at: planned.at, device, length, sockets, struck: awaited.met() });
        }
        drawn.awaited.extend((!chosen.is_empty()).then_some(awaited));
        let text = format!("{}: the app of {} is suspended for {length}", planned.name, count(&chosen));
        drawn.told.push((planned.at, text));
    }
    drawn.draw_chaos(plan, devices);
    drawn
}

impl Suspensions {
    fn draw_chaos(&mut self, plan: &Plan, devices: &[DevicePlan]) {
        let (mtbf, mean) = plan
            .chaos
            .as_ref()
            .map_or_else(Default::default, |chaos| (chaos.suspend_mtbf, chaos.suspend_mean));
        if mtbf == Span::ZERO {
            return;
        }
        let mut drawn = Vec::new();
        for DevicePlan { device, .. } in devices {
            let seed = plan.seed.derive("world.chaos", u64::from(device.0));
            let mut stream = seed.stream("suspend", 0, 0);
            for at in moments(mtbf, Time::ZERO + plan.duration, &mut stream) {
                drawn.push((at, *device, stream.exponential(mean)));
            }
        }
        let why = match drawn.is_empty() {
            true => format!("none came by chance in {}; one comes every {mtbf}", plan.duration),
            false => "no app ran at the time".to_owned(),
        };
        let awaited = Awaited::anywhere("chaos.suspend_mtbf", why);
        for (at, device, length) in drawn {
            let struck = awaited.met();
            self.all.push(Suspend { at, device, length, sockets: SOCKETS_LAST, struck });
            self.told.push((at, format!("chaos: the app of {device} is suspended for {length}")));
        }
        self.awaited.push(awaited);
    }
}
