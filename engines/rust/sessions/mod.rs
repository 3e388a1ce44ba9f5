//! SQLite's session extension as an engine. An edit is a changeset, and phones follow a log of
//! changesets.
//!
//! A phone writes an edit into its table. A session of SQLite records this as a changeset, and the
//! phone stores it (`kept`). A request has all waiting changesets and the phone's position in the
//! log (`phone`). The server applies the changesets to a replica of the rows; a conflict handler
//! decides on each conflict. It writes the result to the system of record (the backend). A session
//! on the replica records the log (`server`). The phone undoes its own changesets and applies the
//! log. Then it applies the changesets that the server has not seen again, with the same handler.
//!
//! Invariants: without the waiting edits, a phone's tables equal the replica at the phone's
//! position. So the log never meets a conflict. An edit waits until the phone has a verdict on it.
//! The server keeps a verdict until the phone no longer asks for it.

mod frame;
mod kept;
mod phone;
mod raw;
mod server;
mod tables;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use syncdyno::contract::{Capabilities, Choice, Merge, OptionForm, Span, Stack, StackOption};

use crate::document::LACKS;
use crate::phone::TRIED_AGAIN_AFTER;

/// The decision on a change if its row has changed meanwhile
/// (<https://sqlite.org/session/c_changeset_abort.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    /// The change is applied, in the columns that it sets.
    Replace,
    /// The whole change is dropped.
    Omit,
}

impl Policy {
    const WORDS: [&str; 2] = ["replace", "omit"];
    fn of(word: &str) -> Policy {
        if word == Policy::WORDS[1] { Policy::Omit } else { Policy::Replace }
    }
    fn choice(self) -> raw::Choice {
        match self {
            Policy::Replace => raw::Choice::Replace,
            Policy::Omit => raw::Choice::Omit,
        }
    }
}

/// The stack of this engine.
pub(crate) fn stack() -> Stack {
    let timeout = OptionForm::Span { min: Span::secs(1), max: Span::secs(600) };
    let given_up = "A request without an answer is given up after this.";
    let policy = OptionForm::Word(Policy::WORDS.map(str::to_owned).to_vec());
    let first = Choice::Text(Policy::WORDS[0].to_owned());
    let met = "What the conflict handler says of a change whose row says something else than it was made on.";
    let factory = |policy: &str, timeout| phone::Factory { policy: Policy::of(policy), timeout };
    Stack::new("sessions", move |chosen| Rc::new(factory(chosen.text("conflict"), chosen.span("timeout"))))
        .server(|chosen, setup, ports| {
            Box::new(server::Server::open(Policy::of(chosen.text("conflict")), setup, ports))
        })
        .option(StackOption::new("timeout", timeout, Choice::Span(Span::secs(30)), given_up))
        .option(StackOption::new("conflict", policy, first, met))
        .crash_points(&["sessions.started", "sessions.answered", "sessions.told", "sessions.settled"])
        .promises(PROMISES)
        .lacks(LACKS)
        .patience(|chosen| chosen.span("timeout") + TRIED_AGAIN_AFTER)
}

/// The engine has no log for its users, and shows no sync status.
const PROMISES: Capabilities = Capabilities {
    merge: Merge::Converges,
    acknowledges: true,
    stamps: true,
    sessions: true,
    once: true,
    prompt: true,
    ..Capabilities::NONE
};
