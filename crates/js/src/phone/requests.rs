//! Sends the requests of a phone's JavaScript. Each carries a slip (the bench's hidden note) that
//! names the edits in it.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::body::{Reader, read_behind};
use super::journal;
use super::state::{Hold, Phone};
use super::thread::Job;
use crate::contract::http::{self, HeaderName, HeaderValue, Method, Request, Response};
use crate::contract::{
    AppMessage, Call, EngineEvent, RequestKind, RowEdits, RowVersion, ServerError, Slip, Span, TransportError,
};

/// The head of a request. The prelude (the bench's own JavaScript) passes it as JSON.
#[derive(Deserialize)]
struct Head {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    /// The rows that the request writes: table, key, and perhaps the state. `None` if the adapter
    /// (the app's sync code) does not say.
    rows: Option<Vec<Vec<Json>>>,
}

impl Head {
    /// True if the query or a header can identify a version of a row.
    fn is_dated(&self) -> bool {
        let is_condition = |(name, _): &(String, String)| name.to_lowercase().starts_with("if-");
        self.path.contains('?') || self.headers.iter().any(is_condition)
    }
    fn parts(&self) -> impl DoubleEndedIterator<Item = String> {
        let path = self.path.split(['?', '#']).next().unwrap_or_default();
        path.split('/').filter(|part| !part.is_empty()).map(plain)
    }
    /// True for a request other than `GET` whose path ends with this key, such as `PUT
    /// /orders/o17`.
    fn is_of(&self, key: &str) -> bool {
        self.method != "GET" && self.parts().next_back().is_some_and(|last| last == key)
    }
}

