//! Connects a server half that uses HTTP to the bench (the simulator).

use serde_json::{Value as Json, json};

use super::call::Call;
use super::web::{bad, error};
use crate::contract::http::{
    HeaderValue, Request, header, read_request, read_response, refusal, write_response,
};
use crate::contract::{
    ConnectionId, DeviceId, EntityId, Reply, ServerError, Slip, Stamp, SyncServer, SystemOfRecord,
};

/// The methods that each protocol implements.
#[expect(unused_variables, reason = "a default ignores its arguments")]
pub(super) trait ProtocolServer {
    /// Handles a request.
    ///
    /// # Errors
    /// Errors of the record (the backend), and a request that cannot be read.
    fn answer(&mut self, call: &mut Call<'_>) -> Result<Reply, ServerError> {
        Ok(write_response(&error(426, "this is a WebSocket")).into())
    }
    /// Accepts a long-lived connection by its first message.
    ///
    /// # Errors
    /// The half does not support this kind of connection.
    fn hold(&mut self, from: DeviceId, connection: ConnectionId, hello: &Request) -> Result<(), ServerError> {
        Err(bad("no connections are held here"))
    }
    fn let_go(&mut self, connection: ConnectionId) {}
    /// Handles a message if it does not need the record. Returns false if it does.
    fn handle_without_record(&mut self, connection: ConnectionId, message: &[u8]) -> bool {
        true
    }
    /// Handles a message that needs the record.
    ///
    /// # Errors
    /// Errors of the record.
    fn hear(
        &mut self,
        (from, connection): (DeviceId, ConnectionId),
        (message, slip): (&[u8], &Slip),
        record: &mut dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        Ok(())
    }
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        stamp.0.to_string()
    }
    /// The body of a refusal by the server or the gateway, in the protocol's own form.
    fn refused(&self, word: &str, why: &str) -> Json {
        json!({ "error": word, "reason": why })
    }
}

/// The error word of a refusal. The words are CouchDB's.
fn word_of(error: &ServerError) -> &'static str {
    match error {
        ServerError::Accepted(_) => "accepted",
        ServerError::BadRequest(_) => "bad_request",
        ServerError::ClockOff(_) => "forbidden",
        ServerError::Unauthorized => "unauthorized",
        ServerError::CursorExpired(_) => "gone",
        ServerError::AlreadyThere => "file_exists",
        ServerError::MustReset => "conflict",
        ServerError::RequestTooLarge(_) => "too_large",
        ServerError::Throttled(_) => "too_many_requests",
        ServerError::Failed | ServerError::AnswerTooLarge(_) => "internal_server_error",
        ServerError::Unavailable => "service_unavailable",
        ServerError::GatewayTimeout => "gateway_timeout",
    }
}

pub(super) struct Served<S>(pub(super) S);

impl<S: ProtocolServer> SyncServer for Served<S> {
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
        let request = &read_request(request).map_err(|wrong| bad(wrong.to_string()))?;
        self.0.answer(&mut Call { from, request, slip, record })
    }
    fn refuse(&self, error: &ServerError) -> Vec<u8> {
        // The status and `Retry-After` follow HTTP. The body is JSON, because the clients cannot
        // parse a text.
        let mut response = refusal(error);
        *response.body_mut() = self.0.refused(word_of(error), &error.to_string()).to_string().into_bytes();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        write_response(&response)
    }
    fn is_refusal(&self, answer: &[u8]) -> bool {
        read_response(answer).is_ok_and(|response| response.status().as_u16() >= 300)
    }
    fn cursor_at(&self, entity: EntityId, stamp: Stamp) -> String {
        self.0.cursor_at(entity, stamp)
    }
    fn on_connect(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        hello: &[u8],
    ) -> Result<(), ServerError> {
        self.0.hold(from, connection, &read_request(hello).map_err(|wrong| bad(wrong.to_string()))?)
    }
    fn on_word(&mut self, _: DeviceId, connection: ConnectionId, message: &[u8]) -> bool {
        self.0.handle_without_record(connection, message)
    }
    fn on_message_with(
        &mut self,
        from: DeviceId,
        connection: ConnectionId,
        message: (&[u8], &Slip),
        record: &mut dyn SystemOfRecord,
    ) -> Result<(), ServerError> {
        self.0.hear((from, connection), message, record)
    }
    fn refuse_message(&self, _: &[u8], _: &ServerError) -> Option<Vec<u8>> {
        // No protocol here has a message for a refusal. The phone asks again.
        None
    }
    fn on_close(&mut self, _: DeviceId, connection: ConnectionId) {
        self.0.let_go(connection);
    }
}
