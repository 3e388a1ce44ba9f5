//! A correct backend and 4 correct phones. The oracle finds nothing here. Tests add one fault each.
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Time, UnitId, Value, ValueRef};
use crate::contract::{
    AppliedChange, Author, BlobId, Capabilities, Column, ColumnKind, CommitKind, ConflictKind, Decision,
    Delivery, DeviceView, EditKind, EngineEvent, Entity, Event, LocalEdit, LogEntry, LogKind, Node,
    Occurrence, OnDelete, PendingEdit, Reference, Refusal, RequestKind, Schema, ScopeRule, Sides, SyncUnit,
};
use crate::oracle::Clock;
use crate::oracle::Definition;
use crate::oracle::Labels;
use crate::oracle::Life;
use crate::oracle::Oracle;
use crate::oracle::OracleSetup;
use crate::oracle::Patience;
use crate::oracle::Truth;
use crate::oracle::Verdict;
use crate::oracle::Waits;
use crate::oracle::model::assigned_keys::shown as shown_value;

/// Entity of visits, delivered as deltas by clinic. Columns: clinic, status, doctor, hidden.
/// Devices have the first 3 columns.
pub(super) const VISIT: EntityId = EntityId(0);
/// Entity of slots, delivered as deltas to all. Columns: name (a natural key), who.
pub(super) const SLOT: EntityId = EntityId(1);
/// Entity of notes, fetched when a person opens one.
pub(super) const NOTE: EntityId = EntityId(2);
pub(super) const UNIT: UnitId = UnitId(0);
pub(super) const OTHER_UNIT: UnitId = UnitId(1);

pub(super) const CLINIC: usize = 0;
pub(super) const STATUS: usize = 1;
pub(super) const DOCTOR: usize = 2;
pub(super) const HIDDEN: usize = 3;

type Rows = BTreeMap<(EntityId, String), (Stamp, Vec<Value>)>;

#[derive(Clone, Default)]
pub(super) struct Backend {
    pub(super) rows: Rows,
}

impl Truth for Backend {
    fn row(&self, entity: EntityId, key: &str) -> Option<(Stamp, Vec<Value>)> {
        self.rows.get(&(entity, key.to_owned())).cloned()
    }
    fn for_each(&self, entity: EntityId, f: &mut dyn FnMut(&Key, Stamp, &[Value])) {
        for ((_, key), (stamp, values)) in self.rows.iter().filter(|((e, _), _)| *e == entity) {
            f(&Key::new(key), *stamp, values);
        }
    }
}

/// An edit in the outbox. `onto`: the key of the row that it is applied to.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) edit: LocalEdit,
    pub(super) onto: String,
    pub(super) as_update: bool,
    pub(super) base: Option<Stamp>,
    pub(super) made_at: Stamp,
}

/// A phone: the rows from the backend, with local edits on top.
#[derive(Clone, Default)]
pub(super) struct Phone {
    pub(super) rows: Rows,
    pub(super) outbox: Vec<Entry>,
    pub(super) log: Vec<LogEntry>,
    pub(super) doubled: BTreeSet<String>,
    pub(super) conflicts: BTreeSet<EditId>,
    pub(super) attached: Vec<BlobId>,
    edits: u32,
    requests: u64,
}

pub(super) struct Stage {
    pub(super) schema: Arc<Schema>,
    pub(super) oracle: Oracle,
    pub(super) backend: Backend,
    pub(super) phones: Vec<Phone>,
    pub(super) now: Time,
    pub(super) life: Option<Life>,
    /// Edits that the backend refuses for good.
    pub(super) poison: BTreeSet<EditId>,
    /// If true, device clocks run fast. Then their edits win conflicts.
    pub(super) ahead: bool,
    /// Phones whose first state, up to this time, is kept for a person who has logged out.
    pub(super) left: Vec<(DeviceId, Time)>,
    remembered: BTreeMap<EditId, Stamp>,
    refused: BTreeMap<EditId, (Option<Refusal>, Option<String>)>,
}

