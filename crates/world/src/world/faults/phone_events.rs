//! Planned and random events that happen to phones.

use std::rc::Rc;

use crate::base::{DeviceId, Span, Stream, Time};
use crate::faults::{Act, Deed, DrawnFault, Faults, Restore, Whose};
use crate::setup::{Chaos, DevicePlan, Setup};
use crate::sim::{Handle, NodeId};
use crate::world::device::node::Device;
use crate::world::faults::drawing::{drawn_for, exact, note_none_drawn, on};
use crate::world::people::shared_phone::SharedPhone;

/// The mean age of a backup in chaos (random faults).
const BACKUP_AGE: Span = Span::secs(600);

pub(crate) fn play((deeds, end): (&[Deed], Time), (handle, node): (&Handle, NodeId), devices: &[Rc<Device>]) {
    let phones = devices.iter().map(|device| Rc::new(SharedPhone::new(device.clone(), handle)));
    let phones: Vec<Rc<SharedPhone>> = phones.collect();
    for (device, phone) in devices.iter().zip(&phones) {
        if let Some(wallet) = device.counter.wallet.clone().filter(|wallet| wallet.ends()) {
            let phone = phone.clone();
            handle.spawn(node, "login", async move { phone.logs_in_again(&wallet).await });
        }
    }
    for Deed { at, device, what } in deeds.iter().copied() {
        let (clock, number) = (handle.clone(), device.0 as usize);
        let (device, phone) = (devices[number].clone(), phones[number].clone());
        handle.spawn(node, "phone", async move {
            clock.sleep_until(at).await;
            match what {
                Act::Upgrade { restart_after } => device.upgrade(restart_after),
                Act::LoadAgain(waiting) => device.load_again(waiting),
                Act::Reinstall { restart_after } => device.reinstall(restart_after),
                Act::GoAway { away, other } => {
                    // The end of the script also ends an absence that is still in progress.
                    let _ = phone.goes_away(away, other, end).await;
                }
            }
        });
    }
}

pub(crate) fn draw(faults: &mut Faults, setup: &Setup, devices: &[DevicePlan]) {
    let Some(chaos) = &setup.chaos else { return };
    for (key, every) in [
        ("token", chaos.token_mtbf),
        ("logout", chaos.logout_mtbf),
        ("other_user", chaos.other_user_mtbf),
        ("reinstall", chaos.reinstall_mtbf),
        ("restore", chaos.restore_mtbf),
    ] {
        let mut none = true;
        drawn_for(setup, devices, key, every, |at, device, stream| {
            draw_one(faults, key, (at, device), chaos, stream);
            none = false;
        });
        if every > Span::ZERO && none {
            note_none_drawn(faults, &format!("chaos.{key}_mtbf"), setup, every);
        }
    }
}

fn draw_one(
    faults: &mut Faults,
    key: &str,
    (at, device): (Time, DeviceId),
    chaos: &Chaos,
    stream: &mut Stream,
) {
    let restart_after = Span::secs(1) + stream.exponential(Span::secs(20));
    let mut act = |what| faults.deeds.push(Deed { at, device, what });
    let on = on(device);
    let again = exact(restart_after);
    let (key, event, text) = match key {
        "token" => {
            faults.devices[device.0 as usize].revoked.push(at);
            let event = format!("token_expiry = {{ devices = [{}] }}", device.0);
            ("chaos.token_mtbf", event, format!("the token of {device} is revoked"))
        }
        "reinstall" => {
            act(Act::Reinstall { restart_after });
            let event = format!("reinstall = {{ {on}restart_after = {again} }}");
            ("chaos.reinstall_mtbf", event, format!("the app of {device} is installed again"))
        }
        "restore" => {
            let of = stream.exponential(BACKUP_AGE).min(at.since(Time::ZERO));
            let (whose, backup) = (Whose::Device(device), Time(at.0 - of.0));
            faults.restores.push(Restore { whose, backup, at, restart_after });
            let event = format!("restore = {{ {on}of = {}, restart_after = {again} }}", exact(of));
            ("chaos.restore_mtbf", event, format!("{device} goes back to its state of {of} ago"))
        }
        _ => {
            let away = stream.exponential(chaos.away_mean);
            let other = (key == "other_user").then_some(1);
            act(Act::GoAway { away, other });
            let (key, kind, what) = match other {
                Some(_) => ("chaos.other_user_mtbf", "other_user", "somebody else has"),
                None => ("chaos.logout_mtbf", "logout", "nobody is logged in on"),
            };
            let event = format!("{kind} = {{ {on}for = {} }}", exact(away));
            (key, event, format!("{what} {device} for {away}"))
        }
    };
    faults.add_drawn(DrawnFault { key, at, event }, &text);
}
