//! Faults as events plan them and as chaos draws them.

use super::crash::SyncLoss;
use super::faults::{Detour, Faults, Kill, Restore, Whose, count, moments};
use super::missed::{Awaited, Struck};
use crate::base::{DeviceId, Ppm, Span, Time, Word};
use crate::contract::KillReason;
use crate::net::{During, Outage, OutageMode};
use crate::setup::Setup;
use crate::setup::{AtSync, Chaos, DevicePlan, Happening, Lengths, Planned};
use crate::{backend, gateway};

/// A connection that breaks is broken by an outage as short as this.
const CUT: Span = Span::millis(1);
/// A drawn kill waits so long for its crash point, and at most for half of what is left of the
/// script: points that a world never passes make no kill rarer than it is said to be.
const LONGEST_WAIT: Span = Span::secs(600);

/// The faults of `plan` for its devices. All of them end with the script: then the world heals.
pub(super) fn draw(plan: &Setup, devices: &[DevicePlan], crash_points: &[String]) -> Faults {
    let mut faults = Faults::none(devices.len());
    faults.plan_each((plan, devices), Faults::plan);
    if let Some(chaos) = &plan.chaos {
        faults.draw_chaos(plan, chaos, devices, crash_points);
    }
    let end = Time::ZERO + plan.duration;
    faults.draw_availability(plan, end);
    faults.heal(end);
    faults
}

impl Faults {
    fn plan(&mut self, planned: &Planned, chosen: &[DeviceId]) -> Option<String> {
        let (at, name, length) = (planned.at, &*planned.name, planned.length);
        match &planned.what {
            Happening::Kill(point) => {
                self.kill_all(at, name, KillReason::Killed, point.as_ref(), length, chosen);
                let place = point.as_ref().map_or(String::new(), |(p, n)| format!(" at {p} ({n})"));
                Some(format!("the app of {} is killed{place}", count(chosen)))
            }
            Happening::PowerLoss(at_sync) => Some(self.plan_power(at, name, *at_sync, length, chosen)),
            Happening::GatewayReplaced(times, every) => {
                for at in (0..u64::from(*times)).map(|n| at + *every * n) {
                    self.tell(at, format!("{name}: the gateway is replaced"));
                }
                None
            }
            _ => self
                .plan_network(planned, chosen)
                .or_else(|| self.plan_device(planned, chosen))
                .or_else(|| self.plan_server(planned)),
        }
    }

    fn plan_power(
        &mut self,
        at: Time,
        name: &str,
        at_sync: Option<AtSync>,
        restart_after: Span,
        chosen: &[DeviceId],
    ) -> String {
        let whom = count(chosen);
        let Some(AtSync { first, stagger, after }) = at_sync else {
            self.kill_all(at, name, KillReason::PowerLoss, None, restart_after, chosen);
            return format!("{whom} lose power");
        };
        let mut awaited = Awaited::new(name, KillReason::PowerLoss, None, at_sync);
        for (&device, k) in chosen.iter().zip(0_u32..) {
            let nth = first.saturating_add(k.saturating_mul(stagger));
            let (from, until, struck) = (at, Time::FAR, awaited.on(device));
            self.sync_losses.push(SyncLoss { device, from, until, nth, after, restart_after, struck });
        }
        self.awaited.push(awaited);
        format!("{whom} lose power at a sync, the first at its number {first}")
    }

    fn plan_network(&mut self, planned: &Planned, chosen: &[DeviceId]) -> Option<String> {
        let (whom, at, length) = (count(chosen), planned.at, planned.length);
        Some(match &planned.what {
            Happening::Outage(mode) => {
                let noticed = *mode != OutageMode::Hold;
                let outage = Outage { from: at, until: at + length, mode: *mode, noticed };
                self.each(chosen, |on| on.outages.push(outage));
                format!("outage of {whom} for {length}, mode {}", mode.word())
            }
            Happening::AnswerLoss(loss) => {
                let lossy = During { from: at, until: at + length, what: *loss };
                self.each(chosen, |on| on.net.lossy.push(lossy));
                format!("{whom} lose {loss} of the responses for {length}")
            }
            Happening::Flap(every) => {
                for from in (0..length.0 / every.0).map(|n| at + *every * n) {
                    let (until, mode) = (from + Span(every.0 / 2), OutageMode::Drop);
                    let outage = Outage { from, until, mode, noticed: true };
                    self.each(chosen, |on| on.outages.push(outage));
                }
                format!("the network of {whom} comes and goes every {every} for {length}")
            }
            Happening::CaptivePortal => {
                let portal = During { from: at, until: at + length, what: () };
                self.each(chosen, |on| on.net.portals.push(portal));
                format!("{whom} behind a captive portal for {length}")
            }
            Happening::SessionLoss => {
                let (until, mode) = (at + CUT, OutageMode::Reset);
                let outage = Outage { from: at, until, mode, noticed: false };
                self.each(chosen, |on| on.outages.push(outage));
                format!("the connections of {whom} break")
            }
            Happening::HalfOpen => {
                self.each(chosen, |on| on.half_open.push(at));
                format!("the connections of {whom} die silently")
            }
            Happening::NetworkChange(link) => {
                let detour = Detour { from: at, until: at + length, link: link.clone() };
                self.each(chosen, |on| on.detours.push(detour.clone()));
                format!("{whom} on {} for {length}", link.name)
            }
            _ => return None,
        })
    }

