//! What befalls phones in their lives, by a plan or by chance: drawn before the world starts.

use super::faults::{choose, count, moments};
use super::missed::Awaited;
use crate::base::{Span, Time};
use crate::scenario::{DevicePlan, Happening, PhoneLife, Plan};

/// All of it, up to the end of the script.
#[derive(Debug, Default)]
pub(super) struct Lives {
    /// When tokens are taken back, by device.
    pub(super) revoked: Vec<Vec<Time>>,
    /// What has to meet somebody.
    pub(super) awaited: Vec<Awaited>,
    /// What was planned or drawn, in words.
    pub(super) told: Vec<(Time, String)>,
}

/// What befalls the devices of `plan`.
pub(super) fn draw(plan: &Plan, devices: &[DevicePlan]) -> Lives {
    let mut lives = Lives { revoked: vec![Vec::new(); devices.len()], ..Lives::default() };
    for planned in &plan.events {
        let Happening::Phone(what) = &planned.what else { continue };
        let chosen = choose(&planned.who, &planned.name, plan.seed, devices);
        let whom = count(&chosen);
        let text = match what {
            PhoneLife::TokenExpiry => {
                chosen.iter().for_each(|device| lives.revoked[device.0 as usize].push(planned.at));
                format!("the tokens of {whom} are taken back")
            }
        };
        lives.told.push((planned.at, format!("{}: {text}", planned.name)));
    }
    lives.draw_chaos(plan, devices);
    lives
}

impl Lives {
    fn draw_chaos(&mut self, plan: &Plan, devices: &[DevicePlan]) {
        let every = plan.chaos.as_ref().map_or(Span::ZERO, |chaos| chaos.token_mtbf);
        for device in devices.iter().map(|device| device.device) {
            let seed = plan.seed.derive("world.chaos", u64::from(device.0));
            let mut stream = seed.stream("token", 0, 0);
            for at in moments(every, Time::ZERO + plan.duration, &mut stream) {
                self.revoked[device.0 as usize].push(at);
                self.told.push((at, format!("chaos: the token of {device} is taken back")));
            }
        }
        if every > Span::ZERO && self.revoked.iter().all(Vec::is_empty) {
            let why = format!("none came by chance in {}; one comes every {every}", plan.duration);
            self.awaited.push(Awaited::anywhere("chaos.token_mtbf", why));
        }
    }
}
