//! Errors for commands that the program refuses.

use std::io;
use std::path::Path;

use crate::base::{escape_control, escape_path};
use crate::campaign::{KeptError, did_you_mean};
use crate::record::Exit;
use crate::render::Mark;
use crate::scenario::{Diagnostic, Invalid, closest};

/// An error with its exit code. An error of any other type is a bug of the program.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(super) struct Refusal {
    pub(super) exit: Exit,
    pub(super) text: String,
    /// The places of the mistakes in files. Empty if the places are not known.
    pub(super) marks: Vec<Mark>,
}

impl Refusal {
    /// Makes an error. Its lines are escaped, because they can contain arguments and text from
    /// files.
    pub(super) fn because(exit: Exit, text: impl AsRef<str>) -> anyhow::Error {
        let lines: Vec<_> = text.as_ref().split('\n').map(escape_control).collect();
        Refusal { exit, text: lines.join("\n"), marks: Vec::new() }.into()
    }
    /// The error for mistakes in scenarios.
    pub(super) fn invalid<'i>(wrong: impl IntoIterator<Item = &'i Invalid>, colour: bool) -> anyhow::Error {
        let wrong: Vec<&Invalid> = wrong.into_iter().collect();
        let texts: Vec<String> = wrong.iter().map(|invalid| invalid.render(colour)).collect();
        let mark = |wrong: &Diagnostic| {
            let place = wrong.place.as_ref()?;
            let (line, column) = place.line_column();
            let text = [wrong.title.clone(), wrong.help.to_string()];
            let text = text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
            Some(Mark { file: place.source.name.clone(), line, column, text })
        };
        let marks = wrong.iter().flat_map(|invalid| &invalid.diagnostics).map(mark).collect::<Option<_>>();
        Refusal { exit: Exit::Invalid, text: texts.join("\n\n"), marks: marks.unwrap_or_default() }.into()
    }
    pub(super) fn usage(text: impl AsRef<str>) -> anyhow::Error {
        Refusal::because(Exit::Usage, text)
    }
    pub(super) fn environment(text: impl AsRef<str>) -> anyhow::Error {
        Refusal::because(Exit::Environment, text)
    }
    /// The error for an unreadable file. A file that is too large or is not text is a mistake of
    /// the user.
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> anyhow::Error {
        let text = format!("cannot read {}: {error}", escape_path(path));
        match error.kind() {
            io::ErrorKind::FileTooLarge | io::ErrorKind::InvalidData => Refusal::usage(text),
            _ => Refusal::environment(text),
        }
    }
    /// The error for a file that the user named, if it does not exist or cannot be read.
    pub(super) fn unread(path: &Path, error: &io::Error) -> anyhow::Error {
        match error.kind() {
            io::ErrorKind::NotFound => Refusal::usage(format!("there is no {}", escape_path(path))),
            io::ErrorKind::IsADirectory => {
                Refusal::usage(format!("{} is a folder; name a file", escape_path(path)))
            }
            _ => Refusal::unreadable(path, error),
        }
    }
    pub(super) fn marks_of(error: &anyhow::Error) -> Vec<Mark> {
        error.downcast_ref::<Refusal>().map_or_else(Vec::new, |refusal| refusal.marks.clone())
    }
    pub(super) fn exit_of(error: &anyhow::Error) -> Exit {
        error.downcast_ref::<Refusal>().map_or(Exit::Internal, |refusal| refusal.exit)
    }
}

pub(super) fn kept_refusal(error: KeptError) -> anyhow::Error {
    Refusal::because(error.exit, error.to_string())
}

pub(super) fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(closest(word, known))
}
