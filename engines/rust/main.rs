//! The command line of syncdyno, with the engines of this folder.

use std::process::ExitCode;

fn main() -> ExitCode {
    syncdyno::cli::main(syncdyno_engines::all())
}
