//! The log of a session. It has each input from outside with its time, and the end of each request.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::stage::Step;
use super::tunnel::PIECE;
use crate::base::Time;

/// The version of the log's format.
pub const LOG_VERSION: u32 = 1;

/// The server that answers the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The scenario's backend, behind a server half.
    Scenario,
    /// The user's own server, over HTTP.
    Upstream,
    /// The user's own server, over raw bytes.
    Tunnel,
}

/// The first line. It has everything that a replay needs besides the steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the format: 1.
    pub syncdyno_session: u32,
    /// The server that answers the requests.
    pub mode: Mode,
    /// The name of the server half.
    pub protocol: String,
    /// The options of the server half.
    pub options: BTreeMap<String, String>,
    /// The text of the scenario.
    pub scenario: String,
    /// The path of the scenario.
    pub path: String,
    /// The seed of the scenario.
    pub seed: String,
    /// The names of the devices, in their order.
    pub devices: Vec<String>,
    /// The speed: virtual seconds per second of the machine's clock.
    pub speed: f64,
    /// True if the log has the bodies of messages.
    pub bodies: bool,
    /// The start of virtual time on the machine's clock, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_ms: Option<u64>,
}

/// A line after the first one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    /// Virtual nanoseconds since the session began.
    at: u64,
    #[serde(flatten)]
    step: Step,
}

/// The reason why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A line does not follow the format.
    #[error("line {line}: {why}")]
    Malformed {
        /// The number of the line, from 1.
        line: usize,
        /// A text that says what is wrong.
        why: String,
    },
    /// The log has another version of the format.
    #[error("it is a log of version {0}; this program reads version {LOG_VERSION}")]
    Version(u32),
}

/// A parsed log.
#[derive(Debug)]
pub struct Log {
    /// The first line.
    pub head: Head,
    /// Each step with its time, in virtual nanoseconds.
    pub steps: Vec<(u64, Step)>,
    /// True if the last line is incomplete, for example after a kill. It is left out.
    pub is_torn: bool,
}

/// The maximum length of a line, in bytes.
const LINE: u64 = 256 << 20;

impl Head {
    /// True if a text begins like a log.
    pub fn begins(text: &[u8]) -> bool {
        plain(text).trim_ascii_start().starts_with(b"{\"syncdyno_session\"")
    }
}

/// Removes a UTF-8 byte order mark.
fn plain(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// The longest session, in virtual nanoseconds: 100 years.
const LENGTH: u64 = 100 * 366 * 86_400 * 1_000_000_000;
/// The largest message, in bytes: the largest `--body-max` plus a head.
const MESSAGE: u64 = (1 << 30) + (1 << 20);
/// The longest cut of a network, in milliseconds.
const CUT: u64 = 86_400_000;

impl Line {
    /// Refuses values that no session writes. Otherwise an edited log could use too much memory.
    fn in_range(&self) -> Result<(), String> {
        let most = |what: &str, is: u64, most: u64| match is > most {
            true => Err(format!("`{what}` is {is}; it must be from 0 to {most}")),
            false => Ok(()),
        };
        most("at", self.at, LENGTH)?;
        match &self.step {
            Step::Ask { asking, .. } | Step::Hold { asking, .. } => {
                most("withheld", asking.withheld, MESSAGE)
            }
            Step::Upstream { bytes, .. } => most("bytes", bytes.unwrap_or(0), MESSAGE),
            Step::Sent { bytes, .. } | Step::Piece { bytes, .. } => most("bytes", *bytes, PIECE),
            Step::Cut { ms, .. } => most("ms", *ms, CUT),
            _ => Ok(()),
        }
    }
}

impl Log {
    /// Parses a log.
    ///
    /// # Errors
    /// The text is not a log, has another version, or has a malformed line.
    pub fn read(mut from: impl BufRead) -> Result<Log, LogError> {
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
        let mut at = 0;
        while plain(&text).trim_ascii().is_empty() {
            at += 1;
            if !next(&mut text)? {
                return Err(malformed(1, "the file is empty".to_owned()));
            }
        }
        let first = at;
        let version: Map<String, Json> =
            serde_json::from_slice(plain(&text)).map_err(|error| malformed(first, error.to_string()))?;
        match version.get("syncdyno_session").and_then(Json::as_u64) {
            Some(1) => {}
            Some(other) => return Err(LogError::Version(u32::try_from(other).unwrap_or(u32::MAX))),
            None => return Err(malformed(first, "it is not the log of a session".to_owned())),
        }
        let head: Head =
            serde_json::from_slice(plain(&text)).map_err(|error| malformed(first, error.to_string()))?;
        let (mut steps, mut is_torn) = (Vec::new(), false);
        while next(&mut text)? {
            at += 1;
            if text.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match serde_json::from_slice::<Line>(&text) {
                Ok(line) => {
                    line.in_range().map_err(|why| malformed(at, why))?;
                    steps.push((line.at, line.step));
                }
                // The last line was not written completely. Any other malformed line ends with a
                // newline.
                Err(_) if !text.ends_with(b"\n") => is_torn = true,
                Err(error) => return Err(malformed(at, error.to_string())),
            }
        }
        Ok(Log { head, steps, is_torn })
    }
}

/// Writes a session's log.
pub(super) struct Writer {
    to: Option<io::BufWriter<Box<dyn Write>>>,
    failed: Option<io::Error>,
    is_told: bool,
}

impl Writer {
    pub(super) fn new(to: Option<Box<dyn Write>>) -> Writer {
        Writer { to: to.map(io::BufWriter::new), failed: None, is_told: false }
    }
    pub(super) fn head(&mut self, head: &Head) {
        self.put(head);
    }
    pub(super) fn step(&mut self, at: Time, step: Step) {
        self.put(&Line { at: at.0, step });
    }
    fn put(&mut self, what: &impl Serialize) {
        self.write(|to| {
            serde_json::to_writer(&mut *to, what)?;
            to.write_all(b"\n")
        });
    }
    pub(super) fn flush(&mut self) {
        self.write(Write::flush);
    }
    fn write(&mut self, work: impl FnOnce(&mut io::BufWriter<Box<dyn Write>>) -> io::Result<()>) {
        if let Some(Err(error)) = self.to.as_mut().map(work) {
            self.failed = Some(error);
            self.to = None;
        }
    }
    /// Returns the write error if it is new since the last call.
    pub(super) fn fails_now(&mut self) -> Option<&io::Error> {
        let was_told = std::mem::replace(&mut self.is_told, self.failed.is_some());
        self.failed.as_ref().filter(|_| !was_told)
    }
    /// Returns the write error that ended the log early, if any.
    pub(super) fn failed(self) -> Option<io::Error> {
        self.failed
    }
}
