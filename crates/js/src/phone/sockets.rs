//! Connections that a phone's JavaScript holds: WebSocket, EventSource.
//!
//! The first words are those of the request that a client opens one with. A message begins with the
//! byte that tells a text from bytes, as a frame of a WebSocket does by its opcode.

use std::rc::Rc;

use serde::Deserialize;

use super::journal;
use super::requests::{behind, has};
use super::state::Phone;
use super::thread::Job;
use crate::contract::http::{self, HeaderName, HeaderValue, Request};
use crate::contract::{Connection, EngineEvent};

const TEXT: u8 = 1;
const BYTES: u8 = 2;

#[derive(Deserialize)]
struct Hello {
    path: String,
    headers: Vec<(String, String)>,
}

fn first_words(hello: &str) -> Option<Vec<u8>> {
    let hello: Hello = serde_json::from_str(hello).ok()?;
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = hello.path.parse().ok()?;
    for (name, value) in &hello.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request.headers_mut().append(name, HeaderValue::from_str(value).ok()?);
    }
    Some(http::write_request(&request))
}

/// Opens a connection, and posts what comes on it until it ends.
pub(super) fn connect(phone: &Rc<Phone>, id: u32, hello: &str) {
    let (own, hello) = (phone.clone(), first_words(hello).unwrap_or_default());
    let heard = move |what, text, body| Job::Heard { id, what, text, body };
    phone.ports.spawn.spawn(Box::pin(async move {
        let deadline = own.ports.clock.now() + own.timeout;
        let Ok(connection) = own.ports.transport.connect(hello, deadline).await else {
            return own.thread.post(heard("lost", String::new(), None));
        };
        own.lines.borrow_mut().insert(id, connection.clone());
        own.thread.post(heard("open", String::new(), None));
        let ended = loop {
            let message = match connection.receive().await {
                Ok(Some(message)) => message,
                Ok(None) => break "closed",
                Err(_) => break "lost",
            };
            own.ports.decoding(message.len() as u64).await;
            own.thread.post(match message.split_first() {
                Some((&BYTES, body)) => heard("bytes", String::new(), Some(body.to_vec())),
                Some((&TEXT, text)) => heard("text", String::from_utf8_lossy(text).into_owned(), None),
                _ => heard("text", String::from_utf8_lossy(&message).into_owned(), None),
            });
        };
        own.lines.borrow_mut().remove(&id);
        own.thread.post(heard(ended, String::new(), None));
    }));
}

/// Sends a message; what came of it is heard on the connection.
pub(super) fn say(phone: &Phone, id: u32, message: &[u8], is_text: bool) {
    let Some(connection) = phone.lines.borrow().get(&id).cloned() else { return };
    let is_in = |line: &journal::Line| has(message, line.key.as_str());
    let rows = behind(phone, is_in);
    if !rows.is_empty() {
        let request = phone.count_request();
        for row in &rows {
            phone.sent.borrow_mut().extend(row.edits.iter().map(|edit| edit.number));
            let (entity, key) = (row.entity, &row.key);
            row.edits.iter().for_each(|edit| {
                phone.ports.emit(EngineEvent::EditSent { edit: *edit, entity, key, request })
            });
        }
    }
    let opcode = if is_text { TEXT } else { BYTES };
    _ = connection.send([&[opcode], message].concat());
}

pub(super) fn hang(phone: &Phone, id: u32) {
    let connection: Option<Rc<dyn Connection>> = phone.lines.borrow_mut().remove(&id);
    connection.into_iter().for_each(|connection| connection.close());
}
