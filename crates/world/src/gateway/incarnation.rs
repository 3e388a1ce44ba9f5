//! The incarnation of the backend to which a cursor belongs.
//!
//! A restore of the backend begins a new incarnation, in which some rows are gone. The stamps
//! (dates of changes) of the new incarnation are greater than those in all earlier cursors. So an
//! earlier cursor would still be accepted, and its reader would never learn which rows are gone.
//! Therefore a cursor starts with the number of its incarnation. The first incarnation needs no
//! number.

use std::borrow::Cow;

use crate::base::{EntityId, in_words};
use crate::contract::ServerError;

/// The gateway's reaction to a restore of the backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restored {
    /// Cursors of earlier incarnations have expired.
    #[default]
    Noticed,
    /// No reaction: the gateway continues as if there had been no restore.
    Ignored,
}
in_words!(Restored { Noticed: "noticed", Ignored: "ignored" });

/// The number of a backend incarnation, as in cursors. Later incarnations have greater numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Life(pub(super) u64);

impl Life {
    pub(super) fn of(incarnation: u64, restored: Restored) -> Life {
        if restored == Restored::Noticed { Life(incarnation) } else { Life(0) }
    }

    pub(super) fn is_another(self) -> bool {
        self.0 != 0
    }

    pub(super) fn in_cursor(told: &str) -> Life {
        let named = told.strip_prefix('#').and_then(|told| told.split_once('#'));
        Life(named.and_then(|(life, _)| life.parse().ok()).unwrap_or_default())
    }

    pub(super) fn named(self, cursor: String) -> String {
        if self.0 == 0 { cursor } else { format!("#{}#{cursor}", self.0) }
    }

    pub(super) fn read<'c>(
        self,
        entity: EntityId,
        told: Option<Cow<'c, str>>,
    ) -> Result<Option<Cow<'c, str>>, ServerError> {
        let Some(told) = told else { return Ok(None) };
        let (life, cursor) =
            told.strip_prefix('#').and_then(|told| told.split_once('#')).unwrap_or(("0", &told));
        if life.parse() != Ok(self.0) {
            return Err(ServerError::CursorExpired(entity));
        }
        Ok(Some(if self.0 == 0 { told } else { Cow::Owned(cursor.to_owned()) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_in_its_own_life_and_has_expired_in_any_other() {
        let lives = [0, 7, 77].map(|n| Life::of(n, Restored::Noticed));
        for made in lives {
            let told = made.named("3,a#b".to_owned());
            for life in lives {
                let cursor = life.read(EntityId(1), Some(told.as_str().into()));
                match life == made {
                    true => assert_eq!(cursor.as_ref().map(Option::as_deref), Ok(Some("3,a#b"))),
                    false => assert_eq!(cursor, Err(ServerError::CursorExpired(EntityId(1)))),
                }
            }
        }
        assert_eq!(
            lives[1].read(EntityId(1), None),
            Ok(None),
            "without a cursor there is no incarnation to compare"
        );
    }
}
