//! What a radio costs a battery: an estimate, from the times at which bytes pass.
//!
//! A burst of traffic costs the promotion that wakes the radio, power for as long as bytes pass and
//! energy for each of them, and the tail in which the radio stays awake for more. A burst that
//! begins within the tail of the one before pays neither a promotion nor the rest of that tail.
//! Power that grows with the rate, α · Mbit/s for as long as it takes, is energy for each byte: 1
//! mW per Mbit/s is 8 nJ a byte.

use super::conditions::Direction;
use super::options::Radio;
use crate::base::{Span, Time};

/// What a radio draws above a sleeping one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    /// To wake it: how long, and microjoules.
    pub promotion: (Span, u64),
    /// Milliwatts while bytes pass.
    pub active: u64,
    /// Nanojoules a byte: sent, received.
    pub byte: [u64; 2],
    /// Parts of the tail in order: how long, and milliwatts.
    pub tail: [(Span, u64); 2],
    /// Milliwatts whenever it is not active, to stay in the network.
    pub maintenance: u64,
}

const NO_TAIL: (Span, u64) = (Span::ZERO, 0);

/// The four-parameter models of LTE, 3G and Wi-Fi. Source: Huang et al., MobiSys 2012.
const LTE: Power = Power {
    promotion: (Span::millis(260), 315_000),
    active: 1_288,
    byte: [3_507, 416],
    tail: [(Span::millis(11_580), 1_060), NO_TAIL],
    maintenance: 0,
};
const THREE_G: Power = Power {
    promotion: (Span::millis(582), 384_000),
    active: 818,
    byte: [6_952, 977],
    tail: [(Span::millis(8_100), 804), (Span::millis(800), 601)],
    maintenance: 0,
};
const WIFI: Power = Power {
    promotion: (Span::millis(79), 9_800),
    active: 133,
    byte: [2_265, 1_096],
    tail: [(Span::millis(240), 119), NO_TAIL],
    maintenance: 0,
};
/// LTE's, with what the whole-phone regressions of 5G add to those of LTE (220 mW; 11.5 and 32.2 mW
/// per Mbit/s; tail 10.7 s). Source: estimate on the SIGCOMM 2021 5G study.
const FIVE_G: Power = Power {
    promotion: (Span::millis(380), 460_000),
    active: 1_508,
    byte: [258, 92],
    tail: [(Span::millis(10_700), 1_060), NO_TAIL],
    maintenance: 0,
};

impl Power {
    /// E(x kB) = 0.025·x + 3.5 J and a tail of 0.62 W for 12.5 s. Source: Balasubramanian et al.,
    /// IMC 2009.
    pub const THREE_G_2009: Power = Power {
        promotion: (Span::ZERO, 3_500_000),
        active: 0,
        byte: [25_000, 25_000],
        tail: [(Span::millis(12_500), 620), NO_TAIL],
        maintenance: 0,
    };
    /// E(x kB) = 0.036·x + 1.7 J and a tail of 0.25 W for 6 s. Source: Balasubramanian et al., IMC
    /// 2009.
    pub const GSM_2009: Power = Power {
        promotion: (Span::ZERO, 1_700_000),
        active: 0,
        byte: [36_000, 36_000],
        tail: [(Span::secs(6), 250), NO_TAIL],
        maintenance: 0,
    };
    /// E(x kB) = 0.007·x + 5.9 J with scan and association, and 0.05 W to stay associated. Source:
    /// Balasubramanian et al., IMC 2009.
    pub const WIFI_2009: Power = Power {
        promotion: (Span::ZERO, 5_900_000),
        active: 0,
        byte: [7_000, 7_000],
        tail: [NO_TAIL, NO_TAIL],
        maintenance: 50,
    };

