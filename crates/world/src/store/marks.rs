//! Marks, for apps without an outbox. Each edited row has one mark, which is stored in the outbox's
//! table. The engine sends the row's current values. A mark does not record the row's earlier
//! values, the edited columns, or the number of edits. A row that was deleted on the device has
//! only its mark.

use std::collections::BTreeSet;

use super::error::Stored;
use super::outbox::{ENTRY, Entry, entry, followed, json, references};
use super::session::Tx;
use crate::base::{EntityId, Key, Stamp, Value, Word};
use crate::contract::{EditError, EditKind, LocalEdit};

/// Saves a person's edit: changes the row, and sets or updates its mark.
pub(crate) fn mark(tx: &Tx<'_>, edit: &LocalEdit, id: &str, made_at: Stamp) -> Result<(), EditError> {
    let edit = &*followed(tx, edit)?;
    let (base, _) = tx.change(edit)?;
    let values = whole(tx, edit.entity, &edit.key)?.unwrap_or_default();
    let Some(mark) = tx.entries_for(edit.entity, edit.key.as_str())?.into_iter().next() else {
        return Ok(tx.append(&LocalEdit { values, ..edit.clone() }, id, (base, None), made_at)?);
    };
    let kind = match edit.kind {
        EditKind::Delete => EditKind::Delete,
        EditKind::Create | EditKind::Update if mark.base.is_some() => EditKind::Update,
        EditKind::Create | EditKind::Update => EditKind::Create,
    };
    Ok(tx.execute(
        "UPDATE outbox SET id=?2,device=?3,number=?4,kind=?5,\"values\"=?6,made_at=?7,attempts=0,\
         last_error=NULL WHERE seq=?1",
        (mark.seq, id, edit.id.device.0, edit.id.number, kind.word(), json(&values), made_at.0),
    )?)
}

/// Keeps a mark after the backend accepted the sent values, because the row was edited since. The
/// kind of the mark changes: the backend now has the row, or has deleted it.
pub(crate) fn keep_mark(tx: &Tx<'_>, mark: &Entry, sent: EditKind) -> Stored<()> {
    let kind = match (sent, mark.kind) {
        (_, EditKind::Delete) => EditKind::Delete,
        (EditKind::Delete, _) => EditKind::Create,
        _ => EditKind::Update,
    };
    tx.execute("UPDATE outbox SET kind=?2 WHERE seq=?1", (mark.seq, kind.word()))
}

/// The marked rows of these entities with their current values, at most `limit`. A row comes before
/// rows that refer to it. Deletes come last.
pub(crate) fn marked(tx: &Tx<'_>, entities: &[EntityId], limit: usize) -> Stored<Vec<Entry>> {
    let mut marks = tx.query(&format!("{ENTRY} WHERE NOT parked ORDER BY seq"), [], entry)?;
    marks.retain(|mark| entities.contains(&mark.entity));
    for mark in marks.iter_mut().filter(|mark| mark.kind != EditKind::Delete) {
        if let Some(values) = whole(tx, mark.entity, &mark.key)? {
            mark.values = values;
        }
    }
    let (mut rest, deletes): (Vec<_>, Vec<_>) = marks.into_iter().partition(|m| m.kind != EditKind::Delete);
    let made = rest.iter().filter(|mark| mark.kind == EditKind::Create);
    let mut unmade: BTreeSet<(EntityId, Key)> = made.map(|mark| (mark.entity, mark.key.clone())).collect();
    let mut ordered = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let before = ordered.len();
        let mut waiting = Vec::new();
        for mark in rest {
            let entity = tx.store().entity(mark.entity);
            if references(entity, &mark.values).any(|row| unmade.contains(&row)) {
                waiting.push(mark);
            } else {
                unmade.remove(&(mark.entity, mark.key.clone()));
                ordered.push(mark);
            }
        }
        if ordered.len() == before {
            // The remaining rows refer to each other in a circle.
            ordered.append(&mut waiting);
        }
        rest = waiting;
    }
    ordered.extend(deletes);
    ordered.truncate(limit);
    Ok(ordered)
}

fn whole(tx: &Tx<'_>, entity: EntityId, key: &Key) -> Stored<Option<Vec<(usize, Value)>>> {
    let columns = tx.store().entity(entity).projection.iter().copied();
    Ok(tx.row(entity, key.as_str())?.map(|row| columns.zip(row.values).collect()))
}

/// Drops the marks of these entities that were set until `until`, except marks in conflict. Returns
/// their rows.
pub(crate) fn pass_by(tx: &Tx<'_>, entities: &[EntityId], until: Stamp) -> Stored<Vec<(EntityId, Key)>> {
    let marks =
        tx.query(&format!("{ENTRY} WHERE made_at<=?1 AND NOT parked ORDER BY seq"), [until.0], entry)?;
    let mut passed = Vec::new();
    for mark in marks.into_iter().filter(|mark| entities.contains(&mark.entity)) {
        tx.drop_entry(mark.seq)?;
        passed.push((mark.entity, mark.key));
    }
    Ok(passed)
}
