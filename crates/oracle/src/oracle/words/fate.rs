//! Explains in one sentence where a record went wrong. It uses the events about the record.

use std::collections::BTreeMap;

use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Time};
use crate::contract::{AppliedChange, Author, CommitKind, EngineEvent, Event, TransportError};
use crate::oracle::words::Clock;

#[derive(Debug, Default)]
pub(crate) struct Fate {
    committed: Option<Time>,
    stamp: Option<Stamp>,
    deleted: Option<Time>,
    devices: BTreeMap<DeviceId, There>,
    edits: BTreeMap<EditId, Course>,
    elsewhere: Vec<(Key, Time)>,
    /// True if the server is third-party. The explanation then names server calls that are missing.
    names_calls: bool,
}

/// The end of a sentence about an edit. The server neither wrote nor refused the edit, but the
/// phone counted it as done.
const UNSAID: &str = ": the server neither wrote it nor reported a refusal (in JavaScript `db.put`, \
    `db.remove` or `db.refuse`; in Rust `write` or `refused`)";

#[derive(Clone, Copy, Debug, Default)]
struct There {
    sent: Option<Time>,
    /// When the server last sent the row's removal to the device, after the last commit of the row.
    word: Option<Time>,
    current: Option<Time>,
    stored: Option<Time>,
    /// The stamp of the latest version of the row that the device ever stored.
    had: Option<Stamp>,
    removed: Option<Time>,
    /// When the device last went back to a backup of itself.
    restored: Option<Time>,
    paged: Option<Time>,
    asked: Asked,
    /// When the device's process first died after the server's last send to it.
    died: Option<Time>,
}

/// The device's requests for changes after the last commit of the row.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    /// True if the server reports such requests.
    is_told: bool,
    last: Option<Time>,
    /// The first request with a cursor later than that commit: its time, and the cursor.
    past: Option<(Time, Stamp)>,
}

#[derive(Debug, Default)]
struct Course {
    made: Time,
    /// If the phone's clock is slow: the edit's stamp, and a later stamp that the phone already
    /// had.
    before: Option<(Stamp, Stamp)>,
    /// When the edit was last sent, and in which request. `ended`: when and how that request ended.
    sent: Option<(Time, u64)>,
    ended: Option<(Time, String)>,
    /// The first version that the device applied between the edit and its first send.
    over: Option<(Time, Stamp, bool)>,
    refused: Option<Time>,
    acknowledged: Option<Time>,
    commits: Vec<Time>,
}

impl There {
    fn not_taken(&self, what: &str, device: DeviceId, sent: Time, clock: Clock) -> String {
        let mut way = format!("the server sent {what} to {device} at {}", clock.time(sent));
        let past = self.asked.past.filter(|(at, _)| *at > sent);
        let is_before = |died: &Time| *died >= sent && past.is_none_or(|(at, _)| *died <= at);
        if let Some(died) = self.died.filter(is_before) {
            way += &format!(", its process died at {}", clock.time(died));
        }
        way += " and it was not applied";
        match past {
            Some((at, since)) => {
                let (at, since) = (clock.time(at), clock.stamp(since));
                format!("{way}: at {at} {device} asked for changes after {since}, so its cursor skipped it")
            }
            None => way,
        }
    }
    /// Explains why the server never sent the row to a device.
    fn not_asked(&self, what: &str, device: DeviceId, clock: Clock) -> String {
        match (self.asked.past, self.asked.last) {
            (Some((at, since)), _) => {
                let is_ahead = since > clock.start.plus(Span(at.0));
                let (at, since) = (clock.time(at), clock.stamp(since));
                // A server gives no cursor in the future, so the phone made this one.
                let whose =
                    if is_ahead { ", and ahead of the server's clock: it is by the phone's" } else { "" };
                format!(
                    "{device} never asked for {what}: at {at} it asked for changes after {since}, which is later: its cursor is ahead of the rows that it got{whose}"
                )
            }
            (None, Some(_)) => format!("the server never sent {what} to {device}, which asked for it"),
            (None, None) => format!("{device} has not asked for changes since then"),
        }
    }
}

