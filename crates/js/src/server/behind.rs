//! Finds the edit that caused each write, and each edit's outcome for the response.
//!
//! A name decides first. It is the edit's own name, a name that the app drew while it saved the
//! edit, or a name that was used for the edit before. Without a name, the write belongs to the
//! request's first edit whose values are written and whose outcome is unknown. If one edit of a
//! group stands for earlier ones, the write also decides those whose values it contains.

use std::collections::{BTreeMap, BTreeSet};

use super::known::Verdict;
use crate::contract::{EditId, EditKind, EditSaid, EntityId, Key, RowEdits, Slip, Stamp};
use crate::host::{by_then, fits, print_at};

pub(super) struct Written<'w> {
    pub(super) entity: EntityId,
    pub(super) key: &'w Key,
    pub(super) deletes: bool,
    /// The name that the app gives the write.
    pub(super) name: Option<&'w str>,
    /// A print (hash) of each written value, by column of the backend.
    pub(super) prints: Vec<(usize, u64)>,
}

/// The result of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    Committed(Stamp),
    /// The row stayed unchanged: it is deleted already, or has the same values.
    Same(Stamp),
    /// The row has another version, and nothing was written.
    GaveWay,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Known(Verdict),
    GaveWay,
}

/// The edits of the current request.
#[derive(Default)]
pub(super) struct Behind {
    slip: Slip,
    body: Vec<u8>,
    fates: BTreeMap<EditId, Fate>,
    /// Edits whose write the backend saw. The backend knows why it did not commit them.
    judged: BTreeSet<EditId>,
}

impl Written<'_> {
    /// True if the written row equals the row after the edit at `at`.
    fn fits(&self, said: &[&EditSaid], at: usize) -> bool {
        fits(said, at, self.deletes, &self.prints)
    }
    /// True if the written values are a part of the row after the edit at `at`. The server kept
    /// newer values in other columns.
    fn is_part(&self, said: &[&EditSaid], at: usize) -> bool {
        if self.deletes || said[at].kind == EditKind::Delete {
            return false;
        }
        let is_of = |(column, says): &(usize, u64)| by_then(said, at, *column) == Some(*says);
        !self.prints.is_empty() && self.prints.iter().all(is_of)
    }
}

/// True if `name` contains `part` as a whole word: `d0.e1:7` contains `d0.e1`.
fn has_name(name: &str, part: &str) -> bool {
    let is_end = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_ascii_alphanumeric());
    !part.is_empty()
        && name.match_indices(part).any(|(at, _)| {
            is_end(name[..at].chars().next_back()) && is_end(name[at + part.len()..].chars().next())
        })
}

impl Behind {
    pub(super) fn of(slip: Slip, body: Vec<u8>) -> Behind {
        Behind { slip, body, ..Behind::default() }
    }
    fn said(&self, entity: EntityId, key: &Key) -> Vec<&EditSaid> {
        self.slip.said.iter().filter(|edit| edit.entity == entity && edit.key == *key).collect()
    }
    fn groups(&self, entity: EntityId, key: &Key) -> impl Iterator<Item = &[EditId]> {
        let of_row = self.slip.edits.iter().filter(move |row| row.entity == entity && row.key == *key);
        of_row.map(|row| &*row.edits).filter(|edits| !edits.is_empty())
    }
    fn group_of(&self, edit: EditId) -> &[EditId] {
        let mut all = self.slip.edits.iter().map(|row| &*row.edits);
        all.find(|edits| edits.contains(&edit)).unwrap_or_default()
    }
    /// True if the content of the group's last edit could be read from the request.
    fn is_read(&self, group: &[EditId]) -> bool {
        group.last().and_then(|end| self.said_of(*end)).is_some_and(|end| end.is_sent)
    }
    pub(super) fn said_of(&self, edit: EditId) -> Option<&EditSaid> {
        self.slip.said.iter().find(|said| said.edit == edit)
    }
    /// The row's edit with this name. `used_for` returns the edit that a name was used for before.
    fn named(
        &self,
        (entity, key): (EntityId, &Key),
        name: &str,
        used_for: impl Fn(&str) -> Option<EditId>,
    ) -> Option<EditId> {
        let said = self.said(entity, key);
        let is_it = |it: &&&EditSaid| it.edit.to_string() == name || it.names.iter().any(|of| of == name);
        let has_it = |it: &&&EditSaid| {
            has_name(name, &it.edit.to_string()) || it.names.iter().any(|of| has_name(name, of))
        };
        let exactly = said.iter().find(is_it).map(|it| it.edit).or_else(|| used_for(name));
        exactly.or_else(|| said.iter().find(has_it).map(|it| it.edit))
    }

