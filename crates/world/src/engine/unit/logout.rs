//! Handles waiting edits at logout.

use crate::base::{EditId, EntityId, UnitId};
use crate::contract::{EngineEvent, LogEntry, LogKind, Pick, UnitEvent, WaitingEdits};
use crate::engine::options::{Atomic, Checkpoint, OnLogout};
use crate::engine::process::Process;
use crate::engine::push::conflict_page;
use crate::engine::unit::session::Session;
use crate::store::{self, Entry, Progress, Stored, Tx};

pub(crate) async fn log_out(process: &Process, session: &Session) -> Result<(), u64> {
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

/// The number of waiting edits and attachments, including edits in open conflicts. Returns 1 if the
/// database cannot be read.
fn waiting(process: &Process) -> u64 {
    let attached = |tx: &Tx<'_>| match process.has_blobs() {
        true => store::blobs::waiting(tx, false).map(|blobs| blobs.len()),
        false => Ok(0),
    };
    process.store.read(|tx| Ok(tx.pending()?.len() + attached(tx)?)).map_or(1, |waits| waits as u64)
}

async fn send(process: &Process, session: &Session) {
    for unit in process.unit_ids().filter(|unit| process.unit(*unit).pushes()) {
        if waiting(process) > 0 {
            // A failure needs no report here: edits that were not sent still count as waiting.
            drop(session.sync(unit).await);
        }
    }
}

#[derive(Clone, Copy)]
struct Thrown {
    /// Whether each discarded edit leaves a message that the person can read.
    said: bool,
    /// Whether all entities are loaded again, not only entities with discarded edits.
    loads_all: bool,
    /// Whether waiting edits are kept. They are edits that were saved after all others had been
    /// sent.
    keeps: bool,
}

/// The discarded edits, and the cursors that were reset for them.
#[derive(Default)]
struct DiscardedEdits {
    edits: Vec<Entry>,
    cursors: Vec<EntityId>,
    /// The number of dropped staged rows, per unit.
    rows: Vec<(UnitId, u32)>,
}

/// Gives open conflicts the backend's version, then discards waiting edits and resets the cursors
/// of their entities. The error is the number of edits and attachments that still wait.
async fn discard(process: &Process) -> Result<(), u64> {
    if process.options.conflict.policy.has_page() {
        let open = process.store.read(store::conflicts::all).unwrap_or_default();
        for (entry, _) in open {
            if conflict_page::resolve(process, entry.edit, &Pick::Theirs).await.is_err() {
                return Err(waiting(process));
            }
        }
    }
    let all = Thrown { said: true, loads_all: false, keeps: false };
    throw(process, all).await.map_err(|_| waiting(process))
}

/// Makes the next runs load everything again. Returns false if nothing was reset. The reasons are
/// edits that cannot be sent, or a database that cannot be written.
pub(crate) async fn load_again(process: &Process, session: &Session, edits: WaitingEdits) -> bool {
    if edits == WaitingEdits::SendFirst {
        send(process, session).await;
        if waiting(process) > 0 {
            return false;
        }
    }
    // This waits until no other run is under way: a run could save a cursor of the old load.
    session.take_turn().await;
    let keeps = edits == WaitingEdits::SendFirst;
    let all = Thrown { said: edits == WaitingEdits::Tell, loads_all: true, keeps };
    let thrown = throw(process, all).await;
    session.give_turn();
    thrown.is_ok()
}

/// Discards waiting edits, and reports them.
async fn throw(process: &Process, how: Thrown) -> Stored<()> {
    let thrown = process.write(|tx| throw_away(process, tx, how)).await?;
    let edits: Vec<EditId> = thrown.edits.iter().map(|entry| entry.edit).collect();
    if !how.said && !edits.is_empty() {
        process.emit(EngineEvent::OutboxTrimmed { edits: &edits, said: false });
    }
    for Entry { edit, entity, key, .. } in thrown.edits.iter().filter(|_| how.said) {
        process.emit(EngineEvent::EditLogged { edit: *edit, entity: *entity, key, kind: LogKind::Rejected });
    }
    for entity in thrown.cursors {
        if let Some(unit) = process.unit_ids().find(|unit| process.unit(*unit).pull.contains(&entity)) {
            process.emit(EngineEvent::CursorReset { unit, entity });
        }
    }
    for (unit, rows) in thrown.rows {
        process.emit(EngineEvent::Unit(UnitEvent::ThrownAway { unit, rows }));
    }
    Ok(())
}

fn throw_away(process: &Process, tx: &Tx<'_>, how: Thrown) -> Stored<DiscardedEdits> {
    let entities: Vec<EntityId> = process.setup.schema.ids().collect();
    let mut thrown = DiscardedEdits::default();
    loop {
        let batch = if how.keeps { Vec::new() } else { tx.outbox(&entities, usize::MAX)? };
        if batch.is_empty() {
            break;
        }
        for entry in batch {
            let Entry { edit, entity, key, .. } = entry.clone();
            process.doubts(tx, &entry)?;
            if how.said {
                tx.log(&LogEntry { edit: Some(edit), entity, key, kind: LogKind::Rejected, met: None })?;
            }
            tx.drop_entry(entry.seq)?;
            thrown.edits.push(entry);
        }
    }
    for entity in entities {
        if how.loads_all || thrown.edits.iter().any(|entry| entry.entity == entity) {
            asks_again(process, tx, entity, &mut thrown)?;
        }
    }
    Ok(thrown)
}

/// Makes the next run pull all rows of an entity, for every `Checkpoint` option.
fn asks_again(process: &Process, tx: &Tx<'_>, entity: EntityId, thrown: &mut DiscardedEdits) -> Stored<()> {
    let pull = &process.options.pull;
    let (as_a_whole, begins_again) = (pull.atomic == Atomic::Session, pull.checkpoint == Checkpoint::Session);
    for (book, _, _) in tx.all_progress()?.into_iter().filter(|(_, of, _)| *of == entity) {
        let progress = tx.progress(book, entity)?;
        if progress.cursor.is_some() {
            thrown.cursors.push(entity);
        }
        tx.save_progress(book, entity, &Progress { cursor: None, ..progress })?;
        if begins_again && !as_a_whole {
            store::note_whole_sync(tx, book, entity, None)?;
        }
    }
    if as_a_whole {
        for unit in process.unit_ids() {
            let rows = store::staged::drop_entity(tx, unit, entity)?;
            thrown.rows.extend((rows > 0).then_some((unit, rows)));
        }
    }
    Ok(())
}
