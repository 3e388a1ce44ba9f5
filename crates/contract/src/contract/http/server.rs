//! A server half that is a function from a request to a response.
//!
//! A *slip* is metadata of the bench that travels with a message and is not in its bytes.

use ::http::{HeaderValue, StatusCode, header};

use super::head::{read_request, read_response, write_response};
use super::phone::unchanged;
use super::{Request, Response};
use crate::base::{DeviceId, Span};
use crate::contract::device::Slip;
use crate::contract::server::{EachServed, Reply, ServerError, SyncServer, SystemOfRecord};

/// `Retry-After` of a 503.
const UNAVAILABLE_FOR: Span = Span::secs(30);

/// Responds to requests. A closure is a handler.
pub trait Handler {
    /// Responds to a request of a device at the backend.
    ///
    /// # Errors
    /// The backend's refusal. The device gets it as [`refusal`]. A handler that itself refuses
    /// returns a response instead.
    fn handle(
        &mut self,
        from: DeviceId,
        request: &Request,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Response, ServerError>;
    /// Like [`handle`](Handler::handle), with the slip beside the request: see
    /// [`SyncServer::serve_with`].
    ///
    /// # Errors
    /// As for [`handle`](Handler::handle).
    fn handle_with(
        &mut self,
        from: DeviceId,
        request: &Request,
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Response, ServerError> {
        *slip = Slip::default();
        self.handle(from, request, record)
    }
    /// Calls `f` with each row in a response: see [`SyncServer::rows_in`].
    fn rows_in(&self, response: &Response, f: &mut EachServed<'_>) {
        let _ = (response, f);
    }
}

impl<F> Handler for F
where
    F: FnMut(DeviceId, &Request, &mut dyn SystemOfRecord) -> Result<Response, ServerError>,
{
    fn handle(
        &mut self,
        from: DeviceId,
        request: &Request,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Response, ServerError> {
        self(from, request, record)
    }
}

/// Makes a server half from a handler. A `GET` whose `If-None-Match` equals the `ETag` of its 200
/// gets a 304.
#[derive(Clone, Copy, Debug)]
pub struct OverHttp<H>(pub H);

impl<H: Handler> SyncServer for OverHttp<H> {
    fn serve(
        &mut self,
        from: DeviceId,
        request: &[u8],
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        self.serve_with(from, request, &mut Slip::default(), record)
    }
    fn serve_with(
        &mut self,
        from: DeviceId,
        request: &[u8],
        slip: &mut Slip,
        record: &mut dyn SystemOfRecord,
    ) -> Result<Reply, ServerError> {
        let request = read_request(request).map_err(|wrong| ServerError::BadRequest(wrong.to_string()))?;
        let response = self.0.handle_with(from, &request, slip, record)?;
        let response = unchanged(&request, &response).unwrap_or(response);
        Ok(write_response(&response).into())
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        write_response(&refusal(error))
    }
    fn is_refusal(&self, answer: &[u8]) -> bool {
        read_response(answer).is_ok_and(|response| response.status() != StatusCode::OK)
    }
    fn rows_in(&self, answer: &[u8], f: &mut EachServed<'_>) {
        if let Ok(response) = read_response(answer) {
            self.0.rows_in(&response, f);
        }
    }
}

/// The HTTP status for an error of the server.
pub fn status_of(error: &ServerError) -> StatusCode {
    match error {
        ServerError::Accepted(_) => StatusCode::ACCEPTED,
        ServerError::BadRequest(_) => StatusCode::BAD_REQUEST,
        ServerError::ClockOff(_) => StatusCode::FORBIDDEN,
        ServerError::Unauthorized => StatusCode::UNAUTHORIZED,
        ServerError::AlreadyThere => StatusCode::PRECONDITION_FAILED,
        ServerError::MustReset => StatusCode::CONFLICT,
        ServerError::CursorExpired(_) => StatusCode::GONE,
        ServerError::RequestTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        ServerError::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
        ServerError::Failed | ServerError::AnswerTooLarge(_) => StatusCode::INTERNAL_SERVER_ERROR,
        ServerError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ServerError::GatewayTimeout => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// The response for an error: status and text. Errors with a wait get `Retry-After`, in seconds
/// rounded up.
pub fn refusal(error: &ServerError) -> Response {
    let mut response = Response::new(error.to_string().into_bytes());
    *response.status_mut() = status_of(error);
    let headers = response.headers_mut();
    let wait = match error {
        ServerError::Throttled(wait) | ServerError::Accepted(wait) => Some(*wait),
        ServerError::Unavailable => Some(UNAVAILABLE_FOR),
        _ => None,
    };
    if let Some(wait) = wait {
        let seconds = wait.0.div_ceil(Span::secs(1).0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if *error == ServerError::Unauthorized {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::super::retry_after;
    use super::*;
    use crate::base::EntityId;

    #[test]
    fn each_refusal_has_its_status_and_two_say_when_to_come_again() {
        let server = OverHttp(|_: DeviceId, _: &Request, _: &mut dyn SystemOfRecord| Ok(Response::default()));
        for (error, status, wait) in [
            (ServerError::BadRequest("x".to_owned()), 400, None),
            (ServerError::Unauthorized, 401, None),
            (ServerError::CursorExpired(EntityId(1)), 410, None),
            (ServerError::MustReset, 409, None),
            (ServerError::AlreadyThere, 412, None),
            (ServerError::RequestTooLarge(9), 413, None),
            (ServerError::Throttled(Span::millis(1_001)), 429, Some(Span::secs(2))),
            (ServerError::Failed, 500, None),
            (ServerError::AnswerTooLarge(9), 500, None),
            (ServerError::Unavailable, 503, Some(Span::secs(30))),
            (ServerError::GatewayTimeout, 504, None),
        ] {
            let bytes = server.refuse(&error);
            let read = read_response(&bytes).expect("it was written here");
            assert_eq!((read.status().as_u16(), retry_after(&read)), (status, wait), "{error}");
            assert!(server.is_refusal(&bytes), "{error}");
        }
        assert!(!server.is_refusal(&write_response(&Response::default())));
    }
}
