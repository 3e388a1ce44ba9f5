//! Makes revisions from rows that somebody else wrote to the record (the backend).

use std::collections::BTreeSet;

use serde_json::json;

use super::super::rows;
use super::core::Core;
use super::store::{Body, Doc};
use super::tree::Rev;
use crate::contract::{EntityId, Key, ServerError, Stamp, SystemOfRecord, Value};

/// A version of a row: its key, stamp and values. A deleted row has no values.
type Version<'v> = (&'v str, Stamp, Option<&'v [Value]>);

/// Makes the next revision. Its hash covers its content and its parent.
pub(super) fn next(parent: Option<&Rev>, deleted: bool, body: &Body) -> Rev {
    let said = json!([parent.map(Rev::to_string), deleted, body]).to_string();
    let generation = parent.map_or(0, |rev| rev.generation) + 1;
    Rev { generation, hash: format!("{:x}", md5::compute(said)) }
}

/// Reads the record's changes since the last read.
pub(super) fn ingest(core: &Core, id: EntityId, record: &mut dyn SystemOfRecord) -> Result<(), ServerError> {
    let since = core.notes.read_upto(id)?;
    let (found, went_back) = match rows::changed(record, id, core.attributes(), since) {
        Ok(found) => (found, false),
        // The record dropped its tombstones since then, or was restored from a backup.
        Err(ServerError::CursorExpired(_)) => (rows::changed(record, id, core.attributes(), None)?, true),
        // Phones only upload rows of this entity, so the record returns no changes.
        Err(ServerError::BadRequest(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut upto = if went_back { None } else { since };
    for (key, stamp, values) in &found {
        take(core, id, (key.as_str(), *stamp, values.as_deref()), went_back)?;
        upto = upto.max(Some(*stamp));
    }
    if went_back {
        let there: BTreeSet<&str> = found.iter().map(|(key, ..)| key.as_str()).collect();
        let mut gone = Vec::new();
        core.store.all(id, |doc| {
            gone.extend((!there.contains(doc.key.as_str())).then_some(doc.key));
        })?;
        for key in gone {
            take(core, id, (&key, record.clock(), None), true)?;
        }
    }
    if let Some(upto) = upto.filter(|upto| Some(*upto) != since || went_back) {
        core.notes.note_read(id, upto)?;
    }
    Ok(())
}

/// Reads the current row before a write, because the list of changes may not have its latest
/// version yet.
pub(super) fn refresh(
    core: &Core,
    id: EntityId,
    key: &str,
    record: &mut dyn SystemOfRecord,
) -> Result<Doc, ServerError> {
    if let Some(row) = record.get(id, &Key::new(key)) {
        take(core, id, (key, row.stamp, row.values.as_deref()), false)?;
    }
    core.store.doc(id, key)
}

/// Adds a row version as a revision, unless it comes from a phone's revision.
fn take(core: &Core, id: EntityId, version: Version<'_>, went_back: bool) -> Result<(), ServerError> {
    let (key, stamp, values) = version;
    let mut doc = core.store.doc(id, key)?;
    let winner = doc.tree.winner().map(|node| (node.rev.clone(), node.deleted));
    let body = match &winner {
        Some((rev, false)) => core.store.body(id, key, rev)?,
        _ => None,
    };
    let is_same = match (&body, values) {
        (Some(body), Some(values)) => rows::says(core.entity(id), body, values),
        (None, None) => true,
        _ => false,
    };
    let is_new = stamp.0 > doc.stamp || stamp.0 == doc.stamp && !is_same || went_back && !is_same;
    if !is_new || values.is_none() && is_same {
        return Ok(());
    }
    let made = match values {
        Some(values) => {
            let mut says = body.unwrap_or_default();
            says.extend(rows::object(core.entity(id), values));
            vec![(winner.map(|(rev, _)| rev), says)]
        }
        // All live branches are deleted. Otherwise another branch would become the winner.
        None => {
            let live = doc.tree.leaves().into_iter().filter(|leaf| !leaf.deleted);
            live.map(|leaf| (Some(leaf.rev.clone()), Body::new())).collect()
        }
    };
    for (parent, says) in made {
        let rev = next(parent.as_ref(), values.is_none(), &says);
        let history: Vec<Rev> = [Some(rev.clone()), parent].into_iter().flatten().collect();
        doc.tree.add(&history, values.is_none());
        doc.tree.note(&rev, stamp.0);
        core.store.put_body(id, key, &rev, &says)?;
    }
    doc.tree.stem(core.revs_limit);
    doc.stamp = stamp.0;
    core.store.put(id, &mut doc)
}
