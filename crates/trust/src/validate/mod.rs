//! Validation: compares our models with known results.
//!
//! Each family of figures is a file and a line in `families`. It runs parts of the bench in a small
//! simulation, and returns each result with its reference. [`measured`] predicts files of measured
//! transfers. `decoders` checks that decoders refuse damaged messages.
//!
//! Invariants: a figure is simulated, so it is the same on every machine. Its tolerance is the one
//! on the validation page. No constant is fitted to a figure.

mod backoff;
mod chunks;
mod command;
mod cursors;
mod decoders;
mod downloads;
mod energy;
mod families;
mod figures;
mod flash;
mod losses;
mod measured;
mod queues;
mod rig;

pub(crate) use command::{Subject, validate};

#[cfg(test)]
mod tests;
