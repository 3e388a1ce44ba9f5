//! Engines that are crates of others, as stacks of the bench.
//!
//! [`document`] is what engines have in common that keep a document and merge it: a half for
//! phones and a half that answers. Each of [`stacks`] is an engine over it.

pub mod document;
pub mod stacks;

use syncdyno::Stacks;

/// The stacks of syncdyno, and these.
pub fn all() -> Stacks {
    stacks::LIST.iter().fold(Stacks::builtin(), |stacks, make| stacks.with(make()))
}
