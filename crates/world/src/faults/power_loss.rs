//! The device loses power.

use std::sync::Arc;

use super::drawn::{Faults, SyncLoss};
use super::fault::{Asks, Fault, Kind};
use super::keys::RESTART;
use super::missed::Awaited;
use super::when::When;
use crate::base::Time;
use crate::base::words::{count, thousands};
use crate::config::form::{Form, optional};
use crate::config::view::View;
use crate::contract::{KillReason, Need};

/// At once (`None`), or at a sync of its disk.
#[derive(Clone, Debug)]
struct PowerLoss(Option<AtSync>);

#[derive(Clone, Copy, Debug)]
struct AtSync {
    /// The nth sync after the event, from 1, on the first device.
    first: u32,
    /// How many syncs later on each further device.
    stagger: u32,
    /// Right after the sync, rather than right before its end.
    after: bool,
}

pub(super) const KIND: Kind = Kind::new(
    "power_loss",
    on_devices![
        optional("at_sync", Form::Int { min: 1, max: 1_000_000 })
            .about("At the nth fsync of the device's disk from then on; at once if it is missing."),
        optional("stagger", Form::Int { min: 0, max: 1_000_000 }).about(
            "Each further device loses power this many fsyncs later: with 1 a fleet of n devices covers n consecutive fsyncs.",
        ),
        optional("when", Form::Word(&["before", "after"])).about(
            "Right before the end of the fsync, which then had no effect, or right after; before if it is missing.",
        ),
        RESTART,
    ],
    "The device loses power: data that was not synced to flash is lost.",
    read,
);

impl Fault for PowerLoss {
    fn plan(&self, when: &When<'_>, faults: &mut Faults) -> Option<String> {
        let Some(AtSync { first, stagger, after }) = self.0 else {
            let why = "the power was off, or the app did not run, at the time".to_owned();
            faults.kill_all(when, KillReason::PowerLoss, None, why);
            return Some(format!("{} lose power", when.whom()));
        };
        let mut awaited = Awaited::each(when.name, too_few(first, stagger));
        for (&device, k) in when.chosen.iter().zip(0_u32..) {
            let nth = first.saturating_add(k.saturating_mul(stagger));
            let (from, until, struck) = (when.at, Time::FAR, awaited.on(device));
            let restart_after = when.length;
            faults.sync_losses.push(SyncLoss { device, from, until, nth, after, restart_after, struck });
        }
        faults.awaited.push(awaited);
        Some(format!("{} lose power at an fsync, the first at number {first}", when.whom()))
    }

    fn needs(&self) -> Option<Need> {
        Some(Need::PowerLosses)
    }
}

fn too_few(first: u32, stagger: u32) -> String {
    let off = "from then on, or the power was off or no app ran at the last of them";
    if stagger == 0 {
        return format!("there were fewer than {} of the disk {off}", count(u64::from(first), "fsync"));
    }
    let first = thousands(u64::from(first));
    let (syncs, last) = off.split_once(", ").expect("it has two parts");
    format!("too few fsyncs of the disk {syncs} ({first}, and more for each further device), {last}")
}

fn read(loss: View<'_>, asks: &dyn Asks) -> Option<Arc<dyn Fault>> {
    let [stagger, when] = ["stagger", "when"].map(|key| loss.at(key).present());
    let Some(first) = loss.at("at_sync").present() else {
        for key in [stagger, when].into_iter().flatten() {
            let help = "write `at_sync` too, such as `at_sync = 1`";
            asks.wrong().at(key, "this has no effect without `at_sync`", help);
        }
        return Some(Arc::new(PowerLoss(None)));
    };
    Some(Arc::new(PowerLoss(Some(AtSync {
        first: first.count(),
        stagger: stagger.map_or(0, View::count),
        after: when.is_some_and(|when| when.text() == "after"),
    }))))
}
