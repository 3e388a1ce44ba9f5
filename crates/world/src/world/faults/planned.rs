//! Planned and random faults of a plan.

use crate::backend::RejectedEdits;
use crate::base::{DeviceId, Ppm, Span, Time, Word};
use crate::contract::KillReason;
use crate::faults::{
    Awaited, Cancel, DrawnFault, Faults, Kill, NEVER_CANCELLED, Struck, When, bad_rows, caching_proxy,
    foreign_responses, rejection_window,
};
use crate::net::{During, Foreign, Outage, OutageMode};
use crate::setup::{Chaos, DevicePlan, Lengths, Setup};
use crate::world::faults::drawing::{drawn_for, exact, moments, note_none_drawn, on, plan_events};
use crate::{backend, gateway};

/// A random kill waits for its crash point at most this long, or half of the remaining script if
/// that is shorter. Then it happens at any point.
const LONGEST_WAIT: Span = Span::secs(600);

/// The faults of `setup` for its devices. All of them end with the script.
pub(crate) fn draw(setup: &Setup, devices: &[DevicePlan], crash_points: &[String]) -> Faults {
    let mut faults = Faults::none(devices.len());
    plan_events(&mut faults, setup, devices);
    if let Some(chaos) = &setup.chaos {
        faults.draw_chaos(setup, chaos, devices, crash_points);
    }
    let end = Time::ZERO + setup.duration;
    faults.draw_availability(setup, end);
    faults.heal(end);
    faults
}

impl Faults {
    fn draw_chaos(&mut self, setup: &Setup, chaos: &Chaos, devices: &[DevicePlan], crash_points: &[String]) {
        let before = self.drawn();
        for device in devices {
            self.draw_device(setup, chaos, device.device, crash_points);
        }
        self.draw_backend(setup, chaos);
        let kinds = [
            ("chaos.kill_mtbf", chaos.kill_mtbf),
            ("chaos.power_loss_mtbf", chaos.power_loss_mtbf),
            ("chaos.outage_mtbf", chaos.outage_mtbf),
            ("chaos.backend_mtbf", chaos.backend_mtbf),
        ];
        for ((key, mtbf), (before, after)) in kinds.into_iter().zip(before.into_iter().zip(self.drawn())) {
            if mtbf > Span::ZERO && before == after {
                note_none_drawn(self, key, setup, mtbf);
            }
        }
    }

    fn drawn(&self) -> [usize; 4] {
        let ends = |reason| self.kills.iter().filter(|kill| kill.reason == reason).count();
        let outages = self.devices.iter().map(|on| on.outages.len()).sum();
        [ends(KillReason::Killed), ends(KillReason::PowerLoss), outages, self.down.len()]
    }
    fn draw_device(&mut self, setup: &Setup, chaos: &Chaos, device: DeviceId, crash_points: &[String]) {
        let seed = setup.seed.derive("world.chaos", u64::from(device.0));
        let end = Time::ZERO + setup.duration;
        for (mtbf, reason, key, name, word) in [
            (chaos.kill_mtbf, KillReason::Killed, "chaos.kill_mtbf", "kill", "kill"),
            (chaos.power_loss_mtbf, KillReason::PowerLoss, "chaos.power_loss_mtbf", "power", "power_loss"),
        ] {
            let mut stream = seed.stream(name, 0, 0);
            for at in moments(mtbf, end, &mut stream) {
                let restart_after = Span::secs(1) + stream.exponential(Span::secs(20));
                // Half of the kills are at a crash point during a sync.
                let at_point = reason == KillReason::Killed && stream.chance(0.5) && !crash_points.is_empty();
                let point = at_point.then(|| (stream.pick(crash_points).clone(), 1 + stream.below(3) as u32));
                let place = point.as_ref().map_or(String::new(), |(point, _)| format!(" at {point}"));
                let at_point = point
                    .as_ref()
                    .map_or(String::new(), |(point, nth)| format!("point = \"{point}\", nth = {nth}, "));
                let event = format!(
                    "{word} = {{ {at_point}{}restart_after = {} }}",
                    on(device),
                    exact(restart_after)
                );
                self.add_drawn(DrawnFault { key, at, event }, &format!("{word} of {device}{place}"));
                let latest = Some(at + LONGEST_WAIT.min(Span(end.since(at).0 / 2)));
                let struck = Struck::default();
                self.kills.push(Kill { at, device, reason, point, latest, restart_after, struck });
            }
        }
        let mut stream = seed.stream("outage", 0, 0);
        for at in moments(chaos.outage_mtbf, end, &mut stream) {
            let mean = chaos.outage_mean;
            let length = match chaos.outage_lengths {
                Lengths::Uniform => Span(mean.0 / 2 + stream.below(mean.0.max(1))),
                Lengths::Exponential => stream.exponential(mean),
            };
            let mode = *stream.pick(&[OutageMode::Drop, OutageMode::Hold, OutageMode::Reset]);
            let noticed = stream.chance(chaos.outage_noticed.share());
            self.devices[device.0 as usize].outages.push(Outage {
                from: at,
                until: at + length,
                mode,
                noticed,
            });
            let mode = mode.word();
            let event = format!("outage = {{ {}for = {}, mode = \"{mode}\" }}", on(device), exact(length));
            let text = format!("outage of {device} for {length}, mode {mode}");
            self.add_drawn(DrawnFault { key: "chaos.outage_mtbf", at, event }, &text);
        }
        if chaos.response_loss.0 > 0 {
            let lossy = During { from: Time::ZERO, until: end, what: chaos.response_loss };
            self.devices[device.0 as usize].net.lossy.push(lossy);
        }
    }

