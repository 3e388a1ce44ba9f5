//! By the time of last modification, paged by (stamp, key).
//!
//! The cursor names the last change that was delivered: `stamp,key`. Alone, `stamp` means all changes up to and including
//! it. While a first load is under way the instant at which it began comes first: `since/stamp,key`.

use std::ops::ControlFlow;

use super::super::options::Unfit;
use super::{Ask, Captured, Effort, Fits, Strategy};
use crate::backend::{Backend, Change, Position, Provisioning, Query, Upto};
use crate::base::{EntityId, Key, Span, Stamp, Time};
use crate::contract::ServerError;

/// How it pages, and how close to the present it comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How close to the present a pull comes.
    pub upto: Upto,
}

pub(super) struct LastModified {
    options: Options,
}

impl LastModified {
    pub(super) fn new(options: Options) -> LastModified {
        LastModified { options }
    }
}

impl Fits for Options {
    fn fits(&self, provisioning: Provisioning) -> Result<(), Unfit> {
        if provisioning.stamps() {
            return Ok(());
        }
        Err(Unfit {
            why: "the time of last modification is asked for, and this backend keeps none",
            instead: "a backend that stamps its rows (full, stamps-only, three-stamps, read-only-schema), \
                      or a capture that compares all rows",
        })
    }

    fn behind(&self) -> Span {
        match self.upto {
            Upto::Behind(window) => window,
            Upto::Settled => Span::ZERO,
        }
    }
}

impl Strategy for LastModified {
    fn page(
        &mut self,
        backend: &mut Backend,
        now: Time,
        ask: Ask<'_>,
        take: &mut dyn FnMut(Change<'_>) -> ControlFlow<()>,
    ) -> Result<Captured, ServerError> {
        let Ask { reader, entity, cursor, limit, .. } = ask;
        let after = match cursor.map(read) {
            Some(None) => return Err(ServerError::CursorExpired(entity)),
            after => after.flatten(),
        };
        let query =
            Query { entity, scope: reader.scope(), after: after.as_ref(), limit, upto: self.options.upto };
        let page = backend.changes(now, query, take)?;
        let cursor = write(&page.next);
        let effort = Effort { scanned: page.scanned, ..Effort::default() };
        Ok(Captured { delivered: page.delivered, cursor, more: page.more, effort })
    }

    fn cursor_at(&self, _: EntityId, stamp: Stamp) -> String {
        write(&Position::at(stamp))
    }
}

fn write(position: &Position) -> String {
    let Position { stamp, key, since } = position;
    let since = since.map_or(String::new(), |since| format!("{}/", since.0));
    let key = key.as_ref().map_or(String::new(), |key| format!(",{key}"));
    format!("{since}{}{key}", stamp.0)
}

fn read(cursor: &str) -> Option<Position> {
    let (stamps, key) = match cursor.split_once(',') {
        Some((stamps, key)) => (stamps, Some(Key::new(key))),
        None => (cursor, None),
    };
    let (since, stamp) = match stamps.split_once('/') {
        Some((since, stamp)) => (Some(Stamp(since.parse().ok()?)), stamp),
        None => (None, stamps),
    };
    Some(Position { stamp: Stamp(stamp.parse().ok()?), key, since })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_it_was_written_whatever_the_key() {
        for key in [None, Some(""), Some("k"), Some("a,b/c \"d\" é")] {
            for since in [None, Some(Stamp(-3))] {
                let position = Position { stamp: Stamp(-1_700), key: key.map(Key::new), since };
                assert_eq!(read(&write(&position)), Some(position));
            }
        }
        assert_eq!(write(&Position { stamp: Stamp(7), key: Some(Key::new("k")), since: None }), "7,k");
    }

    #[test]
    fn a_text_that_is_no_cursor_is_not_read() {
        for text in ["", ",", "k,7", "7.5,k", "/7,k", "1/,k", "1/2/3,k", "99999999999999999999,k", " 7"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
