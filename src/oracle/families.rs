//! Families of rows of which others can see a part: what waited together on a device, of a row and
//! of the rows that are part of it, and was not committed together.
//!
//! A family is seen in part from the first of its commits until the last edit that had waited with
//! it, as that was first sent, is on the backend too, or is given up. What was made just then had
//! not waited: a request takes a moment to be put together. Where copies of a device send an edit
//! as well, only what waited on each of them had waited with it: a copy has nothing that the other
//! made since, and whose request is carried out first nobody can choose.

use std::collections::{BTreeMap, BTreeSet};

use super::history::History;
use crate::base::{DeviceId, EditId, EntityId, Key, Span, Time, Value};
use crate::contract::{Author, Event, LocalEdit, LogKind, Node, Occurrence, Schema};

/// How long an edit has to wait to be one that waits.
const A_MOMENT: Span = Span::secs(2);

type Top = (EntityId, Key);

#[derive(Debug)]
struct Half {
    since: Time,
    missing: BTreeSet<EditId>,
}

/// What waited with an edit on each device that sent it.
#[derive(Debug, Default)]
struct With {
    senders: BTreeSet<DeviceId>,
    edits: BTreeSet<EditId>,
}

#[derive(Debug, Default)]
pub(super) struct Families {
    /// By row: what it is part of, as far as edits and commits tell.
    parents: BTreeMap<Top, Key>,
    /// Edits that wait, with the top of their family and since when.
    waits: BTreeMap<EditId, (Top, Time)>,
    /// By edit: those of its family that waited as it was first sent.
    with: BTreeMap<EditId, With>,
    /// By device that became a copy of another: edits that waited there then.
    copied: BTreeMap<DeviceId, BTreeSet<EditId>>,
    halves: BTreeMap<(DeviceId, Top), Half>,
    /// How often a family was there in part for a while.
    split: u64,
    split_ns: u64,
}

impl Families {
    /// Something happened; nothing is kept where no row is part of another.
    pub(super) fn on(&mut self, occurrence: &Occurrence<'_>, schema: &Schema, history: &History) {
        if schema.references.is_empty() {
            return;
        }
        let Occurrence { at, node, event } = *occurrence;
        match event {
            Event::EditMade { edit, .. } => self.made(at, edit, schema, history),
            Event::EditSent { edit, .. } => self.sent(at, node, edit),
            Event::Committed { entity, key, values, author, .. } => {
                let pairs = values.iter().enumerate();
                self.part_of(schema, (entity, key), pairs);
                if let Author::Device(edit) = author {
                    self.committed(at, edit);
                }
            }
            Event::EditsSquashed { edit, with, stays, .. } => {
                with.iter().for_each(|earlier| self.ends(at, *earlier));
                if stays {
                    self.ends(at, edit);
                }
            }
            Event::EditMissed { edit, .. } | Event::EditRefused { edit, .. } => self.ends(at, edit.id),
            Event::EditAcknowledged { edit, .. }
            | Event::EditLogged { edit, kind: LogKind::Superseded | LogKind::Rejected, .. } => {
                self.ends(at, edit);
            }
            Event::Restored { .. } | Event::BecameCopy { then: Some(_), .. } => self.forget(node),
            Event::BecameCopy { of, .. } => self.became_copy(node, of),
            _ => {}
        }
    }

