//! Orders records (rows with all their events) relative to each other. Uses `seq` of one device or
//! of the backend, and references between rows.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::order::Contradiction;
use super::perform::{Act, Moment, alike};
use super::recorded::{By, Ground, History, Mark, Row};
use super::undecidable::{Undecidable, contradiction};
use crate::base::Value;
use crate::contract::EditKind;

/// Orders commits of one instant. The parts are the backend's own sequence, the rank by references
/// between rows, and an adjustment by `lead`.
pub(super) type Turn = (u64, u32, i64);

/// The longest chain of references that is followed.
const ROUNDS: usize = 32;

/// Adds a turn to each moment of a record: the turn of the commit at the same instant. The
/// backend's own order decides. Without it, a row comes before the rows that refer to it.
pub(super) fn in_turn(history: &History, moments: Vec<Moment>) -> impl Iterator<Item = (Turn, Moment)> {
    let turns: Vec<Turn> = moments
        .chunk_by(|a, b| a.at == b.at)
        .flat_map(|alike| {
            let commit = alike.iter().find_map(|moment| match moment.act {
                Act::Commit(at, _) => history.commits.get(at),
                _ => None,
            });
            let turn = commit.map_or((0, 0, 0), |commit| (commit.mark.seq.unwrap_or(0), commit.rank, 0));
            std::iter::repeat_n(turn, alike.len())
        })
        .collect();
    turns.into_iter().zip(moments)
}

/// Moves a row's commit before the commits of rows that refer to it, where possible. All earlier
/// moments of its record move too. The order within each record does not change.
pub(super) fn lead(families: &[(usize, usize)], told: &mut [Vec<(Turn, Moment)>]) {
    let mut places: FxHashMap<usize, (usize, usize)> = FxHashMap::default();
    for (group, moments) in told.iter().enumerate() {
        for (at, (_, moment)) in moments.iter().enumerate() {
            if let Act::Commit(commit, _) = moment.act {
                places.insert(commit, (group, at));
            }
        }
    }
    for _ in 0..ROUNDS {
        let mut moved = false;
        for (first, second) in families {
            let (Some(&first), Some(&second)) = (places.get(first), places.get(second)) else { continue };
            let (turn, Moment { at, .. }) = told[second.0][second.1];
            let before = &mut told[first.0][..=first.1];
            let late = |(own, moment): &(Turn, Moment)| (moment.at, *own) >= (at, turn);
            if before.last().is_some_and(late) {
                let ahead = (turn.0, turn.1, turn.2 - 1);
                before.iter_mut().filter(|of| late(of)).for_each(|(own, moment)| {
                    (moment.at, *own) = (at, ahead);
                });
                moved = true;
            }
        }
        if !moved {
            return;
        }
    }
}

/// Narrows the times of lines whose order on one device or on the backend is known.
pub(super) fn narrow(history: &mut History) -> Result<(), Undecidable> {
    let mut places: BTreeMap<u32, Vec<&mut Mark>> = BTreeMap::new();
    let History { edits, commits, words, syncs, lives, .. } = history;
    let of_edit: Vec<u32> = edits.iter().map(|edit| edit.device).collect();
    let devices = edits.iter_mut().map(|edit| (edit.device, &mut edit.mark));
    let devices = devices.chain(words.iter_mut().map(|word| (of_edit[word.edit], &mut word.mark)));
    let devices = devices.chain(syncs.iter_mut().map(|sync| (sync.device, &mut sync.mark)));
    let devices = devices.chain(lives.iter_mut().map(|life| (life.device, &mut life.mark)));
    let all = devices.chain(commits.iter_mut().map(|commit| (u32::MAX, &mut commit.mark)));
    all.filter(|(_, mark)| mark.seq.is_some())
        .for_each(|(at, mark)| places.entry(at).or_default().push(mark));
    for mut marks in places.into_values() {
        marks.sort_by_key(|mark| mark.seq);
        let mut from = (i64::MIN, 0);
        for mark in &mut marks {
            if mark.when.until < from.0 {
                let (first, second, why) = (from.1, mark.line, super::order::BY_SEQ);
                return Err(contradiction(&Contradiction { first, second, why }));
            }
            from = from.max((mark.when.from, mark.line));
            mark.when.from = from.0;
        }
        let mut until = i64::MAX;
        for mark in marks.iter_mut().rev() {
            until = until.min(mark.when.until);
            mark.when.until = until;
        }
    }
    Ok(())
}

