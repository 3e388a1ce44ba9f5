//! Every version of a row that the backend committed since the start.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Time, Value};
use crate::contract::{Author, CommitKind, CutOrder, Schema, ScopeRule};
use crate::oracle::model::{RowHash, Truth, alike, place};

/// A callback for a row, with its places before and after. The place decides which devices see the
/// row.
pub(crate) type OnMove<'f> = dyn FnMut(EntityId, &Key, [Option<&[Value]>; 2]) + 'f;

pub(crate) type RowId = u32;

/// No device's clock is off by this much.
const LONG_BEFORE: Span = Span::secs(20 * 365 * 86_400);

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) stamp: Stamp,
    pub(crate) at: Time,
    pub(crate) author: Author,
    pub(crate) gone: bool,
    pub(crate) place: Option<Box<[Value]>>,
    pub(crate) content: u64,
    /// The backend's columns that changed, 1 bit each. Columns from 63 on share the last bit.
    pub(crate) changed: u64,
    /// The values of the changed columns before; `None` if the row did not exist.
    replaced: Option<Box<[(usize, Value)]>>,
    pub(crate) undone: Option<Time>,
}

#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) entity: EntityId,
    pub(crate) key: Key,
    /// The row's place at the start, which decides which devices see it. `None`: no device, or no
    /// row.
    pub(crate) first_place: Option<Box<[Value]>>,
    pub(crate) versions: Vec<Version>,
    pub(crate) values: Option<Vec<Value>>,
}

pub(crate) struct History {
    /// The schema of the current day. The time windows of scopes may move each day.
    pub(crate) schema: Arc<Schema>,
    first_schema: Arc<Schema>,
    /// The rows at the start.
    pub(crate) initial: Rc<dyn Truth>,
    index: Vec<FxHashMap<Key, RowId>>,
    rows: Vec<Row>,
    hash: RowHash,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Commit<'a> {
    pub(crate) at: Time,
    pub(crate) stamp: Stamp,
    pub(crate) kind: CommitKind,
    pub(crate) values: &'a [Value],
    pub(crate) author: Author,
}

impl History {
    pub(crate) fn new(schema: Arc<Schema>, initial: Rc<dyn Truth>) -> History {
        let mut history = History {
            index: schema.entities.iter().map(|_| FxHashMap::default()).collect(),
            rows: Vec::new(),
            hash: RowHash::default(),
            first_schema: Arc::clone(&schema),
            schema,
            initial,
        };
        for id in history.first_schema.clone().ids() {
            history.cut_again(id, None, &mut |_, _, _| {});
        }
        history
    }
    pub(crate) fn find(&self, entity: EntityId, key: &str) -> Option<RowId> {
        self.index[usize::from(entity.0)].get(key).copied()
    }
    pub(crate) fn row(&self, id: RowId) -> &Row {
        &self.rows[id as usize]
    }
    pub(crate) fn rows(&self) -> impl Iterator<Item = (RowId, &Row)> {
        self.rows.iter().enumerate().map(|(id, row)| (id as RowId, row))
    }

    /// A new day begins, and the time windows of scopes move. Calls `f` with each row that changed
    /// its place, and the places before and after.
    pub(crate) fn begin_day(&mut self, day: u32, f: &mut OnMove<'_>) {
        let before = Arc::clone(&self.schema);
        self.schema = Arc::new(self.first_schema.on_day(day).cut_as(&before));
        for moving in &self.first_schema.clone().moving_windows {
            self.place_again(&before, moving.entity, None, f);
        }
    }

