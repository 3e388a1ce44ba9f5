//! Writes documents. Each becomes a revision. If it wins, it also becomes the record's (the
//! backend's) row.

use serde_json::{Value as Json, json};

use super::super::call::Call;
use super::super::rows;
use super::super::writing::Wanted;
use super::core::{Core, Refused};
use super::files;
use super::ingest::{next, refresh};
use super::store::{Body, Doc};
use super::tree::{Node, Rev};
use crate::contract::{
    EditId, EditKind, EntityId, Key, Mutation, Outcome, Refusal, Row, ServerError, Stamp, SystemOfRecord,
};

pub(super) struct Given<'g> {
    pub(super) entity: EntityId,
    pub(super) key: &'g str,
    pub(super) doc: &'g Body,
    /// True if the client sends its own revision with its history. Otherwise the server makes a new
    /// revision after `_rev`.
    pub(super) as_it_is: bool,
}

/// Stores a document. Returns its revision.
///
/// # Errors
/// The reason of a refusal. Nothing has changed then.
pub(super) fn put(core: &Core, given: &Given<'_>, call: &mut Call<'_>) -> Result<Rev, Refused> {
    if given.key.is_empty() || given.key.starts_with('_') {
        return Err(Refused::bad("Only reserved document ids may start with underscore."));
    }
    let mut doc = refresh(core, given.entity, given.key, call.record)?;
    let deleted = given.doc.get("_deleted") == Some(&json!(true));
    let mut body = given.doc.clone();
    // Members with an underscore belong to the database and not to the app.
    body.retain(|name, _| !name.starts_with('_'));
    let mut history = if given.as_it_is { told(given.doc)? } else { grown(&doc, given.doc, deleted)? };
    let generation = history.first().map_or(1, |rev| rev.generation + u64::from(!given.as_it_is));
    if let Some(said) = given.doc.get(files::MEMBER) {
        let before = bodies(core, given.entity, &doc)?;
        let files = files::take_in(core, said, generation, &before)?;
        body.extend(files.map(|files| (files::MEMBER.to_owned(), files)));
    }
    if !given.as_it_is {
        history.insert(0, next(history.first(), deleted, &body));
    }
    let rev = history[0].clone();
    let key = Key::new(given.key);
    for edit in call.slip.of(given.entity, &key) {
        core.store.note_carried(*edit, &rev)?;
    }
    if let Some(known) = doc.tree.find(&rev) {
        call.settles(given.entity, &key, known.stamp.map(Stamp));
        return Ok(rev);
    }
    let before = doc.tree.winner().cloned();
    doc.tree.add(&history, deleted);
    decide(core, given, (&mut doc, before.as_ref()), (&rev, &body), call)?;
    doc.tree.stem(core.revs_limit);
    core.store.put_body(given.entity, given.key, &rev, &body)?;
    core.store.put(given.entity, &mut doc)?;
    Ok(rev)
}

/// Reads the history that a document states, newest first.
fn told(doc: &Body) -> Result<Vec<Rev>, Refused> {
    let wrong = || Refused::bad("Invalid rev format");
    let rev = doc.get("_rev").and_then(Json::as_str);
    let Some(said) = doc.get("_revisions") else {
        return Ok(vec![rev.ok_or_else(wrong)?.parse().map_err(|()| wrong())?]);
    };
    let start = said["start"].as_u64().ok_or_else(wrong)?;
    let hashes = said["ids"].as_array().filter(|hashes| !hashes.is_empty()).ok_or_else(wrong)?;
    let each = |(nth, hash): (usize, &Json)| {
        let generation = start.checked_sub(nth as u64).filter(|it| *it > 0).ok_or_else(wrong)?;
        Ok(Rev { generation, hash: hash.as_str().ok_or_else(wrong)?.to_owned() })
    };
    hashes.iter().enumerate().map(each).collect()
}

