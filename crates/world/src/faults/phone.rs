//! Faults of a phone, and what its person does with it: clocks, storage, installations, logins.

use super::drawn::Act;
use super::fault::{Fault, Kind, Within, lasts_no_time};
use super::keys::{DEVICES, FOR, RESTART, step};
use super::sign::Sign;
use crate::backend::ForcedUpload;
use crate::base::Span;
use crate::config::form::{Form, Key, SPAN, key, required, table, word};
use crate::config::written::STEP;
use crate::contract::{Need, WaitingEdits};

const IDLE: &str = "none of its devices did anything afterwards";
const UNWRITTEN: &str = "none of its devices wrote anything while it lasted";

/// The share of devices. It has no groups, because `by` is the size of the jump here.
const JUMPING: Key = key("share", Form::Share, "1")
    .about("Share of the devices that are hit. The number is exact, not drawn.");

pub(super) const CLOCK_STEP: Kind = Kind::new(
    "clock_step",
    table(&[
        JUMPING,
        DEVICES,
        required("by", Form::Written(&STEP)).about("How far the clock jumps; negative is back."),
    ]),
    "The device's clock jumps, until the network next corrects it (`fleet.NAME.clock.resync`).",
    |view, asks| {
        let micros = step(view, asks)?;
        Some(Fault::shown_by(Sign::App, Within::Rest, IDLE, move |when, faults| {
            faults.each(when.chosen, |on| on.steps.push((when.at, micros)));
            format!("the clocks of {} jump by {}", when.whom(), ahead(micros))
        }))
    },
)
.jumping();

pub(super) const TIME_ZONE: Kind = Kind::new(
    "time_zone",
    table(&[
        JUMPING,
        DEVICES,
        required("by", Form::Written(&STEP)).about("How far local time jumps; negative is back."),
    ]),
    "The local time of the phone jumps, as on a journey or with daylight saving. UTC does not.",
    |view, asks| {
        let micros = step(view, asks)?;
        Some(Fault::shown_by(Sign::App, Within::Rest, IDLE, move |when, faults| {
            faults.each(when.chosen, |on| on.zones.push((when.at, micros)));
            format!("local time of {} moves by {}", when.whom(), ahead(micros))
        }))
    },
)
.jumping();

fn ahead(micros: i64) -> String {
    format!("{}{}", if micros < 0 { "-" } else { "+" }, Span::micros(micros.unsigned_abs()))
}

pub(super) const DISK_FULL: Kind = Kind::new(
    "disk_full",
    on_devices![FOR],
    "The device's storage is full: no file can grow, so edits and pulled rows cannot be saved.",
    |_, _| {
        Some(Fault::shown_by(Sign::Storage, Within::Length, UNWRITTEN, |when, faults| {
            let chosen = when.chosen.to_vec();
            faults.while_it_lasts(when, move |reach, begins| {
                chosen.iter().for_each(|device| reach.disk(*device).set_disk_full(begins));
            });
            format!("the storage of {} is full for {}", when.whom(), when.length)
        }))
    },
)
.of_stack(Need::Storage);

pub(super) const SLOW_DISK: Kind = Kind::new(
    "slow_disk",
    on_devices![
        FOR,
        key("factor", Form::Int { min: 1, max: 1_000 }, "10")
            .about("Disk operations take this many times as long; 1 has no effect."),
    ],
    "The flash of the device is slow.",
    |view, _| {
        let factor: u32 = view.of("factor");
        let fault = Fault::shown_by(Sign::Storage, Within::Length, UNWRITTEN, move |when, faults| {
            faults.each(when.chosen, |on| on.slow.push((when.at, when.over(), factor)));
            format!("the disks of {} take {factor} times as long for {}", when.whom(), when.length)
        });
        Some(Fault { slows: factor, ..fault })
    },
)
.of_stack(Need::Storage)
.nothing_if(|own| lasts_no_time(own) || own.at("factor").int() == 1);

