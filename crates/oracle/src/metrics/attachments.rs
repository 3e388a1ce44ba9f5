//! Collects figures of attachments (files that belong to rows): their bytes, how long others wait
//! for them, and how long rows are without theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Board, Id};
use crate::base::{DeviceId, EditId, EntityId, Key, Time};
use crate::contract::{
    BlobEvent, BlobId, CommitKind, EditKind, EngineEvent, Event, LogKind, Node, Part, Schema, StoredBlob,
};

#[derive(Debug, Default)]
struct Desk {
    waiting: BTreeSet<EditId>,
    in_run: u32,
    sends_since: Option<Time>,
    since: Option<Time>,
}

#[derive(Debug)]
struct Owner {
    entity: EntityId,
    made: Time,
    bare: Option<Time>,
    committed: bool,
    /// True if the row was deleted, so that nobody waits for its attachment.
    deleted: bool,
}

#[derive(Debug, Default)]
pub(super) struct Attachments {
    schema: Arc<Schema>,
    desks: BTreeMap<DeviceId, Desk>,
    sent: BTreeMap<(DeviceId, BlobId), u64>,
    owners: BTreeMap<BlobId, Owner>,
    stored: BTreeSet<BlobId>,
}

impl Attachments {
    pub(super) fn new(schema: Arc<Schema>) -> Attachments {
        Attachments { schema, ..Attachments::default() }
    }

    pub(super) fn on(&mut self, at: Time, node: Node, event: &Event<'_>, board: &mut Board) {
        if self.schema.attachments.is_empty() {
            return;
        }
        match (node, event) {
            (Node::Device(device), event) => self.on_device(at, device, event, board),
            (_, Event::Committed { entity, key, kind, .. }) => {
                self.committed(at, (*entity, key), *kind, board);
            }
            (_, Event::BlobStored(StoredBlob { blob, .. })) => self.stored(at, *blob, board),
            _ => {}
        }
    }

    fn on_device(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let desk = self.desks.entry(device).or_default();
        match event {
            Event::EditMade { edit, .. } => {
                desk.waiting.insert(edit.id);
                if self.schema.attachment(edit.entity).is_some() {
                    let id = BlobId::of(edit.entity, &edit.key, Part::Whole);
                    if edit.kind == EditKind::Create {
                        let (entity, made) = (edit.entity, at);
                        let owner = Owner { entity, made, bare: None, committed: false, deleted: false };
                        self.owners.insert(id, owner);
                    } else if let Some(owner) = self.owners.get_mut(&id) {
                        owner.deleted |= edit.kind == EditKind::Delete;
                    }
                }
            }
            Event::Engine(
                EngineEvent::EditAcknowledged { edit, .. }
                | EngineEvent::EditLogged { edit, kind: LogKind::Superseded | LogKind::Rejected, .. },
            ) => _ = desk.waiting.remove(edit),
            Event::ProcessKilled { .. } => desk.in_run = 0,
            Event::Restored { .. } | Event::BecameCopy { .. } => desk.waiting.clear(),
            Event::Engine(EngineEvent::Blob(BlobEvent::Sent { blob, offset, bytes, in_run })) => {
                desk.in_run += u32::from(*in_run);
                let reached = self.sent.entry((device, *blob)).or_default();
                let again = reached.saturating_sub(*offset).min(*bytes);
                *reached = (*reached).max(offset + bytes);
                board.add(Id::AttachmentSentBytes, *bytes);
                board.add(Id::AttachmentAgainBytes, again);
                board.count(Id::AttachmentRequests);
            }
            Event::Engine(EngineEvent::Blob(BlobEvent::There { .. })) => board.count(Id::AttachmentThere),
            Event::Engine(EngineEvent::Blob(BlobEvent::Ended { in_run, .. })) => {
                desk.in_run = desk.in_run.saturating_sub(u32::from(*in_run));
            }
            _ => return,
        }
        let (sends, both) = (desk.in_run > 0, desk.in_run > 0 && !desk.waiting.is_empty());
        holds(sends, &mut desk.sends_since, Id::AttachmentTime, at, board);
        holds(both, &mut desk.since, Id::AttachmentRowsWait, at, board);
    }

    fn committed(&mut self, at: Time, (entity, key): (EntityId, &Key), kind: CommitKind, board: &mut Board) {
        let id = BlobId::of(entity, key, Part::Whole);
        let Some(owner) = self.owners.get_mut(&id) else { return };
        owner.committed = kind != CommitKind::Delete;
        owner.deleted |= kind == CommitKind::Delete;
        let is_bare = owner.committed && !self.stored.contains(&id);
        holds(is_bare, &mut owner.bare, Id::AttachmentBareTime, at, board);
    }

    fn stored(&mut self, at: Time, blob: BlobId, board: &mut Board) {
        board.count(Id::AttachmentStored);
        self.stored.insert(blob);
        let Some(owner) = self.owners.get_mut(&BlobId { part: Part::Whole, ..blob }) else { return };
        let wait = at.since(owner.made).0;
        match blob.part {
            Part::Thumbnail => board.observe(Id::AttachmentThumbnailWait, wait),
            Part::Whole => {
                board.observe(Id::AttachmentWholeWait, wait);
                board.lasted(Id::AttachmentBareTime, owner.bare, at);
                board.lasted(Id::AttachmentBareFor, owner.bare.take(), at);
            }
        }
    }

    /// Counts the parts that never reached the server, unless their row was deleted.
    fn never_came(&self, at: Time, id: BlobId, owner: &Owner, board: &mut Board) {
        let parts = self.schema.attachment(owner.entity).into_iter().flat_map(|of| of.parts());
        let waits =
            parts.filter(|part| !owner.deleted && !self.stored.contains(&BlobId { part: *part, ..id }));
        for part in waits {
            let wait = match part {
                Part::Thumbnail => Id::AttachmentThumbnailWait,
                Part::Whole => Id::AttachmentWholeWait,
            };
            board.never_ended(wait, Some(owner.made), at);
        }
    }

    pub(super) fn finish(&self, at: Time, board: &mut Board) {
        for desk in self.desks.values() {
            board.lasted(Id::AttachmentTime, desk.sends_since, at);
            board.lasted(Id::AttachmentRowsWait, desk.since, at);
        }
        for (id, owner) in &self.owners {
            board.lasted(Id::AttachmentBareTime, owner.bare, at);
            board.never_ended(Id::AttachmentBareFor, owner.bare, at);
            self.never_came(at, *id, owner, board);
            board.add(Id::AttachmentBareRows, owner.bare.is_some());
            let orphan = !owner.committed && self.stored.contains(id);
            board.add(Id::AttachmentOrphans, orphan);
        }
    }
}

fn holds(is_so: bool, since: &mut Option<Time>, id: Id, at: Time, board: &mut Board) {
    if is_so {
        since.get_or_insert(at);
    } else {
        board.lasted(id, since.take(), at);
    }
}
