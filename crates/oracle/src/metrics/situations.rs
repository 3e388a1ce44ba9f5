//! Counts situations in which sync engines often fail. A campaign (many simulations) tests a
//! situation only if some simulation reaches it.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Board, Id, find};
use crate::base::{DeviceId, EditId, EntityId, Seed, Span, Stamp, Time, Value, Word, word_enums};
use crate::contract::{
    AppliedChange, Author, CommitKind, ConflictKind, EditKind, EngineEvent, Event, LocalEdit, LogKind, Node,
    Schema, ServerError,
};

const HOT: u32 = 24;
const LONG: Span = Span::secs(86_400);

word_enums! {
    derive (Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)
    /// A situation that a scenario can require a campaign to reach.
    pub enum Situation {
        /// A push got no response, but the backend or the gateway's queue has an edit of it.
        AnswerLost: "response-lost",
        /// A process died after a page came, and before its cursor was saved.
        KilledInPage: "killed-in-page",
        /// A page begins with the stamp with which the previous page ended.
        TieAcrossPages: "tie-across-pages",
        /// A delete conflicts with an edit of the same row.
        DeleteAgainstEdit: "delete-against-edit",
        /// A person creates a row and deletes it after the create was sent, and before its outcome
        /// is known.
        OwnDeleteUnderWay: "own-delete-under-way",
        /// A device gets the removal of a row that was deleted while the device was off or offline.
        StaleTombstone: "stale-tombstone",
        /// A row leaves a device without a delete, and comes back.
        ScopeAndBack: "scope-and-back",
        /// A row is committed under the key or natural key of a row that was deleted in the run.
        KeyAgain: "key-again",
        /// A person creates a row that refers to another row of the same device, which is not
        /// acknowledged yet.
        ParentAndChild: "parent-and-child",
        /// Devices edit one row 24 times.
        HotRow: "hot-row",
        /// A person edits a row during a pull, and another person has changed this row since the
        /// last sync.
        EditWhilePulled: "edit-while-pulled",
        /// A process lives for a day or longer.
        LongSession: "long-session",
        /// A device's clock goes back between the create of a parent row and the create of its
        /// child row.
        ClockBackInFamily: "clock-back-in-family",
        /// A full load is interrupted and its cursor expires, while late commits become visible.
        LoadCutAndExpired: "load-cut-and-expired",
    }
}

impl Situation {
    /// The metric that counts how often a simulation reached it.
    pub fn metric(self) -> &'static str {
        let name = format!("situation.{}.count", self.word().replace('-', "_"));
        find(&name).expect("a situation has a metric of its name").name
    }
}

/// The hash of a row's key or natural key.
type Row = u64;

fn row(entity: EntityId, key: &str) -> Row {
    Seed(0).hash(key, u64::from(entity.0), 0)
}

#[derive(Debug, Default)]
pub(super) struct Situations {
    schema: Arc<Schema>,
    devices: Vec<Seen>,
    /// Edits in open requests, each with the device and the request that last sent it.
    sent: FxHashMap<EditId, (DeviceId, u64)>,
    gone: FxHashSet<Row>,
    missed_by: FxHashMap<Row, Vec<DeviceId>>,
    /// By row, when it last changed, and the device that changed it (`None`: no device).
    changed: FxHashMap<Row, (Time, Option<DeviceId>)>,
    edits: FxHashMap<Row, u32>,
}

#[derive(Debug, Default)]
struct Seen {
    landed: FxHashSet<u64>,
    in_page: bool,
    pages: u64,
    /// By entity, the last change that was written: its stamp, row and page.
    last: FxHashMap<EntityId, (Stamp, Row, u64)>,
    /// Creates without a known outcome: whether each was sent, and the device's clock when it was
    /// made.
    creates: FxHashMap<Row, (bool, Stamp)>,
    /// By entity, the full loads that are not complete.
    loads: FxHashMap<EntityId, Load>,
    by_edit: FxHashMap<EditId, Row>,
    runs: Option<Time>,
    offline: bool,
    left: FxHashSet<Row>,
    pulls: u32,
    synced: Time,
}

#[derive(Clone, Copy, Debug, Default)]
struct Load {
    /// True if the run of this load failed, or its process died.
    cut: bool,
    /// True if a commit became visible late. Then the load may have left out other rows than
    /// before.
    gap_moved: bool,
}

impl Situations {
    pub(super) fn new(devices: usize, schema: Arc<Schema>) -> Situations {
        let devices = (0..devices).map(|_| Seen::default()).collect();
        Situations { schema, devices, ..Situations::default() }
    }

