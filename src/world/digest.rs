//! The digest of a world's events, and of what its devices and its backend hold at the end.

use std::cell::RefCell;

use super::build::{ASKED_EVERY, Wanted};
use crate::backend::Backend;
use crate::base::{Digest, EditId, EntityId, Key, Stamp, UnitId, Value, ValueRef};
use crate::contract::{Author, DeviceView, Event, LogEntry, Node, Occurrence, Overtaken, PendingEdit};

/// Adds an event to the chain: its time, its place, its kind, and what tells it from others of its kind.
pub(super) fn add(digest: &mut Digest, occurrence: &Occurrence<'_>) {
    digest.number(occurrence.at.0);
    digest.number(match occurrence.node {
        Node::Device(device) => u64::from(device.0),
        Node::Gateway => 1 << 40,
        Node::Backend => 2 << 40,
        Node::World => 3 << 40,
    });
    let (kind, numbers) = summary(&occurrence.event);
    digest.number(kind);
    for number in numbers {
        digest.number(number);
    }
    rows(digest, &occurrence.event);
}

/// A number for the kind of event, and up to four that tell it apart.
fn summary(event: &Event<'_>) -> (u64, [u64; 4]) {
    use Event as E;
    let unit = |unit: &UnitId| u64::from(unit.0);
    match event {
        E::ProcessStarted { incarnation } => (1, [u64::from(*incarnation), 0, 0, 0]),
        E::ProcessKilled { reason } => (2, [*reason as u64, 0, 0, 0]),
        E::RowsFailed { skipped, listed } => (46, [u64::from(*skipped), u64::from(*listed), 0, 0]),
        E::Restored { to, life } => (45, [to.0, u64::from(*life), 0, 0]),
        E::BecameCopy { of, unseen } => (47, [u64::from(of.0), unseen.len() as u64, 0, 0]),
        E::App(app) => (3, [*app as u64, 0, 0, 0]),
        E::LinkDown => (4, [0; 4]),
        E::LinkUp => (5, [0; 4]),
        E::ConnectionOpened { took } => (60, [took.0, 0, 0, 0]),
        E::PacketsSent { up, packets, retransmitted, bytes } => {
            (61, [u64::from(*up), *packets, *retransmitted, *bytes])
        }
        E::MessageDropped { reason, bytes } => (6, [*reason as u64, *bytes, 0, 0]),
        E::BackendAvailable(up) => (7, [u64::from(*up), 0, 0, 0]),
        E::UnitQueued { .. } | E::UnitDiscarded { .. } | E::UnitCoalesced { .. } => waiting(event),
        E::SyncStart { unit: u, run, waited } => (11, [unit(u), *run, waited.0, 0]),
        E::SyncComplete { unit: u, run, took, blocking } => (12, [unit(u), *run, took.0, (*blocking).into()]),
        E::SyncError { unit: u, run, error } => (13, [unit(u), *run, error.to_string().len() as u64, 0]),
        E::Usable { since_login } => (14, [since_login.0, 0, 0, 0]),
        E::CursorSaved { unit: u, entity } => (15, [unit(u), u64::from(entity.0), 0, 0]),
        E::CursorReset { unit: u, entity } => (16, [unit(u), u64::from(entity.0), 0, 0]),
        E::RequestSent { request, bytes, rows, attempt, .. } => {
            (17, [*request, *bytes, u64::from(*rows), u64::from(*attempt)])
        }
        E::ResponseReceived { request, bytes, rows, took, .. } => {
            (18, [*request, *bytes, u64::from(*rows), took.0])
        }
        E::RequestFailed { request, error, took, wasted, .. } => {
            (19, [*request, *error as u64, took.0, *wasted])
        }
        E::RequestRefused { request, took, .. } => (20, [*request, took.0, 0, 0]),
        E::RetryScheduled { .. } | E::ChunkSized { .. } => pace(event),
        E::ChunkApplied { changes, echoed, took, .. } => {
            (22, [changes.len() as u64, u64::from(*echoed), took.0, 0])
        }
        E::EditMade { edit, made_at } => (23, [one(edit.id), made_at.0 as u64, edit.kind as u64, 0]),
        E::EditRefused { edit, .. } => (24, [one(edit.id), 0, 0, 0]),
        E::EditMissed { edit, waited } => (48, [one(edit.id), waited.0, 0, 0]),
        E::EditSent { edit, request, .. } => (25, [one(*edit), *request, 0, 0]),
        E::EditAcknowledged { edit, stamp, .. } => (26, [one(*edit), stamp.0 as u64, 0, 0]),
        E::ConflictDecided { edit, kind, winner, .. } => (27, [one(*edit), *kind as u64, *winner as u64, 0]),
        E::EditLogged { edit, kind, .. } => (28, [one(*edit), *kind as u64, 0, 0]),
        E::Committed { .. }
        | E::MutationRefused { .. }
        | E::MutationReplayed { .. }
        | E::MutationPutOff { .. }
        | E::CommitDelayed { .. } => judged(event),
        E::RowServed { stamp, removed, .. } => (33, [stamp.0 as u64, u64::from(*removed), 0, 0]),
        E::CutShort | E::Decoded { .. } | E::AppQueried { .. } | E::AppWrote { .. } | E::StorageFull => {
            own_work(event)
        }
        E::BackendServed { kind, queued, locked, service, scanned, rows, .. } => {
            (32, [locked.0 << 2 | *kind as u64, queued.0, service.0, *scanned << 24 | *rows])
        }
        E::Captured { .. } => captured(event),
        E::RefreshAsked { .. }
        | E::Refreshed { .. }
        | E::ReplicaServed { .. }
        | E::UploadQueued { .. }
        | E::UploadWaits { .. }
        | E::UploadDecided { .. } => replication(event),
    }
}