    fn plan_device(&mut self, planned: &Planned, chosen: &[DeviceId]) -> Option<String> {
        let (who, at, length) = (count(chosen), planned.at, planned.length);
        let ahead = |micros: i64| {
            format!("{}{}", if micros < 0 { "-" } else { "+" }, Span::micros(micros.unsigned_abs()))
        };
        Some(match &planned.what {
            Happening::DiskFull => {
                self.each(chosen, |on| on.full.push((at, at + length)));
                format!("{who} have no room for {length}")
            }
            Happening::SlowDisk(factor) => {
                self.each(chosen, |on| on.slow.push((at, at + length, *factor)));
                format!("the disks of {who} take {factor} times as long for {length}")
            }
            Happening::ClockStep(micros) => {
                self.each(chosen, |on| on.steps.push((at, *micros)));
                format!("the clocks of {who} jump by {}", ahead(*micros))
            }
            Happening::TimeZone(micros) => {
                self.each(chosen, |on| on.zones.push((at, *micros)));
                format!("local time of {who} moves by {}", ahead(*micros))
            }
            Happening::Restore(of) => {
                for &device in chosen {
                    self.restore(Whose::Device(device), Time(at.0 - of.0), at, length);
                }
                format!("{who} go back to their state of {of} ago")
            }
            Happening::Clone(from, to) => {
                self.restore(Whose::Copy { from: *from, to: *to }, at, at, length);
                format!("the storage of {from} is copied to {to}")
            }
            _ => return None,
        })
    }

    fn plan_server(&mut self, planned: &Planned) -> Option<String> {
        let (at, length) = (planned.at, planned.length);
        Some(match &planned.what {
            Happening::BackendDown => {
                self.down.push((at, at + length));
                format!("the backend is down for {length}")
            }
            Happening::BackendClockStep(micros) => {
                self.clock_steps.push((at, *micros));
                let way = if *micros < 0 { "back" } else { "on" };
                format!("the backend's clock goes {way} by {}", Span::micros(micros.unsigned_abs()))
            }
            Happening::BackendLinkOutage(mode) => {
                self.backend_link.push(gateway::Outage { from: at, until: at + length, mode: *mode });
                format!("nothing between gateway and backend for {length} ({mode:?})")
            }
            Happening::GatewayKill => format!("the gateway is killed, and comes back after {length}"),
            Happening::RestoreGateway(of) => {
                self.restore(Whose::Gateway, Time(at.0 - of.0), at, length);
                format!("the gateway goes back to its state of {of} ago")
            }
            Happening::RestoreBackend(of) => {
                self.restore(Whose::Backend, Time(at.0 - of.0), at, length);
                self.down.push((at, at + length));
                format!("the backend goes back to its state of {of} ago, down for {length}")
            }
            Happening::TouchFlag(_, rows) => format!("a user arms the flags of {rows} rows"),
            _ => return None,
        })
    }

    fn restore(&mut self, whose: Whose, backup: Time, at: Time, restart_after: Span) {
        self.restores.push(Restore { whose, backup, at, restart_after });
    }
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
                self.none_came(key, plan, mtbf);
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
                // Half of the kills strike in the middle of a sync, wherever that is.
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
                self.tell(from, format!("nothing between gateway and backend for {}", until - from));
            }
        }
    }

    fn awaits_any(&mut self, key: &str, up: Ppm, none: bool) {
        if none && up < Ppm::ONE {
            self.awaited.push(Awaited::anywhere(key, "no outage came by chance"));
        }
    }
    /// Nothing is broken after `end`.
    fn heal(&mut self, end: Time) {
        for on in &mut self.devices {
            let untils = on.outages.iter_mut().map(|outage| &mut outage.until);
            let untils = untils.chain(on.net.lossy.iter_mut().map(|lossy| &mut lossy.until));
            let untils = untils.chain(on.detours.iter_mut().map(|detour| &mut detour.until));
            let untils = untils.chain(on.net.portals.iter_mut().map(|portal| &mut portal.until));
            let untils = untils.chain(on.full.iter_mut().map(|(_, until)| until));
            let untils = untils.chain(on.slow.iter_mut().map(|(_, until, _)| until));
            untils.for_each(|until| *until = end.min(*until));
        }
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

    fn kill_all(
        &mut self,
        at: Time,
        name: &str,
        reason: KillReason,
        point: Option<&(String, u32)>,
        restart_after: Span,
        chosen: &[DeviceId],
    ) {
        let mut awaited = Awaited::new(name, reason, point, None);
        for &device in chosen {
            let (point, latest, struck) = (point.cloned(), None, awaited.on(device));
            self.kills.push(Kill { at, device, reason, point, latest, restart_after, struck });
        }
        self.awaited.push(awaited);
    }
}
