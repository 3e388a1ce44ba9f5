//! Faults of the backend, of the link to it, and of the gateway.

use super::fault::{Asks, Fault, Kind, Within};
use super::keys::{FOR, NONE_PUT_OFF, NONE_REFUSED, SERVER_RESTART, UNASKED, step};
use super::sign::Sign;
use crate::backend::{RejectedEdits, RejectionWindow};
use crate::base::{Ppm, Span};
use crate::config::form::{Form, PERIOD, SOME, key, required, table, word};
use crate::config::view::View;
use crate::config::written::STEP;
use crate::contract::Need;
use crate::gateway::{Outage, OutageMode};

pub(super) const BACKEND_DOWN: Kind =
    Kind::new("backend_down", table(&[FOR]), "The backend does not respond.", |_, _| {
        Some(Fault::shown_by(Sign::Backend, Within::Length, UNASKED, |when, faults| {
            faults.down.push((when.at, when.until()));
            format!("the backend is down for {}", when.length)
        }))
    });

pub(super) const BACKEND_LINK_OUTAGE: Kind = Kind::new(
    "backend_link_outage",
    table(&[
        FOR,
        word::<OutageMode>("mode")
            .about("What happens to messages in flight: they are lost, held until the end, or break their connection."),
    ]),
    "The backend link carries nothing. The backend still executes requests that have reached it.",
    |view, _| {
        let mode: OutageMode = view.of("mode");
        Some(Fault::shown_by(Sign::Backend, Within::Length, UNASKED, move |when, faults| {
            faults.backend_link.push(Outage { from: when.at, until: when.until(), mode });
            format!("the backend link is down for {} ({mode:?})", when.length)
        }))
    },
);

pub(super) const WRITE_LOCK: Kind = Kind::new(
    "write_lock",
    table(&[FOR]),
    "Another process, such as a nightly job, holds the backend's write lock. Writers wait for the lock; readers do not.",
    |_, _| {
        Some(Fault::shown_by(Sign::Backend, Within::Length, UNASKED, |when, faults| {
            let until = when.over();
            faults.strike(when, move |reach| {
                reach.backend().service.hold_lock(until);
                false
            });
            format!("the backend's write lock is held for {}", when.length)
        }))
    },
);

pub(super) const BACKEND_CLOCK_STEP: Kind = Kind::new(
    "backend_clock_step",
    table(&[required("by", Form::Written(&STEP)).about("How far the clock jumps; negative is back.")]),
    "The backend's clock jumps.",
    |view, asks| {
        let micros = step(view, asks)?;
        Some(Fault::shown_by(
            Sign::Commit,
            Within::Rest,
            "nothing was committed afterwards",
            move |when, faults| {
                faults.strike(when, move |reach| {
                    reach.backend().step_clock(reach.now(), micros);
                    false
                });
                let way = if micros < 0 { "back" } else { "on" };
                format!("the backend's clock moves {way} by {}", Span::micros(micros.unsigned_abs()))
            },
        ))
    },
)
.jumping();

pub(super) const PUT_OFF: Kind = Kind::new(
    "put_off",
    table(&[
        FOR,
        required("edits", Form::Share)
            .about("Share of the edits that are deferred, drawn each time an edit arrives."),
    ]),
    "The backend defers some edits of a push and commits the others. A deferred edit waits on its phone and is sent again.",
    |view, _| Some(rejection_window(RejectedEdits::Deferred, view.of("edits"))),
);

pub(super) const REFUSED_DELETES: Kind = Kind::new(
    "refused_deletes",
    table(&[FOR, required("deletes", Form::Share).about("Share of the deletes that are refused.")]),
    "The backend refuses deletes permanently, as if other rows referred to the deleted row.",
    |view, _| Some(rejection_window(RejectedEdits::Deletes, view.of("deletes"))),
);

/// For a period, the backend defers or refuses this share of these edits.
pub(crate) fn rejection_window(edits: RejectedEdits, share: Ppm) -> Fault {
    let (does, word, sign, otherwise) = match edits {
        RejectedEdits::Deferred => ("defers", "edits", Sign::PutOff, NONE_PUT_OFF),
        RejectedEdits::Deletes => ("refuses", "deletes", Sign::DeleteRefused, NONE_REFUSED),
    };
    Fault::shown_by(sign, Within::Length, otherwise, move |when, faults| {
        faults.rejection_windows.push(RejectionWindow { from: when.at, until: when.over(), share, edits });
        format!("the backend {does} {share} of the {word} for {}", when.length)
    })
}

