//! Checks combined columns. Their values come from a merge rule, so a value that nobody typed can
//! be right.
//!
//! The rule takes the value before a commit and applies the changes of the commit's edits. A change
//! is the difference between the value that a person saw and the value that the person saved.
//! Consecutive edits of one phone that were made on top of each other count as one change.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::base::{EditId, EntityId, Value, ValueRef};
use crate::contract::{Combine, EditKind, Entity, LocalEdit};
use crate::oracle::model::{Row, bit};

/// An entity, the position of a column in the backend, and the rule that merges its values.
pub(crate) type Combining = (EntityId, usize, Combine);

#[derive(Debug, Default)]
pub(crate) struct Combined {
    rules: BTreeMap<(EntityId, usize), Combine>,
    /// By edit, the values that the app showed in combined columns when the edit was made.
    saw: FxHashMap<EditId, Vec<(usize, Value)>>,
    /// By edit, the other edits in its next commit, as the server reported.
    others: BTreeMap<EditId, Vec<EditId>>,
    /// By edit, the columns in which a rule of the server changes its values at the commit.
    pub(crate) remade: BTreeMap<EditId, Vec<usize>>,
}

impl Combined {
    pub(crate) fn new(rules: &[Combining]) -> Combined {
        let rules = rules.iter().map(|&(entity, column, rule)| ((entity, column), rule)).collect();
        Combined { rules, ..Combined::default() }
    }
    pub(crate) fn of(&self, entity: EntityId) -> impl Iterator<Item = (usize, Combine)> {
        let of_entity = (entity, 0)..=(entity, usize::MAX);
        self.rules.range(of_entity).map(|(&(_, column), &rule)| (column, rule))
    }
    pub(crate) fn takes(&self, entity: EntityId, column: usize) -> bool {
        self.rules.contains_key(&(entity, column))
    }
    pub(crate) fn bits(&self, entity: EntityId) -> u64 {
        self.of(entity).fold(0, |bits, (column, _)| bits | bit(column))
    }
    pub(crate) fn has(&self, edit: &LocalEdit) -> bool {
        edit.kind != EditKind::Delete
            && edit.values.iter().any(|(column, _)| self.takes(edit.entity, *column))
    }
    /// Records the row that the app shows just before an edit. `shown` has the device's columns.
    pub(crate) fn saw(&mut self, edit: EditId, id: EntityId, entity: &Entity, shown: &[Value]) {
        let columns = entity.projection.iter().zip(shown);
        let columns = columns.filter(|(column, _)| self.rules.contains_key(&(id, **column)));
        let seen = columns.map(|(column, value)| (*column, value.clone())).collect();
        self.saw.insert(edit, seen);
    }
    pub(crate) fn is_remade(&self, edit: EditId, column: usize) -> bool {
        self.remade.get(&edit).is_some_and(|columns| columns.contains(&column))
    }
    pub(crate) fn brings(&mut self, edit: EditId, others: &[EditId]) {
        self.others.entry(edit).or_default().extend(others);
    }
    pub(crate) fn others(&self, edit: EditId) -> &[EditId] {
        self.others.get(&edit).map_or(&[], |others| others)
    }
    /// The value that the person saw in a column before the edit. Without a record, this is the
    /// value after the first `versions` of the row.
    pub(crate) fn seen(&self, edit: &LocalEdit, column: usize, (row, versions): (&Row, usize)) -> Value {
        if edit.kind == EditKind::Create {
            return Value::Null;
        }
        let shown = self.saw.get(&edit.id).and_then(|saw| saw.iter().find(|(of, _)| *of == column));
        let shown = shown.map(|(_, value)| value).or_else(|| row.said(column, versions));
        shown.cloned().unwrap_or(Value::Null)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) by: EditId,
    pub(crate) saw: Value,
    pub(crate) made: Value,
    /// Items that somebody removed and added again, while this person had not seen that.
    pub(crate) came_back: BTreeSet<String>,
}

pub(crate) fn items(value: &Value) -> BTreeSet<String> {
    let texts = |text: &str| text.split(',').map(str::trim).map(str::to_owned).collect::<BTreeSet<_>>();
    let mut items = text_of(value, texts);
    items.remove("");
    items
}

fn text_of<R>(value: &Value, f: impl FnOnce(&str) -> R) -> R {
    value.with_ref(|value| match value {
        ValueRef::Text(text) => f(text),
        _ => f(""),
    })
}

