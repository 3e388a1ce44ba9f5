//! Third-party engines (crates of other authors) as stacks of the bench (the simulator).
//!
//! [`document`] is a phone half and a server half for engines that merge one document. `sessions`
//! is SQLite's session extension, with its own halves. All phone halves use `phone`. [`stacks`] has
//! one file per engine. [`league`] compares the engines on a page.

pub mod document;
pub mod league;
mod phone;
mod sessions;
pub mod stacks;

use syncdyno::Stacks;

/// All stacks: those of syncdyno, the stack for JavaScript bundles, and the engines of this folder.
pub fn all() -> Stacks {
    let built_in = Stacks::builtin().with(syncdyno_js::stack());
    stacks::LIST.iter().fold(built_in, |stacks, make| stacks.with(make()))
}
