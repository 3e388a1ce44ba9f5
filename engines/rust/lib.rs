//! Engines that are crates of others, as stacks of the bench.
//!
//! [`document`] is what engines have in common that keep a document and merge it: a half for phones
//! and a half that answers. `sessions` is SQLite's session extension, with halves of its own.
//! `phone` is what all halves on phones have in common. Each of [`stacks`] is an engine. [`league`]
//! makes a page of how they do.

pub mod document;
pub mod league;
mod phone;
mod sessions;
pub mod stacks;

use syncdyno::Stacks;

/// The stacks of syncdyno, those of a bundle in JavaScript, and these.
pub fn all() -> Stacks {
    let built_in = Stacks::builtin().with(syncdyno_js::stack());
    stacks::LIST.iter().fold(built_in, |stacks, make| stacks.with(make()))
}
