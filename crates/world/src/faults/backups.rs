//! Restores a state from a backup, or copies it to another device.

use super::drawn::{Restore, Whose};
use super::fault::{Asks, Fault, Kind, Within};
use super::keys::{RESTART, SERVER_RESTART};
use super::sign::Sign;
use crate::base::{Span, Time};
use crate::config::form::{Form, Key, SOME_SPAN, key, required, table};
use crate::config::view::View;
use crate::contract::Need;

const OF: Key =
    required("of", SOME_SPAN).about("Age of the backup at the event. Everything after the backup is lost.");

/// The age of the backup; a backup from before the start is a mistake.
fn backup(own: View<'_>, asks: &dyn Asks) -> Span {
    let (of, since) = (own.at("of"), asks.at().since(Time::ZERO));
    if of.span() > since {
        let help = format!("`of` must be at most {since} here");
        let given = asks.wrong().given(&[asks.event().at("at")]);
        given.at(of, "there was no earlier state to go back to", help);
    }
    of.span()
}

pub(super) const RESTORE: Kind = Kind::new(
    "restore",
    on_devices![OF, RESTART],
    "The storage of the device goes back to a backup: rows, cursors and waiting edits.",
    |view, asks| {
        let of = backup(view, asks);
        let otherwise = "none of its devices wrote anything since the backup";
        Some(Fault::shown_by(Sign::Storage, Within::Lacking(of), otherwise, move |when, faults| {
            when.chosen.iter().for_each(|device| faults.restore(Whose::Device(*device), of, when));
            format!("{} go back to their state of {of} ago", when.whom())
        }))
    },
)
.of_stack(Need::Backups);

pub(super) const RESTORE_GATEWAY: Kind = Kind::new(
    "restore_gateway",
    table(&[OF, SERVER_RESTART]),
    "The gateway goes back to a backup of its state.",
    |view, asks| {
        let of = backup(view, asks);
        let otherwise = "the gateway did nothing since the backup";
        Some(Fault::shown_by(Sign::Gateway, Within::Lacking(of), otherwise, move |when, faults| {
            faults.restore(Whose::Gateway, of, when);
            format!("the gateway goes back to its state of {of} ago")
        }))
    },
);

pub(super) const RESTORE_BACKEND: Kind = Kind::new(
    "restore_backend",
    table(&[OF, key("for", SOME_SPAN, "\"30s\"").about("How long the backend does not respond meanwhile.")]),
    "The backend goes back to a backup of its rows. Its clock does not.",
    |view, asks| {
        let of = backup(view, asks);
        let otherwise = "nothing was committed since the backup";
        Some(Fault::shown_by(Sign::Commit, Within::Lacking(of), otherwise, move |when, faults| {
            faults.restore(Whose::Backend, of, when);
            faults.down.push((when.at, when.until()));
            format!("the backend goes back to its state of {of} ago, down for {}", when.length)
        }))
    },
)
.of_stack(Need::BackendBackups);

pub(super) const CLONE: Kind = Kind::new(
    "clone",
    table(&[
        required("from", Form::Int { min: 0, max: 1_000_000 })
            .about("Number of the device that is copied, from 0."),
        required("to", Form::Int { min: 0, max: 1_000_000 })
            .about("Number of the device that gets the copy, from 0. It loses its own data."),
        RESTART,
    ]),
    "The storage of a device replaces that of another device. Both continue.",
    copy,
)
.of_stack(Need::Copies);

fn copy(clone: View<'_>, asks: &dyn Asks) -> Option<Fault> {
    let (from, to) = (asks.device(clone.at("from")), asks.device(clone.at("to")));
    if from == to {
        asks.wrong().at(clone.at("to"), "`from` and `to` must differ", "name two different devices");
    }
    let fault = Fault::new(move |when, faults| {
        let (whose, at, restart_after) = (Whose::Copy { from, to }, when.at, when.length);
        faults.restores.push(Restore { whose, backup: at, at, restart_after });
        format!("the storage of {from} is copied to {to}")
    });
    Some(Fault { copies: Some((from, to)), ..fault })
}
