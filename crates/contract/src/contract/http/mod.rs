//! Plain HTTP over the byte transport, for stacks that speak it.
//!
//! A phone makes a [`Request`] and sends it with [`send`], or writes its bytes by
//! [`write_request`]; a server half is a [`Handler`], a function from a request to a response, in
//! [`OverHttp`]. What else answers speaks as it does in the field:
//!
//! - A server that says no does so by its status ([`status_of`]): 429 and 503 with `Retry-After`,
//!   which [`retry_after`] reads, 401, 413, 504. Caches keep a 200 alone.
//! - A proxy's page is a response with the status that it names: nginx's 413 and 502. A captive
//!   portal's is a 200 with HTML, which an app has to tell from its own.
//! - A `GET` may be answered by a cache on the way; one with `Cache-Control: no-cache` has it ask
//!   the server. Whose `If-None-Match` names the response's `ETag` gets a 304 without the body.
//!
//! The bytes are those of HTTP/1.1, head and body, and a body is as long as `Content-Length` says.
//! On a link a head has the size that `transport.header_up` and `header_down` say, with the token,
//! the client's library and proxies. What a stack wrote of it is a part of that, and is not sent
//! twice; a head of its own that is longer goes as it is.
//!
//! ```
//! use syncdyno_contract::contract::http::{OverHttp, Request, Response};
//! use syncdyno_contract::contract::{DeviceId, ServerError, SyncServer, SystemOfRecord};
//!
//! let handler = |_from: DeviceId, request: &Request, record: &mut dyn SystemOfRecord| {
//!     match request.uri().path() {
//!         "/clock" => Ok(Response::new(record.clock().0.to_string().into_bytes())),
//!         other => Err(ServerError::BadRequest(format!("there is no {other}"))),
//!     }
//! };
//! let server: Box<dyn SyncServer> = Box::new(OverHttp(handler));
//! let refused = server.refuse(&ServerError::Unauthorized);
//! assert!(refused.starts_with(b"HTTP/1.1 401 Unauthorized\r\n"));
//! ```

mod head;
mod phone;
mod server;

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
pub use head::{Malformed, head_length, read_request, read_response, write_request, write_response};
pub use phone::{not_modified, retry_after, send};
pub use server::{Handler, OverHttp, refusal, status_of};

/// A request with its body.
pub type Request = ::http::Request<Vec<u8>>;
/// A response with its body.
pub type Response = ::http::Response<Vec<u8>>;
