//! What a record must hold because those who render it rely on it: anybody may have edited the file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::exit::Exit;
use super::human;
use super::record::{
    AxisRecord, CellRecord, EndingKind, ExpectationRecord, RecordError, RunRecord, SweepRecord, Verdict,
};
use super::sweep::Objective;
use super::tune::{PlaceTuned, TuneRecord};
use crate::metrics::{self, Figure};
use crate::oracle::{check_names, implied};

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
        self.cells.iter().try_for_each(CellRecord::sound).map_err(RecordError::Contradiction)?;
        self.gates_agree().map_err(RecordError::Contradiction)?;
        self.adds_up().map_err(RecordError::Contradiction)?;
        let tune = self.tune.as_ref().map_or(Ok(()), TuneRecord::sound);
        let sweep = self.sweep.as_ref().map_or(Ok(()), SweepRecord::sound);
        tune.and(sweep).map_err(RecordError::Contradiction)
    }

    /// Refuses gates that say another thing than their figures or the cells that they gate, and cells that miss one which is met, in words.
    fn gates_agree(&self) -> Result<(), String> {
        let mut missed: BTreeMap<&str, bool> = BTreeMap::new();
        for gate in &self.gates {
            let (name, cell) = (&gate.name, &gate.cell);
            if gate.pass != within(gate.value, gate.min, gate.max) {
                return Err(format!(
                    "the gate {name} of the cell {cell} is {}, by its figure",
                    other(gate.pass)
                ));
            }
            *missed.entry(cell).or_default() |= !gate.pass;
        }
        let threshold = Exit::Threshold.code();
        for cell in &self.cells {
            let misses = missed.remove(cell.id.as_str());
            if misses == Some(true) && cell.verdict != Verdict::Fail {
                return Err(format!("the cell {} misses a gate and does not fail", cell.id));
            }
            let told = misses.is_some() || !cell.expectations.is_empty();
            let misses = misses == Some(true) || cell.expectations.iter().any(|expected| !expected.pass);
            if told && !misses && cell.reasons.iter().any(|reason| reason.exit_code == threshold) {
                return Err(format!("the cell {} fails by a threshold, and all of its are met", cell.id));
            }
        }
        match missed.keys().next() {
            Some(id) => Err(format!("it has a gate of the cell {id}, which is not there")),
            None => Ok(()),
        }
    }

    /// Refuses a number of cells, a verdict or an exit code that the cells do not come to, in words. A search goes by what it has found.
    fn adds_up(&self) -> Result<(), String> {
        let ended = self.cells.iter().filter(|cell| cell.verdict != Verdict::Incomplete).count() as u64;
        // Of a record of old it is not known how many cells were planned.
        let planned = self.planned_cells.max(self.cells.len() as u64);
        let of_search = self.tune.is_some();
        let right = match self.complete {
            true => ended == planned,
            false => of_search || self.planned_cells == 0 || ended < planned,
        };
        if !right {
            let (is, has) = (if self.complete { "" } else { "not " }, human::count(ended, "cell"));
            return Err(format!("the run is {is}complete, and it has {has} of {planned}"));
        }
        let right = match self.failing().next() {
            _ if of_search => self.verdict,
            Some(_) => Verdict::Fail,
            None if self.complete => Verdict::Pass,
            None => Verdict::Incomplete,
        };
        if self.verdict != right {
            let [told, right] = [self.verdict, right].map(word);
            return Err(format!("the verdict of the run is {told}, and its cells come to {right}"));
        }
        match self.exit().map(Exit::code) {
            Some(right) if right != self.exit_code => Err(format!(
                "the exit code of the run is {}, and what it found comes to {right}",
                self.exit_code
            )),
            _ => Ok(()),
        }
    }

    /// The exit code that follows from the record; `None` where what stopped the run has a say, or a reason of a later program.
    fn exit(&self) -> Option<Exit> {
        if self.tune.is_some() {
            return (self.verdict == Verdict::Pass).then_some(Exit::Success);
        }
        let reasons = self.cells.iter().flat_map(|cell| &cell.reasons);
        let exits: Option<Vec<Exit>> = reasons.map(|reason| Exit::from_code(reason.exit_code)).collect();
        exits.filter(|_| self.complete && self.notes.is_empty()).map(Exit::first)
    }
}

