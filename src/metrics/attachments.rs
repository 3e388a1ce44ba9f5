//! Attachments on their way: what they cost, what waits behind them, and rows without theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::board::Board;
use super::table::Id;
use crate::base::{DeviceId, EditId, EntityId, Key, Time};
use crate::contract::{BlobEvent, BlobId, CommitKind, EditKind, Event, LogKind, Node, Part, Schema};

/// A device's edits that wait, and its requests with attachments.
#[derive(Debug, Default)]
struct Desk {
    waiting: BTreeSet<EditId>,
    /// Requests under way that are a part of a run.
    in_run: u32,
    /// Since when there is one.
    sends_since: Option<Time>,
    /// Since when both are there.
    since: Option<Time>,
}

/// A row that has something attached to it.
#[derive(Debug)]
struct Owner {
    made: Time,
    /// Since when the backend has it without.
    bare: Option<Time>,
    committed: bool,
}

/// Follows attachments of all devices.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    schema: Arc<Schema>,
    desks: BTreeMap<DeviceId, Desk>,
    /// How far each was sent by then.
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
            (_, Event::Blob(BlobEvent::Stored { blob, .. })) => self.stored(at, *blob, board),
            _ => {}
        }
    }

    fn on_device(&mut self, at: Time, device: DeviceId, event: &Event<'_>, board: &mut Board) {
        let desk = self.desks.entry(device).or_default();
        match event {
            Event::EditMade { edit, .. } => {
                desk.waiting.insert(edit.id);
                if edit.kind == EditKind::Create && self.schema.attachment(edit.entity).is_some() {
                    let id = BlobId::of(edit.entity, &edit.key, Part::Whole);
                    self.owners.insert(id, Owner { made: at, bare: None, committed: false });
                }
            }
            Event::EditAcknowledged { edit, .. }
            | Event::EditLogged { edit, kind: LogKind::Superseded | LogKind::Rejected, .. } => {
                desk.waiting.remove(edit);
            }
            Event::ProcessKilled { .. } => desk.in_run = 0,
            Event::Restored { .. } | Event::BecameCopy { .. } => desk.waiting.clear(),
            Event::Blob(BlobEvent::Sent { blob, offset, bytes, in_run }) => {
                desk.in_run += u32::from(*in_run);
                let reached = self.sent.entry((device, *blob)).or_default();
                let again = reached.saturating_sub(*offset).min(*bytes);
                *reached = (*reached).max(offset + bytes);
                board.add(Id::AttachmentSentBytes, *bytes);
                board.add(Id::AttachmentAgainBytes, again);
                board.add(Id::AttachmentRequests, 1);
            }
            Event::Blob(BlobEvent::Ended { in_run, .. }) => {
                desk.in_run = desk.in_run.saturating_sub(u32::from(*in_run));
            }
            _ => return,
        }
        let both = desk.in_run > 0 && !desk.waiting.is_empty();
        let sends = (desk.in_run > 0, &mut desk.sends_since, Id::AttachmentTime);
        for (holds, since, id) in [sends, (both, &mut desk.since, Id::AttachmentRowsWait)] {
            match (holds, *since) {
                (true, None) => *since = Some(at),
                (false, Some(began)) => {
                    board.add(id, at.since(began).0);
                    *since = None;
                }
                _ => {}
            }
        }
    }

    fn committed(&mut self, at: Time, (entity, key): (EntityId, &Key), kind: CommitKind, board: &mut Board) {
        let id = BlobId::of(entity, key, Part::Whole);
        let Some(owner) = self.owners.get_mut(&id) else { return };
        owner.committed = kind != CommitKind::Delete;
        let is_bare = owner.committed && !self.stored.contains(&id);
        match (is_bare, owner.bare) {
            (true, None) => owner.bare = Some(at),
            (false, Some(since)) => {
                board.add(Id::AttachmentBareTime, at.since(since).0);
                owner.bare = None;
            }
            _ => {}
        }
    }

    fn stored(&mut self, at: Time, blob: BlobId, board: &mut Board) {
        board.add(Id::AttachmentStored, 1);
        self.stored.insert(blob);
        let Some(owner) = self.owners.get_mut(&BlobId { part: Part::Whole, ..blob }) else { return };
        let wait = at.since(owner.made).0;
        match blob.part {
            Part::Thumbnail => board.observe(Id::AttachmentThumbnailWait, wait),
            Part::Whole => {
                board.observe(Id::AttachmentWholeWait, wait);
                if let Some(since) = owner.bare.take() {
                    board.add(Id::AttachmentBareTime, at.since(since).0);
                    board.observe(Id::AttachmentBareFor, at.since(since).0);
                }
            }
        }
    }

    /// The end: what is without the other is so until now.
    pub(super) fn finish(&mut self, at: Time, board: &mut Board) {
        for desk in self.desks.values_mut() {
            let sends = (&mut desk.sends_since, Id::AttachmentTime);
            for (since, id) in [sends, (&mut desk.since, Id::AttachmentRowsWait)] {
                since.take().into_iter().for_each(|since| board.add(id, at.since(since).0));
            }
        }
        for (id, owner) in &mut self.owners {
            if let Some(since) = owner.bare.take() {
                board.add(Id::AttachmentBareTime, at.since(since).0);
                board.add(Id::AttachmentBareRows, 1);
            }
            let orphan = !owner.committed && self.stored.contains(id);
            board.add(Id::AttachmentOrphans, u64::from(orphan));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Span, Stamp};
    use crate::contract::{Attachment, Author, LocalEdit};
    use crate::metrics::names;

    const ENTITY: EntityId = EntityId(0);

    #[test]
    fn every_figure_of_attachments_is_fed_by_something() {
        let attachment = Attachment { least: 1, most: 9, thumbnail: Some(1) };
        let schema = Schema { attachments: vec![(ENTITY, attachment)], ..Schema::default() };
        let mut board = Board::new(&["day".to_owned()], Vec::new());
        let mut attachments = Attachments::new(Arc::new(schema));
        let device = Node::Device(DeviceId(0));
        for (number, key) in ["kept", "bare", "alone"].into_iter().enumerate() {
            let id = EditId { device: DeviceId(0), number: number as u32 };
            let (key, kind, values) = (Key::new(key), EditKind::Create, Vec::new());
            let edit = LocalEdit { id, entity: ENTITY, key, kind, values };
            attachments.on(Time(1), device, &Event::EditMade { edit: &edit, made_at: Stamp(1) }, &mut board);
        }
        let stored = |key: &str, part| {
            let blob = BlobId::of(ENTITY, &Key::new(key), part);
            Event::Blob(BlobEvent::Stored { blob, device: DeviceId(0), bytes: 9, hash: 1 })
        };
        for key in ["kept", "bare"].map(Key::new) {
            let committed = Event::Committed {
                entity: ENTITY,
                key: &key,
                stamp: Stamp(2),
                kind: CommitKind::Insert,
                values: &[],
                author: Author::Office,
                replaced: None,
            };
            attachments.on(Time(2), Node::Backend, &committed, &mut board);
        }
        let blob = BlobId::of(ENTITY, &Key::new("kept"), Part::Whole);
        let sent = Event::Blob(BlobEvent::Sent { blob, offset: 0, bytes: 9, in_run: true });
        let ended = BlobEvent::Ended { blob, took: Span::ZERO, in_run: true, served: true };
        for (at, event) in [(3, sent), (4, sent), (5, Event::Blob(ended))] {
            attachments.on(Time(at), device, &event, &mut board);
        }
        for (key, part) in [("kept", Part::Thumbnail), ("kept", Part::Whole), ("alone", Part::Whole)] {
            attachments.on(Time(6), Node::Gateway, &stored(key, part), &mut board);
        }
        attachments.finish(Time(9), &mut board);
        let (figures, _) = board.figures();
        let is_unfed = |name: &&str| match &figures[*name] {
            crate::metrics::Figure::Value { value, .. } => *value == 0,
            crate::metrics::Figure::Clipped { value, .. } => *value == 0,
            crate::metrics::Figure::Distribution { count, .. } => *count == 0,
        };
        let unfed = names().filter(|name| name.starts_with("attachment.")).filter(is_unfed);
        assert_eq!(unfed.collect::<Vec<_>>(), [""; 0], "nothing feeds these");
    }
}
