//! A device's link over time.

use std::sync::Arc;

use super::super::conditions::{Conditions, Direction, merge};
use super::super::options::{Outage, OutageMode, Profile};
use super::capacity::{BYTE, Capacity, Volume};
use super::gaps::handover;
use super::jitter;
use super::loss::Losses;
use super::moves::{LinkSchedule, Stay};
use crate::base::{BitRate, Seed, Span, Time};
use crate::contract::NetworkKind;

/// Duration of a change of network, in which connections break (estimate).
const SWITCH: Span = Span::millis(500);
/// Duration of a change of radio cell, same technology. Source: 3GPP's target of 49.5 ms for LTE.
const CELL_CHANGE: Span = Span::millis(50);
/// Duration of a change of cellular technology. Source: field test in Germany (olgen2013).
const RADIO_CHANGE: Span = Span::millis(4_500);
/// Share of these changes that lose the IP session. Source: Baltrunas 2015, one third on Norwegian
/// trains.
const RADIO_CHANGE_LOSES: f64 = 1.0 / 3.0;
/// Bits of a slot number within one stay (time on one link). Slots of the next stay have higher
/// numbers.
const STAY_SLOTS: u32 = 40;

/// The conditions that a device meets on its links.
#[derive(Debug, Default)]
pub struct LinkConditions {
    links: Vec<LinkOverTime>,
    stays: Vec<Stay>,
    /// Outages of mode `Drop` or `Reset`, sorted by start. Their ends ascend too.
    breaks: Vec<Outage>,
    holds: Vec<(Time, Time)>,
    offline: Vec<(Time, Time)>,
    /// The times when IP sessions are lost, sorted.
    sessions_lost: Vec<Time>,
    loses: [bool; 2],
}

/// Conditions for a message that leaves at a given time. Queue and MTU are those of the link at
/// that time. Everything else changes with time.
#[derive(Clone, Copy, Debug)]
pub struct ConditionsAt<'w> {
    conditions: &'w LinkConditions,
    profile: &'w Profile,
}

#[derive(Debug)]
struct LinkOverTime {
    profile: Arc<Profile>,
    seed: Seed,
    ways: [DirectionOverTime; 2],
}

#[derive(Debug)]
struct DirectionOverTime {
    seed: Seed,
    capacity: Capacity,
    losses: Losses,
}

impl LinkOverTime {
    fn new(profile: Arc<Profile>, seed: Seed) -> LinkOverTime {
        let way = |way: Direction| {
            let seed = seed.derive("net.way", way as u64);
            DirectionOverTime {
                seed,
                capacity: Capacity::new(&profile, way, seed),
                losses: Losses::new(profile.loss, profile.mtu, profile.mean_rate(way), seed),
            }
        };
        let ways = [way(Direction::Up), way(Direction::Down)];
        LinkOverTime { profile, seed, ways }
    }
}

impl LinkConditions {
    /// Conditions along a link schedule. Gaps and changes start only before `end`.
    pub fn new(schedule: &LinkSchedule, seed: Seed, end: Time) -> LinkConditions {
        let links = schedule.links.iter().enumerate();
        let links: Vec<LinkOverTime> = links
            .map(|(i, profile)| LinkOverTime::new(profile.clone(), seed.derive("net.link", i as u64)))
            .collect();
        let loses = [0, 1].map(|way| links.iter().any(|link| link.ways[way].losses.loss.is_some()));
        let mut conditions =
            LinkConditions { loses, links, stays: schedule.stays.clone(), ..LinkConditions::default() };
        let mut outages = conditions.gaps(end);
        outages.extend(conditions.changes_of_link(seed, end));
        outages.extend(schedule.dead_zones.iter().map(|&(from, until)| Outage {
            from,
            until: until.min(end),
            mode: OutageMode::Drop,
            noticed: true,
        }));
        conditions.add_outages(outages);
        conditions
    }

