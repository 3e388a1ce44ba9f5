//! A short language for histories. Steps are separated by `;`. A step begins with the number of the
//! phone, or with another actor. An edit is `PHONE.NUMBER`, such as `0.1`. A time is in seconds
//! since the start, or a name that `mark` has set. A stamp is a number, the edit of the commit, or
//! a name that is set before a commit (`x: office …`). The first letter of a key gives the entity:
//! `a` and `b` are visits of these clinics, and there are slots and notes. A bare word is the
//! status of a visit. Other columns are `name=…`. `gone` means no row, and `like KEY` means the
//! current or last values of that row.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::stage::{CLINIC, DOCTOR, HIDDEN, NOTE, OTHER_UNIT, SLOT, STATUS, Stage, UNIT, VISIT, slot, visit};
use crate::base::{DeviceId, EditId, EntityId, Key, Span, Stamp, Time, UnitId, Value, Word};
use crate::contract::{
    AppEvent, Attachment, Author, BlobEvent, BlobId, CallEvent, ConflictKind, Decision, EditError, EditKind,
    EngineEvent, Event, Excerpt, Hook, KillReason, LocalEdit, LogEntry, LogKind, Merge, Node, PageEvent,
    Part, PhoneEvent, Progress, Refusal, RequestKind, ServerError, Shown, Sides, Status, StoredBlob,
    SyncError, TransportError, Trigger, UnitEvent, blob_hash,
};
use crate::oracle::Definition;
use crate::oracle::Patience;

struct Play {
    stage: Stage,
    times: BTreeMap<String, Time>,
    stamps: BTreeMap<String, Stamp>,
    said: BTreeMap<String, Vec<Value>>,
}

/// Plays a history and returns the stage. Some words set up the stack. `fickle`: a power loss
/// removes commits. `converges`: edits may lose to other versions. `mute`: the stack acknowledges
/// nothing. `columns`: only a column that both sides change is a conflict. `splash`: unit B brings
/// only some columns of visits. `empties`: an upgrade empties the database.
pub(super) fn play(history: &str) -> Stage {
    let begun = |word: &str| history.split(';').any(|step| step.trim() == word);
    let stage = Stage::with(|setting| {
        setting.durable = !begun("fickle");
        setting.resets = begun("empties");
        setting.capabilities.once = !begun("repeats");
        setting.capabilities.status = history.contains("shows-as");
        setting.capabilities.merge = if begun("converges") { Merge::Converges } else { Merge::Keeps };
        setting.capabilities.acknowledges = !begun("mute");
        if begun("columns") {
            setting.definition = Definition::Columns;
        }
        if let Patience::Computed(waits) = &mut setting.patience {
            waits.cap = Span::secs(if begun("doubles") { 8 } else { 60 });
            (waits.holds_rows, waits.keeps_queue) = (begun("holds-rows"), begun("keeps-queue"));
        }
        if begun("photos") {
            let photo = Attachment { least: 1, most: 2, thumbnail: None };
            Arc::make_mut(&mut setting.labels.schema).attachments.push((VISIT, photo));
        }
        let units = Arc::make_mut(&mut setting.labels.units);
        if begun("splash") {
            let part = Excerpt { entity: VISIT, columns: Vec::new(), rows: Vec::new() };
            (units[0].pull, units[1].excerpts) = (vec![VISIT], vec![part]);
        }
        let unit = &mut units[usize::from(UNIT.0)];
        if begun("only visits") {
            unit.push = vec![VISIT];
        }
        let on = history.split(';').find_map(|step| step.trim().strip_prefix("on "));
        unit.on = on.and_then(trigger).into_iter().collect();
    });
    play_on(stage, history)
}

fn trigger(word: &str) -> Option<Trigger> {
    match word {
        "nothing" => None,
        "save" => Some(Trigger::Save),
        "login" => Some(Trigger::Login),
        "online" => Some(Trigger::Online),
        period => Some(Trigger::Every(secs(period))),
    }
}

pub(super) fn play_on(stage: Stage, history: &str) -> Stage {
    let (times, stamps) = (BTreeMap::new(), [("first".to_owned(), Stamp(100))].into());
    let mut play = Play { stage, times, stamps, said: BTreeMap::new() };
    for step in history.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        play.step(step);
    }
    play.stage
}