    /// What this radio draws; `None` if there is none.
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

/// The use of a device's radios so far: of each that was used, the last one at the end.
#[derive(Clone, Debug, Default)]
pub struct Radios(Vec<(Radio, RadioUse)>);

impl Radios {
    /// At `now` it is known that `bytes` pass this radio from `from` to `until`; nothing that is
    /// told later begins before `now`. A change of the radio ends the tail of the one before.
    pub fn pass(&mut self, now: Time, radio: Radio, way: Direction, bytes: u64, times: (Time, Time)) {
        let Some(power) = Power::of(radio) else { return };
        if self.0.last().is_none_or(|(last, _)| *last != radio) {
            if let Some((_, used)) = self.0.last_mut() {
                used.hand_over(now);
            }
            match self.0.iter().position(|(known, _)| *known == radio) {
                Some(at) => self.0[at..].rotate_left(1),
                None => self.0.push((radio, RadioUse::new(power))),
            }
        }
        let (_, used) = self.0.last_mut().expect("the radio is the last one");
        used.pass(now, way, bytes, times);
    }

    /// What each radio that was used costs up to `end`.
    pub fn costs(&self, end: Time) -> impl Iterator<Item = (Radio, RadioCost)> {
        self.0.iter().map(move |(radio, used)| (*radio, used.cost(end)))
    }
}

/// The use of one radio so far.
#[derive(Clone, Debug)]
pub struct RadioUse {
    power: Power,
    /// When bytes passed last, as far as that is settled; `None` if it is asleep.
    last: Option<Time>,
    /// Times at which bytes pass that are not settled, by start, disjoint.
    open: Vec<(Time, Time)>,
    nanojoules: u128,
    on: Span,
}

/// What the use of a radio comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RadioCost {
    /// Time awake: promotion, traffic and tail.
    pub on: Span,
    /// Microjoules.
    pub energy: u64,
}

impl RadioUse {
    /// One that sleeps and has never been used.
    pub fn new(power: Power) -> RadioUse {
        RadioUse { power, last: None, open: Vec::new(), nanojoules: 0, on: Span::ZERO }
    }

    /// At `now` it is known that `bytes` pass from `from` to `until`; nothing that is told later
    /// begins before `now`.
    pub fn pass(&mut self, now: Time, way: Direction, bytes: u64, (from, until): (Time, Time)) {
        self.settle(now);
        self.nanojoules += u128::from(self.power.byte[way as usize]) * u128::from(bytes);
        let at = self.open.partition_point(|(start, _)| *start < from);
        self.open.insert(at, (from, until.max(from)));
        self.open.dedup_by(|next, before| {
            let touches = next.0 <= before.1;
            if touches {
                before.1 = before.1.max(next.1);
            }
            touches
        });
    }

    /// The cost up to `end`, and of the tail that the last burst has beyond it: who stops to
    /// look early does not make it cheaper.
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

    /// Another radio takes over.
    fn hand_over(&mut self, now: Time) {
        self.close(now);
        self.last = None;
    }

    /// Everything is over by `end`, the tail too.
    fn close(&mut self, end: Time) {
        for (_, until) in &mut self.open {
            *until = (*until).min(end);
        }
        self.settle(end);
        if let Some(last) = self.last {
            self.rest(end.since(last));
        }
    }

    /// Adds up the bursts that ended by `now`.
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

    /// A pause after a burst.
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

    /// Bursts by their start and length in milliseconds, all of these bytes.
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

    #[test]
    fn the_last_tail_is_paid_whole_however_soon_the_run_ends() {
        let whole = cost(LTE, &[(0, 500)], 1_000, 60_000);
        for end in [500, 700, 12_079, 12_080] {
            assert_eq!(cost(LTE, &[(0, 500)], 1_000, end), whole, "an end at {end} ms");
        }
    }

    #[test]
    fn a_cable_has_no_radio() {
        assert_eq!(Power::of(Radio::None), None);
        assert_eq!(Radios::default().costs(at(99)).count(), 0);
    }

    proptest! {
        /// However traffic is told, in parts and overlapping, it costs what its union costs.
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