    /// Adds outages; empty ones are ignored.
    pub fn add_outages(&mut self, outages: impl IntoIterator<Item = Outage>) {
        for outage in outages.into_iter().filter(|o| o.until > o.from) {
            match outage.mode {
                OutageMode::Hold => self.holds.push((outage.from, outage.until)),
                OutageMode::Drop | OutageMode::Reset => self.breaks.push(outage),
            }
            if outage.noticed {
                self.offline.push((outage.from, outage.until));
            }
        }
        merge(&mut self.holds);
        merge(&mut self.offline);
        // Join outages that touch: a sender waits until the last of them has ended.
        self.breaks.sort_by_key(|o| (o.from, o.until));
        self.breaks.dedup_by(|next, kept| {
            let one = [next.mode, kept.mode] == [OutageMode::Drop; 2] && next.from <= kept.until;
            if one {
                (kept.until, kept.noticed) = (kept.until.max(next.until), kept.noticed || next.noticed);
            }
            one
        });
        // Ends must ascend too: an outage that ends before an earlier one gets the end of the
        // earlier one.
        let mut end = Time::ZERO;
        for outage in &mut self.breaks {
            end = end.max(outage.until);
            outage.until = end;
        }
    }

    /// Loses the IP session at each of these times. The device is not notified.
    pub fn lose_sessions(&mut self, at: impl IntoIterator<Item = Time>) {
        self.sessions_lost.extend(at);
        self.sessions_lost.sort_unstable();
    }