    pub(super) fn on(&mut self, at: Time, node: Node, event: &Event<'_>, board: &mut Board) {
        match (node, event) {
            (_, Event::Committed { entity, key, kind, values, author, .. }) => {
                if let Author::Device(edit) = author {
                    self.landed(*edit);
                }
                if *kind == CommitKind::Update {
                    let by = if let Author::Device(edit) = author { Some(edit.device) } else { None };
                    self.changed.insert(row(*entity, key), (at, by));
                }
                self.committed((*entity, key), *kind, values, board);
            }
            (_, Event::UploadQueued { edit }) => self.landed(*edit),
            (Node::Device(device), Event::EditMade { edit, made_at }) => {
                self.made(device, (edit, *made_at), board);
            }
            (_, Event::CommitDelayed { .. }) => {
                let loads = self.devices.iter_mut().flat_map(|seen| seen.loads.values_mut());
                loads.for_each(|load| load.gap_moved = true);
            }
            (Node::Device(device), Event::Engine(EngineEvent::EditSent { edit, request, .. })) => {
                self.sent.insert(*edit, (device, *request));
                let seen = &mut self.devices[device.0 as usize];
                if let Some(sent) = seen.by_edit.get(edit).and_then(|row| seen.creates.get_mut(row)) {
                    sent.0 = true;
                }
            }
            (Node::Device(device), Event::Engine(EngineEvent::ChunkApplied { changes, .. })) => {
                self.applied(device, changes, board);
            }
            (Node::Device(device), _) => self.devices[device.0 as usize].on(at, event, board),
            _ => {}
        }
    }

    pub(super) fn finish(&mut self, at: Time, board: &mut Board) {
        self.devices.iter_mut().for_each(|seen| seen.ends(at, board));
    }
    fn landed(&mut self, edit: EditId) {
        if let Some((device, request)) = self.sent.get(&edit) {
            self.devices[device.0 as usize].landed.insert(*request);
        }
    }

    fn committed(
        &mut self,
        (entity, key): (EntityId, &str),
        kind: CommitKind,
        values: &[Value],
        board: &mut Board,
    ) {
        let unique = self.schema.entities.get(usize::from(entity.0)).map_or(&[][..], |of| &of.unique);
        let natural = || {
            let parts: Vec<String> = unique.iter().map(|at| format!("{:?}", values.get(*at))).collect();
            (!parts.is_empty()).then(|| Seed(1).hash(&parts.join("\0"), u64::from(entity.0), 0))
        };
        match kind {
            CommitKind::Delete => {
                let row = row(entity, key);
                self.gone.insert(row);
                self.gone.extend(natural());
                let devices = (0..).map(DeviceId).zip(&self.devices);
                let away = devices.filter(|(_, seen)| seen.offline || seen.runs.is_none());
                self.missed_by.insert(row, away.map(|(device, _)| device).collect());
            }
            CommitKind::Insert if !self.gone.is_empty() => {
                let again = self.gone.remove(&row(entity, key));
                let again = natural().is_some_and(|natural| self.gone.remove(&natural)) || again;
                board.add(Id::SituationKeyAgain, again);
            }
            CommitKind::Insert | CommitKind::Update => {}
        }
    }

    fn made(&mut self, device: DeviceId, (edit, made_at): (&LocalEdit, Stamp), board: &mut Board) {
        let LocalEdit { id, entity, key, kind, values } = edit;
        let own = row(*entity, key);
        let edits = self.edits.entry(own).or_default();
        *edits += 1;
        board.add(Id::SituationHotRow, *edits == HOT);
        let seen = &mut self.devices[device.0 as usize];
        if seen.pulls > 0 {
            let change = self.changed.get(&own);
            let is_coming = change.is_some_and(|(at, by)| *at > seen.synced && *by != Some(device));
            board.add(Id::SituationEditWhilePulled, is_coming);
        }
        match kind {
            EditKind::Create => {
                let of = self.schema.entities.get(usize::from(entity.0));
                let set = || values.iter().map(|(column, value)| (*column, value));
                let parents = of.into_iter().flat_map(|of| of.references(set()));
                let creates = parents.filter_map(|(to, key)| seen.creates.get(&row(to, key)));
                let latest = creates.map(|(_, made_at)| *made_at).max();
                board.add(Id::SituationParentAndChild, latest.is_some());
                let back = latest.is_some_and(|parent| made_at < parent);
                board.add(Id::SituationClockBackInFamily, back);
                seen.creates.insert(own, (false, made_at));
                seen.by_edit.insert(*id, own);
            }
            EditKind::Delete => {
                let under_way = seen.creates.get(&own).is_some_and(|(sent, _)| *sent);
                board.add(Id::SituationOwnDelete, under_way);
            }
            EditKind::Update => {}
        }
    }

