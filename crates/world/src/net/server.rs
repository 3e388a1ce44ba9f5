//! The server at the far end of a link, and proxies that cache responses or mix them up.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::options::During;
use crate::base::{Ppm, Seed, Span, Time, in_words};
use crate::contract::{Cacheable, LocalBoxFuture, Slip, TransportError};

/// A server that responds to requests, such as the gateway.
pub trait Server {
    /// Serves one request. Returns the response when it leaves the server. `None`: the server dies.
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>>;
    /// The version of the content that responses are made from.
    fn version(&self) -> Version {
        Version::default()
    }
    /// The rest of a streamed response; `None`: the response is complete.
    fn rest(&self, _answer: &[u8]) -> Option<Rc<dyn Rest>> {
        None
    }
    /// True if a response is a success, so that caches may keep it.
    fn is_good(&self, _answer: &[u8]) -> bool {
        true
    }
    /// A device asks for a held connection: it stays open for messages in both directions. Returns
    /// the server's number for the connection, or the bytes of a refusal. `None`: no server is
    /// running.
    fn open(&self, _hello: &[u8], _end: Rc<dyn ServerEnd>) -> Option<Result<u64, Vec<u8>>> {
        Some(Err(Vec::new()))
    }
    /// A message arrived on connection `number`.
    fn message(&self, _number: u64, _message: Vec<u8>, _slip: Slip) {}
    /// Connection `number` has ended; the server did not close it.
    fn closed(&self, _number: u64) {}
}

/// The rest of a streamed response.
pub trait Rest {
    /// Returns the next piece when it leaves the server. An empty piece ends the response. `None`:
    /// the response is aborted.
    fn next(&self) -> LocalBoxFuture<'static, Option<Vec<u8>>>;
}

/// The server's end of a held connection.
pub trait ServerEnd {
    /// Queues a message.
    fn send(&self, message: Vec<u8>) {
        self.send_with(message, Slip::default());
    }
    /// Queues a message with its slip (facts about the message for the test bench).
    fn send_with(&self, message: Vec<u8>, slip: Slip);
    /// Closes the connection after the queued messages.
    fn close(&self);
    /// Aborts the connection. Queued messages that have not left yet are lost.
    fn reset(&self) {
        self.close();
    }
}

pub(super) enum NoAnswer {
    /// The response is lost on its way. Neither end is notified.
    Lost(Vec<u8>),
    /// The server died. The device learns it at this time.
    Broken(Time),
}

pub(super) fn ended(broken_at: Time, deadline: Time) -> TransportError {
    if broken_at <= deadline { TransportError::Reset } else { TransportError::Timeout }
}

/// The version of the content that responses are made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Number of changes so far.
    pub number: u64,
    /// True if readers see all these changes. Only then can an HTTP validator be derived from
    /// `number`.
    pub settled: bool,
}

#[derive(Debug)]
struct Kept {
    answer: Vec<u8>,
    since: Time,
    version: Version,
}

/// A proxy that caches responses by URL for a time. If a request asks for validation, the proxy
/// responds only if the content has not changed.
#[derive(Debug, Default)]
pub(super) struct Cache(RefCell<BTreeMap<String, Kept>>);

impl Cache {
    /// Returns the cached response to `of`, and true if it is stale (the content has changed since
    /// it was cached). `version` is the present version of the server's content.
    pub(super) fn hit(
        &self,
        ttl: Span,
        now: Time,
        of: &Cacheable,
        version: Version,
    ) -> Option<(Vec<u8>, bool)> {
        let mut all = self.0.borrow_mut();
        let kept = all.get_mut(&of.address)?;
        let same = kept.version == version;
        if of.validated {
            if !(same && version.settled) {
                return None;
            }
            kept.since = now;
        } else if now.since(kept.since) >= ttl {
            return None;
        }
        Some((kept.answer.clone(), kept.version.number != version.number))
    }

    pub(super) fn keep(&self, now: Time, of: Cacheable, answer: &[u8], version: Version) {
        self.0.borrow_mut().insert(of.address, Kept { answer: answer.to_vec(), since: now, version });
    }
}

