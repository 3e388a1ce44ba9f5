//! Infers the events of a record (a row with all its events) in a given order: the authors of
//! commits and the outcomes of edits.
//!
//! Engines report conflicts and combined edits; a recorded app does not report them. So values
//! decide, in favour of the app. If the same device set all values of an edit again, the edit went
//! to the backend with the later one. If the backend has an edit's values, the edit is done. If the
//! policy lets edits give way, an edit gave way if others wrote to its row.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::order::{Group, What};
use super::recorded::{By, Commit, Edit, EditAt, Ground, History, Row, Values, Word};
use crate::base::{Value, is_same_text};
use crate::contract::{EditKind, LogKind};

#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) at: i64,
    pub(super) act: Act,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Edit(EditAt),
    /// The first edit was sent as one with these other edits.
    With(EditAt, Box<[EditAt]>),
    /// The backend has the edit's values.
    Same(EditAt),
    GaveWay(EditAt),
    /// The edit restores a deleted row. The app reported it, or the policy allows it.
    Won(EditAt),
    /// The edit becomes a separate row: the row of this commit.
    Beside(EditAt, usize),
    Commit(usize, Whose),
    Done(EditAt),
    Told(EditAt, LogKind),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Other,
    Edit(EditAt),
    /// This device committed it, but no known edit caused it.
    Stranger(u32),
}

/// A row at an instant; `None` if it does not exist.
pub(super) type State = Option<Vec<Value>>;

pub(super) fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => is_same_text(a, b),
        (Value::Real(a), Value::Real(b)) => a.to_bits() == b.to_bits(),
        (a, b) => a == b,
    }
}

pub(super) fn reads_alike(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
}

/// True if two rows have equal values. `None` is a row that does not exist.
pub(super) fn rows_alike(a: Option<&[Value]>, b: Option<&[Value]>) -> bool {
    a.zip(b).map_or(a.is_none() && b.is_none(), |(a, b)| reads_alike(a, b))
}

/// True if the row has all values of the edit.
pub(super) fn says(state: &State, edit: &Edit) -> bool {
    match (edit.kind, state) {
        (EditKind::Delete, state) => state.is_none(),
        (_, None) => false,
        (_, Some(values)) => edit.values.iter().all(|(column, value)| alike(&values[*column], value)),
    }
}

/// The row after a commit.
pub(super) fn after(state: &State, commit: &Commit, columns: usize) -> State {
    if commit.kind == Some(EditKind::Delete) {
        return None;
    }
    let base = if commit.kind == Some(EditKind::Create) { None } else { state.clone() };
    let mut values = base.unwrap_or_else(|| vec![Value::Null; columns]);
    commit.values.iter().for_each(|(column, value)| values[*column] = value.clone());
    Some(values)
}

/// How to treat commits without a recorded author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authors {
    ByValue,
    /// Somebody other than the devices wrote them.
    Others,
}

pub(super) struct Stage<'h> {
    pub(super) ground: &'h Ground,
    pub(super) history: &'h History,
    authors: Authors,
    states: BTreeMap<&'h Row, State>,
    /// Edits that were made and are not committed yet, in order.
    open: Vec<EditAt>,
    /// The edits in `open` whose outcome was already emitted.
    settled: FxHashSet<EditAt>,
    committed: Vec<EditAt>,
    /// Edits that a recorded commit names.
    named: FxHashSet<EditAt>,
    foreign: Vec<(&'h Row, Option<u32>)>,
    moments: Vec<Moment>,
    odd: u64,
}

pub(super) struct Performed {
    pub(super) moments: Vec<Moment>,
    /// The rows at the end of the order.
    pub(super) states: Vec<(Row, State)>,
    /// The number of commits that create an existing row, or change a row that does not exist.
    pub(super) odd: u64,
}

