//! HTTP as a phone sends it.

use ::http::{Method, StatusCode, header};

use super::head::{read_request, read_response, write_request, write_response};
use super::{Request, Response};
use crate::base::{Span, Time};
use crate::contract::device::{Cacheable, Transport, TransportError};

/// Sends a request and waits for the response until `deadline`. A cache may respond to a `GET`,
/// which it identifies by path and query. With `Cache-Control: no-cache` the cache asks the server
/// first.
///
/// # Errors
/// As [`Transport::request`]; [`TransportError::Foreign`] for bytes that are not a response.
pub async fn send(
    transport: &dyn Transport,
    request: &Request,
    deadline: Time,
) -> Result<Response, TransportError> {
    let bytes = write_request(request);
    let answer = if *request.method() == Method::GET {
        let address = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let said = request.headers().get(header::CACHE_CONTROL);
        let validated = said.is_some_and(|said| said.as_bytes() == b"no-cache");
        transport.request_cacheable(bytes, Cacheable { address, validated }, deadline).await?
    } else {
        transport.request(bytes, deadline).await?
    };
    read_response(&answer).map_err(|_| TransportError::Foreign)
}

/// The wait that a response asks for (`Retry-After` in seconds); `None` if it asks for none.
pub fn retry_after(response: &Response) -> Option<Span> {
    let said = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    said.parse().ok().map(|seconds: u32| Span::secs(seconds.into()))
}

/// The 304 that replaces this response, if the request's `If-None-Match` equals the response's
/// `ETag`. `None` otherwise, or if the bytes are not HTTP.
pub fn not_modified(request: &[u8], answer: &[u8]) -> Option<Vec<u8>> {
    if !request.starts_with(b"GET /") {
        return None;
    }
    let (request, answer) = (read_request(request).ok()?, read_response(answer).ok()?);
    unchanged(&request, &answer).map(|answer| write_response(&answer))
}

pub(super) fn unchanged(request: &Request, response: &Response) -> Option<Response> {
    let etag = response.headers().get(header::ETAG).filter(|_| *request.method() == Method::GET)?;
    let is_had = request.headers().get(header::IF_NONE_MATCH) == Some(etag);
    (is_had && response.status() == StatusCode::OK).then(|| {
        let mut answer = Response::new(Vec::new());
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        answer.headers_mut().insert(header::ETAG, etag.clone());
        answer
    })
}
