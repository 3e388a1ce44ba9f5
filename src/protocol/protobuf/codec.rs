//! The format.

use super::super::costs::{self, Costs};
use super::super::damaged::Damaged;
use super::super::format::Format;
use super::super::raw::answer::{RawAnswer, RawError};
use super::super::raw::request::RawRequest;
use super::super::weight::Frames;
use super::write::Style;
use super::{read, write};

pub(in super::super) struct Protobuf;

impl Format for Protobuf {
    type Style = Style;
    const CONTENT_TYPE: &'static str = "application/x-protobuf";
    const COSTS: Costs = costs::PROTOBUF;
    const FRAMES: Frames = Frames { edit: 32, column: 1, text: 2, number: 4, null: 1, head: 60, verdict: 25 };
    // The field 3, a message.
    const NO: &'static [u8] = b"\x1b";

    fn write_request(request: &RawRequest<'_>) -> Vec<u8> {
        write::request(request)
    }
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
        read::request(bytes)
    }
    fn write_refusal(error: &RawError) -> Vec<u8> {
        write::refusal(error)
    }
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
        read::answer(bytes)
    }
}
