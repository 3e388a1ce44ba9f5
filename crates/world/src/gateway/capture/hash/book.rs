//! The rows of one entity that one reader holds, as far as the gateway knows.
//!
//! A sent row is [`Kept::Unsure`] until the cursor of its page comes back. A row that the reader
//! wrote itself is unsure too. An unsure row differs from everything, so the next comparison sends
//! it again. Otherwise, after a lost response, a row that changes back would stay wrong on the
//! reader.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::canonical::{self, Canonical};
use super::source::{Gap, Reading};
use crate::backend::{Change, Consumer};
use crate::base::{Key, Stamp, Time, UnitId, Value};
use crate::contract::Entity;
use crate::gateway::capture::seam::{Cursor, Effort, Take};
use crate::protocol::Part;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kept {
    /// The reader may hold any version of the row, or none.
    Unsure,
    /// The hash of the version that the reader holds.
    Hash(u128),
    /// The stamp and values of the reader's copy.
    Copy(Stamp, Box<[Value]>),
}

/// A row in the form for comparison: a hash, or the values that the reader gets.
#[derive(Clone, Copy, Debug)]
pub(super) enum Print<'v> {
    Hash(u128),
    Values(&'v [Value], &'v [usize]),
}

impl Kept {
    pub(super) fn of(stamp: Stamp, print: Print<'_>) -> Kept {
        match print {
            Print::Hash(hash) => Kept::Hash(hash),
            Print::Values(values, columns) => {
                Kept::Copy(stamp, columns.iter().map(|&c| values[c].clone()).collect())
            }
        }
    }

    fn says(&self, print: Print<'_>) -> bool {
        match (self, print) {
            (Kept::Hash(kept), Print::Hash(hash)) => *kept == hash,
            (Kept::Copy(_, kept), Print::Values(values, columns)) => {
                kept.iter().zip(columns).all(|(kept, &column)| reads_as(kept, &values[column]))
            }
            _ => false,
        }
    }

    /// The columns that differ from the copy, if they are shorter to send than the whole row.
    ///
    /// The reader may hold another version in spite of its cursor. The base stamp shows this, and
    /// the reader asks again with its old cursor. Then the row is unsure and is sent whole.
    fn part(&self, print: Print<'_>) -> Option<Part> {
        let (Kept::Copy(base, kept), Print::Values(values, columns)) = (self, print) else { return None };
        let (mut differs, mut spared) = (0, 0);
        for (place, (kept, &column)) in kept.iter().zip(columns).enumerate() {
            if reads_as(kept, &values[column]) {
                spared += canonical::size(std::slice::from_ref(kept));
            } else if place < 63 {
                differs |= 1 << place;
            } else {
                return None;
            }
        }
        (spared > PART).then_some(Part { base: *base, columns: differs })
    }

    fn bytes(&self) -> u64 {
        match self {
            Kept::Unsure => 0,
            Kept::Hash(_) => 16,
            Kept::Copy(_, values) => 8 + canonical::size(values),
        }
    }
}

/// Bytes on the wire for the names of the columns and the base of a partial row.
const PART: u64 = 24;

/// True if two values read the same. Generated texts are compared without being generated.
fn reads_as(a: &Value, b: &Value) -> bool {
    a == b || b.with_ref(|b| a.reads_as(b))
}

/// The values of a row that the reader gets, and the way to compare them.
pub(super) struct ComparedColumns<'e> {
    entity: &'e Entity,
    columns: Vec<usize>,
    /// True if the gateway keeps copies; false: hashes.
    copies: bool,
}

impl<'e> ComparedColumns<'e> {
    pub(super) fn new(entity: &'e Entity, who: Consumer, copies: bool) -> ComparedColumns<'e> {
        let columns = match who {
            Consumer::Replica | Consumer::Workers => (0..entity.columns.len()).collect(),
            Consumer::Device(_) | Consumer::Anybody => entity.projection.clone(),
        };
        ComparedColumns { entity, columns, copies }
    }

    /// Brings a row into the form for comparison. Adds the number of hashed bytes to `hashed`.
    pub(super) fn print<'v>(
        &'v self,
        values: &'v [Value],
        canonical: &mut Canonical,
        hashed: &mut u64,
    ) -> Print<'v> {
        if self.copies {
            return Print::Values(values, &self.columns);
        }
        let hash = canonical.hash(self.entity, &self.columns, values);
        *hashed += canonical.bytes();
        Print::Hash(hash)
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    by_key: BTreeMap<Key, Kept>,
    pub(super) bytes: u64,
}