pub(super) const TOUCH_FLAG: Kind = Kind::new(
    "touch_flag",
    table(&[
        required("entity", Form::Text).about("The entity of the rows."),
        required("rows", SOME).about("Number of rows: the first ones of the entity by key."),
    ]),
    "A user sets the flags of rows to \"not synced\" by hand. These rows come again.",
    touch_flag,
);

fn touch_flag(touch: View<'_>, asks: &dyn Asks) -> Option<Fault> {
    if !asks.has_flags() {
        let help = "such as gateway.serve.capture = { flag = {} }";
        asks.wrong().at(touch, "no row has a flag", help);
    }
    let entity = asks.entity(touch.at("entity"))?;
    let rows = touch.at("rows").count() as usize;
    Some(Fault::shown_by_its_act("there was no row", move |when, faults| {
        faults.strike(when, move |reach| reach.backend().flags().touch(reach.now(), entity, rows) > 0);
        format!("a user sets the flags of {rows} rows")
    }))
}

pub(super) const WIPE_DEMANDED: Kind = Kind::new(
    "wipe_demanded",
    on_devices![],
    "The server demands that devices discard their data. It refuses their next request, and then each pull with a cursor. `engine.on_wipe` decides about waiting edits.",
    |_, _| {
        let unasked = "none of the devices asked for anything afterwards";
        Some(Fault::shown_by(Sign::Refused, Within::Rest, unasked, |when, faults| {
            let chosen = when.chosen.to_vec();
            faults.strike(when, move |reach| {
                reach.gateway().map(|mut gateway| gateway.demand_reset(&chosen)).is_some()
            });
            format!("the server demands that {} discard their copy", when.whom())
        }))
    },
);

pub(super) const GATEWAY_KILL: Kind = Kind::new(
    "gateway_kill",
    table(&[SERVER_RESTART]),
    "The gateway's process is killed. Its connections break; its durable state stays.",
    |_, _| {
        Some(Fault::shown_by_its_act("the gateway was down at the time", |when, faults| {
            let restart_after = when.length;
            faults.strike(when, move |reach| reach.kill_server(restart_after));
            format!("the gateway is killed, and comes back after {restart_after}")
        }))
    },
)
.of_stack(Need::ServerKills);

pub(super) const GATEWAY_REPLACED: Kind = Kind::new(
    "gateway_replaced",
    table(&[
        key("times", Form::Int { min: 0, max: 1_000 }, "1").about("How often the server is replaced."),
        key("every", PERIOD, "\"1m\"").about("Time between two replacements."),
    ]),
    "A new sync server without any state replaces the old one.",
    gateway_replaced,
);

pub(super) const FORGET_DEVICE: Kind = Kind::new(
    "forget_device",
    on_devices![],
    "The server forgets devices. Their cursors have expired, so they load everything again; their waiting edits stay.",
    |_, _| {
        Some(Fault::shown_by_its_act("the stack has a server of its own", |when, faults| {
            let chosen = when.chosen.to_vec();
            faults.strike(when, move |reach| {
                let Some(mut gateway) = reach.gateway() else { return false };
                chosen.iter().for_each(|device| gateway.forget_device(*device));
                !chosen.is_empty()
            });
            format!("the server forgets {}", when.whom())
        }))
    },
);

fn gateway_replaced(replaced: View<'_>, asks: &dyn Asks) -> Option<Fault> {
    if asks.is_its_replica() {
        let why = "a gateway in mode \"persistent\" has no state except its replica, and its replica stays";
        let help = "restore_gateway takes it back to a backup; gateway_kill restarts its process";
        asks.wrong().at(replaced, why, help);
    }
    let times: u32 = replaced.of("times");
    let every: Span = replaced.of("every");
    Some(Fault::new(move |when, faults| {
        for at in (0..u64::from(times)).map(|n| when.at + every * n) {
            faults.add_description(at, format!("{}: the gateway is replaced", when.name));
            faults.strike_at(at, when.name, |reach| {
                reach.gateway().map(|mut gateway| gateway.forget()).is_some()
            });
        }
        None
    }))
}
