//! Replays a history to the oracle (the judge), and to recorders of the lives of rows.

use std::collections::BTreeSet;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::finals::{Final, Finals};
use super::perform::{Act, Moment, State, Whose, after, reads_alike, rows_alike};
use super::recorded::{EditAt, Ground, History, Row, When};
use super::runs::{Flow, Turn};
use super::views::{Rows, ShownRow, View, is_in_scope};
use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Time, Value};
use crate::contract::{
    Author, Capabilities, CommitKind, ConflictKind, Decision, EngineEvent, Event, KillReason, LocalEdit,
    LogEntry, Node, Occurrence, PendingEdit, Sides, SyncError,
};
use crate::oracle::{Clock, Definition, Labels, Life, Oracle, OracleSetup, Patience, Verdict};

/// An event that is replayed.
pub(super) enum Told<'m> {
    Of(&'m Moment),
    Flow(&'m Flow),
}

/// The time at which a row was observed, and its shown values.
type Look<'f> = (When, Option<&'f [Value]>);

/// The rows of devices that are checked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// If set, only these rows are checked.
    pub(super) only: Option<&'a [Row]>,
    pub(super) aside: &'a BTreeSet<Row>,
}

/// Replays events to listeners, and tracks the backend's rows.
pub(super) struct Teller<'h> {
    ground: &'h Ground,
    history: &'h History,
    pub(super) labels: Labels,
    /// The instant of virtual time zero, in microseconds since 1970.
    origin: i64,
    /// The devices that take part. A device's index here is its number in the replay.
    devices: Vec<u32>,
    oracle: Option<Oracle>,
    pub(super) lives: Vec<Life>,
    rows: Rows,
    /// The commits of each row, in the order of the replay.
    versions: FxHashMap<&'h Row, Vec<usize>>,
    numbers: FxHashMap<EditAt, EditId>,
    /// The edits of each device, in the order in which they were made.
    made: Vec<Vec<EditAt>>,
    /// Edits that are committed or finished.
    ended: FxHashMap<EditAt, ()>,
    now: Time,
}

pub(super) fn labels(ground: &Ground, origin: i64) -> Labels {
    let clock = Clock { start: Stamp(origin), utc_offset: ground.utc_offset };
    Labels { schema: ground.schema.clone(), units: ground.units.clone(), clock, is_third_party: false }
}

/// Longer than any recording. A history is not judged for runs that report nothing for long.
const NEVER: Span = Span(u64::MAX / 8);

