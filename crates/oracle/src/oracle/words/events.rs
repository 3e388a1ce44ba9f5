//! Events of a record's life as text.

use crate::base::words::count;
use crate::base::{EntityId, Key, Word};
use crate::contract::{
    AppliedChange, CommitKind, ConflictKind, Decision, EngineEvent, Event, IntegrationEvent, KillReason,
    LocalEdit, LogKind, PageEvent, PhoneEvent, Refusal, TransportError,
};
use crate::oracle::words::{Labels, phrases};

impl Labels {
    pub(crate) fn applied(&self, change: &AppliedChange<'_>) -> String {
        let record = self.record(change.entity, change.key);
        let what = if change.removed { "removed" } else { "now holds" };
        format!("{what} {record} as of {}", self.stamp(change.stamp))
    }
    pub(crate) fn event(&self, event: &Event<'_>) -> String {
        let said = self.of_device(event).or_else(|| self.of_edit(event)).or_else(|| self.backend(event));
        let said = said.or_else(|| self.carried(event));
        said.unwrap_or_else(|| format!("{event:?}"))
    }

    fn of_device(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::Engine(EngineEvent::Renamed { entity, from, to }) => {
                format!("{} now has the key {to}", self.record(*entity, from))
            }
            Event::Engine(EngineEvent::CursorSaved { unit, entity }) => {
                format!("cursor of {} for {} saved", self.schema.entity(*entity).name, self.unit(*unit))
            }
            Event::Engine(EngineEvent::ResponseReceived { request, rows, bytes, took, .. }) => {
                let (rows, bytes) = (count(u64::from(*rows), "row"), count(*bytes, "byte"));
                format!("request {request} got a response after {took}: {rows}, {bytes}")
            }
            Event::Engine(EngineEvent::RequestFailed { request, error, took, .. }) => match error {
                TransportError::Foreign => format!("request {request} got {error} after {took}"),
                _ => format!("request {request} got no response: {error} after {took}"),
            },
            Event::Engine(EngineEvent::RequestRefused { request, error, .. }) => {
                format!("request {request} refused: {error}")
            }
            Event::Phone(PhoneEvent::Reinstalled) => {
                "app deleted and installed again: its data is gone".to_owned()
            }
            Event::Phone(PhoneEvent::Upgraded) => "a new version of the app installed".to_owned(),
            Event::Phone(PhoneEvent::LoggedOut) => "its person logged out".to_owned(),
            Event::Phone(PhoneEvent::LoggedIn { person }) => format!("person {person} logged in"),
            Event::Restored { to, .. } => format!("went back to its backup of {}", self.time(*to)),
            Event::BecameCopy { of, .. } => format!("became a copy of {of}"),
            Event::ProcessStarted { incarnation: 0 } => "process started".to_owned(),
            Event::ProcessStarted { incarnation } => {
                format!("process started again, life {}", incarnation + 1)
            }
            Event::ProcessKilled { reason: KillReason::Killed } => "process killed".to_owned(),
            Event::ProcessKilled { reason: KillReason::PowerLoss } => "power lost".to_owned(),
            Event::ProcessKilled { reason: KillReason::BigRow } => {
                "process died: a row was too large to be read".to_owned()
            }
            Event::ProcessKilled { reason: KillReason::LowMemory } => {
                "process killed: out of memory".to_owned()
            }
            _ => return None,
        })
    }

    fn of_edit(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::EditMade { edit, made_at } => {
                format!("{}, dated {}", self.local(edit), self.stamp(*made_at))
            }
            Event::EditRefused { edit, error } => format!("{} refused by the app: {error}", self.local(edit)),
            Event::EditMissed { edit, .. } => {
                format!("{} not seen saved: the app did not run or ended first", self.local(edit))
            }
            Event::EditPrevented { edit, waited } => {
                let edit = self.local(edit);
                format!("{edit} not made: a sync had the screen, and the person gave up after {waited}")
            }
            Event::Engine(EngineEvent::EditSent { edit, entity, key, request }) => {
                format!("edit {edit} of {} sent in request {request}", self.record(*entity, key))
            }
            Event::Engine(EngineEvent::EditsSquashed { edit, with, stays, .. }) => {
                let with: Vec<String> = with.iter().map(ToString::to_string).collect();
                let with = with.join(", ");
                match stays {
                    true => format!("edit {edit} cancels {with}: nobody else sees the row"),
                    false => format!("edit {edit} is sent instead of {with}, too"),
                }
            }
            Event::Engine(EngineEvent::EditAcknowledged { edit, stamp, .. }) => {
                format!("edit {edit} acknowledged as of {}", self.stamp(*stamp))
            }
            Event::Engine(EngineEvent::Page(PageEvent::Open { edit, .. })) => {
                format!("the conflict of edit {edit} is still open")
            }
            Event::Engine(EngineEvent::Page(PageEvent::Resolved { edit, on_top, decision, .. })) => {
                let of = if *on_top { ", on top of one in conflict" } else { "" };
                format!("a person decided about edit {edit}{of}: {}", decided(*decision))
            }
            Event::Engine(EngineEvent::ConflictDecided { edit, kind, decision, sides, .. }) => {
                let decided = decided(*decision);
                let [local, remote] = [sides.local, sides.remote].map(|stamp| self.stamp(stamp));
                let edited = sides.edited.filter(|edited| *edited != sides.remote);
                let made = edited.map_or_else(String::new, |at| format!(", made at {}", self.stamp(at)));
                let theirs = if *kind == ConflictKind::UpdateTaken { "another row's" } else { "the" };
                format!(
                    "conflict of edit {edit} of {local} with {theirs} version of {remote}{made}: {}, {decided}",
                    conflict(*kind)
                )
            }
            Event::Engine(EngineEvent::EditLogged { edit, kind, .. }) => {
                let says = match kind {
                    LogKind::Superseded => "was superseded",
                    LogKind::Merged => "was superseded in some of its columns",
                    LogKind::Overwrote => "overwrote another version",
                    LogKind::Rejected => "was refused permanently",
                    LogKind::KeptBoth => "became a new row beside another version",
                };
                format!("the user's log says that edit {edit} {says}")
            }
            _ => return None,
        })
    }

    fn backend(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::Committed { entity, key, stamp, kind, values, author, .. } => {
                let record = self.record(*entity, key);
                let (author, stamp) = (phrases::author(*author), self.stamp(*stamp));
                if *kind == CommitKind::Delete {
                    return Some(format!("{record} deleted by {author} as of {stamp}"));
                }
                let entity_columns = &self.schema.entity(*entity).projection;
                let shown: Vec<_> =
                    entity_columns.iter().map(|&column| (column, values[column].clone())).collect();
                let values = self.values(*entity, &shown);
                format!("{record} committed by {author} as of {stamp}: {values}")
            }
            Event::MutationRefused { edit, entity, key, conflict, holder, .. } => {
                let record = |key: &Key| self.record(*entity, key);
                let holder = holder.map_or_else(String::new, |holder| format!(": {}", record(holder)));
                format!("edit {edit} of {} refused: {}{holder}", record(key), refusal(*conflict))
            }
            Event::MutationReplayed { edit } => {
                format!("edit {edit} came again and got the same response from memory")
            }
            Event::MutationIgnored { edit, .. } => {
                format!("edit {edit} was reported as committed but ignored; its row is not the device's")
            }
            Event::MutationPutOff { edit } => format!("edit {edit} deferred"),
            Event::CommitDelayed { entity, key, stamp, until } => {
                let record = self.record(*entity, key);
                let (stamp, until) = (self.stamp(*stamp), self.time(*until));
                format!("{record} as of {stamp} becomes visible at {until}")
            }
            Event::RowServed { device, entity, key, stamp, removed } => {
                let what = if *removed { "the tombstone of " } else { "" };
                let (record, stamp) = (self.record(*entity, key), self.stamp(*stamp));
                format!("{what}{record} as of {stamp} is sent to {device}")
            }
            Event::UploadQueued { edit } => format!("edit {edit} queued for the backend"),
            Event::UploadWaits { edit } => format!("edit {edit} still waits for the backend"),
            Event::UploadDecided { edit, waited } => {
                format!("edit {edit} was decided by the backend, {waited} after it was queued")
            }
            _ => return None,
        })
    }

    fn carried(&self, event: &Event<'_>) -> Option<String> {
        let Event::Integration(event) = event else { return None };
        let version = |entity: EntityId, key: &Key, stamp| {
            format!("{} as of {}", self.record(entity, key), self.stamp(stamp))
        };
        Some(match *event {
            IntegrationEvent::Read { worker, entity, key, stamp } => {
                format!("worker {worker} of the integration has read {}", version(entity, key, stamp))
            }
            IntegrationEvent::Remembered { worker, .. } => {
                format!("worker {worker} of the integration has recorded that its page is done")
            }
            IntegrationEvent::Delivered { entity, key, stamp, removed: false } => {
                format!("the destination has {}", version(entity, key, stamp))
            }
            IntegrationEvent::Delivered { entity, key, stamp, .. } => {
                format!("the destination has the delete of {}", version(entity, key, stamp))
            }
            IntegrationEvent::Rejected { entity, key } => {
                format!("the destination rejected {}", self.record(entity, key))
            }
            IntegrationEvent::Killed { worker } => format!("worker {worker} of the integration was killed"),
            IntegrationEvent::Called { .. } => return None,
        })
    }

    fn local(&self, edit: &LocalEdit) -> String {
        let record = self.record(edit.entity, &edit.key);
        let values = self.values(edit.entity, &edit.values);
        let space = if values.is_empty() { "" } else { " " };
        format!("edit {} {} {record}{space}{values}", edit.id, edit.kind.word())
    }
}