impl Fate {
    /// Makes an explanation without events. `names_calls`: the server is third-party.
    pub(crate) fn new(names_calls: bool) -> Fate {
        Fate { names_calls, ..Fate::default() }
    }
    pub(crate) fn see(
        &mut self,
        at: Time,
        device: Option<DeviceId>,
        event: &Event<'_>,
        of: impl Fn(EntityId, &str) -> bool,
    ) {
        match *event {
            Event::Committed { entity, key, kind, author, stamp, .. } if of(entity, key) => {
                let gone = kind == CommitKind::Delete;
                (self.committed, self.deleted) = (Some(at), if gone { Some(at) } else { self.deleted });
                self.stamp = Some(stamp);
                for there in self.devices.values_mut() {
                    (there.sent, there.word, there.current) = (None, None, None);
                    there.asked = Asked { is_told: there.asked.is_told, ..Asked::default() };
                }
                if let Author::Device(edit) = author {
                    self.edits.entry(edit).or_default().commits.push(at);
                }
            }
            Event::Committed { key, author: Author::Device(edit), .. } if self.edits.contains_key(&edit) => {
                self.elsewhere.push((key.clone(), at));
            }
            Event::RowServed { device, entity, key, stamp, removed } if of(entity, key) => {
                let last = self.is_last(stamp);
                let there = self.devices.entry(device).or_default();
                there.died = None;
                if removed {
                    there.word = Some(at);
                } else if last {
                    there.sent = Some(at);
                }
            }
            Event::ChangesAsked { device, since, .. } => self.asked(at, device, since),
            Event::MutationRefused { edit, entity, key, .. } if of(entity, key) => {
                self.edits.entry(edit).or_default().refused = Some(at);
            }
            Event::EditMade { edit, made_at } if of(edit.entity, &edit.key) => {
                self.made(at, edit.id, made_at);
            }
            Event::Engine(EngineEvent::EditSent { edit, entity, key, request }) if of(entity, key) => {
                let course = self.edits.entry(edit).or_default();
                (course.sent, course.ended) = (Some((at, request)), None);
            }
            Event::Engine(EngineEvent::EditAcknowledged { edit, entity, key, .. }) if of(entity, key) => {
                self.edits.entry(edit).or_default().acknowledged = Some(at);
            }
            _ => {}
        }
        match (device, event) {
            (Some(device), Event::ProcessKilled { .. }) => {
                self.request_ended(at, device, None, "ended with its process");
                _ = self.devices.entry(device).or_default().died.get_or_insert(at);
            }
            (Some(device), Event::Restored { .. }) => {
                self.devices.entry(device).or_default().restored = Some(at);
            }
            (Some(device), Event::Engine(EngineEvent::CursorSaved { .. })) => {
                self.devices.entry(device).or_default().paged = Some(at);
            }
            (Some(device), Event::Engine(EngineEvent::ChunkApplied { changes, .. })) => {
                for change in changes.iter().filter(|change| of(change.entity, change.key)) {
                    self.applied(at, device, change);
                }
            }
            (Some(device), Event::Engine(event)) => self.heard(at, device, event),
            _ => {}
        }
    }

