//! The tiny stack over plain HTTP: the server half is a function from request to response, and
//! phones obey status codes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;
use syncdyno::contract::http::{self, Method, OverHttp, StatusCode, header};
use syncdyno::contract::{
    Capabilities, Clock, DeviceId, LocalBoxFuture, NetworkKind, PendingResponse, Seed, ServerError, Span,
    Stack, SystemOfRecord, Time, Transport, TransportError,
};
use syncdyno::world::Outcome;

use crate::tiny_stack::stack::tiny;
use crate::tiny_stack::{CALM, around, run};
use crate::worlds::{trouble, value};

thread_local! {
    /// How often phones met each status, and how long they waited in all as they were asked to.
    static MET: RefCell<(BTreeMap<u16, u64>, Span)> = RefCell::default();
}

fn met() -> (BTreeMap<u16, u64>, Span) {
    MET.take()
}

type Had = (header::HeaderValue, Vec<u8>);

/// The messages of a phone of `tiny`, sent over HTTP.
#[derive(Clone)]
struct Wire {
    inner: Rc<dyn Transport>,
    clock: Rc<dyn Clock>,
    /// The result of the last `GET`, with its `ETag`.
    had: Rc<RefCell<Option<Had>>>,
    heeds: bool,
}

impl Wire {
    fn request(&self, body: &[u8]) -> http::Request {
        let ask: Value = serde_json::from_slice(body).expect("it is the phone's");
        let mut request = http::Request::new(body.to_vec());
        *request.uri_mut() = "/sync".parse().expect("it is a path");
        if ask["edits"].as_array().is_some_and(Vec::is_empty) {
            request.body_mut().clear();
            let tag = self.had.borrow().as_ref().map(|(tag, _)| tag.clone());
            request.headers_mut().extend(tag.map(|tag| (header::IF_NONE_MATCH, tag)));
        } else {
            *request.method_mut() = Method::POST;
        }
        request
    }

    async fn ask(self, body: Vec<u8>, deadline: Time) -> Result<Vec<u8>, TransportError> {
        loop {
            let request = self.request(&body);
            let response = http::send(&*self.inner, &request, deadline).await?;
            MET.with_borrow_mut(|(met, _)| *met.entry(response.status().as_u16()).or_default() += 1);
            let wait = http::retry_after(&response);
            match response.status() {
                StatusCode::OK => {
                    if let Some(tag) = response.headers().get(header::ETAG) {
                        self.had.replace(Some((tag.clone(), response.body().clone())));
                    }
                    return Ok(response.into_body());
                }
                StatusCode::NOT_MODIFIED => {
                    let had = self.had.borrow();
                    return Ok(had.as_ref().expect("it said so").1.clone());
                }
                StatusCode::PAYLOAD_TOO_LARGE => return self.in_halves(&body, deadline).await,
                _ => {}
            }
            match wait.filter(|_| self.heeds) {
                Some(wait) if self.clock.now() + wait < deadline => {
                    MET.with_borrow_mut(|(_, waited)| *waited += wait);
                    self.clock.sleep_until(self.clock.now() + wait).await;
                }
                // A response of another kind fails here.
                _ => return Ok(response.into_body()),
            }
        }
    }

    /// Sends one half of the edits, then the other.
    fn in_halves(
        &self,
        body: &[u8],
        deadline: Time,
    ) -> LocalBoxFuture<'static, Result<Vec<u8>, TransportError>> {
        let (wire, mut ask): (_, Value) = (self.clone(), serde_json::from_slice(body).expect("it was read"));
        Box::pin(async move {
            let edits = ask["edits"].as_array().cloned().unwrap_or_default();
            let (mut taken, mut last) = (Vec::new(), Value::Null);
            for half in edits.chunks(edits.len().div_ceil(2).min(edits.len() - 1).max(1)) {
                ask["edits"] = half.into();
                let answer = wire.clone().ask(ask.to_string().into_bytes(), deadline).await?;
                let Ok(answer) = serde_json::from_slice::<Value>(&answer) else { return Ok(answer) };
                taken.extend(answer["Ok"]["taken"].as_array().cloned().unwrap_or_default());
                last = answer;
            }
            last["Ok"]["taken"] = taken.into();
            Ok(last.to_string().into_bytes())
        })
    }
}

impl Transport for Wire {
    fn request(&self, body: Vec<u8>, deadline: Time) -> PendingResponse {
        Box::pin(self.clone().ask(body, deadline))
    }
    fn network(&self) -> NetworkKind {
        self.inner.network()
    }
}

