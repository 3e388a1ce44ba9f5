//! The language of the bench's files. It does not know the meaning of any key.
//!
//! Read the modules in this order. A [`tree`] is TOML in which each value knows its place and its
//! origin. A [`form`] describes a key once, for the check, the defaults, the JSON Schema and the
//! key list. A [`view`] reads values from a checked tree and collects mistakes. [`written`] has the
//! texts with a grammar of their own, such as dates. A [`diagnostic`] is a mistake with its place
//! and its fix. The rooms `scenario` and `faults` declare their keys with these modules.

pub mod diagnostic;
pub mod form;
mod synonyms;
pub mod tree;
pub mod view;
pub mod written;