/// A wrong response that replaces the right one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Foreign {
    /// A proxy's error page, with the status of a success.
    Page,
    /// The response to an earlier request: the responses of a connection are shifted by one.
    Earlier,
    /// One of the two, at random.
    #[default]
    Any,
}
in_words!(Foreign { Page: "page", Earlier: "earlier", Any: "any" });

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mixed {
    /// True if the server still serves the request. Half of the requests with a wrong response are
    /// served.
    served: bool,
    earlier: bool,
}

/// A proxy that gives wrong responses: its own error page, or the response to another request.
#[derive(Debug, Default)]
pub(super) struct ResponseMixer {
    asked: Cell<u64>,
    /// An earlier response, for the next request that gets one.
    held: RefCell<Option<Vec<u8>>>,
}

impl ResponseMixer {
    pub(super) fn next(&self, times: &[During<(Ppm, Foreign)>], seed: Seed, now: Time) -> Option<Mixed> {
        if times.is_empty() {
            return None;
        }
        let number = self.asked.replace(self.asked.get() + 1);
        let draw = |what: &str| seed.hash(what, number, 0);
        let due = |share: Ppm| draw("net.foreign") % 1_000_000 < u64::from(share.0);
        let (_, what) = During::at(times, now).find(|(share, _)| due(*share))?;
        let earlier = match what {
            Foreign::Page => false,
            Foreign::Earlier => true,
            Foreign::Any => draw("net.foreign-what").is_multiple_of(2),
        };
        Some(Mixed { served: draw("net.foreign-served").is_multiple_of(2), earlier })
    }

    /// Returns the response to a request, and true if it is the right one. `serve` gives the right
    /// response. `None`: the server dies. With `keeps`, the right response is kept for a later
    /// request.
    pub(super) async fn answer<F: Future<Output = Option<Vec<u8>>>>(
        &self,
        mixed: Option<Mixed>,
        keeps: bool,
        serve: impl FnOnce() -> F,
    ) -> Option<(Vec<u8>, bool)> {
        let own = if mixed.is_some_and(|mixed| !mixed.served) { None } else { Some(serve().await?) };
        let held = self.held.borrow().clone();
        if let Some(own) = own.as_ref().filter(|_| keeps) {
            *self.held.borrow_mut() = Some(own.clone());
        }
        Some(match (mixed, own, held) {
            (None, Some(own), _) => (own, true),
            (Some(Mixed { earlier: true, .. }), _, Some(held)) => (held, false),
            _ => (ERROR_PAGE.to_vec(), false),
        })
    }
}

const ERROR_PAGE: &[u8] = b"<!DOCTYPE html>\n<html><head><title>Error</title></head>\n\
    <body><h1>The page cannot be displayed</h1><p>The proxy could not connect.</p></body></html>\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_answers_is_mixed_up_while_it_lasts() {
        let time = During { from: Time(10), until: Time(20), what: (Ppm(300_000), Foreign::Any) };
        let mixer = ResponseMixer::default();
        let count = |now| (0..1_000).filter(|_| mixer.next(&[time], Seed(1), now).is_some()).count();
        assert_eq!((count(Time(9)), count(Time(20))), (0, 0));
        assert!((250..350).contains(&count(Time(15))));
        assert_eq!(mixer.next(&[], Seed(1), Time(15)), None);
    }

    fn of(validated: bool) -> Cacheable {
        Cacheable { address: "/pull?a".to_owned(), validated }
    }

    const FIRST: Version = Version { number: 1, settled: true };
    const SECOND: Version = Version { number: 2, settled: true };

    #[test]
    fn an_answer_is_given_again_for_its_time_though_it_is_stale_unless_it_is_validated() {
        let cache = Cache::default();
        let hit = |now, validated, version| cache.hit(Span(10), Time(now), &of(validated), version);
        let kept = |stale| Some((b"page".to_vec(), stale));
        assert_eq!(hit(0, false, FIRST), None);
        cache.keep(Time(0), of(false), b"page", FIRST);
        let found = [(9, FIRST), (9, SECOND), (10, FIRST)].map(|(now, version)| hit(now, false, version));
        assert_eq!(found, [kept(false), kept(true), None]);
        let unsettled = Version { settled: false, ..FIRST };
        let found = [FIRST, SECOND, unsettled].map(|version| hit(500, true, version));
        assert_eq!(found, [kept(false), None, None], "there may be more to see");
    }
}
