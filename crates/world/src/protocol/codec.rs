//! The seam: how messages become bytes.

use std::fmt;

use super::answer::Answer;
use super::coding::{BytesCount, Coding, Effort, Packing, Packs, Way};
use super::damaged::Damaged;
use super::format::Format;
use super::message::{Asked, Request};
use super::pages::{PageWriter, Verdicts, results};
use super::raw_answer as answer;
use super::raw_request as request;
use super::weight::{self, Weighed};
use crate::contract::ServerError;

/// One way to write messages as bytes and to read them back: a format, packed or not.
///
/// What is encoded decodes to itself; damaged bytes are [`Damaged`], never a panic.
#[derive(Clone, Copy)]
pub struct Codec {
    format: &'static dyn Format,
    coding: Coding,
}

impl Codec {
    pub(super) const fn plain(format: &'static dyn Format) -> Codec {
        let coding = Coding { packing: Packing::None, packs: Packs::Both, counts: BytesCount::Plain };
        Codec { format, coding }
    }
    pub(super) fn packed(self, coding: Coding) -> Codec {
        if coding.packing == Packing::None { self } else { Codec { coding, ..self } }
    }
    /// What its format is called towards the other side; no two formats have the same.
    pub fn content_type(self) -> &'static str {
        self.format.facts().content_type
    }
    pub fn coding(self) -> Coding {
        self.coding
    }
    pub fn encode_request(self, request: &Request) -> Vec<u8> {
        let plain = self.format.write_request(&request::of(request));
        if self.coding.packs == Packs::Both { self.coding.packing.packed(plain) } else { plain }
    }
    pub fn decode_request(self, bytes: &[u8]) -> Result<Request, Damaged> {
        if self.coding.packs != Packs::Both || self.coding.packing == Packing::None {
            return request::read(self.format.read_request(bytes)?);
        }
        let plain = self.coding.packing.unpack(bytes.to_vec())?;
        request::read(self.format.read_request(&plain)?)
    }
    /// Begins the answer to this pull or fetch.
    pub fn pages(self, asked: Asked) -> PageWriter {
        PageWriter::begin(self.format, asked, None, self.coding)
    }
    /// Begins the answer to a push and a pull in one, with the verdicts.
    pub fn pages_after(self, asked: Asked, verdicts: Verdicts<'_, '_>) -> PageWriter {
        PageWriter::begin(self.format, asked, Some(verdicts), self.coding)
    }
    pub fn results(self, asked: Asked, verdicts: Verdicts<'_, '_>) -> Vec<u8> {
        self.coding.packing.packed(results(self.format, asked, verdicts))
    }
    /// An answer that says no, never packed: a cache on the way, which unpacks nothing, sees that.
    pub fn refusal(self, error: &ServerError) -> Vec<u8> {
        self.format.write_refusal(&answer::refusal(error))
    }
    /// An answer as it is read, unpacked. Who reads it keeps this.
    pub fn open(self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        self.coding.packing.unpack(message)
    }
    /// Whether an opened answer may say no, by its beginning: a page is not decoded twice.
    pub fn is_refusal(self, opened: &[u8]) -> bool {
        opened.starts_with(self.format.facts().no)
    }
    /// Reads an opened answer; an answer that says no is the inner error.
    pub fn decode_answer(self, opened: &[u8]) -> Result<Result<Answer<'_>, ServerError>, Damaged> {
        answer::read(self.format.read_answer(opened)?)
    }
    /// About how many bytes a message or a part of one has, for who decides how much to send before
    /// writing it, and for messages that are never written.
    pub fn weight(self, what: Weighed<'_>) -> u64 {
        weight::of(&self.format.facts().frames, what)
    }
    /// What coding this message takes of a processor, as it goes over the wire.
    pub fn effort(self, message: &[u8], way: Way) -> Effort {
        let packed = self.coding.packing.said_size(message);
        let plain = packed.unwrap_or(message.len() as u64);
        let packing = if packed.is_some() { self.coding.packing } else { Packing::None };
        Effort::new(plain, self.format.facts().costs, packing, way)
    }
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