impl CellRecord {
    /// Refuses a verdict without its reasons, and figures of nothing, in words.
    fn sound(&self) -> Result<(), String> {
        let id = &self.id;
        match (self.verdict, self.reasons.is_empty()) {
            (Verdict::Fail, true) => return Err(format!("the cell {id} fails for no reason")),
            (Verdict::Pass | Verdict::Incomplete, false) => {
                return Err(format!("the cell {id} has a reason to fail and does not"));
            }
            _ => {}
        }
        let of_nothing = |figure: &Figure| {
            matches!(figure, Figure::Distribution { count: 0, min, p50, p95, p99, max, .. }
                if [min, p50, p95, p99, max].into_iter().any(|figure| *figure > 0))
        };
        if let Some((name, _)) = self.metrics.iter().find(|(_, figure)| of_nothing(figure)) {
            return Err(format!("{name} of the cell {id} has figures of 0 observations"));
        }
        if let Some((name, _)) = self.metrics.iter().find(|(_, figure)| !figure.is_ordered()) {
            return Err(format!("the percentiles of {name} of the cell {id} are not in order"));
        }
        self.findings_agree()
    }

    /// Refuses expectations, violations and an ending that a cell with its verdict has not, in words.
    fn findings_agree(&self) -> Result<(), String> {
        let id = &self.id;
        for ExpectationRecord { what, min, max, value, pass, .. } in &self.expectations {
            let of_metric = min.is_some() || max.is_some();
            if of_metric && *pass != within(*value, *min, *max) {
                return Err(format!(
                    "the expectation {what} of the cell {id} is {}, by its figure",
                    other(*pass)
                ));
            }
        }
        if self.verdict == Verdict::Fail {
            return Ok(());
        }
        if let Some(missed) = self.expectations.iter().find(|expected| !expected.pass) {
            return Err(format!("the cell {id} misses the expectation {} and does not fail", missed.what));
        }
        let named: Vec<&str> = self
            .expectations
            .iter()
            .filter_map(|expected| expected.what.strip_prefix("violation "))
            .collect();
        let expected =
            |check: &str| named.iter().any(|name| *name == check || implied(name).contains(&check));
        // Of a check that a later program knows nobody here can say what it follows from, and a cell of a record of old, which does not name its
        // scenario, not what it was to find.
        let of_old = self.resolved.is_empty();
        let known = |check: &str| !of_old && check_names().any(|name| name == check);
        let found = |check: &&str| known(check) && !expected(check);
        if let Some(check) = self.violations.iter().map(|violation| violation.check.as_str()).find(found) {
            return Err(format!("the cell {id} has the violation {check} and does not fail"));
        }
        let ended = match self.ending.kind {
            EndingKind::Stuck | EndingKind::Stalled => expected("stuck"),
            EndingKind::Broken => false,
            EndingKind::Drained | EndingKind::Interrupted => true,
        };
        if ended {
            Ok(())
        } else {
            Err(format!("the cell {id} is {} and does not fail", word(self.ending.kind)))
        }
    }
}

/// Whether a figure lies within its bounds; none does not.
fn within(value: Option<u64>, min: Option<u64>, max: Option<u64>) -> bool {
    value.is_some_and(|value| min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max))
}

/// What is not `met`, in a word.
fn other(met: bool) -> &'static str {
    if met { "missed" } else { "met" }
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

/// A unit or a verdict as the record writes it.
fn word(written: impl Serialize) -> String {
    serde_json::to_string(&written).unwrap_or_default().replace('"', "")
}
