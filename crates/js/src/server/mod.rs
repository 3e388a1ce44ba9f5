//! The half of the stack that answers, where that is in JavaScript too: a second runtime, over the
//! bench's system of record.
//!
//! A request is answered in one turn, at the instant at which it came. What a bundle's functions
//! write is named by the edits that the request's slip says; whether a write that comes again is
//! one write or two is up to them (`key`).

mod behind;
mod half;
mod known;
mod record;

pub(crate) use half::Half;
