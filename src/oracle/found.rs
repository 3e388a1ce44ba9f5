//! What each update found in the columns that it sets: the base of a comparison of three.
//!
//! An edit finds what its device had been told of the row, with the edits that waited there before
//! it. One of those that comes to nothing takes what it said with it, and who was sent over another
//! version has found that.
//!
//! Each storage knows that for itself: a copy has the edits of the other as the other had them
//! then, and what becomes of them from there on may differ between the two; who goes back to a
//! backup knows what was known then.

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::edit::Edit;
use super::history::{Row, RowId};
use super::lives::Lives;
use super::truth::alike;
use crate::base::{DeviceId, EditId, Time, Value};
use crate::contract::{Decision, EditKind};

/// By row, the edits that came to a storage in their order there.
type Book = FxHashMap<RowId, Vec<Noted>>;

/// What every update found, on each storage that has it.
#[derive(Debug, Default)]
pub(super) struct Found {
    books: FxHashMap<DeviceId, Book>,
    /// All that was ever noted: what a storage was is put in again with a backup or a copy.
    journal: Vec<NotedThere>,
    /// Edits of devices that may have held more than they told, or that found what came to nothing
    /// and with it their row.
    unsure: BTreeSet<EditId>,
    /// Edits that may be in the storage of a copy, or not.
    unseen: BTreeSet<EditId>,
}

#[derive(Debug)]
struct NotedThere {
    device: DeviceId,
    life: u32,
    at: Time,
    row: RowId,
    noted: Noted,
}

#[derive(Clone, Debug)]
struct Noted {
    id: EditId,
    update: bool,
    /// It waits no more, be it on the backend or not.
    over: bool,
    columns: Rc<Vec<Column>>,
    /// What its person saw in the row by edits that waited: that they know, whatever becomes of
    /// those.
    saw: Rc<[(usize, Value)]>,
}

#[derive(Clone, Debug)]
struct Column {
    number: usize,
    ours: Value,
    /// `None` where there was no row.
    found: Option<Value>,
    /// The edit that had put it there and waited then.
    by: Option<EditId>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct StorageTime {
    pub(super) device: DeviceId,
    pub(super) life: u32,
    pub(super) at: Time,
}

impl Found {
    /// An edit was made on the first `versions` of its row, over what waits there. The device may
    /// have held more if it is not `sure`.
    pub(super) fn made(
        &mut self,
        place: StorageTime,
        (id, edit): (EditId, &Edit),
        (row, versions): (&Row, usize),
        sure: bool,
    ) {
        let noted = self.books.get(&place.device).and_then(|book| book.get(&edit.row));
        let waits: Vec<&Noted> = noted.into_iter().flatten().filter(|noted| !noted.over).collect();
        if !sure || waits.iter().any(|noted| self.unseen.contains(&noted.id)) {
            self.unsure.insert(id);
        }
        let column = |(number, ours): &(usize, Value)| {
            let set = |noted: &&Noted| {
                let set = noted.columns.iter().find(|set| set.number == *number)?;
                Some((noted.id, set.ours.clone()))
            };
            let (found, by) = match waits.iter().rev().find_map(set) {
                Some((by, value)) => (Some(value), Some(by)),
                None => (row.said(*number, versions).cloned(), None),
            };
            Column { number: *number, ours: ours.clone(), found, by }
        };
        let columns = Rc::new(edit.values.iter().map(column).collect());
        let mut saw: Vec<(usize, Value)> = Vec::new();
        for column in waits.iter().rev().flat_map(|noted| noted.columns.iter()) {
            if saw.iter().all(|(of, _)| *of != column.number) {
                saw.push((column.number, column.ours.clone()));
            }
        }
        let update = edit.kind == EditKind::Update;
        self.note(place, edit.row, Noted { id, update, over: false, columns, saw: saw.into() });
    }

    /// The same of one that its device was saving as it was copied to another place.
    pub(super) fn made_unseen(
        &mut self,
        places: [StorageTime; 2],
        edit: (EditId, &Edit),
        told: (&Row, usize),
    ) {
        self.unseen.insert(edit.0);
        places.into_iter().for_each(|place| self.made(place, edit, told, false));
    }