    /// True if the scope of an entity is a cut (the first or last N rows by a column). Then a write
    /// of one row can move other rows into or out of the scope.
    pub(crate) fn is_cut(&self, id: EntityId) -> bool {
        self.first_schema.cuts().any(|(of, ..)| of == id)
    }
    /// Moves the cuts of an entity's scope after a row was written. Calls `f` with each other row
    /// that changed its place.
    pub(crate) fn cut_again(&mut self, id: EntityId, written: Option<RowId>, f: &mut OnMove<'_>) {
        let before = Arc::clone(&self.schema);
        for (of, rule, cut) in before.cuts().filter(|(of, ..)| *of == id) {
            let ScopeRule::Cut { column, count, order, bound } = cut else { continue };
            let mut values = Vec::new();
            self.for_each_live(of, &mut |_, row| values.extend(number(&row[*column])));
            let now = nth(values, *count, *order);
            if now != *bound {
                self.schema = Arc::new(self.schema.cut_at(of, rule, now));
            }
        }
        if !Arc::ptr_eq(&before, &self.schema) {
            self.place_again(&before, id, written, f);
        }
    }

    fn place_again(&mut self, before: &Schema, id: EntityId, written: Option<RowId>, f: &mut OnMove<'_>) {
        let after = Arc::clone(&self.schema);
        let [old, new] = [before.entity(id), after.entity(id)];
        self.initial.for_each(id, &mut |key, _, values| {
            let [was, is] = [place(old, values), place(new, values)];
            if was != is && self.find(id, key.as_str()).is_none() {
                f(id, key, [was.as_deref(), is.as_deref()]);
            }
        });
        for (of, row) in self.rows.iter_mut().enumerate().filter(|(_, row)| row.entity == id) {
            let Some(values) = &row.values else { continue };
            let is = place(new, values);
            let here = row.versions.last_mut().map_or(&mut row.first_place, |last| &mut last.place);
            if *here != is {
                if written != Some(of as RowId) {
                    f(id, &row.key, [here.as_deref(), is.as_deref()]);
                }
                *here = is;
            }
        }
    }

    /// Calls `f` with each row that exists now, and its values.
    pub(crate) fn for_each_live(&self, entity: EntityId, f: &mut dyn FnMut(&Key, &[Value])) {
        self.initial.for_each(entity, &mut |key, _, values| {
            if self.find(entity, key.as_str()).is_none() {
                f(key, values);
            }
        });
        for (_, row) in self.rows().filter(|(_, row)| row.entity == entity) {
            row.values.iter().for_each(|values| f(&row.key, values));
        }
    }

    /// The id of the row with this key. A new entry starts with the values at the start of the run.
    pub(crate) fn remember(&mut self, entity: EntityId, key: &str) -> RowId {
        if let Some(id) = self.find(entity, key) {
            return id;
        }
        let id = RowId::try_from(self.rows.len()).expect("fewer than 2^32 rows are touched");
        let key = Key::new(key);
        let values = self.initial.row(entity, &key).map(|(_, values)| values);
        let first_place = values.as_ref().and_then(|v| place(self.schema.entity(entity), v));
        self.index[usize::from(entity.0)].insert(key.clone(), id);
        self.rows.push(Row { entity, key, first_place, versions: Vec::new(), values });
        id
    }

    pub(crate) fn first(&self, entity: EntityId, key: &str) -> Option<(Stamp, u64)> {
        let (stamp, values) = self.initial.row(entity, key)?;
        Some((stamp, RowHash::default().projected(self.schema.entity(entity), &values)))
    }

    /// The stamp and content of the row at the start of the run, if `versions` is 0; else `None`.
    pub(crate) fn first_of(&self, row: &Row, versions: usize) -> Option<(Stamp, u64)> {
        if versions == 0 { self.first(row.entity, &row.key) } else { None }
    }

    pub(crate) fn commit(&mut self, id: RowId, commit: Commit<'_>) -> Option<Vec<Value>> {
        let schema = Arc::clone(&self.schema);
        let row = &mut self.rows[id as usize];
        let entity = schema.entity(row.entity);
        let gone = commit.kind == CommitKind::Delete;
        let replaced = row.values.as_deref().map(|before| {
            let differs = |column: usize| gone || before[column] != commit.values[column];
            let columns = before.iter().enumerate().filter(|(column, _)| differs(*column));
            columns.map(|(column, value)| (column, value.clone())).collect::<Box<[_]>>()
        });
        let changed = match &replaced {
            Some(replaced) if !gone => replaced.iter().fold(0, |bits, (column, _)| bits | bit(*column)),
            _ => u64::MAX,
        };
        let content = self.hash.projected(entity, commit.values);
        let place = place(entity, commit.values);
        let Commit { at, stamp, author, .. } = commit;
        let version = Version { stamp, at, author, gone, place, content, changed, replaced, undone: None };
        // Most changed rows change only once. Without this call, the vector would reserve 4
        // elements.
        row.versions.reserve_exact(usize::from(row.versions.is_empty()));
        row.versions.push(version);
        let after = (!gone).then(|| commit.values.to_vec());
        std::mem::replace(&mut row.values, after)
    }

