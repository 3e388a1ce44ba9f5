//! Finds the features of a run: its situations, and the steps of its edits and devices.
//!
//! A feature is a small fact that a run has or does not have. If a run has a new feature, it is
//! worth changing further. The method is the coverage of American Fuzzy Lop, with events instead of
//! branches.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DeviceId, EditId, EntityId, Seed};
use crate::contract::{
    Author, CommitKind, ConflictKind, EngineEvent, Event, KillReason, LogKind, Node, Occurrence, PhoneEvent,
    RequestKind,
};
use crate::metrics::{Figure, Figures};
use crate::world::Ear;

/// A fact about a run, encoded as a number.
pub(super) type Feature = u64;

/// The number of consecutive steps of an edit that form one feature.
const STEPS: usize = 3;

/// The kinds of events of a device or an edit that a hunt distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
enum Step {
    Made = 1,
    Sent,
    Landed,
    Queued,
    Refused,
    PutOff,
    Replayed,
    Settled,
    Logged,
    Conflict,
    Killed,
    PowerLost,
    Started,
    WentOffline,
    CameOnline,
    NoResponse,
    ErrorResponse,
    Pulled,
    CursorSaved,
    CursorReset,
    SyncFailed,
    SyncEnded,
    Suspended,
    LoggedOut,
    Reinstalled,
    Restored,
    Copied,
    OtherCommitted,
    OtherDeleted,
    RowPulled,
    RowRemoved,
    Discarded,
    Unreadable,
}

/// An edit that is not settled yet, with its last steps.
#[derive(Clone, Debug)]
struct Way {
    device: DeviceId,
    row: u64,
    /// The last steps of the edit, in time order.
    steps: [u8; STEPS],
}

/// Listens to a run and collects its features.
#[derive(Debug, Default)]
pub(super) struct Features {
    found: BTreeSet<Feature>,
    ways: BTreeMap<EditId, Way>,
    /// Edits that are not settled yet, by device and by row.
    of_device: BTreeMap<DeviceId, BTreeSet<EditId>>,
    of_row: BTreeMap<u64, BTreeSet<EditId>>,
    /// The last steps of each device.
    devices: BTreeMap<DeviceId, [u8; STEPS]>,
    backend_is_down: bool,
}

fn feature(of: &str, first: u64, second: u64) -> Feature {
    Seed(first).hash(of, second, 0)
}

fn row(entity: EntityId, key: &str) -> u64 {
    Seed(0).hash(key, u64::from(entity.0), 0)
}

fn number(steps: &[u8; STEPS]) -> u64 {
    steps.iter().fold(0, |number, step| number << 8 | u64::from(*step))
}

impl Features {
    /// All features of the run. Situations and counts come from its figures.
    pub(super) fn finish(mut self, figures: &Figures) -> BTreeSet<Feature> {
        let counted = |figure: &Figure| matches!(figure, Figure::Value { value, .. } if *value > 0);
        let there: Vec<&String> =
            figures.iter().filter(|(_, figure)| counted(figure)).map(|(name, _)| name).collect();
        for (at, name) in there.iter().enumerate() {
            self.found.insert(feature(name, 0, 0));
            if is_situation(name) {
                let others = there[..at].iter().filter(|other| is_situation(other));
                self.found.extend(others.map(|other| feature(name, feature(other, 0, 0), 1)));
            }
        }
        self.found
    }

    fn edit(&mut self, edit: EditId, step: Step) {
        let Some(way) = self.ways.get_mut(&edit) else { return };
        if way.steps[STEPS - 1] == step as u8 {
            return;
        }
        way.steps.rotate_left(1);
        way.steps[STEPS - 1] = step as u8;
        self.found.insert(feature("edit", number(&way.steps), u64::from(self.backend_is_down)));
    }

    /// Records a step of a device. It is also a step of each unsettled edit of the device.
    fn device(&mut self, device: DeviceId, step: Step) {
        let steps = self.devices.entry(device).or_default();
        steps.rotate_left(1);
        steps[STEPS - 1] = step as u8;
        self.found.insert(feature("device", number(steps), u64::from(self.backend_is_down)));
        let edits: Vec<EditId> = self.of_device.get(&device).into_iter().flatten().copied().collect();
        edits.into_iter().for_each(|edit| self.edit(edit, step));
    }

    /// Records a step of the unsettled edits of a row, on devices for which `is_meant` is true.
    fn row(&mut self, row: u64, step: Step, is_meant: impl Fn(DeviceId) -> bool) {
        let edits: Vec<EditId> = self.of_row.get(&row).into_iter().flatten().copied().collect();
        for edit in edits {
            if self.ways.get(&edit).is_some_and(|way| is_meant(way.device)) {
                self.edit(edit, step);
            }
        }
    }

    fn made(&mut self, device: DeviceId, edit: EditId, row: u64) {
        let others = self.of_row.get(&row).map_or(0, BTreeSet::len).min(3) as u64;
        self.found.insert(feature("made", others, number(self.devices.entry(device).or_default())));
        self.ways.insert(edit, Way { device, row, steps: [0; STEPS] });
        self.of_device.entry(device).or_default().insert(edit);
        self.of_row.entry(row).or_default().insert(edit);
        self.edit(edit, Step::Made);
    }

    fn settled(&mut self, edit: EditId, step: Step) {
        self.edit(edit, step);
        let Some(way) = self.ways.remove(&edit) else { return };
        self.of_device.entry(way.device).or_default().remove(&edit);
        self.of_row.entry(way.row).or_default().remove(&edit);
    }