impl Rows {
    pub(super) fn set(&mut self, key: &Key, kept: Option<Kept>) {
        self.bytes += kept.as_ref().map_or(0, |kept| key.as_str().len() as u64 + kept.bytes());
        let before = match kept {
            Some(kept) => self.by_key.insert(key.clone(), kept),
            None => self.by_key.remove(key),
        };
        self.bytes -= before.map_or(0, |kept| key.as_str().len() as u64 + kept.bytes());
    }

    fn mark_all_unsure(&mut self) {
        for kept in self.by_key.values_mut() {
            self.bytes -= kept.bytes();
            *kept = Kept::Unsure;
        }
    }
}

#[derive(Clone, Debug)]
struct Difference {
    key: Key,
    stamp: Stamp,
    values: Option<Box<[Value]>>,
    /// The columns that differ from the reader's copy; `None` if the copy is unknown.
    part: Option<Part>,
    /// The entry to keep once the reader has the row.
    kept: Option<Kept>,
    /// True if the reader wrote the row after the comparison: then do not send this difference.
    passed: bool,
}

/// Compares rows with those of a reader, in the order of keys.
pub(super) struct Comparison<'b> {
    lens: ComparedColumns<'b>,
    known: std::iter::Peekable<std::collections::btree_map::Iter<'b, Key, Kept>>,
    found: Vec<Difference>,
    head: Stamp,
}

impl<'b> Comparison<'b> {
    pub(super) fn new(lens: ComparedColumns<'b>, rows: &'b Rows, head: Stamp) -> Comparison<'b> {
        Comparison { lens, known: rows.by_key.iter().peekable(), found: Vec::new(), head }
    }

    /// Compares the next row. With `raw`: compares that hash, not the values.
    pub(super) fn see(
        &mut self,
        row: Change<'_>,
        raw: Option<u128>,
        (canonical, effort): (&mut Canonical, &mut Effort),
    ) {
        effort.handled += 1;
        self.pass(Some(row.key));
        let values = row.values.expect("all rows that are there have values");
        let print = raw.map_or_else(|| self.lens.print(values, canonical, &mut effort.hashed), Print::Hash);
        let known = self.known.next_if(|(key, _)| *key == row.key).map(|(_, kept)| kept);
        if known.is_none_or(|known| !known.says(print)) {
            let (values, part) = (Some(values.into()), known.and_then(|known| known.part(print)));
            let (key, kept) = (row.key.clone(), Some(Kept::of(row.stamp, print)));
            self.found.push(Difference { key, stamp: row.stamp, values, part, kept, passed: false });
        }
    }

    /// Records that the known rows before `until` are gone.
    fn pass(&mut self, until: Option<&Key>) {
        while let Some((key, _)) = self.known.next_if(|(key, _)| until.is_none_or(|until| *key < until)) {
            let (key, stamp) = (key.clone(), self.head);
            self.found.push(Difference { key, stamp, values: None, part: None, kept: None, passed: false });
        }
    }

    /// Ends the comparison. Known rows that did not come are gone, unless they lie in one of
    /// `gaps`. Leaves out the rows in `not`.
    pub(super) fn end(mut self, not: &BTreeSet<Key>, gaps: &[Gap]) -> List {
        self.pass(None);
        let unread =
            |found: &Difference| found.values.is_none() && gaps.iter().any(|gap| gap.holds(&found.key));
        self.found.retain(|found| !not.contains(&found.key) && !unread(found));
        List { found: self.found, served: 0, not: not.clone() }
    }
}

/// The rows touched since `since`, which the source may not show yet. Forgets the other rows,
/// because the source shows them.
pub(super) fn not_seen(touched: &mut BTreeMap<Key, Time>, since: Option<Time>) -> BTreeSet<Key> {
    touched.retain(|_, at| since.is_some_and(|since| *at >= since));
    touched.keys().cloned().collect()
}

#[derive(Clone, Debug)]
pub(super) struct List {
    found: Vec<Difference>,
    served: usize,
    not: BTreeSet<Key>,
}

impl List {
    pub(super) fn is_told(&self) -> bool {
        self.found[self.served..].iter().all(|found| found.passed)
    }

    /// Rows left out, because the reader may hold a later version.
    pub(super) fn withheld(&self) -> Vec<Key> {
        let passed = self.found.iter().filter(|found| found.passed).map(|found| found.key.clone());
        let all: BTreeSet<Key> = passed.chain(self.not.iter().cloned()).collect();
        all.into_iter().collect()
    }

