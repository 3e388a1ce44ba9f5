//! The listener: updates the model at each event, and runs the checks that can report at once.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::base::{DeviceId, EditId, EntityId, Stamp, Time, Value};
use crate::contract::{
    AppliedChange, Attributes, Author, CommitKind, ConflictKind, Decision, EditKind, EngineEvent, Event,
    KillReason, LocalEdit, LogKind, NamedBy, Node, Occurrence, PageEvent, PhoneEvent, Refusal, Sides,
    SyncError,
};
use crate::oracle::checks::{
    self, CommitCase, DANGLING_ID, EditAt, ID_TWICE, NOT_TAKEN, OF_COMMITS, OWN_WRITE_VANISHED, REORDERED,
    RULES, SILENT_DISCARD, ShownCase, WENT_BACK,
};
use crate::oracle::final_checks::{AfterHours, Attachments, By, MiscountedConflicts, overwritten};
use crate::oracle::model::{
    All, At, ChangeOfSight, Commit, Edit, Families, FirstKeys, GaveWay, Held, History, IntentLog, Ledger,
    Names as Keys, OnMove, Places, Refused, RowHash, RowId, Sights, move_scopes, places_of,
};
use crate::oracle::watch::{Ended, Looks, Reported, Shown, Watched, check_stamp, served};
use crate::oracle::words::Latest;
use crate::oracle::{Findings, Heard, OracleSetup, Suspicion};

/// The oracle of one run: the reference model and the findings so far.
pub struct Oracle {
    pub(crate) setup: Rc<OracleSetup>,
    /// By device and entity, the values of scope columns that its rows have.
    pub(crate) places: Vec<Rc<Places>>,
    pub(crate) history: History,
    pub(crate) names: Rc<Keys>,
    renames: bool,
    pub(crate) held: Held,
    pub(crate) shown: Shown,
    pub(crate) sights: Sights,
    pub(crate) ledger: Ledger,
    pub(crate) intents: IntentLog,
    pub(crate) watched: Vec<Watched>,
    pub(crate) latest: Latest,
    pub(crate) attachments: Attachments,
    pub(crate) parts_seen: u64,
    pub(crate) looks: Looks,
    pub(crate) now: Time,
    /// By device, when its process last died in a transaction that it may not have reported.
    pub(crate) cut_short: FxHashMap<DeviceId, Time>,
    pub(crate) findings: Findings,
    /// Edits that replaced a version unseen by their device, or that took effect out of order.
    pub(crate) suspicions: Vec<Suspicion>,
    pub(crate) overwritten: u64,
    /// Edits that lost a conflict, with the number of lost columns. `overwritten` includes them.
    pub(crate) gave_way: Vec<(EditId, u64)>,
    pub(crate) miscalled: MiscountedConflicts,
    pub(crate) families: Families,
    pub(crate) kept_both: u64,
    /// Finds rows that arrive only because of a sync after the script, not with the everyday syncs.
    pub after_hours: AfterHours,
}

impl Oracle {
    /// Makes an oracle that has seen no event.
    pub fn new(setup: OracleSetup) -> Oracle {
        let setup = Rc::new(setup);
        let (schema, devices) = (&setup.labels.schema, setup.attributes.len());
        let mut shared: FxHashMap<u64, Rc<Places>> = FxHashMap::default();
        let mut hash = RowHash::default();
        let mut places = |attributes: &Attributes| {
            let places = || places_of(schema, attributes);
            Rc::clone(shared.entry(hash.own(attributes.iter())).or_insert_with(places))
        };
        Oracle {
            places: setup.attributes.iter().map(&mut places).collect(),
            history: History::new(Arc::clone(schema), Rc::clone(&setup.initial)),
            names: Rc::new(Keys::new(Arc::clone(schema))),
            renames: schema.renames_any(),
            held: Held::default(),
            shown: Shown::default(),
            sights: Sights::default(),
            ledger: Ledger::new(devices, setup.definition, &setup.combined),
            intents: IntentLog::default(),
            watched: (0..devices).map(|_| Watched::new(&setup)).collect(),
            latest: Latest::default(),
            attachments: Attachments::new(setup.durable),
            parts_seen: 0,
            looks: Looks::default(),
            now: Time::ZERO,
            cut_short: FxHashMap::default(),
            findings: Findings::new(Rc::clone(&setup), RULES),
            suspicions: Vec::new(),
            overwritten: 0,
            gave_way: Vec::new(),
            miscalled: MiscountedConflicts::default(),
            families: Families::default(),
            kept_both: 0,
            after_hours: AfterHours::default(),
            setup,
        }
    }

