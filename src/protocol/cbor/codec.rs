//! The format.

use minicbor_serde::Deserializer;
use serde::Deserialize;

use super::super::costs::{self, Costs};
use super::super::damaged::Damaged;
use super::super::format::Format;
use super::super::raw::answer::{RawAnswer, RawError};
use super::super::raw::request::RawRequest;
use super::super::weight::Frames;
use super::write::Style;

pub(in super::super) struct Cbor;

impl Format for Cbor {
    type Style = Style;
    const CONTENT_TYPE: &'static str = "application/cbor";
    const COSTS: Costs = costs::CBOR;
    const FRAMES: Frames =
        Frames { edit: 56, column: 2, text: 2, number: 5, null: 1, head: 100, verdict: 45 };
    // A map of one item.
    const NO: &'static [u8] = b"\xa1\x65error";

    fn write_request(request: &RawRequest<'_>) -> Vec<u8> {
        minicbor_serde::to_vec(request).expect("a request has no value that CBOR cannot hold")
    }
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
        whole(bytes)
    }
    fn write_refusal(error: &RawError) -> Vec<u8> {
        let error = minicbor_serde::to_vec(error).expect("an error is a map of texts and a number");
        [Cbor::NO, &error].concat()
    }
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
        whole(bytes)
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