fn schema() -> Schema {
    let entity = |name: &str, columns: &[&str], projection: Vec<usize>| Entity {
        projection,
        ..Entity::new(name, columns.iter().map(|name| Column::new(name, ColumnKind::Text)).collect())
    };
    let visit = Entity {
        scope: vec![ScopeRule::Attribute { column: CLINIC, attribute: 0 }],
        ..entity("visit", &["clinic", "status", "doctor", "hidden"], vec![CLINIC, STATUS, DOCTOR])
    };
    let slot = Entity { unique: vec![0], ..entity("slot", &["name", "who"], vec![0, 1]) };
    let mut note = Entity { delivery: Delivery::OnOpen { by: 0 }, ..entity("note", &["visit"], vec![0]) };
    note.columns[0].kind = ColumnKind::Ref(VISIT);
    let part = Reference { of: NOTE, column: 0, to: VISIT, on_delete: OnDelete::Cascade };
    Schema { entities: vec![visit, slot, note], references: vec![part], ..Schema::default() }
}

fn units() -> Arc<[SyncUnit]> {
    let unit = |name: &str| SyncUnit {
        name: name.to_owned(),
        pull: vec![VISIT, SLOT],
        push: vec![VISIT, SLOT],
        ..SyncUnit::default()
    };
    Arc::from(vec![unit("Online"), unit("Login")])
}

pub(super) fn slot(name: &str, who: &str) -> Vec<Value> {
    [name, who].map(Value::text).to_vec()
}
pub(super) fn visit(clinic: &str, status: &str) -> Vec<Value> {
    [clinic, status, "dr-a", "h"].map(Value::text).to_vec()
}

impl Stage {
    /// Makes 2 clinics: phones 0 and 1 are in clinic a, phones 2 and 3 in clinic b. Rows `a1`,
    /// `a2`, `a3` of clinic a and `b1` of clinic b exist on the backend and on the phones.
    pub(super) fn new() -> Stage {
        Stage::with(|_| ())
    }
    pub(super) fn with(change: impl FnOnce(&mut OracleSetup)) -> Stage {
        let (schema, units) = (Arc::new(schema()), units());
        let mut backend = Backend::default();
        for (key, clinic) in [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")] {
            backend.rows.insert((VISIT, key.to_owned()), (Stamp(100), visit(clinic, "new")));
        }
        backend.rows.insert((SLOT, "s1".to_owned()), (Stamp(100), slot("monday", "office")));
        let attributes: Vec<_> = ["a", "a", "b", "b"].map(|clinic| vec![Value::text(clinic)]).to_vec();
        let labels =
            Labels { schema: Arc::clone(&schema), units, clock: Clock::default(), is_third_party: false };
        let mut setting = OracleSetup {
            labels,
            attributes,
            durable: true,
            resets: false,
            patience: Patience::Computed(Waits::USUAL),
            capabilities: Capabilities::ALL,
            combined: Vec::new(),
            definition: Definition::Values,
            initial: Rc::new(backend.clone()),
        };
        change(&mut setting);
        let mut stage = Stage {
            oracle: Oracle::new(setting),
            phones: vec![Phone::default(); 4],
            now: Time::ZERO,
            life: None,
            poison: BTreeSet::new(),
            ahead: false,
            left: Vec::new(),
            remembered: BTreeMap::new(),
            refused: BTreeMap::new(),
            backend,
            schema,
        };
        for device in 0..4 {
            stage.phones[device as usize].rows = stage.scope(device);
            stage.emit(device, Event::ProcessStarted { incarnation: 0 });
        }
        stage
    }

