//! Fills a new database with the data that an earlier use of the app would have left.

use std::sync::Arc;

use super::SHARED;
use super::error::Stored;
use super::options::StoreOptions;
use super::progress::Progress;
use super::session::{Store, Tx};
use crate::base::UnitId;
use crate::contract::{Carried, Database, Provision, Schema, SyncUnit};

/// Creates all tables in an empty database. Fills them as if every unit had a successful run at the
/// time of `state`: rows, cursors, and dates of the last sync. Uses one transaction. Rows and loads
/// have generation 0.
pub(crate) fn provision(
    db: &Database,
    schema: &Arc<Schema>,
    units: &[SyncUnit],
    options: &StoreOptions,
    state: &dyn Provision,
) -> Stored<()> {
    let store = Store::open(db, Arc::clone(schema), options)?;
    // The data is stored unchanged, even if rows refer to missing rows.
    store.trust_references()?;
    store.transaction(|tx| {
        let mut result = Ok(());
        state.rows(&mut |row| {
            if result.is_ok() {
                result = carry(tx, &row);
            }
        });
        result?;
        schema.ids().try_for_each(|id| tx.make_indexes(id))?;
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

fn carry(tx: &Tx<'_>, row: &Carried<'_>) -> Stored<()> {
    let projection = &tx.store().entity(row.entity).projection;
    tx.put_values(row.entity, row.key, row.stamp, 0, projection.iter().map(|&column| &row.values[column]))
}
