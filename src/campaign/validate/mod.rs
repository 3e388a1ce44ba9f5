//! Validation: what our models give, held against what is known.
//!
//! A simulator that cannot reproduce what is known is wrong. Each family of figures is a file: it
//! runs our own parts (links, the executor, retries) in the smallest world that shows one thing,
//! and says what came out beside what had to come out. [`FAMILIES`] is the whole list; a command
//! prints it and a test holds every figure to its tolerance. The closed forms themselves live in
//! room `theory`; their own figures are its tests.
//!
//! [`measured`] is of another kind: it reads files of measured transfers and predicts them.
//!
//! Invariants: a figure is simulated, so it is the same on every machine; its tolerance is what the
//! validation page allows, and no constant is fitted to a figure.
//!
//! `decoders` holds the decoders of messages to what they must refuse.
//!
//! How: `figures` has the list and its rendering, `models` the command; `rig` is a device behind a
//! link whose connection breaks; `chunks` sends chunks over it, `daly` works in segments with
//! checkpoints, `queues` loads the backend's pool, `backoff` lets clients contend, `cursors` lets a
//! device read by them. To add a family: a file here, a line in `models`.

mod backoff;
mod chunks;
mod cursors;
mod daly;
mod decoders;
mod downloads;
mod energy;
mod figures;
mod flash;
mod losses;
pub mod measured;
mod models;
mod plans;
mod queues;
mod rig;

pub use decoders::decoder_report;
pub use figures::{Figure, listing};
pub use models::{FAMILIES, Family, Report, cursor_report, report};
