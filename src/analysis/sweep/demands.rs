//! Demands of a scenario on each run, besides losing no data, and the settings that miss them.
//!
//! A demand is a gate (limit on a figure), an expectation, or an action that must have an effect. A
//! setting is a value of the searched keys. It runs under several seeds, one cell per seed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::point::{Point, Trouble, trouble};
use super::together::met_together;
use crate::analysis::grouped;
use crate::record::{CellRecord, Exit, GateRecord, Reason, RunRecord, Verdict};

/// A cell with its gates.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    pub cell: &'a CellRecord,
    pub gates: Vec<&'a GateRecord>,
}

/// The result of one setting for all demands, over its seeds and compared with other settings.
#[derive(Clone, Debug, Default)]
pub struct Demands<'a> {
    /// Demands that the setting breaks, with the cells that miss them.
    pub broken: BTreeMap<String, Vec<(&'a CellRecord, &'a Reason)>>,
    /// Demands missed only under seeds that no other setting ran under. They are not decided yet.
    pub open: BTreeMap<String, BTreeSet<u64>>,
    /// Demands that all settings miss under a seed, or that no setting meets. They exclude no
    /// setting.
    pub spared: BTreeMap<String, Spared>,
    /// Gates that single seeds miss, but that all seeds together meet. The value is the number of
    /// these seeds.
    pub together: BTreeMap<String, usize>,
}

/// A demand that does not count under some seeds, because all settings miss it there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spared {
    pub seeds: usize,
    /// The name of the gate's figure, if it has no observation under any of these seeds.
    pub unseen: Option<String>,
    /// True if no setting meets the demand.
    pub by_all: bool,
}

/// For each seed, the number of settings that ran. For each seed and demand, the number that miss
/// it.
#[derive(Default)]
struct Missing<'a> {
    ran: BTreeMap<&'a str, usize>,
    missed: BTreeMap<(&'a str, String), usize>,
}

/// The results of all settings for their demands. If only one setting ran under a seed, its misses
/// count only if `decides` is true for it.
pub fn demands<'a, K: Ord + Copy>(
    settings: &BTreeMap<K, Vec<Run<'a>>>,
    decides: impl Fn(&K) -> bool,
) -> BTreeMap<K, Demands<'a>> {
    let mut missing = Missing::default();
    let has_ended = |run: &&Run<'_>| run.cell.verdict.was_run() && is_sound(run.cell);
    for Run { cell, .. } in settings.values().flatten().filter(has_ended) {
        *missing.ran.entry(&cell.seed).or_default() += 1;
        for name in cell.reasons.iter().filter_map(demand) {
            *missing.missed.entry((&cell.seed, name)).or_default() += 1;
        }
    }
    let of = |(setting, runs): (&K, &Vec<Run<'a>>)| (*setting, Demands::of(runs, &missing, decides(setting)));
    let mut all: BTreeMap<K, Demands<'a>> = settings.iter().map(of).collect();
    // If no setting meets a demand, it would exclude all settings. So it does not count.
    let names: BTreeSet<String> = all.values().flat_map(|demands| demands.broken.keys().cloned()).collect();
    let keeps = |name: &str, of: &K| all[of].keeps(name, settings[of].len());
    let by_all = |name: &String| all.len() > 1 && !settings.keys().any(|of| keeps(name, of));
    let by_all: Vec<String> = names.into_iter().filter(by_all).collect();
    for name in by_all {
        for demands in all.values_mut() {
            let missed = demands.broken.remove(&name).unwrap_or_default();
            demands.open.remove(&name);
            missed.iter().for_each(|(_, reason)| demands.spare(name.clone(), reason));
            demands.spared.entry(name.clone()).or_default().by_all = true;
        }
    }
    all
}

impl<'a> Demands<'a> {
    /// The result of one setting. A miss does not count if all settings miss the demand under that
    /// seed. A gate is not broken if the seeds together meet it.
    fn of(runs: &[Run<'a>], missing: &Missing<'a>, decides: bool) -> Demands<'a> {
        let mut demands = Demands::default();
        for cell in runs.iter().map(|run| run.cell).filter(|cell| is_sound(cell)) {
            for (name, reason) in cell.reasons.iter().filter_map(|reason| Some((demand(reason)?, reason))) {
                let ran = missing.ran[cell.seed.as_str()];
                if missing.missed[&(cell.seed.as_str(), name.clone())] < ran || ran == 1 && decides {
                    demands.broken.entry(name).or_default().push((cell, reason));
                } else if ran == 1 {
                    let seed = cell.seed.parse().expect("a seed is a number");
                    demands.open.entry(name).or_default().insert(seed);
                } else {
                    demands.spare(name, reason);
                }
            }
        }
        let (met, broken): (BTreeMap<_, _>, BTreeMap<_, _>) =
            demands.broken.into_iter().partition(|(name, _)| is_met(runs, missing, name));
        demands.broken = broken;
        demands.together.extend(met.into_iter().map(|(name, missed)| (name, missed.len())));
        demands.open.retain(|name, _| !demands.broken.contains_key(name));
        demands
    }

    /// True if the setting never breaks the demand, and meets it in more than half of its cells.
    fn keeps(&self, name: &str, runs: usize) -> bool {
        let spared = self.spared.get(name).map_or(0, |spared| spared.seeds);
        2 * spared < runs && !self.broken.contains_key(name) && !self.open.contains_key(name)
    }

