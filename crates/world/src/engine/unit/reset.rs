//! Handles the server's demand that the device discard its database. Until then the server refuses
//! its requests.

use crate::base::{EntityId, Key, Stamp};
use crate::contract::{EngineEvent, SyncError};
use crate::engine::apply::applier::Applier;
use crate::engine::apply::page_changes::{Change, tell_changes};
use crate::engine::options::OnWipe;
use crate::engine::process::Process;
use crate::store::{self, Stored, Tx};

/// The rows and edits of an entity that were discarded.
struct Discarded {
    entity: EntityId,
    rows: Vec<Key>,
    edits: u64,
}

/// Makes the next requests load everything again. Before that, discards all rows and all waiting
/// edits, unless the options say that edits are sent first.
pub(crate) async fn reset(process: &Process, applier: &Applier) -> Result<(), SyncError> {
    if process.options.on_wipe == OnWipe::Reset {
        discard_all(process).await?;
    }
    for unit in process.unit_ids() {
        for &entity in &process.unit(unit).pull {
            let book = applier.cursor_book(unit, entity);
            let progress = process.store.read(|tx| tx.progress(book, entity))?;
            if progress.cursor.is_some() {
                applier.load_again(unit, entity).await?;
            }
        }
    }
    Ok(())
}

async fn discard_all(process: &Process) -> Result<(), SyncError> {
    let entities: Vec<EntityId> = process.setup.schema.ids().collect();
    let discarded = process.timed(|tx| {
        if tx.checks_references() {
            store::defer_foreign_keys(tx)?;
        }
        entities.iter().map(|entity| discard(process, tx, *entity)).collect::<Stored<Vec<_>>>()
    });
    let (discarded, took) = discarded.await;
    for Discarded { entity, rows, edits } in discarded? {
        let changes: Vec<Change> = rows.into_iter().map(|key| (entity, key, Stamp(0), true)).collect();
        tell_changes(process, None, &changes, 0, took);
        if !changes.is_empty() || edits > 0 {
            process.emit(EngineEvent::TableEmptied { entity, edits });
        }
    }
    Ok(())
}

fn discard(process: &Process, tx: &Tx<'_>, entity: EntityId) -> Stored<Discarded> {
    let mut edits = 0;
    for (_, key) in tx.dirty()?.into_iter().filter(|(of, _)| *of == entity) {
        for entry in tx.entries_for(entity, &key)? {
            process.doubts(tx, &entry)?;
            if process.options.conflict.policy.has_page() {
                store::conflicts::take_off(tx, entry.seq)?;
            }
            tx.drop_entry(entry.seq)?;
            edits += 1;
        }
    }
    tx.drop_live_shadows(entity)?;
    Ok(Discarded { entity, rows: tx.sweep(entity, u32::MAX)?, edits })
}