fn entity(key: &str) -> EntityId {
    match &key[..1] {
        "s" => SLOT,
        "n" => NOTE,
        _ => VISIT,
    }
}

fn photo(key: &str) -> BlobId {
    BlobId::of(VISIT, &Key::new(key), Part::Whole)
}

fn value(text: &str) -> Value {
    if text == "null" { Value::Null } else { Value::text(text) }
}

fn values(words: &[&str]) -> Vec<(usize, Value)> {
    let column = |name: &str| match name {
        "clinic" | "name" | "visit" => CLINIC,
        "status" | "who" => STATUS,
        "doctor" => DOCTOR,
        "hidden" => HIDDEN,
        other => panic!("no column is called {other}"),
    };
    let pair = |word: &&str| match word.split_once('=') {
        Some((name, text)) => (column(name), value(text)),
        None => (STATUS, value(word)),
    };
    words.iter().map(pair).collect()
}

fn edit(name: &str) -> EditId {
    let (device, number) = name.split_once('.').unwrap_or_else(|| panic!("{name} is no edit"));
    EditId { device: DeviceId(device.parse().unwrap()), number: number.parse().unwrap() }
}

fn unit(name: &str) -> UnitId {
    if name == "A" { UNIT } else { OTHER_UNIT }
}

fn secs(word: &str) -> Span {
    Span::secs(word.parse().unwrap())
}

fn local(words: &[&str]) -> LocalEdit {
    let [id, key, kind, ..] = *words else { panic!("{words:?} is no edit") };
    let kind = if kind == "create" { EditKind::Create } else { EditKind::Update };
    LocalEdit { id: edit(id), entity: entity(key), key: Key::new(key), kind, values: values(&words[3..]) }
}

impl Play {
    fn step(&mut self, step: &str) {
        let words: Vec<&str> = step.split_whitespace().collect();
        let (name, words) = match words[0].strip_suffix(':') {
            Some(name) => (Some(name), &words[1..]),
            None => (None, &words[..]),
        };
        let before = self.stage.now;
        match words[0].parse() {
            Ok(device) => self.of_phone(device, &words[1..]),
            Err(_) => self.of_others(words),
        }
        if let Some(name) = name {
            assert!(self.stage.now > before, "{step} commits nothing");
            self.stamps.insert(name.to_owned(), self.stage.stamp());
        }
    }

    fn time(&self, word: &str) -> Time {
        word.parse().map_or_else(|_| self.times[word], |secs| Time::ZERO + Span::secs(secs))
    }
    fn stamp(&self, word: &str) -> Stamp {
        word.parse().map_or_else(|_| self.stamps[word], Stamp)
    }
    fn row(&self, key: &str, words: &[&str]) -> Option<Vec<Value>> {
        let mut row = match words[..] {
            ["gone"] => return None,
            ["like", other] => {
                let there = self.stage.backend.rows.get(&(entity(other), other.to_owned()));
                return Some(there.map_or_else(|| self.said[other].clone(), |row| row.1.clone()));
            }
            _ if entity(key) == SLOT => slot("", ""),
            _ if entity(key) == NOTE => vec![Value::Null],
            _ => visit(&key[..1], "new"),
        };
        for (column, value) in values(words) {
            row[column] = value;
        }
        Some(row)
    }
    fn commit(&mut self, author: Author, key: &str, words: &[&str]) -> Stamp {
        let row = self.row(key, words);
        if let Some(there) = self.stage.backend.rows.get(&(entity(key), key.to_owned())) {
            self.said.insert(key.to_owned(), there.1.clone());
        }
        self.stage.commit(author, entity(key), key, row)
    }