    /// A rule decided over the first `versions` of this row.
    pub(super) fn decided(
        &mut self,
        place: StorageTime,
        (id, of): (EditId, RowId),
        decision: Decision<'_>,
        (row, versions): (&Row, usize),
    ) {
        match decision {
            Decision::Remote => return self.given_up(place, (id, of)),
            Decision::Same => return self.over(place, (id, of)),
            Decision::Both { .. } => return self.split_off(place, of),
            Decision::Parked => return,
            Decision::Local | Decision::Merged { .. } => {}
        }
        let Some(mut noted) = self.noted(place.device, (id, of)).cloned() else { return };
        let columns = Rc::make_mut(&mut noted.columns);
        if let Decision::Merged { columns: kept } = decision {
            columns.retain(|column| kept.contains(&column.number));
        }
        for column in columns {
            (column.found, column.by) = (row.said(column.number, versions).cloned(), None);
        }
        self.note(place, of, noted);
    }

    /// What waits on the row goes to one of its own, and lies over this one no more.
    fn split_off(&mut self, place: StorageTime, row: RowId) {
        let book = self.books.get(&place.device).and_then(|book| book.get(&row)).cloned();
        for noted in book.into_iter().flatten().filter(|noted| !noted.over) {
            self.note(place, row, Noted { over: true, ..noted });
        }
    }

    /// The edit goes out in the place of earlier ones, too, on what those found.
    pub(super) fn squashed(&mut self, place: StorageTime, (id, row): (EditId, RowId), with: &[EditId]) {
        let Some(mut own) = self.noted(place.device, (id, row)).cloned() else { return };
        for other in with.iter().rev() {
            let Some(earlier) = self.noted(place.device, (*other, row)).cloned() else { continue };
            let columns = Rc::make_mut(&mut own.columns);
            for column in earlier.columns.iter() {
                match columns.iter_mut().find(|own| own.number == column.number) {
                    Some(own) => (own.found, own.by) = (column.found.clone(), column.by),
                    None => columns.push(column.clone()),
                }
            }
            self.note(place, row, Noted { over: true, ..earlier });
        }
        self.note(place, row, own);
    }

    /// The edit waits no more on this storage.
    pub(super) fn over(&mut self, place: StorageTime, (id, row): (EditId, RowId)) {
        if let Some(noted) = self.noted(place.device, (id, row)).filter(|noted| !noted.over) {
            let noted = Noted { over: true, ..noted.clone() };
            self.note(place, row, noted);
        }
    }

    /// The edit came to nothing: who found it found what it did.
    pub(super) fn given_up(&mut self, place: StorageTime, (id, row): (EditId, RowId)) {
        let Some(own) = self.noted(place.device, (id, row)).cloned() else { return };
        let book = self.books.get(&place.device).and_then(|book| book.get(&row)).cloned();
        let on_top = |noted: &Noted| noted.columns.iter().any(|column| column.by == Some(id));
        let made_row = own.columns.iter().any(|column| column.found.is_none());
        for mut noted in book.into_iter().flatten().filter(on_top) {
            for column in Rc::make_mut(&mut noted.columns) {
                if column.by == Some(id) {
                    let under = own.columns.iter().find(|own| own.number == column.number);
                    column.found = under.and_then(|own| own.found.clone());
                    column.by = under.and_then(|own| own.by);
                }
            }
            if made_row || self.unsure.contains(&id) {
                self.unsure.insert(noted.id);
            }
            self.note(place, row, noted);
        }
        self.note(place, row, Noted { over: true, ..own });
    }

    /// The storage of a device was put in: it is what `lives` say.
    pub(super) fn put_in(&mut self, device: DeviceId, lives: &Lives) {
        let mut book = Book::default();
        for line in &self.journal {
            if lives.has(device, (line.device, line.life, line.at)) {
                keep(&mut book, line.row, line.noted.clone());
            }
        }
        self.books.insert(device, book);
    }

    /// Whether the first `versions` of its row say something in a column of the edit that is
    /// neither what it found, on this device, nor what it says.
    pub(super) fn is_contested(
        &self,
        device: DeviceId,
        (id, of): (EditId, RowId),
        (row, versions): (&Row, usize),
    ) -> bool {
        let Some(noted) = self.noted(device, (id, of)).filter(|noted| noted.update) else { return true };
        noted.columns.iter().any(|column| {
            let theirs = row.said(column.number, versions);
            theirs.is_none_or(|theirs| {
                let left = column.found.as_ref().is_some_and(|found| alike(found, theirs));
                !left && !alike(&column.ours, theirs)
            })
        })
    }

