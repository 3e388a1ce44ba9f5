//! Swarms: each seed draws a subset of the scenario's faults, and its own page sizes.
//!
//! The method is swarm testing (Groce et al., Swarm Testing, 2012). A world (simulation) with all
//! faults at once hides a failure that needs the absence of some fault. Paging bugs show when a
//! page has the size of an import, of an entity, or of a group of rows with one stamp (a tie).

use std::sync::Arc;

use super::plan::Plan;
use crate::base::{Ppm, Seed, Stream};
use crate::metrics::Situation;
use crate::setup::{Happening, Planned, Shared};

/// The rules of a swarm: what each seed may draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swarm {
    /// The probability that a kind of fault is on, from 0 to 1.
    pub on: Ppm,
    /// The keys of the faults that are on with each seed.
    pub always: Vec<String>,
    /// True if seeds also draw chunk sizes.
    pub sizes: bool,
}

/// The draw of one seed: the fault kinds that are on and off, and the sizes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The keys of the faults that are on.
    pub on: Vec<String>,
    /// The keys of the faults that are off.
    pub off: Vec<String>,
    /// The drawn sizes, by key, in rows.
    pub sizes: Vec<(&'static str, u32)>,
    /// The settings taken from `swarm.one_of`: dotted keys, and their values as TOML.
    pub taken: Vec<(Vec<String>, String)>,
}

/// Situations that the cells of a scenario must reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situations {
    /// Each of these situations must occur in at least one of the cells.
    pub occur: Vec<Situation>,
    /// The number of cells from which a missing situation is a failure. With fewer cells it is only
    /// reported. The same limit holds for the swarm's bounds on figures.
    pub seeds: u64,
}

impl Plan {
    /// The plan with the draw of its seed. `taken` are the settings that the seed took before the
    /// plan was resolved.
    #[must_use]
    pub(super) fn drawn(mut self, taken: Vec<(Vec<String>, String)>) -> Plan {
        let Some(swarm) = self.source.swarm.clone() else { return self };
        let mut draw = Draw {
            seed: self.seed.derive("scenario.swarm", 0),
            swarm: &swarm,
            drawn: Drawn { taken, ..Drawn::default() },
        };
        // Reads the ties before faults are removed, so that the sizes do not depend on the drawn
        // faults.
        let ties = self.ties();
        draw.trouble(&mut self);
        if swarm.sizes {
            draw.sizes(&mut self, &ties);
        }
        self.source_mut().drawn = Some(Arc::new(draw.drawn));
        self
    }

    /// The numbers of rows that may share one stamp: of imports, and of entities with one stamp. If
    /// there are none, the row counts of all entities.
    fn ties(&self) -> Vec<u32> {
        let rows = |rows: u64| u32::try_from(rows).unwrap_or(u32::MAX - 1);
        let import =
            |event: &Planned| if let Happening::Import { rows, .. } = event.what { Some(rows) } else { None };
        let imports = self.events.iter().filter_map(import).map(rows);
        let stamped = self.data.iter().filter(|data| data.one_stamp.is_some()).map(|data| rows(data.rows));
        let ties: Vec<u32> = imports.chain(stamped).filter(|tie| *tie > 0).collect();
        if ties.is_empty() { self.data.iter().map(|data| rows(data.rows)).collect() } else { ties }
    }
}

fn burst(setup: &Shared) -> u32 {
    let edits =
        |event: &Planned| if let Happening::Edits { count, .. } = event.what { Some(count) } else { None };
    setup.events.iter().filter_map(edits).max().unwrap_or(2 * setup.engine.push.chunk_rows)
}

struct Draw<'s> {
    seed: Seed,
    swarm: &'s Swarm,
    drawn: Drawn,
}

