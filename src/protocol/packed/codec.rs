//! A codec that packs what another writes.

use super::super::answer::Answer;
use super::super::codec::{Codec, PageWriter, PushVerdict, Weighed};
use super::super::coding::{Coding, Packing, Packs};
use super::super::costs::{Effort, Way};
use super::super::damaged::Damaged;
use super::super::message::{Asked, Request};
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
        if self.coding.packs == Packs::Both { self.packing().packed(plain) } else { plain }
    }
    fn decode_request(&self, bytes: &[u8]) -> Result<Request, Damaged> {
        if self.coding.packs != Packs::Both {
            return self.format.decode_request(bytes);
        }
        self.format.decode_request(&self.packing().unpack(bytes.to_vec())?)
    }
    fn begin(
        &self,
        asked: Asked,
        verdicts: Option<&mut dyn Iterator<Item = PushVerdict<'_>>>,
        kept: bool,
        coding: Coding,
    ) -> Box<dyn PageWriter> {
        self.format.begin(asked, verdicts, kept, coding)
    }
    fn results(&self, asked: Asked, verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>) -> Vec<u8> {
        self.packing().packed(self.format.results(asked, verdicts))
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
