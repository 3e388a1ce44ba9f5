//! Energy that a radio takes from the battery, computed from the times at which bytes pass it.
//!
//! The radio wakes up first (promotion). It needs power while bytes pass, and energy for each byte.
//! Then it stays awake for a while (tail). A burst that starts within another burst's tail needs no
//! promotion. Some sources give mW per Mbit/s: 1 mW per Mbit/s is 8 nJ per byte.

use super::conditions::{Direction, merge};
use super::options::Radio;
use crate::base::{Span, Time};

/// Power of a radio in addition to its sleep power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    /// Promotion (wake-up): duration, and energy in microjoules.
    pub promotion: (Span, u64),
    /// Milliwatts while bytes pass (active).
    pub active: u64,
    /// Nanojoules per byte: sent, received.
    pub byte: [u64; 2],
    /// Parts of the tail in order: duration and milliwatts.
    pub tail: [(Span, u64); 2],
    /// Milliwatts while not active, for staying connected.
    pub maintenance: u64,
}

/// Promotion in (ms, µJ), active power in mW, nJ per byte (sent, received), tail in (ms, mW).
const fn draws(promotion: (u64, u64), active: u64, byte: [u64; 2], tail: [(u64, u64); 2]) -> Power {
    let [(long, high), (short, low)] = tail;
    Power {
        promotion: (Span::millis(promotion.0), promotion.1),
        active,
        byte,
        tail: [(Span::millis(long), high), (Span::millis(short), low)],
        maintenance: 0,
    }
}

/// The four-parameter models of LTE, 3G and Wi-Fi. Source: Huang et al., MobiSys 2012.
const LTE: Power = draws((260, 315_000), 1_288, [3_507, 416], [(11_580, 1_060), (0, 0)]);
const THREE_G: Power = draws((582, 384_000), 818, [6_952, 977], [(8_100, 804), (800, 601)]);
const WIFI: Power = draws((79, 9_800), 133, [2_265, 1_096], [(240, 119), (0, 0)]);
/// Active power: LTE's plus 220 mW, the difference of the whole-phone regressions of 5G and LTE.
/// Per Mbit/s: 32.2 mW sent, 11.5 mW received. Tail: 10.7 s. Source: estimate from the 5G study at
/// SIGCOMM 2021.
const FIVE_G: Power = draws((380, 460_000), 1_508, [258, 92], [(10_700, 1_060), (0, 0)]);

impl Power {
    /// Energy of x kB: 0.025·x + 3.5 J. Tail: 0.62 W for 12.5 s. Source: Balasubramanian, IMC 2009.
    pub const THREE_G_2009: Power = draws((0, 3_500_000), 0, [25_000; 2], [(12_500, 620), (0, 0)]);
    /// Energy of x kB: 0.036·x + 1.7 J. Tail: 0.25 W for 6 s. Source: the same.
    pub const GSM_2009: Power = draws((0, 1_700_000), 0, [36_000; 2], [(6_000, 250), (0, 0)]);
    /// Energy of x kB: 0.007·x + 5.9 J with scan and association. 0.05 W when idle. Source: the
    /// same.
    pub const WIFI_2009: Power =
        Power { maintenance: 50, ..draws((0, 5_900_000), 0, [7_000; 2], [(0, 0), (0, 0)]) };

    /// Power of this radio; `None`: no radio ([`Radio::None`]).
    pub fn of(radio: Radio) -> Option<Power> {
        match radio {
            Radio::None => None,
            Radio::TwoG => Some(Power::GSM_2009),
            Radio::ThreeG => Some(THREE_G),
            Radio::Lte => Some(LTE),
            Radio::FiveG => Some(FIVE_G),
            Radio::Wifi => Some(WIFI),
        }
    }

    fn tail_length(&self) -> Span {
        self.tail.iter().map(|(lasts, _)| *lasts).sum()
    }

    fn tail_energy(&self, lasts: Span) -> u128 {
        let mut left = lasts;
        let mut energy = 0;
        for (part, power) in self.tail {
            let taken = left.min(part);
            energy += nanojoules(power, taken);
            left = left.saturating_sub(taken);
        }
        energy
    }
}

/// The use of each radio of a device so far. The last entry is the radio in use.
#[derive(Clone, Debug, Default)]
pub struct Radios(Vec<(Radio, RadioUse)>);

impl Radios {
    /// Adds `bytes` that pass in `times`. Times of later calls must not begin before this call's
    /// `now`.
    pub fn pass(&mut self, now: Time, radio: Radio, way: Direction, bytes: u64, times: (Time, Time)) {
        let Some(power) = Power::of(radio) else { return };
        if self.0.last().is_none_or(|(last, _)| *last != radio) {
            if let Some((_, used)) = self.0.last_mut() {
                used.close(now);
                used.last = None;
            }
            match self.0.iter().position(|(known, _)| *known == radio) {
                Some(at) => self.0[at..].rotate_left(1),
                None => self.0.push((radio, RadioUse::new(power))),
            }
        }
        let (_, used) = self.0.last_mut().expect("the radio is the last one");
        used.pass(now, way, bytes, times);
    }

    /// Cost of each radio that was used, up to `end`.
    pub fn costs(&self, end: Time) -> impl Iterator<Item = (Radio, RadioCost)> {
        self.0.iter().map(move |(radio, used)| (*radio, used.cost(end)))
    }
}

/// The use of one radio so far.
#[derive(Clone, Debug)]
pub struct RadioUse {
    power: Power,
    /// End of the last settled transfer; `None`: the radio sleeps.
    last: Option<Time>,
    /// Transfer times not settled yet: sorted by start, disjoint.
    open: Vec<(Time, Time)>,
    nanojoules: u128,
    on: Span,
}

