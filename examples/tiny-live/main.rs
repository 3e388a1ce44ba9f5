//! The bench with a live stack: `cargo run --example tiny-live -- run
//! examples/tiny-live/calm.toml`.

mod stack;

use std::process::ExitCode;

use syncdyno::world::Stacks;

fn main() -> ExitCode {
    syncdyno::cli::main(Stacks::builtin().with(stack::live()))
}
