//! Who answers requests and takes messages at the far end of a link, and the proxies before it: one
//! that gives answers again, and one that mixes them up.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::options::During;
use crate::base::{Ppm, Seed, Span, Time, in_words};
use crate::contract::{Cacheable, LocalBoxFuture, Slip, TransportError};

/// What answers requests: the gateway.
pub trait Server {
    /// Serves one request; resolves when the answer leaves, or with `None` when the server dies.
    fn serve(&self, request: Vec<u8>) -> LocalBoxFuture<'static, Option<Vec<u8>>>;
    /// Which state of its content it answers from.
    fn version(&self) -> Version {
        Version::default()
    }
    /// What follows an answer on its connection, if that is only a beginning.
    fn rest(&self, _answer: &[u8]) -> Option<Rc<dyn Rest>> {
        None
    }
    /// Whether an answer is a good one, which caches keep.
    fn is_good(&self, _answer: &[u8]) -> bool {
        true
    }
    /// The device wants to hold a connection, with these words. Gives the number that the server
    /// knows it by, or the bytes that say no; `None` if no server is there.
    fn open(&self, _hello: &[u8], _end: Rc<dyn ServerEnd>) -> Option<Result<u64, Vec<u8>>> {
        Some(Err(Vec::new()))
    }
    /// A message has come on the connection of this number.
    fn message(&self, _number: u64, _message: Vec<u8>, _slip: Slip) {}
    /// The connection of this number has ended without the server's doing.
    fn closed(&self, _number: u64) {}
}

/// What follows the beginning of an answer.
pub trait Rest {
    /// The next piece as it leaves; an empty one is the end, and `None` breaks it off.
    fn next(&self) -> LocalBoxFuture<'static, Option<Vec<u8>>>;
}

/// A connection that is held, at the server's end.
pub trait ServerEnd {
    /// Hands over a message.
    fn send(&self, message: Vec<u8>) {
        self.send_with(message, Slip::default());
    }
    /// Hands over a message with what stands beside it.
    fn send_with(&self, message: Vec<u8>, slip: Slip);
    /// Closes it behind what was handed over.
    fn close(&self);
    /// Breaks it off: what was handed over and has not left is lost.
    fn reset(&self) {
        self.close();
    }
}

pub(super) enum NoAnswer {
    /// It is lost on its way, and nobody is told.
    Lost(Vec<u8>),
    /// The server died; the device knows then.
    Broken(Time),
}

pub(super) fn ended(broken_at: Time, deadline: Time) -> TransportError {
    if broken_at <= deadline { TransportError::Reset } else { TransportError::Timeout }
}

/// Which state of its content a server answers from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// How many changes there were.
    pub number: u64,
    /// Readers see all of them: a validator may be made of it.
    pub settled: bool,
}

#[derive(Debug)]
struct Kept {
    answer: Vec<u8>,
    since: Time,
    version: Version,
}

/// A proxy that keeps answers by their address for a time, and gives them again; who asks for a
/// validation has it ask the server first, which costs a round trip and spares the bytes.
#[derive(Debug, Default)]
pub(super) struct Cache(RefCell<BTreeMap<String, Kept>>);

impl Cache {
    /// What a request for this gets in the server's place, whose content is of this `version`, and
    /// whether something has changed since it was kept.
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

/// What comes in the place of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Foreign {
    /// A proxy's error page, with the status of a good answer.
    Page,
    /// The answer to an earlier request: those of a connection are shifted by one.
    Earlier,
    /// Either, as it comes.
    #[default]
    Any,
}
in_words!(Foreign { Page: "page", Earlier: "earlier", Any: "any" });

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mixed {
    /// It comes to the server all the same, as half of them do.
    served: bool,
    earlier: bool,
}

/// A proxy whose answers are somebody else's: its own page, or what was meant for another request.
#[derive(Debug, Default)]
pub(super) struct Mixer {
    asked: Cell<u64>,
    /// The answer that the next request gets whose answers are mixed up.
    held: RefCell<Option<Vec<u8>>>,
}

impl Mixer {
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

    /// What a request is answered that `serve` would answer, and whether that is its own; `None` if
    /// the server dies. Who `keeps` answers keeps them for later requests.
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
        let mixer = Mixer::default();
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
