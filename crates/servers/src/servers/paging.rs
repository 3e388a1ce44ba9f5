//! The next rows of a table after a place in the order of stamps and keys.

use serde_json::json;

use super::kept::SETTLED;
use super::rows::{self, Version};
use crate::contract::{Attributes, EntityId, ServerError, Stamp, SystemOfRecord};

/// A place in the order of stamps and keys.
pub(super) type Pair = (i64, String);

/// How far a table was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) at: Pair,
    /// Its first load goes on: behind it the reader goes on here, as what changes meanwhile may
    /// have been passed already.
    pub(super) load: Option<Pair>,
}

impl Position {
    /// As a text that is safe in an address as it is.
    pub(super) fn text(&self) -> String {
        hexed(&json!((&self.at, &self.load)).to_string())
    }
    /// The position of such a text, if it is one.
    pub(super) fn of(text: &str) -> Option<Position> {
        let (at, load) = serde_json::from_slice(&unhexed(text)?).ok()?;
        Some(Position { at, load })
    }
}

pub(super) fn hexed(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhexed(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).ok());
    pairs.map(|two| u8::from_str_radix(two.filter(|two| two.len() == 2)?, 16).ok()).collect()
}

/// The next rows of a table, and whether these are all; its position is behind them then.
pub(super) fn after(
    (attributes, id): (&Attributes, EntityId),
    position: &mut Option<Position>,
    room: usize,
    record: &mut dyn SystemOfRecord,
) -> Result<(Vec<Version>, bool), ServerError> {
    let day_before = (record.clock().minus(SETTLED).0, String::new());
    let pair = |row: &Version| (row.1.0, row.0.as_str().to_owned());
    let loads = position.as_ref().is_none_or(|position| position.load.is_some());
    // Rows of the position's own time may still be missing.
    let since = position.as_ref().filter(|_| !loads).map(|position| Stamp(position.at.0 - 1));
    let mut found = rows::changed(record, id, attributes, since)?;
    found.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    let newest = found.last().map(pair);
    let (at, load) = match position.take() {
        Some(Position { at, load }) => (Some(at), load),
        None => (None, newest.or_else(|| Some(day_before.clone()))),
    };
    if let Some(at) = &at {
        found.retain(|row| pair(row) > *at);
    }
    let is_all = found.len() <= room;
    found.truncate(room);
    let at = found.last().map(pair).or(at).unwrap_or_default();
    *position = Some(match load {
        Some(load) if is_all => Position { at: load, load: None },
        // Else a phone that hears of nothing would come with a time that is too old one day.
        None if is_all => Position { at: at.max(day_before), load: None },
        load => Position { at, load },
    });
    Ok((found, is_all))
}
