//! Everything that a run stores: its record, its other files, and baselines.
//!
//! A run executes cells (one simulation each: one variant, one seed). [`unjudged`] builds the
//! [`RunRecord`], the content of `run.json`. Only `analysis` adds a verdict. All reports come from
//! the record alone. A [`Baseline`] has the figures that a later run must reproduce. Only
//! [`Folder`] accesses files. Read `run` first, then `assemble`, `baseline`, `folder`.
//!
//! Invariants:
//!
//! - The record contains only integers and no host time, so the same run gives the same bytes. Host
//!   time is in [`Timing`], a separate file.
//! - The program refuses a record that was edited, or that another schema version wrote.
//! - If several exit codes apply, the first in [`Exit::BY_PRECEDENCE`] wins. Failures are ordered
//!   by [`Severity`], then by seed.
//! - Other programs rely on the record's names. Names may be added, but never renamed
//!   ([`SCHEMA_VERSION`]).

mod assemble;
mod baseline;
mod baseline_file;
mod build;
mod exit;
mod figures;
pub mod flat;
mod folder;
mod found;
mod headlines;
mod held;
pub mod histograms;
mod lines;
mod reason;
mod repro;
mod run;
mod severity;
mod timing;
mod tuned;

#[cfg(test)]
pub(crate) mod fixture;

pub use crate::scenario::Stand;
pub use assemble::{Note, UNWRITTEN, begun, run_id, scenario_of, search_id, unjudged};
pub use baseline::{Baseline, BaselineCell, BaselineError, Change, accept, accept_command};
pub use build::Build;
pub use exit::Exit;
pub use figures::{CellFigures, FiguresRecord, held};
pub use flat::requests;
pub use folder::{Folder, FolderError, Part};
pub use found::*;
pub use headlines::*;
pub use held::*;
pub use reason::Reason;
pub use repro::*;
pub use run::*;
pub use severity::{Severity, gravest_first, place};
pub use timing::{CellTiming, Timing, peak_memory};
pub use tuned::*;