    /// Readers can see the version with this stamp only from `until` on. Devices are not behind
    /// before that.
    pub(crate) fn delay(&mut self, id: RowId, stamp: Stamp, until: Time) {
        let versions = &mut self.rows[id as usize].versions;
        if let Some(version) = versions.iter_mut().rfind(|version| version.stamp == stamp) {
            version.at = version.at.max(until);
        }
    }
    pub(crate) fn go_back(&mut self, to: Time, now: Time) {
        for version in self.rows.iter_mut().flat_map(|row| &mut row.versions) {
            if version.at >= to {
                version.undone.get_or_insert(now);
            } else if version.undone.is_some_and(|undone| undone >= to) {
                version.undone = None;
            }
        }
    }
}

impl Row {
    /// The versions in this range that were not committed for this device.
    pub(crate) fn beside(&self, versions: Range<usize>, device: DeviceId) -> impl Iterator<Item = &Version> {
        let of = self.versions.get(versions).unwrap_or_default().iter();
        of.filter(move |it| !matches!(it.author, Author::Device(by) if by.device == device))
    }
    /// The value of a column after the first `versions`; `None` if the row did not exist then.
    pub(crate) fn said(&self, column: usize, versions: usize) -> Option<&Value> {
        for version in self.versions.get(versions..).unwrap_or_default() {
            let replaced = version.replaced.as_deref()?;
            if let Some((_, value)) = replaced.iter().find(|(of, _)| *of == column) {
                return Some(value);
            }
        }
        self.values.as_ref()?.get(column)
    }
    /// True if a column had this value after the first `versions`.
    pub(crate) fn says(&self, column: usize, versions: usize, value: &Value) -> bool {
        self.said(column, versions).is_some_and(|said| alike(said, value))
    }
    /// True if a column had this value after any of these numbers of versions.
    pub(crate) fn ever_said(&self, column: usize, mut counts: Range<usize>, value: &Value) -> bool {
        counts.any(|versions| self.says(column, versions, value))
    }
    /// How many versions a device has if its row has this stamp; 0 for a row from before the start.
    /// Clocks are coarse, so a stamp may be of no version: then the last version with an earlier
    /// stamp counts.
    pub(crate) fn held_with(&self, stamp: Stamp) -> usize {
        let exact = self.versions.iter().rposition(|v| v.stamp == stamp);
        let found = exact.or_else(|| self.versions.iter().rposition(|v| v.stamp < stamp));
        found.map_or(0, |position| position + 1)
    }
    /// How many versions a device has if its row has this content: the last version with this
    /// content counts. 0 if only the content at the start, `first`, is equal. `None` if no content
    /// is equal.
    pub(crate) fn reads_as(&self, content: u64, first: Option<u64>) -> Option<usize> {
        let like = self.versions.iter().rposition(|version| !version.gone && version.content == content);
        like.map(|at| at + 1).or((first == Some(content)).then_some(0))
    }
    /// True if the stamp is so much earlier than all versions that no clock skew explains it.
    pub(crate) fn predates(&self, stamp: Stamp) -> bool {
        let first = self.versions.iter().map(|version| version.stamp).min();
        first.is_some_and(|first| stamp.plus(LONG_BEFORE) < first)
    }
    /// The place of the row before and after its last version.
    pub(crate) fn last_places(&self) -> [Option<&[Value]>; 2] {
        let first = self.first_place.as_deref();
        match &self.versions[..] {
            [.., before, last] => [before, last].map(Version::live_place),
            [only] => [first, only.live_place()],
            [] => [first; 2],
        }
    }
    /// True if a device must show the row: its scope is `place`, and it has the first `held`
    /// versions.
    pub(crate) fn has(&self, held: usize, place: &[Value]) -> bool {
        match held.checked_sub(1) {
            None => self.first_place.as_deref() == Some(place),
            Some(last) => self.versions[last].belongs(place),
        }
    }
}

