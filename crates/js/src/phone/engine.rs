//! The phone's engine: it runs sync units, saves edits and reports their outcomes. Each process of
//! a phone has one.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value as Json, json};
use syncdyno_servers::servers::to_json;

use super::journal::{self, Line, Waiting};
use super::requests::send;
use super::settled::{self, Told};
use super::sockets;
use super::state::{Phone, unit_to_js};
use super::telling::{tell, tell_applied};
use super::thread::{Failure, Job};
use crate::base::Word;
use crate::contract::{
    Added, AppEvent, AppMessage, DeviceView, EditError, EditId, EngineEvent, EntityId, LocalBoxFuture,
    LocalEdit, RowVersion, Saving, Span, SyncEngine, SyncError, Time, Trigger, UnitId, Value, Work,
};
use crate::host::{Effect, Note, did_you_mean, named, print_of};
use crate::runtime::Fault;

/// The wait before the next run, if the last run failed or left edits unsent.
const AGAIN: Span = Span::secs(20);

/// The warning for two edits with equal values and no name.
const ALIKE: &str = "two edits of a row have the same values, and no name tells them apart: the second counts as sent with the first. Give each edit a name in `key` of `db.put`, and put this name into the request";

/// The warning for an edit that the app calls unchanged although its values differ.
const NOT_UNCHANGED: &str = "`edit` returned `unchanged`, but a waiting edit of this row has other values: when the server writes the waiting edit, the last save is lost. Compare with the row as the app shows it";

/// The names that the adapter's `edit` returns for the saved edit: one, or a list.
fn given_names(given: &Json) -> impl Iterator<Item = &str> {
    let names = &given["name"];
    names.as_array().into_iter().flatten().chain([names]).filter_map(Json::as_str)
}

fn sync_error(failure: &Failure) -> SyncError {
    let words = failure.fault().brief();
    match failure.code.as_deref() {
        Some("SQLITE_FULL") => SyncError::StorageFull,
        _ if failure.name == "AbortError" => SyncError::Cancelled,
        _ if !failure.retryable => SyncError::Rejected(words),
        _ if failure.network => SyncError::Offline(words),
        // The app ended the sync itself.
        _ => SyncError::Aborted(words),
    }
}

/// The texts that the adapter's `edit` can return.
const GIVES: [&str; 3] = ["exists", "missing", "unchanged"];

fn odd(said: &Json) -> Fault {
    let meant = did_you_mean(said.as_str().unwrap_or_default(), &GIVES);
    let meant = if meant.starts_with("did") { format!(": {meant}") } else { String::new() };
    let words = "return nothing, `exists`, `missing`, `unchanged` or `{ name }`";
    Fault::new(format!("`edit` returned {said}: {words}{meant}"))
}

impl Phone {
    fn enqueue(&self, unit: UnitId, discard: bool) {
        let (added, discarded) = self.queue.add(unit, discard, self.ports.clock.now());
        discarded.into_iter().for_each(|unit| self.ports.emit(EngineEvent::UnitDiscarded { unit }));
        self.ports.emit(match added {
            Added::Queued { depth } => EngineEvent::UnitQueued { unit, depth },
            Added::Coalesced => EngineEvent::UnitCoalesced { unit },
        });
    }
    fn fire(&self, trigger: Trigger) {
        for unit in self.setup.units_on(trigger) {
            self.enqueue(unit, self.setup.units[usize::from(unit.0)].discard_pending);
        }
    }

