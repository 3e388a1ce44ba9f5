//! The format.

use super::super::costs::{self, Costs};
use super::super::damaged::Damaged;
use super::super::format::Format;
use super::super::raw::answer::{RawAnswer, RawError};
use super::super::raw::request::RawRequest;
use super::super::weight::Frames;
use super::write::Style;
use super::{answer, request, write};

pub(in super::super) struct Xml;

impl Format for Xml {
    type Style = Style;
    const CONTENT_TYPE: &'static str = "application/xml";
    const COSTS: Costs = costs::XML;
    const FRAMES: Frames =
        Frames { edit: 95, column: 22, text: 13, number: 18, null: 7, head: 140, verdict: 60 };
    const NO: &'static [u8] = b"<error ";

    fn write_request(request: &RawRequest<'_>) -> Vec<u8> {
        request::encode(request)
    }
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
        request::decode(bytes)
    }
    fn write_refusal(error: &RawError) -> Vec<u8> {
        write::refusal(error)
    }
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
        answer::decode(bytes)
    }
}