    fn of_others(&mut self, words: &[&str]) {
        let stage = &mut self.stage;
        match *words {
            ["restless" | "fickle" | "converges" | "mute" | "columns" | "doubles" | "repeats" | "photos"]
            | ["holds-rows" | "keeps-queue" | "splash" | "empties"]
            | ["on" | "only", _] => {}
            ["later", n] => stage.later(n.parse().unwrap()),
            ["moment"] => stage.now += Span::millis(900),
            ["looked", rows] => {
                let (device, kind, scanned) = (Some(DeviceId(0)), RequestKind::Pull, rows.parse().unwrap());
                let (queued, locked, service, rows) = (Span::ZERO, Span::ZERO, Span::ZERO, 0);
                let served = Event::BackendServed { device, kind, queued, locked, service, scanned, rows };
                stage.tell(Node::Backend, served);
            }
            ["mark", name] => {
                self.times.insert(name.to_owned(), stage.now);
            }
            ["ahead"] => stage.ahead = true,
            ["drain"] => stage.drain(),
            ["poison", id] => {
                stage.poison.insert(edit(id));
            }
            ["office", key, ..] => _ = self.commit(Author::Office, key, &words[2..]),
            ["backup", key, ..] => _ = self.commit(Author::Backup, key, &words[2..]),
            ["upload", key, ..] => _ = self.commit(Author::Upload(DeviceId(1)), key, &words[2..]),
            ["backend", "back", to] => {
                let to = self.time(to);
                self.stage.tell(Node::Backend, Event::Restored { to, life: 0 });
            }
            ["refuses", id, key, ..] => {
                let (kind, conflict) = match words.get(3) {
                    Some(&"create") => (EditKind::Create, None),
                    Some(&"taken") => (EditKind::Update, Some(Refusal::Taken)),
                    word => (EditKind::Update, (word != Some(&"for-good")).then_some(Refusal::Stale)),
                };
                let (entity, edit, key) = (entity(key), edit(id), Key::new(key));
                let holder = words.get(4).map(|key| Key::new(key));
                let holder = holder.as_ref();
                let refused = Event::MutationRefused { edit, entity, key: &key, kind, conflict, holder };
                stage.tell(Node::Backend, refused);
            }
            ["shows-late", key, stamp, wait] => {
                let (key, entity, stamp) = (Key::new(key), entity(key), self.stamp(stamp));
                let until = self.stage.now + secs(wait);
                let late = Event::CommitDelayed { entity, key: &key, stamp, until };
                self.stage.tell(Node::Backend, late);
            }
            ["serves", key, stamp, ..] => {
                let (stamp, removed) = (self.stamp(stamp), words.get(3) == Some(&"removed"));
                let (device, entity) = (DeviceId(0), entity(key));
                let served = Event::RowServed { device, entity, key, stamp, removed };
                self.stage.tell(Node::Gateway, served);
            }
            ["replays", id] => stage.tell(Node::Backend, Event::MutationReplayed { edit: edit(id) }),
            ["puts-off", id] => stage.tell(Node::Backend, Event::MutationPutOff { edit: edit(id) }),
            ["gateway", what, id] => {
                let edit = edit(id);
                let event = match what {
                    "queues" => Event::UploadQueued { edit },
                    "waits" => Event::UploadWaits { edit },
                    _ => Event::UploadDecided { edit, waited: Span::secs(9) },
                };
                stage.tell(Node::Gateway, event);
            }
            _ => panic!("{words:?} is no step"),
        }
    }

