//! Closed forms, each with its source, in seconds and rows: `validate` holds simulations against
//! them. Transcendental functions come from `libm`, so a figure is the same on every machine.

pub mod chunk;
