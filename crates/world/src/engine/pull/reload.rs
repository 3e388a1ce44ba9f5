//! Full replacement: the rows of a unit's entities are deleted and made again from a full pull, as
//! generated actions of development platforms do. A baseline that loses data: edits made since the
//! push began go with their rows. Between the deletion and the first new rows, people see an empty
//! table.

use crate::base::{EntityId, Stamp, UnitId};
use crate::contract::{EngineEvent, SyncError};
use crate::engine::apply::page_changes::{Change, tell_changes};
use crate::engine::exchange::{GivenUp, RunError};
use crate::engine::process::Process;
use crate::engine::pull::puller::{Puller, Run, Stall, Taken, goes_on};
use crate::store::{Stored, Tx};

/// Pulls every row of each of `entities`, and deletes the old rows when the first page has come.
pub(in crate::engine) async fn pull_all_again(
    puller: &Puller,
    run: Run,
    entities: Vec<EntityId>,
) -> Result<(), RunError> {
    for entity in entities {
        puller.applier.load_again(run.unit, entity).await?;
        let (mut stall, mut came) = (Stall::default(), false);
        loop {
            puller.process.crash_point("pull.before-request").await;
            let wants = puller.wants(run.unit, &[entity])?;
            puller.process.settle_work().await;
            let page = puller.ask(run, wants).await.map_err(GivenUp::ends_run)?;
            let answer = puller.page_came(&page).await?;
            if !std::mem::replace(&mut came, true) {
                delete_all(&puller.process, run.unit, entity).await?;
            }
            let taken = puller.take_pages(run.unit, &page, &answer).await?;
            stall.after(taken)?;
            if taken != Taken::Unusable && !goes_on(&answer, entity) {
                break;
            }
        }
    }
    Ok(())
}

/// Deletes the rows of an entity, and the edits of them that wait.
async fn delete_all(process: &Process, unit: UnitId, entity: EntityId) -> Result<(), SyncError> {
    let delete = |tx: &Tx<'_>| -> Stored<_> {
        let edits = tx.outbox(&[entity], usize::MAX)?;
        edits.iter().try_for_each(|edit| tx.drop_entry(edit.seq))?;
        Ok((tx.sweep(entity, u32::MAX)?, edits.len() as u64))
    };
    let (deleted, took) = process.timed(delete).await;
    let (keys, edits) = deleted?;
    let changes: Vec<Change> = keys.into_iter().map(|key| (entity, key, Stamp(0), true)).collect();
    tell_changes(process, Some(unit), &changes, 0, took);
    if !changes.is_empty() {
        process.emit(EngineEvent::TableEmptied { entity, edits });
    }
    process.crash_point("pull.table-emptied").await;
    Ok(())
}
