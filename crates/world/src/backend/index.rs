//! Indexes of live rows by some of their columns.

use rustc_hash::FxHashMap;

use super::tuple::{self, Part};
use crate::base::Value;

/// A row's position in its table.
pub(super) type Slot = u32;

/// The live rows of a table by a tuple of columns, except rows with a null in it.
#[derive(Clone, Debug)]
pub(super) struct Index {
    parts: Vec<Part>,
    /// Slots in ascending order, which is the order of creation.
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
        if !tuple::write(&self.parts, values, &mut self.scratch) {
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
        if !tuple::write(&self.parts, values, &mut self.scratch) {
            return;
        }
        let group = self.groups.get_mut(&*self.scratch).expect("what is removed was inserted");
        let at = group.binary_search(&slot).expect("what is removed was inserted");
        group.remove(at);
        if group.is_empty() {
            self.groups.remove(&*self.scratch);
        }
    }

    /// The rows with this value in the index's only column.
    pub(super) fn of(&self, value: &Value) -> &[Slot] {
        self.like(&[Part::Whole(0)], std::slice::from_ref(value))
    }

    /// The rows equal in `parts` to `values`, which may belong to another entity.
    pub(super) fn like(&self, parts: &[Part], values: &[Value]) -> &[Slot] {
        let mut wanted = Vec::new();
        if !tuple::write(parts, values, &mut wanted) {
            return &[];
        }
        self.groups.get(&*wanted).map_or(&[], Vec::as_slice)
    }
}
