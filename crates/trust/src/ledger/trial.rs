//! Looks for a planted bug in two ways: with random faults, seed after seed, and with a hunt.

use std::collections::BTreeSet;

use syncdyno::base::Span;
use syncdyno::bugs::Bug;
use syncdyno::campaign::hunt::{Failure, Game, Length, SIZE, hunt};
use syncdyno::campaign::shrink::{Means, judged};
use syncdyno::campaign::{InProcess, Signals};
use syncdyno::oracle::implied;
use syncdyno::scenario::{Document, Plan, Request};
use syncdyno::world::Stacks;

/// The scenario from which both ways start. It was written for the tests of hunts. It has some
/// tasks in lists, 3 phones and no fault.
pub(super) const START: &str = "tests/it/worlds/notes.toml";
/// The first seeds of the random search. They are also the seeds of the hunts.
const FIRST: [u64; 5] = [1, 1_001, 2_001, 3_001, 4_001];

/// Random faults of all kinds. Kinds that are in `scenarios/chaos.toml` have its probabilities and
/// a fifth of its times, because this script has a fifth of its length. The other kinds happen
/// about once per phone.
const CHAOS: [&str; 28] = [
    "swarm.on=0.75",
    "chaos.kill_mtbf=72s",
    "chaos.power_loss_mtbf=144s",
    "chaos.outage_mtbf=48s",
    "chaos.outage_mean=4s",
    "chaos.response_loss=5%",
    "chaos.foreign_responses=3%",
    "chaos.cancel_mtbf=36s",
    "chaos.put_off=5%",
    "chaos.bad_rows=1%",
    "chaos.refused_deletes=15%",
    "chaos.proxy_ttl=6s",
    "chaos.backend_mtbf=2m",
    "chaos.backend_mean=8s",
    "chaos.suspend_mtbf=2m",
    "chaos.suspend_mean=20s",
    "chaos.token_mtbf=4m",
    "chaos.logout_mtbf=4m",
    "chaos.other_user_mtbf=4m",
    "chaos.away_mean=20s",
    "chaos.reinstall_mtbf=4m",
    "chaos.restore_mtbf=4m",
    "backend.poison=1%",
    "workload.contention.share=30%",
    "workload.contention.within=24s",
    "workload.contention.equal=30%",
    "workload.contention.double_create=30%",
    "workload.contention.deletes=5%",
];

/// Bugs that no fault can show here, because the scenario lacks their part. The parts are: photos,
/// keys from the backend or from a pool, people who decide conflicts, merged edits, the sync status
/// of the app, a queue on disk, entities in several units, foreign keys in the phone's database.
const ELSEWHERE: [&str; 33] = [
    "last-stretch-is-all",
    "takes-anothers-word",
    "sends-what-came-to-nothing",
    "rename-forgets-edits",
    "rename-forgets-rows",
    "rename-forgets-newer",
    "pool-gives-again",
    "keeps-anothers-pool",
    "page-in-memory",
    "choice-stays-here",
    "flag-stays-set",
    "stops-at-a-conflict",
    "another-copy-each-try",
    "squashes-into-what-was-sent",
    "takes-back-what-was-sent",
    "sends-the-last-update-alone",
    "all-synced-too-soon",
    "syncing-for-ever",
    "progress-never-moves",
    "progress-beyond-its-end",
    "failed-for-ever",
    "offline-for-ever",
    "forgets-as-it-begins",
    "one-date-for-all",
    "part-over-whole",
    "part-moves-all",
    "dates-all-units",
    "dates-what-was-cut",
    "forgets-what-waits",
    "ends-what-is-referred-to",
    "forgets-late-rows",
    "counts-winners-as-done",
    "merges-in-silence",
];

/// True if the scenario has the part that contains the bug.
pub(super) fn fits(bug: &Bug) -> bool {
    !ELSEWHERE.contains(&bug.id)
}

/// The result of one search: one way, from one first seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Way {
    /// The number of worlds (simulations) up to the first failure of the bug's own check; `None` if
    /// there was no failure.
    pub(super) worlds: Option<u64>,
    /// The processor time up to the first failure.
    pub(super) time: Span,
}

/// A way to look for a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum By {
    Chaos,
    Hunt,
}

/// The searches for one bug in both ways, from each first seed.
pub(super) struct Trial {
    pub(super) bug: &'static Bug,
    pub(super) chaos: Vec<Way>,
    pub(super) hunt: Vec<Way>,
    /// The number of worlds in which the correct engine failed by the same check, in both ways.
    pub(super) false_alarms: u64,
}

