//! A proxy on the way that keeps answers and gives them again.
//!
//! It keeps what was asked for by an address that says all of what was asked, for a time to live. A
//! request without one, such as a POST, passes it untouched. Who asks for a validation has it ask
//! the server each time whether what it keeps still holds: that costs the server a round trip, and
//! spares it the answer's bytes.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::base::{Span, Time};
use crate::contract::Cacheable;

/// A time with such a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheTime {
    /// First instant.
    pub from: Time,
    /// First instant after it.
    pub until: Time,
    /// How long it gives an answer again.
    pub ttl: Span,
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

/// What a proxy keeps for one device.
#[derive(Debug, Default)]
pub(super) struct Cache(RefCell<BTreeMap<String, Kept>>);

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) answer: Vec<u8>,
    /// Something has changed since it was kept.
    pub(super) stale: bool,
    /// The server was asked whether it still holds.
    pub(super) asked: bool,
}

impl Cache {
    /// What a request for this gets in the server's place, whose content is of this `version`.
    pub(super) fn hit(&self, ttl: Span, now: Time, of: &Cacheable, version: Version) -> Option<Hit> {
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
        let stale = kept.version.number != version.number;
        Some(Hit { answer: kept.answer.clone(), stale, asked: of.validated })
    }

    pub(super) fn keep(&self, now: Time, of: Cacheable, answer: &[u8], version: Version) {
        self.0.borrow_mut().insert(of.address, Kept { answer: answer.to_vec(), since: now, version });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(validated: bool) -> Cacheable {
        Cacheable { address: "/pull?a".to_owned(), validated }
    }

    const FIRST: Version = Version { number: 1, settled: true };
    const SECOND: Version = Version { number: 2, settled: true };

    #[test]
    fn an_answer_is_given_again_for_its_time_to_live_though_it_is_stale() {
        let cache = Cache::default();
        let hit = |now, version| cache.hit(Span(10), Time(now), &of(false), version);
        assert_eq!(hit(0, FIRST), None);
        cache.keep(Time(0), of(false), b"page", FIRST);
        let kept = |stale| Some(Hit { answer: b"page".to_vec(), stale, asked: false });
        assert_eq!((hit(9, FIRST), hit(9, SECOND), hit(10, FIRST)), (kept(false), kept(true), None));
    }

    #[test]
    fn a_validator_keeps_what_is_stale_from_being_given() {
        let cache = Cache::default();
        let hit = |now, version| cache.hit(Span(10), Time(now), &of(true), version).map(|hit| hit.stale);
        cache.keep(Time(0), of(true), b"page", FIRST);
        assert_eq!((hit(5, FIRST), hit(500, FIRST), hit(5, SECOND)), (Some(false), Some(false), None));
        assert_eq!(hit(5, Version { settled: false, ..FIRST }), None, "there may be more to see");
    }
}
