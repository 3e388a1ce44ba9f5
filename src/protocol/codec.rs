//! The seam: how messages become bytes.

use std::fmt;

use super::answer::{Answer, Part, Projected};
use super::coding::Coding;
use super::costs::{Effort, Way};
use super::damaged::Damaged;
use super::message::{Asked, Request};
use crate::base::{EntityId, Key, Stamp, Undone, Value};
use crate::contract::{Mutation, Outcome, ServerError};

/// An idempotency key and the verdict on its mutation.
pub type PushVerdict<'v> = (&'v str, &'v Outcome);

/// One way to write messages as bytes and to read them back.
///
/// What is encoded decodes to itself; damaged bytes are [`Damaged`], never a panic.
pub trait Codec: Send + Sync {
    /// What its format is called towards the other side; no two formats have the same.
    fn content_type(&self) -> &'static str;
    /// What it does besides writing a format; no two codecs of a format do the same.
    fn coding(&self) -> Coding {
        Coding::default()
    }

    /// A request as bytes.
    fn encode_request(&self, request: &Request) -> Vec<u8>;
    /// Reads a request.
    ///
    /// # Errors
    /// [`Damaged`] if the bytes are none.
    fn decode_request(&self, bytes: &[u8]) -> Result<Request, Damaged>;

    /// Begins an answer, with these verdicts if there are some, coded so. Of one that is not `kept`
    /// its writer knows how long it would be, and gives no bytes.
    fn begin(
        &self,
        asked: Asked,
        verdicts: Option<&mut dyn Iterator<Item = PushVerdict<'_>>>,
        kept: bool,
        coding: Coding,
    ) -> Box<dyn PageWriter>;
    /// Begins the answer to this pull or fetch.
    fn pages(&self, asked: Asked) -> Box<dyn PageWriter> {
        self.begin(asked, None, true, self.coding())
    }
    /// The same for an answer that nobody will read.
    fn counted_pages(&self, asked: Asked) -> Box<dyn PageWriter> {
        self.begin(asked, None, false, self.coding())
    }
    /// Begins the answer to a push and a pull in one, with the verdicts.
    fn pages_after(
        &self,
        asked: Asked,
        verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>,
    ) -> Box<dyn PageWriter> {
        self.begin(asked, Some(verdicts), true, self.coding())
    }
    /// The answer to this push.
    fn results(&self, asked: Asked, verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>) -> Vec<u8>;
    /// An answer that says no.
    fn refusal(&self, error: &ServerError) -> Vec<u8>;

    /// An answer as it is read, of the bytes as they came. Who reads it keeps what this gives: a
    /// codec that packs unpacks here.
    ///
    /// # Errors
    /// [`Damaged`] if it cannot be unpacked.
    fn open(&self, message: Vec<u8>) -> Result<Vec<u8>, Damaged>;
    /// Whether an opened answer may say no, by a look at its beginning: a page is not decoded
    /// twice.
    fn is_refusal(&self, opened: &[u8]) -> bool;
    /// Reads an opened answer; an answer that says no is the inner error.
    ///
    /// # Errors
    /// [`Damaged`] if the bytes are none.
    fn decode_answer<'a>(&self, opened: &'a [u8]) -> Result<Result<Answer<'a>, ServerError>, Damaged>;

    /// About how many bytes a message or a part of one has, for who decides how much to send before
    /// writing it, and for messages that are never written.
    fn weight(&self, what: Weighed<'_>) -> u64;

    /// What coding this message takes of a processor, as it goes over the wire.
    fn effort(&self, message: &[u8], way: Way) -> Effort;
}

/// What may be asked for the weight of.
#[derive(Clone, Copy, Debug)]
pub enum Weighed<'w> {
    /// An edit in a push of a device.
    Edit {
        /// The idempotency key.
        id: &'w str,
        /// The row.
        key: &'w Key,
        /// New values by column.
        values: &'w [(usize, Value)],
    },
    /// The gateway's request for a page for its replica.
    Ask {
        /// Where it goes on, if not from the beginning.
        cursor: Option<&'w str>,
    },
    /// A row in the answer to that, or the answer without its rows.
    Copied(Option<CopiedRow<'w>>),
    /// A mutation that the gateway brings to the backend.
    Relayed(&'w Mutation),
    /// The answer to so many of them.
    Verdicts(u64),
}

/// A row on its way into a replica.
#[derive(Clone, Copy, Debug)]
pub struct CopiedRow<'w> {
    /// Its key.
    pub key: &'w Key,
    /// Bytes of its values, and of the name of the place where it belongs.
    pub held: u64,
}

/// Writes the pages of one answer.
pub trait PageWriter {
    /// Begins the page of `entity`.
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
    /// Ends the page.
    fn end_page(&mut self, cursor: &str, more: bool);
    /// Bytes so far, of those that count for who limits them.
    fn bytes(&self) -> u64;
    /// The whole answer.
    fn finish(self: Box<Self>) -> Vec<u8>;
}

impl PartialEq for dyn Codec {
    fn eq(&self, other: &dyn Codec) -> bool {
        self.content_type() == other.content_type() && self.coding() == other.coding()
    }
}

impl Eq for dyn Codec {}

impl fmt::Debug for dyn Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.coding() {
            plain if plain == Coding::default() => f.write_str(self.content_type()),
            coding => write!(f, "{} {coding:?}", self.content_type()),
        }
    }
}
