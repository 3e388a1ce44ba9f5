//! What differs from format to format. The rest of a codec is the same for all of them.

use super::answer::Part;
use super::coding::Costs;
use super::damaged::Damaged;
use super::message::Asked;
use super::raw_answer::{RawAnswer, RawError, VerdictShape};
use super::raw_request::RawRequest;
use super::weight::Frames;
use crate::base::json::Sink;
use crate::base::{EntityId, Stamp, Undone, ValueRef};

pub(super) trait Facts: Send + Sync + 'static {
    const CONTENT_TYPE: &'static str;
    const COSTS: Costs;
    const FRAMES: Frames;
    /// How an answer begins that says no.
    const NO: &'static [u8];
    /// Values are written as a database keeps them.
    const AS_KEPT: bool = false;
    /// What stands before and behind all verdicts, and all pages.
    const RESULTS: [&'static [u8]; 2];
    const PAGES: [&'static [u8]; 2];
    const END_OF_ROW: &'static [u8];
    const END: &'static [u8];
}

/// How the shapes of messages become bytes; of an answer part by part.
pub(super) trait Format: Facts {
    fn write_request(request: &RawRequest<'_>) -> Vec<u8>;
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged>;
    fn write_refusal(error: &RawError) -> Vec<u8>;
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged>;
    fn begin<S: Sink>(out: &mut S, asked: Asked);
    fn result<S: Sink>(out: &mut S, is_first: bool, id: &str, told: &VerdictShape<'_>);
    fn begin_page<S: Sink>(out: &mut S, is_first: bool, entity: EntityId);
    fn begin_row<S: Sink>(out: &mut S, head: &Head<'_>);
    /// The value of the column at this place.
    fn value<S: Sink>(out: &mut S, place: usize, value: ValueRef<'_>);
    fn end_page<S: Sink>(out: &mut S, end: &PageEnd);
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
