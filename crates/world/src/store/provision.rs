//! What an earlier life of the app left behind.

use std::sync::Arc;

use super::SHARED;
use super::error::Result;
use super::layout::RowStatement;
use super::options::StoreOptions;
use super::progress::Progress;
use super::rows::bind;
use super::session::{Store, Tx};
use crate::base::UnitId;
use crate::contract::{Carried, Database, Provision, Schema, SyncUnit};

/// Makes all tables in an empty database and fills them as if every unit had completed when
/// `state` says: its rows, the cursor of each unit for each entity that it pulls, and the date
/// of its completion. One transaction; rows and loads are of generation 0.
pub fn provision(
    db: &Database,
    schema: &Arc<Schema>,
    units: &[SyncUnit],
    options: &StoreOptions,
    state: &dyn Provision,
) -> Result<()> {
    let store = Store::open(db, Arc::clone(schema), options)?;
    // A backup is put in as it is, and refers to what it refers to.
    store.trust_references()?;
    store.transaction(|tx| {
        let mut result = Ok(());
        state.rows(&mut |row| {
            if result.is_ok() {
                result = carry(tx, &row);
            }
        });
        result?;
        for (index, unit) in units.iter().enumerate() {
            let id = UnitId(index as u16);
            for &entity in &unit.pull {
                let cursor = Some(state.cursor(entity));
                let progress = Progress { cursor, ..Progress::default() };
                tx.save_progress(id, entity, &progress)?;
                tx.save_progress(SHARED, entity, &progress)?;
            }
            tx.set_last_sync_on(id, state.synced_at())?;
        }
        Ok(())
    })
}

fn carry(tx: &Tx<'_>, row: &Carried<'_>) -> Result<()> {
    let projection = &tx.store().entity(row.entity).projection;
    tx.put_all((row.entity, RowStatement::Put), row.key, row.stamp, 0, projection.len(), |statement| {
        for (place, &column) in projection.iter().enumerate() {
            row.values[column].with_ref(|value| bind(statement, place + 4, value))?;
        }
        Ok(())
    })
    .map(drop)
}
