//! Every version that the backend committed since the start.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::base::{DeviceId, EntityId, Key, Span, Stamp, Time, Value};
use crate::contract::{Author, CommitKind, Schema};
use crate::oracle::model::truth::{RowHash, Truth, place};

pub(in crate::oracle) type RowId = u32;

/// Longer than any clock skew in a world.
const LONG_BEFORE: Span = Span::secs(20 * 365 * 86_400);

#[derive(Clone, Debug)]
pub(in crate::oracle) struct Version {
    pub(in crate::oracle) stamp: Stamp,
    pub(in crate::oracle) at: Time,
    pub(in crate::oracle) author: Author,
    pub(in crate::oracle) gone: bool,
    pub(in crate::oracle) place: Option<Box<[Value]>>,
    pub(in crate::oracle) content: u64,
    /// The backend's columns that it changed, one bit each; columns from 63 on share the last bit.
    pub(in crate::oracle) changed: u64,
    /// The values of those columns before; `None` if there was no row.
    replaced: Option<Box<[(usize, Value)]>>,
    pub(in crate::oracle) undone: Option<Time>,
}

#[derive(Debug)]
pub(in crate::oracle) struct Row {
    pub(in crate::oracle) entity: EntityId,
    pub(in crate::oracle) key: Key,
    /// The row's place at the start; `None` if it had none or did not exist.
    pub(in crate::oracle) first_place: Option<Box<[Value]>>,
    pub(in crate::oracle) versions: Vec<Version>,
    pub(in crate::oracle) values: Option<Vec<Value>>,
}

pub(in crate::oracle) struct History {
    schema: Arc<Schema>,
    initial: Rc<dyn Truth>,
    index: Vec<FxHashMap<Key, RowId>>,
    rows: Vec<Row>,
    hash: RowHash,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::oracle) struct Commit<'a> {
    pub(in crate::oracle) at: Time,
    pub(in crate::oracle) stamp: Stamp,
    pub(in crate::oracle) kind: CommitKind,
    pub(in crate::oracle) values: &'a [Value],
    pub(in crate::oracle) author: Author,
}

impl History {
    pub(in crate::oracle) fn new(schema: Arc<Schema>, initial: Rc<dyn Truth>) -> History {
        History {
            index: schema.entities.iter().map(|_| FxHashMap::default()).collect(),
            rows: Vec::new(),
            hash: RowHash::default(),
            schema,
            initial,
        }
    }
    pub(in crate::oracle) fn find(&self, entity: EntityId, key: &str) -> Option<RowId> {
        self.index[usize::from(entity.0)].get(key).copied()
    }
    pub(in crate::oracle) fn row(&self, id: RowId) -> &Row {
        &self.rows[id as usize]
    }
    pub(in crate::oracle) fn rows(&self) -> impl Iterator<Item = (RowId, &Row)> {
        self.rows.iter().enumerate().map(|(id, row)| (id as RowId, row))
    }

    /// The id of the row with this key. A new row is initialised from the initial content.
    pub(in crate::oracle) fn remember(&mut self, entity: EntityId, key: &str) -> RowId {
        if let Some(id) = self.find(entity, key) {
            return id;
        }
        let id = RowId::try_from(self.rows.len()).expect("fewer than 2^32 rows are touched");
        let key = Key::new(key);
        let values = self.initial.row(entity, key.as_str()).map(|(_, values)| values);
        let first_place = values.as_ref().and_then(|v| place(self.schema.entity(entity), v));
        self.index[usize::from(entity.0)].insert(key.clone(), id);
        self.rows.push(Row { entity, key, first_place, versions: Vec::new(), values });
        id
    }

    /// The row at the start with its stamp; `None` if it did not exist.
    pub(in crate::oracle) fn at_the_start(&self, entity: EntityId, key: &str) -> Option<(Stamp, Vec<Value>)> {
        self.initial.row(entity, key)
    }
    pub(in crate::oracle) fn first(&self, entity: EntityId, key: &str) -> Option<(Stamp, u64)> {
        let (stamp, values) = self.initial.row(entity, key)?;
        Some((stamp, RowHash::default().projected(self.schema.entity(entity), &values)))
    }