/// Cost of the use of a radio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RadioCost {
    /// Time awake: promotion, traffic and tail.
    pub on: Span,
    /// Energy in microjoules.
    pub energy: u64,
}

impl RadioUse {
    /// A sleeping radio that was never used.
    pub fn new(power: Power) -> RadioUse {
        RadioUse { power, last: None, open: Vec::new(), nanojoules: 0, on: Span::ZERO }
    }

    /// Adds `bytes` that pass in these times. Times of later calls must not begin before this
    /// call's `now`.
    pub fn pass(&mut self, now: Time, way: Direction, bytes: u64, (from, until): (Time, Time)) {
        self.settle(now);
        self.nanojoules += u128::from(self.power.byte[way as usize]) * u128::from(bytes);
        self.open.push((from, until.max(from)));
        merge(&mut self.open);
    }

    /// Cost up to `end`. The last tail counts fully, even if it ends later.
    pub fn cost(&self, end: Time) -> RadioCost {
        let mut all = self.clone();
        all.close(end);
        if let Some(last) = all.last {
            let (seen, whole) = (end.since(last), self.power.tail_length());
            all.on += whole.saturating_sub(seen);
            all.nanojoules += self.power.tail_energy(whole) - self.power.tail_energy(seen);
        }
        let energy = u64::try_from(all.nanojoules / 1_000).unwrap_or(u64::MAX);
        RadioCost { on: all.on, energy }
    }

    fn close(&mut self, end: Time) {
        for (_, until) in &mut self.open {
            *until = (*until).min(end);
        }
        self.settle(end);
        if let Some(last) = self.last {
            self.rest(end.since(last));
        }
    }

    fn settle(&mut self, now: Time) {
        let power = self.power;
        let ended = self.open.partition_point(|(_, until)| *until <= now);
        for (from, until) in self.open.drain(..ended).collect::<Vec<_>>() {
            let slept = self.last.map(|last| {
                self.rest(from.since(last));
                from.since(last) >= power.tail_length()
            });
            if slept.unwrap_or(true) {
                self.on += power.promotion.0;
                self.nanojoules += u128::from(power.promotion.1) * 1_000;
            }
            self.on += until.since(from);
            self.nanojoules += nanojoules(power.active, until.since(from));
            self.last = Some(until);
        }
    }

    fn rest(&mut self, lasts: Span) {
        self.on += lasts.min(self.power.tail_length());
        self.nanojoules += self.power.tail_energy(lasts) + nanojoules(self.power.maintenance, lasts);
    }
}

fn nanojoules(milliwatts: u64, lasts: Span) -> u128 {
    u128::from(milliwatts) * u128::from(lasts.0) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::at_ms as at;
    use proptest::prelude::*;

    /// Cost of bursts of `bytes` each, given as (start, length) in milliseconds.
    fn cost(power: Power, bursts: &[(u64, u64)], bytes: u64, end_ms: u64) -> RadioCost {
        let mut used = RadioUse::new(power);
        for &(from, lasts) in bursts {
            used.pass(at(from), Direction::Down, bytes, (at(from), at(from + lasts)));
        }
        used.cost(at(end_ms))
    }

    #[test]
    fn a_burst_costs_promotion_traffic_and_tail() {
        let one = cost(LTE, &[(0, 1_000)], 1_000_000, 60_000);
        let joules = 0.315 + 1.288 + 0.416 + 1.060 * 11.58;
        assert!((one.energy as f64 / 1e6 - joules).abs() < 1e-6, "{} uJ", one.energy);
        assert_eq!(one.on, Span::millis(260 + 1_000 + 11_580));
        for end in [1_000, 1_200, 12_579, 12_580] {
            assert_eq!(
                cost(LTE, &[(0, 1_000)], 1_000_000, end),
                one,
                "the last tail is paid whole: {end} ms"
            );
        }
        let two = cost(THREE_G, &[(0, 1_000)], 0, 60_000);
        assert_eq!(two.energy, 384_000 + 818_000 + 8_100 * 804 + 800 * 601);
    }

    #[test]
    fn a_change_of_radio_ends_the_tail_and_wakes_the_other_and_each_is_told_by_itself() {
        let mut used = Radios::default();
        let mut second = |radio, ms| used.pass(at(ms), radio, Direction::Up, 0, (at(ms), at(ms + 1_000)));
        second(Radio::Lte, 0);
        second(Radio::None, 1_000);
        second(Radio::Wifi, 3_000);
        second(Radio::Lte, 9_000);
        let lte = RadioCost {
            on: Span::millis(2 * (260 + 1_000) + 2_000 + 11_580),
            energy: 2 * (315_000 + 1_288_000) + (2_000 + 11_580) * 1_060,
        };
        let wifi = RadioCost { on: Span::millis(79 + 1_000 + 240), energy: 9_800 + 133_000 + 240 * 119 };
        let told: Vec<_> = used.costs(at(10_000)).collect();
        assert_eq!(told, [(Radio::Wifi, wifi), (Radio::Lte, lte)]);
    }

    proptest! {
        #[test]
        fn overlapping_traffic_costs_its_union(bursts in proptest::collection::vec((0_u64..3_000, 0_u64..4_000), 1..30)) {
            let mut now = 0;
            let mut told = Vec::new();
            for (pause, lasts) in bursts {
                now += pause;
                told.push((now, lasts));
            }
            let mut union: Vec<(u64, u64)> = Vec::new();
            for &(from, lasts) in &told {
                match union.last_mut() {
                    Some((start, length)) if *start + *length >= from => {
                        *length = (*length).max(from + lasts - *start);
                    }
                    _ => union.push((from, lasts)),
                }
            }
            prop_assert_eq!(cost(LTE, &told, 0, 200_000), cost(LTE, &union, 0, 200_000));
        }
    }
}
