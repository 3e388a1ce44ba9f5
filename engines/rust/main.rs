//! The command line of syncdyno, with the engines of this folder.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    syncdyno::cli::main(syncdyno_engines::all())
}
