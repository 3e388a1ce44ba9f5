//! `validate-live`: compares the simulation with the built-in engine on a real TCP stack. Needs
//! Linux and root; elsewhere it says so and succeeds.

#[cfg(target_os = "linux")]
mod program;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    program::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::io::Result<()> {
    use std::io::Write;
    writeln!(std::io::stdout(), "skipped: namespaces and TUN devices are Linux's")
}
