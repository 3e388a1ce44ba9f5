//! A sync stack with a protocol of its own: a phone sends what was edited, and gets all rows again.
//!
//! It is as simple as it can be, and loses edits: where the row has another version than the edit
//! was made on, the server does not take the edit, and the phone forgets it without a word. The
//! bench finds that.

mod phone;
mod server;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use syncdyno::contract::{
    Capabilities, Choice, EntityId, Key, Mutation, OptionForm, Span, Stack, StackOption, Stamp, Value,
};

/// What the bench is told of it.
pub(crate) fn tiny() -> Stack {
    let timeout = OptionForm::Span { min: Span::secs(1), max: Span::secs(600) };
    let about = "A request without an answer is given up after this.";
    Stack::new("tiny", |chosen| Rc::new(phone::Factory { timeout: chosen.span("timeout") }))
        .server(|_, setup, ports| Box::new(server::Server { setup, ports }))
        .option(StackOption::new("timeout", timeout, Choice::Span(Span::secs(60)), about))
        .crash_points(&["tiny.started", "tiny.answer-received", "tiny.applied", "tiny.written"])
        // It says which edits it counts as done; there is no log of those that it forgets, and its
        // app shows no status.
        .promises(Capabilities { logs: false, status: false, ..Capabilities::ALL })
        // A run is one request, and one that failed is tried again sooner than that.
        .patience(|chosen| chosen.span("timeout"))
}

/// The rows of an entity by key: the stamp and what a phone holds.
type Rows = BTreeMap<Key, (Stamp, Vec<Value>)>;

/// What a phone asks: these entities, and to write these edits.
#[derive(Serialize, Deserialize)]
struct Ask {
    pull: Vec<EntityId>,
    edits: Vec<Mutation>,
}

/// What it is answered: the new stamp of each edit that was taken, in their order, and all rows.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    taken: Vec<Option<Stamp>>,
    rows: BTreeMap<EntityId, Rows>,
}

/// Or why not.
type Answer = Result<Snapshot, String>;
