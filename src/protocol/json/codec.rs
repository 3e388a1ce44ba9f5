//! The formats: JSON whose rows are lists, and whose rows are objects.

use serde_json::{from_slice, to_vec};

use super::super::costs::{self, Costs};
use super::super::damaged::Damaged;
use super::super::format::Format;
use super::super::raw::answer::{RawAnswer, RawError};
use super::super::raw::request::RawRequest;
use super::super::weight::Frames;
use super::rows::{Lists, Named};
use super::write::Style;

pub(in super::super) struct Json;

pub(in super::super) struct Objects;

impl Format for Json {
    type Style = Style<Lists>;
    const CONTENT_TYPE: &'static str = "application/json";
    const COSTS: Costs = costs::JSON;
    const FRAMES: Frames =
        Frames { edit: 88, column: 5, text: 2, number: 10, null: 4, head: 120, verdict: 60 };
    const NO: &'static [u8] = b"{\"error\"";

    fn write_request(request: &RawRequest<'_>) -> Vec<u8> {
        to_vec(request).expect("a request has no value that JSON cannot hold")
    }
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
        Ok(from_slice(bytes)?)
    }
    fn write_refusal(error: &RawError) -> Vec<u8> {
        let error = to_vec(error).expect("an error is a map of texts and a number");
        [Json::NO, b":", &error, b"}"].concat()
    }
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
        Ok(from_slice(bytes)?)
    }
}

impl Format for Objects {
    type Style = Style<Named>;
    const CONTENT_TYPE: &'static str = "application/json; rows=objects";
    const COSTS: Costs = Json::COSTS;
    const FRAMES: Frames = Json::FRAMES;
    const NO: &'static [u8] = Json::NO;

    fn write_request(request: &RawRequest<'_>) -> Vec<u8> {
        Json::write_request(request)
    }
    fn read_request(bytes: &[u8]) -> Result<RawRequest<'_>, Damaged> {
        Json::read_request(bytes)
    }
    fn write_refusal(error: &RawError) -> Vec<u8> {
        Json::write_refusal(error)
    }
    fn read_answer(bytes: &[u8]) -> Result<RawAnswer<'_>, Damaged> {
        Json::read_answer(bytes)
    }
}

impl From<serde_json::Error> for Damaged {
    fn from(error: serde_json::Error) -> Damaged {
        Damaged(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::codec::Codec;
    use super::*;

    #[test]
    fn damaged_answers_are_an_error() {
        for bytes in [
            "",
            "{",
            "[]",
            "{\"pages\":[{\"e\":1}]}",
            "{\"pages\":[{\"e\":1,\"rows\":[[1,2]],\"cursor\":\"\",\"more\":false}]}",
            "{\"pages\":[{\"e\":1,\"rows\":[[0,7,\"k\",8]],\"cursor\":\"\",\"more\":false}]}",
            "{\"pages\":[{\"e\":1,\"rows\":[[5,7,\"k\",8,1]],\"cursor\":\"\",\"more\":false}]}",
            "{\"results\":[{\"id\":\"a\",\"conflict\":\"stale\",\"row\":[[1,7,\"k\",8,1]]}]}",
        ] {
            assert!(Json.decode_answer(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }

    #[test]
    fn damaged_requests_are_an_error() {
        for bytes in ["", "{}", "{\"device\":1}", "{\"device\":1,\"push\":[{}]}", "nonsense"] {
            assert!(Json.decode_request(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
