//! Reports: what a recorded outcome means, and how it is shown.
//!
//! [`judge`] holds the outcome of a cell against what its plan says must come out and gives a
//! [`CellRecord`]; [`assemble`] puts the cells of a run together into the [`RunRecord`] that
//! `run.json` holds. Everything else here is rendered from that record alone: the [`story`] for a
//! terminal, [`html`] for a browser, [`summary`] and [`junit()`] for CI, [`flat::cells`] and
//! [`flat::Series`] for other programs, [`repro`] for running one cell again, [`sweep`] for what a
//! grid of settings came to. [`compare`] holds two records against each other, [`calibrate`] shows
//! what a request log says, [`svg`] draws plots, a [`Baseline`] is the record that a run must come
//! to again. Nothing here touches a simulation, and no renderer touches a file: [`Folder`] does.
//!
//! Invariants:
//!
//! - The record holds whole numbers only, and no time of the host: the same run gives the same
//!   bytes. What the host had to do is [`Timing`], a file of its own.
//! - What cannot be judged is not a pass: a gate or an expectation on a metric that is absent or
//!   was never observed fails and says so; an interrupted cell is incomplete.
//! - Of several exit codes the one that [`Exit::BY_PRECEDENCE`] names first wins.
//! - The names of the record are relied upon by others: add, never rename ([`SCHEMA_VERSION`]).
//! - The page for a CI job is bounded ([`SUMMARY_MAX`]), however many cells fail.

mod answers;
mod applicable;
mod assemble;
mod baseline;
mod bounds;
mod build;
mod builds;
pub mod calibrate;
mod claims;
pub mod compare;
pub mod conflicts;
mod coverage;
mod drawn;
mod exit;
pub mod flat;
mod folder;
mod found;
mod grid;
pub mod histograms;
pub mod html;
pub mod human;
mod judge;
mod junit;
mod listing;
pub mod matrix;
mod missed;
mod occurrences;
mod record;
mod repro;
mod requests;
mod sound;
mod story;
mod summary;
pub mod svg;
pub mod sweep;
mod table;
mod timing;
pub mod tune;
mod unplaced;
mod untested;
pub mod wire;

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

pub use answers::{answers, hold_answers, unanswered};
pub use assemble::{
    Note, UNWRITTEN, assemble, of_matrix, replay_command, replay_file, run_id, scenario_of, shell_word,
};
pub use baseline::{Baseline, BaselineCell, BaselineError, Change, Standard, accept, hold};
pub use build::{Build, RanBy};
pub use claims::{hold_claims, unchecked};
pub use coverage::{Covered, coverage, coverage_in_full, is_coverage};
pub use drawn::keep_series_of_few;
pub use exit::Exit;
pub use folder::{Folder, FolderError, Part};
pub use judge::{Judged, broken, cell_ids, judge, record_name};
pub use junit::junit;
pub use listing::{CellSize, sizes, texts};
pub use occurrences::hold_occurrences;
pub use record::{
    ACCEPT, AnswerRecord, AxisRecord, CellFigures, CellRecord, ClaimRecord, EndingKind, EndingRecord,
    EventfulRecord, ExpectationRecord, FaultRecord, Finding, GateRecord, LifeRecord, OccurrenceRecord,
    Phases, Reason, RecordError, RunRecord, SCHEMA_VERSION, ScenarioRecord, SeriesRecord, Stand, StepRecord,
    SwarmRecord, SweepRecord, ToldRecord, Tool, UnplacedRecord, Verdict, ViolationRecord, schema_json,
};
pub use repro::{ReproHead, is_repro, repro, repro_head};
pub use requests::requests;
pub use story::{Paint, annotations, headline, last_lines, lives, notes, reasons, story, warnings};
pub use summary::{SUMMARY_MAX, summary};
pub use table::{Form, WIDTH, figures};
pub use timing::{CellTiming, Timing};
pub use unplaced::unplaced_in;