    /// Sends these rows again and whole: the reader's versions are not known any more.
    fn take_back(&mut self, told: Range<usize>) {
        self.served = told.start;
        self.found[told].iter_mut().for_each(|found| found.part = None);
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) rows: Rows,
    /// The cursor of the last page that the reader has committed.
    confirmed: Option<Cursor>,
    /// The last page: (its cursor, the range of differences sent). The reader may not have it.
    sent: Option<(Cursor, Range<usize>)>,
    /// Rows that the reader wrote, with the time. Never send an older state of them.
    pub(super) touched: BTreeMap<Key, Time>,
    pull: Option<(UnitId, u64)>,
    /// The differences left to send. A killed gateway forgets them.
    pub(super) list: Option<List>,
    /// A reading that continues with the next request. A killed gateway forgets it too.
    pub(super) reading: Option<Reading>,
}

impl Book {
    pub(super) fn begun(at: Cursor) -> Book {
        Book { confirmed: Some(at), ..Book::default() }
    }

    /// Notes, by its cursor, the page that the reader has committed. Returns false if the cursor is
    /// unknown. If a page was lost and a comparison is expensive (`dear`), the differences found
    /// are sent again.
    pub(super) fn receive(&mut self, cursor: Option<Cursor>, pull: (UnitId, u64), dear: bool) -> bool {
        let known = self.committed(cursor, dear);
        // Differences found in an earlier pull are too old: this pull must send everything that was
        // committed before it began.
        if self.pull.replace(pull) != Some(pull) {
            self.forget();
        }
        known
    }

    fn committed(&mut self, cursor: Option<Cursor>, dear: bool) -> bool {
        let sent = self.sent.take();
        match (cursor, sent) {
            (None, _) => {
                // The book still knows the rows, so that the reader learns which of them are gone.
                self.rows.mark_all_unsure();
                self.confirmed = None;
                self.forget();
            }
            (Some(cursor), Some((page, told))) if cursor == page => {
                self.confirmed = Some(page);
                self.confirm(told);
            }
            // The last page did not arrive. A reading in progress has sent nothing, so it stays.
            (cursor, sent) if cursor == self.confirmed => match (&mut self.list, sent) {
                (Some(list), Some((_, told))) if dear => list.take_back(told),
                _ => self.list = None,
            },
            (_, sent) => {
                self.sent = sent;
                return false;
            }
        }
        true
    }

    fn confirm(&mut self, told: Range<usize>) {
        let Some(list) = &mut self.list else { return };
        for found in list.found[told].iter_mut().filter(|found| !found.passed) {
            self.rows.set(&found.key, found.kept.take());
        }
    }

    /// Sends differences until `limit` or until `take` breaks. Returns their range and number.
    pub(super) fn tell(&mut self, limit: usize, take: Take<'_>) -> (Range<usize>, u64) {
        let Some(list) = &mut self.list else { return (0..0, 0) };
        let (from, mut told) = (list.served, 0);
        for found in &list.found[from..] {
            if told == limit as u64 {
                break;
            }
            list.served += 1;
            if found.passed {
                continue;
            }
            told += 1;
            self.rows.set(&found.key, Some(Kept::Unsure));
            let values = found.values.as_deref();
            let change = Change { key: &found.key, stamp: found.stamp, values, is_new: false };
            if take(change, found.part).is_break() {
                break;
            }
        }
        (from..list.served, told)
    }

    /// The cursor after these differences; the old cursor if there are none.
    pub(super) fn answer(&mut self, told: Range<usize>, more: bool, next: impl FnOnce() -> u64) -> Cursor {
        if let (true, false, Some(confirmed)) = (told.is_empty(), more, self.confirmed) {
            return confirmed;
        }
        let cursor = Cursor::Page(next());
        self.sent = Some((cursor, told));
        cursor
    }

    /// Notes that the reader wrote the row, or got it in another way.
    ///
    /// For a while after `at` the source may still show an older state.
    pub(super) fn touch(&mut self, key: &Key, at: Time) {
        self.touched.insert(key.clone(), at);
        self.rows.set(key, Some(Kept::Unsure));
        if let Some(reading) = &mut self.reading {
            reading.touched.insert(key.clone());
        }
        let Some(list) = &mut self.list else { return };
        if let Ok(place) = list.found.binary_search_by(|found| found.key.cmp(key)) {
            list.found[place].passed = true;
        }
    }

    pub(super) fn expire(&mut self) {
        (self.confirmed, self.sent) = (None, None);
    }

    pub(super) fn forget(&mut self) {
        self.list = None;
        self.reading = None;
    }
}
