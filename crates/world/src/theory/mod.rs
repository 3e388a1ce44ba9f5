//! Closed forms (formulas), each with its source, in seconds and rows. The program `validate`
//! compares simulations with them. Functions such as `exp` come from `libm`, so the figures are the
//! same on every machine.

pub mod chunk;
