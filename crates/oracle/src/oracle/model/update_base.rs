//! Keeps the value that each update found in the columns that it sets. This is the base of a
//! three-way comparison.
//!
//! An edit finds the device's version of the row, with its waiting edits applied. If a waiting edit
//! fails later, its values no longer count as found. Each storage has its own notes. A copy starts
//! with the notes of the original, and a backup restores the notes of its time.

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::base::{DeviceId, EditId, Time, Value};
use crate::contract::{Decision, EditKind};
use crate::oracle::model::{Edit, Lives, Row, RowId, alike};

type Book = FxHashMap<RowId, Vec<Noted>>;

#[derive(Debug, Default)]
pub(crate) struct Found {
    books: FxHashMap<DeviceId, Book>,
    /// All notes of all storages. After a restore or a copy, the notes of a storage are built from
    /// these.
    journal: Vec<NotedThere>,
    /// Edits whose base is uncertain: the device may have had more versions than it reported, or
    /// the edit found values of an edit that may be missing.
    unsure: BTreeSet<EditId>,
    /// Edits that may be missing in the storage of a copy.
    pub(crate) unseen: BTreeSet<EditId>,
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
    over: bool,
    columns: Rc<Vec<Column>>,
    /// The values of waiting edits that the person saw in the row, even if those edits fail later.
    saw: Rc<[(usize, Value)]>,
}

#[derive(Clone, Debug)]
struct Column {
    number: usize,
    ours: Value,
    found: Option<Value>,
    by: Option<EditId>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct StorageTime {
    pub(crate) device: DeviceId,
    pub(crate) life: u32,
    pub(crate) at: Time,
}

impl Found {
    /// Notes an edit that was made on the first `versions` of its row, with the waiting edits
    /// applied. If `sure` is false, the device may have had more versions.
    pub(crate) fn made(&mut self, place: StorageTime, edit: &Edit, told: (&Row, usize), sure: bool) {
        let (row, versions) = told;
        let noted = self.books.get(&place.device).and_then(|book| book.get(&edit.row));
        let waits: Vec<&Noted> = noted.into_iter().flatten().filter(|noted| !noted.over).collect();
        if !sure || waits.iter().any(|noted| self.unseen.contains(&noted.id)) {
            self.unsure.insert(edit.id);
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
        self.note(place, edit.row, Noted { id: edit.id, update, over: false, columns, saw: saw.into() });
    }

    pub(crate) fn decided(
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

    fn split_off(&mut self, place: StorageTime, row: RowId) {
        let book = self.books.get(&place.device).and_then(|book| book.get(&row)).cloned();
        for noted in book.into_iter().flatten().filter(|noted| !noted.over) {
            self.note(place, row, Noted { over: true, ..noted });
        }
    }

    /// The engine sends the edits in `with` as a part of this edit. The edit is then based on the
    /// values that they found.
    pub(crate) fn squashed(&mut self, place: StorageTime, (id, row): (EditId, RowId), with: &[EditId]) {
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

    pub(crate) fn over(&mut self, place: StorageTime, (id, row): (EditId, RowId)) {
        if let Some(noted) = self.noted(place.device, (id, row)).filter(|noted| !noted.over) {
            let noted = Noted { over: true, ..noted.clone() };
            self.note(place, row, noted);
        }
    }

    /// The edit was dropped. Edits that found its values are now based on the values that it had
    /// found.
    pub(crate) fn given_up(&mut self, place: StorageTime, (id, row): (EditId, RowId)) {
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

    pub(crate) fn put_in(&mut self, device: DeviceId, lives: &Lives) {
        let mut book = Book::default();
        for line in &self.journal {
            if lives.has(device, (line.device, line.life, line.at)) {
                keep(&mut book, line.row, line.noted.clone());
            }
        }
        self.books.insert(device, book);
    }

    /// True if, after these versions, a column of the edit has a value that the edit neither found
    /// nor set.
    pub(crate) fn is_contested(&self, device: DeviceId, edit: &Edit, row: &Row, versions: usize) -> bool {
        let Some(noted) = self.noted(device, (edit.id, edit.row)).filter(|noted| noted.update) else {
            return true;
        };
        noted.columns.iter().any(|column| {
            let theirs = row.said(column.number, versions);
            theirs.is_none_or(|theirs| {
                let left = column.found.as_ref().is_some_and(|found| alike(found, theirs));
                !left && !alike(&column.ours, theirs)
            })
        })
    }

    /// True if the person found or saw this value in the column. For an unsure edit, a value in any
    /// earlier version is enough.
    pub(crate) fn knew(&self, edit: &Edit, row: &Row, (column, value): (usize, &Value)) -> bool {
        // After a restore, the storage may not have the note. Then the last note of any storage
        // counts.
        let noted = self.noted(edit.id.device, (edit.id, edit.row)).or_else(|| self.last(edit.id));
        let columns = noted.filter(|noted| noted.update).map(|noted| &noted.columns);
        let own = columns.and_then(|columns| columns.iter().find(|own| own.number == column));
        let found = own.map_or_else(|| row.said(column, edit.made_on), |own| own.found.as_ref());
        let mut saw = noted.into_iter().flat_map(|noted| noted.saw.iter());
        found.is_some_and(|found| alike(found, value))
            || self.is_unsure(edit.id) && row.ever_said(column, 0..edit.made_on + 1, value)
            || saw.any(|(of, saw)| *of == column && alike(saw, value))
    }

    pub(crate) fn is_unsure(&self, id: EditId) -> bool {
        self.unsure.contains(&id)
    }
    pub(crate) fn knows(&self, device: DeviceId, (id, row): (EditId, RowId)) -> bool {
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

fn keep(book: &mut Book, row: RowId, noted: Noted) {
    let of_row = book.entry(row).or_default();
    match of_row.iter_mut().rfind(|other| other.id == noted.id) {
        Some(other) => *other = noted,
        None => of_row.push(noted),
    }
}