    fn of_phone(&mut self, device: u32, words: &[&str]) {
        let stage = &mut self.stage;
        match *words {
            ["sets", key, ..] => {
                stage.edit(device, entity(key), key, EditKind::Update, values(&words[2..]));
            }
            ["creates", key, ..] => {
                let whole = entity(key) == VISIT && !words[2].contains('=');
                let row = self.row(key, &words[2..]).filter(|_| whole);
                let whole = row.map(|row| row.into_iter().take(HIDDEN).enumerate().collect());
                let values = whole.unwrap_or_else(|| values(&words[2..]));
                self.stage.edit(device, entity(key), key, EditKind::Create, values);
            }
            ["deletes", key] => {
                stage.edit(device, entity(key), key, EditKind::Delete, Vec::new());
            }
            ["pushes"] => stage.push(device, true),
            ["pushes", "unheard"] => stage.push(device, false),
            ["is-seen"] => stage.look(device),
            ["asked"] => stage.oracle.asked(DeviceId(device)),
            ["pulls"] => stage.pull(device),
            ["pulls", "answered"] => {
                let (kind, unit, took) = (RequestKind::Pull, Some(UNIT), Span(1));
                let (request, bytes, rows) = (99, 1, 1);
                let answered = EngineEvent::ResponseReceived { request, kind, unit, bytes, rows, took };
                stage.emit(device, answered);
                stage.pull(device);
                stage.emit(device, EngineEvent::CursorSaved { unit: UNIT, entity: VISIT });
            }
            ["commits", id, key, ..] => {
                let stamp = self.commit(Author::Device(edit(id)), key, &words[3..]);
                self.stamps.insert(id.to_owned(), stamp);
            }
            ["acks", id, ..] => {
                let stamp = self.stamp(words.get(2).unwrap_or(&id));
                let entry = self.stage.phone(device).outbox.iter().find(|entry| entry.edit.id == edit(id));
                let entry = entry.expect("it waits").clone();
                self.stage.acknowledge(device, &entry, stamp);
            }
            // Makes an edit, commits it and acknowledges it, whatever row the phone has.
            ["overwrites", key, status] => {
                let id = stage.update(device, key, status);
                let id = format!("{device}.{}", id.number);
                self.of_phone(device, &["commits", &id, key, status]);
                self.of_phone(device, &["acks", &id]);
            }
            _ => self.storage(device, words),
        }
    }

    fn storage(&mut self, device: u32, words: &[&str]) {
        let stage = &mut self.stage;
        match *words {
            ["drops"] => stage.phone(device).outbox.clear(),
            ["keeps", id, ..] => {
                let mut waits = stage.phone(device).outbox.iter_mut();
                let entry = waits.find(|entry| entry.edit.id == edit(id)).expect("it waits");
                entry.edit.values = values(&words[2..]);
            }
            ["drops", id] => stage.phone(device).outbox.retain(|entry| entry.edit.id != edit(id)),
            ["forgets"] => stage.phone(device).log.clear(),
            ["leaves"] => stage.left.push((DeviceId(device), stage.now)),
            ["holds", key] => stage.phone(device).attached.push(photo(key)),
            ["logs", id, key, kind] => {
                let kind = LogKind::of_word(kind).unwrap();
                let (edit, entity, key) = (id.contains('.').then(|| edit(id)), entity(key), Key::new(key));
                let line = LogEntry { edit, entity, key, kind, met: None };
                stage.phone(device).log.push(line);
            }
            ["applied", key, stamp, ..] => {
                let stamp = self.stamp(stamp);
                self.stage.applied(device, key, stamp, words.get(3) == Some(&"removed"));
            }
            ["shows", key, "gone"] => {
                stage.phone(device).rows.remove(&(entity(key), key.to_owned()));
            }
            ["doubles", key] => {
                stage.phone(device).doubled.insert(key.to_owned());
            }
            ["shows", key, stamp, ..] => {
                let (stamp, row) = (self.stamp(stamp), self.row(key, &words[3..]).unwrap());
                let row = self.stage.schema.entity(entity(key)).project(&row);
                self.stage.phone(device).rows.insert((entity(key), key.to_owned()), (stamp, row));
            }
            ["takes", "scope"] => {
                let rows = stage.scope(device);
                stage.phone(device).rows = rows;
            }
            ["takes", of] => {
                let rows = stage.phone(of.parse().unwrap()).rows.clone();
                stage.phone(device).rows = rows;
            }
            ["catches-up"] => {
                for key in ["a1", "a2"] {
                    if let Some((stamp, _)) = stage.backend.rows.get(&(VISIT, key.to_owned())).cloned() {
                        stage.applied(device, key, stamp, false);
                    }
                }
            }
            _ => self.tells(device, words),
        }
    }