    /// The stamp and content of the row at the start, if `versions` is 0.
    pub(in crate::oracle) fn first_of(&self, row: &Row, versions: usize) -> Option<(Stamp, u64)> {
        if versions == 0 { self.first(row.entity, row.key.as_str()) } else { None }
    }

    pub(in crate::oracle) fn commit(&mut self, id: RowId, commit: Commit<'_>) -> Option<Vec<Value>> {
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
        // Most changed rows change once, and a vector would grow to four elements at first.
        row.versions.reserve_exact(usize::from(row.versions.is_empty()));
        row.versions.push(Version {
            stamp,
            at,
            author,
            gone,
            place,
            content,
            changed,
            replaced,
            undone: None,
        });
        let after = (!gone).then(|| commit.values.to_vec());
        std::mem::replace(&mut row.values, after)
    }

    /// The version with this stamp is visible only from `until` on; nobody is behind before that.
    pub(in crate::oracle) fn delay(&mut self, id: RowId, stamp: Stamp, until: Time) {
        let versions = &mut self.rows[id as usize].versions;
        if let Some(version) = versions.iter_mut().rfind(|version| version.stamp == stamp) {
            version.at = version.at.max(until);
        }
    }
    pub(in crate::oracle) fn go_back(&mut self, to: Time, now: Time) {
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
    /// Whether another author than this device committed a version after the first `versions`.
    pub(in crate::oracle) fn changed_beside(&self, versions: usize, device: DeviceId) -> bool {
        self.beside(versions..self.versions.len(), device).next().is_some()
    }
    /// The columns that others than this device changed in these versions, one bit each.
    pub(in crate::oracle) fn changed_by_others(&self, versions: Range<usize>, device: DeviceId) -> u64 {
        self.beside(versions, device).fold(0, |bits, version| bits | version.changed)
    }
    fn beside(&self, versions: Range<usize>, device: DeviceId) -> impl Iterator<Item = &Version> {
        let of = self.versions.get(versions).unwrap_or_default().iter();
        of.filter(move |it| !matches!(it.author, Author::Device(by) if by.device == device))
    }
    /// The value of a column after the first `versions`; `None` if there was no row then.
    pub(in crate::oracle) fn said(&self, column: usize, versions: usize) -> Option<&Value> {
        for version in self.versions.get(versions..).unwrap_or_default() {
            let replaced = version.replaced.as_deref()?;
            if let Some((_, value)) = replaced.iter().find(|(of, _)| *of == column) {
                return Some(value);
            }
        }
        self.values.as_ref()?.get(column)
    }
    /// How many versions a device with this stamp has, 0 for those from before the start. If no
    /// version has the stamp (coarse clocks), the latest earlier one counts.
    pub(in crate::oracle) fn held_with(&self, stamp: Stamp) -> usize {
        let exact = self.versions.iter().rposition(|v| v.stamp == stamp);
        let found = exact.or_else(|| self.versions.iter().rposition(|v| v.stamp < stamp));
        found.map_or(0, |position| position + 1)
    }
    /// The number of versions up to the last one with this content; 0 if only the content at the
    /// start, `first`, equals it.
    pub(in crate::oracle) fn reads_as(&self, content: u64, first: Option<u64>) -> Option<usize> {
        let like = self.versions.iter().rposition(|version| !version.gone && version.content == content);
        like.map(|at| at + 1).or((first == Some(content)).then_some(0))
    }
    /// Whether a stamp is so far before all versions that no clock skew explains it.
    pub(in crate::oracle) fn predates(&self, stamp: Stamp) -> bool {
        let first = self.versions.iter().map(|version| version.stamp).min();
        first.is_some_and(|first| stamp.plus(LONG_BEFORE) < first)
    }
    /// Whether a device at `place` with the first `held` versions has the row.
    pub(in crate::oracle) fn has(&self, held: usize, place: &[Value]) -> bool {
        match held.checked_sub(1) {
            None => self.first_place.as_deref() == Some(place),
            Some(last) => self.versions[last].belongs(place),
        }
    }
}

impl Version {
    pub(in crate::oracle) fn belongs(&self, place: &[Value]) -> bool {
        !self.gone && self.place.as_deref() == Some(place)
    }
}

pub(in crate::oracle) fn bit(column: usize) -> u64 {
    1 << column.min(63)
}
