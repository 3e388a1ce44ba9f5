//! The life of a record: all events about it, in order, as text and as steps between places.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::base::{DeviceId, EditId, EntityId, Key, Time};
use crate::contract::{
    AppliedChange, Author, EngineEvent, Event, IntegrationEvent, LocalEdit, Node, Occurrence, PageEvent,
    PhoneEvent,
};
use crate::oracle::check_names;
use crate::oracle::words::{Fate, Labels};

/// The record to follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The record.
    pub record: (EntityId, Key),
    /// If set, only this device's own events are recorded. `None`: those of all devices.
    pub side: Option<DeviceId>,
    /// The check that found something wrong with the record, and the device on which.
    #[serde(deserialize_with = "of_known_check")]
    pub found: Option<(&'static str, Option<DeviceId>)>,
}

fn of_known_check<'de, D: Deserializer<'de>>(
    found: D,
) -> Result<Option<(&'static str, Option<DeviceId>)>, D::Error> {
    let known = |(check, device): (String, _)| {
        let known = check_names().find(|known| *known == check);
        known.map(|check| (check, device)).ok_or_else(|| D::Error::custom("there is no such check"))
    };
    Option::deserialize(found)?.map(known).transpose()
}

/// A recorded life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// One line of text per event. A last line may explain where the record went wrong.
    pub lines: Vec<String>,
    /// The same events as steps.
    pub steps: Vec<Step>,
}

/// One event of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The virtual time.
    pub at: Time,
    /// The time as local time in the scenario.
    pub clock: String,
    /// The place where it happened.
    pub node: Node,
    /// The place to which something was sent; `None` if nothing was.
    pub to: Option<Node>,
    /// The place from which something arrived; `None` if nothing did.
    pub from: Option<Node>,
    /// The event as text.
    pub text: String,
}

/// A listener that writes a line for each event about its subject, up to [`Life::LINES`]. These
/// also include requests with edits of the record, and deaths and starts of devices that edited or
/// have it.
#[derive(Debug)]
pub struct Life {
    labels: Labels,
    subject: Subject,
    records: BTreeSet<(EntityId, Key)>,
    requests: BTreeSet<(DeviceId, u64)>,
    concerned: BTreeSet<DeviceId>,
    /// Devices whose next state comes from an install or a login. It does not come from a backup.
    not_by_backup: BTreeSet<DeviceId>,
    /// Devices to which a version was sent. The device's next cursor shows whether it has the
    /// version.
    awaiting: BTreeSet<(DeviceId, EntityId)>,
    /// By worker of an integration: when it read its latest page, if the record is in that page.
    workers: BTreeMap<u32, Time>,
    edits: BTreeSet<EditId>,
    fate: Fate,
    steps: Vec<Step>,
    left_out: u64,
}

impl Life {
    /// The most lines that are kept.
    pub const LINES: usize = 10_000;

    /// A recorder without events.
    pub fn new(labels: Labels, subject: Subject) -> Life {
        Life {
            fate: Fate::new(labels.is_third_party),
            labels,
            records: BTreeSet::from([subject.record.clone()]),
            subject,
            requests: BTreeSet::new(),
            concerned: BTreeSet::new(),
            not_by_backup: BTreeSet::new(),
            awaiting: BTreeSet::new(),
            workers: BTreeMap::new(),
            edits: BTreeSet::new(),
            steps: Vec::new(),
            left_out: 0,
        }
    }

    /// Processes an event.
    pub fn on(&mut self, occurrence: &Occurrence<'_>) {
        let Occurrence { at, node, event } = occurrence;
        let device = if let Node::Device(device) = node { Some(*device) } else { None };
        self.foresee(*at, device, event);
        if let Event::Integration(of) = event {
            if self.is_carried(*at, of) {
                self.tell(*at, *node, event);
            }
            return;
        }
        let by_backup = self.is_by_backup(device, event);
        if self.is_another_side(device, event) {
            return;
        }
        if let Event::Engine(EngineEvent::ChunkApplied { changes, .. }) = event {
            self.applied(*at, *node, device, changes);
        } else if by_backup && self.concerns(device, event) {
            self.tell(*at, *node, event);
        }
    }

