//! An edit, or a family of them, that goes in no request, as the server takes none so large.

use super::process::{Process, damaged};
use super::settle::Settler;
use crate::base::UnitId;
use crate::contract::{LogKind, Outcome, SyncError};
use crate::store::Entry;

/// They come to nothing, and their person is told: rows are as if they had not been made.
pub(super) async fn refuse(
    process: &Process,
    settler: &Settler,
    unit: UnitId,
    batch: &[Entry],
) -> Result<(), SyncError> {
    let outcome = Outcome::Rejected { reason: "too large".to_owned(), current: None };
    let settled = process.write(|tx| {
        let mut told = Vec::new();
        let referred = settler.referred(tx, batch)?;
        for entry in batch.iter().rev() {
            settler.log(tx, entry, &outcome, LogKind::Rejected, None, &mut told)?;
            settler.take_back(tx, entry, &mut told)?;
        }
        settler.keep(tx, referred, &mut told)?;
        Ok(told)
    });
    let (told, took) = settled.await;
    settler.tell(Some(unit), told.map_err(damaged)?, took);
    Ok(())
}
