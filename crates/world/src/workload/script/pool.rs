//! Finds the rows that an author may edit.

use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::base::{EntityId, Stream, Value};
use crate::contract::{Delivery, ScopeRule};
use crate::workload::Dataset;

/// The number of a circle: people who hold the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Circle(usize);

pub(super) const OFFICE: Circle = Circle(0);
/// The circle of all devices. It is used for entities whose rows are the same on all devices.
const ANY_DEVICE: Circle = Circle(1);

/// Sorted pairs of (timestamp, row). The timestamp is 0 if the caller names no column.
type Pool = Rc<[(i64, u32)]>;

/// The rows that exist at the start, grouped by the circle that may edit them.
pub(super) struct Pools<'a> {
    dataset: &'a Dataset,
    circles: Vec<Members>,
    numbers: BTreeMap<String, Circle>,
    pools: FxHashMap<(Circle, EntityId, Option<usize>), Pool>,
    /// For an entity that is fetched with a record: sorted pairs of (record's row, detail's row).
    details: FxHashMap<EntityId, Rc<[(u32, u32)]>>,
}

struct Members {
    /// The value of each attribute; `None`: any value.
    attributes: Vec<Option<Value>>,
    on_device: bool,
}

/// A range of timestamps in a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    pub(super) column: usize,
    pub(super) from: i64,
    pub(super) until: i64,
}

