//! Requests of devices.

use super::super::damaged::Damaged;
use super::super::message::Request;
use super::super::raw::request;

/// The request as bytes.
pub(super) fn encode(request: &Request) -> Vec<u8> {
    serde_json::to_vec(&request::of(request)).expect("a request has no value that JSON cannot hold")
}

/// Reads a request.
pub(super) fn decode(bytes: &[u8]) -> Result<Request, Damaged> {
    request::read(serde_json::from_slice(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_requests_are_an_error() {
        for bytes in ["", "{}", "{\"device\":1}", "{\"device\":1,\"push\":[{}]}", "nonsense"] {
            assert!(decode(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }
}
