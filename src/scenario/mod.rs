//! Scenario files: read, checked, resolved to plans.

mod check;
mod column;
mod derive;
mod devices;
mod diagnostic;
mod document;
mod form;
mod grammar;
mod merge;
mod plan;
mod profiles;
mod resolve;
mod rows;
mod share;
mod tree;
mod written;

pub use diagnostic::{Diagnostic, Invalid, LoadError, Place, Source};
pub use document::{Document, Names, Provenance, Request};
pub use plan::*;
pub use profiles::{Library, Profile, Sourced};

/// The main scenario, embedded so that the binary works outside its repository.
pub const HOSPITAL_DAY: &str = include_str!("../../scenarios/hospital-day.toml");
