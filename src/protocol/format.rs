//! What differs from format to format. The rest of a codec is the same for all of them.

use super::answer::Answer;
use super::codec::{Codec, PageWriter, PushVerdict, Weighed};
use super::coding::Coding;
use super::costs::{Costs, Effort, Way};
use super::damaged::Damaged;
use super::message::{Asked, Request};
use super::raw::answer::{self, RawAnswer, RawError};
use super::raw::pages::{Pages, Style, results};
use super::raw::request::{self, RawRequest};
use super::weight::{self, Frames};
use crate::contract::ServerError;

/// How the shapes of messages become bytes.
pub(super) trait Format: Style + Send + Sync + 'static {
    const CONTENT_TYPE: &'static str;
    const COSTS: Costs;
    const FRAMES: Frames;
    /// How an answer begins that says no.
    const NO: &'static [u8];

    fn write_request(request: &RawRequest<'_>) -> Vec<u8>;
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged>;
    fn write_refusal(error: &RawError) -> Vec<u8>;
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged>;
}

impl<F: Format> Codec for F {
    fn content_type(&self) -> &'static str {
        F::CONTENT_TYPE
    }
    fn encode_request(&self, asked: &Request) -> Vec<u8> {
        F::write_request(&request::of(asked))
    }
    fn decode_request(&self, bytes: &[u8]) -> Result<Request, Damaged> {
        request::read(F::read_request(bytes)?)
    }
    fn begin(
        &self,
        asked: Asked,
        verdicts: Option<&mut dyn Iterator<Item = PushVerdict<'_>>>,
        kept: bool,
        coding: Coding,
    ) -> Box<dyn PageWriter> {
        Pages::<F, Vec<u8>>::begin(asked, verdicts, kept, coding)
    }
    fn results(&self, asked: Asked, verdicts: &mut dyn Iterator<Item = PushVerdict<'_>>) -> Vec<u8> {
        results::<F>(asked, verdicts)
    }
    fn refusal(&self, error: &ServerError) -> Vec<u8> {
        F::write_refusal(&answer::refusal(error))
    }
    fn open(&self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        Ok(message)
    }
    fn is_refusal(&self, opened: &[u8]) -> bool {
        opened.starts_with(F::NO)
    }
    fn decode_answer<'a>(&self, opened: &'a [u8]) -> Result<Result<Answer<'a>, ServerError>, Damaged> {
        answer::read(F::read_answer(opened)?)
    }
    fn weight(&self, what: Weighed<'_>) -> u64 {
        weight::of(&F::FRAMES, what)
    }
    fn effort(&self, message: &[u8], way: Way) -> Effort {
        Effort::new(message.len(), F::COSTS, way)
    }
}
