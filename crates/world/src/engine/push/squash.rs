//! Merges waiting edits of a row into one edit, with the base of the first. An edit that was sent
//! is never changed, because the backend may have committed it without a response. Later edits of
//! its row wait until it has a verdict.

use std::collections::BTreeSet;

use crate::base::{EditId, EntityId, Key};
use crate::contract::{EditKind, EngineEvent, Entity};
use crate::engine::process::Process;
use crate::store::{self, Entry, Stored, Tx};

struct Squashed {
    edit: EditId,
    entity: EntityId,
    key: Key,
    with: Vec<EditId>,
    stays: bool,
}

#[derive(Default)]
pub(crate) struct Next {
    pub(crate) batch: Vec<Entry>,
    /// Outbox positions of the edits that were never sent before.
    pub(crate) fresh: BTreeSet<i64>,
}

/// The next edits of these entities to send, at most `limit`. They are merged, and sealed: later
/// edits can no longer be merged into them.
pub(crate) async fn next(process: &Process, entities: &[EntityId], limit: usize) -> Stored<Next> {
    let written = process.write(|tx| {
        let mut told = Vec::new();
        for (entity, key) in store::edited_again(tx, entities)? {
            while let Some(squashed) = squash(process, tx, entity, &key)? {
                told.push(squashed);
            }
        }
        let mut batch = process.rules.send.next(tx, entities, limit)?;
        let mut fresh = BTreeSet::new();
        for entry in &mut batch {
            if store::seal(tx, entry)? {
                fresh.insert(entry.seq);
            }
        }
        Ok((told, Next { batch, fresh }))
    });
    let (told, next) = written.await?;
    for Squashed { edit, entity, key, with, stays } in &told {
        let (edit, entity, stays) = (*edit, *entity, *stays);
        process.emit(EngineEvent::EditsSquashed { edit, entity, key, with, stays });
    }
    Ok(next)
}

/// Merges the first edits of a row; `None` if they stay unchanged.
fn squash(process: &Process, tx: &Tx<'_>, entity: EntityId, key: &Key) -> Stored<Option<Squashed>> {
    let rule = &process.rules.send;
    let entries = tx.entries_for(entity, key)?;
    let Some(mut whole) = entries.first().filter(|first| !first.parked).cloned() else {
        return Ok(None);
    };
    let (mut with, mut stays) = (Vec::new(), false);
    for later in entries[1..].iter().take_while(|later| !later.parked && !later.is_sealed()) {
        let ends = whole.kind == EditKind::Create && later.kind == EditKind::Delete;
        let goes = rule.takes_in(&whole, later)
            && match ends {
                true => is_known_here_only(tx, &whole)?,
                false => may_join(tx, process.setup.schema.entity(entity), &whole, later)?,
            };
        if !goes {
            break;
        }
        with.push(whole.edit);
        whole = rule.joined(&whole, later);
        stays = ends;
        if stays {
            break;
        }
    }
    if with.is_empty() {
        return Ok(None);
    }
    if stays {
        process.doubts(tx, &entries[0])?;
    }
    let places: Vec<i64> = entries[..=with.len()].iter().map(|entry| entry.seq).collect();
    store::fold(tx, &places, Some(&whole).filter(|_| !stays))?;
    Ok(Some(Squashed { edit: whole.edit, entity, key: key.clone(), with, stays }))
}

/// Whether only this device knows a row that it created.
fn is_known_here_only(tx: &Tx<'_>, create: &Entry) -> Stored<bool> {
    let Entry { entity, key, base, .. } = create;
    Ok(base.is_none() && !store::is_waited_for(tx, *entity, key)? && !store::has_shadow(tx, *entity, key)?)
}

/// Whether an edit may move to the outbox position of an earlier one. An edit of another row in
/// between may prevent this. It does if it affects a row that this edit refers to, or a natural key
/// that this edit takes.
fn may_join(tx: &Tx<'_>, entity: &Entity, first: &Entry, later: &Entry) -> Stored<bool> {
    let known = match (first.kind, later.kind) {
        (EditKind::Create | EditKind::Update, EditKind::Update) => true,
        (EditKind::Update, EditKind::Delete) => true,
        (EditKind::Delete, EditKind::Create) => first.base.is_some() && first.made_on.is_some(),
        (EditKind::Create, _) | (EditKind::Update, EditKind::Create) | (EditKind::Delete, _) => false,
    };
    if !known || store::names_behind(tx, later.entity, &later.values, first.seq)? {
        return Ok(false);
    }
    let names = |entry: &Entry| entry.values.iter().any(|(column, _)| entity.unique.contains(column));
    let moves = names(later) || later.kind == EditKind::Delete && names(first);
    Ok(!moves || !store::others_between(tx, later.entity, &later.key, (first.seq, later.seq))?)
}
