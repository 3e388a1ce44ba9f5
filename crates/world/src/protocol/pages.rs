//! Pages and verdicts, written in the shape that codecs have in common.

use super::answer::{Part, Projected};
use super::coding::{BytesCount, Coding, Packing};
use super::format::{Format, Head, PageEnd};
use super::message::Asked;
use super::packed::Sent;
use super::raw_answer::VerdictShape;
use crate::base::{EntityId, Stamp, Undone};
use crate::contract::Outcome;

/// An idempotency key and the verdict on its mutation.
pub type PushVerdict<'v> = (&'v str, &'v Outcome);
pub(super) type Verdicts<'i, 'v> = &'i mut dyn Iterator<Item = PushVerdict<'v>>;

/// An answer with pages, as it is written.
pub struct PageWriter {
    format: &'static dyn Format,
    out: Vec<u8>,
    packing: Packing,
    sent: Option<Sent>,
    /// Pages that were begun, and rows of the last.
    begun: (u32, u32),
    /// What is to be said at the end of the page under way.
    end: PageEnd,
}

impl PageWriter {
    pub(super) fn begin(
        format: &'static dyn Format,
        asked: Asked,
        verdicts: Option<Verdicts<'_, '_>>,
        Coding { packing, counts, .. }: Coding,
    ) -> PageWriter {
        let mut out = Vec::new();
        format.begin(&mut out, asked);
        if let Some(verdicts) = verdicts {
            write_results(format, &mut out, verdicts);
        }
        out.extend(format.facts().pages[0]);
        let sent = (counts == BytesCount::Sent).then(|| Sent::new(packing));
        let (begun, end) = Default::default();
        PageWriter { format, out, packing, sent, begun, end }
    }
    pub fn begin_page(&mut self, entity: EntityId) {
        self.format.begin_page(&mut self.out, self.begun.0 == 0, entity);
        self.begun = (self.begun.0 + 1, 0);
    }
    fn head<'r>(&mut self, part: Option<Part>, key: &'r str, stamp: Stamp) -> Head<'r> {
        self.begun.1 += 1;
        Head { is_first: self.begun.1 == 1, part, key, stamp, values: 0 }
    }
    /// Adds a row; no values make a tombstone.
    pub fn row(&mut self, key: &str, stamp: Stamp, values: Option<Projected<'_>>) {
        let head = self.head(None, key, stamp);
        self.format.row(&mut self.out, &head, values.unwrap_or(Projected { values: &[], columns: &[] }));
    }
    /// Adds those of a row's values that `part` names.
    pub fn part(&mut self, part: Part, key: &str, stamp: Stamp, values: Projected<'_>) {
        let head = self.head(Some(part), key, stamp);
        self.format.row(&mut self.out, &head, values);
    }
    /// Adds a row whose values a database kept ([`encode_cells`](crate::base::json::encode_cells));
    /// none make a tombstone.
    pub fn kept_row(&mut self, key: &str, stamp: Stamp, cells: &[u8]) {
        let head = self.head(None, key, stamp);
        self.format.kept_row(&mut self.out, &head, cells);
    }
    /// Says where versions lie of histories that the backend has left as the rows of this page are
    /// read; if nothing is said, it has left none.
    pub fn undone(&mut self, undone: &[Undone]) {
        self.end.undone = undone.to_vec();
    }
    /// Says that a row is there of which this page, and those of its load, do not tell.
    pub fn withheld(&mut self, key: &str) {
        self.end.withheld.push(key.to_owned());
    }
    /// Says from which stamp on there may be versions that this page does not show, as who reads
    /// is behind who writes; if nothing is said, there are none.
    pub fn unseen_from(&mut self, stamp: Stamp) {
        self.end.unseen = Some(stamp);
    }
    /// The page that was begun brings a block of keys for new rows.
    pub fn ids(&mut self, first: u64, count: u32) {
        self.end.ids = Some((first, count));
    }
    pub fn end_page(&mut self, cursor: &str, more: bool) {
        let end = PageEnd { cursor: cursor.to_owned(), more, ..std::mem::take(&mut self.end) };
        self.format.end_page(&mut self.out, &end);
    }
    /// Bytes so far, of those that count for who limits them.
    pub fn bytes(&self) -> u64 {
        self.sent.as_ref().map_or(self.out.len() as u64, |sent| sent.of(&self.out))
    }
    pub fn finish(mut self) -> Vec<u8> {
        self.out.extend(self.format.facts().pages[1]);
        self.out.extend(self.format.facts().end);
        self.packing.packed(self.out)
    }
}

fn write_results(format: &dyn Format, out: &mut Vec<u8>, verdicts: Verdicts<'_, '_>) {
    out.extend(format.facts().results[0]);
    for (place, (id, outcome)) in verdicts.enumerate() {
        format.result(out, place == 0, id, &VerdictShape::of(outcome));
    }
    out.extend(format.facts().results[1]);
}

pub(super) fn results(format: &dyn Format, asked: Asked, verdicts: Verdicts<'_, '_>) -> Vec<u8> {
    let mut out = Vec::new();
    format.begin(&mut out, asked);
    write_results(format, &mut out, verdicts);
    out.extend(format.facts().end);
    out
}
