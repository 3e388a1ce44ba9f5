//! The codec.

use super::super::answer::Answer;
use super::super::codec::{Codec, PageWriter, PushVerdict, Weighed};
use super::super::costs::{self, Effort, Way};
use super::super::damaged::Damaged;
use super::super::message::{Asked, Request};
use super::super::raw;
use super::super::raw::pages::{Pages, results};
use super::super::weight::{self, Frames};
use super::write::{self, Style};
use super::{answer, request};
use crate::base::json::Counted;
use crate::contract::ServerError;

/// XML.
pub(in super::super) struct Xml;

const FRAMES: Frames = Frames { edit: 95, column: 22, text: 13, number: 18, null: 7, head: 140, verdict: 60 };

impl Codec for Xml {
    fn content_type(&self) -> &'static str {
        "application/xml"
    }
    fn encode_request(&self, asked: &Request) -> Vec<u8> {
        request::encode(&raw::request::of(asked))
    }
    fn decode_request(&self, bytes: &[u8]) -> Result<Request, Damaged> {
        raw::request::read(request::decode(bytes)?)
    }
    fn pages(&self, asked: Asked) -> Box<dyn PageWriter> {
        Box::new(Pages::<Style, Vec<u8>>::new(asked, None))
    }
    fn counted_pages(&self, asked: Asked) -> Box<dyn PageWriter> {
        Box::new(Pages::<Style, Counted>::new(asked, None))
    }
    fn pages_after(
        &self,
        asked: Asked,
        verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>,
    ) -> Box<dyn PageWriter> {
        Box::new(Pages::<Style, Vec<u8>>::new(asked, Some(verdicts)))
    }
    fn results(&self, asked: Asked, verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>) -> Vec<u8> {
        results::<Style>(asked, verdicts)
    }
    fn refusal(&self, error: &ServerError) -> Vec<u8> {
        write::refusal(&raw::answer::refusal(error))
    }
    fn open(&self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        Ok(message)
    }
    fn is_refusal(&self, opened: &[u8]) -> bool {
        opened.starts_with(write::NO)
    }
    fn decode_answer<'a>(&self, opened: &'a [u8]) -> Result<Result<Answer<'a>, ServerError>, Damaged> {
        raw::answer::read(answer::decode(opened)?)
    }
    fn weight(&self, what: Weighed<'_>) -> u64 {
        weight::of(&FRAMES, what)
    }
    fn effort(&self, message: &[u8], way: Way) -> Effort {
        Effort::new(message.len(), costs::XML, way)
    }
}
