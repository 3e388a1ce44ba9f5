//! The output and the exit codes of the commands.

use std::io::{self, Write};

use syncdyno::record::Exit;

/// The exit code of a command. A command without a result also has a reason.
pub(crate) type Ending = Result<Exit, (Exit, String)>;

/// Prints a line of the result. An error is ignored, because the reader may be gone.
pub(crate) fn say(text: &str) {
    _ = writeln!(io::stdout(), "{text}");
}

pub(crate) fn complain(text: &str) {
    _ = writeln!(io::stderr(), "{text}");
}

/// The exit code of a comparison.
pub(crate) fn verdict(holds: bool) -> Exit {
    if holds { Exit::Success } else { Exit::Threshold }
}