/// The summary of what became of a mutation.
fn judged(event: &Event<'_>) -> (u64, [u64; 4]) {
    use Event as E;
    match event {
        E::Committed { stamp, kind, author, replaced, .. } => {
            let author = match author {
                Author::Device(edit) => one(*edit),
                Author::Office => 1 << 61,
                Author::Import => 1 << 62,
                Author::Derived => 1 << 63,
                Author::Backup => 1 << 60,
            };
            (29, [stamp.0 as u64, *kind as u64, author, replaced.map_or(0, |s| s.0 as u64)])
        }
        E::MutationRefused { .. } | E::MutationReplayed { .. } | E::MutationPutOff { .. } => refused(event),
        E::CommitDelayed { stamp, until, .. } => (35, [stamp.0 as u64, until.0, 0, 0]),
        _ => unreachable!("this says nothing of a mutation"),
    }
}

/// The summary of what a gateway does with its replica.
fn replication(event: &Event<'_>) -> (u64, [u64; 4]) {
    use Event as E;
    match event {
        E::RefreshAsked { scanned, changed, bytes, failed, overtaken, .. } => {
            let overtaken = match overtaken {
                None => 0,
                Some(Overtaken::Written { rows }) => rows << 1,
                Some(Overtaken::Refused { rows }) => rows << 1 | 1,
            };
            (40, [*scanned, *changed, *bytes, overtaken << 1 | u64::from(*failed)])
        }
        E::Refreshed { took } => (41, [took.0, 0, 0, 0]),
        E::ReplicaServed { device, age, cpu } => (42, [u64::from(device.0), age.0, cpu.0, 0]),
        E::UploadQueued { edit } => (43, [one(*edit), 0, 0, 0]),
        E::UploadWaits { edit } => (75, [one(*edit), 0, 0, 0]),
        E::UploadDecided { edit, waited } => (44, [one(*edit), waited.0, 0, 0]),
        _ => unreachable!("this says nothing of a replica"),
    }
}

/// The summary of a search for changes.
fn captured(event: &Event<'_>) -> (u64, [u64; 4]) {
    let Event::Captured { writes, written, handled, cpu, state } = event else {
        unreachable!("asked of a search only")
    };
    (38, [*writes << 32 | *written, *handled, cpu.0, *state])
}

/// The summary of what happens to units that wait.
fn waiting(event: &Event<'_>) -> (u64, [u64; 4]) {
    use Event as E;
    match event {
        E::UnitQueued { unit, depth } => (8, [u64::from(unit.0), u64::from(*depth), 0, 0]),
        E::UnitDiscarded { unit } => (9, [u64::from(unit.0), 0, 0, 0]),
        E::UnitCoalesced { unit } => (10, [u64::from(unit.0), 0, 0, 0]),
        _ => unreachable!("this happens to no unit that waits"),
    }
}

/// The summary of a mutation that makes no commit.
fn refused(event: &Event<'_>) -> (u64, [u64; 4]) {
    use Event as E;
    match event {
        E::MutationRefused { edit, conflict, .. } => {
            (30, [one(*edit), conflict.map_or(9, |c| c as u64), 0, 0])
        }
        E::MutationReplayed { edit } => (31, [one(*edit), 0, 0, 0]),
        E::MutationPutOff { edit } => (34, [one(*edit), 0, 0, 0]),
        _ => unreachable!("this is committed, or no mutation"),
    }
}

