//! The program: the command line with the engines that come with it.

use std::process::ExitCode;

use syncdyno::world::Stacks;

fn main() -> ExitCode {
    syncdyno::cli::main(Stacks::builtin())
}