    /// Whether the person behind an edit knew its row to say this in a column: they found that, or
    /// saw it there. Where it is not sure what they found they may have found any earlier version.
    pub(super) fn knew(
        &self,
        (id, edit): (EditId, &Edit),
        row: &Row,
        (column, value): (usize, &Value),
    ) -> bool {
        // A storage that was put in since need not have it.
        let noted = self.noted(id.device, (id, edit.row)).or_else(|| self.last(id));
        let columns = noted.filter(|noted| noted.update).map(|noted| &noted.columns);
        let own = columns.and_then(|columns| columns.iter().find(|own| own.number == column));
        let found = own.map_or_else(|| row.said(column, edit.made_on), |own| own.found.as_ref());
        let mut saw = noted.into_iter().flat_map(|noted| noted.saw.iter());
        let perhaps = |versions: usize| row.said(column, versions).is_some_and(|said| alike(said, value));
        found.is_some_and(|found| alike(found, value))
            || self.is_unsure(id) && (0..=edit.made_on).any(perhaps)
            || saw.any(|(of, saw)| *of == column && alike(saw, value))
    }

    /// Whether its device may have held more than it told when it was made.
    pub(super) fn is_unsure(&self, id: EditId) -> bool {
        self.unsure.contains(&id)
    }

    /// Whether the edit is known to be on this device.
    pub(super) fn knows(&self, device: DeviceId, (id, row): (EditId, RowId)) -> bool {
        self.noted(device, (id, row)).is_some()
    }

    fn last(&self, id: EditId) -> Option<&Noted> {
        self.journal.iter().rev().map(|line| &line.noted).find(|noted| noted.id == id)
    }

    fn noted(&self, device: DeviceId, (id, row): (EditId, RowId)) -> Option<&Noted> {
        self.books.get(&device)?.get(&row)?.iter().rfind(|noted| noted.id == id)
    }

