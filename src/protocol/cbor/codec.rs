//! The codec.

use minicbor_serde::Deserializer;
use serde::Deserialize;

use super::super::answer::Answer;
use super::super::codec::{Codec, PageWriter, PushVerdict, Weighed};
use super::super::costs::{self, Effort, Way};
use super::super::damaged::Damaged;
use super::super::message::{Asked, Request};
use super::super::raw::pages::{Pages, results};
use super::super::raw::{answer, request};
use super::super::weight::{self, Frames};
use super::write::{self, Style};
use crate::base::json::Counted;
use crate::contract::ServerError;

/// CBOR.
pub(in super::super) struct Cbor;

/// An edit besides its key and values, a column of one, a request or an answer, a verdict.
const FRAMES: Frames = Frames { edit: 56, column: 2, text: 2, number: 5, null: 1, head: 100, verdict: 45 };

impl Codec for Cbor {
    fn content_type(&self) -> &'static str {
        "application/cbor"
    }
    fn encode_request(&self, asked: &Request) -> Vec<u8> {
        minicbor_serde::to_vec(request::of(asked)).expect("a request has no value that CBOR cannot hold")
    }
    fn decode_request(&self, bytes: &[u8]) -> Result<Request, Damaged> {
        request::read(whole(bytes)?)
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
        write::refusal(&answer::refusal(error))
    }
    fn open(&self, message: Vec<u8>) -> Result<Vec<u8>, Damaged> {
        Ok(message)
    }
    fn is_refusal(&self, opened: &[u8]) -> bool {
        opened.starts_with(write::NO)
    }
    fn decode_answer<'a>(&self, opened: &'a [u8]) -> Result<Result<Answer<'a>, ServerError>, Damaged> {
        answer::read(whole(opened)?)
    }
    fn weight(&self, what: Weighed<'_>) -> u64 {
        weight::of(&FRAMES, what)
    }
    fn effort(&self, message: &[u8], way: Way) -> Effort {
        Effort::new(message.len(), costs::CBOR, way)
    }
}

/// What these bytes are, all of them.
fn whole<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Damaged> {
    let mut deserializer = Deserializer::new(bytes);
    let read = T::deserialize(&mut deserializer).map_err(|error| Damaged(error.to_string()))?;
    if deserializer.decoder().position() < bytes.len() {
        return Err(Damaged("bytes after its end".to_owned()));
    }
    Ok(read)
}