/// The summary of how fast an engine goes.
fn pace(event: &Event<'_>) -> (u64, [u64; 4]) {
    use Event as E;
    match event {
        E::RetryScheduled { attempt, wait, .. } => (21, [u64::from(*attempt), wait.0, 0, 0]),
        E::ChunkSized { kind, rows } => (36, [*kind as u64, u64::from(*rows), 0, 0]),
        _ => unreachable!("this says nothing of an engine's pace"),
    }
}

/// The summary of what a device does by itself.
fn own_work(event: &Event<'_>) -> (u64, [u64; 4]) {
    use Event as E;
    match event {
        E::CutShort => (70, [0; 4]),
        E::Decoded { peak, tight } => (71, [*peak, u64::from(*tight), 0, 0]),
        E::AppQueried { took, waited } => (72, [took.0, waited.0, 0, 0]),
        E::AppWrote { took, waited } => (73, [took.0, waited.0, 0, 0]),
        E::StorageFull => (74, [0; 4]),
        _ => unreachable!("this is no work of the device itself"),
    }
}

fn one(edit: EditId) -> u64 {
    u64::from(edit.device.0) << 32 | u64::from(edit.number)
}

/// Adds the rows that an event speaks of.
fn rows(digest: &mut Digest, event: &Event<'_>) {
    let mut row = |key: &Key, values: &[Value]| {
        digest.text(key.as_str());
        values.iter().for_each(|value| add_value(digest, value));
    };
    match event {
        Event::Committed { key, values, .. } => row(key, values),
        Event::EditMade { edit, .. } => {
            row(&edit.key, &[]);
            for (_, value) in &edit.values {
                row(&edit.key, std::slice::from_ref(value));
            }
        }
        Event::ChunkApplied { changes, .. } => {
            for change in *changes {
                digest.text(change.key);
                digest.number(change.stamp.0 as u64 ^ u64::from(change.removed) << 63);
            }
        }
        _ => {}
    }
}

/// The digests that rows go into.
#[derive(Default)]
pub(super) struct RowDigests {
    /// What people see: keys and values.
    pub(super) content: Digest,
    /// The stamps that go with them: they depend on when things happened.
    pub(super) stamps: Digest,
}

/// A device whose rows go into the digests as they are read: to read them again for it would cost as much as the check.
pub(super) struct Digested<'d> {
    view: &'d dyn DeviceView,
    digests: RefCell<&'d mut RowDigests>,
    /// Whether nobody waits for its rows any more.
    stops: &'d dyn Fn() -> bool,
}

impl<'d> Digested<'d> {
    pub(super) fn new(
        view: &'d dyn DeviceView,
        digests: &'d mut RowDigests,
        stops: &'d dyn Fn() -> bool,
    ) -> Digested<'d> {
        Digested { view, digests: RefCell::new(digests), stops }
    }
}

impl DeviceView for Digested<'_> {
    fn rows(&self, entity: EntityId, f: &mut dyn FnMut(&str, Stamp, &[ValueRef<'_>])) {
        let mut digests = self.digests.borrow_mut();
        digests.content.number(u64::from(entity.0));
        let (mut read, mut stopped) = (0_u64, false);
        self.view.rows(entity, &mut |key, stamp, values| {
            stopped = stopped || read.is_multiple_of(ASKED_EVERY) && (self.stops)();
            read += 1;
            if stopped {
                return;
            }
            digests.stamps.number(stamp.0 as u64);
            digests.content.text(key);
            values.iter().for_each(|value| digests.content.value(*value));
            f(key, stamp, values);
        });
    }
    fn pending(&self) -> Vec<PendingEdit> {
        self.view.pending()
    }
    fn held_back(&self) -> u64 {
        self.view.held_back()
    }
    fn log(&self) -> Vec<LogEntry> {
        self.view.log()
    }
    fn doing(&self) -> String {
        self.view.doing()
    }
    fn damage(&self, all: bool) -> Option<String> {
        self.view.damage(all)
    }
}

/// Adds all rows of the backend, tombstones among them, until it `stops`.
pub(super) fn add_backend(digests: &mut RowDigests, backend: &Backend, stops: &dyn Fn() -> bool) {
    for entity in backend.schema().ids().take_while(|_| !stops()) {
        for record in Wanted::new(backend.rows(entity), stops) {
            digests.stamps.number(record.stamp.0 as u64);
            digests.content.text(record.key.as_str());
            digests.content.number(u64::from(record.deleted));
            record.values.iter().for_each(|value| add_value(&mut digests.content, value));
        }
    }
}

/// A fat text is told by its seed: its bytes would cost more than the whole event.
fn add_value(digest: &mut Digest, value: &Value) {
    match value {
        Value::Fat(fat) => digest.number(fat.seed ^ u64::from(fat.len)),
        other => other.with_ref(|value| digest.value(value)),
    }
}