    pub(super) fn tell(&mut self, node: Node, event: Event<'_>) {
        let occurrence = Occurrence { at: self.now, node, event };
        self.oracle.on(&occurrence);
        if let Some(life) = &mut self.life {
            life.on(&occurrence);
        }
    }
    pub(super) fn emit<'e>(&mut self, device: u32, event: impl Into<Event<'e>>) {
        self.tell(Node::Device(DeviceId(device)), event.into());
    }
    pub(super) fn later(&mut self, secs: u64) {
        self.now += Span::secs(secs);
    }
    pub(super) fn stamp(&self) -> Stamp {
        Stamp(1_000_000).plus(Span(self.now.0))
    }
    pub(super) fn phone(&mut self, device: u32) -> &mut Phone {
        &mut self.phones[device as usize]
    }
    pub(super) fn scope(&self, device: u32) -> Rows {
        let clinic = Value::text(if device < 2 { "a" } else { "b" });
        let inside = |entity: EntityId, values: &[Value]| {
            entity == SLOT || entity == VISIT && values[CLINIC] == clinic
        };
        let rows = self.backend.rows.iter().filter(|((entity, _), (_, values))| inside(*entity, values));
        rows.map(|((e, k), (s, v))| ((*e, k.clone()), (*s, self.schema.entity(*e).project(v)))).collect()
    }

    pub(super) fn commit(
        &mut self,
        author: Author,
        entity: EntityId,
        key: &str,
        values: Option<Vec<Value>>,
    ) -> Stamp {
        self.later(1);
        let stamp = self.stamp();
        let id = (entity, key.to_owned());
        let before = self.backend.rows.get(&id).cloned();
        let kind = match (&before, &values) {
            (None, _) => CommitKind::Insert,
            (Some(_), Some(_)) => CommitKind::Update,
            (Some(_), None) => CommitKind::Delete,
        };
        match values.clone() {
            Some(values) => self.backend.rows.insert(id, (stamp, values)),
            None => self.backend.rows.remove(&id),
        };
        let told = values.or(before.clone().map(|b| b.1)).unwrap();
        let (key, replaced) = (Key::new(key), before.map(|b| b.0));
        let event = Event::Committed { entity, key: &key, stamp, kind, values: &told, author, replaced };
        self.tell(Node::Backend, event);
        stamp
    }
    pub(super) fn update(&mut self, device: u32, key: &str, status: &str) -> EditId {
        self.edit(device, VISIT, key, EditKind::Update, vec![(STATUS, Value::text(status))])
    }
    pub(super) fn edit(
        &mut self,
        device: u32,
        entity: EntityId,
        key: &str,
        kind: EditKind,
        values: Vec<(usize, Value)>,
    ) -> EditId {
        self.later(1);
        let made_at = if self.ahead { Stamp(i64::MAX / 2) } else { self.stamp() };
        let phone = &mut self.phones[device as usize];
        let id = EditId { device: DeviceId(device), number: phone.edits };
        phone.edits += 1;
        let edit = LocalEdit { id, entity, key: Key::new(key), kind, values };
        let base = phone.rows.get(&(entity, key.to_owned())).map(|row| row.0);
        let entry = Entry { edit: edit.clone(), onto: key.to_owned(), as_update: false, base, made_at };
        phone.outbox.push(entry);
        self.emit(device, Event::EditMade { edit: &edit, made_at });
        id
    }

    /// Sends a push with the first edit of each row. `heard`: the response arrives.
    pub(super) fn push(&mut self, device: u32, heard: bool) {
        self.later(1);
        // A person asks for a sync.
        self.oracle.asked(DeviceId(device));
        let mut seen = BTreeSet::new();
        let entries: Vec<Entry> = self.phones[device as usize]
            .outbox
            .iter()
            .filter(|e| seen.insert((e.edit.entity, e.onto.clone())))
            .cloned()
            .collect();
        self.phone(device).requests += 1;
        let request = self.phone(device).requests;
        for entry in &entries {
            let (edit, entity, key) = (entry.edit.id, entry.edit.entity, Key::new(&entry.onto));
            self.emit(device, EngineEvent::EditSent { edit, entity, key: &key, request });
        }
        // Each outcome comes with the rows that the phone may see at that time.
        let outcomes: Vec<_> = entries.iter().map(|entry| (self.take(entry), self.scope(device))).collect();
        self.later(1);
        let (kind, took) = (RequestKind::Push, Span::secs(1));
        if !heard {
            let error = crate::contract::TransportError::Timeout;
            self.emit(device, EngineEvent::RequestFailed { request, kind, error, took, wasted: 1 });
            return;
        }
        let rows = entries.len() as u32;
        self.emit(
            device,
            EngineEvent::ResponseReceived { request, kind, unit: Some(UNIT), bytes: 1, rows, took },
        );
        for (entry, (outcome, scope)) in entries.into_iter().zip(outcomes) {
            self.settle((device, &scope), entry, outcome);
        }
    }

    /// The backend applies an edit. Returns its stamp, or the reason of the refusal and the
    /// conflicting row.
    fn take(&mut self, entry: &Entry) -> Result<Stamp, (Option<Refusal>, Option<String>)> {
        let (id, entity) = (entry.edit.id, entry.edit.entity);
        if let Some(stamp) = self.remembered.get(&id) {
            let stamp = *stamp;
            self.tell(Node::Backend, Event::MutationReplayed { edit: id });
            return Ok(stamp);
        }
        // The backend remembers a refusal until the device changes the edit.
        if let Some(refused) = self.refused.get(&id).cloned() {
            self.tell(Node::Backend, Event::MutationReplayed { edit: id });
            return Err(refused);
        }
        let current = self.backend.rows.get(&(entity, entry.onto.clone())).cloned();
        let create = entry.edit.kind == EditKind::Create && !entry.as_update;
        let own = || Some(entry.onto.clone());
        let refusal = match &current {
            _ if self.poison.contains(&id) => Some((None, own())),
            None if !create => Some((Some(Refusal::Gone), None)),
            Some((stamp, _)) if !create && Some(*stamp) != entry.base => Some((Some(Refusal::Stale), own())),
            Some(_) if create => Some((Some(Refusal::Exists), own())),
            _ => self.holder(entry).map(|holder| (Some(Refusal::Taken), Some(holder))),
        };
        if let Some((conflict, other)) = refusal {
            let (key, kind) = (Key::new(&entry.onto), entry.edit.kind);
            let kind = if entry.as_update { EditKind::Update } else { kind };
            let holder = other.as_deref().filter(|_| conflict == Some(Refusal::Taken)).map(Key::new);
            let holder = holder.as_ref();
            let refused = Event::MutationRefused { edit: id, entity, key: &key, kind, conflict, holder };
            self.tell(Node::Backend, refused);
            self.refused.insert(id, (conflict, other.clone()));
            return Err((conflict, other));
        }
        let after = match entry.edit.kind {
            EditKind::Delete => None,
            _ => Some(apply(&entry.edit, current.map(|c| c.1).unwrap_or_default())),
        };
        let stamp = self.commit(Author::Device(id), entity, &entry.onto, after);
        self.remembered.insert(id, stamp);
        Ok(stamp)
    }

    /// The other slot that already has the name which an edit sets.
    fn holder(&self, entry: &Entry) -> Option<String> {
        let (_, name) =
            entry.edit.values.iter().find(|(column, _)| entry.edit.entity == SLOT && *column == 0)?;
        let mut slots = self.backend.rows.iter().filter(|((entity, _), _)| *entity == SLOT);
        let holds = |((_, key), (_, values)): &(&(EntityId, String), &(Stamp, Vec<Value>))| {
            *key != entry.onto && values[0] == *name
        };
        slots.find(holds).map(|((_, key), _)| key.clone())
    }

    fn settle(
        &mut self,
        (device, scope): (u32, &Rows),
        entry: Entry,
        outcome: Result<Stamp, (Option<Refusal>, Option<String>)>,
    ) {
        let row = (entry.edit.entity, entry.onto.clone());
        match outcome {
            Ok(stamp) => self.acknowledge(device, &entry, stamp),
            Err((None, _)) => {
                let current = scope.get(&row).cloned();
                if let (VISIT, Some((stamp, _))) = (row.0, &current) {
                    // The response brings the version that the backend keeps.
                    self.applied(device, &row.1, *stamp, false);
                }
                self.set_row(device, &row, current);
                self.log(device, &entry, LogKind::Rejected);
                self.drop_entry(device, entry.edit.id);
            }
            Err((Some(why), other)) => self.conflict((device, scope), entry, why, other),
        }
    }

    pub(super) fn acknowledge(&mut self, device: u32, entry: &Entry, stamp: Stamp) {
        let row = (entry.edit.entity, entry.onto.clone());
        let phone = &mut self.phones[device as usize];
        match entry.edit.kind {
            EditKind::Delete => drop(phone.rows.remove(&row)),
            _ => {
                let before = phone.rows.get(&row).map(|r| r.1.clone()).unwrap_or_default();
                phone.rows.insert(row, (stamp, apply(&entry.edit, before)));
            }
        }
        self.drop_entry(device, entry.edit.id);
        for other in self.phone(device).outbox.iter_mut().filter(|e| e.onto == entry.onto) {
            other.base = Some(stamp);
        }
        let (edit, entity, key) = (entry.edit.id, entry.edit.entity, Key::new(&entry.onto));
        self.emit(device, EngineEvent::EditAcknowledged { edit, entity, key: &key, stamp });
    }

    fn conflict(&mut self, (device, scope): (u32, &Rows), entry: Entry, why: Refusal, other: Option<String>) {
        let (id, entity) = (entry.edit.id, entry.edit.entity);
        let theirs = other.map(|key| (entity, key));
        // The phone does not see a row that has left its scope.
        let current = theirs.as_ref().and_then(|row| scope.get(row).cloned());
        let renames = why == Refusal::Taken && (entry.edit.kind == EditKind::Update || entry.as_update);
        let equal = match (&current, entry.edit.kind) {
            _ if renames => false,
            (None, kind) => kind == EditKind::Delete && why == Refusal::Gone,
            (Some(_), EditKind::Delete) => false,
            (Some((_, values)), _) => {
                entry.edit.values.iter().all(|(column, value)| values[*column] == *value)
            }
        };
        let remote = current.as_ref().map_or(self.stamp(), |c| c.0);
        let local = current.is_some() && entry.made_at > remote && !equal && !renames;
        let kind = match (equal, why) {
            (true, _) => ConflictKind::Equal,
            _ if renames => ConflictKind::UpdateTaken,
            (_, Refusal::Exists | Refusal::Taken) => ConflictKind::InsertInsert,
            (_, Refusal::Gone) => ConflictKind::UpdateDelete,
            (_, Refusal::Stale) => ConflictKind::UpdateUpdate,
        };
        if !equal {
            self.phone(device).conflicts.insert(id);
        }
        let key = Key::new(&entry.onto);
        let decision = if local { Decision::Local } else { Decision::Remote };
        let sides = Sides { local: entry.made_at, remote, edited: None };
        self.emit(
            device,
            EngineEvent::ConflictDecided { edit: id, entity, key: &key, kind, decision, sides },
        );
        if let (true, Some(theirs)) = (local, &theirs) {
            self.log(device, &entry, LogKind::Overwrote);
            self.refused.remove(&id);
            let mine = self.phone(device).outbox.iter_mut().find(|e| e.edit.id == id).unwrap();
            mine.as_update = entry.edit.kind == EditKind::Create;
            (mine.onto, mine.base) = (theirs.1.clone(), Some(remote));
            return;
        }
        if !renames {
            let row = (entity, entry.onto.clone());
            self.set_row(device, &row, scope.get(&row).cloned());
        }
        self.drop_entry(device, id);
        if equal {
            self.emit(device, EngineEvent::EditAcknowledged { edit: id, entity, key: &key, stamp: remote });
        } else {
            self.log(device, &entry, LogKind::Superseded);
        }
    }

    fn set_row(&mut self, device: u32, row: &(EntityId, String), to: Option<(Stamp, Vec<Value>)>) {
        let rows = &mut self.phone(device).rows;
        match to {
            Some(values) => rows.insert(row.clone(), values),
            None => rows.remove(row),
        };
    }
    fn log(&mut self, device: u32, entry: &Entry, kind: LogKind) {
        let (edit, entity, key) = (entry.edit.id, entry.edit.entity, Key::new(&entry.onto));
        let line = LogEntry { edit: Some(edit), entity, key: key.clone(), kind, met: None };
        self.phone(device).log.push(line);
        self.emit(device, EngineEvent::EditLogged { edit, entity, key: &key, kind });
    }
    fn drop_entry(&mut self, device: u32, id: EditId) {
        self.phone(device).outbox.retain(|e| e.edit.id != id);
    }

    /// Pulls all changes, except those of rows with local edits.
    pub(super) fn pull(&mut self, device: u32) {
        self.later(1);
        let scope = self.scope(device);
        let phone = &mut self.phones[device as usize];
        let dirty: BTreeSet<_> = phone.outbox.iter().map(|e| (e.edit.entity, e.onto.clone())).collect();
        let ids: BTreeSet<_> = scope.keys().chain(phone.rows.keys()).cloned().collect();
        let changed: Vec<_> =
            ids.into_iter().filter(|id| !dirty.contains(id) && scope.get(id) != phone.rows.get(id)).collect();
        let now = self.stamp();
        for id in &changed {
            self.set_row(device, id, scope.get(id).cloned());
        }
        let stamp = |id| scope.get(id).map_or(now, |row: &(Stamp, _)| row.0);
        let changes = changed.iter().map(|id| {
            let (stamp, removed) = (stamp(id), !scope.contains_key(id));
            AppliedChange { entity: id.0, key: &id.1, stamp, removed, values: None }
        });
        let changes: Vec<_> = changes.collect();
        self.chunk(device, &changes);
    }
    pub(super) fn applied(&mut self, device: u32, key: &str, stamp: Stamp, removed: bool) {
        self.chunk(device, &[AppliedChange { entity: VISIT, key, stamp, removed, values: None }]);
    }
    /// Inspects the phone's database.
    pub(super) fn look(&mut self, device: u32) {
        self.oracle.look(DeviceId(device), &self.phones[device as usize]);
    }
    pub(super) fn chunk(&mut self, device: u32, changes: &[AppliedChange<'_>]) {
        self.emit(device, EngineEvent::ChunkApplied { unit: Some(UNIT), changes, echoed: 0, took: Span(1) });
    }
    pub(super) fn drain(&mut self) {
        for _ in 0..20 {
            for device in 0..4 {
                self.push(device, true);
                self.pull(device);
            }
        }
    }
    /// The verdict. If `rests` is false, no device comes to rest.
    pub(super) fn verdict(self, rests: bool) -> Verdict {
        let mut inspection = self.oracle.begin_check(self.now, &self.backend, &|| false);
        self.left.iter().for_each(|(device, at)| inspection.leaves(*device, (*at, 0)));
        for (device, phone) in (0..).map(DeviceId).zip(&self.phones) {
            if rests {
                inspection.check_device(device, phone);
            } else {
                inspection.check_stuck_device(device, "it never rests", Some(phone));
            }
        }
        inspection.finish()
    }
}

