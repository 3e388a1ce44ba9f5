//! Closed forms, each with its source: functions of plain numbers, in seconds and rows.
//!
//! `validate` holds simulations against them, a sweep puts the best chunk beside the one that it
//! measured, and a calibration inverts it.
//!
//! Invariants: transcendental functions come from `libm`, so a figure is the same on every
//! machine; an argument outside a formula's domain is a mistake of ours and panics.

pub mod chunk;
