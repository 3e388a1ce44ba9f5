//! Choices that are known to be wrong, each hunted in a world of random faults that the right ones
//! survive.
//!
//! They are options of the product, which teams choose. `scenarios/BUGS.md` has the results.

mod wrong;

use std::collections::BTreeSet;
use std::path::Path;

use syncdyno::backend::Provisioning;
use syncdyno::gateway::{CAPTURES, Capture, Mode};
use syncdyno::scenario::{Plan, Request};
use syncdyno::world::Outcome;

use crate::hunts::{self, Hunted};
use crate::worlds::{self, trouble};

const CHAOS: &str = "scenarios/strategies/chaos.toml";
const SERVE: &str = "gateway.serve.capture";
/// A choice that loses something, or has needless costs.
struct Wrong {
    name: &'static str,
    /// Where it goes wrong, and the known bug that it resembles.
    class: &'static str,
    why: &'static str,
    /// The scenario about it, in `scenarios/`.
    file: &'static str,
    /// The variant of the chaos scenario in which it is tried.
    variant: &'static str,
    /// Settings for it and for its twin; a key that begins with `=` is one of [`SERVE`].
    world: &'static [&'static str],
    /// Settings for it only.
    sets: &'static [&'static str],
    /// Settings for its twin only.
    right: &'static [&'static str],
    /// A metric in which it exceeds its twin, if no check finds anything at the end.
    metric: Option<&'static str>,
    /// The most worlds in which both are tried, from a seed on.
    seeds: u64,
}

/// A setting with its complete key.
fn whole(set: &str) -> String {
    set.strip_prefix('=').map_or(set.to_owned(), |own| format!("{SERVE}.{own}"))
}

impl Wrong {
    fn outcome(&self, own: &[&str], seed: u64) -> Outcome {
        let whole_world = ["swarm.on=1".to_owned(), "swarm.sizes=false".to_owned()];
        let sets = whole_world.into_iter().chain(self.world.iter().chain(own).map(|set| whole(set)));
        let (sets, variants) = (sets.collect(), vec![self.variant.to_owned()]);
        let request = Request { sets, variants, seeds: vec![seed], ..Request::default() };
        let plans: Vec<Plan> = worlds::plans(&worlds::document(CHAOS), &request);
        worlds::run(&plans[0])
    }

    /// How it shows in a world, if it does; an error has the violations of its correct twin.
    fn caught(&self, seed: u64) -> Result<Option<BTreeSet<String>>, String> {
        let (wrong, right) = (self.outcome(self.sets, seed), self.outcome(self.right, seed));
        let found = trouble(&right);
        if !found.is_empty() {
            return Err(format!("the twin of {}, seed {seed}: {}", self.name, found.join("; ")));
        }
        Ok(match self.metric {
            None => (!trouble(&wrong).is_empty()).then(|| seen(&wrong)),
            Some(metric) => {
                let more = worlds::value(&wrong, metric) > worlds::value(&right, metric);
                more.then(|| BTreeSet::from([format!("more `{metric}`")]))
            }
        })
    }

    fn hunted(&'static self) -> Hunted {
        let Wrong { name, why, variant, seeds, file, class, .. } = *self;
        let sets: Vec<_> = self.world.iter().map(|set| format!("`{}`", whole(set))).collect();
        let world = std::iter::once(variant.to_owned()).chain(sets).collect::<Vec<_>>().join(" ");
        let sets: Vec<_> = self.sets.iter().map(|set| format!("`{}`", set.trim_start_matches('='))).collect();
        let name = if sets.is_empty() { name.to_owned() } else { format!("{name}: {}", sets.join(" ")) };
        let see = format!("[`{file}`]({file})");
        Hunted { name, class, why, world, see, seeds, caught: Box::new(|seed| self.caught(seed)) }
    }
}

/// All choices, as they are hunted.
pub(crate) fn hunted() -> Vec<Hunted> {
    wrong::all().map(Wrong::hunted).collect()
}

/// The checks that fired. A device is divergent if any of its rows is wrong, so that is included
/// only if nothing else is.
fn seen(outcome: &Outcome) -> BTreeSet<String> {
    let mut checks: BTreeSet<_> = outcome.violations.iter().map(|v| v.check).collect();
    if checks.len() > 1 {
        checks.remove("divergent");
    }
    if checks.is_empty() {
        checks.insert("stuck");
    }
    checks.into_iter().map(|check| format!("`{check}`")).collect()
}

/// Verdicts without a date of the end, and a lagging reader that shows the row again: at once, or
/// beneath waiting edits.
#[test]
fn a_row_that_ended_on_no_date_does_not_come_back() {
    for (variant, seed) in [("reconcile-restored", 20_784), ("reconcile", 21_676)] {
        let request = Request { variants: vec![variant.to_owned()], seeds: vec![seed], ..Request::default() };
        let plans = worlds::plans(&worlds::document(CHAOS), &request);
        assert_eq!((plans.len(), trouble(&worlds::run(&plans[0]))), (1, Vec::new()));
    }
}

#[test]
fn strategies_that_are_wrong_are_caught() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for wrong in wrong::all() {
        assert!(root.join(wrong.file).is_file(), "{} is shown by {}", wrong.name, wrong.file);
    }
    hunts::seen_again(&hunted());
}

#[test]
fn whatever_is_told_to_who_is_refused_finds_every_row_that_is_gone_and_nothing_else_does() {
    let provisionings = [
        ("full", Provisioning::Full),
        ("stamps-only", Provisioning::StampsOnly),
        ("soft-delete-only", Provisioning::SoftDeleteOnly),
        ("three-stamps", Provisioning::ThreeStamps),
        ("none", Provisioning::Nothing),
        ("read-only-schema", Provisioning::ReadOnlySchema),
    ];
    let modes = [("ota", SERVE, Mode::Ota), ("persistent", "gateway.refresh.capture", Mode::Persistent)];
    let all: Vec<String> = CAPTURES.iter().map(|kind| format!("{{ {} = {{}} }}", kind.key.name)).collect();
    for (kept, provisioning) in provisionings {
        for (mode, key, at) in modes {
            let told: Vec<&str> = Capture::fitting(provisioning, at).collect();
            assert!(told.contains(&"{ hash = {} }"), "{kept} {mode}");
            let untold = all.iter().map(String::as_str).filter(|other| !told.contains(other));
            for (capture, well) in
                told.iter().map(|told| (*told, true)).chain(untold.map(|other| (other, false)))
            {
                let sets = [
                    format!("gateway.mode={mode}"),
                    format!("backend.provisioning={kept}"),
                    format!("{key}={capture}"),
                ];
                let request = Request { sets: sets.into(), ..Request::default() };
                let document = worlds::document("scenarios/strategies/matrix.toml");
                let found = match worlds::try_plans(&document, &request) {
                    Ok(plans) => trouble(&worlds::run(&plans[0])),
                    Err(why) => vec![why],
                };
                assert_eq!(found.is_empty(), well, "{kept} {mode} {capture}: {found:?}");
            }
        }
    }
}
