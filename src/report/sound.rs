//! What a record must hold because those who render it rely on it: anybody may have edited the
//! file.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::answers::answers_agree;
use super::assemble::Note;
use super::bounds::{figure, other, within};
use super::claims::claims_agree;
use super::exit::Exit;
use super::human;
use super::judge::{SHELVED, TAKEN_BACK, named};
use super::occurrences::occurrences_agree;
use super::record::{
    AxisRecord, CellRecord, EndingKind, ExpectationRecord, GateRecord, Reason, RecordError, RunRecord,
    SweepRecord, Verdict,
};
use super::sweep::Objective;
use super::tune::{self, PlaceTuned, TuneRecord};
use super::unplaced::tested_nothing;
use crate::metrics::{self, Figure};
use crate::oracle::{check_names, implied, metric_of};

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
        answers_agree(self).map_err(RecordError::Contradiction)?;
        claims_agree(self).map_err(RecordError::Contradiction)?;
        occurrences_agree(self).map_err(RecordError::Contradiction)?;
        self.gates_agree().map_err(RecordError::Contradiction)?;
        self.adds_up().map_err(RecordError::Contradiction)?;
        let tune = self.tune.as_ref().map_or(Ok(()), |tune| self.searched(tune));
        let sweep = self.sweep.as_ref().map_or(Ok(()), SweepRecord::sound);
        tune.and(sweep).map_err(RecordError::Contradiction)
    }

    /// Refuses gates that say another thing than their figures or the cells that they gate, and
    /// cells that miss one which is met, in words; a claim counts as a gate of the cell that mends,
    /// an answer that has to be shown as one of the cell with what it asks for.
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
        for claim in &self.claims {
            *missed.entry(&claim.mends).or_default() |= !claim.pass;
        }
        for answer in self.answers.iter().filter(|answer| answer.demanded) {
            *missed.entry(&answer.with).or_default() |= answer.is_missing();
        }
        let threshold = Exit::Threshold.code();
        for cell in &self.cells {
            let misses = missed.remove(cell.id.as_str());
            if misses == Some(true) && cell.verdict != Verdict::Fail {
                return Err(format!("the cell {} misses a gate and does not fail", cell.id));
            }
            let told = misses.is_some() || !cell.expectations.is_empty();
            let misses = misses == Some(true) || cell.expectations.iter().any(|expected| !expected.pass);
            let written = |reason: &Reason| reason.text.starts_with(Reason::NOT_AS_EXPECTED);
            let by = |reason: &Reason| {
                reason.exit_code == threshold && !tested_nothing(&reason.text) && !written(reason)
            };
            let fails = cell.reasons.iter().any(by);
            if told && !misses && fails {
                return Err(format!("the cell {} fails by a threshold, and all of its are met", cell.id));
            }
            if misses && !fails {
                return Err(format!("the cell {} misses a threshold and does not fail by it", cell.id));
            }
        }
        if let Some(id) = missed.keys().next() {
            return Err(format!("it has a gate of the cell {id}, which is not there"));
        }
        // Of a record of old the figures need not be there.
        let of_now = self.cells.iter().filter(|cell| !cell.resolved.is_empty());
        let cells: BTreeMap<&str, &CellRecord> = of_now.map(|cell| (cell.id.as_str(), cell)).collect();
        for gate in &self.gates {
            let Some(of) = cells.get(gate.cell.as_str()) else { continue };
            let own = of.gated(gate);
            if own != gate.value {
                let (name, cell, own, told) = (&gate.name, &gate.cell, figure(own), figure(gate.value));
                return Err(format!(
                    "the gate {name} of the cell {cell} tells {told}, and the cell has {own}"
                ));
            }
        }
        Ok(())
    }

    /// Refuses a number of cells, a verdict or an exit code that the cells do not come to, in
    /// words. A search goes by what it has found.
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
        let own = |cell: &CellRecord| !cell.reasons.iter().all(Reason::is_finding);
        let lacks = self.occurrences.iter().any(|one| !one.pass);
        let right = match self.failing().find(|cell| !self.matrix || own(cell)) {
            _ if of_search => self.verdict,
            _ if lacks => Verdict::Fail,
            Some(_) => Verdict::Fail,
            None if self.complete => Verdict::Pass,
            // What stopped a matrix may be the first setting that misses something.
            None if self.matrix && self.failing().next().is_some() => self.verdict,
            None => Verdict::Incomplete,
        };
        if self.verdict != right {
            let [told, right] = [self.verdict, right].map(word);
            return Err(format!("the verdict of the run is {told}, and its cells come to {right}"));
        }
        match self.exits() {
            Some(right) if right.iter().all(|exit| exit.code() != self.exit_code) => Err(format!(
                "the exit code of the run is {}, and what it found comes to {}",
                self.exit_code,
                right[0].code()
            )),
            _ => Ok(()),
        }
    }

    /// The exit codes that may follow from the record, the likeliest first; `None` where a reason
    /// or a note of a later program has a say.
    fn exits(&self) -> Option<Vec<Exit>> {
        let notes: Option<Vec<Exit>> = self.notes.iter().map(|note| Note::exit_of(note)).collect();
        let notes = notes?;
        let answers = self.tune.is_none()
            && self.matrix
            && (self.complete || notes.iter().any(|exit| *exit != Exit::Success));
        let reasons = self.cells.iter().flat_map(|cell| &cell.reasons);
        let reasons = reasons.filter(|reason| !answers || !reason.is_finding());
        let reasons: Option<Vec<Exit>> = reasons.map(|reason| Exit::from_code(reason.exit_code)).collect();
        let mut reasons = reasons?;
        let mut others = Vec::new();
        if let Some(tune) = &self.tune {
            reasons.retain(|exit| matches!(exit, Exit::Internal | Exit::Invalid));
            reasons.extend(tune.is_without_a_setting().then_some(Exit::Threshold));
            // It may have stopped at the first setting that is no candidate.
            others.extend(tune.places.iter().any(|place| !place.complete).then_some(Exit::Threshold));
        }
        reasons.extend(self.occurrences.iter().filter(|one| !one.pass).map(|_| Exit::Threshold));
        if !self.complete && notes.is_empty() {
            // What is killed, or finds no room, has not come to tell.
            others.extend([Exit::Interrupted, Exit::Terminated, Exit::TimeLimit, Exit::Environment]);
        }
        let told = Exit::first(reasons.into_iter().chain(notes));
        Some([told].into_iter().chain(others.into_iter().map(|other| Exit::first([told, other]))).collect())
    }

    /// Refuses a search with a verdict that its exit code does not come to, and cells under seeds
    /// that it has not, in words.
    fn searched(&self, tune: &TuneRecord) -> Result<(), String> {
        let right = Exit::from_code(self.exit_code).map(|exit| tune::verdict(exit, self.complete));
        if let Some(right) = right.filter(|right| *right != self.verdict) {
            let [told, right] = [self.verdict, right].map(word);
            let code = self.exit_code;
            return Err(format!(
                "the verdict of the search is {told}, and its exit code {code} is for {right}"
            ));
        }
        match self.cells.iter().find(|cell| !tune.seeds.contains(&cell.seed)) {
            Some(cell) => {
                Err(format!("its search has a cell under the seed {}, which is none of its", cell.seed))
            }
            None => tune.sound(),
        }
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
        if let Some(seed) = seed_of(id).filter(|seed| *seed != self.seed) {
            return Err(format!("the cell {id} has the seed {}, and by its name {seed}", self.seed));
        }
        self.findings_agree()?;
        self.reasons_agree()?;
        self.counts_agree()
    }

    /// The figure that a gate holds, as the cell has it.
    fn gated(&self, gate: &GateRecord) -> Option<u64> {
        let metric = match &gate.start {
            Some(start) => &format!("{}@{start}", gate.metric),
            None => &gate.metric,
        };
        self.metrics.get(metric.as_str())?.stat(&gate.stat)
    }

    /// The figure that an expectation or a claim names, as the cell has it.
    pub(super) fn expected(&self, what: &str) -> Option<u64> {
        let (metric, stat) = named(what, |name| self.metrics.contains_key(name))?;
        self.metrics.get(metric.as_str())?.stat(stat)
    }

    /// Whether it is stuck, or its engine spun.
    fn is_stuck(&self) -> bool {
        matches!(self.ending.kind, EndingKind::Stuck | EndingKind::Stalled)
    }

    /// Whether a violation of this name was found.
    fn found(&self, check: &str) -> bool {
        self.violations.iter().any(|violation| violation.check == check)
            || check == "stuck" && self.is_stuck()
    }

    /// Whether it has a violation of a check that only a later program knows: what else it found
    /// may be called otherwise there.
    fn is_of_later(&self) -> bool {
        self.violations.iter().any(|violation| !is_known(&violation.check))
    }

    /// Refuses violations that their metrics do not count, and counts of which there is no
    /// violation, in words.
    fn counts_agree(&self) -> Result<(), String> {
        let id = &self.id;
        if self.resolved.is_empty() {
            return Ok(());
        }
        for check in check_names() {
            let metric = metric_of(check).expect("each check has one");
            let Some(counted) = self.metrics.get(metric).and_then(|figure| figure.stat("value")) else {
                continue;
            };
            let told = self.violations.iter().filter(|violation| violation.check == check).count() as u64;
            if told > counted || counted > 0 && !self.found(check) && !self.is_of_later() {
                let told = human::count(told, "violation");
                return Err(format!("{metric} of the cell {id} is {counted}, and it has {told} of {check}"));
            }
        }
        Ok(())
    }

    /// Refuses expectations of violations that are met by none, and reasons to fail without what
    /// they are of or the other way, in words.
    fn reasons_agree(&self) -> Result<(), String> {
        let id = &self.id;
        let named = self.named_violations();
        for (check, pass) in &named {
            let found = self.found(check);
            if is_known(check) && found != *pass && (found || !self.is_of_later()) {
                let is = other(*pass);
                return Err(format!(
                    "the expectation violation {check} of the cell {id} is {is}, by what it found"
                ));
            }
        }
        let fails = |exit: Exit| self.reasons.iter().any(|reason| reason.exit_code == exit.code());
        let unexpected = |check: &&str| !is_expected(&named, check);
        let checks = || self.violations.iter().map(|violation| violation.check.as_str());
        let of_rows = checks().filter(|check| *check != "stuck").find(unexpected);
        // Not what a later program finds, nor in a record of old, which does not say what was
        // expected.
        let known = |check: &&str| !self.resolved.is_empty() && is_known(check);
        let has = |metric| self.expected(metric).is_some_and(|edits| edits > 0);
        let took_back = has(TAKEN_BACK) || has(SHELVED);
        if fails(Exit::Correctness) && of_rows.is_none() && !took_back {
            return Err(format!(
                "the cell {id} fails by correctness, and has no violation that was not expected"
            ));
        }
        if fails(Exit::Stuck) && !self.found("stuck") {
            return Err(format!("the cell {id} fails for being stuck, and it is not"));
        }
        if self.verdict != Verdict::Fail {
            return Ok(());
        }
        let of_rows = checks().filter(|check| *check != "stuck").filter(known).find(unexpected);
        if let Some(check) = of_rows.filter(|_| !fails(Exit::Correctness)) {
            return Err(format!("the cell {id} has the violation {check} and does not fail by it"));
        }
        let stuck = Some("stuck").filter(|check| known(check) && self.found(check)).filter(unexpected);
        let of_baseline = [Exit::Regression, Exit::NoBaseline].map(Exit::code);
        let broken = self.ending.kind == EndingKind::Broken
            && self.reasons.iter().all(|reason| of_baseline.contains(&reason.exit_code));
        if broken || stuck.is_some() && !fails(Exit::Stuck) {
            return Err(format!("the cell {id} is {} and does not fail by it", word(self.ending.kind)));
        }
        Ok(())
    }

    /// The violations that were expected, each with whether it is told to have occurred.
    fn named_violations(&self) -> Vec<(&str, bool)> {
        let all = self.expectations.iter();
        all.filter_map(|expected| Some((expected.what.strip_prefix("violation ")?, expected.pass))).collect()
    }

    /// Refuses expectations, violations and an ending that a cell with its verdict has not, in
    /// words.
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
            let own = self.expected(what);
            if of_metric && own != *value && !self.resolved.is_empty() {
                let (own, told) = (figure(own), figure(*value));
                return Err(format!(
                    "the expectation {what} of the cell {id} tells {told}, and the cell has {own}"
                ));
            }
        }
        if self.verdict == Verdict::Fail {
            return Ok(());
        }
        if let Some(missed) = self.expectations.iter().find(|expected| !expected.pass) {
            return Err(format!("the cell {id} misses the expectation {} and does not fail", missed.what));
        }
        let named = self.named_violations();
        let expected = |check: &str| is_expected(&named, check);
        // Of a check that a later program knows nobody here can say what it follows from, and a
        // cell of a record of old, which does not name its scenario, not what it was to find.
        let of_old = self.resolved.is_empty();
        let known = |check: &str| !of_old && is_known(check);
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

/// Whether this program has the check.
fn is_known(check: &str) -> bool {
    check_names().any(|name| name == check)
}

/// Whether a violation is named, or follows from one that is.
fn is_expected(named: &[(&str, bool)], check: &str) -> bool {
    named.iter().any(|(name, _)| *name == check || implied(name).contains(&check))
}

/// The seed by the name of a cell; `None` if the name has none.
fn seed_of(id: &str) -> Option<&str> {
    let number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = id.rsplit('.');
    let last = parts.next()?;
    // One of several cells of one name has its number behind.
    let part = if number(&last) { parts.next()? } else { last };
    part.strip_prefix('s').filter(number)
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

    /// Whether a place was searched to the end, and no setting is left there.
    fn is_without_a_setting(&self) -> bool {
        self.places.iter().any(|place| place.complete && place.best.is_none())
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