    /// A person makes an edit. The phone gives it the stamp `dated`.
    fn made(&mut self, at: Time, edit: EditId, dated: Stamp) {
        let had = self.devices.get(&edit.device).and_then(|there| there.had);
        let course = self.edits.entry(edit).or_default();
        (course.made, course.before) = (at, had.filter(|had| dated < *had).map(|had| (dated, had)));
    }
    fn heard(&mut self, at: Time, device: DeviceId, event: &EngineEvent<'_>) {
        let ended = request_of(event);
        ended.into_iter().for_each(|(of, how)| self.request_ended(at, device, Some(of), &how));
    }
    /// Notes how a request of a device ended. `None`: all open requests of the device ended in this
    /// way.
    fn request_ended(&mut self, at: Time, device: DeviceId, request: Option<u64>, how: &str) {
        let is_in = |course: &Course| {
            course.ended.is_none()
                && course.sent.is_some_and(|(_, of)| request.is_none_or(|request| request == of))
        };
        let own = self.edits.iter_mut().filter(|(edit, course)| edit.device == device && is_in(course));
        own.for_each(|(_, course)| course.ended = Some((at, how.to_owned())));
    }
    fn asked(&mut self, at: Time, device: DeviceId, since: Option<Stamp>) {
        let last = self.stamp;
        let asked = &mut self.devices.entry(device).or_default().asked;
        (asked.is_told, asked.last) = (true, Some(at));
        let past = since.filter(|since| last.is_some_and(|last| *since >= last));
        asked.past = asked.past.or(past.map(|since| (at, since)));
    }
    fn applied(&mut self, at: Time, device: DeviceId, change: &AppliedChange<'_>) {
        let last = self.is_last(change.stamp);
        let unsent = |course: &Course| course.sent.is_none() && course.acknowledged.is_none();
        let own = self.edits.iter_mut().filter(|(edit, course)| edit.device == device && unsent(course));
        own.for_each(|(_, course)| _ = course.over.get_or_insert((at, change.stamp, change.removed)));
        let there = self.devices.entry(device).or_default();
        if change.removed {
            there.removed = Some(at);
            return;
        }
        there.stored = Some(at);
        there.had = there.had.max(Some(change.stamp));
        if last {
            there.current = Some(at);
        }
    }

    /// True if this is the stamp of the last version, or if the row has no version since the start.
    fn is_last(&self, stamp: Stamp) -> bool {
        self.stamp.is_none_or(|last| last == stamp)
    }

    pub(crate) fn ending(&self, check: &str, device: Option<DeviceId>, clock: Clock) -> Option<String> {
        match check {
            "lost" | "divergent" | "stale" | "undetected-delete" => {
                Some(self.not_arrived(check, device?, clock))
            }
            "orphan" => Some(self.not_taken_away(device?, clock)),
            "resurrected" => self.back(device, clock),
            "duplicate" => Some(self.twice(clock)),
            "lost-edit" | "silent-discard" | "acknowledged-without-commit" | "stuck" => {
                self.edit(check, device?, clock)
            }
            _ => None,
        }
    }

    fn not_arrived(&self, check: &str, device: DeviceId, clock: Clock) -> String {
        let there = self.devices.get(&device).copied().unwrap_or_default();
        let is_gone = self.deleted.is_some() && self.deleted == self.committed;
        let tombstone = check == "undetected-delete" || check == "divergent" && is_gone;
        if let Some(removed) = there.removed.filter(|_| !tombstone && there.removed > there.stored) {
            return format!("{device} removed it at {}, and the backend still has it", clock.time(removed));
        }
        let (what, left) = match check {
            _ if tombstone => ("the delete", there.word),
            "stale" => ("the newer version", there.sent),
            _ => ("it", there.sent),
        };
        if let Some(current) = there.current.filter(|_| !tombstone) {
            let at = clock.time(current);
            return match there.stored.filter(|stored| *stored > current) {
                Some(older) => {
                    let older = clock.time(older);
                    format!("{device} stored {what} at {at}, and another version over it at {older}")
                }
                // It is unknown what a third-party app did with a response.
                None => {
                    let took = if self.names_calls { "got" } else { "stored" };
                    let shows = match check {
                        "divergent" => "something else",
                        "stale" => "an older version",
                        _ => "no such row",
                    };
                    format!("{device} {took} {what} at {at}, and shows {shows}")
                }
            };
        }
        if let Some(own) = self.edit(check, device, clock).filter(|_| left.is_none() && what == "it") {
            return own;
        }
        let way = match (left, self.committed) {
            (Some(at), _) => there.not_taken(what, device, at, clock),
            (None, Some(_)) if there.asked.is_told => there.not_asked(what, device, clock),
            (None, Some(_)) => format!("the server never sent {what} to {device}"),
            (None, None) => format!("the server never sent {what} to {device} since the start"),
        };
        let begun = left.or(self.committed);
        match there.paged.filter(|at| begun.is_none_or(|begun| *at >= begun)) {
            Some(at) => format!("{way}; its cursor moved past it, last at {}", clock.time(at)),
            None => way,
        }
    }

