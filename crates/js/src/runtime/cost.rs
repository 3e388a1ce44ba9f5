//! The cost of JavaScript on the processor of a phone. One rule covers all bundles:
//!
//! - Ticks: the interpreter polls at each call, at each jump back, and at each step back of a
//!   regular expression. 10 000 polls are one tick, and a poll costs 100 ns ([`TICK`]).
//! - JSON: `JSON.parse` and `JSON.stringify` cost the same per character as any JSON on this class
//!   of phone (`Work::coded_bytes`).
//! - Sorts: `Array.sort` without a compare function makes n·log₂ n comparisons. Each costs a
//!   [`COMPARISON`].
//! - Long integers: a `BigInt` of n > 128 digits of 32 bits takes n²/400 steps of 100 ns. A product
//!   of that length does this much work.
//! - SQLite: reads and writes cost the same as for any engine on this phone's flash.
//!
//! A poll stands for about one line of code. An interpreter without a compiler, such as React
//! Native's, runs a loop of 3 operations in 90 to 110 ns on a phone of the middle class. Ticks are
//! coarse: most short turns cost nothing, and about one in a hundred costs a tick.
//!
//! If nobody has compared an engine with its published times, its processor times only show which
//! of two runs did more work. Its other times come from network and disk.

use crate::contract::{Span, Work};

/// The time of 10 000 polls.
const TICK: Span = Span::millis(1);
const COMPARISON: Span = Span::nanos(60);

/// The limit of ticks in one turn of a phone: 20 s on the reference core. A longer turn counts as
/// endless.
const TICKS_OF_A_TURN: u64 = 20_000;
pub(crate) const STEPS_OF_A_TICK: u64 = 10_000;
/// The limit of SQLite steps in one turn of a phone. A longer turn counts as endless.
const MOST_STEPS: u64 = 200_000_000;

/// Selects the limits of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Turns {
    #[default]
    Phones,
    /// The limits are 10 times as high, because a server may read all rows of a backend in one
    /// turn.
    Servers,
}

impl Turns {
    fn times(self) -> u64 {
        match self {
            Turns::Phones => 1,
            Turns::Servers => 10,
        }
    }
    pub(super) fn most_ticks(self) -> u64 {
        TICKS_OF_A_TURN * self.times()
    }
    pub(super) fn most_steps(self) -> u64 {
        MOST_STEPS * self.times()
    }
}

/// An integer with more 32-bit digits than this is long. A product of n digits comes from two
/// factors of n/2 digits. It takes (n/2)² digit products of 1 ns each.
pub(super) const LONG_DIGITS: usize = 128;
const STEPS_OF_DIGITS: u64 = 400;

/// The work since the phone was last charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) ticks: u64,
    pub(crate) coded: u64,
    pub(crate) comparisons: u64,
    /// Elements of long lists that this turn visited; `sql`: steps of SQLite in this turn.
    of_turn: u64,
    sql: u64,
    /// Steps for long integers in this turn.
    of_digits: u64,
    pub(super) turns: Turns,
}

impl Spent {
    pub(crate) fn begin_turn(&mut self) {
        (self.of_turn, self.sql, self.of_digits) = (0, 0, 0);
    }
    /// Counts a pass over a long list. Returns true if the turn has exceeded its limit.
    pub(crate) fn steps(&mut self, places: u64) -> bool {
        self.of_turn = self.of_turn.saturating_add(places);
        let is_endless = self.of_turn / STEPS_OF_A_TICK > self.turns.most_ticks();
        self.ticks += if is_endless { 0 } else { places / STEPS_OF_A_TICK };
        is_endless
    }
    pub(crate) fn steps_of_turn(&self) -> u64 {
        self.of_turn.saturating_add(self.of_digits)
    }
    pub(super) fn digits(&mut self, digits: u64) {
        let before = self.of_digits / STEPS_OF_A_TICK;
        self.of_digits += digits * digits / STEPS_OF_DIGITS;
        self.ticks += if self.is_endless_digits() { 0 } else { self.of_digits / STEPS_OF_A_TICK - before };
    }
    pub(super) fn is_endless_digits(&self) -> bool {
        self.of_digits / STEPS_OF_A_TICK > self.turns.most_ticks()
    }
    /// Counts steps of SQLite. Returns true if the turn has exceeded its limit. The disk charges
    /// their time.
    pub(crate) fn sql(&mut self, steps: u64) -> bool {
        self.sql = self.sql.saturating_add(steps);
        self.is_endless_sql()
    }
    pub(crate) fn is_endless_sql(&self) -> bool {
        self.sql > self.turns.most_steps()
    }
    pub(crate) fn sort(&mut self, length: u64) {
        self.comparisons += length * u64::from(length.max(1).ilog2());
    }
}

/// Converts the counted work into a phone's work.
pub(crate) fn work(spent: Spent) -> Work {
    let own = TICK * spent.ticks + COMPARISON * spent.comparisons;
    Work { coded_bytes: spent.coded, own, ..Work::default() }
}
