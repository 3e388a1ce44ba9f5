//! What JavaScript costs the processor of a phone: one rule, for all bundles.
//!
//! | what is counted | how | costs on the reference core |
//! |---|---|---|
//! | ticks | the interpreter polls at each call, each jump back, and each step back of a regular expression, and ticks once in 10 000 polls | [`TICK`]: 100 ns a poll |
//! | JSON | characters that `JSON.parse` reads and `JSON.stringify` writes | as all JSON, by the class of the phone (`Work::coded_bytes`) |
//! | sorts | `Array.sort` without a function of the app's: n·log₂ n comparisons | [`COMPARISON`] each |
//! | long integers | a `BigInt` of n > 128 digits of 32 bits: n²/400 steps, as a product of that length takes | [`TICK`]: 100 ns a step |
//! | SQLite | what it reads and writes | as any engine's, by the phone's flash |
//!
//! A poll stands for about a line of code: a loop of three operations takes 90 to 110 ns of a
//! phone's core of the middle class in an interpreter without a compiler, as React Native's is.
//! Ticks are coarse: a turn of few steps costs nothing, and every hundredth of them a tick.
//!
//! The figures of an engine that was not held against published times of its own say no more than
//! which of two runs did more: what they say is network and disk.

use crate::contract::{Span, Work};

/// The time of 10 000 polls.
const TICK: Span = Span::millis(1);
const COMPARISON: Span = Span::nanos(60);

/// Limit of ticks in a turn of a phone: 20 s of its reference core. Beyond, the turn counts as
/// endless.
const TICKS_OF_A_TURN: u64 = 20_000;
pub(crate) const STEPS_OF_A_TICK: u64 = 10_000;
/// Limit of SQLite steps in a turn of a phone. Beyond, the turn counts as endless.
const MOST_STEPS: u64 = 200_000_000;

/// Whose turns are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Turns {
    #[default]
    Phones,
    /// Ten times as long: a server may read all rows of a backend in one turn.
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

/// An integer with this many digits of 32 bits is long. Multiplying two integers into one of n
/// digits takes (n/2)² digit products, 1 ns each.
pub(super) const LONG_DIGITS: usize = 128;
const STEPS_OF_DIGITS: u64 = 400;

/// The work since the last charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) ticks: u64,
    pub(crate) coded: u64,
    pub(crate) comparisons: u64,
    /// Visited places of long lists in this turn; `sql`: steps of SQLite in this turn.
    of_turn: u64,
    sql: u64,
    /// Steps of long integers in this turn.
    of_digits: u64,
    /// The limits of a turn.
    pub(super) turns: Turns,
}

impl Spent {
    pub(crate) fn begin_turn(&mut self) {
        (self.of_turn, self.sql, self.of_digits) = (0, 0, 0);
    }
    /// Counts a pass over a long list; true if the turn has exceeded its limit.
    pub(crate) fn steps(&mut self, places: u64) -> bool {
        self.of_turn = self.of_turn.saturating_add(places);
        let is_endless = self.of_turn / STEPS_OF_A_TICK > self.turns.most_ticks();
        self.ticks += if is_endless { 0 } else { places / STEPS_OF_A_TICK };
        is_endless
    }
    pub(crate) fn steps_of_turn(&self) -> u64 {
        self.of_turn.saturating_add(self.of_digits)
    }
    /// Counts the work on a new long integer of this many digits.
    pub(super) fn digits(&mut self, digits: u64) {
        let before = self.of_digits / STEPS_OF_A_TICK;
        self.of_digits += digits * digits / STEPS_OF_DIGITS;
        self.ticks += if self.is_endless_digits() { 0 } else { self.of_digits / STEPS_OF_A_TICK - before };
    }
    pub(super) fn is_endless_digits(&self) -> bool {
        self.of_digits / STEPS_OF_A_TICK > self.turns.most_ticks()
    }
    /// Counts steps of SQLite; true if the turn has exceeded its limit. The disk charges their
    /// time.
    pub(crate) fn sql(&mut self, steps: u64) -> bool {
        self.sql = self.sql.saturating_add(steps);
        self.is_endless_sql()
    }
    pub(crate) fn is_endless_sql(&self) -> bool {
        self.sql > self.turns.most_steps()
    }
    /// Counts an `Array.sort` of this many values.
    pub(crate) fn sort(&mut self, length: u64) {
        self.comparisons += length * u64::from(length.max(1).ilog2());
    }
}

/// The counted work as work of a phone.
pub(crate) fn work(spent: Spent) -> Work {
    let own = TICK * spent.ticks + COMPARISON * spent.comparisons;
    Work { coded_bytes: spent.coded, own, ..Work::default() }
}
