//! What is attached to rows that people made: it comes to the server once, whole, as it was. Of a
//! row whose edit came to nothing it stays where it is, unless the server has the row.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Check;
use super::findings::Findings;
use crate::base::{DeviceId, EditId, EntityId, Key};
use crate::contract::{
    BlobEvent, BlobId, CommitKind, EditKind, Event, KillReason, LogKind, Node, Schema, blob_hash,
};

#[derive(Debug)]
struct Owner {
    device: DeviceId,
    edit: EditId,
    committed: bool,
    /// The storage that it was made on went back to before, or is another one.
    excused: bool,
    /// Its edit came to nothing, by its device's log, when the backend did not have it.
    given_up: bool,
}

#[derive(Debug)]
struct Stored {
    times: u64,
    bytes: u64,
    hash: u64,
}

#[derive(Debug, Default)]
pub(super) struct Attachments {
    durable: bool,
    made: BTreeMap<(EntityId, Key), Owner>,
    stored: BTreeMap<BlobId, Stored>,
    /// Those of which a stretch left; true if not before their row was given up.
    sent: BTreeMap<BlobId, bool>,
    held: BTreeSet<BlobId>,
}

impl Attachments {
    pub(super) fn new(durable: bool) -> Attachments {
        Attachments { durable, ..Attachments::default() }
    }

    pub(super) fn on(&mut self, node: Node, event: &Event<'_>, schema: &Schema) {
        if schema.attachments.is_empty() {
            return;
        }
        match (node, event) {
            (Node::Device(device), Event::EditMade { edit, .. })
                if edit.kind == EditKind::Create && schema.attachment(edit.entity).is_some() =>
            {
                let (committed, excused, given_up) = (false, false, false);
                let owner = Owner { device, edit: edit.id, committed, excused, given_up };
                self.made.insert((edit.entity, edit.key.clone()), owner);
            }
            (_, Event::EditLogged { edit, kind: LogKind::Rejected, .. }) => {
                let of = |owner: &&mut Owner| owner.edit == *edit && !owner.committed;
                self.made.values_mut().filter(of).for_each(|owner| owner.given_up = true);
            }
            (_, Event::Blob(BlobEvent::Sent { blob, bytes: 1.., .. })) => {
                let name = |key: &Key| BlobId::of(blob.entity, key, blob.part);
                let late =
                    |((_, key), owner): (&(EntityId, Key), &Owner)| owner.given_up && name(key) == *blob;
                if !self.sent.contains_key(blob) {
                    self.sent.insert(*blob, self.made.iter().any(late));
                }
            }
            (Node::Device(device), Event::Restored { .. } | Event::BecameCopy { .. }) => self.excuse(device),
            (Node::Device(device), Event::ProcessKilled { reason: KillReason::PowerLoss })
                if !self.durable =>
            {
                self.excuse(device);
            }
            (_, Event::Committed { entity, key, kind, .. }) => {
                if let Some(owner) = self.made.get_mut(&(*entity, (*key).clone())) {
                    owner.committed = *kind != CommitKind::Delete;
                }
            }
            (_, Event::Blob(BlobEvent::Stored { blob, bytes, hash, .. })) => {
                let stored = self.stored.entry(*blob).or_insert(Stored { times: 0, bytes: 0, hash: 0 });
                *stored = Stored { times: stored.times + 1, bytes: *bytes, hash: *hash };
            }
            _ => {}
        }
    }

    /// What was made on a device so far it need not have any more.
    fn excuse(&mut self, device: DeviceId) {
        self.made.values_mut().filter(|owner| owner.device == device).for_each(|owner| owner.excused = true);
    }

