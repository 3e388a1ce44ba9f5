//! Whether what events plan met anybody: an outage in which no device used the network tested
//! nothing.

use std::collections::BTreeMap;

use super::faults::choose;
use super::missed::Awaited;
use super::parts::plan_parts;
use super::tried::NO_EDIT;
use super::windows::{Sign, Window, Windows};
use crate::base::{DeviceId, EntityId, Key, Ppm, Span, Time};
use crate::contract::EditKind;
use crate::setup::Setup;
use crate::setup::{DevicePlan, Happening, Planned};

const INSTANT: Span = Span::millis(1);

/// An edit is saved so long after it was begun, at the latest: it waits for the lock.
const SAVED_WITHIN: Span = Span::secs(120);

// Why what may be planned and drawn alike did not come.
const LOST: &str = "no response was lost";
const ALL_READ: &str = "no row came that could not be read";
const PUT_OFF: &str = "no edit was put off";
const DELETED: &str = "no delete was refused";
const UNASKED: &str = "nobody asked the backend for anything while it lasted";

/// What of `plan` has to meet somebody, by name, and when that would show.
pub(super) fn planned(plan: &Setup, devices: &[DevicePlan]) -> (BTreeMap<String, Awaited>, Windows) {
    let (mut events, mut windows) = (BTreeMap::new(), Windows::default());
    let end = Time::ZERO + plan.duration;
    let all: Vec<DeviceId> = devices.iter().map(|device| device.device).collect();
    for event in &plan.events {
        let Some((shown, otherwise)) = meets(event) else { continue };
        let chosen = choose(&event.who, &event.name, plan.seed, devices);
        if chosen.is_empty() {
            // That nobody is chosen shows before the run.
            continue;
        }
        let awaited = Awaited::anywhere(&event.name, otherwise);
        if let Some((sign, from, until)) = shown {
            // What the end of a fault sets off is its doing; what the end of the script does, not.
            // Edits are made past it, too.
            let to_its_end = until < end || matches!(sign, Sign::Edit);
            let until = if to_its_end { Time(until.0 + 1) } else { end };
            let window = Window { from, until, sign, row: named(plan, &event.what), met: awaited.met() };
            windows.add(window, &chosen, devices.len());
        }
        events.insert(event.name.clone(), awaited);
    }
    for (key, _, sign, during, otherwise) in
        kinds(plan, end).into_iter().filter(|(_, is_there, ..)| *is_there)
    {
        let awaited = Awaited::anywhere(key, otherwise);
        for (from, until) in during {
            let window = Window { from, until, sign: sign.clone(), row: None, met: awaited.met() };
            windows.add(window, &all, devices.len());
        }
        events.insert(key.to_owned(), awaited);
    }
    plan_parts(plan, devices, &mut events, &mut windows);
    (events, windows)
}

/// The row that edits name; of a create it is the one that its row refers to.
fn named(plan: &Setup, what: &Happening) -> Option<(EntityId, Key)> {
    let Happening::Edits { action, about, .. } = what else { return None };
    let action = &plan.workload.actions[*action];
    let key = about.row.clone().filter(|_| action.kind != EditKind::Create)?;
    Some((action.entity, key))
}

/// Its key, whether the plan has it, what shows that it came, when, and why it did not.
type Kind = (&'static str, bool, Sign, Vec<(Time, Time)>, &'static str);

