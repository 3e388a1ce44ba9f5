//! Which edit is behind a write: of several edits of a row an app may send the state after the
//! last, or each by itself.

use std::collections::BTreeMap;

use crate::contract::{DeviceId, EditId, EditKind, EditSaid, EntityId, Key, RowEdits, Slip, Stamp};

/// A write as it is told apart.
pub(super) struct Written<'w> {
    pub(super) entity: EntityId,
    pub(super) key: &'w Key,
    pub(super) deletes: bool,
    /// The name that the app gives the write: it may be that of an edit.
    pub(super) name: Option<&'w str>,
    /// Prints of the values that it has, by column of the backend.
    pub(super) prints: Vec<(usize, u64)>,
}

/// The edits of the request that is answered.
#[derive(Default)]
pub(super) struct Behind {
    slip: Slip,
    body: Vec<u8>,
    /// Edits that were written, in order, and what they are committed as.
    used: Vec<(EditId, Option<Stamp>)>,
}

fn count(body: &[u8], key: &str) -> usize {
    if key.is_empty() { 0 } else { body.windows(key.len()).filter(|part| *part == key.as_bytes()).count() }
}

/// Whether a write is what was there after the edit at `at` of these: nothing in it is older or
/// newer.
fn fits(said: &[&EditSaid], at: usize, written: &Written<'_>) -> bool {
    let own = said[at];
    if written.deletes || own.kind == EditKind::Delete {
        return written.deletes && own.kind == EditKind::Delete;
    }
    let of = |edit: &EditSaid, column: usize| {
        edit.prints.iter().find(|(of, _)| *of == column).map(|(_, print)| *print)
    };
    let has = |column: usize| written.prints.iter().any(|(of, _)| *of == column);
    let is_then = |(column, print): &(usize, u64)| {
        let by_then = said[..=at].iter().rev().find_map(|edit| of(edit, *column));
        let later = || said[at + 1..].iter().find_map(|edit| of(edit, *column));
        by_then.map_or_else(|| later() != Some(*print), |by_then| by_then == *print)
    };
    own.prints.iter().all(|(column, _)| has(*column)) && written.prints.iter().all(is_then)
}

impl Behind {
    pub(super) fn of(slip: Slip, body: Vec<u8>) -> Behind {
        Behind { slip, body, used: Vec::new() }
    }
    fn said(&self, entity: EntityId, key: &Key) -> Vec<&EditSaid> {
        self.slip.said.iter().filter(|edit| edit.entity == entity && edit.key == *key).collect()
    }

    /// The edit behind a write; none if the request names none of its row.
    pub(super) fn edit(&self, written: &Written<'_>) -> Option<EditId> {
        let open = self.slip.of(written.entity, written.key);
        let said = self.said(written.entity, written.key);
        let is_named = |edit: &&EditId| written.name.is_some_and(|name| edit.to_string() == name);
        if let Some(named) = said.iter().map(|said| &said.edit).find(is_named) {
            return Some(*named);
        }
        let fitting: Vec<EditId> =
            (0..said.len()).filter(|at| fits(&said, *at, written)).map(|at| said[at].edit).collect();
        let mut unused =
            fitting.iter().filter(|edit| !self.used.iter().any(|(used, _)| used == *edit)).copied();
        // Two edits may leave a row alike: one by one they come in their order.
        let one_by_one = fitting.len() > 1 && count(&self.body, written.key.as_str()) >= open.len();
        let found = if one_by_one { unused.next() } else { unused.next_back() };
        found.or(fitting.last().copied()).or(open.last().copied())
    }
    /// The edits of a row that the server refuses: the one that has this name, the next of those
    /// that come one by one, or all of which nothing was said.
    pub(super) fn turned_down(&self, entity: EntityId, key: &Key, name: Option<&str>) -> Vec<EditId> {
        let open = self.slip.of(entity, key);
        let said = self.said(entity, key);
        let mut all: Vec<EditId> = open.iter().chain(said.iter().map(|said| &said.edit)).copied().collect();
        if let Some(named) = all.iter().find(|edit| name.is_some_and(|name| edit.to_string() == name)) {
            return vec![*named];
        }
        all.truncate(open.len());
        all.retain(|edit| !self.used.iter().any(|(used, _)| used == edit));
        if open.len() > 1 && count(&self.body, key.as_str()) >= open.len() {
            all.truncate(1);
        }
        all
    }
    /// What an edit of the request does, if the phone says so.
    pub(super) fn kind(&self, edit: EditId) -> Option<EditKind> {
        self.slip.said.iter().find(|said| said.edit == edit).map(|said| said.kind)
    }
    /// An edit is refused for good.
    pub(super) fn refused(&mut self, edit: EditId) {
        self.used.push((edit, None));
        self.slip.refused.push(edit);
    }
    /// A write by an edit was done, and is committed as this if it is.
    pub(super) fn wrote(&mut self, edit: EditId, stamp: Option<Stamp>) {
        self.used.push((edit, stamp));
    }
    pub(super) fn names(&self, key: &Key) -> bool {
        count(&self.body, key.as_str()) > 0
    }
    pub(super) fn slip(&mut self) -> &mut Slip {
        &mut self.slip
    }

