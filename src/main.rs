//! The program: the command line with the built-in engines.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use syncdyno::world::Stacks;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    syncdyno::cli::main(Stacks::builtin().with(syncdyno_js::stack()))
}
