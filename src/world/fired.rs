//! Whether what events plan met anybody: an outage in which no device used the network tested
//! nothing.

use std::collections::BTreeMap;

use super::faults::choose;
use super::missed::Awaited;
use super::parts::Parts;
use super::tried::NO_EDIT;
use super::windows::{Sign, Window, Windows};
use crate::base::{DeviceId, EntityId, Key, Span, Time};
use crate::contract::EditKind;
use crate::scenario::{DevicePlan, Happening, Plan, Planned};

/// What an instant lasts.
const INSTANT: Span = Span::millis(1);

/// An edit is saved so long after it was begun, at the latest: it waits for the lock.
const SAVED_WITHIN: Span = Span::secs(120);

/// The events, kinds of chaos and parts of `plan` that have to meet somebody, by name, and when
/// that would show.
pub(super) fn planned(plan: &Plan, devices: &[DevicePlan]) -> (BTreeMap<String, Awaited>, Windows) {
    let (mut events, mut windows) = (BTreeMap::new(), Windows::default());
    let end = Time::ZERO + plan.duration;
    let all: Vec<DeviceId> = devices.iter().map(|device| device.device).collect();
    for event in &plan.events {
        let Some(meets) = meets(event) else { continue };
        let chosen = choose(&event.who, &event.name, plan.seed, devices);
        if chosen.is_empty() {
            // That nobody is chosen shows before the run.
            continue;
        }
        let awaited = Awaited::anywhere(&event.name, meets.otherwise);
        if let Some((sign, from, until)) = meets.by {
            // What the end of a fault sets off is its doing; what the end of the script does is
            // not.
            let until = if until < end { Time(until.0 + 1) } else { end };
            let window = Window { from, until, sign, row: named(plan, &event.what), met: awaited.met() };
            windows.add(window, &chosen, devices.len());
        }
        events.insert(event.name.clone(), awaited);
    }
    for Kind { key, sign, during, otherwise } in kinds(plan) {
        let awaited = Awaited::anywhere(key, otherwise);
        for (from, until) in during {
            let window = Window { from, until, sign, row: None, met: awaited.met() };
            windows.add(window, &all, devices.len());
        }
        events.insert(key.to_owned(), awaited);
    }
    let (names, parts) = Parts::planned(plan, devices);
    windows.parts = parts;
    events.extend(names);
    (events, windows)
}

/// The row that edits name; of a create it is the one that its row refers to.
fn named(plan: &Plan, what: &Happening) -> Option<(EntityId, Key)> {
    let Happening::Edits { action, about, .. } = what else { return None };
    let action = &plan.workload.actions[*action];
    let key = about.row.clone().filter(|_| action.kind != EditKind::Create)?;
    Some((action.entity, key))
}

struct Kind {
    key: &'static str,
    sign: Sign,
    during: Vec<(Time, Time)>,
    /// Why it met nobody, in words.
    otherwise: &'static str,
}

fn kinds(plan: &Plan) -> Vec<Kind> {
    let always = || vec![(Time::ZERO, Time::FAR)];
    let (backend, mut kinds) = (&plan.backend, Vec::new());
    let chaos = plan.chaos.clone().unwrap_or_default();
    let drawn = [
        ("chaos.response_loss", chaos.response_loss, Sign::LostResponse, "no response was lost"),
        (
            "chaos.foreign_responses",
            chaos.foreign_responses,
            Sign::Foreign,
            "no response was somebody else's",
        ),
        ("chaos.bad_rows", chaos.bad_rows, Sign::BadRow, "no row came that could not be read"),
        ("chaos.put_off", chaos.put_off, Sign::PutOff, "no edit was put off"),
        ("chaos.refused_deletes", chaos.refused_deletes, Sign::DeleteRefused, "no delete was refused"),
    ];
    let asked_through = "none of the devices used the network";
    for (key, ttl, until) in [
        ("chaos.proxy_ttl", chaos.proxy_ttl, Time::ZERO + plan.duration),
        ("proxy", plan.proxy.unwrap_or_default(), Time::FAR),
    ] {
        if ttl > Span::ZERO {
            let during = vec![(Time::ZERO, until)];
            kinds.push(Kind { key, sign: Sign::Network, during, otherwise: asked_through });
        }
    }
    for (key, _, sign, otherwise) in drawn.into_iter().filter(|(_, share, ..)| share.0 > 0) {
        let during = vec![(Time::ZERO, Time::ZERO + plan.duration)];
        kinds.push(Kind { key, sign, during, otherwise });
    }
    if !backend.down.is_empty() {
        let (sign, during) = (Sign::Backend, backend.down.clone());
        let otherwise = "nobody asked the backend for anything while it lasted";
        kinds.push(Kind { key: "backend.maintenance", sign, during, otherwise });
    }
    let shares = [
        ("backend.poison", backend.poison_ppm, Sign::Rejected, "no edit was refused for good"),
        ("backend.refused_deletes", backend.refused_deletes.0, Sign::DeleteRefused, "no delete was refused"),
        ("backend.errors", backend.errors.0, Sign::Refused, "no request failed"),
        ("backend.partial", backend.partial.0, Sign::PutOff, "no edit was put off"),
    ];
    for (key, _, sign, otherwise) in shares.into_iter().filter(|(_, share, ..)| *share > 0) {
        kinds.push(Kind { key, sign, during: always(), otherwise });
    }
    kinds
}

