//! What befalls phones in their lives, by a plan or by chance: drawn before the world starts.

use std::rc::Rc;

use super::device::Device;
use super::faults::{choose, count, moments};
use super::missed::Awaited;
use crate::base::{DeviceId, Span, Time};
use crate::scenario::{DevicePlan, Happening, PhoneLife, Plan};
use crate::sim::{Handle, NodeId};

/// All of it, up to the end of the script.
#[derive(Debug, Default)]
pub(super) struct Lives {
    /// When tokens are taken back, by device.
    pub(super) revoked: Vec<Vec<Time>>,
    /// What is done to phones.
    pub(super) acts: Vec<Act>,
    /// What has to meet somebody.
    pub(super) awaited: Vec<Awaited>,
    /// What was planned or drawn, in words.
    pub(super) told: Vec<(Time, String)>,
}

/// Something that is done to a phone.
#[derive(Clone, Debug)]
pub(super) struct Act {
    at: Time,
    device: DeviceId,
    what: Deed,
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    Upgrade { restart_after: Span },
}

/// Does to phones what was planned and drawn.
pub(super) fn play(acts: &[Act], (handle, node): (&Handle, NodeId), devices: &[Rc<Device>]) {
    for Act { at, device, what } in acts.iter().cloned() {
        let (clock, device) = (handle.clone(), devices[device.0 as usize].clone());
        handle.spawn(node, "phone", async move {
            clock.sleep_until(at).await;
            match what {
                Deed::Upgrade { restart_after } => device.upgrade(restart_after),
            }
        });
    }
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
            PhoneLife::Upgrade { restart_after } => {
                let what = Deed::Upgrade { restart_after: *restart_after };
                lives.acts.extend(chosen.iter().map(|&device| Act { at: planned.at, device, what }));
                format!("{whom} get a new version of the app")
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