    /// True if the event is about the record on its way to another system, or about the worker that
    /// has it.
    fn is_carried(&mut self, at: Time, event: &IntegrationEvent<'_>) -> bool {
        match *event {
            IntegrationEvent::Delivered { entity, key, .. } | IntegrationEvent::Rejected { entity, key } => {
                self.has(entity, key)
            }
            IntegrationEvent::Read { worker, entity, key, .. } => {
                let ours = self.has(entity, key);
                // Rows of one page are read at one time. So this worker has begun another page.
                self.workers.retain(|with, since| *with != worker || *since == at);
                if ours {
                    self.workers.insert(worker, at);
                }
                ours
            }
            IntegrationEvent::Remembered { worker, entity } => {
                self.workers.contains_key(&worker) && self.records.iter().any(|(of, _)| *of == entity)
            }
            IntegrationEvent::Killed { worker } => self.workers.remove(&worker).is_some(),
            IntegrationEvent::Called { .. } => false,
        }
    }

    /// The life so far.
    pub fn story(&self) -> Story {
        let line = |step: &Step| format!("{} {} {}", step.clock, place(step.node), step.text);
        let more = (self.left_out > 0).then(|| format!("and {} more", self.left_out));
        let ending =
            self.subject.found.and_then(|(check, device)| self.fate.ending(check, device, self.labels.clock));
        let ending = ending.map(|ending| format!("in short: {ending}"));
        let lines = self.steps.iter().map(line).chain(more).chain(ending).collect();
        Story { lines, steps: self.steps.clone() }
    }

    fn foresee(&mut self, at: Time, device: Option<DeviceId>, event: &Event<'_>) {
        if self.subject.found.is_none() {
            return;
        }
        let of = |entity: EntityId, key: &str| self.records.contains(&(entity, Key::new(key)));
        match event {
            Event::Engine(EngineEvent::CursorSaved { entity, .. }) | Event::ChangesAsked { entity, .. }
                if *entity != self.subject.record.0 => {}
            _ => self.fate.see(at, device, event, of),
        }
    }

    fn is_another_side(&self, device: Option<DeviceId>, event: &Event<'_>) -> bool {
        let Some(side) = self.subject.side else { return false };
        match (device, event) {
            (None, Event::RowServed { device, .. }) => *device != side,
            (None, _) => false,
            (Some(device), event) => {
                let edits = matches!(
                    event,
                    Event::EditMade { .. }
                        | Event::Engine(
                            EngineEvent::EditSent { .. }
                                | EngineEvent::EditsSquashed { .. }
                                | EngineEvent::EditAcknowledged { .. }
                                | EngineEvent::ConflictDecided { .. }
                                | EngineEvent::Page(_)
                                | EngineEvent::EditLogged { .. }
                        )
                );
                device != side && !edits
            }
        }
    }

    fn concerns(&mut self, device: Option<DeviceId>, event: &Event<'_>) -> bool {
        match *event {
            Event::EditMade { edit, .. }
            | Event::EditRefused { edit, .. }
            | Event::EditMissed { edit, .. }
            | Event::EditPrevented { edit, .. } => self.edited(edit),
            Event::Engine(event) => self.is_told_of(device, event),
            Event::MutationRefused { edit, entity, key, .. }
            | Event::Committed { entity, key, author: Author::Device(edit), .. } => {
                self.has(entity, key) || self.edits.contains(&edit)
            }
            Event::CommitDelayed { entity, key, .. } | Event::Committed { entity, key, .. } => {
                self.has(entity, key)
            }
            Event::RowServed { device, entity, key, .. } => {
                let ours = self.has(entity, key);
                if ours {
                    self.concerned.insert(device);
                    self.awaiting.insert((device, entity));
                }
                ours
            }
            Event::MutationReplayed { edit }
            | Event::MutationIgnored { edit, .. }
            | Event::MutationPutOff { edit }
            | Event::UploadQueued { edit }
            | Event::UploadWaits { edit }
            | Event::UploadDecided { edit, .. } => self.edits.contains(&edit),
            Event::ProcessStarted { .. }
            | Event::ProcessKilled { .. }
            | Event::Restored { .. }
            | Event::BecameCopy { .. }
            | Event::Phone(
                PhoneEvent::Reinstalled
                | PhoneEvent::Upgraded
                | PhoneEvent::LoggedOut
                | PhoneEvent::LoggedIn { .. },
            ) => device.is_none_or(|device| self.concerned.contains(&device)),
            _ => false,
        }
    }

