//! What a record must hold because those who render it rely on it: anybody may have edited the file.

use std::collections::BTreeSet;

use super::record::{AxisRecord, RecordError, RunRecord, SweepRecord};
use super::sweep::Objective;
use super::tune::{PlaceTuned, TuneRecord};
use crate::metrics::{self, Unit};

impl RunRecord {
    /// Refuses what no run writes.
    pub(super) fn sound(&self) -> Result<(), RecordError> {
        let mut ids = BTreeSet::new();
        for cell in &self.cells {
            if !ids.insert(cell.id.as_str()) {
                return Err(RecordError::Twice(cell.id.clone()));
            }
            for (name, figure) in &cell.metrics {
                let Some(metric) = metrics::find(name).filter(|metric| metric.unit != figure.unit()) else {
                    continue;
                };
                let [unit, right] = [figure.unit(), metric.unit].map(word);
                return Err(RecordError::Unit {
                    cell: cell.id.clone(),
                    metric: name.to_string(),
                    unit,
                    right,
                });
            }
        }
        if self.complete && ids.is_empty() && self.planned_cells > 0 {
            return Err(RecordError::Empty(self.planned_cells));
        }
        let tune = self.tune.as_ref().map_or(Ok(()), TuneRecord::sound);
        let sweep = self.sweep.as_ref().map_or(Ok(()), SweepRecord::sound);
        tune.and(sweep).map_err(RecordError::Contradiction)
    }
}

impl SweepRecord {
    /// Refuses what no sweep writes, in words: who renders it takes each setting for one.
    fn sound(&self) -> Result<(), String> {
        let mut keys = BTreeSet::new();
        for axis in &self.axes {
            if !keys.insert(&axis.key) {
                return Err(format!("its sweep has the axis {} twice", axis.key));
            }
        }
        for AxisRecord { key, values } in self.axes.iter().chain(&self.against) {
            let mut known = BTreeSet::new();
            match values.iter().find(|value| !known.insert(*value)) {
                Some(twice) => return Err(format!("the axis {key} of its sweep has {twice} twice")),
                None if values.is_empty() => {
                    return Err(format!("the axis {key} of its sweep has no values"));
                }
                None => {}
            }
        }
        Ok(())
    }
}

impl TuneRecord {
    /// Refuses what no search writes, in words.
    fn sound(&self) -> Result<(), String> {
        if self.knobs.is_empty() {
            return Err("its search has no key".to_owned());
        }
        // A metric that this program does not know may be in any unit.
        let known = self.metric.parse().ok().filter(|known: &Objective| known.unit != self.unit);
        if let Some(known) = known {
            let [unit, right] = [self.unit, known.unit].map(word);
            return Err(format!("its search has {} in {unit}, and that is measured in {right}", self.metric));
        }
        self.places.iter().try_for_each(|place| self.holds(place))
    }

    /// A place has a best of each key, and what was found out about each, or nothing of either.
    fn holds(&self, place: &PlaceTuned) -> Result<(), String> {
        let of = |what: &str| Err(format!("{what} of its search at {}", place.name));
        let told: Vec<&String> = place.knobs.iter().map(|knob| &knob.key).collect();
        let Some(best) = &place.best else {
            return if told.is_empty() { Ok(()) } else { of("there is no best setting, but there are keys") };
        };
        if told != self.knobs.iter().collect::<Vec<_>>() || told.len() != best.len() {
            return of("the keys are not those");
        }
        for knob in &place.knobs {
            if best.get(&knob.key) != Some(&knob.best) {
                return of(&format!("the best {} is told in two ways, or in none,", knob.key));
            }
            if knob.points.iter().all(|point| point.value != knob.best) {
                return of(&format!("the best {} is not among the settings", knob.key));
            }
        }
        Ok(())
    }
}

/// A unit as the record writes it.
fn word(unit: Unit) -> String {
    serde_json::to_string(&unit).unwrap_or_default().replace('"', "")
}
