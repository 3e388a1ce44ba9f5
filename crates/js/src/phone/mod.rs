//! The half of the stack that runs on a phone.
//!
//! The adapter (the default export of a bundle) does the sync. This room has everything around it
//! that all apps need: the queue of sync units and their runs, the journal of edits and their
//! outcomes, and the requests. A request carries a slip: the bench's hidden note that names its
//! edits. The room also has views of the rows that the app shows.
//!
//! A phone's JavaScript has one [`Thread`](thread). It runs one turn at a time. A turn takes the
//! time of its work; then its effects happen.
//!
//! Invariants: the engine's transaction that saves an edit also writes the edit's journal line. An
//! edit is done when the server has decided on it *and* the adapter no longer sends it.

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
