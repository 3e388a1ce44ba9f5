//! Why the program does not do what it was asked.

use std::io;
use std::path::Path;

use crate::campaign::KeptError;
use crate::record::Exit;

/// An error with the exit code that belongs to it. Any other error is our own bug.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(super) struct Refusal {
    pub(super) exit: Exit,
    pub(super) text: String,
}

impl Refusal {
    pub(super) fn because(exit: Exit, text: impl Into<String>) -> anyhow::Error {
        Refusal { exit, text: text.into() }.into()
    }
    pub(super) fn usage(text: impl Into<String>) -> anyhow::Error {
        Refusal::because(Exit::Usage, text)
    }
    pub(super) fn environment(text: impl Into<String>) -> anyhow::Error {
        Refusal::because(Exit::Environment, text)
    }
    /// A file that cannot be read: what is too large or no text is for who named it to mend.
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> anyhow::Error {
        let text = format!("cannot read {}: {error}", path.display());
        match error.kind() {
            io::ErrorKind::FileTooLarge | io::ErrorKind::InvalidData => Refusal::usage(text),
            _ => Refusal::environment(text),
        }
    }
    pub(super) fn exit_of(error: &anyhow::Error) -> Exit {
        error.downcast_ref::<Refusal>().map_or(Exit::Internal, |refusal| refusal.exit)
    }
}

pub(super) fn of_kept(error: KeptError) -> anyhow::Error {
    Refusal::because(error.exit, error.to_string())
}

pub(super) fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    crate::scenario::closest(word, known)
        .map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"))
}
