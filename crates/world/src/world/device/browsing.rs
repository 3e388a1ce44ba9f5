//! A model of the queries that the app's screens send to the database. They are not real SQLite
//! queries.
//!
//! Queries form a Poisson process while the app is in the foreground. With a rollback journal, a
//! query waits while a writing transaction is in progress: Android apps then have one connection.
//! With a write-ahead log, a query does not wait. While the sync is working, the query and the sync
//! each get half of the processor. The data is in memory. A query is reported only when its answer
//! is complete, because new work of the sync may still delay it.

use std::cmp::Reverse;
use std::collections::VecDeque;

use crate::base::{Span, Stream, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) took: Span,
    pub(crate) waited: Span,
}

#[derive(Clone, Copy, Debug)]
struct Busy {
    from: Time,
    cpu_until: Time,
    until: Time,
    locked: bool,
}

/// The app in the foreground of one device.
#[derive(Debug)]
pub(crate) struct Browser {
    every: Span,
    cost: Span,
    /// True if a writing transaction blocks readers.
    readers_wait: bool,
    stream: Stream,
    /// The arrival time of the next query that is not reported yet; `None` in the background.
    next: Option<Time>,
    /// A lower bound of the next query's answer time. It uses the work that was known at the last
    /// call.
    not_before: Time,
    /// The sync's work, ordered by start. Pieces of parallel streams overlap. Work that began in
    /// the background may last until the app is in the foreground again.
    busy: VecDeque<Busy>,
    /// Queries that were waiting when the app went to the background, each with its arrival time.
    /// They are answered later, or never.
    left: Vec<(Time, Query)>,
}

impl Browser {
    pub(crate) fn new(every: Span, cost: Span, readers_wait: bool, stream: Stream) -> Browser {
        Browser {
            every,
            cost,
            readers_wait,
            stream,
            next: None,
            not_before: Time::ZERO,
            busy: VecDeque::new(),
            left: Vec::new(),
        }
    }
    pub(crate) fn begin(&mut self, now: Time) {
        if self.next.is_none() {
            self.next = Some(now + self.stream.exponential(self.every));
        }
    }
    /// The app goes to the background. The sync continues.
    pub(crate) fn end(&mut self, now: Time) {
        while let Some(came) = self.next
            && let Some(query) = self.next_told(now, Time(u64::MAX))
        {
            self.left.push((came, query));
        }
        // The last query in the list is the first to be answered.
        self.left.sort_by_key(|(came, query)| Reverse(*came + query.took));
        self.next = None;
        self.not_before = Time::ZERO;
    }
    pub(crate) fn die(&mut self, now: Time) {
        self.end(now);
        self.left.clear();
        self.busy.clear();
    }
    pub(crate) fn busy(&mut self, from: Time, cpu_until: Time, until: Time, locked: bool) {
        let place = self.busy.partition_point(|busy| busy.from <= from);
        self.busy.insert(place, Busy { from, cpu_until, until, locked });
    }
    /// The time that the sync needs for `cpu` in the foreground. The screen's queries take at most
    /// half of the processor.
    pub(crate) fn share(&self, cpu: Span) -> Span {
        if self.next.is_none() {
            return cpu;
        }
        let taken = self.cost.min(Span(self.every.0 / 2));
        cpu.scaled(self.every.0, self.every.0 - taken.0)
    }
    /// The next query answered by `now`; `None` if all of them are reported. Later work cannot
    /// delay it, and later queries are answered later.
    pub(crate) fn next_answered(&mut self, now: Time) -> Option<Query> {
        let answered = self.left.pop_if(|(came, query)| *came + query.took <= now);
        answered.map(|(_, query)| query).or_else(|| self.next_told(now, now))
    }
    /// At the end of the world: the next query that arrived by `now`, answered or not.
    pub(crate) fn next_asked(&mut self, now: Time) -> Option<Query> {
        let left = self.left.pop().map(|(_, query)| query);
        left.or_else(|| self.next_told(now, Time(u64::MAX)))
    }
    /// When the process dies: the next query that arrived by `now`. Its wait ends at `now`.
    pub(crate) fn next_cut_off(&mut self, now: Time) -> Option<Query> {
        let (came, Query { took, waited }) = match self.left.pop() {
            Some(left) => left,
            None => (self.next?, self.next_told(now, Time(u64::MAX))?),
        };
        let lasted = now - came;
        Some(Query { took: took.min(lasted), waited: waited.min(lasted) })
    }
    /// The next query that arrives at or before `now` and has its answer at or before `by`.
    fn next_told(&mut self, now: Time, by: Time) -> Option<Query> {
        // This check avoids a new computation of a long query after each piece of work.
        if self.not_before > by {
            return None;
        }
        let at = self.next.map_or(now, |at| at.min(now));
        self.busy.retain(|busy| busy.until > at);
        self.next.filter(|next| *next <= now)?;
        let query = self.query(at);
        self.not_before = at + query.took;
        if self.not_before > by {
            return None;
        }
        self.next = Some(at + self.stream.exponential(self.every));
        self.not_before = Time::ZERO;
        Some(query)
    }

