//! Measures split families: edits of a row and of its parts waited together on a device, but the
//! backend did not commit them together. Meanwhile other devices can get only some of them.
//!
//! A family is a row with its parts. Its edits are those that waited when the first of them was
//! first sent. The family is split from the first commit until its last edit is on the backend or
//! given up. If copies of the device send, an edit counts only if it waited on each copy.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EditId, EntityId, Key, Span, Time, Value};
use crate::contract::{Author, EngineEvent, Event, LocalEdit, LogKind, Node, Occurrence, Schema};
use crate::oracle::model::History;

const A_MOMENT: Span = Span::secs(2);

type Top = (EntityId, Key);

#[derive(Debug)]
struct Half {
    since: Time,
    missing: BTreeSet<EditId>,
}

#[derive(Debug, Default)]
struct With {
    senders: BTreeSet<DeviceId>,
    edits: BTreeSet<EditId>,
}

#[derive(Debug, Default)]
pub(crate) struct Families {
    parents: BTreeMap<Top, Key>,
    waits: BTreeMap<EditId, (Top, Time)>,
    with: BTreeMap<EditId, With>,
    copied: BTreeMap<DeviceId, BTreeSet<EditId>>,
    halves: BTreeMap<(DeviceId, Top), Half>,
    split: u64,
    split_ns: u64,
}

impl Families {
    pub(crate) fn on(&mut self, occurrence: &Occurrence<'_>, schema: &Schema, history: &History) {
        if schema.references.is_empty() {
            return;
        }
        let Occurrence { at, node, event } = *occurrence;
        match event {
            Event::EditMade { edit, .. } => self.made(at, edit, schema, history),
            Event::Engine(EngineEvent::EditSent { edit, .. }) => self.sent(at, node, edit),
            Event::Committed { entity, key, values, author, .. } => {
                let pairs = values.iter().enumerate();
                self.part_of(schema, (entity, key), pairs);
                if let Author::Device(edit) = author {
                    self.committed(at, edit);
                }
            }
            Event::Engine(EngineEvent::EditsSquashed { edit, with, stays, .. }) => {
                with.iter().for_each(|earlier| self.ends(at, *earlier));
                if stays {
                    self.ends(at, edit);
                }
            }
            Event::EditMissed { edit, .. } | Event::EditRefused { edit, .. } => self.ends(at, edit.id),
            Event::Engine(
                EngineEvent::EditAcknowledged { edit, .. }
                | EngineEvent::EditLogged { edit, kind: LogKind::Superseded | LogKind::Rejected, .. },
            ) => self.ends(at, edit),
            Event::Restored { .. } | Event::BecameCopy { then: Some(_), .. } => self.forget(node),
            Event::BecameCopy { of, .. } => self.became_copy(node, of),
            _ => {}
        }
    }

    pub(crate) fn finish(mut self, at: Time) -> [(&'static str, u64); 2] {
        for half in std::mem::take(&mut self.halves).into_values() {
            self.over(at, &half);
        }
        [("oracle.split.families", self.split), ("oracle.split.family_ns", self.split_ns)]
    }

    fn made(&mut self, at: Time, edit: &LocalEdit, schema: &Schema, history: &History) {
        let pairs = edit.values.iter().map(|(column, value)| (*column, value));
        self.part_of(schema, (edit.entity, &edit.key), pairs);
        let parent = |entity: EntityId, key: &Key, column: usize| {
            let told = self.parents.get(&(entity, key.clone()));
            told.cloned().or_else(|| match history.initial.row(entity, key)?.1.get(column)? {
                Value::Text(key) => Some(Key(key.clone())),
                _ => None,
            })
        };
        let top = schema.top((edit.entity, edit.key.clone()), parent);
        self.waits.insert(edit.id, (top, at));
    }

    fn part_of<'v>(
        &mut self,
        schema: &Schema,
        (entity, key): (EntityId, &Key),
        mut values: impl Iterator<Item = (usize, &'v Value)>,
    ) {
        let Some((column, _)) = schema.part_of(entity) else { return };
        if let Some((_, Value::Text(parent))) = values.find(|(of, _)| *of == column) {
            self.parents.insert((entity, key.clone()), Key(parent.clone()));
        }
    }

    fn sent(&mut self, at: Time, node: Node, edit: EditId) {
        let (Node::Device(by), Some((top, _))) = (node, self.waits.get(&edit)) else { return };
        if self.with.get(&edit).is_some_and(|with| with.senders.contains(&by)) {
            return;
        }
        let own = |id: &EditId| id.device == edit.device && *id != edit && self.is_on(by, *id);
        let waits = |of: &Top, since: Time| of == top && since + A_MOMENT <= at;
        let here = self.waits.iter().filter(|(id, (of, since))| own(id) && waits(of, *since));
        let here: BTreeSet<EditId> = here.map(|(id, _)| *id).collect();
        let with = self.with.entry(edit).or_default();
        if with.senders.is_empty() {
            with.edits = here;
        } else {
            with.edits.retain(|id| here.contains(id));
        }
        with.senders.insert(by);
    }

    fn is_on(&self, device: DeviceId, edit: EditId) -> bool {
        edit.device == device || self.copied.get(&device).is_some_and(|copied| copied.contains(&edit))
    }
    fn became_copy(&mut self, node: Node, of: DeviceId) {
        let Node::Device(device) = node else { return };
        let copied = self.waits.keys().copied().filter(|id| self.is_on(of, *id)).collect();
        self.forget(node);
        self.copied.insert(device, copied);
    }

    fn committed(&mut self, at: Time, edit: EditId) {
        let Some((top, _)) = self.waits.get(&edit).cloned() else { return };
        self.ends(at, edit);
        let mut missing = self.with.remove(&edit).unwrap_or_default().edits;
        missing.retain(|id| self.waits.contains_key(id));
        if !missing.is_empty() {
            let half = self.halves.entry((edit.device, top));
            half.or_insert(Half { since: at, missing: BTreeSet::new() }).missing.extend(missing);
        }
    }

    fn ends(&mut self, at: Time, edit: EditId) {
        let Some((top, _)) = self.waits.remove(&edit) else { return };
        let family = (edit.device, top);
        let Some(half) = self.halves.get_mut(&family) else { return };
        half.missing.remove(&edit);
        if half.missing.is_empty()
            && let Some(half) = self.halves.remove(&family)
        {
            self.over(at, &half);
        }
    }

    fn over(&mut self, at: Time, half: &Half) {
        let lasted = at.since(half.since).0;
        self.split += u64::from(lasted > 0);
        self.split_ns = self.split_ns.saturating_add(lasted);
    }
    fn forget(&mut self, node: Node) {
        let Node::Device(device) = node else { return };
        self.waits.retain(|id, _| id.device != device);
        self.with.retain(|id, _| id.device != device);
        self.halves.retain(|(of, _), _| *of != device);
        self.copied.remove(&device);
    }
}