    /// What stands beside the answer: what became of the edits that were written, and of those in
    /// whose place they went. Of later ones the answer says nothing. What was `committed` before is
    /// so if a server answers from a memory of its own.
    pub(super) fn answered(&mut self, committed: impl Fn(EditId) -> Option<Stamp>) -> Slip {
        let mut slip = std::mem::take(&mut self.slip);
        let rows = std::mem::take(&mut slip.edits);
        let mut at: BTreeMap<EditId, Option<Stamp>> = BTreeMap::new();
        for edit in rows.iter().flat_map(|row| row.edits.iter().copied()) {
            committed(edit).into_iter().for_each(|stamp| _ = at.insert(edit, Some(stamp)));
        }
        self.used.drain(..).for_each(|(edit, stamp)| _ = at.insert(edit, stamp));
        for row in rows {
            let is_of = |edit: &EditSaid| edit.entity == row.entity && edit.key == row.key;
            let mut all: Vec<EditId> =
                slip.said.iter().filter(|edit| is_of(edit)).map(|it| it.edit).collect();
            if all.is_empty() {
                all.clone_from(&row.edits);
            }
            if !all.iter().any(|edit| at.contains_key(edit)) {
                slip.edits.push(row);
                continue;
            }
            let mut edits = Vec::new();
            for edit in all {
                let written = at.get(&edit);
                if written.is_some() || row.edits.contains(&edit) {
                    edits.push(edit);
                }
                if let Some(&stamp) = written {
                    let edits = std::mem::take(&mut edits);
                    slip.edits.push(RowEdits { entity: row.entity, key: row.key.clone(), edits, stamp });
                }
            }
        }
        slip.said.clear();
        slip
    }
}

/// Edits that phones named in requests of this process: the last of each row.
///
/// A phone may send again what its journal has done with; an app that sends all it has writes rows
/// that nobody edited there.
#[derive(Default)]
pub(super) struct Known {
    last: BTreeMap<(DeviceId, EntityId, Key), EditId>,
    /// What edits are committed as, over all lives: it lies on the server's disk, too.
    committed: BTreeMap<EditId, Stamp>,
    strangers: u32,
}