    fn draw_backend(&mut self, setup: &Setup, chaos: &Chaos) {
        let mut stream = setup.seed.derive("world.chaos", u64::MAX).stream("backend", 0, 0);
        for at in moments(chaos.backend_mtbf, Time::ZERO + setup.duration, &mut stream) {
            let length = stream.exponential(chaos.backend_mean);
            self.down.push((at, at + length));
            let event = format!("backend_down = {{ for = {} }}", exact(length));
            let text = format!("the backend is down for {length}");
            self.add_drawn(DrawnFault { key: "chaos.backend_mtbf", at, event }, &text);
        }
    }
    fn draw_availability(&mut self, setup: &Setup, end: Time) {
        let of_link = setup.gateway.backend_link.as_ref().and_then(|link| link.availability);
        let parts = [
            ("backend", "backend.availability", setup.backend.availability),
            ("backend link", "gateway.backend_link.availability", of_link),
        ];
        for (number, (part, key, availability)) in (0..).zip(parts) {
            let Some(availability) = availability else { continue };
            let outages =
                backend::outages(availability, setup.seed.derive("world.availability", number), end);
            if outages.is_empty() && availability.share < Ppm::ONE {
                self.awaited.push(Awaited::anywhere(key, "no outage occurred at random"));
            }
            for (from, until) in outages {
                self.add_description(from, format!("the {part} is down for {}", until - from));
                match part {
                    "backend" => self.down.push((from, until)),
                    _ => self.backend_link.push(gateway::Outage {
                        from,
                        until,
                        mode: gateway::OutageMode::Reset,
                    }),
                }
            }
        }
    }
    /// Ends all faults by `end`.
    fn heal(&mut self, end: Time) {
        let outages = self.devices.iter_mut().flat_map(|on| &mut on.outages);
        let untils = outages.map(|outage| &mut outage.until);
        let untils = untils.chain(self.strikes.iter_mut().filter_map(|strike| strike.until.as_mut()));
        let untils = untils.chain(self.down.iter_mut().map(|(_, until)| until));
        let untils = untils.chain(self.backend_link.iter_mut().map(|outage| &mut outage.until));
        let untils = untils.chain(self.sync_losses.iter_mut().map(|loss| &mut loss.until));
        untils.for_each(|until| *until = end.min(*until));
        self.backend_link.retain(|outage| outage.from < outage.until);
        self.down.retain(|(from, until)| from < until);
        self.kills.retain(|kill| kill.at < end);
        self.kills.sort_by_key(|kill| (kill.at, kill.device));
    }
}