    fn is_told_of(&mut self, device: Option<DeviceId>, event: EngineEvent<'_>) -> bool {
        match event {
            EngineEvent::EditSent { edit, entity, key, request } => {
                let ours = self.has(entity, key) || self.edits.contains(&edit);
                if ours {
                    self.requests.insert((edit.device, request));
                }
                ours
            }
            // The engine may have given the record another key. The events of its edits still
            // belong to it.
            EngineEvent::EditAcknowledged { edit, entity, key, .. }
            | EngineEvent::EditsSquashed { edit, entity, key, .. }
            | EngineEvent::ConflictDecided { edit, entity, key, .. }
            | EngineEvent::Page(PageEvent::Open { edit, entity, key })
            | EngineEvent::Page(PageEvent::Resolved { edit, entity, key, .. })
            | EngineEvent::EditLogged { edit, entity, key, .. } => {
                self.has(entity, key) || self.edits.contains(&edit)
            }
            EngineEvent::Renamed { entity, from, to } => {
                let ours = self.has(entity, from) || self.has(entity, to);
                if ours {
                    self.records.extend([(entity, from.clone()), (entity, to.clone())]);
                }
                ours
            }
            EngineEvent::CursorSaved { entity, .. } => {
                device.is_some_and(|device| self.awaiting.remove(&(device, entity)))
            }
            EngineEvent::ResponseReceived { request, .. }
            | EngineEvent::RequestFailed { request, .. }
            | EngineEvent::RequestRefused { request, .. } => {
                device.is_some_and(|device| self.requests.remove(&(device, request)))
            }
            _ => false,
        }
    }

    /// False if the state is replaced by an install or a login, which have events of their own.
    fn is_by_backup(&mut self, device: Option<DeviceId>, event: &Event<'_>) -> bool {
        let Some(device) = device else { return true };
        match event {
            Event::Phone(PhoneEvent::Reinstalled | PhoneEvent::LoggedOut) => {
                self.not_by_backup.insert(device)
            }
            Event::Phone(PhoneEvent::LoggedIn { .. }) => self.not_by_backup.remove(&device),
            Event::Restored { .. } | Event::BecameCopy { .. } => return !self.not_by_backup.remove(&device),
            _ => return true,
        };
        true
    }

    fn edited(&mut self, edit: &LocalEdit) -> bool {
        let ours = self.has(edit.entity, &edit.key);
        if ours {
            self.edits.insert(edit.id);
            self.concerned.insert(edit.id.device);
        }
        ours
    }

    fn applied(&mut self, at: Time, node: Node, device: Option<DeviceId>, changes: &[AppliedChange<'_>]) {
        for change in changes {
            if self.has(change.entity, change.key) {
                self.concerned.extend(device);
                if let Some(device) = device {
                    self.awaiting.remove(&(device, change.entity));
                }
                let text = self.labels.applied(change);
                self.write(at, node, (None, Some(Node::Gateway)), text);
            }
        }
    }

    fn has(&self, entity: EntityId, key: &str) -> bool {
        self.records.contains(&(entity, Key::new(key)))
    }
    fn tell(&mut self, at: Time, node: Node, event: &Event<'_>) {
        let text = self.labels.event(event);
        self.write(at, node, ways(event), text);
    }
    fn write(&mut self, at: Time, node: Node, ways: (Option<Node>, Option<Node>), text: String) {
        if self.steps.len() == Life::LINES {
            self.left_out += 1;
            return;
        }
        let (to, from) = ways;
        let clock = self.labels.clock.time(at).to_string();
        self.steps.push(Step { at, clock, node, to, from, text });
    }
}

/// The name of a node in texts.
pub fn place(node: Node) -> String {
    match node {
        Node::Device(device) => device.to_string(),
        Node::Gateway => "gateway".to_owned(),
        Node::Backend => "backend".to_owned(),
        Node::World => "world".to_owned(),
    }
}

fn ways(event: &Event<'_>) -> (Option<Node>, Option<Node>) {
    match event {
        Event::Engine(EngineEvent::EditSent { .. }) => (Some(Node::Backend), None),
        Event::RowServed { device, .. } => (Some(Node::Device(*device)), None),
        Event::Committed { author: Author::Device(edit), .. } => (None, Some(Node::Device(edit.device))),
        Event::MutationRefused { edit, .. }
        | Event::MutationReplayed { edit }
        | Event::MutationIgnored { edit, .. }
        | Event::MutationPutOff { edit } => (None, Some(Node::Device(edit.device))),
        _ => (None, None),
    }
}
