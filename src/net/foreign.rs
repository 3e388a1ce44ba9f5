//! Answers that are somebody else's: a proxy's page, or what was meant for another request.

use std::cell::{Cell, RefCell};

use super::options::During;
use crate::base::{Ppm, Seed, Time, in_words};

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
}