    fn note(&mut self, place: StorageTime, row: RowId, noted: Noted) {
        keep(self.books.entry(place.device).or_default(), row, noted.clone());
        let StorageTime { device, life, at } = place;
        self.journal.push(NotedThere { device, life, at, row, noted });
    }
}

/// Notes the edit in its place, or as the last one of its row.
fn keep(book: &mut Book, row: RowId, noted: Noted) {
    let of_row = book.entry(row).or_default();
    match of_row.iter_mut().rfind(|other| other.id == noted.id) {
        Some(other) => *other = noted,
        None => of_row.push(noted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{EntityId, Key};
    use crate::contract::LocalEdit;

    const ROW: RowId = 7;
    const PHONE: DeviceId = DeviceId(0);
    const TWIN: DeviceId = DeviceId(1);

    struct Desk {
        found: Found,
        lives: Lives,
    }

    impl Desk {
        fn new() -> Desk {
            Desk { found: Found::default(), lives: Lives::default() }
        }

        fn place(&self, device: DeviceId, second: u64) -> StorageTime {
            StorageTime { device, life: self.lives.now(device), at: Time(second) }
        }

        /// The device makes an edit, whose row said `told` there.
        fn makes(&mut self, device: DeviceId, number: u32, says: &str, told: &str) -> EditId {
            let id = EditId { device, number };
            let edit = edit(id, says);
            let place = self.place(device, u64::from(number));
            let edit = Edit::new(&edit, place.at, place.life, (ROW, 0));
            self.found.made(place, (id, &edit), (&row(told), 0), true);
            id
        }

        fn is_contested(&self, device: DeviceId, id: EditId, by: &str) -> bool {
            self.found.is_contested(device, (id, ROW), (&row(by), 0))
        }
    }

    fn edit(id: EditId, says: &str) -> LocalEdit {
        let values = vec![(0, Value::text(says))];
        LocalEdit { id, entity: EntityId(0), key: Key::new("a"), kind: EditKind::Update, values }
    }

    fn row(says: &str) -> Row {
        let values = Some(vec![Value::text(says)]);
        Row { entity: EntityId(0), key: Key::new("a"), first_place: None, versions: Vec::new(), values }
    }

    #[test]
    fn what_waits_on_a_device_is_found_until_it_is_told_done() {
        for (done, finds, not) in [(false, "mine", "told"), (true, "told", "mine")] {
            let mut desk = Desk::new();
            let first = desk.makes(PHONE, 1, "mine", "first");
            if done {
                desk.found.over(desk.place(PHONE, 2), (first, ROW));
            }
            let second = desk.makes(PHONE, 3, "again", "told");
            assert!(!desk.is_contested(PHONE, second, finds), "{done}");
            assert!(desk.is_contested(PHONE, second, not), "{done}");
        }
    }

    #[test]
    fn a_copy_finds_what_waited_on_the_other() {
        let mut desk = Desk::new();
        desk.makes(PHONE, 1, "mine", "first");
        desk.lives.became_copy(TWIN, (PHONE, 0, Time(2)), Vec::new());
        desk.found.put_in(TWIN, &desk.lives);
        let on_top = desk.makes(TWIN, 3, "again", "first");
        assert!(!desk.is_contested(TWIN, on_top, "mine"));
        assert!(desk.is_contested(TWIN, on_top, "first"));
    }

    #[test]
    fn what_a_copy_decides_is_not_what_the_other_found() {
        let mut desk = Desk::new();
        let edit = desk.makes(PHONE, 1, "mine", "first");
        desk.lives.became_copy(TWIN, (PHONE, 0, Time(2)), Vec::new());
        desk.found.put_in(TWIN, &desk.lives);
        let place = desk.place(TWIN, 3);
        desk.found.decided(place, (edit, ROW), Decision::Local, (&row("theirs"), 0));
        assert!(!desk.is_contested(TWIN, edit, "theirs"));
        assert!(desk.is_contested(PHONE, edit, "theirs"));
    }

    #[test]
    fn what_was_made_since_a_backup_waits_no_more() {
        for (to, finds, not) in [(2, "first", "mine"), (9, "mine", "first")] {
            let mut desk = Desk::new();
            desk.makes(PHONE, 5, "mine", "first");
            desk.lives.went_back(PHONE, 0, Time(to));
            desk.found.put_in(PHONE, &desk.lives);
            let edit = desk.makes(PHONE, 10, "again", "first");
            assert!(!desk.is_contested(PHONE, edit, finds), "{to}");
            assert!(desk.is_contested(PHONE, edit, not), "{to}");
        }
    }

    #[test]
    fn who_was_made_on_an_edit_that_came_to_nothing_found_what_it_did() {
        let mut desk = Desk::new();
        let first = desk.makes(PHONE, 1, "mine", "first");
        let second = desk.makes(PHONE, 2, "again", "first");
        desk.found.given_up(desk.place(PHONE, 3), (first, ROW));
        assert!(!desk.is_contested(PHONE, second, "first"));
        assert!(desk.is_contested(PHONE, second, "mine"));
    }

    #[test]
    fn nobody_is_sure_of_what_was_made_on_a_row_that_never_was() {
        for made_row in [false, true] {
            let mut desk = Desk::new();
            let first = desk.makes(PHONE, 1, "mine", "first");
            let second = desk.makes(PHONE, 2, "again", "first");
            let gone = Row { values: if made_row { None } else { row("first").values }, ..row("") };
            desk.found.decided(desk.place(PHONE, 3), (first, ROW), Decision::Local, (&gone, 0));
            desk.found.given_up(desk.place(PHONE, 4), (first, ROW));
            assert_eq!(desk.found.is_unsure(second), made_row);
        }
    }

    #[test]
    fn what_went_to_a_row_of_its_own_is_found_no_more() {
        for splits in [true, false] {
            let mut desk = Desk::new();
            let first = desk.makes(PHONE, 1, "mine", "first");
            desk.makes(PHONE, 2, "on top", "first");
            let key = Key::new("b");
            let decision = if splits { Decision::Both { key: &key } } else { Decision::Parked };
            desk.found.decided(desk.place(PHONE, 3), (first, ROW), decision, (&row("theirs"), 0));
            let edit = desk.makes(PHONE, 4, "again", "theirs");
            assert_eq!(desk.is_contested(PHONE, edit, "theirs"), !splits);
            assert_eq!(desk.is_contested(PHONE, edit, "on top"), splits);
        }
    }

    #[test]
    fn a_person_knows_what_they_saw_though_it_came_to_nothing() {
        let mut desk = Desk::new();
        let first = desk.makes(PHONE, 1, "mine", "first");
        let second = desk.makes(PHONE, 2, "again", "first");
        desk.found.given_up(desk.place(PHONE, 3), (first, ROW));
        let edit = edit(second, "again");
        let edit = Edit::new(&edit, Time(2), 0, (ROW, 0));
        let knew = |says| desk.found.knew((second, &edit), &row("first"), (0, &Value::text(says)));
        assert_eq!(["first", "mine", "theirs"].map(knew), [true, true, false]);
    }
}