/// How it shows that an event met somebody.
struct Meets {
    /// What shows it, and when; `None` where the code that makes it happen says so.
    by: Option<(Sign, Time, Time)>,
    /// Why it did not, in words.
    otherwise: &'static str,
}

/// How it shows that something that happens met somebody; `None` if it always does, or
/// if that is told otherwise.
fn meets(event: &Planned) -> Option<Meets> {
    let (at, until) = (event.at, event.at + event.length);
    let ago = |of: &Span| Time(at.0.saturating_sub(of.0));
    // What a return itself does is no sign that it had something to undo.
    let before = Time(at.0.saturating_sub(1));
    let (by, otherwise) = match &event.what {
        Happening::Outage(_)
        | Happening::Flap(_)
        | Happening::CaptivePortal
        | Happening::CachingProxy(_)
        | Happening::NetworkChange(_) => {
            (Some((Sign::Network, at, until)), "none of its devices used the network while it lasted")
        }
        Happening::AnswerLoss(_) => (Some((Sign::LostResponse, at, until)), "no response was lost"),
        Happening::ForeignAnswers(..) => {
            (Some((Sign::Foreign, at, until)), "no response came that was not its request's")
        }
        Happening::BadRows(_) => (Some((Sign::BadRow, at, until)), "no row came that could not be read"),
        Happening::PutOff(_) => (Some((Sign::PutOff, at, until)), "no edit was put off"),
        Happening::RefusedDeletes(_) => (Some((Sign::DeleteRefused, at, until)), "no delete was refused"),
        Happening::SessionLoss | Happening::HalfOpen => {
            (Some((Sign::Network, at, at + INSTANT)), "none of its devices had a connection at the time")
        }
        Happening::BackendDown | Happening::BackendLinkOutage(_) => {
            (Some((Sign::Backend, at, until)), "nobody asked the backend for anything while it lasted")
        }
        Happening::GatewayKill => (None, "the gateway was down at the time"),
        Happening::DiskFull | Happening::SlowDisk(_) => {
            (Some((Sign::Storage, at, until)), "none of its devices wrote anything while it lasted")
        }
        Happening::ClockStep(_) | Happening::TimeZone(_) => {
            (Some((Sign::App, at, Time::FAR)), "none of its devices did anything afterwards")
        }
        Happening::BackendClockStep(_) => {
            (Some((Sign::Commit, at, Time::FAR)), "nothing was committed afterwards")
        }
        Happening::Restore(of) => {
            (Some((Sign::Storage, ago(of), before)), "none of its devices wrote anything since the backup")
        }
        Happening::RestoreGateway(of) => {
            (Some((Sign::Gateway, ago(of), before)), "the gateway did nothing since the backup")
        }
        Happening::RestoreBackend(of) => {
            (Some((Sign::Commit, ago(of), before)), "nothing was committed since the backup")
        }
        Happening::TouchFlag(..) => (None, "there was no row"),
        Happening::Trigger(..) => (None, "the app of none of its devices ran at the time"),
        Happening::Edits { .. } => (Some((Sign::Edit, at, until + SAVED_WITHIN)), NO_EDIT),
        // Ends of processes are told by device, imports by the number of their rows.
        Happening::Kill(_)
        | Happening::PowerLoss(_)
        | Happening::Cancel(_)
        | Happening::Suspend(_)
        | Happening::Import { .. }
        | Happening::TokenExpiry
        | Happening::Upgrade
        | Happening::LogOut
        | Happening::OtherUser
        | Happening::Reinstall
        | Happening::Clone(..)
        | Happening::GatewayReplaced(..) => return None,
    };
    Some(Meets { by, otherwise })
}
