//! The server half of the stack `js`, if it is in JavaScript too. It runs in a second runtime and
//! uses the bench's system of record (the backend).
//!
//! A request is answered in one turn, at its time of arrival. The request's slip (the bench's
//! hidden note) names the edits. `behind` finds the edit that caused each write. With the option
//! `key`, the functions decide if a repeated write counts as a new one.

mod behind;
mod half;
mod known;
mod record;

pub(crate) use half::Half;