    pub(super) fn holds(&mut self, blobs: Vec<BlobId>) {
        self.held.extend(blobs);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    pub(super) fn finish(&self, schema: &Schema, findings: &mut Findings) {
        for ((entity, key), owner) in &self.made {
            if owner.committed == owner.given_up || owner.given_up && owner.excused {
                continue;
            }
            let Some(attachment) = schema.attachment(*entity) else { continue };
            for part in attachment.parts() {
                let id = BlobId::of(*entity, key, part);
                let what = match self.stored.get(&id) {
                    None if owner.given_up => continue,
                    Some(_) if owner.given_up && self.sent.get(&id) != Some(&true) => continue,
                    Some(_) if owner.given_up => {
                        "went up after that had come to nothing, and the backend has no such row".to_owned()
                    }
                    None if owner.excused || self.held.contains(&id) => continue,
                    None => "is nowhere".to_owned(),
                    Some(stored) if stored.times > 1 => format!("was stored {} times", stored.times),
                    Some(stored) => {
                        let meant = attachment.bytes(key, part);
                        if (stored.bytes, stored.hash) == (meant.len() as u64, blob_hash(&meant)) {
                            continue;
                        }
                        format!("came as {} bytes that are not those that were made", stored.bytes)
                    }
                };
                let concerns = (Some(owner.device), Some((*entity, key.as_str())));
                findings.add(Check::BrokenAttachment, concerns, || {
                    let (name, edit) = (&schema.entity(*entity).name, owner.edit);
                    let part = crate::base::Word::word(part);
                    format!("the {part} of `{name}` {key}, made by edit {edit}, {what}")
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Stamp, Time, Value};
    use crate::contract::{Attachment, Author, Capabilities, Delivery, Entity, LocalEdit, Part};

    const PHOTO: EntityId = EntityId(0);

    fn schema() -> Schema {
        let entity = Entity { delivery: Delivery::UploadOnly, ..Entity::new("photo", Vec::new()) };
        let attachment = Attachment { least: 10, most: 20, thumbnail: None };
        Schema { entities: vec![entity], attachments: vec![(PHOTO, attachment)], ..Schema::default() }
    }

    fn found(after: impl Fn(&mut Attachments, &Schema, &Key)) -> u64 {
        let (mut attachments, schema, key) = (Attachments::new(true), schema(), Key::new("k"));
        let id = EditId { device: DeviceId(0), number: 1 };
        let values: Vec<(usize, Value)> = Vec::new();
        let edit = LocalEdit { id, entity: PHOTO, key: key.clone(), kind: EditKind::Create, values };
        let made = Event::EditMade { edit: &edit, made_at: Stamp(0) };
        attachments.on(Node::Device(DeviceId(0)), &made, &schema);
        let committed = Event::Committed {
            entity: PHOTO,
            key: &key,
            stamp: Stamp(1),
            kind: CommitKind::Insert,
            values: &[],
            author: Author::Office,
            replaced: None,
        };
        attachments.on(Node::Backend, &committed, &schema);
        after(&mut attachments, &schema, &key);
        let mut findings = Findings::new(Capabilities::ALL);
        attachments.finish(&schema, &mut findings);
        findings.finish().1["oracle.broken_attachment.count"]
    }

    fn stored(attachments: &mut Attachments, schema: &Schema, key: &Key, of: &[u8]) {
        let blob = BlobId::of(PHOTO, key, Part::Whole);
        let (bytes, hash) = (of.len() as u64, blob_hash(of));
        let event = Event::Blob(BlobEvent::Stored { blob, device: DeviceId(0), bytes, hash });
        attachments.on(Node::Gateway, &event, schema);
    }

    #[test]
    fn what_is_missing_torn_or_there_twice_is_found() {
        let right = |schema: &Schema, key: &Key| {
            schema.attachment(PHOTO).expect("it has one").bytes(key, Part::Whole)
        };
        assert_eq!(found(|_, _, _| ()), 1, "it is nowhere");
        assert_eq!(found(|a, s, k| stored(a, s, k, &right(s, k))), 0);
        assert_eq!(found(|a, s, k| stored(a, s, k, b"torn")), 1);
        let twice = |a: &mut Attachments, s: &Schema, k: &Key| {
            stored(a, s, k, &right(s, k));
            stored(a, s, k, &right(s, k));
        };
        assert_eq!(found(twice), 1);
    }

    #[test]
    fn what_goes_up_for_a_row_that_came_to_nothing_is_found() {
        for (sent_before, gives_up, times) in [(false, true, 1), (true, true, 0), (false, false, 0)] {
            let (mut attachments, schema, key) = (Attachments::new(true), schema(), Key::new("k"));
            let edit = EditId { device: DeviceId(0), number: 1 };
            let blob = BlobId::of(PHOTO, &key, Part::Whole);
            let mut on = |event: &Event<'_>| attachments.on(Node::Device(DeviceId(0)), event, &schema);
            let (kind, values) = (EditKind::Create, Vec::new());
            let made = LocalEdit { id: edit, entity: PHOTO, key: key.clone(), kind, values };
            on(&Event::EditMade { edit: &made, made_at: Stamp(0) });
            let sent = Event::Blob(BlobEvent::Sent { blob, offset: 0, bytes: 9, in_run: true });
            if sent_before {
                on(&sent);
            }
            if gives_up {
                on(&Event::EditLogged { edit, entity: PHOTO, key: &key, kind: LogKind::Rejected });
            }
            on(&sent);
            stored(&mut attachments, &schema, &key, b"whatever");
            let mut findings = Findings::new(Capabilities::ALL);
            attachments.finish(&schema, &mut findings);
            assert_eq!(findings.finish().1["oracle.broken_attachment.count"], times, "{sent_before}");
        }
    }

    #[test]
    fn what_a_device_holds_or_a_backup_destroyed_is_not_lost() {
        let holds =
            |a: &mut Attachments, _: &Schema, k: &Key| a.holds(vec![BlobId::of(PHOTO, k, Part::Whole)]);
        assert_eq!(found(holds), 0);
        let put_back = |a: &mut Attachments, s: &Schema, _: &Key| {
            a.on(Node::Device(DeviceId(0)), &Event::Restored { to: Time(0), life: 0 }, s);
        };
        assert_eq!(found(put_back), 0);
    }
}
