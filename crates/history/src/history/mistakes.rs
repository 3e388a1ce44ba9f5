//! Errors in a history file, and functions that read single fields.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::fields::Fields;
use super::json::{Json, Node};
use super::recorded::{Mark, Values, WallClock, When, Wrong};
use super::value;
use crate::base::{Span, Value};
use crate::config::diagnostic::{Diagnostic, Place, Source, boundary};
use crate::contract::Entity;

/// The number of bytes before and after an error that are shown.
const AROUND: usize = 160;

/// The reason why a history cannot be read.
#[derive(Debug)]
pub enum Unreadable {
    /// The file cannot be read.
    File(io::Error),
    /// The file has these errors.
    Wrong(Vec<Diagnostic>),
}

/// The values of a create. Columns without a value are null.
pub(super) fn created(entity: &Entity, values: Values) -> Values {
    let mut all: BTreeMap<usize, Value> =
        entity.projection.iter().map(|column| (*column, Value::Null)).collect();
    all.extend(values);
    all.into_iter().collect()
}

pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => other.to_string(),
    }
}

pub(super) fn too_many(name: &str) -> Unreadable {
    Unreadable::Wrong(vec![Diagnostic::new(
        None,
        format!("{name} has too many lines: at most 4294967295 can be read"),
    )])
}

/// An error with the part of its line around it.
pub(super) fn shown(name: &str, number: u32, line: &str, wrong: Wrong) -> Diagnostic {
    let span = wrong.span.start.min(line.len())..wrong.span.end.min(line.len());
    let start = boundary(line, span.start.saturating_sub(AROUND));
    let end = boundary(line, (span.start + AROUND).max(start));
    let text = &line[start..end];
    let source =
        Arc::new(Source { name: name.to_owned(), text: text.to_owned(), first_line: number as usize });
    let span = span.start - start..(span.end - start).min(text.len()).max(span.start - start);
    let place = Place { source, span };
    let diagnostic = Diagnostic::new(Some(place), wrong.title);
    if wrong.help.is_empty() { diagnostic } else { diagnostic.help(wrong.help) }
}

/// The settings for reading times.
#[derive(Clone, Copy)]
pub(super) struct Clocks {
    pub(super) utc_offset: i32,
    pub(super) tolerance: Span,
    pub(super) wall: Option<WallClock>,
    pub(super) line: u32,
}

impl Clocks {
    /// Reads a time in microseconds since 1970.
    pub(super) fn instant(self, node: &Node<'_>) -> Result<i64, Wrong> {
        let micros = match &node.value {
            Json::Text(text) => value::micros(text, self.utc_offset),
            // This is less than the last year that the calendar supports.
            Json::Number(text) => {
                text.parse::<f64>().ok().map(|ms| ms * 1e3).filter(|us| us.abs() < 2.5e17).map(|us| us as i64)
            }
            _ => None,
        };
        let wrong = || {
            let help = "write a time such as \"2026-03-02T08:15:00.250Z\", or milliseconds since 1970";
            Wrong::new(&node.span, "this is not a time", help)
        };
        let micros = micros.filter(|at| *at >= 0).ok_or_else(wrong)?;
        Ok(self.wall.map_or(micros, |wall| wall.of_history(micros)))
    }
    /// Reads the relation between the machine's clock and the history's clock.
    pub(super) fn of_machine(self, fields: &Fields<'_, '_>) -> Result<WallClock, Wrong> {
        fields.only("the clocks", &["wall", "session", "speed"])?;
        let [wall, session] = ["wall", "session"].map(|name| self.instant(fields.need(name)?));
        let speed = fields.get("speed").map_or(Ok(1.0), |node| {
            let speed = match &node.value {
                Json::Number(text) => text.parse().ok().filter(|speed| (1e-4..=1e6).contains(speed)),
                _ => None,
            };
            speed.ok_or_else(|| {
                Wrong::new(
                    &node.span,
                    "this speed must be a number from 0.0001 to 1000000",
                    "1 means that the session's clock is as fast as the machine's clock",
                )
            })
        })?;
        Ok(WallClock { wall: wall?, session: session?, speed })
    }
    pub(super) fn mark(self, fields: &Fields<'_, '_>) -> Result<Mark, Wrong> {
        let [at, from, until] = ["at", "not_before", "not_after"].map(|name| fields.get(name));
        let when = match (at, from, until) {
            (None, None, None) => When::ANY,
            (Some(at), None, None) => {
                let (at, off) = (self.instant(at)?, self.tolerance.as_micros() as i64);
                When { from: at - off, until: at + off }
            }
            (None, from, until) => {
                let from_at = from.map_or(Ok(i64::MIN), |node| self.instant(node))?;
                let until_at = until.map_or(Ok(i64::MAX), |node| self.instant(node))?;
                if let Some(until) = until.filter(|_| until_at < from_at) {
                    return Err(Wrong::new(
                        &until.span,
                        "`not_after` is before `not_before`",
                        "correct one of the two times",
                    ));
                }
                When { from: from_at, until: until_at }
            }
            (Some(at), ..) => {
                let help = "write `at` for an instant, or `not_before` and `not_after` for a range of time";
                return Err(Wrong::new(&at.span, "a line cannot have both `at` and a range of time", help));
            }
        };
        Ok(Mark { when, seq: fields.number("seq")?, line: self.line })
    }
}