impl Trial {
    /// Looks for the bug from this many first seeds. Stops when most searches have exceeded the
    /// limit.
    pub(super) fn of(
        bug: &'static Bug,
        document: &Document,
        only: Option<By>,
        ranges: u64,
        most: u64,
    ) -> Trial {
        let mut trial = Trial { bug, chaos: Vec::new(), hunt: Vec::new(), false_alarms: 0 };
        for seed in FIRST.into_iter().take(ranges as usize) {
            let is_open = |ways: &[Way]| {
                let beyond = ways.iter().filter(|way| way.worlds.is_none()).count() as u64;
                2 * beyond < ranges
            };
            if only != Some(By::Hunt) && is_open(&trial.chaos) {
                let way = trial.by_chaos(document, seed, most);
                trial.chaos.push(way);
            }
            if only != Some(By::Chaos) && is_open(&trial.hunt) {
                let way = trial.by_hunt(document, seed, most);
                trial.hunt.push(way);
            }
        }
        trial
    }

    fn by_chaos(&mut self, document: &Document, seed: u64, most: u64) -> Way {
        let start = processor_time();
        let sets: Vec<String> = CHAOS.iter().map(|set| (*set).to_owned()).collect();
        let mut aside = Span::ZERO;
        let found = (1..=most).find(|n| {
            let seed = seed + n - 1;
            let caught = is_caught(document, &sets, seed, &self.bug.engine_name(), self.bug.check);
            let verified = processor_time();
            let is_found = caught && !is_caught(document, &sets, seed, "builtin", self.bug.check);
            self.false_alarms += u64::from(caught && !is_found);
            aside += since(verified);
            is_found
        });
        Way { worlds: found, time: Span(since(start).0.saturating_sub(aside.0)) }
    }

    fn by_hunt(&mut self, document: &Document, seed: u64, most: u64) -> Way {
        let start = processor_time();
        let (failure, candidates) = hunted(self.bug, document, seed, most, &mut self.false_alarms);
        let time = since(start);
        // A generation ends after the candidate that fails. Each candidate takes about the same
        // time, so the time is divided.
        let worlds = failure.map(|failure| failure.candidates);
        let part = Span(
            (u128::from(time.0) * u128::from(worlds.unwrap_or(candidates)) / u128::from(candidates.max(1)))
                as u64,
        );
        Way { worlds, time: part }
    }
}

/// Hunts a bug until its own check fails. Also returns the number of candidates.
pub(super) fn hunted(
    bug: &Bug,
    document: &Document,
    seed: u64,
    most: u64,
    false_alarms: &mut u64,
) -> (Option<Failure>, u64) {
    let sets = vec![format!("engine.name={}", bug.engine_name())];
    let game = Game { document, variant: None, sets, seed };
    let length = Length { size: SIZE, generations: most.div_ceil(SIZE), time: None };
    let mut judged = 0;
    let mut found = None;
    let hunted = with(|means| {
        hunt(&game, means, length, &mut |hunted| {
            for failure in &hunted.failures[judged..] {
                // The first setting selects the engine.
                if found.is_some() || failure.goal.check != bug.check || failure.candidates > most {
                    continue;
                }
                if is_caught(document, &failure.sets[1..], failure.seed, "builtin", bug.check) {
                    *false_alarms += 1;
                } else {
                    found = Some(failure.clone());
                }
            }
            judged = hunted.failures.len();
            found.is_none()
        })
    });
    (found, hunted.candidates)
}

/// Calls `what` with everything that is needed to run worlds on this thread.
pub(super) fn with<T>(what: impl FnOnce(Means<'_>) -> T) -> T {
    let runner = InProcess(Stacks::builtin());
    let signals = Signals::default();
    what(Means { runner: &runner, signals: &signals, jobs: 1, budget: Span::secs(120), runs: 3_000 })
}

/// True if the world fails by this check, and not by a check that implies it.
fn is_caught(document: &Document, sets: &[String], seed: u64, engine: &str, check: &str) -> bool {
    let sets = [sets, &[format!("engine.name={engine}")]].concat();
    let request = Request { sets, seeds: vec![seed], ..Request::default() };
    with(|means| {
        let plans = document.plans(&request, &means.runner.stacks());
        let plan: Option<Plan> = plans.ok().and_then(|mut plans| plans.pop());
        let Some(plan) = plan else { return false };
        let (_, goals) = judged(&plan, means, &|| false);
        let checks: BTreeSet<&str> = goals.iter().map(|goal| goal.check.as_str()).collect();
        let follows = |other: &&str| **other != *check && implied(other).contains(&check);
        checks.contains(check) && !checks.iter().any(follows)
    })
}

/// The processor time of this thread so far; 0 if the system does not report it.
pub(super) fn processor_time() -> Span {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Span(text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

/// The processor time of this thread since `start`.
pub(super) fn since(start: Span) -> Span {
    Span(processor_time().0.saturating_sub(start.0))
}

#[cfg(test)]
mod tests {
    use syncdyno::bugs;

    use super::*;

    #[test]
    fn what_is_left_out_is_a_planted_bug() {
        let unknown: Vec<&&str> = ELSEWHERE.iter().filter(|id| bugs::find(id).is_none()).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
