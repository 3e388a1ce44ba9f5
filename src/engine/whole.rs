//! How much of a sync is there as a whole or not at all, and where one goes on that was cut.

use crate::base::in_words;

/// How much of what a run of a unit pulls is shown at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Atomic {
    /// The apply chunk: people look at what has come.
    #[default]
    Chunk,
    /// All of it: rows wait in tables of their own until the last has come.
    Session,
}
in_words!(Atomic { Chunk: "chunk", Session: "session" });

/// Where a run goes on after one that was cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checkpoint {
    /// Behind the last page that was durable.
    #[default]
    Page,
    /// Where the last whole one had ended.
    Session,
}
in_words!(Checkpoint { Page: "page", Session: "session" });

/// What a run does one of whose edits was not committed: refused, put off, or in conflict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRefused {
    /// It goes on with the others.
    #[default]
    GoOn,
    /// It ends with an error: nothing is pulled, and no date moves.
    EndRun,
}
in_words!(OnRefused { GoOn: "go-on", EndRun: "end-run" });