impl Known {
    pub(super) fn hear(&mut self, from: DeviceId, slip: &Slip) {
        for row in &slip.edits {
            let Some(edit) = row.edits.last() else { continue };
            self.last.insert((from, row.entity, row.key.clone()), *edit);
        }
    }
    pub(super) fn committed(&self, edit: EditId) -> Option<Stamp> {
        self.committed.get(&edit).copied()
    }
    pub(super) fn commits(&mut self, edit: EditId, stamp: Stamp) {
        self.committed.insert(edit, stamp);
    }
    /// The last edit of a row there; one that nobody made if there is none.
    pub(super) fn of(&mut self, from: DeviceId, entity: EntityId, key: &Key) -> EditId {
        if let Some(edit) = self.last.get(&(from, entity, key.clone())) {
            return *edit;
        }
        self.strangers += 1;
        EditId { device: from, number: u32::MAX - self.strangers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: usize = 1;
    const DONE: usize = 2;

    /// An edit of a row: its kind, and prints of what it says.
    type Made<'m> = (EditKind, &'m [(usize, u64)]);

    fn edit(number: u32) -> EditId {
        EditId { device: DeviceId(0), number }
    }
    /// The edits of a row, by what each says, and a body that names the row so often.
    fn behind(edits: &[Made<'_>], named: usize) -> Behind {
        let (entity, key) = (EntityId(0), Key::new("k"));
        let said = |(number, (kind, prints)): (usize, &Made<'_>)| EditSaid {
            edit: edit(number as u32),
            entity,
            key: key.clone(),
            kind: *kind,
            prints: prints.to_vec(),
        };
        let said: Vec<EditSaid> = edits.iter().enumerate().map(said).collect();
        let row = RowEdits {
            entity,
            key: key.clone(),
            edits: said.iter().map(|edit| edit.edit).collect(),
            stamp: None,
        };
        Behind::of(Slip { edits: vec![row], said, ..Slip::default() }, b"k".repeat(named))
    }
    /// The numbers of the edits behind these writes, in order; one without values deletes.
    fn numbers(behind: &mut Behind, writes: &[&[(usize, u64)]]) -> Vec<u32> {
        let of = |prints: &&[(usize, u64)]| {
            let (entity, key, deletes) = (EntityId(0), &Key::new("k"), prints.is_empty());
            let written = Written { entity, key, deletes, name: None, prints: prints.to_vec() };
            let edit = behind.edit(&written).expect("there is one");
            behind.wrote(edit, Some(Stamp(i64::from(edit.number) + 10)));
            edit.number
        };
        writes.iter().map(of).collect()
    }

    use EditKind::{Create, Delete, Update};

    #[test]
    fn each_write_of_a_row_has_its_own_edit() {
        let two: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(DONE, 2)])];
        // By what each says, or by the row as it was then.
        assert_eq!(numbers(&mut behind(two, 2), &[&[(NOTE, 1)], &[(DONE, 2)]]), [0, 1]);
        assert_eq!(numbers(&mut behind(two, 2), &[&[(NOTE, 1), (DONE, 0)], &[(NOTE, 1), (DONE, 2)]]), [0, 1]);
        // One state in the place of both.
        assert_eq!(numbers(&mut behind(two, 1), &[&[(NOTE, 1), (DONE, 2)]]), [1]);
        // What the server makes of it, nobody knows.
        assert_eq!(numbers(&mut behind(two, 1), &[&[(NOTE, 7), (DONE, 7)]]), [1]);
        let back: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(NOTE, 2)]), (Update, &[(NOTE, 1)])];
        assert_eq!(numbers(&mut behind(back, 3), &[&[(NOTE, 1)], &[(NOTE, 2)], &[(NOTE, 1)]]), [0, 1, 2]);
        assert_eq!(numbers(&mut behind(back, 1), &[&[(NOTE, 1)]]), [2]);
        let gone: &[Made<'_>] = &[(Create, &[(NOTE, 1), (DONE, 0)]), (Delete, &[])];
        assert_eq!(numbers(&mut behind(gone, 2), &[&[(NOTE, 1), (DONE, 0)], &[]]), [0, 1]);
    }

    #[test]
    fn an_answer_speaks_of_what_was_written_alone() {
        let three: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(NOTE, 2)]), (Update, &[(DONE, 3)])];
        let mut behind = behind(three, 1);
        numbers(&mut behind, &[&[(NOTE, 2)]]);
        let told: Vec<_> =
            behind.answered(|_| None).edits.into_iter().map(|row| (row.edits, row.stamp)).collect();
        assert_eq!(told, [(vec![edit(0), edit(1)], Some(Stamp(11)))]);
    }

    #[test]
    fn what_is_refused_is_told_apart_from_what_is_written() {
        let two: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(NOTE, 2)])];
        let (entity, key) = (EntityId(0), &Key::new("k"));
        let mut one_by_one = behind(two, 2);
        assert_eq!(one_by_one.turned_down(entity, key, Some("d0.e1")), [edit(1)]);
        assert_eq!(one_by_one.turned_down(entity, key, None), [edit(0)]);
        one_by_one.refused(edit(0));
        assert_eq!(one_by_one.turned_down(entity, key, None), [edit(1)]);
        numbers(&mut one_by_one, &[&[(NOTE, 2)]]);
        let slip = one_by_one.answered(|_| None);
        let told: Vec<_> = slip.edits.into_iter().map(|row| (row.edits, row.stamp)).collect();
        assert_eq!(told, [(vec![edit(0)], None), (vec![edit(1)], Some(Stamp(11)))]);
        assert_eq!(slip.refused, [edit(0)]);
        assert_eq!(behind(two, 1).turned_down(entity, key, None), [edit(0), edit(1)], "one state");
    }

    #[test]
    fn a_repeat_that_is_answered_from_memory_is_committed() {
        let two: &[Made<'_>] = &[(Update, &[(NOTE, 1)]), (Update, &[(NOTE, 2)])];
        let told = |committed: &dyn Fn(EditId) -> Option<Stamp>| -> Vec<_> {
            let slip = behind(two, 1).answered(committed);
            slip.edits.into_iter().map(|row| (row.edits.len(), row.stamp)).collect()
        };
        assert_eq!(told(&|_| None), [(2, None)]);
        assert_eq!(told(&|of| (of == edit(1)).then_some(Stamp(7))), [(2, Some(Stamp(7)))]);
    }
}
