//! The language of the bench's files, without the meaning of any key.
//!
//! Read in this order. A [`tree`] is TOML in which each value remembers its place and its origin. A
//! [`form`] describes a key once, for the check, the defaults, the JSON Schema and the key list. A
//! [`view`] reads values from a checked tree and collects mistakes. [`written`] has the texts with
//! their own grammar. A [`diagnostic`] is a mistake with its place and its fix. The scenario and
//! the faults declare their keys with these.

pub mod diagnostic;
pub mod form;
mod synonyms;
pub mod tree;
pub mod view;
pub mod written;