    fn tells(&mut self, device: u32, words: &[&str]) {
        let killed = |words: &[&str]| {
            let power = words.get(1) == Some(&"power");
            let reason = if power { KillReason::PowerLoss } else { KillReason::Killed };
            Event::ProcessKilled { reason }
        };
        let started = Event::ProcessStarted { incarnation: 1 };
        let event = match *words {
            ["dies", ..] => killed(words),
            ["starts"] => started,
            ["restarts", ..] => {
                self.stage.emit(device, killed(words));
                started
            }
            ["cursor"] => Event::Engine(EngineEvent::CursorSaved { unit: UNIT, entity: VISIT }),
            ["cut"] => Event::CutShort,
            ["calls", a] => Event::Call(CallEvent::Called { unit: unit(a) }),
            ["returns", a] => Event::Call(CallEvent::CameBack { unit: unit(a) }),
            ["full"] => Event::Engine(EngineEvent::StorageFull),
            ["down"] => Event::LinkDown,
            ["up"] => Event::LinkUp,
            ["suspends"] => Event::Suspended,
            ["continues", after] => Event::Continued { after: secs(after) },
            ["resumes"] => Event::App(AppEvent::Resume),
            ["online"] => Event::App(AppEvent::Online),
            ["login"] => Event::App(AppEvent::Login),
            ["pauses"] => Event::App(AppEvent::Pause),
            ["logs-out"] => Event::Phone(PhoneEvent::LogoutAsked),
            ["stays"] => Event::Phone(PhoneEvent::LogoutRefused { edits: 1 }),
            ["logged-out"] => Event::Phone(PhoneEvent::LoggedOut),
            ["wiped"] => Event::Phone(PhoneEvent::Reinstalled),
            ["upgraded"] => Event::Phone(PhoneEvent::Upgraded),
            ["logged-in", person] => Event::Phone(PhoneEvent::LoggedIn { person: person.parse().unwrap() }),
            ["back", to, ..] => {
                let life = words.get(2).map_or(0, |life| life.parse().unwrap());
                Event::Restored { to: self.time(to), life }
            }
            ["copies", of, ..] => {
                let saving = words.get(2).map(|_| local(&words[3..]));
                let (of, unseen) = (DeviceId(of.parse().unwrap()), saving.as_slice());
                return self.stage.emit(device, Event::BecameCopy { of, then: None, unseen });
            }
            ["becomes", of] => {
                for words in [&["dies"][..], &["copies", of], &["starts"]] {
                    self.tells(device, words);
                }
                return;
            }
            _ => return self.of_edits(device, words),
        };
        self.stage.emit(device, event);
    }

    fn of_edits(&mut self, device: u32, words: &[&str]) {
        let request = |at: usize| words.get(at).map_or(99, |request| request.parse().unwrap());
        match *words {
            ["makes" | "misses" | "refused", ..] => {
                let edit = &local(&words[1..]);
                let event = match words[0] {
                    "makes" => Event::EditMade { edit, made_at: Stamp(0) },
                    "misses" => Event::EditMissed { edit, waited: Span::ZERO },
                    _ => Event::EditRefused { edit, error: &EditError::StorageFull },
                };
                self.stage.emit(device, event);
            }
            ["sends" | "opens" | "acked" | "rejected" | "squashes", id, key, ..] => {
                let with: Vec<EditId> =
                    words[3..].iter().filter(|word| word.contains('.')).map(|word| edit(word)).collect();
                let (edit, entity, key) = (edit(id), entity(key), &Key::new(key));
                let acked = |stamp| EngineEvent::EditAcknowledged { edit, entity, key, stamp };
                let event = match words[0] {
                    "sends" => EngineEvent::EditSent { edit, entity, key, request: request(3) },
                    "opens" => EngineEvent::Page(PageEvent::Open { edit, entity, key }),
                    "acked" => acked(self.stamp(words[3])),
                    "squashes" => EngineEvent::EditsSquashed { edit, entity, key, with: &with, stays: false },
                    _ => EngineEvent::EditLogged { edit, entity, key, kind: LogKind::Rejected },
                };
                self.stage.emit(device, event);
            }
            ["hears", ..] => {
                let (request, kind, unit, took) = (request(1), RequestKind::Push, Some(UNIT), Span::secs(1));
                let heard = EngineEvent::ResponseReceived { request, kind, unit, bytes: 1, rows: 1, took };
                self.stage.emit(device, heard);
            }
            // A request that takes 0.3 s. It gets a response with this many rows, or fails.
            ["answered" | "fails", kind, ..] if kind.len() == 4 || kind == "fetch" => {
                let kind = RequestKind::of_word(kind).unwrap();
                let unit = (kind != RequestKind::Fetch).then_some(UNIT);
                let (request, bytes, took) = (77, 9, Span::millis(300));
                let sent = EngineEvent::RequestSent { request, kind, unit, bytes, rows: 0, attempt: 0 };
                self.stage.emit(device, sent);
                self.stage.now += took;
                let (rows, error) = (words.get(2).map(|rows| rows.parse().unwrap()), TransportError::Timeout);
                let failed = EngineEvent::RequestFailed { request, kind, error, took, wasted: bytes };
                let came = |rows| EngineEvent::ResponseReceived { request, kind, unit, bytes, rows, took };
                self.stage.emit(device, rows.map_or(failed, came));
            }
            ["decides", id, key, kind, how, ..] => self.decides(device, (id, key), (kind, how), words.get(5)),
            ["resolves", id, key, _] => {
                let sides = Sides { local: Stamp(1), remote: self.stage.stamp(), edited: None };
                let (edit, entity, key) = (edit(id), entity(key), &Key::new(key));
                let (kind, decision, on_top) = (ConflictKind::UpdateUpdate, Decision::Remote, false);
                let resolved = PageEvent::Resolved { edit, on_top, entity, key, kind, decision, sides };
                self.stage.emit(device, EngineEvent::Page(resolved));
            }
            _ => self.of_photos(device, words),
        }
    }

