//! Third-party engines (crates of other authors) as stacks of the bench.
//!
//! [`document`] has what engines share that keep and merge one document: a phone half and a server
//! half. `sessions` is SQLite's session extension, with halves of its own. `phone` is shared by all
//! phone halves. Each of [`stacks`] is one engine. [`league`] compares the engines on a page.

pub mod document;
pub mod league;
mod phone;
mod sessions;
pub mod stacks;

use syncdyno::Stacks;

/// The stacks of syncdyno, the stack for JavaScript bundles, and the engines of this folder.
pub fn all() -> Stacks {
    let built_in = Stacks::builtin().with(syncdyno_js::stack());
    stacks::LIST.iter().fold(built_in, |stacks, make| stacks.with(make()))
}
