//! Closed forms, each with its source, in seconds and rows; `validate` compares simulations with
//! them. Transcendental functions come from `libm`, so figures are the same on every machine.

pub mod chunk;
