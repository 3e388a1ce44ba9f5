//! What happens to single answers, rows and edits, and to runs that people cancel: drawn before the
//! world starts.

use super::cancels::Cancel;
use super::faults::{choose, count, moments};
use super::missed::{Awaited, Struck};
use crate::backend::{Hindered, Hindrance};
use crate::base::{DeviceId, Ppm, Span, Time};
use crate::net::{CacheTime, Foreign, ForeignTime};
use crate::scenario::{Chaos, DevicePlan, Happening, Plan, Planned};

/// In chaos a run is cancelled so long after a request of it has left, in the mean.
const CANCELLED_AFTER: Span = Span::millis(300);

#[derive(Debug, Default)]
pub(super) struct Disturbances {
    end: Time,
    /// Times in which answers are mixed up, by device.
    pub(super) foreign: Vec<Vec<ForeignTime>>,
    /// Times with a proxy that keeps answers, by device.
    pub(super) caches: Vec<Vec<CacheTime>>,
    /// Times in which rows cannot be read, by device, and their share.
    pub(super) unreadable: Vec<Vec<(Time, Time, Ppm)>>,
    pub(super) cancels: Vec<Cancel>,
    /// Edits that the backend does not take.
    pub(super) hindrances: Vec<Hindrance>,
    /// What has to meet somebody and is not told by a sign.
    pub(super) awaited: Vec<Awaited>,
    /// What was planned or drawn, in words.
    pub(super) told: Vec<(Time, String)>,
}

/// The disturbances of `plan` for its devices.
pub(super) fn draw(plan: &Plan, devices: &[DevicePlan]) -> Disturbances {
    let mut all = Disturbances {
        end: Time::ZERO + plan.duration,
        foreign: vec![Vec::new(); devices.len()],
        caches: vec![Vec::new(); devices.len()],
        unreadable: vec![Vec::new(); devices.len()],
        ..Disturbances::default()
    };
    for planned in &plan.events {
        let chosen = choose(&planned.who, &planned.name, plan.seed, devices);
        if let Some(text) = all.plan(planned, &chosen) {
            all.told.push((planned.at, format!("{}: {text}", planned.name)));
        }
    }
    if let Some(ttl) = plan.proxy {
        // It is how things are, and no fault that is mended.
        let always = CacheTime { from: Time::ZERO, until: Time::FAR, ttl };
        all.caches.iter_mut().for_each(|caches| caches.push(always));
    }
    if let Some(chaos) = &plan.chaos {
        all.draw_chaos(plan, chaos, devices);
    }
    all
}

impl Disturbances {
    fn plan(&mut self, planned: &Planned, chosen: &[DeviceId]) -> Option<String> {
        let Planned { at, length, name, what, .. } = planned;
        let (whom, at, until) = (count(chosen), *at, *at + *length);
        Some(match what {
            Happening::ForeignAnswers(share, what) => {
                self.mix_up(at, until, *share, *what, chosen);
                format!("{share} of the responses to {whom} are not theirs for {length}")
            }
            Happening::CachingProxy(ttl) => {
                self.cache(at, until, *ttl, chosen);
                format!("{whom} behind a proxy that keeps responses for {ttl}, for {length}")
            }
            Happening::BadRows(share) => {
                self.spoil(at, until, *share, chosen);
                format!("{whom} cannot read {share} of the rows that come for {length}")
            }
            Happening::PutOff(share) => {
                self.hinder(at, until, *share, Hindered::PutOff);
                format!("the backend puts off {share} of the edits for {length}")
            }
            Happening::RefusedDeletes(share) => {
                self.hinder(at, until, *share, Hindered::Deletes);
                format!("the backend refuses {share} of the deletes for {length}")
            }
            Happening::Cancel(after) => {
                let awaited = Awaited::anywhere(name, NEVER_CANCELLED);
                for &device in chosen {
                    self.cancel(at, device, *after, awaited.met());
                }
                self.awaited.push(awaited);
                format!("the run of {whom} is cancelled, {after} after a request")
            }
            _ => return None,
        })
    }

    fn mix_up(&mut self, from: Time, until: Time, share: Ppm, what: Foreign, chosen: &[DeviceId]) {
        let time = ForeignTime { from, until: until.min(self.end), share_ppm: share.0, what };
        chosen.iter().for_each(|device| self.foreign[device.0 as usize].push(time));
    }

    fn cache(&mut self, from: Time, until: Time, ttl: Span, chosen: &[DeviceId]) {
        let time = CacheTime { from, until: until.min(self.end), ttl };
        chosen.iter().for_each(|device| self.caches[device.0 as usize].push(time));
    }

    fn spoil(&mut self, from: Time, until: Time, share: Ppm, chosen: &[DeviceId]) {
        let time = (from, until.min(self.end), share);
        chosen.iter().for_each(|device| self.unreadable[device.0 as usize].push(time));
    }

    fn hinder(&mut self, from: Time, until: Time, share: Ppm, what: Hindered) {
        self.hindrances.push(Hindrance { from, until: until.min(self.end), share, what });
    }

    fn cancel(&mut self, at: Time, device: DeviceId, after: Span, struck: Struck) {
        self.cancels.push(Cancel { at, until: self.end, device, after, struck });
    }

    fn draw_chaos(&mut self, plan: &Plan, chaos: &Chaos, devices: &[DevicePlan]) {
        let all: Vec<DeviceId> = devices.iter().map(|device| device.device).collect();
        let (from, until) = (Time::ZERO, self.end);
        if chaos.foreign_responses > Ppm(0) {
            self.mix_up(from, until, chaos.foreign_responses, Foreign::Any, &all);
        }
        if chaos.proxy_ttl > Span::ZERO {
            self.cache(from, until, chaos.proxy_ttl, &all);
        }
        if chaos.bad_rows > Ppm(0) {
            self.spoil(from, until, chaos.bad_rows, &all);
        }
        for (share, what) in [(chaos.put_off, Hindered::PutOff), (chaos.refused_deletes, Hindered::Deletes)] {
            if share > Ppm(0) {
                self.hinder(from, until, share, what);
            }
        }
        if chaos.cancel_mtbf > Span::ZERO {
            self.draw_cancels(plan, chaos.cancel_mtbf, &all);
        }
    }

    fn draw_cancels(&mut self, plan: &Plan, mtbf: Span, devices: &[DeviceId]) {
        let key = "chaos.cancel_mtbf";
        let mut drawn = Vec::new();
        for &device in devices {
            let seed = plan.seed.derive("world.chaos", u64::from(device.0));
            let mut stream = seed.stream("cancel", 0, 0);
            for at in moments(mtbf, self.end, &mut stream) {
                drawn.push((at, device, stream.exponential(CANCELLED_AFTER)));
            }
        }
        let awaited = match drawn.is_empty() {
            true => Awaited::anywhere(key, format!("none came by chance in {}", plan.duration)),
            false => Awaited::anywhere(key, NEVER_CANCELLED),
        };
        for (at, device, after) in drawn {
            self.cancel(at, device, after, awaited.met());
            self.told.push((at, format!("chaos: a run of {device} is cancelled")));
        }
        self.awaited.push(awaited);
    }
}

const NEVER_CANCELLED: &str = "no run was under way from then on, or the engine cancels none";
