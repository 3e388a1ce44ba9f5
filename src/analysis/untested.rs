//! Finds parts of a plan that tested nothing. Most of them appear only during the run:
//!
//! - Planned work of people without effect fails the cell (one simulation). Examples are an action
//!   or event without an edit, or a run without a request. `optional` on an action allows this. In
//!   a swarm (each seed draws its own parts) it is only a warning, because a seed may lack a part
//!   that the action needs.
//! - Everything else is a warning, if it is unused under all seeds: a fault that hit nobody, an
//!   unused hook, unit, entity or fleet, or a check that had nothing to check.
//! - The metric `workload.untested.count` counts all of it. If a scenario expects at least 1, it is
//!   intended. If a scenario expects 0, any of it fails.

use super::verdict::Ended;
use crate::record::{MissedRecord, Reason, UnplacedRecord};
use crate::scenario::Plan;
use crate::setup::Planned;
use crate::world::{ActionCount, InVain, Missed, NO_EDIT, Placed};

const COUNT: &str = "workload.untested.count";
const REQUESTS: &str = "engine.requests.count";
const APPLIED: &str = "engine.apply.rows";

/// The rule "people did the work that was planned for them".
pub(super) fn reasons(Ended { plan, outcome, .. }: &Ended<'_>) -> Vec<Reason> {
    let bound = |metric| plan.judged.expect.metrics.get(metric);
    if bound(COUNT).is_some_and(|bound| bound.min.is_some_and(|min| min > 0)) {
        return Vec::new();
    }
    let of_swarm = plan.source.swarm.is_some();
    let in_vain = outcome.in_vain.iter().filter(|one| !of_swarm && !is_optional(plan, &one.action));
    let of_event = |one: &&Missed| !of_swarm && one.of == 0 && edits_in_vain(plan, one);
    let events = outcome.missed.iter().filter(of_event);
    let event = |one: &Missed| Reason::EventInVain { event: one.event.clone() };
    let mut reasons: Vec<Reason> = in_vain.map(action_in_vain).chain(events.map(event)).collect();
    let meant = |metric| bound(metric).is_some_and(|bound| bound.max == Some(0));
    if outcome.is_silent {
        reasons.extend((!meant(REQUESTS)).then_some(Reason::NoRequest {}));
    } else if outcome.is_still && !of_swarm && reasons.is_empty() {
        reasons.extend((!meant(APPLIED)).then_some(Reason::NoChange {}));
    }
    reasons
}

fn is_optional(plan: &Plan, action: &str) -> bool {
    plan.judged.expect.optional.iter().any(|known| known == action)
}

/// True if an event made no edit and its action is not optional.
fn edits_in_vain(plan: &Plan, one: &Missed) -> bool {
    let events = plan.events.iter().filter(|event| event.name == one.event);
    let action = |event: &Planned| Some(plan.workload.actions[event.action()?].name.as_str());
    events.filter_map(action).any(|action| !is_optional(plan, action))
}

fn action_in_vain(of: &InVain) -> Reason {
    let InVain { action, on_phones, wanted, unplaced, prevented } = of.clone();
    Reason::ActionInVain { action, on_phones, wanted, unplaced, prevented }
}

pub fn unplaced(placed: &Placed) -> Vec<UnplacedRecord> {
    let left_out = placed.actions.iter().filter(|count| count.left_out + count.astray > 0);
    let record = |count: &ActionCount| UnplacedRecord {
        action: count.name.clone(),
        asked: count.on_devices + count.in_office + count.in_bursts + count.left_out,
        left_out: count.left_out,
        astray: count.astray,
        import: false,
    };
    let short = placed.short.iter().map(|short| UnplacedRecord {
        action: short.entity.clone(),
        asked: short.asked,
        left_out: short.asked - short.made,
        astray: 0,
        import: true,
    });
    left_out.map(record).chain(short).collect()
}

const NAMED: usize = 20;

pub(super) fn missed(missed: &[Missed]) -> Vec<MissedRecord> {
    let record = |of: &Missed| MissedRecord {
        event: of.event.clone(),
        why: of.why.clone(),
        missed: of.devices.len() as u64,
        of: of.of,
        devices: of.devices.iter().take(NAMED).map(ToString::to_string).collect(),
    };
    missed.iter().map(record).collect()
}

/// The warning for an action without an edit in a swarm. This seed may lack a part that it needs.
pub(super) fn in_vain(of: &InVain) -> MissedRecord {
    let event = format!("action.{}", of.action);
    MissedRecord { event, why: NO_EDIT.to_owned(), missed: 0, of: 0, devices: Vec::new() }
}