/// The mean time from a request to the cancellation of its run, in chaos (random faults).
const CANCELLED_AFTER: Span = Span::millis(300);
/// How long the connections of a suspended app last, in chaos.
const SOCKETS_LAST: Span = Span::secs(30);

pub(crate) fn add_permanent_faults(faults: &mut Faults, setup: &Setup, devices: &[DevicePlan]) {
    if let Some(ttl) = setup.proxy {
        // A caching proxy is a permanent condition, not a fault that ends.
        let always = During { from: Time::ZERO, until: Time::FAR, what: ttl };
        faults.devices.iter_mut().for_each(|on| on.net.caches.push(always));
    }
    let Some(chaos) = &setup.chaos else { return };
    add_continuous_chaos(faults, chaos, setup, devices);
    if chaos.cancel_mtbf > Span::ZERO {
        draw_cancels(faults, setup, chaos.cancel_mtbf, devices);
    }
}

/// Continuous chaos: each fault lasts for the whole script.
fn add_continuous_chaos(faults: &mut Faults, chaos: &Chaos, setup: &Setup, devices: &[DevicePlan]) {
    let all: Vec<DeviceId> = devices.iter().map(|device| device.device).collect();
    let (at, length, end) = (Time::ZERO, setup.duration, Time::ZERO + setup.duration);
    let when = When { name: "", at, length, chosen: &all, end };
    let drawn = [
        (chaos.foreign_responses > Ppm(0), foreign_responses(chaos.foreign_responses, Foreign::Any)),
        (chaos.bad_rows > Ppm(0), bad_rows(chaos.bad_rows)),
        (chaos.put_off > Ppm(0), rejection_window(RejectedEdits::Deferred, chaos.put_off)),
        (chaos.refused_deletes > Ppm(0), rejection_window(RejectedEdits::Deletes, chaos.refused_deletes)),
        (chaos.proxy_ttl > Span::ZERO, caching_proxy(chaos.proxy_ttl)),
    ];
    for (_, fault) in drawn.into_iter().filter(|(is_there, _)| *is_there) {
        fault.plan(&when, faults);
    }
}

fn draw_cancels(faults: &mut Faults, setup: &Setup, mtbf: Span, devices: &[DevicePlan]) {
    let (before, never) = (faults.cancels.len(), Awaited::anywhere("chaos.cancel_mtbf", NEVER_CANCELLED));
    drawn_for(setup, devices, "cancel", mtbf, |at, device, stream| {
        let (until, after) = (Time::ZERO + setup.duration, stream.exponential(CANCELLED_AFTER));
        faults.cancels.push(Cancel { at, until, device, after, struck: never.met() });
        let event = format!("cancel = {{ {}after = {} }}", on(device), exact(after));
        let drawn = DrawnFault { key: "chaos.cancel_mtbf", at, event };
        faults.add_drawn(drawn, &format!("a run of {device} is cancelled"));
    });
    faults.awaited.push(match faults.cancels.len() == before {
        true => Awaited::anywhere(never.name(), format!("none occurred at random in {}", setup.duration)),
        false => never,
    });
}

pub(crate) fn draw_suspensions(faults: &mut Faults, setup: &Setup, devices: &[DevicePlan]) {
    let Some(chaos) = setup.chaos.as_ref().filter(|chaos| chaos.suspend_mtbf > Span::ZERO) else { return };
    let (key, mtbf) = ("chaos.suspend_mtbf", chaos.suspend_mtbf);
    let awaited = Awaited::anywhere(key, "no app ran at the time");
    let before = faults.strikes.len();
    drawn_for(setup, devices, "suspend", mtbf, |at, device, stream| {
        let length = stream.exponential(chaos.suspend_mean);
        faults.suspend(at, device, (length, SOCKETS_LAST), awaited.met());
        let event = format!("suspend = {{ {}for = {} }}", on(device), exact(length));
        let text = format!("the app of {device} is suspended for {length}");
        faults.add_drawn(DrawnFault { key, at, event }, &text);
    });
    if faults.strikes.len() == before {
        return note_none_drawn(faults, key, setup, mtbf);
    }
    faults.awaited.push(awaited);
}