    fn applied(&mut self, device: DeviceId, changes: &[AppliedChange<'_>], board: &mut Board) {
        let seen = &mut self.devices[device.0 as usize];
        if let (Some(first), Some(last)) = (changes.first(), changes.last()) {
            let own = row(first.entity, first.key);
            let tie = seen.last.get(&first.entity).is_some_and(|(stamp, row, page)| {
                *stamp == first.stamp && *row != own && *page != seen.pages
            });
            board.add(Id::SituationTieAcrossPages, tie);
            seen.last.insert(last.entity, (last.stamp, row(last.entity, last.key), seen.pages));
        }
        if seen.left.is_empty() && !changes.iter().any(|change| change.removed) {
            return;
        }
        for change in changes {
            let row = row(change.entity, change.key);
            if !change.removed {
                board.add(Id::SituationScopeAndBack, seen.left.remove(&row));
                continue;
            }
            if !self.gone.contains(&row) {
                seen.left.insert(row);
            }
            let missed = self.missed_by.get_mut(&row);
            let at = missed.as_ref().and_then(|by| by.iter().position(|other| *other == device));
            if let Some((by, at)) = missed.zip(at) {
                by.swap_remove(at);
                board.count(Id::SituationStaleTombstone);
            }
        }
    }
}

impl Seen {
    fn on(&mut self, at: Time, event: &Event<'_>, board: &mut Board) {
        match event {
            Event::ProcessStarted { .. } => {
                self.runs = Some(at);
                self.pulls = 0;
                self.in_page = false;
                self.landed.clear();
            }
            Event::ProcessKilled { .. } => {
                board.add(Id::SituationKilledInPage, self.in_page);
                self.cut_loads();
                self.ends(at, board);
            }
            Event::LinkDown => self.offline = true,
            Event::LinkUp => self.offline = false,
            Event::Engine(EngineEvent::RequestSent { kind, .. }) if kind.pulls() => self.pulls += 1,
            Event::Engine(EngineEvent::ResponseReceived { request, kind, rows, .. }) => {
                self.landed.remove(request);
                if kind.pulls() {
                    self.pulls = self.pulls.saturating_sub(1);
                    self.pages += 1;
                    self.in_page = *rows > 0;
                }
            }
            Event::Engine(EngineEvent::RequestFailed { request, kind, .. }) => {
                self.pulls = self.pulls.saturating_sub(u32::from(kind.pulls()));
                board.add(Id::SituationResponseLost, self.landed.remove(request));
            }
            Event::Engine(EngineEvent::RequestRefused { request, kind, error, .. }) => {
                if let ServerError::CursorExpired(entity) = error {
                    let load = self.loads.insert(*entity, Load::default());
                    let again = load.is_some_and(|load| load.cut && load.gap_moved);
                    board.add(Id::SituationLoadCutAndExpired, again);
                }
                self.pulls = self.pulls.saturating_sub(u32::from(kind.pulls()));
                self.landed.remove(request);
            }
            Event::Engine(EngineEvent::CursorSaved { .. }) => self.in_page = false,
            Event::Engine(EngineEvent::SyncComplete { .. }) => {
                self.loads.clear();
                self.in_page = false;
                self.synced = at;
            }
            Event::Engine(EngineEvent::SyncError { .. }) => {
                self.cut_loads();
                self.in_page = false;
            }
            Event::Engine(EngineEvent::ConflictDecided {
                kind: ConflictKind::UpdateDelete | ConflictKind::DeleteUpdate,
                ..
            }) => board.count(Id::SituationDeleteAgainstEdit),
            Event::Engine(
                EngineEvent::EditAcknowledged { edit, .. }
                | EngineEvent::EditLogged { edit, kind: LogKind::Superseded | LogKind::Rejected, .. },
            ) => {
                if let Some(row) = self.by_edit.remove(edit) {
                    self.creates.remove(&row);
                }
            }
            _ => {}
        }
    }

    fn cut_loads(&mut self) {
        self.loads.values_mut().for_each(|load| load.cut = true);
    }
    fn ends(&mut self, at: Time, board: &mut Board) {
        let long = self.runs.take().is_some_and(|since| at - since >= LONG);
        board.add(Id::SituationLongSession, long);
    }
}
