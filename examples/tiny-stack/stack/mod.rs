//! A sync stack with a protocol of its own: a phone sends what was edited, and gets all rows again.
//!
//! It is as simple as it can be, and loses edits: where the row has another version than the edit
//! was made on, the server does not take the edit, and the phone forgets it without a word. The
//! bench finds that.

mod phone;
mod server;

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use syncdyno::base::{EntityId, Span, Stamp, Value, ValueRef};
use syncdyno::contract::{Capabilities, Choice, OptionForm, Stack, StackOption};

/// What the bench is told of it.
pub(crate) const STACK: Stack = Stack {
    name: "tiny",
    engine: |chosen| Rc::new(phone::Factory { timeout: chosen.span("timeout") }),
    server: Some(|_, setup| Box::new(server::Server(setup))),
    options: &[StackOption {
        name: "timeout",
        form: OptionForm::Span { min: Span::secs(1), max: Span::secs(600) },
        preset: Choice::Span(Span::secs(60)),
        about: "A request without an answer is given up after this.",
    }],
    crash_points: &["tiny.started", "tiny.answer-received", "tiny.applied"],
    // It says which edits it counts as done; there is no log of those that it forgets.
    capabilities: Capabilities { acknowledges: true, logs: false },
};

/// What a phone asks.
#[derive(Serialize, Deserialize)]
struct Ask {
    pull: Vec<EntityId>,
    edits: Vec<Edit>,
}

/// An edit on its way.
#[derive(Clone, Serialize, Deserialize)]
struct Edit {
    /// By whom, and its number there: the idempotency key.
    by: u32,
    number: u32,
    entity: EntityId,
    key: String,
    /// "create", "update" or "delete".
    kind: String,
    values: Vec<(usize, Json)>,
    base: Option<Stamp>,
    made_at: Stamp,
}

/// What it is answered.
#[derive(Serialize, Deserialize)]
enum Answer {
    Done {
        /// The new stamp of each edit that was taken, in the order in which they were sent; null
        /// for one that was not.
        taken: Vec<Option<Stamp>>,
        rows: Vec<Row>,
    },
    No(String),
}

#[derive(Serialize, Deserialize)]
struct Row(EntityId, String, Stamp, Vec<Json>);

fn to_json(value: ValueRef<'_>) -> Json {
    match value {
        ValueRef::Null => Json::Null,
        ValueRef::Int(n) => n.into(),
        ValueRef::Real(x) => x.into(),
        ValueRef::Text(text) => text.into(),
    }
}

fn from_json(json: &Json) -> Value {
    match json {
        Json::Number(n) => n.as_i64().map_or_else(|| Value::Real(n.as_f64().unwrap_or(0.0)), Value::Int),
        Json::String(text) => Value::text(text),
        _ => Value::Null,
    }
}