    fn spare(&mut self, name: String, reason: &Reason) {
        let unseen = match reason {
            Reason::Gate { gate } if gate.value.is_none() => Some(gate.figure()),
            _ => None,
        };
        let spared = self.spared.entry(name).or_default();
        spared.unseen = unseen.filter(|figure| spared.seeds == 0 || spared.unseen.as_ref() == Some(figure));
        spared.seeds += 1;
    }
}

/// The reason for an exclusion: `missed` has the cells that miss a demand.
pub fn missed_in<'a>(missed: &[(&'a CellRecord, &'a Reason)], cells: usize) -> Trouble<'a> {
    Trouble::Failed { worst: (missed[0].0, Some(missed[0].1)), failed: missed.len(), of: cells }
}

/// Excludes the settings of a series that lose data or break a demand. Returns the demands that
/// exclude no setting. `gates` has the gates of each cell.
pub(super) fn exclude<'a>(
    points: &mut [Point<'a>],
    gates: &BTreeMap<&str, Vec<&'a GateRecord>>,
) -> (BTreeMap<String, Spared>, BTreeMap<String, usize>) {
    let run = |cell: &&'a CellRecord| {
        let gates = gates.get(cell.id.as_str()).cloned().unwrap_or_default();
        Run { cell, gates }
    };
    let runs = points.iter().enumerate().map(|(at, point)| (at, point.cells.iter().map(run).collect()));
    let (mut spared, mut together) = (BTreeMap::<String, Spared>::new(), BTreeMap::<String, usize>::new());
    for (at, demands) in demands(&runs.collect(), |_| true) {
        let point = &mut points[at];
        let is_wrong = point.cells.iter().any(|cell| !is_sound(cell));
        let broken =
            demands.broken.values().min_by_key(|missed| (missed[0].1.severity(), Reverse(missed.len())));
        point.trouble = match broken {
            // If no setting meets a demand that is not a gate, the scenario tested nothing. Then
            // all settings are excluded.
            _ if is_wrong || !demands.spared.keys().all(|name| is_gate(name)) => trouble(&point.cells),
            broken => broken.map(|missed| missed_in(missed, point.cells.len())),
        };
        spared.extend(demands.spared.into_iter().filter(|(name, _)| is_gate(name)));
        together.extend(demands.together);
    }
    (spared, together)
}

/// The number of failing cells of a search that belong to excluded settings. The search varies the
/// keys in `knobs`. Other keys distinguish separate searches.
pub fn cells_excluded(record: &RunRecord, knobs: &[String]) -> usize {
    let gates = record.gates_by_cell();
    let axes = |cell: &CellRecord, is_knob: bool| {
        let of = cell.axes.iter().filter(|(key, _)| knobs.contains(key) == is_knob);
        of.map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>()
    };
    let places = grouped(&record.cells, |cell| (cell.variant.as_deref(), axes(cell, false)));
    let of_place = |(_, cells): (_, Vec<&CellRecord>)| {
        let settings = grouped(cells, |cell| axes(cell, true));
        let points = settings.into_iter().map(|(_, cells)| Point { cells, ..Point::default() });
        let mut points: Vec<Point<'_>> = points.collect();
        exclude(&mut points, &gates);
        let excluded = points.iter().filter(|point| point.trouble.is_some());
        excluded.flat_map(|point| &point.cells).filter(|cell| cell.verdict == Verdict::Fail).count()
    };
    places.into_iter().map(of_place).sum()
}

/// True if all seeds of a setting together meet a gate. Seeds under which all settings miss it are
/// left out.
fn is_met(runs: &[Run<'_>], missing: &Missing<'_>, name: &str) -> bool {
    let spared = |cell: &CellRecord| {
        let (seed, ran) = (cell.seed.as_str(), missing.ran.get(cell.seed.as_str()).copied().unwrap_or(0));
        ran > 1 && missing.missed.get(&(seed, name.to_owned())) == Some(&ran)
    };
    let own = runs.iter().filter(|run| is_sound(run.cell) && !spared(run.cell));
    let gates = own.flat_map(|run| run.gates.iter().map(move |gate| (run.cell, *gate)));
    let mut of_name: BTreeMap<_, Vec<(&CellRecord, &GateRecord)>> = BTreeMap::new();
    for (cell, gate) in gates.filter(|(_, gate)| name == format!("gate {}", gate.name)) {
        of_name.entry((gate.figure(), gate.stat.as_str())).or_default().push((cell, gate));
    }
    !of_name.is_empty() && of_name.values().all(|runs| met_together(runs))
}

fn is_gate(demand: &str) -> bool {
    demand.starts_with("gate ")
}

/// The name of the demand that a reason is about; `None` if the reason is not a demand.
fn demand(reason: &Reason) -> Option<String> {
    let named = match reason {
        Reason::Gate { gate } => format!("gate {}", gate.name),
        Reason::Expectation { what } => format!("expect {what}"),
        Reason::ActionInVain { action, .. } => format!("action {action}"),
        Reason::EventInVain { event } => format!("event {event}"),
        _ => "expectations of the file".to_owned(),
    };
    (reason.exit() == Exit::Threshold).then_some(named)
}

/// True if the cell has no failure other than missed demands.
pub fn is_sound(cell: &CellRecord) -> bool {
    let missed = !cell.reasons.is_empty() && cell.reasons.iter().all(|reason| demand(reason).is_some());
    cell.verdict != Verdict::Fail || missed
}