impl<'a> Pools<'a> {
    pub(super) fn new(dataset: &'a Dataset) -> Pools<'a> {
        let none = |on_device| Members { attributes: Vec::new(), on_device };
        Pools {
            dataset,
            circles: vec![none(false), none(true)],
            numbers: BTreeMap::new(),
            pools: FxHashMap::default(),
            details: FxHashMap::default(),
        }
    }

    pub(super) fn devices(&mut self, attributes: &[Value]) -> Circle {
        let circles = &mut self.circles;
        *self.numbers.entry(format!("{attributes:?}")).or_insert_with(|| {
            let attributes = attributes.iter().cloned().map(Some).collect();
            circles.push(Members { attributes, on_device: true });
            Circle(circles.len() - 1)
        })
    }
    pub(super) fn having(&mut self, attribute: usize, value: Value) -> Circle {
        let mut attributes = vec![None; attribute];
        attributes.push(Some(value));
        self.circles.push(Members { attributes, on_device: false });
        Circle(self.circles.len() - 1)
    }
    pub(super) fn attribute(&self, circle: Circle, attribute: usize) -> Option<&Value> {
        self.circles[circle.0].attributes.get(attribute)?.as_ref()
    }

    /// Picks a row whose timestamp is in `near` (and returns `true`). If there is none, picks any
    /// row of the circle (`false`).
    pub(super) fn pick(
        &mut self,
        stream: &mut Stream,
        circle: Circle,
        entity: EntityId,
        near: Option<Near>,
        accept: impl Fn(u32) -> bool,
    ) -> Option<(u32, bool)> {
        let pool = self.pool(circle, entity, near.map(|n| n.column));
        let close = near.map(|near| {
            let from = pool.partition_point(|(moment, _)| *moment < near.from);
            &pool[from..from + pool[from..].partition_point(|(moment, _)| *moment <= near.until)]
        });
        let close = close.and_then(|close| one_of(stream, close, &accept)).map(|row| (row, true));
        close.or_else(|| one_of(stream, &pool, &accept).map(|row| (row, false)))
    }

    fn pool(&mut self, circle: Circle, entity: EntityId, moment: Option<usize>) -> Pool {
        let alike = self.dataset.attribute_columns(entity).is_empty()
            && !matches!(self.dataset.entity(entity).delivery, Delivery::OnOpen { .. });
        let circle = match (alike, self.circles[circle.0].on_device) {
            (true, true) => ANY_DEVICE,
            (true, false) => OFFICE,
            (false, _) => circle,
        };
        if let Some(pool) = self.pools.get(&(circle, entity, moment)) {
            return pool.clone();
        }
        let pool: Pool = match moment {
            None => self.rows(circle, entity).into_iter().map(|row| (0, row)).collect(),
            Some(column) => {
                let moment = |row: u32| match self.dataset.value(entity, u64::from(row), column) {
                    Value::Int(moment) => moment,
                    _ => 0,
                };
                let rows = self.pool(circle, entity, None);
                let mut rows: Vec<(i64, u32)> = rows.iter().map(|(_, row)| (moment(*row), *row)).collect();
                rows.sort_unstable();
                rows.into()
            }
        };
        self.pools.insert((circle, entity, moment), pool.clone());
        pool
    }

    fn rows(&mut self, circle: Circle, entity: EntityId) -> Vec<u32> {
        let delivery = self.dataset.entity(entity).delivery;
        if let Delivery::OnOpen { by } = delivery
            && self.circles[circle.0].on_device
        {
            return self.details_in(circle, entity, by);
        }
        // A device holds a row of such an entity only if it created the row.
        if delivery == Delivery::UploadOnly && self.circles[circle.0].on_device {
            return Vec::new();
        }
        let columns = self.dataset.attribute_columns(entity);
        let wanted = |(column, attribute): &(usize, usize)| {
            Some((*column, self.attribute(circle, *attribute)?)).filter(|_| circle != OFFICE)
        };
        let wanted: Vec<(usize, &Value)> = columns.iter().filter_map(wanted).collect();
        let windows = self.circles[circle.0].on_device && delivery == Delivery::Delta;
        let fits = |row: &u32| {
            let value = |column| self.dataset.value(entity, u64::from(*row), column);
            wanted.iter().skip(1).all(|(column, wanted)| value(*column) == **wanted)
                && (!windows || self.in_windows(entity, *row))
        };
        let live = self.dataset.live(entity) as u32;
        match wanted.first() {
            Some((column, value)) => {
                let rows = self.dataset.having(entity, *column, value);
                rows.iter().copied().filter(|row| *row < live).filter(fits).collect()
            }
            None => (0..live).filter(fits).collect(),
        }
    }

    fn in_windows(&self, entity: EntityId, row: u32) -> bool {
        let value = |rule: &ScopeRule| self.dataset.value(entity, u64::from(row), rule.column());
        let scope = &self.dataset.entity(entity).scope;
        scope.iter().all(|rule| rule.attribute().is_some() || rule.is_met(&value(rule), &[]))
    }

    /// The details of the records that the circle's devices hold.
    fn details_in(&mut self, circle: Circle, entity: EntityId, by: usize) -> Vec<u32> {
        let dataset = self.dataset;
        let Some(opened) = dataset.refers_to(entity, by) else { return Vec::new() };
        let details = self.details.entry(entity).or_insert_with(|| {
            let pair = |row| Some((dataset.target(entity, row, by)? as u32, row as u32));
            let mut pairs: Vec<(u32, u32)> = (0..dataset.live(entity)).filter_map(pair).collect();
            pairs.sort_unstable();
            pairs.into()
        });
        let details = details.clone();
        let mut rows = Vec::new();
        for (_, record) in self.pool(circle, opened, None).iter() {
            let from = details.partition_point(|(of, _)| of < record);
            rows.extend(details[from..].iter().take_while(|(of, _)| of == record).map(|(_, row)| *row));
        }
        rows
    }
}

/// A row that `accept` allows. It makes 16 random tries, then takes the first such row after a
/// random place.
fn one_of(stream: &mut Stream, rows: &[(i64, u32)], accept: impl Fn(u32) -> bool) -> Option<u32> {
    if rows.is_empty() {
        return None;
    }
    for _ in 0..16 {
        let row = stream.pick(rows).1;
        if accept(row) {
            return Some(row);
        }
    }
    let from = stream.below(rows.len() as u64) as usize;
    rows[from..].iter().chain(&rows[..from]).map(|(_, row)| *row).find(|row| accept(*row))
}
