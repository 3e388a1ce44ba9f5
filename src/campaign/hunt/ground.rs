//! The parts of a scenario that a hunt (search for failures) can change, and random values for
//! them.

use crate::base::{DeviceId, Span, Stream};
use crate::contract::EditKind;
use crate::scenario::Plan;
use crate::setup::Happening;

/// The parts of a scenario that can be changed.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    pub(super) duration: Span,
    pub(super) devices: u32,
    pub(super) fleets: Vec<String>,
    pub(super) units: Vec<String>,
    pub(super) actions: Vec<Deed>,
    pub(super) entities: Vec<String>,
    pub(super) events: Vec<Moment>,
    pub(super) crash_points: Vec<String>,
    /// Sizes at which behaviour changes, in rows: of imports, entities and pages.
    pub(super) sizes: Vec<u32>,
    pub(super) pull_rows: u32,
}

/// An action of people.
#[derive(Clone, Debug)]
pub(super) struct Deed {
    pub(super) name: String,
    pub(super) entity: u16,
    pub(super) kind: EditKind,
}

/// An event of the scenario itself.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) name: String,
    pub(super) at: Span,
}

/// A time and a device. The events of a candidate (a changed scenario) happen around this time, and
/// first on this device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Focus {
    pub(super) at: Span,
    pub(super) device: DeviceId,
    pub(super) force: Force,
}

/// How frequent random faults are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// About as many faults of a kind as there are phones, so that all kinds can occur in one run.
    Mild,
    /// From few faults to so many that little else works.
    Any,
}

impl Ground {
    pub(super) fn of(plan: &Plan, crash_points: &[String]) -> Ground {
        let rows = |rows: u64| u32::try_from(rows).unwrap_or(u32::MAX - 1);
        let imports = plan.events.iter().filter_map(|event| match event.what {
            Happening::Import { rows, .. } => Some(rows),
            _ => None,
        });
        let pull_rows = plan.engine.pull.chunk_rows;
        let of_entities = plan.data.iter().map(|data| data.rows);
        let sizes = imports.chain(of_entities).map(rows).chain([pull_rows]).filter(|size| *size > 0);
        let deed = |action: &crate::workload::Action| Deed {
            name: action.name.clone(),
            entity: action.entity.0,
            kind: action.kind,
        };
        let moment =
            |event: &crate::setup::Planned| Moment { name: event.name.clone(), at: Span(event.at.0) };
        Ground {
            duration: plan.duration,
            devices: plan.fleets.iter().map(|fleet| fleet.devices).sum(),
            fleets: plan.fleets.iter().map(|fleet| fleet.name.clone()).collect(),
            units: plan.units.iter().map(|unit| unit.name.clone()).collect(),
            actions: plan.workload.actions.iter().map(deed).collect(),
            entities: plan.schema.entities.iter().map(|entity| entity.name.clone()).collect(),
            events: plan.events.iter().map(moment).collect(),
            crash_points: crash_points.to_vec(),
            sizes: sizes.collect(),
            pull_rows,
        }
    }

    pub(super) fn focus(&self, force: Force, stream: &mut Stream) -> Focus {
        let from = Span(self.duration.0 / 20);
        let at = from + stream.up_to(Span(self.duration.0 * 3 / 4));
        let device = DeviceId(stream.below(u64::from(self.devices.max(1))) as u32);
        Focus { at, device, force }
    }
    /// Draws an action of one of these kinds; `None` if the scenario has no such action.
    pub(super) fn action(&self, kinds: &[EditKind], stream: &mut Stream) -> Option<&Deed> {
        let fitting: Vec<&Deed> = self.actions.iter().filter(|deed| kinds.contains(&deed.kind)).collect();
        if fitting.is_empty() { None } else { Some(*stream.pick(&fitting)) }
    }
    /// Draws an action of these kinds on the entity of `deed`; `None` if the scenario has no such
    /// action.
    pub(super) fn action_like(&self, deed: &Deed, kinds: &[EditKind], stream: &mut Stream) -> Option<&Deed> {
        let fits = |other: &&Deed| other.entity == deed.entity && kinds.contains(&other.kind);
        let fitting: Vec<&Deed> = self.actions.iter().filter(fits).collect();
        if fitting.is_empty() { None } else { Some(*stream.pick(&fitting)) }
    }
    /// Draws a page size at which pages often fail: 1, 2, or a fraction of one of `sizes`. The
    /// fraction may be one row more or less.
    pub(super) fn page(&self, stream: &mut Stream) -> u32 {
        match stream.below(4) {
            0 => 1,
            1 => 2,
            _ => {
                let near = beside(*stream.pick(&self.sizes), stream);
                let parts: Vec<u32> = (1..=6).filter(|part| near.is_multiple_of(*part)).collect();
                near / stream.pick(&parts)
            }
        }
    }
    /// Draws the number of rows of an import: a multiple of a page, or one row more or less.
    pub(super) fn import(&self, stream: &mut Stream) -> u32 {
        let pages = 1 + stream.below(4) as u32;
        beside(self.pull_rows.saturating_mul(pages).clamp(2, 4_000), stream)
    }
    /// Draws a mean time between 1/30 and about 1/2 of the script, or between 1/8 and all of it if
    /// the faults are mild. All doublings are equally likely.
    pub(super) fn mean_time(&self, force: Force, stream: &mut Stream) -> Span {
        let (part, doublings) = match force {
            Force::Mild => (8, 3.0),
            Force::Any => (30, 4.0),
        };
        let shortest = (self.duration.0 / part).max(Span::secs(2).0) as f64;
        Span((shortest * libm::pow(2.0, stream.unit() * doublings)) as u64)
    }
}

