//! A logout: what becomes of edits that wait.

use super::options::OnLogout;
use super::process::Process;
use super::session::Session;
use crate::base::{EntityId, UnitId};
use crate::contract::{Event, LogEntry, LogKind};
use crate::store::{Entry, Progress, StoreError, Tx};

/// The person logs out; says how many edits stand in the way of that.
pub(super) async fn log_out(process: &Process, session: &Session) -> Result<(), u64> {
    match process.options.on_logout {
        OnLogout::Keep => return Ok(()),
        OnLogout::Discard => return discard(process).await,
        OnLogout::Refuse => {}
        OnLogout::SendFirst => send(process, session).await,
    }
    match waiting(process) {
        0 => Ok(()),
        waits => Err(waits),
    }
}

/// Edits that wait, those included that a person is to decide about. Of a database that cannot be
/// read nobody knows.
fn waiting(process: &Process) -> u64 {
    process.store.read(|tx| tx.pending()).map_or(1, |edits| edits.len() as u64)
}

/// Runs units until nothing waits, each once.
async fn send(process: &Process, session: &Session) {
    let units = process.setup.units.iter().zip(0..).filter(|(unit, _)| unit.pushes());
    for unit in units.map(|(_, unit)| UnitId(unit)) {
        if waiting(process) > 0 {
            // What does not come of it waits still, and that is what is told.
            drop(session.sync(unit).await);
        }
    }
}

/// Throws away what waits. Its rows come again as the backend has them.
async fn discard(process: &Process) -> Result<(), u64> {
    let (thrown, _) = process.write(|tx| throw_away(process, tx)).await;
    let Ok(thrown) = thrown else { return Err(waiting(process)) };
    for Entry { edit, entity, key, .. } in &thrown {
        process.emit(Event::EditLogged { edit: *edit, entity: *entity, key, kind: LogKind::Rejected });
    }
    Ok(())
}

fn throw_away(process: &Process, tx: &Tx<'_>) -> Result<Vec<Entry>, StoreError> {
    let entities: Vec<EntityId> = process.setup.schema.ids().collect();
    let mut thrown = Vec::new();
    loop {
        let batch = tx.outbox(&entities, usize::MAX)?;
        if batch.is_empty() {
            break;
        }
        for entry in batch {
            let Entry { edit, entity, key, .. } = entry.clone();
            tx.log(&LogEntry { edit: Some(edit), entity, key, kind: LogKind::Rejected, met: None })?;
            tx.drop_entry(entry.seq)?;
            thrown.push(entry);
        }
    }
    for (book, entity, _) in tx.all_progress()? {
        if thrown.iter().any(|entry| entry.entity == entity) {
            let progress = tx.progress(book, entity)?;
            tx.save_progress(book, entity, &Progress { cursor: None, ..progress })?;
        }
    }
    Ok(thrown)
}
