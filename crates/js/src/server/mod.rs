//! The server half of the stack, if it is in JavaScript too: a second runtime, over the bench's
//! system of record.
//!
//! A request is answered in one turn, at the instant of its arrival. The request's slip gives the
//! edits behind the writes of a bundle's functions. The functions decide whether a repeated write
//! counts as a new one (`key`).

mod behind;
mod half;
mod known;
mod record;

pub(crate) use half::Half;
