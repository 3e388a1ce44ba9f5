//! Events in words.

use super::words::{self, Labels};
use crate::base::words::count;
use crate::base::{Key, UnitId, Word};
use crate::contract::PhoneEvent;
use crate::contract::{
    AppEvent, AppliedChange, BlobEvent, CommitKind, ConflictKind, Decision, DropReason, Event, Hook, HookEnd,
    KillReason, LocalEdit, LogKind, PageEvent, Refusal, TransportError, UnitEvent,
};

impl Labels<'_> {
    pub(super) fn applied(&self, change: &AppliedChange<'_>) -> String {
        let record = self.record(change.entity, change.key);
        let what = if change.removed { "removed" } else { "now holds" };
        format!("{what} {record} as of {}", self.clock.stamp(change.stamp))
    }
    /// The event, without its place and time.
    pub(super) fn event(&self, event: &Event<'_>) -> String {
        let said = self.run(event).or_else(|| self.exchange(event)).or_else(|| self.of_edit(event));
        let said = said.or_else(|| self.backend(event)).or_else(|| self.rows(event));
        said.or_else(|| world(event)).unwrap_or_else(|| format!("{event:?}"))
    }

    fn rows(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::RowsFailed { skipped, listed } => {
                format!("{skipped} rows that failed dropped, {listed} put on a list")
            }
            Event::RowsRetried { left } => format!("rows on the list tried again, {left} left"),
            Event::Renamed { entity, from, to } => {
                format!("{} is called {to} now", self.record(*entity, from.as_str()))
            }
            Event::Status(status) => format!("the app shows: {status}"),
            Event::TableEmptied { entity, edits } => {
                let of = &self.schema.entity(*entity).name;
                format!("all rows of {of} deleted, with {edits} edits")
            }
            Event::NetworkAsked => "asked what network there is".to_owned(),
            Event::ApplyAborted => "changes not applied: a row refers to one that is not there".to_owned(),
            Event::Dangling { rows } => format!("{rows} rows refer to one that is not there"),
            Event::BecameCopy { of, .. } => format!("became a copy of {of}"),
            Event::Phone(event) => phone(*event),
            Event::Restored { to, .. } => format!("put back to its state of {}", self.clock.time(*to)),
            _ => return None,
        })
    }

    fn run(&self, event: &Event<'_>) -> Option<String> {
        let named = |hook: &Hook, run: &Option<(UnitId, u64)>| match run {
            Some((unit, run)) => format!("{} of run {run} of {}", hook.word(), self.unit(*unit)),
            None => hook.word().to_owned(),
        };
        Some(match event {
            Event::UnitQueued { unit, depth } => format!("{} queued, {depth} waiting", self.unit(*unit)),
            Event::UnitDiscarded { unit } => format!("{} dropped from the queue", self.unit(*unit)),
            Event::UnitCoalesced { unit } => {
                format!("{} asked for again, it waits already", self.unit(*unit))
            }
            Event::SyncStart { unit, run, waited } => {
                format!("run {run} of {} starts after waiting {waited}", self.unit(*unit))
            }
            Event::SyncComplete { unit, run, took, .. } => {
                format!("run {run} of {} is complete after {took}", self.unit(*unit))
            }
            Event::SyncError { unit, run, error } => {
                format!("run {run} of {} failed: {error}", self.unit(*unit))
            }
            Event::Usable { since_login } => format!("usable, {since_login} after the login"),
            Event::CursorSaved { unit, entity } => {
                format!("cursor of {} for {} saved", self.schema.entity(*entity).name, self.unit(*unit))
            }
            Event::CursorReset { unit, entity } => {
                format!(
                    "cursor of {} for {} given up, loading all again",
                    self.schema.entity(*entity).name,
                    self.unit(*unit)
                )
            }
            Event::HookStarted { hook, run } => format!("{} is called", named(hook, run)),
            Event::HookEnded { hook, run, ended, took } => {
                let how = match ended {
                    HookEnd::Well => "ended",
                    HookEnd::Threw => "threw",
                    HookEnd::TimedOut => "was given up",
                };
                format!("{} {how} after {took}", named(hook, run))
            }
            Event::HookTriggered { hook, run, unit } => {
                format!("{} triggers {}", named(hook, run), self.unit(*unit))
            }
            _ => return None,
        })
    }

    fn exchange(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::RequestSent { request, kind, bytes, rows, attempt, .. } => {
                let again = if *attempt > 0 { format!(", try {}", attempt + 1) } else { String::new() };
                let edits = if *rows > 0 {
                    format!(" with {}", count(u64::from(*rows), "edit"))
                } else {
                    String::new()
                };
                let bytes = count(*bytes, "byte");
                format!("request {request} ({}{edits}, {bytes}) sent{again}", kind.word())
            }
            Event::ResponseReceived { request, rows, bytes, took, .. } => {
                let (rows, bytes) = (count(u64::from(*rows), "row"), count(*bytes, "byte"));
                format!("request {request} answered after {took}: {rows}, {bytes}")
            }
            Event::RequestFailed { request, error: error @ TransportError::Foreign, took, .. } => {
                format!("request {request} got {error} after {took}")
            }
            Event::RequestFailed { request, error, took, .. } => {
                format!("request {request} got no response: {error} after {took}")
            }
            Event::RequestRefused { request, error, .. } => format!("request {request} refused: {error}"),
            Event::ChunkSized { kind, rows } => {
                format!("chunks of a {} have {} at most", kind.word(), count(u64::from(*rows), "row"))
            }
            Event::RetryScheduled { attempt, wait, .. } => format!("waits {wait} after failure {attempt}"),
            Event::ChunkApplied { changes, took, .. } => {
                format!("{} durable in {took}", count(changes.len() as u64, "change"))
            }
            Event::Unit(UnitEvent::Excerpt { rows, took, .. }) => {
                format!("{} in part durable in {took}", count(u64::from(*rows), "row"))
            }
            Event::Unit(UnitEvent::SetAside { rows, took, .. }) => {
                format!("{} set aside in {took}", count(u64::from(*rows), "row"))
            }
            Event::Unit(UnitEvent::ThrownAway { rows, .. }) => {
                format!("{} thrown away unseen", count(u64::from(*rows), "row"))
            }
            Event::Unit(UnitEvent::Cursors { at, .. }) => {
                format!("{} looked at", count(at.len() as u64, "cursor"))
            }
            _ => return None,
        })
    }

    fn of_edit(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::EditMade { edit, made_at } => {
                format!("{}, dated {}", self.local(edit), self.clock.stamp(*made_at))
            }
            Event::EditRefused { edit, error } => format!("{} refused by the app: {error}", self.local(edit)),
            Event::EditMissed { edit, .. } => {
                format!("{} not seen saved: the app did not run or ended first", self.local(edit))
            }
            Event::EditPrevented { edit, waited } => {
                let edit = self.local(edit);
                format!("{edit} not made: a sync had the screen, and the person gave up after {waited}")
            }
            Event::EditSent { edit, entity, key, request } => {
                format!("edit {edit} of {} sent in request {request}", self.record(*entity, key.as_str()))
            }
            Event::EditsSquashed { edit, with, stays, .. } => {
                let with: Vec<String> = with.iter().map(ToString::to_string).collect();
                let with = with.join(", ");
                match stays {
                    true => format!("edit {edit} takes back {with}: nobody else hears of the row"),
                    false => format!("edit {edit} goes out in the place of {with}, too"),
                }
            }
            Event::EditAcknowledged { edit, stamp, .. } => {
                format!("edit {edit} acknowledged as of {}", self.clock.stamp(*stamp))
            }
            Event::Page(event) => page(event),
            Event::Blob(event) => blob(event),
            Event::ConflictDecided { edit, kind, decision, sides, .. } => {
                let decided = decided(*decision);
                let [local, remote] = [sides.local, sides.remote].map(|stamp| self.clock.stamp(stamp));
                let edited = sides.edited.filter(|edited| *edited != sides.remote);
                let made =
                    edited.map_or_else(String::new, |at| format!(", made at {}", self.clock.stamp(at)));
                let theirs = if *kind == ConflictKind::UpdateTaken { "another row's" } else { "the" };
                format!(
                    "conflict of edit {edit} of {local} with {theirs} version of {remote}{made}: {}, {decided}",
                    conflict(*kind)
                )
            }
            Event::EditLogged { edit, kind, .. } => {
                let says = match kind {
                    LogKind::Superseded => "was superseded",
                    LogKind::Merged => "gave way in some of its columns",
                    LogKind::Overwrote => "overwrote another version",
                    LogKind::Rejected => "was rejected for good",
                    LogKind::KeptBoth => "became a row of its own beside another version",
                };
                format!("the user's log says that edit {edit} {says}")
            }
            _ => return None,
        })
    }

    fn backend(&self, event: &Event<'_>) -> Option<String> {
        Some(match event {
            Event::Committed { entity, key, stamp, kind, values, author, .. } => {
                let record = self.record(*entity, key.as_str());
                let (author, stamp) = (words::author(*author), self.clock.stamp(*stamp));
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
                let record = |key: &Key| self.record(*entity, key.as_str());
                let holder = holder.map_or_else(String::new, |holder| format!(": {}", record(holder)));
                format!("edit {edit} of {} refused: {}{holder}", record(key), refusal(*conflict))
            }
            Event::MutationReplayed { edit } => format!("edit {edit} came again, answered from memory"),
            Event::MutationIgnored { edit, .. } => {
                format!("edit {edit} answered as if it was committed; its row is not the device's")
            }
            Event::MutationPutOff { edit } => format!("edit {edit} put off"),
            Event::CommitDelayed { entity, key, stamp, until } => {
                let record = self.record(*entity, key.as_str());
                let (stamp, until) = (self.clock.stamp(*stamp), self.clock.time(*until));
                format!("{record} as of {stamp} can be seen from {until} on")
            }
            Event::RowServed { device, entity, key, stamp, removed } => {
                let what = if *removed { "the tombstone of " } else { "" };
                let (record, stamp) = (self.record(*entity, key), self.clock.stamp(*stamp));
                format!("{what}{record} as of {stamp} leaves for {device}")
            }
            Event::UploadQueued { edit } => format!("edit {edit} queued for the backend"),
            Event::UploadWaits { edit } => format!("edit {edit} still waits for the backend"),
            Event::UploadDecided { edit, waited } => {
                format!("edit {edit} was judged by the backend, {waited} after it was queued")
            }
            _ => return None,
        })
    }

    fn local(&self, edit: &LocalEdit) -> String {
        let record = self.record(edit.entity, edit.key.as_str());
        let values = self.values(edit.entity, &edit.values);
        let space = if values.is_empty() { "" } else { " " };
        format!("edit {} {} {record}{space}{values}", edit.id, edit.kind.word())
    }
}