impl Draw<'_> {
    fn has(&mut self, kind: &str) -> bool {
        let is_on = self.swarm.always.iter().any(|always| always == kind)
            || self.seed.stream(kind, 0, 0).chance(self.swarm.on.share());
        if is_on { &mut self.drawn.on } else { &mut self.drawn.off }.push(kind.to_owned());
        is_on
    }

    fn trouble(&mut self, plan: &mut Shared) {
        if let Some(chaos) = &mut plan.chaos {
            chaos.reduce(|kind| self.has(&format!("chaos.{kind}")));
        }
        let workload = &mut plan.workload;
        if workload.contention != Default::default() && !self.has("workload.contention") {
            workload.contention = Default::default();
        }
        if plan.backend.poison_ppm > 0 && !self.has("backend.poison") {
            plan.backend.poison_ppm = 0;
        }
        for action in workload.actions.iter_mut().filter(|action| action.per_device_milli > 0) {
            if !self.has(&format!("action.{}", action.name)) {
                action.per_device_milli = 0;
            }
        }
        let events = std::mem::take(&mut plan.events);
        plan.events = events.into_iter().filter(|event| self.has(&format!("event.{}", event.name))).collect();
        self.without_their_row(plan);
    }

    /// Removes edits that need the row of a removed event.
    fn without_their_row(&mut self, plan: &mut Shared) {
        loop {
            let names: Vec<String> = plan.events.iter().map(|event| event.name.clone()).collect();
            let lacks = |what: &Happening| match what {
                Happening::Edits { about, .. } => about.row_of.as_ref().is_some_and(|of| !names.contains(of)),
                _ => false,
            };
            let Some(at) = plan.events.iter().position(|event| lacks(&event.what)) else { return };
            let kind = format!("event.{}", plan.events.remove(at).name);
            self.drawn.on.retain(|on| *on != kind);
            self.drawn.off.push(kind);
        }
    }

    fn sizes(&mut self, plan: &mut Shared, ties: &[u32]) {
        let burst = burst(plan);
        let engine = &mut plan.engine;
        engine.pull.chunk_rows = self.size("engine.pull.chunk_rows", engine.pull.chunk_rows, ties);
        engine.push.chunk_rows = self.size("engine.push.chunk_rows", engine.push.chunk_rows, &[burst]);
        let (chunk, written) = (engine.pull.chunk_rows, engine.pull.apply_rows);
        engine.pull.apply_rows = self.size("engine.pull.apply_rows", written, &[chunk]);
        if plan.gateway.mode == crate::gateway::Mode::Persistent {
            let refresh = &mut plan.gateway.refresh;
            refresh.page = self.size("gateway.refresh.page", refresh.page, ties);
        }
    }

    fn size(&mut self, key: &'static str, written: u32, ties: &[u32]) -> u32 {
        let size = size(written, ties, &mut self.seed.stream(key, 0, 0));
        self.drawn.sizes.push((key, size));
        size
    }
}

/// One of: the written size, 1, 2, or a divisor of n − 1, n or n + 1, where n is the size of a tie.
fn size(written: u32, ties: &[u32], stream: &mut Stream) -> u32 {
    match stream.below(10) {
        0..3 => written,
        3 => 1,
        4 => 2,
        _ if ties.is_empty() => written,
        _ => {
            let near = (stream.pick(ties) + 1).saturating_sub(stream.below(3) as u32).max(1);
            let parts: Vec<u32> = (1..=6).filter(|parts| near.is_multiple_of(*parts)).collect();
            near / stream.pick(&parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn sizes_are_parts_of_a_tie_and_of_what_is_beside_it() {
        let mut stream = Seed(1).stream("test", 0, 0);
        let sizes: BTreeSet<u32> = (0..400).map(|_| size(17, &[40], &mut stream)).collect();
        assert_eq!(sizes, BTreeSet::from([1, 2, 8, 10, 13, 17, 20, 39, 40, 41]));
        assert!((0..50).all(|_| size(1, &[1], &mut stream) <= 2), "nothing is below one row");
        assert!((0..50).all(|_| size(9, &[], &mut stream) <= 9));
    }
}