    fn of_photos(&mut self, device: u32, words: &[&str]) {
        let stage = &mut self.stage;
        match *words {
            ["attaches", key] => {
                let sent = BlobEvent::Sent { blob: photo(key), offset: 0, bytes: 9, in_run: true };
                stage.emit(device, EngineEvent::Blob(sent));
            }
            ["stored" | "torn", key] => {
                let attached = stage.oracle.setup.labels.schema.attachment(VISIT).unwrap();
                let whole = attached.bytes(&Key::new(key), Part::Whole);
                let came = if words[0] == "torn" { &b"torn"[..] } else { &whole };
                let (bytes, hash, device) = (came.len() as u64, blob_hash(came), DeviceId(device));
                let stored = StoredBlob { blob: photo(key), device, bytes, hash };
                stage.tell(Node::Backend, Event::BlobStored(stored));
            }
            // A cursor of unit A is `A/v=1`, a shared cursor is `all/v=1`, and the date of A's last
            // sync is `A=1`.
            ["cursors", ..] => {
                let words = words[1..].iter().map(|word| word.split_once('=').unwrap());
                let (at, dates): (Vec<_>, Vec<_>) = words.partition(|(of, _)| of.contains('/'));
                let cursor = |(of, n): (&str, &str)| {
                    let (whose, of) = of.split_once('/').unwrap();
                    ((whose != "all").then(|| unit(whose)), entity(of), n.parse().unwrap())
                };
                let at: Vec<_> = at.into_iter().map(cursor).collect();
                let date = |(of, n): (&str, &str)| (unit(of), Stamp(n.parse().unwrap()));
                let dates: Vec<_> = dates.into_iter().map(date).collect();
                stage.emit(device, EngineEvent::Unit(UnitEvent::Cursors { at: &at, dates: &dates }));
            }
            _ => self.runs(device, words),
        }
    }

    fn decides(
        &mut self,
        device: u32,
        (id, key): (&str, &str),
        (kind, how): (&str, &str),
        both: Option<&&str>,
    ) {
        let kind = match kind {
            "equal" => ConflictKind::Equal,
            "deleted" => ConflictKind::UpdateDelete,
            "twice" => ConflictKind::InsertInsert,
            _ => ConflictKind::UpdateUpdate,
        };
        let both = both.map(|key| Key::new(key));
        let decision = match (how, &both) {
            ("both", Some(key)) => Decision::Both { key },
            ("parked", _) => Decision::Parked,
            ("local", _) => Decision::Local,
            ("same", _) => Decision::Same,
            ("merged", _) => Decision::Merged { columns: &[STATUS] },
            ("merged-doctor", _) => Decision::Merged { columns: &[DOCTOR] },
            ("merged-both", _) => Decision::Merged { columns: &[STATUS, DOCTOR] },
            _ => Decision::Remote,
        };
        let sides = Sides { local: Stamp(1), remote: self.stage.stamp(), edited: None };
        let (edit, entity, key) = (edit(id), entity(key), &Key::new(key));
        self.stage.emit(device, EngineEvent::ConflictDecided { edit, entity, key, kind, decision, sides });
    }