fn number(value: &Value) -> i128 {
    value.with_ref(|value| if let ValueRef::Int(n) = value { n.into() } else { 0 })
}

/// Joins changes of one phone if the second change started from the result of the first.
fn joined(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by_key(|change| change.by);
    let mut joined: Vec<Change> = Vec::new();
    for change in changes {
        match joined.last_mut().filter(|last| last.by.device == change.by.device && last.made == change.saw) {
            Some(last) => {
                (last.by, last.made) = (change.by, change.made);
                last.came_back.extend(change.came_back);
            }
            None => joined.push(change),
        }
    }
    joined
}

/// Says what is wrong with the value `after` a commit with these changes; `None` if it is right.
pub(crate) fn wrong(rule: Combine, before: &Value, after: &Value, changes: Vec<Change>) -> Option<String> {
    let changes = joined(changes);
    match rule {
        Combine::Counter => {
            let adds = |change: &Change| number(&change.made) - number(&change.saw);
            let right = number(before) + changes.iter().map(adds).sum::<i128>();
            (number(after) != right).then(|| format!("the sum is {right}"))
        }
        Combine::Set => wrong_set(&items(before), &items(after), &changes),
        Combine::Text => wrong_text(before, after, &changes),
    }
}

fn wrong_set(before: &BTreeSet<String>, after: &BTreeSet<String>, changes: &[Change]) -> Option<String> {
    let sets: Vec<_> =
        changes.iter().map(|change| (items(&change.saw), items(&change.made), change)).collect();
    let adds = |item: &String| sets.iter().any(|(saw, made, _)| made.contains(item) && !saw.contains(item));
    let removes = |item: &String| {
        let takes =
            |saw: &BTreeSet<String>, made: &BTreeSet<String>| saw.contains(item) && !made.contains(item);
        sets.iter().any(|(saw, made, change)| takes(saw, made) && !change.came_back.contains(item))
    };
    let added: BTreeSet<String> =
        sets.iter().flat_map(|(_, made, _)| made).filter(|i| adds(i)).cloned().collect();
    let stays = |item: &&String| adds(item) || !removes(item);
    if let Some(lacks) = before.iter().chain(&added).filter(stays).find(|item| !after.contains(*item)) {
        return Some(format!("`{lacks}` is missing"));
    }
    let strange =
        after.iter().find(|item| !added.contains(*item) && (!before.contains(*item) || removes(item)));
    strange.map(|item| format!("`{item}` should not be in it"))
}

/// The part of a text that an edit replaced: the deleted text, and the typed text.
fn splice(saw: &str, made: &str) -> (Vec<char>, Vec<char>) {
    let (saw, made): (Vec<char>, Vec<char>) = (saw.chars().collect(), made.chars().collect());
    let same = |a: &[char], b: &[char]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let head = same(&saw, &made);
    let rest = [&saw[head..], &made[head..]];
    let tail = rest[0].iter().rev().zip(rest[1].iter().rev()).take_while(|(a, b)| a == b).count();
    (rest[0][..rest[0].len() - tail].to_vec(), rest[1][..rest[1].len() - tail].to_vec())
}

