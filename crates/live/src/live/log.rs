//! The log of a session: what came from outside, when, and how each request ended.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::stage::Step;

/// The version of the format.
pub const LOG_VERSION: u32 = 1;

/// What answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The scenario's backend, behind a server half.
    Scenario,
    /// A server of one's own.
    Upstream,
    /// The same, of which nothing is known but its bytes.
    Tunnel,
}

/// The first line: all that a replay needs besides the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the format: 1.
    pub syncdyno_session: u32,
    pub mode: Mode,
    /// The name of the server half.
    pub protocol: String,
    /// Its options.
    pub options: BTreeMap<String, String>,
    /// The scenario as it was read, where that was, and its seed.
    pub scenario: String,
    pub path: String,
    pub seed: String,
    /// Names of devices, in their order.
    pub devices: Vec<String>,
    /// Virtual seconds in a second.
    pub speed: f64,
    /// Whether the bodies of messages are in it.
    pub bodies: bool,
}

/// Any other line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    /// Virtual nanoseconds since the session began.
    pub(super) at: u64,
    #[serde(flatten)]
    pub(super) step: Step,
}

/// A log that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("line {line}: {why}")]
    Malformed { line: usize, why: String },
    #[error("it is a log of version {0}; this program reads version {LOG_VERSION}")]
    Version(u32),
}

/// A log that was read.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) head: Head,
    pub(super) lines: Vec<Line>,
}

/// A longer line is none of a session's, in bytes.
const LINE: u64 = 256 << 20;

impl Head {
    /// Whether a text begins as a log does.
    pub fn begins(text: &[u8]) -> bool {
        text.starts_with(b"{\"syncdyno_session\"")
    }
}

impl Log {
    /// # Errors
    /// It is no log, or of another version.
    pub(super) fn read(mut from: impl BufRead) -> Result<Log, LogError> {
        let mut text = Vec::new();
        let mut number = 0;
        let mut next = |text: &mut Vec<u8>| -> Result<bool, LogError> {
            text.clear();
            number += 1;
            let read = io::Read::take(&mut from, LINE).read_until(b'\n', text)?;
            if read as u64 == LINE {
                return Err(LogError::Malformed { line: number, why: "the line is too long".to_owned() });
            }
            Ok(read > 0)
        };
        let malformed = |line: usize, why: String| LogError::Malformed { line, why };
        if !next(&mut text)? {
            return Err(malformed(1, "the file is empty".to_owned()));
        }
        let version: Map<String, Json> =
            serde_json::from_slice(&text).map_err(|error| malformed(1, error.to_string()))?;
        match version.get("syncdyno_session").and_then(Json::as_u64) {
            Some(1) => {}
            Some(other) => return Err(LogError::Version(u32::try_from(other).unwrap_or(u32::MAX))),
            None => return Err(malformed(1, "it is not the log of a session".to_owned())),
        }
        let head: Head = serde_json::from_slice(&text).map_err(|error| malformed(1, error.to_string()))?;
        let mut lines = Vec::new();
        let mut at = 1;
        while next(&mut text)? {
            at += 1;
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let line = serde_json::from_slice(&text).map_err(|error| malformed(at, error.to_string()))?;
            lines.push(line);
        }
        Ok(Log { head, lines })
    }
}

/// Where a session's log goes.
pub(super) struct Writer {
    to: Option<io::BufWriter<Box<dyn Write>>>,
    failed: Option<io::Error>,
}

impl Writer {
    pub(super) fn new(to: Option<Box<dyn Write>>) -> Writer {
        Writer { to: to.map(io::BufWriter::new), failed: None }
    }
    pub(super) fn head(&mut self, head: &Head) {
        self.put(head);
    }
    pub(super) fn line(&mut self, line: &Line) {
        self.put(line);
    }
    fn put(&mut self, what: &impl Serialize) {
        let Some(to) = &mut self.to else { return };
        let written = serde_json::to_writer(&mut *to, what).map_err(io::Error::from);
        if let Err(error) = written.and_then(|()| to.write_all(b"\n")) {
            self.failed = Some(error);
            self.to = None;
        }
    }
    pub(super) fn flush(&mut self) {
        if let Some(Err(error)) = self.to.as_mut().map(Write::flush) {
            self.failed = Some(error);
            self.to = None;
        }
    }
    /// Why the log ends before the session did, if it does.
    pub(super) fn failed(self) -> Option<io::Error> {
        self.failed
    }
}