    fn act(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Fetch { id, head, body } => send(self, id, &head, body),
            Effect::Abort { id } => {
                let hold = self.holds.borrow_mut().remove(&id);
                hold.into_iter().for_each(|hold| hold.give_up());
            }
            Effect::Connect { id, hello } => sockets::connect(self, id, &hello),
            Effect::Say { id, message, is_text } => sockets::say(self, id, &message, is_text),
            Effect::Hang { id } => sockets::hang(self, id),
            Effect::Applied => {
                self.says_applied.set(true);
                self.tell_applied();
            }
            Effect::Line { level, text } => {
                self.ports.emit(EngineEvent::Said(AppMessage::Console { level: &level, line: &text }));
            }
            Effect::Logged { numbers, kind } => self.tell_logged(&numbers, &kind),
            Effect::Warned { what } => self.ports.emit(EngineEvent::Said(AppMessage::Warned { what: &what })),
            _ => {}
        }
    }
    fn tell_logged(&self, numbers: &[u32], kind: &str) {
        let log = journal::log(&self.thread.host.disk.main, self.setup.device).unwrap_or_default();
        for entry in log.iter().filter(|entry| entry.kind.word() == kind) {
            let is_new = |edit: &EditId| {
                numbers.contains(&edit.number) && self.logged.borrow_mut().insert(edit.number)
            };
            let Some(edit) = entry.edit.filter(is_new) else { continue };
            let (entity, key) = (entry.entity, &entry.key);
            self.ports.emit(EngineEvent::EditLogged { edit, kind: entry.kind, entity, key });
        }
    }
    /// Called after each turn: reports received rows as applied if the turn committed a
    /// transaction.
    fn after_turn(&self) {
        if self.thread.host.take_committed() && !self.says_applied.get() {
            self.tell_applied();
        }
    }
    fn tell_applied(&self) {
        let brought = self.brought.take();
        if brought.is_empty() {
            return;
        }
        // If the row has an edit that waits to be sent, the app shows that edit and not the
        // received version.
        let lines = journal::lines(&self.thread.host.disk.main).unwrap_or_default();
        let is_of = |line: &Line, it: &RowVersion| (line.entity, &line.key) == (it.entity, &it.key);
        let is_edited = |it: &RowVersion| lines.iter().any(|line| is_of(line, it));
        let waiting = if brought.iter().any(is_edited) { self.waiting() } else { None };
        let waits = |it: &RowVersion| match &waiting {
            Some(rows) => rows.contains(&(it.entity, it.key.as_str().to_owned())),
            // If the adapter (the app's sync code) does not report waiting rows, each edit without
            // a decision counts as waiting.
            None => lines.iter().any(|line| is_of(line, it) && line.said.is_none()),
        };
        let (held, applied): (Vec<_>, Vec<_>) = brought.into_iter().partition(waits);
        if self.held.replace(!held.is_empty()) || !held.is_empty() {
            _ = self.thread.host.disk.write(&journal::hold(&held));
        }
        self.brought.replace(held);
        let applied = self.without_shown(applied);
        if !applied.is_empty() {
            tell_applied(&self.ports, self.unit.get(), &applied);
        }
    }
    /// Returns these versions without the removed rows that the app still shows. The app may remove
    /// such rows later in its sync, or never.
    fn without_shown(&self, versions: Vec<RowVersion>) -> Vec<RowVersion> {
        let mut shown: BTreeMap<EntityId, BTreeSet<String>> = BTreeMap::new();
        let mut is_shown = |it: &RowVersion| {
            let of = shown.entry(it.entity).or_insert_with(|| {
                let mut keys = BTreeSet::new();
                self.rows(it.entity, &mut |key, _, _| _ = keys.insert(key.to_owned()));
                keys
            });
            of.contains(it.key.as_str())
        };
        let mut late = self.late.borrow_mut();
        let is_newer = |it: &RowVersion, than: &RowVersion| (it.entity, &it.key) == (than.entity, &than.key);
        late.retain(|it| !versions.iter().any(|newer| is_newer(newer, it)));
        let (still, gone): (Vec<_>, Vec<_>) = versions.into_iter().partition(|it| it.removed && is_shown(it));
        late.extend(still);
        gone
    }

    async fn live(self: Rc<Self>) {
        self.ports.spawn.spawn(Box::pin(self.thread.clone().live(self.ports.clone())));
        let database = &self.thread.host.disk.main;
        if let Some((run, unit)) = journal::open_run(database) {
            self.end(run, unit, Err(SyncError::Interrupted)).await;
        }
        if let Some(opening) = self.opening.take()
            && let Err(failure) = self.thread.settled(opening).await
        {
            self.thread.end_cell(&failure.fault());
        }
        _ = self.opened.set(());
        self.reopen().await;
        for (unit, period) in self.setup.periods() {
            let phone = self.clone();
            self.ports.every(period, move || {
                if phone.is_looked_at.get() {
                    phone.enqueue(unit, false);
                }
            });
        }
        self.fire(Trigger::Start);
        loop {
            let (unit, since) = self.queue.next(false).await;
            // Only one retry is scheduled, even if several runs failed.
            if !self.session(unit, since).await && self.again.borrow_mut().insert(unit) {
                let phone = self.clone();
                self.ports.spawn.spawn(Box::pin(async move {
                    phone.ports.sleep(AGAIN).await;
                    phone.again.borrow_mut().remove(&unit);
                    phone.enqueue(unit, false);
                }));
            }
        }
    }
    /// Runs after a start. Forgets decisions that the engine has not read, and reports finished
    /// edits.
    async fn reopen(&self) {
        let held = journal::held(&self.thread.host.disk.main).unwrap_or_default();
        self.held.set(!held.is_empty());
        self.brought.replace(held);
        let lines = journal::lines(&self.thread.host.disk.main).unwrap_or_default();
        if lines.is_empty() {
            return;
        }
        let waiting = self.waiting();
        let unsaid = journal::unsaid(&lines, &waiting);
        if !unsaid.is_empty() {
            _ = self.thread.host.disk.write(&unsaid);
        }
        if waiting.is_some() {
            self.settle(&waiting, false).await;
        }
    }
    async fn settle(&self, waiting: &Waiting, went_well: bool) {
        let lines = journal::lines(&self.thread.host.disk.main).unwrap_or_default();
        let unsaid = if self.about.converges_unsaid() { self.overruled(&lines, waiting) } else { Vec::new() };
        let (told, note) = settled::settled(lines, (waiting, went_well), &self.sent.borrow());
        if !note.is_empty() {
            _ = self.thread.host.disk.write(&note);
            self.ports.work(Work::default()).await;
        }
        let is_alike = |of: &&Told| matches!(of, Told::Done(line, _) if line.perhaps);
        for _ in told.iter().filter(is_alike) {
            self.ports.emit(EngineEvent::Said(AppMessage::Warned { what: ALIKE }));
        }
        let told = unsaid.iter().chain(&told);
        told.for_each(|told| tell(&self.ports, self.setup.device, told));
    }
    /// Finds edits whose values another version replaced in a merge, by the rows that the app
    /// shows.
    fn overruled(&self, lines: &[Line], waiting: &Waiting) -> Vec<Told> {
        let mut tables = BTreeMap::new();
        settled::overruled(lines, &self.setup.schema, waiting, |line| {
            let rows = tables.entry(line.entity).or_insert_with(|| self.shown(line.entity));
            let of = rows.as_array().into_iter().flatten().find(|row| row["id"] == json!(line.key.as_str()));
            of.cloned().unwrap_or_default()
        })
    }

    /// Runs a unit once. Returns true if it succeeded and nothing is left to send.
    async fn session(self: &Rc<Self>, unit: UnitId, since: Time) -> bool {
        let run = journal::begin_run(&self.thread.host.disk.main, unit).unwrap_or_default();
        self.ports.work(Work::default()).await;
        let started = self.ports.clock.now();
        self.ports.emit(EngineEvent::SyncStart { unit, run, waited: started - since });
        self.ports.crash_point("js.started").await;
        let result = self.sync_unit(unit).await;
        let went_well = result.is_ok();
        let left = went_well && !self.pending().is_empty();
        self.end(run, unit, result.map(|()| self.ports.clock.now() - started)).await;
        went_well && !(left && self.setup.units[usize::from(unit.0)].pushes())
    }
    async fn end(&self, run: u64, unit: UnitId, result: Result<Span, SyncError>) {
        _ = journal::end_run(&self.thread.host.disk.main);
        self.ports.work(Work::default()).await;
        let blocking = self.setup.units[usize::from(unit.0)].blocking;
        self.ports.emit(match &result {
            Ok(took) => EngineEvent::SyncComplete { unit, run, took: *took, blocking },
            Err(error) => EngineEvent::SyncError { unit, run, error },
        });
    }
    async fn sync_unit(self: &Rc<Self>, unit: UnitId) -> Result<(), SyncError> {
        self.unit.set(Some(unit));
        let args = json!([unit_to_js(&self.setup.schema, &self.setup.units[usize::from(unit.0)])]);
        let result = self.thread.call("sync", &args).await;
        let late = self.late.take();
        self.brought.borrow_mut().extend(late);
        self.tell_applied();
        if let Err(failure) = &result {
            let fault = failure.fault();
            if failure.name == "ReferenceError" {
                // A network error cannot cause these exceptions, so they are a mistake in the code.
                self.thread.end_cell(&fault);
            }
            if !failure.network {
                let (what, stack) = (&fault.what, &fault.stack.join(" at "));
                self.ports.emit(EngineEvent::Said(AppMessage::Threw { what, stack }));
            }
        }
        if self.about.has("pending") {
            self.settle(&self.waiting(), result.is_ok()).await;
        } else if result.is_ok() {
            self.settle(&None, true).await;
        }
        self.unit.set(None);
        let result = result.map(drop).map_err(|failure| sync_error(&failure));
        self.last_error.replace(result.as_ref().err().map(ToString::to_string));
        result
    }

    async fn save(self: Rc<Self>, edit: LocalEdit) -> Result<(), EditError> {
        self.saving.enter().await;
        let result = self.save_now(&edit).await;
        self.saving.leave();
        if result.is_ok() {
            self.fire(Trigger::Save);
        }
        result
    }
    /// Returns the result of `edit`, and an error if `edit` refused.
    fn refusal(&self, done: Result<Json, Failure>) -> (Json, Option<EditError>) {
        let refused = match &done {
            Ok(said) if said == "exists" => Some(EditError::Exists),
            Ok(said) if said == "missing" => Some(EditError::NoSuchRow),
            Ok(said) if said.is_null() || said == "unchanged" || given_names(said).next().is_some() => None,
            Ok(said) => self.thread.end_cell(&odd(said)),
            Err(failure) if failure.code.as_deref() == Some("SQLITE_FULL") => Some(EditError::StorageFull),
            Err(failure) if failure.code.is_some() => Some(EditError::Storage(failure.fault().brief())),
            Err(failure) => self.thread.end_cell(&failure.fault()),
        };
        (done.unwrap_or_default(), refused)
    }
    /// True if the app shows the row of an edit.
    fn shows(&self, edit: &LocalEdit) -> bool {
        let mut shown = false;
        self.rows(edit.entity, &mut |key, _, _| shown |= key == edit.key.as_str());
        shown
    }
    /// True if earlier edits of the row wait without any decision, and the last of them set another
    /// value in a column of this edit.
    fn contradicts_pending_edit(&self, edit: &LocalEdit) -> bool {
        let mut lines = journal::lines(&self.thread.host.disk.main).unwrap_or_default();
        let row = (edit.entity, edit.key.as_str());
        lines.retain(|line| line.row() == row && line.number < edit.id.number && line.is_unanswered());
        let lines = if lines.is_empty() { lines } else { journal::waiting_lines(lines, &self.waiting()) };
        let last = |column: usize| lines.iter().rev().find_map(|line| line.print(column));
        edit.values.iter().any(|(at, value)| last(*at).is_some_and(|print| print != print_of(value)))
    }
    async fn save_now(&self, edit: &LocalEdit) -> Result<(), EditError> {
        let entity = self.setup.schema.entity(edit.entity);
        let (kind, disk) = (edit.kind.word(), &self.thread.host.disk);
        let value = |(at, value): &(usize, Value)| {
            let column = &entity.columns[*at];
            (column.name.clone(), to_json(&column.kind, value))
        };
        let values: Map<String, Json> = edit.values.iter().map(value).collect();
        let line = journal::line_of(edit, self.ports.clock.wall());
        disk.note(Note { key: Some(edit.key.as_str().to_owned()), text: line.clone() });
        let args = json!([{ "id": edit.id.to_string(), "entity": entity.name, "key": edit.key.as_str(), "kind": kind, "values": values }]);
        if self.is_answered_by_functions {
            disk.begin_naming(edit.id.number);
        }
        let done = self.thread.call("edit", &args).await;
        let (done, refused) = match done {
            // A pull can have created the row meanwhile, so the bench (the simulator) asks again. A
            // second `missing` is wrong.
            Ok(said) if said == "missing" && self.shows(edit) => {
                let again = self.thread.call("edit", &args).await;
                if matches!(&again, Ok(said) if said == "missing") && self.shows(edit) {
                    let (of, key) = (&entity.name, edit.key.as_str());
                    self.thread.end_cell(&Fault::new(format!(
                        "`edit` returned `missing` for {of} {key}, but `rows('{of}')` shows this row"
                    )));
                }
                self.refusal(again)
            }
            done => self.refusal(done),
        };
        let mut names = disk.end_naming();
        if refused.is_some() || done == "unchanged" {
            if disk.forget(&line) {
                let undone = disk.write(&journal::undone(edit));
                undone.map_err(|error| EditError::Storage(error.to_string()))?;
            }
            if let Some(refused) = refused {
                return Err(refused);
            }
            if self.contradicts_pending_edit(edit) {
                self.ports.emit(EngineEvent::Said(AppMessage::Warned { what: NOT_UNCHANGED }));
                return Ok(());
            }
            let (edit, entity, key) = (edit.id, edit.entity, &edit.key);
            self.ports.emit(EngineEvent::EditUnchanged { edit, entity, key });
            return Ok(());
        }
        // The engine's own writes did not contain the key, so the line is still unwritten.
        let storage = |error: rusqlite::Error| EditError::Storage(error.to_string());
        disk.write_left(Some(&line)).map_err(storage)?;
        given_names(&done).for_each(|name| names += &named(edit.id.number, name));
        if !names.is_empty() && self.is_answered_by_functions {
            disk.write(&names).map_err(storage)?;
        }
        self.ports.work(Work::default()).await;
        Ok(())
    }
}