/// Draws `size`, or one more or less.
fn beside(size: u32, stream: &mut Stream) -> u32 {
    (size + 1).saturating_sub(stream.below(3) as u32).max(1)
}

/// Draws a short time. Half of the draws have a limit of 2 seconds or less, the others up to 30
/// seconds.
pub(super) fn moment(stream: &mut Stream) -> Span {
    let most = *stream.pick(&[Span::millis(300), Span::secs(2), Span::secs(8), Span::secs(30)]);
    Span::millis(stream.up_to(most).0 / 1_000_000)
}

/// Draws a share between 2 % and 70 %, or from 3 % to 25 % if the faults are mild. All doublings
/// are about equally likely.
pub(super) fn share(force: Force, stream: &mut Stream) -> f64 {
    match force {
        Force::Mild => *stream.pick(&[0.03, 0.06, 0.12, 0.25]),
        Force::Any => *stream.pick(&[0.02, 0.05, 0.1, 0.2, 0.4, 0.7]),
    }
}

/// Formats a time for a scenario, in milliseconds.
pub(super) fn millis(span: Span) -> String {
    format!("{}ms", span.0 / 1_000_000)
}

#[cfg(test)]
pub(super) fn ground() -> Ground {
    let deed = |name: &str, kind| Deed { name: name.to_owned(), entity: 0, kind };
    Ground {
        duration: Span::secs(300),
        devices: 3,
        fleets: vec!["phones".to_owned()],
        units: vec!["All".to_owned()],
        actions: vec![
            deed("add", EditKind::Create),
            deed("edit", EditKind::Update),
            deed("drop", EditKind::Delete),
        ],
        entities: vec!["task".to_owned()],
        events: vec![Moment { name: "import".to_owned(), at: Span::secs(60) }],
        crash_points: vec!["pull.answer-received".to_owned()],
        sizes: vec![40],
        pull_rows: 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use std::collections::BTreeSet;

    #[test]
    fn pages_are_parts_of_a_tie_or_of_what_is_beside_it() {
        let mut stream = Seed(1).stream("test", 0, 0);
        let pages: BTreeSet<u32> = (0..600).map(|_| ground().page(&mut stream)).collect();
        assert_eq!(pages, BTreeSet::from([1, 2, 8, 10, 13, 20, 39, 40, 41]));
    }

    #[test]
    fn an_import_is_some_pages_or_a_row_more_or_less() {
        let mut stream = Seed(1).stream("test", 0, 0);
        let rows: BTreeSet<u32> = (0..600).map(|_| ground().import(&mut stream)).collect();
        assert_eq!(rows, BTreeSet::from([4, 5, 6, 9, 10, 11, 14, 15, 16, 19, 20, 21]));
    }

    #[test]
    fn what_a_candidate_adds_happens_within_the_script() {
        let mut stream = Seed(1).stream("test", 0, 0);
        for _ in 0..200 {
            let focus = ground().focus(Force::Any, &mut stream);
            assert!(focus.at < Span::secs(270) && focus.device.0 < 3);
        }
    }
}