    fn not_taken_away(&self, device: DeviceId, clock: Clock) -> String {
        let there = self.devices.get(&device).copied().unwrap_or_default();
        match (self.committed, there.stored) {
            (Some(left), stored) if stored.is_none_or(|stored| stored <= left) => {
                let at = clock.time(left);
                match there.word.or(there.sent) {
                    Some(sent) => format!(
                        "it left the scope of {device} at {at}; the removal was sent at {}, and {device} kept the row",
                        clock.time(sent)
                    ),
                    None => format!("it left the scope of {device} at {at}, and {device} got no removal"),
                }
            }
            (_, Some(stored)) => {
                format!("{device} stored it at {}, although it is not in its scope", clock.time(stored))
            }
            (_, None) => format!("{device} has it from before the start, although it is not in its scope"),
        }
    }

    fn back(&self, device: Option<DeviceId>, clock: Clock) -> Option<String> {
        let there = device.and_then(|device| Some((device, self.devices.get(&device)?)));
        if let Some((device, There { removed: Some(removed), stored: Some(stored), .. })) = there
            && stored > removed
        {
            let (removed, stored) = (clock.time(*removed), clock.time(*stored));
            return Some(format!("{device} removed it at {removed} and stored it again at {stored}"));
        }
        if let Some((device, There { removed: Some(removed), restored: Some(restored), word, .. })) = there
            && restored > removed
        {
            let [gone, back] = [removed, restored].map(|at| clock.time(*at));
            let again = match word.filter(|word| word > restored) {
                Some(word) => format!("the server sent the delete again at {}", clock.time(word)),
                None => "the server did not send the delete again".to_owned(),
            };
            return Some(format!(
                "{device} removed it at {gone}, its backup brought it back at {back}, and {again}"
            ));
        }
        let (deleted, committed) = (self.deleted?, self.committed?);
        let at = clock.time(deleted);
        if committed > deleted {
            return Some(format!("deleted at {at}, it was committed again at {}", clock.time(committed)));
        }
        let stored = there.and_then(|(device, there)| Some((device, there.stored?)));
        Some(match stored.filter(|(_, stored)| *stored > deleted) {
            Some((device, stored)) => {
                let stored = clock.time(stored);
                format!(
                    "deleted at {at}, and {device} stored it again at {stored}: it came with an older response"
                )
            }
            None => {
                let who = device.map_or_else(|| "a device".to_owned(), |device| device.to_string());
                format!(
                    "deleted at {at}, it was not committed again: {who} shows it, and no response brought it back"
                )
            }
        })
    }

    fn twice(&self, clock: Clock) -> String {
        let times = |times: &[Time]| times.iter().map(|at| clock.time(*at)).collect::<Vec<_>>().join(" and ");
        match self.edits.iter().find(|(_, course)| course.commits.len() > 1) {
            Some((edit, Course { commits, .. })) => {
                format!("edit {edit} was committed {} times, at {}", commits.len(), times(commits))
            }
            None => {
                let key = |(key, at): &(Key, Time)| format!("{key}, committed at {}", clock.time(*at));
                let keys = self.elsewhere.iter().map(key).collect::<Vec<_>>().join("; ");
                format!(
                    "the backend has it under another key too ({keys}), and the device got no report which one remains"
                )
            }
        }
    }

