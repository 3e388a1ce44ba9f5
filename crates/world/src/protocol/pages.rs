//! Writes pages and verdicts for all codecs.

use super::answer::{Part, Projected};
use super::coding::{BytesCount, Coding, Packing};
use super::format::{Format, Head, PageEnd};
use super::message::Asked;
use super::packed::Sent;
use super::raw_answer::VerdictShape;
use crate::base::{EntityId, Stamp, Undone};
use crate::contract::Outcome;

/// An idempotency key and the verdict on the mutation (edit) with this key.
pub(crate) type PushVerdict<'v> = (&'v str, &'v Outcome);
pub(super) type Verdicts<'i, 'v> = &'i mut dyn Iterator<Item = PushVerdict<'v>>;

/// Writes a response with pages.
pub struct PageWriter {
    format: &'static dyn Format,
    out: Vec<u8>,
    packing: Packing,
    sent: Option<Sent>,
    /// The number of pages so far, and the number of rows in the last page.
    begun: (u32, u32),
    /// The end of the current page.
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
    /// Starts a page.
    pub fn begin_page(&mut self, entity: EntityId) {
        self.format.begin_page(&mut self.out, self.begun.0 == 0, entity);
        self.begun = (self.begun.0 + 1, 0);
    }
    fn head<'r>(&mut self, part: Option<Part>, key: &'r str, stamp: Stamp) -> Head<'r> {
        self.begun.1 += 1;
        Head { is_first: self.begun.1 == 1, part, key, stamp, values: 0 }
    }
    /// Adds a row. Without values it is a tombstone (a deletion).
    pub fn row(&mut self, key: &str, stamp: Stamp, values: Option<Projected<'_>>) {
        let head = self.head(None, key, stamp);
        self.format.row(&mut self.out, &head, values.unwrap_or(Projected { values: &[], columns: &[] }));
    }
    /// Adds a partial row with the columns in `part`.
    pub fn part(&mut self, part: Part, key: &str, stamp: Stamp, values: Projected<'_>) {
        let head = self.head(Some(part), key, stamp);
        self.format.row(&mut self.out, &head, values);
    }
    /// Adds a row from the cells that a database stores
    /// ([`encode_cells`](crate::base::json::encode_cells)). Without cells it is a tombstone.
    pub fn kept_row(&mut self, key: &str, stamp: Stamp, cells: &[u8]) {
        let head = self.head(None, key, stamp);
        self.format.kept_row(&mut self.out, &head, cells);
    }
    /// Sets the stamp ranges of versions that the backend lost when it was restored from a backup.
    /// Without this call, there are none.
    pub fn undone(&mut self, undone: &[Undone]) {
        self.end.undone = undone.to_vec();
    }
    /// Adds the key of a row that exists but is on no page of the load.
    pub fn withheld(&mut self, key: &str) {
        self.end.withheld.push(key.to_owned());
    }
    /// Says that this page may lack versions with `stamp` or a later stamp, because its source lags
    /// behind. Without this call, no version is missing.
    pub fn unseen_from(&mut self, stamp: Stamp) {
        self.end.unseen = Some(stamp);
    }
    /// Adds a block of keys for new rows to the current page.
    pub fn ids(&mut self, first: u64, count: u32) {
        self.end.ids = Some((first, count));
    }
    /// Ends the current page at `cursor`. `more` says that more rows follow.
    pub fn end_page(&mut self, cursor: &str, more: bool) {
        let end = PageEnd { cursor: cursor.to_owned(), more, ..std::mem::take(&mut self.end) };
        self.format.end_page(&mut self.out, &end);
    }
    /// The number of bytes so far that count towards the page limit.
    pub fn bytes(&self) -> u64 {
        self.sent.as_ref().map_or(self.out.len() as u64, |sent| sent.of(&self.out))
    }
    /// Ends the response and compresses it.
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
