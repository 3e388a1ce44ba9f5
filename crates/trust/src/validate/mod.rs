//! Validation: our models compared with known results.
//!
//! Each family of figures is a file and a line in `families`. It runs our own parts in the
//! smallest world that shows one thing, and returns the result with its reference. [`measured`]
//! predicts files of measured transfers; `decoders` checks what decoders must refuse.
//!
//! Invariants: a figure is simulated, so it is the same on every machine; its tolerance is the one
//! on the validation page, and no constant is fitted to a figure.

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