impl<'h> Stage<'h> {
    pub(super) fn new(ground: &'h Ground, history: &'h History, authors: Authors) -> Stage<'h> {
        let (states, open, settled, committed, named, foreign, moments, odd) = Default::default();
        Stage { ground, history, authors, states, open, settled, committed, named, foreign, moments, odd }
    }

    pub(super) fn perform(mut self, group: &Group, order: &[usize]) -> Performed {
        let history = self.history;
        for item in &group.items {
            if let What::Commit(at) = item.what
                && let By::Edit(edit) = history.commits[at].by
            {
                self.named.insert(edit);
            }
            if let Some(row) = item.what.row(history) {
                self.states.entry(row).or_insert_with(|| history.rows.get(row).cloned());
            }
        }
        for (at, instant) in order.iter().zip(group.instants(order)) {
            match group.items[*at].what {
                What::Edit(edit) => self.edit(edit, instant),
                What::Commit(commit) => self.commit(commit, instant),
                What::Word(word) => {
                    let word = &history.words[word];
                    let act = word.says.map_or(Act::Done(word.edit), |says| Act::Told(word.edit, says));
                    self.tell(instant, act);
                }
            }
        }
        self.give_way();
        let states = std::mem::take(&mut self.states);
        Performed {
            odd: self.odd,
            moments: self.moments,
            states: states.into_iter().map(|(row, state)| (row.clone(), state)).collect(),
        }
    }

    fn tell(&mut self, at: i64, act: Act) {
        self.moments.push(Moment { at, act });
    }
    fn of(&self, edit: EditAt) -> &'h Edit {
        &self.history.edits[edit]
    }

    fn edit(&mut self, edit: EditAt, at: i64) {
        self.tell(at, Act::Edit(edit));
        self.open.push(edit);
        if self.of(edit).unsure {
            _ = self.settled.insert(edit);
        }
        self.note_same(at);
    }
    /// Emits the edits whose values the backend has now.
    fn note_same(&mut self, at: i64) {
        let same = |edit: &EditAt| {
            let of = self.of(*edit);
            !self.settled.contains(edit) && !self.named.contains(edit) && says(&self.states[&of.row], of)
        };
        let same: Vec<EditAt> = self.open.iter().copied().filter(same).collect();
        for edit in same {
            _ = self.settled.insert(edit);
            self.tell(at, Act::Same(edit));
        }
    }

    fn commit(&mut self, number: usize, at: i64) {
        let commit = &self.history.commits[number];
        let before = self.states[&commit.row].clone();
        let columns = self.ground.schema.entity(commit.row.0).columns.len();
        let state = after(&before, commit, columns);
        let makes = commit.kind == Some(EditKind::Create);
        self.odd += u64::from(commit.kind.is_some() && makes == before.is_some());
        let whose = self.whose(commit, (&before, &state));
        let device = match whose {
            Whose::Edit(edit) => Some(self.of(edit).device),
            Whose::Stranger(device) => Some(device),
            Whose::Other => None,
        };
        self.foreign.push((&commit.row, device));
        if let Whose::Edit(edit) = whose {
            let with = self.squashed_into(edit, &state);
            self.settled.extend(with.iter().copied());
            if !with.is_empty() {
                self.tell(at, Act::With(edit, with.into()));
            }
            let both = self.is_told(edit, &[LogKind::KeptBoth], self.ground.keeps_both);
            if self.of(edit).row != commit.row && before.is_none() && both {
                self.tell(at, Act::Beside(edit, number));
            }
            if self.brings_back(edit, (&before, &state)) {
                self.tell(at, Act::Won(edit));
            }
            self.open.retain(|open| *open != edit);
            self.committed.push(edit);
        }
        self.tell(at, Act::Commit(number, whose));
        self.states.insert(&commit.row, state);
        self.note_same(at);
    }

    fn whose(&self, commit: &Commit, states: (&State, &State)) -> Whose {
        match commit.by {
            By::Other => Whose::Other,
            By::Edit(edit) => Whose::Edit(edit),
            By::Stranger(device) => Whose::Stranger(device),
            By::Device(device) => {
                self.by_values(commit, states, Some(device)).unwrap_or(Whose::Stranger(device))
            }
            By::Unknown if self.authors == Authors::Others => Whose::Other,
            By::Unknown => self.by_values(commit, states, None).unwrap_or(Whose::Other),
        }
    }

    /// The likely author of a commit: the latest waiting edit with these values.
    fn by_values(
        &self,
        commit: &Commit,
        (before, state): (&State, &State),
        device: Option<u32>,
    ) -> Option<Whose> {
        let of_row = |edit: &&EditAt| {
            let of = self.of(**edit);
            of.row == commit.row
                && device.is_none_or(|device| device == of.device)
                && !self.named.contains(edit)
        };
        let fits = |edit: &&EditAt| {
            let of = self.of(**edit);
            says(state, of)
                && (device.is_some() || self.explains_all_changes(of.device, commit, (before, state)))
        };
        let open = || self.open.iter().rev().filter(of_row);
        if let Some(edit) = open().find(fits) {
            return Some(Whose::Edit(*edit));
        }
        device?;
        // The edit is committed again, or only a part of it is in the row.
        let again = || self.committed.iter().rev().filter(of_row).find(fits);
        let part = || open().find(|edit| (self.of(**edit).kind == EditKind::Delete) == state.is_none());
        again().or_else(part).map(|edit| Whose::Edit(*edit))
    }
    /// True if waiting edits of the device explain each change of a commit.
    fn explains_all_changes(&self, device: u32, commit: &Commit, (before, state): (&State, &State)) -> bool {
        let (Some(before), Some(state)) = (before, state) else { return true };
        let asks = |column: usize| {
            self.open.iter().map(|edit| self.of(*edit)).any(|of| {
                of.device == device
                    && of.row == commit.row
                    && of.values.iter().any(|(set, value)| *set == column && alike(value, &state[column]))
            })
        };
        (0..state.len()).all(|column| alike(&before[column], &state[column]) || asks(column))
    }

    /// Earlier edits of the same device and row that were sent as one with this edit. Each of their
    /// values was set again, or is in the row.
    fn squashed_into(&self, edit: EditAt, state: &State) -> Vec<EditAt> {
        let of = self.of(edit);
        let mine = |other: &EditAt| {
            let other = self.of(*other);
            other.device == of.device && other.row == of.row
        };
        let mut later: Vec<usize> = of.values.iter().map(|(column, _)| *column).collect();
        let mut with = Vec::new();
        let until = self.open.iter().position(|open| *open == edit).unwrap_or(self.open.len());
        for other in self.open[..until].iter().rev().filter(|other| mine(other)) {
            let values: &Values = &self.of(*other).values;
            let is_there = |column: usize, value: &Value| {
                state.as_ref().is_some_and(|state| alike(&state[column], value))
            };
            let gone = of.kind == EditKind::Delete;
            let goes = values
                .iter()
                .all(|(column, value)| gone || later.contains(column) || is_there(*column, value));
            if goes && !self.named.contains(other) && self.of(*other).kind != EditKind::Delete {
                with.push(*other);
                later.extend(values.iter().map(|(column, _)| *column));
            }
        }
        with.reverse();
        with
    }

    fn brings_back(&self, edit: EditAt, (before, state): (&State, &State)) -> bool {
        let of = self.of(edit);
        let back = before.is_none() && state.is_some() && of.kind == EditKind::Update;
        back && self.is_told(edit, &[LogKind::Overwrote, LogKind::KeptBoth], self.ground.brings_back)
    }
    /// True if the app reported one of these kinds for an edit. If the recording has no such
    /// reports, the policy decides.
    fn is_told(&self, edit: EditAt, kinds: &[LogKind], by_policy: bool) -> bool {
        let mut words = self.history.words.iter().filter(|word| word.edit == edit);
        let says = |word: &Word| word.says.is_some_and(|says| kinds.contains(&says));
        if self.history.tells { words.any(says) } else { by_policy }
    }

    /// If the policy lets edits give way, each remaining edit gives way if others wrote to its row.
    fn give_way(&mut self) {
        if !self.ground.gives_way || self.history.tells {
            return;
        }
        let at = self.moments.last().map_or(0, |last| last.at);
        let gave_way = |edit: &EditAt| {
            let of = self.of(*edit);
            let by_others =
                |(row, device): &(&Row, Option<u32>)| **row == of.row && *device != Some(of.device);
            !self.settled.contains(edit) && self.foreign.iter().any(by_others)
        };
        let all: Vec<EditAt> = self.open.iter().copied().filter(gave_way).collect();
        all.into_iter().for_each(|edit| self.tell(at, Act::GaveWay(edit)));
    }
}