    /// Conditions for a message that leaves at `now`.
    #[inline]
    pub fn at(&self, now: Time) -> ConditionsAt<'_> {
        ConditionsAt { conditions: self, profile: self.profile(now) }
    }
    /// Profile of the link at `now`.
    #[inline]
    pub fn profile(&self, now: Time) -> &Arc<Profile> {
        &self.link(now).profile
    }
    /// The network as the operating system reports it at `now`.
    pub fn network(&self, now: Time) -> NetworkKind {
        if self.seems_up(now) { self.profile(now).kind } else { NetworkKind::None }
    }
    /// True if the operating system reports a network at `now`.
    pub fn seems_up(&self, now: Time) -> bool {
        within(&self.offline, now).is_none()
    }
    /// True if no outage of mode `Drop` or `Reset` is active at `now`.
    pub fn carries(&self, now: Time) -> bool {
        self.at(now).outages(now).iter().all(|outage| outage.from > now)
    }
    /// The first time, from `now` on, when the operating system reports a network.
    pub fn seems_up_from(&self, now: Time) -> Time {
        within(&self.offline, now).unwrap_or(now)
    }
    /// Times in which the operating system reports no network: sorted and disjoint.
    pub fn offline(&self) -> &[(Time, Time)] {
        &self.offline
    }

    /// Wake-up time of the radio for a packet at `now`. After a change of link, the radio must wake
    /// up.
    pub(crate) fn wake_up(&self, last: Option<Time>, now: Time) -> Span {
        let stay = self.stays[self.stay(now)];
        let link = &self.links[stay.link];
        jitter::wake_up(link.profile.promotion, link.seed, last.filter(|last| *last >= stay.from), now)
    }

    fn session(&self, now: Time) -> usize {
        self.sessions_lost.partition_point(|lost| *lost <= now)
    }
    pub(crate) fn session_ends(&self, now: Time) -> Time {
        self.sessions_lost.get(self.session(now)).copied().unwrap_or(Time::FAR)
    }
    /// Times when the operating system notices that the network is lost (false) or back (true).
    pub fn toggles(&self) -> Vec<(Time, bool)> {
        self.offline.iter().flat_map(|(from, until)| [(*from, false), (*until, true)]).collect()
    }

    fn gaps(&mut self, end: Time) -> Vec<Outage> {
        let mut outages = Vec::new();
        for (number, link) in self.links.iter().enumerate() {
            let gaps = link.profile.gaps.map_or_else(Vec::new, |gaps| gaps.draw(link.seed, end));
            let radio = link.profile.radio_changes.map(|changes| changes.draw(link.seed, end));
            let mut changes = radio.unwrap_or_default();
            for (outage, lost) in &mut changes {
                if *lost {
                    outage.until = (outage.until + link.profile.reconnect).min(end);
                }
            }
            // A change that loses a session may outlast the next change.
            let mut ended = Time::ZERO;
            let ends: Vec<Time> = changes
                .iter()
                .map(|(outage, _)| {
                    ended = ended.max(outage.until);
                    ended
                })
                .collect();
            for (i, stay) in self.stays.iter().enumerate().filter(|(_, stay)| stay.link == number) {
                let until = self.stays.get(i + 1).map_or(Time::FAR, |next| next.from);
                // Look only at outages of this stay: with frequent moves, there are as many stays
                // as gaps.
                let here = |o: &Outage| {
                    let outage = Outage { from: o.from.max(stay.from), until: o.until.min(until), ..*o };
                    (outage.from < outage.until).then_some(outage)
                };
                let first = gaps.partition_point(|gap| gap.until <= stay.from);
                let later = gaps[first..].iter().take_while(|gap| gap.from < until);
                outages.extend(later.filter_map(here));
                let first = ends.partition_point(|ended| *ended <= stay.from);
                let later = || changes[first..].iter().take_while(|(change, _)| change.from < until);
                outages.extend(later().filter_map(|(change, _)| here(change)));
                let lost = later().filter(|(change, lost)| *lost && change.from >= stay.from);
                self.sessions_lost.extend(lost.map(|(outage, _)| outage.from));
            }
        }
        self.sessions_lost.sort_unstable();
        outages
    }

    fn changes_of_link(&mut self, seed: Seed, end: Time) -> Vec<Outage> {
        let mut outages = Vec::new();
        let mut lost = Vec::new();
        for pair in self.stays.windows(2) {
            let [old, new] = [&pair[0], &pair[1]].map(|stay| &self.links[stay.link].profile);
            let at = pair[1].from;
            let cellular = |p: &Profile| p.kind == NetworkKind::Cellular && p.reconnect == Span::ZERO;
            let (loses, outage) = if !(cellular(old) && cellular(new)) {
                let until = at + SWITCH + new.reconnect;
                (true, Outage { from: at, until, mode: OutageMode::Reset, noticed: true })
            } else if old.radio != new.radio {
                let loses = seed.stream("net.change", at.0, 0).chance(RADIO_CHANGE_LOSES);
                (loses, handover(at, RADIO_CHANGE, end))
            } else {
                (false, handover(at, CELL_CHANGE, end))
            };
            lost.extend(loses.then_some(at));
            outages.push(outage);
        }
        self.lose_sessions(lost);
        outages
    }

    #[inline]
    fn stay(&self, now: Time) -> usize {
        if self.stays.len() == 1 {
            return 0;
        }
        self.stays.partition_point(|stay| stay.from <= now) - 1
    }

    #[inline]
    fn link(&self, now: Time) -> &LinkOverTime {
        &self.links[self.stays[self.stay(now)].link]
    }
    fn way(&self, stay: usize, way: Direction) -> &DirectionOverTime {
        &self.links[self.stays[stay].link].ways[way as usize]
    }

    /// The next time from `at` on when a link transmits: its start, its end, and the link in
    /// direction `way`.
    fn flows(&self, at: Time, way: Direction) -> (Time, Time, &DirectionOverTime) {
        let at = within(&self.holds, at).unwrap_or(at);
        let stay = self.stay(at);
        let moves = self.stays.get(stay + 1).map_or(Time::FAR, |next| next.from);
        let hold = self.holds.get(self.holds.partition_point(|(from, _)| *from <= at));
        (at, hold.map_or(moves, |(from, _)| moves.min(*from)), self.way(stay, way))
    }

    fn numbered(stay: usize, slot: u64) -> u64 {
        (stay as u64) << STAY_SLOTS | slot
    }
}

