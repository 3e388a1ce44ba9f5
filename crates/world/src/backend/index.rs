//! Indexes of live rows by some columns. The bytes of these columns are the key of the index.

use rustc_hash::FxHashMap;

use crate::base::{Span, Value};

/// A row's index in its table.
pub(super) type Slot = u32;

/// The live rows of a table by a tuple of columns. Rows with a null in the tuple are left out.
#[derive(Clone, Debug)]
pub(super) struct Index {
    parts: Vec<Part>,
    /// Slots in ascending order, which is the order in which the rows were created.
    groups: FxHashMap<Box<[u8]>, Vec<Slot>>,
    scratch: Vec<u8>,
}

impl Index {
    pub(super) fn new(parts: Vec<Part>) -> Index {
        Index { parts, groups: FxHashMap::default(), scratch: Vec::new() }
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(super) fn insert(&mut self, values: &[Value], slot: Slot) {
        self.scratch.clear();
        if !write_tuple(&self.parts, values, &mut self.scratch) {
            return;
        }
        match self.groups.get_mut(&*self.scratch) {
            Some(group) => {
                let at = group.partition_point(|&other| other < slot);
                group.insert(at, slot);
            }
            None => {
                self.groups.insert(self.scratch.as_slice().into(), vec![slot]);
            }
        }
    }

    pub(super) fn remove(&mut self, values: &[Value], slot: Slot) {
        self.scratch.clear();
        if !write_tuple(&self.parts, values, &mut self.scratch) {
            return;
        }
        let group = self.groups.get_mut(&*self.scratch).expect("what is removed was inserted");
        let at = group.binary_search(&slot).expect("what is removed was inserted");
        group.remove(at);
        if group.is_empty() {
            self.groups.remove(&*self.scratch);
        }
    }

    /// The rows that have this value in the index's only column.
    pub(super) fn of(&self, value: &Value) -> &[Slot] {
        self.like(&[Part::Whole(0)], std::slice::from_ref(value))
    }

    /// The rows equal to `values` in `parts`. `values` may belong to another entity.
    pub(super) fn like(&self, parts: &[Part], values: &[Value]) -> &[Slot] {
        let mut wanted = Vec::new();
        if !write_tuple(parts, values, &mut wanted) {
            return &[];
        }
        self.groups.get(&*wanted).map_or(&[], Vec::as_slice)
    }
}

const DAY: i64 = 86_400_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The value as it is.
    Whole(usize),
    /// The UTC day of a timestamp, after this offset was added.
    Day(usize, Span),
}

/// Appends the tuple to `out`. Returns `false` if a value is null, because null equals nothing.
/// Also returns `false` if a value for [`Part::Day`] is not a timestamp.
pub(super) fn write_tuple(parts: &[Part], values: &[Value], out: &mut Vec<u8>) -> bool {
    parts.iter().all(|part| match *part {
        Part::Whole(column) => {
            write_value(&values[column], out);
            values[column] != Value::Null
        }
        Part::Day(column, offset) => match values[column] {
            Value::Int(stamp) => {
                let shifted = stamp.saturating_add(offset.as_micros() as i64);
                write_value(&Value::Int(shifted.div_euclid(DAY)), out);
                true
            }
            _ => false,
        },
    })
}

/// Appends one value. Two values give the same bytes exactly if they are equal.
pub(super) fn write_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0),
        Value::Int(n) => {
            out.push(1);
            out.extend_from_slice(&n.to_le_bytes());
        }
        Value::Real(x) => {
            // Zero and minus zero are equal but have different bits.
            let x = if *x == 0.0 { 0.0 } else { *x };
            out.push(2);
            out.extend_from_slice(&x.to_bits().to_le_bytes());
        }
        Value::Text(text) => {
            out.push(3);
            out.extend_from_slice(&(text.len() as u64).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        Value::Fat(fat) => {
            out.push(4);
            out.extend_from_slice(&fat.seed.to_le_bytes());
            out.extend_from_slice(&fat.len.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tuple(parts: &[Part], values: &[Value]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        write_tuple(parts, values, &mut out).then_some(out)
    }

    #[test]
    fn tuples_are_alike_exactly_if_their_values_are() {
        let both = [Part::Whole(0), Part::Whole(1)];
        let of = |a: &str, b: &str| tuple(&both, &[Value::text(a), Value::text(b)]).unwrap();
        assert_eq!(of("ab", "c"), of("ab", "c"));
        assert_ne!(of("ab", "c"), of("a", "bc"));
        let one = |value| tuple(&[Part::Whole(0)], &[value]);
        assert_eq!(one(Value::Real(0.0)), one(Value::Real(-0.0)));
        assert_ne!(one(Value::Int(1)), one(Value::Real(1.0)));
        assert_eq!(one(Value::Null), None);
    }

    #[test]
    fn a_day_begins_where_the_offset_says() {
        let day = |stamp, offset| tuple(&[Part::Day(0, offset)], &[Value::Int(stamp)]);
        let two_hours = Span::secs(7_200);
        assert_eq!(day(0, Span::ZERO), day(DAY - 1, Span::ZERO));
        assert_ne!(day(0, Span::ZERO), day(-1, Span::ZERO));
        assert_eq!(day(DAY - 1, two_hours), day(DAY, two_hours));
        assert_eq!(tuple(&[Part::Day(0, Span::ZERO)], &[Value::text("today")]), None);
    }
}