    fn of_engine(&mut self, device: DeviceId, event: &EngineEvent<'_>) {
        match *event {
            EngineEvent::EditSent { edit, .. } => self.edit(edit, Step::Sent),
            EngineEvent::EditAcknowledged { edit, .. } => self.settled(edit, Step::Settled),
            EngineEvent::EditLogged { edit, kind, .. } => {
                self.found.insert(feature("logged", kind as u64, 0));
                match kind {
                    LogKind::Superseded | LogKind::Rejected => self.settled(edit, Step::Logged),
                    _ => self.edit(edit, Step::Logged),
                }
            }
            EngineEvent::ConflictDecided { edit, kind, .. } => {
                self.found.insert(feature("conflict", kind as u64, 0));
                self.edit(edit, Step::Conflict);
                if kind == ConflictKind::UpdateDelete {
                    self.edit(edit, Step::OtherDeleted);
                }
            }
            EngineEvent::RequestFailed { kind, .. } => self.request(device, kind, Step::NoResponse),
            EngineEvent::RequestRefused { kind, .. } => self.request(device, kind, Step::ErrorResponse),
            EngineEvent::ResponseReceived { kind, rows, .. } if kind.pulls() && rows > 0 => {
                self.device(device, Step::Pulled);
            }
            EngineEvent::CursorSaved { .. } => self.device(device, Step::CursorSaved),
            EngineEvent::CursorReset { .. } => self.device(device, Step::CursorReset),
            EngineEvent::SyncError { .. } => self.device(device, Step::SyncFailed),
            EngineEvent::SyncComplete { .. } => self.device(device, Step::SyncEnded),
            EngineEvent::TableEmptied { .. } => self.device(device, Step::Discarded),
            EngineEvent::ChunkApplied { changes, .. } => {
                for change in changes {
                    let step = if change.removed { Step::RowRemoved } else { Step::RowPulled };
                    self.row(row(change.entity, change.key), step, |own| own == device);
                }
            }
            _ => {}
        }
    }

    fn request(&mut self, device: DeviceId, kind: RequestKind, step: Step) {
        self.found.insert(feature("request", kind as u64, step as u64));
        self.device(device, step);
    }

    fn of_world(&mut self, device: DeviceId, event: &Event<'_>) {
        let step = match event {
            Event::EditMade { edit, .. } => {
                return self.made(device, edit.id, row(edit.entity, edit.key.as_str()));
            }
            Event::ProcessStarted { .. } => Step::Started,
            Event::ProcessKilled { reason: KillReason::PowerLoss } => Step::PowerLost,
            Event::ProcessKilled { .. } => Step::Killed,
            Event::LinkDown => Step::WentOffline,
            Event::LinkUp => Step::CameOnline,
            Event::Suspended => Step::Suspended,
            Event::RowUnreadable { .. } => Step::Unreadable,
            Event::Restored { .. } => Step::Restored,
            Event::BecameCopy { .. } => Step::Copied,
            Event::Phone(PhoneEvent::LoggedOut) => Step::LoggedOut,
            Event::Phone(PhoneEvent::Reinstalled) => Step::Reinstalled,
            _ => return,
        };
        self.device(device, step);
    }

    fn of_servers(&mut self, event: &Event<'_>) {
        match event {
            Event::Committed { entity, key, kind, author, .. } => {
                let by = if let Author::Device(edit) = author { Some(*edit) } else { None };
                if let Some(edit) = by {
                    self.edit(edit, Step::Landed);
                }
                let step =
                    if *kind == CommitKind::Delete { Step::OtherDeleted } else { Step::OtherCommitted };
                self.row(row(*entity, key.as_str()), step, |own| by.is_none_or(|edit| edit.device != own));
            }
            Event::UploadQueued { edit } => self.edit(*edit, Step::Queued),
            Event::MutationRefused { edit, .. } => self.edit(*edit, Step::Refused),
            Event::MutationPutOff { edit } => self.edit(*edit, Step::PutOff),
            Event::MutationReplayed { edit } => self.edit(*edit, Step::Replayed),
            Event::BackendAvailable(up) => self.backend_is_down = !up,
            _ => {}
        }
    }
}

impl Ear for Features {
    fn on(&mut self, occurrence: &Occurrence<'_>) {
        match (occurrence.node, &occurrence.event) {
            (Node::Device(device), Event::Engine(event)) => self.of_engine(device, event),
            (Node::Device(device), event) => self.of_world(device, event),
            (_, event) => self.of_servers(event),
        }
    }
}

/// True for a metric that counts a situation.
pub(super) fn is_situation(name: &str) -> bool {
    name.starts_with("situation.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::metrics::Unit;

    fn figures(names: &[&str]) -> Figures {
        let of = |name: &&str| ((*name).to_owned(), Figure::Value { unit: Unit::Count, value: 1 });
        names.iter().map(of).collect()
    }

    #[test]
    fn two_situations_are_more_than_each_alone() {
        let of = |names: &[&str]| Features::default().finish(&figures(names));
        let hot = "situation.hot_row.count";
        let lost = "situation.response_lost.count";
        let alone: BTreeSet<Feature> = of(&[hot]).union(&of(&[lost])).copied().collect();
        assert_eq!(alone.len(), 2);
        assert_eq!(of(&[hot, lost]).difference(&alone).count(), 1);
    }

    #[test]
    fn a_kill_of_an_idle_device_is_not_a_kill_of_one_with_edits() {
        let heard = |with_edit: bool| {
            let mut features = Features::default();
            if with_edit {
                let id = EditId { device: DeviceId(0), number: 0 };
                features.made(DeviceId(0), id, 7);
            }
            let event = Event::ProcessKilled { reason: KillReason::Killed };
            features.on(&Occurrence { at: Time::ZERO, node: Node::Device(DeviceId(0)), event });
            features.found
        };
        assert!(heard(true).len() > heard(false).len() + 1);
    }
}
