//! A proxy on the way that keeps answers by their address for a time, and gives them again; who
//! asks for a validation has it ask the server first, which costs a round trip and spares the
//! bytes.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::base::{Span, Time};
use crate::contract::Cacheable;

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

#[cfg(test)]
mod tests {
    use super::*;

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
