//! Pages of a table's rows, ordered by stamp and then by key.

use serde_json::json;

use super::call::Call;
use super::kept::SETTLED;
use super::rows::{self, Version};
use crate::contract::{EntityId, ServerError, ServerSetup, Stamp};

/// A position in this order: a stamp and a key.
pub(super) type Pair = (i64, String);

/// The position up to which a phone has read a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) at: Pair,
    /// Only set during the first load: the position at which the phone continues after the load.
    /// Rows that change during the load may be before `at`.
    pub(super) load: Option<Pair>,
}

impl Position {
    /// Encodes the position as a text that is safe in a URL.
    pub(super) fn text(&self) -> String {
        hexed(&json!((&self.at, &self.load)).to_string())
    }
    /// Decodes a position; `None` if the text is not a position.
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

/// Returns the next rows of a table, and true if no more rows follow now. Moves the position.
pub(super) fn after(
    (setup, id): (&ServerSetup, EntityId),
    position: &mut Option<Position>,
    room: usize,
    call: &mut Call<'_>,
) -> Result<(Vec<Version>, bool), ServerError> {
    let day_before = (call.record.clock().minus(SETTLED).0, String::new());
    let pair = |row: &Version| (row.1.0, row.0.as_str().to_owned());
    let loads = position.as_ref().is_none_or(|position| position.load.is_some());
    // The phone may not have all rows with the position's own stamp.
    let since = position.as_ref().filter(|_| !loads).map(|position| Stamp(position.at.0 - 1));
    let attributes = call.attributes(setup);
    let mut found = rows::changed(call.record, id, attributes, since)?;
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
        // The position advances at least to a day ago. Otherwise a phone's cursor would expire if
        // its table never changes.
        None if is_all => Position { at: at.max(day_before), load: None },
        load => Position { at, load },
    });
    Ok((found, is_all))
}