    fn runs(&mut self, device: u32, words: &[&str]) {
        let number = |word: &str| word.parse().unwrap();
        let event = match *words {
            ["begins", a, run, ..] => {
                let waited = words.get(3).map_or(Span::ZERO, |waited| secs(waited));
                EngineEvent::SyncStart { unit: unit(a), run: number(run), waited }
            }
            ["ends", a, run] => {
                EngineEvent::SyncComplete { unit: unit(a), run: number(run), took: Span(1), blocking: false }
            }
            ["fails", a, run, why] => {
                let error = &match why {
                    "full" => SyncError::StorageFull,
                    "cancelled" => SyncError::Cancelled,
                    "offline" => SyncError::Offline("reset".to_owned()),
                    "put-off" => SyncError::Throttled("put off by the server".to_owned()),
                    _ => SyncError::Interrupted,
                };
                let failed = EngineEvent::SyncError { unit: unit(a), run: number(run), error };
                return self.stage.emit(device, failed);
            }
            ["hook", a, run] => {
                EngineEvent::HookStarted { hook: Hook::SyncStart, run: Some((unit(a), number(run))) }
            }
            ["lists", rows] => EngineEvent::RowsFailed { skipped: 0, listed: rows.parse().unwrap() },
            ["retries", left] => EngineEvent::RowsRetried { left: number(left) },
            ["photo-fails"] => {
                let (blob, took) = (photo("a1"), Span(1));
                EngineEvent::Blob(BlobEvent::Ended { blob, took, in_run: true, served: false })
            }
            ["queues", a] => EngineEvent::UnitQueued { unit: unit(a), depth: 1 },
            ["discards", a] => EngineEvent::UnitDiscarded { unit: unit(a) },
            ["coalesces", a] => EngineEvent::UnitCoalesced { unit: unit(a) },
            ["triggers", next, "after", a, run] => {
                let run = Some((unit(a), number(run)));
                EngineEvent::HookTriggered { hook: Hook::SyncComplete, run, unit: unit(next) }
            }
            ["shows-as", state, ..] => EngineEvent::Status(status(state, words)),
            ["resets"] => EngineEvent::CursorReset { unit: UNIT, entity: VISIT },
            ["expires"] | ["throttled", _] => {
                let throttled = |wait: &&str| ServerError::Throttled(secs(wait));
                let error = &words.get(1).map_or(ServerError::CursorExpired(VISIT), throttled);
                let (kind, took) = (RequestKind::Pull, Span::ZERO);
                let refused = EngineEvent::RequestRefused { request: 1, kind, error, took };
                return self.stage.emit(device, refused);
            }
            ["asks"] => {
                let (kind, unit) = (RequestKind::Pull, Some(UNIT));
                EngineEvent::RequestSent { request: 0, kind, unit, bytes: 9, rows: 0, attempt: 0 }
            }
            ["unanswered"] => {
                let (kind, error) = (RequestKind::Pull, TransportError::Timeout);
                EngineEvent::RequestFailed { request: 0, kind, error, took: Span::secs(30), wasted: 9 }
            }
            ["waits", wait] => EngineEvent::RetryScheduled { attempt: 0, wait: secs(wait), in_run: true },
            _ => panic!("{words:?} is no step"),
        };
        self.stage.emit(device, event);
    }
}

fn status(state: &str, words: &[&str]) -> Status {
    let n = |at: usize| words.get(at).map_or(0, |n| n.parse::<u32>().unwrap());
    let (state, pending) = match state {
        "offline" => (Shown::Offline, 0),
        "conflict" => (Shown::Conflict, 0),
        "failed" => (Shown::Failed { retryable: true }, 0),
        "syncing" => (Shown::Syncing(Progress { percent: n(2) as u8, rows: n(3) }), 0),
        _ => (Shown::Idle, n(2)),
    };
    Status { state, pending }
}
