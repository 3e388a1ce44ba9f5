//! Finds the order of a record (a row with all its events) that has the fewest findings.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::finals::Finals;
use super::order::{Bounds, Group, Orders, What};
use super::perform::{Authors, Performed, Stage, State, rows_alike};
use super::recorded::{By, Ground, History, Row};
use super::tell::{Asked, Teller, Told};
use super::undecidable::{Undecidable, contradiction};
use super::views::is_in_scope;
use crate::contract::{Capabilities, EditKind};

/// The maximum number of events that are replayed to try orders of one history.
pub(super) const TOLD_MAX: u64 = 10_000_000;

pub(super) fn rows_of(group: &Group, history: &History) -> BTreeSet<Row> {
    group.items.iter().filter_map(|item| item.what.row(history)).cloned().collect()
}

/// Groups events by record. If an edit became another row, both rows are in one group.
pub(super) fn groups(history: &History, bounds: Bounds) -> Result<Vec<Group>, Undecidable> {
    let mut numbers: FxHashMap<&Row, usize> = FxHashMap::default();
    let rows = history.edits.iter().map(|edit| &edit.row);
    let rows = rows.chain(history.commits.iter().map(|commit| &commit.row));
    let number = |row| {
        let next = numbers.len();
        *numbers.entry(row).or_insert(next)
    };
    let mut of_edits: Vec<usize> = rows.map(number).collect();
    let of_commits = of_edits.split_off(history.edits.len());
    let mut parents: Vec<usize> = (0..numbers.len()).collect();
    fn root(parents: &[usize], mut at: usize) -> usize {
        while parents[at] != at {
            at = parents[at];
        }
        at
    }
    for (at, commit) in history.commits.iter().enumerate() {
        if let By::Edit(edit) = commit.by {
            let (a, b) = (root(&parents, of_edits[edit]), root(&parents, of_commits[at]));
            parents[a.max(b)] = a.min(b);
        }
    }
    let mut items: BTreeMap<usize, Vec<What>> = BTreeMap::new();
    let mut add = |row: usize, what| items.entry(root(&parents, row)).or_default().push(what);
    of_edits.iter().enumerate().for_each(|(at, row)| add(*row, What::Edit(at)));
    of_commits.iter().enumerate().for_each(|(at, row)| add(*row, What::Commit(at)));
    history.words.iter().enumerate().for_each(|(at, word)| add(of_edits[word.edit], What::Word(at)));
    let group = |items: Vec<What>| Group::new(items, history, bounds).map_err(|of| contradiction(&of));
    items.into_values().map(group).collect()
}

pub(super) struct Search<'s> {
    pub(super) ground: &'s Ground,
    pub(super) history: &'s History,
    pub(super) finals: &'s Finals<'s>,
    pub(super) bounds: Bounds,
    pub(super) capabilities: Capabilities,
    pub(super) left: u64,
    /// For a row, the devices that do not show the state after its likeliest order.
    pub(super) unlike: FxHashMap<Row, Vec<u32>>,
}

/// The findings of an order: the number of impossible facts, such as another row at the end, and
/// the number of violations.
type Score = (u64, u64);

