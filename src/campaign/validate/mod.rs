//! Validation: what our models give, held against what is known.
//!
//! A simulator that cannot reproduce what is known is wrong. Each family of figures is a file: it
//! runs our own parts (links, the executor, retries) in the smallest world that shows one thing,
//! and says what came out beside what had to come out. [`measured`] reads files of measured
//! transfers and predicts them; `decoders` holds the decoders of messages to what they must refuse.
//!
//! Invariants: a figure is simulated, so it is the same on every machine; its tolerance is what the
//! validation page allows, and no constant is fitted to a figure.
//!
//! To add a family: a file here, a line in `models`.

mod backoff;
mod chunks;
mod cursors;
mod decoders;
mod downloads;
mod energy;
mod figures;
mod flash;
mod losses;
pub mod measured;
mod models;
mod queues;
mod rig;

pub use decoders::decoder_report;
pub use figures::{Figure, Report, Section};
pub use models::{FAMILIES, Family, cursor_report, report};
