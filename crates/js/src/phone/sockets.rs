//! Long-lived connections of a phone's JavaScript: WebSocket and EventSource.
//!
//! The first message is the client's opening request. Messages pass unchanged. If the app's first
//! message is bytes, the connection delivers bytes; otherwise it delivers texts. No protocol of
//! this bench mixes both.

use std::cell::Cell;
use std::rc::Rc;

use serde::Deserialize;

use super::requests::{behind, has, take, written};
use super::state::{Line, Phone};
use super::thread::Job;
use crate::contract::http;

#[derive(Deserialize)]
struct Hello {
    path: String,
    headers: Vec<(String, String)>,
}

fn first_words(hello: &str) -> Option<Vec<u8>> {
    let hello: Hello = serde_json::from_str(hello).ok()?;
    Some(http::write_request(&written(("GET", &hello.path), &hello.headers, Vec::new())?))
}

/// Opens a connection, and posts its messages as jobs until it ends.
pub(super) fn connect(phone: &Rc<Phone>, id: u32, hello: &str) {
    let (own, hello) = (phone.clone(), first_words(hello).unwrap_or_default());
    let ended = move |what| Job::Heard { id, what, text: String::new(), body: None, note: None };
    phone.ports.spawn.spawn(Box::pin(async move {
        let deadline = own.ports.clock.now() + own.timeout;
        let Ok(connection) = own.ports.transport.connect(hello, deadline).await else {
            return own.thread.post(ended("lost"));
        };
        let line = Rc::new(Line { connection, is_text: Cell::default() });
        own.lines.borrow_mut().insert(id, line.clone());
        own.thread.post(ended("open"));
        let how = loop {
            let (message, slip) = match line.connection.receive_with().await {
                Ok(Some(came)) => came,
                Ok(None) => break "closed",
                Err(_) => break "lost",
            };
            own.ports.decoding(message.len() as u64).await;
            let note = take(&own, slip);
            own.thread.post(if line.is_text.get() == Some(false) {
                Job::Heard { id, what: "bytes", text: String::new(), body: Some(message), note }
            } else {
                let text = String::from_utf8_lossy(&message).into_owned();
                Job::Heard { id, what: "text", text, body: None, note }
            });
        };
        own.lines.borrow_mut().remove(&id);
        own.thread.post(ended(how));
    }));
}

/// Sends a message. Its slip (the bench's hidden note on a message) names the edits of the rows
/// whose keys the message contains. The outcome arrives on the connection.
pub(super) fn say(phone: &Phone, id: u32, message: &[u8], is_text: bool) {
    let Some(line) = phone.lines.borrow().get(&id).cloned() else { return };
    line.is_text.set(line.is_text.get().or(Some(is_text)));
    let slip = behind(phone, |line| has(message, line.key.as_str()));
    if !slip.edits.is_empty() {
        let sent = slip.edits.iter().flat_map(|row| row.edits.iter().map(|edit| edit.number));
        phone.sent.borrow_mut().extend(sent);
        phone.ports.tell_slip(&slip, phone.count_request());
    }
    _ = line.connection.send_with(message.to_vec(), slip);
}

pub(super) fn hang(phone: &Phone, id: u32) {
    let line: Option<Rc<Line>> = phone.lines.borrow_mut().remove(&id);
    line.into_iter().for_each(|line| line.connection.close());
}