/// Orders rows by references, where the times allow it. The backend creates a row before the rows
/// that refer to it, and deletes it after them. Returns the pairs of commits in this order.
pub(super) fn parents_first(ground: &Ground, history: &mut History) -> Vec<(usize, usize)> {
    let mut made: FxHashMap<(Row, bool), usize> = FxHashMap::default();
    for (at, commit) in history.commits.iter().enumerate() {
        let deletes = commit.kind == Some(EditKind::Delete);
        let is_new = commit.kind.is_none() && !history.rows.contains_key(&commit.row);
        if deletes || is_new || commit.kind == Some(EditKind::Create) {
            made.entry((commit.row.clone(), deletes)).or_insert(at);
        }
    }
    let mut pairs = Vec::new();
    let mut said: FxHashMap<&Row, &super::recorded::Values> = FxHashMap::default();
    let whole = history.commits.iter().filter(|commit| commit.kind != Some(EditKind::Delete));
    whole.for_each(|commit| _ = said.entry(&commit.row).or_insert(&commit.values));
    for (at, commit) in history.commits.iter().enumerate() {
        let form = ground.schema.entity(commit.row.0);
        let values = match commit.kind {
            Some(EditKind::Delete) => match history.rows.get(&commit.row) {
                Some(row) => row.iter().cloned().enumerate().collect(),
                None => said.get(&commit.row).map_or_else(Vec::new, |values| (*values).clone()),
            },
            _ => commit.values.clone(),
        };
        let deletes = commit.kind == Some(EditKind::Delete);
        for parent in form.references(values.iter().map(|(column, value)| (*column, value))) {
            let row = (parent.0, crate::base::Key::new(parent.1));
            if let Some(other) = made.get(&(row, deletes)).filter(|other| **other != at) {
                pairs.push(if deletes { (at, *other) } else { (*other, at) });
            }
        }
    }
    pairs.retain(|&(first, second)| {
        let [a, b] = [first, second].map(|at| history.commits[at].mark);
        let told = a.seq.zip(b.seq).is_some_and(|(a, b)| a > b);
        !told && a.when.from <= b.when.until
    });
    for _ in 0..ROUNDS {
        let mut moved = false;
        for at in 0..history.commits.len() {
            let By::Edit(edit) = history.commits[at].by else { continue };
            let from = history.edits[edit].mark.when.from;
            let commit = &mut history.commits[at].mark.when;
            if commit.from < from && from <= commit.until {
                commit.from = from;
                moved = true;
            }
        }
        for &(first, second) in &pairs {
            let [a, b] = [first, second].map(|at| history.commits[at].mark);
            if a.when.from > b.when.until {
                continue;
            }
            let rank = history.commits[first].rank + 1;
            let (from, until) = (b.when.from.max(a.when.from), a.when.until.min(b.when.until));
            moved |= from != b.when.from || until != a.when.until || history.commits[second].rank < rank;
            history.commits[second].mark.when.from = from;
            history.commits[first].mark.when.until = until;
            history.commits[second].rank = history.commits[second].rank.max(rank);
        }
        if !moved {
            break;
        }
    }
    pairs
}

/// Finds created rows that the backend need not have. If a row has the natural key and the values
/// of another row, it may have become that row.
pub(super) fn excuse_duplicate_natural_keys(ground: &Ground, history: &mut History) {
    type Said<'h> = (&'h Row, Vec<(usize, &'h Value)>);
    let name = |row: &Row, values: &[(usize, &Value)]| -> Option<(u16, String)> {
        let columns = &ground.schema.entity(row.0).unique;
        let said = |column: &usize| values.iter().find(|(of, _)| of == column).map(|(_, value)| *value);
        let unique: Option<Vec<&Value>> = columns.iter().map(said).collect();
        let unique = unique.filter(|unique| !unique.is_empty() && !unique.contains(&&Value::Null))?;
        Some((row.0.0, format!("{unique:?}")))
    };
    let begun = history.rows.iter().map(|(row, values)| (row, values.iter().enumerate().collect()));
    let since = history
        .commits
        .iter()
        .map(|commit| (&commit.row, commit.values.iter().map(|(column, value)| (*column, value)).collect()));
    let mut named: FxHashMap<(u16, String), Vec<Said<'_>>> = FxHashMap::default();
    let all: Vec<Said<'_>> = begun.chain(since).collect();
    for (row, values) in all {
        if let Some(name) = name(row, &values) {
            named.entry(name).or_default().push((row, values));
        }
    }
    let committed: BTreeSet<usize> = history
        .commits
        .iter()
        .filter_map(|commit| if let By::Edit(edit) = commit.by { Some(edit) } else { None })
        .collect();
    let is_taken = |edit: &super::recorded::Edit| {
        let own: Vec<(usize, &Value)> = edit.values.iter().map(|(column, value)| (*column, value)).collect();
        let others = name(&edit.row, &own).and_then(|name| named.get(&name));
        others.into_iter().flatten().any(|(row, said)| {
            **row != edit.row
                && own.iter().all(|(at, value)| said.iter().any(|(of, is)| of == at && alike(is, value)))
        })
    };
    let creates = |(at, edit): &(usize, &super::recorded::Edit)| {
        edit.kind == EditKind::Create && !committed.contains(at) && is_taken(edit)
    };
    let excused: Vec<usize> = history.edits.iter().enumerate().filter(creates).map(|(at, _)| at).collect();
    excused.into_iter().for_each(|at| history.edits[at].unsure = true);
}
