//! Orders the starts of apps and the runs of syncs within their ranges of time.
//!
//! A recorded run certainly covers the time from its latest possible start to its earliest possible
//! end. If that range is empty, the run gets no duration, and is placed where no other run of its
//! unit is active.

use std::collections::BTreeMap;

use super::order::Bounds;
use super::recorded::{History, Mark, Stage, Sync, When};
use crate::base::UnitId;

/// An event on a device, with its time.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    pub(super) at: i64,
    pub(super) device: u32,
    pub(super) turn: Turn,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Begins(u32),
    Dies,
    Starts(UnitId, u64),
    Completes(UnitId, u64),
    Fails(UnitId, u64, String),
}

/// A run with its recorded start and end.
struct Run<'h> {
    start: Option<&'h Sync>,
    end: Option<&'h Sync>,
}

/// The range of a run. Without a recorded start or end, the range is a single instant.
struct Placed<'h> {
    from: i64,
    until: i64,
    run: Run<'h>,
}

pub(super) fn flows(history: &History, bounds: Bounds) -> Vec<Flow> {
    let mut flows = Vec::new();
    let mut deaths: Vec<Vec<When>> = vec![Vec::new(); history.devices.len()];
    for life in &history.lives {
        // An app that starts again has died before.
        deaths[life.device as usize].push(bounds.of(life.mark.when));
    }
    let tells_ends = history.syncs.iter().any(|sync| sync.stage != Stage::Started);
    let mut by_unit: BTreeMap<(u32, UnitId), Vec<&Sync>> = BTreeMap::new();
    for sync in history.syncs.iter().filter(|_| tells_ends) {
        by_unit.entry((sync.device, sync.unit)).or_default().push(sync);
    }
    let mut number = vec![0_u64; history.devices.len()];
    for ((device, unit), syncs) in by_unit {
        let runs = paired(&syncs, bounds);
        for Placed { from, until, run } in placed(runs, bounds) {
            let next = &mut number[device as usize];
            let own = *next;
            *next += 1;
            let may_have_died = deaths[device as usize].iter().any(|death| death.until >= from);
            if run.start.is_some() {
                flows.push(Flow { at: from, device, turn: Turn::Starts(unit, own) });
            }
            let ends = match run.end.map(|end| &end.stage) {
                Some(Stage::Failed(why)) => Some(Turn::Fails(unit, own, why.clone())),
                Some(_) => Some(Turn::Completes(unit, own)),
                // The app may have died during the run. Then nobody reported the run's end.
                None if may_have_died => Some(Turn::Fails(unit, own, "the app died".to_owned())),
                None => None,
            };
            flows.extend(ends.map(|turn| Flow { at: until, device, turn }));
        }
    }
    lives(history, bounds, &mut flows);
    // The sort is stable. At one instant, ends stay before starts, and the start and end of a run
    // without a duration stay together.
    flows.sort_by_key(|flow| flow.at);
    flows
}

fn lives(history: &History, bounds: Bounds, flows: &mut Vec<Flow>) {
    let mut all: Vec<(u32, (Option<u64>, i64), bool)> = history
        .lives
        .iter()
        .map(|life| (life.device, (life.mark.seq, bounds.of(life.mark.when).middle()), life.begins))
        .collect();
    all.sort_unstable();
    // Each device runs from the beginning, so its first recorded start changes nothing.
    let mut running = vec![(true, true, 0_u32); history.devices.len()];
    for (device, (_, at), begins) in all {
        let (alive, fresh, lives) = &mut running[device as usize];
        match (begins, *alive) {
            (true, true) if *fresh => *fresh = false,
            (true, alive) => {
                if alive {
                    flows.push(Flow { at, device, turn: Turn::Dies });
                }
                *lives += 1;
                flows.push(Flow { at, device, turn: Turn::Begins(*lives) });
            }
            (false, true) => flows.push(Flow { at, device, turn: Turn::Dies }),
            (false, false) => {}
        }
        (*alive, *fresh) = (begins, false);
    }
}

/// Pairs the starts and ends of a unit's runs by their number. Without numbers, each end belongs to
/// the first possible start.
fn paired<'h>(syncs: &[&'h Sync], bounds: Bounds) -> Vec<Run<'h>> {
    let mut by_number: BTreeMap<Option<u64>, [Vec<&Sync>; 2]> = BTreeMap::new();
    for sync in syncs {
        let [starts, ends] = by_number.entry(sync.run).or_default();
        if sync.stage == Stage::Started { starts.push(sync) } else { ends.push(sync) }
    }
    let key = |mark: Mark| (mark.seq, bounds.of(mark.when).middle(), mark.line);
    by_number.values_mut().flatten().for_each(|all| all.sort_by_key(|sync| key(sync.mark)));
    let [starts, ends] = by_number.remove(&None).unwrap_or_default();
    let mut runs = Vec::new();
    for [starts, ends] in by_number.into_values() {
        // A reinstalled app counts its runs from the beginning again, so a number can occur twice.
        for at in 0..starts.len().max(ends.len()) {
            runs.push(Run { start: starts.get(at).copied(), end: ends.get(at).copied() });
        }
    }
    let mut taken = 0;
    for end in ends {
        let until = bounds.of(end.mark.when).until;
        let fits = starts.get(taken).filter(|start| bounds.of(start.mark.when).from <= until);
        taken += usize::from(fits.is_some());
        runs.push(Run { start: fits.copied(), end: Some(end) });
    }
    runs.extend(starts[taken..].iter().map(|start| Run { start: Some(start), end: None }));
    runs
}

fn placed(runs: Vec<Run<'_>>, bounds: Bounds) -> Vec<Placed<'_>> {
    let when = |sync: &Sync| bounds.of(sync.mark.when);
    let mut cores: Vec<Placed<'_>> = Vec::new();
    let mut loose = Vec::new();
    for run in runs {
        let (start, end) = (run.start.map(when), run.end.map(when));
        match (start, end) {
            (Some(start), Some(end)) => {
                let latest = start.until.min(end.until);
                let earliest = end.from.max(start.from);
                if latest < earliest {
                    cores.push(Placed { from: latest, until: earliest, run });
                } else {
                    loose.push((earliest, latest, run));
                }
            }
            (Some(start), None) => cores.push(Placed { from: start.until, until: start.until, run }),
            (None, Some(end)) => cores.push(Placed { from: end.until, until: end.until, run }),
            (None, None) => {}
        }
    }
    cores.sort_by_key(|core| (core.from, core.until));
    let mut all = Vec::new();
    for (earliest, latest, run) in loose {
        let at = free(&cores, earliest, latest).unwrap_or(latest);
        all.push(Placed { from: at, until: at, run });
    }
    // Of runs that touch one instant, those that end there come first, then runs without a
    // duration, then runs that begin there.
    all.extend(cores);
    all.sort_by_key(|of| (of.until, of.from));
    all
}

/// The first instant in this range at which no run is active.
fn free(cores: &[Placed<'_>], earliest: i64, latest: i64) -> Option<i64> {
    let mut at = earliest;
    for core in cores {
        if core.from >= at {
            break;
        }
        if core.until > at {
            at = core.until;
        }
    }
    (at <= latest).then_some(at)
}