impl Version {
    fn live_place(&self) -> Option<&[Value]> {
        self.place.as_deref().filter(|_| !self.gone)
    }
    pub(crate) fn belongs(&self, place: &[Value]) -> bool {
        !self.gone && self.place.as_deref() == Some(place)
    }
}

fn number(value: &Value) -> Option<i64> {
    if let Value::Int(number) = value { Some(*number) } else { None }
}

/// The value of the last row inside a cut. If there are fewer rows, the bound that contains all
/// rows.
fn nth(mut values: Vec<i64>, count: u32, order: CutOrder) -> i64 {
    values.sort_unstable();
    if order == CutOrder::Greatest {
        values.reverse();
    }
    values.get(count.max(1) as usize - 1).copied().unwrap_or(order.whole())
}

/// True if a person or a system wrote the version: the office, an import, or an edit for which
/// `counts` is true.
pub(crate) fn is_written(author: Author, counts: impl FnOnce(EditId) -> bool) -> bool {
    match author {
        Author::Device(by) => counts(by),
        Author::Office | Author::Import => true,
        Author::Derived | Author::Backup | Author::Upload(_) => false,
    }
}

pub(crate) fn bit(column: usize) -> u64 {
    1 << column.min(63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Column, ColumnKind, Entity};

    const VISIT: EntityId = EntityId(0);

    struct Days(&'static [(&'static str, i64)]);

    impl Truth for Days {
        fn row(&self, _: EntityId, key: &str) -> Option<(Stamp, Vec<Value>)> {
            let (_, day) = self.0.iter().find(|(of, _)| *of == key)?;
            Some((Stamp(1), vec![Value::Int(*day)]))
        }
        fn for_each(&self, _: EntityId, f: &mut dyn FnMut(&Key, Stamp, &[Value])) {
            self.0.iter().for_each(|(key, day)| f(&Key::new(key), Stamp(1), &[Value::Int(*day)]));
        }
    }

    #[test]
    fn a_write_moves_the_others_over_a_cut_and_no_further() {
        let mut visit = Entity::new("visit", vec![Column::new("day", ColumnKind::Int)]);
        let order = CutOrder::Greatest;
        visit.scope = vec![ScopeRule::Cut { column: 0, count: 2, order, bound: order.whole() }];
        let schema = Arc::new(Schema { entities: vec![visit], ..Schema::default() });
        let mut history = History::new(schema, Rc::new(Days(&[("a", 1), ("b", 2), ("c", 3)])));
        let mut write = |key: &str, kind, day| {
            let (id, values) = (history.remember(VISIT, key), [Value::Int(day)]);
            let (at, stamp, author) = (Time(1), Stamp(2), Author::Office);
            history.commit(id, Commit { at, stamp, kind, values: &values, author });
            let mut moved = Vec::new();
            history.cut_again(VISIT, Some(id), &mut |_, key, [from, to]| {
                moved.push((key.as_str().to_owned(), from.is_some(), to.is_some()));
            });
            moved
        };
        let comes = |key: &str| (key.to_owned(), false, true);
        let goes = |key: &str| (key.to_owned(), true, false);
        assert_eq!(write("c", CommitKind::Delete, 3), [comes("a")]);
        assert_eq!(write("d", CommitKind::Insert, 4), [goes("a")]);
        assert_eq!(write("d", CommitKind::Update, 5), []);
        assert_eq!(write("b", CommitKind::Update, 0), [comes("a")], "its own leave is a write");
    }
}
