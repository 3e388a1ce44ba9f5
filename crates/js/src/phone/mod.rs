//! The half of the stack that runs on a phone.
//!
//! The adapter of a bundle syncs; what all apps have around that is here: the queue of units and
//! their runs, the journal of edits and what became of them, requests with what the bench has to
//! know of them, looks at what the app shows.
//!
//! A phone's JavaScript has one [`Thread`](thread): a turn at a time, each takes the time that its
//! work takes, and what it asked for is done then.
//!
//! Invariants: the line of an edit lies in the transaction of the engine that saves it. An edit
//! counts as done when the server has said so *and* the adapter does not send it any more.

mod about;
mod body;
mod engine;
mod factory;
mod journal;
mod requests;
mod settled;
mod sockets;
mod state;
mod telling;
mod thread;
mod view;

pub(crate) use about::{About, about, begin};
pub(crate) use factory::Factory;
