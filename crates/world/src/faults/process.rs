//! Faults of the app's process: killed, without power, cancelled, suspended.

use super::drawn::{Cancel, Faults, SyncLoss};
use super::fault::{Asks, Fault, Kind};
use super::keys::{FOR, NEVER_CANCELLED, RESTART};
use super::missed::Awaited;
use super::when::When;
use crate::base::words::{count, thousands};
use crate::base::{Span, Time};
use crate::config::form::{Form, SPAN, key, optional};
use crate::config::view::View;
use crate::contract::{KillReason, Need};

pub(super) const KILL: Kind = Kind::new(
    "kill",
    on_devices![
        optional("point", Form::Text)
            .about("The crash point at which the app dies. Without this key, it dies at once."),
        key("nth", Form::Int { min: 1, max: 1_000_000 }, "1")
            .about("The app dies when it passes the point for the nth time."),
        RESTART,
    ],
    "The app is killed.",
    kill,
)
.of_stack(Need::Kills);

fn kill(kill: View<'_>, asks: &dyn Asks) -> Option<Fault> {
    let point = kill.at("point").present().map(|point| {
        let known = asks.crash_points();
        if !known.is_empty() {
            asks.wrong().find(point, "crash point", point.text(), &known);
        }
        (point.text().to_owned(), kill.at("nth").count())
    });
    Some(Fault::new(move |when, faults| {
        let why = match &point {
            Some((point, 1)) => format!("nothing passed {point} from then on"),
            Some((point, nth)) => {
                let times = count(u64::from(*nth), "time");
                format!("{point} was passed fewer than {times} from then on")
            }
            None => "the app did not run at the time".to_owned(),
        };
        faults.kill_all(when, KillReason::Killed, point.as_ref(), why);
        let place = point.as_ref().map_or(String::new(), |(p, n)| format!(" at {p} ({n})"));
        format!("the app of {} is killed{place}", when.whom())
    }))
}

/// The device loses power at a sync of its disk.
#[derive(Clone, Copy)]
struct AtSync {
    /// The nth sync after the event, from 1, on the first device.
    first: u32,
    /// By how many syncs the loss comes later on each further device.
    stagger: u32,
    /// True: right after the sync. False: right before its end.
    after: bool,
}

pub(super) const POWER_LOSS: Kind = Kind::new(
    "power_loss",
    on_devices![
        optional("at_sync", Form::Int { min: 1, max: 1_000_000 })
            .about("The device loses power at its nth fsync after the event's time. Without this key, at once."),
        optional("stagger", Form::Int { min: 0, max: 1_000_000 }).about(
            "Each further device loses power this many fsyncs later. With 1, n devices cover n consecutive fsyncs.",
        ),
        optional("when", Form::Word(&["before", "after"])).about(
            "Whether power is lost right before the end of the fsync, which then has no effect (the default), or right after it.",
        ),
        RESTART,
    ],
    "The device loses power. Data that was not synced to flash is lost.",
    power_loss,
)
.of_stack(Need::PowerLosses);

fn power_loss(loss: View<'_>, asks: &dyn Asks) -> Option<Fault> {
    let [stagger, when] = ["stagger", "when"].map(|key| loss.at(key).present());
    let at_sync = loss.at("at_sync").present().map(|first| AtSync {
        first: first.count(),
        stagger: stagger.map_or(0, View::count),
        after: when.is_some_and(|when| when.text() == "after"),
    });
    for key in [stagger, when].into_iter().flatten().filter(|_| at_sync.is_none()) {
        let help = "write `at_sync` too, such as `at_sync = 1`";
        asks.wrong().at(key, "this has no effect without `at_sync`", help);
    }
    Some(Fault::new(move |when, faults| match at_sync {
        Some(at_sync) => at_sync.plan(when, faults),
        None => {
            let why = "the power was off, or the app did not run, at the time".to_owned();
            faults.kill_all(when, KillReason::PowerLoss, None, why);
            format!("{} lose power", when.whom())
        }
    }))
}

impl AtSync {
    fn plan(self, when: &When<'_>, faults: &mut Faults) -> String {
        let AtSync { first, stagger, after } = self;
        let mut awaited = Awaited::each(when.name, self.too_few());
        for (&device, k) in when.chosen.iter().zip(0_u32..) {
            let nth = first.saturating_add(k.saturating_mul(stagger));
            let (from, until, struck) = (when.at, Time::FAR, awaited.on(device));
            let restart_after = when.length;
            faults.sync_losses.push(SyncLoss { device, from, until, nth, after, restart_after, struck });
        }
        faults.awaited.push(awaited);
        format!("{} lose power at an fsync, the first at number {first}", when.whom())
    }

    fn too_few(self) -> String {
        let first = u64::from(self.first);
        let off = "or the power was off or no app ran at the last of them";
        if self.stagger == 0 {
            return format!(
                "there were fewer than {} of the disk from then on, {off}",
                count(first, "fsync")
            );
        }
        let first = thousands(first);
        format!("too few fsyncs of the disk from then on ({first}, and more for each further device), {off}")
    }
}

pub(super) const CANCEL: Kind =
    Kind::new(
        "cancel",
        on_devices![key("after", SPAN, "\"100ms\"").about(
            "If no run is in progress, the next run is cancelled this long after it has sent a request."
        ),],
        "The person cancels the run in progress. The next run resumes where this run stopped.",
        |view, _| {
            let after: Span = view.of("after");
            Some(Fault::new(move |when, faults| {
                let awaited = Awaited::anywhere(when.name, NEVER_CANCELLED);
                for &device in when.chosen {
                    let struck = awaited.met();
                    faults.cancels.push(Cancel { at: when.at, until: when.end, device, after, struck });
                }
                faults.awaited.push(awaited);
                format!("the run of {} is cancelled, {after} after a request", when.whom())
            }))
        },
    )
    .of_stack(Need::Cancels);

/// The suspension ends early if a person opens the app.
pub(super) const SUSPEND: Kind = Kind::new(
    "suspend",
    on_devices![
        FOR,
        key("sockets", SPAN, "\"30s\"").about("How long the connections of the app last meanwhile."),
    ],
    "The operating system suspends the app: its process stays, but does not run.",
    |view, _| {
        let sockets: Span = view.of("sockets");
        Some(Fault::new(move |when, faults| {
            let awaited = Awaited::anywhere(when.name, "the app of none of its devices ran at the time");
            for &device in when.chosen {
                faults.suspend(when.at, device, (when.length, sockets), awaited.met());
            }
            faults.awaited.extend((!when.chosen.is_empty()).then_some(awaited));
            format!("the app of {} is suspended for {}", when.whom(), when.length)
        }))
    },
)
.of_stack(Need::Suspensions);