impl Search<'_> {
    fn perform(&self, group: &Group, order: &[usize], authors: Authors) -> Performed {
        Stage::new(self.ground, self.history, authors).perform(group, order)
    }
    pub(super) fn likeliest(&self, group: &Group) -> Performed {
        let mut first = None;
        group.orders(self.history, Orders::Eager, &mut |order| {
            first = Some(self.perform(group, order, Authors::ByValue));
            false
        });
        first.unwrap_or(Performed { moments: Vec::new(), states: Vec::new(), odd: 0 })
    }

    /// Finds the devices that do not show the state after a row's likeliest order.
    pub(super) fn note_unlike_devices(&mut self, groups: &[Group], likeliest: &[Performed]) {
        let unsure = groups.iter().zip(likeliest).filter(|(group, _)| self.is_unsure(group));
        let states: Vec<&(Row, State)> = unsure.flat_map(|(_, of)| &of.states).collect();
        let mut unlike: FxHashMap<Row, Vec<u32>> = FxHashMap::default();
        for at in 0..self.finals.shows.len() {
            for state in states.iter().filter(|state| !self.is_like(at, state)) {
                unlike.entry(state.0.clone()).or_default().push(at as u32);
            }
        }
        self.unlike = unlike;
    }

    /// True if the group has a commit whose author fits `is`.
    fn has(&self, group: &Group, is: fn(By) -> bool) -> bool {
        let is = |what: What| matches!(what, What::Commit(at) if is(self.history.commits[at].by));
        group.items.iter().any(|item| is(item.what))
    }
    fn has_unknown(&self, group: &Group) -> bool {
        self.has(group, |by| by == By::Unknown)
    }
    fn is_unsure(&self, group: &Group) -> bool {
        !group.is_sure() || self.has_unknown(group)
    }

    /// Returns the order with the fewest findings; `None` if the record is undecidable.
    pub(super) fn best(&mut self, group: &Group, likeliest: Performed) -> Option<Performed> {
        if !self.is_unsure(group) {
            return Some(likeliest);
        }
        let has_unknown = self.has_unknown(group);
        let ways = [Authors::ByValue, Authors::Others];
        let ways = if has_unknown { &ways[..] } else { &ways[..1] };
        let rows: Vec<Row> = rows_of(group, self.history).into_iter().collect();
        let devices = self.devices(group, &rows);
        let first = self.score(&likeliest, (&rows, &devices), &likeliest);
        if first == (0, 0) {
            return Some(likeliest);
        }
        let (mut best, mut least) = (None, first);
        let mut tried = 0;
        let history = self.history;
        let left = self.left;
        let mut look = |order: &[usize]| {
            for authors in ways {
                let performed = self.perform(group, order, *authors);
                let score = self.score(&performed, (&rows, &devices), &likeliest);
                tried += group.items.len() as u64;
                if score < least {
                    (least, best) = (score, Some(performed));
                }
            }
            least > (0, 0) && tried < left
        };
        let mut all = group.orders(history, Orders::Eager, &mut look);
        if all && (has_unknown || self.has(group, |by| matches!(by, By::Device(_)))) {
            all = group.orders(history, Orders::All, &mut look);
        }
        self.left = self.left.saturating_sub(tried);
        let decided = all || least == (0, 0);
        decided.then(|| best.unwrap_or(likeliest))
    }

    /// The devices that matter for a group: devices that edited its rows, and devices that show
    /// another state.
    fn devices(&self, group: &Group, rows: &[Row]) -> Vec<u32> {
        let of = |what: What| match what {
            What::Edit(at) => Some(self.history.edits[at].device),
            What::Commit(at) => match self.history.commits[at].by {
                By::Device(device) | By::Stranger(device) => Some(device),
                _ => None,
            },
            What::Word(_) => None,
        };
        let unlike = rows.iter().filter_map(|row| self.unlike.get(row)).flatten().copied();
        let all: BTreeSet<u32> = group.items.iter().filter_map(|item| of(item.what)).chain(unlike).collect();
        all.into_iter().collect()
    }

    fn score(
        &self,
        performed: &Performed,
        (rows, devices): (&[Row], &[u32]),
        likeliest: &Performed,
    ) -> Score {
        let of = (self.ground, self.history);
        let setting = (self.bounds.first, self.capabilities);
        let mut teller = Teller::new(of, setting, devices.to_vec(), Some(rows));
        performed.moments.iter().for_each(|moment| teller.tell(moment.at, &Told::Of(moment)));
        let verdict = teller.finish(self.finals, Asked { only: Some(rows), aside: &BTreeSet::new() });
        let found = verdict.violations.iter().filter(|found| found.check != "divergent").count() as u64;
        // The other devices agree with the likeliest order. If this order ends with another row,
        // they may not agree with it.
        let sight = self.capabilities.sight;
        let ends = performed.states.iter().zip(&likeliest.states);
        let ends = ends.filter(|(own, likeliest)| sight.rows && sight.rest && own.1 != likeliest.1);
        let is_asked = |at: usize| devices.binary_search(&(at as u32)).is_ok();
        let all = 0..self.finals.shows.len();
        let unlike =
            |of: &(Row, State)| all.clone().filter(|at| !is_asked(*at) && !self.is_like(*at, of)).count();
        let others: usize = ends.map(|(own, _)| unlike(own)).sum();
        let unexplained = performed.states.iter().filter(|of| self.unexplained(of).is_some()).count() as u64;
        (performed.odd + unexplained, found + others as u64)
    }

    /// True if a device shows this state of a row, or if nobody observed the row there.
    fn is_like(&self, at: usize, (row, state): &(Row, State)) -> bool {
        let shows = self.finals.shows[at].get(&row.0).and_then(|of| of.row(row.1.as_str()));
        let Some((_, shown)) = shows else { return true };
        let form = self.ground.schema.entity(row.0);
        let attributes = &self.history.devices[at].attributes;
        let due = state.as_ref().filter(|values| is_in_scope(form, values, attributes));
        rows_alike(shown, due.map(|due| form.project(due)).as_deref())
    }

    /// The change that another writer must have made, if the row at the end has another state.
    pub(super) fn unexplained(
        &self,
        (row, state): &(Row, State),
    ) -> Option<(Row, Option<EditKind>, super::recorded::Values)> {
        let now = self.history.backend.get(&row.0)?.get(&row.1).map(Vec::as_slice);
        match now {
            now if rows_alike(state.as_deref(), now) => None,
            None => Some((row.clone(), Some(EditKind::Delete), Vec::new())),
            Some(now) => Some((row.clone(), None, now.iter().cloned().enumerate().collect())),
        }
    }
}
