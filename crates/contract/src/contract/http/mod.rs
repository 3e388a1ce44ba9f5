//! Plain HTTP over the byte transport, for stacks that use HTTP.
//!
//! A phone makes a [`Request`] and sends it with [`send`], or writes its bytes with
//! [`write_request`]. A server half is a [`Handler`], a function from a request to a response,
//! wrapped in [`OverHttp`]. Servers, proxies and caches respond as they do in real networks:
//!
//! - A server refuses with a status ([`status_of`]): 401, 413, 504, or 429 and 503 with
//!   `Retry-After`, which [`retry_after`] reads. Caches keep only a 200.
//! - A proxy's page is a response with the status in its title: nginx's 413 and 502. A captive
//!   portal's page is a 200 with HTML, which an app must distinguish from its own responses.
//! - A cache may respond to a `GET`. With `Cache-Control: no-cache` it asks the server first. A
//!   request whose `If-None-Match` equals the response's `ETag` gets a 304 without body.
//!
//! Messages have the form of HTTP/1.1: head and body. `Content-Length` gives the length of a body.
//! On a link, a head has the size of `transport.header_up` or `header_down`. That size includes the
//! token and the headers that client library and proxies add. It also includes the head that a
//! stack writes, so that head is not charged twice. A longer head is charged in full.
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
