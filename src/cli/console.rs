//! What a command needs: output streams, the surroundings of the program, and a runner for cells.
//!
//! A cell is one simulation: one variant and one seed.

use std::ffi::OsString;
use std::io::{self, Write};
use std::time::Duration;

use clap::ColorChoice;

use super::args::Voice;
use crate::campaign::{Runner, Stopwatch};
use crate::render::Paint;

/// The surroundings of the program: environment variables, terminals and signals.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The file for GitHub's step summary, from `GITHUB_STEP_SUMMARY`.
    pub step_summary: Option<std::path::PathBuf>,
    /// True if `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// True if the output stream is a terminal.
    pub out_is_terminal: bool,
    /// True if the error stream is a terminal.
    pub err_is_terminal: bool,
    /// The width of the terminal in characters; `None` if it is unknown.
    pub columns: Option<usize>,
    /// The signals that the process received.
    pub signals: crate::campaign::Signals,
}

/// The two output streams. They do not escape text: text from other people is already escaped
/// (`base::foreign`). If a reader closes the pipe, the rest of the output is dropped without an
/// error.
pub(super) struct Console<'a> {
    pub(super) runner: &'a dyn Runner,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    out_broken: Option<io::Error>,
    pub(super) voice: Voice,
    pub(super) surroundings: &'a Surroundings,
    pub(super) typed: &'a [OsString],
    began: Stopwatch,
}

impl<'a> Console<'a> {
    pub(super) fn new(
        runner: &'a dyn Runner,
        out: &'a mut dyn Write,
        err: &'a mut dyn Write,
        voice: Voice,
        surroundings: &'a Surroundings,
        typed: &'a [OsString],
    ) -> Console<'a> {
        let began = Stopwatch::start();
        Console { runner, out, err, out_broken: None, voice, surroundings, typed, began }
    }

    pub(super) fn result(&mut self, text: &str) {
        if self.out_broken.is_none() {
            self.out_broken = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).err();
        }
    }
    pub(super) fn remark(&mut self, text: &str) {
        if !self.voice.quiet {
            self.complaint(text);
        }
    }
    pub(super) fn complaint(&mut self, text: &str) {
        // If stderr is closed, nobody can read an error.
        let _ = self.err.write_all(text.as_bytes());
    }
    /// The write error of the result. `None` if it was written, or if its reader closed the pipe.
    pub(super) fn loss(&self) -> Option<&io::Error> {
        self.out_broken.as_ref().filter(|e| e.kind() != io::ErrorKind::BrokenPipe)
    }
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
    pub(super) fn columns(&self) -> usize {
        const NARROWEST: usize = 40;
        self.surroundings.columns.map_or(crate::render::WIDTH, |columns| columns.max(NARROWEST))
    }
    pub(super) fn out_paint(&self) -> Paint {
        self.paint(self.surroundings.out_is_terminal)
    }
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

pub(super) fn few(lines: Vec<String>, rest: &str) -> String {
    const TOLD: usize = 10;
    let more = lines.len().checked_sub(TOLD).filter(|more| *more > 0);
    let more = more.map(|more| format!("… and {more} more{rest}"));
    lines.into_iter().take(TOLD).chain(more).map(|line| line + "\n").collect()
}