fn apply(edit: &LocalEdit, mut values: Vec<Value>) -> Vec<Value> {
    for (column, value) in &edit.values {
        if values.len() <= *column {
            values.resize(column + 1, Value::Null);
        }
        values[*column] = value.clone();
    }
    let whole = if edit.entity == VISIT && edit.kind == EditKind::Create { HIDDEN } else { 0 };
    values.resize(values.len().max(whole), Value::Null);
    values
}

impl DeviceView for Phone {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        let mut shown = self.rows.clone();
        for entry in &self.outbox {
            let row = (entry.edit.entity, entry.onto.clone());
            let (stamp, values) = shown.remove(&row).unwrap_or_default();
            if entry.edit.kind != EditKind::Delete {
                shown.insert(row, (stamp, apply(&entry.edit, values)));
            }
        }
        for ((_, key), (stamp, values)) in shown.iter().filter(|((e, _), _)| *e == entity) {
            let refs: Vec<ValueRef<'_>> = values.iter().map(shown_value).collect();
            for _ in 0..=usize::from(self.doubled.contains(key)) {
                f(key, *stamp, &refs);
            }
        }
    }
    fn pending(&self) -> Vec<PendingEdit> {
        let pending = |e: &Entry| PendingEdit {
            edit: e.edit.id,
            entity: e.edit.entity,
            key: Key::new(&e.onto),
            attempts: 1,
            last_error: Some("throttled".to_owned()),
        };
        self.outbox.iter().map(pending).collect()
    }
    fn log(&self) -> Vec<LogEntry> {
        self.log.clone()
    }
    fn attachments(&self) -> Vec<BlobId> {
        self.attached.clone()
    }
}