    fn query(&self, at: Time) -> Query {
        let in_the_way = |busy: &&Busy| busy.locked && (busy.from..busy.until).contains(&at);
        let lock = self.busy.iter().find(in_the_way).filter(|_| self.readers_wait);
        let begun = lock.map_or(at, |busy| busy.until);
        Query { took: self.run(begun) - at, waited: begun - at }
    }
    fn run(&self, begun: Time) -> Time {
        let (mut now, mut left) = (begun, self.cost);
        for busy in &self.busy {
            if busy.cpu_until <= now {
                continue;
            }
            let alone = busy.from.0.saturating_sub(now.0);
            if left.0 <= alone {
                return now + left;
            }
            left = Span(left.0 - alone);
            now = now.max(busy.from);
            let together = busy.cpu_until - now;
            if left.0 * 2 <= together.0 {
                return now + left * 2;
            }
            left = Span(left.0 - together.0 / 2);
            now = busy.cpu_until;
        }
        now + left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Seed;
    use crate::base::at_ms as at;

    const MS: u64 = 1_000_000;

    /// A query of 10 ms every 100 ms on average. The sync holds the lock from 1000 to 1400 ms, and
    /// the processor until 1200 ms.
    fn browser(readers_wait: bool) -> Browser {
        let stream = Seed(1).stream("browser", 0, 0);
        let mut browser = Browser::new(Span::millis(100), Span::millis(10), readers_wait, stream);
        browser.begin(at(0));
        browser.busy(at(1_000), at(1_200), at(1_400), true);
        browser
    }

    #[test]
    fn a_query_waits_for_the_lock_with_a_rollback_journal_and_shares_the_processor_with_a_log() {
        let table = [
            (900, true, (10, 0)),
            (995, true, (15, 0)), // Half of the query overlaps with the sync: 5 ms alone, then 10 ms shared.
            (1_100, true, (310, 300)),
            (1_100, false, (20, 0)),
            (1_195, false, (12, 0)), // 5 ms of shared time do 2.5 ms of work.
            (1_300, false, (10, 0)), // The processor waits for the flash.
            (1_399, true, (11, 1)),
            (1_400, true, (10, 0)),
        ];
        for (when, readers_wait, (took, waited)) in table {
            let found = browser(readers_wait).query(at(when));
            assert_eq!(
                (found.took.0 / MS, found.waited.0 / MS),
                (took, waited),
                "at {when} ms, {readers_wait}"
            );
        }
    }

    #[test]
    fn work_of_two_streams_at_a_time_holds_a_query_up_as_that_of_one() {
        let took = |stretches: &[(u64, u64)]| {
            let mut browser = Browser { cost: Span::millis(300), busy: VecDeque::new(), ..browser(false) };
            for (from, until) in stretches {
                browser.busy(at(*from), at(*until), at(*until), false);
            }
            browser.query(at(950)).took.0 / MS
        };
        // 50 ms alone, 200 shared, 150 alone.
        assert_eq!(took(&[(1_000, 1_200)]), 400);
        for overlapping in [
            [(1_000, 1_200), (1_050, 1_150)],
            [(1_000, 1_100), (1_050, 1_200)],
            [(1_100, 1_200), (1_000, 1_150)],
        ] {
            assert_eq!(took(&overlapping), 400, "{overlapping:?}");
        }
    }

    #[test]
    fn a_query_meets_the_work_that_is_taken_on_while_it_runs() {
        // The sync works for 130 ms in each 150 ms. As in a real run, queries are reported before
        // each piece of work.
        let stretches: Vec<(u64, u64)> = (0..1_000).map(|n| (n * 150, n * 150 + 130)).collect();
        let stream = || Seed(1).stream("browser", 0, 0);
        for readers_wait in [true, false] {
            let begun = || {
                let mut browser = Browser::new(Span::millis(300), Span::millis(100), readers_wait, stream());
                browser.begin(at(0));
                browser
            };
            let add = |browser: &mut Browser, (from, until): (u64, u64)| {
                browser.busy(at(from), at(until), at(until), true);
            };
            let mut told = begun();
            let mut by_and_by = Vec::new();
            for stretch in &stretches {
                by_and_by.extend(std::iter::from_fn(|| told.next_answered(at(stretch.0))));
                add(&mut told, *stretch);
            }
            let mut known = begun();
            stretches.iter().for_each(|stretch| add(&mut known, *stretch));
            let at_once: Vec<Query> =
                std::iter::from_fn(|| known.next_asked(at(150_000))).take(by_and_by.len()).collect();
            assert!(by_and_by.len() > 400, "{}", by_and_by.len());
            assert_eq!(by_and_by, at_once, "{readers_wait}");
        }
    }

    #[test]
    fn a_query_waits_for_what_began_before_the_app_was_looked_at() {
        let stream = Seed(1).stream("browser", 0, 0);
        let mut browser = Browser::new(Span::millis(100), Span::millis(10), true, stream);
        let asked = |browser: &mut Browser, now| -> Vec<Query> {
            std::iter::from_fn(|| browser.next_asked(at(now))).collect()
        };
        browser.busy(at(0), at(5_000), at(20_000), true);
        // This work ends before the app is in the foreground again, but began before the long work
        // ended.
        browser.busy(at(20_000), at(20_100), at(20_100), true);
        assert_eq!(asked(&mut browser, 10_000), []);
        browser.begin(at(10_000));
        let first = asked(&mut browser, 11_000);
        assert!(first.len() > 3 && first.iter().all(|query| query.waited >= Span::secs(9)), "{first:?}");
        browser.end(at(11_000));
        browser.begin(at(15_000));
        let again = asked(&mut browser, 16_000);
        assert!(again.len() > 3 && again.iter().all(|query| query.waited >= Span::secs(4)), "{again:?}");
        assert_eq!(browser.busy.len(), 2);
        browser.end(at(16_000));
        assert_eq!(asked(&mut browser, 30_000), []);
        assert!(browser.busy.is_empty(), "what is over is forgotten in the background, too");
        browser.busy(at(30_000), at(90_000), at(90_000), true);
        browser.die(at(40_000));
        browser.begin(at(40_000));
        let after = asked(&mut browser, 41_000);
        assert!(after.len() > 3 && after.iter().all(|query| query.waited == Span::ZERO), "{after:?}");
    }

    #[test]
    fn who_waits_when_the_process_dies_has_waited_until_then() {
        // The lock is held until 1400 ms, and the process dies 200 ms before that.
        let asked = |next: fn(&mut Browser, Time) -> Option<Query>| -> Vec<Query> {
            let mut browser = browser(true);
            browser.every = Span::millis(10);
            std::iter::from_fn(|| next(&mut browser, at(1_200))).collect()
        };
        let (whole, cut) = (asked(Browser::next_asked), asked(Browser::next_cut_off));
        assert_eq!(whole.len(), cut.len());
        let waits = |queries: &[Query]| queries.iter().filter(|query| query.waited > Span::ZERO).count();
        assert!(waits(&whole) > 10 && waits(&cut) == waits(&whole), "{whole:?} {cut:?}");
        assert!(whole.iter().all(|query| query.waited == Span::ZERO || query.took >= Span::millis(210)));
        assert!(cut.iter().all(|query| query.took <= Span::millis(200)), "{cut:?}");
    }

    #[test]
    fn who_waits_when_the_app_goes_to_the_background_is_answered_there_unless_the_process_dies() {
        // The lock is held until 1400 ms. The app goes to the background 300 ms before that, and
        // the process may die 200 ms before.
        let asked = |dies: bool| -> Vec<Query> {
            let mut browser = browser(true);
            browser.every = Span::millis(10);
            let next = |browser: &mut Browser, now, by: fn(&mut Browser, Time) -> Option<Query>| {
                std::iter::from_fn(|| by(browser, at(now))).collect::<Vec<_>>()
            };
            let told = next(&mut browser, 1_100, Browser::next_answered);
            browser.end(at(1_100));
            let left = browser.left.len();
            assert_eq!(next(&mut browser, 1_200, Browser::next_answered), []);
            let rest = match dies {
                true => next(&mut browser, 1_200, Browser::next_cut_off),
                false => next(&mut browser, 1_500, Browser::next_answered),
            };
            assert!(left > 3 && rest.len() == left, "{left} {rest:?}");
            [told, rest].concat()
        };
        let (whole, cut) = (asked(false), asked(true));
        assert_eq!(whole.len(), cut.len());
        let longest = |queries: &[Query]| queries.iter().map(|query| query.took).max().unwrap();
        assert!(
            longest(&whole) > Span::millis(350) && longest(&cut) <= Span::millis(200),
            "{whole:?} {cut:?}"
        );
    }

    #[test]
    fn queries_come_as_often_as_told_and_only_in_the_foreground() {
        let mut browser = browser(true);
        let until = |browser: &mut Browser, ms| std::iter::from_fn(|| browser.next_asked(at(ms))).count();
        let some = until(&mut browser, 100_000);
        assert!((900..1_100).contains(&some), "{some}");
        assert_eq!(until(&mut browser, 100_000), 0);
        browser.end(at(100_000));
        assert_eq!(until(&mut browser, 200_000), 0);
        browser.begin(at(200_000));
        assert!((5..20).contains(&until(&mut browser, 201_000)));
    }

    #[test]
    fn the_sync_loses_to_the_queries_what_they_take_and_at_most_a_half() {
        assert_eq!(browser(true).share(Span::millis(90)), Span::millis(100));
        let stream = Seed(1).stream("browser", 0, 0);
        let mut busy = Browser::new(Span::millis(10), Span::millis(500), true, stream);
        assert_eq!(busy.share(Span::millis(90)), Span::millis(90), "nobody looks");
        busy.begin(at(0));
        assert_eq!(busy.share(Span::millis(90)), Span::millis(180));
    }
}