fn wrong_text(before: &Value, after: &Value, changes: &[Change]) -> Option<String> {
    let of = |value: &Value| text_of(value, str::to_owned);
    let (before, after) = (of(before), of(after));
    if let [one] = changes
        && of(&one.saw) == before
    {
        let made = of(&one.made);
        return (after != made).then(|| "nobody else changed it".to_owned());
    }
    let mut least: BTreeMap<char, i64> = BTreeMap::new();
    before.chars().for_each(|letter| *least.entry(letter).or_default() += 1);
    let mut most = least.clone();
    for change in changes {
        let (deleted, typed) = splice(&of(&change.saw), &of(&change.made));
        let run: String = typed.iter().collect();
        if !after.contains(&run) {
            return Some(format!("{run:?}, which {} typed, is missing", change.by));
        }
        for letter in typed {
            *least.entry(letter).or_default() += 1;
            *most.entry(letter).or_default() += 1;
        }
        deleted.into_iter().for_each(|letter| *least.entry(letter).or_default() -= 1);
    }
    let mut has: BTreeMap<char, i64> = BTreeMap::new();
    after.chars().for_each(|letter| *has.entry(letter).or_default() += 1);
    let count = |of: &BTreeMap<char, i64>, letter: &char| of.get(letter).copied().unwrap_or(0);
    let lost = least.iter().find(|(letter, least)| count(&has, letter) < **least);
    let strange = has.iter().find(|(letter, has)| **has > count(&most, letter));
    match (lost, strange) {
        (Some((letter, _)), _) => Some(format!("{letter:?} is missing, though nobody deleted it")),
        (_, Some((letter, _))) => Some(format!("{letter:?} was added, though nobody typed it")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::DeviceId;

    /// The error text for a rule, the values before and after, and each change as `saw>made`.
    fn said(rule: Combine, before: &str, after: &str, changes: &[(u32, &str)]) -> Option<String> {
        let value = |text: &str| text.parse().map_or_else(|_| Value::text(text), Value::Int);
        let change = |(at, (device, change)): (usize, &(u32, &str))| {
            let (saw, made) = change.split_once('>').unwrap();
            let by = EditId { device: DeviceId(*device), number: at as u32 };
            let came_back = if saw.contains('*') { [saw.replace('*', "")].into() } else { BTreeSet::new() };
            Change { by, saw: value(&saw.replace('*', "")), made: value(made), came_back }
        };
        let changes = changes.iter().enumerate().map(change).collect();
        wrong(rule, &value(before), &value(after), changes)
    }

    #[test]
    fn a_counter_is_right_only_with_every_increment() {
        let of = |before, after, changes| said(Combine::Counter, before, after, changes);
        for (before, after, changes, right) in [
            ("5", "6", &[(0, "5>6")][..], true),
            ("6", "7", &[(1, "5>6")], true),
            ("6", "6", &[(1, "5>6")], false),
            ("6", "8", &[(1, "5>6")], false),
            ("5", "9", &[(0, "5>6"), (1, "5>8")], true),
            ("5", "8", &[(0, "5>6"), (1, "5>8")], false),
            // Edits of one phone on top of each other, and a decrement.
            ("9", "11", &[(0, "5>6"), (0, "6>7")], true),
            ("9", "4", &[(0, "5>0")], true),
            ("", "3", &[(0, ">3")], true),
            ("5", "6", &[], false),
        ] {
            assert_eq!(of(before, after, changes).is_none(), right, "{before} to {after} by {changes:?}");
        }
    }

    #[test]
    fn a_set_has_what_is_added_and_lacks_what_was_seen_and_removed() {
        let of = |before, after, changes| said(Combine::Set, before, after, changes);
        for (before, after, changes, right) in [
            ("a,b", "a,b,c", &[(0, "a>a,c")][..], true),
            ("a,b", "a,c", &[(0, "a>a,c")], false),
            ("a,b", "b,c", &[(0, "a>c")], true),
            ("a,b", "a,b,c", &[(0, "a>c")], false),
            ("a,b", "a,b,d", &[(0, "a>a")], false),
            // One person adds an item, and another removes it without knowing. The addition wins.
            ("a", "a", &[(0, "a>"), (1, ">a")], true),
            ("a", "", &[(0, "a>"), (1, ">a")], false),
            ("a", "a", &[(0, "a*>")], true),
            ("a", "", &[(0, "a*>")], false),
        ] {
            assert_eq!(of(before, after, changes).is_none(), right, "{before} to {after} by {changes:?}");
        }
    }

    #[test]
    fn a_text_keeps_every_run_that_nobody_deleted() {
        let of = |before, after, changes| said(Combine::Text, before, after, changes);
        for (before, after, changes, right) in [
            ("one two", "one big two", &[(0, "one two>one big two")][..], true),
            ("one two", "one two", &[(0, "one two>one big two")], false),
            // Another person has typed or deleted in the meantime.
            ("one two three", "one big two three", &[(0, "one two>one big two")], true),
            ("one two three", "one big two", &[(0, "one two>one big two")], false),
            ("one two three", "one b two three ig", &[(0, "one two>one big two")], false),
            ("two", "big two", &[(0, "one two>one big two")], true),
            ("one two three", "one three", &[(0, "one two>one")], true),
            ("one two three", "one three!", &[(0, "one two>one")], false),
            ("ab", "aXYb", &[(0, "ab>aXb"), (1, "ab>aYb")], true),
            ("ab", "aXb", &[(0, "ab>aXb"), (1, "ab>aYb")], false),
        ] {
            assert_eq!(of(before, after, changes).is_none(), right, "{before} to {after} by {changes:?}");
        }
    }
}
