//! The half of the stack that runs on a phone.
//!
//! The adapter of a bundle does the sync. This room has what all apps have around it: the queue of
//! units and their runs, the journal of edits and their outcomes, requests with their slips (which
//! edits they contain), and views of what the app shows.
//!
//! A phone's JavaScript has one [`Thread`](thread). It runs one turn at a time. A turn takes the
//! time of its work; then its effects happen.
//!
//! Invariants: the journal line of an edit is written in the engine's transaction that saves the
//! edit. An edit is done when the server has said so *and* the adapter no longer sends it.

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
