//! Where words go: results to stdout, everything else to stderr.

use std::io::{self, Write};

use super::args::{ColorChoice, Voice};
use crate::report::Paint;

/// What the program is told by its surroundings.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// GitHub's file for the summary of a job step.
    pub step_summary: Option<std::path::PathBuf>,
    /// `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// stdout is a terminal.
    pub out_is_terminal: bool,
    /// stderr is a terminal.
    pub err_is_terminal: bool,
    /// What signals set.
    pub signals: crate::campaign::Signals,
}

/// The two streams. A reader that went away is no error of ours: what is left unsaid is dropped.
pub(super) struct Console<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    out_broken: Option<io::Error>,
    voice: Voice,
    surroundings: &'a Surroundings,
}

impl<'a> Console<'a> {
    pub(super) fn new(
        out: &'a mut dyn Write,
        err: &'a mut dyn Write,
        voice: Voice,
        surroundings: &'a Surroundings,
    ) -> Console<'a> {
        Console { out, err, out_broken: None, voice, surroundings }
    }

    /// Says a part of the result.
    pub(super) fn result(&mut self, text: &str) {
        if self.out_broken.is_none() {
            self.out_broken = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).err();
        }
    }
    /// Says what is not the result, unless asked to be quiet.
    pub(super) fn remark(&mut self, text: &str) {
        if !self.voice.quiet {
            self.complaint(text);
        }
    }
    /// Says what is wrong.
    pub(super) fn complaint(&mut self, text: &str) {
        // When stderr is gone there is nobody left to tell.
        let _ = self.err.write_all(text.as_bytes());
    }
    /// What kept the result from being written; `None` if it was, or if its reader went away.
    pub(super) fn loss(&self) -> Option<&io::Error> {
        self.out_broken.as_ref().filter(|e| e.kind() != io::ErrorKind::BrokenPipe)
    }

    pub(super) fn surroundings(&self) -> &'a Surroundings {
        self.surroundings
    }
    pub(super) fn quiet(&self) -> bool {
        self.voice.quiet
    }
    pub(super) fn verbose(&self) -> bool {
        self.voice.verbose
    }
    /// Colours for stdout.
    pub(super) fn out_paint(&self) -> Paint {
        self.paint(self.surroundings.out_is_terminal)
    }
    /// Colours for stderr.
    pub(super) fn err_paint(&self) -> Paint {
        self.paint(self.surroundings.err_is_terminal)
    }

    fn paint(&self, is_terminal: bool) -> Paint {
        Paint(match self.voice.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !self.surroundings.no_color,
        })
    }
}
