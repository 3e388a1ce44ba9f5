//! A codec that packs what another writes.

use super::super::answer::Answer;
use super::super::codec::{Codec, PageWriter, PushVerdict, Weighed};
use super::super::coding::{BytesCount, Coding, Packing, Packs};
use super::super::costs::{Effort, Way};
use super::super::damaged::Damaged;
use super::super::message::{Asked, Request};
use super::writer::Writer;
use crate::contract::ServerError;

#[derive(Clone, Copy)]
pub(in super::super) struct Packed {
    pub(in super::super) format: &'static dyn Codec,
    pub(in super::super) coding: Coding,
}

impl Packed {
    fn packing(&self) -> Packing {
        self.coding.packing
    }
    fn packed(&self, plain: Vec<u8>) -> Vec<u8> {
        self.packing().pack(&plain).unwrap_or(plain)
    }
    fn writer(&self, inner: Box<dyn PageWriter>, kept: bool) -> Box<dyn PageWriter> {
        Box::new(Writer::new(inner, self.coding, kept))
    }
}

impl Codec for Packed {
    fn content_type(&self) -> &'static str {
        self.format.content_type()
    }
    fn coding(&self) -> Coding {
        self.coding
    }
    fn encode_request(&self, request: &Request) -> Vec<u8> {
        let plain = self.format.encode_request(request);
        if self.coding.packs == Packs::Both { self.packed(plain) } else { plain }
    }
    fn decode_request(&self, bytes: &[u8]) -> Result<Request, Damaged> {
        if self.coding.packs != Packs::Both {
            return self.format.decode_request(bytes);
        }
        self.format.decode_request(&self.packing().unpack(bytes.to_vec())?)
    }
    fn pages(&self, asked: Asked) -> Box<dyn PageWriter> {
        self.writer(self.format.pages(asked), true)
    }
    fn counted_pages(&self, asked: Asked) -> Box<dyn PageWriter> {
        // What is not written cannot be packed, and so its packed size is not known.
        match self.coding.counts {
            BytesCount::Plain => self.format.counted_pages(asked),
            BytesCount::Sent => self.writer(self.format.pages(asked), false),
        }
    }
    fn pages_after(
        &self,
        asked: Asked,
        verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>,
    ) -> Box<dyn PageWriter> {
        self.writer(self.format.pages_after(asked, verdicts), true)
    }
    fn results(&self, asked: Asked, verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>) -> Vec<u8> {
        self.packed(self.format.results(asked, verdicts))
    }
    fn refusal(&self, error: &ServerError) -> Vec<u8> {
        // As it is: who does not unpack, such as a cache on the way, sees that it says no.
        self.format.refusal(error)
    }
    fn open(&self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        self.packing().unpack(message)
    }
    fn is_refusal(&self, opened: &[u8]) -> bool {
        self.format.is_refusal(opened)
    }
    fn decode_answer<'a>(&self, opened: &'a [u8]) -> Result<Result<Answer<'a>, ServerError>, Damaged> {
        self.format.decode_answer(opened)
    }
    fn weight(&self, what: Weighed<'_>) -> u64 {
        self.format.weight(what)
    }
    fn effort(&self, message: &[u8], way: Way) -> Effort {
        match self.packing().said_size(message) {
            None => self.format.effort(message, way),
            Some(plain) => {
                let format = self.format.effort(&[], way).of_size(plain);
                format.and_packed(self.packing(), way, plain)
            }
        }
    }
}