fn conflict(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::UpdateUpdate => "changed on the device and on the backend",
        ConflictKind::UpdateDelete => "changed on the device, deleted on the backend",
        ConflictKind::DeleteUpdate => "deleted on the device, changed on the backend",
        ConflictKind::InsertInsert => "created on the device and on the backend",
        ConflictKind::UpdateTaken => "changed on the device to the natural key of another row",
        ConflictKind::Equal => "only the dates differ",
    }
}

fn refusal(why: Option<Refusal>) -> &'static str {
    match why {
        None => "never accepted",
        Some(Refusal::Stale) => "the row has a newer version",
        Some(Refusal::Gone) => "the row was deleted",
        Some(Refusal::Exists) => "the row exists",
        Some(Refusal::Taken) => "another row has its natural key",
    }
}

fn decided(decision: Decision<'_>) -> String {
    match decision {
        Decision::Same => "both are equal".to_owned(),
        Decision::Local => "the edit wins".to_owned(),
        Decision::Remote => "the backend's version wins".to_owned(),
        Decision::Merged { columns } => {
            format!("merged, with {} of the edit", count(columns.len() as u64, "column"))
        }
        Decision::Both { key } => format!("both stay, the edit as row {key}"),
        Decision::Parked => "a person has to decide".to_owned(),
    }
}
