//! How the engine knows which rows were edited on the device: by an outbox, or by a mark on each
//! row, as in many apps. A mark is a flag or a date. Marks can lose edits. A verdict clears a row's
//! flag even if the row was edited after it was sent. With dates, an edit during a sync may count
//! as already sent.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::base::{EntityId, Key, Stamp, UnitId};
use crate::contract::{EditError, EditKind, LocalEdit, NamedBy, Outcome};
use crate::engine::apply::foreign_keys::Referred;
use crate::engine::apply::page_changes::Change;
use crate::engine::options::{EngineOptions, LocalCapture};
use crate::engine::process::Process;
use crate::engine::push::order;
use crate::engine::rules::{OutboxRule, Rules, SendRule, overlay};
use crate::protocol::PushResult;
use crate::store::{self, Entry, Stored, Tx};

pub(crate) fn rules(options: &EngineOptions) -> Rules {
    let rules = Rules::of(options);
    match options.push.capture {
        LocalCapture::Outbox => Rules { send: order::rule(&options.push), ..rules },
        LocalCapture::DirtyFlags => Rules { send: Rc::new(RowsAsTheyAre), ..rules },
        LocalCapture::UpdatedAfterLastSync => {
            Rules { send: Rc::new(RowsAsTheyAre), outbox: Rc::new(DatesStay), ..rules }
        }
    }
}

struct RowsAsTheyAre;

impl SendRule for RowsAsTheyAre {
    fn next(&self, tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Stored<Vec<Entry>> {
        store::marked(tx, entities, limit)
    }
}

/// For marks by date: a row that was edited after it was sent keeps its mark.
struct DatesStay;

impl OutboxRule for DatesStay {
    fn lets_go(&self, tx: &Tx<'_>, entry: &Entry) -> Stored<()> {
        let marks = tx.entries_for(entry.entity, &entry.key)?;
        match marks.iter().find(|mark| mark.seq == entry.seq) {
            Some(mark) if mark.edit == entry.edit => tx.drop_entry(mark.seq),
            Some(mark) => store::keep_mark(tx, mark, entry.kind),
            None => Ok(()),
        }
    }
}

impl Process {
    /// Saves an edit in the outbox or as a mark. Returns the key of a created row if the key came
    /// from a pool.
    pub(crate) fn save(&self, edit: &LocalEdit, made_at: Stamp) -> Result<Option<Key>, EditError> {
        let (LocalEdit { entity, key, .. }, id) = (edit, &edit.id.to_string());
        self.store.save(|tx| {
            if self.options.push.capture != LocalCapture::Outbox {
                return store::mark(tx, edit, id, made_at).map(|()| None);
            }
            let creates = edit.kind == EditKind::Create;
            if creates && self.setup.schema.naming(*entity).by == NamedBy::Pool {
                let given = self.rules.send.new_key(tx, *entity)?.ok_or(EditError::NoKey)?;
                store::call(tx, *entity, key, &given)?;
                return tx.edit(edit, id, made_at).map(|()| Some(given));
            }
            tx.edit(edit, id, made_at)?;
            if let Some(attachment) = self.setup.schema.attachment(*entity).filter(|_| creates) {
                store::blobs::put(tx, *entity, key, attachment)?;
            }
            Ok(None)
        })
    }
}

#[derive(Default)]
pub(crate) struct Listed {
    /// The outbox positions of the marks at the start of the push. `None`: all waiting edits may be
    /// sent.
    only: Option<BTreeSet<i64>>,
}

impl Listed {
    /// The edits that a push of the unit may send. With marks by date, these are rows edited after
    /// the unit's last sync.
    pub(crate) fn of(process: &Process, unit: UnitId, entities: &[EntityId]) -> Stored<Listed> {
        if process.options.push.capture != LocalCapture::UpdatedAfterLastSync {
            return Ok(Listed::default());
        }
        let only = process.store.read(|tx| {
            let last = tx.last_sync_on(unit)?.unwrap_or(Stamp(i64::MIN));
            let marks = process.rules.send.next(tx, entities, usize::MAX)?;
            Ok(marks.iter().filter(|mark| mark.made_at > last).map(|mark| mark.seq).collect())
        });
        Ok(Listed { only: Some(only?) })
    }

    pub(crate) fn limit(&self, limit: usize) -> usize {
        if self.only.is_some() { usize::MAX } else { limit }
    }

    pub(crate) fn has(&self, entry: &Entry) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&entry.seq))
    }

    pub(crate) fn settled(&mut self, batch: &[Entry], results: &[PushResult<'_>]) {
        let Some(only) = &mut self.only else { return };
        for (entry, result) in batch.iter().zip(results) {
            if matches!(result.outcome, Outcome::Applied { .. }) {
                only.remove(&entry.seq);
            }
        }
    }
}

/// Ends a sync of the unit that has this date. With marks by date, edits before the date count as
/// sent. The newer versions in the shadows of their rows are then applied.
pub(crate) fn pass_by(process: &Process, tx: &Tx<'_>, unit: UnitId, date: Stamp) -> Stored<Vec<Change>> {
    let mut lifted = Vec::new();
    if process.options.push.capture != LocalCapture::UpdatedAfterLastSync {
        return Ok(lifted);
    }
    let entities = &process.unit(unit).push;
    let passed = store::pass_by(tx, entities, date)?;
    let referred = Referred::of(tx, passed.iter().map(|(entity, key)| (*entity, key)))?;
    for (entity, key) in passed {
        if let Some(version) = tx.take_shadow(entity, &key)? {
            overlay(tx, process.setup.schema.entity(entity), entity, &version)?;
            lifted.push((entity, key, version.stamp, version.values.is_none()));
        }
    }
    let kept = referred.keep(tx, &process.passed)?;
    lifted.retain(|(entity, key, ..)| !kept.contains(&(*entity, key.clone())));
    Ok(lifted)
}
