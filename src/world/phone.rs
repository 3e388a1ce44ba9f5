//! What befalls phones in their lives, by a plan or by chance: drawn before the world starts.

use std::rc::Rc;

use super::device::Device;
use super::faults::{Restore, Whose, choose, count, moments};
use super::missed::Awaited;
use super::persons::{goes_away, logs_in_again};
use crate::base::{DeviceId, Span, Stream, Time};
use crate::scenario::{Chaos, DevicePlan, Happening, Plan};
use crate::sim::{Handle, NodeId};

/// In chaos a backup is so old in the mean.
const BACKUP_AGE: Span = Span::secs(600);

#[derive(Debug, Default)]
pub(super) struct Lives {
    /// When tokens are taken back, by device.
    pub(super) revoked: Vec<Vec<Time>>,
    /// What is done to phones.
    pub(super) acts: Vec<Act>,
    pub(super) restores: Vec<Restore>,
    /// What has to meet somebody.
    pub(super) awaited: Vec<Awaited>,
    /// What was planned or drawn, in words.
    pub(super) told: Vec<(Time, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Act {
    at: Time,
    device: DeviceId,
    what: Deed,
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    Upgrade { restart_after: Span },
    Reinstall { restart_after: Span },
    GoAway { away: Span, other: Option<u32> },
}

/// Does to phones what was planned and drawn.
pub(super) fn play((acts, end): (&[Act], Time), (handle, node): (&Handle, NodeId), devices: &[Rc<Device>]) {
    for device in devices {
        if let Some(wallet) = device.wallet.clone().filter(|wallet| wallet.ends()) {
            handle.spawn(node, "login", logs_in_again(device.clone(), wallet, handle.clone()));
        }
    }
    for Act { at, device, what } in acts.iter().cloned() {
        let (clock, device) = (handle.clone(), devices[device.0 as usize].clone());
        handle.spawn(node, "phone", async move {
            clock.sleep_until(at).await;
            match what {
                Deed::Upgrade { restart_after } => device.upgrade(restart_after),
                Deed::Reinstall { restart_after } => device.reinstall(restart_after),
                Deed::GoAway { away, other } => {
                    // Who comes to nothing by the end of the script stays as they are.
                    let _ = goes_away((device, clock), away, other, end).await;
                }
            }
        });
    }
}

pub(super) fn draw(plan: &Plan, devices: &[DevicePlan]) -> Lives {
    let mut lives = Lives { revoked: vec![Vec::new(); devices.len()], ..Lives::default() };
    for planned in &plan.events {
        let length = planned.length;
        let what = match planned.what {
            Happening::TokenExpiry => None,
            Happening::Upgrade => Some(Deed::Upgrade { restart_after: length }),
            Happening::Reinstall => Some(Deed::Reinstall { restart_after: length }),
            Happening::LogOut => Some(Deed::GoAway { away: length, other: None }),
            Happening::OtherUser => Some(Deed::GoAway { away: length, other: Some(1) }),
            _ => continue,
        };
        let chosen = choose(&planned.who, &planned.name, plan.seed, devices);
        let whom = count(&chosen);
        let text = match what {
            None => format!("the tokens of {whom} are taken back"),
            Some(Deed::Upgrade { .. }) => format!("{whom} get a new version of the app"),
            Some(Deed::Reinstall { .. }) => format!("the app of {whom} is installed again"),
            Some(Deed::GoAway { other: None, .. }) => format!("the person of {whom} logs out for {length}"),
            Some(Deed::GoAway { other: Some(_), .. }) => format!("somebody else has {whom} for {length}"),
        };
        for device in chosen {
            match what {
                None => lives.revoked[device.0 as usize].push(planned.at),
                Some(what) => lives.acts.push(Act { at: planned.at, device, what }),
            }
        }
        lives.told.push((planned.at, format!("{}: {text}", planned.name)));
    }
    lives.draw_chaos(plan, devices);
    lives
}

impl Lives {
    fn draw_chaos(&mut self, plan: &Plan, devices: &[DevicePlan]) {
        let Some(chaos) = &plan.chaos else { return };
        let end = Time::ZERO + plan.duration;
        for (key, every) in [
            ("token", chaos.token_mtbf),
            ("logout", chaos.logout_mtbf),
            ("other_user", chaos.other_user_mtbf),
            ("reinstall", chaos.reinstall_mtbf),
            ("restore", chaos.restore_mtbf),
        ] {
            let mut none = true;
            for device in devices.iter().map(|device| device.device) {
                let seed = plan.seed.derive("world.chaos", u64::from(device.0));
                let mut stream = seed.stream(key, 0, 0);
                for at in moments(every, end, &mut stream) {
                    self.draw(key, (at, device), chaos, &mut stream);
                    none = false;
                }
            }
            if every > Span::ZERO && none {
                let why = format!("none came by chance in {}; one comes every {every}", plan.duration);
                self.awaited.push(Awaited::anywhere(&format!("chaos.{key}_mtbf"), why));
            }
        }
    }

    /// Something that befalls a device by chance.
    fn draw(&mut self, key: &str, (at, device): (Time, DeviceId), chaos: &Chaos, stream: &mut Stream) {
        let restart_after = Span::secs(1) + stream.exponential(Span::secs(20));
        let mut act = |what| self.acts.push(Act { at, device, what });
        let text = match key {
            "token" => {
                self.revoked[device.0 as usize].push(at);
                format!("the token of {device} is taken back")
            }
            "reinstall" => {
                act(Deed::Reinstall { restart_after });
                format!("the app of {device} is installed again")
            }
            "restore" => {
                let of = stream.exponential(BACKUP_AGE).min(at.since(Time::ZERO));
                let (whose, backup) = (Whose::Device(device), Time(at.0 - of.0));
                self.restores.push(Restore { whose, backup, at, restart_after });
                format!("{device} goes back to its state of {of} ago")
            }
            _ => {
                let away = stream.exponential(chaos.away_mean);
                let other = (key == "other_user").then_some(1);
                act(Deed::GoAway { away, other });
                let what = if other.is_some() { "somebody else has" } else { "nobody is logged in on" };
                format!("{what} {device} for {away}")
            }
        };
        self.told.push((at, format!("chaos: {text}")));
    }
}
