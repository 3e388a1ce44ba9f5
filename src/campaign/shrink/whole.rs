//! Makes a failing scenario small. First it replaces random faults and edits by written events.
//! Then it removes parts and reduces values, until nothing more can be removed.
//!
//! A cell is one simulation: one variant and one seed.

use std::path::Path;

use super::ddmin::ddmin;
use super::script::{Part, Script};
use super::spell::{Heard, random_actions, with_steady_faults, without_swarm};
use super::trials::{Goal, Means, Shown, Trials, show};
use super::values::{fewer_devices, rounder, shorter, small_seeds};

/// The largest number of rounds over all passes. Later rounds find less.
const ROUNDS: usize = 6;
/// Keys are searched down to this depth of tables.
const DEPTH: usize = 6;

/// A failing scenario that was made small.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The small scenario.
    pub script: Script,
    /// The result of a run of the small scenario.
    pub shown: Shown,
    /// The check and entity by which the small scenario still fails.
    pub goal: Goal,
    /// The number of candidates that ran.
    pub runs: u64,
    pub end: End,
}

/// The reason why a search for a smaller scenario ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing more can be removed.
    Complete,
    /// The budget is used up.
    Budget,
    /// A signal came.
    Stopped,
}

struct Shrinking<'a> {
    trials: Trials<'a>,
    present: Script,
    shown: Shown,
}

/// Makes a scenario small that fails by `goal`; `None` if it does not fail by `goal`. Files of the
/// scenario are found relative to `path`.
pub fn shrink(start: &Script, path: &Path, goal: &Goal, means: Means<'_>) -> Option<Shrunk> {
    let mut trials = Trials::new(means, goal.clone(), path);
    let plan = trials.plan(start)?;
    let shown = show(&plan, means, u64::MAX).filter(|shown| shown.goals.contains(goal))?;
    trials.hold_to(&shown);
    let mut shrinking = Shrinking { trials, present: start.clone(), shown };
    shrinking.write_out(means);
    let mut is_complete = false;
    for _ in 0..ROUNDS {
        let before = shrinking.present.clone();
        shrinking.round();
        if shrinking.present == before {
            is_complete = true;
            break;
        }
    }
    let Shrinking { trials, present, shown } = shrinking;
    let end = match () {
        () if means.signals.any() => End::Stopped,
        () if is_complete && !trials.is_over() => End::Complete,
        () => End::Budget,
    };
    Some(Shrunk { script: present, shown, goal: goal.clone(), runs: trials.runs + 1, end })
}

impl Shrinking<'_> {
    /// Replaces the scenario by the first candidate that still fails. Returns the candidate's
    /// index.
    fn take(&mut self, all: &[Script]) -> Option<usize> {
        if self.trials.is_over() {
            return None;
        }
        let (at, shown) = self.trials.first(&self.present, all)?;
        self.present = all[at].clone();
        if let Some(shown) = shown {
            self.trials.is_to_pass(&shown);
            self.shown = shown;
        }
        Some(at)
    }

    /// Repeats [`take`](Self::take) with new candidates until none fails. Continues at the last
    /// index.
    fn take_each(&mut self, candidates: impl Fn(&Script, &Shown) -> Vec<Script>) {
        let mut from = 0;
        loop {
            let all = candidates(&self.present, &self.shown);
            let Some(rest) = all.get(from..).filter(|rest| !rest.is_empty()) else { return };
            let Some(at) = self.take(rest) else { return };
            from += at;
        }
    }

    fn drop_parts(&mut self, parts: Vec<Part>) {
        ddmin(parts, |groups| {
            let all: Vec<Script> = groups.iter().map(|group| self.present.without(group)).collect();
            self.take(&all)
        });
    }

    /// Replaces random events by written ones, if the scenario still fails after the replacement.
    fn write_out(&mut self, means: Means<'_>) {
        let drawn = self.trials.plan(&self.present).and_then(|plan| plan.source.drawn.clone());
        if let Some(drawn) = drawn {
            self.take(&[without_swarm(&self.present, &drawn)]);
        }
        // Removes events that did not fire. The cell can pass with expected violations only without
        // them.
        let idle: Vec<Part> = self.shown.idle.iter().flat_map(|name| idle_parts(name)).collect();
        self.drop_parts(idle);
        self.take_each(|script, shown| shorter(script, shown.ended));
        self.drop_names(&["event", "action"]);
        let interrupted = || means.signals.any();
        let heard =
            self.trials.plan(&self.present).and_then(|plan| Heard::of(&plan, means.runner, &interrupted));
        let Some(heard) = heard else { return };
        self.write_out_faults(&heard);
        self.write_out_edits(&heard);
    }

    fn write_out_faults(&mut self, heard: &Heard) {
        let keys = heard.keys();
        if self.take(&[heard.with_faults(&self.present, &keys)]).is_none() {
            for key in keys {
                self.take(&[heard.with_faults(&self.present, &[key])]);
            }
        }
        self.take(&[with_steady_faults(&self.present)]);
        self.drop_names(&["event"]);
    }

    fn write_out_edits(&mut self, heard: &Heard) {
        let actions = random_actions(&self.present);
        let together = [false, true].map(|office| heard.with_edits(&self.present, &actions, office));
        let together: Vec<Script> = together.into_iter().flatten().collect();
        if self.take(&together).is_none() {
            for action in actions {
                let all = [false, true]
                    .map(|office| heard.with_edits(&self.present, std::slice::from_ref(&action), office));
                self.take(&all.into_iter().flatten().collect::<Vec<_>>());
            }
        }
    }

    fn drop_names(&mut self, kinds: &[&str]) {
        for kind in kinds {
            let is_of_kind = |part: &Part| match part {
                Part::Named { kind: own, .. } => own == kind,
                Part::Column { .. } => *kind == "column",
                _ => false,
            };
            let parts = self.present.names().into_iter().filter(is_of_kind).collect();
            self.drop_parts(parts);
        }
    }

    fn round(&mut self) {
        self.drop_names(&["event", "action"]);
        self.take_each(|script, shown| shorter(script, shown.ended));
        self.take_each(|script, _| fewer_devices(script));
        self.drop_names(&["unit", "entity", "fleet", "link", "class", "background", "column"]);
        for depth in 1..=DEPTH {
            self.drop_parts(self.present.keys(depth));
        }
        self.drop_parts(self.present.items());
        self.take_each(|script, _| rounder(script));
        self.take_each(|script, _| small_seeds(script));
    }
}

/// The parts of the script that may have a name from `idle`.
fn idle_parts(name: &str) -> Vec<Part> {
    let named = |kind| Part::Named { kind, name: name.to_owned() };
    let key = || Part::Key(name.split('.').map(str::to_owned).collect());
    if name.contains('.') { vec![key()] } else { vec![named("event"), named("action")] }
}
