//! The rows that devices should hold at the end, and the comparison with the rows that they show.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::base::{EntityId, Key, Stamp, Value, ValueRef};
use crate::contract::{Copied, Delivery, DeviceView, Schema, SyncUnit};
use crate::oracle::model::{RowHash, Truth, place};

#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) key: Key,
    pub(crate) stamp: Stamp,
    pub(crate) content: u64,
}

/// Rows in key order, by the hash of their place. The place of a row (the values of its scope
/// columns) decides which devices may see it.
type ByPlace = FxHashMap<u64, Vec<Expected>>;

/// The backend's live rows, in key order, by place. Devices with equal attributes share a place.
pub(crate) struct Contents {
    by_entity: Vec<Option<ByPlace>>,
    pub(crate) hash: RowHash,
}

/// How a row on a device differs from the expected row. `None`: its content is right.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Difference<'a> {
    None { expected: &'a Expected, stamp: Stamp },
    Missing(&'a Expected),
    Differs { expected: &'a Expected, stamp: Stamp, content: u64, shown: &'a [ValueRef<'a>] },
    Extra { key: &'a str, stamp: Stamp, content: u64 },
    Twice { key: &'a str },
}

impl Difference<'_> {
    pub(crate) fn key(&self) -> &str {
        match self {
            Difference::None { expected, .. }
            | Difference::Missing(expected)
            | Difference::Differs { expected, .. } => expected.key.as_str(),
            Difference::Extra { key, .. } | Difference::Twice { key } => key,
        }
    }
}

pub(crate) fn compared(schema: &Schema, units: &[SyncUnit], id: EntityId) -> bool {
    schema.entity(id).delivery == Delivery::Delta && units.iter().any(|unit| unit.pull.contains(&id))
}

impl Contents {
    pub(crate) fn of(schema: &Schema, wanted: impl Fn(EntityId) -> bool, truth: &dyn Truth) -> Contents {
        let mut contents = Contents { by_entity: Vec::new(), hash: RowHash::default() };
        for id in schema.ids() {
            let rows = wanted(id).then(|| contents.read_entity(schema, id, truth));
            contents.by_entity.push(rows);
        }
        contents
    }

    /// True if the backend's current version has this stamp, but other content in these columns.
    pub(crate) fn differs(
        &mut self,
        truth: &dyn Truth,
        (entity, key): (EntityId, &str),
        (stamp, content): (Stamp, u64),
        columns: &[usize],
    ) -> bool {
        let present = truth.row(entity, key).filter(|(present, _)| *present == stamp);
        present.is_some_and(|(_, values)| {
            self.hash.own(columns.iter().map(|&column| &values[column])) != content
        })
    }

    fn read_entity(&mut self, schema: &Schema, id: EntityId, truth: &dyn Truth) -> ByPlace {
        let entity = schema.entity(id);
        let mut places = ByPlace::default();
        truth.for_each(id, &mut |key, stamp, values| {
            if let Some(place) = place(entity, values) {
                let place = self.hash.own(place.iter());
                let content = self.hash.projected(entity, values);
                places.entry(place).or_default().push(Expected { key: key.clone(), stamp, content });
            }
        });
        for rows in places.values_mut() {
            rows.sort_by(|a, b| a.key.cmp(&b.key));
            // New copies of the keys are adjacent in memory. Every device walks through them in
            // order, so this is faster.
            rows.iter_mut().for_each(|row| row.key = Key::new(row.key.as_str()));
        }
        places
    }

    /// Reports the difference of each row, in key order. Returns how many rows were compared.
    pub(crate) fn compare(
        &mut self,
        id: EntityId,
        place: &[Value],
        view: &dyn DeviceView,
        tell: &mut dyn FnMut(Difference<'_>),
    ) -> u64 {
        let place = self.hash.own(place.iter());
        let places = self.by_entity[usize::from(id.0)].as_ref();
        let whole = places.is_some();
        let mut expected =
            places.and_then(|p| p.get(&place)).map_or(&[][..], Vec::as_slice).iter().peekable();
        let mut last: Option<String> = None;
        let (hash, mut compared) = (&mut self.hash, 0);
        view.rows(id, &mut |key, stamp, values| {
            if last.as_deref().is_some_and(|last| last >= key) {
                tell(Difference::Twice { key });
                return;
            }
            let last = last.get_or_insert_default();
            last.clear();
            last.push_str(key);
            if !whole {
                return;
            }
            compared += 1;
            // The two sorted lists are merged, so each key is read only once: reads of keys are
            // slow.
            while let Some(next) = expected.peek().copied() {
                let order = next.key.as_str().cmp(key);
                match order {
                    Ordering::Less => tell(Difference::Missing(next)),
                    Ordering::Equal => {
                        let content = hash.shown(values);
                        tell(match content == next.content {
                            true => Difference::None { expected: next, stamp },
                            false => Difference::Differs { expected: next, stamp, content, shown: values },
                        });
                    }
                    Ordering::Greater => break,
                }
                expected.next();
                if order == Ordering::Equal {
                    return;
                }
            }
            tell(Difference::Extra { key, stamp, content: hash.shown(values) });
        });
        for missing in expected {
            compared += 1;
            tell(Difference::Missing(missing));
        }
        compared
    }
}

pub(crate) fn stale_copies(schema: &Schema, truth: &dyn Truth) -> u64 {
    let mut rows = 0;
    for entity in schema.ids() {
        let copies: Vec<&Copied> = schema.copies.iter().filter(|copied| copied.of == entity).collect();
        if copies.is_empty() {
            continue;
        }
        let differs = |copied: &Copied, values: &[Value]| {
            let Value::Text(key) = &values[copied.via] else { return false };
            let source = truth.row(copied.from, key);
            source.is_some_and(|(_, theirs)| theirs[copied.source] != values[copied.column])
        };
        truth.for_each(entity, &mut |_, _, values| {
            rows += u64::from(copies.iter().any(|copied| differs(copied, values)));
        });
    }
    rows
}
