//! Scenario files: this room reads them, checks them, and resolves them to plans.
//!
//! The room decides the meaning of a scenario file. It reads TOML and reports all mistakes at once,
//! each with file, line, caret and a fix. It fills in defaults, and resolves names, clock times and
//! shares. The result is a [`Plan`], in which every value is decided. The room `world` runs the
//! plan. The caller passes the known stacks, because this room does not depend on them.
//!
//! Invariants:
//! - An unknown key is an error.
//! - The order of a file has no meaning. Everything that repeats is a table by name. Entities are
//!   ordered parents first, then by name.
//! - A share becomes an exact count by the method of the largest remainder.
//! - The resolved text of a plan reads back as the same plan.
//! - The digest covers the meaning of a scenario, including CSV rows. It does not cover comments
//!   and the seed.
//! - The draw of a swarm is a function of the scenario and the seed. (In a swarm, each seed has a
//!   subset of the faults.)
//!
//! Reading order: a tree (`config`) is TOML in which each value knows its place. `grammar` lists
//! every key once. `check` checks a tree against the grammar, and `keys` writes the grammar as a
//! JSON Schema. Three steps come before the check: `merge` applies a variant, `--set` and axes;
//! `rows` reads CSVs; `derive` adds defaults. Two steps come after it: `idle` finds keys without
//! effect, and `resolve` makes the plan.

macro_rules! embedded {
    ($of:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../scenarios/", $of, "/", $name, ".toml")))),*]
    };
}

mod apart;
mod asked;
mod cell;
mod chaos;
mod check;
mod column;
mod cost;
mod derive;

mod document;
mod explained;
pub mod file;
mod former;
mod grammar;
mod idle;
mod keys;
mod merge;
mod one_of;

mod plan;
mod practice;
mod profiles;
mod question;
mod remedies;
mod requirements;
mod resolve;
mod rows;
mod swarm;
mod table_plan;
mod template;
mod traces;
mod unmeasured;
mod written;
mod zone;

pub use crate::config::diagnostic::{DIAGNOSTICS_SHOWN, Diagnostic, Invalid, Place, Source, closest};
pub use cost::Cost;
pub use document::{Document, Provenance, Request, text_of};
pub use keys::schema_json;
pub use plan::*;
pub use practice::{Mend, Seen};
pub use profiles::{Library, Profile, Sourced};
pub use question::{
    Demand, Piece, Practice, Put, QUESTION_LISTS, Question, QuestionList, Stand, Standing, Told, pieces,
    question_place,
};
pub use requirements::{REQUIREMENTS, Requirement, requirement};
pub use table_plan::{TableAxis, TableColumn, TablePlan, TableRule};
pub use template::{LIKE, template};
pub use written::{TITLE_WANT, in_id, is_title};

/// The main scenario, embedded so that the binary works outside its repository.
pub const HOSPITAL_DAY: &str = include_str!("../../../../scenarios/hospital-day.toml");
type Embedded = (&'static str, &'static str);

/// The tables that `sweep --table` accepts by name, each with its scenarios.
pub const TABLES: &[(&str, &[Embedded])] = &[
    ("architectures", embedded!("strategies": "matrix")),
    ("wire", embedded!("wire": "matrix")),
    (
        "conflicts",
        embedded!(
            "conflicts/matrix": "update-update-same", "update-update-other", "update-update-equal",
            "update-delete", "delete-update", "delete-delete", "insert-insert", "parent-deleted",
            "child-inserted"
        ),
    ),
];
/// The scenarios of the checklist for offline sync, each with its name and its text.
pub const CHECKLIST: &[(&str, &str)] = embedded!(
    "checklist": "automatic", "avoided-conflicts", "changed-columns", "cleared-queue", "conflict-page",
    "consistent", "deadline", "edits-meanwhile", "flat-entities", "hierarchy", "light-entities",
    "logout", "merged", "network-events", "own-actions", "own-rows", "photos", "quick-hooks", "resumed",
    "simple-or-full", "stamps", "status", "sync-units", "triggered", "two-foo"
);
#[cfg(test)]
mod tests;