    /// Finds the edit that caused a write; `None` if the request names no edit of the row. `known`
    /// returns an edit's final outcome, if it has one.
    pub(super) fn edit(
        &self,
        written: &Written<'_>,
        used_for: impl Fn(&str) -> Option<EditId>,
        known: impl Fn(EditId) -> Option<Verdict>,
    ) -> Option<EditId> {
        let row = (written.entity, written.key);
        if let Some(edit) = written.name.and_then(|name| self.named(row, name, used_for)) {
            return Some(if known(edit).is_none() { self.stands_for(edit, written) } else { edit });
        }
        let said = self.said(row.0, row.1);
        let at = |edit: &EditId| said.iter().position(|it| it.edit == *edit);
        let is_new = |edit: &EditId| known(*edit).is_none() && !self.fates.contains_key(edit);
        // In a group that could be read, the last edit stands for all. In another group, a later
        // edit may still follow.
        let stands = |group: &'_ [EditId], fits: &dyn Fn(usize) -> bool| -> Option<EditId> {
            let (end, rest) = group.split_last()?;
            let rest: &[EditId] = if self.is_read(group) { &[] } else { rest };
            let mut of = std::iter::once(end).chain(rest.iter().rev()).copied();
            of.find(|edit| is_new(edit) && at(edit).is_some_and(fits))
        };
        // The writes follow the order in which the edits were made. Some edits can be missing.
        let last = said.iter().map(|it| it.edit).rfind(|edit| self.fates.contains_key(edit));
        let first = |fits: &dyn Fn(usize) -> bool| {
            let is_later = |group: &&[EditId]| group.last().is_some_and(|end| Some(*end) > last);
            let all = || self.groups(row.0, row.1);
            let later = all().filter(is_later).find_map(|group| stands(group, fits));
            later.or_else(|| all().find_map(|group| stands(group, fits)))
        };
        let is_alike = |at: usize| (said[at].kind == EditKind::Delete) == written.deletes;
        let again = || {
            let fitting = (0..said.len()).rev().filter(|at| written.fits(&said, *at));
            let edits = fitting.map(|at| said[at].edit);
            edits.min_by_key(|edit| self.fates.contains_key(edit))
        };
        first(&|at| written.fits(&said, at))
            .or_else(|| first(&|at| written.is_part(&said, at)))
            .or_else(|| first(&is_alike))
            .or_else(again)
            .or_else(|| first(&|_| true))
            .or_else(|| self.groups(row.0, row.1).last().and_then(|group| group.last().copied()))
    }
    /// An operation can keep the name of its first edit. Then this returns the last edit that was
    /// merged into it, if that edit's values are written.
    fn stands_for(&self, named: EditId, written: &Written<'_>) -> EditId {
        let end = self.group_of(named).last().and_then(|end| self.said_of(*end));
        let is_written = |end: &&EditSaid| {
            let says = |(column, print): &(usize, u64)| print_at(&written.prints, *column) == Some(*print);
            end.is_sent && !written.deletes && end.prints.iter().any(says)
        };
        end.filter(is_written).map_or(named, |end| end.edit)
    }
    /// Finds the columns in which a rule of the server changed the value. In such a column, the
    /// written value is not the edit's. Without `changed`, it must also be new: no edit of the row
    /// sets it, and the row did not have it before (`is_there`). A value that a rule made before
    /// (`is_made`) counts too. With `changed`, the author of the server states that a rule changed
    /// values.
    pub(super) fn remade(
        &self,
        edit: EditId,
        written: &Written<'_>,
        changed: bool,
        (is_there, is_made): (impl Fn(usize, u64) -> bool, impl Fn(usize, u64) -> bool),
    ) -> Vec<usize> {
        let group = self.group_of(edit);
        let end = group.last().copied().unwrap_or(edit);
        if !changed && !self.said_of(end).is_some_and(|said| said.is_sent) {
            return Vec::new();
        }
        let with = group.iter().chain([&edit]);
        let own: Vec<&EditSaid> = with.filter_map(|one| self.said_of(*one)).collect();
        let of_row = self.said(written.entity, written.key);
        let others =
            |column: usize, says: u64| of_row.iter().any(|it| print_at(&it.prints, column) == Some(says));
        let is_own = |(column, says): &&(usize, u64)| {
            let own = own.iter().rev().find_map(|said| print_at(&said.prints, *column));
            own.is_some_and(|print| print != *says)
        };
        let is_new = |(column, says): &&(usize, u64)| {
            changed || is_made(*column, *says) || !others(*column, *says) && !is_there(*column, *says)
        };
        let remade = written.prints.iter().filter(is_own).filter(is_new);
        remade.map(|(column, _)| *column).collect()
    }
    /// Finds the edits of a row that the server refuses. With a name: the edit with this name, and
    /// its group. Without: the first group without an outcome. Committed edits are left out if
    /// others remain.
    pub(super) fn edits_to_refuse(
        &self,
        row: (EntityId, &Key),
        name: Option<&str>,
        used_for: impl Fn(&str) -> Option<EditId>,
        known: impl Fn(EditId) -> Option<Verdict>,
    ) -> Vec<EditId> {
        let is_committed = |edit: &EditId| matches!(known(*edit), Some(Verdict::Committed(_)));
        let open = |group: &[EditId]| -> Vec<EditId> {
            let is_open = |edit: &&EditId| !is_committed(edit) && !self.fates.contains_key(edit);
            group.iter().filter(is_open).copied().collect()
        };
        if let Some(named) = name.and_then(|name| self.named(row, name, used_for)) {
            // The whole group is refused if it could be read, even if another edit has the name.
            let group = self.group_of(named);
            let is_read = self.is_read(group);
            let mut with = open(group);
            with.retain(|edit| *edit < named || is_read && *edit > named);
            let was_committed = is_committed(&named) && !self.fates.contains_key(&named);
            if with.is_empty() || !was_committed {
                with.push(named);
            }
            return with;
        }
        let next = self.groups(row.0, row.1).map(open).find(|group| !group.is_empty());
        // The server refuses an edit that it has already written. This is a mistake of the server's
        // author.
        next.unwrap_or_else(|| self.groups(row.0, row.1).last().map(<[EditId]>::to_vec).unwrap_or_default())
    }

    /// Records the result of an edit's write. `after` returns the prints of the row's values after
    /// the write. The group's other edits get outcomes too; the caller reports refused ones to the
    /// backend. A committed edit stays committed, because its response may have been lost.
    pub(super) fn wrote(
        &mut self,
        (edit, remade): (EditId, &[usize]),
        came: Came,
        (after, known): (impl Fn(usize) -> Option<u64>, impl Fn(EditId) -> Option<Verdict>),
    ) {
        let of = |came: Came| match came {
            Came::Committed(stamp) | Came::Same(stamp) => Fate::Known(Verdict::Committed(stamp)),
            Came::GaveWay => Fate::GaveWay,
            Came::Refused => Fate::Known(Verdict::Refused),
        };
        let group = self.group_of(edit).to_vec();
        self.fates.insert(edit, of(came));
        // The backend did not accept the edit, so the row contains no edit of its group.
        let with = group.iter().copied().filter(|_| matches!(came, Came::GaveWay | Came::Refused));
        self.judged.extend(with.chain([edit]));
        let deletes = self.said_of(edit).is_some_and(|said| said.kind == EditKind::Delete);
        let is_read = self.is_read(&group);
        let set_again = |one: EditId, column: usize| {
            let later = group.iter().filter(|other| **other > one && (is_read || **other <= edit));
            later.filter_map(|other| self.said_of(*other)).any(|it| print_at(&it.prints, column).is_some())
        };
        let is_there = |one: EditId| {
            let Some(said) = self.said_of(one) else { return true };
            said.prints
                .iter()
                .all(|(of, print)| set_again(one, *of) || remade.contains(of) || after(*of) == Some(*print))
        };
        let is_done = |fate: Fate| matches!(fate, Fate::Known(Verdict::Committed(_)));
        let mut others = Vec::new();
        for one in group.iter().copied().filter(|one| *one != edit && !self.fates.contains_key(one)) {
            let fate = match came {
                Came::Committed(_) if deletes && one < edit || is_there(one) => of(came),
                Came::Refused => of(came),
                // A later edit gets no outcome here if the write may not contain it.
                _ if one > edit && !is_read => continue,
                _ => Fate::GaveWay,
            };
            let before = known(one).map(Fate::Known).filter(|before| is_done(*before));
            others.push((one, if is_done(fate) { fate } else { before.unwrap_or(fate) }));
        }
        self.fates.extend(others);
    }
    pub(super) fn refused(&mut self, edit: EditId) {
        self.fates.insert(edit, Fate::Known(Verdict::Refused));
    }
    pub(super) fn names(&self, key: &Key) -> bool {
        let key = key.as_str().as_bytes();
        !key.is_empty() && self.body.windows(key.len()).any(|part| part == key)
    }
    pub(super) fn slip(&mut self) -> &mut Slip {
        &mut self.slip
    }

    /// Returns the edits that lost to another version although the backend never saw their write.
    /// Only edits that could be read count.
    pub(super) fn left_out(&self, known: impl Fn(EditId) -> Option<Verdict>) -> Vec<&EditSaid> {
        let is_told = |row: &RowEdits| row.edits.iter().any(|edit| self.fates.contains_key(edit));
        let is_out = |row: &RowEdits, edit: EditId| match self.fates.get(&edit) {
            Some(fate) => *fate == Fate::GaveWay,
            None => !is_told(row) && known(edit).is_none(),
        };
        let out = self.slip.edits.iter().filter(|row| self.is_read(&row.edits)).flat_map(|row| {
            let new = row.edits.iter().copied().filter(|edit| !self.judged.contains(edit));
            new.filter(move |edit| is_out(row, *edit))
        });
        out.filter_map(|edit| self.said_of(edit)).collect()
    }
    /// Builds the slip (the bench's hidden note on a message) of the response: the outcome of each
    /// edit. `known` returns outcomes of earlier requests, because the server can repeat an earlier
    /// response. An edit without any outcome gave way.
    pub(super) fn answered(&mut self, known: impl Fn(EditId) -> Option<Verdict>) -> Slip {
        let mut slip = std::mem::take(&mut self.slip);
        let (rows, fates) = (std::mem::take(&mut slip.edits), std::mem::take(&mut self.fates));
        let is_told = |row: &RowEdits| row.edits.iter().any(|edit| fates.contains_key(edit));
        for row in rows {
            let is_part_told = is_told(&row);
            for edit in row.edits {
                let fate = fates.get(&edit).copied().or_else(|| known(edit).map(Fate::Known));
                let stamp = match fate {
                    Some(Fate::Known(Verdict::Committed(stamp))) => Some(stamp),
                    Some(Fate::Known(Verdict::Refused)) => {
                        slip.refused.push(edit);
                        None
                    }
                    None if is_part_told => continue,
                    Some(Fate::GaveWay) | None => None,
                };
                let key = row.key.clone();
                slip.edits.push(RowEdits { entity: row.entity, key, edits: vec![edit], stamp });
            }
        }
        slip.said.clear();
        slip
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::DeviceId;

    const NOTE: usize = 1;
    const DONE: usize = 2;

    /// An edit of a row: its kind, and prints of its values.
    type Made<'m> = (EditKind, &'m [(usize, u64)]);

    fn edit(number: u32) -> EditId {
        EditId { device: DeviceId(0), number }
    }
    fn row() -> (EntityId, Key) {
        (EntityId(0), Key::new("k"))
    }
    /// A request with these edits of one row, in these groups. The edits are named `n0` and so on.
    fn behind(edits: &[Made<'_>], groups: &[&[u32]], is_sent: bool) -> Behind {
        let (entity, key) = row();
        let said = |(number, (kind, prints)): (usize, &Made<'_>)| EditSaid {
            edit: edit(number as u32),
            entity,
            key: key.clone(),
            kind: *kind,
            prints: prints.to_vec(),
            names: vec![format!("n{number}")],
            is_sent,
            by_column: is_sent,
        };
        let said: Vec<EditSaid> = edits.iter().enumerate().map(said).collect();
        let group = |group: &&[u32]| RowEdits {
            entity,
            key: key.clone(),
            edits: group.iter().copied().map(edit).collect(),
            stamp: None,
        };
        let edits = groups.iter().map(group).collect();
        Behind::of(Slip { edits, said, ..Slip::default() }, b"k".to_vec())
    }
    /// The prints of the written values, and the name of the write.
    type Write<'w> = (&'w [(usize, u64)], Option<&'w str>);
    /// The edits that cause these writes, in order. A write without values deletes the row.
    fn writes(behind: &mut Behind, writes: &[Write<'_>]) -> Vec<u32> {
        let (entity, key) = row();
        let of = |(prints, name): &Write<'_>| {
            let (key, deletes) = (&key, prints.is_empty());
            let written = Written { entity, key, deletes, name: *name, prints: prints.to_vec() };
            let edit = behind.edit(&written, |_| None, |_| None).expect("there is one");
            let stamp = Stamp(i64::from(edit.number) + 10);
            let after = |at| print_at(&written.prints, at);
            behind.wrote((edit, &[]), Came::Committed(stamp), (after, |_| None));
            edit.number
        };
        writes.iter().map(of).collect()
    }
    fn unnamed<'w>(all: &[&'w [(usize, u64)]]) -> Vec<Write<'w>> {
        all.iter().map(|prints| (*prints, None)).collect()
    }
    /// The outcome of each edit in the response: its number, and its stamp if it is committed.
    fn told(behind: &mut Behind) -> Vec<(u32, Option<i64>)> {
        told_of(&behind.answered(|_| None))
    }
    fn told_of(slip: &Slip) -> Vec<(u32, Option<i64>)> {
        let told = |row: &RowEdits| (row.edits[0].number, row.stamp.map(|stamp| stamp.0));
        slip.edits.iter().map(told).collect()
    }

    use EditKind::{Create, Delete, Update};

    #[test]
    fn each_write_of_a_row_has_its_own_edit() {
        let two: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(DONE, 2)])];
        let numbers = |edits, groups: &[&[u32]], all: &[&[(usize, u64)]]| {
            writes(&mut behind(edits, groups, true), &unnamed(all))
        };
        let (each, one): (&[&[u32]], &[&[u32]]) = (&[&[0], &[1]], &[&[0, 1]]);
        // The values identify the edit: its own values, or the whole row after it.
        assert_eq!(numbers(two, each, &[&[(NOTE, 1)], &[(DONE, 2)]]), [0, 1]);
        assert_eq!(numbers(two, each, &[&[(NOTE, 1), (DONE, 0)], &[(NOTE, 1), (DONE, 2)]]), [0, 1]);
        // The first edit gave way: the server kept newer values.
        assert_eq!(numbers(two, each, &[&[(DONE, 2)]]), [1]);
        // One state stands for both edits. The server may change it.
        assert_eq!(numbers(two, one, &[&[(NOTE, 1), (DONE, 2)]]), [1]);
        assert_eq!(numbers(two, one, &[&[(NOTE, 7), (DONE, 7)]]), [1]);
        let back: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(NOTE, 2)]), (Update, &[(NOTE, 1)])];
        let all: &[&[u32]] = &[&[0], &[1], &[2]];
        assert_eq!(numbers(back, all, &[&[(NOTE, 1)], &[(NOTE, 2)], &[(NOTE, 1)]]), [0, 1, 2]);
        assert_eq!(numbers(back, &[&[0, 1, 2]], &[&[(NOTE, 1)]]), [2]);
        // The first of three edits gave way, and the last sets the same value.
        let again: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(NOTE, 2)]), (Update, &[(NOTE, 1)])];
        assert_eq!(numbers(again, all, &[&[(NOTE, 2)], &[(NOTE, 1)]]), [1, 2]);
        let gone: &[Made<'_>] = &[(Create, &[(NOTE, 1), (DONE, 0)]), (Delete, &[])];
        assert_eq!(numbers(gone, each, &[&[(NOTE, 1), (DONE, 0)], &[]]), [0, 1]);
    }

    #[test]
    fn a_name_decides_whatever_is_written() {
        let same: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(NOTE, 1)])];
        let of = |name| writes(&mut behind(same, &[&[0], &[1]], true), &[(&[(NOTE, 9)], Some(name))]);
        assert_eq!(
            ["d0.e1", "n1", "d0.e1:77", "n0", "strange", "d0.e11"].map(of),
            [[1], [1], [1], [0], [0], [0]]
        );
        // A name that was used before identifies the same edit again.
        let (entity, key) = row();
        let written =
            Written { entity, key: &key, deletes: false, name: Some("old"), prints: vec![(NOTE, 1)] };
        let used_for = |name: &str| (name == "old").then_some(edit(1));
        assert_eq!(behind(same, &[&[0], &[1]], true).edit(&written, used_for, |_| None), Some(edit(1)));
        // A committed edit is not chosen if another edit fits.
        let known = |of: EditId| (of == edit(0)).then_some(Verdict::Committed(Stamp(5)));
        assert_eq!(behind(same, &[&[0], &[1]], true).edit(&written, |_| None, known), Some(edit(1)));
    }

    #[test]
    fn what_went_in_the_place_of_others_brings_what_is_there() {
        let two: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(DONE, 2)])];
        let mut all = behind(two, &[&[0, 1]], true);
        writes(&mut all, &unnamed(&[&[(NOTE, 1), (DONE, 2)]]));
        assert_eq!(told(&mut all), [(0, Some(11)), (1, Some(11))]);
        // The first of two edits gave way.
        let mut part = behind(two, &[&[0, 1]], true);
        writes(&mut part, &unnamed(&[&[(DONE, 2)]]));
        assert_eq!(told(&mut part), [(0, None), (1, Some(11))]);
        let mut each = behind(two, &[&[0], &[1]], true);
        writes(&mut each, &unnamed(&[&[(DONE, 2)]]));
        assert_eq!(told(&mut each), [(0, None), (1, Some(11))]);
        // An operation keeps the name of its first edit, which gave way.
        let mut kept = behind(two, &[&[0, 1]], true);
        assert_eq!(writes(&mut kept, &[(&[(DONE, 2)], Some("n0"))]), [1]);
        assert_eq!(told(&mut kept), [(0, None), (1, Some(11))]);
        // A later edit may still follow if the group could not be read.
        let three: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(NOTE, 2)]), (Update, &[(DONE, 3)])];
        let mut unread = behind(three, &[&[0, 1, 2]], false);
        writes(&mut unread, &unnamed(&[&[(NOTE, 2)]]));
        assert_eq!(told(&mut unread), [(0, Some(11)), (1, Some(11))]);
    }

    #[test]
    fn what_is_refused_is_told_apart_from_what_is_written() {
        let two: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(NOTE, 2)])];
        let (entity, key) = row();
        let down = |of: &Behind, name: Option<&str>, committed: &[u32]| {
            let known = |of: EditId| committed.contains(&of.number).then_some(Verdict::Committed(Stamp(5)));
            of.edits_to_refuse((entity, &key), name, |_| None, known)
        };
        let mut each = behind(two, &[&[0], &[1]], true);
        assert_eq!(down(&each, Some("d0.e1"), &[]), [edit(1)]);
        assert_eq!(down(&each, None, &[]), [edit(0)]);
        each.refused(edit(0));
        assert_eq!(down(&each, None, &[]), [edit(1)]);
        writes(&mut each, &unnamed(&[&[(NOTE, 2)]]));
        let slip = each.answered(|_| None);
        let said: Vec<_> = slip.edits.into_iter().map(|row| (row.edits[0], row.stamp)).collect();
        assert_eq!(said, [(edit(0), None), (edit(1), Some(Stamp(11)))]);
        assert_eq!(slip.refused, [edit(0)]);
        let one = behind(two, &[&[0, 1]], true);
        assert_eq!(down(&one, None, &[]), [edit(0), edit(1)], "one state");
        assert_eq!(down(&one, Some("n1"), &[]), [edit(0), edit(1)]);
        assert_eq!(down(&one, Some("n0"), &[]), [edit(1), edit(0)], "an operation keeps its name");
        assert_eq!(down(&behind(two, &[&[0, 1]], false), Some("n0"), &[]), [edit(0)]);
        assert_eq!(down(&one, Some("n1"), &[1]), [edit(0)], "its answer was lost");
        assert_eq!(down(&one, Some("n1"), &[0, 1]), [edit(1)], "which is wrong");
        // An edit that is committed although its response was lost is not refused.
        assert_eq!(down(&one, None, &[0]), [edit(1)]);
        assert_eq!(down(&one, None, &[0, 1]), [edit(0), edit(1)], "which is wrong");
    }

    #[test]
    fn what_was_committed_before_gives_way_to_nothing() {
        let two: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(DONE, 2)])];
        let after = |came: Came, committed: u32| {
            let mut one = behind(two, &[&[0, 1]], true);
            let known = |of: EditId| (of.number == committed).then_some(Verdict::Committed(Stamp(5)));
            one.wrote((edit(1), &[]), came, (|_| None, known));
            let slip = one.answered(|_| None);
            (told_of(&slip), slip.refused.len())
        };
        assert_eq!(after(Came::GaveWay, 9), (vec![(0, None), (1, None)], 0));
        assert_eq!(after(Came::GaveWay, 0), (vec![(0, Some(5)), (1, None)], 0));
        assert_eq!(after(Came::Refused, 9).1, 2);
        assert_eq!(after(Came::Refused, 0), (vec![(0, Some(5)), (1, None)], 1));
    }

    #[test]
    fn what_nobody_wrote_or_knows_is_left_out() {
        let two: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(DONE, 2)])];
        let out = |of: &Behind, known: Option<Verdict>| -> Vec<u32> {
            of.left_out(|_| known).iter().map(|said| said.edit.number).collect()
        };
        let mut each = behind(two, &[&[0], &[1]], true);
        assert_eq!(out(&each, None), [0, 1]);
        assert_eq!(out(&each, Some(Verdict::Refused)), [0; 0], "it is a repeat");
        assert_eq!(out(&behind(two, &[&[0, 1]], false), None), [0; 0], "what the phone sent nobody knows");
        writes(&mut each, &unnamed(&[&[(DONE, 2)]]));
        assert_eq!(out(&each, None), [0]);
        let mut one = behind(two, &[&[0, 1]], true);
        one.wrote((edit(1), &[]), Came::GaveWay, (|_| None, |_| None));
        assert_eq!(out(&one, None), [0; 0], "the backend said so");
    }

    #[test]
    fn a_repeat_that_is_answered_from_memory_is_what_it_was() {
        let two: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(NOTE, 2)])];
        let told = |known: &dyn Fn(EditId) -> Option<Verdict>| -> Vec<_> {
            let slip = behind(two, &[&[0], &[1]], true).answered(known);
            slip.edits.into_iter().map(|row| row.stamp).chain(slip.refused.iter().map(|_| None)).collect()
        };
        assert_eq!(told(&|_| None), [None, None]);
        let committed = |of: EditId| (of == edit(1)).then_some(Verdict::Committed(Stamp(7)));
        assert_eq!(told(&committed), [None, Some(Stamp(7))]);
        assert_eq!(told(&|of: EditId| (of == edit(1)).then_some(Verdict::Refused)), [None; 3]);
    }

    #[test]
    fn what_neither_people_nor_the_row_said_a_rule_made() {
        let one: &[Made<'_>] = &[(Update, &[(NOTE, 90), (DONE, 1)])];
        let (entity, key) = row();
        let remade = |is_sent: bool, changed: bool, note: u64, before: u64| {
            let prints = vec![(NOTE, note), (DONE, 1)];
            let written = Written { entity, key: &key, deletes: false, name: None, prints };
            let is_there = |at: usize, print: u64| at == NOTE && print == before;
            let is_made = |_: usize, print: u64| print == 81;
            behind(one, &[&[0]], is_sent).remade(edit(0), &written, changed, (is_there, is_made))
        };
        assert_eq!(remade(true, false, 80, 5), [NOTE]);
        assert_eq!(remade(true, false, 90, 5), [0; 0], "as it is");
        assert_eq!(remade(true, false, 80, 80), [0; 0], "the row said so: the edit gave way");
        assert_eq!(remade(true, false, 81, 81), [NOTE], "what the rule made before");
        assert_eq!(remade(false, false, 80, 5), [0; 0], "what the phone sent nobody knows");
        assert_eq!(remade(false, true, 80, 5), [NOTE]);
    }
}
