//! Units that wait for what never comes or ask behind it, and hooks that start themselves.

use super::super::budget::Budget;
use super::super::diagnostic::Diagnostic;
use super::super::plan::Plan;
use super::view::View;
use crate::base::{Time, Word};
use crate::contract::{Hook, NetworkKind, SyncUnit, Trigger};
use crate::engine::{CursorBook, SyncDate};

/// All such doubts.
pub(super) fn unheld(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let mut doubts = never_allowed(plan, root);
    doubts.extend(held_back_for_good(plan, root));
    doubts.extend(polled_never(plan, root));
    doubts.extend(given_no_window(plan, root));
    doubts.extend(starts_itself(plan, root));
    doubts.extend(asks_behind(plan, root));
    doubts
}

/// Units whose conditions hold on no network of the scenario.
fn never_allowed(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let mut networks: Vec<NetworkKind> = plan
        .fleets
        .iter()
        .flat_map(|fleet| &fleet.links)
        .filter(|(_, devices)| *devices > 0)
        .map(|(link, _)| link.kind)
        .collect();
    networks.sort_unstable();
    networks.dedup();
    let never = |unit: &&SyncUnit| {
        !networks.is_empty()
            && !networks.iter().any(|network| unit.when.iter().all(|condition| network.allows(*condition)))
    };
    let told = |unit: &SyncUnit| {
        let words: Vec<&str> = unit.when.iter().map(|condition| condition.word()).collect();
        let title = format!(
            "`unit.{}` waits for \"{}\", and no device is ever on such a network: it never starts by itself",
            unit.name,
            words.join("\" and \"")
        );
        let at = root.at("unit").key(&unit.name).at("when").place();
        Diagnostic::new(at, title).help("a fleet with a `link` of kind \"wifi\", or another condition")
    };
    plan.units.iter().filter(never).map(told).collect()
}

/// A debounce that is longer than the script: what it holds back never comes.
fn held_back_for_good(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let debounce = root.at("engine.debounce");
    let held = |trigger: &Trigger| matches!(trigger, Trigger::Online | Trigger::Resume | Trigger::Every(_));
    let any = plan.units.iter().any(|unit| unit.on.iter().any(held));
    if !any || Time::ZERO + plan.engine.debounce <= Time::ZERO + plan.duration {
        return None;
    }
    let title = format!(
        "the debounce is {}, and the script lasts {}: a unit that a network, a resume or a period starts runs once at most",
        plan.engine.debounce, plan.duration
    );
    Some(
        Diagnostic::new(debounce.place()?.into(), title).help("a shorter `debounce`, or a longer `duration`"),
    )
}

/// A network that is asked for less often than once in the script.
fn polled_never(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let poll = plan.engine.network_poll.filter(|poll| *poll > plan.duration)?;
    let title = format!(
        "the network is asked for each {poll}, and the script lasts {}: a network that comes is never noticed",
        plan.duration
    );
    let place = root.at("engine.network_poll").place()?;
    Some(Diagnostic::new(place.into(), title).help("a shorter `network_poll`, or a longer `duration`"))
}

/// Units for windows in the background, where no fleet is given one within the script.
fn given_no_window(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let end = Time::ZERO + plan.duration;
    let opens = |budget: Budget| budget.windows(Time::ZERO).nth(1).is_some_and(|window| window.0 < end);
    if plan.fleets.iter().any(|fleet| fleet.background.is_some_and(opens)) {
        return Vec::new();
    }
    let told = |unit: &SyncUnit| {
        let title =
            format!("`unit.{}` is for the background, and no fleet is given a window there", unit.name);
        let at = root.at("unit").key(&unit.name).at("on").place();
        Diagnostic::new(at, title).help("`fleet.NAME.background` says when: \"android-doze\", or one's own")
    };
    plan.units.iter().filter(|unit| unit.on.contains(&Trigger::Background)).map(told).collect()
}

/// Hooks at the start or the good end of a run that trigger a unit for which they are there.
fn starts_itself(plan: &Plan, root: View<'_>) -> Vec<Diagnostic> {
    let hooks = plan.hooks.iter().filter(|(hook, _)| matches!(hook, Hook::SyncStart | Hook::SyncComplete));
    let told = |(hook, does): (&Hook, &crate::scenario::HookPlan)| {
        let unit = does.triggers.filter(|unit| does.unit.is_none_or(|own| own == *unit))?;
        let name = &plan.units[usize::from(unit.0)].name;
        let title = format!(
            "`hooks.{}` triggers `{name}` for each run of `{name}` too: it starts itself for ever",
            hook.word()
        );
        let at = root.at("hooks").key(hook.word()).at("triggers").place();
        Some(Diagnostic::new(at, title).help("`unit` says for the runs of which other unit it is there"))
    };
    hooks.filter_map(told).collect()
}

/// Pulls by the date of a sync's end, in a scenario that expects no loss.
fn asks_behind(plan: &Plan, root: View<'_>) -> Option<Diagnostic> {
    let by_the_end =
        (plan.engine.pull.cursor, plan.engine.push.sync_date) == (CursorBook::LastSyncOn, SyncDate::End);
    if !by_the_end || !plan.expect.violations.is_empty() {
        return None;
    }
    let title = "the next pull asks by the date of a sync's end: what the server commits between its response and that end never comes";
    let place = root.at("engine.pull.cursor").place()?;
    Some(
        Diagnostic::new(place.into(), title)
            .help("sync_date = \"start\" in [engine.push] passes over none of it"),
    )
}