fn world(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::ProcessStarted { incarnation: 0 } => "process started".to_owned(),
        Event::ProcessStarted { incarnation } => format!("process started again, life {}", incarnation + 1),
        Event::ProcessKilled { reason: KillReason::Killed } => "process killed".to_owned(),
        Event::ProcessKilled { reason: KillReason::PowerLoss } => "power lost".to_owned(),
        Event::ProcessKilled { reason: KillReason::LowMemory } => "process killed: out of memory".to_owned(),
        Event::CutShort => "the process dies during work on its database".to_owned(),
        Event::Decoded { peak, tight } => {
            let much = if *tight { ", more than a quarter of what there is" } else { "" };
            format!("response decoded in {peak} bytes of memory{much}")
        }
        Event::AppQueried { took, waited } => {
            format!("a query for the person took {took}, {waited} of it locked out")
        }
        Event::Listed { rows, steps, pages, took, .. } => {
            let (rows, pages) = (count(*rows, "row"), count(*pages, "page"));
            format!("a list of {rows} took {took}: {steps} steps, {pages}")
        }
        Event::AppWrote { took, waited } => format!("saving took {took}, {waited} of it locked out"),
        Event::StorageFull => "no room on the device".to_owned(),
        Event::RowUnreadable { .. } => "a row that came cannot be read".to_owned(),
        Event::App(AppEvent::Login) => "login".to_owned(),
        Event::App(AppEvent::Online) => "app told that it is online".to_owned(),
        Event::App(AppEvent::Offline) => "app told that it is offline".to_owned(),
        Event::App(AppEvent::Resume) => "app in the foreground".to_owned(),
        Event::App(AppEvent::Pause) => "app in the background".to_owned(),
        Event::App(AppEvent::Background) => "app given time in the background".to_owned(),
        Event::Suspended => "app suspended".to_owned(),
        Event::Continued { after } => format!("app goes on after {after}"),
        Event::LinkDown => "link down".to_owned(),
        Event::LinkUp => "link up".to_owned(),
        Event::ConnectionOpened { took } => format!("connection opened in {took}"),
        Event::PacketsSent { up, packets, retransmitted, bytes } => {
            let way = if *up { "sent" } else { "received" };
            if *packets == 0 {
                return Some(format!("{} {way}", count(*bytes, "byte")));
            }
            format!("{packets} packets {way}, {retransmitted} of them again, {bytes} bytes")
        }
        Event::MessageDropped { reason, bytes } => {
            let (what, how) = match reason {
                DropReason::Outage => ("message", "lost in an outage"),
                DropReason::AnswerLost => ("response", "lost"),
                DropReason::CaptivePortal => ("request", "answered by a captive portal"),
                DropReason::ForeignAnswer => ("request", "given a response that is not its own"),
                DropReason::TooLarge => ("message", "too large for a proxy"),
            };
            format!("{what} of {} {how}", count(*bytes, "byte"))
        }
        Event::CacheAnswered { bytes, stale, .. } => {
            let what = if *stale { "stale response" } else { "response" };
            format!("{what} of {} from a cache on the way", count(*bytes, "byte"))
        }
        _ => return None,
    })
}