/// Connects a thread to its phone: the phone handles effects, and the end of each turn.
pub(super) fn attend(phone: &Rc<Phone>) {
    let (acting, after) = (Rc::downgrade(phone), Rc::downgrade(phone));
    phone.thread.acts(
        Rc::new(move |effect| {
            if let Some(phone) = acting.upgrade() {
                phone.act(effect);
            }
        }),
        Rc::new(move || after.upgrade().into_iter().for_each(|phone| phone.after_turn())),
    );
}

impl SyncEngine for Phone {
    fn run(self: Rc<Self>) -> LocalBoxFuture<'static, ()> {
        Box::pin(self.live())
    }
    fn on(&self, event: AppEvent) {
        let heard = match event {
            AppEvent::Online => Some("online"),
            AppEvent::Offline => Some("offline"),
            AppEvent::Resume => Some("resume"),
            AppEvent::Pause => Some("pause"),
            AppEvent::Login | AppEvent::Background => None,
        };
        if let AppEvent::Login | AppEvent::Resume | AppEvent::Pause = event {
            self.is_looked_at.set(event != AppEvent::Pause);
        }
        heard.into_iter().for_each(|heard| self.thread.post(Job::Happened(heard)));
        event.trigger().into_iter().for_each(|trigger| self.fire(trigger));
    }
    fn edit(&self, edit: &LocalEdit) -> Saving {
        let phone = self.me.upgrade().expect("it is called by who has it");
        Saving::Later(Box::pin(phone.save(edit.clone())))
    }
    fn trigger(&self, unit: UnitId, discard_pending: bool) {
        self.enqueue(unit, discard_pending);
    }
    fn discard(&self) {
        let discarded = self.queue.discard(None);
        discarded.into_iter().for_each(|unit| self.ports.emit(EngineEvent::UnitDiscarded { unit }));
    }
    fn sync(self: Rc<Self>, unit: UnitId) -> LocalBoxFuture<'static, Result<(), SyncError>> {
        Box::pin(async move { self.sync_unit(unit).await })
    }
    fn view(&self) -> Option<&dyn DeviceView> {
        (self.opened.get().is_some() && !self.thread.host.dies()).then_some(self)
    }
}
