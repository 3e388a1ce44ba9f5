//! The codec, which converts messages to bytes and bytes to messages.

use std::fmt;

use super::answer::Answer;
use super::coding::{BytesCount, Coding, Effort, Packing, Packs, Way};
use super::damaged::Damaged;
use super::format::Format;
use super::message::{Asked, Request};
use super::pages::{PageWriter, Verdicts, results};
use super::raw_answer as answer;
use super::raw_request as request;
use super::weight::Frames;
use crate::contract::ServerError;

/// Encodes messages to bytes and decodes them, by a format and a compression.
///
/// An encoded message is decoded to the same message. Damaged bytes give `Damaged`, never a panic.
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
    /// The format's content type; no two formats share one.
    pub fn content_type(self) -> &'static str {
        self.format.facts().content_type
    }
    /// How messages are compressed.
    pub fn coding(self) -> Coding {
        self.coding
    }
    /// Encodes a request, and compresses it if requests are compressed.
    pub fn encode_request(self, request: &Request) -> Vec<u8> {
        let plain = self.format.write_request(&request::of(request));
        if self.coding.packs == Packs::Both { self.coding.packing.packed(plain) } else { plain }
    }
    /// Decodes a request. Fails on damaged bytes.
    pub fn decode_request(self, bytes: &[u8]) -> Result<Request, Damaged> {
        if self.coding.packs != Packs::Both || self.coding.packing == Packing::None {
            return request::read(self.format.read_request(bytes)?);
        }
        let plain = self.coding.packing.unpack(bytes.to_vec())?;
        request::read(self.format.read_request(&plain)?)
    }
    /// Starts the response to a pull or fetch.
    pub fn pages(self, asked: Asked) -> PageWriter {
        PageWriter::begin(self.format, asked, None, self.coding)
    }
    /// Starts the response to a combined push and pull, with its verdicts.
    pub fn pages_after(self, asked: Asked, verdicts: Verdicts<'_, '_>) -> PageWriter {
        PageWriter::begin(self.format, asked, Some(verdicts), self.coding)
    }
    /// Encodes the response to a push, with its verdicts.
    pub fn results(self, asked: Asked, verdicts: Verdicts<'_, '_>) -> Vec<u8> {
        self.coding.packing.packed(results(self.format, asked, verdicts))
    }
    /// Encodes an error response. It is never compressed, so caches can recognise it.
    pub fn refusal(self, error: &ServerError) -> Vec<u8> {
        self.format.write_refusal(&answer::refusal(error))
    }
    /// Decompresses a response. `decode_answer` borrows from the result.
    pub fn open(self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        self.coding.packing.unpack(message)
    }
    /// Whether a decompressed response may be an error response. This checks only its first bytes,
    /// so pages are not decoded twice.
    pub fn is_refusal(self, opened: &[u8]) -> bool {
        opened.starts_with(self.format.facts().no)
    }
    /// Decodes a decompressed response. The inner error is the server's error response.
    pub fn decode_answer(self, opened: &[u8]) -> Result<Result<Answer<'_>, ServerError>, Damaged> {
        answer::read(self.format.read_answer(opened)?)
    }
    /// Approximate sizes in bytes of messages and their parts. They limit a message before it is
    /// encoded, and replace the sizes of messages that are never encoded.
    pub fn frames(self) -> Frames {
        self.format.facts().frames
    }
    /// The CPU effort to encode or decode this message. `message` has the bytes as sent.
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