fn plain(part: &str) -> String {
    let (bytes, mut plain, mut at) = (part.as_bytes(), Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let letter = || u8::from_str_radix(std::str::from_utf8(bytes.get(at + 1..at + 3)?).ok()?, 16).ok();
        let written = (*byte == b'%').then(letter).flatten();
        plain.push(written.unwrap_or(*byte));
        at += if written.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn texts<'j>(json: &'j Json, into: &mut BTreeSet<&'j str>) {
    match json {
        Json::String(text) => _ = into.insert(text),
        Json::Array(list) => list.iter().for_each(|inner| texts(inner, into)),
        Json::Object(map) => map.values().for_each(|inner| texts(inner, into)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// Builds a request; `None` if a part is not valid.
pub(super) fn written(
    (method, path): (&str, &str),
    headers: &[(String, String)],
    body: Vec<u8>,
) -> Option<Request> {
    let mut request = Request::new(body);
    *request.method_mut() = Method::from_bytes(method.as_bytes()).ok()?;
    *request.uri_mut() = path.parse().ok()?;
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        request.headers_mut().append(name, HeaderValue::from_str(value).ok()?);
    }
    Some(request)
}

pub(super) fn has(body: &[u8], key: &str) -> bool {
    !key.is_empty() && body.windows(key.len()).any(|part| part == key.as_bytes())
}

/// Makes the slip of a message: the edits of the journal for which `is_in` holds.
pub(super) fn behind(phone: &Phone, is_in: impl Fn(&journal::Line) -> bool) -> Slip {
    let lines = journal::lines(&phone.thread.host.disk.main).unwrap_or_default();
    journal::behind(&lines, phone.setup.device, is_in)
}

/// Returns the numbers of the edits of the rows that the adapter names.
fn named(phone: &Phone, lines: &[journal::Line], rows: &[Vec<Json>]) -> BTreeSet<u32> {
    let mut numbers = BTreeSet::new();
    for row in rows {
        let [Json::String(table), Json::String(key), state @ ..] = row.as_slice() else { continue };
        let Some(entity) = phone.setup.schema.find(table) else { continue };
        match state.first() {
            Some(state) => numbers.extend(journal::within(lines, &phone.setup.schema, (entity, key), state)),
            None => {
                let of = lines.iter().filter(|line| line.entity == entity && line.key.as_str() == key);
                numbers.extend(of.map(|line| line.number));
            }
        }
    }
    numbers
}

/// Makes the slip of a request. If the adapter or the body names edits, these are in the slip. Else
/// an edit is in it if its key is in the body of a request other than `GET`, or last in its path.
/// Also returns the edits that are perhaps in the request, each with the edit that has the same
/// values.
fn slip_of(phone: &Phone, lines: &[journal::Line], head: &Head, body: &[u8]) -> (Slip, Vec<(u32, u32)>) {
    let (device, json) = (phone.setup.device, serde_json::from_slice::<Json>(body).ok());
    let mut said = BTreeSet::new();
    json.iter().for_each(|json| texts(json, &mut said));
    let has_name = |line: &journal::Line| line.is_called(device, |name| said.contains(name));
    let named = head.rows.as_ref().map(|rows| named(phone, lines, rows));
    let is_answered_by_functions = phone.is_answered_by_functions;
    let is_in = |line: &journal::Line| match &named {
        Some(numbers) => numbers.contains(&line.number) || is_answered_by_functions && has_name(line),
        None if is_answered_by_functions && head.is_of(line.key.as_str()) => true,
        None => head.method != "GET" && has(body, line.key.as_str()),
    };
    // If the body has no name, the state that is sent identifies the edits.
    let says_state = head.rows.iter().flatten().any(|row| row.len() > 2);
    let is_by_name = || lines.iter().filter(|line| is_in(line)).any(has_name);
    if !is_answered_by_functions || says_state && !is_by_name() {
        return (journal::behind(lines, device, is_in), Vec::new());
    }
    let reader = Reader {
        schema: &phone.setup.schema,
        device,
        around: head.headers.iter().map(|(_, value)| value.clone()).chain(head.parts()).collect(),
        deletes: head.method == "DELETE",
        is_dated: head.is_dated(),
        merges: phone.about.capabilities["merge"] == "converges",
        body: json.clone(),
    };
    let is_named = |line: &journal::Line| named.is_some() || head.is_of(line.key.as_str());
    let count = |key: &str| match key.len() {
        0 => 0,
        length => body.windows(length).filter(|part| *part == key.as_bytes()).count(),
    };
    read_behind(lines, &reader, (is_in, is_named), count)
}

fn failed(id: u32, why: &str) -> Job {
    Job::Answer { id, head: json!({ "failed": why }).to_string(), body: Vec::new(), note: None }
}

/// Sends a request when its turn is over, and posts the response as a job.
pub(super) fn send(phone: &Rc<Phone>, id: u32, head: &str, body: Vec<u8>) {
    let read = || -> Option<(Request, Head)> {
        let head: Head = serde_json::from_str(head).ok()?;
        Some((written((&head.method, &head.path), &head.headers, body.clone())?, head))
    };
    let Some((request, head)) = read() else {
        return phone.thread.post(failed(id, "the request cannot be written"));
    };
    let lines = journal::lines(&phone.thread.host.disk.main).unwrap_or_default();
    let (slip, perhaps) = slip_of(phone, &lines, &head, &body);
    let note_sent =
        if phone.is_answered_by_functions { journal::note_sent(&lines, &slip) } else { String::new() };
    if !note_sent.is_empty() {
        _ = phone.thread.host.disk.write(&note_sent);
    }
    let hold: Rc<Hold> = Rc::default();
    phone.holds.borrow_mut().insert(id, hold.clone());
    let own = phone.clone();
    phone.ports.spawn.spawn(Box::pin(async move {
        let job = exchange(&own, id, (request, slip, &perhaps), &hold).await;
        own.holds.borrow_mut().remove(&id);
        job.into_iter().for_each(|job| own.thread.post(job));
    }));
}

async fn exchange(
    phone: &Phone,
    id: u32,
    (request, slip, perhaps): (Request, Slip, &[(u32, u32)]),
    hold: &Hold,
) -> Option<Job> {
    let (kind, number) =
        (if slip.edits.is_empty() { RequestKind::Pull } else { RequestKind::Push }, phone.count_request());
    let bytes = http::write_request(&request);
    let (unit, sent_at, wasted) = (phone.unit.get(), phone.ports.clock.now(), bytes.len() as u64);
    let numbers = slip.edits.iter().flat_map(|row| row.edits.iter().map(|edit| edit.number));
    phone.sent.borrow_mut().extend(numbers);
    let call = Call { number, kind, unit, edits: &[], attempt: 0 };
    let mut asked = std::pin::pin!(phone.ports.call_with(call, bytes, slip, sent_at + phone.timeout));
    let answer = poll_fn(|context| {
        if hold.given_up.get() {
            return Poll::Ready(None);
        }
        hold.waker.set(Some(context.waker().clone()));
        asked.as_mut().poll(context).map(Some)
    });
    let took = || phone.ports.clock.now() - sent_at;
    let failed_by = |error| EngineEvent::RequestFailed { request: number, kind, error, took: took(), wasted };
    let (bytes, slip) = match answer.await {
        None => {
            phone.ports.emit(failed_by(TransportError::Cancelled));
            return None;
        }
        Some(Err(error)) => return Some(failed(id, &error.to_string())),
        Some(Ok(came)) => came,
    };
    phone.ports.crash_point("js.answer-received").await;
    let length = bytes.len() as u64;
    phone.ports.decoding(length).await;
    let read = http::read_response(&bytes);
    // A proxy's page, or a captive portal's, has no HTTP head. Like a browser, the phone passes it
    // on.
    let is_page = |response: &Response| response.body().len() == bytes.len();
    if read.as_ref().ok().is_none_or(is_page) {
        phone.ports.emit(failed_by(TransportError::Foreign));
    }
    let mut response = match read {
        Ok(page) if is_page(&page) => return Some(job_of(id, page, None)),
        Ok(response) => response,
        Err(why) => return Some(failed(id, &why.to_string())),
    };
    if let Some(no) = response.headers_mut().remove("x-bench-no-route") {
        let what = &String::from_utf8_lossy(no.as_bytes());
        phone.ports.emit(EngineEvent::Said(AppMessage::Warned { what }));
    }
    let status = response.status().as_u16();
    if status < 400 {
        let (rows, took) = (slip.rows.len() as u32, took());
        phone.ports.emit(EngineEvent::ResponseReceived {
            request: number,
            kind,
            unit,
            bytes: length,
            rows,
            took,
        });
    } else {
        let error = &refusal(&response);
        phone.ports.emit(EngineEvent::RequestRefused { request: number, kind, error, took: took() });
    }
    let note = response.status().is_success().then(|| take(phone, slip)).flatten();
    let note = note.map(|note| note + &journal::note_ambiguous(perhaps));
    Some(job_of(id, response, note))
}

/// Stores the versions of a response's slip, and returns the statements to write together with the
/// response.
pub(super) fn take(phone: &Phone, slip: Slip) -> Option<String> {
    let mut note = journal::note_of(&slip, phone.keeps_stamps);
    let mut brought = phone.brought.borrow_mut();
    // An edit of the row made a newer version, so the version that was held back is dropped.
    let made = |row: &RowEdits, it: &RowVersion| {
        (row.entity, &row.key) == (it.entity, &it.key) && row.stamp >= Some(it.stamp)
    };
    let is_older = |it: &mut RowVersion| slip.edits.iter().any(|row| made(row, it));
    for older in brought.extract_if(.., is_older).filter(|_| phone.held.get()) {
        note.push_str(&journal::no_longer_held(&older));
    }
    brought.extend(slip.rows);
    (!note.is_empty()).then_some(note)
}

fn job_of(id: u32, response: Response, note: Option<String>) -> Job {
    let pair = |(name, value): (&HeaderName, &HeaderValue)| {
        Some([name.as_str().to_owned(), value.to_str().ok()?.to_owned()])
    };
    let headers: Vec<[String; 2]> = response.headers().iter().filter_map(pair).collect();
    let head = json!({ "status": response.status().as_u16(), "headers": headers }).to_string();
    Job::Answer { id, head, body: response.into_body(), note }
}

/// Maps an HTTP status to the bench's error.
fn refusal(response: &Response) -> ServerError {
    let wait = || http::retry_after(response).unwrap_or(Span::ZERO);
    match response.status().as_u16() {
        401 => ServerError::Unauthorized,
        413 => ServerError::RequestTooLarge(0),
        429 => ServerError::Throttled(wait()),
        500 | 502 => ServerError::Failed,
        503 => ServerError::Unavailable,
        504 => ServerError::GatewayTimeout,
        status => ServerError::BadRequest(format!("HTTP {status}")),
    }
}
