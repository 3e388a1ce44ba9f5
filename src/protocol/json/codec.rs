//! The codec.

use super::super::answer::Answer;
use super::super::codec::{Codec, PageWriter, PushVerdict, Weighed};
use super::super::costs::{self, Effort, Way};
use super::super::damaged::Damaged;
use super::super::message::{Asked, Request};
use super::super::weight;
use super::weight::FRAMES;
use super::{answer, request};
use crate::base::json::Counted;
use crate::contract::ServerError;

/// JSON.
pub(in super::super) struct Json;

impl Codec for Json {
    fn content_type(&self) -> &'static str {
        "application/json"
    }
    fn encode_request(&self, request: &Request) -> Vec<u8> {
        request::encode(request)
    }
    fn decode_request(&self, bytes: &[u8]) -> Result<Request, Damaged> {
        request::decode(bytes)
    }
    fn pages(&self, asked: Asked) -> Box<dyn PageWriter> {
        Box::new(answer::Writer::<Vec<u8>>::new(asked))
    }
    fn counted_pages(&self, asked: Asked) -> Box<dyn PageWriter> {
        Box::new(answer::Writer::<Counted>::new(asked))
    }
    fn pages_after(
        &self,
        asked: Asked,
        verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>,
    ) -> Box<dyn PageWriter> {
        Box::new(answer::Writer::after(answer::verdicts(asked, verdicts)))
    }
    fn results(&self, asked: Asked, verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>) -> Vec<u8> {
        answer::results(asked, verdicts)
    }
    fn refusal(&self, error: &ServerError) -> Vec<u8> {
        answer::refusal(error)
    }
    fn open(&self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        Ok(message)
    }
    fn is_refusal(&self, opened: &[u8]) -> bool {
        answer::is_refusal(opened)
    }
    fn decode_answer<'a>(&self, opened: &'a [u8]) -> Result<Result<Answer<'a>, ServerError>, Damaged> {
        answer::decode(opened)
    }
    fn weight(&self, what: Weighed<'_>) -> u64 {
        weight::of(&FRAMES, what)
    }
    fn effort(&self, message: &[u8], way: Way) -> Effort {
        Effort::new(message.len(), costs::JSON, way)
    }
}

impl From<serde_json::Error> for Damaged {
    fn from(error: serde_json::Error) -> Damaged {
        Damaged(error.to_string())
    }
}