fn kinds(plan: &Setup, end: Time) -> Vec<Kind> {
    let (backend, chaos) = (&plan.backend, plan.chaos.clone().unwrap_or_default());
    let (script, always) = (|| vec![(Time::ZERO, end)], || vec![(Time::ZERO, Time::FAR)]);
    let (some, lasts) = (|share: Ppm| share > Ppm(0), |span: Span| span > Span::ZERO);
    let proxy = plan.proxy.unwrap_or_default();
    let unused = "none of the devices used the network";
    let foreign = "no response was somebody else's";
    vec![
        ("chaos.response_loss", some(chaos.response_loss), Sign::LostResponse, script(), LOST),
        ("chaos.foreign_responses", some(chaos.foreign_responses), Sign::Foreign, script(), foreign),
        ("chaos.bad_rows", some(chaos.bad_rows), Sign::BadRow, script(), ALL_READ),
        ("chaos.put_off", some(chaos.put_off), Sign::PutOff, script(), PUT_OFF),
        ("chaos.refused_deletes", some(chaos.refused_deletes), Sign::DeleteRefused, script(), DELETED),
        ("chaos.proxy_ttl", lasts(chaos.proxy_ttl), Sign::Network, script(), unused),
        ("proxy", lasts(proxy), Sign::Network, always(), unused),
        ("backend.maintenance", !backend.down.is_empty(), Sign::Backend, backend.down.clone(), UNASKED),
        ("backend.poison", backend.poison_ppm > 0, Sign::Rejected, always(), "no edit was refused for good"),
        ("backend.refused_deletes", some(backend.refused_deletes), Sign::DeleteRefused, always(), DELETED),
        ("backend.errors", some(backend.errors), Sign::Refused, always(), "no request failed"),
        ("backend.partial", some(backend.partial), Sign::PutOff, always(), PUT_OFF),
    ]
}

/// How it shows that something that happens `at` a time met somebody: what shows it, and when, or
/// nothing where the code that makes it happen says so; and why it did not, in words. `None` if it
/// always does, or if that is told otherwise.
type Meets = (Option<(Sign, Time, Time)>, &'static str);

fn meets(planned: &Planned) -> Option<Meets> {
    let (at, until) = (planned.at, planned.at + planned.length);
    let ago = |of: &Span| Time(at.0.saturating_sub(of.0));
    // What a return itself does is no sign that it had something to undo.
    let before = Time(at.0.saturating_sub(1));
    let lasting = |sign, otherwise| (Some((sign, at, until)), otherwise);
    let since = |sign, of: &Span, otherwise| (Some((sign, ago(of), before)), otherwise);
    Some(match &planned.what {
        Happening::Outage(_)
        | Happening::Flap(_)
        | Happening::CaptivePortal
        | Happening::CachingProxy(_)
        | Happening::NetworkChange(_) => {
            lasting(Sign::Network, "none of its devices used the network while it lasted")
        }
        Happening::AnswerLoss(_) => lasting(Sign::LostResponse, LOST),
        Happening::ForeignAnswers(..) => {
            lasting(Sign::Foreign, "no response came that was not its request's")
        }
        Happening::BadRows(_) => lasting(Sign::BadRow, ALL_READ),
        Happening::PutOff(_) => lasting(Sign::PutOff, PUT_OFF),
        Happening::RefusedDeletes(_) => lasting(Sign::DeleteRefused, DELETED),
        Happening::SessionLoss | Happening::HalfOpen => {
            (Some((Sign::Network, at, at + INSTANT)), "none of its devices had a connection at the time")
        }
        Happening::BackendDown | Happening::BackendLinkOutage(_) => lasting(Sign::Backend, UNASKED),
        Happening::GatewayKill => (None, "the gateway was down at the time"),
        Happening::DiskFull | Happening::SlowDisk(_) => {
            lasting(Sign::Storage, "none of its devices wrote anything while it lasted")
        }
        Happening::ClockStep(_) | Happening::TimeZone(_) => {
            (Some((Sign::App, at, Time::FAR)), "none of its devices did anything afterwards")
        }
        Happening::BackendClockStep(_) => {
            (Some((Sign::Commit, at, Time::FAR)), "nothing was committed afterwards")
        }
        Happening::Restore(of) => {
            since(Sign::Storage, of, "none of its devices wrote anything since the backup")
        }
        Happening::RestoreGateway(of) => since(Sign::Gateway, of, "the gateway did nothing since the backup"),
        Happening::RestoreBackend(of) => since(Sign::Commit, of, "nothing was committed since the backup"),
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
    })
}