/// `tiny` over HTTP, with phones that wait as they are told to, or do not.
fn over_http(heeds: bool) -> Stack {
    let phones = around(move |open, _, mut ports| {
        let (inner, clock) = (ports.transport.clone(), ports.clock.clone());
        ports.transport = Rc::new(Wire { inner, clock, had: Rc::default(), heeds });
        open(ports)
    });
    let server = tiny().server.expect("it has one");
    phones.server(move |chosen, setup, ports| {
        let mut inner = server(chosen, setup, ports);
        let handler = move |from: DeviceId, request: &http::Request, record: &mut dyn SystemOfRecord| {
            let all = br#"{"pull":[0],"edits":[]}"#;
            let body = if *request.method() == Method::GET { &all[..] } else { request.body() };
            let answer = inner.serve(from, body, record)?.into_bytes();
            let tag = format!("\"{:x}\"", Seed(0).hash(&String::from_utf8_lossy(&answer), 0, 0));
            let mut response = http::Response::new(answer);
            if *request.method() == Method::GET {
                let tag = tag.parse().map_err(|_| ServerError::Failed)?;
                response.headers_mut().insert(header::ETAG, tag);
            }
            Ok(response)
        };
        Box::new(OverHttp(handler))
    })
}

fn ran(heeds: bool, sets: &[&str]) -> Outcome {
    ran_with(over_http(heeds), sets)
}

fn ran_with(stack: Stack, sets: &[&str]) -> Outcome {
    let (_, outcome) = run(stack, CALM, sets);
    assert_eq!(trouble(&outcome), Vec::<String>::new(), "{sets:?}");
    outcome
}

#[test]
fn a_stack_over_http_passes_and_is_told_what_it_has() {
    let outcome = ran(true, &[]);
    let (statuses, _) = met();
    assert!(statuses[&200] > 50 && statuses[&304] > 30, "{statuses:?}");
    assert_eq!(outcome.digest, ran(true, &[]).digest);
    met();
    let (_, plain) = run(tiny(), CALM, &[]);
    let whole = value(&plain, "net.down.bytes");
    let spared = value(&outcome, "net.down.bytes");
    assert!(spared * 10 < whole * 9, "{spared} of {whole} over the link");
}

#[test]
fn phones_wait_as_a_throttled_backend_asks_them_to() {
    let quota =
        ["backend.quota={ by = \"all\", requests = 8, per = \"20s\" }", "engine.options.timeout=\"2m\""];
    let heeded = ran(true, &quota);
    let (with, waited) = met();
    assert!(with[&429] > 0 && waited > Span::secs(10), "{with:?}, {waited}");
    let hasty = ran(false, &quota);
    let (without, nothing) = met();
    assert_eq!(nothing, Span::ZERO);
    let failed = |outcome: &Outcome| value(outcome, "engine.session.failed");
    assert!(failed(&heeded) < failed(&hasty), "{} and {}: {without:?}", failed(&heeded), failed(&hasty));
}

#[test]
fn a_proxys_413_comes_as_a_status() {
    ran(true, &[]);
    assert!(!met().0.contains_key(&413));
    ran(true, &["link.lte-poor.body_limit=\"1kB\"", "action.write.per_device=30"]);
    let (statuses, _) = met();
    assert!(statuses[&413] > 0, "{statuses:?}");
}

#[test]
fn a_cache_on_the_way_says_304_to_who_has_its_answer() {
    let proxy = "event.proxy={ at = \"+1m\", caching_proxy = { for = \"50m\", ttl = \"10m\" } }";
    // A cache may return older data than its phone has.
    let less = Capabilities { sessions: false, once: false, logs: false, status: false, ..Capabilities::ALL };
    let outcome = ran_with(over_http(true).promises(less), &[proxy]);
    let (with, _) = met();
    let again = value(&outcome, "net.proxy_hits.count");
    ran(true, &[]);
    let (without, _) = met();
    assert!(again > 20 && with[&304] > without[&304] + 20, "{again} again, {with:?}, {without:?}");
}

#[test]
fn a_captive_portal_and_a_dead_backend_are_no_answers() {
    let sets = [
        "event.hotel={ at = \"+30m\", captive_portal = { for = \"3m\" } }",
        "backend.maintenance.night={ from = \"+40m\", for = \"3m\" }",
    ];
    ran(true, &sets);
    let (statuses, _) = met();
    assert!(statuses.get(&503).is_some_and(|n| *n > 0), "{statuses:?}");
}
