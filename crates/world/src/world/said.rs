//! The messages of apps to their developers: console lines, exceptions that ended syncs, and
//! warnings of the simulator.

use std::collections::BTreeMap;

use crate::base::Time;
use crate::contract::{AppMessage, Node};
use crate::oracle::Clock;

/// Maximum number of lines kept per cell, and of characters per line.
const LINES: usize = 5_000;
const LETTERS: usize = 2_000;
/// Maximum number of different exceptions.
const KINDS: usize = 50;

/// The messages of all apps of one cell (one simulation).
#[derive(Clone, Debug, Default)]
pub struct AppWords {
    /// Console lines, each with its time, its device and its level.
    pub lines: Vec<String>,
    /// The number of lines that were not kept.
    pub left_out: u64,
    /// Exceptions that ended syncs, in order of first occurrence.
    pub threw: Vec<Threw>,
}

/// An exception that ended a sync, or a warning of the simulator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threw {
    /// The message.
    pub what: String,
    /// True for a warning of the simulator, false for an exception.
    pub is_warning: bool,
    /// The first stack trace, the innermost call first.
    pub stack: String,
    /// How often the exception or warning occurred.
    pub count: u64,
    /// The device of the first occurrence.
    pub device: String,
    /// The time of the first occurrence, as the report shows it.
    pub at: String,
}

pub(super) struct Said {
    clock: Clock,
    pub(super) words: AppWords,
    /// The index in `threw` of an exception, by the first lines of its message and its stack trace.
    known: BTreeMap<(String, String), usize>,
}

impl Said {
    pub(super) fn new(clock: Clock) -> Said {
        Said { clock, words: AppWords::default(), known: BTreeMap::new() }
    }
    pub(super) fn on(&mut self, at: Time, node: Node, said: AppMessage<'_>) {
        let who = match node {
            Node::Device(device) => device.to_string(),
            _ => "server".to_owned(),
        };
        match said {
            AppMessage::Console { level, line } if self.words.lines.len() < LINES => {
                let (time, line) = (self.clock.time(at), clipped(line).replace('\n', "\n    "));
                self.words.lines.push(format!("{time} {who} {level}: {line}"));
            }
            AppMessage::Console { .. } => self.words.left_out += 1,
            AppMessage::Threw { what, stack } => self.add(at, who, (what, stack, false)),
            AppMessage::Warned { what } => self.add(at, who, (what, "", true)),
        }
    }
    fn add(&mut self, at: Time, device: String, (what, stack, is_warning): (&str, &str, bool)) {
        let first = |text: &str| clipped(text.lines().next().unwrap_or_default()).to_owned();
        let key = (first(what), first(stack));
        if let Some(known) = self.known.get(&key) {
            self.words.threw[*known].count += 1;
        } else if self.known.len() < KINDS {
            self.known.insert(key, self.words.threw.len());
            let (what, stack) = (clipped(what).to_owned(), clipped(stack).to_owned());
            let at = self.clock.time(at);
            self.words.threw.push(Threw { what, is_warning, stack, count: 1, device, at });
        }
    }
}

fn clipped(text: &str) -> &str {
    text.char_indices().nth(LETTERS).map_or(text, |(at, _)| &text[..at])
}