    /// What there is to tell; what is still there by half counts to the end.
    pub(super) fn finish(mut self, at: Time) -> [(&'static str, u64); 2] {
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
            told.cloned().or_else(|| match history.at_the_start(entity, key.as_str())?.1.get(column)? {
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

    /// Whether an edit that waits does so on this device.
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

    /// The edit waits no more.
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

    /// What a device has waiting nobody knows from now on.
    fn forget(&mut self, node: Node) {
        let Node::Device(device) = node else { return };
        self.waits.retain(|id, _| id.device != device);
        self.with.retain(|id, _| id.device != device);
        self.halves.retain(|(of, _), _| *of != device);
        self.copied.remove(&device);
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::sync::Arc;

    use super::super::truth::Truth;
    use super::*;
    use crate::base::Stamp;
    use crate::contract::{Column, ColumnKind, CommitKind, EditKind, Entity, OnDelete, Reference};

    const ORDER: EntityId = EntityId(0);
    const LINE: EntityId = EntityId(1);

    /// A backend with line 1 of order a.
    struct Start;

    impl Truth for Start {
        fn row(&self, entity: EntityId, key: &str) -> Option<(Stamp, Vec<Value>)> {
            ((entity, key) == (LINE, "1")).then(|| (Stamp(1), vec![Value::text("a"), Value::Int(1)]))
        }
        fn for_each(&self, _: EntityId, _: &mut dyn FnMut(&Key, Stamp, &[Value])) {}
    }

    fn schema() -> Arc<Schema> {
        let entity = |name: &str, kind| {
            Entity::new(
                name,
                [("of", kind), ("amount", ColumnKind::Int)]
                    .map(|(name, kind)| Column::new(name, kind))
                    .to_vec(),
            )
        };
        let part = Reference { of: LINE, column: 0, to: ORDER, on_delete: OnDelete::Cascade };
        let entities = vec![entity("order", ColumnKind::Text), entity("line", ColumnKind::Ref(ORDER))];
        Arc::new(Schema { entities, references: vec![part], ..Schema::default() })
    }

    struct Desk {
        families: Families,
        schema: Arc<Schema>,
        history: History,
    }

    impl Desk {
        fn tell(&mut self, second: u64, event: Event<'_>) {
            self.tell_of(0, second, event);
        }

        fn tell_of(&mut self, device: u32, second: u64, event: Event<'_>) {
            let (at, node) = (Time::ZERO + Span::secs(second), Node::Device(DeviceId(device)));
            self.families.on(&Occurrence { at, node, event }, &self.schema, &self.history);
        }

        /// The device changes the amount of a row.
        fn makes(&mut self, second: u64, number: u32, entity: EntityId, key: &str) -> EditId {
            let id = EditId { device: DeviceId(0), number };
            let values = vec![(1, Value::Int(7))];
            let edit = LocalEdit { id, entity, key: Key::new(key), kind: EditKind::Update, values };
            self.tell(second, Event::EditMade { edit: &edit, made_at: Stamp(1) });
            id
        }

        fn sent(&mut self, second: u64, edit: EditId) {
            self.sent_by(0, second, edit);
        }

        fn sent_by(&mut self, device: u32, second: u64, edit: EditId) {
            let key = &Key::new("a");
            self.tell_of(device, second, Event::EditSent { edit, entity: ORDER, key, request: 1 });
        }

        fn committed(&mut self, second: u64, edit: EditId) {
            let (key, author) = (&Key::new("a"), Author::Device(edit));
            let values = &[Value::text("title"), Value::Int(7)];
            let (entity, stamp, kind, replaced) = (ORDER, Stamp(9), CommitKind::Update, None);
            self.tell(second, Event::Committed { entity, key, stamp, kind, values, author, replaced });
        }
    }

    /// An order and its line are edited, the line at this second, and the order is sent and
    /// committed; the line comes to an end so many seconds later.
    fn split(line_made: u64, later: u64) -> (u64, u64) {
        let schema = schema();
        let history = History::new(Arc::clone(&schema), Rc::new(Start));
        let mut desk = Desk { families: Families::default(), schema, history };
        let order = desk.makes(1, 0, ORDER, "a");
        let line = desk.makes(line_made, 1, LINE, "1");
        desk.makes(1, 2, ORDER, "b");
        desk.sent(5, order);
        desk.committed(6, order);
        desk.sent(6, line);
        desk.committed(6 + later, line);
        let [(_, times), (_, ns)] = desk.families.finish(Time::ZERO + Span::secs(99));
        (times, ns)
    }

    #[test]
    fn a_family_is_split_while_what_waited_with_it_is_missing() {
        assert_eq!(split(2, 3), (1, Span::secs(3).0));
        assert_eq!(split(2, 0), (0, 0), "together");
        assert_eq!(split(4, 3), (0, 0), "it was not made yet as that was put together");
    }

    #[test]
    fn what_a_copy_never_had_does_not_wait_with_what_it_sends() {
        for (line_made, senders, times) in
            [(2, &[1][..], 1), (4, &[0], 1), (4, &[1], 0), (4, &[0, 1], 0), (4, &[1, 0], 0)]
        {
            let schema = schema();
            let history = History::new(Arc::clone(&schema), Rc::new(Start));
            let mut desk = Desk { families: Families::default(), schema, history };
            let order = desk.makes(1, 0, ORDER, "a");
            let before = (line_made < 3).then(|| desk.makes(line_made, 1, LINE, "1"));
            desk.tell_of(1, 3, Event::BecameCopy { of: DeviceId(0), then: None, unseen: &[] });
            let line = before.unwrap_or_else(|| desk.makes(line_made, 1, LINE, "1"));
            senders.iter().for_each(|sender| desk.sent_by(*sender, 8, order));
            desk.committed(9, order);
            desk.committed(12, line);
            let [(_, split), _] = desk.families.finish(Time::ZERO + Span::secs(99));
            assert_eq!(split, times, "{line_made} {senders:?}");
        }
    }
}
