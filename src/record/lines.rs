//! Writes JSON with one line per field, per cell or per figure, so that text tools can search it.
//!
//! A cell is one simulation: one variant and one seed.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// Puts each value on its own line, down to `lines_to` nested brackets.
pub(super) struct Lines {
    lines_to: usize,
    depth: usize,
    empty: bool,
}

impl Lines {
    pub(super) fn to(lines_to: usize) -> Lines {
        Lines { lines_to, depth: 0, empty: false }
    }
    fn open<W: Write + ?Sized>(&mut self, to: &mut W, mark: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.empty = true;
        to.write_all(mark)
    }
    fn next<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.empty = false;
        to.write_all(if first { b"" } else { b"," })?;
        to.write_all(if self.depth > self.lines_to { b"" } else { b"\n" })
    }
    fn close<W: Write + ?Sized>(&mut self, to: &mut W, mark: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        let joined = std::mem::take(&mut self.empty) || self.depth >= self.lines_to;
        to.write_all(if joined { b"" } else { b"\n" })?;
        to.write_all(mark)
    }
}

impl Formatter for Lines {
    fn begin_array<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"[")
    }
    fn begin_array_value<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.next(to, first)
    }
    fn end_array<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"]")
    }
    fn begin_object<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"{")
    }
    fn begin_object_key<W: Write + ?Sized>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.next(to, first)
    }
    fn begin_object_value<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        // Values on their own line are for people, so a space follows the colon.
        to.write_all(if self.depth > self.lines_to { b":" } else { b": " })
    }
    fn end_object<W: Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"}")
    }
}
