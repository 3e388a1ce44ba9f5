//! What JavaScript costs the processor of a phone: one rule, for all bundles.
//!
//! | what is counted | how | costs on the reference core |
//! |---|---|---|
//! | ticks | the interpreter polls at each call, each jump back, and each step back of a regular expression, and ticks once in 10 000 polls | [`TICK`]: 100 ns a poll |
//! | JSON | characters that `JSON.parse` reads and `JSON.stringify` writes | as all JSON, by the class of the phone (`Work::coded_bytes`) |
//! | sorts | `Array.sort` without a function of the app's: n·log₂ n comparisons | [`COMPARISON`] each |
//! | SQLite | what it reads and writes | as any engine's, by the phone's flash |
//!
//! A poll stands for about a line of code: a loop of three operations takes 90 to 110 ns of a
//! phone's core of the middle class in an interpreter without a compiler, as React Native's is.
//! Ticks are coarse: a turn of few steps costs nothing, and every hundredth of them a tick.
//!
//! The figures of an engine that was not held against published times of its own say no more than
//! which of two runs did more: what they say is network and disk.

use crate::contract::{Span, Work};

/// 10 000 polls.
const TICK: Span = Span::millis(1);
const COMPARISON: Span = Span::nanos(60);

/// What was done since it was last charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) ticks: u64,
    pub(crate) coded: u64,
    pub(crate) comparisons: u64,
}

impl Spent {
    /// `Array.sort` of so many values.
    pub(crate) fn sort(&mut self, length: u64) {
        self.comparisons += length * u64::from(length.max(1).ilog2());
    }
}

/// That as work of a phone.
pub(crate) fn work(spent: Spent) -> Work {
    let own = TICK * spent.ticks + COMPARISON * spent.comparisons;
    Work { coded_bytes: spent.coded, own, ..Work::default() }
}