pub(super) const TOKEN_EXPIRY: Kind = Kind::new(
    "token_expiry",
    on_devices![],
    "The server revokes the tokens of devices. It refuses each request with such a token (401).",
    |_, _| {
        Some(Fault::new(|when, faults| {
            faults.each(when.chosen, |on| on.revoked.push(when.at));
            format!("the tokens of {} are revoked", when.whom())
        }))
    },
)
.of_stack(Need::Tokens);

pub(super) const UPGRADE: Kind = Kind::new(
    "upgrade",
    table(&[]),
    "A new version of the app, with more columns, is installed. Other devices keep the old version.",
    |_, _| {
        Some(Fault::new(|when, faults| {
            faults.act(when, Act::Upgrade { restart_after: when.length });
            format!("{} get a new version of the app", when.whom())
        }))
    },
)
.of_stack(Need::Upgrades)
.adding_a_column();

pub(super) const REINSTALL: Kind = Kind::new(
    "reinstall",
    on_devices![RESTART],
    "The app is deleted and installed again. All its data is lost, waiting edits included.",
    |_, _| {
        Some(Fault::new(|when, faults| {
            faults.act(when, Act::Reinstall { restart_after: when.length });
            format!("the app of {} is installed again", when.whom())
        }))
    },
)
.of_stack(Need::Reinstalls);

pub(super) const FORCE_DOWNLOAD: Kind = Kind::new(
    "force_download",
    on_devices![word::<WaitingEdits>("waiting").about("What happens to the waiting edits of these phones."),],
    "Support makes phones load all their rows again, as when a phone shows wrong data.",
    |view, _| {
        let waiting: WaitingEdits = view.of("waiting");
        Some(Fault::new(move |when, faults| {
            faults.act(when, Act::LoadAgain(waiting));
            format!("{} must load everything again", when.whom())
        }))
    },
)
.of_stack(Need::ForcedLoads);

pub(super) const FORCE_UPLOAD: Kind = Kind::new(
    "force_upload",
    on_devices![
        word::<ForcedUpload>("how")
            .about("What happens to rows that the backend has too: the phone's version replaces them, also newer ones and deletions; or they stay, and only rows that the backend never had are created."),
    ],
    "Somebody puts the whole copy of phones onto the backend, as support does when a server has wrong data. Rows that a phone does not hold stay. The transfer costs no time.",
    |view, _| {
        let how: ForcedUpload = view.of("how");
        let same = "the backend had the same rows";
        Some(Fault::shown_by_its_act(same, move |when, faults| {
            let chosen = when.chosen.to_vec();
            faults.strike(when, move |reach| {
                chosen.iter().filter(|device| reach.force_upload(**device, how)).count() > 0
            });
            format!("the copy of {} is put onto the backend", when.whom())
        }))
    },
)
.of_stack(Need::ForcedLoads)
.nothing_if(|_| false);

pub(super) const LOGOUT: Kind = Kind::new(
    "logout",
    on_devices![required("for", SPAN).about("How long until the same person logs in again.")],
    "The person logs out, and later logs in again as soon as there is a network. `engine.on_logout` decides about waiting edits.",
    |_, _| {
        Some(Fault::new(|when, faults| {
            faults.act(when, Act::GoAway { away: when.length, other: None });
            format!("the person of {} logs out for {}", when.whom(), when.length)
        }))
    },
)
.of_stack(Need::SharedPhones)
// A logout of length 0 is still a logout.
.nothing_if(|_| false);

pub(super) const OTHER_USER: Kind = Kind::new(
    "other_user",
    on_devices![required("for", SPAN).about("How long the other person has the phone.")],
    "The person logs out and gives the phone to another person. That person logs in, works, logs out and gives it back.",
    |_, _| {
        Some(Fault::new(|when, faults| {
            faults.act(when, Act::GoAway { away: when.length, other: Some(1) });
            format!("somebody else has {} for {}", when.whom(), when.length)
        }))
    },
)
.of_stack(Need::SharedPhones)
// A logout of length 0 is still a logout.
.nothing_if(|_| false);