impl<'h> Teller<'h> {
    /// Makes a teller for these devices. With `start`, only these rows exist at the start.
    pub(super) fn new(
        (ground, history): (&'h Ground, &'h History),
        (origin, capabilities): (i64, Capabilities),
        devices: Vec<u32>,
        start: Option<&[Row]>,
    ) -> Teller<'h> {
        let mut rows = Rows::new(ground.schema.entities.len());
        let before = Stamp(origin - 1_000_000);
        match start {
            None => history.rows.iter().for_each(|(row, values)| rows.set(row, before, Some(values.clone()))),
            Some(some) => some.iter().for_each(|row| rows.set(row, before, history.rows.get(row).cloned())),
        }
        let labels = labels(ground, origin);
        let attributes = devices.iter().map(|device| history.devices[*device as usize].attributes.clone());
        let setup = OracleSetup {
            labels: labels.clone(),
            attributes: attributes.collect(),
            durable: true,
            resets: false,
            patience: Patience::Stated { span: NEVER, requests: u32::MAX },
            capabilities,
            combined: Vec::new(),
            definition: Definition::Values,
            initial: Rc::new(rows.clone()),
        };
        let mut teller = Teller {
            ground,
            history,
            labels,
            origin,
            made: vec![Vec::new(); devices.len()],
            oracle: Some(Oracle::new(setup)),
            lives: Vec::new(),
            rows,
            versions: FxHashMap::default(),
            numbers: FxHashMap::default(),
            ended: FxHashMap::default(),
            now: Time::ZERO,
            devices,
        };
        for device in 0..teller.devices.len() as u32 {
            teller.emit(Node::Device(DeviceId(device)), Event::ProcessStarted { incarnation: 0 });
        }
        teller
    }
    pub(super) fn with_lives(mut self, lives: Vec<Life>) -> Teller<'h> {
        self.lives = lives;
        self
    }

    fn emit(&mut self, node: Node, event: Event<'_>) {
        let occurrence = Occurrence { at: self.now, node, event };
        self.oracle.iter_mut().for_each(|oracle| oracle.on(&occurrence));
        // The recording does not have inferred events, so the lives of rows do not show them.
        let inferred = matches!(
            event,
            Event::Engine(EngineEvent::ConflictDecided { .. } | EngineEvent::EditsSquashed { .. })
        );
        self.lives.iter_mut().filter(|_| !inferred).for_each(|life| life.on(&occurrence));
    }
    fn device(&self, number: u32) -> DeviceId {
        let at = self.devices.binary_search(&number).expect("a device that is told of is there");
        DeviceId(at as u32)
    }
    fn id(&self, edit: EditAt) -> EditId {
        let unmade = || EditId { device: self.device(self.history.edits[edit].device), number: u32::MAX };
        self.numbers.get(&edit).copied().unwrap_or_else(unmade)
    }
    fn stamp(&self, row: &Row) -> Stamp {
        self.rows.get(row.0, row.1.as_str()).map_or(Stamp(0), |(stamp, _)| *stamp)
    }

    pub(super) fn tell(&mut self, at: i64, told: &Told<'_>) {
        self.now = Time((at - self.origin).max(0) as u64 * 1_000).max(self.now);
        match told {
            Told::Of(moment) => self.act(&moment.act),
            Told::Flow(flow) => self.flow(flow),
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Commit(number, whose) => return self.commit(*number, *whose),
            Act::Edit(edit) => return self.edit(*edit),
            _ => {}
        }
        let (Act::With(at, _)
        | Act::Same(at)
        | Act::GaveWay(at)
        | Act::Won(at)
        | Act::Beside(at, _)
        | Act::Done(at)
        | Act::Told(at, _)) = *act
        else {
            return;
        };
        let of = &self.history.edits[at];
        let (node, edit) = (Node::Device(self.device(of.device)), self.id(at));
        let ((entity, key), stamp) = (&of.row, self.stamp(&of.row));
        // Equal values, or an acknowledgement, do not prove that the device saw that version.
        let met = if matches!(act, Act::Same(_)) { Stamp(0) } else { stamp };
        let sides = Sides { local: self.labels.clock.start, remote: met, edited: None };
        let entity = *entity;
        let decided =
            |kind, decision| EngineEvent::ConflictDecided { edit, kind, decision, sides, entity, key };
        let with: Vec<EditId>;
        let event = match act {
            Act::With(_, others) => {
                with = others.iter().map(|edit| self.id(*edit)).collect();
                EngineEvent::EditsSquashed { edit, with: &with, stays: false, entity, key }
            }
            Act::Same(_) => decided(ConflictKind::Equal, Decision::Same),
            Act::GaveWay(_) => decided(ConflictKind::UpdateUpdate, Decision::Remote),
            Act::Won(_) => decided(ConflictKind::UpdateDelete, Decision::Local),
            Act::Beside(_, number) => {
                let key = &self.history.commits[*number].row.1;
                decided(ConflictKind::UpdateUpdate, Decision::Both { key })
            }
            Act::Done(_) => EngineEvent::EditAcknowledged { edit, stamp: Stamp(0), entity, key },
            Act::Told(_, kind) => EngineEvent::EditLogged { edit, kind: *kind, entity, key },
            Act::Commit(..) | Act::Edit(_) => return,
        };
        self.emit(node, event.into());
        match act {
            Act::With(_, with) => self.ended.extend(with.iter().map(|edit| (*edit, ()))),
            Act::Same(_) | Act::GaveWay(_) => _ = self.ended.insert(at, ()),
            _ => {}
        }
    }

    fn edit(&mut self, at: EditAt) {
        let edit = &self.history.edits[at];
        let device = self.device(edit.device);
        let made = &mut self.made[device.0 as usize];
        let id = EditId { device, number: made.len() as u32 };
        made.push(at);
        self.numbers.insert(at, id);
        let (entity, key) = edit.row.clone();
        let local = LocalEdit { id, entity, key, kind: edit.kind, values: edit.values.clone() };
        let made_at = self.labels.clock.start.plus(Span(self.now.0));
        self.emit(
            Node::Device(device),
            match edit.unsure {
                true => Event::EditMissed { edit: &local, waited: Span::ZERO },
                false => Event::EditMade { edit: &local, made_at },
            },
        );
    }

    fn commit(&mut self, number: usize, whose: Whose) {
        let commit = &self.history.commits[number];
        let (entity, key) = &commit.row;
        let before = self.rows.get(*entity, key.as_str()).cloned();
        let columns = self.ground.schema.entity(*entity).columns.len();
        let state: State = after(&before.clone().map(|(_, values)| values), commit, columns);
        let kind = match (&before, &state) {
            (None, None) => return,
            (_, None) => CommitKind::Delete,
            (None, Some(_)) => CommitKind::Insert,
            (Some(_), Some(_)) => CommitKind::Update,
        };
        let author = match whose {
            Whose::Other => Author::Office,
            Whose::Edit(edit) => {
                self.ended.insert(edit, ());
                Author::Device(self.id(edit))
            }
            Whose::Stranger(device) => {
                Author::Device(EditId { device: self.device(device), number: u32::MAX - 1 - number as u32 })
            }
        };
        let now = self.labels.clock.start.plus(Span(self.now.0));
        let replaced = before.as_ref().map(|(stamp, _)| *stamp);
        let stamp = replaced.map_or(now, |last| now.max(Stamp(last.0 + 1)));
        let values = state.clone().or(before.map(|(_, values)| values)).unwrap_or_default();
        let event = Event::Committed { entity: *entity, key, stamp, kind, values: &values, author, replaced };
        self.emit(Node::Backend, event);
        self.rows.set(&commit.row, stamp, state);
        self.versions.entry(&commit.row).or_default().push(number);
    }

    fn flow(&mut self, Flow { device, turn, .. }: &Flow) {
        let node = Node::Device(self.device(*device));
        let error;
        let event = match *turn {
            Turn::Begins(incarnation) => Event::ProcessStarted { incarnation },
            Turn::Dies => Event::ProcessKilled { reason: KillReason::Killed },
            Turn::Starts(unit, run) => EngineEvent::SyncStart { unit, run, waited: Span::ZERO }.into(),
            Turn::Completes(unit, run) => {
                EngineEvent::SyncComplete { unit, run, took: Span::ZERO, blocking: false }.into()
            }
            Turn::Fails(unit, run, ref why) => {
                error = SyncError::Rejected(why.clone());
                EngineEvent::SyncError { unit, run, error: &error }.into()
            }
        };
        self.emit(node, event);
    }

    /// Reports edits to the oracle that were committed and are missing on the backend at the end.
    pub(super) fn lacks(&mut self, edits: &[EditAt]) {
        let ids: Vec<EditId> = edits.iter().map(|edit| self.id(*edit)).collect();
        self.oracle.iter_mut().for_each(|oracle| ids.iter().for_each(|edit| oracle.vanished(*edit)));
    }

    /// Returns the verdict, after a check of the rows that devices show at the end.
    pub(super) fn finish(mut self, finals: &Finals<'_>, of: Asked<'_>) -> Verdict {
        let mut oracle = self.oracle.take().expect("it is there until the end");
        // The devices have received all rows at the end.
        self.set_to_dump(of.only);
        of.aside.iter().for_each(|row| self.rows.set(row, Stamp(0), None));
        for device in 0..self.devices.len() as u32 {
            oracle.asked(DeviceId(device));
        }
        let never: &dyn Fn() -> bool = &|| false;
        let mut inspection = oracle.begin_check(self.now, &self.rows, never);
        for (at, device) in self.devices.iter().enumerate() {
            let view = self.view(*device, finals, of);
            inspection.check_device(DeviceId(at as u32), &view);
        }
        inspection.finish()
    }

    /// Sets the backend to its recorded rows at the end.
    fn set_to_dump(&mut self, only: Option<&[Row]>) {
        for (entity, dump) in &self.history.backend {
            let held: Vec<Key> = match only {
                Some(rows) => {
                    rows.iter().filter(|(of, _)| of == entity).map(|(_, key)| key.clone()).collect()
                }
                None => dump.keys().chain(self.rows.of(*entity).keys()).cloned().collect(),
            };
            for key in held {
                let stamp =
                    self.rows.get(*entity, key.as_str()).map_or(self.labels.clock.start, |(stamp, _)| *stamp);
                let values = dump.get(&key).cloned();
                self.rows.set(&(*entity, key), stamp, values);
            }
        }
    }

    /// The rows that a device shows. A row that was not observed counts as correct.
    fn view(&self, device: u32, finals: &Finals<'_>, Asked { only, aside }: Asked<'_>) -> View {
        let of = &self.history.devices[device as usize];
        let mut view = View::default();
        for entity in self.ground.schema.ids() {
            let form = self.ground.schema.entity(entity);
            let last = finals.shows[device as usize].get(&entity);
            let mut rows: Vec<ShownRow> = Vec::new();
            let expected = |key: &Key, (stamp, values): &(Stamp, Vec<Value>)| {
                is_in_scope(form, values, &of.attributes).then(|| (key.clone(), *stamp, form.project(values)))
            };
            let mut add = |key: &Key, shown: Option<(When, Option<&[Value]>)>| {
                if !aside.is_empty() && aside.contains(&(entity, key.clone())) {
                    return;
                }
                let live = self.rows.get(entity, key.as_str());
                let due = live.and_then(|live| expected(key, live));
                match shown {
                    None => rows.extend(due),
                    Some((when, values)) if self.is_excused((entity, key), when, values, due.as_ref()) => {
                        rows.extend(due);
                    }
                    Some((_, values)) => rows.extend(values.map(|values| {
                        let stamp = self.stamp_of((entity, key), values, due.as_ref());
                        (key.clone(), stamp, values.to_vec())
                    })),
                }
            };
            match only {
                Some(some) => {
                    let mut keys: Vec<&Key> =
                        some.iter().filter(|(of, _)| *of == entity).map(|(_, key)| key).collect();
                    keys.sort();
                    keys.into_iter().for_each(|key| add(key, last.and_then(|last| last.row(key.as_str()))));
                }
                None => self.all_rows(entity, last, &mut add),
            }
            view.rows.push(rows);
        }
        self.say(device, finals, &mut view);
        view
    }

    /// Calls `add` for each row that the device shows or should show, in key order.
    fn all_rows<'f>(
        &self,
        entity: EntityId,
        last: Option<&Final<'f>>,
        add: &mut dyn FnMut(&Key, Option<Look<'f>>),
    ) {
        let (when, listed) = match last.and_then(|last| last.all.as_ref()) {
            Some((when, rows)) => (Some(*when), &rows[..]),
            None => (None, &[][..]),
        };
        let single = last.map(|last| &last.single);
        let shown = |key: &Key| single.and_then(|single| single.get(key.as_str())).copied();
        let look = |key: &Key, values| shown(key).or(when.map(|when| (when, values)));
        let looked_at: Vec<Key> =
            single.iter().flat_map(|single| single.keys().map(|key| Key::new(key))).collect();
        let is_listed = |key: &Key| listed.binary_search_by(|(of, _)| (*of).cmp(key)).is_ok();
        let unlisted: BTreeSet<&Key> =
            self.rows.of(entity).keys().chain(&looked_at).filter(|key| !is_listed(key)).collect();
        let unlisted = unlisted.into_iter().map(|key| (key, look(key, None)));
        let mut all: Vec<_> = listed.iter().map(|(key, values)| (*key, look(key, *values))).collect();
        all.extend(unlisted);
        all.sort_by_key(|(key, _)| *key);
        all.into_iter().for_each(|(key, look)| add(key, look));
    }

    /// The versions of a row after each of its commits, with the time range of each commit.
    fn versions(&self, row: (EntityId, &Key)) -> Vec<(When, State)> {
        let whole = (row.0, row.1.clone());
        let columns = self.ground.schema.entity(row.0).columns.len();
        let mut state: State = self.history.rows.get(&whole).cloned();
        let mut versions = vec![(When { from: i64::MIN, until: i64::MIN }, state.clone())];
        for number in self.versions.get(&whole).into_iter().flatten() {
            let commit = &self.history.commits[*number];
            state = after(&state, commit, columns);
            versions.push((commit.mark.when, state.clone()));
        }
        versions
    }

    /// True if the shown values may be right for the time of the observation, because a later
    /// version may have come afterwards. Then the row's state at the end counts as not observed.
    fn is_excused(
        &self,
        row: (EntityId, &Key),
        when: When,
        shown: Option<&[Value]>,
        due: Option<&ShownRow>,
    ) -> bool {
        if when.until == i64::MAX || !self.versions.contains_key(&(row.0, row.1.clone())) {
            return false;
        }
        let as_due = rows_alike(shown, due.map(|(_, _, due)| due.as_slice()));
        let versions = self.versions(row);
        let came_later = versions.last().is_some_and(|(last, _)| last.from > when.until);
        // The last commit may be later than the observation. Then the version before it is right
        // too.
        let may_come_later = versions.last().is_some_and(|(last, _)| last.until >= when.from);
        !as_due && (came_later || may_come_later && self.was_so(row.0, &versions, when, shown))
    }
    fn was_so(
        &self,
        entity: EntityId,
        versions: &[(When, State)],
        when: When,
        shown: Option<&[Value]>,
    ) -> bool {
        let form = self.ground.schema.entity(entity);
        versions.iter().enumerate().any(|(at, (since, state))| {
            let until = versions.get(at + 1).map_or(i64::MAX, |(next, _)| next.until);
            let reads = rows_alike(shown, state.as_ref().map(|values| form.project(values)).as_deref());
            reads && since.from <= when.until && until >= when.from
        })
    }

    /// The stamp of a shown row. Values of the current version get its stamp, and values of an
    /// older version get 0. If the row was created during the recording and no version has the
    /// shown values, the row also gets the current stamp. Then the oracle compares it with the
    /// current version, and finds values that nobody wrote.
    fn stamp_of(&self, row: (EntityId, &Key), shown: &[Value], due: Option<&ShownRow>) -> Stamp {
        let Some((_, stamp, now)) = due else { return Stamp(0) };
        if reads_alike(shown, now) {
            return *stamp;
        }
        let form = self.ground.schema.entity(row.0);
        if let Some(start) = self.history.rows.get(&(row.0, row.1.clone())) {
            // The recording does not have versions from before its start.
            let as_begun = reads_alike(shown, &form.project(start));
            return if as_begun { Stamp(self.labels.clock.start.0 - 1_000_000) } else { Stamp(0) };
        }
        let older = |(_, state): &(When, State)| {
            state.as_ref().is_some_and(|values| reads_alike(shown, &form.project(values)))
        };
        if self.versions(row).iter().any(older) { Stamp(0) } else { *stamp }
    }

    /// Adds the edits that wait on the device, and the messages to its user.
    fn say(&self, device: u32, finals: &Finals<'_>, view: &mut View) {
        let pending = |at: EditAt| {
            let (entity, key) = self.history.edits[at].row.clone();
            PendingEdit::new(self.id(at), entity, key)
        };
        let made = |at: &EditAt| self.numbers.contains_key(at);
        let mine = &self.made[self.device(device).0 as usize];
        let left = |at: &EditAt| !self.ended.contains_key(at);
        match &finals.waits[device as usize] {
            Some((when, waits)) => {
                let asks = |at: &EditAt| finals.undecided.contains(at);
                view.pending =
                    waits.iter().copied().filter(made).filter(|at| !asks(at)).map(pending).collect();
                // An edit that was made after the observation is unknown to it.
                let since = |at: &EditAt| self.history.edits[*at].mark.when.until >= when.from;
                let later = mine.iter().copied().filter(|at| when.until != i64::MAX && left(at) && since(at));
                let later = later.filter(|at| !waits.contains(at));
                let undecided = waits.iter().copied().filter(made).filter(asks);
                view.unknown = later.chain(undecided).map(pending).collect();
            }
            None => view.unknown = mine.iter().copied().filter(left).map(pending).collect(),
        }
        view.unknown.sort_by_key(|edit| edit.edit);
        let told = finals.told[device as usize].iter().filter(|(at, _)| made(at));
        let line = |(at, kind): &(EditAt, _)| {
            let (entity, key) = self.history.edits[*at].row.clone();
            LogEntry { edit: Some(self.id(*at)), entity, key, kind: *kind, met: None }
        };
        view.log = told.map(line).collect();
    }
}
