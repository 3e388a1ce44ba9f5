//! Messages in the shape that codecs have in common: what has which name, and what is left out.
//!
//! A codec writes and reads this shape; what it means is decided here, once.

pub(super) mod answer;
pub(super) mod pages;
pub(super) mod request;
mod rows;
