//! Planned and random faults.

use crate::base::{DeviceId, Ppm, Span, Time, Word};
use crate::contract::KillReason;
use crate::faults::{Awaited, Struck};
use crate::faults::{Faults, Kill};
use crate::net::{During, Outage, OutageMode};
use crate::setup::Setup;
use crate::setup::{Chaos, DevicePlan, Lengths};
use crate::world::faults::drawing::{moments, none_came, plan_events};
use crate::{backend, gateway};

/// The longest wait of a random kill for its crash point, at most half of the remaining script. So
/// points that a world never passes do not reduce the number of kills.
const LONGEST_WAIT: Span = Span::secs(600);

/// The faults of `plan` for its devices. All end with the script; then the world heals.
pub(in crate::world) fn draw(plan: &Setup, devices: &[DevicePlan], crash_points: &[String]) -> Faults {
    let mut faults = Faults::none(devices.len());
    plan_events(&mut faults, plan, devices);
    if let Some(chaos) = &plan.chaos {
        faults.draw_chaos(plan, chaos, devices, crash_points);
    }
    let end = Time::ZERO + plan.duration;
    faults.draw_availability(plan, end);
    faults.heal(end);
    faults
}

impl Faults {
    fn draw_chaos(&mut self, plan: &Setup, chaos: &Chaos, devices: &[DevicePlan], crash_points: &[String]) {
        let before = self.drawn();
        for device in devices {
            self.draw_device(plan, chaos, device.device, crash_points);
        }
        self.draw_backend(plan, chaos);
        let kinds = [
            ("chaos.kill_mtbf", chaos.kill_mtbf),
            ("chaos.power_loss_mtbf", chaos.power_loss_mtbf),
            ("chaos.outage_mtbf", chaos.outage_mtbf),
            ("chaos.backend_mtbf", chaos.backend_mtbf),
        ];
        for ((key, mtbf), (before, after)) in kinds.into_iter().zip(before.into_iter().zip(self.drawn())) {
            if mtbf > Span::ZERO && before == after {
                none_came(self, key, plan, mtbf);
            }
        }
    }

    fn drawn(&self) -> [usize; 4] {
        let ends = |reason| self.kills.iter().filter(|kill| kill.reason == reason).count();
        let outages = self.devices.iter().map(|on| on.outages.len()).sum();
        [ends(KillReason::Killed), ends(KillReason::PowerLoss), outages, self.down.len()]
    }
    fn draw_device(&mut self, plan: &Setup, chaos: &Chaos, device: DeviceId, crash_points: &[String]) {
        let seed = plan.seed.derive("world.chaos", u64::from(device.0));
        let end = Time::ZERO + plan.duration;
        for (mtbf, reason, name, word) in [
            (chaos.kill_mtbf, KillReason::Killed, "kill", "kill"),
            (chaos.power_loss_mtbf, KillReason::PowerLoss, "power", "power_loss"),
        ] {
            let mut stream = seed.stream(name, 0, 0);
            for at in moments(mtbf, end, &mut stream) {
                let restart_after = Span::secs(1) + stream.exponential(Span::secs(20));
                // Half of the kills are at a crash point during a sync.
                let at_point = reason == KillReason::Killed && stream.chance(0.5) && !crash_points.is_empty();
                let point = at_point.then(|| (stream.pick(crash_points).clone(), 1 + stream.below(3) as u32));
                let place = point.as_ref().map_or(String::new(), |(point, _)| format!(" at {point}"));
                self.tell(at, format!("chaos: {word} of {device}{place}"));
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
            self.tell(at, format!("chaos: outage of {device} for {length}, mode {}", mode.word()));
        }
        if chaos.response_loss.0 > 0 {
            let lossy = During { from: Time::ZERO, until: end, what: chaos.response_loss };
            self.devices[device.0 as usize].net.lossy.push(lossy);
        }
    }

    fn draw_backend(&mut self, plan: &Setup, chaos: &Chaos) {
        let mut stream = plan.seed.derive("world.chaos", u64::MAX).stream("backend", 0, 0);
        for at in moments(chaos.backend_mtbf, Time::ZERO + plan.duration, &mut stream) {
            let length = stream.exponential(chaos.backend_mean);
            self.down.push((at, at + length));
            self.tell(at, format!("chaos: the backend is down for {length}"));
        }
    }
    fn draw_availability(&mut self, plan: &Setup, end: Time) {
        let seed = |part| plan.seed.derive("world.availability", part);
        if let Some(availability) = plan.backend.availability {
            let outages = backend::outages(availability, seed(0), end);
            self.awaits_any("backend.availability", availability.share, outages.is_empty());
            for (from, until) in outages {
                self.down.push((from, until));
                self.tell(from, format!("the backend is down for {}", until - from));
            }
        }
        if let Some(availability) = plan.gateway.backend_link.as_ref().and_then(|link| link.availability) {
            let outages = backend::outages(availability, seed(1), end);
            self.awaits_any("gateway.backend_link.availability", availability.share, outages.is_empty());
            for (from, until) in outages {
                self.backend_link.push(gateway::Outage { from, until, mode: gateway::OutageMode::Reset });
                self.tell(from, format!("the backend link is down for {}", until - from));
            }
        }
    }

    fn awaits_any(&mut self, key: &str, up: Ppm, none: bool) {
        if none && up < Ppm::ONE {
            self.awaited.push(Awaited::anywhere(key, "no outage occurred at random"));
        }
    }
    /// Ends all faults by `end`.
    fn heal(&mut self, end: Time) {
        for on in &mut self.devices {
            let untils = on.outages.iter_mut().map(|outage| &mut outage.until);
            let untils = untils.chain(on.net.lossy.iter_mut().map(|lossy| &mut lossy.until));
            let untils = untils.chain(on.detours.iter_mut().map(|detour| &mut detour.until));
            let untils = untils.chain(on.net.portals.iter_mut().map(|portal| &mut portal.until));
            let untils = untils.chain(on.slow.iter_mut().map(|(_, until, _)| until));
            untils.for_each(|until| *until = end.min(*until));
        }
        self.strikes
            .iter_mut()
            .filter_map(|strike| strike.until.as_mut())
            .for_each(|until| *until = end.min(*until));
        self.down.iter_mut().for_each(|(_, until)| *until = end.min(*until));
        for outage in &mut self.backend_link {
            outage.until = outage.until.min(end);
        }
        for loss in &mut self.sync_losses {
            loss.until = end;
        }
        self.backend_link.retain(|outage| outage.from < outage.until);
        self.down.retain(|(from, until)| from < until);
        self.kills.retain(|kill| kill.at < end);
        self.kills.sort_by_key(|kill| (kill.at, kill.device));
    }
}
