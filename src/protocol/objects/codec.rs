//! The codec.

use super::super::answer::Answer;
use super::super::codec::{Codec, PageWriter, PushVerdict, Weighed};
use super::super::costs::{self, Effort, Way};
use super::super::damaged::Damaged;
use super::super::json::Json;
use super::super::message::{Asked, Request};
use super::super::raw::pages::{Pages, results};
use super::write::Style;
use crate::base::json::Counted;
use crate::contract::ServerError;

/// JSON with rows as objects.
pub(in super::super) struct Objects;

/// What it has in common with JSON.
const JSON: &dyn Codec = &Json;

impl Codec for Objects {
    fn content_type(&self) -> &'static str {
        "application/json; rows=objects"
    }
    fn encode_request(&self, request: &Request) -> Vec<u8> {
        JSON.encode_request(request)
    }
    fn decode_request(&self, bytes: &[u8]) -> Result<Request, Damaged> {
        JSON.decode_request(bytes)
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
        JSON.refusal(error)
    }
    fn open(&self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        Ok(message)
    }
    fn is_refusal(&self, opened: &[u8]) -> bool {
        JSON.is_refusal(opened)
    }
    fn decode_answer<'a>(&self, opened: &'a [u8]) -> Result<Result<Answer<'a>, ServerError>, Damaged> {
        JSON.decode_answer(opened)
    }
    fn weight(&self, what: Weighed<'_>) -> u64 {
        JSON.weight(what)
    }
    fn effort(&self, message: &[u8], way: Way) -> Effort {
        Effort::new(message.len(), costs::JSON, way)
    }
}
