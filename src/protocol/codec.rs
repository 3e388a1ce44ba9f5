//! The seam: how messages become bytes.

use std::fmt;

use super::answer::{Answer, Part, Projected};
use super::coding::{BytesCount, Coding, Costs, Effort, Packing, Packs, Way};
use super::damaged::Damaged;
use super::message::{Asked, Request};
use super::weight::{self, Frames, Weighed};
use crate::base::{EntityId, Stamp, Undone};
use crate::contract::{Outcome, ServerError};

/// An idempotency key and the verdict on its mutation.
pub type PushVerdict<'v> = (&'v str, &'v Outcome);
pub(super) type Verdicts<'i, 'v> = &'i mut dyn Iterator<Item = PushVerdict<'v>>;

/// One way to write messages as bytes and to read them back: a format, packed or not.
///
/// What is encoded decodes to itself; damaged bytes are [`Damaged`], never a panic.
#[derive(Clone, Copy)]
pub struct Codec {
    format: &'static dyn Spoken,
    coding: Coding,
}

impl Codec {
    pub(super) const fn plain(format: &'static dyn Spoken) -> Codec {
        let coding = Coding { packing: Packing::None, packs: Packs::Both, counts: BytesCount::Plain };
        Codec { format, coding }
    }
    pub(super) fn packed(self, coding: Coding) -> Codec {
        if coding.packing == Packing::None { self } else { Codec { coding, ..self } }
    }
    /// What its format is called towards the other side; no two formats have the same.
    pub fn content_type(self) -> &'static str {
        self.format.content_type()
    }
    pub fn coding(self) -> Coding {
        self.coding
    }
    pub fn encode_request(self, request: &Request) -> Vec<u8> {
        let plain = self.format.encode_request(request);
        if self.coding.packs == Packs::Both { self.coding.packing.packed(plain) } else { plain }
    }
    pub fn decode_request(self, bytes: &[u8]) -> Result<Request, Damaged> {
        if self.coding.packs != Packs::Both || self.coding.packing == Packing::None {
            return self.format.decode_request(bytes);
        }
        self.format.decode_request(&self.coding.packing.unpack(bytes.to_vec())?)
    }
    /// Begins the answer to this pull or fetch.
    pub fn pages(self, asked: Asked) -> Box<dyn PageWriter> {
        self.format.begin(asked, None, true, self.coding)
    }
    /// The same for an answer that nobody will read: counted, and without bytes.
    pub fn counted_pages(self, asked: Asked) -> Box<dyn PageWriter> {
        self.format.begin(asked, None, false, self.coding)
    }
    /// Begins the answer to a push and a pull in one, with the verdicts.
    pub fn pages_after(self, asked: Asked, verdicts: Verdicts<'_, '_>) -> Box<dyn PageWriter> {
        self.format.begin(asked, Some(verdicts), true, self.coding)
    }
    pub fn results(self, asked: Asked, verdicts: Verdicts<'_, '_>) -> Vec<u8> {
        self.coding.packing.packed(self.format.results(asked, verdicts))
    }
    /// An answer that says no, never packed: a cache on the way, which unpacks nothing, sees that.
    pub fn refusal(self, error: &ServerError) -> Vec<u8> {
        self.format.refusal(error)
    }
    /// An answer as it is read, unpacked. Who reads it keeps this.
    pub fn open(self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        self.coding.packing.unpack(message)
    }
    /// Whether an opened answer may say no, by its beginning: a page is not decoded twice.
    pub fn is_refusal(self, opened: &[u8]) -> bool {
        self.format.is_refusal(opened)
    }
    /// Reads an opened answer; an answer that says no is the inner error.
    pub fn decode_answer(self, opened: &[u8]) -> Result<Result<Answer<'_>, ServerError>, Damaged> {
        self.format.decode_answer(opened)
    }
    /// About how many bytes a message or a part of one has, for who decides how much to send before
    /// writing it, and for messages that are never written.
    pub fn weight(self, what: Weighed<'_>) -> u64 {
        weight::of(&self.format.frames(), what)
    }
    /// What coding this message takes of a processor, as it goes over the wire.
    pub fn effort(self, message: &[u8], way: Way) -> Effort {
        let packed = self.coding.packing.said_size(message);
        let plain = packed.unwrap_or(message.len() as u64);
        let packing = if packed.is_some() { self.coding.packing } else { Packing::None };
        Effort::new(plain, self.format.costs(), packing, way)
    }
}

/// What a format does, whichever it is.
pub(super) trait Spoken: Send + Sync {
    fn content_type(&self) -> &'static str;
    fn costs(&self) -> Costs;
    fn frames(&self) -> Frames;
    fn encode_request(&self, request: &Request) -> Vec<u8>;
    fn decode_request(&self, bytes: &[u8]) -> Result<Request, Damaged>;
    fn begin(
        &self,
        asked: Asked,
        verdicts: Option<Verdicts<'_, '_>>,
        kept: bool,
        coding: Coding,
    ) -> Box<dyn PageWriter>;
    fn results(&self, asked: Asked, verdicts: Verdicts<'_, '_>) -> Vec<u8>;
    fn refusal(&self, error: &ServerError) -> Vec<u8>;
    fn is_refusal(&self, opened: &[u8]) -> bool;
    fn decode_answer<'a>(&self, opened: &'a [u8]) -> Result<Result<Answer<'a>, ServerError>, Damaged>;
}

pub trait PageWriter {
    fn begin_page(&mut self, entity: EntityId);
    /// Adds a row; no values make a tombstone.
    fn row(&mut self, key: &str, stamp: Stamp, values: Option<Projected<'_>>);
    /// Adds those of a row's values that `part` names.
    fn part(&mut self, part: Part, key: &str, stamp: Stamp, values: Projected<'_>);
    /// Adds a row whose values a database kept ([`encode_cells`](crate::base::json::encode_cells));
    /// none make a tombstone.
    fn kept_row(&mut self, key: &str, stamp: Stamp, cells: &[u8]);
    /// Says where versions lie of histories that the backend has left as the rows of this page are
    /// read; if nothing is said, it has left none.
    fn undone(&mut self, undone: &[Undone]);
    /// Says that a row is there of which this page, and those of its load, do not tell.
    fn withheld(&mut self, key: &str);
    /// Says from which stamp on there may be versions that this page does not show, as who reads
    /// is behind who writes; if nothing is said, there are none.
    fn unseen_from(&mut self, stamp: Stamp);
    /// The page that was begun brings a block of keys for new rows.
    fn ids(&mut self, first: u64, count: u32);
    fn end_page(&mut self, cursor: &str, more: bool);
    /// Bytes so far, of those that count for who limits them.
    fn bytes(&self) -> u64;
    fn finish(self: Box<Self>) -> Vec<u8>;
}

impl PartialEq for Codec {
    fn eq(&self, other: &Codec) -> bool {
        self.content_type() == other.content_type() && self.coding == other.coding
    }
}

impl Eq for Codec {}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.content_type())?;
        if self.coding == Coding::default() { Ok(()) } else { write!(f, " {:?}", self.coding) }
    }
}
