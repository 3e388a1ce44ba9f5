//! Checks the attachments of rows that people created. Each reaches the server once, complete and
//! unchanged. If the edit failed and the server does not have the row, the attachment stays on the
//! device.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EditId, EntityId, Key};
use crate::contract::{
    BlobEvent, BlobId, CommitKind, EditKind, EngineEvent, Event, KillReason, LogKind, Node, Part, Schema,
    StoredBlob, blob_hash,
};
use crate::oracle::{Findings, Harm, Matter, Rule, Topic};

pub(crate) static BROKEN_ATTACHMENT: Rule = Rule {
    finds: "an attachment of a row exists nowhere, differs from the original, or was stored twice",
    needs: |can| can.sight.inside,
    hears: &[Topic::Attached],
    ..Rule::new("broken-attachment", "oracle.broken_attachment.count", Harm::Lost, Matter::Attachments)
};

#[derive(Debug)]
pub(crate) struct Owner {
    device: DeviceId,
    edit: EditId,
    committed: bool,
    /// True if the device's storage was restored, replaced by a copy, or lost power since.
    excused: bool,
    /// True if the device logged the edit as rejected while the backend did not have it.
    given_up: bool,
}

#[derive(Debug)]
struct Stored {
    times: u64,
    bytes: u64,
    hash: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Attachments {
    durable: bool,
    pub(crate) made: BTreeMap<(EntityId, Key), Owner>,
    stored: BTreeMap<BlobId, Stored>,
    /// Attachments of which some bytes were sent. True: they were first sent after the edit had
    /// been given up.
    sent: BTreeMap<BlobId, bool>,
    held: BTreeSet<BlobId>,
    looked_into: BTreeSet<DeviceId>,
}

impl Attachments {
    pub(crate) fn new(durable: bool) -> Attachments {
        Attachments { durable, ..Attachments::default() }
    }

    pub(crate) fn on(&mut self, node: Node, event: &Event<'_>, schema: &Schema) {
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
            (_, Event::Engine(EngineEvent::EditLogged { edit, kind: LogKind::Rejected, .. })) => {
                let of = |owner: &&mut Owner| owner.edit == *edit && !owner.committed;
                self.made.values_mut().filter(of).for_each(|owner| owner.given_up = true);
            }
            (_, Event::Engine(EngineEvent::Blob(BlobEvent::Sent { blob, bytes: 1.., .. }))) => {
                let name = |key: &Key| BlobId::of(blob.entity, key, blob.part);
                let is_late = || self.made.iter().any(|((_, key), of)| of.given_up && name(key) == *blob);
                self.sent.entry(*blob).or_insert_with(is_late);
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
            (_, Event::BlobStored(StoredBlob { blob, bytes, hash, .. })) => {
                let stored = self.stored.entry(*blob).or_insert(Stored { times: 0, bytes: 0, hash: 0 });
                *stored = Stored { times: stored.times + 1, bytes: *bytes, hash: *hash };
            }
            _ => {}
        }
    }

    fn excuse(&mut self, device: DeviceId) {
        self.made.values_mut().filter(|owner| owner.device == device).for_each(|owner| owner.excused = true);
    }
    pub(crate) fn wait_on(&mut self, device: DeviceId, blobs: Vec<BlobId>) {
        self.looked_into.insert(device);
        self.held.extend(blobs);
    }
    /// The edits with a row on the backend, but with an attachment that is neither there nor on the
    /// device.
    pub(crate) fn lost(&self) -> BTreeSet<EditId> {
        let is_nowhere = |((entity, key), owner): &(&(EntityId, Key), &Owner)| {
            let whole = BlobId::of(*entity, key, Part::Whole);
            let is_there = self.stored.contains_key(&whole) || self.held.contains(&whole);
            let counts = owner.committed && !owner.given_up && self.looked_into.contains(&owner.device);
            counts && !is_there
        };
        self.made.iter().filter(is_nowhere).map(|(_, owner)| owner.edit).collect()
    }

    pub(crate) fn finish(&self, schema: &Schema, findings: &mut Findings) {
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
                        "was uploaded after its edit was given up, and the backend has no such row".to_owned()
                    }
                    None if owner.excused || self.held.contains(&id) => continue,
                    None => "exists nowhere".to_owned(),
                    Some(stored) if stored.times > 1 => format!("was stored {} times", stored.times),
                    Some(stored) => {
                        let meant = attachment.bytes(key, part);
                        if (stored.bytes, stored.hash) == (meant.len() as u64, blob_hash(&meant)) {
                            continue;
                        }
                        format!("arrived as {} bytes that differ from the original", stored.bytes)
                    }
                };
                let concerns = (Some(owner.device), Some((*entity, key.as_str())));
                findings.add(&BROKEN_ATTACHMENT, concerns, || {
                    let (name, edit) = (&schema.entity(*entity).name, owner.edit);
                    let part = crate::base::Word::word(part);
                    format!("the {part} of `{name}` {key}, made by edit {edit}, {what}")
                });
            }
        }
    }
}