fn conflict(kind: ConflictKind) -> &'static str {
    match kind {
        ConflictKind::UpdateUpdate => "changed here and there",
        ConflictKind::UpdateDelete => "changed here, deleted there",
        ConflictKind::DeleteUpdate => "deleted here, changed there",
        ConflictKind::InsertInsert => "made here and there",
        ConflictKind::UpdateTaken => "changed here to the natural key there",
        ConflictKind::Equal => "other dates",
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
        Decision::Same => "both say the same".to_owned(),
        Decision::Local => "the edit wins".to_owned(),
        Decision::Remote => "the backend's version wins".to_owned(),
        Decision::Merged { columns } => {
            format!("merged, with {} of the edit", count(columns.len() as u64, "column"))
        }
        Decision::Both { key } => format!("both stay, the edit as row {key}"),
        Decision::Parked => "a person is to decide".to_owned(),
    }
}

fn phone(event: PhoneEvent) -> String {
    match event {
        PhoneEvent::TokenRenewed { took } => format!("another token came after {took}"),
        PhoneEvent::LoginEnded => "it is given no other token: its login has ended".to_owned(),
        PhoneEvent::LogoutAsked => "its person wants to log out".to_owned(),
        PhoneEvent::LogoutRefused { edits } => {
            format!("the app lets nobody log out while {} wait", count(edits, "edit"))
        }
        PhoneEvent::LoggedOut => "its person has logged out".to_owned(),
        PhoneEvent::LoggedIn { person } => format!("person {person} logs in"),
        PhoneEvent::Reinstalled => "the app was installed again, with nothing in it".to_owned(),
        PhoneEvent::Upgraded => "a newer version of the app was installed".to_owned(),
    }
}

fn blob(event: &BlobEvent) -> String {
    match event {
        BlobEvent::Sent { bytes: 0, .. } => "asked how much of an attachment there is".to_owned(),
        BlobEvent::Sent { offset, bytes, .. } => {
            format!("{bytes} bytes of an attachment sent, from {offset}")
        }
        BlobEvent::Ended { took, served, .. } => {
            format!("{} after {took}", if *served { "answered" } else { "no good response" })
        }
        BlobEvent::LetGo { .. } => "attachment let go".to_owned(),
        BlobEvent::Stored { bytes, .. } => format!("attachment of {bytes} bytes stored"),
    }
}

fn page(event: &PageEvent<'_>) -> String {
    match event {
        PageEvent::Open { edit, .. } => format!("the conflict of edit {edit} is open still"),
        PageEvent::Resolved { edit, on_top, decision, .. } => {
            let of = if *on_top { ", on top of one in conflict" } else { "" };
            format!("a person decided about edit {edit}{of}: {}", decided(*decision))
        }
        PageEvent::Held { edits, .. } => {
            format!("no sync while a conflict is open, {} could go", count(edits.len() as u64, "edit"))
        }
    }
}
