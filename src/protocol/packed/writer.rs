//! Writes pages and packs them at their end.

use std::cell::Cell;

use super::super::answer::{Part, Projected};
use super::super::codec::PageWriter;
use super::super::coding::{BytesCount, Coding};
use crate::base::{EntityId, Stamp, Undone};

/// Below this, bytes, nothing is packed to see what it comes to.
const FIRST: u64 = 4_096;

pub(super) struct Writer {
    inner: Box<dyn PageWriter>,
    coding: Coding,
    /// Whether anybody will read it.
    kept: bool,
    /// What was last packed to see what it comes to: before and after.
    seen: Cell<(u64, u64)>,
}

impl Writer {
    pub(super) fn new(inner: Box<dyn PageWriter>, coding: Coding, kept: bool) -> Writer {
        Writer { inner, coding, kept, seen: Cell::new((FIRST, FIRST)) }
    }

    /// About what will be sent: what is there is packed each time that it has grown by half, and in
    /// between the rest is taken to pack as well as that.
    fn sent(&self) -> u64 {
        let plain = self.inner.bytes();
        let (mut before, mut after) = self.seen.get();
        if plain < FIRST {
            return plain;
        }
        if plain >= before + before / 2 {
            let written = self.inner.so_far();
            after = self.coding.packing.pack(written).map_or(plain, |packed| packed.len() as u64);
            before = plain;
            self.seen.set((before, after));
        }
        (u128::from(plain) * u128::from(after) / u128::from(before)) as u64
    }
}

impl PageWriter for Writer {
    fn begin_page(&mut self, entity: EntityId) {
        self.inner.begin_page(entity);
    }
    fn row(&mut self, key: &str, stamp: Stamp, values: Option<Projected<'_>>) {
        self.inner.row(key, stamp, values);
    }
    fn part(&mut self, part: Part, key: &str, stamp: Stamp, values: Projected<'_>) {
        self.inner.part(part, key, stamp, values);
    }
    fn kept_row(&mut self, key: &str, stamp: Stamp, cells: &[u8]) {
        self.inner.kept_row(key, stamp, cells);
    }
    fn undone(&mut self, undone: &[Undone]) {
        self.inner.undone(undone);
    }
    fn withheld(&mut self, key: &str) {
        self.inner.withheld(key);
    }
    fn unseen_from(&mut self, stamp: Stamp) {
        self.inner.unseen_from(stamp);
    }
    fn ids(&mut self, first: u64, count: u32) {
        self.inner.ids(first, count);
    }
    fn end_page(&mut self, cursor: &str, more: bool) {
        self.inner.end_page(cursor, more);
    }
    fn bytes(&self) -> u64 {
        match self.coding.counts {
            BytesCount::Plain => self.inner.bytes(),
            BytesCount::Sent => self.sent(),
        }
    }
    fn so_far(&self) -> &[u8] {
        self.inner.so_far()
    }
    fn finish(self: Box<Self>) -> Vec<u8> {
        let Writer { inner, coding, kept, .. } = *self;
        let plain = inner.finish();
        if !kept {
            return Vec::new();
        }
        coding.packing.pack(&plain).unwrap_or(plain)
    }
}