    /// Processes an event.
    pub fn on(&mut self, occurrence: &Occurrence<'_>) {
        let Occurrence { at, node, event } = *occurrence;
        self.now = at;
        self.learn(node, &event);
        if self.names.is_empty() {
            return self.told(occurrence);
        }
        let (own, changes) = (FirstKeys::default(), OnceCell::new());
        let event = Rc::clone(&self.names).told(event, &own, &changes);
        self.told(&Occurrence { at, node, event });
    }

    /// An engine without runs reports whether it is caught up. `at_work`: it may use the network.
    pub fn says_caught_up(&mut self, at: Time, device: DeviceId, (is, at_work): (bool, bool)) {
        let watched = &mut self.watched[device.0 as usize];
        watched.each(|one| one.says_caught_up(is));
        let now = &mut Ended { at, device, setup: &self.setup, findings: &mut self.findings };
        watched.owing.says_caught_up(is || at_work, now);
    }

    /// True if the caller must call [`saw`](Oracle::saw) before an edit of this entity.
    pub fn wants_shown(&self, entity: EntityId) -> bool {
        self.ledger.combined.of(entity).next().is_some()
    }
    /// Records the row that the app shows just before an edit, with the device's columns.
    pub fn saw(&mut self, edit: EditId, entity: EntityId, shown: &[Value]) {
        let of = self.setup.labels.schema.entity(entity);
        self.ledger.combined.saw(edit, entity, of, shown);
    }

    fn learn(&mut self, node: Node, event: &Event<'_>) {
        if !self.renames {
            return;
        }
        let device = if let Node::Device(device) = node { Some(device) } else { None };
        if let Some(twice) = Rc::make_mut(&mut self.names).learn(event) {
            let concerns = (device, Some((twice.entity, twice.rows[1].as_str())));
            let schema = &self.names.schema;
            self.findings.add(&ID_TWICE, concerns, || checks::id_twice(schema, &twice));
        }
        if let Some((concerns, text)) = checks::outdated_reference(&self.names, event) {
            self.findings.add(&DANGLING_ID, concerns, || text);
        }
    }

    fn told(&mut self, occurrence: &Occurrence<'_>) {
        let Occurrence { at, node, event } = occurrence;
        self.families.on(occurrence, &self.setup.labels.schema, &self.history);
        self.attachments.on(*node, event, &self.setup.labels.schema);
        match (node, event) {
            (Node::Backend, Event::Restored { to, .. }) => self.backend_went_back(*at, *to),
            (Node::World, Event::DayBegan { day }) => self.scopes_move(*at, |all, f| all.begin_day(*day, f)),
            _ => self.on_backend(*at, event),
        }
        let served = served(event).and_then(|device| self.watched.get_mut(device.0 as usize));
        served.into_iter().for_each(|served| served.each(|one| one.on_server(event)));
        if let (Node::Backend | Node::Gateway, Event::Restored { .. }) = (node, event) {
            self.watched.iter_mut().for_each(|watched| watched.each(|one| one.server_went_back()));
        }
        let Node::Device(device) = node else { return };
        if let Event::BecameCopy { of, .. } = event {
            self.watched[of.0 as usize].each(|one| one.was_copied());
        }
        let (setup, findings) = (&*self.setup, &mut self.findings);
        let heard = &mut Heard { at: *at, device: *device, event, out: None, setup, findings };
        self.watched[device.0 as usize].on(heard);
        self.latest.on(*device, event, &mut self.history);
        self.looks.on(*device, event);
        self.on_device(*at, *device, event);
    }

