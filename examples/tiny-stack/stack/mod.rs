//! A sync stack with its own protocol: a phone sends its edits, and gets all rows again.
//!
//! It is as simple as possible, and loses edits. If a row has another version than the one an edit
//! was made on, the server refuses the edit, and the phone drops it silently. The bench finds that.

mod phone;
mod server;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use syncdyno::contract::{
    Capabilities, Choice, EntityId, Key, Mutation, OptionForm, Span, Stack, StackOption, Stamp, Value,
};

/// The description for the bench.
pub(crate) fn tiny() -> Stack {
    let timeout = OptionForm::Span { min: Span::secs(1), max: Span::secs(600) };
    let about = "A request without an answer is given up after this.";
    Stack::new("tiny", |chosen| Rc::new(phone::Factory { timeout: chosen.span("timeout") }))
        .server(|_, setup, ports| Box::new(server::Server { setup, ports }))
        .option(StackOption::new("timeout", timeout, Choice::Span(Span::secs(60)), about))
        .crash_points(&["tiny.started", "tiny.answer-received", "tiny.applied", "tiny.written"])
        // It says which edits are done. It has no log of dropped edits, and its app shows no
        // status.
        .promises(Capabilities { logs: false, status: false, ..Capabilities::ALL })
        // A run is one request, and a failed one is retried sooner than that.
        .patience(|chosen| chosen.span("timeout"))
}

/// The rows of an entity by key: the stamp, and the columns that a phone holds.
type Rows = BTreeMap<Key, (Stamp, Vec<Value>)>;

/// A phone's request: entities to pull, and edits to write.
#[derive(Serialize, Deserialize)]
struct Ask {
    pull: Vec<EntityId>,
    edits: Vec<Mutation>,
}

/// The response: the new stamp of each accepted edit, in order, and all rows.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    taken: Vec<Option<Stamp>>,
    rows: BTreeMap<EntityId, Rows>,
}

/// A snapshot, or why there is none.
type Answer = Result<Snapshot, String>;
