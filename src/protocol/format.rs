//! What differs from format to format. The rest of a codec is the same for all of them.

use super::answer::Part;
use super::coding::Costs;
use super::damaged::Damaged;
use super::message::Asked;
use super::raw_answer::{RawAnswer, RawError, VerdictShape};
use super::raw_request::RawRequest;
use super::weight::Frames;
use crate::base::{EntityId, Stamp, Undone, ValueRef};

#[derive(Clone, Copy)]
pub(super) struct Facts {
    pub(super) content_type: &'static str,
    pub(super) costs: Costs,
    pub(super) frames: Frames,
    /// How an answer begins that says no.
    pub(super) no: &'static [u8],
    /// Values are written as a database keeps them.
    pub(super) as_kept: bool,
    /// What stands before and behind all verdicts, and all pages.
    pub(super) results: [&'static [u8]; 2],
    pub(super) pages: [&'static [u8]; 2],
    pub(super) end_of_row: &'static [u8],
    pub(super) end: &'static [u8],
}

/// How the shapes of messages become bytes; of an answer part by part.
pub(super) trait Format: 'static {
    const FACTS: Facts;
    fn write_request(request: &RawRequest<'_>) -> Vec<u8>;
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged>;
    fn write_refusal(error: &RawError) -> Vec<u8>;
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged>;
    fn begin(out: &mut Vec<u8>, asked: Asked);
    fn result(out: &mut Vec<u8>, is_first: bool, id: &str, told: &VerdictShape<'_>);
    fn begin_page(out: &mut Vec<u8>, is_first: bool, entity: EntityId);
    fn begin_row(out: &mut Vec<u8>, head: &Head<'_>);
    /// The value of the column at this place.
    fn value(out: &mut Vec<u8>, place: usize, value: ValueRef<'_>);
    fn end_page(out: &mut Vec<u8>, end: &PageEnd);
}

/// What comes before the values of a row.
pub(super) struct Head<'r> {
    /// No row comes before it in its page.
    pub(super) is_first: bool,
    pub(super) part: Option<Part>,
    pub(super) key: &'r str,
    pub(super) stamp: Stamp,
    /// How many values come; not known of those that are written as they were kept.
    pub(super) values: usize,
}

/// What comes after the rows of a page.
#[derive(Default)]
pub(super) struct PageEnd {
    pub(super) cursor: String,
    pub(super) more: bool,
    pub(super) undone: Vec<Undone>,
    pub(super) unseen: Option<Stamp>,
    pub(super) withheld: Vec<String>,
    pub(super) ids: Option<(u64, u32)>,
}