/// Returns the history that a new revision continues: from the leaf that the client names, or
/// empty.
fn grown(doc: &Doc, said: &Body, deleted: bool) -> Result<Vec<Rev>, Refused> {
    let leaves = doc.tree.leaves();
    let parent = match said.get("_rev").and_then(Json::as_str) {
        Some(rev) => {
            let rev: Rev = rev.parse().map_err(|()| Refused::bad("Invalid rev format"))?;
            Some(leaves.iter().find(|leaf| leaf.rev == rev).ok_or_else(Refused::conflict)?)
        }
        None if deleted && leaves.is_empty() => return Err(Refused::not_found("missing")),
        None => match leaves.first() {
            Some(winner) if !winner.deleted => return Err(Refused::conflict()),
            // A new revision of a deleted document continues from the deletion.
            deleted => deleted,
        },
    };
    Ok(parent.map(|leaf| doc.tree.history(&leaf.rev).into_iter().cloned().collect()).unwrap_or_default())
}

fn bodies(core: &Core, id: EntityId, doc: &Doc) -> Result<Vec<Body>, ServerError> {
    let leaves = doc.tree.leaves();
    let bodies = leaves.iter().map(|leaf| core.store.body(id, &doc.key, &leaf.rev));
    Ok(bodies.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Writes the record's row if the winner has changed.
fn decide(
    core: &Core,
    given: &Given<'_>,
    (doc, before): (&mut Doc, Option<&Node>),
    (rev, body): (&Rev, &Body),
    call: &mut Call<'_>,
) -> Result<(), Refused> {
    let winner = doc.tree.winner().cloned().expect("a revision was added");
    let id = given.entity;
    let entity = core.entity(id);
    let key = Key::new(given.key);
    let edit = call.slip.name(id, &key);
    let now = call.record.get(id, &key);
    if before.is_some_and(|before| before.rev == winner.rev) {
        refuse(given, edit, now.as_ref(), call.record);
        return Ok(());
    }
    let says = match winner.rev == *rev {
        true => Some(body.clone()),
        false => core.store.body(id, given.key, &winner.rev)?,
    };
    let says = says.filter(|_| !winner.deleted);
    if says.is_none() && now.as_ref().is_none_or(|row| row.values.is_none()) {
        refuse(given, edit, now.as_ref(), call.record);
        return Ok(());
    }
    let unnamed = format!("no edit is named for {} {key}", entity.name);
    let edit = edit.ok_or_else(|| Refused::new(500, "internal_server_error", &unnamed))?;
    let values = says.map(|says| rows::all_values(entity, &says));
    let wanted = Wanted { entity: id, key, values };
    let mut mutation = wanted.mutation(edit, now.as_ref(), call.record.clock());
    // The mutation's id contains the revision, so each revision is committed once.
    mutation.id = format!("{edit}/{}", winner.rev);
    let stamp = match call.record.write(call.attributes(&core.setup), &[mutation]).remove(0) {
        Outcome::Applied { stamp } | Outcome::Named { stamp, .. } => stamp,
        Outcome::Conflict { .. } => return Err(Refused::conflict()),
        Outcome::Rejected { reason, .. } => return Err(Refused::new(403, "forbidden", &reason)),
        Outcome::Later | Outcome::Queued => {
            return Err(Refused::new(503, "service_unavailable", "the backend is busy"));
        }
    };
    doc.stamp = stamp.0;
    doc.tree.note(&winner.rev, stamp.0);
    // A deletion can make another branch win. `_revs_diff` then reports this commit's stamp for the
    // deletion.
    doc.tree.note(rev, stamp.0);
    call.settles(id, &wanted.key, Some(stamp));
    Ok(())
}

/// Reports to the record (the backend) an edit that it never gets: the revision loses, or changes
/// nothing.
fn refuse(given: &Given<'_>, edit: Option<EditId>, now: Option<&Row>, record: &mut dyn SystemOfRecord) {
    let Some(edit) = edit else { return };
    let is_there = now.is_some_and(|row| row.values.is_some());
    let (kind, why) =
        if is_there { (EditKind::Update, Refusal::Stale) } else { (EditKind::Delete, Refusal::Gone) };
    record.refused(&Mutation::new(edit, given.entity, given.key, kind), Some(why));
}
