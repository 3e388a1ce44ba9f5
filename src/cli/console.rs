//! Where words go: results to stdout, everything else to stderr.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Write};
use std::time::Duration;

use super::args::{ColorChoice, Voice};
use crate::campaign::Stopwatch;
use crate::render::Paint;

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
    /// How many columns the terminal has, where that is known.
    pub columns: Option<usize>,
    /// Reads a variable of the environment, where somebody asks for one by a flag.
    pub variable: Option<fn(&str) -> Option<String>>,
    /// What signals set.
    pub signals: crate::campaign::Signals,
    /// Ends the process when so much time is over and nobody heeds signals yet; `None` where the
    /// process is somebody else's.
    pub guard: Option<fn(Duration, &crate::campaign::Signals)>,
}

/// The two streams. A reader that went away is no error of ours: what is left unsaid is dropped.
pub(super) struct Console<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    out_broken: Option<io::Error>,
    voice: Voice,
    surroundings: &'a Surroundings,
    typed: &'a [OsString],
    began: Stopwatch,
}

impl<'a> Console<'a> {
    pub(super) fn new(
        out: &'a mut dyn Write,
        err: &'a mut dyn Write,
        voice: Voice,
        surroundings: &'a Surroundings,
        typed: &'a [OsString],
    ) -> Console<'a> {
        let began = Stopwatch::start();
        Console { out, err, out_broken: None, voice, surroundings, typed, began }
    }

    /// Says a part of the result.
    pub(super) fn result(&mut self, text: &str) {
        if self.out_broken.is_none() {
            self.out_broken =
                self.out.write_all(printable(text).as_bytes()).and_then(|()| self.out.flush()).err();
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
        let _ = self.err.write_all(printable(text).as_bytes());
    }
    /// What kept the result from being written; `None` if it was, or if its reader went away.
    pub(super) fn loss(&self) -> Option<&io::Error> {
        self.out_broken.as_ref().filter(|e| e.kind() != io::ErrorKind::BrokenPipe)
    }

    /// The command has so much time, counted from its start. Until something runs, which looks at
    /// the time itself, a guard does: who reads a file or waits for a pipe cannot.
    pub(super) fn limit_to(&self, time_limit: Option<Duration>) {
        if let Some((limit, guard)) = time_limit.zip(self.surroundings.guard) {
            guard(limit.saturating_sub(self.elapsed()), &self.surroundings.signals);
        }
    }
    /// Since the command began.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The words of the command line, the program's name first.
    pub(super) fn typed(&self) -> &'a [OsString] {
        self.typed
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
    /// How wide lists may be.
    pub(super) fn columns(&self) -> usize {
        const NARROWEST: usize = 40;
        self.surroundings.columns.map_or(crate::render::WIDTH, |columns| columns.max(NARROWEST))
    }
    /// Mistakes as they are drawn, with help that is longer than the terminal is wide over several
    /// lines.
    pub(super) fn drawn(&self, mistakes: &str) -> String {
        let Some(columns) = self.surroundings.columns.map(|_| self.columns()) else {
            return mistakes.to_owned();
        };
        mistakes.lines().map(|line| folded(line, columns)).collect::<Vec<_>>().join("\n")
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

/// The text without what would steer a terminal: names come from files of anybody. Lines, tabs and
/// our own colours stay; what else is a control character is written as JSON writes it, so that
/// JSON stays what it was.
fn printable(text: &str) -> Cow<'_, str> {
    let steers = |at: usize, c: char| match c {
        '\n' | '\t' => false,
        '\r' => !text[at + 1..].starts_with('\n'),
        '\x1b' => !is_colour(&text[at + 1..]),
        _ => c.is_control(),
    };
    if !text.char_indices().any(|(at, c)| steers(at, c)) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        if steers(at, c) {
            plain.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// A line of help over as many lines as it needs, the later ones under the beginning of its words;
/// any other line as it is.
fn folded(line: &str, columns: usize) -> String {
    let width = |text: &str| shown(text).chars().count();
    let Some(at) = line.find("help").filter(|_| width(line) > columns) else { return line.to_owned() };
    // Lines of the file itself may speak of help too.
    if shown(&line[..at]).contains(|c| c != ' ' && c != '=') {
        return line.to_owned();
    }
    let begin = line[at..].find(' ').map_or(at, |space| at + space + 1);
    let gutter = width(&line[..begin]);
    let mut text = line[..begin].to_owned();
    let mut used = gutter;
    for (i, word) in line[begin..].split(' ').enumerate() {
        if i > 0 && used + 1 + width(word) > columns {
            text.push_str(&format!("\n{}", " ".repeat(gutter)));
            used = gutter;
        } else if i > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += width(word);
    }
    text
}

/// The letters that a terminal shows of a text with our own colours.
fn shown(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let plain = parts.next().unwrap_or_default().to_owned();
    parts.fold(plain, |shown, part| shown + part.split_once('m').map_or("", |(_, after)| after))
}

/// Whether what follows an escape is a colour: `[1;31m`.
fn is_colour(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix('[') else { return false };
    rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_help_goes_on_below_its_beginning_and_nothing_else_does() {
        let help = "  = help: there are `chunk_rows`, `chunk_bytes`, `apply_rows`";
        let parted = "  = help: there are `chunk_rows`,\n          `chunk_bytes`,\n          `apply_rows`";
        assert_eq!(folded(help, 34), parted);
        assert_eq!(folded(help, 80), help);
        let coloured = "   \u{1b}[1;94m= \u{1b}[0mhelp: there are `a`, `b`";
        assert_eq!(folded(coloured, 30), coloured, "a colour has no width");
        let source = "12 | title = \"a long line that says help and much else besides\"";
        assert_eq!(folded(source, 30), source);
    }

    #[test]
    fn names_do_not_steer_the_terminal_and_our_own_colours_stay() {
        let ours = "\u{1b}[1;31mfail\u{1b}[0m\ta\nb\r\nü";
        assert_eq!(printable(ours), ours);
        let theirs = "a\u{1b}[2Jb\u{1b}]0;title\u{7}c\u{7f}\u{9b}d\re\u{8}";
        assert_eq!(printable(theirs), r"a\u001b[2Jb\u001b]0;title\u0007c\u007f\u009bd\u000de\u0008");
        let json: String = serde_json::from_str(&printable("\"\u{7f}\u{9b}\"")).unwrap();
        assert_eq!(json, "\u{7f}\u{9b}", "JSON says the same");
    }
}
