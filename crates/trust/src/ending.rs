//! What the commands print, and how they end.

use std::io::{self, Write};

use syncdyno::record::Exit;

/// The exit code of a command; or of one without a result, with the reason.
pub(crate) type Ending = Result<Exit, (Exit, String)>;

/// Prints a line of the result. The reader may be gone.
pub(crate) fn say(text: &str) {
    _ = writeln!(io::stdout(), "{text}");
}

/// Prints a line on stderr.
pub(crate) fn complain(text: &str) {
    _ = writeln!(io::stderr(), "{text}");
}

/// The exit code of a comparison.
pub(crate) fn verdict(holds: bool) -> Exit {
    if holds { Exit::Success } else { Exit::Threshold }
}
