//! `validate-live`: the simulation held against the built-in engine on a real TCP stack. It takes
//! Linux and root; elsewhere it says so and ends well.

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