impl Conditions for ConditionsAt<'_> {
    fn rtt(&self, now: Time) -> Span {
        let link = self.conditions.link(now);
        jitter::stepped(link.profile.rtt, link.profile.steps, link.seed, now)
    }

    fn jitter(&self, way: Direction, now: Time) -> Span {
        let link = self.conditions.link(now);
        jitter::late(&link.profile.jitter, link.ways[way as usize].seed, now)
    }

    fn rate(&self, way: Direction, now: Time) -> BitRate {
        if within(&self.conditions.holds, now).is_some() {
            return BitRate(0);
        }
        self.conditions.link(now).ways[way as usize].capacity.rate(now)
    }

    fn leaves_by(&self, way: Direction, from: Time, bytes: u64) -> Time {
        let mut left = Volume::from(bytes) * BYTE;
        let mut at = from;
        loop {
            let (begins, end, way) = self.conditions.flows(at, way);
            at = begins;
            match way.capacity.fill(at, end, left) {
                Ok(filled) => return filled,
                Err(_) if end == Time::FAR => return Time::FAR,
                Err(rest) => (at, left) = (end, rest),
            }
        }
    }

    fn passed(&self, way: Direction, from: Time, until: Time) -> u64 {
        let last = Time(until.0.saturating_sub(1));
        let (mut volume, mut at) = (0, from);
        while at < last {
            let (begins, end, way) = self.conditions.flows(at, way);
            if begins < last {
                volume += way.capacity.volume(begins, end.min(last));
            }
            at = end;
        }
        // A trace counts whole bytes on each link, so the estimate may be a few bytes wrong.
        let mut passed = u64::try_from(volume / BYTE).unwrap_or(u64::MAX - 1);
        while passed > 0 && self.leaves_by(way, from, passed) >= until {
            passed -= 1;
        }
        while self.leaves_by(way, from, passed + 1) < until {
            passed += 1;
        }
        passed
    }

    fn queue(&self, _: Direction) -> u64 {
        self.profile.queue
    }
    fn mtu(&self) -> u32 {
        self.profile.mtu
    }
    fn loses(&self, way: Direction) -> bool {
        self.conditions.loses[way as usize]
    }

    fn slot(&self, way: Direction, at: Time) -> u64 {
        let stay = self.conditions.stay(at);
        LinkConditions::numbered(stay, self.conditions.way(stay, way).losses.slot(at))
    }

    fn next_loss(&self, way: Direction, slot: u64, until: u64) -> Option<u64> {
        let (mut slot, stays) = (slot, &self.conditions.stays);
        let losses = |stay: usize| &self.conditions.way(stay, way).losses;
        let numbered = LinkConditions::numbered;
        while slot < until {
            let stay = (slot >> STAY_SLOTS) as usize;
            let here = losses(stay.min(stays.len() - 1));
            // Slot numbers continue to the end of the stay. After the last stay there are no slots.
            let next = stays.get(stay + 1);
            let end = next.map_or(until, |next| numbered(stay, here.slot(next.from)).min(until));
            let base = numbered(stay, 0);
            if let Some(lost) = here.next(slot - base, end.saturating_sub(base)) {
                return Some(base + lost);
            }
            let next = next?;
            slot = slot.max(numbered(stay + 1, losses(stay + 1).slot(next.from)));
        }
        None
    }

    fn outages(&self, now: Time) -> &[Outage] {
        &self.conditions.breaks[self.conditions.breaks.partition_point(|outage| outage.until <= now)..]
    }
    fn session(&self, now: Time) -> u64 {
        self.conditions.session(now) as u64
    }
}

/// End of the interval that contains `now`; `times` are sorted and disjoint.
fn within(times: &[(Time, Time)], now: Time) -> Option<Time> {
    let (_, until) = *times[..times.partition_point(|(from, _)| *from <= now)].last()?;
    (now < until).then_some(until)
}

#[cfg(test)]
#[path = "link_conditions_tests.rs"]
mod tests;
