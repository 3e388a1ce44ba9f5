//! What of an edit goes out: which columns, and what the backend is to hold its row against.

use super::beneath::{as_of, beneath};
use super::conflict::{BaseDate, Detect};
use super::options::{EngineOptions, Sends};
use crate::contract::{EditKind, Guard, Schema, image};
use crate::store::{Entry, Stored, Tx};

/// Edits as they are told to the backend, with what it is to hold the row of each against.
pub(super) struct Outgoing {
    pub(super) entries: Vec<Entry>,
    /// By edit; none where all are held against their base.
    pub(super) guards: Vec<Guard>,
}

impl Outgoing {
    pub(super) fn as_made(batch: &[Entry]) -> Outgoing {
        Outgoing { entries: batch.to_vec(), guards: Vec::new() }
    }

    /// Whether edits go out as they were made: their rows need not be looked at.
    pub(super) fn is_as_made(options: &EngineOptions) -> bool {
        let conflict = &options.conflict;
        options.push.sends == Sends::Changed
            && conflict.base == BaseDate::LastReceivedStamp
            && conflict.detect != Detect::ReadBefore
    }

    pub(super) fn of(
        tx: &Tx<'_>,
        (options, schema): (&EngineOptions, &Schema),
        batch: &[Entry],
    ) -> Stored<Outgoing> {
        let mut out = Outgoing::as_made(batch);
        let (detect, base, sends) = (options.conflict.detect, options.conflict.base, options.push.sends);
        let synced_on = tx.last_sync()?;
        for entry in &mut out.entries {
            let entity = schema.entity(entry.entity);
            if sends == Sends::Row && entry.kind == EditKind::Update {
                entry.values = as_of(tx, entity, entry, &entry.key)?;
            }
            let guard = match base {
                _ if entry.base.is_none() => Guard::Base,
                // What was decided about goes over the version that was decided over.
                _ if entry.is_sent_again() => Guard::Base,
                _ if detect == Detect::ReadBefore => {
                    let shown = tx.row(entry.entity, &entry.key)?.map(|row| row.values);
                    let edits = tx.entries_for(entry.entity, &entry.key)?;
                    beneath(entity, shown, &edits).map_or(Guard::Base, |values| Guard::Image(image(&values)))
                }
                BaseDate::LastReceivedStamp => Guard::Base,
                BaseDate::EditTime => {
                    entry.base = Some(entry.made_at);
                    Guard::Base
                }
                BaseDate::LastSync => {
                    entry.base = entry.base.max(synced_on);
                    Guard::Since
                }
            };
            out.guards.push(guard);
        }
        Ok(out)
    }
}