    fn scopes_move(&mut self, at: Time, change: impl FnOnce(&mut History, &mut OnMove<'_>)) {
        let held = &mut self.held;
        let moved = move_scopes(at, &mut self.history, held, &mut self.sights, &self.places, change);
        self.watched.iter_mut().for_each(|watched| watched.each(|one| one.rows_moved(&moved)));
    }

    fn on_backend(&mut self, at: Time, event: &Event<'_>) {
        match *event {
            Event::Committed { entity, key, stamp, kind, values, author, .. } => {
                let id = self.history.remember(entity, key);
                self.committed(id, Commit { at, stamp, kind, values, author });
            }
            Event::CommitDelayed { entity, key, stamp, until } => {
                let row = self.history.remember(entity, key);
                self.history.delay(row, stamp, until);
            }
            Event::MutationRefused { edit, entity, key, kind, conflict, holder } => {
                let holder = holder.filter(|_| conflict.is_some());
                let row = self.history.remember(entity, holder.unwrap_or(key).as_str());
                let by = self.setup.labels.schema.naming(entity).by;
                if by == NamedBy::NaturalKey && (kind, conflict) == (EditKind::Create, Some(Refusal::Taken)) {
                    let own = self.history.remember(entity, key);
                    _ = self.intents.beside.elsewhere.insert(own, row);
                }
                let stands = conflict.map(|why| Refused { why, row, kind });
                if conflict == Some(Refusal::Taken) && holder.is_some() {
                    self.check_natural_key_holder(at, edit, |case| checks::not_taken(case, row));
                }
                let all = All { history: &self.history, places: &self.places[edit.device.0 as usize] };
                self.ledger.refused(at, edit, stands, all);
                if conflict.is_none() {
                    self.ledger.parted(edit);
                    self.rejected(at, edit);
                }
            }
            Event::UploadQueued { edit }
            | Event::UploadWaits { edit }
            | Event::MutationPutOff { edit, .. } => self.ledger.waits(edit),
            Event::EditsCarried { edit, others } => self.ledger.combined.brings(edit, others),
            Event::EditRemade { edit, columns } => {
                self.ledger.combined.remade.insert(edit, columns.to_vec());
            }
            Event::GaveWayByColumn { edit } => self.ledger.gave_way_by_column(edit, &self.history),
            Event::MutationReplayed { edit } => {
                let all = All { history: &self.history, places: &self.places[edit.device.0 as usize] };
                self.ledger.stands(edit, all);
            }
            _ => {}
        }
    }

    fn check_natural_key_holder(
        &mut self,
        at: Time,
        id: EditId,
        check: impl FnOnce(&EditAt<'_>) -> Option<String>,
    ) {
        let Some(edit) = self.ledger.get(id) else { return };
        let (words, ledger, history) = (&self.setup.labels, &self.ledger, &self.history);
        let text = check(&EditAt { words, at, edit, ledger, history });
        self.findings.found(&NOT_TAKEN, (Some(id.device), Some((edit.entity, &edit.key))), text);
    }

    fn committed(&mut self, id: RowId, commit: Commit<'_>) {
        let author = if let Author::Device(edit) = commit.author { Some(edit) } else { None };
        let by = author.map_or(DeviceId(u32::MAX), |edit| edit.device);
        let places = self.places.get(by.0 as usize);
        let row = self.history.row(id);
        let case = CommitCase {
            words: &self.setup.labels,
            at: commit.at,
            row,
            id,
            kind: commit.kind,
            values: commit.values,
            author: commit.author,
            edit: author.and_then(|edit| self.ledger.get(edit)),
            ledger: &self.ledger,
            history: &self.history,
            place: places.map(|places| self.sights.scope_of(by, row, places)),
            creates: author.is_some_and(|edit| self.ledger.creates(edit.device, id)),
            split_off: author.is_some_and(|edit| self.intents.beside.split_off(edit, &row.key)),
        };
        for (rule, check) in OF_COMMITS {
            self.findings.found(rule, case.concerns(), check(&case));
        }
        let committed = (author.map_or(0, |edit| self.ledger.lives.now(edit.device)), commit.at);
        let mut suspect = |check, edit, text| {
            let record = (row.entity, row.key.clone());
            self.suspicions.push(Suspicion { check, edit, record, committed, text });
        };
        if let (Some(edit), Some(text)) = (author, checks::blind_overwrite(&case)) {
            suspect(&SILENT_DISCARD, edit, text);
        }
        if let (Some(edit), Some(text)) = (author, self.intents.judge(&case, &mut self.findings)) {
            suspect(&REORDERED, edit, text);
        }
        self.overwritten += overwritten::by_commit(&case, overwritten::read) + overwritten::untouched(&case);
        self.miscalled.committed(&case);
        self.kept_both += u64::from(case.split_off && commit.kind == CommitKind::Insert);
        self.intents.backend_went_back |= matches!(commit.author, Author::Upload(_));
        self.ledger.uploaded_over(id, row.values.as_deref(), commit);
        let before = self.history.commit(id, commit);
        if self.history.is_cut(self.history.row(id).entity) {
            self.scopes_move(commit.at, |all, f| all.cut_again(all.row(id).entity, Some(id), f));
        }
        self.sights.committed(self.history.row(id), commit, &self.places);
        self.ledger.committed(id, before.as_deref(), author, self.history.row(id));
        if let Some(edit) = author {
            let versions = self.history.row(id).versions.len();
            self.held.wrote_over(id, edit.device, versions - 1);
            self.take(commit.at, edit.device, id, versions, commit.kind == CommitKind::Delete);
            self.shown.committed(id, edit.device, versions, commit.at);
            // The device may have dropped an edit that its copy has sent now.
            let by_copy = self.ledger.was_asked_elsewhere(edit, edit.device);
            self.held.perhaps_less((id, edit.device), by_copy);
        }
    }
    fn rejected(&mut self, at: Time, id: EditId) {
        let Some(edit) = self.ledger.get(id) else { return };
        let (words, ledger, history) = (&self.setup.labels, &self.ledger, &self.history);
        let turn = EditAt { words, at, edit, ledger, history };
        self.intents.rejected(&turn, &mut self.findings);
    }
    fn on_device(&mut self, at: Time, device: DeviceId, event: &Event<'_>) {
        match *event {
            Event::ProcessKilled { reason } => self.process_ended(at, device, reason),
            Event::EditMade { edit, .. } => {
                self.intents.made(edit);
                if self.ledger.get(edit.id).is_some() {
                    return;
                }
                let row = self.history.remember(edit.entity, &edit.key);
                let told = self.held.versions(row, edit.id.device);
                let perhaps = self.perhaps_held(row, edit.id.device);
                let reached = self.held.reached(row, edit.id.device);
                self.ledger.made(at, edit, row, (told.max(perhaps), reached));
                let found = (self.history.row(row), told);
                let sure = perhaps <= told && !self.held.is_unsure(row, edit.id.device);
                self.ledger.found_by(at, edit.id, None, found, sure);
            }
            Event::EditMissed { edit, .. } => {
                self.intents.missed(edit);
                self.ledger.missed(at, edit);
            }
            Event::EditRefused { edit, error } => self.intents.refused(edit, error),
            Event::CutShort => {
                self.cut_short.insert(device, at);
                self.ledger.cut_short(device);
            }
            Event::Restored { to, life } => self.put_in(at, device, (device, life), to),
            Event::Phone(event) => self.of_phone(device, event),
            Event::Reassigned { attributes } => self.reassigned(at, device, attributes),
            Event::BecameCopy { of, then: None, unseen } => self.became_copy(at, device, of, unseen),
            Event::BecameCopy { of, then: Some((to, life)), .. } => self.put_in(at, device, (of, life), to),
            Event::Engine(event) => self.of_engine(at, device, event),
            _ => {}
        }
    }
    fn reassigned(&mut self, at: Time, device: DeviceId, attributes: &[Value]) {
        let after = places_of(&self.setup.labels.schema, attributes);
        let before = std::mem::replace(&mut self.places[device.0 as usize], Rc::clone(&after));
        self.held.settle(All { history: &self.history, places: &before }, device, at);
        let change = ChangeOfSight { at, device, before: &before, after: &after };
        self.sights.reassigned(&self.history, change);
    }
    fn of_engine(&mut self, at: Time, device: DeviceId, event: EngineEvent<'_>) {
        match event {
            EngineEvent::StorageFull | EngineEvent::SyncError { error: SyncError::StorageFull, .. } => {
                self.ledger.unsettled(device);
            }
            EngineEvent::SyncComplete { .. } => self.ledger.settled(device),
            EngineEvent::EditsSquashed { edit, with, stays: false, .. } => {
                self.ledger.squashed(at, edit, with)
            }
            EngineEvent::EditSent { edit, entity, key, request } => {
                self.ledger.sent(device, edit, request);
                let known = self.history.find(entity, key);
                let new = known.is_none_or(|row| self.history.row(row).versions.is_empty());
                self.intents.sent(&self.ledger, device, edit, key, new);
            }
            EngineEvent::ResponseReceived { request, kind, .. } if kind.pushes() => {
                self.ledger.request_ended(device, request, true);
            }
            EngineEvent::RequestFailed { request, .. } | EngineEvent::RequestRefused { request, .. } => {
                self.ledger.request_ended(device, request, false);
            }
            EngineEvent::ChunkApplied { unit, changes, .. } => {
                (0..changes.len()).for_each(|nth| self.applied(at, (device, unit), &changes[nth..]));
            }
            EngineEvent::TableEmptied { entity, .. } => self.sights.emptied(device, entity, at),
            EngineEvent::EditUnchanged { edit, .. } => _ = self.ledger.unchanged.insert(edit),
            EngineEvent::EditAcknowledged { edit, entity, key, stamp } => {
                let row = self.history.remember(entity, key);
                self.acknowledged((at, device), edit, row, stamp);
            }
            EngineEvent::ConflictDecided { edit, entity, key, kind, decision, sides } => {
                let own = self.history.remember(entity, key);
                let gave_way = self.decided((at, device), (edit, own), (kind, decision), sides);
                self.overwritten += gave_way.ours + gave_way.theirs;
                self.gave_way.push((edit, gave_way.ours));
            }
            EngineEvent::Page(PageEvent::Resolved { edit, entity, key, kind, decision, sides, .. }) => {
                let own = self.history.remember(entity, key);
                self.decided((at, device), (edit, own), (kind, decision), sides);
                if decision == Decision::Remote {
                    self.ledger.given_up_by_person(edit, device);
                }
            }
            EngineEvent::EditLogged { edit, kind, .. } => self.logged((at, device), edit, kind),
            _ => {}
        }
    }
    fn of_phone(&mut self, device: DeviceId, event: PhoneEvent) {
        self.intents.persons.on(device, event);
        self.ledger.lives.on(device, event);
        if event == PhoneEvent::Upgraded && self.setup.resets {
            self.ledger.emptied(device);
            self.shown.forget(device, self.now);
        }
    }
    fn logged(&mut self, (at, device): (Time, DeviceId), edit: EditId, kind: LogKind) {
        self.ledger.logged((at, device), edit, kind);
        if kind == LogKind::Rejected {
            self.ledger.given_up(at, device, edit);
        }
    }

    /// Processes a conflict decision. Returns how many columns of each side were replaced.
    fn decided(
        &mut self,
        (at, device): (Time, DeviceId),
        (edit, own): (EditId, RowId),
        (kind, decision): (ConflictKind, Decision<'_>),
        sides: Sides,
    ) -> GaveWay {
        if matches!(kind, ConflictKind::InsertInsert | ConflictKind::UpdateTaken) {
            self.check_natural_key_holder(at, edit, checks::merged_with_nobody);
        }
        // Until a person decides, the table does not have the other version.
        let goes = !matches!(decision, Decision::Remote | Decision::Same | Decision::Parked);
        // The device gets the other row only if the decision applies the edit to that row.
        let other = self.ledger.other_row(edit);
        self.held.read(other.filter(|_| goes).unwrap_or(own), device);
        let (row, seen) = match other {
            Some(other) if goes => (other, self.met(at, device, other, sides.remote)),
            Some(_) => (own, 0),
            None => (own, self.met(at, device, own, sides.remote)),
        };
        self.intents.beside.decided(edit, decision);
        self.intents.apply_to_later_edits(&self.ledger, edit, own, decision);
        let of = (self.history.row(row), seen);
        let all = |row: RowId| (self.history.row(row), self.history.row(row).versions.len());
        let stays = other.map_or(of, all);
        let is_one = kind != ConflictKind::Equal;
        if let Some(made) = self.ledger.get(edit).filter(|_| is_one) {
            self.miscalled.decided(device, made, of, other.is_none(), &self.ledger);
        }
        let gave_way = self.ledger.get(edit).map_or_else(GaveWay::default, |made| {
            overwritten::by_rule(decision, made, of, stays, &self.ledger)
        });
        let place = self.ledger.place(device, at);
        if let Some(of_edit) = self.ledger.get(edit).map(|made| made.row) {
            self.ledger.found.decided(place, (edit, of_edit), decision, of);
        }
        self.ledger.decided((at, device), edit, row, (decision, is_one), (seen, gave_way), &self.history);
        if decision == Decision::Remote {
            self.ledger.parted(edit);
        }
        gave_way
    }
    fn process_ended(&mut self, at: Time, device: DeviceId, reason: KillReason) {
        self.ledger.process_ended(device);
        self.intents.ended.insert(device, at);
        if reason == KillReason::PowerLoss && !self.setup.durable {
            self.ledger.lost_power(device, at);
            self.shown.forget(device, at);
        }
    }

    fn put_in(&mut self, at: Time, device: DeviceId, (of, life): (DeviceId, u32), to: Time) {
        let present = self.ledger.lives.now(device);
        let goes_on = of != device && self.ledger.lives.now(of) == life;
        if of == device {
            self.ledger.went_back(device, life, to);
        } else {
            self.ledger.became_copy(device, (of, life, to), Vec::new());
        }
        self.shown.forget(device, at);
        let Some(places) = self.places.get(device.0 as usize) else { return };
        let all = All { history: &self.history, places };
        self.held.go_back(all, (device, present), (of, life, goes_on), to, at);
    }

    fn became_copy(&mut self, at: Time, device: DeviceId, of: DeviceId, unseen: &[LocalEdit]) {
        for edit in unseen {
            self.intents.made(edit);
            let row = self.history.remember(edit.entity, &edit.key);
            let seen = self.history.row(row).versions.len();
            self.ledger.made(at, edit, row, (seen, self.held.reached(row, of)));
        }
        let ids = unseen.iter().map(|edit| edit.id).collect();
        let (present, life) = (self.ledger.lives.now(device), self.ledger.lives.now(of));
        self.ledger.became_copy(device, (of, life, at), ids);
        for edit in unseen {
            let row = self.history.remember(edit.entity, &edit.key);
            let told = (self.history.row(row), self.held.versions(row, of));
            self.ledger.found_by(at, edit.id, Some(device), told, false);
        }
        self.shown.became_copy(device, of, at);
        // If the device goes back to its own backup later, its own last death counts again.
        if let Some(cut) = self.cut_short.get(&of).copied() {
            let own = self.cut_short.entry(device).or_insert(cut);
            *own = cut.max(*own);
        }
        let Some(places) = self.places.get(device.0 as usize) else { return };
        let all = All { history: &self.history, places };
        self.held.copy(all, of, (device, present), at);
    }

    fn backend_went_back(&mut self, at: Time, to: Time) {
        for (_, row) in self.history.rows() {
            for version in row.versions.iter().filter(|version| version.at >= to) {
                if let Author::Device(edit) = version.author {
                    self.ledger.undone(edit);
                }
            }
        }
        self.intents.backend_went_back = true;
        self.history.go_back(to, at);
    }

    /// A pulled change is durable. For a row without commits, only a removal is recorded.
    fn applied(&mut self, at: Time, (device, unit): By, changes: &[AppliedChange<'_>]) {
        let change = &changes[0];
        self.sights.applied(at, device, change);
        let id = match self.history.find(change.entity, change.key) {
            Some(id) => id,
            None if change.removed => self.history.remember(change.entity, change.key),
            None => return,
        };
        if !change.removed {
            check_stamp(&mut self.findings, (device, "applied"), self.history.row(id), change.stamp);
        }
        let row = self.history.row(id);
        let brought = Reported::of(change, self.held.versions(id, device), row, &self.history);
        let versions = brought.versions;
        self.after_hours.brings(&mut self.findings, (device, unit), row, brought);
        if let Some(places) = self.places.get(device.0 as usize) {
            let at = At { device, place: &places[usize::from(row.entity.0)], now: at };
            self.held.look_at(id, row, at, versions, change.removed);
        }
        // A later change in the same transaction replaces this one, so nobody sees it.
        if !changes[1..].iter().any(|later| (later.entity, later.key) == (change.entity, change.key)) {
            self.look_back(at, device, id, brought);
        }
        self.take(at, device, id, versions, change.removed);
        self.held.told(id, device);
        self.held.read(id, device);
        self.shown.told(id, device, versions, at);
        let (row, places) = (self.history.row(id), self.places.get(device.0 as usize));
        if change.removed && places.is_some_and(|p| row.has(versions, &p[usize::from(row.entity.0)])) {
            self.shown.vague.insert((id, device));
        }
        if !change.removed && !self.setup.capabilities.acknowledges {
            self.ledger.took(device, id, versions, &self.history);
        }
    }
    fn look_back(&mut self, now: Time, device: DeviceId, id: RowId, brought: Reported) {
        let Reported { had, versions: has, stamp, removed } = brought;
        if has >= had || !self.shown.knows(id, device) {
            return;
        }
        let Some(places) = self.places.get(device.0 as usize) else { return };
        let row = self.history.row(id);
        let (first, words) = (self.history.first_of(row, has), &self.setup.labels);
        let place = &*places[usize::from(row.entity.0)];
        let case = ShownCase { words, device, now, row, place, had, has, stamp, removed, first };
        let Some(text) = checks::went_back(&case) else { return };
        let concerns = (Some(device), Some((row.entity, row.key.as_str())));
        let own = checks::own_write_vanished(&case);
        self.findings.found(&OWN_WRITE_VANISHED, concerns, own);
        self.findings.add(&WENT_BACK, concerns, || text);
        self.shown.went_back(id, device, had, now);
    }
    fn perhaps_held(&self, row: RowId, device: DeviceId) -> usize {
        let Some(cut) = self.cut_short.get(&device) else { return 0 };
        self.history.row(row).versions.iter().take_while(|of| of.at <= *cut).count()
    }
    fn acknowledged(&mut self, (at, device): (Time, DeviceId), edit: EditId, row: RowId, stamp: Stamp) {
        let place = self.ledger.place(device, at);
        self.ledger.acknowledged(place, edit, self.history.row(row).values.as_deref());
        let dated = |edit: &Edit| edit.kind != EditKind::Delete && edit.commits > 0;
        if self.ledger.get(edit).is_some_and(dated) {
            let what = (device, "got the report that its edit is on the backend, of");
            check_stamp(&mut self.findings, what, self.history.row(row), stamp);
        }
        let versions = self.met(at, device, row, stamp);
        // If a copy sent the edit, its version may be older than the device's own.
        let older = versions < self.held.versions(row, device);
        let by_copy = self.ledger.was_asked_elsewhere(edit, device);
        self.held.perhaps_less((row, device), older && by_copy);
    }

    /// The backend's version with this stamp came. Returns how many versions the device has seen.
    fn met(&mut self, at: Time, device: DeviceId, id: RowId, stamp: Stamp) -> usize {
        let row = self.history.row(id);
        let versions = row.held_with(stamp);
        if versions < self.held.versions(id, device) {
            return versions;
        }
        let gone = versions > 0 && row.versions[versions - 1].gone;
        self.take(at, device, id, versions, gone);
        self.held.told(id, device);
        self.shown.told(id, device, versions, at);
        if gone {
            self.shown.gone_by_verdict.insert((id, device));
        }
        versions
    }
    fn take(&mut self, now: Time, device: DeviceId, id: RowId, versions: usize, removed: bool) {
        let row = self.history.row(id);
        let Some(places) = self.places.get(device.0 as usize) else { return };
        let place = &places[usize::from(row.entity.0)];
        self.held.take(id, row, At { device, place, now }, versions, removed);
    }
}