    fn edit(&self, check: &str, device: DeviceId, clock: Clock) -> Option<String> {
        let uncommitted =
            self.edits.iter().filter(|(id, course)| id.device == device && course.commits.is_empty());
        let (edit, course) = uncommitted.max_by_key(|(_, course)| (course.acknowledged, course.refused))?;
        let is_gone = matches!(check, "lost-edit" | "silent-discard");
        let ended = course.request_ended(clock).filter(|_| is_gone);
        let behind = course.before.filter(|_| self.names_calls && is_gone).map(|(dated, had)| {
            let (dated, had) = (clock.stamp(dated), clock.stamp(had));
            format!(
                "; the clock of {device} is behind: it dated the edit {dated}, and had the version of {had} by then"
            )
        });
        let unsaid = if self.names_calls && behind.is_none() { UNSAID } else { "" };
        let came = match (course.acknowledged, course.refused, course.sent) {
            (Some(at), refused, _) => {
                let unsaid = if refused.is_none() { unsaid } else { "" };
                format!("was acknowledged at {}, but no commit of it exists{unsaid}", clock.time(at))
            }
            (_, Some(at), _) => {
                let forgot = ended.filter(|_| !course.was_answered());
                let forgot = forgot.map_or_else(String::new, |ended| {
                    format!("; {ended}, and {device} no longer kept it and reported nothing")
                });
                format!("was refused by the backend at {}{forgot}", clock.time(at))
            }
            (_, _, Some((at, _))) => {
                let sent = format!("was last sent at {}", clock.time(at));
                match ended {
                    Some(ended) if course.was_answered() => format!("{sent}: {ended}{unsaid}"),
                    Some(ended) => format!(
                        "{sent}: {ended}, it never reached the backend, and {device} no longer kept it"
                    ),
                    None => format!("{sent}, and never reached the backend"),
                }
            }
            (None, None, None) => {
                let over = course.over.filter(|_| is_gone).map(|(at, stamp, removed)| {
                    let at = clock.time(at);
                    let stamp = clock.stamp(stamp);
                    match removed {
                        true => format!(
                            "at {at} a pull of {device} brought the delete of its row and replaced the edit"
                        ),
                        false => {
                            format!("at {at} a pull of {device} wrote the version of {stamp} over the edit")
                        }
                    }
                });
                let why: Vec<String> =
                    self.acknowledged_meanwhile(*edit, course, clock).into_iter().chain(over).collect();
                let mark = if why.is_empty() { "" } else { ": " };
                format!("was never sent{mark}{}", why.join("; "))
            }
        };
        let behind = behind.unwrap_or_default();
        Some(format!("edit {edit}, made at {}, {came}{behind}", clock.time(course.made)))
    }
}

impl Fate {
    /// Says that an earlier edit of the row was acknowledged after this one was made. If the phone
    /// then regards the row as sent, this edit is never sent.
    fn acknowledged_meanwhile(&self, edit: EditId, course: &Course, clock: Clock) -> Option<String> {
        let earlier = |(id, other): &(&EditId, &Course)| {
            let was_sent = other.sent.is_some_and(|(sent, _)| sent <= course.made);
            id.device == edit.device && id.number < edit.number && was_sent
        };
        let until = course.over.map(|(at, ..)| at);
        let acknowledged = |at: &Time| *at >= course.made && until.is_none_or(|until| *at <= until);
        let all = self.edits.iter().filter(earlier);
        let mut ended = all.filter_map(|(id, other)| Some((id, other.acknowledged.filter(acknowledged)?)));
        let (id, at) = ended.next_back()?;
        Some(format!(
            "edit {id} of its row, which was sent before, was acknowledged at {}, and nothing of the row was sent after that",
            clock.time(at)
        ))
    }
}

impl Course {
    fn was_answered(&self) -> bool {
        self.ended.as_ref().is_some_and(|(_, how)| how == ANSWERED)
    }
    /// Says how the last request of the edit ended.
    fn request_ended(&self, clock: Clock) -> Option<String> {
        let ((_, request), (at, how)) = (self.sent?, self.ended.as_ref()?);
        Some(format!("request {request} {how} at {}", clock.time(*at)))
    }
}

const ANSWERED: &str = "got a response";

/// The request that an event ends, and how it ended, in words.
fn request_of(event: &EngineEvent<'_>) -> Option<(u64, String)> {
    Some(match event {
        EngineEvent::ResponseReceived { request, .. } => (*request, ANSWERED.to_owned()),
        EngineEvent::RequestFailed { request, error: TransportError::Foreign, .. } => {
            (*request, "got the response of another request".to_owned())
        }
        EngineEvent::RequestFailed { request, error, .. } => (*request, format!("got no response ({error})")),
        EngineEvent::RequestRefused { request, error, .. } => (*request, format!("got an error ({error})")),
        _ => return None,
    })
}
