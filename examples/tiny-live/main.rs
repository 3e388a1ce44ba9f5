//! `cargo run --example tiny-live -- run examples/tiny-live/calm.toml`: the bench with a live
//! stack.

mod stack;

fn main() -> std::process::ExitCode {
    syncdyno::cli::main(syncdyno::Stacks::builtin().with(stack::live()))
}
