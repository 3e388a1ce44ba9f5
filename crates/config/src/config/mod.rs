//! The language of files, without a word of what the keys mean.
//!
//! A [`tree`] is TOML in which each value remembers its place and whence it came; a [`form`]
//! describes a key once, for the check, the defaults, the JSON Schema and the list of keys; a
//! [`view`] reads values out of a tree that was checked, and collects what is wrong with them;
//! [`written`] has the texts with a grammar of their own; a [`diagnostic`] is a mistake with its
//! place and what would be right. Room `scenario` and the faults list their keys in it.

#![allow(missing_docs, reason = "what its name says needs no sentence")]

pub mod diagnostic;
pub mod form;
mod synonyms;
pub mod tree;
pub mod view;
pub mod written;
