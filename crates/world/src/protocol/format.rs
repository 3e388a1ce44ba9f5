//! The parts of a codec that differ between formats.

use super::answer::{Part, Projected};
use super::coding::Costs;
use super::damaged::Damaged;
use super::message::Asked;
use super::raw_answer::{RawAnswer, RawError, VerdictShape};
use super::raw_request::RawRequest;
use super::weight::Frames;
use crate::base::{Cell, EntityId, Stamp, Undone, ValueRef};
use crate::contract::Row;

#[derive(Clone, Copy)]
pub(super) struct Facts {
    /// The name in scenario files; `about` is a short description.
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) content_type: &'static str,
    /// Measured by `cargo bench --bench codec`, in the same run as JSON.
    pub(super) costs: Costs,
    pub(super) frames: Frames,
    /// The first bytes of an error response.
    pub(super) no: &'static [u8],
    /// True if the format writes values in the form in which a database stores them.
    pub(super) as_kept: bool,
    /// The bytes before and after all verdicts. `pages` has the bytes before and after all pages.
    pub(super) results: [&'static [u8]; 2],
    pub(super) pages: [&'static [u8]; 2],
    pub(super) end_of_row: &'static [u8],
    pub(super) end: &'static [u8],
}

/// Writes and reads messages. A response is written in parts.
pub(super) trait Format: Sync {
    fn facts(&self) -> Facts;
    fn write_request(&self, request: &RawRequest<'_>) -> Vec<u8>;
    fn read_request<'a>(&self, bytes: &'a [u8]) -> Result<RawRequest<'a>, Damaged>;
    fn write_refusal(&self, error: &RawError) -> Vec<u8>;
    fn read_answer<'a>(&self, bytes: &'a [u8]) -> Result<RawAnswer<'a>, Damaged>;
    fn begin(&self, out: &mut Vec<u8>, asked: Asked);
    fn result(&self, out: &mut Vec<u8>, is_first: bool, id: &str, told: &VerdictShape<'_>);
    fn begin_page(&self, out: &mut Vec<u8>, is_first: bool, entity: EntityId);
    fn begin_row(&self, out: &mut Vec<u8>, head: &Head<'_>);
    /// Writes the value of the column at `place`.
    fn value(&self, out: &mut Vec<u8>, place: usize, value: ValueRef<'_>);
    fn end_page(&self, out: &mut Vec<u8>, end: &PageEnd);

    /// Writes a row. If the head has a `part`, writes only the columns of that part.
    fn row(&self, out: &mut Vec<u8>, head: &Head<'_>, values: Projected<'_>) {
        let sent = head.part.map_or(values.columns.len(), |part| part.columns.count_ones() as usize);
        self.begin_row(out, &Head { values: sent, ..*head });
        let is_sent = |place: usize| head.part.is_none_or(|part| part.has(place));
        for (place, value) in values.iter().enumerate().filter(|(place, _)| is_sent(*place)) {
            value.with_ref(|value| self.value(out, place, value));
        }
        out.extend(self.facts().end_of_row);
    }
    /// Writes a row from the cells that a database stores. The cells are items of a JSON list.
    fn kept_row(&self, out: &mut Vec<u8>, head: &Head<'_>, cells: &[u8]) {
        if self.facts().as_kept {
            self.begin_row(out, head);
            out.extend(cells);
        } else {
            let list = [b"[", cells.get(1..).unwrap_or_default(), b"]"].concat();
            let cells: Vec<Cell<'_>> =
                serde_json::from_slice(&list).expect("a database keeps what was written");
            self.begin_row(out, &Head { values: cells.len(), ..*head });
            for (place, cell) in cells.iter().enumerate() {
                self.value(out, place, cell.as_ref());
            }
        }
        out.extend(self.facts().end_of_row);
    }
    fn row_of_verdict(&self, out: &mut Vec<u8>, row: &Row) {
        let values = row.values.as_deref().unwrap_or_default();
        let head = Head { is_first: true, part: None, key: row.key.as_str(), stamp: row.stamp, values: 0 };
        let columns: Vec<usize> = (0..values.len()).collect();
        self.row(out, &head, Projected { values, columns: &columns });
    }
}

/// The head of a row: everything before its values.
#[derive(Clone, Copy)]
pub(super) struct Head<'r> {
    /// True for the first row of its page.
    pub(super) is_first: bool,
    pub(super) part: Option<Part>,
    pub(super) key: &'r str,
    pub(super) stamp: Stamp,
    /// The number of values; not set for rows from a database's cells.
    pub(super) values: usize,
}

/// The end of a page: everything after its rows.
#[derive(Default)]
pub(super) struct PageEnd {
    pub(super) cursor: String,
    pub(super) more: bool,
    pub(super) undone: Vec<Undone>,
    pub(super) unseen: Option<Stamp>,
    pub(super) withheld: Vec<String>,
    pub(super) ids: Option<(u64, u32)>,
}
