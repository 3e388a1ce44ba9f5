//! The energy of a radio for 50 kB every 20 s, by the models of Balasubramanian et al., IMC 2009.
//!
//! A simulation uses these constants only for 2G. The constants for the other radios are from Huang
//! et al., MobiSys 2012, who published no such total.

use super::figures::Figure;
use syncdyno_contract::base::{Span, Time};
use syncdyno_world::net::{Direction, Power, RadioUse};

const BURSTS: u64 = 100;
const EVERY: Span = Span::secs(20);

pub(super) fn figures() -> Vec<Figure> {
    let figure = |(name, power, joules)| {
        let mut used = RadioUse::new(power);
        for burst in 0..BURSTS {
            let from = Time::ZERO + EVERY * burst;
            used.pass(from, Direction::Down, 50_000, (from, from + Span::millis(100)));
        }
        let energy = used.cost(Time::ZERO + EVERY * BURSTS).energy as f64 / 1e6 / BURSTS as f64;
        Figure::new(format!("{name}, 50 kB every 20 s: joules per burst"), joules, energy, 0.05)
    };
    let radios =
        [("3G", Power::THREE_G_2009, 12.5), ("GSM", Power::GSM_2009, 5.0), ("Wi-Fi", Power::WIFI_2009, 7.6)];
    radios.map(figure).to_vec()
}
